/*
 * The configuration: defaults, then legacy flat keys, then nested keys of the
 * recipe file, then the command line. Reading is pure: no file but the recipe, and the
 * libraries that it names in custom_operator_paths, is touched and no folder is made.
 */
#ifndef DJ_CONFIG_H
#define DJ_CONFIG_H

#include "dj/recipe.h"

enum dj_backoff { DJ_BACKOFF_EXPONENTIAL, DJ_BACKOFF_LINEAR, DJ_BACKOFF_FIXED };
enum dj_storage_format { DJ_STORAGE_PARQUET, DJ_STORAGE_ARROW, DJ_STORAGE_JSONL };
enum dj_compression {
    DJ_COMPRESSION_SNAPPY,
    DJ_COMPRESSION_GZIP,
    DJ_COMPRESSION_ZSTD,
    DJ_COMPRESSION_NONE
};
enum dj_retention {
    DJ_RETENTION_KEEP_ALL,
    DJ_RETENTION_KEEP_FAILED,
    DJ_RETENTION_CLEANUP
};
enum dj_ckpt_strategy {
    DJ_CKPT_EVERY_OP,
    DJ_CKPT_EVERY_PARTITION,
    DJ_CKPT_EVERY_N_OPS,
    DJ_CKPT_MANUAL,
    DJ_CKPT_DISABLED,
    DJ_CKPT_AUTO
};
enum dj_on_sigusr2 { DJ_SIGUSR2_STOP, DJ_SIGUSR2_CONTINUE };
enum dj_export_form {
    DJ_FORM_JSONL,
    DJ_FORM_PARQUET,
    DJ_FORM_JSON, /* one array */
    DJ_FORM_JSONL_ZSTD,
    DJ_FORM_JSONL_GZIP
};

/* Names in the order of the enums above, ended by NULL. */
extern const char *const dj_backoff_names[];
extern const char *const dj_storage_format_names[];
extern const char *const dj_compression_names[];
extern const char *const dj_retention_names[];
extern const char *const dj_ckpt_strategy_names[];
extern const char *const dj_on_sigusr2_names[];

enum dj_validator_kind {
    DJ_VALIDATE_FIELDS,
    DJ_VALIDATE_MESSAGES,
    DJ_VALIDATE_CONVERSATION,
    DJ_VALIDATE_CODE
};
enum dj_field_type {
    DJ_FIELD_ANY,
    DJ_FIELD_STRING,
    DJ_FIELD_INT,
    DJ_FIELD_FLOAT,
    DJ_FIELD_BOOL,
    DJ_FIELD_LIST,
    DJ_FIELD_OBJECT,
    DJ_FIELD_NEVER /* of Python, which no sample has */
};
struct dj_validator_field {
    const char *name;
    enum dj_field_type type;
};
struct dj_validator {
    enum dj_validator_kind kind;
    int64_t min_turns, max_turns;
    int64_t sample_size; /* samples that are looked at */
    double allow_missing;
    size_t nfields;
    const struct dj_validator_field *fields;
};
const char *dj_validator_name(enum dj_validator_kind kind);

struct dj_config {
    const char *project_name;
    const char *job_id;         /* NULL: made from time and configuration name */
    const char *work_dir;       /* "./outputs" as a default */
    const char *event_log_dir;  /* NULL: in the job directory */
    const char *checkpoint_dir; /* NULL: in the job directory */

    struct dj_strs dataset_path; /* files, folders or globs; one string or a list */
    const struct dj_yaml_node *dataset; /* or a mixture */
    struct {                            /* what both come to */
        struct dj_strs paths;
        const double *weights;  /* of the paths, or NULL */
        int64_t max_sample_num; /* of all; 0: whatever there is */
    } input;
    const struct dj_yaml_node *validators; /* as the recipe has them */
    struct {
        size_t count;
        const struct dj_validator *items;
    } validation;
    struct dj_strs suffixes;  /* which files of a folder; none: all known */
    struct dj_strs text_keys; /* at least one */
    const char *export_path;
    const char *export_type;   /* NULL: from the suffix of export_path */
    int64_t export_shard_size; /* bytes; 0: one file */
    int export_compression;    /* enum dj_compression, of Parquet */
    /* What auto_configure knows images, audio and video by. */
    const char *image_key, *audio_key, *video_key;
    const char *image_special_token, *audio_special_token, *video_special_token;
    const char *eoc_special_token;
    bool keep_stats_in_res_ds;
    bool keep_hashes_in_res_ds;
    bool skip_op_error;
    bool skip_unsupported_ops;
    bool open_tracer;
    struct dj_strs op_list_to_trace;
    int64_t trace_num;
    struct dj_strs trace_keys;
    struct dj_strs custom_operator_paths;

    struct {
        bool auto_configure;
        int64_t size;        /* samples */
        int64_t max_size_mb; /* MiB */
    } partition;
    struct {
        bool enabled;
        int64_t max_retries;
        int retry_backoff; /* enum dj_backoff */
    } fault_tolerance;
    struct {
        int format;      /* enum dj_storage_format */
        int compression; /* enum dj_compression */
        bool use_arrow_batches;
        int64_t arrow_batch_size;
        bool arrow_memory_mapping;
        bool preserve_intermediate_data;
        bool cleanup_temp_files;
        bool cleanup_on_success;
        int retention_policy; /* enum dj_retention */
        int64_t max_retention_days;
    } intermediate_storage;
    struct {
        bool enabled;
        int strategy; /* enum dj_ckpt_strategy */
        int64_t n_ops;
        struct dj_strs op_names;
        int64_t keep_last;
        double mtbf;    /* seconds between failures, for auto */
        int on_sigusr2; /* enum dj_on_sigusr2 */
        bool reuse;     /* sets of a recipe that has changed */
    } checkpoint;
    struct {
        int64_t memory_mb;       /* MiB of a rank */
        const char *scratch_dir; /* NULL: in the job directory */
    } global_ops;
    struct {
        bool enabled;
        int64_t max_log_size_mb;
        int64_t backup_count;
        double resource_interval; /* seconds between resource_usage events; 0: none */
    } event_logging;
    struct {
        double interval; /* seconds between progress lines in a batch log; 0: none */
    } progress;
    int64_t time_limit; /* seconds; 0: from the scheduler or none */
    bool debug;

    struct dj_recipe recipe;
    const char *config_path; /* as given; NULL: everything came from the command line */
};

/* A loaded configuration with the memory behind it. */
struct dj_config_doc;

/* argv words after the program's name; --config FILE and --KEY VALUE among them. */
struct dj_config_args {
    int argc;
    char *const *argv;
};

/* A remark about a setting that is accepted and has no effect. */
struct dj_config_note {
    const char *key;
    const char *text;
};

/*
 * Loads and checks. Returns a new document. Failures are DJ_CONFIG or DJ_USAGE
 * with place, cause and remedy. Every problem found is in the text, one a line,
 * up to the room of a dj_error.
 */
enum dj_status dj_config_load(const struct dj_config_args *args,
                              struct dj_config_doc **doc,
                              struct dj_error *err) DJ_MUST_CHECK;
void dj_config_free(struct dj_config_doc *doc);
/* Only loads the libraries that are named there (dj/custom.h); neither need be. */
enum dj_status dj_config_operators(const struct dj_config_args *args,
                                   struct dj_error *err) DJ_MUST_CHECK;

const struct dj_config *dj_config_get(const struct dj_config_doc *doc);
/* From export_type, else from the suffix of export_path. */
enum dj_export_form dj_config_export_form(const struct dj_config *config);
/* Its suffix, with the dot. */
const char *dj_export_form_suffix(enum dj_export_form form);
/* The words that it was loaded from; borrowed. */
const struct dj_config_args *dj_config_command_line(const struct dj_config_doc *doc);
/*
 * Where a setting was given, to begin a message with: "recipe.yaml:3:7: ",
 * "command line: ", or "recipe.yaml: " when it is a default.
 */
enum { DJ_CONFIG_PLACE = 320 };
void dj_config_place(const struct dj_config_doc *doc, const char *key,
                     char text[DJ_CONFIG_PLACE]);
size_t dj_config_note_count(const struct dj_config_doc *doc);
const struct dj_config_note *dj_config_note_at(const struct dj_config_doc *doc, size_t i);

/* The table of program settings. */
const struct dj_param *dj_config_params(void);

/* All settings with value and source ("default", "recipe.yaml:4", "command line"). */
enum dj_status dj_config_print(const struct dj_config_doc *doc, bool json,
                               struct dj_buf *out) DJ_MUST_CHECK;

/*
 * The settings with DJ_PARAM_FROZEN and the recipe as canonical JSON: equal bytes
 * mean that one job may continue the other. data: what each operator read from files
 * (dj_chain_data), or NULL.
 */
enum dj_status dj_config_identity(const struct dj_config_doc *doc, const uint64_t *data,
                                  struct dj_buf *out) DJ_MUST_CHECK;

/*
 * Compares two identities and appends a readable difference, a line a difference
 * ("process[2] clean_links_mapper.repl: \"X\" was \"Y\""). *same when there is none.
 */
enum dj_status dj_config_compare(struct dj_str stored, struct dj_str current,
                                 struct dj_buf *out, bool *same) DJ_MUST_CHECK;
/* Whether two identities differ in nothing but the list of operators. */
bool dj_config_same_settings(struct dj_str stored, struct dj_str current);

/*
 * The JSON Schema of recipes, for editors: the table of settings and that of operators,
 * which may have more by now (dj/custom.h).
 */
enum dj_status dj_config_schema(struct dj_buf *out) DJ_MUST_CHECK;

/* Pages made from the table: configs/reference.yaml and docs/settings.md. */
enum dj_status dj_config_reference(struct dj_buf *out) DJ_MUST_CHECK;
enum dj_status dj_config_page(struct dj_buf *out) DJ_MUST_CHECK;

#endif

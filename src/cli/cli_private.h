/* Shared by the files of the command line. */
#ifndef DJ_CLI_PRIVATE_H
#define DJ_CLI_PRIVATE_H

#include "dj/config.h"
#include "dj/dataset.h"
#include "dj/job.h"

/* The words after "dj-mpi WORD". */
struct dj_cli {
    int argc;
    char **argv;
    bool json; /* --json was among them, and is taken out */
};

/* A word: returns the exit code. */
typedef int dj_cli_word(struct dj_cli *cli);

dj_cli_word dj_cli_ops, dj_cli_validate, dj_cli_plan, dj_cli_docs, dj_cli_verify,
    dj_cli_run;
dj_cli_word dj_cli_sbatch, dj_cli_clean, dj_cli_inspect, dj_cli_events, dj_cli_schema;
dj_cli_word dj_cli_list, dj_cli_status, dj_cli_stop, dj_cli_report;

/* slurm/dj-mpi.sbatch */
extern const char dj_cli_sbatch_script[];

int dj_cli_help(void);
int dj_cli_cflags(void);
int dj_cli_version(void);

/* Takes --name out of the words; true when it was there. */
bool dj_cli_take(struct dj_cli *cli, const char *name);
/*
 * Takes --name VALUE and --name=VALUE out of the words; *value, borrowed from them, stays
 * as it was when there is none, and is the last one of several. DJ_USAGE: no value.
 */
enum dj_status dj_cli_take_value(struct dj_cli *cli, const char *name, const char **value,
                                 struct dj_error *err) DJ_MUST_CHECK;

/*
 * Before MPI is up every rank finds the same mistake; only the first one says so, and
 * the others stay until it has.
 */
bool dj_cli_is_first_rank(void);

/* Prints a failure on standard error and gives its exit code. */
int dj_cli_fail(enum dj_status status, const struct dj_error *err);
/* The same for a request that cannot be understood. */
int dj_cli_usage(const char *fmt, ...) DJ_PRINTF(1, 2);

/* Writes text to standard output and releases it; gives 0, or 1 when it cannot. */
int dj_cli_print(enum dj_status status, struct dj_buf *text);

/* Loads the configuration from the words; *doc is NULL after a failure. */
enum dj_status dj_cli_load(const struct dj_cli *cli, struct dj_config_doc **doc,
                           struct dj_error *err) DJ_MUST_CHECK;

/*
 * Takes --config FILE and --custom_operator_paths PATH out of the words and loads the
 * libraries that they name, so that the table of operators has theirs.
 */
enum dj_status dj_cli_load_operators(struct dj_cli *cli,
                                     struct dj_error *err) DJ_MUST_CHECK;

/* A recipe that could run: its configuration and its input files. */
struct dj_cli_recipe {
    struct dj_config_doc *doc;
    const struct dj_config *config;
    struct dj_sources sources;
    int64_t bytes; /* of all input files, as stored */
};

/*
 * Loads the configuration, opens the operators (a bad pattern is found there) and
 * looks for the input files. Writes nothing. Release it also after a failure.
 */
enum dj_status dj_cli_check(const struct dj_cli *cli, struct dj_cli_recipe *recipe,
                            struct dj_error *err) DJ_MUST_CHECK;
/* The part of it that every run begins with. */
enum dj_status dj_cli_check_job_id(const struct dj_config_doc *doc,
                                   struct dj_error *err) DJ_MUST_CHECK;
void dj_cli_recipe_release(struct dj_cli_recipe *recipe);

/* A job that a word is about. */
struct dj_cli_job {
    const char *id; /* borrowed from the words, or doc */
    struct dj_job_paths paths;
    struct dj_config_doc *doc; /* with --config, else NULL */
};

/*
 * The first of the words is the job's id (or it is behind --job_id, or in the recipe, so
 * that the words of a run will do); with the others (--work_dir DIR, or --config
 * FILE and settings) it says where the job's folder is, and that has to be there. word is
 * for messages. Release it also after a failure.
 */
enum dj_status dj_cli_job_find(struct dj_cli *cli, const char *word,
                               struct dj_cli_job *job,
                               struct dj_error *err) DJ_MUST_CHECK;
void dj_cli_job_release(struct dj_cli_job *job);

/* Names of the folders in work_dir that are jobs, sorted; *ids is new, as each of them.
 */
enum dj_status dj_cli_job_ids(const char *work_dir, char ***ids, size_t *count,
                              struct dj_error *err) DJ_MUST_CHECK;
void dj_cli_job_ids_free(char **ids, size_t count);
/* Jobs of work_dir that a wrong id may mean, "a, b or c", or ""; new. */
char *dj_cli_near_jobs(const char *work_dir, const char *id);

/* Members name, rows_in, … derived, within what is open. */
struct dj_jsonw;
struct dj_op_tally;
void dj_cli_put_tally(struct dj_jsonw *w, const char *name,
                      const struct dj_op_tally *tally);

/* "12.3 MB", for people. */
enum { DJ_CLI_BYTES_TEXT = 32 };
void dj_cli_bytes(int64_t bytes, char text[DJ_CLI_BYTES_TEXT]);

/* Says what is accepted and has no effect. */
void dj_cli_notes(const struct dj_config_doc *doc);

#endif

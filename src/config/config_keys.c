/*
 * The settings: one entry a key. Everything that reads, checks, prints, documents
 * or compares settings takes it from here.
 */
#include "config/config_private.h"

const char *const dj_backoff_names[] = { "exponential", "linear", "fixed", NULL };
const char *const dj_storage_format_names[] = { "parquet", "arrow", "jsonl", NULL };
const char *const dj_compression_names[] = { "snappy", "gzip", "zstd", "none", NULL };
const char *const dj_retention_names[] = { "keep_all", "keep_failed_only", "cleanup_all",
                                           NULL };
const char *const dj_ckpt_strategy_names[] = {
    "every_op", "every_partition", "every_n_ops", "manual", "disabled", "auto", NULL
};
const char *const dj_on_sigusr2_names[] = { "stop", "continue", NULL };

#define KEY(key_, type_, ctype_, field_) \
    .name = (key_), .type = (type_), .offset = DJ_FIELD(struct dj_config, field_, ctype_)
#define KEY_BOOL(key_, field_) KEY(key_, DJ_PARAM_BOOL, bool, field_)
#define KEY_INT(key_, field_) KEY(key_, DJ_PARAM_INT, int64_t, field_)
#define KEY_BYTES(key_, field_) KEY(key_, DJ_PARAM_BYTES, int64_t, field_)
#define KEY_FLOAT(key_, field_) KEY(key_, DJ_PARAM_FLOAT, double, field_)
#define KEY_ENUM(key_, field_) KEY(key_, DJ_PARAM_ENUM, int, field_)
#define KEY_TEXT(key_, field_) KEY(key_, DJ_PARAM_TEXT, const char *, field_)
#define KEY_TEXTS(key_, field_) KEY(key_, DJ_PARAM_TEXTS, struct dj_strs, field_)

static const struct dj_param keys[] = {
    { KEY_TEXT("project_name", project_name), .preset.s = "hello_world",
      .help = "a name for people; it is in the summary" },
    { KEY_TEXT("job_id", job_id), .aliases = "resume", .flags = DJ_PARAM_NULLABLE,
      .help = "the job to start or to continue; none: made from time and recipe name" },
    { KEY_TEXT("work_dir", work_dir), .preset.s = "./outputs",
      .help = "each job has a folder in it" },
    { KEY_TEXT("event_log_dir", event_log_dir), .flags = DJ_PARAM_NULLABLE,
      .help = "where event logs lie; none: in the job's folder" },
    { KEY_TEXT("checkpoint_dir", checkpoint_dir), .flags = DJ_PARAM_NULLABLE,
      .help = "where checkpoint sets lie; none: in the job's folder" },

    { KEY_TEXTS("dataset_path", dataset_path),
      .flags = DJ_PARAM_FROZEN | DJ_PARAM_PATHS | DJ_PARAM_REQUIRED,
      .help = "input: files, folders or patterns (JSONL, JSON, CSV, TSV, texts)" },
    { KEY("dataset", DJ_PARAM_ANY, const struct dj_yaml_node *, dataset),
      .flags = DJ_PARAM_NULLABLE | DJ_PARAM_FROZEN,
      .help = "instead of dataset_path. configs: a list of {type: local, path, weight}; "
              "max_sample_num: samples taken of all by weight, none: all" },
    { KEY("validators", DJ_PARAM_ANY, const struct dj_yaml_node *, validators),
      .flags = DJ_PARAM_NULLABLE,
      .help = "what the first samples of each dataset must look like; a list of {type: "
              "required_fields, swift_messages, dj_conversation or code, ...}" },
    { KEY_TEXTS("suffixes", suffixes), .flags = DJ_PARAM_NULLABLE,
      .help = "which files of a folder are read, such as .jsonl; none: all known ones" },
    { KEY_TEXTS("text_keys", text_keys), .preset.s = "text", .flags = DJ_PARAM_FROZEN,
      .help = "the fields with text; operators read the first unless they name one" },
    { KEY_TEXT("export_path", export_path), .flags = DJ_PARAM_FROZEN | DJ_PARAM_REQUIRED,
      .help = "the result: ending in .jsonl, .jsonl.zst, .jsonl.gz, .json or .parquet" },
    { KEY_TEXT("export_type", export_type), .flags = DJ_PARAM_NULLABLE,
      .help = "format of the result; none: by the suffix of export_path" },
    { KEY_BYTES("export_shard_size", export_shard_size), .max = INT64_MAX,
      .flags = DJ_PARAM_FROZEN,
      .help = "about this many bytes a file of the result; 0: one file" },
    { KEY_ENUM("export_compression", export_compression), .choices = dj_compression_names,
      .help = "compression of a Parquet result" },
    { KEY_BOOL("keep_stats_in_res_ds", keep_stats_in_res_ds), .flags = DJ_PARAM_FROZEN,
      .help = "keep the filters' statistics in the samples" },
    { KEY_BOOL("keep_hashes_in_res_ds", keep_hashes_in_res_ds), .flags = DJ_PARAM_FROZEN,
      .help = "keep deduplicators' hashes in the samples" },
    { KEY_BOOL("skip_op_error", skip_op_error), .preset.i = true,
      .help =
          "set a sample aside at which an operator fails; false: fail its partition" },
    { KEY_BOOL("skip_unsupported_ops", skip_unsupported_ops),
      .help = "run without the operators that dj-mpi does not have" },

    { KEY_INT("partition.size", partition.size), .aliases = "partition_size",
      .preset.i = 1000, .min = 1, .max = INT64_MAX,
      .help = "samples in a partition, the unit of work and of recovery" },
    { KEY_INT("partition.max_size_mb", partition.max_size_mb),
      .aliases = "max_partition_size_mb", .preset.i = 64, .min = 1, .max = 1 << 20,
      .help = "MiB in a partition; whichever limit comes first closes it" },
    { KEY_BOOL("partition.auto_configure", partition.auto_configure),
      .help = "choose both from the data, the recipe and the memory instead" },
    { KEY_TEXT("image_key", image_key), .preset.s = "images",
      .help = "the field with images: auto_configure sees by it what samples hold" },
    { KEY_TEXT("audio_key", audio_key), .preset.s = "audios",
      .help = "the same for audio" },
    { KEY_TEXT("video_key", video_key), .preset.s = "videos",
      .help = "the same for video" },
    { KEY_TEXT("image_special_token", image_special_token), .preset.s = "<__dj__image>",
      .help = "stands in a text for an image; auto_configure looks for it too" },
    { KEY_TEXT("audio_special_token", audio_special_token), .preset.s = "<__dj__audio>",
      .help = "the same for audio" },
    { KEY_TEXT("video_special_token", video_special_token), .preset.s = "<__dj__video>",
      .help = "the same for video" },
    { KEY_TEXT("eoc_special_token", eoc_special_token), .preset.s = "<|__dj__eoc|>",
      .help = "ends a chunk of such a text; counts as no text" },

    { KEY_BOOL("fault_tolerance.enabled", fault_tolerance.enabled),
      .aliases = "partition.enable_fault_tolerance enable_fault_tolerance",
      .preset.i = true,
      .help = "go on when a partition fails, and try it again; false: the job ends" },
    { KEY_INT("fault_tolerance.max_retries", fault_tolerance.max_retries),
      .aliases = "partition.max_retries max_retries", .preset.i = 3, .max = 100,
      .help = "tries again before a partition has failed" },
    { KEY_ENUM("fault_tolerance.retry_backoff", fault_tolerance.retry_backoff),
      .aliases = "partition.retry_backoff retry_backoff", .choices = dj_backoff_names,
      .help = "how the pause between tries grows from one second" },

    { KEY_ENUM("intermediate_storage.format", intermediate_storage.format),
      .aliases = "storage_format", .choices = dj_storage_format_names,
      .help = "format of the files in intermediate/" },
    { KEY_ENUM("intermediate_storage.compression", intermediate_storage.compression),
      .choices = dj_compression_names,
      .help = "and their compression (jsonl: zstd and gzip)" },
    { KEY_BOOL("intermediate_storage.use_arrow_batches",
               intermediate_storage.use_arrow_batches),
      .aliases = "use_arrow_batches", .preset.i = true,
      .help = "write Arrow files in record batches; false: in one" },
    { KEY_INT("intermediate_storage.arrow_batch_size",
              intermediate_storage.arrow_batch_size),
      .aliases = "arrow_batch_size", .preset.i = 500, .min = 1, .max = INT64_MAX,
      .help = "samples in a record batch" },
    { KEY_BOOL("intermediate_storage.arrow_memory_mapping",
               intermediate_storage.arrow_memory_mapping),
      .aliases = "arrow_memory_mapping",
      .help = "map Arrow files into memory where they are read, instead of copying" },
    { KEY_BOOL("intermediate_storage.preserve_intermediate_data",
               intermediate_storage.preserve_intermediate_data),
      .aliases = "preserve_intermediate_data",
      .help = "keep each operator's result in intermediate/" },
    { KEY_BOOL("intermediate_storage.cleanup_temp_files",
               intermediate_storage.cleanup_temp_files),
      .preset.i = true,
      .help = "at the end delete what only a running job needs (results/, partitions/)" },
    { KEY_BOOL("intermediate_storage.cleanup_on_success",
               intermediate_storage.cleanup_on_success),
      .help = "delete intermediate/ when the job is complete" },
    { KEY_ENUM("intermediate_storage.retention_policy",
               intermediate_storage.retention_policy),
      .choices = dj_retention_names,
      .help = "what stays of intermediate/ at the job's end: all of it, only that of "
              "partitions that failed, or nothing (and no checkpoint set then)" },
    { KEY_INT("intermediate_storage.max_retention_days",
              intermediate_storage.max_retention_days),
      .preset.i = 7, .max = 36500,
      .help = "and for how many days, at the job's end and for dj-mpi clean" },

    { KEY_BOOL("checkpoint.enabled", checkpoint.enabled), .preset.i = true,
      .help = "write checkpoint sets" },
    { KEY_ENUM("checkpoint.strategy", checkpoint.strategy),
      .choices = dj_ckpt_strategy_names, .preset.i = DJ_CKPT_AUTO,
      .help = "when a set is written; auto: as often as its cost and mtbf suggest" },
    { KEY_INT("checkpoint.n_ops", checkpoint.n_ops), .preset.i = 1, .min = 1,
      .max = 100000, .help = "every_n_ops: after each n operators" },
    { KEY_TEXTS("checkpoint.op_names", checkpoint.op_names), .flags = DJ_PARAM_NULLABLE,
      .help = "manual: after these operators" },
    { KEY_INT("checkpoint.keep_last", checkpoint.keep_last), .preset.i = 2, .min = 1,
      .max = 1000, .help = "sets that stay restorable" },
    { KEY_FLOAT("checkpoint.mtbf", checkpoint.mtbf), .preset.d = 86400, .fmin = 1,
      .fmax = 1e9, .help = "auto: seconds between two failures of the job's machines" },
    { KEY_ENUM("checkpoint.on_sigusr2", checkpoint.on_sigusr2),
      .choices = dj_on_sigusr2_names,
      .help = "stop the run with a set, or write a set and continue" },
    { KEY_BOOL("checkpoint.reuse", checkpoint.reuse),
      .help = "accept a job whose recipe has changed: go on from the sets that hold for "
              "the operators before the first change" },

    { KEY_INT("global_ops.memory_mb", global_ops.memory_mb), .preset.i = 1024, .min = 1,
      .max = 1 << 20,
      .help = "MiB a rank takes to compare rows of all ranks; more goes to scratch_dir" },
    { KEY_TEXT("global_ops.scratch_dir", global_ops.scratch_dir),
      .flags = DJ_PARAM_NULLABLE,
      .help = "where that goes, best a disk of the node; none: the job's folder" },

    { KEY_BOOL("event_logging.enabled", event_logging.enabled), .preset.i = true,
      .help = "write event logs" },
    { KEY_INT("event_logging.max_log_size_mb", event_logging.max_log_size_mb),
      .preset.i = 100, .max = 1 << 20,
      .help = "MiB at which a log is rotated; 0: never" },
    { KEY_INT("event_logging.backup_count", event_logging.backup_count), .preset.i = 5,
      .max = 10000, .help = "rotated logs that are kept" },
    { KEY_FLOAT("event_logging.resource_interval", event_logging.resource_interval),
      .preset.d = 10, .fmin = 0, .fmax = 86400,
      .help = "seconds between resource_usage events of a rank; 0: at the end only" },
    { KEY_FLOAT("progress.interval", progress.interval), .preset.d = 30, .fmin = 0,
      .fmax = 86400, .help = "seconds between progress lines in a batch log; 0: none" },

    { KEY_BOOL("open_tracer", open_tracer), .flags = DJ_PARAM_FROZEN,
      .help = "write down what operators changed or dropped, in trace/" },
    { KEY_TEXTS("op_list_to_trace", op_list_to_trace),
      .flags = DJ_PARAM_NULLABLE | DJ_PARAM_FROZEN,
      .help = "operators to trace; none: all" },
    { KEY_INT("trace_num", trace_num), .preset.i = 10, .max = INT64_MAX,
      .flags = DJ_PARAM_FROZEN, .help = "samples of each operator" },
    { KEY_TEXTS("trace_keys", trace_keys), .flags = DJ_PARAM_NULLABLE | DJ_PARAM_FROZEN,
      .help = "fields to write down beside the texts that mappers changed" },
    { KEY_TEXTS("custom_operator_paths", custom_operator_paths),
      .flags = DJ_PARAM_NULLABLE | DJ_PARAM_PATHS,
      .help = "shared libraries (.so) with operators of your own, or folders of such" },
    { KEY_INT("time_limit", time_limit), .max = INT64_MAX,
      .help = "seconds after which the job stops by itself; 0: from the scheduler" },
    { KEY_BOOL("debug", debug), .help = "more messages and debug events" },
    DJ_PARAM_END
};

const struct dj_param *dj_config_params(void)
{
    return keys;
}

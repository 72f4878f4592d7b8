/*
 * Where each setting's effect is tested: by the test that fails when the setting does
 * nothing. docs/settings.md links there, and a test holds this table against the table of
 * settings and against the files.
 */
#include "config/config_private.h"

static const struct {
    const char *key, *test;
} tests[] = {
    { "project_name", "mpi/settings.sh" },
    { "job_id", "mpi/job_life.sh" },
    { "work_dir", "mpi/settings.sh" },
    { "event_log_dir", "mpi/settings.sh" },
    { "checkpoint_dir", "mpi/settings.sh" },
    { "dataset_path", "mpi/compressed.sh" },
    { "dataset", "mpi/formats.sh" },
    { "validators", "mpi/formats.sh" },
    { "suffixes", "mpi/settings.sh" },
    { "text_keys", "mpi/settings.sh" },
    { "export_path", "mpi/export.sh" },
    { "export_type", "mpi/settings.sh" },
    { "export_shard_size", "mpi/export.sh" },
    { "export_compression", "mpi/parquet_out.sh" },
    { "keep_stats_in_res_ds", "mpi/export.sh" },
    { "keep_hashes_in_res_ds", "mpi/settings.sh" },
    { "skip_op_error", "mpi/poison.sh" },
    { "skip_unsupported_ops", "mpi/recipes.sh" },
    { "partition.size", "mpi/settings.sh" },
    { "partition.max_size_mb", "mpi/equal_results.sh" },
    { "partition.auto_configure", "mpi/autosize.sh" },
    { "image_key", "mpi/settings.sh" },
    { "audio_key", "mpi/settings.sh" },
    { "video_key", "mpi/settings.sh" },
    { "image_special_token", "mpi/settings.sh" },
    { "audio_special_token", "mpi/settings.sh" },
    { "video_special_token", "mpi/settings.sh" },
    { "eoc_special_token", "mpi/settings.sh" },
    { "fault_tolerance.enabled", "mpi/retry.sh" },
    { "fault_tolerance.max_retries", "mpi/retry.sh" },
    { "fault_tolerance.retry_backoff", "mpi/retry.sh" },
    { "intermediate_storage.format", "mpi/settings.sh" },
    { "intermediate_storage.compression", "mpi/intermediate.sh" },
    { "intermediate_storage.use_arrow_batches", "mpi/settings.sh" },
    { "intermediate_storage.arrow_batch_size", "mpi/settings.sh" },
    { "intermediate_storage.arrow_memory_mapping", "mpi/settings.sh" },
    { "intermediate_storage.preserve_intermediate_data", "mpi/intermediate.sh" },
    { "intermediate_storage.cleanup_temp_files", "mpi/intermediate.sh" },
    { "intermediate_storage.cleanup_on_success", "mpi/intermediate.sh" },
    { "intermediate_storage.retention_policy", "mpi/intermediate.sh" },
    { "intermediate_storage.max_retention_days", "mpi/intermediate.sh" },
    { "checkpoint.enabled", "mpi/settings.sh" },
    { "checkpoint.strategy", "mpi/sets.sh" },
    { "checkpoint.n_ops", "mpi/sets.sh" },
    { "checkpoint.op_names", "mpi/sets.sh" },
    { "checkpoint.keep_last", "mpi/sets.sh" },
    { "checkpoint.mtbf", "mpi/settings.sh" },
    { "checkpoint.on_sigusr2", "mpi/sets.sh" },
    { "checkpoint.reuse", "mpi/sets.sh" },
    { "global_ops.memory_mb", "mpi/settings.sh" },
    { "global_ops.scratch_dir", "mpi/settings.sh" },
    { "event_logging.enabled", "mpi/settings.sh" },
    { "event_logging.max_log_size_mb", "mpi/settings.sh" },
    { "event_logging.backup_count", "mpi/settings.sh" },
    { "event_logging.resource_interval", "mpi/settings.sh" },
    { "progress.interval", "mpi/settings.sh" },
    { "open_tracer", "mpi/trace.sh" },
    { "op_list_to_trace", "mpi/trace.sh" },
    { "trace_num", "mpi/trace.sh" },
    { "trace_keys", "mpi/trace.sh" },
    { "custom_operator_paths", "mpi/custom_ops.sh" },
    { "time_limit", "mpi/sets.sh" },
    { "debug", "mpi/settings.sh" },
};

const char *dj_config_test(const char *key)
{
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        if (strcmp(tests[i].key, key) == 0) {
            return tests[i].test;
        }
    }
    return NULL;
}

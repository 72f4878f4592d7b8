/*
 * Keys of Data-Juicer that have no meaning here: accepted, named once with the
 * reason. Those without which the user would get something else are refused.
 */
#include "config/config_private.h"

#define RANKS "mpirun -n or srun -n gives the number of processes"
#define NO_RAY "there is no Ray here; MPI ranks do the work"
#define NO_GPU "operators run on CPUs"
#define NO_CACHE "there is no cache of datasets; a job resumes from its own files"
#define NO_MEDIA "only text is processed"
#define BATCHES "batches are sized by bytes, and results do not depend on them"
#define FUSED "operators share what they compute from a text without being fused"
#define ANALYZER "it belongs to Data-Juicer's analyzer or sandbox"
#define LENIENT "a line that cannot be read is always set aside in rejected/"
#define LOADER "files are read by dj-mpi itself"

static const struct dj_legacy legacy[] = {
    { "np", RANKS },
    { "executor_type", NO_RAY },
    { "ray_address", NO_RAY },
    { "override_num_blocks", NO_RAY },
    { "auto_op_parallelism", RANKS },
    { "elastic_juicer_adaptive_batching", BATCHES },
    { "elastic_juicer_profile_seed", BATCHES },
    { "adaptive_batch_size", BATCHES },
    { "use_cache", NO_CACHE },
    { "ds_cache_dir", NO_CACHE },
    { "cache_compress", NO_CACHE },
    { "use_checkpoint", "a job can always be resumed; see checkpoint.enabled" },
    { "temp_dir", "temporary files lie beside the final ones" },
    { "open_monitor", "resource_usage and performance_metric events are always written" },
    { "op_fusion", FUSED },
    { "fusion_strategy", FUSED },
    { "mapper_fusion", FUSED },
    { "mapper_fusion_vram_limit", FUSED },
    { "turbo", "rows are always processed in batches" },
    { "use_dag", "operators run in the order of the recipe" },
    { "strict_preflight", "recipes are always checked before anything is written" },
    { "load_jsonl_lenient", LENIENT },
    { "load_dataset_kwargs", LOADER },
    { "read_options", LOADER },
    { "export_in_parallel", "all ranks write the export" },
    { "export_extra_args", "export_compression is what can be chosen of the export" },
    { "generated_dataset_config", "datasets are read, not generated" },
    { "image_bytes_key", NO_MEDIA },
    { "percentiles", ANALYZER },
    { "export_original_dataset", ANALYZER },
    { "save_stats_in_one_file", ANALYZER },
    { "data_probe_algo", ANALYZER },
    { "data_probe_ratio", ANALYZER },
    { "hpo_config", ANALYZER },
    { "auto", ANALYZER },
    { "auto_num", ANALYZER },
    { "open_insight_mining", ANALYZER },
    { "op_list_to_mine", ANALYZER },
    { "min_common_dep_num_to_combine", "operators have no environments of their own" },
    { "conflict_resolve_strategy", "operators have no environments of their own" },
    { "partition_dir",
      "partitions are ranges of the input; only compressed input is spooled" },
    { "partition.mode",
      "partitions are sized by partition.size and partition.max_size_mb" },
    { "partition.num_of_partitions", "partitions are sized by partition.size" },
    { "partition.partitions_per_node", "partitions are sized by partition.size" },
    { "partition.target_size_mb", "partitions are sized by partition.max_size_mb" },
    { "partition.max_concurrent_partitions", RANKS },
    { "partition.execution_group_size", RANKS },
    { "partition.max_initialization_overhead_ratio", RANKS },
    { "partition.max_gpu_workers_per_device", NO_GPU },
    { "partition.max_concurrent_gpu_probes", NO_GPU },
    { "partition.gpu_preflight_enabled", NO_GPU },
    { "partition.gpu_probe_timeout_seconds", NO_GPU },
    { "partition.gpu_probe_warmup_batches", NO_GPU },
    { "partition.gpu_probe_steady_batches", NO_GPU },
    { "partition.gpu_probe_sample_offset", NO_GPU },
    { "partition.gpu_probe_sample_shuffle", NO_GPU },
    { "partition.gpu_probe_sample_seed", NO_GPU },
    { "decrypt_after_reading", "dj-mpi does not decrypt its input" },
    { "encrypt_before_export", "dj-mpi does not encrypt its output" },
    { "encryption_key_path", "nothing is encrypted or decrypted" },
    { "export_aws_credentials", "the export is written to a file system" },
};

enum { NLEGACY = sizeof(legacy) / sizeof(legacy[0]) };

const struct dj_legacy *dj_legacy_find(const char *name)
{
    for (size_t i = 0; i < NLEGACY; i++) {
        if (strcmp(legacy[i].name, name) == 0) {
            return &legacy[i];
        }
    }
    return NULL;
}

bool dj_legacy_is_refused(const struct dj_legacy *legacy_key)
{
    return strcmp(legacy_key->name, "decrypt_after_reading") == 0 ||
           strcmp(legacy_key->name, "encrypt_before_export") == 0;
}

const struct dj_legacy *dj_legacy_at(size_t index)
{
    return index < NLEGACY ? &legacy[index] : NULL;
}

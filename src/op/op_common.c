/*
 * Parameters that every operator has. Those of Data-Juicer's base class that place
 * work on its processes, or name fields that only other operators read, are known
 * here so that its recipes run unmodified; they have no effect.
 */
#include "dj/op.h"

#define COMMON struct dj_op_common

static const char why_workers[] =
    "the launcher decides how many processes run, and each takes whole partitions";
static const char why_batch[] =
    "batches are cut by bytes and never change a result; one bad sample costs itself";
static const char why_resources[] =
    "the job's allocation decides the resources, not the operator";
static const char why_gpu[] = "operators run on the CPU";
static const char why_ray[] = "there is no Ray here";
static const char why_field[] = "the operator reads no such field";
static const char why_plan[] = "operators run in the order of the recipe";
static const char why_path[] = "the job's own folders are used";

/* Without a field: whoever reads a recipe looks at the flag and sets nothing. */
#define NO_EFFECT(name_, why_)                                              \
    {                                                                       \
        .name = (name_), .type = DJ_PARAM_ANY, .offset = 0, .why = (why_),  \
        .flags = DJ_PARAM_NO_EFFECT | DJ_PARAM_HIDDEN, .help = "no effect", \
    }
#define NOT_YET_TEXT(field_, why_, help_)                                       \
    {                                                                           \
        .name = #field_, .type = DJ_PARAM_TEXT, .why = (why_), .today = "null", \
        .offset = DJ_FIELD(struct dj_op_common, field_, const char *),          \
        .flags = DJ_PARAM_NULLABLE | DJ_PARAM_NOT_YET | DJ_PARAM_HIDDEN,        \
        .help = (help_),                                                        \
    }

static const struct dj_param params[] = {
    DJ_PARAM_TEXT_(COMMON, text_key, NULL,
                   "field with the text; null takes the first of text_keys"),
    DJ_PARAM_BOOL_(COMMON, min_closed_interval, true,
                   "filters: a value equal to the lower bound is in the range"),
    DJ_PARAM_BOOL_(COMMON, max_closed_interval, true,
                   "filters: a value equal to the upper bound is in the range"),
    DJ_PARAM_BOOL_(COMMON, reversed_range, false,
                   "filters: keep what is outside the range, its ends included"),
    DJ_PARAM_BOOL_(COMMON, skip_op_error, true,
                   "set a sample that fails aside and go on; else its partition fails"),
    NOT_YET_TEXT(index_key, "a column of numbers", "column for the number of the sample"),
    NOT_YET_TEXT(stats_export_path, "statistics files of single operators",
                 "file for the statistics of this operator"),

    NO_EFFECT("accelerator", why_gpu),
    NO_EFFECT("adaptive_batching", why_batch),
    NO_EFFECT("audio_key", why_field),
    NO_EFFECT("auto_op_parallelism", why_workers),
    NO_EFFECT("batch_mode", why_batch),
    NO_EFFECT("batch_size", why_batch),
    NO_EFFECT("cpu_required", why_resources),
    NO_EFFECT("gpu_required", why_gpu),
    NO_EFFECT("history_key", why_field),
    NO_EFFECT("image_bytes_key", why_field),
    NO_EFFECT("image_key", why_field),
    NO_EFFECT("input_columns", why_plan),
    NO_EFFECT("instruction_key", why_field),
    NO_EFFECT("mem_required", why_resources),
    NO_EFFECT("memory", why_resources),
    NO_EFFECT("num_cpus", why_resources),
    NO_EFFECT("num_gpus", why_gpu),
    NO_EFFECT("num_proc", why_workers),
    NO_EFFECT("output_columns", why_plan),
    NO_EFFECT("prompt_key", why_field),
    NO_EFFECT("query_key", why_field),
    NO_EFFECT("ray_execution_mode", why_ray),
    NO_EFFECT("response_key", why_field),
    NO_EFFECT("runtime_env", why_ray),
    NO_EFFECT("system_key", why_field),
    NO_EFFECT("turbo", why_workers),
    NO_EFFECT("video_key", why_field),
    NO_EFFECT("work_dir", why_path),
    DJ_PARAM_END,
};

const struct dj_param *dj_op_common_params(void)
{
    return params;
}

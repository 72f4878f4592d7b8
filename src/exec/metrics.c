/* Events about the run itself: what it costs, and their way into the merged log. */
#include "dj/clock.h"
#include "dj/fs.h"
#include "dj/log.h"
#include "exec/exec_private.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* The number behind "name" in a /proc file of "name value" lines, or -1. */
static double proc_number(const char *path, const char *name)
{
    struct dj_buf text;
    struct dj_error err;
    double value = -1;
    const char *found;

    dj_buf_init(&text);
    if (dj_fs_read(path, &text, &err) == DJ_OK && dj_buf_cstr(&text, &found) == DJ_OK) {
        found = strstr(found, name);
        if (found != NULL) {
            value = strtod(found + strlen(name), NULL);
        }
    }
    dj_buf_release(&text);
    return value;
}

void dj_exec_usage(struct dj_exec *exec, bool now)
{
    const double interval = exec->config->event_logging.resource_interval;
    const double time = dj_clock_monotonic();
    struct rusage usage;

    if (!now && (interval <= 0 || time < exec->next_usage)) {
        return;
    }
    exec->next_usage = time + interval;
    (void)getrusage(RUSAGE_SELF, &usage);
    dj_event_emit(
        exec->events,
        &(struct dj_event){
            .type = DJ_EVENT_RESOURCE_USAGE,
            .extra =
                (const struct dj_event_extra[]){
                    { .key = "cpu_seconds", .number = dj_clock_cpu() },
                    { .key = "elapsed_seconds", .number = time - exec->started },
                    { .key = "resident_kb",
                      .number = proc_number("/proc/self/status", "VmRSS:"),
                      .whole = true },
                    { .key = "peak_resident_kb",
                      .number = (double)usage.ru_maxrss,
                      .whole = true },
                    { .key = "bytes_read",
                      .number = proc_number("/proc/self/io", "rchar:"),
                      .whole = true },
                    { .key = "bytes_written",
                      .number = proc_number("/proc/self/io", "wchar:"),
                      .whole = true },
                    { 0 },
                },
        });
}

void dj_exec_op_complete(struct dj_exec *exec, int64_t partition, size_t op,
                         const struct dj_op_tally *tally)
{
    const char *name = exec->config->recipe.ops[op].op->name;
    const double seconds = tally->seconds > 0 ? tally->seconds : 1e-9;

    dj_event_emit(
        exec->events,
        &(struct dj_event){
            .type = DJ_EVENT_OP_COMPLETE,
            .partition_plus_1 = partition + 1,
            .op_name = name,
            .op_index_plus_1 = (int64_t)op + 1,
            .status = "success",
            .seconds = tally->seconds,
            .has_rows = true,
            .rows_in = tally->rows_in,
            .rows_out = tally->rows_out,
            .extra =
                (const struct dj_event_extra[]){
                    { .key = "dropped", .number = (double)tally->dropped, .whole = true },
                    { .key = "rejected",
                      .number = (double)tally->rejected,
                      .whole = true },
                    { .key = tally->derived == 0 ? NULL : "derived",
                      .number = (double)tally->derived,
                      .whole = true },
                    { 0 },
                },
        });
    dj_event_emit(exec->events,
                  &(struct dj_event){
                      .type = DJ_EVENT_PERFORMANCE_METRIC,
                      .partition_plus_1 = partition + 1,
                      .op_name = name,
                      .op_index_plus_1 = (int64_t)op + 1,
                      .seconds = tally->seconds,
                      .extra =
                          (const struct dj_event_extra[]){
                              { .key = "samples_per_second",
                                .number = (double)tally->rows_in / seconds },
                              { .key = "mb_per_second",
                                .number = (double)tally->bytes_in / seconds / 1e6 },
                              { 0 },
                          },
                  });
}

void dj_exec_event_options(struct dj_exec *exec)
{
    const struct dj_config *config = exec->config;

    (void)gethostname(exec->host, sizeof(exec->host));
    exec->host[sizeof(exec->host) - 1] = '\0';
    exec->event_options = (struct dj_event_options){
        .folder = exec->paths.event_dir,
        .job_id = exec->job_id,
        .host = exec->host,
        .rank = exec->rank,
        .attempt = exec->attempt,
        .enabled = config->event_logging.enabled,
        .debug = config->debug,
        .max_bytes = config->event_logging.max_log_size_mb << 20,
        .backup_count = config->event_logging.backup_count,
    };
}

void dj_exec_warn(struct dj_exec *exec, const char *fmt, ...)
{
    struct dj_error text;
    va_list args;

    va_start(args, fmt);
    (void)dj_vfail(&text, DJ_OK, fmt, args);
    va_end(args);
    dj_log(DJ_LOG_WARNING, "%s", text.text);
    if (exec->events != NULL) {
        dj_event_emit(exec->events, &(struct dj_event){ .type = DJ_EVENT_WARNING,
                                                        .message = text.text });
    }
}

/* The log is for people and tools; a job does not end because it cannot be written. */
static void tell(enum dj_status status, const struct dj_event_merge *merge,
                 const struct dj_error *err)
{
    if (status != DJ_OK) {
        dj_log(DJ_LOG_WARNING, "event log: %s", err->text);
    } else if (merge->torn > 0) {
        dj_log(DJ_LOG_INFO, "event log: %lld half-written lines were passed over",
               (long long)merge->torn);
    }
}

void dj_exec_merge_events(struct dj_exec *exec)
{
    struct dj_event_merge merge = { 0 };
    struct dj_error err;

    tell(dj_events_merge(exec->events, &merge, &err), &merge, &err);
}

void dj_exec_recover_events(struct dj_exec *exec)
{
    struct dj_event_merge merge = { 0 };
    struct dj_error err;

    tell(dj_events_recover(&exec->event_options, &merge, &err), &merge, &err);
}

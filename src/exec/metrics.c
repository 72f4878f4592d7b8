/* resource_usage and performance_metric: what the run costs, as events. */
#include "dj/clock.h"
#include "dj/fs.h"
#include "exec/exec_private.h"

#include <stdlib.h>
#include <sys/resource.h>

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

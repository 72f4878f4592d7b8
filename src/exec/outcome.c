/*
 * What became of a partition: its events, its record for rank 0, and, when it failed,
 * whether it is tried again.
 */
#include "dj/clock.h"
#include "dj/hash.h"
#include "exec/exec_private.h"

#include <stdio.h>

static void emit_ops(struct dj_exec *exec, int64_t id, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        dj_event_emit(exec->events, &(struct dj_event){
                                        .type = DJ_EVENT_OP_START,
                                        .partition_plus_1 = id + 1,
                                        .op_name = exec->config->recipe.ops[i].op->name,
                                        .op_index_plus_1 = (int64_t)i + 1,
                                        .op_args = exec->config->recipe.ops[i].args,
                                    });
    }
}

void dj_exec_emit_start(struct dj_exec *exec, const struct dj_partition *partition,
                        int64_t tries, size_t first, size_t end)
{
    dj_event_emit(
        exec->events,
        &(struct dj_event){
            .type = DJ_EVENT_PARTITION_START,
            .partition_plus_1 = partition->id + 1,
            .retry_count = tries,
            .has_rows = true,
            .rows_in = partition->rows,
            .extra =
                (const struct dj_event_extra[]){
                    { .key = "source_file",
                      .text = exec->sources.files[partition->file].name },
                    { .key = "bytes", .number = (double)partition->bytes, .whole = true },
                    { 0 },
                },
        });
    emit_ops(exec, partition->id, first, end);
}

void dj_exec_emit_part(struct dj_exec *exec, int64_t id, size_t first, size_t end)
{
    emit_ops(exec, id, first, end);
}

void dj_exec_emit_ops_done(struct dj_exec *exec, int64_t id, size_t first, size_t end,
                           const struct dj_op_tally *tally)
{
    for (size_t i = first; i < end; i++) {
        dj_exec_op_complete(exec, id, i, &tally[i]);
    }
}

static enum dj_status append_record(struct dj_exec *exec,
                                    const struct dj_part_result *result,
                                    const struct dj_op_tally *tally, struct dj_error *err)
{
    enum dj_status status = dj_buf_append(
        &exec->records, (struct dj_str){ (const char *)result, sizeof(*result) });

    if (status == DJ_OK) {
        status =
            dj_buf_append(&exec->records, (struct dj_str){ (const char *)tally,
                                                           exec->nops * sizeof(*tally) });
    }
    if (status != DJ_OK) {
        return dj_fail(err, status, "out of memory for the records of a wave");
    }
    return dj_places_add(exec, result, err);
}

enum dj_status dj_exec_succeeded(struct dj_exec *exec, struct dj_part_result *result,
                                 const struct dj_op_tally *tally, size_t data_before,
                                 struct dj_error *err)
{
    const struct dj_buf *data = &exec->streams[DJ_RESULT_DATA];

    DJ_TRY(dj_results_end(exec->results, result->extents, err));
    for (int kind = 0; kind < DJ_RESULT_STREAMS; kind++) {
        result->digests[kind] =
            dj_results_digest(exec->results, (enum dj_stream_kind)kind);
    }
    if (dj_places_growing(exec) && data->len > data_before) {
        const struct dj_str bytes = { data->ptr + data_before, data->len - data_before };

        result->extents[DJ_RESULT_DATA].bytes = dj_i64_from_size(bytes.len);
        result->digests[DJ_RESULT_DATA] = dj_hash64(bytes);
    }
    exec->numbers.rows += result->rows;
    exec->numbers.kept += result->kept;
    exec->numbers.parts_done++;
    dj_event_emit(exec->events, &(struct dj_event){
                                    .type = DJ_EVENT_PARTITION_COMPLETE,
                                    .partition_plus_1 = result->id + 1,
                                    .status = "success",
                                    .seconds = result->seconds,
                                    .has_rows = true,
                                    .rows_in = result->rows,
                                    .rows_out = result->kept,
                                });
    return append_record(exec, result, tally, err);
}

/* A failed partition is a result too; the run of good ones ends before it. */
static enum dj_status record_failure(struct dj_exec *exec, int64_t id, int64_t tries,
                                     double start, struct dj_error *err)
{
    struct dj_op_tally *none = dj_xcalloc(exec->nops + 1, sizeof(*none));
    struct dj_part_result result = {
        .id = id,
        .state = DJ_PART_FAILED,
        .rank = exec->rank,
        .attempt = exec->attempt,
        .start = start,
        .seconds = dj_clock_now() - start,
    };
    enum dj_status status;

    (void)snprintf(result.error, sizeof(result.error), "%.*s", DJ_PART_ERROR - 1,
                   err->text);
    dj_event_emit(exec->events, &(struct dj_event){
                                    .type = DJ_EVENT_PARTITION_FAILED,
                                    .partition_plus_1 = id + 1,
                                    .status = "failed",
                                    .seconds = result.seconds,
                                    .retry_count = tries,
                                    .error_message = result.error,
                                });
    exec->new_failures = true;
    exec->numbers.parts_failed++;
    status = dj_places_end_run(exec, err);
    if (status == DJ_OK) {
        status = append_record(exec, &result, none, err);
    }
    dj_xfree(none);
    return status;
}

enum dj_status dj_exec_failed(struct dj_exec *exec, const struct dj_partition *partition,
                              int64_t tries, double start, struct dj_error *err)
{
    if (!exec->config->fault_tolerance.enabled) {
        return err->status;
    }
    if (tries < exec->config->fault_tolerance.max_retries) {
        DJ_TRY(dj_places_end_run(exec, err));
        dj_retry_later(exec, partition, tries, err);
        return DJ_OK;
    }
    return record_failure(exec, partition->id, tries, start, err);
}

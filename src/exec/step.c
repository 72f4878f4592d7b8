/*
 * One partition through the chain: read blocks of lines, make batches, run the
 * operators, write what is kept, its statistics, and what was set aside.
 */
#include "dj/clock.h"
#include "dj/json.h"
#include "exec/exec_private.h"

#include <stdio.h>

/*
 * Bytes of lines in one batch: small enough that a batch, its texts and its output
 * stay in cache while fourteen operators look at them.
 */
enum { BATCH_BYTES = 512 << 10 };

/* Seconds between two looks at what other ranks want. */
static const double report_interval = 0.25;

static void emit_start(struct dj_exec *exec, const struct dj_partition *partition)
{
    dj_event_emit(
        exec->events,
        &(struct dj_event){
            .type = DJ_EVENT_PARTITION_START,
            .partition_plus_1 = partition->id + 1,
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
    for (size_t i = 0; i < exec->nops; i++) {
        dj_event_emit(exec->events, &(struct dj_event){
                                        .type = DJ_EVENT_OP_START,
                                        .partition_plus_1 = partition->id + 1,
                                        .op_name = exec->config->recipe.ops[i].op->name,
                                        .op_index_plus_1 = (int64_t)i + 1,
                                        .op_args = exec->config->recipe.ops[i].args,
                                    });
    }
}

static void emit_end(struct dj_exec *exec, const struct dj_part_result *result)
{
    if (result->state == DJ_PART_FAILED) {
        dj_event_emit(exec->events, &(struct dj_event){
                                        .type = DJ_EVENT_PARTITION_FAILED,
                                        .partition_plus_1 = result->id + 1,
                                        .status = "failed",
                                        .seconds = result->seconds,
                                        .error_message = result->error,
                                    });
        return;
    }
    for (size_t i = 0; i < exec->nops; i++) {
        dj_exec_op_complete(exec, result->id, i, &exec->tally[i]);
    }
    dj_event_emit(exec->events, &(struct dj_event){
                                    .type = DJ_EVENT_PARTITION_COMPLETE,
                                    .partition_plus_1 = result->id + 1,
                                    .status = "success",
                                    .seconds = result->seconds,
                                    .has_rows = true,
                                    .rows_in = result->rows,
                                    .rows_out = result->kept,
                                });
}

/* The line in rejected/reasons.jsonl: nothing in it depends on rank or time. */
static enum dj_status encode_reason(const struct dj_exec *exec,
                                    const struct dj_partition *partition, size_t row,
                                    struct dj_buf *out)
{
    const struct dj_origin origin = dj_batch_origin(exec->batch, row);
    const int op = dj_batch_rejected_by(exec->batch, row);
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 0);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_text(&w, "file", exec->sources.files[partition->file].name);
    dj_jsonw_kv_int(&w, "line", origin.line);
    dj_jsonw_key(&w, "operator");
    dj_jsonw_text(&w, op < 0 ? NULL : exec->config->recipe.ops[op].op->name);
    if (op >= 0) {
        dj_jsonw_kv_int(&w, "operator_idx", op);
    }
    dj_jsonw_kv_text(&w, "reason", dj_batch_reason(exec->batch, row));
    dj_jsonw_close(&w, '}');
    DJ_TRY(dj_jsonw_end(&w));
    return dj_buf_putc(out, '\n');
}

static enum dj_status encode_rejected(struct dj_exec *exec,
                                      const struct dj_partition *partition, size_t row)
{
    struct dj_buf *lines = &exec->streams[DJ_RESULT_REJECTED];

    DJ_TRY(dj_buf_append(lines, dj_batch_line(exec->batch, row)));
    DJ_TRY(dj_buf_putc(lines, '\n'));
    return encode_reason(exec, partition, row, &exec->streams[DJ_RESULT_REASONS]);
}

/* The batch's outcome into the four streams, and its counts into the result. */
static enum dj_status encode_batch(struct dj_exec *exec,
                                   const struct dj_partition *partition,
                                   struct dj_part_result *result)
{
    const struct dj_config *config = exec->config;
    const bool stats = dj_chain_layout(exec->chain)->nstats > 0;
    const size_t count = dj_batch_count(exec->batch);
    const unsigned flags = (config->keep_stats_in_res_ds ? DJ_ENCODE_STATS : 0) |
                           (config->keep_hashes_in_res_ds ? DJ_ENCODE_HASHES : 0);

    for (size_t row = 0; row < count; row++) {
        switch (dj_batch_state(exec->batch, row)) {
        case DJ_ROW_LIVE:
            result->kept++;
            DJ_TRY(
                dj_batch_encode(exec->batch, row, flags, &exec->streams[DJ_RESULT_DATA]));
            if (stats) {
                DJ_TRY(dj_batch_encode_stats(exec->batch, row,
                                             &exec->streams[DJ_RESULT_STATS]));
            }
            break;
        case DJ_ROW_REJECTED:
            result->rejected++;
            result->rejected_at_load += dj_batch_rejected_by(exec->batch, row) < 0;
            DJ_TRY(encode_rejected(exec, partition, row));
            break;
        case DJ_ROW_DROPPED:
            break;
        }
    }
    return DJ_OK;
}

/* Reads one block into the batch; *lines is the number of the line before it. */
static enum dj_status fill_batch(struct dj_exec *exec, struct dj_str block,
                                 struct dj_part_result *result, int64_t *lines)
{
    struct dj_str line;

    dj_batch_reset(exec->batch);
    while (dj_block_line(&block, &line, lines)) {
        DJ_TRY(dj_batch_add(exec->batch, line,
                            (struct dj_origin){ .row = result->rows, .line = *lines }));
        result->rows++;
    }
    return DJ_OK;
}

/* The kept samples stay in their buffer when they go straight to the export. */
static enum dj_status write_streams(struct dj_exec *exec, struct dj_error *err)
{
    const int first = dj_places_growing(exec) ? DJ_RESULT_DATA + 1 : DJ_RESULT_DATA;

    for (int kind = first; kind < DJ_RESULT_STREAMS; kind++) {
        if (exec->streams[kind].len > 0) {
            DJ_TRY(dj_results_write(exec->results, (enum dj_stream_kind)kind,
                                    dj_buf_str(&exec->streams[kind]), err));
            dj_buf_reset(&exec->streams[kind]);
        }
        if (exec->streams[kind].cap > 8 * BATCH_BYTES) { /* one huge sample is over */
            dj_buf_release(&exec->streams[kind]);
        }
    }
    return DJ_OK;
}

/*
 * All blocks of the partition. *fatal tells a failure of this rank's output, with
 * which it cannot go on, from one of the partition.
 */
static enum dj_status run_blocks(struct dj_exec *exec,
                                 const struct dj_partition *partition,
                                 struct dj_part_result *result, bool *stop, bool *fatal,
                                 struct dj_error *err)
{
    int64_t lines = partition->first_line - 1;
    struct dj_str block;

    DJ_TRY(dj_reader_start(exec->reader, partition, err));
    for (;;) {
        enum dj_status status;

        DJ_TRY(dj_reader_next(exec->reader, BATCH_BYTES, &block, err));
        if (block.len == 0) {
            return DJ_OK;
        }
        status = fill_batch(exec, block, result, &lines);
        if (status == DJ_OK) {
            DJ_TRY(
                dj_chain_run(exec->chain, 0, exec->nops, exec->batch, exec->tally, err));
            status = encode_batch(exec, partition, result);
        }
        if (status != DJ_OK) {
            return dj_fail(err, status, "partition %lld: out of memory for a batch",
                           (long long)partition->id);
        }
        status = write_streams(exec, err);
        if (status != DJ_OK) {
            *fatal = true;
            return status;
        }
        exec->bytes_done += (int64_t)block.len;
        dj_comm_poll(exec->comm);
        if (dj_preempt_requested() || dj_clock_monotonic() >= exec->next_report) {
            exec->next_report = dj_clock_monotonic() + report_interval;
            dj_exec_usage(exec, false);
            DJ_TRY(dj_claim_report(exec, stop, err));
            if (*stop) {
                return DJ_OK;
            }
        }
    }
}

static enum dj_status append_record(struct dj_exec *exec,
                                    const struct dj_part_result *result,
                                    struct dj_error *err)
{
    enum dj_status status = dj_buf_append(
        &exec->records, (struct dj_str){ (const char *)result, sizeof(*result) });

    if (status == DJ_OK) {
        status = dj_buf_append(&exec->records,
                               (struct dj_str){ (const char *)exec->tally,
                                                exec->nops * sizeof(*exec->tally) });
    }
    if (status != DJ_OK) {
        return dj_fail(err, status, "out of memory for the records of a wave");
    }
    return dj_places_add(exec, result, err);
}

/* Takes back what the partition has written so far. */
static enum dj_status undo(struct dj_exec *exec, size_t data_before, int64_t bytes_before,
                           struct dj_error *err)
{
    struct dj_error undo_err;

    exec->bytes_done = bytes_before;
    exec->streams[DJ_RESULT_DATA].len = data_before;
    if (dj_results_undo(exec->results, &undo_err) != DJ_OK) {
        *err = undo_err;
        return undo_err.status;
    }
    return DJ_OK;
}

/* A failed partition is a result too; the run of good ones ends before it. */
static enum dj_status record_failure(struct dj_exec *exec, struct dj_part_result *result,
                                     struct dj_error *err)
{
    DJ_TRY(dj_places_end_run(exec, err));
    result->state = DJ_PART_FAILED;
    (void)snprintf(result->error, sizeof(result->error), "%.*s", DJ_PART_ERROR - 1,
                   err->text);
    result->rows = result->kept = result->rejected = result->rejected_at_load = 0;
    memset(exec->tally, 0, exec->nops * sizeof(*exec->tally));
    return DJ_OK;
}

static enum dj_status record_success(struct dj_exec *exec, struct dj_part_result *result,
                                     size_t data_before, struct dj_error *err)
{
    DJ_TRY(dj_results_end(exec->results, result->extents, err));
    if (dj_places_growing(exec)) {
        result->extents[DJ_RESULT_DATA].bytes =
            (int64_t)(exec->streams[DJ_RESULT_DATA].len - data_before);
    }
    exec->rows_read += result->rows;
    exec->rows_kept += result->kept;
    return DJ_OK;
}

enum dj_status dj_exec_step(struct dj_exec *exec, const struct dj_partition *partition,
                            bool *stop, struct dj_error *err)
{
    const double start = dj_clock_monotonic();
    const int64_t bytes_before = exec->bytes_done;
    const size_t data_before = dj_places_begun(exec);
    struct dj_part_result result = {
        .id = partition->id,
        .state = DJ_PART_DONE,
        .rank = exec->rank,
        .attempt = exec->attempt,
        .start = dj_clock_now(),
    };
    enum dj_status status;
    bool fatal = false;

    *stop = false;
    memset(exec->tally, 0, exec->nops * sizeof(*exec->tally));
    emit_start(exec, partition);
    status = run_blocks(exec, partition, &result, stop, &fatal, err);
    if (fatal) {
        return status;
    }
    if (*stop || status != DJ_OK) {
        DJ_TRY(undo(exec, data_before, bytes_before, err));
    }
    if (*stop) {
        return DJ_OK;
    }
    result.seconds = dj_clock_monotonic() - start;
    if (status != DJ_OK) {
        DJ_TRY(record_failure(exec, &result, err));
    } else {
        DJ_TRY(record_success(exec, &result, data_before, err));
    }
    emit_end(exec, &result);
    return append_record(exec, &result, err);
}

/*
 * One partition through all operators at once, a batch after the other: read lines,
 * run the operators, write what comes out, and note it in a layer when sets are
 * written.
 */
#include "dj/clock.h"
#include "exec/owed.h"

/*
 * Bytes of lines in one batch: small enough that a batch, its texts and its output
 * stay in cache while fourteen operators look at them.
 */
enum { BATCH_BYTES = 512 << 10 };

/* Seconds between two looks at what other ranks want. */
static const double report_interval = 0.25;

/* The partition in work. */
struct step {
    const struct dj_partition *partition;
    size_t first; /* operator that it begins with; those before are done */
    bool layer;   /* one is being written */
    bool owed;    /* or put off */
    struct dj_part_result result;
    int64_t live; /* rows after the last operator of the stage */
    size_t index; /* rows of the batches before, as the stage found them, */
    size_t noted; /* and as it leaves them: with those that it derived */
    bool fatal;   /* this rank's output failed: it cannot go on */
    bool damaged; /* the layers do not fit the source */
};

enum dj_status dj_exec_fill(struct dj_batch *batch, struct dj_str block, int64_t *rows,
                            int64_t *lines, struct dj_error *err)
{
    struct dj_str line;

    while (dj_block_line(&block, &line, lines)) {
        const struct dj_origin origin = { .row = *rows, .line = *lines };
        struct dj_str reason;
        const enum dj_status status =
            dj_block_fault(&line, &reason)
                ? dj_batch_add_fault(batch, line, reason, origin)
                : dj_batch_add(batch, line, origin);

        if (status != DJ_OK) {
            return dj_fail(err, status, "out of memory for a batch");
        }
        ++*rows;
    }
    return DJ_OK;
}

enum dj_status dj_exec_look_around(struct dj_exec *exec, struct dj_error *err)
{
    dj_comm_poll(exec->comm);
    if (dj_preempt_requested() || dj_clock_monotonic() >= exec->next_report) {
        exec->next_report = dj_clock_monotonic() + report_interval;
        dj_exec_usage(exec, false);
        return dj_claim_report(exec, err);
    }
    return DJ_OK;
}

static enum dj_status run_batch(struct dj_exec *exec, struct step *step,
                                struct dj_str block, int64_t *lines, struct dj_error *err)
{
    const struct dj_stage *stage = exec->stage;
    const int64_t id = step->partition->id;
    struct dj_exec_rows rows = { .verdicts = &exec->state.verdicts };
    struct dj_batch *batch = exec->batch;

    dj_batch_reset(batch);
    DJ_TRY(dj_exec_fill(batch, block, &step->result.rows, lines, err));
    DJ_TRY(
        dj_state_apply(exec, id, batch, step->index, exec->tally, &step->damaged, err));
    rows.first = step->index;
    step->index += dj_batch_count(batch);
    dj_exec_listen(exec, batch, id, step->noted);
    if (step->first == stage->end) {
        DJ_TRY(dj_exec_note_again(exec, batch, err));
    } else {
        DJ_TRY(dj_exec_run_ops(exec, step->partition, batch, step->first, stage->end,
                               exec->tally, err));
    }
    step->noted += dj_batch_count(batch);
    step->live += dj_i64_from_size(dj_batch_live_count(batch));
    if (!stage->global) {
        DJ_TRY(dj_exec_encode(exec, step->partition, batch, rows, exec->tally,
                              &step->result, err));
    }
    if (step->layer && dj_layer_add(exec->writer, batch) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for a layer");
    }
    return DJ_OK;
}

/* The layer, and what a stage leaves behind that ends with a global operator. */
static enum dj_status end_layers(struct dj_exec *exec, struct step *step,
                                 struct dj_error *err)
{
    const struct dj_stage *stage = exec->stage;
    const int64_t id = step->partition->id;
    struct dj_str layer = { NULL, 0 };
    struct dj_buf merged;
    enum dj_status status;

    DJ_TRY(dj_state_finish(exec, &step->damaged, err));
    if (step->layer) {
        DJ_TRY(dj_exec_layer_end(exec, id, step->first, stage->end, exec->tally, err));
        layer = dj_buf_str(&exec->layer);
    }
    if (!stage->global) {
        DJ_TRY(dj_trace_known(exec, &exec->streams[DJ_RESULT_TRACE], err));
        return dj_trace_put(exec, dj_trace_lines(exec), err);
    }
    dj_buf_init(&merged);
    status = dj_state_merge(exec, layer, &merged, err);
    if (status == DJ_OK) {
        status = dj_exec_write_state(exec, dj_buf_str(&merged), exec->tally, err);
    }
    dj_buf_release(&merged);
    step->result.kept = step->live;
    return status;
}

static enum dj_status run_blocks(struct dj_exec *exec, struct step *step,
                                 struct dj_error *err)
{
    int64_t lines = step->partition->first_line - 1;
    struct dj_str block;

    DJ_TRY(dj_reader_start(exec->reader, step->partition, err));
    for (;;) {
        enum dj_status status;

        DJ_TRY(dj_reader_next(exec->reader, BATCH_BYTES, &block, err));
        if (block.len == 0) {
            DJ_TRY(end_layers(exec, step, err));
            DJ_TRY(dj_keep_publish(exec->keep, err));
            status = dj_exec_write_streams(exec, err);
            step->fatal = status != DJ_OK;
            return status;
        }
        DJ_TRY(run_batch(exec, step, block, &lines, err));
        exec->numbers.bytes += (int64_t)block.len;
        status = dj_exec_write_streams(exec, err);
        if (status == DJ_OK) {
            status = dj_exec_look_around(exec, err);
        }
        if (status != DJ_OK) {
            step->fatal = true;
            return status;
        }
        if (exec->stopping) {
            return DJ_OK;
        }
    }
}

/* One try, from what is known of the partition or, without that, from its beginning. */
static enum dj_status attempt(struct dj_exec *exec, struct step *step, int64_t tries,
                              struct dj_error *err)
{
    const struct dj_stage *stage = exec->stage;
    const int64_t id = step->partition->id;

    memset(exec->tally, 0, exec->nops * sizeof(*exec->tally));
    dj_keep_drop(exec->keep);
    DJ_TRY(dj_state_begin(exec, id, &step->first, err));
    step->layer = (exec->layers_on || stage->global) && step->first < stage->end;
    step->owed = step->layer && dj_owed_allows(exec);
    step->layer = step->layer && !step->owed;
    if (step->layer) {
        dj_exec_layer_begin(exec, id, step->first, stage->end);
    }
    dj_trace_begin(exec, id);
    dj_exec_emit_start(exec, step->partition, tries, step->first, stage->end);
    return run_blocks(exec, step, err);
}

enum dj_status dj_exec_step(struct dj_exec *exec, const struct dj_partition *partition,
                            int64_t tries, struct dj_error *err)
{
    const double start = dj_clock_monotonic();
    const double start_time = dj_clock_now();
    const int64_t bytes_before = exec->numbers.bytes;
    const size_t data_before = dj_places_begun(exec);
    enum dj_status status;
    struct step step;

    do {
        step = (struct step){ .partition = partition,
                              .result = { .id = partition->id,
                                          .state = DJ_PART_DONE,
                                          .rank = exec->rank,
                                          .attempt = exec->attempt,
                                          .start = start_time } };
        status = attempt(exec, &step, tries, err);
        if (step.fatal) {
            return status;
        }
        if (exec->stopping || status != DJ_OK) {
            struct dj_error undo_err;

            exec->numbers.bytes = bytes_before;
            if (dj_exec_undo_output(exec, data_before, &undo_err) != DJ_OK) {
                *err = undo_err;
                return undo_err.status;
            }
        }
        step.damaged = step.damaged && exec->state.from_set;
        if (step.damaged) {
            dj_state_damaged(exec, partition->id, err);
        }
    } while (step.damaged);
    if (exec->stopping) {
        return DJ_OK;
    }
    if (status != DJ_OK) {
        return dj_exec_failed(exec, partition, tries, start_time, err);
    }
    step.result.seconds = dj_clock_monotonic() - start;
    dj_trace_done(exec, partition->id, dj_trace_lines(exec));
    dj_exec_emit_ops_done(exec, partition->id, step.first, exec->stage->end, exec->tally);
    if (step.owed) {
        DJ_TRY(dj_owed_add(exec, partition, err));
    }
    return dj_exec_succeeded(exec, &step.result, exec->tally, data_before, err);
}

/*
 * Partitions that wait between the parts of a plan: their lines and rows stay in
 * memory of the rank that took them, from the first part of a wave to the last.
 */
#include "dj/clock.h"
#include "exec/exec_private.h"

struct dj_held_item {
    struct dj_partition partition;
    int64_t tries;
    double start; /* seconds since 1970 */
    double seconds;
    size_t op_end;       /* operators that are done */
    struct dj_buf lines; /* as read; the rows point into it */
    struct dj_batch *batch;
    struct dj_op_tally *tally;
    int64_t rows;
    struct dj_buf layers;   /* in a stage with a global operator: all so far */
    size_t *ends;           /* [nlayers] of each in it */
    struct dj_buf verdicts; /* in a stage that is ordered */
    struct dj_buf trace;    /* all lines so far */
    size_t nlayers;
    bool done; /* it left: written, failed, or waiting to be tried again */
};

struct dj_held {
    struct dj_held_item **items;
    size_t count, cap;
    struct dj_buf *spare; /* lines' memory, for the next wave: new one is slow */
    size_t nspare, spare_cap;
    size_t spare_bytes;
};

/* So much of it is kept at most. */
enum { SPARE_BYTES = 64 << 20 };

struct dj_held *dj_held_new(void)
{
    return dj_xmalloc(sizeof(struct dj_held));
}

static void keep_spare(struct dj_held *held, struct dj_buf *lines)
{
    if (lines->cap == 0 || lines->cap > SPARE_BYTES - held->spare_bytes) {
        dj_buf_release(lines);
        return;
    }
    if (held->nspare == held->spare_cap) {
        held->spare_cap = held->spare_cap == 0 ? 64 : 2 * held->spare_cap;
        held->spare = dj_xrealloc(held->spare, held->spare_cap * sizeof(*held->spare));
    }
    held->spare[held->nspare++] = *lines;
    held->spare_bytes += lines->cap;
    dj_buf_init(lines);
}

static void take_spare(struct dj_held *held, struct dj_buf *lines)
{
    dj_buf_init(lines);
    if (held->nspare > 0) {
        *lines = held->spare[--held->nspare];
        held->spare_bytes -= lines->cap;
    }
}

static void release_item(struct dj_held *held, struct dj_held_item *item)
{
    dj_batch_free(item->batch);
    keep_spare(held, &item->lines);
    dj_buf_release(&item->layers);
    dj_buf_release(&item->verdicts);
    dj_buf_release(&item->trace);
    dj_xfree(item->ends);
    dj_xfree(item->tally);
    item->ends = NULL;
    item->batch = NULL;
    item->tally = NULL;
}

void dj_held_clear(struct dj_held *held)
{
    for (size_t i = 0; i < held->count; i++) {
        release_item(held, held->items[i]);
        dj_xfree(held->items[i]);
    }
    held->count = 0;
}

void dj_held_end(struct dj_held *held)
{
    for (size_t i = 0; i < held->nspare; i++) {
        dj_buf_release(&held->spare[i]);
    }
    held->nspare = 0;
    held->spare_bytes = 0;
}

void dj_held_free(struct dj_held *held)
{
    if (held != NULL) {
        dj_held_clear(held);
        dj_held_end(held);
        dj_xfree(held->spare);
        dj_xfree(held->items);
        dj_xfree(held);
    }
}

size_t dj_held_count(const struct dj_held *held)
{
    return held->count;
}

/* Keeps a layer for what the stage leaves behind. */
static enum dj_status keep_layer(struct dj_held_item *item, struct dj_str layer,
                                 struct dj_error *err)
{
    if (dj_buf_append(&item->layers, layer) != DJ_OK ||
        dj_buf_reserve(&item->layers, DJ_PADDING) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for layers");
    }
    item->ends = dj_xrealloc(item->ends, (item->nlayers + 1) * sizeof(*item->ends));
    item->ends[item->nlayers++] = item->layers.len;
    return DJ_OK;
}

/* The rows as far as they are known; without that, as they were read. */
static enum dj_status restore_once(struct dj_exec *exec, struct dj_held_item *item,
                                   bool *damaged, struct dj_error *err)
{
    int64_t lines = item->partition.first_line - 1;

    dj_keep_drop(exec->keep);
    dj_batch_reset(item->batch);
    item->rows = 0;
    DJ_TRY(dj_exec_fill(item->batch, dj_buf_str(&item->lines), &item->rows, &lines, err));
    memset(exec->tally, 0, exec->nops * sizeof(*exec->tally));
    DJ_TRY(dj_state_begin(exec, item->partition.id, &item->op_end, err));
    memcpy(item->tally, exec->tally, exec->nops * sizeof(*item->tally));
    DJ_TRY(dj_state_apply(exec, item->partition.id, item->batch, 0, item->tally, damaged,
                          err));
    return dj_state_finish(exec, damaged, err);
}

static enum dj_status restore(struct dj_exec *exec, struct dj_held_item *item,
                              struct dj_error *err)
{
    enum dj_status status;
    bool damaged;

    do {
        damaged = false;
        status = restore_once(exec, item, &damaged, err);
        damaged = damaged && exec->state.from_set;
        if (damaged) {
            dj_state_damaged(exec, item->partition.id, err);
        }
    } while (damaged);
    if (status == DJ_OK) {
        status = dj_trace_known(exec, &item->trace, err);
    }
    if (status == DJ_OK && exec->stage->ordered &&
        dj_buf_append(&item->verdicts, dj_buf_str(&exec->state.verdicts)) != DJ_OK) {
        status = dj_fail(err, DJ_NOMEM, "out of memory for verdicts");
    }
    if (status == DJ_OK && exec->stage->global && exec->state.count > 0) {
        struct dj_buf merged;

        dj_buf_init(&merged);
        status = dj_state_merge(exec, (struct dj_str){ NULL, 0 }, &merged, err);
        if (status == DJ_OK) {
            status = keep_layer(item, dj_buf_str(&merged), err);
        }
        dj_buf_release(&merged);
    }
    return status;
}

/* Operators up to end, and the layer that tells of them. */
static enum dj_status run_to(struct dj_exec *exec, struct dj_held_item *item, size_t end,
                             struct dj_error *err)
{
    const int64_t id = item->partition.id;
    const size_t first = item->op_end;

    if (end == exec->stage->end) {
        dj_exec_listen(exec, item->batch, id, 0);
    }
    if (first == end) {
        DJ_TRY(dj_keep_publish(exec->keep, err));
        return dj_exec_note_again(exec, item->batch, err);
    }
    dj_trace_begin(exec, id);
    DJ_TRY(dj_exec_run_ops(exec, &item->partition, item->batch, first, end, item->tally,
                           err));
    DJ_TRY(dj_keep_publish(exec->keep, err));
    if (dj_buf_append(&item->trace, dj_trace_lines(exec)) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for the tracer");
    }
    dj_exec_layer_begin(exec, id, first, end);
    if (dj_layer_add(exec->writer, item->batch) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for a layer");
    }
    DJ_TRY(dj_exec_layer_end(exec, id, first, end, item->tally, err));
    if (exec->stage->global) {
        DJ_TRY(keep_layer(item, dj_buf_str(&exec->layer), err));
    }
    item->op_end = end;
    dj_exec_emit_ops_done(exec, id, first, end, item->tally);
    return DJ_OK;
}

/* It failed: it leaves, and is tried again from its beginning, or not. */
static enum dj_status leave(struct dj_exec *exec, struct dj_held_item *item,
                            struct dj_error *err)
{
    struct dj_error undo_err;
    enum dj_status status =
        dj_exec_failed(exec, &item->partition, item->tries, item->start, err);

    if (dj_exec_undo_output(exec, dj_places_begun(exec), &undo_err) != DJ_OK) {
        *err = undo_err;
        status = undo_err.status;
    }
    exec->numbers.bytes -= item->partition.bytes;
    item->done = true;
    release_item(exec->held, item);
    return status;
}

static enum dj_status write_state(struct dj_exec *exec, struct dj_held_item *item,
                                  struct dj_part_result *result, struct dj_error *err)
{
    enum dj_status status;
    struct dj_buf merged;

    result->kept = dj_i64_from_size(dj_batch_live_count(item->batch));
    dj_buf_init(&merged);
    status = dj_layers_in_one(&item->layers, item->ends, item->nlayers,
                              (struct dj_str){ NULL, 0 }, &merged, err);
    if (status == DJ_OK) {
        status = dj_exec_write_state(exec, dj_buf_str(&merged), item->tally, err);
    }
    dj_buf_release(&merged);
    return status;
}

/* Its result: the samples, or in a stage with a global operator its state. */
static enum dj_status write_item(struct dj_exec *exec, struct dj_held_item *item,
                                 struct dj_error *err)
{
    const size_t data_before = dj_places_begun(exec);
    struct dj_part_result result = {
        .id = item->partition.id,
        .state = DJ_PART_DONE,
        .rank = exec->rank,
        .attempt = exec->attempt,
        .rows = item->rows,
        .start = item->start,
        .seconds = item->seconds,
    };
    const struct dj_exec_rows rows = { .verdicts = &item->verdicts };
    enum dj_status status = exec->stage->global
                                ? write_state(exec, item, &result, err)
                                : dj_exec_encode(exec, &item->partition, item->batch,
                                                 rows, item->tally, &result, err);

    if (status == DJ_OK && !exec->stage->global) {
        status = dj_trace_put(exec, dj_buf_str(&item->trace), err);
    }
    if (status != DJ_OK) {
        exec->streams[DJ_RESULT_DATA].len = data_before;
        return leave(exec, item, err);
    }
    dj_trace_done(exec, item->partition.id, dj_buf_str(&item->trace));
    DJ_TRY(dj_exec_write_streams(exec, err));
    DJ_TRY(dj_exec_succeeded(exec, &result, item->tally, data_before, err));
    item->done = true;
    release_item(exec->held, item);
    return DJ_OK;
}

/* It waits for the next part. start: when its work in this one began. */
static enum dj_status rest(struct dj_exec *exec, struct dj_held_item *item, double start,
                           struct dj_error *err)
{
    if (item->op_end == exec->stage->end && exec->stage->global) {
        item->seconds += dj_clock_monotonic() - start;
        return write_item(exec, item, err); /* its notes are in the stream already */
    }
    if (dj_batch_rest(item->batch) != DJ_OK) {
        (void)dj_fail(err, DJ_NOMEM, "out of memory for samples that wait");
        return leave(exec, item, err);
    }
    item->seconds += dj_clock_monotonic() - start;
    return dj_exec_look_around(exec, err);
}

static void add(struct dj_held *held, struct dj_held_item *item)
{
    if (held->count == held->cap) {
        held->cap = held->cap == 0 ? 64 : 2 * held->cap;
        held->items =
            dj_xrealloc((void *)held->items, held->cap * sizeof(struct dj_held_item *));
    }
    held->items[held->count++] = item;
}

enum dj_status dj_held_take(struct dj_exec *exec, const struct dj_partition *partition,
                            int64_t tries, size_t end, struct dj_error *err)
{
    struct dj_held_item *item = dj_xmalloc(sizeof(*item));
    const double start = dj_clock_monotonic();
    enum dj_status status;

    item->partition = *partition;
    item->tries = tries;
    item->start = dj_clock_now();
    item->batch = dj_batch_new(dj_chain_layout(exec->chain));
    dj_batch_wake(item->batch, exec->work);
    item->tally = dj_xcalloc(exec->nops + 1, sizeof(*item->tally));
    take_spare(exec->held, &item->lines);
    add(exec->held, item);
    dj_exec_emit_start(exec, partition, tries, 0, 0);
    status = dj_reader_start(exec->reader, partition, err);
    if (status == DJ_OK) {
        status = dj_reader_all(exec->reader, &item->lines, err);
    }
    if (status == DJ_OK) {
        status = restore(exec, item, err);
    }
    if (status == DJ_OK) {
        dj_exec_emit_part(exec, partition->id, item->op_end, end);
        status = run_to(exec, item, item->op_end > end ? item->op_end : end, err);
    }
    exec->numbers.bytes += partition->bytes;
    return status == DJ_OK ? rest(exec, item, start, err) : leave(exec, item, err);
}

enum dj_status dj_held_part(struct dj_exec *exec, size_t index, size_t end,
                            struct dj_error *err)
{
    struct dj_held_item *item = exec->held->items[index];
    const double start = dj_clock_monotonic();

    const bool notes = end == exec->stage->end && exec->stage->global;

    if (item->done || item->op_end > end || (item->op_end == end && !notes)) {
        return DJ_OK;
    }
    dj_exec_emit_part(exec, item->partition.id, item->op_end, end);
    dj_batch_wake(item->batch, exec->work);
    return run_to(exec, item, end, err) == DJ_OK ? rest(exec, item, start, err)
                                                 : leave(exec, item, err);
}

int64_t dj_held_id(const struct dj_held *held, size_t index)
{
    return held->items[index]->done ? -1 : held->items[index]->partition.id;
}

enum dj_status dj_held_write(struct dj_exec *exec, size_t index, struct dj_error *err)
{
    return write_item(exec, exec->held->items[index], err);
}

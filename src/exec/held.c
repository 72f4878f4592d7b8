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
    bool done; /* it left: written, failed, or waiting to be tried again */
};

struct dj_held {
    struct dj_held_item **items;
    size_t count, cap;
};

struct dj_held *dj_held_new(void)
{
    return dj_xmalloc(sizeof(struct dj_held));
}

static void release_item(struct dj_held_item *item)
{
    dj_batch_free(item->batch);
    dj_buf_release(&item->lines);
    dj_xfree(item->tally);
    item->batch = NULL;
    item->tally = NULL;
}

void dj_held_clear(struct dj_held *held)
{
    for (size_t i = 0; i < held->count; i++) {
        release_item(held->items[i]);
        dj_xfree(held->items[i]);
    }
    held->count = 0;
}

void dj_held_free(struct dj_held *held)
{
    if (held != NULL) {
        dj_held_clear(held);
        dj_xfree(held->items);
        dj_xfree(held);
    }
}

size_t dj_held_count(const struct dj_held *held)
{
    return held->count;
}

/* The rows as the newest layers have them; without layers, as they were read. */
static enum dj_status restore(struct dj_exec *exec, struct dj_held_item *item,
                              struct dj_error *err)
{
    const int64_t id = item->partition.id;

    for (;;) {
        int64_t lines = item->partition.first_line - 1;
        enum dj_status status;

        dj_batch_reset(item->batch);
        item->rows = 0;
        DJ_TRY(dj_exec_fill(item->batch, dj_buf_str(&item->lines), &item->rows, &lines,
                            err));
        memset(exec->tally, 0, exec->nops * sizeof(*exec->tally));
        item->op_end = dj_exec_restore_begin(exec, id);
        if (item->op_end == 0) {
            memset(item->tally, 0, exec->nops * sizeof(*item->tally));
            return DJ_OK;
        }
        status = dj_layers_apply(exec->layers, item->batch, err);
        if (status == DJ_OK) {
            status = dj_layers_finish(exec->layers, err);
        }
        if (status == DJ_OK) {
            memcpy(item->tally, exec->tally, exec->nops * sizeof(*item->tally));
        }
        if (status != DJ_DATA) {
            return status;
        }
        dj_exec_restore_failed(exec, id, err);
    }
}

/* Operators up to end, and the layer that tells of them. */
static enum dj_status run_to(struct dj_exec *exec, struct dj_held_item *item, size_t end,
                             struct dj_error *err)
{
    const size_t first = item->op_end;

    if (first >= end) {
        return DJ_OK;
    }
    DJ_TRY(dj_exec_run_ops(exec, &item->partition, item->batch, first, end, item->tally,
                           err));
    dj_exec_layer_begin(exec, item->partition.id, first, end);
    if (dj_layer_add(exec->writer, item->batch) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for a layer");
    }
    DJ_TRY(dj_exec_layer_put(exec, item->partition.id, first, end, item->tally, err));
    item->op_end = end;
    dj_exec_emit_ops_done(exec, item->partition.id, first, end, item->tally);
    return DJ_OK;
}

/* It failed: it leaves, and is tried again from its beginning, or not. */
static enum dj_status leave(struct dj_exec *exec, struct dj_held_item *item,
                            struct dj_error *err)
{
    const enum dj_status status =
        dj_exec_failed(exec, &item->partition, item->tries, item->start, err);

    exec->bytes_done -= item->partition.bytes;
    item->done = true;
    release_item(item);
    return status;
}

/* It waits for the next part. start: when its work in this one began. */
static enum dj_status rest(struct dj_exec *exec, struct dj_held_item *item, double start,
                           struct dj_error *err)
{
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
    dj_buf_init(&item->lines);
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
        status = run_to(exec, item, end, err);
    }
    exec->bytes_done += partition->bytes;
    return status == DJ_OK ? rest(exec, item, start, err) : leave(exec, item, err);
}

enum dj_status dj_held_part(struct dj_exec *exec, size_t index, size_t end,
                            struct dj_error *err)
{
    struct dj_held_item *item = exec->held->items[index];
    const double start = dj_clock_monotonic();

    if (item->done || item->op_end >= end) {
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
    struct dj_held_item *item = exec->held->items[index];
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
    enum dj_status status =
        dj_exec_encode(exec, &item->partition, item->batch, &result, err);

    if (status != DJ_OK) {
        struct dj_error undo_err;

        if (dj_exec_undo_output(exec, data_before, &undo_err) != DJ_OK) {
            *err = undo_err;
            return undo_err.status;
        }
        return leave(exec, item, err);
    }
    DJ_TRY(dj_exec_write_streams(exec, err));
    DJ_TRY(dj_exec_succeeded(exec, &result, item->tally, data_before, err));
    item->done = true;
    release_item(item);
    return DJ_OK;
}

/* Bringing rows up: the layers of their partition, then verdicts of a global operator. */
#include "dj/global.h"
#include "exec/exec_private.h"

static bool is_before(const struct dj_note *verdict, uint64_t row)
{
    return verdict->row < row;
}

/* The first verdict of this row or a later one. */
static size_t first_of(const struct dj_note *verdicts, size_t count, uint64_t row)
{
    size_t at = 0;

    for (size_t width = count; width > 0;) {
        const size_t half = width / 2;

        if (is_before(&verdicts[at + half], row)) {
            at += half + 1;
            width -= half + 1;
        } else {
            width = half;
        }
    }
    return at;
}

size_t dj_state_verdicts(const struct dj_buf *bytes, uint64_t row,
                         const struct dj_note **first)
{
    const struct dj_note *verdicts = (const void *)bytes->ptr;
    const size_t count = bytes->len / sizeof(*verdicts);
    const size_t at = first_of(verdicts, count, row);
    size_t n = 0;

    while (at + n < count && verdicts[at + n].row == row) {
        n++;
    }
    *first = verdicts + at;
    return n;
}

/* All rows of a group but one are in that one, when they are written. */
static enum dj_status apply_groups(struct dj_exec *exec, int64_t id,
                                   const struct dj_batch *batch, size_t first,
                                   struct dj_op_tally *tally, struct dj_error *err)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_note *verdict;

        if (dj_state_verdicts(&exec->state.verdicts, dj_row_id(id, first + row),
                              &verdict) != 1) {
            return dj_fail(err, DJ_INTERNAL, "a row of partition %lld has no group",
                           (long long)id);
        }
        tally->derived -= verdict->hi == 0;
        tally->rows_out -= verdict->hi == 0;
    }
    return DJ_OK;
}

/* A selector names the rows that stay; more than once where it repeats them. */
static enum dj_status apply_order(struct dj_exec *exec, int64_t id,
                                  struct dj_batch *batch, size_t first,
                                  struct dj_op_tally *tally, struct dj_error *err)
{
    const size_t op = exec->stage->begin - 1;

    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_note *verdicts;
        const size_t n = dj_state_verdicts(&exec->state.verdicts,
                                           dj_row_id(id, first + row), &verdicts);

        if (n == 0) {
            DJ_TRY(dj_chain_verdict(exec->chain, op, batch, row, NULL, 0, tally, err));
        } else if (n > 1 && exec->stage->end > exec->stage->begin) {
            return dj_fail(err, DJ_INTERNAL,
                           "%s repeats samples, which its descriptor does not say",
                           exec->config->recipe.ops[op].op->name);
        } else {
            tally->derived += dj_i64_from_size(n) - 1;
            tally->rows_out += dj_i64_from_size(n) - 1;
        }
    }
    return DJ_OK;
}

static enum dj_status apply_verdicts(struct dj_exec *exec, int64_t id,
                                     struct dj_batch *batch, size_t first,
                                     struct dj_op_tally *tally, struct dj_error *err)
{
    const struct dj_buf *bytes = &exec->state.verdicts;
    const struct dj_note *verdicts = (const void *)bytes->ptr;
    const size_t count = bytes->len / sizeof(*verdicts);
    const size_t op = exec->stage->begin - 1;
    const size_t nrows = dj_batch_count(batch);
    size_t at;

    if (exec->stage->joins) {
        return apply_groups(exec, id, batch, first, &tally[op], err);
    }
    if (exec->config->recipe.ops[op].op->global->verdicts == DJ_VERDICT_ORDER) {
        return apply_order(exec, id, batch, first, &tally[op], err);
    }
    at = first_of(verdicts, count, dj_row_id(id, first));
    while (at < count && dj_row_index(verdicts[at].row) < first + nrows) {
        const size_t row = (size_t)dj_row_index(verdicts[at].row) - first;
        size_t n = 1;

        while (at + n < count && verdicts[at + n].row == verdicts[at].row) {
            n++;
        }
        DJ_TRY(dj_chain_verdict(exec->chain, op, batch, row, &verdicts[at], n, &tally[op],
                                err));
        at += n;
    }
    return DJ_OK;
}

enum dj_status dj_state_apply(struct dj_exec *exec, int64_t id, struct dj_batch *batch,
                              size_t first, struct dj_op_tally *tally, bool *damaged,
                              struct dj_error *err)
{
    dj_batch_lines_vary(batch, exec->lines_vary);
    if (exec->state.count > 0) {
        const enum dj_status status = dj_layers_apply(exec->state.layers, batch, err);

        *damaged = status == DJ_DATA;
        DJ_TRY(status);
    }
    if (!exec->state.pending) {
        return DJ_OK;
    }
    DJ_TRY(apply_verdicts(exec, id, batch, first, tally, err));
    return dj_keep_add(exec->keep, id, exec->stage->begin - 1, batch, err);
}

enum dj_status dj_state_finish(struct dj_exec *exec, bool *damaged, struct dj_error *err)
{
    enum dj_status status;

    if (exec->state.count == 0) {
        return DJ_OK;
    }
    status = dj_layers_finish(exec->state.layers, err);
    *damaged = status == DJ_DATA;
    return status;
}

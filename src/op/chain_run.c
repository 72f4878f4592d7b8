/*
 * Runs opened operators over a batch. What a failing one did to it is undone, and it is
 * run on ever smaller parts until the rows at fault are known.
 */
#include "dj/clock.h"
#include "dj/fault.h"
#include "op/chain_private.h"

#include <assert.h>

/* Half-open. */
struct span {
    size_t first;
    size_t end;
};

/* For tests: a sample that an operator does not survive. */
static enum dj_status fault_samples(const struct dj_batch *batch, struct dj_error *err)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_str line = dj_batch_line(batch, row);

        DJ_TRY(dj_fault_with(DJ_FAULT_OP_SAMPLE, line.ptr, line.len, err));
    }
    return DJ_OK;
}

/* One call of the operator on the rows in sight. */
static enum dj_status call_once(struct dj_chain *chain, const struct link *link,
                                struct dj_batch *batch, struct dj_error *err)
{
    const struct dj_op_call call = dj_link_call(chain, link, err);
    enum dj_status status = dj_fault_at(DJ_FAULT_OP_PROCESS, err);

    if (status == DJ_OK && dj_fault_armed()) {
        status = fault_samples(batch, err);
    }
    if (status == DJ_OK) {
        err->status = DJ_OK;
        status = link->op->op->process(&call, batch);
        if (status != err->status) { /* it failed without a word */
            (void)dj_fail(err, status, "%s", dj_status_text(status));
        }
    }
    dj_arena_reset(chain->scratch);
    return status;
}

/* Says where in the recipe and in the source the failure in *err is. */
static enum dj_status place_failure(const struct dj_chain *chain, const struct link *link,
                                    const struct dj_batch *batch, struct span span,
                                    struct dj_error *err)
{
    const long long first = (long long)dj_batch_origin(batch, span.first).line;
    const long long last = (long long)dj_batch_origin(batch, span.end - 1).line;

    if (first == last) {
        (void)dj_error_prefix(err, "line %lld of the source: ", first);
    } else {
        (void)dj_error_prefix(err, "lines %lld to %lld of the source: ", first, last);
    }
    return dj_error_prefix(err, "%s:%d:%d: %s: ", chain->recipe_name, link->op->line,
                           link->op->column, link->op->op->name);
}

/* The first row in the span that this operator has rejected, or its end. */
static size_t first_rejected(const struct link *link, const struct dj_batch *batch,
                             struct span span)
{
    size_t row = span.first;

    while (row < span.end && !(dj_batch_state(batch, row) == DJ_ROW_REJECTED &&
                               dj_batch_rejected_by(batch, row) == link->index)) {
        row++;
    }
    return row;
}

/*
 * A failure of a single row is that row's, except for lack of memory: the partition
 * can be tried again then, and a good sample is not lost for it.
 */
static enum dj_status blame(struct dj_chain *chain, const struct link *link,
                            struct dj_batch *batch, size_t row, struct dj_error *err)
{
    if (link->op->common.skip_op_error && err->status != DJ_NOMEM) {
        dj_batch_reject(batch, row, "%s", err->text);
        return DJ_OK;
    }
    return place_failure(chain, link, batch, (struct span){ row, row + 1 }, err);
}

/* An operator that may not lose samples has failed when it has rejected one. */
static enum dj_status check_rejected(struct dj_chain *chain, const struct link *link,
                                     struct dj_batch *batch, struct span span,
                                     struct dj_error *err)
{
    const size_t row = first_rejected(link, batch, span);

    if (row == span.end) {
        return DJ_OK;
    }
    (void)dj_fail(err, DJ_OP, "%s", dj_batch_reason(batch, row));
    return place_failure(chain, link, batch, (struct span){ row, row + 1 }, err);
}

/*
 * Runs the operator on the live rows of the span; where that fails, on each half, so
 * the depth is the logarithm of the rows. A failure that no half shows again is over
 * when samples may be lost; else it is passed up, and the executor decides.
 */
static enum dj_status run_span(struct dj_chain *chain, const struct link *link,
                               struct dj_batch *batch, struct span span,
                               struct dj_error *err)
{
    const bool skip = link->op->common.skip_op_error;
    const size_t middle = span.first + (span.end - span.first) / 2;
    struct dj_error cause;
    enum dj_status status;

    dj_batch_narrow(batch, span.first, span.end);
    if (dj_batch_live_count(batch) == 0) {
        return DJ_OK;
    }
    dj_batch_mark(batch);
    status = call_once(chain, link, batch, err);
    if (status == DJ_OK) {
        return skip ? DJ_OK : check_rejected(chain, link, batch, span, err);
    }
    dj_batch_rollback(batch);
    if (span.end - span.first == 1) {
        return blame(chain, link, batch, span.first, err);
    }
    cause = *err;
    DJ_TRY(run_span(chain, link, batch, (struct span){ span.first, middle }, err));
    DJ_TRY(run_span(chain, link, batch, (struct span){ middle, span.end }, err));
    if (skip) {
        return DJ_OK;
    }
    *err = cause;
    return place_failure(chain, link, batch, span, err);
}

/* Rows without the operator's text cannot be its business. */
static enum dj_status reject_without_text(struct dj_chain *chain, const struct link *link,
                                          struct dj_batch *batch, struct dj_error *err)
{
    const char *key = chain->layout.texts[link->text];

    DJ_FOR_EACH_ROW (row, batch) {
        if (dj_batch_has_text(batch, row)) {
            continue;
        }
        if (!link->op->common.skip_op_error) {
            (void)dj_fail(err, DJ_DATA, "text key '%s' is missing or not a string", key);
            return blame(chain, link, batch, row, err);
        }
        dj_batch_reject(batch, row, "text key '%s' is missing or not a string", key);
    }
    return DJ_OK;
}

/* What is still live, and its bytes as read. */
static void look(const struct dj_batch *batch, int64_t *rows, int64_t *bytes)
{
    int64_t last = -1;

    *rows = dj_i64_from_size(dj_batch_live_count(batch));
    *bytes = 0;
    DJ_FOR_EACH_ROW (row, batch) {
        const int64_t line = dj_batch_origin(batch, row).row;

        if (line != last) {
            *bytes += dj_i64_from_size(dj_batch_line(batch, row).len);
        }
        last = line;
    }
}

/* The copies that the operator made become rows like any other. */
static enum dj_status arrange(struct dj_chain *chain, const struct link *link,
                              struct dj_batch *batch, struct dj_error *err)
{
    const size_t before = dj_batch_count(batch);

    dj_batch_arrange(batch);
    assert(dj_batch_count(batch) == before || dj_link_makes_rows(link));
    if (dj_batch_count(batch) == before || link->op->common.skip_op_error) {
        return DJ_OK;
    }
    return check_rejected(chain, link, batch, (struct span){ 0, dj_batch_count(batch) },
                          err);
}

/* Rows that the operator has rejected, of those that are no longer live. */
static int64_t count_rejected(const struct link *link, const struct dj_batch *batch)
{
    const size_t count = dj_batch_count(batch);
    int64_t rejected = 0;

    for (size_t row = 0; row < count; row++) {
        row = first_rejected(link, batch, (struct span){ row, count });
        rejected += row < count;
    }
    return rejected;
}

static enum dj_status run_link(struct dj_chain *chain, const struct link *link,
                               struct dj_batch *batch, struct dj_op_tally *tally,
                               struct dj_error *err)
{
    const double start = dj_clock_monotonic();
    const struct span all = { 0, dj_batch_count(batch) };
    const int64_t derived_before = dj_batch_derived(batch);
    enum dj_status status = DJ_OK;
    int64_t rows, bytes, left, derived, rejected = 0;

    look(batch, &rows, &bytes);
    dj_batch_select(batch, link->index, link->text, link->stats);
    dj_batch_select_hash(batch, link->hash);
    if (dj_link_reads_text(link)) {
        status = reject_without_text(chain, link, batch, err);
    }
    if (status == DJ_OK && chain->tracer != NULL) {
        status = dj_tracer_before(chain, link, batch, err);
    }
    if (status == DJ_OK && all.end > 0) {
        status = run_span(chain, link, batch, all, err);
        dj_batch_narrow(batch, 0, SIZE_MAX);
    }
    if (status == DJ_OK && chain->tracer != NULL) {
        status = dj_tracer_after(chain, link, batch, err);
    }
    DJ_TRY(status);
    DJ_TRY(arrange(chain, link, batch, err));
    left = dj_i64_from_size(dj_batch_live_count(batch));
    derived = dj_batch_derived(batch) - derived_before;
    if (left < rows + derived) {
        rejected = count_rejected(link, batch);
    }
    tally->rows_in += rows;
    tally->rows_out += left;
    tally->rejected += rejected;
    tally->derived += derived;
    tally->dropped += rows + derived - left - rejected;
    tally->bytes_in += bytes;
    tally->seconds += dj_clock_monotonic() - start;
    return DJ_OK;
}

enum dj_status dj_chain_run(struct dj_chain *chain, size_t first, size_t end,
                            struct dj_batch *batch, struct dj_op_tally *tally,
                            struct dj_error *err)
{
    for (size_t op = first; op < end && op < chain->count; op++) {
        DJ_TRY(run_link(chain, &chain->links[op], batch, &tally[op], err));
    }
    return DJ_OK;
}

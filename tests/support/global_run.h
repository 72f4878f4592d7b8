/*
 * Runs a global operator's rounds in memory, as if on several ranks: what the executor
 * and the exchange do with its records, in as few words as possible.
 */
#ifndef DJ_TEST_GLOBAL_RUN_H
#define DJ_TEST_GLOBAL_RUN_H

#include "dj/global.h"
#include "dj/sample.h"

/* Records, in an order that their owner says. */
struct dj_notes {
    struct dj_buf bytes;
};

void dj_notes_init(struct dj_notes *notes);
void dj_notes_release(struct dj_notes *notes);
size_t dj_notes_size(const struct dj_notes *notes);
struct dj_note *dj_notes_all(const struct dj_notes *notes);
struct dj_sink dj_notes_sink(struct dj_notes *notes);

/*
 * Takes the records of all rows through the rounds; verdicts has what comes out: by row
 * (by place for DJ_VERDICT_ORDER), then in order. Edges have become verdicts. Fails too
 * when another number of ranks gives other verdicts.
 */
enum dj_status dj_global_run(const struct dj_op *op, const struct dj_op_call *call,
                             const struct dj_notes *notes, int64_t rows,
                             struct dj_notes *verdicts) DJ_MUST_CHECK;

/*
 * Does to the batch what the verdicts say; its row 0 has id 0. order has room for all
 * rows and verdicts; *count of them are left, in this order.
 */
enum dj_status dj_global_apply(const struct dj_op *op, const struct dj_op_call *call,
                               const struct dj_notes *verdicts, struct dj_batch *batch,
                               size_t *order, size_t *count) DJ_MUST_CHECK;

#endif

/*
 * naive_grouper: all samples become one, each field the list of its values in the order
 * of the samples. A field that some samples lack is null in their places.
 */
#include "dj/global.h"

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        DJ_TRY(dj_batch_note(batch, row, (struct dj_note){ 0 }, call->err));
    }
    return DJ_OK;
}

/* The first row is the group's. */
static enum dj_status meet(const struct dj_op_call *call, void *state,
                           const struct dj_met *met, const struct dj_sink *out)
{
    struct dj_note verdict;

    (void)state;
    if (met == NULL) {
        return DJ_OK;
    }
    verdict = (struct dj_note){ .hi = met->index == 0, .row = met->record.row };
    return dj_sink_put(out, &verdict, call->err);
}

static const struct dj_global global = {
    .verdicts = DJ_VERDICT_GROUPS,
    .records = "one of each sample",
    .rounds = { { DJ_MEET_IN_ORDER, meet } },
};

const struct dj_op dj_op_naive_grouper = {
    .name = "naive_grouper",
    .kind = DJ_OP_GROUPER,
    .version = 1,
    .summary = "Make one sample of all samples, with a list for each field",
    .flags = DJ_OP_NO_TEXT,
    .cost = DJ_COST_LOW,
    .global = &global,
    .process = process,
};

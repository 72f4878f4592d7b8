/*
 * naive_reverse_grouper: a sample whose fields are lists becomes a sample for each place
 * in the lists. The first field says how many there are; longer lists are cut. A null
 * field has no values. __dj__batch_meta__ goes, if asked to a file, a line of JSON each.
 * A sample with a field that is neither a list nor null, with a list that is too short,
 * or with no list at all is set aside (Data-Juicer fails, or takes a text's characters).
 */
#include "dj/group.h"
#include "dj/op.h"

struct conf {
    const char *batch_meta_export_path;
};

static const struct dj_param params[] = {
    {
        .name = "batch_meta_export_path",
        .type = DJ_PARAM_TEXT,
        .offset = DJ_FIELD(struct conf, batch_meta_export_path, const char *),
        .flags = DJ_PARAM_NULLABLE,
        .help = "a file for what was in __dj__batch_meta__; null: it is dropped",
    },
    DJ_PARAM_END,
};

static const struct dj_op_splits splits = {
    .left_out = "__dj__batch_meta__",
    .param = "batch_meta_export_path",
};

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);
        struct dj_split split;
        struct dj_str sample;
        enum dj_status status;

        DJ_TRY(dj_batch_sample(batch, row, &sample));
        status =
            dj_split_begin(&split, sample, splits.left_out, call->scratch, call->err);
        if (status == DJ_OP) {
            dj_batch_reject(batch, row, "%s", call->err->text);
        } else {
            DJ_TRY(status);
        }
        call->err->status = DJ_OK;
        dj_arena_rollback(call->scratch, mark);
    }
    return DJ_OK;
}

const struct dj_op dj_op_naive_reverse_grouper = {
    .name = "naive_reverse_grouper",
    .kind = DJ_OP_GROUPER,
    .version = 1,
    .summary = "Make a sample of each place in the lists of a sample",
    .params = params,
    .conf_size = sizeof(struct conf),
    .flags = DJ_OP_NO_TEXT,
    .cost = DJ_COST_LOW,
    .splits = &splits,
    .process = process,
};

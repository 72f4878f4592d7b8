/*
 * suffix_filter: keeps samples whose field __dj__suffix__, the ending of the file that
 * they came from, is one of those asked for, letter by letter. Data-Juicer's loader adds
 * the field; here it has to be in the samples, and one without it is set aside. Records
 * no statistic.
 */
#include "dj/op.h"
#include "dj/py.h"

struct conf {
    struct dj_strs suffixes;
};

static const struct dj_param params[] = {
    {
        .name = "suffixes",
        .type = DJ_PARAM_TEXTS,
        .offset = DJ_FIELD(struct conf, suffixes, struct dj_strs),
        .preset.s = "",
        .flags = DJ_PARAM_NULLABLE,
        .help = "endings to keep, such as .txt; none keeps all samples",
    },
    DJ_PARAM_END,
};

static bool is_asked_for(const struct conf *conf, const struct dj_py *suffix)
{
    for (size_t i = 0; i < conf->suffixes.count; i++) {
        if (suffix->kind == DJ_PY_STR && dj_str_is(suffix->s, conf->suffixes.items[i])) {
            return true;
        }
    }
    return false;
}

static enum dj_status judge(const struct dj_op_call *call, struct dj_batch *batch,
                            size_t row)
{
    static const struct dj_str field = { "__dj__suffix__", 14 };
    struct dj_str json;
    struct dj_py suffix;
    size_t used;

    DJ_TRY(dj_batch_field(batch, row, &field, 1, call->scratch, &json, &used));
    if (used == 0) {
        dj_batch_reject(batch, row,
                        "the field __dj__suffix__ is missing: dj-mpi does not add it");
        return DJ_OK;
    }
    DJ_TRY(dj_py_from_json(json, call->scratch, &suffix));
    if (is_asked_for(call->conf, &suffix) == call->common->reversed_range) {
        dj_batch_drop(batch, row);
    }
    return DJ_OK;
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct conf *conf = call->conf;

    if (conf->suffixes.count == 0) {
        return DJ_OK;
    }
    DJ_FOR_EACH_ROW (row, batch) {
        DJ_TRY(judge(call, batch, row));
    }
    return DJ_OK;
}

const struct dj_op dj_op_suffix_filter = {
    .name = "suffix_filter",
    .kind = DJ_OP_FILTER,
    .version = 1,
    .summary = "Keep samples by the ending of the file that they came from",
    .params = params,
    .conf_size = sizeof(struct conf),
    .flags = DJ_OP_NO_TEXT,
    .cost = DJ_COST_LOW,
    .process = process,
};

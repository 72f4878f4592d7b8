/*
 * alphanumeric_filter: keeps samples by the share of letters and digits
 * (str.isalnum) among the characters of their text. Records it as alnum_ratio; an
 * empty text has 0.0.
 */
#include "dj/op.h"

struct conf {
    bool tokenization;
    struct dj_number min_ratio;
    struct dj_number max_ratio;
};

static const struct dj_param params[] = {
    {
        .name = "tokenization",
        .type = DJ_PARAM_BOOL,
        .offset = DJ_FIELD(struct conf, tokenization, bool),
        .flags = DJ_PARAM_NOT_YET,
        .why = "tokenizers",
        .today = "false",
        .help = "count letters per token of a tokenizer",
    },
    DJ_PARAM_NUMBER_(struct conf, min_ratio, DJ_PRESET_FLOAT(0.25),
                     "smallest share to keep; null is no bound"),
    DJ_PARAM_NUMBER_(struct conf, max_ratio, DJ_PRESET_INT(INT64_MAX),
                     "largest share to keep; null is no bound"),
    DJ_PARAM_END,
};

static const char *const stats[] = { "alnum_ratio", NULL };

static enum dj_status measure(const struct dj_op_call *call, struct dj_batch *batch,
                              size_t row, struct dj_number *value)
{
    const struct dj_text_counts *counts = dj_batch_counts(batch, row);

    (void)call;
    *value = counts->characters == 0
                 ? DJ_FLOAT(0.0)
                 : DJ_FLOAT((double)counts->alnum / (double)counts->characters);
    return DJ_OK;
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct conf *conf = call->conf;
    const struct dj_range range = { conf->min_ratio, conf->max_ratio };

    return dj_op_filter(call, batch, measure, range);
}

const struct dj_op dj_op_alphanumeric_filter = {
    .name = "alphanumeric_filter",
    .kind = DJ_OP_FILTER,
    .version = 1,
    .summary = "Keep samples by the share of letters and digits in their text",
    .params = params,
    .conf_size = sizeof(struct conf),
    .stats = stats,
    .cost = DJ_COST_LOW,
    .process = process,
};

/*
 * special_characters_filter: keeps samples by the share of special characters
 * (Data-Juicer's list: punctuation, digits, blanks, emoji and some letters) among
 * the characters of their text. Records it as special_char_ratio; an empty text has
 * 0.0.
 */
#include "dj/op.h"

struct conf {
    struct dj_number min_ratio;
    struct dj_number max_ratio;
};

static const struct dj_param params[] = {
    DJ_PARAM_NUMBER_(struct conf, min_ratio, DJ_PRESET_FLOAT(0.0),
                     "smallest share to keep; null is no bound"),
    DJ_PARAM_NUMBER_(struct conf, max_ratio, DJ_PRESET_FLOAT(0.25),
                     "largest share to keep; null is no bound"),
    DJ_PARAM_END,
};

static const char *const stats[] = { "special_char_ratio", NULL };

static enum dj_status measure(const struct dj_op_call *call, struct dj_batch *batch,
                              size_t row, struct dj_number *value)
{
    const struct dj_text_counts *counts = dj_batch_counts(batch, row);

    (void)call;
    *value = counts->characters == 0
                 ? DJ_FLOAT(0.0)
                 : DJ_FLOAT((double)counts->special / (double)counts->characters);
    return DJ_OK;
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct conf *conf = call->conf;
    const struct dj_range range = { conf->min_ratio, conf->max_ratio };

    return dj_op_filter(call, batch, measure, range);
}

const struct dj_op dj_op_special_characters_filter = {
    .name = "special_characters_filter",
    .kind = DJ_OP_FILTER,
    .version = 1,
    .summary = "Keep samples by the share of special characters in their text",
    .params = params,
    .conf_size = sizeof(struct conf),
    .stats = stats,
    .cost = DJ_COST_LOW,
    .process = process,
};

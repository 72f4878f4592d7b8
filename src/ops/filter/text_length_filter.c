/*
 * text_length_filter: keeps samples by the number of characters (Unicode code
 * points) of their text. Records the count as text_len.
 */
#include "dj/op.h"

struct conf {
    struct dj_number min_len;
    struct dj_number max_len;
};

static const struct dj_param params[] = {
    DJ_PARAM_NUMBER_(struct conf, min_len, DJ_PRESET_INT(10),
                     "fewest characters to keep; null is no bound"),
    DJ_PARAM_NUMBER_(struct conf, max_len, DJ_PRESET_INT(INT64_MAX),
                     "most characters to keep; null is no bound"),
    DJ_PARAM_END,
};

static const char *const stats[] = { "text_len", NULL };

static enum dj_status measure(const struct dj_op_call *call, struct dj_batch *batch,
                              size_t row, struct dj_number *value)
{
    (void)call;
    *value = DJ_INT(dj_i64_from_size(dj_utf8_length(dj_batch_text(batch, row))));
    return DJ_OK;
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct conf *conf = call->conf;
    const struct dj_range range = { conf->min_len, conf->max_len };

    return dj_op_filter(call, batch, measure, range);
}

const struct dj_op dj_op_text_length_filter = {
    .name = "text_length_filter",
    .kind = DJ_OP_FILTER,
    .version = 1,
    .summary = "Keep samples by the number of characters in their text",
    .params = params,
    .conf_size = sizeof(struct conf),
    .stats = stats,
    .cost = DJ_COST_LOW,
    .process = process,
};

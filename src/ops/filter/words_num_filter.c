/*
 * words_num_filter: keeps samples by the number of words in their text. Words are
 * cut at blanks, line feeds and tabs and stripped of special characters; those that
 * become empty do not count. Records the number as num_words.
 */
#include "dj/op.h"

struct conf {
    const char *lang;
    bool tokenization;
    struct dj_number min_num;
    struct dj_number max_num;
};

static const struct dj_param params[] = {
    DJ_PARAM_TEXT_(struct conf, lang, "en", "language of the tokenizer"),
    {
        .name = "tokenization",
        .type = DJ_PARAM_BOOL,
        .offset = DJ_FIELD(struct conf, tokenization, bool),
        .flags = DJ_PARAM_NOT_YET,
        .why = "SentencePiece models",
        .today = "false",
        .help = "take the pieces of a tokenizer for words",
    },
    DJ_PARAM_NUMBER_(struct conf, min_num, DJ_PRESET_INT(10),
                     "fewest words to keep; null is no bound"),
    DJ_PARAM_NUMBER_(struct conf, max_num, DJ_PRESET_INT(INT64_MAX),
                     "most words to keep; null is no bound"),
    DJ_PARAM_END,
};

static const char *const stats[] = { "num_words", NULL };

static enum dj_status measure(const struct dj_op_call *call, struct dj_batch *batch,
                              size_t row, struct dj_number *value)
{
    (void)call;
    *value = DJ_INT(dj_batch_counts(batch, row)->words);
    return DJ_OK;
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct conf *conf = call->conf;
    const struct dj_range range = { conf->min_num, conf->max_num };

    return dj_op_filter(call, batch, measure, range);
}

const struct dj_op dj_op_words_num_filter = {
    .name = "words_num_filter",
    .kind = DJ_OP_FILTER,
    .version = 1,
    .summary = "Keep samples by the number of words in their text",
    .params = params,
    .conf_size = sizeof(struct conf),
    .stats = stats,
    .cost = DJ_COST_LOW,
    .process = process,
};

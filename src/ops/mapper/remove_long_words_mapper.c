/*
 * remove_long_words_mapper: removes words of fewer or more characters than wanted. A
 * word that is too long is measured again without the special characters at its ends,
 * and if it then fits it stays as it was. Words are cut at blanks, tabs and line feeds,
 * of which one is left between two words (and none at the ends of the text), also where
 * no word goes; that is Data-Juicer's way of joining them.
 */
#include "dj/cuts.h"
#include "dj/op.h"

struct conf {
    int64_t min_len;
    int64_t max_len;
};

static const struct dj_param params[] = {
    DJ_PARAM_INT_(struct conf, min_len, 1, 0, 0,
                  "fewest characters of a word that stays"),
    DJ_PARAM_INT_(struct conf, max_len, INT64_MAX, 0, 0,
                  "most characters of a word that stays"),
    DJ_PARAM_END,
};

static bool keep(void *context, struct dj_str word)
{
    const struct conf *conf = context;
    const int64_t bytes = (int64_t)word.len;
    int64_t len;

    /* A character has one to four bytes: most words need not be counted. */
    if (conf->min_len <= (bytes + 3) / 4 && bytes <= conf->max_len) {
        return true;
    }
    len = (int64_t)dj_utf8_length(word);
    if (len > conf->max_len) {
        len = (int64_t)dj_utf8_length(dj_text_strip_special(word));
    }
    return conf->min_len <= len && len <= conf->max_len;
}

static enum dj_status open_op(const struct dj_op_call *call, void **state)
{
    (void)call;
    *state = dj_cuts_new();
    return DJ_OK;
}

static void close_op(void *state)
{
    dj_cuts_free(state);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    struct conf conf = *(const struct conf *)call->conf;
    struct dj_cuts *cuts = call->state;

    DJ_FOR_EACH_ROW (row, batch) {
        dj_cuts_reset(cuts);
        DJ_TRY(dj_cuts_keep_words(cuts, dj_batch_text(batch, row), keep, &conf));
        DJ_TRY(dj_op_cut(call, batch, row, cuts));
    }
    return DJ_OK;
}

const struct dj_op dj_op_remove_long_words_mapper = {
    .name = "remove_long_words_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Remove words of fewer or more characters than wanted",
    .params = params,
    .conf_size = sizeof(struct conf),
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .process = process,
};

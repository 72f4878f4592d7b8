/*
 * word_repetition_filter: keeps samples by how many of their n-grams of rep_len words
 * occur more than once, repeats included, divided by the number of all n-grams.
 * Words are cut at blanks, line feeds and tabs, lower-cased and stripped of special
 * characters. Records the share as word_rep_ratio; a text with fewer words has 0.0.
 */
#include "dj/ngram.h"
#include "dj/op.h"

struct conf {
    const char *lang;
    bool tokenization;
    int64_t rep_len;
    struct dj_number min_ratio;
    struct dj_number max_ratio;
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
    DJ_PARAM_INT_(struct conf, rep_len, 10, 1, INT64_MAX, "words in an n-gram"),
    DJ_PARAM_NUMBER_(struct conf, min_ratio, DJ_PRESET_FLOAT(0.0),
                     "smallest share to keep; null is no bound"),
    DJ_PARAM_NUMBER_(struct conf, max_ratio, DJ_PRESET_FLOAT(0.5),
                     "largest share to keep; null is no bound"),
    DJ_PARAM_END,
};

static const char *const stats[] = { "word_rep_ratio", NULL };

static enum dj_status open_op(const struct dj_op_call *call, void **state)
{
    (void)call;
    *state = dj_ngrams_new(0);
    return DJ_OK;
}

static void close_op(void *state)
{
    dj_ngrams_free(state);
}

static enum dj_status measure(const struct dj_op_call *call, struct dj_batch *batch,
                              size_t row, struct dj_number *value)
{
    const struct conf *conf = call->conf;
    const struct dj_words *words;
    struct dj_ngram_counts counts;

    DJ_TRY(dj_batch_words(batch, row, true, &words));
    if (words->count > DJ_NGRAM_LIMIT) {
        dj_batch_reject(batch, row, "the text is too long to count its n-grams");
        return DJ_OK;
    }
    DJ_TRY(
        dj_ngrams_of_words(call->state, words, dj_size_from_i64(conf->rep_len), &counts));
    *value =
        counts.total == 0
            ? DJ_FLOAT(0.0)
            : DJ_FLOAT((double)(counts.total - counts.single) / (double)counts.total);
    return DJ_OK;
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct conf *conf = call->conf;
    const struct dj_range range = { conf->min_ratio, conf->max_ratio };

    return dj_op_filter(call, batch, measure, range);
}

const struct dj_op dj_op_word_repetition_filter = {
    .name = "word_repetition_filter",
    .kind = DJ_OP_FILTER,
    .version = 1,
    .summary = "Keep samples by the share of repeated word n-grams",
    .params = params,
    .conf_size = sizeof(struct conf),
    .stats = stats,
    .cost = DJ_COST_HIGH,
    .open = open_op,
    .close = close_op,
    .process = process,
};

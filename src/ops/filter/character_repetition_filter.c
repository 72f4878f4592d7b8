/*
 * character_repetition_filter: keeps samples by how much of their text repeats.
 * Of d different n-grams of rep_len characters, s of them single, the counts of the
 * k = min(floor(sqrt(d)), d - s) most frequent are divided by the number of all.
 * Records it as char_rep_ratio; a text shorter than rep_len has 0.0.
 */
#include "dj/ngram.h"
#include "dj/op.h"

struct conf {
    int64_t rep_len;
    struct dj_number min_ratio;
    struct dj_number max_ratio;
};

static const struct dj_param params[] = {
    DJ_PARAM_INT_(struct conf, rep_len, 10, 1, INT64_MAX, "characters in an n-gram"),
    DJ_PARAM_NUMBER_(struct conf, min_ratio, DJ_PRESET_FLOAT(0.0),
                     "smallest share to keep; null is no bound"),
    DJ_PARAM_NUMBER_(struct conf, max_ratio, DJ_PRESET_FLOAT(0.5),
                     "largest share to keep; null is no bound"),
    DJ_PARAM_END,
};

static const char *const stats[] = { "char_rep_ratio", NULL };

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
    const struct dj_str text = dj_batch_text(batch, row);
    struct dj_ngram_counts counts;

    if (text.len > DJ_NGRAM_LIMIT) {
        dj_batch_reject(batch, row, "the text is too long to count its n-grams");
        return DJ_OK;
    }
    DJ_TRY(
        dj_ngrams_of_text(call->state, text, dj_size_from_i64(conf->rep_len), &counts));
    *value = counts.total == 0 ? DJ_FLOAT(0.0)
                               : DJ_FLOAT((double)counts.top / (double)counts.total);
    return DJ_OK;
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct conf *conf = call->conf;
    const struct dj_range range = { conf->min_ratio, conf->max_ratio };

    return dj_op_filter(call, batch, measure, range);
}

const struct dj_op dj_op_character_repetition_filter = {
    .name = "character_repetition_filter",
    .kind = DJ_OP_FILTER,
    .version = 1,
    .summary = "Keep samples by the share of repeated character n-grams",
    .params = params,
    .conf_size = sizeof(struct conf),
    .stats = stats,
    .cost = DJ_COST_HIGH,
    .open = open_op,
    .close = close_op,
    .process = process,
};

/*
 * The share of listed words among the words of a text. With augmentation the runs of n
 * words that stand side by side count as words too, among all and among those listed.
 */
#include "dj/word_share.h"

#include "dj/word_list.h"

struct state {
    struct dj_word_list *list;
    size_t *sizes; /* of the runs that are counted as words too */
    size_t nsizes;
    struct dj_str join;
    struct dj_buf run;
};

static enum dj_status read_size(const struct dj_yaml_node *node, size_t *size,
                                struct dj_error *err)
{
    int64_t value;

    if (!dj_yaml_as_int(node, &value) || value < 1) {
        return dj_fail(err, DJ_CONFIG,
                       "words_aug_group_sizes: %s is not a number of words, at least 1",
                       node->kind == DJ_YAML_SCALAR ? node->text : "an entry");
    }
    *size = dj_size_from_i64(value);
    return DJ_OK;
}

static enum dj_status read_sizes(const struct dj_yaml_node *node, struct state *state,
                                 struct dj_error *err)
{
    if (node == NULL) {
        state->sizes = dj_xcalloc(1, sizeof(*state->sizes));
        state->sizes[0] = 2;
        state->nsizes = 1;
        return DJ_OK;
    }
    if (node->kind != DJ_YAML_SEQUENCE) {
        return dj_fail(err, DJ_CONFIG,
                       "words_aug_group_sizes is a list of numbers, such as [2, 3]");
    }
    state->sizes = dj_xcalloc(node->count + 1, sizeof(*state->sizes));
    for (size_t i = 0; i < node->count; i++) {
        DJ_TRY(read_size(node->items[i], &state->sizes[i], err));
        state->nsizes++;
    }
    return DJ_OK;
}

enum dj_status dj_word_share_open(const struct dj_op_call *call, const char *kind,
                                  const char *option, void **opened)
{
    const struct dj_word_share_conf *conf = call->conf;
    struct state *state = dj_xmalloc(sizeof(*state));
    enum dj_status status;

    dj_buf_init(&state->run);
    state->join = dj_str_from(conf->words_aug_join_char);
    status = read_sizes(conf->words_aug_group_sizes, state, call->err);
    if (!conf->use_words_aug) {
        state->nsizes = 0;
    }
    if (status == DJ_OK) {
        status = dj_word_list_load(conf->folder, kind, conf->lang, option, &state->list,
                                   call->err);
    }
    if (status != DJ_OK) {
        dj_word_share_close(state);
        return status;
    }
    *opened = state;
    return DJ_OK;
}

void dj_word_share_close(void *opened)
{
    struct state *state = opened;

    dj_word_list_free(state->list);
    dj_buf_release(&state->run);
    dj_xfree(state->sizes);
    dj_xfree(state);
}

uint64_t dj_word_share_data(const void *opened)
{
    const struct state *state = opened;

    return dj_word_list_hash(state->list);
}

static enum dj_status measure(const struct dj_op_call *call, struct dj_batch *batch,
                              size_t row, struct dj_number *value)
{
    struct state *state = call->state;
    const struct dj_words *words;
    size_t listed = 0;
    size_t all;

    DJ_TRY(dj_batch_words(batch, row, true, &words));
    all = words->count;
    for (size_t i = 0; i < words->count; i++) {
        listed += dj_word_list_has(state->list, words->items[i]);
    }
    for (size_t i = 0; i < state->nsizes; i++) {
        const size_t n = state->sizes[i];
        size_t runs;

        DJ_TRY(dj_word_list_count_runs(state->list, words, n, state->join, &state->run,
                                       &runs));
        listed += runs;
        all += words->count < n ? 0 : words->count - n + 1;
    }
    *value = all == 0 ? DJ_FLOAT(0.0) : DJ_FLOAT((double)listed / (double)all);
    return DJ_OK;
}

enum dj_status dj_word_share_process(const struct dj_op_call *call,
                                     struct dj_batch *batch)
{
    const struct dj_word_share_conf *conf = call->conf;
    const struct dj_range range = { conf->min_ratio, conf->max_ratio };

    return dj_op_filter(call, batch, measure, range);
}

/*
 * remove_words_with_incorrect_substrings_mapper: removes words that contain one of the
 * substrings, not counting the special characters at their ends (so "//" there is not
 * found). Words are cut at blanks, tabs and line feeds, of which one is left between
 * two words (and none at the ends of the text), also where no word goes. As in
 * Data-Juicer, an empty substring is in every word, and one with a blank in none.
 */
#include "dj/cuts.h"
#include "dj/needles.h"
#include "dj/op.h"

struct conf {
    const char *lang;
    bool tokenization;
    struct dj_strs substrings;
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
    {
        .name = "substrings",
        .type = DJ_PARAM_TEXTS,
        .offset = DJ_FIELD(struct conf, substrings, struct dj_strs),
        .preset.s = "http www .com href //",
        .flags = DJ_PARAM_NULLABLE,
        .help = "what a word must not contain; null is the default",
    },
    DJ_PARAM_END,
};

static const char *const defaults[] = { "http", "www", ".com", "href", "//" };

struct state {
    struct dj_cuts *cuts;
    struct dj_needles *needles;
    bool keeps_none;
};

/* A text, and the next place in it where a substring stands. */
struct search {
    const struct state *state;
    struct dj_str text;
    size_t next;
};

static bool keep(void *context, struct dj_str word)
{
    struct search *search = context;
    const struct dj_needles *needles = search->state->needles;
    const size_t start = (size_t)(word.ptr - search->text.ptr);

    if (search->next < start) {
        search->next = dj_needles_find(needles, search->text, start);
    }
    if (search->next >= start + word.len) {
        return true;
    }
    word = dj_text_strip_special(word);
    return dj_needles_find(needles, word, 0) == word.len;
}

static bool keep_none(void *context, struct dj_str word)
{
    (void)context;
    (void)word;
    return false;
}

/* Those that can stand in a word; an empty one stands in all. */
static void build(struct state *state, const char *const *items, size_t count)
{
    struct dj_str *usable = dj_xcalloc(count + 1, sizeof(*usable));
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if (items[i][0] == '\0') {
            state->keeps_none = true;
        } else if (strpbrk(items[i], " \t\n") == NULL) {
            usable[n++] = dj_str_from(items[i]);
        }
    }
    state->needles = dj_needles_new(usable, n);
    dj_xfree(usable);
}

static enum dj_status open_op(const struct dj_op_call *call, void **state)
{
    const struct conf *conf = call->conf;
    struct state *made = dj_xmalloc(sizeof(*made));

    made->cuts = dj_cuts_new();
    if (conf->substrings.present) {
        build(made, conf->substrings.items, conf->substrings.count);
    } else {
        build(made, defaults, sizeof(defaults) / sizeof(defaults[0]));
    }
    *state = made;
    return DJ_OK;
}

static void close_op(void *state)
{
    struct state *made = state;

    dj_cuts_free(made->cuts);
    dj_needles_free(made->needles);
    dj_xfree(made);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    struct state *state = call->state;

    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_str text = dj_batch_text(batch, row);
        struct search search = { state, text, dj_needles_find(state->needles, text, 0) };

        dj_cuts_reset(state->cuts);
        DJ_TRY(dj_cuts_keep_words(state->cuts, text, state->keeps_none ? keep_none : keep,
                                  &search));
        DJ_TRY(dj_op_cut(call, batch, row, state->cuts));
    }
    return DJ_OK;
}

const struct dj_op dj_op_remove_words_with_incorrect_substrings_mapper = {
    .name = "remove_words_with_incorrect_substrings_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Remove words that contain one of some substrings",
    .params = params,
    .conf_size = sizeof(struct conf),
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .process = process,
};

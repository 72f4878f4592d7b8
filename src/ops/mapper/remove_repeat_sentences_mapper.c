/*
 * remove_repeat_sentences_mapper: removes sentences that stood in the text before. A
 * line is cut into sentences, and a sentence is known again by what is left of it when
 * blanks at its ends go and, unless told otherwise, all but letters and digits of
 * ASCII, U+4E00 to U+9FA5, blanks and tabs. If too little is left it always stays.
 * Lines stay as lines. Data-Juicer's four substitutions decide where a sentence ends:
 *
 *   a stop: one of . 。 ! ！ ? ？; two of …; one of these, or { 6 } 2, and ’ or ”;
 *
 * each before another character of the line that is neither ’ nor ”. A substitution
 * goes on behind that character, so of two stops side by side only the first one ends
 * a sentence. (The one for six dots never finds any: the one for stops has parted them.)
 */
#include "dj/charset.h"
#include "dj/cuts.h"
#include "dj/op.h"
#include "dj/textset.h"

struct conf {
    bool lowercase;
    bool ignore_special_character;
    int64_t min_repeat_sentence_length;
    const char *tokenizer;
};

static const struct dj_param params[] = {
    DJ_PARAM_BOOL_(struct conf, lowercase, false, "compare in lower case"),
    DJ_PARAM_BOOL_(struct conf, ignore_special_character, true,
                   "compare only ASCII letters and digits, Chinese characters, blanks"),
    DJ_PARAM_INT_(struct conf, min_repeat_sentence_length, 2, 0, 0,
                  "characters that are compared; a sentence with fewer always stays"),
    {
        .name = "tokenizer",
        .type = DJ_PARAM_TEXT,
        .offset = DJ_FIELD(struct conf, tokenizer, const char *),
        .flags = DJ_PARAM_NULLABLE | DJ_PARAM_NOT_YET,
        .why = "sentences cut by Python code",
        .today = "null",
        .help = "a Python function that cuts a line into sentences",
    },
    DJ_PARAM_END,
};

enum { LF = '\n', DOTS = 0x2026, QUOTE = 0x2019, QUOTES = 0x201d };

static const char stops[] = ".。!！?？";
static const char before_quotes[] = ".。!！?？{6}…2";

struct state {
    struct dj_charset *marks; /* line feeds, stops, dots and quotes */
    struct dj_charset *before_quotes;
    struct dj_charset *ignored; /* in comparisons */
    struct dj_textset *known;
    struct dj_cuts *cuts;
    struct dj_buf lower;
};

/* Where each of the substitutions goes on. */
struct places {
    size_t stop;
    size_t dots;
    size_t quote;
};

/* --- the end of a sentence
 * ----------------------------------------------------------- */

static uint32_t char_at(struct dj_str text, size_t pos, size_t *next)
{
    const char *p = text.ptr + pos;
    const uint32_t c = dj_utf8_next(&p);

    *next = (size_t)(p - text.ptr);
    return c;
}

static size_t before(struct dj_str text, size_t pos)
{
    do {
        pos--;
    } while (((unsigned char)text.ptr[pos] & 0xc0) == 0x80);
    return pos;
}

/* Does a sentence go on at pos, behind its end? *next is behind its first character. */
static bool goes_on(struct dj_str text, size_t pos, size_t *next)
{
    uint32_t c;

    if (pos >= text.len) {
        return false;
    }
    c = char_at(text, pos, next);
    return c != LF && c != QUOTE && c != QUOTES;
}

/* The mark c at pos: the end of the sentence that it ends, or 0; end is behind c. */
static size_t sentence_end(const struct state *state, struct dj_str text, size_t pos,
                           uint32_t c, size_t end, struct places *places)
{
    if (c == DOTS) {
        size_t second = end;

        return pos >= places->dots && second < text.len &&
                       char_at(text, second, &end) == DOTS &&
                       goes_on(text, end, &places->dots)
                   ? end
                   : 0;
    }
    if (c == QUOTE || c == QUOTES) {
        size_t start, next;

        if (pos == 0) {
            return 0;
        }
        start = before(text, pos);
        return start >= places->quote &&
                       dj_charset_has(state->before_quotes,
                                      char_at(text, start, &next)) &&
                       goes_on(text, end, &places->quote)
                   ? end
                   : 0;
    }
    return pos >= places->stop && goes_on(text, end, &places->stop) ? end : 0;
}

/* --- sentences ------------------------------------------------------------------------
 */

static bool is_short(const struct conf *conf, struct dj_str key)
{
    const int64_t least = conf->min_repeat_sentence_length;
    const int64_t bytes = (int64_t)key.len;

    return (bytes + 3) / 4 < least &&
           (bytes < least || (int64_t)dj_utf8_length(key) < least);
}

/* Takes note of a sentence, and of the cut if it was there before. */
static enum dj_status sentence(const struct dj_op_call *call, struct dj_str text,
                               size_t start, size_t end)
{
    const struct conf *conf = call->conf;
    struct state *state = call->state;
    struct dj_str key = dj_text_strip((struct dj_str){ text.ptr + start, end - start });
    char *room;

    if (conf->lowercase) {
        dj_buf_reset(&state->lower);
        DJ_TRY(dj_text_lower(key, &state->lower));
        key = dj_buf_str(&state->lower);
    }
    room = dj_textset_room(state->known, key.len);
    if (room == NULL) {
        return DJ_NOMEM;
    }
    if (conf->ignore_special_character) {
        key.len = dj_charset_drop(state->ignored, key, room);
    } else if (key.len > 0) {
        memcpy(room, key.ptr, key.len);
    }
    key.ptr = room;
    if (is_short(conf, key) || dj_textset_add(state->known, key.len)) {
        return DJ_OK;
    }
    return dj_cuts_add(state->cuts, start, end);
}

static enum dj_status find_repeats(const struct dj_op_call *call, struct dj_str text)
{
    struct state *state = call->state;
    struct places places = { 0 };
    size_t start = 0;
    size_t pos = 0;

    dj_cuts_reset(state->cuts);
    dj_textset_reset(state->known);
    while ((pos = dj_charset_find(state->marks, text, pos)) < text.len) {
        size_t next;
        const uint32_t c = char_at(text, pos, &next);
        const size_t end =
            c == LF ? pos : sentence_end(state, text, pos, c, next, &places);

        if (end > start) {
            DJ_TRY(sentence(call, text, start, end));
            start = end;
        }
        start = c == LF ? next : start;
        pos = next;
    }
    return start < text.len ? sentence(call, text, start, text.len) : DJ_OK;
}

/* --- the operator --------------------------------------------------------------------
 */

static struct dj_charset *set_of(const char *text)
{
    struct dj_charset *set = dj_charset_new();

    dj_charset_add_text(set, dj_str_from(text));
    return set;
}

static enum dj_status open_op(const struct dj_op_call *call, void **state)
{
    struct state *made = dj_xmalloc(sizeof(*made));

    (void)call;
    made->marks = set_of("\n…’”");
    dj_charset_add_text(made->marks, dj_str_from(stops));
    made->before_quotes = set_of(before_quotes);
    made->ignored = set_of("\n\t ");
    dj_charset_add(made->ignored, '0', '9');
    dj_charset_add(made->ignored, 'A', 'Z');
    dj_charset_add(made->ignored, 'a', 'z');
    dj_charset_add(made->ignored, 0x4e00, 0x9fa5);
    dj_charset_invert(made->ignored);
    made->known = dj_textset_new();
    made->cuts = dj_cuts_new();
    dj_buf_init(&made->lower);
    *state = made;
    return DJ_OK;
}

static void close_op(void *state)
{
    struct state *made = state;

    dj_charset_free(made->marks);
    dj_charset_free(made->before_quotes);
    dj_charset_free(made->ignored);
    dj_textset_free(made->known);
    dj_cuts_free(made->cuts);
    dj_buf_release(&made->lower);
    dj_xfree(made);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct state *state = call->state;

    DJ_FOR_EACH_ROW (row, batch) {
        const enum dj_status status = find_repeats(call, dj_batch_text(batch, row));

        if (status != DJ_OK) {
            return dj_fail(call->err, status, "no memory for the sentences of a text");
        }
        DJ_TRY(dj_op_cut(call, batch, row, state->cuts));
    }
    return DJ_OK;
}

const struct dj_op dj_op_remove_repeat_sentences_mapper = {
    .name = "remove_repeat_sentences_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Remove sentences that stood in the text before",
    .params = params,
    .conf_size = sizeof(struct conf),
    .cost = DJ_COST_MEDIUM,
    .open = open_op,
    .close = close_op,
    .process = process,
};

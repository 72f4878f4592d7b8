/*
 * document_line_deduplicator: removes lines that occur in more samples than the
 * threshold, everywhere; samples stay, if with an empty text. Lines end at LF. Some never
 * go: those with fewer characters than the least (blanks at the ends do not count), and
 * unless told otherwise brackets and semicolons alone (the empty line too), headers of
 * Markdown, the begin and end of LaTeX environments, and single HTML tags. Lines are
 * compared by their MD5 without blanks at the ends. Data-Juicer leaves the hashes in the
 * data when there is just one sample; nothing of them is ever written here.
 */
#include "dj/charset.h"
#include "dj/digests.h"
#include "dj/global.h"
#include "dj/text.h"

#include <stdlib.h>

struct conf {
    int64_t frequency_threshold;
    bool lowercase;
    bool ignore_special_character;
    int64_t min_line_length;
    bool skip_brackets;
    bool skip_markdown_headers;
    bool skip_latex_env;
    bool skip_html_tags;
};

static const struct dj_param params[] = {
    DJ_PARAM_INT_(struct conf, frequency_threshold, 6, 0, 0,
                  "samples that a line may occur in and stay"),
    DJ_PARAM_BOOL_(struct conf, lowercase, false, "compare in lower case"),
    DJ_PARAM_BOOL_(struct conf, ignore_special_character, false,
                   "compare without blanks, digits and ASCII punctuation"),
    DJ_PARAM_INT_(struct conf, min_line_length, 2, 0, 0,
                  "characters; shorter lines always stay"),
    DJ_PARAM_BOOL_(struct conf, skip_brackets, true,
                   "lines of brackets and semicolons stay"),
    DJ_PARAM_BOOL_(struct conf, skip_markdown_headers, true, "lines after # stay"),
    DJ_PARAM_BOOL_(struct conf, skip_latex_env, true,
                   "lines that begin with \\begin{ or \\end{ stay"),
    DJ_PARAM_BOOL_(struct conf, skip_html_tags, true, "lines of one HTML tag stay"),
    DJ_PARAM_END,
};

struct state {
    struct dj_charset *ignored;
    struct dj_buf lower;
    struct dj_buf lines;  /* struct dj_str: what is compared of them */
    struct dj_buf hashes; /* struct dj_hash128: theirs */
};

static void close_op(void *opened)
{
    struct state *state = opened;

    dj_charset_free(state->ignored);
    dj_buf_release(&state->lower);
    dj_buf_release(&state->lines);
    dj_buf_release(&state->hashes);
    dj_xfree(state);
}

/* \s and \d of the re module, and string.punctuation. */
static struct dj_charset *special_characters(void)
{
    enum { LAST_DIGIT = 0x1ffff };
    const unsigned digit = DJ_CHAR_REGEX_DIGIT | DJ_CHAR_ALNUM; /* of Unicode 14.0 */
    struct dj_charset *set = dj_charset_new();

    for (uint32_t c = 0; c <= LAST_DIGIT; c++) {
        const unsigned class = dj_char_class(c);

        if ((class & DJ_CHAR_SPACE) != 0 || (class & digit) == digit) {
            dj_charset_add(set, c, c);
        }
    }
    dj_charset_add_text(set, DJ_STR("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"));
    return set;
}

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const struct conf *conf = call->conf;
    struct state *state = dj_xmalloc(sizeof(*state));

    state->ignored = conf->ignore_special_character ? special_characters() : NULL;
    dj_buf_init(&state->lower);
    dj_buf_init(&state->lines);
    dj_buf_init(&state->hashes);
    *opened = state;
    return DJ_OK;
}

/* --- lines that always stay -----------------------------------------------------------
 */

static bool all_brackets(struct dj_str line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] == '\0' || strchr("{}[]();", line.ptr[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static bool begins(struct dj_str line, struct dj_str with)
{
    return line.len >= with.len && memcmp(line.ptr, with.ptr, with.len) == 0;
}

/* A letter where case does not matter: of others, re takes these for i and k and s. */
static bool is_tag_letter(uint32_t c)
{
    enum { DOTTED = 0x130, DOTLESS = 0x131, LONG_S = 0x17f, KELVIN = 0x212a };

    return (c | 0x20) - 'a' < 26 || c == DOTTED || c == DOTLESS || c == LONG_S ||
           c == KELVIN;
}

/* </?[a-z][a-z0-9]*[^>]*>? and nothing behind; the line has no blanks at its ends. */
static bool is_tag(struct dj_str line)
{
    const char *p = line.ptr + 1;
    const char *end = line.ptr + line.len;

    if (line.len < 2 || line.ptr[0] != '<') {
        return false;
    }
    p += *p == '/';
    if (p == end || !is_tag_letter(dj_utf8_next(&p))) {
        return false;
    }
    p = memchr(p, '>', (size_t)(end - p));
    return p == NULL || p + 1 == end;
}

static bool stays(const struct conf *conf, struct dj_str line)
{
    const int64_t least = conf->min_line_length;

    return ((int64_t)(line.len + 3) / 4 < least &&
            (int64_t)dj_utf8_length(line) < least) ||
           (conf->skip_brackets && all_brackets(line)) ||
           (conf->skip_markdown_headers && begins(line, DJ_STR("#"))) ||
           (conf->skip_latex_env &&
            (begins(line, DJ_STR("\\begin{")) || begins(line, DJ_STR("\\end{")))) ||
           (conf->skip_html_tags && is_tag(line));
}

/* --- hashes of lines ------------------------------------------------------------------
 */

/* The line and, in *rest, what stands behind its end; false behind the last one. */
static bool next_line(struct dj_str *rest, struct dj_str *line)
{
    const char *end;

    if (rest->ptr == NULL) {
        return false;
    }
    end = rest->len == 0 ? NULL : memchr(rest->ptr, '\n', rest->len);
    *line =
        (struct dj_str){ rest->ptr, end == NULL ? rest->len : (size_t)(end - rest->ptr) };
    *rest = end == NULL ? (struct dj_str){ NULL, 0 }
                        : (struct dj_str){ end + 1, rest->len - line->len - 1 };
    return true;
}

/* What of a line is compared; lower case and what is left lie in the scratch arena. */
static enum dj_status reduce(const struct dj_op_call *call, struct dj_str *line)
{
    const struct conf *conf = call->conf;
    struct state *state = call->state;

    if (conf->lowercase) {
        dj_buf_reset(&state->lower);
        DJ_TRY(dj_text_lower(*line, &state->lower));
        *line = dj_buf_str(&state->lower);
    }
    if (state->ignored != NULL) {
        char *room = dj_arena_alloc(call->scratch, line->len + DJ_PADDING);
        size_t len;

        if (room == NULL) {
            return DJ_NOMEM;
        }
        len = dj_charset_drop(state->ignored, *line, room);
        (void)dj_arena_resize_last(call->scratch, room, len);
        *line = (struct dj_str){ room, len };
    } else if (conf->lowercase) {
        *line = dj_arena_copy(call->scratch, *line);
        DJ_TRY(line->ptr == NULL ? DJ_NOMEM : DJ_OK);
    }
    *line = dj_text_strip(*line);
    return DJ_OK;
}

/* The hashes of the lines that may go, in their order; *count of them. */
static enum dj_status hash_lines(const struct dj_op_call *call, struct dj_str text,
                                 size_t *count)
{
    const struct dj_arena_mark mark = dj_arena_mark(call->scratch);
    struct state *state = call->state;
    struct dj_str line;

    dj_buf_reset(&state->lines);
    dj_buf_reset(&state->hashes);
    while (next_line(&text, &line)) {
        if (!stays(call->conf, dj_text_strip(line))) {
            DJ_TRY(reduce(call, &line));
            DJ_TRY(dj_buf_append(&state->lines,
                                 (struct dj_str){ (const void *)&line, sizeof(line) }));
        }
    }
    *count = state->lines.len / sizeof(line);
    DJ_TRY(dj_buf_reserve(&state->hashes, *count * sizeof(struct dj_hash128)));
    dj_md5_many((const void *)state->lines.ptr, *count, (void *)state->hashes.ptr);
    dj_arena_rollback(call->scratch, mark);
    return DJ_OK;
}

static int compare_hashes(const void *a, const void *b)
{
    const struct dj_hash128 *x = a;
    const struct dj_hash128 *y = b;

    return x->hi != y->hi ? (x->hi > y->hi) - (x->hi < y->hi)
                          : (x->lo > y->lo) - (x->lo < y->lo);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct state *state = call->state;

    DJ_FOR_EACH_ROW (row, batch) {
        struct dj_hash128 *hashes;
        size_t count;

        DJ_TRY(hash_lines(call, dj_batch_text(batch, row), &count));
        hashes = (void *)state->hashes.ptr;
        if (count > 1) {
            qsort(hashes, count, sizeof(*hashes), compare_hashes);
        }
        for (size_t i = 0; i < count; i++) {
            const struct dj_note note = { hashes[i].hi, hashes[i].lo, 0, 0 };

            if (i == 0 || compare_hashes(&hashes[i - 1], &hashes[i]) != 0) {
                DJ_TRY(dj_batch_note(batch, row, note, call->err));
            }
        }
    }
    return DJ_OK;
}

/* --- frequent lines --------------------------------------------------------------------
 */

/* The first rows with a line, while it is not known whether there are enough. */
struct waiting {
    struct dj_buf rows; /* uint64_t */
    int64_t count;      /* rows with the line so far */
};

static void release(void *state)
{
    struct waiting *waiting = state;

    dj_buf_release(&waiting->rows);
}

static enum dj_status tell(const struct dj_op_call *call, const struct dj_note *line,
                           uint64_t row, const struct dj_sink *out)
{
    const struct dj_note verdict = { line->hi, line->lo, 0, row };

    return dj_sink_put(out, &verdict, call->err);
}

static enum dj_status meet(const struct dj_op_call *call, void *state,
                           const struct dj_met *met, const struct dj_sink *out)
{
    const struct conf *conf = call->conf;
    struct waiting *waiting = state;
    const uint64_t *rows;

    if (met == NULL) {
        return DJ_OK;
    }
    if (met->first) {
        waiting->count = 0;
        dj_buf_reset(&waiting->rows);
    }
    waiting->count++;
    if (waiting->count <= conf->frequency_threshold) {
        const struct dj_str row = { (const void *)&met->record.row, sizeof(uint64_t) };

        return dj_buf_append(&waiting->rows, row) == DJ_OK
                   ? DJ_OK
                   : dj_fail(call->err, DJ_NOMEM, "out of memory for rows of a line");
    }
    rows = (const void *)waiting->rows.ptr;
    for (size_t i = 0; i < waiting->rows.len / sizeof(*rows); i++) {
        DJ_TRY(tell(call, &met->record, rows[i], out));
    }
    dj_buf_reset(&waiting->rows);
    return tell(call, &met->record, met->record.row, out);
}

static bool is_frequent(const struct dj_note *verdicts, size_t count,
                        struct dj_hash128 hash)
{
    size_t first = 0;
    size_t end = count;

    while (first < end) {
        const size_t middle = first + (end - first) / 2;
        const struct dj_hash128 there = { verdicts[middle].hi, verdicts[middle].lo };
        const int order = compare_hashes(&hash, &there);

        if (order == 0) {
            return true;
        }
        if (order < 0) {
            end = middle;
        } else {
            first = middle + 1;
        }
    }
    return false;
}

static enum dj_status apply(const struct dj_op_call *call, struct dj_batch *batch,
                            size_t row, const struct dj_note *verdicts, size_t count)
{
    const struct state *state = call->state;
    const struct dj_hash128 *hash;
    struct dj_str text = dj_batch_text(batch, row);
    struct dj_str line;
    size_t nhashes;
    char *room, *out;

    DJ_TRY(hash_lines(call, text, &nhashes));
    hash = (const void *)state->hashes.ptr;
    room = dj_batch_room(batch, text.len + 1);
    if (room == NULL) {
        return dj_fail(call->err, DJ_NOMEM, "out of memory for a text");
    }
    out = room;
    while (next_line(&text, &line)) {
        if (stays(call->conf, dj_text_strip(line)) ||
            !is_frequent(verdicts, count, *hash++)) {
            memcpy(out, line.ptr, line.len);
            out += line.len;
            *out++ = '\n';
        }
    }
    return dj_batch_take(batch, row, room, out == room ? 0 : (size_t)(out - room) - 1);
}

static const struct dj_global global = {
    .verdicts = DJ_VERDICT_ROWS,
    .records = "one of each different line of a sample",
    .state_size = sizeof(struct waiting),
    .state_release = release,
    .rounds = { { DJ_MEET_BY_KEY, meet } },
    .apply = apply,
};

const struct dj_op dj_op_document_line_deduplicator = {
    .name = "document_line_deduplicator",
    .kind = DJ_OP_DEDUPLICATOR,
    .version = 1,
    .summary = "Remove lines that many samples have",
    .params = params,
    .conf_size = sizeof(struct conf),
    .cost = DJ_COST_MEDIUM,
    .open = open_op,
    .close = close_op,
    .global = &global,
    .process = process,
};

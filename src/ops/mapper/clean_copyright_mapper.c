/*
 * clean_copyright_mapper: removes the notice at the beginning of source code. The first
 * comment between slash-star and star-slash goes if it has the word copyright in it, in
 * any case, wherever it stands. A text without such a comment loses the lines at its
 * beginning that are empty or begin with "//", "#" or "--". Never both, as in
 * Data-Juicer, and a line with only a carriage return is not empty.
 */
#include "dj/op.h"

/* Behind the word if it begins at pos, else 0. i is also U+0130, as regex folds it. */
static size_t word_end(struct dj_str text, size_t pos)
{
    static const char word[] = "copyright";

    for (size_t i = 0; word[i] != '\0'; i++) {
        const char *at = text.ptr + pos;

        if (pos < text.len && (*at | 0x20) == word[i]) {
            pos++;
        } else if (word[i] == 'i' && text.len - pos >= 2 &&
                   memcmp(at, "\xc4\xb0", 2) == 0) {
            pos += 2;
        } else {
            return 0;
        }
    }
    return pos;
}

static bool has_word(struct dj_str text)
{
    for (size_t pos = 0; pos < text.len; pos++) {
        if ((text.ptr[pos] | 0x20) == 'c' && word_end(text, pos) != 0) {
            return true;
        }
    }
    return false;
}

/* The place of the byte with this one before it, from `from` (above 0) on; or NULL. */
static const char *find_pair(struct dj_str text, size_t from, char before, char byte)
{
    const char *end = text.ptr + text.len;
    const char *at = text.ptr + from;

    while (at < end) {
        at = memchr(at, byte, (size_t)(end - at));
        if (at == NULL || at[-1] == before) {
            return at;
        }
        at++;
    }
    return NULL;
}

/* The first comment; false when there is none. */
static bool find_comment(struct dj_str text, size_t *start, size_t *end)
{
    const char *from = text.len < 4 ? NULL : find_pair(text, 1, '/', '*');
    const char *to;

    if (from == NULL) {
        return false;
    }
    *start = (size_t)(from - text.ptr) - 1;
    to = find_pair(text, *start + 3, '*', '/');
    if (to == NULL) {
        return false;
    }
    *end = (size_t)(to - text.ptr) + 1;
    return true;
}

/* Where the first line begins that stays, or text.len. */
static size_t skip_lines(struct dj_str text)
{
    size_t pos = 0;

    while (pos < text.len) {
        const char *line = text.ptr + pos;
        const size_t left = text.len - pos;
        const char *end;

        if (*line != '\n' && *line != '#' &&
            !(left > 1 && line[0] == line[1] && (*line == '/' || *line == '-'))) {
            break;
        }
        end = memchr(line, '\n', left);
        pos = end == NULL ? text.len : (size_t)(end - text.ptr) + 1;
    }
    return pos;
}

static enum dj_status cut(const struct dj_op_call *call, struct dj_batch *batch,
                          size_t row, size_t start, size_t end)
{
    const struct dj_str text = dj_batch_text(batch, row);
    char *room = dj_batch_room(batch, text.len - (end - start));

    if (room == NULL) {
        return dj_fail(call->err, DJ_NOMEM, "no memory for a text of %zu bytes",
                       text.len);
    }
    memcpy(room, text.ptr, start);
    memcpy(room + start, text.ptr + end, text.len - end);
    return dj_batch_take(batch, row, room, text.len - (end - start));
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_str text = dj_batch_text(batch, row);
        size_t start = 0;
        size_t end;

        if (!find_comment(text, &start, &end)) {
            start = 0;
            end = skip_lines(text);
        } else if (!has_word((struct dj_str){ text.ptr + start, end - start })) {
            continue;
        }
        if (end > start) {
            DJ_TRY(cut(call, batch, row, start, end));
        }
    }
    return DJ_OK;
}

const struct dj_op dj_op_clean_copyright_mapper = {
    .name = "clean_copyright_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Remove the copyright notice of source code",
    .cost = DJ_COST_LOW,
    .process = process,
};

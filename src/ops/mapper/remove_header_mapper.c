/*
 * remove_header_mapper: removes what stands before the first heading of a LaTeX text:
 * \chapter, \part, \section, \subsection, \subsubsection, \paragraph or \subparagraph,
 * with a star or without, [..] or without, and {..}. A text without a heading becomes
 * empty, or stays when drop_no_head is false. Data-Juicer's reading of arguments is
 * kept: a bracket or brace is closed by any later one, lines away if need be.
 */
#include "dj/op.h"

struct conf {
    bool drop_no_head;
};

static const struct dj_param params[] = {
    DJ_PARAM_BOOL_(struct conf, drop_no_head, true,
                   "make a text without a heading empty"),
    DJ_PARAM_END,
};

static const struct dj_str names[] = {
    { "chapter", 7 },       { "part", 4 },           { "section", 7 },
    { "subsection", 10 },   { "subsubsection", 13 }, { "paragraph", 9 },
    { "subparagraph", 12 },
};

/* Last places where arguments can be closed; SIZE_MAX where there is none. */
struct closers {
    size_t brace;   /* of } */
    size_t bracket; /* of ]{ with that brace behind it */
};

static size_t last_of(struct dj_str text, size_t len, char byte)
{
    const char *found = len > 0 ? memrchr(text.ptr, byte, len) : NULL;

    return found == NULL ? SIZE_MAX : (size_t)(found - text.ptr);
}

static struct closers closers_of(struct dj_str text)
{
    struct closers closers = { .brace = last_of(text, text.len, '}') };

    if (closers.brace == SIZE_MAX) {
        closers.bracket = SIZE_MAX;
        return closers;
    }
    closers.bracket = last_of(text, closers.brace, ']');
    while (closers.bracket != SIZE_MAX && text.ptr[closers.bracket + 1] != '{') {
        closers.bracket = last_of(text, closers.bracket, ']');
    }
    return closers;
}

/* Behind the name that begins at pos, or pos itself. */
static size_t name_end(struct dj_str text, size_t pos)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (text.len - pos > names[i].len &&
            memcmp(text.ptr + pos, names[i].ptr, names[i].len) == 0) {
            return pos + names[i].len;
        }
    }
    return pos;
}

/* The place before its backslash, or text.len. */
static size_t find_heading(struct dj_str text)
{
    const char *end = text.ptr + text.len;
    const char *found = text.len > 0 ? memchr(text.ptr, '\\', text.len) : NULL;
    struct closers closers;

    if (found == NULL) {
        return text.len;
    }
    closers = closers_of(text);
    for (; found != NULL; found = memchr(found + 1, '\\', (size_t)(end - found) - 1)) {
        const size_t start = (size_t)(found - text.ptr);
        size_t pos = name_end(text, start + 1);

        if (pos == start + 1) {
            continue;
        }
        pos += text.ptr[pos] == '*';
        if (pos < text.len &&
            ((text.ptr[pos] == '{' && closers.brace != SIZE_MAX && closers.brace > pos) ||
             (text.ptr[pos] == '[' && closers.bracket != SIZE_MAX &&
              closers.bracket > pos))) {
            return start;
        }
    }
    return text.len;
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct conf *conf = call->conf;

    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_str text = dj_batch_text(batch, row);
        const size_t start = find_heading(text);

        if (start > 0 && (start < text.len || conf->drop_no_head)) {
            const struct dj_str rest = { text.ptr + start, text.len - start };

            DJ_TRY(dj_batch_set_text(batch, row, rest));
        }
    }
    return DJ_OK;
}

const struct dj_op dj_op_remove_header_mapper = {
    .name = "remove_header_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Remove what stands before the first heading of a LaTeX text",
    .params = params,
    .conf_size = sizeof(struct conf),
    .cost = DJ_COST_LOW,
    .process = process,
};

/*
 * remove_bibliography_mapper: cuts a LaTeX text off at its appendix or bibliography.
 * Data-Juicer's reading is kept: \appendix is also the beginning of a longer command,
 * and the brace of \bibliography{ is closed by any later one, or else it counts for
 * nothing.
 */
#include "dj/op.h"

static const struct dj_str marks[] = {
    { "appendix", 8 },           { "begin{references}", 17 },
    { "begin{REFERENCES}", 17 }, { "begin{thebibliography}", 22 },
    { "bibliography{", 13 },
};

enum { NMARKS = sizeof(marks) / sizeof(marks[0]), WITH_BRACE = NMARKS - 1 };

/*
 * Is there a mark behind the backslash at pos? *closed is false once a brace was
 * found to have none that closes it: then no later one has.
 */
static bool is_mark(struct dj_str text, size_t pos, bool *closed)
{
    const char *at = text.ptr + pos + 1;
    const size_t left = text.len - pos - 1;

    for (size_t i = 0; i < NMARKS; i++) {
        if (left >= marks[i].len && memcmp(at, marks[i].ptr, marks[i].len) == 0) {
            *closed = *closed && (i != WITH_BRACE || memchr(at, '}', left) != NULL);
            return i != WITH_BRACE || *closed;
        }
    }
    return false;
}

static size_t find_mark(struct dj_str text)
{
    bool closed = true;
    size_t pos = 0;

    while (pos < text.len) {
        const char *found = memchr(text.ptr + pos, '\\', text.len - pos);

        if (found == NULL) {
            break;
        }
        pos = (size_t)(found - text.ptr);
        if (pos + 1 < text.len && (found[1] == 'a' || found[1] == 'b') &&
            is_mark(text, pos, &closed)) {
            return pos;
        }
        pos++;
    }
    return text.len;
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    (void)call;
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_str text = dj_batch_text(batch, row);
        const size_t end = find_mark(text);

        if (end < text.len) {
            DJ_TRY(dj_batch_set_text(batch, row, (struct dj_str){ text.ptr, end }));
        }
    }
    return DJ_OK;
}

const struct dj_op dj_op_remove_bibliography_mapper = {
    .name = "remove_bibliography_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Cut a LaTeX text off at its appendix or bibliography",
    .cost = DJ_COST_LOW,
    .process = process,
};

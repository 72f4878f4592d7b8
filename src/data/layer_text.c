/*
 * Texts in layers: the edits that lead from the text that was read to the one there is.
 */
#include "data/batch_private.h"
#include "data/layer_diff.h"
#include "data/layer_private.h"

enum { WHOLE_TEXT = 20 };

/* Writes the number where there is room; returns its end. */
static char *spell(char *out, uint64_t value)
{
    char digits[WHOLE_TEXT];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    memcpy(out, digits + at, sizeof(digits) - at);
    return out + sizeof(digits) - at;
}

/* Most edits put nothing in and there are many of them: one look at the room. */
static enum dj_status put_edit(const struct layer_edit *edit, struct dj_buf *out)
{
    char *p;

    DJ_TRY(dj_buf_reserve(out, 2 * WHOLE_TEXT + 16));
    p = out->ptr + out->len;
    *p++ = '[';
    p = spell(p, edit->keep);
    *p++ = ',';
    *p++ = ' ';
    p = spell(p, edit->cut);
    *p++ = ',';
    *p++ = ' ';
    if (edit->put.len == 0) {
        memcpy(p, "\"\"]", 3);
        out->len = (size_t)(p + 3 - out->ptr);
        return DJ_OK;
    }
    out->len = (size_t)(p - out->ptr);
    DJ_TRY(dj_json_quote(out, edit->put));
    return dj_buf_putc(out, ']');
}

enum dj_status layer_put_number(struct dj_str word, uint64_t number, struct dj_buf *out)
{
    DJ_TRY(dj_buf_append(out, word));
    DJ_TRY(dj_buf_reserve(out, WHOLE_TEXT));
    out->len = (size_t)(spell(out->ptr + out->len, number) - out->ptr);
    return DJ_OK;
}

/* The text that was read; rows of one line share it. */
static enum dj_status find_source(const struct dj_batch *batch, size_t row,
                                  const struct text_slot *slot,
                                  struct layer_source *source)
{
    const char *line = batch->rows[row].line.ptr;

    if (source->line == line && source->begin == slot->begin) {
        return DJ_OK;
    }
    *source = (struct layer_source){ .line = line, .begin = slot->begin };
    return dj_text_read(batch, row, slot, &source->read);
}

/*
 * A row that was made of another often has a piece of its text, behind the piece of the
 * row before it. Only the near is searched, so that the work is in proportion to the
 * text.
 */
static bool find_piece(struct layer_source *source, struct dj_str text, size_t *at)
{
    enum { FAR = 4096 };
    const size_t left = source->read.len - source->from;
    const size_t far = 2 * text.len + FAR;
    const char *begin = source->read.ptr + source->from;
    const char *found = memmem(begin, left < far ? left : far, text.ptr, text.len);

    if (found == NULL || text.len == 0) {
        return false;
    }
    *at = (size_t)(found - source->read.ptr);
    source->from = *at;
    return true;
}

static enum dj_status put_piece(const struct layer_source *source, size_t at, size_t len,
                                struct dj_buf *out)
{
    const size_t rest = source->read.len - at - len;

    DJ_TRY(dj_buf_putc(out, '['));
    if (at > 0) {
        DJ_TRY(put_edit(&(struct layer_edit){ .cut = at }, out));
    }
    if (rest > 0) {
        DJ_TRY(dj_buf_append(out, at > 0 ? DJ_STR(", ") : DJ_STR("")));
        DJ_TRY(put_edit(&(struct layer_edit){ .keep = len, .cut = rest }, out));
    }
    return dj_buf_putc(out, ']');
}

/* The list that leads from the text that was read to the one there is. */
enum dj_status layer_put_text(const struct dj_batch *batch, size_t row,
                              const struct text_slot *slot, struct layer_source *source,
                              bool part, struct dj_buf *out)
{
    struct layer_diff diff;
    struct layer_edit edit;
    size_t at;

    DJ_TRY(find_source(batch, row, slot, source));
    if (part && find_piece(source, slot->text, &at)) {
        return put_piece(source, at, slot->text.len, out);
    }
    layer_diff_init(&diff, source->read, slot->text);
    DJ_TRY(dj_buf_putc(out, '['));
    for (bool first = true; layer_diff_next(&diff, &edit); first = false) {
        if (!first) {
            DJ_TRY(dj_buf_append(out, DJ_STR(", ")));
        }
        DJ_TRY(put_edit(&edit, out));
    }
    return dj_buf_putc(out, ']');
}

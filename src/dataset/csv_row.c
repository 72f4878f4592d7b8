/*
 * Rows and cells. As in pandas a quote opens only at the beginning of a cell, two of them
 * within are one, and what follows the closing one belongs to the cell as it is.
 */
#include "dataset/csv_row.h"

/* A row that is longer is taken for one whose quote is not closed. */
static const size_t longest_row = (size_t)128 << 20;

void dj_csv_row_release(struct dj_csv_row *row)
{
    dj_xfree(row->cells);
    *row = (struct dj_csv_row){ 0 };
}

static void add_cell(struct dj_csv_row *row, const char *begin, const char *end,
                     bool quoted)
{
    if (row->count == row->cap) {
        row->cap = row->cap == 0 ? 16 : 2 * row->cap;
        row->cells = dj_xrealloc(row->cells, dj_size_mul(row->cap, sizeof(*row->cells)));
    }
    row->cells[row->count++] =
        (struct dj_cell){ { begin, (size_t)(end - begin) }, quoted };
}

static bool only_blanks(const char *p, const char *end, char separator)
{
    while (p < end && (*p == ' ' || *p == '\t') && *p != separator) {
        p++;
    }
    return p == end;
}

/* Behind the line break at p, or NULL when it may be longer than what is there. */
static const char *pass_break(const char *p, const char *end, bool last)
{
    if (p == end || *p == '\n') {
        return p == end ? p : p + 1;
    }
    if (p + 1 == end) {
        return last ? end : NULL;
    }
    return p[1] == '\n' ? p + 2 : p + 1;
}

/* Behind the quote that closes the one before p, or NULL. */
static const char *pass_quoted(const char *p, const char *end, bool last)
{
    for (;;) {
        p = memchr(p, '"', (size_t)(end - p));
        if (p == NULL || (p + 1 == end && !last)) {
            return NULL;
        }
        if (p + 1 == end || p[1] != '"') {
            return p + 1;
        }
        p += 2;
    }
}

static const char *pass_plain(const char *p, const char *end, char separator)
{
    while (p < end && *p != separator && *p != '\n' && *p != '\r') {
        p++;
    }
    return p;
}

static bool end_row(struct dj_csv_row *row, struct dj_str bytes, const char *p, bool last)
{
    const char *end = bytes.ptr + bytes.len;
    const char *next = p == end && !last ? NULL : pass_break(p, end, last);

    if (next == NULL) {
        return false;
    }
    row->end = (size_t)(p - bytes.ptr);
    row->next = (size_t)(next - bytes.ptr);
    row->lines = 0;
    for (const char *q = bytes.ptr; (q = memchr(q, '\n', (size_t)(next - q))) != NULL;
         q++) {
        row->lines++;
    }
    row->lines += next > bytes.ptr && next[-1] != '\n';
    return true;
}

static bool first_line(struct dj_csv_row *row, struct dj_str bytes, bool last)
{
    row->unclosed = true;
    return end_row(row, bytes, pass_plain(bytes.ptr, bytes.ptr + bytes.len, '\n'), last);
}

bool dj_csv_row_read(struct dj_csv_row *row, struct dj_str bytes, char separator,
                     bool last)
{
    const char *end = bytes.ptr + bytes.len;
    const char *p = bytes.ptr;

    row->count = 0;
    row->blank = row->unclosed = false;
    for (;;) {
        const char *begin = p;
        bool quoted = false;

        if (p < end && *p == '"') {
            p = pass_quoted(p + 1, end, last);
            if (p == NULL) {
                return (last || bytes.len > longest_row) && first_line(row, bytes, last);
            }
            quoted = true;
        }
        p = pass_plain(p, end, separator);
        if (p == end && !last) {
            return bytes.len > longest_row && first_line(row, bytes, last);
        }
        add_cell(row, begin, p, quoted);
        if (p == end || *p != separator) {
            break;
        }
        p++;
    }
    row->blank =
        row->count == 1 && !row->cells[0].quoted && only_blanks(bytes.ptr, p, separator);
    return end_row(row, bytes, p, last);
}

enum dj_status dj_cell_text(const struct dj_cell *cell, struct dj_buf *scratch,
                            struct dj_str *text)
{
    const char *p = cell->raw.ptr;
    const char *end = p + cell->raw.len;
    bool inside = true;

    *text = cell->raw;
    if (!cell->quoted) {
        return DJ_OK;
    }
    dj_buf_reset(scratch);
    DJ_TRY(dj_buf_reserve(scratch, cell->raw.len));
    for (p++; p < end; p++) {
        if (inside && *p == '"') {
            if (p + 1 == end || p[1] != '"') {
                inside = false;
                continue;
            }
            p++;
        }
        scratch->ptr[scratch->len++] = *p;
    }
    *text = dj_buf_str(scratch);
    return DJ_OK;
}

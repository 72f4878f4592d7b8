/*
 * Going through layers side by side, one source line after the other: what they say
 * about its rows together. The newest line of a row counts, and the newest values.
 */
#include "data/layer_private.h"

/* The end of a list, strings and all it holds skipped, or of what has no list. */
static const char *value_end(const char *p, const char *end)
{
    size_t depth = 0;
    bool quoted = false;

    for (; p < end && (depth > 0 || *p != ','); p++) {
        if (*p == '"') {
            quoted = !quoted;
        } else if (quoted) {
            p += *p == '\\' && p + 1 < end;
        } else if (*p == '[' || *p == '{') {
            depth++;
        } else if (*p == ']' || *p == '}') {
            depth -= depth > 0;
        }
    }
    return p;
}

/* The value of the next live row. */
static enum dj_status take_value(const struct layer_cursor *cursor,
                                 struct layer_column *column, struct dj_str *value,
                                 struct dj_error *err)
{
    const char *p = column->next;
    const char *begin;

    if (column->begun && !layer_take(&p, column->end, DJ_STR(", "))) {
        return layer_fail(cursor, p, err, "the statistic has too few values");
    }
    column->begun = true;
    begin = p;
    p = value_end(p, column->end);
    if (p == begin) {
        return layer_fail(cursor, p, err, "a value is missing");
    }
    *value = (struct dj_str){ begin, (size_t)(p - begin) };
    column->next = p;
    return DJ_OK;
}

void layer_rows_release(struct layer_rows *rows)
{
    dj_xfree(rows->rows);
    dj_xfree(rows->values);
    *rows = (struct layer_rows){ 0 };
}

/* There are so many rows now, of which nothing is known. */
static void begin_rows(struct layer_rows *rows, size_t count)
{
    if (count > rows->cap) {
        rows->cap = 2 * count;
        rows->rows = dj_xrealloc(rows->rows, dj_size_mul(rows->cap, sizeof(*rows->rows)));
        rows->values = dj_xrealloc(
            rows->values,
            dj_size_mul(dj_size_mul(rows->cap, rows->nstats + 1), sizeof(*rows->values)));
    }
    rows->count = count;
    for (size_t i = 0; i < count; i++) {
        rows->rows[i] = (struct layer_row){ .live = true, .last.row = -1 };
    }
    memset(rows->values, 0, count * rows->nstats * sizeof(*rows->values));
}

static enum dj_status fail_gone(const struct layer_cursor *cursor, struct dj_error *err)
{
    return layer_fail(cursor, cursor->line.whole.ptr, err,
                      "row %lld is gone since an earlier layer",
                      (long long)cursor->line.row);
}

/* What a line says about a row that was live before the layer. */
static enum dj_status take_line(struct layer_cursor *cursor, struct layer_rows *rows,
                                struct dj_error *err)
{
    const struct layer_line *line = &cursor->line;
    const int64_t part = line->part < 0 ? 0 : line->part;
    struct layer_row *row;

    if (line->what == LAYER_PARTS) {
        if (rows->count == 1 && !rows->rows[0].live) {
            return fail_gone(cursor, err);
        }
        begin_rows(rows, (size_t)line->parts);
        rows->parts = line->whole;
        return layer_next_line(cursor, err);
    }
    if ((line->part >= 0) != (rows->parts.ptr != NULL) ||
        part >= dj_i64_from_size(rows->count)) {
        return layer_fail(cursor, line->whole.ptr, err, "row %lld has no such part",
                          (long long)line->row);
    }
    row = &rows->rows[part];
    if (!row->live) {
        return fail_gone(cursor, err);
    }
    if (line->what == LAYER_CHANGE) {
        row->sample = line->sample;
        row->edits = line->edits;
    }
    row->live = line->what == LAYER_CHANGE;
    row->last = *line;
    return layer_next_line(cursor, err);
}

/* The values of the rows that are live at the end of the layer. */
static enum dj_status take_values(struct layer_cursor *cursor, struct layer_rows *rows,
                                  struct dj_error *err)
{
    cursor->gone++;
    for (size_t i = 0; i < rows->count; i++) {
        struct dj_str *values = rows->values + i * rows->nstats;

        if (!rows->rows[i].live) {
            continue;
        }
        cursor->gone--;
        for (size_t k = 0; k < cursor->ncolumns; k++) {
            struct layer_column *column = &cursor->columns[k];

            DJ_TRY(take_value(cursor, column, &values[column->place], err));
        }
    }
    return DJ_OK;
}

enum dj_status layer_step(struct layer_cursor *cursors, size_t count, int64_t row,
                          struct layer_rows *rows, struct dj_error *err)
{
    begin_rows(rows, 1);
    rows->parts = (struct dj_str){ NULL, 0 };
    for (size_t i = 0; i < count; i++) {
        while (cursors[i].line.row == row) {
            DJ_TRY(take_line(&cursors[i], rows, err));
        }
        DJ_TRY(take_values(&cursors[i], rows, err));
    }
    return DJ_OK;
}

enum dj_status layer_check_end(const struct layer_cursor *cursor, struct dj_error *err)
{
    if (cursor->line.row != INT64_MAX) {
        return layer_fail(cursor, cursor->line.whole.ptr, err,
                          "row %lld is behind the last row", (long long)cursor->line.row);
    }
    for (size_t i = 0; i < cursor->ncolumns; i++) {
        if (cursor->columns[i].next != cursor->columns[i].end) {
            return layer_fail(cursor, cursor->columns[i].next, err,
                              "the statistic has too many values");
        }
    }
    if (cursor->head.rows - cursor->gone != cursor->head.live) {
        return layer_fail(cursor, NULL, err, "%lld rows are live, not %lld",
                          (long long)(cursor->head.rows - cursor->gone),
                          (long long)cursor->head.live);
    }
    return DJ_OK;
}

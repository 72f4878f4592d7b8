/*
 * One layer for several: of each row the newest line, of each statistic the newest
 * values of the rows that are live at the end. Nothing is looked into, so no source
 * lines are needed.
 */
#include "data/layer_private.h"

/* A statistic of the merged layer. */
struct merged {
    struct dj_str name;
    struct dj_buf values;
};

struct merge {
    struct layer_cursor *cursors;
    size_t count;
    struct merged *columns;
    size_t ncolumns;
    struct layer_rows rows; /* of the source line at hand */
};

/* The place of a statistic, which is new when no earlier layer has it. */
static size_t place_of(struct merge *merge, struct dj_str name)
{
    size_t place = 0;

    while (place < merge->ncolumns && !dj_str_equal(merge->columns[place].name, name)) {
        place++;
    }
    if (place == merge->ncolumns) {
        merge->columns[place].name = name;
        dj_buf_init(&merge->columns[place].values);
        merge->ncolumns++;
    }
    return place;
}

static enum dj_status open_all(struct merge *merge, const struct dj_str *bytes,
                               struct dj_error *err)
{
    size_t columns = 0;

    for (size_t i = 0; i < merge->count; i++) {
        struct layer_cursor *cursor = &merge->cursors[i];

        DJ_TRY(layer_open(cursor, bytes[i], err));
        DJ_TRY(layer_check_order(cursor, i == 0 ? NULL : cursor - 1, err));
        columns += cursor->ncolumns;
    }
    merge->columns = dj_xcalloc(columns + 1, sizeof(*merge->columns));
    for (size_t i = 0; i < merge->count; i++) {
        for (size_t k = 0; k < merge->cursors[i].ncolumns; k++) {
            struct layer_column *column = &merge->cursors[i].columns[k];

            column->place = place_of(merge, column->name);
        }
    }
    merge->rows.nstats = merge->ncolumns;
    return DJ_OK;
}

static void release_all(struct merge *merge)
{
    for (size_t i = 0; i < merge->count; i++) {
        layer_release(&merge->cursors[i]);
    }
    for (size_t i = 0; i < merge->ncolumns; i++) {
        dj_buf_release(&merge->columns[i].values);
    }
    dj_xfree(merge->cursors);
    dj_xfree(merge->columns);
    layer_rows_release(&merge->rows);
}

static enum dj_status put_values(struct merge *merge, const struct dj_str *newest)
{
    for (size_t i = 0; i < merge->ncolumns; i++) {
        struct dj_buf *values = &merge->columns[i].values;

        if (values->len > 0) {
            DJ_TRY(dj_buf_append(values, DJ_STR(", ")));
        }
        DJ_TRY(
            dj_buf_append(values, newest[i].ptr == NULL ? DJ_STR("false") : newest[i]));
    }
    return DJ_OK;
}

/* What is known of the rows of a source line. */
static enum dj_status put_line_rows(struct merge *merge, struct dj_buf *out)
{
    const struct layer_rows *rows = &merge->rows;

    if (rows->parts.ptr != NULL) {
        DJ_TRY(dj_buf_append(out, rows->parts));
    }
    for (size_t i = 0; i < rows->count; i++) {
        const struct layer_row *row = &rows->rows[i];

        if (row->last.row >= 0) {
            DJ_TRY(dj_buf_append(out, row->last.whole));
        }
        if (row->live) {
            DJ_TRY(put_values(merge, rows->values + i * rows->nstats));
        }
    }
    return DJ_OK;
}

/* The first row from this one that a line is about. */
static int64_t next_told(const struct merge *merge)
{
    int64_t row = INT64_MAX;

    for (size_t i = 0; i < merge->count; i++) {
        row = merge->cursors[i].line.row < row ? merge->cursors[i].line.row : row;
    }
    return row;
}

/* Without statistics rows that no line is about need no look (rows may be a lie). */
static int64_t next_row(const struct merge *merge, int64_t row, int64_t rows)
{
    const int64_t told = merge->ncolumns > 0 ? row : next_told(merge);

    return told < rows ? told : rows;
}

static enum dj_status put_rows(struct merge *merge, int64_t rows, struct dj_buf *out,
                               struct dj_error *err)
{
    for (int64_t row = next_row(merge, 0, rows); row < rows;
         row = next_row(merge, row + 1, rows)) {
        enum dj_status status;

        DJ_TRY(layer_step(merge->cursors, merge->count, row, &merge->rows, err));
        status = put_line_rows(merge, out);
        if (status != DJ_OK) {
            return dj_fail(err, status, "out of memory for layers that are merged");
        }
    }
    for (size_t i = 0; i < merge->count; i++) {
        DJ_TRY(layer_check_end(&merge->cursors[i], err));
    }
    return DJ_OK;
}

static enum dj_status put_columns(const struct merge *merge, struct dj_buf *out)
{
    for (size_t i = 0; i < merge->ncolumns; i++) {
        DJ_TRY(layer_put_column(merge->columns[i].name,
                                dj_buf_str(&merge->columns[i].values), out));
    }
    return DJ_OK;
}

static enum dj_status put_traces(const struct merge *merge, struct dj_buf *out)
{
    for (size_t i = 0; i < merge->count; i++) {
        DJ_TRY(dj_buf_append(out, merge->cursors[i].trace));
    }
    return DJ_OK;
}

static enum dj_status merge_all(struct merge *merge, const struct dj_str *bytes,
                                struct dj_buf *out, struct dj_error *err)
{
    struct layer_head head;
    enum dj_status status;

    DJ_TRY(open_all(merge, bytes, err));
    head = merge->cursors[merge->count - 1].head;
    head.op_first = merge->cursors[0].head.op_first;
    status = layer_put_head(&head, out);
    if (status == DJ_OK) {
        DJ_TRY(put_rows(merge, head.rows, out, err));
        status = put_columns(merge, out);
    }
    if (status == DJ_OK) {
        status = put_traces(merge, out);
    }
    return status == DJ_OK
               ? DJ_OK
               : dj_fail(err, status, "out of memory for layers that are merged");
}

enum dj_status dj_layers_merge(const struct dj_str *bytes, size_t count,
                               struct dj_buf *out, struct dj_error *err)
{
    struct merge merge = {
        .cursors = dj_xcalloc(count + 1, sizeof(*merge.cursors)),
        .count = count,
    };
    const size_t before = out->len;
    enum dj_status status;

    if (count == 0) {
        status = dj_fail(err, DJ_DATA, "no layers to merge");
    } else {
        status = merge_all(&merge, bytes, out, err);
    }
    if (status == DJ_OK) {
        layer_seal(out, before);
    } else {
        out->len = before;
    }
    release_all(&merge);
    return status;
}

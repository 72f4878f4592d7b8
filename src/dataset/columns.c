/* Lines into columns, and columns as arrays of Arrow's C data interface. */
#include "dataset/columns_private.h"

#include <stdio.h>

/* A column with texts longer than this on average gets no dictionary. */
enum { LONG_TEXT = 48 };

/* Bytes of a column that get their room at once. */
enum { MUCH = 64 << 10 };

struct dj_columns {
    struct dj_column top; /* a struct */
    struct dj_value value;
    const struct dj_string_ops *strings;
    struct ArrowSchema schema; /* to begin anew */
    int *misfits;
    bool any_misfit, unknown;
    char *first;
    const char **plain;
    size_t *usual; /* bytes of data that each column had in the last batch */
    int64_t rows;
};

enum dj_status dj_columns_new(const struct ArrowSchema *schema,
                              struct dj_columns **columns, struct dj_error *err)
{
    struct dj_columns *made = dj_xmalloc(sizeof(*made));
    const size_t count = dj_size_from_i64(schema->n_children);

    dj_schema_copy(schema, &made->schema);
    made->strings = dj_string_ops_best();
    made->misfits = dj_xcalloc(count, sizeof(*made->misfits));
    made->plain = dj_xcalloc(count, sizeof(*made->plain));
    made->usual = dj_xcalloc(count, sizeof(*made->usual));
    dj_buf_init(&made->value.scratch);
    if (dj_column_init(&made->top, &made->schema, NULL, err) != DJ_OK) {
        dj_columns_free(made);
        return err->status;
    }
    *columns = made;
    return DJ_OK;
}

void dj_columns_free(struct dj_columns *columns)
{
    if (columns == NULL) {
        return;
    }
    dj_column_release(&columns->top);
    dj_schema_release(&columns->schema);
    dj_buf_release(&columns->value.scratch);
    dj_xfree(columns->misfits);
    dj_xfree(columns->first);
    dj_xfree(columns->plain);
    dj_xfree(columns->usual);
    dj_xfree(columns);
}

/* --- a line ------------------------------------------------------------------------- */

static void note_misfit(struct dj_columns *columns, const struct dj_column *column,
                        const char *p)
{
    const struct dj_value *value = &columns->value;
    const size_t left = (size_t)(value->scan.end - p);

    columns->any_misfit = true;
    columns->misfits[column - columns->top.children] |=
        value->result == DJ_VALUE_NULL ? DJ_MISFIT_NULL : DJ_MISFIT_TYPE;
    if (columns->first == NULL) {
        const struct ArrowSchema *field =
            columns->schema.children[column - columns->top.children];

        columns->first = dj_xprintf(
            "field %s, of Arrow type \"%s\": %s%.*s", column->name, field->format,
            value->result == DJ_VALUE_NULL ? "a value is missing in " : "does not fit: ",
            (int)(left < 60 ? left : 60), p);
    }
}

static enum dj_status line_fault(const struct dj_columns *columns, struct dj_error *err)
{
    char reason[128];

    switch (columns->value.result) {
    case DJ_VALUE_LARGE:
        return dj_fail(err, DJ_UNSUPPORTED,
                       "a column of the export would have more than 2 GiB of text in one "
                       "row group; choose a smaller partition.max_size_mb");
    case DJ_VALUE_NOMEM:
        return dj_fail(err, DJ_NOMEM, "out of memory for the columns of the export");
    default:
        dj_scan_reason(&columns->value.scan, reason, sizeof(reason));
        return dj_fail(err, DJ_DATA, "a line is no JSON object: %s", reason);
    }
}

/* The value at p of a column, or past one that does not fit. */
static const char *put_field(struct dj_columns *columns, struct dj_column *column,
                             const char *p)
{
    struct dj_value *value = &columns->value;
    const char *end = NULL;

    if (column != NULL &&
        (columns->misfits[column - columns->top.children] & DJ_MISFIT_TYPE) == 0) {
        end = dj_column_put(value, column, p);
        if (end == NULL && value->result != DJ_VALUE_MISFIT &&
            value->result != DJ_VALUE_NULL) {
            return NULL;
        }
        if (end == NULL) {
            note_misfit(columns, column, p);
        }
    }
    if (end == NULL) {
        end = dj_scan_value(&value->scan, p);
        value->result = DJ_VALUE_SYNTAX;
    }
    return end;
}

static bool put_missing(struct dj_columns *columns, int64_t stamp)
{
    struct dj_value *value = &columns->value;

    for (size_t i = 0; i < columns->top.nchildren; i++) {
        struct dj_column *child = &columns->top.children[i];

        if (child->stamp != stamp && (columns->misfits[i] & DJ_MISFIT_TYPE) == 0 &&
            !dj_column_put_null(value, child, false)) {
            if (value->result != DJ_VALUE_NULL) {
                return false;
            }
            note_misfit(columns, child, value->scan.begin);
        }
    }
    return true;
}

enum dj_status dj_columns_add(struct dj_columns *columns, struct dj_str line,
                              struct dj_error *err)
{
    struct dj_value *value = &columns->value;
    const int64_t stamp = ++value->stamp;
    struct dj_member member;
    enum dj_scan_step step;
    bool first = true;
    const char *p;

    dj_scan_init(&value->scan, line, columns->strings);
    value->result = DJ_VALUE_SYNTAX;
    p = dj_scan_blanks(&value->scan, line.ptr);
    if (dj_value_peek(value, p) != '{') {
        (void)dj_scan_fail(&value->scan, p, "no object");
        return line_fault(columns, err);
    }
    for (p++;; first = false) {
        struct dj_column *column;

        step = dj_scan_next(&value->scan, &p, first, &member);
        if (step != DJ_SCAN_MEMBER) {
            break;
        }
        column = dj_column_find(value, &columns->top, &member);
        columns->unknown = columns->unknown || column == NULL;
        if (column != NULL && column->stamp == stamp) {
            column = NULL; /* the reader of samples refuses such a line */
        } else if (column != NULL) {
            column->stamp = stamp;
        }
        p = put_field(columns, column, p);
        if (p == NULL) {
            return line_fault(columns, err);
        }
    }
    if (step == DJ_SCAN_FAULT || !put_missing(columns, stamp)) {
        return line_fault(columns, err);
    }
    columns->top.length++;
    columns->rows++;
    return DJ_OK;
}

/* --- what is known ------------------------------------------------------------------ */

struct dj_misfits dj_columns_misfits(const struct dj_columns *columns)
{
    return (struct dj_misfits){
        .count = columns->top.nchildren,
        .column = columns->misfits,
        .unknown = columns->unknown,
        .first = columns->first,
    };
}

int64_t dj_columns_rows(const struct dj_columns *columns)
{
    return columns->rows;
}

size_t dj_columns_plain(struct dj_columns *columns, const char *const **names)
{
    size_t count = 0;

    for (size_t i = 0; i < columns->top.nchildren; i++) {
        const struct dj_column *column = &columns->top.children[i];
        const bool text = column->kind == DJ_COLUMN_STRING ||
                          column->kind == DJ_COLUMN_JSON ||
                          column->kind == DJ_COLUMN_BINARY;

        if (text && (int64_t)(column->data.len / LONG_TEXT) > column->length) {
            columns->plain[count++] = columns->schema.children[i]->name;
        }
    }
    *names = columns->plain;
    return count;
}

/* --- arrays ------------------------------------------------------------------------- */

/* What an array owns. */
struct owned {
    struct dj_buf bufs[3];
    const void *buffers[3];
};

static void release(struct ArrowArray *array)
{
    struct owned *owned = array->private_data;

    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i]->release != NULL) {
            array->children[i]->release(array->children[i]);
        }
        dj_xfree(array->children[i]);
    }
    dj_xfree(array->children);
    if (array->dictionary != NULL) {
        if (array->dictionary->release != NULL) {
            array->dictionary->release(array->dictionary);
        }
        dj_xfree(array->dictionary);
    }
    for (size_t i = 0; i < 3; i++) {
        dj_buf_release(&owned->bufs[i]);
    }
    dj_xfree(owned);
    array->release = NULL;
}

static int64_t buffer_count(const struct dj_column *column)
{
    switch (column->kind) {
    case DJ_COLUMN_NULL:
        return 0;
    case DJ_COLUMN_STRUCT:
    case DJ_COLUMN_FIXED_LIST:
        return 1;
    case DJ_COLUMN_STRING:
    case DJ_COLUMN_JSON:
    case DJ_COLUMN_BINARY:
        return 3;
    default:
        return 2;
    }
}

/* A buffer of the column becomes the array's. */
static void give(struct owned *owned, size_t place, struct dj_buf *buf)
{
    owned->bufs[place] = *buf;
    owned->buffers[place] = buf->ptr;
    dj_buf_init(buf);
}

static void take(struct dj_column *column, struct ArrowArray *array)
{
    struct owned *owned = dj_xmalloc(sizeof(*owned));
    const bool dictionary = column->kind == DJ_COLUMN_DICTIONARY;
    const size_t nchildren = dictionary ? 0 : column->nchildren;

    *array = (struct ArrowArray){
        .length = column->length,
        .null_count = column->kind == DJ_COLUMN_NULL ? column->length : column->nulls,
        .n_buffers = buffer_count(column),
        .buffers = owned->buffers,
        .n_children = (int64_t)nchildren,
        .children =
            nchildren == 0 ? NULL : dj_xcalloc(nchildren, sizeof(struct ArrowArray *)),
        .release = release,
        .private_data = owned,
    };
    give(owned, 0, &column->valid);
    if (column->offsets.len > 0) {
        give(owned, 1, &column->offsets);
        give(owned, 2, &column->data);
    } else {
        give(owned, 1, &column->data);
    }
    for (size_t i = 0; i < nchildren; i++) {
        array->children[i] = dj_xmalloc(sizeof(struct ArrowArray));
        take(&column->children[i], array->children[i]);
    }
    if (dictionary) {
        array->dictionary = dj_xmalloc(sizeof(struct ArrowArray));
        take(&column->children[0], array->dictionary);
    }
}

/* A dictionary whose only use is a place without a value has one too. */
static bool fill_dictionaries(struct dj_value *value, struct dj_column *column)
{
    bool good = true;

    for (size_t i = 0; i < column->nchildren && good; i++) {
        good = fill_dictionaries(value, &column->children[i]);
    }
    if (good && column->kind == DJ_COLUMN_DICTIONARY && column->length > column->nulls &&
        column->children[0].length == 0) {
        good = dj_column_put_null(value, &column->children[0], true);
    }
    return good;
}

enum dj_status dj_columns_drop(struct dj_columns *columns)
{
    struct dj_error err;

    dj_column_release(&columns->top);
    columns->rows = 0;
    return dj_column_init(&columns->top, &columns->schema, NULL, &err);
}

/* A batch is about as large as the one before: growing to that again would copy it. */
static enum dj_status make_room(struct dj_columns *columns)
{
    for (size_t i = 0; i < columns->top.nchildren; i++) {
        if (columns->usual[i] >= MUCH) {
            DJ_TRY(dj_buf_reserve(&columns->top.children[i].data,
                                  columns->usual[i] + columns->usual[i] / 4));
        }
    }
    return DJ_OK;
}

enum dj_status dj_columns_take(struct dj_columns *columns, struct ArrowArray *batch)
{
    if (!fill_dictionaries(&columns->value, &columns->top)) {
        return DJ_NOMEM;
    }
    for (size_t i = 0; i < columns->top.nchildren; i++) {
        columns->usual[i] = columns->top.children[i].data.len;
    }
    take(&columns->top, batch);
    DJ_TRY(dj_columns_drop(columns));
    return make_room(columns);
}

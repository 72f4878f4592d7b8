/* From the format of an Arrow schema to the column that is built by it. */
#include "dataset/columns_private.h"

#include <stdlib.h>

static const int64_t unit_parts[] = { 1, 1000, 1000000, 1000000000 };

/* "s", "m", "u", "n": parts of a second. */
static bool read_unit(struct dj_column *column, char letter)
{
    static const char letters[] = "smun";
    const char *at = letter == '\0' ? NULL : strchr(letters, letter);

    if (at == NULL) {
        return false;
    }
    column->unit = unit_parts[at - letters];
    column->digits = 3 * (int)(at - letters);
    return true;
}

static bool read_whole(struct dj_column *column, char letter)
{
    static const char letters[] = "cCsSiIlL";
    const char *at = letter == '\0' ? NULL : strchr(letters, letter);

    if (at == NULL) {
        return false;
    }
    column->kind = DJ_COLUMN_INT;
    column->width = (size_t)1 << (at - letters) / 2;
    column->is_signed = (at - letters) % 2 == 0;
    return true;
}

static bool read_temporal(struct dj_column *column, const char *format)
{
    switch (format[1]) {
    case 'd':
        column->kind = DJ_COLUMN_DATE;
        column->width = format[2] == 'D' ? 4 : 8;
        column->unit = format[2] == 'D' ? 1 : 86400000;
        return format[2] == 'D' || format[2] == 'm';
    case 't':
        column->kind = DJ_COLUMN_TIME;
        column->width = format[2] == 's' || format[2] == 'm' ? 4 : 8;
        return read_unit(column, format[2]);
    case 's':
        column->kind = DJ_COLUMN_TIMESTAMP;
        column->width = 8;
        column->zoned =
            read_unit(column, format[2]) && format[3] == ':' && format[4] != '\0';
        return column->unit != 0 && format[3] == ':';
    case 'D':
        column->kind = DJ_COLUMN_INT;
        column->width = 8;
        column->is_signed = true;
        return read_unit(column, format[2]);
    default:
        return false; /* intervals, which no file format has */
    }
}

static bool read_nested(struct dj_column *column, const char *format)
{
    char *end;

    switch (format[1]) {
    case 'l':
    case 'L':
        column->kind = DJ_COLUMN_LIST;
        column->large = format[1] == 'L';
        return column->nchildren == 1;
    case 'w':
        column->kind = DJ_COLUMN_FIXED_LIST;
        column->list_size = format[2] == ':' ? strtoll(format + 3, &end, 10) : -1;
        return column->list_size >= 0 && column->nchildren == 1;
    case 's':
        column->kind = DJ_COLUMN_STRUCT;
        return true;
    case 'm':
        column->kind = DJ_COLUMN_MAP;
        return column->nchildren == 1 && column->children[0].kind == DJ_COLUMN_STRUCT &&
               column->children[0].nchildren == 2;
    default:
        return false;
    }
}

/* "d:PRECISION,SCALE" and, unless it is 128, ",BITS". */
static bool read_decimal(struct dj_column *column, const char *format)
{
    char *end;
    long bits = 128;

    if (format[1] != ':') {
        return false;
    }
    column->kind = DJ_COLUMN_DECIMAL;
    column->precision = (int)strtol(format + 2, &end, 10);
    if (*end != ',') {
        return false;
    }
    column->scale = (int)strtol(end + 1, &end, 10);
    if (*end == ',') {
        bits = strtol(end + 1, &end, 10);
    }
    column->width = (size_t)bits / 8;
    return *end == '\0' && column->precision > 0 && column->precision <= 76 &&
           column->scale >= -76 && column->scale <= 76 &&
           (bits == 32 || bits == 64 || bits == 128 || bits == 256);
}

static bool read_format(struct dj_column *column, const struct ArrowSchema *schema)
{
    const char *format = schema->format;

    switch (format[0]) {
    case 'n':
        column->kind = DJ_COLUMN_NULL;
        return true;
    case 'b':
        column->kind = DJ_COLUMN_BOOL;
        return true;
    case 'e':
    case 'f':
    case 'g':
        column->kind = DJ_COLUMN_FLOAT;
        column->width = (size_t)2 << (format[0] - 'e');
        return true;
    case 'z':
    case 'Z':
        column->kind = DJ_COLUMN_BINARY;
        column->large = format[0] == 'Z';
        return true;
    case 'u':
    case 'U':
        column->kind = dj_schema_is_json(schema) ? DJ_COLUMN_JSON : DJ_COLUMN_STRING;
        column->large = format[0] == 'U';
        return true;
    case 'w':
        column->kind = DJ_COLUMN_FIXED;
        column->width = format[1] == ':' ? (size_t)strtoul(format + 2, NULL, 10) : 0;
        return format[1] == ':';
    case 'd':
        return read_decimal(column, format);
    case 't':
        return read_temporal(column, format);
    case '+':
        return read_nested(column, format);
    default:
        return read_whole(column, format[0]);
    }
}

static enum dj_status begin_offsets(struct dj_column *column)
{
    static const char zero[8] = { 0 };

    switch (column->kind) {
    case DJ_COLUMN_BINARY:
    case DJ_COLUMN_STRING:
    case DJ_COLUMN_JSON:
    case DJ_COLUMN_LIST:
    case DJ_COLUMN_MAP:
        return dj_buf_append(&column->offsets,
                             (struct dj_str){ zero, column->large ? 8 : 4 });
    default:
        return DJ_OK;
    }
}

/* The fields below, or the values of a dictionary. */
static enum dj_status init_children(struct dj_column *column,
                                    const struct ArrowSchema *schema, const char *top,
                                    struct dj_error *err)
{
    const bool dictionary = schema->dictionary != NULL;
    const size_t count = dictionary ? 1 : dj_size_from_i64(schema->n_children);

    column->children = dj_xcalloc(count, sizeof(*column->children));
    for (size_t i = 0; i < count; i++) {
        const struct ArrowSchema *child =
            dictionary ? schema->dictionary : schema->children[i];

        column->nchildren++;
        DJ_TRY(dj_column_init(&column->children[i], child,
                              top == NULL ? child->name : top, err));
    }
    return DJ_OK;
}

enum dj_status dj_column_init(struct dj_column *column, const struct ArrowSchema *schema,
                              const char *top, struct dj_error *err)
{
    const bool dictionary = schema->dictionary != NULL;

    *column = (struct dj_column){
        .name = dj_xstrdup(schema->name == NULL ? "" : schema->name),
        .nullable = (schema->flags & ARROW_FLAG_NULLABLE) != 0,
    };
    column->name_len = strlen(column->name);
    dj_buf_init(&column->valid);
    dj_buf_init(&column->data);
    dj_buf_init(&column->offsets);
    dj_buf_init(&column->terms.texts);
    DJ_TRY(init_children(column, schema, top, err));
    if (!read_format(column, schema) || (dictionary && column->kind != DJ_COLUMN_INT)) {
        return dj_fail(err, DJ_UNSUPPORTED,
                       "column %s: its Arrow type \"%s\" cannot be written",
                       top == NULL ? column->name : top, schema->format);
    }
    if (dictionary) {
        column->kind = DJ_COLUMN_DICTIONARY;
    }
    if (begin_offsets(column) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for the columns of the export");
    }
    return DJ_OK;
}

void dj_column_release(struct dj_column *column)
{
    for (size_t i = 0; i < column->nchildren; i++) {
        dj_column_release(&column->children[i]);
    }
    dj_xfree(column->children);
    dj_xfree(column->name);
    dj_buf_release(&column->valid);
    dj_buf_release(&column->data);
    dj_buf_release(&column->offsets);
    dj_buf_release(&column->terms.texts);
    dj_xfree(column->terms.items);
    dj_xfree(column->terms.slots);
}

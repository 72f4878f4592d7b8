/* Rows of Arrow arrays as JSON lines: what each type is, and what contains what. */
#include "dataset/arrow_json.h"

#include "dj/columns.h"
#include "dj/json.h"

#include <stdlib.h>

static const char *name_of(const struct ArrowSchema *schema)
{
    return schema->name == NULL ? "" : schema->name;
}

/* --- what is understood ---------------------------------------------------------------
 */

static bool is_known(const char *format)
{
    static const char *const known[] = { "n",   "b",   "c",   "C",   "s",   "S",   "i",
                                         "I",   "l",   "L",   "e",   "f",   "g",   "z",
                                         "Z",   "u",   "U",   "vz",  "vu",  "tdD", "tdm",
                                         "tts", "ttm", "ttu", "ttn", "tDs", "tDm", "tDu",
                                         "tDn", "+l",  "+L",  "+vl", "+vL", "+s",  "+m" };
    static const char *const begun[] = {
        "d:", "w:", "tss:", "tsm:", "tsu:", "tsn:", "+w:"
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(format, known[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof(begun) / sizeof(begun[0]); i++) {
        if (strncmp(format, begun[i], strlen(begun[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* A type that has no JSON form, in a column or below it. */
static const char *unknown_in(const struct ArrowSchema *schema)
{
    const char *unknown = is_known(schema->format) ? NULL : schema->format;

    for (int64_t i = 0; unknown == NULL && i < schema->n_children; i++) {
        unknown = unknown_in(schema->children[i]);
    }
    if (unknown == NULL && schema->dictionary != NULL) {
        unknown = unknown_in(schema->dictionary);
    }
    return unknown;
}

enum dj_status dj_arrow_check(const struct ArrowSchema *schema, struct dj_error *err)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        const char *unknown = unknown_in(schema->children[i]);

        if (unknown != NULL) {
            return dj_fail(err, DJ_UNSUPPORTED,
                           "column \"%s\" has values of the Arrow type \"%s\", which has "
                           "no JSON form: leave the column out or convert it",
                           name_of(schema->children[i]), unknown);
        }
    }
    return DJ_OK;
}

/* --- values ------------------------------------------------------------------------- */

static bool is_null(const struct ArrowSchema *schema, const struct ArrowArray *array,
                    int64_t at)
{
    const unsigned char *bits;

    if (schema->format[0] == 'n' && schema->format[1] == '\0') {
        return true;
    }
    bits = array->null_count == 0 || array->n_buffers == 0 ? NULL : array->buffers[0];
    return bits != NULL && (bits[at / 8] >> at % 8 & 1) == 0;
}

static int32_t get_i32(const void *buffer, int64_t at)
{
    return ((const int32_t *)buffer)[at];
}

static int64_t get_i64(const void *buffer, int64_t at)
{
    return ((const int64_t *)buffer)[at];
}

/* A whole number of a format of one letter. */
static int64_t get_whole(char format, const void *buffer, int64_t at)
{
    switch (format) {
    case 'c':
        return ((const int8_t *)buffer)[at];
    case 'C':
        return ((const uint8_t *)buffer)[at];
    case 's':
        return ((const int16_t *)buffer)[at];
    case 'S':
        return ((const uint16_t *)buffer)[at];
    case 'i':
        return get_i32(buffer, at);
    case 'I':
        return ((const uint32_t *)buffer)[at];
    default:
        return get_i64(buffer, at);
    }
}

/* Bytes of a string or binary value; its format without dictionary. */
static struct dj_str get_bytes(const char *format, const struct ArrowArray *array,
                               int64_t at)
{
    const void *offsets = array->buffers[1];
    const char *data = array->n_buffers > 2 ? array->buffers[2] : NULL;

    if (format[0] == 'v') { /* 16 bytes: a length, and what there is room for or where */
        const int32_t *view = (const int32_t *)offsets + 4 * at;
        const size_t len = (size_t)view[0];
        const char *far = len <= 12 ? NULL : array->buffers[2 + view[2]];

        return (struct dj_str){ far == NULL ? (const char *)(view + 1) : far + view[3],
                                len };
    }
    if (format[0] == 'w') {
        const size_t width = strtoul(format + 2, NULL, 10);

        return (struct dj_str){ (const char *)offsets + width * (size_t)at, width };
    }
    if (format[0] == 'U' || format[0] == 'Z') {
        const int64_t begin = get_i64(offsets, at);

        return (struct dj_str){ data + begin,
                                (size_t)(get_i64(offsets, at + 1) - begin) };
    }
    return (struct dj_str){ data + get_i32(offsets, at),
                            (size_t)(get_i32(offsets, at + 1) - get_i32(offsets, at)) };
}

/* The text of a value that has none of its own type (dj_schema_mark_json). */
static enum dj_status put_json(struct dj_buf *out, struct dj_str text)
{
    const size_t before = out->len;

    DJ_TRY(dj_buf_append(out, text));
    for (char *p = out->ptr + before; p < out->ptr + out->len; p++) {
        *p = *p == '\n' || *p == '\r' ? ' ' : *p; /* blanks between tokens */
    }
    return DJ_OK;
}

static enum dj_status put_decimal(struct dj_buf *out, const char *format,
                                  const struct ArrowArray *array, int64_t at)
{
    char *rest;
    int width = 16;
    int scale;

    (void)strtol(format + 2, &rest, 10);
    scale = *rest == ',' ? (int)strtol(rest + 1, &rest, 10) : 0;
    width = *rest == ',' ? (int)strtol(rest + 1, NULL, 10) / 8 : width;
    return dj_arrow_put_decimal(out, (const char *)array->buffers[1] + width * at, width,
                                scale);
}

static int digits_of(char unit)
{
    return unit == 's' ? 0 : unit == 'm' ? 3 : unit == 'u' ? 6 : 9;
}

/* Formats that begin with t. */
static enum dj_status put_temporal(struct dj_buf *out, const char *format,
                                   const struct ArrowArray *array, int64_t at)
{
    const void *values = array->buffers[1];

    switch (format[1]) {
    case 'd':
        return format[2] == 'D' ? dj_arrow_put_date(out, get_i32(values, at))
                                : dj_arrow_put_date_ms(out, get_i64(values, at));
    case 't':
        return dj_arrow_put_time(out,
                                 format[2] == 's' || format[2] == 'm'
                                     ? get_i32(values, at)
                                     : get_i64(values, at),
                                 digits_of(format[2]));
    case 's':
        return dj_arrow_put_timestamp(out, get_i64(values, at), digits_of(format[2]),
                                      format[4] != '\0');
    default:
        return dj_arrow_put_int(out, get_i64(values, at));
    }
}

static enum dj_status put_value(struct dj_buf *out, const struct ArrowSchema *schema,
                                const struct ArrowArray *array, int64_t row);

/* Values begin .. end of a list's only child. */
static enum dj_status put_list(struct dj_buf *out, const struct ArrowSchema *schema,
                               const struct ArrowArray *array, int64_t begin, int64_t end)
{
    DJ_TRY(dj_buf_putc(out, '['));
    for (int64_t i = begin; i < end; i++) {
        if (i > begin) {
            DJ_TRY(dj_buf_append(out, DJ_STR(", ")));
        }
        DJ_TRY(put_value(out, schema->children[0], array->children[0], i));
    }
    return dj_buf_putc(out, ']');
}

/* Pairs begin .. end of a map, whose child is a struct of key and value. */
static enum dj_status put_map(struct dj_buf *out, const struct ArrowSchema *schema,
                              const struct ArrowArray *array, int64_t begin, int64_t end)
{
    const struct ArrowSchema *pair = schema->children[0];
    const struct ArrowArray *pairs = array->children[0];

    DJ_TRY(dj_buf_putc(out, '['));
    for (int64_t i = begin; i < end; i++) {
        DJ_TRY(dj_buf_append(out, i > begin ? DJ_STR(", [") : DJ_STR("[")));
        DJ_TRY(put_value(out, pair->children[0], pairs->children[0], i + pairs->offset));
        DJ_TRY(dj_buf_append(out, DJ_STR(", ")));
        DJ_TRY(put_value(out, pair->children[1], pairs->children[1], i + pairs->offset));
        DJ_TRY(dj_buf_putc(out, ']'));
    }
    return dj_buf_putc(out, ']');
}

static enum dj_status put_struct(struct dj_buf *out, const struct ArrowSchema *schema,
                                 const struct ArrowArray *array, int64_t at)
{
    DJ_TRY(dj_buf_putc(out, '{'));
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (i > 0) {
            DJ_TRY(dj_buf_append(out, DJ_STR(", ")));
        }
        DJ_TRY(dj_json_quote(out, dj_str_from(name_of(schema->children[i]))));
        DJ_TRY(dj_buf_append(out, DJ_STR(": ")));
        DJ_TRY(put_value(out, schema->children[i], array->children[i], at));
    }
    return dj_buf_putc(out, '}');
}

/* Formats that begin with +. */
static enum dj_status put_nested(struct dj_buf *out, const struct ArrowSchema *schema,
                                 const struct ArrowArray *array, int64_t at)
{
    const char *format = schema->format;
    const void *first = array->n_buffers > 1 ? array->buffers[1] : NULL;
    const void *sizes = array->n_buffers > 2 ? array->buffers[2] : NULL;
    int64_t width;

    switch (format[1]) {
    case 's':
        return put_struct(out, schema, array, at);
    case 'm':
        return put_map(out, schema, array, get_i32(first, at), get_i32(first, at + 1));
    case 'l':
        return put_list(out, schema, array, get_i32(first, at), get_i32(first, at + 1));
    case 'L':
        return put_list(out, schema, array, get_i64(first, at), get_i64(first, at + 1));
    case 'w':
        width = strtol(format + 3, NULL, 10);
        return put_list(out, schema, array, width * at, width * (at + 1));
    default: /* lists as views: where they begin, and how many they are */
        if (format[2] == 'l') {
            return put_list(out, schema, array, get_i32(first, at),
                            (int64_t)get_i32(first, at) + get_i32(sizes, at));
        }
        return put_list(out, schema, array, get_i64(first, at),
                        get_i64(first, at) + get_i64(sizes, at));
    }
}

/* Value row of an array, not counting its offset. */
static enum dj_status put_value(struct dj_buf *out, const struct ArrowSchema *schema,
                                const struct ArrowArray *array, int64_t row)
{
    const int64_t at = row + array->offset;
    const char *format = schema->format;

    if (is_null(schema, array, at)) {
        return dj_buf_append(out, DJ_STR("null"));
    }
    if (schema->dictionary != NULL) {
        return put_value(out, schema->dictionary, array->dictionary,
                         get_whole(format[0], array->buffers[1], at));
    }
    switch (format[0]) {
    case 'u':
    case 'U':
        return dj_schema_is_json(schema)
                   ? put_json(out, get_bytes(format, array, at))
                   : dj_json_quote(out, get_bytes(format, array, at));
    case 'v':
        return format[1] == 'u' ? dj_json_quote(out, get_bytes(format, array, at))
                                : dj_arrow_put_base64(out, get_bytes(format, array, at));
    case 'z':
    case 'Z':
    case 'w':
        return dj_arrow_put_base64(out, get_bytes(format, array, at));
    case 'b':
        return dj_buf_append(
            out, (((const unsigned char *)array->buffers[1])[at / 8] >> at % 8 & 1) != 0
                     ? DJ_STR("true")
                     : DJ_STR("false"));
    case 'e':
    case 'f':
    case 'g': {
        const int width = format[0] == 'e' ? 2 : format[0] == 'f' ? 4 : 8;

        return dj_arrow_put_float(out, (const char *)array->buffers[1] + width * at,
                                  width);
    }
    case 'd':
        return put_decimal(out, format, array, at);
    case 't':
        return put_temporal(out, format, array, at);
    case '+':
        return put_nested(out, schema, array, at);
    case 'L':
        return dj_arrow_put_uint(out, (uint64_t)get_i64(array->buffers[1], at));
    default:
        return dj_arrow_put_int(out, get_whole(format[0], array->buffers[1], at));
    }
}

enum dj_status dj_arrow_to_json(const struct ArrowSchema *schema,
                                const struct ArrowArray *batch, int64_t row,
                                struct dj_buf *out)
{
    DJ_TRY(put_struct(out, schema, batch, row + batch->offset));
    return dj_buf_putc(out, '\n');
}

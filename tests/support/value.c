/* A small recursive JSON reader. */
#include "support/value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dj/text.h"

enum { DEPTH_MAX = 200 };

struct reader {
    const char *at;
    const char *end;
    struct dj_arena *arena;
    int depth;
};

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) != NULL &&
           *reader->at != '\0') {
        reader->at++;
    }
}

static bool take(struct reader *reader, char expected)
{
    skip_blanks(reader);
    if (reader->at == reader->end || *reader->at != expected) {
        return false;
    }
    reader->at++;
    return true;
}

static bool take_word(struct reader *reader, const char *word)
{
    const size_t len = strlen(word);

    if ((size_t)(reader->end - reader->at) < len || memcmp(reader->at, word, len) != 0) {
        return false;
    }
    reader->at += len;
    return true;
}

static bool take_hex(struct reader *reader, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit;

        if (reader->at == reader->end) {
            return false;
        }
        digit = strchr(digits, *reader->at | 0x20);
        if (*reader->at == '\0' || digit == NULL) {
            return false;
        }
        *unit = *unit << 4 | (uint32_t)(digit - digits);
        reader->at++;
    }
    return true;
}

/* Behind a backslash. */
static bool take_escape(struct reader *reader, char **out)
{
    static const char letters[] = "nrtbf\"\\/";
    static const char values[] = "\n\r\t\b\f\"\\/";
    const char *letter;
    uint32_t c;
    uint32_t low;

    if (reader->at == reader->end || *reader->at == '\0') {
        return false;
    }
    if (*reader->at != 'u') {
        letter = strchr(letters, *reader->at++);
        if (letter == NULL) {
            return false;
        }
        *(*out)++ = values[letter - letters];
        return true;
    }
    reader->at++;
    if (!take_hex(reader, &c)) {
        return false;
    }
    if (c >= 0xd800 && c < 0xdc00) {
        if (!take_word(reader, "\\u") || !take_hex(reader, &low)) {
            return false;
        }
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    *out += dj_utf8_put(*out, c);
    return true;
}

static bool read_string(struct reader *reader, struct dj_str *string)
{
    const char *end;
    char *start;
    char *out;

    if (!take(reader, '"')) {
        return false;
    }
    end = reader->at;
    while (end < reader->end && *end != '"') {
        end += *end == '\\' ? 2 : 1;
    }
    end = end < reader->end ? end : reader->end;
    start = dj_arena_alloc(reader->arena, (size_t)(end - reader->at));
    out = start;
    if (start == NULL) {
        return false;
    }
    while (reader->at < reader->end && *reader->at != '"') {
        if (*reader->at == '\\') {
            reader->at++;
            if (!take_escape(reader, &out)) {
                return false;
            }
        } else {
            *out++ = *reader->at++;
        }
    }
    *string = (struct dj_str){ start, (size_t)(out - start) };
    (void)dj_arena_resize_last(reader->arena, start, string->len);
    return take(reader, '"');
}

static bool read_number(struct reader *reader, struct dj_value *value)
{
    char text[64];
    size_t len = 0;
    char *end;

    while (reader->at < reader->end && len < sizeof(text) - 1 && *reader->at != '\0' &&
           strchr("+-.0123456789eEaNInfity", *reader->at) != NULL) {
        text[len++] = *reader->at++;
    }
    text[len] = '\0';
    value->number = strtod(text, &end);
    value->kind = DJ_VALUE_FLOAT;
    if (len > 0 && strpbrk(text, ".eEIN") == NULL) {
        errno = 0;
        value->integer = strtoll(text, NULL, 10);
        value->kind = errno == 0 ? DJ_VALUE_INT : DJ_VALUE_FLOAT;
    }
    return len > 0 && *end == '\0';
}

static bool read_value(struct reader *reader, struct dj_value *value);

/* One more entry; the arrays are grown by copying, for documents are small. */
static bool add_item(struct reader *reader, struct dj_value *value, bool keyed)
{
    if ((value->count & (value->count + 1)) == 0) {
        const size_t room = 2 * (value->count + 1);
        struct dj_value *items = dj_arena_alloc(reader->arena, room * sizeof(*items));
        struct dj_str *keys = dj_arena_alloc(reader->arena, room * sizeof(*keys));

        if (items == NULL || keys == NULL) {
            return false;
        }
        if (value->count > 0) {
            memcpy(items, value->items, value->count * sizeof(*items));
            memcpy(keys, value->keys, value->count * sizeof(*keys));
        }
        value->items = items;
        value->keys = keys;
    }
    value->keys[value->count] = (struct dj_str){ 0 };
    if (keyed &&
        (!read_string(reader, &value->keys[value->count]) || !take(reader, ':'))) {
        return false;
    }
    return read_value(reader, &value->items[value->count++]);
}

static bool read_container(struct reader *reader, struct dj_value *value, char close)
{
    const bool keyed = close == '}';

    value->kind = keyed ? DJ_VALUE_OBJECT : DJ_VALUE_ARRAY;
    reader->at++;
    if (take(reader, close)) {
        return true;
    }
    do {
        skip_blanks(reader);
        if (!add_item(reader, value, keyed)) {
            return false;
        }
    } while (take(reader, ','));
    return take(reader, close);
}

static bool read_any(struct reader *reader, struct dj_value *value)
{
    switch (*reader->at) {
    case '{':
        return read_container(reader, value, '}');
    case '[':
        return read_container(reader, value, ']');
    case '"':
        value->kind = DJ_VALUE_STRING;
        return read_string(reader, &value->string);
    case 't':
        value->boolean = true;
        value->kind = DJ_VALUE_BOOL;
        return take_word(reader, "true");
    case 'f':
        value->kind = DJ_VALUE_BOOL;
        return take_word(reader, "false");
    case 'n':
        return take_word(reader, "null");
    default:
        return read_number(reader, value);
    }
}

static bool read_value(struct reader *reader, struct dj_value *value)
{
    const char *start;
    bool read;

    *value = (struct dj_value){ 0 };
    skip_blanks(reader);
    start = reader->at;
    if (start == reader->end || reader->depth == DEPTH_MAX) {
        return false;
    }
    reader->depth++;
    read = read_any(reader, value);
    reader->depth--;
    value->raw = (struct dj_str){ start, (size_t)(reader->at - start) };
    return read;
}

struct dj_value *dj_value_parse(struct dj_str bytes, struct dj_arena *arena)
{
    struct reader reader = { bytes.ptr, bytes.ptr + bytes.len, arena, 0 };
    struct dj_value *value = dj_arena_alloc(arena, sizeof(*value));

    return value != NULL && read_value(&reader, value) ? value : NULL;
}

struct dj_value *dj_value_get(const struct dj_value *object, const char *key)
{
    if (object == NULL || object->kind != DJ_VALUE_OBJECT) {
        return NULL;
    }
    for (size_t i = 0; i < object->count; i++) {
        if (dj_str_is(object->keys[i], key)) {
            return &object->items[i];
        }
    }
    return NULL;
}

/* --- comparison -------------------------------------------------------------------- */

static bool numeric(const struct dj_value *value)
{
    return value->kind == DJ_VALUE_INT || value->kind == DJ_VALUE_FLOAT;
}

static bool numbers_equal(const struct dj_value *a, const struct dj_value *b,
                          double slack)
{
    const double difference = fabs(a->number - b->number);

    if (a->kind == DJ_VALUE_INT && b->kind == DJ_VALUE_INT) {
        return a->integer == b->integer;
    }
    if (isnan(a->number) || isnan(b->number)) {
        return isnan(a->number) && isnan(b->number);
    }
    return a->number == b->number || difference <= slack * fabs(a->number);
}

/* Every member of a is in b, or null. */
static bool members_in(const struct dj_value *a, const struct dj_value *b, double slack)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct dj_value *other = NULL;

        for (size_t j = 0; j < b->count && other == NULL; j++) {
            if (dj_str_equal(a->keys[i], b->keys[j])) {
                other = &b->items[j];
            }
        }
        if (other == NULL ? a->items[i].kind != DJ_VALUE_NULL
                          : !dj_value_equal(&a->items[i], other, slack)) {
            return false;
        }
    }
    return true;
}

bool dj_value_equal(const struct dj_value *a, const struct dj_value *b, double slack)
{
    if (numeric(a) && numeric(b)) {
        return numbers_equal(a, b, slack);
    }
    if (a->kind != b->kind) {
        return false;
    }
    switch (a->kind) {
    case DJ_VALUE_BOOL:
        return a->boolean == b->boolean;
    case DJ_VALUE_STRING:
        return dj_str_equal(a->string, b->string);
    case DJ_VALUE_ARRAY:
        for (size_t i = 0; i < a->count && a->count == b->count; i++) {
            if (!dj_value_equal(&a->items[i], &b->items[i], slack)) {
                return false;
            }
        }
        return a->count == b->count;
    case DJ_VALUE_OBJECT:
        return members_in(a, b, slack) && members_in(b, a, slack);
    default:
        return true;
    }
}

/* --- writing -------------------------------------------------------------------------
 */

static bool plain(uint32_t c)
{
    return (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') ||
           (c >= 0xa0 && c != 0x2028 && c != 0x2029 && c != 0xfeff && c < 0xfffe) ||
           c >= 0x10000;
}

static enum dj_status write_string(struct dj_str text, struct dj_buf *out)
{
    const char *at = text.ptr;

    DJ_TRY(dj_buf_putc(out, '"'));
    while (at < text.ptr + text.len) {
        const char *start = at;
        const uint32_t c = dj_utf8_next(&at);

        if (plain(c)) {
            DJ_TRY(dj_buf_append(out, (struct dj_str){ start, (size_t)(at - start) }));
        } else {
            DJ_TRY(dj_buf_printf(out, "\\u%04" PRIx32, c));
        }
    }
    return dj_buf_putc(out, '"');
}

/* PyYAML's floats have a point and a sign in the exponent. */
static enum dj_status write_double(double number, struct dj_buf *out)
{
    char text[64];
    char *exponent;

    (void)snprintf(text, sizeof(text), "%.17g", number);
    exponent = strchr(text, 'e');
    if (strchr(text, '.') != NULL) {
        return dj_buf_append(out, dj_str_from(text));
    }
    DJ_TRY(dj_buf_append(out, (struct dj_str){ text, exponent == NULL
                                                         ? strlen(text)
                                                         : (size_t)(exponent - text) }));
    DJ_TRY(dj_buf_append(out, DJ_STR(".0")));
    return exponent == NULL ? DJ_OK : dj_buf_append(out, dj_str_from(exponent));
}

static enum dj_status write_container(const struct dj_value *value, struct dj_buf *out)
{
    const bool keyed = value->kind == DJ_VALUE_OBJECT;

    DJ_TRY(dj_buf_putc(out, keyed ? '{' : '['));
    for (size_t i = 0; i < value->count; i++) {
        DJ_TRY(dj_buf_append(out, i == 0 ? DJ_STR("") : DJ_STR(", ")));
        if (keyed) {
            DJ_TRY(write_string(value->keys[i], out));
            DJ_TRY(dj_buf_append(out, DJ_STR(": ")));
        }
        DJ_TRY(dj_value_write(&value->items[i], out));
    }
    return dj_buf_putc(out, keyed ? '}' : ']');
}

enum dj_status dj_value_write(const struct dj_value *value, struct dj_buf *out)
{
    switch (value->kind) {
    case DJ_VALUE_BOOL:
        return dj_buf_append(out, value->boolean ? DJ_STR("true") : DJ_STR("false"));
    case DJ_VALUE_INT:
        return dj_buf_printf(out, "%" PRId64, value->integer);
    case DJ_VALUE_FLOAT:
        return write_double(value->number, out);
    case DJ_VALUE_STRING:
        return write_string(value->string, out);
    case DJ_VALUE_ARRAY:
    case DJ_VALUE_OBJECT:
        return write_container(value, out);
    default:
        return dj_buf_append(out, DJ_STR("null"));
    }
}

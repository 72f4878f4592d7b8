/* Python's values from JSON and YAML, and as JSON again. */
#include "dj/json.h"
#include "dj/py.h"
#include "dj/text.h"

#include <stdlib.h>

enum { FIRST_ITEMS = 8 };

/* JSON that has been checked, up to here. */
struct reading {
    const char *p;
    const char *end;
    struct dj_arena *arena;
};

static enum dj_status read_value(struct reading *r, struct dj_py *value);

static void skip_blanks(struct reading *r)
{
    while (r->p < r->end &&
           (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t')) {
        r->p++;
    }
}

/* --- texts ------------------------------------------------------------------------- */

static uint32_t hex4(const char *p)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++) {
        const char c = p[i];

        value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

/* The escape behind a backslash at r->p; the two halves of a pair are one character. */
static uint32_t read_escape(struct reading *r)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    const char c = *r->p++;
    const char *letter = memchr(letters, c, sizeof(letters) - 1);
    uint32_t code;

    if (c != 'u') {
        return (unsigned char)(letter == NULL ? c : meanings[letter - letters]);
    }
    code = hex4(r->p);
    r->p += 4;
    if (code >= 0xd800 && code < 0xdc00) {
        code = 0x10000 + ((code - 0xd800) << 10) + (hex4(r->p + 2) - 0xdc00);
        r->p += 6;
    }
    return code;
}

static enum dj_status read_text(struct reading *r, struct dj_str *text)
{
    const char *begin = ++r->p;
    const char *end = begin;
    bool plain = true;
    char *out;

    while (*end != '"') {
        plain = plain && *end != '\\';
        end += *end == '\\' ? 2 : 1;
    }
    *text = (struct dj_str){ begin, (size_t)(end - begin) };
    if (!plain) {
        out = dj_arena_alloc(r->arena, text->len);
        if (out == NULL) {
            return DJ_NOMEM;
        }
        text->ptr = out;
        while (r->p < end) {
            if (*r->p == '\\') {
                r->p++;
                out += dj_utf8_put(out, read_escape(r));
            } else {
                *out++ = *r->p++;
            }
        }
        text->len = (size_t)(out - text->ptr);
    }
    r->p = end + 1;
    return DJ_OK;
}

/* --- numbers ----------------------------------------------------------------------- */

/* False: a fraction, an exponent, or too large. */
static bool read_whole(struct dj_str text, int64_t *value)
{
    const bool negative = text.ptr[0] == '-';

    *value = 0;
    for (size_t i = negative; i < text.len; i++) {
        const int digit = text.ptr[i] - '0';

        if (digit < 0 || digit > 9 || __builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, negative ? -digit : digit, value)) {
            return false;
        }
    }
    return true;
}

static enum dj_status read_number(struct reading *r, struct dj_py *value)
{
    const char *begin = r->p;
    struct dj_str text;
    char *copy;

    while (r->p < r->end && strchr(",]} \n\r\t", *r->p) == NULL) {
        r->p++;
    }
    text = (struct dj_str){ begin, (size_t)(r->p - begin) };
    if (read_whole(text, &value->i)) {
        value->kind = DJ_PY_INT;
        return DJ_OK;
    }
    copy = dj_arena_alloc(r->arena, text.len + 1);
    if (copy == NULL) {
        return DJ_NOMEM;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    value->kind = DJ_PY_FLOAT;
    value->d = strtod(copy, NULL); /* NaN and Infinity as well */
    return DJ_OK;
}

/* --- containers -------------------------------------------------------------------- */

static void *grown(struct dj_arena *arena, const void *old, size_t count, size_t cap,
                   size_t size)
{
    void *more = dj_arena_alloc(arena, dj_size_mul(cap, size));

    if (more != NULL && count > 0) {
        memcpy(more, old, count * size);
    }
    return more;
}

static enum dj_status make_room(struct reading *r, struct dj_py *value, size_t *cap)
{
    if (value->count < *cap) {
        return DJ_OK;
    }
    *cap = *cap == 0 ? FIRST_ITEMS : dj_size_mul(*cap, 2);
    value->items =
        grown(r->arena, value->items, value->count, *cap, sizeof(*value->items));
    if (value->kind == DJ_PY_DICT) {
        value->keys =
            grown(r->arena, value->keys, value->count, *cap, sizeof(*value->keys));
    }
    return value->items == NULL || (value->kind == DJ_PY_DICT && value->keys == NULL)
               ? DJ_NOMEM
               : DJ_OK;
}

/* The last of equal keys counts, in the place of the first. */
static void put_member(struct dj_py *dict, struct dj_str key, const struct dj_py *value)
{
    size_t i = 0;

    while (i < dict->count && !dj_str_equal(dict->keys[i], key)) {
        i++;
    }
    dict->keys[i] = key;
    dict->items[i] = *value;
    dict->count += i == dict->count;
}

static enum dj_status read_items(struct reading *r, char close, struct dj_py *value)
{
    size_t cap = 0;

    r->p++;
    skip_blanks(r);
    while (*r->p != close) {
        struct dj_str key = { 0 };
        struct dj_py item;

        DJ_TRY(make_room(r, value, &cap));
        if (value->kind == DJ_PY_DICT) {
            DJ_TRY(read_text(r, &key));
            skip_blanks(r);
            r->p++; /* colon */
            skip_blanks(r);
        }
        DJ_TRY(read_value(r, &item));
        if (value->kind == DJ_PY_DICT) {
            put_member(value, key, &item);
        } else {
            value->items[value->count++] = item;
        }
        skip_blanks(r);
        r->p += *r->p == ',';
        skip_blanks(r);
    }
    r->p++;
    return DJ_OK;
}

/* The reader of samples bounds the depth. */
static enum dj_status read_value(struct reading *r, struct dj_py *value)
{
    *value = (struct dj_py){ .kind = DJ_PY_NONE };
    switch (*r->p) {
    case '{':
        value->kind = DJ_PY_DICT;
        return read_items(r, '}', value);
    case '[':
        value->kind = DJ_PY_LIST;
        return read_items(r, ']', value);
    case '"':
        value->kind = DJ_PY_STR;
        return read_text(r, &value->s);
    case 't':
    case 'f':
        value->kind = DJ_PY_BOOL;
        value->b = *r->p == 't';
        r->p += value->b ? 4 : 5;
        return DJ_OK;
    case 'n':
        r->p += 4;
        return DJ_OK;
    default:
        return read_number(r, value);
    }
}

enum dj_status dj_py_from_json(struct dj_str json, struct dj_arena *arena,
                               struct dj_py *value)
{
    struct reading r = { json.ptr, json.ptr + json.len, arena };

    skip_blanks(&r);
    return read_value(&r, value);
}

/* --- YAML -------------------------------------------------------------------------- */

static enum dj_status scalar_from_yaml(const struct dj_yaml_node *node,
                                       struct dj_arena *arena, struct dj_py *value)
{
    if (dj_yaml_as_bool(node, &value->b)) {
        value->kind = DJ_PY_BOOL;
    } else if (dj_yaml_as_int(node, &value->i)) {
        value->kind = DJ_PY_INT;
    } else if (dj_yaml_as_double(node, &value->d)) {
        value->kind = DJ_PY_FLOAT;
    } else {
        value->kind = DJ_PY_STR;
        value->s = dj_arena_copy(arena, (struct dj_str){ node->text, node->len });
        return value->s.ptr == NULL ? DJ_NOMEM : DJ_OK;
    }
    return DJ_OK;
}

static enum dj_status dict_from_yaml(const struct dj_yaml_node *node,
                                     struct dj_arena *arena, struct dj_py *value)
{
    for (size_t i = 0; i < node->count; i++) {
        const struct dj_yaml_node *key = node->pairs[i].key;

        value->keys[i] = dj_arena_copy(arena, (struct dj_str){ key->text, key->len });
        if (value->keys[i].ptr == NULL) {
            return DJ_NOMEM;
        }
        DJ_TRY(dj_py_from_yaml(node->pairs[i].value, arena, &value->items[i]));
        value->count++;
    }
    return DJ_OK;
}

enum dj_status dj_py_from_yaml(const struct dj_yaml_node *node, struct dj_arena *arena,
                               struct dj_py *value)
{
    *value = (struct dj_py){ .kind = DJ_PY_NONE };
    if (node->kind == DJ_YAML_NULL) {
        return DJ_OK;
    }
    if (node->kind == DJ_YAML_SCALAR) {
        return scalar_from_yaml(node, arena, value);
    }
    value->kind = node->kind == DJ_YAML_SEQUENCE ? DJ_PY_LIST : DJ_PY_DICT;
    value->items = dj_arena_alloc(arena, dj_size_mul(node->count, sizeof(*value->items)));
    value->keys = dj_arena_alloc(arena, dj_size_mul(node->count, sizeof(*value->keys)));
    if (value->items == NULL || value->keys == NULL) {
        return DJ_NOMEM;
    }
    if (node->kind == DJ_YAML_MAPPING) {
        return dict_from_yaml(node, arena, value);
    }
    for (size_t i = 0; i < node->count; i++) {
        DJ_TRY(dj_py_from_yaml(node->items[i], arena, &value->items[i]));
        value->count++;
    }
    return DJ_OK;
}

/* --- JSON again -------------------------------------------------------------------- */

static enum dj_status put_items(const struct dj_py *value, struct dj_buf *out)
{
    const bool dict = value->kind == DJ_PY_DICT;

    DJ_TRY(dj_buf_putc(out, dict ? '{' : '['));
    for (size_t i = 0; i < value->count; i++) {
        if (i > 0) {
            DJ_TRY(dj_buf_append(out, DJ_STR(", ")));
        }
        if (dict) {
            DJ_TRY(dj_json_quote(out, value->keys[i]));
            DJ_TRY(dj_buf_append(out, DJ_STR(": ")));
        }
        DJ_TRY(dj_py_to_json(&value->items[i], out));
    }
    return dj_buf_putc(out, dict ? '}' : ']');
}

enum dj_status dj_py_to_json(const struct dj_py *value, struct dj_buf *out)
{
    char text[DJ_JSON_DOUBLE_TEXT];

    switch (value->kind) {
    case DJ_PY_BOOL:
        return dj_buf_append(out, value->b ? DJ_STR("true") : DJ_STR("false"));
    case DJ_PY_INT:
        return dj_buf_printf(out, "%lld", (long long)value->i);
    case DJ_PY_FLOAT:
        return dj_buf_append(out,
                             (struct dj_str){ text, dj_json_double(value->d, text) });
    case DJ_PY_STR:
        return dj_json_quote(out, value->s);
    case DJ_PY_LIST:
    case DJ_PY_TUPLE:
    case DJ_PY_SET:
    case DJ_PY_DICT:
        return put_items(value, out);
    case DJ_PY_NONE:
    case DJ_PY_METHOD:
    default:
        return dj_buf_append(out, DJ_STR("null"));
    }
}

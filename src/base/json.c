/*
 * Reading our own small JSON documents. cJSON parses; what it made is copied into
 * nodes whose children lie side by side, because a list of cJSON has no index.
 */
#include "dj/json.h"
#include "dj/fs.h"

#include <cjson/cJSON.h>
#include <math.h>

enum { ARENA_BLOCK = 16 << 10 };

enum kind {
    KIND_NULL,
    KIND_FALSE,
    KIND_TRUE,
    KIND_NUMBER,
    KIND_TEXT,
    KIND_ARRAY,
    KIND_OBJECT
};

struct dj_json {
    enum kind kind;
    const char *key; /* in an object */
    const char *text;
    double number;
    size_t count;
    struct dj_json *items;
};

struct document {
    struct dj_json root; /* first: a document is known by its root */
    struct dj_arena *arena;
};

static const char *copy_text(struct dj_arena *arena, const char *text)
{
    /* With the NUL: dj_arena_copy copies bytes. */
    return dj_arena_copy(arena, (struct dj_str){ text, strlen(text) + 1 }).ptr;
}

static enum kind kind_of(const cJSON *from)
{
    if (cJSON_IsObject(from)) {
        return KIND_OBJECT;
    }
    if (cJSON_IsArray(from)) {
        return KIND_ARRAY;
    }
    if (cJSON_IsString(from)) {
        return KIND_TEXT;
    }
    if (cJSON_IsNumber(from)) {
        return KIND_NUMBER;
    }
    if (cJSON_IsBool(from)) {
        return cJSON_IsTrue(from) ? KIND_TRUE : KIND_FALSE;
    }
    return KIND_NULL;
}

/* Recursion is as deep as the document, which cJSON limits to 1000 levels. */
static enum dj_status copy_node(struct dj_arena *arena, const cJSON *from,
                                struct dj_json *to)
{
    const cJSON *child;
    size_t i = 0;

    *to = (struct dj_json){ .kind = kind_of(from) };
    if (from->string != NULL) {
        to->key = copy_text(arena, from->string);
        if (to->key == NULL) {
            return DJ_NOMEM;
        }
    }
    if (to->kind == KIND_NUMBER) {
        to->number = from->valuedouble;
    } else if (to->kind == KIND_TEXT) {
        to->text = copy_text(arena, from->valuestring);
        if (to->text == NULL) {
            return DJ_NOMEM;
        }
    }
    cJSON_ArrayForEach(child, from)
    {
        to->count++;
    }
    if (to->count == 0) {
        return DJ_OK;
    }
    to->items = dj_arena_alloc(arena, dj_size_mul(to->count, sizeof(*to->items)));
    if (to->items == NULL) {
        return DJ_NOMEM;
    }
    cJSON_ArrayForEach(child, from)
    {
        DJ_TRY(copy_node(arena, child, &to->items[i]));
        i++;
    }
    return DJ_OK;
}

/* Where in bytes a parse stopped, for people. */
static enum dj_status fail_at(struct dj_str bytes, const char *place, const char *origin,
                              const char *what, struct dj_error *err)
{
    long line = 1;
    long column = 1;

    for (const char *p = bytes.ptr; p < place; p++) {
        column++;
        if (*p == '\n') {
            line++;
            column = 1;
        }
    }
    return dj_fail(err, DJ_DATA, "%s:%ld:%ld: %s", origin, line, column, what);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

enum dj_status dj_json_parse(struct dj_str bytes, const char *origin,
                             struct dj_json **doc, struct dj_error *err)
{
    const char *end = bytes.ptr;
    enum dj_status status = DJ_OK;
    struct document *document;
    cJSON *parsed;

    *doc = NULL;
    if (bytes.len == 0) {
        return dj_fail(err, DJ_DATA, "%s: is empty, not JSON", origin);
    }
    parsed = cJSON_ParseWithLengthOpts(bytes.ptr, bytes.len, &end, 0);
    if (parsed == NULL) {
        return fail_at(bytes, end, origin, "no JSON from here on", err);
    }
    while (end < bytes.ptr + bytes.len && is_blank(*end)) {
        end++;
    }
    if (end != bytes.ptr + bytes.len) {
        status = fail_at(bytes, end, origin, "something stands behind the JSON", err);
        goto out;
    }
    document = dj_xmalloc(sizeof(*document));
    document->arena = dj_arena_new(ARENA_BLOCK);
    *doc = &document->root;
    status = copy_node(document->arena, parsed, &document->root);
    if (status != DJ_OK) {
        dj_json_free(*doc);
        *doc = NULL;
        dj_fail(err, status, "%s: out of memory", origin);
    }
out:
    cJSON_Delete(parsed);
    return status;
}

enum dj_status dj_json_read(const char *path, struct dj_json **doc, struct dj_error *err)
{
    enum dj_status status;
    struct dj_buf bytes;

    *doc = NULL;
    dj_buf_init(&bytes);
    status = dj_fs_read(path, &bytes, err);
    if (status == DJ_OK) {
        status = dj_json_parse(dj_buf_str(&bytes), path, doc, err);
    }
    dj_buf_release(&bytes);
    return status;
}

void dj_json_free(struct dj_json *doc)
{
    if (doc != NULL) {
        dj_arena_free(((struct document *)doc)->arena);
        dj_xfree(doc);
    }
}

const struct dj_json *dj_json_get(const struct dj_json *object, const char *key)
{
    if (!dj_json_is_object(object)) {
        return NULL;
    }
    for (size_t i = 0; i < object->count; i++) {
        if (strcmp(object->items[i].key, key) == 0) {
            return &object->items[i];
        }
    }
    return NULL;
}

size_t dj_json_count(const struct dj_json *container)
{
    return container == NULL ? 0 : container->count;
}

const struct dj_json *dj_json_at(const struct dj_json *container, size_t index)
{
    return index < dj_json_count(container) ? &container->items[index] : NULL;
}

const char *dj_json_key_at(const struct dj_json *object, size_t index)
{
    const struct dj_json *value = dj_json_at(object, index);

    return value == NULL ? NULL : value->key;
}

bool dj_json_is_object(const struct dj_json *value)
{
    return value != NULL && value->kind == KIND_OBJECT;
}

bool dj_json_is_array(const struct dj_json *value)
{
    return value != NULL && value->kind == KIND_ARRAY;
}

const char *dj_json_text(const struct dj_json *object, const char *key,
                         const char *fallback)
{
    return dj_json_as_text(dj_json_get(object, key), fallback);
}

int64_t dj_json_int(const struct dj_json *object, const char *key, int64_t fallback)
{
    const double number = dj_json_number(object, key, 0.5);

    if (number != floor(number) || number < -0x1p63 || number >= 0x1p63) {
        return fallback;
    }
    return (int64_t)number;
}

double dj_json_number(const struct dj_json *object, const char *key, double fallback)
{
    return dj_json_as_number(dj_json_get(object, key), fallback);
}

bool dj_json_bool(const struct dj_json *object, const char *key, bool fallback)
{
    const struct dj_json *value = dj_json_get(object, key);

    if (value == NULL || (value->kind != KIND_TRUE && value->kind != KIND_FALSE)) {
        return fallback;
    }
    return value->kind == KIND_TRUE;
}

const char *dj_json_as_text(const struct dj_json *value, const char *fallback)
{
    return value == NULL || value->kind != KIND_TEXT ? fallback : value->text;
}

double dj_json_as_number(const struct dj_json *value, double fallback)
{
    return value == NULL || value->kind != KIND_NUMBER ? fallback : value->number;
}

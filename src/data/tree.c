/*
 * Samples as trees. The text has been checked when it was read, so nothing can be wrong
 * with it here, and its depth is bounded (DJ_SCAN_DEPTH).
 */
#include "dj/tree.h"

#include "data/sample_scan.h"
#include "dj/json.h"
#include "dj/text.h"

#include <stdlib.h>

struct reader {
    const char *p;
    const char *end;
    struct dj_arena *arena;
    const struct dj_string_ops *strings;
};

static void skip_blanks(struct reader *reader)
{
    while (reader->p < reader->end && (*reader->p == ' ' || *reader->p == '\t' ||
                                       *reader->p == '\r' || *reader->p == '\n')) {
        reader->p++;
    }
}

/* The string whose quote is at p. */
static enum dj_status read_string(struct reader *reader, struct dj_str *text)
{
    const char *begin = reader->p + 1;
    const char *stop = reader->strings->find(begin, reader->end);
    char *out, *copy;

    *text = (struct dj_str){ begin, (size_t)(stop - begin) };
    if (stop < reader->end && *stop == '"') {
        reader->p = stop + 1;
        return DJ_OK;
    }
    copy = dj_arena_alloc(reader->arena, (size_t)(reader->end - begin) + DJ_PADDING);
    if (copy == NULL) {
        return DJ_NOMEM;
    }
    out = copy;
    reader->p = reader->strings->decode(begin, reader->end, &out).at + 1;
    *text = (struct dj_str){ copy, (size_t)(out - copy) };
    (void)dj_arena_resize_last(reader->arena, copy, text->len + DJ_PADDING);
    return DJ_OK;
}

static void read_number(struct reader *reader, struct dj_node *node)
{
    const char *p = reader->p;
    const bool negative = *p == '-';
    int64_t sum = 0;
    bool whole = true;
    char *end;

    for (p += negative; *p >= '0' && *p <= '9'; p++) {
        const int digit = *p - '0';

        whole = whole && !__builtin_mul_overflow(sum, 10, &sum) &&
                !__builtin_add_overflow(sum, negative ? -digit : digit, &sum);
    }
    if (whole && p > reader->p + negative && *p != '.' && *p != 'e' && *p != 'E') {
        node->kind = DJ_NODE_INT;
        node->integer = sum;
        reader->p = p;
        return;
    }
    node->kind = DJ_NODE_FLOAT;
    node->number = strtod(reader->p, &end); /* it ends before a comma, bracket or blank */
    reader->p = end;
}

static enum dj_status read_value(struct reader *reader, struct dj_node *node);

/* The list or object whose bracket is at p. */
static enum dj_status read_container(struct reader *reader, struct dj_node *node)
{
    const bool object = node->kind == DJ_NODE_OBJECT;

    node->count = 0;
    for (reader->p++;;) {
        struct dj_node *child;

        skip_blanks(reader);
        if (*reader->p == ',') {
            reader->p++;
            continue;
        }
        if (*reader->p == (object ? '}' : ']')) {
            reader->p++;
            return DJ_OK;
        }
        child = dj_arena_alloc(reader->arena, sizeof(*child));
        if (child == NULL) {
            return DJ_NOMEM;
        }
        *child = (struct dj_node){ 0 };
        if (object) {
            DJ_TRY(read_string(reader, &child->key));
            skip_blanks(reader);
            reader->p++; /* the colon */
            skip_blanks(reader);
        }
        DJ_TRY(read_value(reader, child));
        if (node->last == NULL) {
            node->first = child;
        } else {
            node->last->next = child;
        }
        node->last = child;
        node->count++;
    }
}

static enum dj_status read_value(struct reader *reader, struct dj_node *node)
{
    const char *begin = reader->p;
    enum dj_status status = DJ_OK;

    switch (*begin) {
    case '{':
    case '[':
        node->kind = *begin == '{' ? DJ_NODE_OBJECT : DJ_NODE_LIST;
        status = read_container(reader, node);
        break;
    case '"':
        node->kind = DJ_NODE_STRING;
        status = read_string(reader, &node->text);
        break;
    case 't':
    case 'f':
        node->kind = DJ_NODE_BOOL;
        node->truth = *begin == 't';
        reader->p += node->truth ? 4 : 5;
        break;
    case 'n':
        node->kind = DJ_NODE_NULL;
        reader->p += 4;
        break;
    default:
        read_number(reader, node);
        break;
    }
    node->raw = (struct dj_str){ begin, (size_t)(reader->p - begin) };
    return status;
}

enum dj_status dj_node_read(struct dj_str json, struct dj_arena *arena,
                            struct dj_node **root)
{
    struct reader reader = {
        .p = json.ptr,
        .end = json.ptr + json.len,
        .arena = arena,
        .strings = dj_string_ops_best(),
    };

    *root = dj_arena_alloc(arena, sizeof(**root));
    if (*root == NULL) {
        return DJ_NOMEM;
    }
    **root = (struct dj_node){ 0 };
    skip_blanks(&reader);
    return read_value(&reader, *root);
}

enum dj_status dj_node_parse(struct dj_str json, struct dj_arena *arena,
                             struct dj_node **root)
{
    const struct dj_str copy = dj_arena_copy(arena, json); /* with padding behind it */
    struct dj_scan scan;
    const char *end;
    size_t bad;

    *root = NULL;
    if (copy.ptr == NULL) {
        return DJ_NOMEM;
    }
    dj_scan_init(&scan, copy, dj_string_ops_best());
    end = dj_utf8_valid(copy, &bad)
              ? dj_scan_value(&scan, dj_scan_blanks(&scan, copy.ptr))
              : NULL;
    if (end == NULL || dj_scan_blanks(&scan, end) != scan.end) {
        return DJ_OK;
    }
    return dj_node_read(copy, arena, root);
}

/* --- looking ----------------------------------------------------------------------- */

struct dj_node *dj_node_get(const struct dj_node *object, const char *key)
{
    struct dj_node *found = NULL;

    if (!dj_node_is(object, DJ_NODE_OBJECT)) {
        return NULL;
    }
    DJ_FOR_EACH_NODE (member, object) {
        if (dj_str_is(member->key, key)) {
            found = member;
        }
    }
    return found;
}

struct dj_node *dj_node_value(const struct dj_node *object, const char *key)
{
    struct dj_node *found = dj_node_get(object, key);

    return dj_node_is(found, DJ_NODE_NULL) ? NULL : found;
}

bool dj_node_true(const struct dj_node *node)
{
    if (node == NULL) {
        return false;
    }
    switch (node->kind) {
    case DJ_NODE_NULL:
        return false;
    case DJ_NODE_BOOL:
        return node->truth;
    case DJ_NODE_INT:
        return node->integer != 0;
    case DJ_NODE_FLOAT:
        return node->number != 0;
    case DJ_NODE_STRING:
        return node->text.len > 0;
    case DJ_NODE_LIST:
    case DJ_NODE_OBJECT:
        return node->count > 0;
    }
    return false;
}

bool dj_node_number(const struct dj_node *node, double *number)
{
    if (node == NULL) {
        return false;
    }
    switch (node->kind) {
    case DJ_NODE_BOOL:
        *number = node->truth;
        return true;
    case DJ_NODE_INT:
        *number = (double)node->integer;
        return true;
    case DJ_NODE_FLOAT:
        *number = node->number;
        return true;
    case DJ_NODE_NULL:
    case DJ_NODE_STRING:
    case DJ_NODE_LIST:
    case DJ_NODE_OBJECT:
        break;
    }
    return false;
}

/* --- changes ----------------------------------------------------------------------- */

struct dj_edit {
    size_t begin, end; /* of what is left out */
    struct dj_str json;
    struct dj_edit *before, *next;
};

void dj_edits_init(struct dj_edits *edits, struct dj_arena *arena, struct dj_str whole)
{
    *edits = (struct dj_edits){ .arena = arena, .whole = whole };
}

enum dj_status dj_edits_replace(struct dj_edits *edits, struct dj_str part,
                                struct dj_str json)
{
    struct dj_edit *edit = dj_arena_alloc(edits->arena, sizeof(*edit));
    struct dj_edit *before = edits->last;

    if (edit == NULL) {
        return DJ_NOMEM;
    }
    edit->begin = (size_t)(part.ptr - edits->whole.ptr);
    edit->end = edit->begin + part.len;
    edit->json = json;
    while (before != NULL && before->begin > edit->begin) {
        before = before->before; /* most come in their order */
    }
    edit->before = before;
    edit->next = before == NULL ? edits->first : before->next;
    if (edit->next == NULL) {
        edits->last = edit;
    } else {
        edit->next->before = edit;
    }
    if (before == NULL) {
        edits->first = edit;
    } else {
        before->next = edit;
    }
    return DJ_OK;
}

/* The text of a new member: its comma, its key and its value. */
static enum dj_status write_member(struct dj_arena *arena, const char *key,
                                   struct dj_str json, bool first, struct dj_str *text)
{
    enum dj_status status;
    struct dj_buf buf;

    dj_buf_init(&buf);
    status = dj_buf_append(&buf, first ? DJ_STR("") : DJ_STR(", "));
    if (status == DJ_OK) {
        status = dj_json_quote(&buf, dj_str_from(key));
    }
    if (status == DJ_OK) {
        status = dj_buf_append(&buf, DJ_STR(": "));
    }
    if (status == DJ_OK) {
        status = dj_buf_append(&buf, json);
    }
    if (status == DJ_OK) {
        *text = dj_arena_copy(arena, dj_buf_str(&buf));
        status = text->ptr == NULL ? DJ_NOMEM : DJ_OK;
    }
    dj_buf_release(&buf);
    return status;
}

enum dj_status dj_edits_set(struct dj_edits *edits, const struct dj_node *object,
                            const char *key, struct dj_str json)
{
    const struct dj_node *member = dj_node_get(object, key);
    const char *place = object->raw.ptr + 1;
    bool first = object->count == 0;
    struct dj_str text;

    if (member != NULL) {
        return dj_edits_replace(edits, member->raw, json);
    }
    if (!first) {
        place = object->last->raw.ptr + object->last->raw.len;
    }
    for (const struct dj_edit *edit = edits->first; edit != NULL; edit = edit->next) {
        first = first && edits->whole.ptr + edit->begin != place;
    }
    DJ_TRY(write_member(edits->arena, key, json, first, &text));
    return dj_edits_replace(edits, (struct dj_str){ place, 0 }, text);
}

static enum dj_status replace_text(struct dj_edits *edits, const struct dj_node *node)
{
    enum dj_status status;
    struct dj_str copy;
    struct dj_buf buf;

    dj_buf_init(&buf);
    status = dj_json_quote(&buf, node->text);
    if (status == DJ_OK) {
        copy = dj_arena_copy(edits->arena, dj_buf_str(&buf));
        status = copy.ptr == NULL ? DJ_NOMEM : dj_edits_replace(edits, node->raw, copy);
    }
    dj_buf_release(&buf);
    return status;
}

enum dj_status dj_edits_texts(struct dj_edits *edits, const struct dj_node *root)
{
    if (root->kind == DJ_NODE_STRING) {
        return root->changed ? replace_text(edits, root) : DJ_OK;
    }
    DJ_FOR_EACH_NODE (child, root) {
        DJ_TRY(dj_edits_texts(edits, child));
    }
    return DJ_OK;
}

enum dj_status dj_edits_apply(const struct dj_edits *edits, struct dj_buf *out)
{
    const struct dj_str whole = edits->whole;
    size_t from = 0;

    for (const struct dj_edit *edit = edits->first; edit != NULL; edit = edit->next) {
        DJ_TRY(
            dj_buf_append(out, (struct dj_str){ whole.ptr + from, edit->begin - from }));
        DJ_TRY(dj_buf_append(out, edit->json));
        from = edit->end;
    }
    return dj_buf_append(out, (struct dj_str){ whole.ptr + from, whole.len - from });
}

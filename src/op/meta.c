/* Samples with changed __dj__meta__, and numbers as Python takes them from values. */
#include "dj/meta.h"

#include "dj/json.h"
#include "dj/py.h"

#include <math.h>
#include <stdio.h>

enum dj_status dj_meta_open(struct dj_meta *meta, const struct dj_op_call *call,
                            struct dj_batch *batch, size_t row, bool *good)
{
    struct dj_str sample, members = DJ_STR("{}");

    *meta = (struct dj_meta){
        .batch = batch,
        .row = row,
        .arena = call->scratch,
        .is_new = !dj_batch_had_meta(batch, row),
    };
    DJ_TRY(dj_batch_sample(batch, row, &sample));
    DJ_TRY(dj_node_read(sample, meta->arena, &meta->sample));
    meta->meta = dj_node_get(meta->sample, "__dj__meta__");
    *good = meta->meta == NULL || meta->meta->kind == DJ_NODE_OBJECT;
    if (!*good) {
        dj_batch_reject(batch, row, "__dj__meta__ is no object");
        return DJ_OK;
    }
    if (meta->meta == NULL) {
        DJ_TRY(dj_node_read(members, meta->arena, &meta->meta));
    } else {
        members = meta->meta->raw;
    }
    dj_edits_init(&meta->sample_edits, meta->arena, sample);
    dj_edits_init(&meta->meta_edits, meta->arena, members);
    return DJ_OK;
}

enum dj_status dj_meta_set(struct dj_meta *meta, const char *key, struct dj_str json)
{
    const struct dj_str copy = dj_arena_copy(meta->arena, json);

    return copy.ptr == NULL ? DJ_NOMEM
                            : dj_edits_set(&meta->meta_edits, meta->meta, key, copy);
}

enum dj_status dj_meta_set_int(struct dj_meta *meta, const char *key, int64_t value)
{
    char text[32];
    const int len = snprintf(text, sizeof(text), "%lld", (long long)value);

    return dj_meta_set(meta, key, (struct dj_str){ text, (size_t)len });
}

enum dj_status dj_meta_set_text(struct dj_meta *meta, const char *key, struct dj_str text)
{
    enum dj_status status;
    struct dj_buf json;

    dj_buf_init(&json);
    status = dj_json_quote(&json, text);
    if (status == DJ_OK) {
        status = dj_meta_set(meta, key, dj_buf_str(&json));
    }
    dj_buf_release(&json);
    return status;
}

/* The double as JSON, as it is stored. */
static struct dj_str number_text(const struct dj_meta *meta, double value,
                                 char text[DJ_JSON_DOUBLE_TEXT])
{
    const double stored = meta->is_new ? dj_op_stored(value) : value;

    return (struct dj_str){ text, dj_json_double(stored, text) };
}

enum dj_status dj_meta_set_double(struct dj_meta *meta, const char *key, double value)
{
    char text[DJ_JSON_DOUBLE_TEXT];

    return dj_meta_set(meta, key, number_text(meta, value, text));
}

static enum dj_status store_numbers(struct dj_meta *meta, const struct dj_node *node,
                                    struct dj_edits *edits)
{
    if (node->kind == DJ_NODE_FLOAT) {
        char text[DJ_JSON_DOUBLE_TEXT];
        const struct dj_str copy =
            dj_arena_copy(meta->arena, number_text(meta, node->number, text));

        return copy.ptr == NULL ? DJ_NOMEM : dj_edits_replace(edits, node->raw, copy);
    }
    if (node->kind == DJ_NODE_LIST || node->kind == DJ_NODE_OBJECT) {
        DJ_FOR_EACH_NODE (child, node) {
            DJ_TRY(store_numbers(meta, child, edits));
        }
    }
    return DJ_OK;
}

enum dj_status dj_meta_set_node(struct dj_meta *meta, const char *key,
                                const struct dj_node *node)
{
    enum dj_status status;
    struct dj_edits edits;
    struct dj_buf json;

    if (!meta->is_new) {
        return dj_meta_set(meta, key, node->raw);
    }
    dj_buf_init(&json);
    dj_edits_init(&edits, meta->arena, node->raw);
    status = store_numbers(meta, node, &edits);
    if (status == DJ_OK) {
        status = dj_edits_apply(&edits, &json);
    }
    if (status == DJ_OK) {
        status = dj_meta_set(meta, key, dj_buf_str(&json));
    }
    dj_buf_release(&json);
    return status;
}

enum dj_status dj_meta_set_field(struct dj_meta *meta, const char *key,
                                 struct dj_str json)
{
    const struct dj_str copy = dj_arena_copy(meta->arena, json);
    size_t place = 0;

    if (copy.ptr == NULL) {
        return DJ_NOMEM;
    }
    while (place < meta->nfields && strcmp(meta->fields[place].key, key) != 0) {
        place++;
    }
    if (place == DJ_META_FIELDS) {
        return DJ_INTERNAL;
    }
    meta->fields[place].key = key;
    meta->fields[place].json = copy;
    meta->nfields += place == meta->nfields;
    return DJ_OK;
}

enum dj_status dj_meta_close(struct dj_meta *meta, struct dj_buf *buf)
{
    struct dj_str members;

    dj_buf_reset(buf);
    DJ_TRY(dj_edits_apply(&meta->meta_edits, buf));
    members = dj_arena_copy(meta->arena, dj_buf_str(buf));
    if (members.ptr == NULL) {
        return DJ_NOMEM;
    }
    for (size_t i = 0; i < meta->nfields; i++) {
        DJ_TRY(dj_edits_set(&meta->sample_edits, meta->sample, meta->fields[i].key,
                            meta->fields[i].json));
    }
    DJ_TRY(dj_edits_set(&meta->sample_edits, meta->sample, "__dj__meta__", members));
    dj_buf_reset(buf);
    DJ_TRY(dj_edits_apply(&meta->sample_edits, buf));
    return dj_batch_set_sample(meta->batch, meta->row, dj_buf_str(buf));
}

/* --- numbers ----------------------------------------------------------------------- */

bool dj_node_as_float(const struct dj_node *node, double *value)
{
    if (!dj_node_is(node, DJ_NODE_STRING)) {
        return dj_node_number(node, value);
    }
    return dj_py_float_text(node->text, value);
}

bool dj_node_as_int(const struct dj_node *node, int64_t *value)
{
    double number;

    if (dj_node_is(node, DJ_NODE_INT)) {
        *value = node->integer;
        return true;
    }
    if (!dj_node_is(node, DJ_NODE_STRING)) {
        if (!dj_node_number(node, &number) || !(fabs(number) < 9.2e18)) {
            return false;
        }
        *value = (int64_t)number;
        return true;
    }
    return dj_py_int_text(node->text, value);
}

/* The field that a dotted key names, and its place among the statistics. */
#include "dj/field_key.h"

enum dj_status dj_field_key_init(struct dj_field_key *key, const char *text,
                                 struct dj_error *err)
{
    const char *part = text;
    size_t dots = 0;

    *key = (struct dj_field_key){ .whole = text };
    if (text == NULL || text[0] == '\0') {
        return dj_fail(err, DJ_CONFIG,
                       "field_key is missing: name a field, such as meta.lang");
    }
    for (const char *p = text; *p != '\0'; p++) {
        dots += *p == '.';
    }
    key->parts = dj_xcalloc(dots + 1, sizeof(*key->parts));
    for (const char *p = text;; p++) {
        if (*p == '.' || *p == '\0') {
            key->parts[key->nparts++] = (struct dj_str){ part, (size_t)(p - part) };
            part = p + 1;
        }
        if (*p == '\0') {
            return DJ_OK;
        }
    }
}

void dj_field_key_release(struct dj_field_key *key)
{
    dj_xfree(key->parts);
}

static enum dj_status record(struct dj_batch *batch, size_t row, struct dj_str json,
                             struct dj_py *value)
{
    struct dj_buf text;
    enum dj_status status;

    if (value->kind != DJ_PY_FLOAT && value->kind != DJ_PY_LIST &&
        value->kind != DJ_PY_DICT) {
        return dj_batch_set_stat_json(batch, row, 0, json);
    }
    dj_py_store(value);
    dj_buf_init(&text);
    status = dj_py_to_json(value, &text);
    if (status == DJ_OK) {
        status = dj_batch_set_stat_json(batch, row, 0, dj_buf_str(&text));
    }
    dj_buf_release(&text);
    return status;
}

enum dj_status dj_field_key_value(const struct dj_field_key *key,
                                  const struct dj_op_call *call, struct dj_batch *batch,
                                  size_t row, struct dj_py *value)
{
    struct dj_str json, present;
    size_t used;

    DJ_TRY(
        dj_batch_field(batch, row, key->parts, key->nparts, call->scratch, &json, &used));
    if (used < key->nparts) {
        if (!call->common->skip_op_error) {
            dj_batch_reject(batch, row, "the field %s is missing", key->whole);
        }
        json = DJ_STR("null");
    }
    DJ_TRY(dj_batch_stat_json(batch, row, 0, call->scratch, &present));
    if (present.ptr != NULL) {
        return dj_py_from_json(present, call->scratch, value);
    }
    DJ_TRY(dj_py_from_json(json, call->scratch, value));
    return record(batch, row, json, value);
}

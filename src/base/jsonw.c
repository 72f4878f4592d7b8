/* Writing our own small JSON documents. */
#include "dj/json.h"

#include <stdio.h>

void dj_jsonw_init(struct dj_jsonw *w, struct dj_buf *out, int indent)
{
    *w = (struct dj_jsonw){ .out = out, .indent = indent, .first = true };
}

static void put(struct dj_jsonw *w, struct dj_str bytes)
{
    if (w->status == DJ_OK) {
        w->status = dj_buf_append(w->out, bytes);
    }
}

static void line_break(struct dj_jsonw *w)
{
    if (w->indent > 0) {
        put(w, DJ_STR("\n"));
        for (int i = 0; i < w->depth * w->indent; i++) {
            put(w, DJ_STR(" "));
        }
    }
}

/* What has to stand before the next key or value. */
static void lead(struct dj_jsonw *w)
{
    if (w->in_value) {
        w->in_value = false;
        return;
    }
    if (!w->first) {
        put(w, w->indent > 0 ? DJ_STR(",") : DJ_STR(", "));
    }
    if (w->depth > 0) {
        line_break(w);
    }
    w->first = false;
}

void dj_jsonw_open(struct dj_jsonw *w, char bracket)
{
    lead(w);
    put(w, (struct dj_str){ &bracket, 1 });
    w->depth++;
    w->first = true;
}

void dj_jsonw_close(struct dj_jsonw *w, char bracket)
{
    const bool empty = w->first;

    w->depth--;
    if (!empty) {
        line_break(w);
    }
    put(w, (struct dj_str){ &bracket, 1 });
    w->first = false;
}

void dj_jsonw_str(struct dj_jsonw *w, struct dj_str text)
{
    lead(w);
    if (w->status == DJ_OK) {
        w->status = dj_json_quote(w->out, text);
    }
}

void dj_jsonw_key(struct dj_jsonw *w, const char *key)
{
    dj_jsonw_str(w, dj_str_from(key));
    put(w, DJ_STR(": "));
    w->in_value = true;
}

void dj_jsonw_raw(struct dj_jsonw *w, struct dj_str json)
{
    lead(w);
    put(w, json);
}

void dj_jsonw_null(struct dj_jsonw *w)
{
    dj_jsonw_raw(w, DJ_STR("null"));
}

void dj_jsonw_text(struct dj_jsonw *w, const char *text)
{
    if (text == NULL) {
        dj_jsonw_null(w);
        return;
    }
    lead(w);
    if (w->status == DJ_OK) {
        w->status = dj_json_quote_any(w->out, dj_str_from(text));
    }
}

void dj_jsonw_int(struct dj_jsonw *w, int64_t value)
{
    char text[24];
    const int len = snprintf(text, sizeof(text), "%lld", (long long)value);

    dj_jsonw_raw(w, (struct dj_str){ text, (size_t)len });
}

void dj_jsonw_double(struct dj_jsonw *w, double value)
{
    char text[DJ_JSON_DOUBLE_TEXT];
    const size_t len = dj_json_double(value, text);

    dj_jsonw_raw(w, (struct dj_str){ text, len });
}

void dj_jsonw_bool(struct dj_jsonw *w, bool value)
{
    dj_jsonw_raw(w, value ? DJ_STR("true") : DJ_STR("false"));
}

enum dj_status dj_jsonw_end(struct dj_jsonw *w)
{
    if (w->indent > 0) {
        put(w, DJ_STR("\n"));
    }
    return w->status;
}

char *dj_jsonw_take(struct dj_jsonw *w)
{
    char *text = dj_jsonw_end(w) == DJ_OK ? dj_xstrndup(w->out->ptr, w->out->len) : NULL;

    dj_buf_release(w->out);
    return text;
}

void dj_jsonw_kv_text(struct dj_jsonw *w, const char *key, const char *text)
{
    dj_jsonw_key(w, key);
    dj_jsonw_text(w, text);
}

void dj_jsonw_kv_str(struct dj_jsonw *w, const char *key, struct dj_str text)
{
    dj_jsonw_key(w, key);
    dj_jsonw_str(w, text);
}

void dj_jsonw_kv_int(struct dj_jsonw *w, const char *key, int64_t value)
{
    dj_jsonw_key(w, key);
    dj_jsonw_int(w, value);
}

void dj_jsonw_kv_double(struct dj_jsonw *w, const char *key, double value)
{
    dj_jsonw_key(w, key);
    dj_jsonw_double(w, value);
}

void dj_jsonw_kv_bool(struct dj_jsonw *w, const char *key, bool value)
{
    dj_jsonw_key(w, key);
    dj_jsonw_bool(w, value);
}

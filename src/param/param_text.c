/* Declared fields as JSON, and what the reference pages say about them. */
#include <inttypes.h>
#include <math.h>

#include "dj/json.h"
#include "param/param_private.h"

/* JSON has no infinity: then a text that YAML reads back. */
static void write_double(struct dj_jsonw *w, double value)
{
    if (isfinite(value)) {
        dj_jsonw_double(w, value);
    } else {
        dj_jsonw_text(w, isnan(value) ? ".nan" : value > 0 ? ".inf" : "-.inf");
    }
}

static void write_number(struct dj_jsonw *w, struct dj_number value)
{
    switch (value.kind) {
    case DJ_NUMBER_INT:
        dj_jsonw_int(w, value.i);
        break;
    case DJ_NUMBER_FLOAT:
        write_double(w, value.d);
        break;
    case DJ_NUMBER_NONE:
    default:
        dj_jsonw_null(w);
        break;
    }
}

static void write_texts(struct dj_jsonw *w, const struct dj_strs *value)
{
    if (!value->present) {
        dj_jsonw_null(w);
        return;
    }
    dj_jsonw_open(w, '[');
    for (size_t i = 0; i < value->count; i++) {
        dj_jsonw_text(w, value->items[i]);
    }
    dj_jsonw_close(w, ']');
}

static enum dj_status write_any(const struct dj_yaml_node *node, struct dj_buf *out)
{
    return node == NULL ? dj_buf_append(out, DJ_STR("null")) : dj_yaml_to_json(node, out);
}

static void write_field(const struct dj_param *param, const void *field,
                        struct dj_jsonw *w)
{
    switch (param->type) {
    case DJ_PARAM_BOOL:
        dj_jsonw_bool(w, *(const bool *)field);
        break;
    case DJ_PARAM_INT:
    case DJ_PARAM_BYTES:
        if ((param->flags & DJ_PARAM_NULLABLE) != 0 &&
            *(const int64_t *)field < param->min) {
            dj_jsonw_null(w);
        } else {
            dj_jsonw_int(w, *(const int64_t *)field);
        }
        break;
    case DJ_PARAM_FLOAT:
        write_double(w, *(const double *)field);
        break;
    case DJ_PARAM_NUMBER:
        write_number(w, *(const struct dj_number *)field);
        break;
    case DJ_PARAM_TEXT:
        dj_jsonw_text(w, *(const char *const *)field);
        break;
    case DJ_PARAM_ENUM:
        dj_jsonw_text(w, param->choices[*(const int *)field]);
        break;
    case DJ_PARAM_TEXTS:
        write_texts(w, field);
        break;
    case DJ_PARAM_ANY:
    case DJ_PARAM_END_TYPE:
    default:
        dj_jsonw_null(w);
        break;
    }
}

enum dj_status dj_param_to_json(const struct dj_param *param, const void *conf,
                                struct dj_buf *out)
{
    const void *field = (const char *)conf + param->offset;
    struct dj_jsonw w;

    if ((param->flags & DJ_PARAM_NO_EFFECT) != 0) {
        return dj_buf_append(out, DJ_STR("null")); /* it has no field */
    }
    if (param->type == DJ_PARAM_ANY) {
        return write_any(*(const struct dj_yaml_node *const *)field, out);
    }
    dj_jsonw_init(&w, out, 0);
    write_field(param, field, &w);
    return dj_jsonw_end(&w);
}

static enum dj_status describe_type(const struct dj_param *param, struct dj_buf *out)
{
    static const char *const names[] = {
        [DJ_PARAM_BOOL] = "true or false",
        [DJ_PARAM_INT] = "whole number",
        [DJ_PARAM_FLOAT] = "number",
        [DJ_PARAM_NUMBER] = "number",
        [DJ_PARAM_TEXT] = "text",
        [DJ_PARAM_ENUM] = "one of ",
        [DJ_PARAM_TEXTS] = "text or list of texts",
        [DJ_PARAM_BYTES] = "bytes, also as 64MB or 1GiB",
        [DJ_PARAM_ANY] = "any value",
    };

    DJ_TRY(dj_buf_append(out, dj_str_from(names[param->type])));
    for (size_t i = 0; param->type == DJ_PARAM_ENUM && param->choices[i] != NULL; i++) {
        DJ_TRY(dj_buf_printf(out, "%s%s", i == 0 ? "" : ", ", param->choices[i]));
    }
    if (param->type == DJ_PARAM_NUMBER || (param->flags & DJ_PARAM_NULLABLE) != 0) {
        return dj_buf_append(out, DJ_STR(" or null"));
    }
    return DJ_OK;
}

static enum dj_status describe_range(const struct dj_param *param, struct dj_buf *out)
{
    const bool whole = param->type == DJ_PARAM_INT || param->type == DJ_PARAM_BYTES;
    const bool real = param->type == DJ_PARAM_FLOAT || param->type == DJ_PARAM_NUMBER;

    if (whole && (param->min != 0 || param->max != 0)) {
        if (param->max == INT64_MAX) {
            return dj_buf_printf(out, ", at least %" PRId64, param->min);
        }
        return dj_buf_printf(out, ", %" PRId64 " to %" PRId64, param->min, param->max);
    }
    if (real &&
        (param->fmin < 0 || param->fmin > 0 || param->fmax < 0 || param->fmax > 0)) {
        return dj_buf_printf(out, ", %g to %g", param->fmin, param->fmax);
    }
    return DJ_OK;
}

/* The largest whole number stands for no bound, as in Data-Juicer. */
static enum dj_status describe_preset(const struct dj_param *param, struct dj_buf *out)
{
    const bool number = param->type == DJ_PARAM_NUMBER;
    const int64_t whole = number ? param->preset.n.i : param->preset.i;

    if ((number || param->type == DJ_PARAM_INT) && whole == INT64_MAX) {
        return dj_buf_append(out, DJ_STR("no bound"));
    }
    return dj_param_preset_json(param, out);
}

enum dj_status dj_param_describe(const struct dj_param *param, struct dj_buf *out)
{
    DJ_TRY(describe_type(param, out));
    DJ_TRY(describe_range(param, out));
    if ((param->flags & DJ_PARAM_REQUIRED) != 0) {
        return dj_buf_append(out, DJ_STR(", required"));
    }
    if ((param->flags & DJ_PARAM_NO_EFFECT) != 0) {
        return dj_buf_append(out, DJ_STR(", without effect"));
    }
    DJ_TRY(dj_buf_append(out, DJ_STR(", default ")));
    return describe_preset(param, out);
}

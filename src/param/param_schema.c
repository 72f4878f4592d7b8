/* Declared fields as JSON Schema, for editors. */
#include "dj/json.h"
#include "param/param_private.h"

/* With what a scalar of YAML may be for one who wants a text. */
static const char *const json_types[][5] = {
    [DJ_PARAM_BOOL] = { "boolean" },
    [DJ_PARAM_INT] = { "integer" },
    [DJ_PARAM_FLOAT] = { "number" },
    [DJ_PARAM_NUMBER] = { "number" },
    [DJ_PARAM_TEXT] = { "string", "number", "boolean" },
    [DJ_PARAM_ENUM] = { NULL },
    [DJ_PARAM_TEXTS] = { "string", "number", "boolean", "array" },
    [DJ_PARAM_BYTES] = { "integer", "string" },
    [DJ_PARAM_ANY] = { NULL },
};

static void write_types(const struct dj_param *param, bool null, struct dj_jsonw *w)
{
    const char *const *types = json_types[param->type];

    if (types[0] == NULL) {
        return;
    }
    dj_jsonw_key(w, "type");
    if (types[1] == NULL && !null) {
        dj_jsonw_text(w, types[0]);
        return;
    }
    dj_jsonw_open(w, '[');
    for (; *types != NULL; types++) {
        dj_jsonw_text(w, *types);
    }
    if (null) {
        dj_jsonw_text(w, "null");
    }
    dj_jsonw_close(w, ']');
}

static void write_range(const struct dj_param *param, struct dj_jsonw *w)
{
    const bool whole = param->type == DJ_PARAM_INT || param->type == DJ_PARAM_BYTES;
    const bool real = param->type == DJ_PARAM_FLOAT || param->type == DJ_PARAM_NUMBER;

    if (whole && (param->min != 0 || param->max != 0)) {
        dj_jsonw_kv_int(w, "minimum", param->min);
        if (param->max != INT64_MAX) {
            dj_jsonw_kv_int(w, "maximum", param->max);
        }
    }
    if (real &&
        (param->fmin < 0 || param->fmin > 0 || param->fmax < 0 || param->fmax > 0)) {
        dj_jsonw_kv_double(w, "minimum", param->fmin);
        dj_jsonw_kv_double(w, "maximum", param->fmax);
    }
}

static void write_choices(const struct dj_param *param, bool null, struct dj_jsonw *w)
{
    dj_jsonw_key(w, "enum");
    dj_jsonw_open(w, '[');
    for (size_t i = 0; param->choices[i] != NULL; i++) {
        dj_jsonw_text(w, param->choices[i]);
    }
    if (null) {
        dj_jsonw_null(w);
    }
    dj_jsonw_close(w, ']');
}

/* What is taken of a field that is not possible yet. */
static enum dj_status write_today(const struct dj_param *param, bool null,
                                  struct dj_jsonw *w)
{
    const char *rest = param->today;
    struct dj_buf preset;
    enum dj_status status = DJ_OK;

    dj_jsonw_key(w, "enum");
    dj_jsonw_open(w, '[');
    if (rest == NULL) {
        dj_buf_init(&preset);
        status = dj_param_preset_json(param, &preset);
        dj_jsonw_raw(w, dj_buf_str(&preset));
        dj_buf_release(&preset);
    }
    while (rest != NULL && *rest != '\0') {
        const size_t len = strcspn(rest, " ");

        dj_jsonw_raw(w, (struct dj_str){ rest, len });
        null = null && strncmp(rest, "null", len) != 0;
        rest += len + strspn(rest + len, " ");
    }
    if (null) {
        dj_jsonw_null(w);
    }
    dj_jsonw_close(w, ']');
    return status;
}

static enum dj_status write_description(const struct dj_param *param, struct dj_jsonw *w)
{
    enum dj_status status;
    struct dj_buf text;

    dj_buf_init(&text);
    status = dj_buf_printf(&text, "%s (", param->help);
    if (status == DJ_OK) {
        status = dj_param_describe(param, &text);
    }
    if (status == DJ_OK) {
        status = dj_buf_putc(&text, ')');
    }
    if (status == DJ_OK && (param->flags & DJ_PARAM_NOT_YET) != 0) {
        status = dj_buf_printf(&text,
                               "; other values are not possible yet, because "
                               "dj-mpi lacks %s",
                               param->why);
    }
    dj_jsonw_kv_str(w, "description", dj_buf_str(&text));
    dj_buf_release(&text);
    return status;
}

static enum dj_status write_default(const struct dj_param *param, struct dj_jsonw *w)
{
    const bool bounds = param->type == DJ_PARAM_NUMBER || param->type == DJ_PARAM_INT;
    enum dj_status status;
    struct dj_buf preset;

    if ((param->flags & DJ_PARAM_REQUIRED) != 0 ||
        (bounds && (param->preset.i == INT64_MAX || param->preset.n.i == INT64_MAX))) {
        return DJ_OK;
    }
    dj_buf_init(&preset);
    status = dj_param_preset_json(param, &preset);
    dj_jsonw_key(w, "default");
    dj_jsonw_raw(w, dj_buf_str(&preset));
    dj_buf_release(&preset);
    return status;
}

enum dj_status dj_param_schema(const struct dj_param *param, bool null,
                               struct dj_jsonw *w)
{
    const bool nullable =
        null || param->type == DJ_PARAM_NUMBER || (param->flags & DJ_PARAM_NULLABLE) != 0;

    DJ_TRY(write_description(param, w));
    if ((param->flags & DJ_PARAM_NOT_YET) != 0) {
        DJ_TRY(write_today(param, nullable, w));
    } else if (param->type == DJ_PARAM_ENUM) {
        write_choices(param, null, w);
    } else {
        write_types(param, nullable, w);
        write_range(param, w);
    }
    if (param->type == DJ_PARAM_TEXTS) {
        dj_jsonw_key(w, "items");
        dj_jsonw_raw(w, DJ_STR("{\"type\": [\"string\", \"number\", \"boolean\"]}"));
    } else if (param->type == DJ_PARAM_BYTES) {
        dj_jsonw_kv_text(w, "pattern", "^[0-9._]+ *([kKmMgGtT]?[iI]?[bB])?$");
    }
    return write_default(param, w);
}

/* Finding, defaulting and setting declared parameters. */
#include "dj/param.h"

#include "dj/json.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

/* What dj_param_set needs to put into a message. */
struct target {
    const struct dj_param *param;
    const struct dj_yaml_node *node;
    struct dj_arena *arena;
    const char *place;
    const char *label;
    struct dj_error *err;
};

static void *field(const struct dj_param *param, void *conf)
{
    return (char *)conf + param->offset;
}

static const void *field_of(const struct dj_param *param, const void *conf)
{
    return (const char *)conf + param->offset;
}

/* True when name is one of the blank-divided words. */
static bool has_word(const char *words, const char *name)
{
    const size_t len = strlen(name);

    for (const char *p = words; p != NULL && *p != '\0';) {
        const size_t word = strcspn(p, " ");

        if (word == len && memcmp(p, name, len) == 0) {
            return true;
        }
        p += word;
        p += strspn(p, " ");
    }
    return false;
}

const struct dj_param *dj_param_find(const struct dj_param *params, const char *name)
{
    if (params == NULL) {
        return NULL;
    }
    for (const struct dj_param *p = params; p->name != NULL; p++) {
        if (strcmp(p->name, name) == 0 || has_word(p->aliases, name)) {
            return p;
        }
    }
    return NULL;
}

/* --- defaults ---------------------------------------------------------------------- */

static enum dj_status default_texts(const struct dj_param *param, struct dj_strs *out,
                                    struct dj_arena *arena, struct dj_error *err)
{
    const char *p = param->preset.s;
    size_t count = 0;

    *out = (struct dj_strs){ .present = p != NULL };
    if (p == NULL || *p == '\0') {
        return DJ_OK;
    }
    out->items = dj_arena_alloc(arena, (strlen(p) / 2 + 1) * sizeof(*out->items));
    while (out->items != NULL && *p != '\0') {
        const size_t len = strcspn(p, " ");
        char *copy = dj_arena_alloc(arena, len + 1);

        if (copy == NULL) {
            return dj_fail(err, DJ_NOMEM, "out of memory");
        }
        memcpy(copy, p, len);
        copy[len] = '\0';
        out->items[count++] = copy;
        p += len;
        p += strspn(p, " ");
    }
    out->count = count;
    return out->items == NULL ? dj_fail(err, DJ_NOMEM, "out of memory") : DJ_OK;
}

static enum dj_status set_default(const struct dj_param *param, void *conf,
                                  struct dj_arena *arena, struct dj_error *err)
{
    switch (param->type) {
    case DJ_PARAM_BOOL:
        *(bool *)field(param, conf) = param->preset.i != 0;
        break;
    case DJ_PARAM_INT:
    case DJ_PARAM_BYTES:
        *(int64_t *)field(param, conf) = param->preset.i;
        break;
    case DJ_PARAM_ENUM:
        *(int *)field(param, conf) = (int)param->preset.i;
        break;
    case DJ_PARAM_FLOAT:
        *(double *)field(param, conf) = param->preset.d;
        break;
    case DJ_PARAM_NUMBER:
        *(struct dj_number *)field(param, conf) = param->preset.n;
        break;
    case DJ_PARAM_TEXT:
        *(const char **)field(param, conf) = param->preset.s;
        break;
    case DJ_PARAM_TEXTS:
        return default_texts(param, field(param, conf), arena, err);
    case DJ_PARAM_ANY:
        *(const struct dj_yaml_node **)field(param, conf) = NULL;
        break;
    case DJ_PARAM_END_TYPE:
        break;
    }
    return DJ_OK;
}

enum dj_status dj_param_defaults(const struct dj_param *params, void *conf,
                                 struct dj_arena *arena, struct dj_error *err)
{
    for (const struct dj_param *p = params; p != NULL && p->name != NULL; p++) {
        if ((p->flags & DJ_PARAM_NO_EFFECT) == 0) {
            DJ_TRY(set_default(p, conf, arena, err));
        }
    }
    return DJ_OK;
}

/* --- setting ------------------------------------------------------------------------ */

static const char *shown(const struct dj_yaml_node *node)
{
    switch (node->kind) {
    case DJ_YAML_SEQUENCE:
        return "a list";
    case DJ_YAML_MAPPING:
        return "a map";
    case DJ_YAML_NULL:
        return "nothing";
    default:
        return node->text;
    }
}

static enum dj_status wrong(const struct target *t, const char *wanted)
{
    const bool scalar = t->node->kind == DJ_YAML_SCALAR;

    return dj_fail(t->err, DJ_CONFIG, "%s%s: %s%.200s%s is not %s", t->place, t->label,
                   scalar ? "\"" : "", shown(t->node), scalar ? "\"" : "", wanted);
}

static enum dj_status check_int(const struct target *t, int64_t value)
{
    const struct dj_param *p = t->param;

    if (p->min == 0 && p->max == 0) {
        return DJ_OK;
    }
    if (value < p->min) {
        return dj_fail(t->err, DJ_CONFIG, "%s%s: %lld is less than %lld", t->place,
                       t->label, (long long)value, (long long)p->min);
    }
    if (value > p->max) {
        return dj_fail(t->err, DJ_CONFIG, "%s%s: %lld is more than %lld", t->place,
                       t->label, (long long)value, (long long)p->max);
    }
    return DJ_OK;
}

static enum dj_status check_double(const struct target *t, double value)
{
    const struct dj_param *p = t->param;

    if (p->fmin == 0 && p->fmax == 0) {
        return DJ_OK;
    }
    if (isnan(value) || value < p->fmin || value > p->fmax) {
        return dj_fail(t->err, DJ_CONFIG, "%s%s: %g is not between %g and %g", t->place,
                       t->label, value, p->fmin, p->fmax);
    }
    return DJ_OK;
}

static enum dj_status set_int(const struct target *t, int64_t *out)
{
    double real;

    if (dj_yaml_as_int(t->node, out)) {
        return check_int(t, *out);
    }
    /* 1e6 and 10.0 are whole numbers to a person. */
    if (dj_yaml_as_double(t->node, &real) && real == floor(real) && fabs(real) < 9e15) {
        *out = (int64_t)real;
        return check_int(t, *out);
    }
    return wrong(t, "a whole number");
}

static enum dj_status set_number(const struct target *t, struct dj_number *out)
{
    int64_t whole;
    double real;

    if (dj_yaml_as_null(t->node)) {
        *out = DJ_NONE;
        return DJ_OK;
    }
    if (dj_yaml_as_int(t->node, &whole)) {
        *out = DJ_INT(whole);
        return check_double(t, (double)whole);
    }
    if (dj_yaml_as_double(t->node, &real)) {
        *out = DJ_FLOAT(real);
        return check_double(t, real);
    }
    return wrong(t, "a number");
}

/* "64", "64MB", "1.5 GiB": units of 1000 with B, of 1024 with iB. */
static enum dj_status set_bytes(const struct target *t, int64_t *out)
{
    static const char units[] = "kMGTP";
    const char *text = t->node->text;
    double value;
    char *end;
    const char *unit;
    double scale = 1;

    if (dj_yaml_as_int(t->node, out)) {
        return check_int(t, *out);
    }
    if (t->node->kind != DJ_YAML_SCALAR || !isdigit((unsigned char)text[0])) {
        return wrong(t, "a number of bytes, such as 67108864 or 64MiB");
    }
    value = strtod(text, &end);
    end += strspn(end, " ");
    if (*end != '\0' && *end != 'B') {
        const bool binary = end[1] == 'i';

        unit = strchr(units, *end == 'K' ? 'k' : *end);
        if (unit == NULL || strcmp(end + 1 + binary, "B") != 0) {
            return wrong(t, "a number of bytes, such as 67108864 or 64MiB");
        }
        scale = pow(binary ? 1024 : 1000, (double)(unit - units + 1));
    }
    if (value * scale > 9e18) {
        return wrong(t, "a number of bytes that fits 64 bits");
    }
    *out = (int64_t)(value * scale);
    return check_int(t, *out);
}

static enum dj_status copy_text(const struct target *t, const struct dj_yaml_node *node,
                                const char **out)
{
    const struct dj_str copy =
        dj_arena_copy(t->arena, (struct dj_str){ node->text, node->len + 1 });

    *out = copy.ptr;
    return copy.ptr == NULL ? dj_fail(t->err, DJ_NOMEM, "out of memory") : DJ_OK;
}

static enum dj_status set_text(const struct target *t, const char **out)
{
    if (dj_yaml_as_null(t->node)) {
        if ((t->param->flags & DJ_PARAM_NULLABLE) == 0) {
            return wrong(t, "a text");
        }
        *out = NULL;
        return DJ_OK;
    }
    if (t->node->kind != DJ_YAML_SCALAR) {
        return wrong(t, "a text");
    }
    return copy_text(t, t->node, out);
}

static enum dj_status set_texts(const struct target *t, struct dj_strs *out)
{
    const struct dj_yaml_node *node = t->node;
    const bool list = node->kind == DJ_YAML_SEQUENCE;
    const size_t count = list ? node->count : 1;

    if (dj_yaml_as_null(node)) {
        *out = (struct dj_strs){ .present = false };
        return DJ_OK;
    }
    if (node->kind == DJ_YAML_MAPPING) {
        return wrong(t, "a text or a list of texts");
    }
    *out = (struct dj_strs){ .present = true };
    out->items = dj_arena_alloc(t->arena, count * sizeof(*out->items));
    if (out->items == NULL) {
        return dj_fail(t->err, DJ_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        const struct dj_yaml_node *item = list ? node->items[i] : node;

        if (item->kind != DJ_YAML_SCALAR) {
            return dj_fail(t->err, DJ_CONFIG, "%s%s: item %zu is %s, not a text",
                           t->place, t->label, i + 1, shown(item));
        }
        DJ_TRY(copy_text(t, item, &out->items[i]));
    }
    out->count = count;
    return DJ_OK;
}

static enum dj_status set_enum(const struct target *t, int *out)
{
    struct dj_buf wanted;
    enum dj_status status;
    const char *text;

    for (int i = 0; t->param->choices[i] != NULL; i++) {
        if (t->node->kind == DJ_YAML_SCALAR &&
            strcmp(t->param->choices[i], t->node->text) == 0) {
            *out = i;
            return DJ_OK;
        }
    }
    dj_buf_init(&wanted);
    status = dj_buf_append(&wanted, DJ_STR("one of "));
    for (int i = 0; t->param->choices[i] != NULL && status == DJ_OK; i++) {
        status = dj_buf_printf(&wanted, "%s%s", i == 0 ? "" : ", ", t->param->choices[i]);
    }
    if (status == DJ_OK) {
        status = dj_buf_cstr(&wanted, &text);
    }
    status = status == DJ_OK ? wrong(t, text) : dj_fail(t->err, status, "out of memory");
    dj_buf_release(&wanted);
    return status;
}

enum dj_status dj_param_set(const struct dj_param *param, void *conf,
                            const struct dj_yaml_node *node, struct dj_arena *arena,
                            const char *place, const char *label, struct dj_error *err)
{
    const struct target t = { param, node, arena, place, label, err };

    switch (param->type) {
    case DJ_PARAM_BOOL:
        return dj_yaml_as_bool(node, field(param, conf)) ? DJ_OK
                                                         : wrong(&t, "true or false");
    case DJ_PARAM_INT:
        return set_int(&t, field(param, conf));
    case DJ_PARAM_BYTES:
        return set_bytes(&t, field(param, conf));
    case DJ_PARAM_ENUM:
        return set_enum(&t, field(param, conf));
    case DJ_PARAM_FLOAT:
        if (!dj_yaml_as_double(node, field(param, conf))) {
            return wrong(&t, "a number");
        }
        return check_double(&t, *(double *)field(param, conf));
    case DJ_PARAM_NUMBER:
        return set_number(&t, field(param, conf));
    case DJ_PARAM_TEXT:
        return set_text(&t, field(param, conf));
    case DJ_PARAM_TEXTS:
        return set_texts(&t, field(param, conf));
    case DJ_PARAM_ANY:
        *(const struct dj_yaml_node **)field(param, conf) = node;
        return DJ_OK;
    case DJ_PARAM_END_TYPE:
        break;
    }
    return dj_fail(err, DJ_INTERNAL, "%s%s: a parameter without type", place, label);
}

/* --- printing -------------------------------------------------------------------------
 */

static void texts_to_json(const struct dj_strs *strs, struct dj_jsonw *w)
{
    if (!strs->present) {
        dj_jsonw_null(w);
        return;
    }
    dj_jsonw_open(w, '[');
    for (size_t i = 0; i < strs->count; i++) {
        dj_jsonw_text(w, strs->items[i]);
    }
    dj_jsonw_close(w, ']');
}

enum dj_status dj_param_to_json(const struct dj_param *param, const void *conf,
                                struct dj_buf *out)
{
    const void *value = field_of(param, conf);
    const struct dj_yaml_node *node;
    const struct dj_number *number;
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 0);
    switch (param->type) {
    case DJ_PARAM_BOOL:
        dj_jsonw_bool(&w, *(const bool *)value);
        break;
    case DJ_PARAM_INT:
    case DJ_PARAM_BYTES:
        dj_jsonw_int(&w, *(const int64_t *)value);
        break;
    case DJ_PARAM_ENUM:
        dj_jsonw_text(&w, param->choices[*(const int *)value]);
        break;
    case DJ_PARAM_FLOAT:
        dj_jsonw_double(&w, *(const double *)value);
        break;
    case DJ_PARAM_NUMBER:
        number = value;
        if (number->kind == DJ_NUMBER_INT) {
            dj_jsonw_int(&w, number->i);
        } else if (number->kind == DJ_NUMBER_FLOAT) {
            dj_jsonw_double(&w, number->d);
        } else {
            dj_jsonw_null(&w);
        }
        break;
    case DJ_PARAM_TEXT:
        dj_jsonw_text(&w, *(const char *const *)value);
        break;
    case DJ_PARAM_TEXTS:
        texts_to_json(value, &w);
        break;
    case DJ_PARAM_ANY:
        node = *(const struct dj_yaml_node *const *)value;
        if (node != NULL) {
            return dj_yaml_to_json(node, out);
        }
        dj_jsonw_null(&w);
        break;
    case DJ_PARAM_END_TYPE:
        break;
    }
    return dj_jsonw_end(&w);
}

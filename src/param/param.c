/* Sets declared fields from defaults and from YAML, and says what is wrong with a value.
 */
#include "dj/param.h"

#include <math.h>
#include <stdio.h>
#include <strings.h>

#include "param/param_private.h"

/* A value of the recipe, as a message quotes it. */
enum { SHOWN = 64 };

struct setting {
    const struct dj_param *param;
    void *field;
    const struct dj_yaml_node *node;
    struct dj_arena *arena;
    const char *place;
    const char *label;
    struct dj_error *err;
};

/* --- messages --------------------------------------------------------------------- */

static void show(const struct dj_yaml_node *node, char shown[SHOWN])
{
    const char *more = node->len > 40 ? "..." : "";
    double number;
    bool truth;

    switch (node->kind) {
    case DJ_YAML_NULL:
        (void)snprintf(shown, SHOWN, "null");
        break;
    case DJ_YAML_SEQUENCE:
        (void)snprintf(shown, SHOWN, "a list");
        break;
    case DJ_YAML_MAPPING:
        (void)snprintf(shown, SHOWN, "a mapping (key: value)");
        break;
    case DJ_YAML_SCALAR:
    default:
        if (dj_yaml_as_bool(node, &truth) || dj_yaml_as_double(node, &number)) {
            (void)snprintf(shown, SHOWN, "%.40s%s", node->text, more);
        } else {
            (void)snprintf(shown, SHOWN, "\"%.40s%s\"", node->text, more);
        }
        break;
    }
}

/* "place label: VALUE what". */
static enum dj_status refuse(const struct setting *s, const char *what)
{
    char shown[SHOWN];

    show(s->node, shown);
    return dj_fail(s->err, DJ_CONFIG, "%s%s: %s %s", s->place, s->label, shown, what);
}

/* The same, with what would be right: "(whole number, at least 1, default 1000)". */
static enum dj_status refuse_and_describe(const struct setting *s, const char *what)
{
    const enum dj_status status = refuse(s, what);
    struct dj_buf right;

    dj_buf_init(&right);
    if (dj_param_describe(s->param, &right) == DJ_OK) {
        const size_t len = strlen(s->err->text);

        (void)snprintf(s->err->text + len, sizeof(s->err->text) - len, " (%.*s)",
                       (int)right.len, right.ptr);
    }
    dj_buf_release(&right);
    return status;
}

/* A value of another type; one that would do without its quotes hears that. */
static enum dj_status refuse_type(const struct setting *s, const char *what)
{
    struct dj_yaml_node plain = *s->node;
    double number;
    bool truth;

    plain.quoted = false;
    if (s->node->quoted && plain.kind == DJ_YAML_SCALAR &&
        (s->param->type == DJ_PARAM_BOOL ? dj_yaml_as_bool(&plain, &truth)
                                         : dj_yaml_as_double(&plain, &number))) {
        return dj_fail(s->err, DJ_CONFIG,
                       "%s%s: \"%s\" is in quotes, and so a text: write %s without them",
                       s->place, s->label, plain.text, plain.text);
    }
    return refuse_and_describe(s, what);
}

static enum dj_status out_of_memory(const struct setting *s)
{
    return dj_fail(s->err, DJ_NOMEM, "%s%s: out of memory", s->place, s->label);
}

/* --- types ------------------------------------------------------------------------ */

static enum dj_status set_bool(const struct setting *s)
{
    if (!dj_yaml_as_bool(s->node, s->field)) {
        return refuse_type(s, "is neither true nor false");
    }
    return DJ_OK;
}

static enum dj_status check_int_range(const struct setting *s, int64_t value)
{
    const struct dj_param *param = s->param;
    char what[80];

    if ((param->min == 0 && param->max == 0) ||
        (value >= param->min && value <= param->max)) {
        return DJ_OK;
    }
    (void)snprintf(what, sizeof(what),
                   value < param->min ? "is less than %lld" : "is more than %lld",
                   value < param->min ? (long long)param->min : (long long)param->max);
    return refuse_and_describe(s, what);
}

static enum dj_status set_int(const struct setting *s)
{
    int64_t value;
    double number;

    if (dj_yaml_as_null(s->node) && (s->param->flags & DJ_PARAM_NULLABLE) != 0) {
        *(int64_t *)s->field = s->param->min - 1;
        return DJ_OK;
    }
    if (!dj_yaml_as_int(s->node, &value)) {
        if (dj_yaml_as_double(s->node, &number) && fabs(number) > 9e18) {
            return refuse(s, "is too large: at most 9223372036854775807 is possible");
        }
        return refuse_type(s, "is not a whole number");
    }
    DJ_TRY(check_int_range(s, value));
    *(int64_t *)s->field = value;
    return DJ_OK;
}

static enum dj_status check_float_range(const struct setting *s, double value)
{
    const struct dj_param *param = s->param;
    const bool any =
        fpclassify(param->fmin) == FP_ZERO && fpclassify(param->fmax) == FP_ZERO;
    char what[80];

    if (any || (value >= param->fmin && value <= param->fmax)) {
        return DJ_OK;
    }
    if (isnan(value)) {
        return refuse(s, "is not a number");
    }
    (void)snprintf(what, sizeof(what),
                   value < param->fmin ? "is less than %g" : "is more than %g",
                   value < param->fmin ? param->fmin : param->fmax);
    return refuse_and_describe(s, what);
}

static enum dj_status set_float(const struct setting *s)
{
    double value;

    if (!dj_yaml_as_double(s->node, &value)) {
        return refuse_type(s, "is not a number");
    }
    DJ_TRY(check_float_range(s, value));
    *(double *)s->field = value;
    return DJ_OK;
}

static enum dj_status set_number(const struct setting *s)
{
    struct dj_number value = DJ_NONE;

    if (dj_yaml_as_int(s->node, &value.i)) {
        value.kind = DJ_NUMBER_INT;
        DJ_TRY(check_float_range(s, (double)value.i));
    } else if (dj_yaml_as_double(s->node, &value.d)) {
        value.kind = DJ_NUMBER_FLOAT;
        DJ_TRY(check_float_range(s, value.d));
    } else if (!dj_yaml_as_null(s->node)) {
        return refuse_type(s, "is not a number");
    }
    *(struct dj_number *)s->field = value;
    return DJ_OK;
}

static enum dj_status copy_text(const struct setting *s, const struct dj_yaml_node *node,
                                const char **text)
{
    const struct dj_str with_nul = { node->text, node->len + 1 };

    if (strlen(node->text) != node->len) {
        return refuse(s, "contains a NUL character, which is not possible here");
    }
    *text = dj_arena_copy(s->arena, with_nul).ptr;
    return *text == NULL ? out_of_memory(s) : DJ_OK;
}

static enum dj_status set_text(const struct setting *s)
{
    switch (s->node->kind) {
    case DJ_YAML_NULL:
        if ((s->param->flags & DJ_PARAM_NULLABLE) == 0) {
            return refuse(s, "is not possible: give a text");
        }
        *(const char **)s->field = NULL;
        return DJ_OK;
    case DJ_YAML_SCALAR:
        return copy_text(s, s->node, s->field);
    case DJ_YAML_SEQUENCE:
    case DJ_YAML_MAPPING:
    default:
        return refuse(s, "where one text is expected");
    }
}

static const char *next_choice(void *context, size_t index)
{
    const char *const *choices = context;

    return choices[index];
}

static enum dj_status refuse_choice(const struct setting *s)
{
    const char *const *choices = s->param->choices;
    const char *nearest = dj_nearest_name(s->node->text, next_choice, (void *)choices);
    enum dj_status status = DJ_OK;
    struct dj_buf what;
    const char *text;

    dj_buf_init(&what);
    for (size_t i = 0; choices[i] != NULL && status == DJ_OK; i++) {
        status =
            dj_buf_printf(&what, "%s%s", i == 0 ? "is not one of " : ", ", choices[i]);
    }
    if (status == DJ_OK && nearest != NULL) {
        status = dj_buf_printf(&what, "; was %s meant?", nearest);
    }
    if (status == DJ_OK) {
        status = dj_buf_cstr(&what, &text);
    }
    status = status == DJ_OK ? refuse(s, text) : out_of_memory(s);
    dj_buf_release(&what);
    return status;
}

static enum dj_status set_enum(const struct setting *s)
{
    if (s->node->kind == DJ_YAML_SCALAR) {
        for (int i = 0; s->param->choices[i] != NULL; i++) {
            if (strcmp(s->node->text, s->param->choices[i]) == 0) {
                *(int *)s->field = i;
                return DJ_OK;
            }
        }
    }
    return refuse_choice(s);
}

static enum dj_status set_texts(const struct setting *s)
{
    const bool list = s->node->kind == DJ_YAML_SEQUENCE;
    struct dj_strs value = { .present = true, .count = list ? s->node->count : 1 };

    if (s->node->kind == DJ_YAML_NULL && (s->param->flags & DJ_PARAM_NULLABLE) != 0) {
        *(struct dj_strs *)s->field = (struct dj_strs){ .present = false };
        return DJ_OK;
    }
    if (s->node->kind != DJ_YAML_SCALAR && !list) {
        return refuse(s, "where a text or a list of texts is expected");
    }
    value.items =
        dj_arena_alloc(s->arena, dj_size_mul(value.count + 1, sizeof(*value.items)));
    if (value.items == NULL) {
        return out_of_memory(s);
    }
    for (size_t i = 0; i < value.count; i++) {
        const struct dj_yaml_node *item = list ? s->node->items[i] : s->node;

        if (item->kind != DJ_YAML_SCALAR) {
            char shown[SHOWN];

            show(item, shown);
            return dj_fail(s->err, DJ_CONFIG,
                           "%s%s: entry %zu is %s where a text is expected", s->place,
                           s->label, i + 1, shown);
        }
        DJ_TRY(copy_text(s, item, &value.items[i]));
    }
    *(struct dj_strs *)s->field = value;
    return DJ_OK;
}

/* Factor of a unit; 0: unknown. */
static double unit_factor(const char *unit)
{
    static const struct {
        const char *name;
        double factor;
    } units[] = {
        { "", 1 },         { "B", 1 },        { "KB", 1e3 },     { "MB", 1e6 },
        { "GB", 1e9 },     { "TB", 1e12 },    { "KiB", 0x1p10 }, { "MiB", 0x1p20 },
        { "GiB", 0x1p30 }, { "TiB", 0x1p40 },
    };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcasecmp(unit, units[i].name) == 0) {
            return units[i].factor;
        }
    }
    return 0;
}

static enum dj_status set_bytes(const struct setting *s)
{
    const char *text = s->node->text;
    const size_t digits = strspn(text, "0123456789._");
    struct dj_yaml_node number = *s->node;
    char figure[32];
    int64_t value;
    double amount;
    double factor;

    if (dj_yaml_as_int(s->node, &value)) {
        DJ_TRY(check_int_range(s, value));
        *(int64_t *)s->field = value;
        return DJ_OK;
    }
    if (s->node->kind != DJ_YAML_SCALAR || digits == 0 || digits >= sizeof(figure)) {
        return refuse(s, "is not a size: write bytes, or a number with KB, MB, GB, KiB, "
                         "MiB or GiB");
    }
    memcpy(figure, text, digits);
    figure[digits] = '\0';
    number.text = figure;
    number.len = digits;
    number.quoted = false;
    factor = unit_factor(text + digits + strspn(text + digits, " "));
    if (factor <= 0 || !dj_yaml_as_double(&number, &amount) || amount * factor > 9e18) {
        return refuse(s, "is not a size: write bytes, or a number with KB, MB, GB, KiB, "
                         "MiB or GiB");
    }
    value = (int64_t)llround(amount * factor);
    DJ_TRY(check_int_range(s, value));
    *(int64_t *)s->field = value;
    return DJ_OK;
}

static enum dj_status set_field(const struct setting *s)
{
    switch (s->param->type) {
    case DJ_PARAM_BOOL:
        return set_bool(s);
    case DJ_PARAM_INT:
        return set_int(s);
    case DJ_PARAM_FLOAT:
        return set_float(s);
    case DJ_PARAM_NUMBER:
        return set_number(s);
    case DJ_PARAM_TEXT:
        return set_text(s);
    case DJ_PARAM_ENUM:
        return set_enum(s);
    case DJ_PARAM_TEXTS:
        return set_texts(s);
    case DJ_PARAM_BYTES:
        return set_bytes(s);
    case DJ_PARAM_ANY:
        *(const struct dj_yaml_node **)s->field = s->node;
        return DJ_OK;
    case DJ_PARAM_END_TYPE:
    default:
        return dj_fail(s->err, DJ_INTERNAL, "%s%s: has no type", s->place, s->label);
    }
}

/* --- public ----------------------------------------------------------------------- */

enum dj_status dj_param_set(const struct dj_param *param, void *conf,
                            const struct dj_yaml_node *node, struct dj_arena *arena,
                            const char *place, const char *label, struct dj_error *err)
{
    const struct setting s = {
        .param = param,
        .field = (char *)conf + param->offset,
        .node = node,
        .arena = arena,
        .place = place,
        .label = label,
        .err = err,
    };

    if ((param->flags & DJ_PARAM_NO_EFFECT) != 0) {
        return DJ_OK; /* it has no field */
    }
    DJ_TRY(set_field(&s));
    return dj_param_check_yet(param, conf, place, label, err);
}

const struct dj_param *dj_param_find(const struct dj_param *params, const char *name)
{
    if (params == NULL) {
        return NULL;
    }
    for (const struct dj_param *param = params; param->name != NULL; param++) {
        if (strcmp(param->name, name) == 0) {
            return param;
        }
    }
    for (const struct dj_param *param = params; param->name != NULL; param++) {
        if (param->aliases != NULL && dj_param_words_have(param->aliases, name)) {
            return param;
        }
    }
    return NULL;
}

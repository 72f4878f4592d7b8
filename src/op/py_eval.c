/*
 * The value of a condition for one sample, as Data-Juicer's walk over Python's tree gives
 * it: and and or give truth values; a comparison with None is false (not in: true) and
 * ends its chain; all operands of a chain are evaluated first.
 */
#include "op/py_expr_private.h"

struct eval {
    dj_py_field_fn *field;
    void *context;
    struct dj_arena *arena;
    struct dj_error *err;
};

static enum dj_status value_of(struct eval *e, const struct dj_py_expr *expr,
                               struct dj_py *value);

static struct dj_py py_bool(bool b)
{
    return (struct dj_py){ .kind = DJ_PY_BOOL, .b = b };
}

/* --- attributes -------------------------------------------------------------------- */

static bool is_one_of(struct dj_str name, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (dj_str_is(name, *words)) {
            return true;
        }
    }
    return false;
}

/* Methods of Python's types, which are values of no use. */
static bool is_method(const struct dj_py *value, struct dj_str name)
{
    static const char *const of_int[] = {
        "as_integer_ratio", "bit_count", "bit_length", "conjugate",
        "from_bytes",       "to_bytes",  NULL
    };
    static const char *const of_float[] = { "as_integer_ratio", "conjugate",
                                            "fromhex",          "hex",
                                            "is_integer",       NULL };
    static const char *const of_str[] = {
        "capitalize",   "casefold",     "center",    "count",     "encode",
        "endswith",     "expandtabs",   "find",      "format",    "format_map",
        "index",        "isalnum",      "isalpha",   "isascii",   "isdecimal",
        "isdigit",      "isidentifier", "islower",   "isnumeric", "isprintable",
        "isspace",      "istitle",      "isupper",   "join",      "ljust",
        "lower",        "lstrip",       "maketrans", "partition", "removeprefix",
        "removesuffix", "replace",      "rfind",     "rindex",    "rjust",
        "rpartition",   "rsplit",       "rstrip",    "split",     "splitlines",
        "startswith",   "strip",        "swapcase",  "title",     "translate",
        "upper",        "zfill",        NULL
    };
    static const char *const of_list[] = { "append", "clear",   "copy",   "count",
                                           "extend", "index",   "insert", "pop",
                                           "remove", "reverse", "sort",   NULL };
    static const char *const of_tuple[] = { "count", "index", NULL };
    static const char *const of_set[] = { "add",
                                          "clear",
                                          "copy",
                                          "difference",
                                          "discard",
                                          "pop",
                                          "intersection",
                                          "difference_update",
                                          "isdisjoint",
                                          "issubset",
                                          "issuperset",
                                          "intersection_update",
                                          "remove",
                                          "union",
                                          "update",
                                          "symmetric_difference",
                                          "symmetric_difference_update",
                                          NULL };
    static const char *const *const tables[] = {
        [DJ_PY_BOOL] = of_int, [DJ_PY_INT] = of_int,   [DJ_PY_FLOAT] = of_float,
        [DJ_PY_STR] = of_str,  [DJ_PY_LIST] = of_list, [DJ_PY_TUPLE] = of_tuple,
        [DJ_PY_SET] = of_set,  [DJ_PY_METHOD] = NULL,
    };
    const bool dunder = name.len > 4 && memcmp(name.ptr, "__", 2) == 0 &&
                        memcmp(name.ptr + name.len - 2, "__", 2) == 0;

    return dunder ||
           (tables[value->kind] != NULL && is_one_of(name, tables[value->kind]));
}

/* The parts of a number; false: it has none of this name. */
static bool number_part(struct dj_py *value, struct dj_str name)
{
    const bool whole = value->kind == DJ_PY_INT || value->kind == DJ_PY_BOOL;

    if (!whole && value->kind != DJ_PY_FLOAT) {
        return false;
    }
    if (value->kind == DJ_PY_BOOL) {
        *value = (struct dj_py){ .kind = DJ_PY_INT, .i = value->b };
    }
    if (dj_str_is(name, "real") || (whole && dj_str_is(name, "numerator"))) {
        return true;
    }
    if (dj_str_is(name, "imag")) {
        if (whole) {
            value->i = 0;
        } else {
            value->d = 0;
        }
        return true;
    }
    if (whole && dj_str_is(name, "denominator")) {
        value->i = 1;
        return true;
    }
    return false;
}

static void take_attribute(struct dj_py *value, struct dj_str name)
{
    const bool method = value->kind != DJ_PY_DICT && is_method(value, name);

    if (value->kind == DJ_PY_DICT) {
        size_t i = 0;

        while (i < value->count && !dj_str_equal(value->keys[i], name)) {
            i++;
        }
        *value =
            i < value->count ? value->items[i] : (struct dj_py){ .kind = DJ_PY_NONE };
    } else if (method || !number_part(value, name)) {
        *value = (struct dj_py){ .kind = method ? DJ_PY_METHOD : DJ_PY_NONE };
    }
}

static enum dj_status field_value(struct eval *e, const struct dj_py_expr *expr,
                                  struct dj_py *value)
{
    size_t used = 0;

    DJ_TRY(e->field(e->context, expr->names, expr->nnames, value, &used));
    if (used == 0) {
        *value = (struct dj_py){ .kind = DJ_PY_NONE };
        used = 1;
    }
    for (; used < expr->nnames; used++) {
        take_attribute(value, expr->names[used]);
    }
    return DJ_OK;
}

/* --- one operand ------------------------------------------------------------------- */

static enum dj_status negate(struct eval *e, const struct dj_py_expr *expr,
                             struct dj_py *value)
{
    const bool minus = expr->kind == EXPR_MINUS;

    if (value->kind == DJ_PY_BOOL) {
        *value = (struct dj_py){ .kind = DJ_PY_INT, .i = value->b };
    }
    if (value->kind == DJ_PY_FLOAT) {
        value->d = minus ? -value->d : value->d;
    } else if (value->kind == DJ_PY_INT && minus && value->i == INT64_MIN) {
        *value = (struct dj_py){ .kind = DJ_PY_FLOAT, .d = 0x1p63 };
    } else if (value->kind == DJ_PY_INT) {
        value->i = minus ? -value->i : value->i;
    } else {
        return dj_fail(e->err, DJ_OP, "column %zu: there is no %s of a value of type %s",
                       expr->column, minus ? "-" : "+", dj_py_type(value));
    }
    return DJ_OK;
}

/* --- comparisons ------------------------------------------------------------------- */

static bool apply(enum dj_expr_op op, const struct dj_py *left, const struct dj_py *right,
                  bool *result)
{
    switch (op) {
    case EXPR_EQ:
    case EXPR_NE:
        *result = dj_py_equal(left, right) == (op == EXPR_EQ);
        return true;
    case EXPR_IN:
        return dj_py_in(left, right, result);
    case EXPR_NOT_IN: {
        const bool possible = dj_py_in(left, right, result);

        *result = !*result;
        return possible;
    }
    case EXPR_LT:
        return dj_py_compare(left, DJ_PY_LT, right, result);
    case EXPR_LE:
        return dj_py_compare(left, DJ_PY_LE, right, result);
    case EXPR_GT:
        return dj_py_compare(left, DJ_PY_GT, right, result);
    case EXPR_GE:
        return dj_py_compare(left, DJ_PY_GE, right, result);
    case EXPR_IS:
    case EXPR_IS_NOT:
    default:
        return false;
    }
}

static enum dj_status compare(struct eval *e, const struct dj_py_expr *expr,
                              struct dj_py *value)
{
    static const char *const signs[] = { "<",  "<=", ">",      ">=", "==",
                                         "!=", "in", "not in", "is", "is not" };
    struct dj_py *operands =
        dj_arena_alloc(e->arena, dj_size_mul(expr->count, sizeof(*operands)));

    if (operands == NULL) {
        return dj_fail(e->err, DJ_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < expr->count; i++) {
        DJ_TRY(value_of(e, expr->items[i], &operands[i]));
    }
    for (size_t i = 0; i + 1 < expr->count; i++) {
        const struct dj_py *left = &operands[i], *right = &operands[i + 1];
        const enum dj_expr_op op = expr->ops[i];
        bool result;

        if (left->kind == DJ_PY_NONE || right->kind == DJ_PY_NONE) {
            *value = py_bool(op == EXPR_NOT_IN);
            return DJ_OK;
        }
        if (!apply(op, left, right, &result)) {
            return dj_fail(
                e->err, DJ_OP,
                "column %zu: %s is not possible between values of types %s and "
                "%s",
                expr->column, signs[op], dj_py_type(left), dj_py_type(right));
        }
        if (!result) {
            *value = py_bool(false);
            return DJ_OK;
        }
    }
    *value = py_bool(true);
    return DJ_OK;
}

/* --- all kinds --------------------------------------------------------------------- */

/* Operands behind the one that decides are not evaluated. */
static enum dj_status and_or(struct eval *e, const struct dj_py_expr *expr,
                             struct dj_py *value)
{
    const bool decides = expr->kind == EXPR_OR;

    for (size_t i = 0; i < expr->count; i++) {
        DJ_TRY(value_of(e, expr->items[i], value));
        if (dj_py_truth(value) == decides) {
            *value = py_bool(decides);
            return DJ_OK;
        }
    }
    *value = py_bool(!decides);
    return DJ_OK;
}

static enum dj_status display(struct eval *e, const struct dj_py_expr *expr,
                              struct dj_py *value)
{
    const enum dj_py_kind kind = expr->kind == EXPR_LIST    ? DJ_PY_LIST
                                 : expr->kind == EXPR_TUPLE ? DJ_PY_TUPLE
                                                            : DJ_PY_SET;

    *value = (struct dj_py){ .kind = kind };
    value->items = dj_arena_alloc(e->arena, dj_size_mul(expr->count, sizeof(*value)));
    if (value->items == NULL) {
        return dj_fail(e->err, DJ_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < expr->count; i++) {
        DJ_TRY(value_of(e, expr->items[i], &value->items[i]));
        if (kind == DJ_PY_SET && !dj_py_hashable(&value->items[i])) {
            return dj_fail(e->err, DJ_OP, "column %zu: a %s cannot be in a set",
                           expr->column, dj_py_type(&value->items[i]));
        }
    }
    value->count = expr->count;
    return DJ_OK;
}

static enum dj_status value_of(struct eval *e, const struct dj_py_expr *expr,
                               struct dj_py *value)
{
    switch (expr->kind) {
    case EXPR_CONST:
        *value = expr->value;
        return DJ_OK;
    case EXPR_FIELD:
        return field_value(e, expr, value);
    case EXPR_ATTR:
        DJ_TRY(value_of(e, expr->items[0], value));
        take_attribute(value, expr->names[0]);
        return DJ_OK;
    case EXPR_NOT:
        DJ_TRY(value_of(e, expr->items[0], value));
        *value = py_bool(!dj_py_truth(value));
        return DJ_OK;
    case EXPR_MINUS:
    case EXPR_PLUS:
        DJ_TRY(value_of(e, expr->items[0], value));
        return negate(e, expr, value);
    case EXPR_AND:
    case EXPR_OR:
        return and_or(e, expr, value);
    case EXPR_COMPARE:
        return compare(e, expr, value);
    case EXPR_LIST:
    case EXPR_TUPLE:
    case EXPR_SET:
    default:
        return display(e, expr, value);
    }
}

enum dj_status dj_py_expr_value(const struct dj_py_expr *expr, dj_py_field_fn *field,
                                void *context, struct dj_arena *arena,
                                struct dj_py *value, struct dj_error *err)
{
    struct eval e = { field, context, arena, err };

    return value_of(&e, expr, value);
}

/* Python's truth, equality, order and membership. */
#include "dj/py.h"

#include "dj/op.h"

#include <math.h>

const char *dj_py_type(const struct dj_py *value)
{
    static const char *const names[] = {
        [DJ_PY_NONE] = "NoneType", [DJ_PY_BOOL] = "bool", [DJ_PY_INT] = "int",
        [DJ_PY_FLOAT] = "float",   [DJ_PY_STR] = "str",   [DJ_PY_LIST] = "list",
        [DJ_PY_TUPLE] = "tuple",   [DJ_PY_SET] = "set",   [DJ_PY_DICT] = "dict",
        [DJ_PY_METHOD] = "method",
    };

    return names[value->kind];
}

/* Each item of a set once. */
static void drop_equal(struct dj_py *set)
{
    size_t kept = 0;

    for (size_t i = 0; i < set->count; i++) {
        size_t before = 0;

        while (before < kept && !dj_py_equal(&set->items[before], &set->items[i])) {
            before++;
        }
        if (before == kept) {
            set->items[kept++] = set->items[i];
        }
    }
    set->count = kept;
}

void dj_py_store(struct dj_py *value)
{
    switch (value->kind) {
    case DJ_PY_FLOAT:
        value->d = dj_op_stored(value->d);
        value->kind = isfinite(value->d) ? DJ_PY_FLOAT : DJ_PY_NONE;
        break;
    case DJ_PY_METHOD:
        *value = (struct dj_py){ .kind = DJ_PY_DICT };
        break;
    case DJ_PY_SET:
        drop_equal(value);
        value->kind = DJ_PY_LIST;
        break;
    case DJ_PY_TUPLE:
        value->kind = DJ_PY_LIST;
        break;
    case DJ_PY_NONE:
    case DJ_PY_BOOL:
    case DJ_PY_INT:
    case DJ_PY_STR:
    case DJ_PY_LIST:
    case DJ_PY_DICT:
    default:
        break;
    }
    if (value->kind == DJ_PY_LIST || value->kind == DJ_PY_DICT) {
        for (size_t i = 0; i < value->count; i++) {
            dj_py_store(&value->items[i]);
        }
    }
}

static bool is_number(const struct dj_py *value)
{
    return value->kind == DJ_PY_BOOL || value->kind == DJ_PY_INT ||
           value->kind == DJ_PY_FLOAT;
}

static bool is_sequence(const struct dj_py *value)
{
    return value->kind == DJ_PY_LIST || value->kind == DJ_PY_TUPLE;
}

static struct dj_number number_of(const struct dj_py *value)
{
    if (value->kind == DJ_PY_FLOAT) {
        return DJ_FLOAT(value->d);
    }
    return DJ_INT(value->kind == DJ_PY_BOOL ? value->b : value->i);
}

bool dj_py_truth(const struct dj_py *value)
{
    switch (value->kind) {
    case DJ_PY_NONE:
        return false;
    case DJ_PY_BOOL:
        return value->b;
    case DJ_PY_INT:
        return value->i != 0;
    case DJ_PY_FLOAT:
        return fpclassify(value->d) != FP_ZERO;
    case DJ_PY_STR:
        return value->s.len > 0;
    case DJ_PY_LIST:
    case DJ_PY_TUPLE:
    case DJ_PY_SET:
    case DJ_PY_DICT:
        return value->count > 0;
    case DJ_PY_METHOD:
    default:
        return true;
    }
}

/* --- equality ---------------------------------------------------------------------- */

static bool has_item(const struct dj_py *container, const struct dj_py *item)
{
    for (size_t i = 0; i < container->count; i++) {
        if (dj_py_equal(&container->items[i], item)) {
            return true;
        }
    }
    return false;
}

/* Every item of a is in b. */
static bool is_subset(const struct dj_py *a, const struct dj_py *b)
{
    for (size_t i = 0; i < a->count; i++) {
        if (!has_item(b, &a->items[i])) {
            return false;
        }
    }
    return true;
}

static bool equal_items(const struct dj_py *a, const struct dj_py *b)
{
    for (size_t i = 0; i < a->count; i++) {
        if (i >= b->count || !dj_py_equal(&a->items[i], &b->items[i])) {
            return false;
        }
    }
    return a->count == b->count;
}

static const struct dj_py *dict_get(const struct dj_py *dict, struct dj_str key)
{
    for (size_t i = 0; i < dict->count; i++) {
        if (dj_str_equal(dict->keys[i], key)) {
            return &dict->items[i];
        }
    }
    return NULL;
}

static bool equal_dicts(const struct dj_py *a, const struct dj_py *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct dj_py *other = dict_get(b, a->keys[i]);

        if (other == NULL || !dj_py_equal(&a->items[i], other)) {
            return false;
        }
    }
    return a->count == b->count;
}

bool dj_py_equal(const struct dj_py *a, const struct dj_py *b)
{
    if (is_number(a) && is_number(b)) {
        return dj_number_compare(number_of(a), number_of(b)) == 0;
    }
    if (a->kind != b->kind) {
        return false;
    }
    switch (a->kind) {
    case DJ_PY_NONE:
        return true;
    case DJ_PY_STR:
        return dj_str_equal(a->s, b->s);
    case DJ_PY_LIST:
    case DJ_PY_TUPLE:
        return equal_items(a, b);
    case DJ_PY_SET:
        return is_subset(a, b) && is_subset(b, a);
    case DJ_PY_DICT:
        return equal_dicts(a, b);
    case DJ_PY_BOOL:
    case DJ_PY_INT:
    case DJ_PY_FLOAT:
    case DJ_PY_METHOD:
    default:
        return false;
    }
}

/* --- order ------------------------------------------------------------------------- */

/* order: as dj_number_compare gives it. */
static bool in_order(int order, enum dj_py_order asked)
{
    switch (asked) {
    case DJ_PY_LT:
        return order == -1;
    case DJ_PY_LE:
        return order == -1 || order == 0;
    case DJ_PY_GT:
        return order == 1;
    case DJ_PY_GE:
    default:
        return order == 1 || order == 0;
    }
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

/* The first items that differ decide, else the lengths. */
static bool compare_items(const struct dj_py *a, enum dj_py_order order,
                          const struct dj_py *b, bool *result)
{
    size_t i = 0;

    while (i < a->count && i < b->count && dj_py_equal(&a->items[i], &b->items[i])) {
        i++;
    }
    if (i < a->count && i < b->count) {
        return dj_py_compare(&a->items[i], order, &b->items[i], result);
    }
    *result = in_order((a->count > b->count) - (a->count < b->count), order);
    return true;
}

static bool compare_sets(const struct dj_py *a, enum dj_py_order order,
                         const struct dj_py *b)
{
    const bool below = is_subset(a, b);
    const bool above = is_subset(b, a);

    switch (order) {
    case DJ_PY_LT:
        return below && !above;
    case DJ_PY_LE:
        return below;
    case DJ_PY_GT:
        return above && !below;
    case DJ_PY_GE:
    default:
        return above;
    }
}

bool dj_py_compare(const struct dj_py *a, enum dj_py_order order, const struct dj_py *b,
                   bool *result)
{
    *result = false;
    if (is_number(a) && is_number(b)) {
        *result = in_order(dj_number_compare(number_of(a), number_of(b)), order);
        return true;
    }
    if (a->kind != b->kind) {
        return false;
    }
    if (a->kind == DJ_PY_STR) { /* the order of UTF-8 bytes is that of code points */
        *result = in_order(sign(dj_str_compare(a->s, b->s)), order);
        return true;
    }
    if (is_sequence(a)) {
        return compare_items(a, order, b, result);
    }
    if (a->kind == DJ_PY_SET) {
        *result = compare_sets(a, order, b);
        return true;
    }
    return false;
}

/* --- membership -------------------------------------------------------------------- */

bool dj_py_hashable(const struct dj_py *value)
{
    if (value->kind == DJ_PY_TUPLE) {
        for (size_t i = 0; i < value->count; i++) {
            if (!dj_py_hashable(&value->items[i])) {
                return false;
            }
        }
        return true;
    }
    return value->kind != DJ_PY_LIST && value->kind != DJ_PY_SET &&
           value->kind != DJ_PY_DICT;
}

static bool has_text(struct dj_str text, struct dj_str part)
{
    return part.len == 0 || memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

bool dj_py_in(const struct dj_py *item, const struct dj_py *container, bool *result)
{
    *result = false;
    switch (container->kind) {
    case DJ_PY_STR:
        *result = item->kind == DJ_PY_STR && has_text(container->s, item->s);
        return item->kind == DJ_PY_STR;
    case DJ_PY_LIST:
    case DJ_PY_TUPLE:
        *result = has_item(container, item);
        return true;
    case DJ_PY_SET:
        *result = has_item(container, item);
        return item->kind == DJ_PY_SET || dj_py_hashable(item);
    case DJ_PY_DICT:
        *result = item->kind == DJ_PY_STR && dict_get(container, item->s) != NULL;
        return dj_py_hashable(item);
    case DJ_PY_NONE:
    case DJ_PY_BOOL:
    case DJ_PY_INT:
    case DJ_PY_FLOAT:
    case DJ_PY_METHOD:
    default:
        return false;
    }
}

/* Values of fields as keys that can be sorted anywhere. */
#include "dj/field_order.h"

enum dj_status dj_field_order_init(struct dj_field_key *key, const char *text,
                                   struct dj_error *err)
{
    *key = (struct dj_field_key){ .whole = text };
    return text == NULL || text[0] == '\0' ? DJ_OK : dj_field_key_init(key, text, err);
}

enum dj_status dj_field_order_value(const struct dj_field_key *key,
                                    const struct dj_op_call *call, struct dj_batch *batch,
                                    size_t row, struct dj_py *value)
{
    struct dj_str json;
    size_t used;

    *value = (struct dj_py){ .kind = DJ_PY_NONE };
    DJ_TRY(
        dj_batch_field(batch, row, key->parts, key->nparts, call->scratch, &json, &used));
    if (used == key->nparts) {
        return dj_py_from_json(json, call->scratch, value);
    }
    if (!call->common->skip_op_error) {
        dj_batch_reject(batch, row, "the field %s is missing", key->whole);
    }
    return DJ_OK;
}

/* --- keys -----------------------------------------------------------------------------
 */

struct dj_order_key dj_order_of_double(double value)
{
    return (struct dj_order_key){ dj_note_of_double(value), dj_note_of_int(0) };
}

struct dj_order_key dj_order_of_int(int64_t value)
{
    const double near = (double)value;
    const double above = 9223372036854775808.0; /* 2^63, which no int64_t is */

    if (near == above) {
        return (struct dj_order_key){ dj_note_of_double(near),
                                      dj_note_of_int(value - INT64_MAX - 1) };
    }
    return (struct dj_order_key){ dj_note_of_double(near),
                                  dj_note_of_int(value - (int64_t)near) };
}

/* --- numpy's mean ----------------------------------------------------------------------
 */

/* The numbers of nested lists, one behind the other. */
struct numbers {
    double *items;
    size_t count;
    bool whole; /* all of them are, so numpy sums them in parts */
};

/* Shape of the list's first elements: numpy wants the same for all. */
static bool same_shape(const struct dj_py *a, const struct dj_py *b)
{
    if (a->kind != DJ_PY_LIST || b->kind != DJ_PY_LIST) {
        return (a->kind == DJ_PY_LIST) == (b->kind == DJ_PY_LIST);
    }
    if (a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        if (!same_shape(&a->items[i], &b->items[i]) ||
            !same_shape(&a->items[0], &a->items[i])) {
            return false;
        }
    }
    return true;
}

static size_t count_leaves(const struct dj_py *value)
{
    size_t count = 0;

    if (value->kind != DJ_PY_LIST) {
        return 1;
    }
    for (size_t i = 0; i < value->count; i++) {
        count += count_leaves(&value->items[i]);
    }
    return count;
}

/* False: something is no number. */
static bool collect(const struct dj_py *value, struct numbers *numbers)
{
    switch (value->kind) {
    case DJ_PY_BOOL:
        numbers->items[numbers->count++] = value->b;
        return true;
    case DJ_PY_INT:
        numbers->items[numbers->count++] = (double)value->i;
        return true;
    case DJ_PY_FLOAT:
        numbers->items[numbers->count++] = value->d;
        numbers->whole = false;
        return true;
    case DJ_PY_LIST:
        for (size_t i = 0; i < value->count; i++) {
            if (!same_shape(&value->items[0], &value->items[i]) ||
                !collect(&value->items[i], numbers)) {
                return false;
            }
        }
        return true;
    default:
        return false;
    }
}

/* numpy adds pairwise: eight sums side by side, and halves when there are many. */
static double sum_of(const double *x, size_t n)
{
    enum { SIDE_BY_SIDE = 8, BLOCK = 128 };
    double r[SIDE_BY_SIDE];
    double sum = -0.0;
    size_t i;

    if (n < SIDE_BY_SIDE) {
        for (i = 0; i < n; i++) {
            sum += x[i];
        }
        return sum;
    }
    if (n > BLOCK) {
        const size_t half = n / 2 - n / 2 % SIDE_BY_SIDE;

        return sum_of(x, half) + sum_of(x + half, n - half);
    }
    memcpy(r, x, sizeof(r));
    for (i = SIDE_BY_SIDE; i + SIDE_BY_SIDE <= n; i += SIDE_BY_SIDE) {
        for (size_t k = 0; k < SIDE_BY_SIDE; k++) {
            r[k] += x[i + k];
        }
    }
    sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    for (; i < n; i++) {
        sum += x[i];
    }
    return sum;
}

static bool mean_of(const struct dj_py *value, double *mean)
{
    enum { AT_ONCE = 8192 }; /* whole numbers are turned into doubles in such parts */
    struct numbers numbers = { .whole = true };
    double sum = 0.0;
    bool found;

    numbers.items = dj_xcalloc(count_leaves(value) + 1, sizeof(double));
    found = collect(value, &numbers);
    if (found && numbers.whole) {
        for (size_t i = 0; i < numbers.count; i += AT_ONCE) {
            const size_t n = numbers.count - i < AT_ONCE ? numbers.count - i : AT_ONCE;

            sum += sum_of(numbers.items + i, n);
        }
    } else if (found) {
        sum = sum_of(numbers.items, numbers.count);
    }
    *mean = sum / (double)numbers.count; /* of nothing: not a number */
    dj_xfree(numbers.items);
    return found;
}

struct dj_order_key dj_order_of_stat(const struct dj_py *value, bool none_is_lowest)
{
    bool number = false;
    double d = 0;

    if (value->kind == DJ_PY_STR) {
        number = dj_py_float(value, &d, &number) && number;
    } else if (value->kind != DJ_PY_LIST || value->count > 0) {
        number = mean_of(value, &d);
    }
    return number ? dj_order_of_double(d)
                  : dj_order_of_int(none_is_lowest ? -INT64_MAX : INT64_MAX);
}

/* --- how many --------------------------------------------------------------------------
 */

double dj_number_or_0(struct dj_number number)
{
    return number.kind == DJ_NUMBER_INT     ? (double)number.i
           : number.kind == DJ_NUMBER_FLOAT ? number.d
                                            : 0.0;
}

int64_t dj_order_wanted(struct dj_number ratio, int64_t topk, int64_t count)
{
    const double share = dj_number_or_0(ratio) * (double)count;

    if (dj_number_or_0(ratio) == 0.0) {
        return topk == 0 ? -1 : topk;
    }
    return topk != 0 && (double)topk < share ? topk : (int64_t)share;
}

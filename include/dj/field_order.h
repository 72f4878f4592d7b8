/*
 * What selectors by a field have in common: its value, keys whose order is that of values
 * in Python, and how many are wanted.
 */
#ifndef DJ_FIELD_ORDER_H
#define DJ_FIELD_ORDER_H

#include "dj/field_key.h"
#include "dj/global.h"

/* As dj_field_key_init, but no key is a key too: nparts is 0 then. */
enum dj_status dj_field_order_init(struct dj_field_key *key, const char *text,
                                   struct dj_error *err) DJ_MUST_CHECK;

/*
 * The value, in the scratch arena. What is missing is null; where no sample may be lost
 * (skip_op_error false) the row is rejected.
 */
enum dj_status dj_field_order_value(const struct dj_field_key *key,
                                    const struct dj_op_call *call, struct dj_batch *batch,
                                    size_t row, struct dj_py *value) DJ_MUST_CHECK;

/*
 * Keys, of which hi is compared first, then lo. Equal numbers have equal keys, whole or
 * not, and no two others: lo is what a double has no room for.
 */
struct dj_order_key {
    uint64_t hi, lo;
};
struct dj_order_key dj_order_of_int(int64_t value);
struct dj_order_key dj_order_of_double(double value);

/*
 * Data-Juicer's number of a statistic: of a text what float() makes of it, of a list its
 * mean as numpy has it, of what is none 2^63 - 1, or the opposite of that.
 */
struct dj_order_key dj_order_of_stat(const struct dj_py *value, bool none_is_lowest);

/* The parameters that say how many, of struct type conf_: top_ratio and topk. */
#define DJ_FIELD_ORDER_HOW_MANY_(conf_, what_)                                          \
    {                                                                                   \
        .name = "top_ratio",                                                            \
        .type = DJ_PARAM_NUMBER,                                                        \
        .offset = DJ_FIELD(conf_, top_ratio, struct dj_number),                         \
        .preset.n = DJ_PRESET_NONE,                                                     \
        .fmin = 0,                                                                      \
        .fmax = 1,                                                                      \
        .flags = DJ_PARAM_NULLABLE,                                                     \
        .help = "share of the " what_ " to keep; null and 0 are no bound",              \
    },                                                                                  \
    {                                                                                   \
        .name = "topk", .type = DJ_PARAM_INT, .offset = DJ_FIELD(conf_, topk, int64_t), \
        .min = 1, .max = INT64_MAX, .flags = DJ_PARAM_NULLABLE,                         \
        .help = "number of " what_ " to keep; of both the one that keeps fewer; null "  \
                "is no bound",                                                          \
    }

/* The number as Python's code has it; DJ_NUMBER_NONE is 0. */
double dj_number_or_0(struct dj_number number);

/* int() of the lesser of ratio * count and topk; 0 is no bound; -1: there is none. */
int64_t dj_order_wanted(struct dj_number ratio, int64_t topk, int64_t count);

#endif

/*
 * Notes: records of global operators, what an operator says of a row to find out what
 * becomes of it among the rows of all ranks. Plain data, 32 bytes, moved between ranks as
 * it is.
 */
#ifndef DJ_NOTE_H
#define DJ_NOTE_H

#include "dj/mem.h"

/*
 * Records with equal hi and lo meet. They are ordered by hi, lo, value, row; row is the
 * row's place in the dataset (dj_row_id), so "first" means the same whatever the number
 * of ranks is.
 */
struct dj_note {
    uint64_t hi, lo;
    uint64_t value;
    uint64_t row;
};

/* Partition number and place among the partition's rows, derived ones included. */
static inline uint64_t dj_row_id(int64_t partition, uint64_t index)
{
    return ((uint64_t)partition << 32) | index;
}
static inline int64_t dj_row_partition(uint64_t row)
{
    return (int64_t)(row >> 32);
}
static inline uint64_t dj_row_index(uint64_t row)
{
    return row & UINT32_MAX;
}

/* Below zero, zero, above zero: a stands before, equals, stands behind b. */
int dj_note_compare(const struct dj_note *a, const struct dj_note *b);

/*
 * Doubles and signed numbers as keys whose order is that of the numbers (-0.0 equals
 * 0.0; every NaN is the last one).
 */
uint64_t dj_note_of_double(double value);
uint64_t dj_note_of_int(int64_t value);

/* Where records are put; who gives it says where they go. */
struct dj_sink {
    enum dj_status (*put)(void *context, const struct dj_note *record,
                          struct dj_error *err);
    void *context;
};

static inline enum dj_status dj_sink_put(const struct dj_sink *sink,
                                         const struct dj_note *record,
                                         struct dj_error *err)
{
    return sink->put(sink->context, record, err);
}

#endif

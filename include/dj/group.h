/*
 * Groups: samples as one sample whose fields are lists, and back. Values keep their
 * bytes.
 */
#ifndef DJ_GROUP_H
#define DJ_GROUP_H

#include "dj/mem.h"

/*
 * Appends the sample, with "\n", that has for each field of the samples the list of its
 * values, null where a sample has no such field; fields in the order in which they come
 * first. lines are JSON objects without faults, each shorter than 4 GiB and with
 * DJ_PADDING readable bytes behind it. DJ_NOMEM or DJ_OK.
 */
enum dj_status dj_group_join(const struct dj_str *lines, size_t count,
                             struct dj_buf *out) DJ_MUST_CHECK;

/* A sample of lists, and the place in them. Memory is the arena's. */
struct dj_split {
    struct dj_arena *arena;
    size_t nfields;
    struct dj_split_field *fields;
    size_t count;           /* samples that come out */
    size_t next;            /* the place of the next one */
    struct dj_str left_out; /* value of that field; ptr NULL: there is none */
};

/*
 * Begins to split a JSON object without faults. The first field says how many samples
 * there are; longer lists are cut. Fields that are null have no values, and neither has
 * left_out, nor one of Data-Juicer's own columns that is no list. DJ_OP, with the reason:
 * a field is no list, a list is shorter than the first, or there is none.
 */
enum dj_status dj_split_begin(struct dj_split *split, struct dj_str sample,
                              const char *left_out, struct dj_arena *arena,
                              struct dj_error *err) DJ_MUST_CHECK;
/* Appends the next sample, with "\n"; it must not be called more than count times. */
enum dj_status dj_split_next(struct dj_split *split, struct dj_buf *out) DJ_MUST_CHECK;

#endif

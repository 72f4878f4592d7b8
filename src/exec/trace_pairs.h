/* Duplicates for the tracer: which pairs of rows are shown of what a deduplicator found.
 */
#ifndef DJ_EXEC_TRACE_PAIRS_H
#define DJ_EXEC_TRACE_PAIRS_H

#include "exec/exec_private.h"

/* Which groups count, as in Data-Juicer. */
enum dj_pair_rule {
    DJ_PAIRS_FIRST,   /* clusters, by the first row that goes */
    DJ_PAIRS_LARGEST, /* equal rows, the largest groups first */
    DJ_PAIRS_LINES    /* common lines, the same; rows stay, and their texts are shown */
};

/* Plain data, moved between ranks. */
struct dj_pair {
    uint64_t rows[2]; /* dj_row_id, the first two of the group */
    int64_t count;    /* rows of the group that have a verdict */
};

struct dj_pairs {
    struct dj_exec *exec;
    size_t op;
    enum dj_pair_rule rule;
    struct dj_buf list;     /* struct dj_pair */
    struct dj_buf verdicts; /* int64_t: notes in the file of each number */
};

static inline size_t dj_pairs_count(const struct dj_pairs *pairs)
{
    return pairs->list.len / sizeof(struct dj_pair);
}

/* --- trace_groups.c --- */

/* Collective. The pairs that count, the same on all ranks. */
enum dj_status dj_pairs_find(struct dj_pairs *pairs, struct dj_error *err) DJ_MUST_CHECK;

#endif

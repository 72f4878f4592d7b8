/*
 * Global operators: deduplicators, selectors, groupers. Like any operator they see
 * batches and know no rank. process() looks at the live rows and notes records of them
 * (dj_batch_note), and changes nothing; the executor brings the records of all ranks
 * together, shows them to the operator's meet functions, and hands the verdicts that
 * come out to apply(), row by row.
 */
#ifndef DJ_GLOBAL_H
#define DJ_GLOBAL_H

#include "dj/exchange.h"
#include "dj/op.h"

/* One record on its way past a meet function. */
struct dj_met {
    struct dj_note record;
    bool first;    /* with this key on this rank; never set twice for a key */
    int64_t index; /* DJ_MEET_IN_ORDER: place among all records, from 0 */
    int64_t total; /* records of all ranks in this round */
    int64_t rows;  /* live rows of the dataset before the operator */
};

/*
 * One round: the records that were noted (or that the round before put out) meet, and
 * meet() sees this rank's in order, one at a time, then once a record of NULL for the
 * end. It may keep in state what is bounded whatever the data are. What it puts out are
 * the next round's records, behind the last round: verdicts.
 */
struct dj_round {
    enum dj_meeting how;
    enum dj_status (*meet)(const struct dj_op_call *call, void *state,
                           const struct dj_met *met, const struct dj_sink *out);
};

/* What verdicts are. */
enum dj_verdicts {
    DJ_VERDICT_ROWS,  /* record.row: given to apply() with the row. A deduplicator's
                         verdict has the row that is kept in lo, and 0 in hi, for the
                         tracer */
    DJ_VERDICT_EDGES, /* clusters of rows (dj/exchange.h); all but a cluster's root get
                         a verdict */
    DJ_VERDICT_ORDER, /* record.row is kept, at place record.value (any order-keeping
                         numbers); rows without one are dropped. The dataset has another
                         order from here on */
    DJ_VERDICT_GROUPS /* record.row belongs to the group record.value; groups have the
                         order of these numbers, and record.hi is 1 in one of a group's
                         verdicts, else 0. A group becomes one row (dj/group.h), its rows
                         in their order */
};

enum { DJ_GLOBAL_ROUNDS = 3 };

struct dj_global {
    enum dj_verdicts verdicts;
    bool repeats;        /* DJ_VERDICT_ORDER: a row may get several places */
    const char *records; /* what is noted of a sample and passed on, for the manual */
    size_t state_size;   /* bytes of zeroed state for each round's meet() */
    void (*state_release)(void *state);       /* or NULL */
    struct dj_round rounds[DJ_GLOBAL_ROUNDS]; /* ended by one without meet */
    /*
     * DJ_VERDICT_ROWS: what the verdicts do to a row, all of the row at once, in order;
     * NULL: the row is dropped.
     */
    enum dj_status (*apply)(const struct dj_op_call *call, struct dj_batch *batch,
                            size_t row, const struct dj_note *verdicts, size_t count);
};

#endif

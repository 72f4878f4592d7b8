/*
 * What is known of a partition before a rank works on it: the layers of the newest set
 * or those of the stage before, and the verdicts of the global operator that ended
 * that stage.
 */
#ifndef DJ_EXEC_STATE_H
#define DJ_EXEC_STATE_H

#include "dj/chain.h"
#include "dj/dataset.h"
#include "dj/layer.h"
#include "dj/note.h"

/* Verdicts of one partition, as they lie in a file of the stage before. */
struct dj_verdict_extent {
    int64_t partition;
    int64_t file;  /* number of the rank that wrote it */
    int64_t first; /* in struct dj_note */
    int64_t count;
    uint64_t digest; /* XXH3-64 of the bytes */
};

/* The partition that a rank brings up. */
struct dj_state {
    size_t found;   /* where the last one was found among those of the wave */
    size_t op_end;  /* operators that are done */
    int64_t live;   /* rows that are live after them */
    bool from_set;  /* the layers are the store's: its chain goes on */
    bool base_owed; /* the store has no chain yet that the next layer can follow */
    struct dj_layers *layers;
    struct dj_buf bytes; /* of the layers, one behind the other */
    size_t *ends;        /* [count] in bytes */
    size_t count, cap;
    struct dj_op_tally *tally; /* of operators [0, op_end) */
    bool pending;              /* the verdicts are still to be applied */
    struct dj_buf verdicts;    /* struct dj_note, by row */
};

#endif

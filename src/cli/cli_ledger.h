/*
 * What became of samples, from the events alone: the newest figures of each operator on
 * each partition, so that what was done twice counts once.
 */
#ifndef DJ_CLI_LEDGER_H
#define DJ_CLI_LEDGER_H

#include "dj/event_log.h"
#include "dj/job.h"
#include "dj/json.h"

enum dj_ledger_state {
    DJ_LEDGER_NONE,
    DJ_LEDGER_AT_WORK, /* started, and no end is known */
    DJ_LEDGER_WAITS,   /* failed, and is tried again */
    DJ_LEDGER_DONE,
    DJ_LEDGER_FAILED,
};

/* Samples of an operator on a partition. */
struct dj_ledger_rows {
    int32_t in, out, dropped, rejected, derived;
};

struct dj_ledger_part {
    enum dj_ledger_state state;
    int64_t attempt, rank;      /* that it was started by */
    int64_t micros;             /* and when, since 1970 */
    int64_t read;               /* samples when it was done first; -1: never */
    int64_t taken, kept;        /* when it was done last */
    int file;                   /* of its samples, plus one, in a list of the reader's */
    int first, end;             /* operators that were done since it was started */
    struct dj_ledger_rows *ops; /* [most]; in -1: not known; NULL: none is known */
};

struct dj_ledger_op {
    char *name;
    double seconds, bytes; /* of all that was done, also twice */
    bool global;           /* it compares rows of all ranks */
    /* After dj_ledger_sum: */
    int64_t in, out, dropped, rejected, derived;
};

struct dj_ledger {
    int nops; /* of the recipe as it is now */
    int most; /* of all recipes that the job had: a shorter one may become longer again */
    struct dj_ledger_op *ops;
    int64_t source_partitions; /* that the input was cut into; 0: not known */
    int64_t last_partitions;   /* that the last operators worked on */
    int64_t highest;           /* number of the last partition that is known; -1: none */
    size_t npages;
    struct dj_ledger_part **pages;
    /* After dj_ledger_sum: */
    int64_t read, kept, filtered, deduplicated, rejected, at_load, derived;
    int64_t done, failed, at_work;
};

void dj_ledger_release(struct dj_ledger *ledger);
/* A run begins with so many operators on so many partitions. False: too many. */
bool dj_ledger_begin(struct dj_ledger *ledger, int64_t nops, int64_t partitions);
/* NULL: no partition has such a number. */
struct dj_ledger_part *dj_ledger_part(struct dj_ledger *ledger, int64_t id);
void dj_ledger_start(struct dj_ledger_part *part, const struct dj_event_view *view);
/* False: there is no such operator, or figures that cannot be. */
bool dj_ledger_op(struct dj_ledger *ledger, struct dj_ledger_part *part, int64_t op,
                  const char *name, const struct dj_json *event);
/* An info event; those of comparisons tell which operators compare. */
void dj_ledger_info(struct dj_ledger *ledger, const struct dj_json *event);
void dj_ledger_done(struct dj_ledger_part *part, int64_t taken, int64_t kept);
/*
 * Adds up. What an operator that compares rows of all ranks has dropped is known by what
 * the next one was given: with ended, which says that all partitions are through.
 */
void dj_ledger_sum(struct dj_ledger *ledger, bool ended);

#endif

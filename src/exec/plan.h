/*
 * The plan: a recipe is cut into stages behind its global operators, which need the rows
 * of all ranks, and where rows have to be written in another order or as other rows;
 * each stage is cut into parts by the checkpoint strategy. A checkpoint set may follow
 * each part.
 */
#ifndef DJ_EXEC_PLAN_H
#define DJ_EXEC_PLAN_H

#include "dj/config.h"

/*
 * Operators [begin, end). A stage ends in one of three ways. With a global operator: it
 * notes records, and the next stage begins with the verdicts. With rows: they are written
 * as a dataset of their own, in their new order, which the next stages read. The last one
 * writes the export.
 */
struct dj_stage {
    size_t number; /* from 0 */
    size_t begin, end;
    size_t source; /* operators that were done when the rows it reads were written */
    bool global;   /* it ends with a global operator */
    bool rows;     /* its rows become a dataset */
    bool last;
    bool ordered;  /* verdicts say the places of the rows that it writes */
    bool joins;    /* and rows with the same place become one */
    bool splits;   /* its last operator makes many rows of one while they are written */
    size_t maker;  /* with rows: the operator that wants them, for messages */
    size_t nparts; /* at least 1 */
    size_t *ends;  /* [nparts] operators that are done after each part; the last: end */
};

struct dj_plan {
    bool sets;      /* checkpoint sets are written */
    bool automatic; /* when, follows from their cost */
    bool ordered;   /* the last stage puts its samples in another order */
    size_t nstages; /* at least 1 */
    struct dj_stage *stages;
};

/*
 * DJ_CONFIG when checkpoint.op_names has a name that is not in the recipe, or none
 * where the strategy is manual. plan is good for dj_plan_release in any case.
 */
enum dj_status dj_plan_make(const struct dj_config_doc *doc, struct dj_plan *plan,
                            struct dj_error *err) DJ_MUST_CHECK;
void dj_plan_release(struct dj_plan *plan);

#endif

/*
 * The plan: a recipe is cut into stages behind its global operators, which need the rows
 * of all ranks, and each stage into parts by the checkpoint strategy. A checkpoint set
 * may follow each part.
 */
#ifndef DJ_EXEC_PLAN_H
#define DJ_EXEC_PLAN_H

#include "dj/config.h"

/*
 * Operators [begin, end). The last operator of a stage that is not the last one is
 * global: the stage notes its records, the next one begins with its verdicts.
 */
struct dj_stage {
    size_t number; /* from 0 */
    size_t begin, end;
    bool last;
    size_t nparts; /* at least 1 */
    size_t *ends;  /* [nparts] operators that are done after each part; the last: end */
};

struct dj_plan {
    bool sets;      /* checkpoint sets are written */
    bool automatic; /* when, follows from their cost */
    bool ordered;   /* the last global operator puts the samples in another order */
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

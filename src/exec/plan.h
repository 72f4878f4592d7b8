/*
 * The plan: into which parts the operators of a recipe are cut by the checkpoint
 * strategy. A checkpoint set may follow each part.
 */
#ifndef DJ_EXEC_PLAN_H
#define DJ_EXEC_PLAN_H

#include "dj/config.h"

struct dj_plan {
    bool sets;      /* checkpoint sets are written */
    bool automatic; /* when, follows from their cost */
    size_t nparts;  /* at least 1 */
    size_t *ends;   /* [nparts] operators that are done after each part; the last: all */
};

/*
 * DJ_CONFIG when checkpoint.op_names has a name that is not in the recipe, or none
 * where the strategy is manual. plan is good for dj_plan_release in any case.
 */
enum dj_status dj_plan_make(const struct dj_config_doc *doc, struct dj_plan *plan,
                            struct dj_error *err) DJ_MUST_CHECK;
void dj_plan_release(struct dj_plan *plan);

/* The first operator of a part. */
static inline size_t dj_plan_begin(const struct dj_plan *plan, size_t part)
{
    return part == 0 ? 0 : plan->ends[part - 1];
}

#endif

/* One operator, opened as a recipe of its own, for tests that run samples through. */
#ifndef DJ_TEST_OP_RUN_H
#define DJ_TEST_OP_RUN_H

#include "dj/chain.h"
#include "support/global_run.h"

struct dj_op_run {
    struct dj_recipe recipe;
    struct dj_recipe_op op;
    struct dj_arena *arena;
    struct dj_chain *chain;
    struct dj_batch *batch;
    size_t *stats; /* columns of the operator's statistics */
    struct dj_op_tally tally;
    size_t *order;         /* rows that are left, in their order; one may come twice */
    size_t left;           /* how many */
    struct dj_notes notes; /* of a global operator, in the order of rows */
    void *state;           /* of a global operator, for its rounds */
    bool open;
};

/*
 * params is a mapping of the operator's and common parameters, or NULL; origin is for
 * messages. The text key of the recipe is the operator's, else "text".
 */
enum dj_status dj_op_run_open(struct dj_op_run *run, const struct dj_op *op,
                              const struct dj_yaml_node *params, const char *origin,
                              bool skip_op_error, struct dj_error *err) DJ_MUST_CHECK;
void dj_op_run_close(struct dj_op_run *run); /* also after a failed open */

/*
 * Runs the operator on a batch of these lines (with DJ_PADDING bytes behind each);
 * afterwards run->batch tells what became of them. The place in the list is the row. A
 * global operator has its rounds too, and notes the same when rows come one by one. After
 * a grouper the batch has the rows that it made, and as dropped those that are in others.
 */
enum dj_status dj_op_run_lines(struct dj_op_run *run, const struct dj_str *lines,
                               size_t count, struct dj_error *err) DJ_MUST_CHECK;

#endif

/*
 * The opened operators of a recipe. A rank opens one chain for a job and runs its
 * batches through it.
 */
#ifndef DJ_CHAIN_H
#define DJ_CHAIN_H

#include "dj/recipe.h"
#include "dj/sample.h"

/*
 * What one operator did, added up over batches: rows_in + derived = rows_out + dropped +
 * rejected.
 */
struct dj_op_tally {
    int64_t rows_in;
    int64_t rows_out;
    int64_t dropped;
    int64_t rejected;
    int64_t derived;  /* n - 1 for a row of which n were made, also -1 */
    int64_t bytes_in; /* of the lines as read of the rows that came in, each once */
    double seconds;
};

struct dj_chain;

/*
 * Opens all operators. text_keys are the recipe's (at least one); recipe is
 * borrowed. Messages name the operator and its place in the recipe.
 */
enum dj_status dj_chain_open(const struct dj_recipe *recipe,
                             const struct dj_strs *text_keys, const char *recipe_name,
                             struct dj_chain **chain, struct dj_error *err) DJ_MUST_CHECK;
void dj_chain_close(struct dj_chain *chain);

/* For each operator a hash of what it read from files (0: nothing); borrowed. */
const uint64_t *dj_chain_data(const struct dj_chain *chain);

/* Layout for batches of this chain; borrowed until it is closed. */
const struct dj_batch_layout *dj_chain_layout(const struct dj_chain *chain);

/* Whether an operator has statistics. */
bool dj_chain_measures(const struct dj_chain *chain);

/*
 * From now on rows without a text are good: those that were written behind other
 * operators may have lists there. Whoever reads a text still rejects rows without it.
 */
void dj_chain_require_nothing(struct dj_chain *chain);

/*
 * The columns (indexes into the layout's stats) that a layer of operators [first, end)
 * has to tell: those that they compute and, when one of them makes rows, those that
 * operators before them compute. Each once; columns has room for layout->nstats. Returns
 * how many.
 */
size_t dj_chain_stats(const struct dj_chain *chain, size_t first, size_t end,
                      size_t *columns);

/*
 * Runs operators [first, end) over the batch and adds to tally[op]. An operator
 * that fails for a batch is undone and run row by row, so that one bad sample
 * costs one sample (parts of the batch are tried, so that few calls find it). With
 * skip_op_error false, and when memory ran out, the failure is returned instead, with
 * the source line in its text; the batch is then good for dj_batch_reset only.
 */
enum dj_status dj_chain_run(struct dj_chain *chain, size_t first, size_t end,
                            struct dj_batch *batch, struct dj_op_tally *tally,
                            struct dj_error *err) DJ_MUST_CHECK;

/* One round of a global operator on this rank, with the state of its meet function. */
struct dj_chain_meet;
struct dj_round;
struct dj_met;
struct dj_chain_meet *dj_chain_meet_new(struct dj_chain *chain, size_t op,
                                        const struct dj_round *round);
void dj_chain_meet_free(struct dj_chain_meet *meet);
/* met NULL: this rank's records are over. */
enum dj_status dj_chain_meet(struct dj_chain_meet *meet, const struct dj_met *met,
                             const struct dj_sink *out,
                             struct dj_error *err) DJ_MUST_CHECK;

/*
 * What global operator op does to a row for which there are verdicts (dj/global.h): its
 * apply(), else the row is dropped. Takes the row from rows_out of the tally, which has
 * counted it when its notes were made.
 */
enum dj_status dj_chain_verdict(struct dj_chain *chain, size_t op, struct dj_batch *batch,
                                size_t row, const struct dj_note *verdicts, size_t count,
                                struct dj_op_tally *tally,
                                struct dj_error *err) DJ_MUST_CHECK;

#endif

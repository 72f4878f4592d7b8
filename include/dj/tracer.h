/*
 * The tracer: what operators do to samples, for a person to look at. A mapper leaves the
 * text before and after, a filter the sample that it drops, one line for each:
 *
 *   {"trace": 2, "entry": {"id": 7, "original_text": "a  b", "processed_text": "a b"}}
 *
 * 2 is the operator's place in the recipe. Global operators leave nothing here.
 */
#ifndef DJ_TRACER_H
#define DJ_TRACER_H

#include "dj/chain.h"

struct dj_tracer;

/*
 * most: entries of one operator in one partition. keys: fields of the sample before a
 * mapper, which its entries begin with; borrowed.
 */
struct dj_tracer *dj_tracer_new(size_t nops, int64_t most, const struct dj_strs *keys);
void dj_tracer_free(struct dj_tracer *tracer);

/* A chain that has a tracer shows it all batches. Borrowed; NULL: none. */
void dj_chain_trace(struct dj_chain *chain, struct dj_tracer *tracer);

/* Before the first batch of a partition: forgets all. wanted: of each operator. */
void dj_tracer_begin(struct dj_tracer *tracer, const bool *wanted);
/* Since then, in the order of the batches; borrowed until the next one. */
struct dj_str dj_tracer_lines(const struct dj_tracer *tracer);

/* Takes a line off the front of some; false at their end, or where there is none. */
bool dj_tracer_next(struct dj_str *lines, size_t *op, struct dj_str *entry);

#endif

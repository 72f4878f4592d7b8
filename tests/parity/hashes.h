/* The hashes that Data-Juicer recorded of every row, for deduplicators. */
#ifndef DJ_PARITY_HASHES_H
#define DJ_PARITY_HASHES_H

#include "support/op_run.h"
#include "support/value.h"

/*
 * Compares with what the operator noted of the row (or, where records do not show the
 * hash, with one that is made anew); arena is for what is in between. NULL when they are
 * the same, else what differs.
 */
const char *dj_hashes_differ(const struct dj_op_run *run, size_t row,
                             const struct dj_value *recorded);

#endif

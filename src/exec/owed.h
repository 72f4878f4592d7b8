/*
 * Layers that are put off until a set is written, see owed.c.
 */
#ifndef DJ_EXEC_OWED_H
#define DJ_EXEC_OWED_H

#include "exec/exec_private.h"

/* A layer that is begun now may wait until a set is written. */
bool dj_owed_allows(const struct dj_exec *exec);
/* The partition is finished, without its layer. */
enum dj_status dj_owed_add(struct dj_exec *exec, const struct dj_partition *partition,
                           struct dj_error *err) DJ_MUST_CHECK;
/* Local. Before a set: the layers that were put off. One that fails is a warning. */
void dj_owed_pay(struct dj_exec *exec);

#endif

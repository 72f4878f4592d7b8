/* The table of operators, generated from the file names in src/ops. */
#ifndef DJ_OP_TABLE_H
#define DJ_OP_TABLE_H

#include "dj/op.h"

/* Sorted by name, ended by NULL. */
extern const struct dj_op *const dj_op_table[];

/* Puts an operator of a library, whose name is new, into its place among the others. */
void dj_op_table_add(const struct dj_op *op);

#endif

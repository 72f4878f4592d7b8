/* The table of operators, generated from the file names in src/ops. */
#ifndef DJ_OP_TABLE_H
#define DJ_OP_TABLE_H

#include "dj/op.h"

/* Sorted by name, ended by NULL. */
extern const struct dj_op *const dj_op_table[];

#endif

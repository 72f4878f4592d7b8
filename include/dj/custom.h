/*
 * Operators from shared libraries (dj/op_library.h), which stand in the table of
 * operators from when they are loaded until the process ends.
 */
#ifndef DJ_CUSTOM_H
#define DJ_CUSTOM_H

#include "dj/op.h"

/*
 * Adds the operators of a library, or of all *.so in a folder, in the order of their
 * names; a file that was loaded before is not loaded again. After a failure (DJ_CONFIG)
 * the table has nothing of the library that is at fault.
 */
enum dj_status dj_custom_load(const char *path, struct dj_error *err) DJ_MUST_CHECK;

/* A hash of the bytes of the library that has the operator; 0: the program has it. */
uint64_t dj_custom_digest(const struct dj_op *op);
/* The library's path; NULL: the program has the operator. */
const char *dj_custom_path(const struct dj_op *op);

/* Whether a descriptor keeps the contract as far as one can tell by looking at it. */
enum dj_status dj_custom_check(const struct dj_op *op,
                               struct dj_error *err) DJ_MUST_CHECK;

#endif

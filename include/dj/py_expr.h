/*
 * Conditions: the Python expressions that Data-Juicer's general_field_filter takes. They
 * are parsed and evaluated here, by nothing else.
 *
 * or, and, not, comparisons (also in a chain), in, not in, is, is not, names, attributes,
 * + and - before a value, texts, numbers, True, False, None, and displays of lists,
 * tuples and sets. Names are fields of the sample, attributes are members of objects.
 */
#ifndef DJ_PY_EXPR_H
#define DJ_PY_EXPR_H

#include "dj/py.h"

enum { DJ_PY_EXPR_LENGTH = 64 << 10, DJ_PY_EXPR_DEPTH = 100 };

struct dj_py_expr;

/* The expression lives in the arena. Failures name the column, from 1. */
enum dj_status dj_py_expr_parse(struct dj_str text, struct dj_arena *arena,
                                const struct dj_py_expr **expr,
                                struct dj_error *err) DJ_MUST_CHECK;

/*
 * Gives the value of a field: path are the names of a chain a.b.c. *used of them, as many
 * as possible, lead to *value; the first of them alone counts when it is missing (0).
 */
typedef enum dj_status dj_py_field_fn(void *context, const struct dj_str *path,
                                      size_t count, struct dj_py *value, size_t *used);

/*
 * DJ_OP where Python raises, with what and where in *err (which has to be given),
 * DJ_NOMEM, or what the field function returned. Values live in the arena.
 */
enum dj_status dj_py_expr_value(const struct dj_py_expr *expr, dj_py_field_fn *field,
                                void *context, struct dj_arena *arena,
                                struct dj_py *value, struct dj_error *err) DJ_MUST_CHECK;

#endif

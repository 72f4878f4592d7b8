/*
 * Values as Python has them, where Data-Juicer compares fields of a sample: what json
 * or yaml makes of a text, with Python's equality, order, truth and float().
 */
#ifndef DJ_PY_H
#define DJ_PY_H

#include "dj/param.h"

enum dj_py_kind {
    DJ_PY_NONE,
    DJ_PY_BOOL,
    DJ_PY_INT,
    DJ_PY_FLOAT,
    DJ_PY_STR,
    DJ_PY_LIST,
    DJ_PY_TUPLE,
    DJ_PY_SET, /* may have equal items; that changes nothing that is asked of it */
    DJ_PY_DICT,
    DJ_PY_METHOD, /* what text.upper or the like is: something, and nothing to use */
};

/* Memory is the arena's that it was made in. */
struct dj_py {
    enum dj_py_kind kind;
    union {
        bool b;
        int64_t i;
        double d;
        struct dj_str s;
        struct {
            size_t count;
            struct dj_py *items; /* of a dict: the values */
            struct dj_str *keys; /* of a dict */
        };
    };
};

const char *dj_py_type(const struct dj_py *value); /* "int", "NoneType", ... */

/* json is valid; a whole number beyond 64 bits becomes a float. DJ_NOMEM or DJ_OK. */
enum dj_status dj_py_from_json(struct dj_str json, struct dj_arena *arena,
                               struct dj_py *value) DJ_MUST_CHECK;
enum dj_status dj_py_from_yaml(const struct dj_yaml_node *node, struct dj_arena *arena,
                               struct dj_py *value) DJ_MUST_CHECK;

/* Sets become lists. A method has no JSON: null is written. */
enum dj_status dj_py_to_json(const struct dj_py *value, struct dj_buf *out) DJ_MUST_CHECK;

/*
 * The value as a statistic of Data-Juicer keeps it: numbers as dj_op_stored has them,
 * none where JSON has no such number, lists for tuples and sets, nothing of a method.
 */
void dj_py_store(struct dj_py *value);

bool dj_py_truth(const struct dj_py *value);
bool dj_py_equal(const struct dj_py *a, const struct dj_py *b);

/* The rest is false where Python raises TypeError. */

enum dj_py_order { DJ_PY_LT, DJ_PY_LE, DJ_PY_GT, DJ_PY_GE };
bool dj_py_compare(const struct dj_py *a, enum dj_py_order order, const struct dj_py *b,
                   bool *result);

/* item in container */
bool dj_py_in(const struct dj_py *item, const struct dj_py *container, bool *result);

/* Whether hash() takes it, so that it can be in a set. */
bool dj_py_hashable(const struct dj_py *value);

/* float(value); *number is false where Python raises ValueError. */
bool dj_py_float(const struct dj_py *value, double *result, bool *number);

/* float() and int() of a text; false where Python raises, or beyond 64 bits. */
bool dj_py_float_text(struct dj_str text, double *result);
bool dj_py_int_text(struct dj_str text, int64_t *result);

#endif

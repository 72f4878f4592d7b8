/* The ordered operators of a recipe with their checked parameters. */
#ifndef DJ_RECIPE_H
#define DJ_RECIPE_H

#include "dj/op.h"

struct dj_recipe_op {
    const struct dj_op *op;
    void *conf; /* op->conf_size bytes, or NULL */
    struct dj_op_common common;
    int line, column; /* in the recipe file */
    const char *args; /* the parameters as written, JSON on one line */
    uint64_t hash;    /* of name, version and all effective parameters */
};

/* Memory belongs to the configuration that the recipe was read with. */
struct dj_recipe {
    size_t count;
    struct dj_recipe_op *ops;
    bool keep_hashes; /* samples keep the hashes of deduplicators */
    uint64_t hash;    /* of names, versions and all effective parameters, in order */
};

#endif

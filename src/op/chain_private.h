/* The inside of a chain, for chain.c and chain_global.c. */
#ifndef DJ_CHAIN_PRIVATE_H
#define DJ_CHAIN_PRIVATE_H

#include "dj/chain.h"

struct link {
    const struct dj_recipe_op *op;
    int index; /* in the recipe */
    void *state;
    bool open;
    size_t text;   /* its text key, in the layout */
    size_t *stats; /* columns of its statistics */
};

struct dj_chain {
    const char *recipe_name;
    size_t count;
    struct link *links;
    struct dj_arena *scratch;
    struct dj_batch_layout layout;
    const char **texts;
    const char **stats;
    uint64_t *data;
};

struct dj_op_call dj_chain_call(const struct dj_chain *chain, const struct link *link,
                                struct dj_error *err);

#endif

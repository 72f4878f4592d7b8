/* Private to the chain: its operators as they are opened and run. */
#ifndef DJ_CHAIN_PRIVATE_H
#define DJ_CHAIN_PRIVATE_H

#include "dj/chain.h"
#include "dj/tracer.h"

#define NO_HASH SIZE_MAX

struct link {
    const struct dj_recipe_op *op;
    int index; /* in the recipe */
    void *state;
    bool open;
    size_t text;   /* its text key, in the layout */
    size_t *stats; /* columns of its statistics */
    size_t hash;   /* column of its hash; NO_HASH: none, or not to be kept */
};

struct dj_chain {
    const char *recipe_name;
    size_t count;
    bool keep_hashes;
    struct link *links;
    uint64_t *data; /* of each link, what it read from files */
    struct dj_arena *scratch;
    struct dj_batch_layout layout;
    const char **texts;
    const char **stats;
    struct dj_tracer *tracer; /* or NULL */
};

/* --- tracer.c: around a call of an operator, where the chain has a tracer --- */

enum dj_status dj_tracer_before(struct dj_chain *chain, const struct link *link,
                                struct dj_batch *batch,
                                struct dj_error *err) DJ_MUST_CHECK;
/* Copies have no place among the rows yet. */
enum dj_status dj_tracer_after(struct dj_chain *chain, const struct link *link,
                               const struct dj_batch *batch,
                               struct dj_error *err) DJ_MUST_CHECK;

static inline struct dj_op_call
dj_link_call(const struct dj_chain *chain, const struct link *link, struct dj_error *err)
{
    return (struct dj_op_call){
        .conf = link->op->conf,
        .common = &link->op->common,
        .text_key = chain->layout.texts[link->text],
        .state = link->state,
        .scratch = chain->scratch,
        .err = err,
    };
}

static inline bool dj_link_reads_text(const struct link *link)
{
    return (link->op->op->flags & (DJ_OP_NO_TEXT | DJ_OP_SETS_TEXT)) == 0;
}

static inline bool dj_link_makes_rows(const struct link *link)
{
    return (link->op->op->flags & DJ_OP_MAKES_ROWS) != 0;
}

#endif

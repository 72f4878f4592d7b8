/* Global operators of a chain: their rounds, and what verdicts do to rows. */
#include "dj/global.h"
#include "op/chain_private.h"

struct dj_chain_meet {
    struct dj_chain *chain;
    const struct link *link;
    const struct dj_round *round;
    void *state;
};

struct dj_chain_meet *dj_chain_meet_new(struct dj_chain *chain, size_t op,
                                        const struct dj_round *round)
{
    struct dj_chain_meet *meet = dj_xmalloc(sizeof(*meet));

    meet->chain = chain;
    meet->link = &chain->links[op];
    meet->round = round;
    meet->state = dj_xcalloc(1, meet->link->op->op->global->state_size + 1);
    return meet;
}

void dj_chain_meet_free(struct dj_chain_meet *meet)
{
    const struct dj_global *global = meet->link->op->op->global;

    if (global->state_release != NULL) {
        global->state_release(meet->state);
    }
    dj_xfree(meet->state);
    dj_xfree(meet);
}

enum dj_status dj_chain_meet(struct dj_chain_meet *meet, const struct dj_met *met,
                             const struct dj_sink *out, struct dj_error *err)
{
    const struct dj_op_call call = dj_link_call(meet->chain, meet->link, err);
    const enum dj_status status = meet->round->meet(&call, meet->state, met, out);

    dj_arena_reset(meet->chain->scratch);
    return status;
}

enum dj_status dj_chain_verdict(struct dj_chain *chain, size_t op, struct dj_batch *batch,
                                size_t row, const struct dj_note *verdicts, size_t count,
                                struct dj_op_tally *tally, struct dj_error *err)
{
    const struct link *link = &chain->links[op];
    const struct dj_global *global = link->op->op->global;
    enum dj_status status = DJ_OK;

    if (!dj_batch_live(batch, row)) {
        return DJ_OK;
    }
    dj_batch_select(batch, link->index, link->text, link->stats);
    if (global->apply == NULL) {
        dj_batch_drop(batch, row);
    } else {
        const struct dj_op_call call = dj_link_call(chain, link, err);

        status = global->apply(&call, batch, row, verdicts, count);
        dj_arena_reset(chain->scratch);
    }
    if (status == DJ_OK && !dj_batch_live(batch, row)) {
        tally->rows_out--;
        if (dj_batch_state(batch, row) == DJ_ROW_REJECTED) {
            tally->rejected++;
        } else {
            tally->dropped++;
        }
    }
    return status;
}

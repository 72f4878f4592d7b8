/* Parameters, chain and batch of one operator, as the configuration makes them. */
#include "support/op_run.h"

#include <stdio.h>

static const struct dj_param no_params[] = { DJ_PARAM_END };

static enum dj_status set_one(struct dj_op_run *run, const struct dj_yaml_pair *pair,
                              const char *origin, struct dj_error *err)
{
    const struct dj_op *op = run->op.op;
    const struct dj_param *own = op->params == NULL ? no_params : op->params;
    const struct dj_param *param = dj_param_find(own, pair->key->text);
    void *conf = run->op.conf;
    char place[256];
    char label[256];

    if (param == NULL) {
        param = dj_param_find(dj_op_common_params(), pair->key->text);
        conf = &run->op.common;
    }
    if (param == NULL) {
        return dj_fail(err, DJ_CONFIG, "%s has no parameter \"%s\"", op->name,
                       pair->key->text);
    }
    if ((param->flags & DJ_PARAM_NO_EFFECT) != 0) {
        return DJ_OK;
    }
    (void)snprintf(place, sizeof(place), "%s:%d:%d: ", origin, pair->value->line,
                   pair->value->column);
    (void)snprintf(label, sizeof(label), "%s.%s", op->name, pair->key->text);
    return dj_param_set(param, conf, pair->value, run->arena, place, label, err);
}

static enum dj_status set_all(struct dj_op_run *run, const struct dj_yaml_node *params,
                              const char *origin, bool skip_op_error,
                              struct dj_error *err)
{
    const struct dj_op *op = run->op.op;

    if (op->conf_size > 0) {
        run->op.conf = dj_xmalloc(op->conf_size);
    }
    if (op->params != NULL) {
        DJ_TRY(dj_param_defaults(op->params, run->op.conf, run->arena, err));
    }
    DJ_TRY(dj_param_defaults(dj_op_common_params(), &run->op.common, run->arena, err));
    run->op.common.skip_op_error = skip_op_error;
    for (size_t i = 0; params != NULL && i < params->count; i++) {
        DJ_TRY(set_one(run, &params->pairs[i], origin, err));
    }
    return DJ_OK;
}

static struct dj_op_call call_of(struct dj_op_run *run, struct dj_arena *scratch,
                                 struct dj_error *err)
{
    return (struct dj_op_call){ .conf = run->op.conf,
                                .common = &run->op.common,
                                .state = run->state,
                                .scratch = scratch,
                                .err = err };
}

/* A state beside the chain's for the rounds of a global operator, as other ranks have. */
static enum dj_status open_again(struct dj_op_run *run, struct dj_error *err)
{
    struct dj_arena *scratch = dj_arena_new(4096);
    const struct dj_op_call call = call_of(run, scratch, err);
    enum dj_status status = DJ_OK;

    if (run->op.op->open != NULL) {
        status = run->op.op->open(&call, &run->state);
    }
    run->open = status == DJ_OK;
    dj_arena_free(scratch);
    return status;
}

enum dj_status dj_op_run_open(struct dj_op_run *run, const struct dj_op *op,
                              const struct dj_yaml_node *params, const char *origin,
                              bool skip_op_error, struct dj_error *err)
{
    const char *text_key = "text";
    const struct dj_batch_layout *layout;
    size_t nstats = 0;

    *run = (struct dj_op_run){ .op = { .op = op, .line = 1, .column = 1 } };
    dj_notes_init(&run->notes);
    run->arena = dj_arena_new(4096);
    run->recipe = (struct dj_recipe){ .count = 1, .ops = &run->op };
    DJ_TRY(set_all(run, params, origin, skip_op_error, err));
    if (run->op.common.text_key != NULL) {
        text_key = run->op.common.text_key;
    }
    {
        const struct dj_strs text_keys = { true, 1, &text_key };

        DJ_TRY(dj_chain_open(&run->recipe, &text_keys, origin, &run->chain, err));
    }
    layout = dj_chain_layout(run->chain);
    run->batch = dj_batch_new(layout);
    while (dj_op_stat(op, run->op.conf, nstats) != NULL) {
        nstats++;
    }
    run->stats = dj_xcalloc(nstats + 1, sizeof(*run->stats));
    for (size_t i = 0; i < nstats; i++) {
        while (strcmp(layout->stats[run->stats[i]], dj_op_stat(op, run->op.conf, i)) !=
               0) {
            run->stats[i]++;
        }
    }
    return op->global == NULL ? DJ_OK : open_again(run, err);
}

void dj_op_run_close(struct dj_op_run *run)
{
    if (run->open && run->op.op->close != NULL) {
        run->op.op->close(run->state);
    }
    dj_notes_release(&run->notes);
    dj_xfree(run->order);
    dj_batch_free(run->batch);
    dj_chain_close(run->chain);
    dj_arena_free(run->arena);
    dj_xfree(run->op.conf);
    dj_xfree(run->stats);
    *run = (struct dj_op_run){ 0 };
}

/* --- global operators ----------------------------------------------------------------
 */

/* The records of one row at a time are those of all rows together. */
static enum dj_status note_one_by_one(struct dj_op_run *run,
                                      const struct dj_op_call *call)
{
    struct dj_notes notes;
    struct dj_sink sink = dj_notes_sink(&notes);
    enum dj_status status = DJ_OK;

    dj_notes_init(&notes);
    dj_batch_listen(run->batch, &sink, 0);
    for (size_t row = 0; row < dj_batch_count(run->batch) && status == DJ_OK; row++) {
        if (dj_batch_live(run->batch, row)) {
            dj_batch_narrow(run->batch, row, row + 1);
            status = run->op.op->process(call, run->batch);
            dj_batch_narrow(run->batch, 0, SIZE_MAX);
        }
    }
    if (status == DJ_OK &&
        !dj_str_equal(dj_buf_str(&notes.bytes), dj_buf_str(&run->notes.bytes))) {
        status = dj_fail(call->err, DJ_OP, "records depend on the batch");
    }
    dj_notes_release(&notes);
    return status;
}

static enum dj_status run_global(struct dj_op_run *run, int64_t rows,
                                 const struct dj_op_call *call)
{
    const struct dj_op *op = run->op.op;
    struct dj_notes verdicts;
    enum dj_status status;

    dj_notes_init(&verdicts);
    DJ_TRY(note_one_by_one(run, call));
    status = dj_global_run(op, call, &run->notes, rows, &verdicts);
    if (status == DJ_OK) {
        run->order = dj_xrealloc(
            run->order, (dj_batch_count(run->batch) + 1 + dj_notes_size(&verdicts)) *
                            sizeof(*run->order));
        status = dj_global_apply(op, call, &verdicts, run->batch, run->order, &run->left);
    }
    dj_notes_release(&verdicts);
    return status;
}

/* What the executor does behind process(). */
static enum dj_status finish_global(struct dj_op_run *run, int64_t rows,
                                    struct dj_error *err)
{
    struct dj_arena *scratch = dj_arena_new(4096);
    const struct dj_op_call call = call_of(run, scratch, err);
    const enum dj_status status = run_global(run, rows, &call);

    dj_arena_free(scratch);
    return status;
}

/* --- both ----------------------------------------------------------------------------
 */

static void keep_order(struct dj_op_run *run)
{
    run->order =
        dj_xrealloc(run->order, (dj_batch_count(run->batch) + 1) * sizeof(*run->order));
    run->left = 0;
    DJ_FOR_EACH_ROW (row, run->batch) {
        run->order[run->left++] = row;
    }
}

enum dj_status dj_op_run_lines(struct dj_op_run *run, const struct dj_str *lines,
                               size_t count, struct dj_error *err)
{
    const bool global = run->op.op->global != NULL;
    struct dj_sink sink = dj_notes_sink(&run->notes);
    int64_t rows;

    dj_batch_reset(run->batch);
    run->tally = (struct dj_op_tally){ 0 };
    for (size_t i = 0; i < count; i++) {
        const struct dj_origin origin = { dj_i64_from_size(i), dj_i64_from_size(i) + 1 };

        if (dj_batch_add(run->batch, lines[i], origin) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "no memory for the samples of a test");
        }
    }
    dj_buf_reset(&run->notes.bytes);
    if (global) {
        dj_batch_listen(run->batch, &sink, 0);
    }
    rows = dj_i64_from_size(dj_batch_live_count(run->batch));
    DJ_TRY(dj_chain_run(run->chain, 0, 1, run->batch, &run->tally, err));
    dj_batch_select(run->batch, 0, 0, run->stats);
    if (global) {
        return finish_global(run, rows, err);
    }
    keep_order(run);
    return DJ_OK;
}

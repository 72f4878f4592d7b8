/* Parameters, chain and batch of one operator, as the configuration makes them. */
#include "support/op_run.h"

#include <stdio.h>

#include "dj/group.h"

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
    const char *text_key = run->op.common.text_key;

    return (struct dj_op_call){ .conf = run->op.conf,
                                .common = &run->op.common,
                                .text_key = text_key == NULL ? "text" : text_key,
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

/* --- rows that are written anew ------------------------------------------------------
 */

/* A row as it will be; those of one sample have its place in row. */
struct remade {
    struct dj_str line;
    int64_t row;
    enum dj_row_state state;
    const char *reason;
};

struct remaking {
    struct dj_op_run *run;
    struct remade *rows;
    size_t count;
    struct dj_buf buf;
};

static void add_remade(struct remaking *r, struct dj_str line, size_t row,
                       enum dj_row_state state)
{
    const char *reason = dj_batch_reason(r->run->batch, row);

    r->rows = dj_xrealloc(r->rows, (r->count + 1) * sizeof(*r->rows));
    r->rows[r->count++] = (struct remade){
        .line = dj_arena_copy(r->run->arena, line),
        .row = dj_i64_from_size(row),
        .state = state,
        .reason = reason == NULL
                      ? NULL
                      : dj_arena_copy(r->run->arena,
                                      (struct dj_str){ reason, strlen(reason) + 1 })
                            .ptr,
    };
}

/* The row as a stage writes it, in r->buf; without its line end. */
static enum dj_status write_row(struct remaking *r, size_t row, struct dj_str *line)
{
    dj_buf_reset(&r->buf);
    DJ_TRY(
        dj_batch_encode(r->run->batch, row, DJ_ENCODE_STATS | DJ_ENCODE_HASHES, &r->buf));
    *line = (struct dj_str){ r->buf.ptr, r->buf.len - 1 };
    return DJ_OK;
}

static enum dj_status join_group(struct remaking *r, const struct dj_note *verdicts,
                                 size_t count, uint64_t group)
{
    struct dj_str *lines = dj_xcalloc(count, sizeof(*lines));
    enum dj_status status = DJ_OK;
    size_t first = SIZE_MAX, n = 0;

    for (size_t i = 0; i < count && status == DJ_OK; i++) {
        struct dj_str line;

        if (verdicts[i].value == group) {
            first = verdicts[i].hi == 1 ? verdicts[i].row : first;
            status = write_row(r, verdicts[i].row, &line);
            lines[n++] = dj_arena_copy(r->run->arena, line);
        }
    }
    dj_buf_reset(&r->buf);
    if (status == DJ_OK) {
        status = dj_group_join(lines, n, &r->buf);
    }
    if (status == DJ_OK) {
        add_remade(r, (struct dj_str){ r->buf.ptr, r->buf.len - 1 }, first, DJ_ROW_LIVE);
    }
    dj_xfree(lines);
    return status;
}

/* A group stands where its first row stood; the others are gone. */
static enum dj_status join_groups(struct remaking *r, const struct dj_notes *notes)
{
    const struct dj_note *verdicts = dj_notes_all(notes);
    const size_t count = dj_notes_size(notes);

    for (size_t row = 0, i = 0; row < dj_batch_count(r->run->batch); row++) {
        if (!dj_batch_live(r->run->batch, row)) {
            add_remade(r, dj_batch_line(r->run->batch, row), row,
                       dj_batch_state(r->run->batch, row));
        } else if (verdicts[i++].hi == 1) {
            DJ_TRY(join_group(r, verdicts, count, verdicts[i - 1].value));
        } else {
            add_remade(r, dj_batch_line(r->run->batch, row), row, DJ_ROW_DROPPED);
        }
    }
    return DJ_OK;
}

static enum dj_status split_row(struct remaking *r, size_t row, struct dj_error *err)
{
    const char *left_out = r->run->op.op->splits->left_out;
    struct dj_split split;
    struct dj_str line;

    DJ_TRY(write_row(r, row, &line));
    line = dj_arena_copy(r->run->arena, line);
    DJ_TRY(dj_split_begin(&split, line, left_out, r->run->arena, err));
    if (split.count == 0) {
        add_remade(r, line, row, DJ_ROW_DROPPED);
    }
    for (size_t i = 0; i < split.count; i++) {
        dj_buf_reset(&r->buf);
        DJ_TRY(dj_split_next(&split, &r->buf));
        add_remade(r, (struct dj_str){ r->buf.ptr, r->buf.len - 1 }, row, DJ_ROW_LIVE);
    }
    return DJ_OK;
}

static enum dj_status split_rows(struct remaking *r, struct dj_error *err)
{
    for (size_t row = 0; row < dj_batch_count(r->run->batch); row++) {
        if (dj_batch_live(r->run->batch, row)) {
            DJ_TRY(split_row(r, row, err));
        } else {
            add_remade(r, dj_batch_line(r->run->batch, row), row,
                       dj_batch_state(r->run->batch, row));
        }
    }
    return DJ_OK;
}

/* The batch has the rows as a stage that follows would read them. verdicts or NULL. */
static enum dj_status remake(struct dj_op_run *run, const struct dj_notes *verdicts,
                             struct dj_error *err)
{
    struct remaking r = { .run = run };
    enum dj_status status;

    dj_buf_init(&r.buf);
    status = verdicts != NULL ? join_groups(&r, verdicts) : split_rows(&r, err);
    dj_batch_reset(run->batch);
    for (size_t i = 0; i < r.count && status == DJ_OK; i++) {
        const struct dj_origin origin = { r.rows[i].row, r.rows[i].row + 1 };

        status = dj_batch_add(run->batch, r.rows[i].line, origin);
        if (status == DJ_OK && r.rows[i].state == DJ_ROW_DROPPED) {
            dj_batch_drop(run->batch, i);
        } else if (status == DJ_OK && r.rows[i].state == DJ_ROW_REJECTED &&
                   dj_batch_live(run->batch, i)) {
            dj_batch_reject(run->batch, i, "%s", r.rows[i].reason);
        }
    }
    dj_xfree(r.rows);
    dj_buf_release(&r.buf);
    return status == DJ_OK ? DJ_OK : dj_fail(err, status, "no rows could be made");
}

static void keep_order(struct dj_op_run *run)
{
    run->order =
        dj_xrealloc(run->order, (dj_batch_count(run->batch) + 1) * sizeof(*run->order));
    run->left = 0;
    DJ_FOR_EACH_ROW (row, run->batch) {
        run->order[run->left++] = row;
    }
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
    if (status == DJ_OK && op->global->verdicts == DJ_VERDICT_GROUPS) {
        status = remake(run, &verdicts, call->err);
        keep_order(run);
    } else if (status == DJ_OK) {
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
    if (run->op.op->splits != NULL) {
        DJ_TRY(remake(run, NULL, err));
        dj_batch_select(run->batch, 0, 0, run->stats);
    }
    keep_order(run);
    return DJ_OK;
}

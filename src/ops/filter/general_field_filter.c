/*
 * general_field_filter: keeps samples for which a condition holds, such as
 * 10 < num <= 30 and meta.lang in ['en', 'zh']. The condition is a Python expression
 * without arithmetic and calls (see dj/py_expr.h). Its value, whatever it is, is recorded
 * as general_field_filter_condition, and a value that is there is not computed again.
 */
#include "dj/op.h"
#include "dj/py_expr.h"

struct conf {
    const char *filter_condition;
};

struct state {
    struct dj_arena *arena;
    const struct dj_py_expr *expr; /* NULL: no condition, all samples are kept */
};

static const struct dj_param params[] = {
    DJ_PARAM_TEXT_(struct conf, filter_condition, "",
                   "condition on fields, a.b for a member; empty keeps all samples"),
    DJ_PARAM_END,
};

static const char *const stats[] = { "general_field_filter_condition", NULL };

static void close_op(void *opened)
{
    struct state *state = opened;

    dj_arena_free(state->arena);
    dj_xfree(state);
}

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const struct conf *conf = call->conf;
    struct state *state = dj_xmalloc(sizeof(*state));
    enum dj_status status = DJ_OK;

    state->arena = dj_arena_new(4096);
    if (conf->filter_condition != NULL && conf->filter_condition[0] != '\0') {
        status = dj_py_expr_parse(dj_str_from(conf->filter_condition), state->arena,
                                  &state->expr, call->err);
    }
    if (status != DJ_OK) {
        close_op(state);
        return dj_error_prefix(call->err, "filter_condition: ");
    }
    *opened = state;
    return DJ_OK;
}

/* The row whose fields a condition asks for. */
struct asked {
    const struct dj_op_call *call;
    struct dj_batch *batch;
    size_t row;
};

static enum dj_status field(void *context, const struct dj_str *path, size_t count,
                            struct dj_py *value, size_t *used)
{
    const struct asked *asked = context;
    struct dj_str json;

    DJ_TRY(dj_batch_field(asked->batch, asked->row, path, count, asked->call->scratch,
                          &json, used));
    return *used == 0 ? DJ_OK : dj_py_from_json(json, asked->call->scratch, value);
}

static enum dj_status record(struct dj_batch *batch, size_t row, struct dj_py *value)
{
    enum dj_status status;
    struct dj_buf json;

    dj_py_store(value);
    dj_buf_init(&json);
    status = dj_py_to_json(value, &json);
    if (status == DJ_OK) {
        status = dj_batch_set_stat_json(batch, row, 0, dj_buf_str(&json));
    }
    dj_buf_release(&json);
    return status;
}

/* The value that is there, else that of the condition. */
static enum dj_status measure(const struct dj_op_call *call, struct dj_batch *batch,
                              size_t row, struct dj_py *value)
{
    const struct state *state = call->state;
    struct asked asked = { call, batch, row };
    struct dj_str json;

    DJ_TRY(dj_batch_stat_json(batch, row, 0, call->scratch, &json));
    if (json.ptr != NULL) {
        return dj_py_from_json(json, call->scratch, value);
    }
    if (state->expr == NULL) {
        *value = (struct dj_py){ .kind = DJ_PY_BOOL, .b = true };
        return DJ_OK;
    }
    DJ_TRY(dj_py_expr_value(state->expr, field, &asked, call->scratch, value, call->err));
    return record(batch, row, value);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);
        struct dj_py value;
        const enum dj_status status = measure(call, batch, row, &value);

        if (status == DJ_OP) {
            dj_batch_reject(batch, row, "%s", call->err->text);
        } else if (status != DJ_OK) {
            return status;
        } else if (!dj_py_truth(&value)) {
            dj_batch_drop(batch, row);
        }
        call->err->status = DJ_OK;
        dj_arena_rollback(call->scratch, mark);
    }
    return DJ_OK;
}

const struct dj_op dj_op_general_field_filter = {
    .name = "general_field_filter",
    .kind = DJ_OP_FILTER,
    .version = 1,
    .summary = "Keep samples for which a condition on their fields holds",
    .params = params,
    .conf_size = sizeof(struct conf),
    .stats = stats,
    .flags = DJ_OP_NO_TEXT,
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .process = process,
};

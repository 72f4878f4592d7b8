/*
 * specified_field_filter: keeps samples in which the value of a field is one of those
 * asked for. Of a list every element has to be. Values are equal as in Python: 1, 1.0 and
 * true are, "1" and 1 are not. Records the value under the field's key.
 */
#include "dj/field_key.h"

struct conf {
    const char *field_key;
    const struct dj_yaml_node *target_value;
};

struct state {
    struct dj_arena *arena;
    struct dj_field_key key;
    struct dj_py targets; /* a list; empty keeps all samples */
};

static const struct dj_param params[] = {
    DJ_PARAM_TEXT_(struct conf, field_key, "",
                   "the field; dots lead into objects, as in meta.lang"),
    {
        .name = "target_value",
        .type = DJ_PARAM_ANY,
        .offset = DJ_FIELD(struct conf, target_value, const struct dj_yaml_node *),
        .preset.s = "[]",
        .help = "values to keep, a list; an empty one keeps all samples",
    },
    DJ_PARAM_END,
};

static void close_op(void *opened)
{
    struct state *state = opened;

    dj_field_key_release(&state->key);
    dj_arena_free(state->arena);
    dj_xfree(state);
}

static enum dj_status read_targets(const struct dj_yaml_node *node, struct state *state,
                                   struct dj_error *err)
{
    state->targets = (struct dj_py){ .kind = DJ_PY_LIST };
    if (node == NULL || node->kind == DJ_YAML_NULL) {
        return DJ_OK;
    }
    if (node->kind != DJ_YAML_SEQUENCE) {
        return dj_fail(err, DJ_CONFIG, "target_value is a list, such as [en, zh]");
    }
    if (dj_py_from_yaml(node, state->arena, &state->targets) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "target_value: out of memory");
    }
    return DJ_OK;
}

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const struct conf *conf = call->conf;
    struct state *state = dj_xmalloc(sizeof(*state));
    enum dj_status status;

    state->arena = dj_arena_new(4096);
    status = dj_field_key_init(&state->key, conf->field_key, call->err);
    if (status == DJ_OK) {
        status = read_targets(conf->target_value, state, call->err);
    }
    if (status != DJ_OK) {
        close_op(state);
        return status;
    }
    *opened = state;
    return DJ_OK;
}

static bool all_are_targets(const struct dj_py *value, const struct dj_py *targets)
{
    bool found = true;

    if (value->kind != DJ_PY_LIST) {
        (void)dj_py_in(value, targets, &found);
        return found;
    }
    for (size_t i = 0; i < value->count && found; i++) {
        (void)dj_py_in(&value->items[i], targets, &found);
    }
    return found;
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct state *state = call->state;

    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);
        struct dj_py value;

        DJ_TRY(dj_field_key_value(&state->key, call, batch, row, &value));
        if (state->targets.count > 0 &&
            all_are_targets(&value, &state->targets) == call->common->reversed_range) {
            dj_batch_drop(batch, row);
        }
        dj_arena_rollback(call->scratch, mark);
    }
    return DJ_OK;
}

const struct dj_op dj_op_specified_field_filter = {
    .name = "specified_field_filter",
    .kind = DJ_OP_FILTER,
    .version = 1,
    .summary = "Keep samples with one of certain values in a field",
    .params = params,
    .conf_size = sizeof(struct conf),
    .stat_param = "field_key",
    .flags = DJ_OP_NO_TEXT,
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .process = process,
};

/*
 * tags_specified_field_selector: keeps the samples in which the value of a field, a text,
 * a number or null, is one of the tags. Values are equal as in Python: 1, 1.0 and true
 * are, "1" and 1 are not. A field that is missing is null. Without a field, and when
 * there is only one sample, all stay.
 */
#include "dj/field_order.h"

struct conf {
    const char *field_key;
    const struct dj_yaml_node *target_tags;
};

struct state {
    struct dj_arena *arena;
    struct dj_field_key key;
    struct dj_py tags; /* a list */
};

static const struct dj_param params[] = {
    DJ_PARAM_TEXT_(struct conf, field_key, "",
                   "the field; dots lead into objects; without one all samples stay"),
    {
        .name = "target_tags",
        .type = DJ_PARAM_ANY,
        .offset = DJ_FIELD(struct conf, target_tags, const struct dj_yaml_node *),
        .preset.s = "null",
        .help = "values to keep, a list",
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

static enum dj_status read_tags(const struct dj_yaml_node *node, struct state *state,
                                struct dj_error *err)
{
    if (node == NULL || node->kind != DJ_YAML_SEQUENCE) {
        return dj_fail(err, DJ_CONFIG, "target_tags is a list, such as [en, zh]");
    }
    if (dj_py_from_yaml(node, state->arena, &state->tags) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "target_tags: out of memory");
    }
    for (size_t i = 0; i < state->tags.count; i++) {
        if (!dj_py_hashable(&state->tags.items[i])) {
            return dj_fail(err, DJ_CONFIG, "target_tags: a %s cannot be a tag",
                           dj_py_type(&state->tags.items[i]));
        }
    }
    return DJ_OK;
}

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const struct conf *conf = call->conf;
    struct state *state = dj_xmalloc(sizeof(*state));
    enum dj_status status;

    state->arena = dj_arena_new(4096);
    status = dj_field_order_init(&state->key, conf->field_key, call->err);
    if (status == DJ_OK) {
        status = read_tags(conf->target_tags, state, call->err);
    }
    if (status != DJ_OK) {
        close_op(state);
        return status;
    }
    *opened = state;
    return DJ_OK;
}

/* A record for each sample that has no such tag. */
static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct state *state = call->state;

    if (state->key.nparts == 0) {
        return DJ_OK;
    }
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);
        bool found = false;
        struct dj_py value;

        DJ_TRY(dj_field_order_value(&state->key, call, batch, row, &value));
        if (value.kind == DJ_PY_LIST || value.kind == DJ_PY_DICT) {
            dj_batch_reject(batch, row, "the field %s is a %s, and no text or number",
                            state->key.whole, dj_py_type(&value));
        }
        (void)dj_py_in(&value, &state->tags, &found);
        if (!found && dj_batch_live(batch, row)) {
            DJ_TRY(dj_batch_note(batch, row, (struct dj_note){ 0 }, call->err));
        }
        dj_arena_rollback(call->scratch, mark);
    }
    return DJ_OK;
}

static enum dj_status meet(const struct dj_op_call *call, void *state,
                           const struct dj_met *met, const struct dj_sink *out)
{
    (void)state;
    return met == NULL || met->rows < 2 ? DJ_OK
                                        : dj_sink_put(out, &met->record, call->err);
}

static const struct dj_global global = {
    .verdicts = DJ_VERDICT_ROWS,
    .records = "one of each sample that goes",
    .rounds = { { DJ_MEET_IN_ORDER, meet } },
};

const struct dj_op dj_op_tags_specified_field_selector = {
    .name = "tags_specified_field_selector",
    .kind = DJ_OP_SELECTOR,
    .version = 1,
    .summary = "Keep samples with one of certain values in a field",
    .params = params,
    .conf_size = sizeof(struct conf),
    .flags = DJ_OP_NO_TEXT,
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .global = &global,
    .process = process,
};

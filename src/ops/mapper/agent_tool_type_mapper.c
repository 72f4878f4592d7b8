/*
 * agent_tool_type_mapper: counts the names of tools in __dj__meta__ and sets the most
 * frequent one and the top few there; of equally frequent ones the first comes first.
 *
 * Kept as it is in Data-Juicer: a null in the list counts as a tool called None.
 */
#include "dj/json.h"
#include "dj/meta.h"
#include "dj/op.h"

struct conf {
    const char *tool_types_meta_key;
    const char *primary_key;
    const char *dominant_key;
    int64_t top_k_dominant;
};

static const struct dj_param params[] = {
    DJ_PARAM_TEXT_(struct conf, tool_types_meta_key, "agent_tool_types",
                   "list of names in __dj__meta__"),
    DJ_PARAM_TEXT_(struct conf, primary_key, "primary_tool_type",
                   "where in __dj__meta__ the most frequent name goes"),
    DJ_PARAM_TEXT_(struct conf, dominant_key, "dominant_tool_types",
                   "where the list of the most frequent names goes"),
    {
        .name = "top_k_dominant",
        .type = DJ_PARAM_INT,
        .offset = DJ_FIELD(struct conf, top_k_dominant, int64_t),
        .preset.i = 5,
        .max = INT32_MAX,
        .flags = DJ_PARAM_NULLABLE,
        .help = "how many names that list has at most; null: all",
    },
    DJ_PARAM_END,
};

struct state {
    struct dj_buf names; /* texts of values that are no strings */
    struct dj_buf json;
};

struct tool {
    struct dj_str name;
    size_t count;
};

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const struct conf *conf = call->conf;
    struct state *state;

    if (conf->tool_types_meta_key == NULL || conf->primary_key == NULL ||
        conf->dominant_key == NULL ||
        strcmp(conf->primary_key, conf->dominant_key) == 0) {
        return dj_fail(call->err, DJ_CONFIG,
                       "the three keys must be texts, the last two different ones");
    }
    state = dj_xmalloc(sizeof(*state));
    dj_buf_init(&state->names);
    dj_buf_init(&state->json);
    *opened = state;
    return DJ_OK;
}

static void close_op(void *opened)
{
    struct state *state = opened;

    dj_buf_release(&state->names);
    dj_buf_release(&state->json);
    dj_xfree(state);
}

/* The name without blanks around it; of what is no string the text Python gives it. */
static enum dj_status name_of(const struct dj_op_call *call, const struct dj_node *node,
                              struct dj_str *name)
{
    struct state *state = call->state;

    *name = node->text;
    if (node->kind != DJ_NODE_STRING) {
        dj_buf_reset(&state->names);
        DJ_TRY(dj_node_str(node, &state->names));
        *name = dj_arena_copy(call->scratch, dj_buf_str(&state->names));
        if (name->ptr == NULL) {
            return DJ_NOMEM;
        }
    }
    *name = dj_text_strip(*name);
    return DJ_OK;
}

/* The names of a list in the order in which they first come. */
static enum dj_status count_tools(const struct dj_op_call *call,
                                  const struct dj_node *list, struct tool **tools,
                                  size_t *count)
{
    *count = 0;
    *tools = dj_arena_alloc(call->scratch, dj_size_mul(list->count, sizeof(**tools)));
    if (*tools == NULL) {
        return DJ_NOMEM;
    }
    DJ_FOR_EACH_NODE (node, list) {
        struct dj_str name;
        size_t i = 0;

        DJ_TRY(name_of(call, node, &name));
        if (name.len == 0) {
            continue;
        }
        while (i < *count && !dj_str_equal((*tools)[i].name, name)) {
            i++;
        }
        if (i == *count) {
            (*tools)[(*count)++] = (struct tool){ name, 0 };
        }
        (*tools)[i].count++;
    }
    return DJ_OK;
}

/* Moves the next most frequent tool to its place behind the done ones. */
static void pick(struct tool *tools, size_t count, size_t done)
{
    size_t best = done;
    struct tool tool;

    for (size_t i = done; i < count; i++) {
        best = tools[i].count > tools[best].count ? i : best;
    }
    tool = tools[best];
    memmove(tools + done + 1, tools + done, (best - done) * sizeof(*tools));
    tools[done] = tool;
}

static enum dj_status set_tools(const struct dj_op_call *call, struct dj_meta *meta,
                                struct tool *tools, size_t count)
{
    const struct conf *conf = call->conf;
    struct state *state = call->state;
    size_t most = conf->top_k_dominant < 0 ? SIZE_MAX : (size_t)conf->top_k_dominant;
    struct dj_jsonw w;

    most = most < count ? most : count;
    dj_buf_reset(&state->json);
    dj_jsonw_init(&w, &state->json, 0);
    dj_jsonw_open(&w, '[');
    for (size_t i = 0; i < most; i++) {
        pick(tools, count, i);
        dj_jsonw_str(&w, tools[i].name);
    }
    dj_jsonw_close(&w, ']');
    DJ_TRY(dj_jsonw_end(&w));
    DJ_TRY(most == 0 ? dj_meta_set(meta, conf->primary_key, DJ_STR("null"))
                     : dj_meta_set_text(meta, conf->primary_key, tools[0].name));
    return dj_meta_set(meta, conf->dominant_key, dj_buf_str(&state->json));
}

static enum dj_status tag_row(const struct dj_op_call *call, struct dj_batch *batch,
                              size_t row)
{
    const struct conf *conf = call->conf;
    struct state *state = call->state;
    const struct dj_node *list;
    struct tool *tools = NULL;
    struct dj_meta meta;
    size_t count = 0;
    bool good;

    DJ_TRY(dj_meta_open(&meta, call, batch, row, &good));
    if (!good) {
        return DJ_OK;
    }
    list = dj_node_get(meta.meta, conf->tool_types_meta_key);
    if (dj_node_is(list, DJ_NODE_LIST)) {
        DJ_TRY(count_tools(call, list, &tools, &count));
    }
    DJ_TRY(set_tools(call, &meta, tools, count));
    return dj_meta_close(&meta, &state->json);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);

        DJ_TRY(tag_row(call, batch, row));
        dj_arena_rollback(call->scratch, mark);
    }
    return DJ_OK;
}

const struct dj_op dj_op_agent_tool_type_mapper = {
    .name = "agent_tool_type_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Tag samples with the tools that they use most",
    .params = params,
    .conf_size = sizeof(struct conf),
    .flags = DJ_OP_NO_TEXT,
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .process = process,
};

/*
 * tool_success_tagger_mapper: says of each message of a tool whether it is an error, and
 * counts them in __dj__meta__.
 *
 * Kept as it is in Data-Juicer: what no pattern matches is a success unless it is empty,
 * so success_patterns decide nothing; they are checked all the same.
 */
#include "dj/json.h"
#include "dj/meta.h"
#include "dj/op.h"
#include "dj/regex.h"

enum { OBJECT_SHOWN = 10000, PREVIEW = 200 };

struct conf {
    const char *messages_key;
    struct dj_strs tool_role_names;
    struct dj_strs success_patterns;
    struct dj_strs error_patterns;
    bool store_per_tool_results;
};

#define TEXTS(field_, help_)                                     \
    {                                                            \
        .name = #field_, .type = DJ_PARAM_TEXTS,                 \
        .offset = DJ_FIELD(struct conf, field_, struct dj_strs), \
        .flags = DJ_PARAM_NULLABLE, .help = (help_),             \
    }

static const struct dj_param params[] = {
    DJ_PARAM_TEXT_(struct conf, messages_key, "messages", "field with the messages"),
    TEXTS(tool_role_names, "roles of tools in small letters; null: tool, tool_use"),
    TEXTS(success_patterns, "regular expressions for a success; null: preset ones"),
    TEXTS(error_patterns, "regular expressions for an error; null: preset ones"),
    DJ_PARAM_BOOL_(struct conf, store_per_tool_results, true,
                   "also store the result of each message with its first characters"),
    DJ_PARAM_END,
};

static const char *const preset_roles[] = { "tool", "tool_use" };

static const char *const preset_errors[] = {
    "(?i)\\berror\\s*:",
    "(?i)\\bexception\\b",
    "(?i)\\bfailed\\b",
    "(?i)\\bfailure\\b",
    "(?i)not\\s+found",
    "(?i)permission\\s+denied",
    "(?:执行|操作|请求|调用|接口)失败",
    "(?:发生|出现)错误",
    "错误码",
    "无法访问",
    "权限不足",
    "无权限",
    "找不到(?:文件|路径)?",
};

enum {
    NROLES = sizeof(preset_roles) / sizeof(preset_roles[0]),
    NERRORS = sizeof(preset_errors) / sizeof(preset_errors[0])
};

struct state {
    const char *const *roles;
    size_t nroles;
    struct dj_regex **errors;
    size_t nerrors;
    struct dj_buf text;
    struct dj_buf json;
};

enum result { RESULT_SUCCESS, RESULT_ERROR, RESULT_UNKNOWN };

static const char *const result_names[] = { "success", "error", "unknown" };

/* --- opening ----------------------------------------------------------------------- */

static void close_op(void *opened)
{
    struct state *state = opened;

    for (size_t i = 0; i < state->nerrors; i++) {
        dj_regex_free(state->errors[i]);
    }
    dj_xfree(state->errors);
    dj_buf_release(&state->text);
    dj_buf_release(&state->json);
    dj_xfree(state);
}

static enum dj_status compile(const char *pattern, const char *param,
                              struct dj_regex **regex, struct dj_error *err)
{
    const enum dj_status status = dj_regex_new(pattern, DJ_REGEX_RE, 0, regex, err);

    return status == DJ_OK ? DJ_OK : dj_error_prefix(err, "%s: \"%s\": ", param, pattern);
}

static enum dj_status compile_all(const struct dj_op_call *call, struct state *state)
{
    const struct conf *conf = call->conf;
    const char *const *patterns = preset_errors;
    size_t count = NERRORS;

    if (conf->error_patterns.count > 0) {
        patterns = conf->error_patterns.items;
        count = conf->error_patterns.count;
    }
    state->errors = dj_xcalloc(count, sizeof(struct dj_regex *));
    for (size_t i = 0; i < count; i++) {
        DJ_TRY(compile(patterns[i], "error_patterns", &state->errors[i], call->err));
        state->nerrors++;
    }
    for (size_t i = 0; i < conf->success_patterns.count; i++) {
        struct dj_regex *regex;

        DJ_TRY(compile(conf->success_patterns.items[i], "success_patterns", &regex,
                       call->err));
        dj_regex_free(regex);
    }
    return DJ_OK;
}

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const struct conf *conf = call->conf;
    struct state *state;
    enum dj_status status;

    if (conf->messages_key == NULL) {
        return dj_fail(call->err, DJ_CONFIG, "messages_key: null is no name");
    }
    state = dj_xcalloc(1, sizeof(*state));
    dj_buf_init(&state->text);
    dj_buf_init(&state->json);
    state->roles = preset_roles;
    state->nroles = NROLES;
    if (conf->tool_role_names.count > 0) {
        state->roles = conf->tool_role_names.items;
        state->nroles = conf->tool_role_names.count;
    }
    status = compile_all(call, state);
    if (status != DJ_OK) {
        close_op(state);
        return status;
    }
    *opened = state;
    return DJ_OK;
}

/* --- contents ---------------------------------------------------------------------- */

/* Takes the blanks at both ends off what was appended from begin on. */
static void strip_from(struct dj_buf *out, size_t begin)
{
    const struct dj_str all = { out->ptr + begin, out->len - begin };
    const struct dj_str rest = dj_text_strip(all);

    if (rest.len < all.len) {
        memmove(out->ptr + begin, rest.ptr, rest.len);
        out->len = begin + rest.len;
    }
}

static enum dj_status append_content(const struct dj_node *content, struct dj_buf *out);

/* A part of a list. */
static enum dj_status append_block(const struct dj_node *block, struct dj_buf *out)
{
    const struct dj_node *type = dj_node_get(block, "type");

    if (dj_node_is(type, DJ_NODE_STRING) && dj_str_is(type->text, "text")) {
        return append_content(dj_node_get(block, "text"), out);
    }
    return append_content(block, out);
}

static enum dj_status append_list(const struct dj_node *list, struct dj_buf *out)
{
    const size_t begin = out->len;
    bool first = true;

    DJ_FOR_EACH_NODE (block, list) {
        if (block->kind != DJ_NODE_STRING && block->kind != DJ_NODE_OBJECT) {
            continue;
        }
        if (!first) {
            DJ_TRY(dj_buf_putc(out, '\n'));
        }
        first = false;
        DJ_TRY(append_block(block, out));
    }
    if (out->len > begin) {
        strip_from(out, begin);
    }
    return DJ_OK;
}

/* The content of a message as one text. */
static enum dj_status append_content(const struct dj_node *content, struct dj_buf *out)
{
    const size_t begin = out->len;

    if (content == NULL || content->kind == DJ_NODE_NULL) {
        return DJ_OK;
    }
    switch (content->kind) {
    case DJ_NODE_STRING:
        return dj_buf_append(out, dj_text_strip(content->text));
    case DJ_NODE_LIST:
        return append_list(content, out);
    case DJ_NODE_OBJECT:
        DJ_TRY(dj_node_dumps(content, out));
        out->len =
            begin + dj_utf8_offset((struct dj_str){ out->ptr + begin, out->len - begin },
                                   OBJECT_SHOWN);
        return DJ_OK;
    default:
        return dj_node_str(content, out);
    }
}

/* --- results ----------------------------------------------------------------------- */

/* The role in small letters is one of a tool; *good is false when it is no text. */
static enum dj_status is_of_tool(struct state *state, const struct dj_node *message,
                                 bool *tool, bool *good)
{
    const struct dj_node *role = dj_node_get(message, "role");

    *tool = false;
    dj_buf_reset(&state->text);
    *good = dj_node_is(message, DJ_NODE_OBJECT) &&
            (!dj_node_true(role) || role->kind == DJ_NODE_STRING);
    if (*good && dj_node_true(role)) {
        DJ_TRY(dj_text_lower(role->text, &state->text));
    }
    for (size_t i = 0; *good && i < state->nroles; i++) {
        *tool = *tool || dj_str_is(dj_buf_str(&state->text), state->roles[i]);
    }
    return DJ_OK;
}

static enum dj_status classify(const struct dj_op_call *call, struct dj_str text,
                               enum result *result)
{
    const struct state *state = call->state;
    bool found = false;
    size_t start, end;

    *result = text.len == 0 ? RESULT_UNKNOWN : RESULT_SUCCESS;
    for (size_t i = 0; i < state->nerrors && text.len > 0 && !found; i++) {
        DJ_TRY(dj_regex_search(state->errors[i], text, 0, text.len, &found, &start, &end,
                               call->err));
    }
    *result = found ? RESULT_ERROR : *result;
    return DJ_OK;
}

static void write_result(struct dj_jsonw *w, struct dj_str text, enum result result)
{
    text.len = dj_utf8_offset(text, PREVIEW);
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_str(w, "content_preview", text);
    dj_jsonw_kv_text(w, "result", result_names[result]);
    dj_jsonw_close(w, '}');
}

/* Counts the results of all messages, and lists them in state->json. */
static enum dj_status look(const struct dj_op_call *call, const struct dj_node *messages,
                           int64_t counts[3], bool *good)
{
    struct state *state = call->state;
    struct dj_jsonw w;

    *good = true;
    dj_buf_reset(&state->json);
    dj_jsonw_init(&w, &state->json, 0);
    dj_jsonw_open(&w, '[');
    DJ_FOR_EACH_NODE (message, messages) {
        enum result result;
        bool tool;

        DJ_TRY(is_of_tool(state, message, &tool, good));
        if (!*good) {
            return DJ_OK;
        }
        if (tool) {
            dj_buf_reset(&state->text);
            DJ_TRY(append_content(dj_node_get(message, "content"), &state->text));
            DJ_TRY(classify(call, dj_buf_str(&state->text), &result));
            write_result(&w, dj_buf_str(&state->text), result);
            counts[result]++;
        }
    }
    dj_jsonw_close(&w, ']');
    return dj_jsonw_end(&w);
}

static enum dj_status set_counts(const struct dj_op_call *call, struct dj_meta *meta,
                                 const int64_t counts[3])
{
    const struct conf *conf = call->conf;
    const struct state *state = call->state;
    const int64_t told = counts[RESULT_SUCCESS] + counts[RESULT_ERROR];

    DJ_TRY(dj_meta_set_int(meta, "tool_success_count", counts[RESULT_SUCCESS]));
    DJ_TRY(dj_meta_set_int(meta, "tool_fail_count", counts[RESULT_ERROR]));
    DJ_TRY(dj_meta_set_int(meta, "tool_unknown_count", counts[RESULT_UNKNOWN]));
    DJ_TRY(told == 0 ? dj_meta_set(meta, "tool_success_ratio", DJ_STR("null"))
                     : dj_meta_set_double(meta, "tool_success_ratio",
                                          (double)counts[RESULT_SUCCESS] / (double)told));
    return conf->store_per_tool_results
               ? dj_meta_set(meta, "tool_results", dj_buf_str(&state->json))
               : DJ_OK;
}

static enum dj_status tag_row(const struct dj_op_call *call, struct dj_batch *batch,
                              size_t row)
{
    const struct conf *conf = call->conf;
    struct state *state = call->state;
    const struct dj_node *messages;
    int64_t counts[3] = { 0 };
    struct dj_meta meta;
    bool good;

    DJ_TRY(dj_meta_open(&meta, call, batch, row, &good));
    if (!good) {
        return DJ_OK;
    }
    messages = dj_node_get(meta.sample, conf->messages_key);
    if (!dj_node_is(messages, DJ_NODE_LIST)) {
        messages = NULL;
    }
    DJ_TRY(look(call, messages, counts, &good));
    if (!good) {
        dj_batch_reject(batch, row, "'%s' has a message without a role that is a text",
                        conf->messages_key);
        return DJ_OK;
    }
    DJ_TRY(set_counts(call, &meta, counts));
    return dj_meta_close(&meta, &state->text);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);
        const enum dj_status status = tag_row(call, batch, row);

        dj_arena_rollback(call->scratch, mark);
        if (status == DJ_OP && call->err->status == DJ_OP) {
            dj_batch_reject(batch, row, "%s", call->err->text);
            call->err->status = DJ_OK;
            continue;
        }
        DJ_TRY(status);
    }
    return DJ_OK;
}

const struct dj_op dj_op_tool_success_tagger_mapper = {
    .name = "tool_success_tagger_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Tag samples with how often their tools succeed and fail",
    .params = params,
    .conf_size = sizeof(struct conf),
    .flags = DJ_OP_NO_TEXT,
    .cost = DJ_COST_MEDIUM,
    .open = open_op,
    .close = close_op,
    .process = process,
};

/*
 * agent_dialog_normalize_mapper: makes of the messages of an agent's log a dialog: pairs
 * of query and response (dialog_history), the last of them, one flat text, and tags in
 * __dj__meta__.
 *
 * Kept as it is in Data-Juicer: the marker in a shortened text may tell fewer omitted
 * characters than there are; results of tools before any other message vanish, but still
 * count as shortened; lists of tags are never empty but hold one empty text.
 */
#include "dj/dialog.h"
#include "dj/json.h"
#include "dj/meta.h"
#include "dj/op.h"
#include "dj/regex.h"

struct conf {
    const char *messages_key, *choices_key;
    const char *history_key, *query_key, *response_key;
    bool extract_tool_skill_tags, include_system_in_first_user;
    const char *user_label, *assistant_label;
    bool copy_lineage_fields, copy_request_id;
    struct dj_strs request_id_keys;
    int64_t history_tool_result_max_chars;
    int64_t history_max_assistant_trace_chars;
    int64_t history_max_user_chars;
    double history_compress_head_ratio;
};

#define TEXT(field_, preset_, help_) DJ_PARAM_TEXT_(struct conf, field_, preset_, help_)
#define CHARS(field_, preset_, help_) \
    DJ_PARAM_INT_(struct conf, field_, preset_, 0, INT32_MAX, help_)

static const struct dj_param params[] = {
    TEXT(messages_key, "messages", "field with the messages"),
    TEXT(choices_key, "choices", "field with answers, used when the last one is empty"),
    TEXT(history_key, "dialog_history", "where the list of pairs goes"),
    TEXT(query_key, "query", "where the last query goes"),
    TEXT(response_key, "response", "where the last response goes"),
    DJ_PARAM_BOOL_(struct conf, extract_tool_skill_tags, true,
                   "tag with the names of tools and skills"),
    DJ_PARAM_BOOL_(struct conf, include_system_in_first_user, false,
                   "put messages of the system before the next one of the user"),
    TEXT(user_label, "User", "stands before a query in the flat text"),
    TEXT(assistant_label, "Assistant", "stands before a response in the flat text"),
    DJ_PARAM_BOOL_(struct conf, copy_lineage_fields, true,
                   "copy request_model, pt and total_cost_time to the tags"),
    DJ_PARAM_BOOL_(struct conf, copy_request_id, true,
                   "copy the first of request_id_keys that is there to the tags"),
    {
        .name = "request_id_keys",
        .type = DJ_PARAM_TEXTS,
        .offset = DJ_FIELD(struct conf, request_id_keys, struct dj_strs),
        .preset.s = "request_id trace_id id",
        .help = "fields that may have the request's id",
    },
    CHARS(history_tool_result_max_chars, 10000,
          "characters of a tool's result; longer ones lose their middle; 0: any"),
    CHARS(history_max_assistant_trace_chars, 0,
          "characters of all that stands for one response; 0: any"),
    CHARS(history_max_user_chars, 0, "characters of a query; 0: any"),
    DJ_PARAM_FLOAT_(struct conf, history_compress_head_ratio, 0.62, 0, 0,
                    "share of the beginning in what stays, taken between 0.35 and 0.85"),
    DJ_PARAM_END,
};

/* Names of skills in a text: only what is certain. */
static const struct {
    const char *pattern;
    unsigned flags;
    const char *needs; /* cannot match without it */
} skill_forms[] = {
    { "[/\\\\]([a-zA-Z][a-zA-Z0-9_]*)[/\\\\]SKILL\\.md", DJ_REGEX_IGNORECASE, "." },
    { "##\\s+([a-zA-Z][a-zA-Z0-9_]*(?:\\.[a-zA-Z0-9_]+)?)\\s*(?:\\n|$)", 0, "##" },
    { "Check\\s+[\"'].*?([a-zA-Z][a-zA-Z0-9_]*)/SKILL\\.md", DJ_REGEX_IGNORECASE, "/" },
};

enum { NSKILLS = sizeof(skill_forms) / sizeof(skill_forms[0]) };

struct state {
    struct dj_regex *skills[NSKILLS];
    struct dj_dialog *dialog;
    struct dj_buf buf;
};

/* Names, each once, in the order in which they first come. */
struct names {
    struct name {
        struct dj_str text;
        struct name *next;
    } *first, *last;
};

/* --- opening ----------------------------------------------------------------------- */

static void close_op(void *opened)
{
    struct state *state = opened;

    for (size_t i = 0; i < NSKILLS; i++) {
        dj_regex_free(state->skills[i]);
    }
    dj_dialog_free(state->dialog);
    dj_buf_release(&state->buf);
    dj_xfree(state);
}

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const struct conf *conf = call->conf;
    const char *const keys[] = { conf->messages_key, conf->choices_key, conf->history_key,
                                 conf->query_key, conf->response_key };
    const struct dj_dialog_limits limits = {
        .include_system = conf->include_system_in_first_user,
        .tool_chars = conf->history_tool_result_max_chars,
        .response_chars = conf->history_max_assistant_trace_chars,
        .query_chars = conf->history_max_user_chars,
        .head_ratio = conf->history_compress_head_ratio,
    };
    struct state *state;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i] == NULL) {
            return dj_fail(call->err, DJ_CONFIG, "the name of a field is null");
        }
    }
    state = dj_xcalloc(1, sizeof(*state));
    dj_buf_init(&state->buf);
    state->dialog = dj_dialog_new(&limits);
    for (size_t i = 0; i < NSKILLS; i++) {
        const enum dj_status status =
            dj_regex_new(skill_forms[i].pattern, DJ_REGEX_RE, skill_forms[i].flags,
                         &state->skills[i], call->err);

        if (status != DJ_OK) {
            close_op(state);
            return status;
        }
    }
    *opened = state;
    return DJ_OK;
}

/* --- tags -------------------------------------------------------------------------- */

static enum dj_status add_name(const struct dj_op_call *call, struct names *names,
                               struct dj_str text)
{
    struct name *name;

    for (name = names->first; name != NULL; name = name->next) {
        if (dj_str_equal(name->text, text)) {
            return DJ_OK;
        }
    }
    name = dj_arena_alloc(call->scratch, sizeof(*name));
    if (name == NULL) {
        return DJ_NOMEM;
    }
    *name = (struct name){ .text = dj_arena_copy(call->scratch, text) };
    if (name->text.ptr == NULL) {
        return DJ_NOMEM;
    }
    if (names->last == NULL) {
        names->first = name;
    } else {
        names->last->next = name;
    }
    names->last = name;
    return DJ_OK;
}

static enum dj_status add_tools(const struct dj_op_call *call,
                                const struct dj_node *message, struct names *names)
{
    struct state *state = call->state;
    const struct dj_node *calls = dj_message_calls(message);

    if (!dj_node_is(calls, DJ_NODE_LIST)) {
        return DJ_OK;
    }
    DJ_FOR_EACH_NODE (one, calls) {
        const struct dj_node *name = dj_call_name(one);

        if (name != NULL) {
            dj_buf_reset(&state->buf);
            DJ_TRY(dj_node_str(name, &state->buf));
            DJ_TRY(add_name(call, names, dj_buf_str(&state->buf)));
        }
    }
    return DJ_OK;
}

static enum dj_status add_skills(const struct dj_op_call *call,
                                 const struct dj_node *message, struct names *names)
{
    struct state *state = call->state;
    struct dj_str text;

    dj_buf_reset(&state->buf);
    DJ_TRY(dj_content_text(dj_node_get(message, "content"), &state->buf));
    text = dj_buf_str(&state->buf);
    for (size_t i = 0; i < NSKILLS && text.len > 0; i++) {
        struct dj_regex *regex = state->skills[i];
        bool found;
        size_t start, end;

        if (memmem(text.ptr, text.len, skill_forms[i].needs,
                   strlen(skill_forms[i].needs)) == NULL) {
            continue;
        }
        dj_regex_begin(regex, text);
        for (;;) {
            DJ_TRY(dj_regex_next(regex, &found, &start, &end, call->err));
            if (!found) {
                break;
            }
            if (dj_regex_group(regex, 1, &start, &end)) {
                DJ_TRY(add_name(call, names,
                                (struct dj_str){ text.ptr + start, end - start }));
            }
        }
    }
    return DJ_OK;
}

static enum dj_status set_names(const struct dj_op_call *call, struct dj_meta *meta,
                                const char *key, const struct names *names)
{
    struct state *state = call->state;
    bool any = false;
    struct dj_jsonw w;

    dj_buf_reset(&state->buf);
    dj_jsonw_init(&w, &state->buf, 0);
    dj_jsonw_open(&w, '[');
    for (const struct name *name = names->first; name != NULL; name = name->next) {
        const struct dj_str text = dj_text_strip(name->text);

        if (text.len > 0) {
            dj_jsonw_str(&w, text);
            any = true;
        }
    }
    if (!any) {
        dj_jsonw_str(&w, DJ_STR(""));
    }
    dj_jsonw_close(&w, ']');
    DJ_TRY(dj_jsonw_end(&w));
    return dj_meta_set(meta, key, dj_buf_str(&state->buf));
}

static enum dj_status set_tags(const struct dj_op_call *call, struct dj_meta *meta,
                               const struct dj_node *messages)
{
    struct names tools = { NULL, NULL }, skills = { NULL, NULL };

    DJ_FOR_EACH_NODE (message, messages) {
        DJ_TRY(add_tools(call, message, &tools));
        DJ_TRY(add_skills(call, message, &skills));
    }
    DJ_TRY(set_names(call, meta, "agent_tool_types", &tools));
    return set_names(call, meta, "agent_skill_types", &skills);
}

static enum dj_status flatten(const struct dj_op_call *call, struct dj_buf *out)
{
    const struct conf *conf = call->conf;
    const struct state *state = call->state;
    const char *user = conf->user_label, *assistant = conf->assistant_label;

    dj_buf_reset(out);
    return dj_dialog_flatten(state->dialog, user == NULL ? "None" : user,
                             assistant == NULL ? "None" : assistant, out);
}

/* str() of a field as it is after the dialog was set (but for the list of pairs). */
static enum dj_status field_text(const struct dj_op_call *call,
                                 const struct dj_meta *meta, const char *key,
                                 struct dj_buf *out)
{
    const struct conf *conf = call->conf;
    const struct state *state = call->state;
    const struct dj_dialog *dialog = state->dialog;
    const struct dj_node *node = dj_node_value(meta->sample, key);

    dj_buf_reset(out);
    if (strcmp(key, conf->response_key) == 0) {
        return dj_buf_append(out, dj_dialog_response(dialog));
    }
    if (strcmp(key, conf->query_key) == 0) {
        return dj_buf_append(out, dj_dialog_query(dialog));
    }
    if (strcmp(key, call->text_key) == 0) {
        return flatten(call, out);
    }
    return node == NULL ? DJ_OK : dj_node_str(node, out);
}

static enum dj_status set_request_id(const struct dj_op_call *call, struct dj_meta *meta)
{
    const struct conf *conf = call->conf;
    struct state *state = call->state;

    for (size_t i = 0; i < conf->request_id_keys.count; i++) {
        struct dj_str text;

        DJ_TRY(field_text(call, meta, conf->request_id_keys.items[i], &state->buf));
        text = state->buf.len == 0 ? DJ_STR("") : dj_text_strip(dj_buf_str(&state->buf));
        if (text.len > 0) {
            return dj_meta_set_text(meta, "agent_request_id", text);
        }
    }
    return DJ_OK;
}

static enum dj_status set_lineage(struct dj_meta *meta)
{
    static const char *const pairs[][2] = {
        { "request_model", "agent_request_model" },
        { "pt", "agent_pt" },
        { "total_cost_time", "agent_total_cost_time_ms" },
    };

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const struct dj_node *node = dj_node_value(meta->sample, pairs[i][0]);

        if (node != NULL) {
            DJ_TRY(dj_meta_set_node(meta, pairs[i][1], node));
        }
    }
    return DJ_OK;
}

static enum dj_status set_meta(const struct dj_op_call *call, struct dj_meta *meta,
                               const struct dj_node *messages)
{
    const struct conf *conf = call->conf;
    const struct state *state = call->state;
    const struct dj_dialog *dialog = state->dialog;
    const int64_t user = dj_dialog_last_user(dialog);
    const int64_t assistant = dj_dialog_last_assistant(dialog);

    DJ_TRY(
        dj_meta_set(meta, "agent_dialog_history_compressed",
                    dj_dialog_is_shortened(dialog) ? DJ_STR("true") : DJ_STR("false")));
    DJ_TRY(dj_meta_set_int(meta, "agent_turn_count",
                           dj_i64_from_size(dj_dialog_turns(dialog))));
    if (conf->extract_tool_skill_tags) {
        DJ_TRY(set_tags(call, meta, messages));
    }
    if (user >= 0) {
        DJ_TRY(dj_meta_set_int(meta, "agent_last_user_msg_idx", user));
    }
    if (assistant >= 0) {
        DJ_TRY(dj_meta_set_int(meta, "agent_last_assistant_msg_idx", assistant));
    }
    if (conf->copy_request_id) {
        DJ_TRY(set_request_id(call, meta));
    }
    return conf->copy_lineage_fields ? set_lineage(meta) : DJ_OK;
}

/* --- samples ----------------------------------------------------------------------- */

static enum dj_status set_text(const struct dj_op_call *call, struct dj_meta *meta,
                               const char *key, struct dj_str text)
{
    struct state *state = call->state;

    dj_buf_reset(&state->buf);
    DJ_TRY(dj_json_quote(&state->buf, text));
    return dj_meta_set_field(meta, key, dj_buf_str(&state->buf));
}

static enum dj_status set_fields(const struct dj_op_call *call, struct dj_meta *meta)
{
    const struct conf *conf = call->conf;
    struct state *state = call->state;
    const struct dj_dialog *dialog = state->dialog;
    struct dj_str flat;

    DJ_TRY(flatten(call, &state->buf));
    flat = dj_arena_copy(call->scratch, dj_buf_str(&state->buf));
    if (flat.ptr == NULL) {
        return DJ_NOMEM;
    }
    DJ_TRY(set_text(call, meta, call->text_key, flat));
    dj_buf_reset(&state->buf);
    DJ_TRY(dj_dialog_json(dialog, &state->buf));
    DJ_TRY(dj_meta_set_field(meta, conf->history_key, dj_buf_str(&state->buf)));
    DJ_TRY(set_text(call, meta, conf->query_key, dj_dialog_query(dialog)));
    return set_text(call, meta, conf->response_key, dj_dialog_response(dialog));
}

static enum dj_status normalize_row(const struct dj_op_call *call, struct dj_batch *batch,
                                    size_t row)
{
    const struct conf *conf = call->conf;
    struct state *state = call->state;
    const struct dj_node *messages;
    const char *fault = NULL;
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
    DJ_TRY(dj_dialog_read(state->dialog, messages, &fault));
    if (fault == NULL && dj_dialog_response(state->dialog).len == 0) {
        DJ_TRY(dj_dialog_answer(state->dialog,
                                dj_node_get(meta.sample, conf->choices_key), &fault));
    }
    if (fault != NULL) {
        dj_batch_reject(batch, row, "%s", fault);
        return DJ_OK;
    }
    DJ_TRY(set_fields(call, &meta));
    DJ_TRY(set_meta(call, &meta, messages));
    return dj_meta_close(&meta, &state->buf);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);
        const enum dj_status status = normalize_row(call, batch, row);

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

const struct dj_op dj_op_agent_dialog_normalize_mapper = {
    .name = "agent_dialog_normalize_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Make dialogs of the messages in logs of agents",
    .params = params,
    .conf_size = sizeof(struct conf),
    .flags = DJ_OP_SETS_TEXT,
    .cost = DJ_COST_MEDIUM,
    .open = open_op,
    .close = close_op,
    .process = process,
};

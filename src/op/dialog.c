/*
 * Folding messages into pairs. The last pair's response grows in a buffer of its own, so
 * that long logs are not copied over and over.
 */
#include "dj/dialog.h"

#include "dj/json.h"
#include "dj/text.h"

#include <stdio.h>

enum {
    PAIRS_BLOCK = 64 << 10,
    NAMES_SHOWN = 10,
    /* Data-Juicer's measures of a shortened text, in characters. */
    MARKER_ROOM = 128,
    SMALL_BUDGET = 400,
    SMALL_MARKER = 48,
    LEAST_END = 200,
    LEAST_HEAD = 120,
};

struct pair {
    struct dj_str query, response;
    struct pair *next;
};

struct dj_dialog {
    struct dj_dialog_limits limits;
    struct dj_arena *arena; /* all but the last response */
    struct pair *first, *last;
    size_t count;
    bool shortened;
    int64_t user, assistant;
    struct dj_buf system; /* messages for the next query */
    bool has_system;
    struct dj_buf response; /* of the last pair */
    struct dj_buf answer;   /* of choices, when that is empty */
    struct dj_buf content;
    struct dj_buf role;
};

struct dj_dialog *dj_dialog_new(const struct dj_dialog_limits *limits)
{
    struct dj_dialog *dialog = dj_xcalloc(1, sizeof(*dialog));

    dialog->limits = *limits;
    dialog->arena = dj_arena_new(PAIRS_BLOCK);
    dj_buf_init(&dialog->system);
    dj_buf_init(&dialog->response);
    dj_buf_init(&dialog->answer);
    dj_buf_init(&dialog->content);
    dj_buf_init(&dialog->role);
    return dialog;
}

void dj_dialog_free(struct dj_dialog *dialog)
{
    if (dialog != NULL) {
        dj_arena_free(dialog->arena);
        dj_buf_release(&dialog->system);
        dj_buf_release(&dialog->response);
        dj_buf_release(&dialog->answer);
        dj_buf_release(&dialog->content);
        dj_buf_release(&dialog->role);
        dj_xfree(dialog);
    }
}

static void reset(struct dj_dialog *dialog)
{
    dj_arena_reset(dialog->arena);
    dialog->first = NULL;
    dialog->last = NULL;
    dialog->count = 0;
    dialog->shortened = false;
    dialog->user = -1;
    dialog->assistant = -1;
    dialog->has_system = false;
    dj_buf_reset(&dialog->system);
    dj_buf_reset(&dialog->response);
    dj_buf_reset(&dialog->answer);
}

/* --- long texts -------------------------------------------------------------------- */

/* Puts text in the place of characters [head, length - tail) of the buffer. */
static enum dj_status replace_middle(struct dj_buf *buf, int64_t head, int64_t tail,
                                     int64_t length, struct dj_str text)
{
    const struct dj_str all = dj_buf_str(buf);
    const size_t begin = dj_utf8_offset(all, dj_size_from_i64(head));
    const size_t end = dj_utf8_offset(all, dj_size_from_i64(length - tail));
    struct dj_buf next;
    enum dj_status status;

    dj_buf_init(&next);
    status = dj_buf_append(&next, (struct dj_str){ all.ptr, begin });
    if (status == DJ_OK) {
        status = dj_buf_append(&next, text);
    }
    if (status == DJ_OK) {
        status = dj_buf_append(&next, (struct dj_str){ all.ptr + end, all.len - end });
    }
    if (status != DJ_OK) {
        dj_buf_release(&next);
        return status;
    }
    dj_buf_release(buf);
    *buf = next;
    return DJ_OK;
}

/* Takes the middle out of a text of so many characters, which is too long. */
static enum dj_status shorten(struct dj_buf *buf, int64_t length, int64_t most,
                              double ratio)
{
    static const char small_marker[] = "\n\xe2\x80\xa6[truncated \xe2\x80\x94 "
                                       "agent_dialog_normalize_mapper]\xe2\x80\xa6";
    const int64_t budget = most - MARKER_ROOM;
    int64_t head, tail, over;
    char marker[160];

    ratio = ratio > 0.35 ? ratio : 0.35;
    ratio = ratio < 0.85 ? ratio : 0.85;
    if (budget < SMALL_BUDGET) {
        head = most > SMALL_MARKER ? most - SMALL_MARKER : 0;
        return replace_middle(buf, head, 0, length, dj_str_from(small_marker));
    }
    head = (int64_t)((double)budget * ratio);
    head = head > LEAST_END ? head : LEAST_END;
    tail = budget - head;
    if (tail < LEAST_END) {
        tail = LEAST_END;
        head = budget - tail > LEAST_END ? budget - tail : LEAST_END;
    }
    if (length - head - tail <= 0) {
        return DJ_OK;
    }
    (void)snprintf(marker, sizeof(marker),
                   "\n\n[\xc2\xb7\xc2\xb7\xc2\xb7 %lld chars omitted from middle; "
                   "head+tail preserved \xe2\x80\x94 agent_dialog_normalize_mapper]\n\n",
                   (long long)(length - head - tail));
    over = head + dj_i64_from_size(dj_utf8_length(dj_str_from(marker))) + tail - most;
    if (over > 0) {
        head = head - over > LEAST_HEAD ? head - over : LEAST_HEAD;
    }
    return replace_middle(buf, head, tail, length, dj_str_from(marker));
}

static enum dj_status limit(struct dj_dialog *dialog, struct dj_buf *buf, int64_t most)
{
    int64_t length;

    if (most <= 0 || dj_i64_from_size(buf->len) <= most) {
        return DJ_OK;
    }
    length = dj_i64_from_size(dj_utf8_length(dj_buf_str(buf)));
    if (length <= most) {
        return DJ_OK;
    }
    dialog->shortened = true;
    return shorten(buf, length, most, dialog->limits.head_ratio);
}

/* --- pairs ------------------------------------------------------------------------- */

static enum dj_status keep(struct dj_dialog *dialog, const struct dj_buf *buf,
                           struct dj_str *text)
{
    *text = dj_arena_copy(dialog->arena, dj_buf_str(buf));
    return text->ptr == NULL ? DJ_NOMEM : DJ_OK;
}

/* Begins a pair; query is a text of the buffer, or nothing. */
static enum dj_status add_pair(struct dj_dialog *dialog, const struct dj_buf *query)
{
    struct pair *pair = dj_arena_alloc(dialog->arena, sizeof(*pair));

    if (pair == NULL) {
        return DJ_NOMEM;
    }
    *pair = (struct pair){ .query = DJ_STR(""), .response = DJ_STR("") };
    if (query != NULL) {
        DJ_TRY(keep(dialog, query, &pair->query));
    }
    if (dialog->last == NULL) {
        dialog->first = pair;
    } else {
        DJ_TRY(keep(dialog, &dialog->response, &dialog->last->response));
        dialog->last->next = pair;
    }
    dialog->last = pair;
    dialog->count++;
    dj_buf_reset(&dialog->response);
    return DJ_OK;
}

static enum dj_status take_system(struct dj_dialog *dialog)
{
    if (!dialog->limits.include_system || dialog->content.len == 0) {
        return DJ_OK;
    }
    dialog->has_system = true;
    DJ_TRY(dj_buf_append(&dialog->system, dj_buf_str(&dialog->content)));
    return dj_buf_append(&dialog->system, DJ_STR("\n\n"));
}

static enum dj_status take_user(struct dj_dialog *dialog)
{
    struct dj_buf *content = &dialog->content;

    if (dialog->has_system) {
        struct dj_str text;

        DJ_TRY(dj_buf_append(&dialog->system, dj_buf_str(content)));
        text = dj_text_strip(dj_buf_str(&dialog->system));
        dj_buf_reset(content);
        DJ_TRY(dj_buf_append(content, text));
        dj_buf_reset(&dialog->system);
        dialog->has_system = false;
    }
    DJ_TRY(limit(dialog, content, dialog->limits.query_chars));
    return add_pair(dialog, content);
}

/* What stands for the content of a message that has calls only. *fault as elsewhere. */
static enum dj_status name_calls(struct dj_dialog *dialog, const struct dj_node *calls,
                                 const char **fault)
{
    const struct dj_node *names[NAMES_SHOWN];
    size_t shown = 0, more = 0;

    if (!dj_node_is(calls, DJ_NODE_LIST)) {
        return DJ_OK;
    }
    dj_buf_reset(&dialog->role); /* all names, each with a NUL behind it */
    DJ_FOR_EACH_NODE (call, calls) {
        const struct dj_node *name = dj_call_name(call);
        const struct dj_str known = dj_buf_str(&dialog->role);

        if (name == NULL) {
            continue;
        }
        if (name->kind != DJ_NODE_STRING) {
            *fault = "the name of a tool is no text";
            return DJ_OK;
        }
        DJ_TRY(dj_buf_putc(&dialog->role, '\0'));
        DJ_TRY(dj_buf_append(&dialog->role, name->text));
        DJ_TRY(dj_buf_putc(&dialog->role, '\0'));
        if (known.len > 0 &&
            memmem(dialog->role.ptr, known.len, dialog->role.ptr + known.len,
                   name->text.len + 2) != NULL) {
            dialog->role.len = known.len;
        } else if (shown < NAMES_SHOWN) {
            names[shown++] = name;
        } else {
            more++;
        }
    }
    for (size_t i = 0; i < shown; i++) {
        DJ_TRY(dj_buf_append(&dialog->content,
                             i == 0 ? DJ_STR("[Tool calls: ") : DJ_STR(", ")));
        DJ_TRY(dj_buf_append(&dialog->content, names[i]->text));
    }
    if (more > 0) {
        DJ_TRY(dj_buf_printf(&dialog->content, ", ...+%zu", more));
    }
    return shown > 0 ? dj_buf_putc(&dialog->content, ']') : DJ_OK;
}

static enum dj_status take_assistant(struct dj_dialog *dialog,
                                     const struct dj_node *message, const char **fault)
{
    struct dj_buf *response = &dialog->response;

    if (dialog->content.len == 0) {
        DJ_TRY(name_calls(dialog, dj_message_calls(message), fault));
    }
    if (dialog->last == NULL) {
        DJ_TRY(add_pair(dialog, NULL));
    }
    if (response->len > 0 && dialog->content.len > 0) {
        DJ_TRY(dj_buf_append(response, DJ_STR("\n\n")));
    }
    DJ_TRY(dj_buf_append(response, dj_buf_str(&dialog->content)));
    return limit(dialog, response, dialog->limits.response_chars);
}

static enum dj_status take_tool(struct dj_dialog *dialog)
{
    struct dj_buf *response = &dialog->response;

    DJ_TRY(limit(dialog, &dialog->content, dialog->limits.tool_chars));
    if (dialog->last == NULL) {
        return DJ_OK;
    }
    DJ_TRY(dj_buf_append(response, response->len > 0 ? DJ_STR("\n[Tool result]\n")
                                                     : DJ_STR("[Tool result]\n")));
    DJ_TRY(dj_buf_append(response, dj_buf_str(&dialog->content)));
    return limit(dialog, response, dialog->limits.response_chars);
}

static enum dj_status take_message(struct dj_dialog *dialog,
                                   const struct dj_node *message, int64_t place,
                                   const char **fault)
{
    const struct dj_node *role = dj_node_get(message, "role");
    struct dj_str name;

    if (!dj_node_is(message, DJ_NODE_OBJECT)) {
        *fault = "a message is no object";
        return DJ_OK;
    }
    if (dj_node_true(role) && role->kind != DJ_NODE_STRING) {
        *fault = "the role of a message is no text";
        return DJ_OK;
    }
    dj_buf_reset(&dialog->role);
    if (dj_node_true(role)) {
        DJ_TRY(dj_text_lower(role->text, &dialog->role));
    }
    name = dj_buf_str(&dialog->role);
    dj_buf_reset(&dialog->content);
    DJ_TRY(dj_content_text(dj_node_get(message, "content"), &dialog->content));
    if (dj_str_is(name, "system")) {
        return take_system(dialog);
    }
    if (dj_str_is(name, "user")) {
        dialog->user = place;
        return take_user(dialog);
    }
    if (dj_str_is(name, "assistant")) {
        dialog->assistant = place;
        return take_assistant(dialog, message, fault);
    }
    return dj_str_is(name, "tool") ? take_tool(dialog) : DJ_OK;
}

enum dj_status dj_dialog_read(struct dj_dialog *dialog, const struct dj_node *messages,
                              const char **fault)
{
    int64_t place = 0;

    reset(dialog);
    *fault = NULL;
    DJ_FOR_EACH_NODE (message, messages) {
        DJ_TRY(take_message(dialog, message, place++, fault));
        if (*fault != NULL) {
            return DJ_OK;
        }
    }
    return DJ_OK;
}

/* --- answers ----------------------------------------------------------------------- */

enum dj_status dj_dialog_answer(struct dj_dialog *dialog, const struct dj_node *choices,
                                const char **fault)
{
    *fault = NULL;
    if (!dj_node_is(choices, DJ_NODE_LIST)) {
        return DJ_OK;
    }
    DJ_FOR_EACH_NODE (choice, choices) {
        const struct dj_node *message = dj_node_get(choice, "message");
        const struct dj_node *content;

        if (choice->kind != DJ_NODE_OBJECT) {
            continue;
        }
        if (!dj_node_true(message)) {
            message = dj_node_get(choice, "delta");
        }
        if (!dj_node_true(message)) {
            message = choice;
        }
        if (message->kind != DJ_NODE_OBJECT) {
            *fault = "the message of a choice is no object";
            return DJ_OK;
        }
        content = dj_node_get(message, "content");
        if (dj_node_is(content, DJ_NODE_STRING) || dj_node_is(content, DJ_NODE_LIST)) {
            DJ_TRY(dj_content_text(content, &dialog->answer));
        }
        if (dialog->answer.len > 0) {
            return DJ_OK;
        }
    }
    return DJ_OK;
}

/* --- results ----------------------------------------------------------------------- */

struct dj_str dj_dialog_query(const struct dj_dialog *dialog)
{
    return dialog->last == NULL ? DJ_STR("") : dialog->last->query;
}

struct dj_str dj_dialog_response(const struct dj_dialog *dialog)
{
    if (dialog->response.len > 0) {
        return dj_buf_str(&dialog->response);
    }
    return dialog->answer.len > 0 ? dj_buf_str(&dialog->answer) : DJ_STR("");
}

size_t dj_dialog_turns(const struct dj_dialog *dialog)
{
    return dialog->count;
}

bool dj_dialog_is_shortened(const struct dj_dialog *dialog)
{
    return dialog->shortened;
}

int64_t dj_dialog_last_user(const struct dj_dialog *dialog)
{
    return dialog->user;
}

int64_t dj_dialog_last_assistant(const struct dj_dialog *dialog)
{
    return dialog->assistant;
}

/* The response of a pair, without what choices say. */
static struct dj_str response_of(const struct dj_dialog *dialog, const struct pair *pair)
{
    if (pair != dialog->last) {
        return pair->response;
    }
    return dialog->response.len > 0 ? dj_buf_str(&dialog->response) : DJ_STR("");
}

static enum dj_status append_labelled(const char *label, struct dj_str text, bool *first,
                                      struct dj_buf *out)
{
    if (text.len == 0) {
        return DJ_OK;
    }
    DJ_TRY(dj_buf_append(out, *first ? DJ_STR("") : DJ_STR("\n\n")));
    *first = false;
    DJ_TRY(dj_buf_append(out, dj_str_from(label)));
    DJ_TRY(dj_buf_append(out, DJ_STR(": ")));
    return dj_buf_append(out, text);
}

enum dj_status dj_dialog_flatten(const struct dj_dialog *dialog, const char *user,
                                 const char *assistant, struct dj_buf *out)
{
    bool first = true;

    for (const struct pair *pair = dialog->first; pair != NULL; pair = pair->next) {
        DJ_TRY(append_labelled(user, pair->query, &first, out));
        DJ_TRY(append_labelled(assistant, response_of(dialog, pair), &first, out));
    }
    return DJ_OK;
}

enum dj_status dj_dialog_json(const struct dj_dialog *dialog, struct dj_buf *out)
{
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 0);
    dj_jsonw_open(&w, '[');
    for (const struct pair *pair = dialog->first; pair != NULL; pair = pair->next) {
        dj_jsonw_open(&w, '[');
        dj_jsonw_str(&w, pair->query);
        dj_jsonw_str(&w, response_of(dialog, pair));
        dj_jsonw_close(&w, ']');
    }
    dj_jsonw_close(&w, ']');
    return dj_jsonw_end(&w);
}

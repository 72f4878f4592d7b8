/*
 * pii_redaction_mapper: puts placeholders in the place of personal data and secrets: in
 * the fields redact_keys, in the messages of a dialog, in members that often hold paths
 * (file_path, path, file, arguments, file_paths), and in every string of every list of
 * the sample.
 *
 * Kept as it is in Data-Juicer: the steps see each other's placeholders, so what stands
 * right beside one may hide or change; strings in lists that redact_keys names are
 * redacted twice; pairs in dialog_history lose what is behind their second entry; a
 * pattern among extra_patterns that is no regular expression is skipped without a word.
 */
#include "dj/op.h"
#include "dj/personal.h"
#include "dj/tree.h"
#include "dj/yaml.h"

struct conf {
    bool mask_paths, mask_emails, mask_secrets, mask_ids, mask_phones, mask_id_cards;
    bool mask_channel_ids, mask_platform_open_ids, mask_pem, mask_jwt, mask_urls;
    bool mask_ips, mask_macs;
    const char *path_replacement, *email_replacement, *secret_replacement;
    const char *id_replacement, *phone_replacement, *id_card_replacement;
    const char *channel_id_replacement, *pem_replacement, *jwt_replacement;
    const char *url_replacement, *ip_replacement, *mac_replacement;
    const struct dj_yaml_node *extra_patterns;
    struct dj_strs redact_keys;
    const char *messages_key;
};

#define MASK(field_, preset_, help_) DJ_PARAM_BOOL_(struct conf, field_, preset_, help_)
#define PUT(field_, preset_, help_) DJ_PARAM_TEXT_(struct conf, field_, preset_, help_)

static const struct dj_param params[] = {
    MASK(mask_paths, true, "paths of Unix and Windows, UNC paths"),
    MASK(mask_emails, true, "mail addresses"),
    MASK(mask_secrets, true, "values of api_key, password, token and the like"),
    MASK(mask_ids, true, "values of session_id, user_id, request_id, trace_id"),
    MASK(mask_phones, true, "mobile numbers of China, numbers that begin with +"),
    MASK(mask_id_cards, true, "identity card numbers of China"),
    MASK(mask_channel_ids, true, "the name behind channel:"),
    MASK(mask_platform_open_ids, true, "open ids of Feishu and other platforms"),
    MASK(mask_pem, true, "PEM blocks: keys and certificates"),
    MASK(mask_jwt, true, "JSON web tokens"),
    MASK(mask_urls, false, "links with http:// and https://"),
    MASK(mask_ips, true, "IPv4 addresses, IPv6 addresses in brackets"),
    MASK(mask_macs, true, "MAC addresses"),
    PUT(path_replacement, "[PATH_REDACTED]", "template for a path"),
    PUT(email_replacement, "[EMAIL_REDACTED]", "template for a mail address"),
    PUT(secret_replacement, "[REDACTED]", "template for the value of a secret"),
    PUT(id_replacement, "[ID_REDACTED]", "template for the value of an id"),
    PUT(phone_replacement, "[PHONE_REDACTED]", "template for a phone number"),
    PUT(id_card_replacement, "[ID_CARD_REDACTED]", "template for a card number"),
    PUT(channel_id_replacement, "[CHANNEL_ID_REDACTED]",
        "template for a channel and an open id"),
    PUT(pem_replacement, "[PEM_REDACTED]", "template for a PEM block"),
    PUT(jwt_replacement, "[JWT_REDACTED]", "template for a JSON web token"),
    PUT(url_replacement, "[URL_REDACTED]", "template for a link"),
    PUT(ip_replacement, "[IP_REDACTED]", "template for an IP address"),
    PUT(mac_replacement, "[MAC_REDACTED]", "template for a MAC address"),
    {
        .name = "extra_patterns",
        .type = DJ_PARAM_ANY,
        .offset = DJ_FIELD(struct conf, extra_patterns, const struct dj_yaml_node *),
        .flags = DJ_PARAM_NULLABLE,
        .help = "list of pairs of a regular expression and a template, used last",
    },
    {
        .name = "redact_keys",
        .type = DJ_PARAM_TEXTS,
        .offset = DJ_FIELD(struct conf, redact_keys, struct dj_strs),
        .flags = DJ_PARAM_NULLABLE,
        .help = "fields to redact; null: the text key, query, response, dialog_history, "
                "messages",
    },
    DJ_PARAM_TEXT_(struct conf, messages_key, "messages",
                   "the one of these that is a list of messages"),
    DJ_PARAM_END,
};

/* --- steps ------------------------------------------------------------------------- */

#define KIND(mask_, replacement_) \
    DJ_FIELD(struct conf, mask_, bool), DJ_FIELD(struct conf, replacement_, const char *)

/* What is done to each text, in this order. */
static const struct kind {
    enum dj_personal what;
    size_t mask, replacement; /* places in struct conf */
} kinds[] = {
    { DJ_PERSONAL_PEM, KIND(mask_pem, pem_replacement) },
    { DJ_PERSONAL_JWT, KIND(mask_jwt, jwt_replacement) },
    { DJ_PERSONAL_URL, KIND(mask_urls, url_replacement) },
    { DJ_PERSONAL_IPV4, KIND(mask_ips, ip_replacement) },
    { DJ_PERSONAL_IPV6, KIND(mask_ips, ip_replacement) },
    { DJ_PERSONAL_MAC, KIND(mask_macs, mac_replacement) },
    { DJ_PERSONAL_UNIX_PATH, KIND(mask_paths, path_replacement) },
    { DJ_PERSONAL_WINDOWS_PATH, KIND(mask_paths, path_replacement) },
    { DJ_PERSONAL_UNC_PATH, KIND(mask_paths, path_replacement) },
    { DJ_PERSONAL_EMAIL, KIND(mask_emails, email_replacement) },
    { DJ_PERSONAL_SECRET, KIND(mask_secrets, secret_replacement) },
    { DJ_PERSONAL_ID, KIND(mask_ids, id_replacement) },
    { DJ_PERSONAL_CHANNEL, KIND(mask_channel_ids, channel_id_replacement) },
    { DJ_PERSONAL_FEISHU_ID, KIND(mask_platform_open_ids, channel_id_replacement) },
    { DJ_PERSONAL_PLATFORM_ID, KIND(mask_platform_open_ids, channel_id_replacement) },
    { DJ_PERSONAL_MOBILE, KIND(mask_phones, phone_replacement) },
    { DJ_PERSONAL_PHONE, KIND(mask_phones, phone_replacement) },
    { DJ_PERSONAL_ID_CARD, KIND(mask_id_cards, id_card_replacement) },
};

enum { NKINDS = sizeof(kinds) / sizeof(kinds[0]) };

struct step {
    const struct dj_personal_form *form; /* NULL: one of extra_patterns */
    struct dj_regex *regex;
    struct dj_template *tmpl;
};

struct state {
    struct step *steps;
    size_t nsteps;
    struct dj_buf bufs[2]; /* texts between steps, in turn */
    struct dj_buf sample;
};

/* --- opening ----------------------------------------------------------------------- */

static void close_op(void *opened)
{
    struct state *state = opened;

    for (size_t i = 0; i < state->nsteps; i++) {
        dj_regex_free(state->steps[i].regex);
        dj_template_free(state->steps[i].tmpl);
    }
    dj_buf_release(&state->bufs[0]);
    dj_buf_release(&state->bufs[1]);
    dj_buf_release(&state->sample);
    dj_xfree(state->steps);
    dj_xfree(state);
}

static enum dj_status add_kind(const struct dj_op_call *call, struct state *state,
                               const struct kind *kind)
{
    const char *conf = call->conf;
    const char *replacement = *(const char *const *)(conf + kind->replacement);
    const struct dj_personal_form *form = dj_personal_form(kind->what);
    struct step *step = &state->steps[state->nsteps];
    enum dj_status status;
    char *text;

    if (!*(const bool *)(conf + kind->mask)) {
        return DJ_OK;
    }
    if (replacement == NULL) {
        return dj_fail(call->err, DJ_CONFIG,
                       "a replacement is null, which is no template");
    }
    state->nsteps++;
    step->form = form;
    DJ_TRY(
        dj_regex_new(form->pattern, DJ_REGEX_RE, form->flags, &step->regex, call->err));
    text = dj_xprintf("%s%s", form->keeps_first ? "\\1" : "", replacement);
    status = dj_template_new(text, step->regex, &step->tmpl, call->err);
    dj_xfree(text);
    return status == DJ_OK
               ? DJ_OK
               : dj_error_prefix(call->err, "the replacement \"%s\": ", replacement);
}

/* An entry of extra_patterns. */
static enum dj_status add_extra(const struct dj_op_call *call, struct state *state,
                                const struct dj_yaml_node *pair)
{
    struct step *step = &state->steps[state->nsteps];

    if (pair->kind != DJ_YAML_SEQUENCE || pair->count != 2 ||
        pair->items[0]->kind != DJ_YAML_SCALAR ||
        pair->items[1]->kind != DJ_YAML_SCALAR) {
        return dj_fail(
            call->err, DJ_CONFIG,
            "extra_patterns: each entry must be a list of two texts, a regular "
            "expression and a template");
    }
    if (dj_regex_new(pair->items[0]->text, DJ_REGEX_RE, 0, &step->regex, call->err) !=
        DJ_OK) {
        /* Others would leave unredacted what Data-Juicer redacts. */
        const bool skipped = strstr(call->err->text, "not supported") == NULL &&
                             strstr(call->err->text, "too large") == NULL;

        return skipped ? DJ_OK : dj_error_prefix(call->err, "extra_patterns: ");
    }
    state->nsteps++;
    if (dj_template_new(pair->items[1]->text, step->regex, &step->tmpl, call->err) !=
        DJ_OK) {
        return dj_error_prefix(call->err, "extra_patterns: ");
    }
    return DJ_OK;
}

static enum dj_status add_steps(const struct dj_op_call *call, struct state *state)
{
    const struct conf *conf = call->conf;
    const struct dj_yaml_node *extra = conf->extra_patterns;
    size_t nextra = 0;

    if (extra != NULL && !dj_yaml_as_null(extra)) {
        if (extra->kind != DJ_YAML_SEQUENCE) {
            return dj_fail(call->err, DJ_CONFIG,
                           "extra_patterns must be a list of pairs of texts");
        }
        nextra = extra->count;
    }
    state->steps = dj_xcalloc(NKINDS + nextra, sizeof(*state->steps));
    for (size_t i = 0; i < NKINDS; i++) {
        DJ_TRY(add_kind(call, state, &kinds[i]));
    }
    for (size_t i = 0; i < nextra; i++) {
        DJ_TRY(add_extra(call, state, extra->items[i]));
    }
    return DJ_OK;
}

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    struct state *state = dj_xcalloc(1, sizeof(*state));
    enum dj_status status;

    dj_buf_init(&state->bufs[0]);
    dj_buf_init(&state->bufs[1]);
    dj_buf_init(&state->sample);
    status = add_steps(call, state);
    if (status != DJ_OK) {
        close_op(state);
        return status;
    }
    *opened = state;
    return DJ_OK;
}

/* --- texts ------------------------------------------------------------------------- */

/* One step; *text becomes the result, which is in out then. */
static enum dj_status take_step(const struct dj_op_call *call, const struct step *step,
                                struct dj_buf *out, struct dj_str *text, bool *changed)
{
    dj_buf_reset(out);
    *changed = false;
    if (step->form != NULL && !step->form->may(*text)) {
        return DJ_OK;
    }
    if (step->form != NULL && step->form->sub != NULL) {
        DJ_TRY(step->form->sub(step->tmpl, *text, out, changed));
    } else {
        DJ_TRY(dj_regex_sub(step->regex, step->tmpl, *text, out, changed, call->err));
    }
    if (*changed) {
        *text = dj_buf_str(out);
    }
    return DJ_OK;
}

/* The text of a string node. */
static enum dj_status redact(const struct dj_op_call *call, struct dj_node *node)
{
    struct state *state = call->state;
    struct dj_str text = node->text;
    size_t turn = 0;

    if (text.len == 0) {
        return DJ_OK;
    }
    for (size_t i = 0; i < state->nsteps; i++) {
        bool changed;

        DJ_TRY(take_step(call, &state->steps[i], &state->bufs[turn], &text, &changed));
        turn ^= changed;
    }
    if (dj_str_equal(text, node->text)) {
        return DJ_OK;
    }
    node->text = dj_arena_copy(call->scratch, text);
    node->changed = true;
    return node->text.ptr == NULL ? DJ_NOMEM : DJ_OK;
}

static enum dj_status redact_if_string(const struct dj_op_call *call,
                                       struct dj_node *node)
{
    return dj_node_is(node, DJ_NODE_STRING) ? redact(call, node) : DJ_OK;
}

/* --- samples ----------------------------------------------------------------------- */

static bool holds_paths(struct dj_str key)
{
    static const char *const keys[] = { "file_path", "path", "file", "arguments",
                                        "file_paths" };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (dj_str_is(key, keys[i])) {
            return true;
        }
    }
    return false;
}

/* Strings in lists, and members that hold paths, at any depth. */
static enum dj_status redact_inside(const struct dj_op_call *call,
                                    const struct dj_node *node)
{
    DJ_FOR_EACH_NODE (child, node) {
        if (child->kind != DJ_NODE_STRING) {
            DJ_TRY(child->changed ? DJ_OK : redact_inside(call, child));
        } else if (node->kind == DJ_NODE_LIST || holds_paths(child->key)) {
            DJ_TRY(redact(call, child));
        }
    }
    return DJ_OK;
}

static enum dj_status redact_arguments(const struct dj_op_call *call,
                                       const struct dj_node *object)
{
    struct dj_node *arguments = dj_node_get(object, "arguments");

    return dj_node_is(arguments, DJ_NODE_OBJECT) ? redact_inside(call, arguments)
                                                 : redact_if_string(call, arguments);
}

static enum dj_status redact_calls(const struct dj_op_call *call,
                                   const struct dj_node *calls)
{
    if (!dj_node_is(calls, DJ_NODE_LIST)) {
        return DJ_OK;
    }
    DJ_FOR_EACH_NODE (one, calls) {
        const struct dj_node *function = dj_node_get(one, "function");

        if (!dj_node_true(function)) {
            function = dj_node_get(one, "function_call");
        }
        DJ_TRY(redact_arguments(call, function));
        DJ_TRY(redact_arguments(call, one));
    }
    return DJ_OK;
}

static enum dj_status redact_content(const struct dj_op_call *call,
                                     struct dj_node *content)
{
    if (!dj_node_is(content, DJ_NODE_LIST)) {
        return redact_if_string(call, content);
    }
    DJ_FOR_EACH_NODE (block, content) {
        DJ_TRY(redact_if_string(call, block));
        DJ_TRY(redact_if_string(call, dj_node_get(block, "text")));
        DJ_TRY(redact_if_string(call, dj_node_get(block, "content")));
    }
    return DJ_OK;
}

static enum dj_status redact_messages(const struct dj_op_call *call,
                                      const struct dj_node *messages)
{
    DJ_FOR_EACH_NODE (message, messages) {
        DJ_TRY(redact_content(call, dj_node_get(message, "content")));
        DJ_TRY(redact_calls(call, dj_node_get(message, "tool_calls")));
        DJ_TRY(redact_calls(call, dj_node_get(message, "tool_use")));
    }
    return DJ_OK;
}

/* Cuts a list off behind its second item. */
static enum dj_status keep_two(struct dj_edits *edits, struct dj_node *list)
{
    struct dj_node *second = list->first->next;
    const char *begin = second->raw.ptr + second->raw.len;
    const char *end = list->last->raw.ptr + list->last->raw.len;

    if (list->count == 2) {
        return DJ_OK;
    }
    second->next = NULL;
    list->last = second;
    list->count = 2;
    return dj_edits_replace(edits, (struct dj_str){ begin, (size_t)(end - begin) },
                            DJ_STR(""));
}

static enum dj_status redact_pair(const struct dj_op_call *call, struct dj_node *pair)
{
    DJ_TRY(redact_if_string(call, pair->first));
    return redact_if_string(call, pair->first->next);
}

/* Data-Juicer makes tuples of the pairs, in which it looks for nothing more. */
static enum dj_status redact_history(const struct dj_op_call *call,
                                     struct dj_edits *edits, struct dj_node *history)
{
    DJ_FOR_EACH_NODE (pair, history) {
        if (pair->kind == DJ_NODE_LIST && pair->count >= 2) {
            DJ_TRY(redact_pair(call, pair));
            DJ_TRY(keep_two(edits, pair));
            pair->changed = true;
        }
    }
    return DJ_OK;
}

static enum dj_status redact_field(const struct dj_op_call *call, struct dj_edits *edits,
                                   struct dj_node *root, const char *key)
{
    const struct conf *conf = call->conf;
    struct dj_node *field = dj_node_get(root, key);

    if (!dj_node_is(field, DJ_NODE_LIST)) {
        return redact_if_string(call, field);
    }
    if (conf->messages_key != NULL && strcmp(key, conf->messages_key) == 0) {
        return redact_messages(call, field);
    }
    if (strcmp(key, "dialog_history") == 0) {
        return redact_history(call, edits, field);
    }
    return field->count == 2 ? redact_pair(call, field) : DJ_OK;
}

static enum dj_status redact_fields(const struct dj_op_call *call, struct dj_edits *edits,
                                    struct dj_node *root)
{
    static const char *const presets[] = { "query", "response", "dialog_history",
                                           "messages" };
    const struct conf *conf = call->conf;

    for (size_t i = 0; i < conf->redact_keys.count; i++) {
        DJ_TRY(redact_field(call, edits, root, conf->redact_keys.items[i]));
    }
    if (!conf->redact_keys.present) {
        DJ_TRY(redact_field(call, edits, root, call->text_key));
        for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
            DJ_TRY(redact_field(call, edits, root, presets[i]));
        }
    }
    return redact_inside(call, root);
}

static enum dj_status redact_row(const struct dj_op_call *call, struct dj_batch *batch,
                                 size_t row)
{
    struct state *state = call->state;
    struct dj_edits edits;
    struct dj_node *root;
    struct dj_str sample;

    DJ_TRY(dj_batch_sample(batch, row, &sample));
    DJ_TRY(dj_node_read(sample, call->scratch, &root));
    dj_edits_init(&edits, call->scratch, sample);
    DJ_TRY(redact_fields(call, &edits, root));
    DJ_TRY(dj_edits_texts(&edits, root));
    if (edits.first == NULL) {
        return DJ_OK;
    }
    dj_buf_reset(&state->sample);
    DJ_TRY(dj_edits_apply(&edits, &state->sample));
    return dj_batch_set_sample(batch, row, dj_buf_str(&state->sample));
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);
        const enum dj_status status = redact_row(call, batch, row);

        dj_arena_rollback(call->scratch, mark);
        if (status == DJ_OP) {
            dj_batch_reject(batch, row, "%s", call->err->text);
            continue;
        }
        DJ_TRY(status);
    }
    return DJ_OK;
}

const struct dj_op dj_op_pii_redaction_mapper = {
    .name = "pii_redaction_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Put placeholders for personal data, secrets and paths",
    .params = params,
    .conf_size = sizeof(struct conf),
    .flags = DJ_OP_NO_TEXT,
    .cost = DJ_COST_HIGH,
    .open = open_op,
    .close = close_op,
    .process = process,
};

/*
 * replace_content_mapper: replaces what regular expressions find, one after the other,
 * each in what the one before it has left. There is one template for all, or a list of
 * them with one for each. A dot also means a line feed; all else is Python's regex
 * module (version 0). A pattern like r'..' loses this wrapper, as in Data-Juicer.
 */
#include "dj/op.h"
#include "dj/scan.h"

struct conf {
    struct dj_strs pattern;
    const struct dj_yaml_node *repl;
};

static const struct dj_param params[] = {
    {
        .name = "pattern",
        .type = DJ_PARAM_TEXTS,
        .offset = DJ_FIELD(struct conf, pattern, struct dj_strs),
        .flags = DJ_PARAM_NULLABLE | DJ_PARAM_PATHS, /* a comma divides nothing */
        .help = "regular expressions for what is replaced; null: nothing",
    },
    {
        .name = "repl",
        .type = DJ_PARAM_ANY,
        .offset = DJ_FIELD(struct conf, repl, const struct dj_yaml_node *),
        .preset.s = "\"\"",
        .help = "template that takes its place, or a list of one for each pattern: "
                "\\1, \\g<name>, \\n",
    },
    DJ_PARAM_END,
};

struct state {
    struct dj_replacer **replacers;
    size_t count;
};

static void close_op(void *state)
{
    struct state *made = state;

    for (size_t i = 0; i < made->count; i++) {
        dj_replacer_free(made->replacers[i]);
    }
    dj_xfree(made->replacers);
    dj_xfree(made);
}

/* The template for a pattern. */
static enum dj_status template_of(const struct conf *conf, size_t index,
                                  const char **repl, struct dj_error *err)
{
    const struct dj_yaml_node *node = conf->repl;

    if (node == NULL) {
        *repl = "";
        return DJ_OK;
    }
    if (node->kind == DJ_YAML_SEQUENCE) {
        if (index >= node->count) {
            return dj_fail(err, DJ_CONFIG,
                           "replace_content_mapper.repl: has %zu entries for %zu "
                           "patterns: write one for each, or a single text for all",
                           node->count, conf->pattern.count);
        }
        node = node->items[index];
    }
    if (node->kind != DJ_YAML_SCALAR || strlen(node->text) != node->len) {
        return dj_fail(err, DJ_CONFIG,
                       "replace_content_mapper.repl: a text or a list of texts is "
                       "expected, without null");
    }
    *repl = node->text;
    return DJ_OK;
}

static enum dj_status add_replacer(const struct dj_op_call *call, struct state *state)
{
    const struct conf *conf = call->conf;
    struct dj_replacer_spec spec = {
        .op = "replace_content_mapper",
        .pattern = conf->pattern.items[state->count],
        .flavor = DJ_REGEX_REGEX,
        .flags = DJ_REGEX_DOTALL,
    };

    DJ_TRY(template_of(conf, state->count, &spec.repl, call->err));
    DJ_TRY(dj_replacer_new(&spec, &state->replacers[state->count], call->err));
    state->count++;
    return DJ_OK;
}

static enum dj_status open_op(const struct dj_op_call *call, void **state)
{
    const struct conf *conf = call->conf;
    struct state *made = dj_xmalloc(sizeof(*made));

    made->replacers = dj_xcalloc(conf->pattern.count + 1, sizeof(struct dj_replacer *));
    for (size_t i = 0; i < conf->pattern.count; i++) {
        const enum dj_status status = add_replacer(call, made);

        if (status != DJ_OK) {
            close_op(made);
            return status;
        }
    }
    *state = made;
    return DJ_OK;
}

/* All patterns on one text; *changed when it is another one then. */
static enum dj_status replace(const struct state *state, struct dj_str *text,
                              bool *changed, struct dj_error *err)
{
    *changed = false;
    for (size_t i = 0; i < state->count; i++) {
        struct dj_str result;
        bool found;

        DJ_TRY(dj_replacer_run(state->replacers[i], *text, &found, &result, err));
        if (found) {
            *text = result;
            *changed = true;
        }
    }
    return DJ_OK;
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        struct dj_str text = dj_batch_text(batch, row);
        bool changed;
        const enum dj_status status = replace(call->state, &text, &changed, call->err);

        if (status == DJ_OP) {
            dj_batch_reject(batch, row, "%s", call->err->text);
            continue;
        }
        DJ_TRY(status);
        if (changed) {
            DJ_TRY(dj_batch_set_text(batch, row, text));
        }
    }
    return DJ_OK;
}

const struct dj_op dj_op_replace_content_mapper = {
    .name = "replace_content_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Replace what regular expressions find, or remove it",
    .params = params,
    .conf_size = sizeof(struct conf),
    .cost = DJ_COST_MEDIUM,
    .open = open_op,
    .close = close_op,
    .process = process,
};

/*
 * clean_links_mapper: replaces links (with a scheme, with "www." or a host and a slash)
 * in a text by repl; by default they go. A link takes along what follows it up to a
 * blank, so also full-width punctuation and letters of a script without blanks.
 */
#include "dj/op.h"
#include "dj/scan.h"

struct conf {
    const char *pattern;
    const char *repl;
};

static const struct dj_param params[] = {
    DJ_PARAM_TEXT_(struct conf, pattern, NULL,
                   "regular expression for what is replaced; null: links"),
    DJ_PARAM_TEXT_(struct conf, repl, "",
                   "template that takes its place: \\1, \\g<name>, \\n"),
    DJ_PARAM_END,
};

/* Data-Juicer's; dj_scan_link finds what it finds. */
static const char published[] =
    "(?i)\\b("
    "(?:[a-z][\\w-]+:(?:\\/{1,3}|[a-z0-9%])|www\\d{0,3}[.]|"
    "[a-z0-9.\\-]+[.][a-z]{2,4}\\/)"
    "(?:[^\\s()<>]+|\\(([^\\s()<>]+|(\\([^\\s()<>]+\\)))*\\))+"
    "(?:\\(([^\\s()<>]+|(\\([^\\s()<>]+\\)))*\\)|"
    "[^\\s`!()\\[\\]{};:\\'\\\".,<>?«»“”‘’])"
    ")";

static enum dj_status open_replacer(const struct dj_op_call *call, void **state)
{
    const struct conf *conf = call->conf;
    const struct dj_replacer_spec spec = {
        .op = "clean_links_mapper",
        .pattern = conf->pattern,
        .repl = conf->repl,
        .published = published,
        .scan = dj_scan_link,
        .scan_groups = 1,
        .flavor = DJ_REGEX_REGEX,
        .flags = DJ_REGEX_DOTALL,
    };
    struct dj_replacer *replacer;

    DJ_TRY(dj_replacer_new(&spec, &replacer, call->err));
    *state = replacer;
    return DJ_OK;
}

static void close_replacer(void *state)
{
    dj_replacer_free(state);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    struct dj_replacer *replacer = call->state;

    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_str text = dj_batch_text(batch, row);
        struct dj_str result;
        bool changed;
        const enum dj_status status =
            dj_replacer_run(replacer, text, &changed, &result, call->err);

        if (status == DJ_OP) {
            dj_batch_reject(batch, row, "%s", call->err->text);
            continue;
        }
        DJ_TRY(status);
        if (changed) {
            DJ_TRY(dj_batch_set_text(batch, row, result));
        }
    }
    return DJ_OK;
}

const struct dj_op dj_op_clean_links_mapper = {
    .name = "clean_links_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Replace links, or remove them",
    .params = params,
    .conf_size = sizeof(struct conf),
    .cost = DJ_COST_LOW,
    .open = open_replacer,
    .close = close_replacer,
    .process = process,
};

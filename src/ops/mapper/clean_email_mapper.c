/*
 * clean_email_mapper: replaces mail addresses in a text by repl; by default they go. Only
 * domains in small letters count, as in Data-Juicer.
 */
#include "dj/op.h"
#include "dj/scan.h"

struct conf {
    const char *pattern;
    const char *repl;
};

static const struct dj_param params[] = {
    DJ_PARAM_TEXT_(struct conf, pattern, NULL,
                   "regular expression for what is replaced; null: mail addresses"),
    DJ_PARAM_TEXT_(struct conf, repl, "",
                   "template that takes its place: \\1, \\g<name>, \\n"),
    DJ_PARAM_END,
};

/* Data-Juicer's; dj_scan_email finds what it finds. */
static const char published[] = "[A-Za-z0-9.\\-+_]+@[a-z0-9.\\-+_]+\\.[a-z]+";

static enum dj_status open_replacer(const struct dj_op_call *call, void **state)
{
    const struct conf *conf = call->conf;
    const struct dj_replacer_spec spec = {
        .op = "clean_email_mapper",
        .pattern = conf->pattern,
        .repl = conf->repl,
        .published = published,
        .scan = dj_scan_email,
        .scan_groups = 0,
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

const struct dj_op dj_op_clean_email_mapper = {
    .name = "clean_email_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Replace mail addresses, or remove them",
    .params = params,
    .conf_size = sizeof(struct conf),
    .cost = DJ_COST_LOW,
    .open = open_replacer,
    .close = close_replacer,
    .process = process,
};

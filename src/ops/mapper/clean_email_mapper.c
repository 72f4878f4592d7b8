/*
 * clean_email_mapper: replaces mail addresses in a text by repl; by default they go. Only
 * domains in small letters count, as in Data-Juicer.
 */
#include "dj/clean.h"

static const struct dj_param params[] = { DJ_CLEAN_PARAMS_("mail addresses"),
                                          DJ_PARAM_END };

/* Data-Juicer's; dj_scan_email finds what it finds. */
static const char published[] = "[A-Za-z0-9.\\-+_]+@[a-z0-9.\\-+_]+\\.[a-z]+";

static enum dj_status open_op(const struct dj_op_call *call, void **state)
{
    const struct dj_replacer_spec spec = {
        .op = "clean_email_mapper",
        .published = published,
        .scan = dj_scan_email,
        .scan_groups = 0,
    };

    return dj_clean_open(call, spec, state);
}

const struct dj_op dj_op_clean_email_mapper = {
    .name = "clean_email_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Replace mail addresses, or remove them",
    .params = params,
    .conf_size = sizeof(struct dj_clean_conf),
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = dj_clean_close,
    .process = dj_clean_process,
};

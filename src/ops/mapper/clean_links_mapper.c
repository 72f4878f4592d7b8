/*
 * clean_links_mapper: replaces links (with a scheme, with "www." or a host and a slash)
 * in a text by repl; by default they go. A link takes along what follows it up to a
 * blank, so also full-width punctuation and letters of a script without blanks.
 */
#include "dj/clean.h"

static const struct dj_param params[] = { DJ_CLEAN_PARAMS_("links"), DJ_PARAM_END };

/* Data-Juicer's; dj_scan_link finds what it finds. */
static const char published[] =
    "(?i)\\b("
    "(?:[a-z][\\w-]+:(?:\\/{1,3}|[a-z0-9%])|www\\d{0,3}[.]|"
    "[a-z0-9.\\-]+[.][a-z]{2,4}\\/)"
    "(?:[^\\s()<>]+|\\(([^\\s()<>]+|(\\([^\\s()<>]+\\)))*\\))+"
    "(?:\\(([^\\s()<>]+|(\\([^\\s()<>]+\\)))*\\)|"
    "[^\\s`!()\\[\\]{};:\\'\\\".,<>?«»“”‘’])"
    ")";

static enum dj_status open_op(const struct dj_op_call *call, void **state)
{
    const struct dj_replacer_spec spec = {
        .op = "clean_links_mapper",
        .published = published,
        .scan = dj_scan_link,
        .scan_groups = 1,
    };

    return dj_clean_open(call, spec, state);
}

const struct dj_op dj_op_clean_links_mapper = {
    .name = "clean_links_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Replace links, or remove them",
    .params = params,
    .conf_size = sizeof(struct dj_clean_conf),
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = dj_clean_close,
    .process = dj_clean_process,
};

/*
 * clean_ip_mapper: replaces IPv4 addresses, and IPv6 addresses with all eight parts, in a
 * text by repl; by default they go. Nothing is asked of what stands around: of a longer
 * row of numbers the first part that fits is taken.
 */
#include "dj/clean.h"

static const struct dj_param params[] = { DJ_CLEAN_PARAMS_("IP addresses"),
                                          DJ_PARAM_END };

/* Data-Juicer's; dj_scan_ip finds what it finds. */
static const char published[] =
    "(?:(?:1[0-9][0-9]\\.)|(?:2[0-4][0-9]\\.)|(?:25[0-5]\\.)|(?:[1-9][0-9]\\.)|"
    "(?:[0-9]\\.)){3}"
    "(?:(?:1[0-9][0-9])|(?:2[0-4][0-9])|(?:25[0-5])|(?:[1-9][0-9])|(?:[0-9]))|"
    "([\\da-fA-F]{1,4}:){7}[\\da-fA-F]{1,4}";

static enum dj_status open_op(const struct dj_op_call *call, void **state)
{
    const struct dj_replacer_spec spec = {
        .op = "clean_ip_mapper",
        .published = published,
        .scan = dj_scan_ip,
        .scan_groups = 1,
    };

    return dj_clean_open(call, spec, state);
}

const struct dj_op dj_op_clean_ip_mapper = {
    .name = "clean_ip_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Replace IP addresses, or remove them",
    .params = params,
    .conf_size = sizeof(struct dj_clean_conf),
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = dj_clean_close,
    .process = dj_clean_process,
};

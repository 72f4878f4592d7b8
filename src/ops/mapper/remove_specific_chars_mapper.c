/*
 * remove_specific_chars_mapper: removes the given characters. A list of texts stands
 * for all their characters, as in Data-Juicer, so no text of several is removed as a
 * whole. Nothing given, nothing is done; for [""] Data-Juicer fails.
 */
#include "dj/charset.h"
#include "dj/op.h"

struct conf {
    struct dj_strs chars_to_remove;
};

static const struct dj_param params[] = {
    {
        .name = "chars_to_remove",
        .type = DJ_PARAM_TEXTS,
        .offset = DJ_FIELD(struct conf, chars_to_remove, struct dj_strs),
        .preset.s = "◆●■►▼▲▴∆▻▷❖♡□",
        .flags = DJ_PARAM_NULLABLE | DJ_PARAM_PATHS, /* a comma is one of them */
        .help = "the characters that go; a list stands for all their characters",
    },
    DJ_PARAM_END,
};

static enum dj_status open_op(const struct dj_op_call *call, void **state)
{
    const struct conf *conf = call->conf;
    struct dj_charset *set = dj_charset_new();

    for (size_t i = 0; i < conf->chars_to_remove.count; i++) {
        dj_charset_add_text(set, dj_str_from(conf->chars_to_remove.items[i]));
    }
    *state = set;
    return DJ_OK;
}

static void close_op(void *state)
{
    dj_charset_free(state);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    return dj_op_drop_chars(call, batch, call->state);
}

const struct dj_op dj_op_remove_specific_chars_mapper = {
    .name = "remove_specific_chars_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Remove the given characters",
    .params = params,
    .conf_size = sizeof(struct conf),
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .process = process,
};

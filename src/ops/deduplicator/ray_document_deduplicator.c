/*
 * ray_document_deduplicator: document_deduplicator by the name that recipes for
 * Data-Juicer's Ray mode have, with the same result.
 */
#include "dj/same_text.h"

static const char why[] = "texts meet on the ranks of the job";

static const struct dj_param params[] = {
    DJ_SAME_TEXT_PARAMS_,
    DJ_PARAM_NO_EFFECT_("backend", why),
    DJ_PARAM_NO_EFFECT_("redis_address", why),
    DJ_PARAM_NO_EFFECT_("dedup_set_num", why),
    DJ_PARAM_END,
};

const struct dj_op dj_op_ray_document_deduplicator = {
    .name = "ray_document_deduplicator",
    .kind = DJ_OP_DEDUPLICATOR,
    .version = 1,
    .summary = "The same as document_deduplicator",
    .params = params,
    .conf_size = sizeof(struct dj_same_text_conf),
    .hash = "__dj__hash",
    .cost = DJ_COST_LOW,
    .open = dj_same_text_open,
    .close = dj_same_text_close,
    .global = &dj_same_text_global,
    .process = dj_same_text_process,
};

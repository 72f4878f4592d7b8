/*
 * ray_bts_minhash_deduplicator: document_minhash_deduplicator by the name that recipes
 * for Data-Juicer's Ray mode have, with the same result.
 */
#include "dj/near_text.h"

static const char why[] = "bands meet on the ranks of the job";

static const struct dj_param params[] = { DJ_NEAR_TEXT_PARAMS_,
                                          DJ_NEAR_TEXT_RAY_PARAMS_(why), DJ_PARAM_END };

const struct dj_op dj_op_ray_bts_minhash_deduplicator = {
    .name = "ray_bts_minhash_deduplicator",
    .kind = DJ_OP_DEDUPLICATOR,
    .version = 1,
    .summary = "The same as document_minhash_deduplicator",
    .params = params,
    .conf_size = sizeof(struct dj_near_text_conf),
    .cost = DJ_COST_HIGH,
    .open = dj_near_text_open,
    .close = dj_near_text_close,
    .global = &dj_near_text_global,
    .process = dj_near_text_process,
};

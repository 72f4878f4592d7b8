/*
 * document_minhash_deduplicator: of samples with nearly equal texts it keeps the first
 * one in the dataset. Texts are near duplicates when a band of their MinHash signatures
 * is equal; nothing else is compared. Near duplicates of near duplicates belong together.
 * All texts with fewer tokens than a shingle have the same signature, as in Data-Juicer,
 * so all but the first of them are dropped.
 */
#include "dj/near_text.h"

static const struct dj_param params[] = { DJ_NEAR_TEXT_PARAMS_, DJ_PARAM_END };

const struct dj_op dj_op_document_minhash_deduplicator = {
    .name = "document_minhash_deduplicator",
    .kind = DJ_OP_DEDUPLICATOR,
    .version = 1,
    .summary = "Keep the first of samples with nearly equal texts (MinHash)",
    .params = params,
    .conf_size = sizeof(struct dj_near_text_conf),
    .cost = DJ_COST_HIGH,
    .open = dj_near_text_open,
    .close = dj_near_text_close,
    .global = &dj_near_text_global,
    .process = dj_near_text_process,
};

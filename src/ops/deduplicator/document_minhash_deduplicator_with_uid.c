/*
 * document_minhash_deduplicator_with_uid: as document_minhash_deduplicator, but of
 * samples with nearly equal texts the one with the lowest number in the field __dj__uid
 * stays. The numbers are whole and each is there once; so a new dataset can be compared
 * with an older one that comes first.
 */
#include "dj/near_text.h"

static const struct dj_param params[] = { DJ_NEAR_TEXT_PARAMS_, DJ_PARAM_END };

const struct dj_op dj_op_document_minhash_deduplicator_with_uid = {
    .name = "document_minhash_deduplicator_with_uid",
    .kind = DJ_OP_DEDUPLICATOR,
    .version = 1,
    .summary = "Keep the lowest __dj__uid of samples with nearly equal texts",
    .params = params,
    .conf_size = sizeof(struct dj_near_text_conf),
    .flags = DJ_OP_READS_FIELDS,
    .cost = DJ_COST_HIGH,
    .open = dj_near_text_open,
    .close = dj_near_text_close,
    .global = &dj_near_text_global,
    .process = dj_near_text_process_with_uid,
};

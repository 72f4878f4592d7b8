/*
 * document_deduplicator: of samples whose texts are equal it keeps the first one in the
 * dataset. Texts are compared by their MD5, without blanks at their ends, and if asked
 * for in lower case, without blanks, digits and ASCII punctuation (letters and
 * punctuation of other scripts stay).
 */
#include "dj/same_text.h"

static const struct dj_param params[] = { DJ_SAME_TEXT_PARAMS_, DJ_PARAM_END };

const struct dj_op dj_op_document_deduplicator = {
    .name = "document_deduplicator",
    .kind = DJ_OP_DEDUPLICATOR,
    .version = 1,
    .summary = "Keep the first of samples with equal texts",
    .params = params,
    .conf_size = sizeof(struct dj_same_text_conf),
    .hash = "__dj__hash",
    .cost = DJ_COST_LOW,
    .open = dj_same_text_open,
    .close = dj_same_text_close,
    .global = &dj_same_text_global,
    .process = dj_same_text_process,
};

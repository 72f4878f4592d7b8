/*
 * flagged_words_filter: keeps samples by the share of flagged words among the words of
 * their text, which are cut at blanks, line feeds and tabs, lower-cased and stripped of
 * special characters. The words come from the files of a folder. Records the share as
 * flagged_words_ratio; a text without words has 0.0.
 */
#include "dj/word_share.h"

static const struct dj_param params[] = {
    DJ_WORD_SHARE_PARAMS_("flagged_words_dir", "flagged_words", 0.0, 0.045),
    DJ_PARAM_END,
};

static const char *const stats[] = { "flagged_words_ratio", NULL };

static enum dj_status open_op(const struct dj_op_call *call, void **state)
{
    return dj_word_share_open(call, "flagged_words", "flagged_words_dir", state);
}

const struct dj_op dj_op_flagged_words_filter = {
    .name = "flagged_words_filter",
    .kind = DJ_OP_FILTER,
    .version = 1,
    .summary = "Keep samples by the share of flagged words in their text",
    .params = params,
    .conf_size = sizeof(struct dj_word_share_conf),
    .stats = stats,
    .cost = DJ_COST_MEDIUM,
    .open = open_op,
    .close = dj_word_share_close,
    .data = dj_word_share_data,
    .process = dj_word_share_process,
};

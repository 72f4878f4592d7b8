/*
 * Filters by the share of words of a text that are in a word list: what
 * stopwords_filter and flagged_words_filter have in common.
 */
#ifndef DJ_WORD_SHARE_H
#define DJ_WORD_SHARE_H

#include "dj/op.h"

/* Their parameters, all of them; the folder has a name of its own in each. */
struct dj_word_share_conf {
    const char *lang;
    bool tokenization;
    struct dj_number min_ratio;
    struct dj_number max_ratio;
    const char *folder; /* NULL: Data-Juicer's cache */
    bool use_words_aug;
    const struct dj_yaml_node *words_aug_group_sizes; /* NULL: two words */
    const char *words_aug_join_char;
};

/* Entries of the parameter table; folder_ is the name of the folder's. */
#define DJ_WORD_SHARE_PARAMS_(folder_, kind_, min_, max_)                             \
    DJ_PARAM_TEXT_(struct dj_word_share_conf, lang, "en",                             \
                   "language of the words; all takes those of all languages"),        \
        {                                                                             \
            .name = "tokenization",                                                   \
            .type = DJ_PARAM_BOOL,                                                    \
            .offset = DJ_FIELD(struct dj_word_share_conf, tokenization, bool),        \
            .flags = DJ_PARAM_NOT_YET,                                                \
            .why = "SentencePiece models",                                            \
            .today = "false",                                                         \
            .help = "take the pieces of a tokenizer for words",                       \
        },                                                                            \
        DJ_PARAM_NUMBER_(struct dj_word_share_conf, min_ratio, DJ_PRESET_FLOAT(min_), \
                         "smallest share to keep; null is no bound"),                 \
        DJ_PARAM_NUMBER_(struct dj_word_share_conf, max_ratio, DJ_PRESET_FLOAT(max_), \
                         "largest share to keep; null is no bound"),                  \
        {                                                                             \
            .name = (folder_),                                                        \
            .type = DJ_PARAM_TEXT,                                                    \
            .offset = DJ_FIELD(struct dj_word_share_conf, folder, const char *),      \
            .flags = DJ_PARAM_NULLABLE,                                               \
            .help = "folder with *" kind_ "*.json, lists of words by language; null " \
                    "is Data-Juicer's cache, ~/.cache/data_juicer/assets",            \
        },                                                                            \
        DJ_PARAM_BOOL_(struct dj_word_share_conf, use_words_aug, false,               \
                       "count runs of words, joined, as further words"),              \
        {                                                                             \
            .name = "words_aug_group_sizes",                                          \
            .type = DJ_PARAM_ANY,                                                     \
            .offset = DJ_FIELD(struct dj_word_share_conf, words_aug_group_sizes,      \
                               const struct dj_yaml_node *),                          \
            .preset.s = "[2]",                                                        \
            .help = "numbers of words in such a run, a list",                         \
        },                                                                            \
        DJ_PARAM_TEXT_(struct dj_word_share_conf, words_aug_join_char, "",            \
                       "what stands between the words of a run")

/*
 * Loads the list; state is for the two others. kind is part of the file names, option
 * the name of the folder's parameter.
 */
enum dj_status dj_word_share_open(const struct dj_op_call *call, const char *kind,
                                  const char *option, void **state) DJ_MUST_CHECK;
void dj_word_share_close(void *state);
enum dj_status dj_word_share_process(const struct dj_op_call *call,
                                     struct dj_batch *batch) DJ_MUST_CHECK;
/* Of the words, for dj_op.data. */
uint64_t dj_word_share_data(const void *state);

#endif

/*
 * Deduplicators by MinHash: what document_minhash_deduplicator, its sister that reads
 * __dj__uid, and their names in Data-Juicer's Ray mode have in common.
 */
#ifndef DJ_NEAR_TEXT_H
#define DJ_NEAR_TEXT_H

#include "dj/global.h"
#include "dj/minhash.h"

/* Their parameters, all of them. */
struct dj_near_text_conf {
    int tokenization; /* enum dj_tokens */
    int64_t window_size;
    bool lowercase;
    const char *ignore_pattern;
    int64_t num_permutations;
    double jaccard_threshold;
    int64_t num_bands;         /* 0: the best */
    int64_t num_rows_per_band; /* 0: the best */
    const char *tokenizer_model;
};

extern const char *const dj_near_text_tokenizations[];

/* Entries of the parameter table. */
#define DJ_NEAR_TEXT_TOKENS_(conf_, window_, choices_)                               \
    DJ_PARAM_INT_(conf_, window_size, window_, 1, INT32_MAX, "tokens of a shingle"), \
        DJ_PARAM_BOOL_(conf_, lowercase, true, "compare in lower case"),             \
        DJ_PARAM_TEXT_(conf_, ignore_pattern, NULL,                                  \
                       "regular expression of what is taken out first")
#define DJ_NEAR_TEXT_PARAMS_                                                             \
    {                                                                                    \
        .name = "tokenization",                                                          \
        .type = DJ_PARAM_ENUM,                                                           \
        .offset = DJ_FIELD(struct dj_near_text_conf, tokenization, int),                 \
        .choices = dj_near_text_tokenizations,                                           \
        .flags = DJ_PARAM_NOT_YET,                                                       \
        .why = "SentencePiece models",                                                   \
        .today = "\"space\" \"punctuation\" \"character\"",                              \
        .help = "where a text is cut into tokens",                                       \
    },                                                                                   \
        DJ_NEAR_TEXT_TOKENS_(struct dj_near_text_conf, 5, dj_near_text_tokenizations),   \
        DJ_PARAM_INT_(struct dj_near_text_conf, num_permutations, 256, 1,                \
                      DJ_MINHASH_MOST, "numbers of a signature"),                        \
        DJ_PARAM_FLOAT_(                                                                 \
            struct dj_near_text_conf, jaccard_threshold, 0.7, 0, 1,                      \
            "share of common shingles from which texts are near duplicates; "            \
            "numbers of bands and rows follow from it"),                                 \
        DJ_NEAR_TEXT_NUMBER_(num_bands,                                                  \
                             "parts of a signature, one of which has to be equal; null " \
                             "takes the best number for the threshold"),                 \
        DJ_NEAR_TEXT_NUMBER_(num_rows_per_band,                                          \
                             "numbers of such a part; null takes the best number for "   \
                             "the threshold"),                                           \
        DJ_PARAM_TEXT_(struct dj_near_text_conf, tokenizer_model, NULL,                  \
                       "model for sentencepiece; others need none")
/* A number or null, which is 0. */
#define DJ_NEAR_TEXT_NUMBER_(field_, help_)                                      \
    {                                                                            \
        .name = #field_, .type = DJ_PARAM_INT,                                   \
        .offset = DJ_FIELD(struct dj_near_text_conf, field_, int64_t), .min = 1, \
        .max = DJ_MINHASH_MOST, .flags = DJ_PARAM_NULLABLE, .help = (help_),     \
    }

/* Of the Ray operators. */
#define DJ_NEAR_TEXT_RAY_PARAMS_(why_)                             \
    DJ_PARAM_NO_EFFECT_("union_find_parallel_num", why_),          \
        DJ_PARAM_NO_EFFECT_("union_threshold", why_),              \
        DJ_PARAM_NO_EFFECT_("max_pending_edge_buffer_task", why_), \
        DJ_PARAM_NO_EFFECT_("num_edge_buffer_task_returns", why_), \
        DJ_PARAM_NO_EFFECT_("max_pending_filter_tasks", why_),     \
        DJ_PARAM_NO_EFFECT_("num_filter_task_returns", why_),      \
        DJ_PARAM_NO_EFFECT_("merge_batch_size", why_),             \
        DJ_PARAM_NO_EFFECT_("minhash_batch_size", why_),           \
        DJ_PARAM_NO_EFFECT_("memory_per_sample", why_),            \
        DJ_PARAM_NO_EFFECT_("actor_memory", why_),                 \
        DJ_PARAM_NO_EFFECT_("task_memory", why_)

/* What the parameters come to. */
struct dj_near_text_shape {
    size_t bands, rows;
};
struct dj_near_text_shape dj_near_text_shape(const struct dj_near_text_conf *conf);
struct dj_shingles_spec dj_near_text_shingles(const struct dj_near_text_conf *conf);

enum dj_status dj_near_text_open(const struct dj_op_call *call,
                                 void **state) DJ_MUST_CHECK;
void dj_near_text_close(void *state);
/* Of a cluster the first row stays, or the one with the lowest __dj__uid. */
enum dj_status dj_near_text_process(const struct dj_op_call *call,
                                    struct dj_batch *batch) DJ_MUST_CHECK;
enum dj_status dj_near_text_process_with_uid(const struct dj_op_call *call,
                                             struct dj_batch *batch) DJ_MUST_CHECK;
extern const struct dj_global dj_near_text_global;

/*
 * The meet function of records whose vertices (value, row) are joined when their keys
 * are equal: an edge from the first one to each other. Its state has this size.
 */
enum { DJ_JOIN_EQUAL_STATE = sizeof(struct dj_note) };
enum dj_status dj_join_equal(const struct dj_op_call *call, void *state,
                             const struct dj_met *met, const struct dj_sink *out);

#endif

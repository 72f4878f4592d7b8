/*
 * Exact counts of the n-grams of a text: of its characters or of its words.
 *
 * Equal n-grams are found by hash and verified by comparison, so no count is ever a
 * guess. The counter keeps its memory from text to text; a text with very many
 * n-grams is counted in several passes, so its memory is bounded.
 */
#ifndef DJ_NGRAM_H
#define DJ_NGRAM_H

#include "dj/text.h"

struct dj_ngram_counts {
    int64_t total;    /* n-grams in the text, repeats included */
    int64_t distinct; /* different ones */
    int64_t single;   /* those that occur once */
    /* Sum of the k highest counts, k = min(floor(sqrt(distinct)), distinct - single). */
    int64_t top;
};

/* Longest text that can be counted, in characters or words. */
#define DJ_NGRAM_LIMIT ((size_t)UINT32_MAX)

struct dj_ngrams;

/*
 * limit: different n-grams held at once, 0 for the ordinary number. Free with
 * dj_ngrams_free, which takes NULL too.
 */
struct dj_ngrams *dj_ngrams_new(size_t limit);
void dj_ngrams_free(struct dj_ngrams *ngrams);

/*
 * n is at least 1; a text with fewer items has no n-grams and all counts are 0.
 * DJ_NOMEM or DJ_OK. Text and words have DJ_PADDING readable bytes behind them.
 */
enum dj_status dj_ngrams_of_text(struct dj_ngrams *ngrams, struct dj_str text, size_t n,
                                 struct dj_ngram_counts *counts) DJ_MUST_CHECK;
enum dj_status dj_ngrams_of_words(struct dj_ngrams *ngrams, const struct dj_words *words,
                                  size_t n, struct dj_ngram_counts *counts) DJ_MUST_CHECK;

#endif

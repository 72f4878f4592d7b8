/* The counts of those n-grams that stand more than once; private to ngram.c. */
#ifndef DJ_NGRAM_MANY_H
#define DJ_NGRAM_MANY_H

#include "dj/mem.h"

enum { DJ_NGRAM_SMALL = 256 };

/* A histogram of the small counts, for most are, and a list of the others. */
struct dj_ngram_many {
    size_t highest; /* of the counts in the histogram */
    int64_t small[DJ_NGRAM_SMALL];
    struct dj_buf large; /* uint32_t */
};

void dj_ngram_many_init(struct dj_ngram_many *many);
void dj_ngram_many_release(struct dj_ngram_many *many);
void dj_ngram_many_reset(struct dj_ngram_many *many);

static inline enum dj_status dj_ngram_many_add(struct dj_ngram_many *many, uint32_t count)
{
    if (count < DJ_NGRAM_SMALL) {
        many->small[count]++;
        many->highest = count > many->highest ? count : many->highest;
        return DJ_OK;
    }
    return dj_buf_append(&many->large,
                         (struct dj_str){ (const char *)&count, sizeof(count) });
}

/* The sum of the k highest, k = min(floor(sqrt(distinct)), distinct - single). */
int64_t dj_ngram_many_top(struct dj_ngram_many *many, int64_t distinct, int64_t single);

#endif

/* The sum of the highest counts: the large ones sorted, then the histogram from above. */
#include "text/ngram_many.h"

#include <stdlib.h>
#include <string.h>

void dj_ngram_many_init(struct dj_ngram_many *many)
{
    *many = (struct dj_ngram_many){ 0 };
    dj_buf_init(&many->large);
}

void dj_ngram_many_release(struct dj_ngram_many *many)
{
    dj_buf_release(&many->large);
}

void dj_ngram_many_reset(struct dj_ngram_many *many)
{
    memset(many->small, 0, (many->highest + 1) * sizeof(many->small[0]));
    many->highest = 0;
    dj_buf_reset(&many->large);
}

static int descending(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;

    return (x < y) - (x > y);
}

static int64_t root(int64_t value)
{
    int64_t result = 0;

    for (int64_t bit = (int64_t)1 << 30; bit > 0; bit >>= 1) {
        if ((result | bit) * (result | bit) <= value) {
            result |= bit;
        }
    }
    return result;
}

/* distinct - single n-grams are in the histogram, so its counts do for k. */
int64_t dj_ngram_many_top(struct dj_ngram_many *many, int64_t distinct, int64_t single)
{
    const size_t nlarge = many->large.len / sizeof(uint32_t);
    uint32_t *large = (void *)many->large.ptr;
    int64_t k = root(distinct);
    int64_t sum = 0;

    k = k < distinct - single ? k : distinct - single;
    if (nlarge > 1) {
        qsort(large, nlarge, sizeof(*large), descending);
    }
    for (size_t i = 0; i < nlarge && k > 0; i++, k--) {
        sum += large[i];
    }
    for (size_t count = many->highest; count > 1 && k > 0; count--) {
        const int64_t times = many->small[count] < k ? many->small[count] : k;

        sum += times * dj_i64_from_size(count);
        k -= times;
    }
    return sum;
}

/* What MinHash does most of the time, in plain C and for vectors of 4 and 8 numbers. */
#ifndef DJ_MINHASH_PRIVATE_H
#define DJ_MINHASH_PRIVATE_H

#include "dj/minhash.h"
#include "text/digests_private.h"

enum {
    DJ_MINHASH_BLOCK = DJ_DIGESTS_MOST, /* hashes at a time */
    DJ_MINHASH_STEP = 32,               /* permutations come in multiples of this */
    DJ_MINHASH_UNSURE = 8,
};

struct dj_permutations {
    size_t count; /* a multiple of DJ_MINHASH_STEP */
    uint64_t *a;
    uint64_t *b_plus_1;
};

struct dj_minhash_kernels {
    const char *name;
    /*
     * For each permutation the lowest of low32(x + (x >> 61)) with x = h * a + b + 1
     * over the hashes, at least one. That is one more than the permutation's value,
     * except where it is DJ_MINHASH_UNSURE or less: then some value may have wrapped
     * around, and plain arithmetic finds out.
     */
    void (*lowest)(const struct dj_permutations *permutations, const uint32_t *hashes,
                   size_t count, uint32_t *out);
};

extern const struct dj_minhash_kernels dj_minhash_plain;
/* NULL: not on this machine. */
const struct dj_minhash_kernels *dj_minhash_avx2(void);
const struct dj_minhash_kernels *dj_minhash_avx512(void);

struct dj_minhash *dj_minhash_new_with(size_t permutations,
                                       const struct dj_minhash_kernels *kernels,
                                       const struct dj_digests *digests);

/* The value of one permutation, without short cuts. */
static inline uint32_t dj_minhash_value(uint32_t hash, uint64_t a, uint64_t b)
{
    const uint64_t prime = (UINT64_C(1) << 61) - 1;

    return (uint32_t)((hash * a + b) % prime);
}

#endif

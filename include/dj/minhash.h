/*
 * MinHash signatures with Data-Juicer's numbers: of every shingle the first four bytes of
 * its SHA-1; of every permutation h -> ((h * a + b) mod 2^64) mod (2^61 - 1) the lowest
 * of the low 32 bits. Vector code and plain code give the same numbers.
 */
#ifndef DJ_MINHASH_H
#define DJ_MINHASH_H

#include "dj/shingles.h"

struct dj_minhash;

enum { DJ_MINHASH_MOST = 32768 };

/* permutations: from 1 to DJ_MINHASH_MOST. One for each thread. */
struct dj_minhash *dj_minhash_new(size_t permutations);
void dj_minhash_free(struct dj_minhash *minhash); /* takes NULL too */

/*
 * The signature of the text that shingles were made of, of which there are count; one
 * number a permutation, UINT32_MAX when there are no shingles. Borrowed until the next
 * call.
 */
const uint32_t *dj_minhash_of(struct dj_minhash *minhash,
                              const struct dj_shingles *shingles, size_t count);

/*
 * Bands, and rows in each, that err least about pairs as similar as threshold (0 to 1),
 * false positives and false negatives counting alike; of equal choices the one with
 * fewer bands.
 */
void dj_minhash_bands(double threshold, size_t permutations, size_t *bands, size_t *rows);

#endif

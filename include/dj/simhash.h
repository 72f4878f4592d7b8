/* SimHash with Data-Juicer's numbers, and which hashes are close to each other. */
#ifndef DJ_SIMHASH_H
#define DJ_SIMHASH_H

#include "dj/shingles.h"

/*
 * Of each shingle, repeats included, the first eight bytes of its MD5; a bit is set when
 * more of them have it set than not. 0 when there are no shingles.
 */
uint64_t dj_simhash_of(const struct dj_shingles *shingles, size_t count);

/*
 * Hashes that differ in at most distance bits (1 to 63) have the same bits under one of
 * these masks at least. The more bits a mask has, the fewer hashes meet by chance.
 */
enum { DJ_SIMHASH_MASKS = 64 };
struct dj_simhash_masks {
    size_t count;
    uint64_t masks[DJ_SIMHASH_MASKS];
};
void dj_simhash_masks(unsigned distance, struct dj_simhash_masks *masks);

#endif

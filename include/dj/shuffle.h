/* The order that numpy's default_rng(seed).permutation(count) makes, piece by piece. */
#ifndef DJ_SHUFFLE_H
#define DJ_SHUFFLE_H

#include "dj/mem.h"

/*
 * Where the elements from first to first + n of count come to stand; n is at most
 * UINT32_MAX. Takes time for count steps and memory for n elements.
 */
enum dj_status dj_shuffle_places(uint64_t seed, uint64_t count, uint64_t first, size_t n,
                                 uint64_t *places) DJ_MUST_CHECK;

#endif

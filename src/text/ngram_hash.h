/* Hashes of the n-grams of a text, a block at a time; private to ngram.c. */
#ifndef DJ_NGRAM_HASH_H
#define DJ_NGRAM_HASH_H

#include "dj/text.h"

enum {
    DJ_NGRAM_BLOCK = 64, /* hashes of one call */
    DJ_NGRAM_SHORT = 16, /* longest n-gram of bytes */
};

/* The n-grams to hash and compare: bytes when points is NULL. */
struct dj_ngram_source {
    const char *bytes; /* with DJ_PADDING bytes behind them */
    const uint32_t *points;
    const struct dj_str *words; /* what points are hashes of, or NULL */
    size_t same_a; /* points: the n-grams that end one item before these are the same */
    size_t same_b;
    size_t n;
    size_t total;      /* n-grams */
    uint64_t low_mask; /* bytes: of the first and second eight of an n-gram */
    uint64_t high_mask;
    uint64_t rolling; /* points: hash of the n-gram before the block, unfinished */
    uint64_t oldest;  /* points: factor of the point that leaves the n-gram */
    void (*hash)(const struct dj_ngram_source *source, size_t first, size_t count,
                 uint32_t *hashes); /* bytes */
};

/* count >= n >= 1; bytes: n at most DJ_NGRAM_SHORT. */
void dj_ngram_from_bytes(struct dj_ngram_source *source, const char *bytes, size_t count,
                         size_t n);
void dj_ngram_from_points(struct dj_ngram_source *source, const uint32_t *points,
                          size_t count, size_t n);

/*
 * The hashes of the n-grams from first on; returns how many, at most
 * DJ_NGRAM_BLOCK. Blocks are asked for in order; first = 0 starts anew.
 */
size_t dj_ngram_hashes(struct dj_ngram_source *source, size_t first, uint32_t *hashes);

/* word has DJ_PADDING bytes behind it. */
uint32_t dj_ngram_hash_word(struct dj_str word);

/* Low bits that depend on all bits of the hash. */
static inline uint32_t dj_ngram_mix(uint32_t hash)
{
    return (hash ^ hash >> 16) * 0x9e3779b1u >> 4;
}

/* Eight bytes, the first in the lowest place whatever the machine's order is. */
static inline uint64_t dj_load64(const char *from)
{
    uint64_t value;

    memcpy(&value, from, sizeof(value));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

#endif

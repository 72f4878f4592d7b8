/*
 * SHA-1 of LANES texts at once, each in its own lane of vectors; the file that includes
 * this defines LANES, TARGET (the attribute of functions), vec, and on vectors rotate,
 * choose, parity, majority, exclusive (of four), add, all; and load_words, which reads
 * the same block of every text. Only the first word of a digest is wanted, so only the
 * lanes whose text is longer than a block keep the other four.
 */
#include "text/minhash_private.h"

struct texts {
    const struct dj_str *items[LANES];
    size_t blocks[LANES];
};

/* Bytes of the text, the bit behind it, and the length in bits. */
static inline size_t blocks_of(size_t len)
{
    return len / 64 + (len % 64 < 56 ? 1 : 2);
}

/* Adds to state what a block of 16 words makes of it. */
TARGET static inline void run_rounds(vec state[5], vec w[16])
{
    vec a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];

#define ROUND(mix_, k_, word_)                                                     \
    do {                                                                           \
        const vec next = add(add(add(rotate(a, 5), e), (mix_)), add((word_), k_)); \
                                                                                   \
        e = d;                                                                     \
        d = c;                                                                     \
        c = rotate(b, 30);                                                         \
        b = a;                                                                     \
        a = next;                                                                  \
    } while (0)
#define EXPAND(i_)                                                          \
    (w[(i_)&15] = rotate(exclusive(w[((i_) + 13) & 15], w[((i_) + 8) & 15], \
                                   w[((i_) + 2) & 15], w[(i_)&15]),         \
                         1))

    {
        const vec k = all(0x5a827999);

#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            ROUND(choose(b, c, d), k, w[i]);
        }
#pragma GCC unroll 4
        for (int i = 16; i < 20; i++) {
            ROUND(choose(b, c, d), k, EXPAND(i));
        }
    }
    {
        const vec k = all(0x6ed9eba1);

#pragma GCC unroll 20
        for (int i = 20; i < 40; i++) {
            ROUND(parity(b, c, d), k, EXPAND(i));
        }
    }
    {
        const vec k = all((int)0x8f1bbcdc);

#pragma GCC unroll 20
        for (int i = 40; i < 60; i++) {
            ROUND(majority(b, c, d), k, EXPAND(i));
        }
    }
    {
        const vec k = all((int)0xca62c1d6);

#pragma GCC unroll 20
        for (int i = 60; i < 80; i++) {
            ROUND(parity(b, c, d), k, EXPAND(i));
        }
    }
#undef ROUND
#undef EXPAND
    state[0] = add(state[0], a);
    state[1] = add(state[1], b);
    state[2] = add(state[2], c);
    state[3] = add(state[3], d);
    state[4] = add(state[4], e);
}

/* The texts of a group, the longest of which has most blocks. */
TARGET static void run_group(const struct texts *texts, size_t most,
                             uint32_t first_words[LANES])
{
    vec state[5] = { all(0x67452301), all((int)0xefcdab89), all((int)0x98badcfe),
                     all(0x10325476), all((int)0xc3d2e1f0) };

    for (size_t block = 0; block < most; block++) {
        uint32_t words[LANES] __attribute__((aligned(64)));
        vec w[16];

        load_words(texts, block, w);
        run_rounds(state, w);
        memcpy(words, &state[0], sizeof(words));
        for (size_t lane = 0; lane < LANES; lane++) {
            if (texts->blocks[lane] == block + 1) {
                first_words[lane] = words[lane];
            }
        }
    }
}

/* The items whose places are in order, LANES at a time; the last of them again. */
TARGET static void run_items(const struct dj_str *items, const uint64_t *order,
                             size_t count, uint32_t *out)
{
    for (size_t first = 0; first < count; first += LANES) {
        const size_t n = count - first < LANES ? count - first : LANES;
        uint32_t first_words[LANES] = { 0 };
        struct texts texts;
        size_t most = 0;

        for (size_t lane = 0; lane < LANES; lane++) {
            const size_t at = lane < n ? first + lane : first + n - 1;

            texts.items[lane] = &items[order[at] & UINT32_MAX];
            texts.blocks[lane] = blocks_of(texts.items[lane]->len);
            most = texts.blocks[lane] > most ? texts.blocks[lane] : most;
        }
        run_group(&texts, most, first_words);
        for (size_t lane = 0; lane < n; lane++) {
            out[order[first + lane] & UINT32_MAX] = __builtin_bswap32(first_words[lane]);
        }
    }
}

static int compare_places(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Texts with as many blocks as each other go together. */
static void sha1_many(const struct dj_str *items, size_t count, uint32_t *out)
{
    uint64_t order[DJ_MINHASH_BLOCK];
    uint64_t longer[DJ_MINHASH_BLOCK];
    size_t nshort = 0;
    size_t nlonger = 0;

    for (size_t i = 0; i < count; i++) {
        const bool is_short = items[i].len < 56;

        order[nshort] = i;
        longer[nlonger] = (uint64_t)blocks_of(items[i].len) << 32 | i;
        nshort += is_short;
        nlonger += !is_short;
    }
    run_items(items, order, nshort, out);
    qsort(longer, nlonger, sizeof(longer[0]), compare_places);
    run_items(items, longer, nlonger, out);
}

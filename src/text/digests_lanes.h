/*
 * MD5 and SHA-1 of LANES texts at once, each in its own lane of vectors; the file that
 * includes this defines LANES, TARGET (the attribute of functions), vec, and on vectors
 * rotate, choose, parity, majority, md5_last, exclusive (of four), add, all, turn_bytes;
 * and load_rows, which reads the same block of every text, words in columns.
 */
#include <stdlib.h>

#include "base/md_private.h"
#include "text/digests_private.h"

enum { WORDS = 16, STATE = 5, SHORT = 56, BLOCK = 64 };

struct lanes {
    const struct dj_str *texts[LANES];
    size_t blocks[LANES];
};

/* Blocks of the text, the bit behind it, and the length in bits. */
static inline size_t blocks_of(size_t len)
{
    return len / BLOCK + (len % BLOCK < SHORT ? 1 : 2);
}

/* The words of a block of every text, but for the length. */
TARGET static inline void load_rows(const struct lanes *lanes, size_t block,
                                    vec w[WORDS]);

/* The lengths, where this is a text's last block: their lower and upper words. */
TARGET static inline void load_lengths(const struct lanes *lanes, size_t block,
                                       vec *lower, vec *upper)
{
    uint32_t low[LANES], high[LANES];

    for (size_t lane = 0; lane < LANES; lane++) {
        const bool last = lanes->blocks[lane] == block + 1;
        const uint64_t bits = last ? (uint64_t)lanes->texts[lane]->len * 8 : 0;

        low[lane] = (uint32_t)bits;
        high[lane] = (uint32_t)(bits >> 32);
    }
    memcpy(lower, low, sizeof(low));
    memcpy(upper, high, sizeof(high));
}

/* --- MD5 ------------------------------------------------------------------------------
 */

#define STEP(mix_, a_, b_, k_, i_, turn_) \
    (a_) =                                \
        add(b_, rotate(add(add(a_, mix_), add(w[k_], all((int)dj_md5_add[i_]))), turn_))

TARGET static inline void md5_rounds(vec state[STATE], const vec w[WORDS])
{
    vec a = state[0], b = state[1], c = state[2], d = state[3];

#pragma GCC unroll 4
    for (unsigned i = 0; i < 16; i += 4) {
        STEP(choose(b, c, d), a, b, i, i, 7);
        STEP(choose(a, b, c), d, a, i + 1, i + 1, 12);
        STEP(choose(d, a, b), c, d, i + 2, i + 2, 17);
        STEP(choose(c, d, a), b, c, i + 3, i + 3, 22);
    }
#pragma GCC unroll 4
    for (unsigned i = 16; i < 32; i += 4) {
        STEP(choose(d, b, c), a, b, (5 * i + 1) & 15, i, 5);
        STEP(choose(c, a, b), d, a, (5 * i + 6) & 15, i + 1, 9);
        STEP(choose(b, d, a), c, d, (5 * i + 11) & 15, i + 2, 14);
        STEP(choose(a, c, d), b, c, (5 * i + 16) & 15, i + 3, 20);
    }
#pragma GCC unroll 4
    for (unsigned i = 32; i < 48; i += 4) {
        STEP(parity(b, c, d), a, b, (3 * i + 5) & 15, i, 4);
        STEP(parity(a, b, c), d, a, (3 * i + 8) & 15, i + 1, 11);
        STEP(parity(d, a, b), c, d, (3 * i + 11) & 15, i + 2, 16);
        STEP(parity(c, d, a), b, c, (3 * i + 14) & 15, i + 3, 23);
    }
#pragma GCC unroll 4
    for (unsigned i = 48; i < 64; i += 4) {
        STEP(md5_last(b, c, d), a, b, (7 * i) & 15, i, 6);
        STEP(md5_last(a, b, c), d, a, (7 * i + 7) & 15, i + 1, 10);
        STEP(md5_last(d, a, b), c, d, (7 * i + 14) & 15, i + 2, 15);
        STEP(md5_last(c, d, a), b, c, (7 * i + 21) & 15, i + 3, 21);
    }
    state[0] = add(state[0], a);
    state[1] = add(state[1], b);
    state[2] = add(state[2], c);
    state[3] = add(state[3], d);
}
#undef STEP

/* --- SHA-1 ----------------------------------------------------------------------------
 */

#define ROUND(mix_, k_, word_)                                                 \
    do {                                                                       \
        const vec next = add(add(add(rotate(a, 5), e), mix_), add(word_, k_)); \
                                                                               \
        e = d;                                                                 \
        d = c;                                                                 \
        c = rotate(b, 30);                                                     \
        b = a;                                                                 \
        a = next;                                                              \
    } while (0)
#define EXPAND(i_)                                                          \
    (w[(i_)&15] = rotate(exclusive(w[((i_) + 13) & 15], w[((i_) + 8) & 15], \
                                   w[((i_) + 2) & 15], w[(i_)&15]),         \
                         1))

TARGET static inline void sha1_rounds(vec state[STATE], vec w[WORDS])
{
    const vec k[4] = { all(0x5a827999), all(0x6ed9eba1), all((int)0x8f1bbcdc),
                       all((int)0xca62c1d6) };
    vec a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];

#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        ROUND(choose(b, c, d), k[0], w[i]);
    }
#pragma GCC unroll 4
    for (int i = 16; i < 20; i++) {
        ROUND(choose(b, c, d), k[0], EXPAND(i));
    }
#pragma GCC unroll 20
    for (int i = 20; i < 40; i++) {
        ROUND(parity(b, c, d), k[1], EXPAND(i));
    }
#pragma GCC unroll 20
    for (int i = 40; i < 60; i++) {
        ROUND(majority(b, c, d), k[2], EXPAND(i));
    }
#pragma GCC unroll 20
    for (int i = 60; i < 80; i++) {
        ROUND(parity(b, c, d), k[3], EXPAND(i));
    }
    state[0] = add(state[0], a);
    state[1] = add(state[1], b);
    state[2] = add(state[2], c);
    state[3] = add(state[3], d);
    state[4] = add(state[4], e);
}
#undef ROUND
#undef EXPAND

/* --- groups ---------------------------------------------------------------------------
 */

/* Words of digests, by word and lane. */
struct words {
    uint32_t at[4][LANES];
};

/* Keeps the words of the lanes whose text ends with this block. */
TARGET static inline void keep_words(const struct lanes *lanes, size_t block,
                                     const vec state[STATE], size_t nwords,
                                     struct words *words)
{
    for (size_t word = 0; word < nwords; word++) {
        uint32_t now[LANES];

        memcpy(now, &state[word], sizeof(now));
        for (size_t lane = 0; lane < LANES; lane++) {
            if (lanes->blocks[lane] == block + 1) {
                words->at[word][lane] = now[lane];
            }
        }
    }
}

TARGET static inline void start(vec state[STATE])
{
    state[0] = all(0x67452301);
    state[1] = all((int)0xefcdab89);
    state[2] = all((int)0x98badcfe);
    state[3] = all(0x10325476);
    state[4] = all((int)0xc3d2e1f0);
}

/* The texts of a group, the longest of which has most blocks. */
TARGET static void md5_group(const struct lanes *lanes, size_t most, struct words *words)
{
    vec state[STATE];

    start(state);
    for (size_t block = 0; block < most; block++) {
        vec w[WORDS], lower, upper;

        load_rows(lanes, block, w);
        load_lengths(lanes, block, &lower, &upper);
        w[14] = add(w[14], lower);
        w[15] = add(w[15], upper);
        md5_rounds(state, w);
        keep_words(lanes, block, state, 4, words);
    }
}

TARGET static void sha1_group(const struct lanes *lanes, size_t most, struct words *words)
{
    vec state[STATE];

    start(state);
    for (size_t block = 0; block < most; block++) {
        vec w[WORDS], lower, upper;

        load_rows(lanes, block, w);
        load_lengths(lanes, block, &lower, &upper);
#pragma GCC unroll 16
        for (int i = 0; i < WORDS; i++) {
            w[i] = turn_bytes(w[i]);
        }
        w[14] = add(w[14], upper);
        w[15] = add(w[15], lower);
        sha1_rounds(state, w);
        keep_words(lanes, block, state, 1, words);
    }
}

/* --- texts ----------------------------------------------------------------------------
 */

typedef void group_fn(const struct lanes *lanes, size_t most, struct words *words);
typedef void take_fn(void *out, size_t at, const struct words *words, size_t lane);

static void take_md5(void *out, size_t at, const struct words *words, size_t lane)
{
    struct dj_hash128 *hashes = out;

    hashes[at].hi = (uint64_t)__builtin_bswap32(words->at[0][lane]) << 32 |
                    __builtin_bswap32(words->at[1][lane]);
    hashes[at].lo = (uint64_t)__builtin_bswap32(words->at[2][lane]) << 32 |
                    __builtin_bswap32(words->at[3][lane]);
}

static void take_sha1(void *out, size_t at, const struct words *words, size_t lane)
{
    ((uint32_t *)out)[at] = __builtin_bswap32(words->at[0][lane]);
}

/* The lower half of an entry of order is a text's place. */
static inline size_t place(uint64_t entry)
{
    return entry & UINT32_MAX;
}

/* LANES texts at a time; where there are fewer, the last of them again. */
static void run_groups(const struct dj_str *texts, const uint64_t *order, size_t count,
                       group_fn *group, take_fn *take, void *out)
{
    for (size_t first = 0; first < count; first += LANES) {
        const size_t n = count - first < LANES ? count - first : LANES;
        struct words words = { 0 };
        struct lanes lanes;
        size_t most = 0;

        for (size_t lane = 0; lane < LANES; lane++) {
            const size_t at = lane < n ? first + lane : first + n - 1;

            lanes.texts[lane] = &texts[place(order[at])];
            lanes.blocks[lane] = blocks_of(lanes.texts[lane]->len);
            most = lanes.blocks[lane] > most ? lanes.blocks[lane] : most;
        }
        group(&lanes, most, &words);
        for (size_t lane = 0; lane < n; lane++) {
            take(out, place(order[first + lane]), &words, lane);
        }
    }
}

static int compare_entries(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Texts with as many blocks as each other go together. */
static void run_texts(const struct dj_str *texts, size_t count, group_fn *group,
                      take_fn *take, void *out)
{
    uint64_t order[DJ_DIGESTS_MOST];
    uint64_t longer[DJ_DIGESTS_MOST];
    size_t nshort = 0;
    size_t nlonger = 0;

    order[0] = 0;
    longer[0] = 0;
    for (size_t i = 0; i < count; i++) {
        const bool is_short = texts[i].len < SHORT;

        order[nshort] = i;
        longer[nlonger] = (uint64_t)blocks_of(texts[i].len) << 32 | i;
        nshort += is_short;
        nlonger += !is_short;
    }
    run_groups(texts, order, nshort, group, take, out);
    if (nlonger > 1) {
        qsort(longer, nlonger, sizeof(longer[0]), compare_entries);
    }
    run_groups(texts, longer, nlonger, group, take, out);
}

static void md5_many(const struct dj_str *texts, size_t count, struct dj_hash128 *out)
{
    run_texts(texts, count, md5_group, take_md5, out);
}

static void sha1_many(const struct dj_str *texts, size_t count, uint32_t *out)
{
    run_texts(texts, count, sha1_group, take_sha1, out);
}

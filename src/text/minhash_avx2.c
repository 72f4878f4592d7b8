/* MinHash kernels for vectors of 8 numbers. */
#include "text/minhash_private.h"

#include "text/simd.h"

#ifdef DJ_SIMD_AVX2
#include <stdlib.h>

#define TARGET DJ_AVX2
#define LANES 8

typedef __m256i vec;

#define all _mm256_set1_epi32
#define add _mm256_add_epi32
#define xor _mm256_xor_si256
#define rotate(x_, n_) \
    _mm256_or_si256(_mm256_slli_epi32(x_, n_), _mm256_srli_epi32(x_, 32 - (n_)))
#define choose(b_, c_, d_) xor(d_, _mm256_and_si256(b_, xor(c_, d_)))
#define parity(b_, c_, d_) xor(xor(b_, c_), d_)
/* Of (b & c) and (b ^ c) & d no bit is in both. */
#define majority(b_, c_, d_) \
    xor(_mm256_and_si256(b_, c_), _mm256_and_si256(xor(b_, c_), d_))
#define exclusive(a_, b_, c_, d_) xor(xor(a_, b_), xor(c_, d_))

struct texts;
TARGET static inline void load_words(const struct texts *texts, size_t block, vec w[16]);

#include "text/minhash_sha1.h"

/* 32 bytes of a text from at on, what follows it included but for its length. */
TARGET static inline vec load_half(const struct dj_str *item, size_t at)
{
    const vec places =
        _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
                         19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
    vec left;

    if (at > item->len) {
        return _mm256_setzero_si256();
    }
    if (item->len - at >= 32) {
        return dj_load32(item->ptr + at);
    }
    left = _mm256_set1_epi8((char)(item->len - at));
    return _mm256_or_si256(
        _mm256_and_si256(dj_load32(item->ptr + at), _mm256_cmpgt_epi8(left, places)),
        _mm256_and_si256(_mm256_set1_epi8((char)0x80), _mm256_cmpeq_epi8(left, places)));
}

/* Rows of 8 words become columns. */
TARGET static inline void transpose(vec r[8])
{
    vec t[8];

#pragma GCC unroll 2
    for (int i = 0; i < 8; i += 4) {
        const vec a = _mm256_unpacklo_epi32(r[i], r[i + 1]);
        const vec b = _mm256_unpackhi_epi32(r[i], r[i + 1]);
        const vec c = _mm256_unpacklo_epi32(r[i + 2], r[i + 3]);
        const vec d = _mm256_unpackhi_epi32(r[i + 2], r[i + 3]);

        t[i] = _mm256_unpacklo_epi64(a, c);
        t[i + 1] = _mm256_unpackhi_epi64(a, c);
        t[i + 2] = _mm256_unpacklo_epi64(b, d);
        t[i + 3] = _mm256_unpackhi_epi64(b, d);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        r[i] = _mm256_permute2x128_si256(t[i], t[4 + i], 0x20);
        r[4 + i] = _mm256_permute2x128_si256(t[i], t[4 + i], 0x31);
    }
}

TARGET static inline void load_words(const struct texts *texts, size_t block, vec w[16])
{
    const vec turn =
        _mm256_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 3, 2, 1, 0,
                         7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
    uint32_t low[LANES] __attribute__((aligned(32)));
    uint32_t high[LANES] __attribute__((aligned(32)));

#pragma GCC unroll 8
    for (int lane = 0; lane < LANES; lane++) {
        const uint64_t bits = (uint64_t)texts->items[lane]->len * 8;
        const bool last = texts->blocks[lane] == block + 1;

        w[lane] = load_half(texts->items[lane], block * 64);
        w[8 + lane] = load_half(texts->items[lane], block * 64 + 32);
        low[lane] = last ? (uint32_t)bits : 0;
        high[lane] = last ? (uint32_t)(bits >> 32) : 0;
    }
    transpose(w);
    transpose(w + 8);
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        w[i] = _mm256_shuffle_epi8(w[i], turn);
    }
    w[14] = _mm256_or_si256(w[14], _mm256_load_si256((const vec *)(const void *)high));
    w[15] = _mm256_or_si256(w[15], _mm256_load_si256((const vec *)(const void *)low));
}

/* --- permutations --------------------------------------------------------------------
 */

enum { WIDTH = 4, VECTORS = 4 };

/* h * a + b of 64 bits, where only h has no upper half. */
TARGET static inline vec multiply(vec hash, vec a, vec upper_a, vec b)
{
    return _mm256_add_epi64(_mm256_add_epi64(_mm256_mul_epu32(hash, a), b),
                            _mm256_slli_epi64(_mm256_mul_epu32(hash, upper_a), 32));
}

TARGET static void lowest(const struct dj_permutations *permutations,
                          const uint32_t *hashes, size_t count, uint32_t *out)
{
    const vec evens = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);

    for (size_t first = 0; first < permutations->count; first += WIDTH * VECTORS) {
        vec a[VECTORS], upper_a[VECTORS], b[VECTORS], least[VECTORS];

#pragma GCC unroll 4
        for (int i = 0; i < VECTORS; i++) {
            const size_t at = first + (size_t)i * WIDTH;

            a[i] = _mm256_loadu_si256((const void *)(permutations->a + at));
            upper_a[i] = _mm256_srli_epi64(a[i], 32);
            b[i] = _mm256_loadu_si256((const void *)(permutations->b_plus_1 + at));
            least[i] = _mm256_set1_epi32(-1);
        }
        for (size_t j = 0; j < count; j++) {
            const vec hash = _mm256_set1_epi64x((long long)hashes[j]);

#pragma GCC unroll 4
            for (int i = 0; i < VECTORS; i++) {
                const vec x = multiply(hash, a[i], upper_a[i], b[i]);
                const vec value = _mm256_add_epi64(x, _mm256_srli_epi64(x, 61));

                /* Of the upper halves nobody looks at the outcome. */
                least[i] = _mm256_min_epu32(least[i], value);
            }
        }
#pragma GCC unroll 4
        for (int i = 0; i < VECTORS; i++) {
            _mm_storeu_si128(
                (void *)(out + first + (size_t)i * WIDTH),
                _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(least[i], evens)));
        }
    }
}

static const struct dj_minhash_kernels kernels = { "avx2", sha1_many, lowest };

const struct dj_minhash_kernels *dj_minhash_avx2(void)
{
    return dj_simd_avx2() ? &kernels : NULL;
}

#else

const struct dj_minhash_kernels *dj_minhash_avx2(void)
{
    return NULL;
}

#endif

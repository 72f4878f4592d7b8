/* MinHash kernels for vectors of 16 numbers (AVX-512 F, BW and DQ). */
#include "text/minhash_private.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <stdlib.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,bmi,bmi2")))
#define LANES 16

typedef __m512i vec;

#define all _mm512_set1_epi32
#define add _mm512_add_epi32
#define rotate _mm512_rol_epi32
#define choose(b_, c_, d_) _mm512_ternarylogic_epi32(b_, c_, d_, 0xca)
#define parity(b_, c_, d_) _mm512_ternarylogic_epi32(b_, c_, d_, 0x96)
#define majority(b_, c_, d_) _mm512_ternarylogic_epi32(b_, c_, d_, 0xe8)
#define exclusive(a_, b_, c_, d_) _mm512_xor_si512(parity(a_, b_, c_), d_)

struct texts;
TARGET static inline void load_words(const struct texts *texts, size_t block, vec w[16]);

#include "text/minhash_sha1.h"

/* The bytes of a block of one text, what follows it included but for its length. */
TARGET static inline vec load_block(const struct dj_str *item, size_t block)
{
    const size_t at = block * 64;
    const size_t left = item->len - at;
    const vec marker = _mm512_set1_epi8((char)0x80);

    if (at > item->len) {
        return _mm512_setzero_si512();
    }
    if (left >= 64) {
        return _mm512_loadu_si512(item->ptr + at);
    }
    return _mm512_mask_mov_epi8(
        _mm512_maskz_loadu_epi8(_bzhi_u64(UINT64_MAX, (unsigned)left), item->ptr + at),
        UINT64_C(1) << left, marker);
}

/* Rows of 16 words become columns. */
TARGET static inline void transpose(vec r[16])
{
    vec t[16];

#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
        const vec a = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        const vec b = _mm512_unpackhi_epi32(r[i], r[i + 1]);
        const vec c = _mm512_unpacklo_epi32(r[i + 2], r[i + 3]);
        const vec d = _mm512_unpackhi_epi32(r[i + 2], r[i + 3]);

        t[i] = _mm512_unpacklo_epi64(a, c);
        t[i + 1] = _mm512_unpackhi_epi64(a, c);
        t[i + 2] = _mm512_unpacklo_epi64(b, d);
        t[i + 3] = _mm512_unpackhi_epi64(b, d);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) { /* quarters of rows i, 4 + i, 8 + i and 12 + i */
        const vec a = _mm512_shuffle_i32x4(t[i], t[4 + i], 0x44);
        const vec b = _mm512_shuffle_i32x4(t[i], t[4 + i], 0xee);
        const vec c = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0x44);
        const vec d = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0xee);

        r[i] = _mm512_shuffle_i32x4(a, c, 0x88);
        r[4 + i] = _mm512_shuffle_i32x4(a, c, 0xdd);
        r[8 + i] = _mm512_shuffle_i32x4(b, d, 0x88);
        r[12 + i] = _mm512_shuffle_i32x4(b, d, 0xdd);
    }
}

TARGET static inline void load_words(const struct texts *texts, size_t block, vec w[16])
{
    const vec turn = _mm512_set4_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203);
    uint32_t low[LANES] __attribute__((aligned(64)));
    uint32_t high[LANES] __attribute__((aligned(64)));

#pragma GCC unroll 16
    for (int lane = 0; lane < LANES; lane++) {
        const uint64_t bits = (uint64_t)texts->items[lane]->len * 8;
        const bool last = texts->blocks[lane] == block + 1;

        w[lane] = load_block(texts->items[lane], block);
        low[lane] = last ? (uint32_t)bits : 0;
        high[lane] = last ? (uint32_t)(bits >> 32) : 0;
    }
    transpose(w);
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        w[i] = _mm512_shuffle_epi8(w[i], turn);
    }
    w[14] = _mm512_or_si512(w[14], _mm512_load_si512(high));
    w[15] = _mm512_or_si512(w[15], _mm512_load_si512(low));
}

/* --- permutations --------------------------------------------------------------------
 */

enum { WIDTH = 8, VECTORS = DJ_MINHASH_STEP / WIDTH };

TARGET static void lowest(const struct dj_permutations *permutations,
                          const uint32_t *hashes, size_t count, uint32_t *out)
{
    for (size_t first = 0; first < permutations->count; first += DJ_MINHASH_STEP) {
        vec a[VECTORS], b[VECTORS], least[VECTORS];

#pragma GCC unroll 8
        for (int i = 0; i < VECTORS; i++) {
            a[i] = _mm512_loadu_si512(permutations->a + first + i * WIDTH);
            b[i] = _mm512_loadu_si512(permutations->b_plus_1 + first + i * WIDTH);
            least[i] = _mm512_set1_epi32(-1);
        }
        for (size_t j = 0; j < count; j++) {
            const vec hash = _mm512_set1_epi64((long long)hashes[j]);

#pragma GCC unroll 8
            for (int i = 0; i < VECTORS; i++) {
                const vec x = _mm512_add_epi64(_mm512_mullo_epi64(hash, a[i]), b[i]);
                const vec value = _mm512_add_epi64(x, _mm512_srli_epi64(x, 61));

                /* Of the upper halves nobody looks at the outcome. */
                least[i] = _mm512_min_epu32(least[i], value);
            }
        }
#pragma GCC unroll 8
        for (int i = 0; i < VECTORS; i++) {
            _mm256_storeu_si256((void *)(out + first + i * WIDTH),
                                _mm512_cvtepi64_epi32(least[i]));
        }
    }
}

static const struct dj_minhash_kernels kernels = { "avx512", sha1_many, lowest };

const struct dj_minhash_kernels *dj_minhash_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("bmi2")
               ? &kernels
               : NULL;
}

#else

const struct dj_minhash_kernels *dj_minhash_avx512(void)
{
    return NULL;
}

#endif

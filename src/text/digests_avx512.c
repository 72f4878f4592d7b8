/* Digests of 16 texts at once (AVX-512 F and BW). */
#include "text/digests_private.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,bmi,bmi2")))
#define LANES 16

typedef __m512i vec;

#define all _mm512_set1_epi32
#define add _mm512_add_epi32
#define rotate _mm512_rol_epi32
#define choose(b_, c_, d_) _mm512_ternarylogic_epi32(b_, c_, d_, 0xca)
#define parity(b_, c_, d_) _mm512_ternarylogic_epi32(b_, c_, d_, 0x96)
#define majority(b_, c_, d_) _mm512_ternarylogic_epi32(b_, c_, d_, 0xe8)
#define md5_last(b_, c_, d_) _mm512_ternarylogic_epi32(b_, c_, d_, 0x39)
#define exclusive(a_, b_, c_, d_) _mm512_xor_si512(parity(a_, b_, c_), d_)
#define turn_bytes(x_)   \
    _mm512_shuffle_epi8( \
        x_, _mm512_set4_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203))

#include "text/digests_lanes.h"

/* A block of one text, what follows the text included but for its length. */
TARGET static inline vec load_block(const struct dj_str *text, size_t block)
{
    const size_t at = block * BLOCK;
    const size_t left = text->len - at;
    const vec marker = _mm512_set1_epi8((char)0x80);

    if (at > text->len) {
        return _mm512_setzero_si512();
    }
    if (left >= BLOCK) {
        return _mm512_loadu_si512(text->ptr + at);
    }
    return _mm512_mask_mov_epi8(
        _mm512_maskz_loadu_epi8(_bzhi_u64(UINT64_MAX, (unsigned)left), text->ptr + at),
        UINT64_C(1) << left, marker);
}

/* Rows of 16 words become columns. */
TARGET static inline void transpose(vec r[WORDS])
{
    vec t[WORDS];

#pragma GCC unroll 4
    for (int i = 0; i < WORDS; i += 4) {
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

TARGET static inline void load_rows(const struct lanes *lanes, size_t block, vec w[WORDS])
{
#pragma GCC unroll 16
    for (int lane = 0; lane < LANES; lane++) {
        w[lane] = load_block(lanes->texts[lane], block);
    }
    transpose(w);
}

static const struct dj_digests digests = { "avx512", md5_many, sha1_many };

const struct dj_digests *dj_digests_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("bmi2")
               ? &digests
               : NULL;
}

#else

const struct dj_digests *dj_digests_avx512(void)
{
    return NULL;
}

#endif

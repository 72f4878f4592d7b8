/* Digests of 8 texts at once. */
#include "text/digests_private.h"
#include "text/simd.h"

#ifdef DJ_SIMD_AVX2

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
#define md5_last(b_, c_, d_) xor(c_, _mm256_or_si256(b_, xor(d_, all(-1))))
#define exclusive(a_, b_, c_, d_) xor(xor(a_, b_), xor(c_, d_))
#define turn_bytes(x_)                                                            \
    _mm256_shuffle_epi8(x_, _mm256_setr_epi32(0x00010203, 0x04050607, 0x08090a0b, \
                                              0x0c0d0e0f, 0x00010203, 0x04050607, \
                                              0x08090a0b, 0x0c0d0e0f))

#include "text/digests_lanes.h"

/* 32 bytes of a text from at on, what follows it included but for its length. */
TARGET static inline vec load_half(const struct dj_str *text, size_t at)
{
    const vec places =
        _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
                         19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
    vec left;

    if (at > text->len) {
        return _mm256_setzero_si256();
    }
    if (text->len - at >= 32) {
        return dj_load32(text->ptr + at);
    }
    left = _mm256_set1_epi8((char)(text->len - at));
    return _mm256_or_si256(
        _mm256_and_si256(dj_load32(text->ptr + at), _mm256_cmpgt_epi8(left, places)),
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

TARGET static inline void load_rows(const struct lanes *lanes, size_t block, vec w[WORDS])
{
#pragma GCC unroll 8
    for (int lane = 0; lane < LANES; lane++) {
        w[lane] = load_half(lanes->texts[lane], block * BLOCK);
        w[8 + lane] = load_half(lanes->texts[lane], block * BLOCK + 32);
    }
    transpose(w);
    transpose(w + 8);
}

static const struct dj_digests digests = { "avx2", md5_many, sha1_many };

const struct dj_digests *dj_digests_avx2(void)
{
    return dj_simd_avx2() ? &digests : NULL;
}

#else

const struct dj_digests *dj_digests_avx2(void)
{
    return NULL;
}

#endif

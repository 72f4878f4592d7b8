/*
 * Vector code of this module: functions marked DJ_AVX2 are called when dj_simd_avx2()
 * says so; each has a plain version that gives the same results everywhere.
 */
#ifndef DJ_TEXT_SIMD_H
#define DJ_TEXT_SIMD_H

#if defined(__x86_64__)
#define DJ_SIMD_AVX2 1
#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/char_tables.h"

#define DJ_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))

static inline bool dj_simd_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

DJ_AVX2 static inline __m256i dj_load32(const char *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

/* Bit i is the highest bit of byte i. */
DJ_AVX2 static inline uint32_t dj_mask32(__m256i v)
{
    return (uint32_t)_mm256_movemask_epi8(v);
}

DJ_AVX2 static inline uint32_t dj_equal32(__m256i v, char byte)
{
    return dj_mask32(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(byte)));
}

/* Bit i is set when byte i is in lo..hi; both are ASCII. */
DJ_AVX2 static inline uint32_t dj_range32(__m256i v, char lo, char hi)
{
    const __m256i low = _mm256_cmpgt_epi8(v, _mm256_set1_epi8((char)(lo - 1)));
    const __m256i high = _mm256_cmpgt_epi8(_mm256_set1_epi8((char)(hi + 1)), v);

    return dj_mask32(_mm256_and_si256(low, high));
}

/* Bit i is set unless byte i continues a character. */
DJ_AVX2 static inline uint32_t dj_starts32(__m256i v)
{
    return dj_mask32(_mm256_cmpgt_epi8(v, _mm256_set1_epi8((char)0xbf)));
}

/* 16 bytes, twice: how tables for _mm256_shuffle_epi8 have to lie. */
DJ_AVX2 static inline __m256i dj_table16(const uint8_t *bytes)
{
    return _mm256_broadcastsi128_si256(
        _mm_loadu_si128((const __m128i *)(const void *)bytes));
}

DJ_AVX2 static inline __m256i dj_high_halves(__m256i v)
{
    return _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(0x0f));
}

DJ_AVX2 static inline __m256i dj_low_halves(__m256i v)
{
    return _mm256_and_si256(v, _mm256_set1_epi8(0x0f));
}

/* Bit i is set when byte i is a lead byte without the property; row: see dj_lead_rows. */
DJ_AVX2 static inline uint32_t dj_leads32(__m256i v, __m256i row)
{
    const __m256i bits =
        _mm256_setr_epi8(16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 1, 2, 4, 8, 16,
                         16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 1, 2, 4, 8);
    const __m256i have = _mm256_and_si256(_mm256_shuffle_epi8(row, dj_low_halves(v)),
                                          _mm256_shuffle_epi8(bits, dj_high_halves(v)));

    return dj_mask32(_mm256_cmpeq_epi8(have, _mm256_setzero_si256()));
}

DJ_AVX2 static inline __m256i dj_lead_row(enum dj_lead lead)
{
    return dj_table16(dj_lead_rows + (size_t)lead * 16);
}

#endif
#endif

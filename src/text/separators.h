/* Blank, line feed and tab, which alone separate words: one byte, or 64 at a time. */
#ifndef DJ_TEXT_SEPARATORS_H
#define DJ_TEXT_SEPARATORS_H

#include <string.h>

#include "text/simd.h"

static inline bool dj_separates(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t';
}

#if defined(DJ_SIMD_AVX2)

/* Bit i is set when byte i separates words. */
DJ_AVX2 static inline uint32_t dj_separators32(const char *p)
{
    const __m256i v = dj_load32(p);
    const __m256i blank = _mm256_cmpeq_epi8(v, _mm256_set1_epi8(' '));
    const __m256i feed = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\n'));
    const __m256i tab = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\t'));

    return dj_mask32(_mm256_or_si256(blank, _mm256_or_si256(feed, tab)));
}

DJ_AVX2 static inline uint64_t dj_separators64(const char *p)
{
    return dj_separators32(p) | (uint64_t)dj_separators32(p + 32) << 32;
}

/* The same for the last n bytes of a text, n < 64, as if separators followed. */
DJ_AVX2 static inline uint64_t dj_last_separators(const char *p, size_t n)
{
    char rest[64];

    memset(rest, ' ', sizeof(rest));
    if (n > 0) {
        memcpy(rest, p, n);
    }
    return dj_separators64(rest);
}

#endif
#endif

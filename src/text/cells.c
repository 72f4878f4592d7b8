/*
 * Cells of a table's line. Every blank and tab is a gap, and must have something on
 * both sides. Of the bars as many can be one as leave no cell empty, and any smaller
 * number: going from the left, each that has something before it in its cell and
 * something that is no blank behind it. White space of other kinds is in no cell.
 */
#include "dj/cells.h"

#include "text/simd.h"
#include "text/text_private.h"

enum { PLAIN, GAP, BAR, SPACE, MAYBE_SPACE };

/* MAYBE_SPACE: the first bytes of U+0085, U+00A0, U+1680, U+2000 and on, U+3000. */
static const uint8_t kinds[256] = {
    [' '] = GAP,          ['\t'] = GAP,         ['|'] = BAR,
    ['\r'] = SPACE,       ['\v'] = SPACE,       ['\f'] = SPACE,
    [0xc2] = MAYBE_SPACE, [0xe1] = MAYBE_SPACE, [0xe2] = MAYBE_SPACE,
    [0xe3] = MAYBE_SPACE,
};

static bool is_space(const char *at)
{
    return (dj_char_class(dj_utf8_next(&at)) & DJ_CHAR_SPACE) != 0;
}

/* From `blanks` gaps to `bars` more. */
static uint32_t bits_of(unsigned blanks, unsigned bars)
{
    bars = bars < DJ_CELLS_MAX ? bars : DJ_CELLS_MAX;
    return (((uint32_t)2 << bars) - 1) << blanks;
}

uint32_t dj_cells_gaps_plain(struct dj_str line)
{
    unsigned blanks = 0;
    unsigned bars = 0;
    bool filled = false;  /* has the cell something in it? */
    bool pending = false; /* was the byte before this one a bar that may be a gap? */

    for (size_t i = 0; i < line.len; i++) {
        const unsigned kind = kinds[(unsigned char)line.ptr[i]];

        if (kind == GAP) {
            if (!filled || ++blanks >= DJ_CELLS_MAX) {
                return 0;
            }
            filled = false;
            pending = false;
            continue;
        }
        if (kind == SPACE || (kind == MAYBE_SPACE && is_space(line.ptr + i))) {
            return 0;
        }
        bars += pending;
        pending = kind == BAR && filled && !pending;
        filled = true;
    }
    return filled ? bits_of(blanks, bars) : 0;
}

#if defined(DJ_SIMD_AVX2)

/* A line without bars and doubtful bytes; *sure is false when it has some. */
DJ_AVX2 static uint32_t gaps_avx2(struct dj_str line, bool *sure)
{
    const __m256i controls = _mm256_set1_epi8('\r' - '\v');
    unsigned blanks = 0;
    uint32_t before = 1; /* is there a gap, or nothing, before the block? */

    *sure = true;
    for (size_t pos = 0; pos < line.len; pos += 32) {
        const size_t left = line.len - pos;
        const uint32_t mask = left < 32 ? ((uint32_t)1 << left) - 1 : UINT32_MAX;
        const __m256i v = dj_load32(line.ptr + pos);
        const uint32_t gaps = (dj_equal32(v, ' ') | dj_equal32(v, '\t')) & mask;
        const __m256i control = _mm256_sub_epi8(v, _mm256_set1_epi8('\v'));
        const uint32_t others =
            dj_mask32(_mm256_cmpeq_epi8(_mm256_min_epu8(control, controls), control)) |
            dj_equal32(v, '|') | dj_equal32(v, '\xc2') | dj_equal32(v, '\xe1') |
            dj_equal32(v, '\xe2') | dj_equal32(v, '\xe3');

        blanks += (unsigned)__builtin_popcount(gaps);
        if ((gaps & (gaps << 1 | before)) != 0 || blanks >= DJ_CELLS_MAX) {
            return 0;
        }
        if ((others & mask) != 0) {
            *sure = false;
            return 0;
        }
        before = gaps >> (left < 32 ? left - 1 : 31) & 1;
    }
    return before != 0 ? 0 : bits_of(blanks, 0);
}

#endif

uint32_t dj_cells_gaps(struct dj_str line)
{
#if defined(DJ_SIMD_AVX2)
    if (dj_simd_avx2()) {
        bool sure;
        const uint32_t bits = gaps_avx2(line, &sure);

        return sure ? bits : dj_cells_gaps_plain(line);
    }
#endif
    return dj_cells_gaps_plain(line);
}

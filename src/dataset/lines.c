/*
 * Counts lines and rows over whole vectors, for the common case that lines do not
 * begin with a blank. It stops where anything else has to be looked at; what it may
 * not decide is decided byte by byte in cutter.c, which works alone as well.
 */
#include "dataset/scan_private.h"

#if defined(__x86_64__)

#include <immintrin.h>

/* After so many blocks of one line memchr in cutter.c is faster. */
enum { BLOCK = 64, LONG_LINE = 8 };

/* Bit i: byte i is LF; byte i is above the space and so surely no blank. */
struct masks {
    uint64_t lf;
    uint64_t dark;
};

__attribute__((target("avx2"))) static struct masks masks_of(const char *p)
{
    const __m256i lf = _mm256_set1_epi8('\n');
    const __m256i dark = _mm256_set1_epi8(' ' + 1);
    const __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)p);
    const __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    const int lf_low = _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, lf));
    const int lf_high = _mm256_movemask_epi8(_mm256_cmpeq_epi8(high, lf));
    const int dark_low =
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(low, dark), low));
    const int dark_high =
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(high, dark), high));

    return (struct masks){ (uint64_t)(uint32_t)lf_high << 32 | (uint32_t)lf_low,
                           (uint64_t)(uint32_t)dark_high << 32 | (uint32_t)dark_low };
}

/* With popcnt in the target, so that the builtin is one instruction. */
__attribute__((target("avx2,popcnt,bmi"))) static const char *
pass_avx2(struct dj_line_state *state, const char *p, const char *end, int64_t max_lines)
{
    int64_t lines = 0;
    uint64_t begins = 0;           /* 1: a line begins with the block */
    int quiet = 0;                 /* blocks without LF in a row */
    bool undecided = state->blank; /* the line in work has had nothing but blanks */

    for (; end - p >= BLOCK && quiet < LONG_LINE; p += BLOCK) {
        const struct masks masks = masks_of(p);
        const uint64_t starts = masks.lf << 1 | begins;
        const uint64_t first = (masks.lf & -masks.lf) - 1; /* of the line in work */
        const int64_t count = __builtin_popcountll(masks.lf);

        /* No branch on whether there is a LF: that cannot be predicted. */
        if ((starts & ~masks.dark) != 0 || count > max_lines - lines ||
            (undecided && (masks.dark & first) == 0)) {
            break;
        }
        lines += count;
        begins = masks.lf >> (BLOCK - 1);
        undecided = false;
        quiet = masks.lf == 0 ? quiet + 1 : 0;
    }
    state->lines += lines;
    state->rows += lines;
    state->in_line = begins == 0;
    state->blank = undecided;
    return p;
}

bool dj_lines_vector(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") &&
           __builtin_cpu_supports("bmi");
}

const char *dj_lines_pass(struct dj_line_state *state, const char *p, const char *end,
                          int64_t max_lines)
{
    return pass_avx2(state, p, end, max_lines);
}

#else

bool dj_lines_vector(void)
{
    return false;
}

const char *dj_lines_pass(struct dj_line_state *state, const char *p, const char *end,
                          int64_t max_lines)
{
    (void)state;
    (void)end;
    (void)max_lines;
    return p;
}

#endif

/*
 * Finds out what a segment needs, in one pass and mostly by table: runs of plain
 * ASCII are skipped in vectors, every other character goes through the badness
 * automaton.
 */
#include "fix_parts.h"

#include "dj/text.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static bool plain(unsigned char c)
{
    return c < 0x20 ? c == '\t' || c == '\n' || c == '\f' : c < 0x7f && c != '&';
}

#if defined(__SSE2__)
/* A bit for each of 16 bytes that is not plain. */
static inline unsigned odd_bytes(const char *p)
{
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    /* Signed, so that bytes from 0x80 are below the blank too. */
    const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    const __m128i space =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t')),
                                  _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n'))),
                     _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\f')));
    const __m128i other = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('&')),
                                       _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(space, low), other));
}
#endif

const char *dj_fix_plain_end(const char *p, const char *end)
{
#if defined(__SSE2__)
    while (end - p >= 16) {
        const unsigned odd = odd_bytes(p);

        if (odd != 0) {
            return p + __builtin_ctz(odd);
        }
        p += 16;
    }
#endif
    while (p < end && plain((unsigned char)*p)) {
        p++;
    }
    return p;
}

static inline unsigned feed(unsigned state, char ascii)
{
    return dj_fix_moves[state][dj_fix_kind2[(unsigned char)ascii]];
}

/* The state before from: two characters of memory are enough in plain ASCII. */
static unsigned state_before(struct dj_str segment, size_t from)
{
    size_t i = from > 2 ? from - 2 : 0;
    unsigned state = i == 0 ? DJ_FIX_AT_START : DJ_FIX_ANYWHERE;

    for (; i < from; i++) {
        state = feed(state, segment.ptr[i]);
    }
    return state;
}

/* Goes over a run of plain characters and the ASCII character that ends it, if any. */
static inline const char *scan_ascii(const char *p, const char *end, unsigned *state,
                                     unsigned *flags)
{
    const char *stop = dj_fix_plain_end(p, end);

    if (stop - p > 4) {
        *state = feed(feed(*state, p[0]), p[1]);
        if (*state != DJ_FIX_FOUND) {
            *state = DJ_FIX_ANYWHERE;
        }
        p = stop - 2;
    }
    for (; p < stop; p++) {
        *state = feed(*state, *p);
    }
    if (stop < end && (unsigned char)*stop < 0x80) {
        *state = feed(*state, *stop);
        *flags |= dj_fix_kind_flags[dj_fix_kind2[(unsigned char)*stop]];
        if (*stop == '&' && dj_fix_entity_length(stop, end) != 0) {
            *flags |= DJ_FIX_ENTITY;
        }
        stop++;
    }
    return stop;
}

unsigned dj_fix_scan(struct dj_str segment, size_t from)
{
    const char *p = segment.ptr + from;
    const char *end = segment.ptr + segment.len;
    unsigned state = state_before(segment, from);
    unsigned flags = 0;

    while (p < end) {
        if ((unsigned char)*p < 0x80) {
            p = scan_ascii(p, end, &state, &flags);
        } else {
            const unsigned kind = dj_fix_kind(dj_utf8_next(&p));

            flags |= dj_fix_kind_flags[kind];
            state = dj_fix_moves[state][kind];
        }
    }
    flags &= ~(unsigned)DJ_FIX_DIGIT;
    return state == DJ_FIX_FOUND ? flags | DJ_FIX_MOJIBAKE : flags;
}

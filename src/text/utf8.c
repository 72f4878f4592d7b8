/*
 * UTF-8: validity, ASCII test, number of characters, place of a character. The vector
 * check of validity looks at each byte with the one before it through three tables of
 * 16 entries, the method of Keiser and Lemire (2021).
 */
#include "dj/text.h"

#include "text/simd.h"
#include "text/text_private.h"

static inline uint64_t load8(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

static const uint64_t high_bits = 0x8080808080808080;

/* --- plain versions ------------------------------------------------------------------
 */

static inline bool continues(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Length of the well-formed character from 0x80 at s, of which n bytes are there; or 0.
 */
static inline size_t well_formed(const unsigned char *s, size_t n)
{
    if (s[0] < 0xc2 || s[0] > 0xf4 || n < 2 || !continues(s[1])) {
        return 0;
    }
    if (s[0] < 0xe0) {
        return 2;
    }
    if (n < 3 || !continues(s[2])) {
        return 0;
    }
    if (s[0] < 0xf0) {
        const bool overlong = s[0] == 0xe0 && s[1] < 0xa0;
        const bool surrogate = s[0] == 0xed && s[1] > 0x9f;

        return overlong || surrogate ? 0 : 3;
    }
    if (n < 4 || !continues(s[3]) || (s[0] == 0xf0 && s[1] < 0x90) ||
        (s[0] == 0xf4 && s[1] > 0x8f)) {
        return 0;
    }
    return 4;
}

bool dj_utf8_valid_plain(struct dj_str bytes, size_t *bad)
{
    size_t at = 0;

    while (at < bytes.len) {
        size_t step = 1;

        if (bytes.len - at >= 8 && (load8(bytes.ptr + at) & high_bits) == 0) {
            at += 8;
            continue;
        }
        if ((unsigned char)bytes.ptr[at] >= 0x80) {
            step = well_formed((const unsigned char *)bytes.ptr + at, bytes.len - at);
        }
        if (step == 0) {
            *bad = at;
            return false;
        }
        at += step;
    }
    return true;
}

bool dj_utf8_ascii_plain(struct dj_str bytes)
{
    size_t at = 0;
    unsigned char any = 0;

    for (; bytes.len - at >= 8; at += 8) {
        if ((load8(bytes.ptr + at) & high_bits) != 0) {
            return false;
        }
    }
    for (; at < bytes.len; at++) {
        any |= (unsigned char)bytes.ptr[at];
    }
    return any < 0x80;
}

size_t dj_utf8_length_plain(struct dj_str text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        n += !continues((unsigned char)text.ptr[i]);
    }
    return n;
}

size_t dj_utf8_offset_plain(struct dj_str text, size_t n)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!continues((unsigned char)text.ptr[i])) {
            if (n == 0) {
                return i;
            }
            n--;
        }
    }
    return text.len;
}

/* --- vector versions -----------------------------------------------------------------
 */

#if defined(DJ_SIMD_AVX2)

/* What is wrong with a byte pair; the tables below hold sets of these. */
enum {
    TOO_SHORT = 1 << 0,  /* a lead, then no continuation */
    TOO_LONG = 1 << 1,   /* ASCII, then a continuation */
    OVERLONG_3 = 1 << 2, /* E0 80..9F */
    TOO_LARGE = 1 << 3,  /* F4 90..BF, F5..FF 90..BF */
    SURROGATE = 1 << 4,  /* ED A0..BF */
    OVERLONG_2 = 1 << 5, /* C0, C1 */
    RANGE_4 = 1 << 6,    /* F0 80..8F (overlong), F5..FF 80..8F (too large) */
    TWO_MORE = 1 << 7,   /* two continuations: right only after a longer lead */
    ANY_LOW = TOO_SHORT | TOO_LONG | TWO_MORE,
    ASCII_2 = TOO_SHORT,
    LEAD_2 = TOO_SHORT,
    CONT_2 = TOO_LONG | OVERLONG_2 | TWO_MORE,
    BEYOND = ANY_LOW | TOO_LARGE | RANGE_4,
};

static const uint8_t first_high[16] = {
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TWO_MORE,
    TWO_MORE,
    TWO_MORE,
    TWO_MORE,
    TOO_SHORT | OVERLONG_2, /* C */
    TOO_SHORT,
    TOO_SHORT | OVERLONG_3 | SURROGATE, /* E */
    TOO_SHORT | TOO_LARGE | RANGE_4,
};
static const uint8_t first_low[16] = {
    ANY_LOW | OVERLONG_2 | OVERLONG_3 | RANGE_4, /* C0, E0, F0 */
    ANY_LOW | OVERLONG_2,
    ANY_LOW,
    ANY_LOW,
    ANY_LOW | TOO_LARGE, /* F4 */
    BEYOND,
    BEYOND,
    BEYOND,
    BEYOND,
    BEYOND,
    BEYOND,
    BEYOND,
    BEYOND,
    BEYOND | SURROGATE, /* ED */
    BEYOND,
    BEYOND,
};
static const uint8_t second_high[16] = {
    ASCII_2,
    ASCII_2,
    ASCII_2,
    ASCII_2,
    ASCII_2,
    ASCII_2,
    ASCII_2,
    ASCII_2,
    CONT_2 | OVERLONG_3 | RANGE_4, /* 80..8F */
    CONT_2 | OVERLONG_3 | TOO_LARGE,
    CONT_2 | SURROGATE | TOO_LARGE,
    CONT_2 | SURROGATE | TOO_LARGE,
    LEAD_2,
    LEAD_2,
    LEAD_2,
    LEAD_2,
};

struct checker {
    __m256i first_high;
    __m256i first_low;
    __m256i second_high;
    __m256i error;
    __m256i previous; /* block */
    __m256i open;     /* not zero: a character goes on behind the previous block */
};

DJ_AVX2 static inline void check32(struct checker *state, __m256i now)
{
    /* Highest values of the last three bytes that need nothing behind the block. */
    const __m256i closed = _mm256_setr_epi8(
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, (char)0xef, (char)0xdf, (char)0xbf);
    const __m256i across = _mm256_permute2x128_si256(state->previous, now, 0x21);
    const __m256i back1 = _mm256_alignr_epi8(now, across, 15);
    const __m256i back2 = _mm256_alignr_epi8(now, across, 14);
    const __m256i back3 = _mm256_alignr_epi8(now, across, 13);
    const __m256i wrong = _mm256_and_si256(
        _mm256_and_si256(_mm256_shuffle_epi8(state->first_high, dj_high_halves(back1)),
                         _mm256_shuffle_epi8(state->first_low, dj_low_halves(back1))),
        _mm256_shuffle_epi8(state->second_high, dj_high_halves(now)));
    /* From 0xe0 two bytes back, or from 0xf0 three back: a second continuation is due. */
    const __m256i due =
        _mm256_or_si256(_mm256_subs_epu8(back2, _mm256_set1_epi8(0xe0 - 0x80)),
                        _mm256_subs_epu8(back3, _mm256_set1_epi8(0xf0 - 0x80)));
    const __m256i due_bit = _mm256_and_si256(due, _mm256_set1_epi8((char)TWO_MORE));

    state->error = _mm256_or_si256(state->error, _mm256_xor_si256(wrong, due_bit));
    state->open = _mm256_subs_epu8(now, closed);
    state->previous = now;
}

DJ_AVX2 static inline void check64(struct checker *state, __m256i a, __m256i b)
{
    if (dj_mask32(_mm256_or_si256(a, b)) == 0) {
        state->error = _mm256_or_si256(state->error, state->open);
        state->open = _mm256_setzero_si256();
        state->previous = b;
        return;
    }
    check32(state, a);
    check32(state, b);
}

/* Offset up to which the text is surely valid, a beginning of a character. */
DJ_AVX2 static size_t valid_until(struct dj_str bytes)
{
    enum { STEP = 4096 }; /* how often errors are looked at */
    struct checker state = {
        .first_high = dj_table16(first_high),
        .first_low = dj_table16(first_low),
        .second_high = dj_table16(second_high),
        .error = _mm256_setzero_si256(),
        .previous = _mm256_setzero_si256(),
        .open = _mm256_setzero_si256(),
    };
    size_t at = 0;
    size_t good = 0;
    char rest[64] = { 0 };

    while (bytes.len - at >= 64) {
        const size_t left = (bytes.len - at) & ~(size_t)63;
        const size_t stop = at + (left < STEP ? left : STEP);

        good = at;
        for (; at < stop; at += 64) {
            check64(&state, dj_load32(bytes.ptr + at), dj_load32(bytes.ptr + at + 32));
        }
        if (!_mm256_testz_si256(state.error, state.error)) {
            goto out;
        }
    }
    good = at;
    if (bytes.len > at) {
        memcpy(rest, bytes.ptr + at, bytes.len - at);
    }
    check64(&state, dj_load32(rest), dj_load32(rest + 32));
    /* The rest was filled up with NUL, so only a full last character leaves this 0. */
    state.error = _mm256_or_si256(state.error, state.open);
    if (_mm256_testz_si256(state.error, state.error)) {
        return bytes.len;
    }
out:
    /* The last character before this piece may be the one that is broken. */
    if (good > 0) {
        good = (size_t)(dj_utf8_before(bytes.ptr, bytes.ptr + good) - bytes.ptr);
    }
    return good;
}

DJ_AVX2 static bool ascii_avx2(struct dj_str bytes)
{
    const char *p = bytes.ptr;
    const char *end = p + bytes.len;

    for (; end - p >= 128; p += 128) {
        const __m256i a = _mm256_or_si256(dj_load32(p), dj_load32(p + 32));
        const __m256i b = _mm256_or_si256(dj_load32(p + 64), dj_load32(p + 96));

        if (dj_mask32(_mm256_or_si256(a, b)) != 0) {
            return false;
        }
    }
    for (; end - p >= 32; p += 32) {
        if (dj_mask32(dj_load32(p)) != 0) {
            return false;
        }
    }
    return dj_utf8_ascii_plain((struct dj_str){ p, (size_t)(end - p) });
}

DJ_AVX2 static size_t length_avx2(struct dj_str text)
{
    const char *p = text.ptr;
    const char *end = p + text.len;
    const __m256i last = _mm256_set1_epi8((char)0xbf);
    __m256i total = _mm256_setzero_si256();
    uint64_t lanes[4];

    while (end - p >= 32) {
        size_t blocks = (size_t)(end - p) / 32;
        __m256i sums = _mm256_setzero_si256(); /* bytes, so at most 255 blocks */

        blocks = blocks < 255 ? blocks : 255;
        for (size_t i = 0; i < blocks; i++, p += 32) {
            sums = _mm256_sub_epi8(sums, _mm256_cmpgt_epi8(dj_load32(p), last));
        }
        total = _mm256_add_epi64(total, _mm256_sad_epu8(sums, _mm256_setzero_si256()));
    }
    _mm256_storeu_si256((__m256i *)(void *)lanes, total);
    return lanes[0] + lanes[1] + lanes[2] + lanes[3] +
           dj_utf8_length_plain((struct dj_str){ p, (size_t)(end - p) });
}

DJ_AVX2 static size_t offset_avx2(struct dj_str text, size_t n)
{
    size_t at = 0;

    while (text.len - at >= 32) {
        const size_t starts =
            (size_t)__builtin_popcount(dj_starts32(dj_load32(text.ptr + at)));

        if (starts > n) {
            break; /* the character after the n-th begins here */
        }
        n -= starts;
        at += 32;
    }
    return at + dj_utf8_offset_plain((struct dj_str){ text.ptr + at, text.len - at }, n);
}

#endif

/* --- which version -------------------------------------------------------------------
 */

bool dj_utf8_valid(struct dj_str bytes, size_t *bad)
{
#if defined(DJ_SIMD_AVX2)
    if (bytes.len >= 16 && dj_simd_avx2()) {
        const size_t good = valid_until(bytes);

        if (good == bytes.len) {
            return true;
        }
        if (!dj_utf8_valid_plain((struct dj_str){ bytes.ptr + good, bytes.len - good },
                                 bad)) {
            *bad += good;
            return false;
        }
        return true;
    }
#endif
    return dj_utf8_valid_plain(bytes, bad);
}

bool dj_utf8_ascii(struct dj_str bytes)
{
#if defined(DJ_SIMD_AVX2)
    if (bytes.len >= 32 && dj_simd_avx2()) {
        return ascii_avx2(bytes);
    }
#endif
    return dj_utf8_ascii_plain(bytes);
}

size_t dj_utf8_length(struct dj_str text)
{
#if defined(DJ_SIMD_AVX2)
    if (text.len >= 32 && dj_simd_avx2()) {
        return length_avx2(text);
    }
#endif
    return dj_utf8_length_plain(text);
}

size_t dj_utf8_offset(struct dj_str text, size_t n)
{
#if defined(DJ_SIMD_AVX2)
    if (text.len >= 32 && dj_simd_avx2()) {
        return offset_avx2(text, n);
    }
#endif
    return dj_utf8_offset_plain(text, n);
}

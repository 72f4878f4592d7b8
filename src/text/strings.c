/*
 * Python's str.strip() and str.lower(). Lower case is by Unicode 14.0: one character
 * becomes one, but for U+0130 and for the capital sigma, whose form depends on its
 * neighbours.
 */
#include "dj/text.h"

#include "text/char_tables.h"
#include "text/simd.h"
#include "text/text_private.h"

/* --- strip ---------------------------------------------------------------------------
 */

struct dj_str dj_text_strip_class(struct dj_str text, unsigned classes)
{
    const char *start = text.ptr;
    const char *end = dj_str_end(text);

    while (start < end) {
        const char *next = start;

        if ((dj_class_bits(dj_utf8_next(&next)) & classes) == 0) {
            break;
        }
        start = next;
    }
    while (end > start) {
        const char *last = dj_utf8_before(start, end);
        const char *p = last;

        if ((dj_class_bits(dj_utf8_next(&p)) & classes) == 0) {
            break;
        }
        end = last;
    }
    return (struct dj_str){ start, (size_t)(end - start) };
}

struct dj_str dj_text_strip(struct dj_str text)
{
    return dj_text_strip_class(text, DJ_CHAR_SPACE);
}

/* --- lower ---------------------------------------------------------------------------
 */

enum {
    CAPITAL_SIGMA = 0x3a3,
    SMALL_SIGMA = 0x3c3,
    FINAL_SIGMA = 0x3c2,
    DOTTED_I = 0x130
};

/* Is the nearest character before p that is not case-ignorable a cased one? */
static bool cased_before(const char *start, const char *p)
{
    while (p > start) {
        const char *at = dj_utf8_before(start, p);
        unsigned bits;

        p = at;
        bits = dj_case_bits(dj_utf8_next(&at));
        if ((bits & DJ_CASE_IGNORABLE) == 0) {
            return (bits & DJ_CASE_CASED) != 0;
        }
    }
    return false;
}

static bool cased_after(const char *p, const char *end)
{
    while (p < end) {
        const unsigned bits = dj_case_bits(dj_utf8_next(&p));

        if ((bits & DJ_CASE_IGNORABLE) == 0) {
            return (bits & DJ_CASE_CASED) != 0;
        }
    }
    return false;
}

/* The two characters with rules of their own; c ends at p. */
static char *lower_special(struct dj_str text, uint32_t c, const char *p, char *to)
{
    const char *at = dj_utf8_before(text.ptr, p);
    bool final;

    if (c == DOTTED_I) {
        memcpy(to, "i\xcc\x87", 3);
        return to + 3;
    }
    final = cased_before(text.ptr, at) && !cased_after(p, dj_str_end(text));
    return to + dj_utf8_put(to, final ? FINAL_SIGMA : SMALL_SIGMA);
}

/* The character at *from, which moves behind it; returns where the next one goes. */
static inline char *lower_one(struct dj_str text, const char **from, char *to)
{
    const char *p = *from;
    uint32_t c = dj_utf8_next(&p);
    const unsigned distance = dj_case_bits(c) >> DJ_CASE_SHIFT;

    *from = p;
    if (distance != 0) {
        if (c == CAPITAL_SIGMA || c == DOTTED_I) {
            return lower_special(text, c, p, to);
        }
        c += (uint32_t)dj_case_distances[distance];
    }
    return to + dj_utf8_put(to, c);
}

/*
 * From *from, which may be inside a character that stays as it is, to at least stop;
 * *from moves there. Returns where the next byte goes.
 */
static inline char *lower_run(struct dj_str text, const char **from, const char *stop,
                              char *to)
{
    const char *p = *from;

    while (p < stop) {
        const unsigned char byte = (unsigned char)*p;

        if (byte < 0xc0) {
            const unsigned capital = (unsigned)(byte - 'A') < 26;

            *to++ = (char)(byte | capital << 5);
            p++;
        } else {
            to = lower_one(text, &p, to);
        }
    }
    *from = p;
    return to;
}

size_t dj_lower_into_plain(struct dj_str text, char *out)
{
    const char *p = text.ptr;

    return (size_t)(lower_run(text, &p, dj_str_end(text), out) - out);
}

#if defined(DJ_SIMD_AVX2)

/*
 * Blocks in which only ASCII can change are done at once. With a few other
 * characters the block is done up to each of them, with many of them one by one.
 */
DJ_AVX2 static size_t lower_avx2(struct dj_str text, char *out)
{
    enum { FEW = 3 };
    const __m256i row = dj_lead_row(DJ_LEAD_LOWER);
    const __m256i before_a = _mm256_set1_epi8('A' - 1);
    const __m256i after_z = _mm256_set1_epi8('Z' + 1);
    const char *p = text.ptr;
    const char *end = dj_str_end(text);
    char *to = out;

    while (end - p >= 32) {
        const __m256i v = dj_load32(p);
        const __m256i capital = _mm256_and_si256(_mm256_cmpgt_epi8(v, before_a),
                                                 _mm256_cmpgt_epi8(after_z, v));
        const __m256i small =
            _mm256_or_si256(v, _mm256_and_si256(capital, _mm256_set1_epi8(0x20)));
        const uint32_t stops = dj_leads32(v, row);

        if (__builtin_popcount(stops) > FEW) {
            to = lower_run(text, &p, p + 32, to);
            continue;
        }
        _mm256_storeu_si256((__m256i *)(void *)to, small);
        if (stops == 0) {
            p += 32;
            to += 32;
        } else {
            p += __builtin_ctz(stops);
            to += __builtin_ctz(stops);
            to = lower_one(text, &p, to);
        }
    }
    return (size_t)(lower_run(text, &p, end, to) - out);
}

#endif

size_t dj_lower_into(struct dj_str text, char *out)
{
#if defined(DJ_SIMD_AVX2)
    if (text.len >= 32 && dj_simd_avx2()) {
        return lower_avx2(text, out);
    }
#endif
    return dj_lower_into_plain(text, out);
}

enum dj_status dj_text_lower(struct dj_str text, struct dj_buf *out)
{
    DJ_TRY(dj_buf_reserve(out, dj_lower_room(text.len)));
    out->len += dj_lower_into(text, out->ptr + out->len);
    return DJ_OK;
}

/*
 * Scanners: candidate bytes by vectors, mail and IP addresses. A match has a byte that
 * is rare (@ . : /); only around such a byte with the right neighbours is it looked for.
 */
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "dj/text.h"

#include "text/scan_private.h"

/* Made of the bits of scan_private.h; a unit test derives it anew. */
const uint16_t dj_scan_bits[128] = {
    0x100, 0x100, 0x100, 0x100, 0x100, 0x100, 0x100, 0x100, 0x100, 0x080, 0x080, 0x080,
    0x080, 0x080, 0x100, 0x100, 0x100, 0x100, 0x100, 0x100, 0x100, 0x100, 0x100, 0x100,
    0x100, 0x100, 0x100, 0x100, 0x100, 0x100, 0x100, 0x100, 0x080, 0x000, 0x000, 0x100,
    0x100, 0x100, 0x100, 0x000, 0x080, 0x080, 0x100, 0x118, 0x000, 0x158, 0x058, 0x100,
    0x17d, 0x17d, 0x17d, 0x17d, 0x17d, 0x17d, 0x17d, 0x17d, 0x17d, 0x17d, 0x000, 0x000,
    0x080, 0x100, 0x080, 0x000, 0x100, 0x16e, 0x16e, 0x16e, 0x16e, 0x16e, 0x16e, 0x16a,
    0x16a, 0x16a, 0x16a, 0x16a, 0x16a, 0x16a, 0x16a, 0x16a, 0x16a, 0x16a, 0x16a, 0x16a,
    0x16a, 0x16a, 0x16a, 0x16a, 0x16a, 0x16a, 0x16a, 0x000, 0x100, 0x000, 0x100, 0x138,
    0x000, 0x17e, 0x17e, 0x17e, 0x17e, 0x17e, 0x17e, 0x17a, 0x17a, 0x17a, 0x17a, 0x17a,
    0x17a, 0x17a, 0x17a, 0x17a, 0x17a, 0x17a, 0x17a, 0x17a, 0x17a, 0x17a, 0x17a, 0x17a,
    0x17a, 0x17a, 0x17a, 0x000, 0x100, 0x000, 0x100, 0x100,
};

/* --- candidate bytes -------------------------------------------------------------------
 */

static bool above_ascii(char byte)
{
    return ((unsigned char)byte & 0x80) != 0;
}

static bool is_link_byte(const char *s)
{
    const char before = s[-1];
    const char after = s[1];

    switch (*s) {
    case ':':
        return (above_ascii(before) || dj_scan_is(before, DJ_SCAN_WORD) != 0 ||
                before == '-') &&
               (above_ascii(after) || after == '/' || after == '%' ||
                dj_scan_is(after, DJ_SCAN_LETTER | DJ_SCAN_DIGIT) != 0);
    case '/':
        return above_ascii(before) || dj_scan_is(before, DJ_SCAN_LETTER) != 0;
    case '.':
        return above_ascii(before) || (before | 0x20) == 'w' ||
               dj_scan_is(before, DJ_SCAN_DIGIT) != 0;
    default:
        return false;
    }
}

static bool is_ip_byte(const char *s)
{
    if (*s == '.') {
        return dj_scan_is(s[-1], DJ_SCAN_DIGIT) != 0 &&
               dj_scan_is(s[1], DJ_SCAN_DIGIT) != 0;
    }
    return *s == ':' && (above_ascii(s[-1]) || dj_scan_is(s[-1], DJ_SCAN_HEX) != 0) &&
           (above_ascii(s[1]) || dj_scan_is(s[1], DJ_SCAN_HEX) != 0);
}

size_t dj_scan_find_plain(enum dj_scan_kind kind, struct dj_str text, size_t pos)
{
    while (pos < text.len && !(kind == DJ_SCAN_LINK ? is_link_byte(text.ptr + pos)
                                                    : is_ip_byte(text.ptr + pos))) {
        pos++;
    }
    return pos < text.len ? pos : text.len;
}

#if defined(__x86_64__)

#define AVX2 __attribute__((target("avx2")))

AVX2 static __m256i equal(__m256i bytes, char c)
{
    return _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(c));
}

/* Bytes from first to first + span, unsigned. */
AVX2 static __m256i between(__m256i bytes, char first, char span)
{
    const __m256i offset = _mm256_sub_epi8(bytes, _mm256_set1_epi8(first));

    return _mm256_cmpeq_epi8(_mm256_min_epu8(offset, _mm256_set1_epi8(span)), offset);
}

AVX2 static __m256i either(__m256i a, __m256i b)
{
    return _mm256_or_si256(a, b);
}

/* All bytes from 0x80 count as letters: movemask looks at the top bit alone. */
AVX2 static uint32_t link_mask(__m256i before, __m256i here, __m256i after)
{
    const __m256i blank = _mm256_set1_epi8(0x20);
    const __m256i folded = _mm256_or_si256(before, blank);
    const __m256i letter = either(between(folded, 'a', 25), before);
    const __m256i digit = between(before, '0', 9);
    const __m256i word =
        either(either(letter, digit), either(equal(before, '_'), equal(before, '-')));
    const __m256i next =
        either(either(between(_mm256_or_si256(after, blank), 'a', 25), after),
               either(between(after, '/', 10), equal(after, '%')));
    const __m256i colon =
        _mm256_and_si256(equal(here, ':'), _mm256_and_si256(word, next));
    const __m256i slash = _mm256_and_si256(equal(here, '/'), letter);
    const __m256i dot = _mm256_and_si256(
        equal(here, '.'), either(either(equal(folded, 'w'), digit), before));

    return (uint32_t)_mm256_movemask_epi8(either(either(colon, slash), dot));
}

AVX2 static uint32_t ip_mask(__m256i before, __m256i here, __m256i after)
{
    const __m256i blank = _mm256_set1_epi8(0x20);
    const __m256i digits =
        _mm256_and_si256(between(before, '0', 9), between(after, '0', 9));
    const __m256i left =
        either(between(before, '0', 9), between(_mm256_or_si256(before, blank), 'a', 5));
    const __m256i right =
        either(between(after, '0', 9), between(_mm256_or_si256(after, blank), 'a', 5));
    const __m256i colon = _mm256_and_si256(
        equal(here, ':'), _mm256_and_si256(either(left, before), either(right, after)));

    return (uint32_t)_mm256_movemask_epi8(
        either(colon, _mm256_and_si256(equal(here, '.'), digits)));
}

/* Whole vectors, the last one into the padding; text.len + 1 bytes may be looked at. */
AVX2 static size_t find_avx2(enum dj_scan_kind kind, struct dj_str text, size_t pos)
{
    for (; pos < text.len; pos += 32) {
        const char *s = text.ptr + pos;
        const __m256i before = _mm256_loadu_si256((const __m256i *)(const void *)(s - 1));
        const __m256i here = _mm256_loadu_si256((const __m256i *)(const void *)s);
        const __m256i after = _mm256_loadu_si256((const __m256i *)(const void *)(s + 1));
        const uint32_t mask = kind == DJ_SCAN_LINK ? link_mask(before, here, after)
                                                   : ip_mask(before, here, after);

        if (mask != 0) {
            pos += (size_t)__builtin_ctz(mask);
            return pos < text.len ? pos : text.len;
        }
    }
    return text.len;
}

#endif

size_t dj_scan_find(enum dj_scan_kind kind, struct dj_str text, size_t pos)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        return find_avx2(kind, text, pos);
    }
#endif
    return dj_scan_find_plain(kind, text, pos);
}

uint32_t dj_scan_before(struct dj_str text, size_t pos, size_t *start)
{
    const char *s = text.ptr + pos - 1;

    while (((unsigned char)*s & 0xc0) == 0x80) {
        s--;
    }
    *start = (size_t)(s - text.ptr);
    return dj_utf8_next(&s);
}

/* --- mail addresses --------------------------------------------------------------------
 */

/* [a-z0-9.\-+_]+\.[a-z]+ from pos on; its end, or 0. */
static size_t domain_end(struct dj_str text, size_t pos)
{
    size_t end = pos;
    size_t dot;

    while (end < text.len && dj_scan_is(text.ptr[end], DJ_SCAN_DOMAIN) != 0) {
        end++;
    }
    /* The last dot with a letter behind and something before. */
    for (dot = end; dot > pos + 1; dot--) {
        if (text.ptr[dot - 1] == '.' && dot < end && text.ptr[dot] >= 'a' &&
            text.ptr[dot] <= 'z') {
            break;
        }
    }
    if (dot <= pos + 1) {
        return 0;
    }
    while (dot < end && text.ptr[dot] >= 'a' && text.ptr[dot] <= 'z') {
        dot++;
    }
    return dot;
}

bool dj_scan_email(struct dj_str text, size_t from, size_t bounds[DJ_SCAN_BOUNDS])
{
    size_t pos = from;

    while (pos < text.len) {
        const char *found = memchr(text.ptr + pos, '@', text.len - pos);
        size_t at, start, end;

        if (found == NULL) {
            return false;
        }
        at = (size_t)(found - text.ptr);
        start = at;
        while (start > pos && dj_scan_is(text.ptr[start - 1], DJ_SCAN_LOCAL) != 0) {
            start--;
        }
        end = start == at ? 0 : domain_end(text, at + 1);
        if (end != 0) {
            bounds[0] = start;
            bounds[1] = end;
            bounds[2] = SIZE_MAX;
            bounds[3] = SIZE_MAX;
            return true;
        }
        pos = at + 1;
    }
    return false;
}

/* --- IP addresses
 * ------------------------------------------------------------------------ */

static bool digit_at(struct dj_str text, size_t pos)
{
    return pos < text.len && dj_scan_is(text.ptr[pos], DJ_SCAN_DIGIT) != 0;
}

/* 100 to 255. */
static bool three_digits(struct dj_str text, size_t pos)
{
    const char *s = text.ptr + pos;

    return digit_at(text, pos) && digit_at(text, pos + 1) && digit_at(text, pos + 2) &&
           (s[0] == '1' || (s[0] == '2' && (s[1] < '5' || (s[1] == '5' && s[2] < '6'))));
}

/* 10 to 99. */
static bool two_digits(struct dj_str text, size_t pos)
{
    return digit_at(text, pos) && text.ptr[pos] != '0' && digit_at(text, pos + 1);
}

/* A part and its dot; the place behind, or 0. The dot tells how many digits it has. */
static size_t part_end(struct dj_str text, size_t pos)
{
    size_t len = 0;

    while (len < 4 && digit_at(text, pos + len)) {
        len++;
    }
    if (len == 0 || len > 3 || pos + len >= text.len || text.ptr[pos + len] != '.' ||
        (len == 3 && !three_digits(text, pos)) || (len == 2 && text.ptr[pos] == '0')) {
        return 0;
    }
    return pos + len + 1;
}

/* Around the first dot of an address. */
static bool ip4(struct dj_str text, size_t from, size_t dot, size_t *start, size_t *end)
{
    const size_t third = part_end(text, dot + 1);
    const size_t last = third == 0 ? 0 : part_end(text, third);

    if (last == 0 || !digit_at(text, last)) {
        return false;
    }
    *end = last + (three_digits(text, last) ? 3 : two_digits(text, last) ? 2 : 1);
    if (dot >= from + 3 && three_digits(text, dot - 3)) {
        *start = dot - 3;
    } else if (dot >= from + 2 && two_digits(text, dot - 2)) {
        *start = dot - 2;
    } else {
        *start = dot - 1;
    }
    return true;
}

/* [\da-fA-F], with the digits of all scripts; its length in bytes, or 0. */
static size_t hex_at(struct dj_str text, size_t pos)
{
    const char *next = text.ptr + pos;

    if (pos >= text.len) {
        return 0;
    }
    if (!above_ascii(*next)) {
        return dj_scan_is(*next, DJ_SCAN_HEX) != 0 ? 1 : 0;
    }
    if ((dj_char_class(dj_utf8_next(&next)) & DJ_CHAR_REGEX_DIGIT) == 0) {
        return 0;
    }
    return (size_t)(next - text.ptr) - pos;
}

/* Behind at most four of them; pos itself when there is none. */
static size_t hex_run(struct dj_str text, size_t pos)
{
    for (int i = 0; i < 4; i++) {
        const size_t len = hex_at(text, pos);

        if (len == 0) {
            break;
        }
        pos += len;
    }
    return pos;
}

/* Around the first colon of an address. */
static bool ip6(struct dj_str text, size_t from, size_t colon,
                size_t bounds[DJ_SCAN_BOUNDS])
{
    size_t pos = colon + 1;
    size_t start = colon;
    size_t end, before;

    for (int part = 2; part <= 7; part++) {
        end = hex_run(text, pos);
        if (end == pos || end >= text.len || text.ptr[end] != ':') {
            return false;
        }
        bounds[2] = pos;
        bounds[3] = end + 1;
        pos = end + 1;
    }
    end = hex_run(text, pos);
    if (end == pos) {
        return false;
    }
    for (int i = 0; i < 4 && start > from; i++) {
        (void)dj_scan_before(text, start, &before);
        if (before < from || hex_at(text, before) == 0) {
            break;
        }
        start = before;
    }
    bounds[0] = start;
    bounds[1] = end;
    return start < colon;
}

bool dj_scan_ip(struct dj_str text, size_t from, size_t bounds[DJ_SCAN_BOUNDS])
{
    size_t pos = from + 1; /* a match begins before its first dot or colon */

    while (pos < text.len) {
        pos = dj_scan_find(DJ_SCAN_IP, text, pos);
        if (pos >= text.len) {
            return false;
        }
        if (text.ptr[pos] == ':') {
            if (ip6(text, from, pos, bounds)) {
                return true;
            }
        } else if (ip4(text, from, pos, &bounds[0], &bounds[1])) {
            bounds[2] = SIZE_MAX;
            bounds[3] = SIZE_MAX;
            return true;
        }
        pos++;
    }
    return false;
}

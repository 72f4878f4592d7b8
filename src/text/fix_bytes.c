/*
 * Steps on bytes that should have been UTF-8: blanks that were byte A0, sequences
 * with lost bytes, and the spellings of CESU-8 and Java.
 */
#include "fix_parts.h"

#include "dj/text.h"

enum { LOST = 0x1a, BLANK = 0x20, NBSP = 0xa0 };

static bool between(unsigned char byte, unsigned char low, unsigned char high)
{
    return byte >= low && byte <= high;
}

static bool continues(unsigned char byte)
{
    return between(byte, 0x80, 0xbf);
}

/* Beside a blank, 85 (an ellipsis) and A0 are no evidence of a sequence. */
static bool continues_beside_blank(unsigned char byte)
{
    return continues(byte) && byte != 0x85 && byte != NBSP;
}

static bool pairs_with_blank(unsigned char lead)
{
    return lead == 0xc2 || lead == 0xc3 || lead == 0xc5 || lead == 0xce || lead == 0xd0 ||
           lead == 0xd9;
}

/* Length of a sequence at s, one of whose bytes is a blank at *blank; or 0. */
static size_t blank_sequence(const unsigned char *s, size_t left, size_t *blank)
{
    const unsigned char lead = s[0];

    *blank = 1;
    if (left >= 2 && s[1] == BLANK && pairs_with_blank(lead)) {
        return 2;
    }
    if (left >= 3 && between(lead, 0xe0, 0xe3)) {
        if (lead >= 0xe2 && s[1] == BLANK && continues_beside_blank(s[2])) {
            return 3;
        }
        *blank = 2;
        return s[2] == BLANK && continues_beside_blank(s[1]) ? 3 : 0;
    }
    if (left >= 4 && lead == 0xf0) {
        size_t blanks = 0;
        size_t others = 0;

        for (size_t i = 1; i < 4; i++) {
            others += continues(s[i]);
            if (s[i] == BLANK) {
                blanks++;
                *blank = i;
            }
        }
        return blanks == 1 && others == 2 ? 4 : 0;
    }
    return 0;
}

static bool starts_with(const unsigned char *s, size_t left, const char *word)
{
    const size_t len = strlen(word);

    return left >= len && memcmp(s, word, len) == 0;
}

/*
 * C3 and a blank are the letter a with grave; mostly it is a word of its own, whose
 * two blanks became one. Not so in these words of Portuguese.
 */
static bool keeps_blank(const unsigned char *after, size_t left)
{
    return !starts_with(after, left, " ") && !starts_with(after, left, "quele") &&
           !starts_with(after, left, "quela") && !starts_with(after, left, "quilo") &&
           !starts_with(after, left, "s ");
}

enum dj_status dj_fix_restore_a0(struct dj_str bytes, struct dj_buf *out)
{
    const unsigned char *s = (const unsigned char *)bytes.ptr;
    const unsigned char *end = s + bytes.len;

    DJ_TRY(dj_buf_reserve(out, bytes.len + bytes.len / 2 + 1));

    char *to = out->ptr + out->len;

    while (s < end) {
        const size_t left = (size_t)(end - s);
        size_t blank;
        const size_t len = *s < 0xc2 ? 0 : blank_sequence(s, left, &blank);

        if (len == 0) {
            *to++ = (char)*s++;
            continue;
        }
        memcpy(to, s, len);
        to[blank] = (char)NBSP;
        to += len;
        if (*s == 0xc3 && keeps_blank(s + 2, left - 2)) {
            *to++ = (char)BLANK;
        }
        s += len;
    }
    out->len = (size_t)(to - out->ptr);
    return DJ_OK;
}

/* Bytes that can be what is left of a lost one; a question mark only once. */
static bool gone(unsigned char byte)
{
    return byte == LOST || byte == '?';
}

static bool present(unsigned char byte)
{
    return byte == LOST || continues(byte);
}

/* Six bytes: a surrogate pair, its halves as three bytes each. */
static bool lossy_pair(const unsigned char *s)
{
    return between(s[1], 0xa0, 0xaf) && s[3] == 0xed && between(s[4], 0xb0, 0xbf) &&
           ((gone(s[2]) && (gone(s[5]) || continues(s[5]))) ||
            (continues(s[2]) && gone(s[5])));
}

/* Length of a sequence with lost bytes at s, or 0. */
static size_t lossy_sequence(const unsigned char *s, size_t left)
{
    const unsigned char lead = s[0];

    if (lead == LOST) {
        return 1;
    }
    if (left >= 2 && between(lead, 0xc2, 0xdf)) {
        return s[1] == LOST || (s[1] == '?' && lead <= 0xc3) ? 2 : 0;
    }
    if (left >= 6 && lead == 0xed && lossy_pair(s)) {
        return 6;
    }
    if (left >= 3 && between(lead, 0xe0, 0xef)) {
        return (gone(s[1]) && present(s[2])) || (present(s[1]) && gone(s[2])) ? 3 : 0;
    }
    if (left >= 4 && between(lead, 0xf0, 0xf4)) {
        return (gone(s[1]) && present(s[2]) && present(s[3])) ||
                       (present(s[1]) && gone(s[2]) && present(s[3])) ||
                       (present(s[1]) && present(s[2]) && gone(s[3]))
                   ? 4
                   : 0;
    }
    return 0;
}

enum dj_status dj_fix_replace_lost(struct dj_str bytes, struct dj_buf *out)
{
    const unsigned char *s = (const unsigned char *)bytes.ptr;
    const unsigned char *end = s + bytes.len;

    DJ_TRY(dj_buf_reserve(out, dj_size_mul(bytes.len + 1, 3)));

    char *to = out->ptr + out->len;

    while (s < end) {
        const size_t len = lossy_sequence(s, (size_t)(end - s));

        if (len == 0) {
            *to++ = (char)*s++;
        } else {
            to += dj_utf8_put(to, 0xfffd);
            s += len;
        }
    }
    out->len = (size_t)(to - out->ptr);
    return DJ_OK;
}

/*
 * Java's NUL, C0 80, at s. ftfy also takes C0 and a line feed at the very end of the
 * bytes for one.
 */
static bool java_nul(const unsigned char *s, size_t left)
{
    return left >= 2 && s[0] == 0xc0 && (s[1] == 0x80 || (s[1] == '\n' && left == 2));
}

/* A pair of surrogates at s, its last byte perhaps a final line feed for the same
 * reason. */
static bool cesu_pair(const unsigned char *s, size_t left)
{
    return left >= 6 && s[0] == 0xed && between(s[1], 0xa0, 0xaf) && continues(s[2]) &&
           s[3] == 0xed && between(s[4], 0xb0, 0xbf) &&
           (continues(s[5]) || (s[5] == '\n' && left == 6));
}

enum dj_status dj_fix_plain_utf8(struct dj_str bytes, struct dj_buf *out)
{
    const unsigned char *s = (const unsigned char *)bytes.ptr;
    const unsigned char *end = s + bytes.len;

    DJ_TRY(dj_buf_reserve(out, bytes.len + 1));

    char *to = out->ptr + out->len;

    while (s < end) {
        const size_t left = (size_t)(end - s);

        if (java_nul(s, left)) {
            *to++ = '\0';
            s += 2;
        } else if (cesu_pair(s, left)) {
            to += dj_utf8_put(to, 0x10000u + ((s[1] & 0x0fu) << 16) +
                                      ((s[2] & 0x3fu) << 10) + ((s[4] & 0x0fu) << 6) +
                                      (s[5] & 0x3fu));
            s += 6;
        } else {
            *to++ = (char)*s++;
        }
    }
    out->len = (size_t)(to - out->ptr);
    return DJ_OK;
}

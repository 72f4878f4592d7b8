/* Numbers, decimals and base64 of a line as the bytes that Arrow has for them. */
#include "dataset/columns_private.h"

#include <math.h>
#include <stdlib.h>

enum { LIMBS = 8 }; /* of 32 bits, for the widest decimals */

static bool put_bytes(struct dj_value *value, struct dj_column *column, const void *bytes,
                      size_t len)
{
    if (!dj_column_reserve(value, &column->data, len)) {
        return false;
    }
    memcpy(column->data.ptr + column->data.len, bytes, len);
    column->data.len += len;
    return true;
}

/* --- whole numbers ------------------------------------------------------------------ */

bool dj_column_put_whole(struct dj_value *value, struct dj_column *column, int64_t whole)
{
    const int bits = 8 * (int)column->width;

    if (bits < 64) {
        const int64_t most =
            column->is_signed ? ((int64_t)1 << (bits - 1)) - 1 : ((int64_t)1 << bits) - 1;

        if (whole > most || whole < (column->is_signed ? -most - 1 : 0)) {
            value->result = DJ_VALUE_MISFIT;
            return false;
        }
    }
    /* The low bytes come first, here and in Arrow. */
    return put_bytes(value, column, &whole, column->width);
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What may follow the digits of a number that is not whole. */
static inline bool goes_on(char c)
{
    return c == '.' || c == 'e' || c == 'E';
}

const char *dj_column_put_int(struct dj_value *value, struct dj_column *column,
                              const char *p)
{
    const bool negative = *p == '-';
    const char *digits = p + negative;
    uint64_t sum = 0;
    bool good = true;

    for (p = digits; p < value->scan.end && is_digit(*p); p++) {
        good = good && !__builtin_mul_overflow(sum, 10u, &sum) &&
               !__builtin_add_overflow(sum, (uint64_t)(*p - '0'), &sum);
    }
    if (!good || p == digits || goes_on(dj_value_peek(value, p))) {
        return dj_value_fail(value, DJ_VALUE_MISFIT);
    }
    if (column->width == 8 && !column->is_signed) {
        good = !negative || sum == 0;
        if (good && !put_bytes(value, column, &sum, sizeof(sum))) {
            return NULL;
        }
        return good ? p : dj_value_fail(value, DJ_VALUE_MISFIT);
    }
    if (sum > (uint64_t)INT64_MAX + (negative ? 1 : 0)) {
        return dj_value_fail(value, DJ_VALUE_MISFIT);
    }
    return dj_column_put_whole(value, column, (int64_t)(negative ? 0 - sum : sum)) ? p
                                                                                   : NULL;
}

/* --- numbers with a fraction -------------------------------------------------------- */

/* The nearest half, ties to even. */
static uint16_t to_half(double number)
{
    const uint16_t sign = signbit(number) ? 0x8000 : 0;
    const double size = fabs(number);
    double scaled;
    int exponent;

    if (isnan(number)) {
        return sign | 0x7e00;
    }
    if (size >= 65520) {
        return sign | 0x7c00;
    }
    (void)frexp(size, &exponent);
    exponent = size == 0 || exponent < -13 ? -13 : exponent;
    scaled = nearbyint(ldexp(size, 11 - exponent)); /* below 2^11, or that */
    return (uint16_t)(sign + (uint16_t)scaled + ((exponent + 13) << 10));
}

/*
 * Few digits and a small exponent: one exact number times or by another, which rounds
 * once. false: not that simple.
 */
static bool simple_number(const char **p, const char *end, double *number)
{
    static const double powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    const char *at = *p;
    const bool negative = at < end && *at == '-';
    uint64_t sum = 0;
    int digits = 0;
    int behind = 0;

    at += negative;
    for (; at < end && is_digit(*at); at++) {
        sum = 10 * sum + (uint64_t)(*at - '0');
        digits++;
    }
    if (at < end && *at == '.') {
        for (at++; at < end && is_digit(*at); at++) {
            sum = 10 * sum + (uint64_t)(*at - '0');
            digits++;
            behind++;
        }
    }
    if (digits == 0 || digits > 18 || sum > (uint64_t)1 << 53 ||
        (at < end && goes_on(*at))) {
        return false;
    }
    *number = (double)sum / powers[behind];
    *number = negative ? -*number : *number;
    *p = at;
    return true;
}

static const char *read_word(struct dj_value *value, const char *p, double *number)
{
    const bool negative = *p == '-';
    const size_t left = (size_t)(value->scan.end - p);

    if (left >= 3 && memcmp(p, "NaN", 3) == 0) {
        *number = (double)NAN;
        return p + 3;
    }
    if (left >= (negative ? 9 : 8) && memcmp(p + negative, "Infinity", 8) == 0) {
        *number = negative ? -(double)INFINITY : (double)INFINITY;
        return p + negative + 8;
    }
    return NULL;
}

const char *dj_column_put_float(struct dj_value *value, struct dj_column *column,
                                const char *p)
{
    double number = 0;
    const char *behind = read_word(value, p, &number);
    float single = (float)number;
    uint16_t half;
    char *end;

    if (behind == NULL && !is_digit(*p) && *p != '-') {
        return dj_value_fail(value, DJ_VALUE_MISFIT);
    }
    if (behind == NULL && column->width == 4) {
        single = strtof(p, &end); /* it ends before a comma, bracket or blank */
        behind = end;
    } else if (behind == NULL) {
        behind = p;
        if (!simple_number(&behind, value->scan.end, &number)) {
            number = strtod(p, &end);
            behind = end;
        }
    }
    if (behind == p || behind > value->scan.end) {
        return dj_value_fail(value, DJ_VALUE_MISFIT);
    }
    half = to_half(number);
    return put_bytes(value, column,
                     column->width == 8   ? (const void *)&number
                     : column->width == 4 ? (const void *)&single
                                          : (const void *)&half,
                     column->width)
               ? behind
               : NULL;
}

/* --- decimals ----------------------------------------------------------------------- */

/* A number that is not negative, the lowest limb first. */
static bool times_ten(uint32_t limbs[LIMBS], uint32_t more)
{
    uint64_t carry = more;

    for (size_t i = 0; i < LIMBS; i++) {
        carry += (uint64_t)limbs[i] * 10;
        limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return carry == 0;
}

static void negate(uint32_t limbs[LIMBS])
{
    uint64_t carry = 1;

    for (size_t i = 0; i < LIMBS; i++) {
        carry += (uint64_t)(uint32_t)~limbs[i];
        limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/*
 * The digits at *p, a point among them, as a whole number of 10^-scale; false when it
 * has digits below that, or more than the precision allows.
 */
static bool read_decimal(struct dj_value *value, const struct dj_column *column,
                         const char **p, uint32_t limbs[LIMBS])
{
    const char *at = *p;
    const char *point = NULL;
    const char *end;
    char *behind = NULL;
    long exponent = 0;
    long left; /* digits that belong to the number, less those that were read */
    long digits = 0;
    bool good = true;

    while (at < value->scan.end && (is_digit(*at) || (*at == '.' && point == NULL))) {
        point = *at == '.' ? at : point;
        at++;
    }
    end = at;
    if (at < value->scan.end && (*at == 'e' || *at == 'E')) {
        exponent = strtol(at + 1, &behind, 10);
        at = behind;
    }
    left = (long)((point == NULL ? end : point) - *p) + exponent + column->scale;
    for (const char *q = *p; q < end && good; q++) {
        if (*q == '.') {
            continue;
        }
        digits += digits > 0 || *q != '0';
        if (left > 0) {
            good = digits <= column->precision && times_ten(limbs, (uint32_t)(*q - '0'));
        } else {
            good = *q == '0';
        }
        left--;
    }
    for (; left > 0 && good && digits > 0; left--) {
        good = ++digits <= column->precision && times_ten(limbs, 0);
    }
    *p = at;
    return good;
}

const char *dj_column_put_decimal(struct dj_value *value, struct dj_column *column,
                                  const char *p)
{
    const bool negative = *p == '-';
    uint32_t limbs[LIMBS] = { 0 };

    p += negative;
    if (!is_digit(dj_value_peek(value, p)) || !read_decimal(value, column, &p, limbs)) {
        return dj_value_fail(value, DJ_VALUE_MISFIT);
    }
    if (negative) {
        negate(limbs);
    }
    return put_bytes(value, column, limbs, column->width) ? p : NULL;
}

/* --- base64 ------------------------------------------------------------------------- */

/* Value of a digit plus one; 0: none. */
static unsigned digit64(char c)
{
    return c >= 'A' && c <= 'Z'   ? (unsigned)(c - 'A') + 1
           : c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 27
           : c >= '0' && c <= '9' ? (unsigned)(c - '0') + 53
           : c == '+'             ? 63
           : c == '/'             ? 64
                                  : 0;
}

static bool decode64(struct dj_value *value, struct dj_column *column, struct dj_str text)
{
    const size_t pad = text.len == 0                   ? 0
                       : text.ptr[text.len - 1] != '=' ? 0
                       : text.len < 2                  ? 3
                       : text.ptr[text.len - 2] == '=' ? 2
                                                       : 1;
    unsigned bits = 0;
    char *out;

    if (text.len % 4 != 0 || pad == 3) {
        return false;
    }
    if (!dj_column_reserve(value, &column->data, text.len)) {
        return false;
    }
    out = column->data.ptr + column->data.len;
    for (size_t i = 0; i < text.len; i++) {
        const unsigned digit = i >= text.len - pad ? 1 : digit64(text.ptr[i]);

        if (digit == 0) {
            return false;
        }
        bits = bits << 6 | (digit - 1);
        if (i % 4 == 3) {
            *out++ = (char)(bits >> 16 & 0xff);
            *out++ = (char)(bits >> 8 & 0xff);
            *out++ = (char)(bits & 0xff);
        }
    }
    column->data.len += text.len / 4 * 3 - pad;
    return true;
}

const char *dj_column_put_binary(struct dj_value *value, struct dj_column *column,
                                 const char *p)
{
    const size_t before = column->data.len;
    const char *end = dj_value_string(value, p);

    if (end == NULL) {
        return NULL;
    }
    value->result = DJ_VALUE_GOOD;
    if (!decode64(value, column, dj_buf_str(&value->scratch)) ||
        (column->kind == DJ_COLUMN_FIXED && column->data.len - before != column->width)) {
        return dj_value_fail(value, value->result == DJ_VALUE_NOMEM ? DJ_VALUE_NOMEM
                                                                    : DJ_VALUE_MISFIT);
    }
    return end;
}

/* Numbers, decimals and bytes of Arrow arrays as JSON. */
#include "dataset/arrow_json.h"

#include "dj/json.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DIGITS = 24 }; /* of a number of 64 bits, and its sign */

enum dj_status dj_arrow_put_uint(struct dj_buf *out, uint64_t value)
{
    char text[DIGITS];
    size_t at = sizeof(text);

    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return dj_buf_append(out, (struct dj_str){ text + at, sizeof(text) - at });
}

enum dj_status dj_arrow_put_int(struct dj_buf *out, int64_t value)
{
    if (value >= 0) {
        return dj_arrow_put_uint(out, (uint64_t)value);
    }
    DJ_TRY(dj_buf_putc(out, '-'));
    return dj_arrow_put_uint(out, 0 - (uint64_t)value);
}

/* --- floats ------------------------------------------------------------------------- */

static double of_half(uint16_t half)
{
    const int exponent = half >> 10 & 0x1F;
    const double fraction = half & 0x3FF;
    const double size = exponent == 0 ? ldexp(fraction, -24)
                        : exponent == 31
                            ? (fraction == 0 ? (double)INFINITY : (double)NAN)
                            : ldexp(fraction + 1024, exponent - 25);

    return (half & 0x8000) != 0 ? -size : size;
}

/* A number as digits d.ddd times ten to the exponent, written as Python's repr does. */
static enum dj_status put_digits(struct dj_buf *out, const char *digits, int exponent)
{
    const int count = (int)strlen(digits);

    if (exponent < -4 || exponent >= 16) {
        return dj_buf_printf(out, "%c%s%se%c%02d", digits[0], count > 1 ? "." : "",
                             digits + 1, exponent < 0 ? '-' : '+', abs(exponent));
    }
    if (exponent < 0) {
        return dj_buf_printf(out, "0.%.*s%s", -exponent - 1, "000", digits);
    }
    if (exponent >= count - 1) {
        return dj_buf_printf(out, "%s%.*s.0", digits, exponent - count + 1,
                             "0000000000000000");
    }
    return dj_buf_printf(out, "%.*s.%s", exponent + 1, digits, digits + exponent + 1);
}

/*
 * The shortest digits of a positive number that lie between those halfway to its
 * neighbours below and above; what is halfway is read as the even one of two. Numbers of
 * few digits are found with many, and shortened.
 */
static enum dj_status put_between(struct dj_buf *out, double value, double low,
                                  double high, bool even, int first, int last)
{
    char text[DIGITS];
    char digits[DIGITS];
    size_t count;
    int places = first - 1;
    double read;
    bool good;

    do {
        (void)snprintf(text, sizeof(text), "%.*e", places, value);
        read = strtod(text, NULL);
        good = (read > low && read < high) || (even && (read == low || read == high));
        places++;
    } while (places < last && !good);
    count = strcspn(text, "e");
    digits[0] = text[0];
    for (size_t i = 2; i < count; i++) {
        digits[i - 1] = text[i];
    }
    count = count > 2 ? count - 1 : 1;
    while (count > 1 && digits[count - 1] == '0') {
        count--;
    }
    digits[count] = '\0';
    return put_digits(out, digits, (int)strtol(strchr(text, 'e') + 1, NULL, 10));
}

static enum dj_status put_single(struct dj_buf *out, float value)
{
    const double size = fabs((double)value);
    uint32_t bits;
    const double below = (double)nextafterf((float)size, 0);
    const double above = size >= (double)FLT_MAX
                             ? size + (size - below)
                             : (double)nextafterf((float)size, INFINITY);

    if (value == 0 || !isfinite(value)) {
        char text[DJ_JSON_DOUBLE_TEXT];

        return dj_buf_append(
            out, (struct dj_str){ text, dj_json_double((double)value, text) });
    }
    if (value < 0) {
        DJ_TRY(dj_buf_putc(out, '-'));
    }
    memcpy(&bits, &value, sizeof(bits));
    return put_between(out, size, (size + below) / 2, (size + above) / 2, bits % 2 == 0,
                       size < (double)FLT_MIN ? 1 : 6, 9);
}

static enum dj_status put_half(struct dj_buf *out, uint16_t half)
{
    const uint16_t bits = half & 0x7FFF;
    const double size = of_half(bits);

    if (bits == 0 || bits >= 0x7C00) {
        return put_single(out, (float)of_half(half));
    }
    if (bits != half) {
        DJ_TRY(dj_buf_putc(out, '-'));
    }
    return put_between(out, size, (size + of_half((uint16_t)(bits - 1))) / 2,
                       bits == 0x7BFF ? size + 16 : (size + of_half(bits + 1)) / 2,
                       bits % 2 == 0, 1, 6);
}

enum dj_status dj_arrow_put_float(struct dj_buf *out, const void *value, int width)
{
    char text[DJ_JSON_DOUBLE_TEXT];
    uint16_t half;
    float single;
    double number;

    if (width == 2) {
        memcpy(&half, value, sizeof(half));
        return put_half(out, half);
    }
    if (width == 4) {
        memcpy(&single, value, sizeof(single));
        return put_single(out, single);
    }
    memcpy(&number, value, sizeof(number));
    return dj_buf_append(out, (struct dj_str){ text, dj_json_double(number, text) });
}

/* --- decimals ----------------------------------------------------------------------- */

enum { LIMBS = 8, NINE_DIGITS = 1000000000, DECIMAL_DIGITS = 80 };

/* Digits of a number of limbs, the lowest first, from text's end on; returns how many. */
static size_t decimal_digits(uint32_t limbs[LIMBS], char text[DECIMAL_DIGITS])
{
    size_t at = DECIMAL_DIGITS;
    bool any;

    do {
        uint64_t rest = 0;

        any = false;
        for (int i = LIMBS - 1; i >= 0; i--) {
            rest = rest << 32 | limbs[i];
            limbs[i] = (uint32_t)(rest / NINE_DIGITS);
            rest %= NINE_DIGITS;
            any = any || limbs[i] != 0;
        }
        for (int i = 0; i < 9 && (any || rest > 0 || (i == 0 && at == DECIMAL_DIGITS));
             i++) {
            text[--at] = (char)('0' + rest % 10);
            rest /= 10;
        }
    } while (any);
    return DECIMAL_DIGITS - at;
}

static enum dj_status put_zeros(struct dj_buf *out, int count)
{
    for (int i = 0; i < count; i++) {
        DJ_TRY(dj_buf_putc(out, '0'));
    }
    return DJ_OK;
}

enum dj_status dj_arrow_put_decimal(struct dj_buf *out, const void *value, int width,
                                    int scale)
{
    const unsigned char *bytes = value;
    const bool negative = bytes[width - 1] >= 0x80;
    uint32_t limbs[LIMBS] = { 0 };
    uint64_t carry = negative;
    char text[DECIMAL_DIGITS];
    const char *digits;
    int count;

    memset(limbs, negative ? 0xFF : 0, sizeof(limbs));
    memcpy(limbs, value, (size_t)width);
    for (int i = 0; negative && i < LIMBS; i++) {
        carry += (uint32_t)~limbs[i];
        limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    count = (int)decimal_digits(limbs, text);
    digits = text + DECIMAL_DIGITS - count;
    if (negative) {
        DJ_TRY(dj_buf_putc(out, '-'));
    }
    if (scale <= 0) {
        DJ_TRY(dj_buf_append(out, (struct dj_str){ digits, (size_t)count }));
        return count == 1 && digits[0] == '0' ? DJ_OK : put_zeros(out, -scale);
    }
    if (count <= scale) {
        DJ_TRY(dj_buf_append(out, DJ_STR("0.")));
        DJ_TRY(put_zeros(out, scale - count));
        return dj_buf_append(out, (struct dj_str){ digits, (size_t)count });
    }
    DJ_TRY(dj_buf_append(out, (struct dj_str){ digits, (size_t)(count - scale) }));
    DJ_TRY(dj_buf_putc(out, '.'));
    return dj_buf_append(out, (struct dj_str){ digits + count - scale, (size_t)scale });
}

/* --- bytes -------------------------------------------------------------------------- */

enum dj_status dj_arrow_put_base64(struct dj_buf *out, struct dj_str bytes)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *at;

    DJ_TRY(dj_buf_reserve(out, bytes.len / 3 * 4 + 6));
    at = out->ptr + out->len;
    *at++ = '"';
    for (size_t i = 0; i < bytes.len; i += 3) {
        const size_t left = bytes.len - i;
        const unsigned char *p = (const unsigned char *)bytes.ptr + i;
        const unsigned group = (unsigned)p[0] << 16 |
                               (left > 1 ? (unsigned)p[1] << 8 : 0) |
                               (left > 2 ? (unsigned)p[2] : 0);

        *at++ = letters[group >> 18];
        *at++ = letters[group >> 12 & 63];
        *at++ = left > 1 ? letters[group >> 6 & 63] : '=';
        *at++ = left > 2 ? letters[group & 63] : '=';
    }
    *at++ = '"';
    out->len = (size_t)(at - out->ptr);
    return DJ_OK;
}

/*
 * A double in the shortest digits that read back as the same double, laid out as
 * Python's repr does. The digits come from the Schubfach method (R. Giulietti, "The
 * Schubfach way to render doubles", 2020): exact integer arithmetic, no loops over
 * candidate precisions, because every statistic of every sample passes here.
 */
#include "dj/json.h"

#include "base/json_double_table.h"

#include <math.h>

enum {
    FRACTION_BITS = 52,
    EXPONENT_MASK = 0x7ff,
    EXPONENT_BIAS = 1075, /* of the significand as a whole number */
    MAX_DIGITS = 17,
    MAX_FIXED = 16, /* repr changes to an exponent above so many digits ... */
    MIN_FIXED = -3, /* ... or below so many before it, that is with more noughts */
};

/* digits * 10^exponent */
struct decimal {
    uint64_t digits;
    int exponent;
};

/*
 * The high 64 bits of (power * c) / 2^64; the last bit is also set when something
 * was cut off, which keeps every later comparison right ("round to odd").
 */
static uint64_t round_to_odd(const uint64_t power[2], uint64_t c)
{
    __extension__ typedef unsigned __int128 wide;
    const wide low = (wide)power[1] * c;
    const wide sum = (wide)power[0] * c + (uint64_t)(low >> 64);

    return (uint64_t)(sum >> 64) | ((uint64_t)sum > 1);
}

/* The shortest decimal in the rounding interval of c * 2^q, the nearest if several. */
static struct decimal shortest(uint64_t c, int q, bool closer_below)
{
    const uint64_t open_ends = c & 1; /* ties go to even, so odd excludes its ends */
    const int k = (q * 1262611 - (closer_below ? 524031 : 0)) >> 22; /* log10, floored */
    const int shift = q + ((-k * 1741647) >> 19) + 1; /* log2(10^-k), floored */
    const uint64_t *power = powers + 2 * (-k - POWER_MIN);
    const uint64_t low =
        round_to_odd(power, (4 * c - 2 + closer_below) << shift) + open_ends;
    const uint64_t value = round_to_odd(power, (4 * c) << shift);
    const uint64_t high = round_to_odd(power, (4 * c + 2) << shift) - open_ends;
    const uint64_t s = value / 4;
    const uint64_t tens = s / 10;
    const uint64_t middle = 4 * s + 2;
    bool below, above;

    below = low <= 40 * tens;
    above = 40 * tens + 40 <= high;
    if (s >= 10 && below != above) {
        return (struct decimal){ tens + above, k + 1 };
    }
    below = low <= 4 * s;
    above = 4 * s + 4 <= high;
    if (below != above) {
        return (struct decimal){ s + above, k };
    }
    return (struct decimal){ s + (value > middle || (value == middle && (s & 1))), k };
}

static struct decimal to_decimal(uint64_t fraction, int exponent)
{
    struct decimal decimal;
    uint64_t c = fraction;
    int q = 1 - EXPONENT_BIAS;

    if (exponent != 0) {
        c |= (uint64_t)1 << FRACTION_BITS;
        q = exponent - EXPONENT_BIAS;
    }
    if (c == 0) {
        return (struct decimal){ 0, 0 };
    }
    if (q <= 0 && -q <= FRACTION_BITS && (c & (((uint64_t)1 << -q) - 1)) == 0) {
        decimal = (struct decimal){ c >> -q, 0 }; /* a whole number below 2^53 */
    } else {
        decimal = shortest(c, q, fraction == 0 && exponent > 1);
    }
    return decimal;
}

static size_t put_exponent(char *text, int exponent)
{
    size_t len = 0;
    unsigned rest = (unsigned)(exponent < 0 ? -exponent : exponent);

    text[len++] = 'e';
    text[len++] = exponent < 0 ? '-' : '+';
    if (rest >= 100) {
        text[len++] = (char)('0' + rest / 100);
        rest %= 100;
    }
    text[len++] = (char)('0' + rest / 10);
    text[len++] = (char)('0' + rest % 10);
    return len;
}

static size_t put(char *text, const char *bytes, int count)
{
    memcpy(text, bytes, (size_t)count);
    return (size_t)count;
}

/* ndigits digits with the decimal point behind the first `point` of them. */
static size_t lay_out(char *text, const char *digits, int ndigits, int point)
{
    static const char noughts[] = "0000000000000000.0";
    size_t len = 0;

    if (point > MAX_FIXED || point < MIN_FIXED) {
        len += put(text, digits, 1);
        if (ndigits > 1) {
            text[len++] = '.';
            len += put(text + len, digits + 1, ndigits - 1);
        }
        return len + put_exponent(text + len, point - 1);
    }
    if (point <= 0) {
        len += put(text, "0.", 2);
        len += put(text + len, noughts, -point);
        return len + put(text + len, digits, ndigits);
    }
    if (point >= ndigits) {
        len += put(text, digits, ndigits);
        return len + put(text + len, noughts + MAX_FIXED - (point - ndigits),
                         point - ndigits + 2);
    }
    len += put(text, digits, point);
    text[len++] = '.';
    return len + put(text + len, digits + point, ndigits - point);
}

size_t dj_json_double(double value, char text[DJ_JSON_DOUBLE_TEXT])
{
    char memory[MAX_DIGITS];
    char *digits = memory + MAX_DIGITS;
    int ndigits, point;
    size_t len = 0;
    uint64_t bits;
    struct decimal decimal;

    if (isnan(value)) {
        memcpy(text, "NaN", 4);
        return 3;
    }
    memcpy(&bits, &value, sizeof(bits));
    if (bits >> 63) {
        text[len++] = '-';
    }
    if (isinf(value)) {
        memcpy(text + len, "Infinity", 9);
        return len + 8;
    }
    decimal = to_decimal(bits & (((uint64_t)1 << FRACTION_BITS) - 1),
                         (int)(bits >> FRACTION_BITS & EXPONENT_MASK));
    do {
        *--digits = (char)('0' + decimal.digits % 10);
        decimal.digits /= 10;
    } while (decimal.digits != 0);
    ndigits = (int)(memory + MAX_DIGITS - digits);
    point = ndigits + decimal.exponent;
    while (ndigits > 1 && digits[ndigits - 1] == '0') {
        ndigits--;
    }
    len += lay_out(text + len, digits, ndigits, point);
    text[len] = '\0';
    return len;
}

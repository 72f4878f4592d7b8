/* Floats are written as Python's repr writes them. */
#include "djtest.h"

#include "base/json_double_table.h"
#include "dj/json.h"

#include <math.h>

static void check(double value, const char *expected)
{
    char text[DJ_JSON_DOUBLE_TEXT];

    DJ_CHECK_INT(dj_json_double(value, text), strlen(expected));
    DJ_CHECK_TEXT(text, expected);
}

static void known_values_look_as_python_writes_them(void)
{
    check(0.0, "0.0");
    check(-0.0, "-0.0");
    check(1.0, "1.0");
    check(-1.5, "-1.5");
    check(100.0, "100.0");
    check(0.1, "0.1");
    check(0.1 + 0.2, "0.30000000000000004");
    check(1.0 / 3.0, "0.3333333333333333");
    check(2.0 / 3.0, "0.6666666666666666");
    check(0.001, "0.001");
    check(0.0001, "0.0001");
    check(0.00012345, "0.00012345");
    check(0.00001, "1e-05");
    check(0.000012345, "1.2345e-05");
    check(1.5e-7, "1.5e-07");
    check(123456.789, "123456.789");
    check(1e15, "1000000000000000.0");
    check(9999999999999998.0, "9999999999999998.0");
    check(1e16, "1e+16");
    check(12345678901234567.0, "1.2345678901234568e+16");
    check(1e22, "1e+22");
    check(1e23, "1e+23");
    check(9.5e-100, "9.5e-100");
    check(9007199254740992.0, "9007199254740992.0");
    check(9007199254740993.0, "9007199254740992.0");
    check(1.7976931348623157e308, "1.7976931348623157e+308");
    check(2.2250738585072014e-308, "2.2250738585072014e-308");
    check(2.225073858507201e-308, "2.225073858507201e-308");
    check(5e-324, "5e-324");
    check(-5e-324, "-5e-324");
    check((double)NAN, "NaN");
    check((double)INFINITY, "Infinity");
    check(-(double)INFINITY, "-Infinity");
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state ^ *state >> 29;
}

/* Digits of the shortest "%.*e" that reads back as value. */
static int shortest_digits(double value)
{
    char text[40];

    for (int digits = 1; digits < 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*e", digits - 1, value);
        if (strtod(text, NULL) == value) {
            return digits;
        }
    }
    return 17;
}

/* Counts digits without leading and trailing noughts. */
static int significant(const char *text)
{
    int count = 0, noughts = 0;

    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text == '0') {
            noughts += count > 0;
        } else if (*text >= '1' && *text <= '9') {
            count += noughts + 1;
            noughts = 0;
        }
    }
    return count;
}

static void random_values_read_back_from_the_fewest_digits(void)
{
    uint64_t state = 42;

    for (int i = 0; i < 50000; i++) {
        const uint64_t bits = next_random(&state);
        char text[DJ_JSON_DOUBLE_TEXT];
        double value;

        memcpy(&value, &bits, sizeof(value));
        if (i % 2 == 0) {
            value = (double)(bits % 100000) / (double)(1 + (bits >> 32) % 100000);
        }
        if (isfinite(value) && value != 0) {
            DJ_CHECK(dj_json_double(value, text) < DJ_JSON_DOUBLE_TEXT);
            DJ_CHECK(strtod(text, NULL) == value);
            DJ_CHECK_INT(significant(text), shortest_digits(value));
        }
    }
}

static void the_table_holds_powers_of_ten(void)
{
    __extension__ typedef unsigned __int128 wide;
    wide power = 1;

    for (int k = 0; k <= 38; k++) {
        const uint64_t *entry = powers + 2 * (k - POWER_MIN);
        wide shifted = power;

        while (shifted >> 127 == 0) {
            shifted <<= 1;
        }
        DJ_CHECK(entry[0] == (uint64_t)(shifted >> 64));
        DJ_CHECK(entry[1] == (uint64_t)shifted);
        power *= 10;
    }
}

int main(void)
{
    DJ_TEST(known_values_look_as_python_writes_them);
    DJ_TEST(random_values_read_back_from_the_fewest_digits);
    DJ_TEST(the_table_holds_powers_of_ten);
    return 0;
}

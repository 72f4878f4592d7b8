/* Each Arrow type as JSON. Arrays are made by hand, so that offsets and gaps are there.
 */
#include "dj/arrow.h"
#include "support/arrows.h"

#include <math.h>

/* Rows of one column "v", each on a line. Takes both. */
static void check(struct ArrowSchema *type, struct ArrowArray *values, int64_t rows,
                  const char *expected)
{
    struct ArrowSchema *top = arrows_type("+s", NULL);
    struct ArrowArray *batch = arrows_values(rows, 0);
    struct dj_error err;
    struct dj_buf out;
    const char *rest = expected;

    dj_buf_init(&out);
    arrows_buffer(batch, NULL, 0);
    arrows_type_add(top, type);
    arrows_values_add(batch, values);
    DJ_CHECK_OK(dj_arrow_check(top, &err));
    for (int64_t i = 0; i < rows; i++) {
        const size_t len = strcspn(rest, "\n");
        char *line = dj_xprintf("{\"v\": %.*s}\n", (int)len, rest);

        dj_buf_reset(&out);
        DJ_CHECK_OK(dj_arrow_to_json(top, batch, i, &out));
        DJ_CHECK_STR(dj_buf_str(&out), line);
        dj_xfree(line);
        rest += len + (rest[len] == '\n');
    }
    DJ_CHECK_TEXT(rest, "");
    dj_buf_release(&out);
    arrows_free_values(batch);
    arrows_free_type(top);
}

/* Values of fixed width, none of them null. */
static struct ArrowArray *flat(const void *bytes, size_t size, int64_t rows)
{
    struct ArrowArray *array = arrows_values(rows, 0);

    arrows_buffer(array, NULL, 0);
    arrows_buffer(array, bytes, size);
    return array;
}

#define CHECK_FLAT(format, ctype, expected, ...)                                       \
    do {                                                                               \
        const ctype flat_values[] = { __VA_ARGS__ };                                   \
        const int64_t flat_rows = sizeof(flat_values) / sizeof(flat_values[0]);        \
        check(arrows_type(format, "v"),                                                \
              flat(flat_values, sizeof(flat_values), flat_rows), flat_rows, expected); \
    } while (0)

static void numbers_are_numbers(void)
{
    CHECK_FLAT("c", int8_t, "-128\n0\n127", INT8_MIN, 0, INT8_MAX);
    CHECK_FLAT("C", uint8_t, "0\n255", 0, UINT8_MAX);
    CHECK_FLAT("s", int16_t, "-32768\n32767", INT16_MIN, INT16_MAX);
    CHECK_FLAT("S", uint16_t, "65535", UINT16_MAX);
    CHECK_FLAT("i", int32_t, "-2147483648\n2147483647", INT32_MIN, INT32_MAX);
    CHECK_FLAT("I", uint32_t, "4294967295", UINT32_MAX);
    CHECK_FLAT("l", int64_t, "-9223372036854775808\n9223372036854775807", INT64_MIN,
               INT64_MAX);
    CHECK_FLAT("L", uint64_t, "18446744073709551615\n0", UINT64_MAX, 0);
}

static void floats_are_the_shortest_of_their_width(void)
{
    CHECK_FLAT("g", double, "0.1\n1.0\n-0.0\n1e+16\n5e-324\nNaN\nInfinity\n-Infinity",
               0.1, 1, -0.0, 1e16, 5e-324, (double)NAN, (double)INFINITY,
               -(double)INFINITY);
    CHECK_FLAT("f", float,
               "0.1\n1.0\n-2.5\n0.0\n-0.0\n3.4028235e+38\n1e-45\n1.1754944e-38\n16777216."
               "0\n98385060.0\n"
               "1e+16\n123456.79\n0.0001\n1e-05\nNaN\nInfinity\n-Infinity",
               0.1F, 1, -2.5F, 0, -0.0F, 3.40282346638528859811704183484516925e+38F,
               1e-45F, 1.17549435082228750797e-38F, 16777216, 98385056, 1e16F,
               123456.789F, 1e-4F, 1e-5F, (float)NAN, (float)INFINITY, -(float)INFINITY);
    CHECK_FLAT("e", uint16_t,
               "1.0\n-2.0\n65500.0\n6e-08\n0.1\n0.3333\n0.0\nInfinity\nNaN", 0x3C00,
               0xC000, 0x7BFF, 0x0001, 0x2E66, 0x3555, 0, 0x7C00, 0x7E00);
}

static void decimals_have_all_their_digits(void)
{
    CHECK_FLAT("d:9,2,32", int32_t, "123.45\n-0.01\n0.00\n-100.00", 12345, -1, 0, -10000);
    CHECK_FLAT("d:18,0,64", int64_t, "-42\n1000000000", -42, 1000000000);
    {
        /* 10^38 - 1, -1, and 10^20 / 10^10: low and high halves. */
        static const uint64_t wide[] = { 0x098a223fffffffff, 0x4b3b4ca85a86c47a,
                                         UINT64_MAX,         UINT64_MAX,
                                         0x6bc75e2d63100000, 5 };

        check(arrows_type("d:38,10", "v"), flat(wide, sizeof(wide), 3), 3,
              "9999999999999999999999999999.9999999999\n-0.0000000001\n"
              "10000000000.0000000000");
        check(arrows_type("d:38,-2", "v"), flat(wide + 2, sizeof(uint64_t) * 2, 1), 1,
              "-100");
    }
    {
        static const uint64_t widest[] = { 0, 0, 0, 0x8000000000000000 };

        check(arrows_type("d:76,0,256", "v"), flat(widest, sizeof(widest), 1), 1,
              "-5789604461865809771178549250434395392663499233282028201972879200395656481"
              "9968");
    }
}

static void times_are_strings(void)
{
    CHECK_FLAT("tdD", int32_t,
               "\"1970-01-01\"\n\"1969-12-31\"\n\"2024-02-29\"\n\"2000-03-01\"\n"
               "\"-0001-12-31\"\n\"10000-01-01\"",
               0, -1, 19782, 11017, -719529, 2932897);
    CHECK_FLAT("tdm", int64_t, "\"2024-05-06\"\n\"1969-12-31T23:59:59.999\"",
               1714953600000, -1);
    CHECK_FLAT("tts", int32_t, "\"00:00:00\"\n\"23:59:59\"\n86400\n-1", 0, 86399, 86400,
               -1);
    CHECK_FLAT("ttm", int32_t, "\"12:34:56.789\"", 45296789);
    CHECK_FLAT("ttu", int64_t, "\"12:34:56.000789\"", 45296000789);
    CHECK_FLAT("ttn", int64_t, "\"00:00:00.000000001\"", 1);
    CHECK_FLAT("tss:", int64_t, "\"2024-05-06T12:34:56\"\n\"1969-12-31T23:59:59\"",
               1714998896, -1);
    CHECK_FLAT("tsm:UTC", int64_t, "\"2024-05-06T12:34:56.789Z\"", 1714998896789);
    CHECK_FLAT("tsu:Europe/Berlin", int64_t, "\"2024-05-06T12:34:56.000001Z\"",
               1714998896000001);
    CHECK_FLAT("tsn:", int64_t,
               "\"1677-09-21T00:12:43.145224192\"\n\"2262-04-11T23:47:16.854775807\"",
               INT64_MIN, INT64_MAX);
    CHECK_FLAT("tss:", int64_t, "\"292277026596-12-04T15:30:07\"", INT64_MAX);
    CHECK_FLAT("tDu", int64_t, "-5", -5);
}

static struct ArrowArray *texts(int64_t offset, int64_t rows)
{
    static const int32_t offsets[] = { 0, 1, 1, 7, 7, 9 };
    static const uint8_t there[] = { 0x17 };
    struct ArrowArray *array = arrows_values(rows, 1);

    array->offset = offset;
    arrows_buffer(array, there, sizeof(there));
    arrows_buffer(array, offsets, sizeof(offsets));
    arrows_buffer(array, "a\"\n\\x\x01\t\xc3\xa4", 9);
    return array;
}

static void strings_and_bytes(void)
{
    check(arrows_type("u", "v"), texts(0, 5), 5,
          "\"a\"\n\"\"\n\"\\\"\\n\\\\x\\u0001\\t\"\nnull\n\"\xc3\xa4\"");
    check(arrows_type("z", "v"), texts(1, 4), 4, "\"\"\n\"IgpceAEJ\"\nnull\n\"w6Q=\"");
    {
        static const int64_t offsets[] = { 0, 1, 3 };
        struct ArrowArray *array = arrows_values(2, 0);

        arrows_buffer(array, NULL, 0);
        arrows_buffer(array, offsets, sizeof(offsets));
        arrows_buffer(array, "abc", 3);
        check(arrows_type("U", "v"), array, 2, "\"a\"\n\"bc\"");
    }
    check(arrows_type("w:3", "v"), flat("abcdef", 6, 2), 2, "\"YWJj\"\n\"ZGVm\"");
    {
        static const int32_t views[] = { 3, 0x00636261, 0, 0, 14, 0x61616161, 1, 2 };
        static const int64_t sizes[] = { 3, 16 };
        struct ArrowArray *array = flat(views, sizeof(views), 2);

        arrows_buffer(array, "...", 3);
        arrows_buffer(array, "..aaaabbbbccccdd", 16);
        arrows_buffer(array, sizes, sizeof(sizes));
        check(arrows_type("vu", "v"), array, 2, "\"abc\"\n\"aaaabbbbccccdd\"");
    }
    {
        struct ArrowArray *array = arrows_values(2, 2);

        check(arrows_type("n", "v"), array, 2, "null\nnull");
    }
    check(arrows_type("b", "v"), flat("\x05", 1, 3), 3, "true\nfalse\ntrue");
}

/* The whole numbers 0 .. 9, as a child that begins before them. */
static struct ArrowArray *numbers(void)
{
    static const int32_t values[] = { -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    struct ArrowArray *array = flat(values, sizeof(values), 10);

    array->offset = 1;
    return array;
}

static struct ArrowSchema *list_of(const char *format, struct ArrowSchema *item)
{
    struct ArrowSchema *list = arrows_type(format, "v");

    arrows_type_add(list, item);
    return list;
}

static void nested_values(void)
{
    static const int32_t offsets[] = { 0, 2, 2, 5, 10 };
    static const int64_t long_offsets[] = { 0, 2, 2, 5, 10 };
    static const int32_t sizes[] = { 1, 0, 2 };
    struct ArrowSchema *type;
    struct ArrowArray *list = flat(offsets, sizeof(offsets), 3);

    list->offset = 1;
    arrows_values_add(list, numbers());
    check(list_of("+l", arrows_type("i", "item")), list, 3,
          "[]\n[2, 3, 4]\n[5, 6, 7, 8, 9]");
    list = flat(long_offsets, sizeof(long_offsets), 4);
    arrows_values_add(list, numbers());
    check(list_of("+L", arrows_type("i", "item")), list, 4,
          "[0, 1]\n[]\n[2, 3, 4]\n[5, 6, 7, 8, 9]");
    list = arrows_values(2, 0);
    list->offset = 1;
    arrows_buffer(list, NULL, 0);
    arrows_values_add(list, numbers());
    check(list_of("+w:3", arrows_type("i", "item")), list, 2, "[3, 4, 5]\n[6, 7, 8]");
    list = flat(offsets + 1, 3 * sizeof(offsets[0]), 3);
    arrows_buffer(list, sizes, sizeof(sizes));
    arrows_values_add(list, numbers());
    check(list_of("+vl", arrows_type("i", "item")), list, 3, "[2]\n[]\n[5, 6]");

    type = list_of("+s", arrows_type("i", "n\"1"));
    arrows_type_add(type, arrows_type("u", "t"));
    list = arrows_values(3, 0);
    list->offset = 2;
    arrows_buffer(list, "\x0f", 1);
    list->null_count = 1;
    arrows_values_add(list, numbers());
    arrows_values_add(list, texts(0, 5));
    check(type, list, 3,
          "{\"n\\\"1\": 2, \"t\": \"\\\"\\n\\\\x\\u0001\\t\"}\n{\"n\\\"1\": 3, \"t\": "
          "null}\nnull");

    type = list_of("+s", arrows_type("i", "key"));
    arrows_type_add(type, arrows_type("u", "value"));
    {
        static const int32_t starts[] = { 0, 2, 2, 3 };
        struct ArrowArray *map = flat(starts, sizeof(starts), 3);
        struct ArrowArray *pairs = arrows_values(3, 0);

        pairs->offset = 1;
        arrows_buffer(pairs, NULL, 0);
        arrows_values_add(pairs, numbers());
        arrows_values_add(pairs, texts(0, 5));
        arrows_values_add(map, pairs);
        check(list_of("+m", type), map, 3,
              "[[1, \"\"], [2, \"\\\"\\n\\\\x\\u0001\\t\"]]\n[]\n[[3, null]]");
    }
}

static void dictionaries_are_their_values(void)
{
    struct ArrowSchema *type = arrows_type("c", "v");
    struct ArrowArray *indices = flat("\x02\x00\x04\x03", 4, 3);
    struct ArrowArray *dictionary = texts(0, 5);

    indices->offset = 1;
    type->dictionary = arrows_type("u", "");
    indices->dictionary = dictionary;
    check(type, indices, 3, "\"a\"\n\"\xc3\xa4\"\nnull");
}

static void what_has_no_form_is_said(void)
{
    struct ArrowSchema *top = arrows_type("+s", "");
    struct ArrowSchema *list = list_of("+l", arrows_type("tiM", "months"));
    struct dj_error err;

    arrows_type_add(top, arrows_type("u", "text"));
    DJ_CHECK_OK(dj_arrow_check(top, &err));
    arrows_type_add(top, list);
    DJ_CHECK_STATUS(dj_arrow_check(top, &err), DJ_UNSUPPORTED);
    DJ_CHECK(strstr(err.text, "column \"v\"") != NULL);
    DJ_CHECK(strstr(err.text, "\"tiM\"") != NULL);
    arrows_free_type(top);
}

int main(void)
{
    DJ_TEST(numbers_are_numbers);
    DJ_TEST(floats_are_the_shortest_of_their_width);
    DJ_TEST(decimals_have_all_their_digits);
    DJ_TEST(times_are_strings);
    DJ_TEST(strings_and_bytes);
    DJ_TEST(nested_values);
    DJ_TEST(dictionaries_are_their_values);
    DJ_TEST(what_has_no_form_is_said);
    return 0;
}

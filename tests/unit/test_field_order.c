/* Keys of values: their order is that of numbers in Python, means are numpy's. */
#include "dj/field_order.h"
#include "djtest.h"

#include <math.h>

static int compare(struct dj_order_key a, struct dj_order_key b)
{
    return a.hi != b.hi ? (a.hi > b.hi) - (a.hi < b.hi) : (a.lo > b.lo) - (a.lo < b.lo);
}

static void whole_numbers_keep_all_digits(void)
{
    static const int64_t sorted[] = {
        INT64_MIN,
        INT64_MIN + 1,
        -((INT64_C(1) << 53) + 1),
        -(INT64_C(1) << 53),
        -1,
        0,
        1,
        INT64_C(1) << 53,
        (INT64_C(1) << 53) + 1,
        (INT64_C(1) << 53) + 2,
        INT64_MAX - 600,
        INT64_MAX - 1,
        INT64_MAX,
    };
    const size_t count = sizeof(sorted) / sizeof(sorted[0]);

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            DJ_CHECK_INT(compare(dj_order_of_int(sorted[i]), dj_order_of_int(sorted[j])),
                         (i > j) - (i < j));
        }
    }
}

static void whole_and_other_numbers_compare(void)
{
    DJ_CHECK_INT(compare(dj_order_of_int(3), dj_order_of_double(3.0)), 0);
    DJ_CHECK_INT(compare(dj_order_of_int(3), dj_order_of_double(3.5)), -1);
    DJ_CHECK_INT(compare(dj_order_of_double(-0.0), dj_order_of_int(0)), 0);
    DJ_CHECK_INT(compare(dj_order_of_int(INT64_MAX), dj_order_of_double(0x1p63)), -1);
    DJ_CHECK_INT(compare(dj_order_of_int(INT64_MIN), dj_order_of_double(-0x1p63)), 0);
    DJ_CHECK_INT(compare(dj_order_of_int((1 << 24) + 1), dj_order_of_double(0x1p24 + 1)),
                 0);
    DJ_CHECK_INT(
        compare(dj_order_of_int((INT64_C(1) << 53) + 1), dj_order_of_double(0x1p53)), 1);
}

/* Whether the value counts as this number. */
static void check_stat(const char *json, double number)
{
    struct dj_arena *arena = dj_arena_new(4096);
    struct dj_py value;

    DJ_CHECK_OK(dj_py_from_json(dj_arena_copy(arena, dj_str_from(json)), arena, &value));
    DJ_CHECK_INT(compare(dj_order_of_stat(&value, true), dj_order_of_double(number)), 0);
    dj_arena_free(arena);
}

static void check_none(const char *json)
{
    struct dj_arena *arena = dj_arena_new(4096);
    struct dj_py value;

    DJ_CHECK_OK(dj_py_from_json(dj_arena_copy(arena, dj_str_from(json)), arena, &value));
    DJ_CHECK_INT(compare(dj_order_of_stat(&value, true), dj_order_of_int(-INT64_MAX)), 0);
    DJ_CHECK_INT(compare(dj_order_of_stat(&value, false), dj_order_of_int(INT64_MAX)), 0);
    dj_arena_free(arena);
}

static void statistics_are_numbers(void)
{
    check_stat("7", 7);
    check_stat("true", 1);
    check_stat("\" 1_0.5 \"", 10.5);
    check_stat("\"-inf\"", -(double)INFINITY);
    check_stat("[1, 2, 6]", 3);
    check_stat("[[1, 2], [3, 5]]", 2.75);
    check_stat("[true, 2.0]", 1.5);
    check_none("null");
    check_none("[]");
    check_none("{}");
    check_none("\"x\"");
    check_none("[1, null]");
    check_none("[1, [2]]");
    check_none("[[1], [2, 3]]");
    check_none("[\"1\"]");
}

/* Numbers that lose digits on the way; made with numpy. */
static void means_are_numpys(void)
{
    static const struct {
        int count;
        double mean;
    } known[] = {
        { 1, 0x1.999999999999ap-4 },    { 5, 0x1.7487fcb923a2ap-2 },
        { 7, 0x1.d87cfc8c33422p-2 },    { 8, 0x1.04af4f0d844d0p-1 },
        { 9, 0x1.1cec1c94baf5bp-1 },    { 100, 0x1.1710cb295e9e2p-1 },
        { 128, 0x1.16a71de69ad44p-1 },  { 129, 0x1.15ef2a4577861p-1 },
        { 136, 0x1.177fd1bd42611p-1 },  { 300, 0x1.1816f0068db8cp-1 },
        { 1000, 0x1.195e9e1b089a1p-1 }, { 5000, 0x1.1978d4fdf3b64p-1 },
    };

    for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
        struct dj_buf json;
        const char *text;

        dj_buf_init(&json);
        for (int i = 0; i < known[k].count; i++) {
            DJ_CHECK_OK(dj_buf_printf(&json, "%s0.%d", i == 0 ? "[" : ",",
                                      i * 7919 % 1000 + 1000 * (i % 9 + 1)));
        }
        DJ_CHECK_OK(dj_buf_putc(&json, ']'));
        DJ_CHECK_OK(dj_buf_cstr(&json, &text));
        check_stat(text, known[k].mean);
        dj_buf_release(&json);
    }
}

int main(void)
{
    DJ_TEST(whole_numbers_keep_all_digits);
    DJ_TEST(whole_and_other_numbers_compare);
    DJ_TEST(statistics_are_numbers);
    DJ_TEST(means_are_numpys);
    return 0;
}

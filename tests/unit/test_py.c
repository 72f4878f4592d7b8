/* Values behave as Python's do, and conditions are what Python makes of them. */
#include "djtest.h"

#include "dj/py_expr.h"

static struct dj_arena *arena;

static struct dj_py from_json(const char *json)
{
    struct dj_str copy = dj_arena_copy(arena, dj_str_from(json));
    struct dj_py value;

    DJ_CHECK_OK(dj_py_from_json(copy, arena, &value));
    return value;
}

static void is_json(const struct dj_py *value, const char *json)
{
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_py_to_json(value, &out));
    DJ_CHECK_STR(dj_buf_str(&out), json);
    dj_buf_release(&out);
}

static void json_comes_back(void)
{
    static const struct {
        const char *json, *again;
    } cases[] = {
        { " [1 ,2.50,-0.0 , 1e400]", "[1, 2.5, -0.0, Infinity]" },
        { "{\"a\": {}, \"b\" : [ ], \"a\":null}", "{\"a\": null, \"b\": []}" },
        { "\"\\u00e9\\ud83d\\ude00\\n\\/\\u0000\"",
          "\"\xc3\xa9\xf0\x9f\x98\x80\\n/\\u0000\"" },
        { "9223372036854775807", "9223372036854775807" },
        { "-9223372036854775808", "-9223372036854775808" },
        { "9223372036854775808", "9.223372036854776e+18" },
        { "[true, false, NaN]", "[true, false, NaN]" },
        { "[[[[[[[[[1,2,3,4,5,6,7,8,9]]]]]]]]]",
          "[[[[[[[[[1, 2, 3, 4, 5, 6, 7, 8, 9]]]]]]]]]" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct dj_py value = from_json(cases[i].json);

        is_json(&value, cases[i].again);
    }
}

static void truth_is_pythons(void)
{
    static const char *const no[] = { "null", "false", "0", "-0.0", "\"\"", "[]", "{}" };
    static const char *const yes[] = { "true",  "1",   "1e-300",    "NaN",
                                       "\"0\"", "[0]", "{\"a\": 0}" };

    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        const struct dj_py a = from_json(no[i]), b = from_json(yes[i]);

        DJ_CHECK(!dj_py_truth(&a));
        DJ_CHECK(dj_py_truth(&b));
    }
}

static void stored_numbers_are_data_juicers(void)
{
    /* What its own JSON module makes of them. */
    static const struct {
        const char *json, *stored;
    } cases[] = {
        { "0.3333333333333333", "0.33333333330000003" },
        { "-0.3333333333333333", "-0.33333333330000003" },
        { "-0.0", "0.0" },
        { "1e-10", "1e-10" },
        { "0.99999999999", "1.0" },
        { "5e-324", "0.0" },
        { "1.7e308", "1.7000000000000001e+308" },
        { "1e16", "1e+16" },
        { "1000000000000000.4", "1000000000000000.4" },
        { "1e400", "null" },
        { "[0.30000000000000004, {\"a\": 1e-20}]",
          "[0.30000000000000004, {\"a\": 1e-20}]" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dj_py value = from_json(cases[i].json);

        dj_py_store(&value);
        is_json(&value, cases[i].stored);
    }
}

static void floats_of_texts_are_pythons(void)
{
    static const struct {
        const char *text;
        double value; /* 0: it is no number */
    } cases[] = {
        { "1", 1 },
        { "\xe2\x80\x83"
          "1\xc2\x85",
          1 },
        { "1__0", 0 },
        { "1e5_0", 1e50 },
        { "_1", 0 },
        { "1_", 0 },
        { "\xe0\xa5\xa7_\xe0\xa5\xa8", 12 },
        { "1.e5", 1e5 },
        { ".e5", 0 },
        { ".", 0 },
        { "- 1", 0 },
        { "\x1c"
          "1",
          0 },
        { "\xf0\x9d\x9f\x99\xf0\x9d\x9f\x9a", 12 },
        { "\xe1\xa7\x9a", 0 },
        { "1_000.5_0", 1000.5 },
        { "0x1", 0 },
        { "1 2", 0 },
        { "infinityx", 0 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct dj_py value = { .kind = DJ_PY_STR, .s = dj_str_from(cases[i].text) };
        double result = 0;
        bool number;

        DJ_CHECK(dj_py_float(&value, &result, &number));
        DJ_CHECK(number == (cases[i].value > 0));
        DJ_CHECK(!number || (result >= cases[i].value && result <= cases[i].value));
    }
}

static void whole_numbers_of_texts_are_pythons(void)
{
    static const struct {
        const char *text;
        int64_t value;
        bool number;
    } cases[] = {
        { "12", 12, true },
        { " -1_0\n", -10, true },
        { "+007", 7, true },
        { "\xe0\xb9\x91", 1, true },
        { "9223372036854775807", INT64_MAX, true },
        { "9223372036854775808", 0, false },
        { "1.0", 0, false },
        { "1e3", 0, false },
        { "", 0, false },
        { "-", 0, false },
        { "1__0", 0, false },
        { "0x1", 0, false },
        { "\xc2\xb2", 0, false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t value = 0;

        DJ_CHECK(dj_py_int_text(dj_str_from(cases[i].text), &value) == cases[i].number);
        DJ_CHECK(!cases[i].number || value == cases[i].value);
    }
}

/* The only field: a is 1. */
static enum dj_status field(void *context, const struct dj_str *path, size_t count,
                            struct dj_py *value, size_t *used)
{
    (void)context;
    (void)count;
    *used = dj_str_is(path[0], "a");
    *value = (struct dj_py){ .kind = DJ_PY_INT, .i = 1 };
    return DJ_OK;
}

static void conditions_have_values(void)
{
    static const struct {
        const char *text, *value;
    } cases[] = {
        { "a", "1" },
        { "a,", "[1]" },
        { "()", "[]" },
        { "(a)", "1" },
        { "-a, +True, - - 2.5", "[-1, 1, 2.5]" },
        { "not a or a and b", "false" },
        { "a < 2 < 3 != 4", "true" },
        { "a.real.imag", "0" },
        { "a.numerator is a", "null" }, /* no identity of numbers */
        { "b is not None", "false" },
        { "1if a else 2", NULL },
        { "0xfor b", "true" },
        { "'a' 'b' == 'ab'", "true" },
        { "a == 1 # one", "true" },
        { "\n\n# c\na", "1" },
        { "a \\\n", "1" },
        { "[a\n,\r\n2]", "[1, 2]" },
        { "{1, True, 'x'}", "[1, true, \"x\"]" },
        { "a == b == 1", "false" },
        { "a not in 5", "null" },
        { "(((a", NULL },
        { "a]", NULL },
        { "a b", NULL },
        { "lambda: 1", NULL },
        { "[x for x in a]", NULL },
        { "*a", NULL },
        { "a if a else b", NULL },
        { "f'x'", NULL },
        { "b'x'", NULL },
        { "'\\ud800'", NULL },
        { "'\\N{DASH}'", NULL },
        { "1j", NULL },
        { "...", NULL },
        { "a.True", NULL },
        { "\xef\xbb\xbf"
          "a",
          NULL },
        { "", NULL },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct dj_py_expr *expr = NULL;
        struct dj_error err = { 0 };
        struct dj_py value;
        enum dj_status status =
            dj_py_expr_parse(dj_str_from(cases[i].text), arena, &expr, &err);

        if (cases[i].value == NULL) {
            DJ_CHECK_INT(status, DJ_CONFIG);
            continue;
        }
        DJ_CHECK_INT(status, DJ_OK);
        status = dj_py_expr_value(expr, field, NULL, arena, &value, &err);
        if (status == DJ_OP) {
            value = (struct dj_py){ .kind = DJ_PY_NONE };
        }
        is_json(&value, cases[i].value);
    }
}

static void conditions_have_bounds(void)
{
    const struct dj_py_expr *expr = NULL;
    struct dj_error err = { 0 };
    char *text = dj_xmalloc(DJ_PY_EXPR_LENGTH + 2);

    memset(text, ' ', DJ_PY_EXPR_LENGTH + 1);
    text[0] = 'a';
    DJ_CHECK_OK(
        dj_py_expr_parse((struct dj_str){ text, DJ_PY_EXPR_LENGTH }, arena, &expr, &err));
    DJ_CHECK_INT(dj_py_expr_parse((struct dj_str){ text, DJ_PY_EXPR_LENGTH + 1 }, arena,
                                  &expr, &err),
                 DJ_CONFIG);
    memset(text, '-', DJ_PY_EXPR_LENGTH);
    text[DJ_PY_EXPR_LENGTH - 1] = '1';
    DJ_CHECK_INT(
        dj_py_expr_parse((struct dj_str){ text, DJ_PY_EXPR_LENGTH }, arena, &expr, &err),
        DJ_CONFIG);
    dj_xfree(text);
}

int main(void)
{
    arena = dj_arena_new(1 << 16);
    DJ_TEST(json_comes_back);
    DJ_TEST(truth_is_pythons);
    DJ_TEST(stored_numbers_are_data_juicers);
    DJ_TEST(floats_of_texts_are_pythons);
    DJ_TEST(whole_numbers_of_texts_are_pythons);
    DJ_TEST(conditions_have_values);
    DJ_TEST(conditions_have_bounds);
    dj_arena_free(arena);
    return 0;
}

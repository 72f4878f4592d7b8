/* JSON lines as columns: what types they have, and each value in its type. */
#include "djtest.h"

#include "dj/columns.h"

static struct dj_arena *arena;

static struct dj_str line_of(const char *json)
{
    return dj_arena_copy(arena, dj_str_from(json));
}

/* "name:format" of all fields, those below in brackets. */
static void describe(const struct ArrowSchema *schema, struct dj_buf *out)
{
    DJ_CHECK_OK(dj_buf_printf(out, "%s:%s", schema->name,
                              dj_schema_is_json(schema) ? "json" : schema->format));
    if (schema->n_children > 0) {
        DJ_CHECK_OK(dj_buf_putc(out, '['));
        for (int64_t i = 0; i < schema->n_children; i++) {
            if (i > 0) {
                DJ_CHECK_OK(dj_buf_putc(out, ' '));
            }
            describe(schema->children[i], out);
        }
        DJ_CHECK_OK(dj_buf_putc(out, ']'));
    }
}

static void check_guess(const char *const *lines, const char *expected)
{
    struct dj_error err;
    size_t count = 0;

    while (lines[count] != NULL) {
        count++;
    }
    /* The same, wherever the lines are divided between two ranks. */
    for (size_t cut = 0; cut <= count; cut++) {
        struct dj_guess *left = dj_guess_new();
        struct dj_guess *right = dj_guess_new();
        struct ArrowSchema schema;
        struct dj_buf text, packed;

        dj_buf_init(&text);
        dj_buf_init(&packed);
        for (size_t i = 0; i < count; i++) {
            DJ_CHECK_OK(dj_guess_add(i < cut ? left : right, line_of(lines[i]), &err));
        }
        DJ_CHECK_OK(dj_guess_pack(right, &packed));
        DJ_CHECK_OK(dj_guess_join(left, dj_buf_str(&packed), &err));
        dj_guess_schema(left, NULL, NULL, &schema);
        describe(&schema, &text);
        DJ_CHECK_STR(dj_buf_str(&text), expected);
        dj_schema_release(&schema);
        dj_buf_release(&packed);
        dj_buf_release(&text);
        dj_guess_free(left);
        dj_guess_free(right);
    }
}

#define GUESS(expected, ...) \
    check_guess((const char *const[]){ __VA_ARGS__, NULL }, expected)

static void lines_have_types(void)
{
    GUESS(":+s[a:l b:u c:b d:g e:n]",
          "{\"a\": 1, \"b\": \"x\", \"c\": true, \"d\": 1.5, \"e\": null}");
    GUESS(":+s[a:l b:u]", "{\"a\": 1}", "{\"b\": \"x\"}", "{}",
          "{\"b\": null, \"a\": null}");
    GUESS(":+s[a:g]", "{\"a\": 1}", "{\"a\": 1e3}", "{\"a\": NaN}", "{\"a\": -Infinity}");
    GUESS(":+s[a:+l[item:g]]", "{\"a\": []}", "{\"a\": [1, null]}", "{\"a\": [2.5]}");
    GUESS(":+s[o:+s[x:l y:+l[item:+s[z:u]]]]", "{\"o\": {\"x\": 1}}",
          "{\"o\": {\"y\": [{\"z\": \"\"}, {}], \"x\": null}}");
    GUESS(":+s[a:+l[item:n] \xc3\xa9:l]", "{\"a\": [ ] , \"\\u00e9\" : 2}");
}

static void what_has_no_common_type_is_json(void)
{
    GUESS(":+s[a:json]", "{\"a\": 1}", "{\"a\": \"x\"}", "{\"a\": 2}");
    GUESS(":+s[a:json b:l]", "{\"a\": {\"x\": 1}}", "{\"a\": [1], \"b\": 1}");
    GUESS(":+s[a:json]", "{\"a\": {\"x\": 1, \"x\": 2}}");
    GUESS(":+s[a:json]", "{\"a\": {}}");
    GUESS(":+s[a:+s[x:json]]", "{\"a\": {\"x\": true}}", "{\"a\": {\"x\": 0}}");
}

static void large_numbers_keep_their_digits(void)
{
    GUESS(":+s[a:l]", "{\"a\": 9223372036854775807}", "{\"a\": -9223372036854775808}");
    GUESS(":+s[a:L]", "{\"a\": 18446744073709551615}", "{\"a\": 1}");
    GUESS(":+s[a:json]", "{\"a\": 18446744073709551615}", "{\"a\": -1}");
    GUESS(":+s[a:json]", "{\"a\": 18446744073709551616}");
    GUESS(":+s[a:json]", "{\"a\": 9007199254740993}", "{\"a\": 0.5}");
    GUESS(":+s[a:g]", "{\"a\": 9007199254740992}", "{\"a\": 0.5}");
}

static void a_known_schema_stays(void)
{
    const int misfits[] = { 0, DJ_MISFIT_TYPE, DJ_MISFIT_NULL };
    struct dj_guess *guess = dj_guess_new();
    struct ArrowSchema base, schema;
    struct dj_buf text;
    struct dj_error err;

    dj_buf_init(&text);
    dj_schema_make(&base, "+s", "", 0, 3);
    dj_schema_make(base.children[0], "tsu:UTC", "t", ARROW_FLAG_NULLABLE, 0);
    dj_schema_make(base.children[1], "i", "i", ARROW_FLAG_NULLABLE, 0);
    dj_schema_make(base.children[2], "u", "s", 0, 0);
    DJ_CHECK_OK(
        dj_guess_add(guess, line_of("{\"new\": 1, \"i\": \"x\", \"t\": \"y\"}"), &err));
    dj_guess_schema(guess, &base, misfits, &schema);
    describe(&schema, &text);
    DJ_CHECK_STR(dj_buf_str(&text), ":+s[t:tsu:UTC i:u s:u new:l]");
    DJ_CHECK_INT(schema.children[2]->flags, ARROW_FLAG_NULLABLE);
    dj_schema_release(&schema);
    dj_schema_release(&base);
    dj_buf_release(&text);
    dj_guess_free(guess);
}

/* --- building ----------------------------------------------------------------------- */

/* One nullable column x of a format without children. */
static struct dj_columns *one_column(const char *format)
{
    struct ArrowSchema schema;
    struct dj_columns *columns;
    struct dj_error err;

    dj_schema_make(&schema, "+s", "", 0, 1);
    dj_schema_make(schema.children[0], format, "x", ARROW_FLAG_NULLABLE, 0);
    DJ_CHECK_OK(dj_columns_new(&schema, &columns, &err));
    dj_schema_release(&schema);
    return columns;
}

/* Whether the value fits, and, if so, the bytes that it became. */
static bool put_one(const char *format, const char *json, struct dj_buf *bytes,
                    size_t width)
{
    struct dj_columns *columns = one_column(format);
    struct ArrowArray batch;
    struct dj_error err;
    char line[400];
    bool fits;

    (void)snprintf(line, sizeof(line), "{\"x\": %s}", json);
    DJ_CHECK_OK(dj_columns_add(columns, line_of(line), &err));
    fits = dj_columns_misfits(columns).first == NULL;
    dj_buf_reset(bytes);
    if (fits) {
        DJ_CHECK_OK(dj_columns_take(columns, &batch));
        DJ_CHECK_INT(batch.length, 1);
        DJ_CHECK_OK(dj_buf_append(
            bytes, (struct dj_str){ batch.children[0]->buffers[1], width }));
        batch.release(&batch);
    }
    dj_columns_free(columns);
    return fits;
}

static void check_whole(const char *format, const char *json, size_t width,
                        int64_t expected)
{
    int64_t value = 0;
    struct dj_buf bytes;

    dj_buf_init(&bytes);
    if (!put_one(format, json, &bytes, width)) {
        (void)fprintf(stderr, "  %s does not fit %s\n", json, format);
        djtest_fail(__FILE__, __LINE__);
    } else {
        memcpy(&value, bytes.ptr, width);
        if (width == 4) {
            value = (int32_t)value;
        }
        DJ_CHECK_INT(value, expected);
    }
    dj_buf_release(&bytes);
}

static void check_misfit(const char *format, const char *json)
{
    struct dj_buf bytes;

    dj_buf_init(&bytes);
    if (put_one(format, json, &bytes, 0)) {
        (void)fprintf(stderr, "  %s fits %s\n", json, format);
        djtest_fail(__FILE__, __LINE__);
    }
    dj_buf_release(&bytes);
}

static void whole_numbers_fit_their_width(void)
{
    check_whole("c", "127", 1, 127);
    check_misfit("c", "128");
    check_misfit("C", "-1");
    check_whole("S", "65535", 2, 65535);
    check_whole("i", "-2147483648", 4, INT32_MIN);
    check_misfit("i", "2147483648");
    check_whole("l", "-9223372036854775808", 8, INT64_MIN);
    check_misfit("l", "9223372036854775808");
    check_whole("L", "18446744073709551615", 8, -1);
    check_misfit("L", "18446744073709551616");
    check_misfit("l", "1.0");
    check_misfit("l", "1e3");
    check_misfit("l", "\"1\"");
    check_whole("tDn", "-5", 8, -5);
}

static void fractions_are_the_nearest(void)
{
    struct dj_buf bytes;
    double number;
    static const struct {
        const char *json;
        double value;
    } doubles[] = {
        { "0.1", 0.1 },       { "-1", -1 },
        { "1e300", 1e300 },   { "123456789012345678901234567890", 1.2345678901234568e29 },
        { "5e-324", 5e-324 }, { "9007199254740993", 9007199254740992.0 },
        { "-0.0", -0.0 },     { "0.30000000000000004", 0.30000000000000004 }
    };
    static const struct {
        const char *json;
        uint16_t bits;
    } halves[] = { { "1.0", 0x3c00 },     { "65504.0", 0x7bff }, { "65519", 0x7bff },
                   { "65520", 0x7c00 },   { "6e-8", 0x0001 },    { "6.104e-05", 0x0400 },
                   { "-2.0", 0xc000 },    { "0.3333", 0x3555 },  { "2e-8", 0x0000 },
                   { "Infinity", 0x7c00 } };

    dj_buf_init(&bytes);
    for (size_t i = 0; i < sizeof(doubles) / sizeof(doubles[0]); i++) {
        DJ_CHECK(put_one("g", doubles[i].json, &bytes, 8));
        memcpy(&number, bytes.ptr, 8);
        DJ_CHECK(memcmp(&number, &doubles[i].value, 8) == 0);
    }
    for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++) {
        uint16_t bits;

        DJ_CHECK(put_one("e", halves[i].json, &bytes, 2));
        memcpy(&bits, bytes.ptr, 2);
        DJ_CHECK_INT(bits, halves[i].bits);
    }
    dj_buf_release(&bytes);
    check_misfit("g", "\"1\"");
    check_misfit("f", "true");
}

static void decimals_keep_all_digits(void)
{
    check_whole("d:5,2", "-123.45", 8, -12345);
    check_whole("d:5,2", "0.50", 8, 50);
    check_whole("d:5,2", "7", 8, 700);
    check_whole("d:3,-2", "12300", 8, 123);
    check_whole("d:9,3,32", "1.5e2", 4, 150000);
    check_misfit("d:5,2", "1.234");
    check_misfit("d:5,2", "1234.5");
    check_misfit("d:3,-2", "12345");
    check_whole("d:38,0", "18446744073709551616", 8, 0); /* the bytes above have the 1 */
}

static void times_are_counts(void)
{
    check_whole("tdD", "\"1970-01-01\"", 4, 0);
    check_whole("tdD", "\"2024-02-29\"", 4, 19782);
    check_whole("tdD", "\"1969-12-31\"", 4, -1);
    check_misfit("tdD", "\"2023-02-29\"");
    check_whole("tdm", "\"1970-01-02\"", 8, 86400000);
    check_whole("tts", "\"01:02:03\"", 4, 3723);
    check_whole("ttn", "\"00:00:00.000000001\"", 8, 1);
    check_misfit("ttm", "\"00:00:00.0001\"");
    check_misfit("tts", "\"24:00:00\"");
    check_whole("tsm:", "\"1970-01-01T00:00:01.500\"", 8, 1500);
    check_whole("tsm:", "\"1969-12-31T23:59:59.999\"", 8, -1);
    check_whole("tsu:Europe/Berlin", "\"2024-05-06T12:34:56.789000Z\"", 8,
                1714998896789000);
    check_misfit("tsu:UTC", "\"2024-05-06T12:34:56.789000\"");
    check_whole("tsn:", "\"1677-09-21T00:12:43.145224192\"", 8, INT64_MIN);
    check_misfit("tsn:", "\"1677-09-21T00:12:43.145224191\"");
}

static void texts_nulls_and_nests(void)
{
    static const char *const lines[] = {
        "{\"s\": \"a\\u00e9\\n\", \"l\": [1, null], \"o\": {\"k\": \"QUI=\"}}",
        "{\"o\": null, \"l\": []}",
        "{\"l\": null, \"s\": \"\", \"o\": {}}",
    };
    struct ArrowSchema schema;
    struct dj_columns *columns;
    struct ArrowArray batch;
    struct dj_error err;
    const int32_t *offsets;

    dj_schema_make(&schema, "+s", "", 0, 3);
    dj_schema_make(schema.children[0], "u", "s", ARROW_FLAG_NULLABLE, 0);
    dj_schema_make(schema.children[1], "+l", "l", ARROW_FLAG_NULLABLE, 1);
    dj_schema_make(schema.children[1]->children[0], "l", "item", ARROW_FLAG_NULLABLE, 0);
    dj_schema_make(schema.children[2], "+s", "o", ARROW_FLAG_NULLABLE, 1);
    dj_schema_make(schema.children[2]->children[0], "z", "k", ARROW_FLAG_NULLABLE, 0);
    DJ_CHECK_OK(dj_columns_new(&schema, &columns, &err));
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 3; i++) {
            DJ_CHECK_OK(dj_columns_add(columns, line_of(lines[i]), &err));
        }
        DJ_CHECK(dj_columns_misfits(columns).first == NULL);
        DJ_CHECK_OK(dj_columns_take(columns, &batch));
        DJ_CHECK_INT(batch.length, 3);
        DJ_CHECK_INT(batch.children[0]->null_count, 1);
        DJ_CHECK_INT(*(const unsigned char *)batch.children[0]->buffers[0], 5);
        offsets = batch.children[0]->buffers[1];
        DJ_CHECK_INT(offsets[3], 4);
        DJ_CHECK(memcmp(batch.children[0]->buffers[2], "a\xc3\xa9\n", 4) == 0);
        offsets = batch.children[1]->buffers[1];
        DJ_CHECK_INT(offsets[1], 2);
        DJ_CHECK_INT(offsets[3], 2);
        DJ_CHECK_INT(batch.children[1]->children[0]->null_count, 1);
        DJ_CHECK_INT(batch.children[2]->null_count, 1);
        DJ_CHECK_INT(batch.children[2]->children[0]->null_count, 2);
        DJ_CHECK(memcmp(batch.children[2]->children[0]->buffers[2], "AB", 2) == 0);
        batch.release(&batch);
    }
    dj_columns_free(columns);
    dj_schema_release(&schema);
}

static void misfits_are_told(void)
{
    struct dj_columns *columns = one_column("l");
    struct dj_misfits misfits;
    struct dj_error err;

    DJ_CHECK_OK(dj_columns_add(columns, line_of("{\"x\": 1, \"y\": [2]}"), &err));
    misfits = dj_columns_misfits(columns);
    DJ_CHECK(misfits.unknown && misfits.column[0] == 0 && misfits.first == NULL);
    DJ_CHECK_OK(dj_columns_add(columns, line_of("{\"x\": {\"a\": 1}}"), &err));
    DJ_CHECK_OK(dj_columns_add(columns, line_of("{\"x\": 5}"), &err));
    misfits = dj_columns_misfits(columns);
    DJ_CHECK_INT(misfits.column[0], DJ_MISFIT_TYPE);
    DJ_CHECK(strstr(misfits.first, "field x") != NULL);
    DJ_CHECK(dj_columns_add(columns, line_of("[1]"), &err) == DJ_DATA);
    DJ_CHECK(dj_columns_add(columns, line_of("{\"x\": }"), &err) == DJ_DATA);
    DJ_CHECK(dj_columns_add(columns, line_of("{\"x\": 1"), &err) == DJ_DATA);
    dj_columns_free(columns);
}

int main(void)
{
    arena = dj_arena_new(1 << 16);
    DJ_TEST(lines_have_types);
    DJ_TEST(what_has_no_common_type_is_json);
    DJ_TEST(large_numbers_keep_their_digits);
    DJ_TEST(a_known_schema_stays);
    DJ_TEST(whole_numbers_fit_their_width);
    DJ_TEST(fractions_are_the_nearest);
    DJ_TEST(decimals_keep_all_digits);
    DJ_TEST(times_are_counts);
    DJ_TEST(texts_nulls_and_nests);
    DJ_TEST(misfits_are_told);
    dj_arena_free(arena);
    return 0;
}

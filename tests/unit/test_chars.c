/*
 * Character classes: chosen members, and, where Data-Juicer's recorded tables are at
 * hand, every code point against them.
 */
#include "djtest.h"

#include "dj/text.h"

enum { CODE_POINTS = 0x110000 };

static bool is(uint32_t c, unsigned classes)
{
    return (dj_char_class(c) & classes) == classes;
}

static bool is_none(uint32_t c, unsigned classes)
{
    return (dj_char_class(c) & classes) == 0;
}

static void ascii_has_the_classes_of_python(void)
{
    for (uint32_t c = 0; c < 0x80; c++) {
        const bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        const bool digit = c >= '0' && c <= '9';
        const bool space = c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f);
        const bool mark = c > ' ' && c < 0x7f && !letter && !digit;
        const bool symbol = strchr("$+<=>^`|~", (int)c) != NULL;

        DJ_CHECK(is(c, DJ_CHAR_ALPHA) == letter);
        DJ_CHECK(is(c, DJ_CHAR_ALNUM) == (letter || digit));
        DJ_CHECK(is(c, DJ_CHAR_SPACE) == space);
        DJ_CHECK(is(c, DJ_CHAR_LINE_END) == (space && c != ' ' && c != 9 && c != 0x1f));
        DJ_CHECK(is(c, DJ_CHAR_SPECIAL) ==
                 (mark || digit || c == ' ' || (c >= 9 && c <= 13)));
        DJ_CHECK(is(c, DJ_CHAR_REGEX_WORD) == (letter || digit || c == '_'));
        DJ_CHECK(is(c, DJ_CHAR_REGEX_DIGIT) == digit);
        DJ_CHECK(is(c, DJ_CHAR_REGEX_PUNCT) == (mark && !symbol));
    }
}

static void the_two_unicode_versions_are_kept_apart(void)
{
    DJ_CHECK(is(0xb2, DJ_CHAR_ALNUM)); /* superscript two: a number to str */
    DJ_CHECK(is_none(0xb2, DJ_CHAR_REGEX_WORD));
    DJ_CHECK(is(0x301, DJ_CHAR_REGEX_WORD)); /* combining acute: a mark */
    DJ_CHECK(is_none(0x301, DJ_CHAR_ALNUM));
    DJ_CHECK(is_none(0x31350, DJ_CHAR_ALNUM)); /* an ideograph newer than 14.0 */
    DJ_CHECK(is(0x31350, DJ_CHAR_REGEX_WORD));
    DJ_CHECK(is(0x9fff, DJ_CHAR_ALPHA)); /* came with 14.0 */
    DJ_CHECK(is(0x200d, DJ_CHAR_REGEX_WORD));
}

static void data_juicers_special_characters_hold_odd_ones(void)
{
    DJ_CHECK(is(0x4e0a, DJ_CHAR_SPECIAL | DJ_CHAR_ALNUM));
    DJ_CHECK(is(0x413, DJ_CHAR_SPECIAL | DJ_CHAR_ALPHA));
    DJ_CHECK(is(0x1f600, DJ_CHAR_SPECIAL));
    DJ_CHECK(is(0x3000, DJ_CHAR_SPECIAL | DJ_CHAR_SPACE));
    DJ_CHECK(is_none(0x4e0b, DJ_CHAR_SPECIAL));
    DJ_CHECK(is_none(0x1c, DJ_CHAR_SPECIAL));
}

static void what_is_no_character_has_no_class(void)
{
    DJ_CHECK_INT(dj_char_class(0x110000), 0);
    DJ_CHECK_INT(dj_char_class(UINT32_MAX), 0);
    DJ_CHECK_INT(dj_char_class(0x10ffff), 0);
    DJ_CHECK_INT(dj_char_class(0xd800), 0);
    DJ_CHECK_INT(dj_char_class(0xdfff), 0);
}

static void classes_have_the_right_number_of_members(void)
{
    const int64_t expected[] = { 131756, 133547, 29, 10, 1618, 162226, 770, 860 };

    for (int bit = 0; bit < 8; bit++) {
        int64_t count = 0;

        for (uint32_t c = 0; c < CODE_POINTS; c++) {
            count += is(c, 1u << bit);
        }
        DJ_CHECK_INT(count, expected[bit]);
    }
}

/* Marks the ranges that the recorded table lists; false without such a file. */
static bool read_table(const char *folder, const char *name, bool *members)
{
    char path[4096];
    char line[100];
    FILE *in;

    (void)snprintf(path, sizeof(path), "%s/assets/tables/%s.txt", folder, name);
    in = fopen(path, "r");
    if (in == NULL) {
        return false;
    }
    memset(members, 0, CODE_POINTS);
    while (fgets(line, sizeof(line), in) != NULL) {
        char *at;
        const unsigned long lo = strtoul(line, &at, 16);
        unsigned long hi = lo;

        if (at == line) {
            continue;
        }
        if (strncmp(at, "..", 2) == 0) {
            hi = strtoul(at + 2, NULL, 16);
        }
        DJ_CHECK(lo <= hi && hi < CODE_POINTS);
        memset(members + lo, 1, hi - lo + 1);
    }
    (void)fclose(in);
    return true;
}

static void find_folder(char folder[2048])
{
    const char *given = getenv("DJ_PARITY_DIR");
    const char *source = getenv("DJ_SOURCE_DIR");

    if (given != NULL && given[0] != '\0') {
        (void)snprintf(folder, 2048, "%s", given);
    } else {
        (void)snprintf(folder, 2048, "%s/../shared/parity",
                       source == NULL ? "." : source);
    }
}

static void every_code_point_is_as_recorded(void)
{
    static const struct {
        const char *name;
        unsigned class;
    } tables[] = {
        { "str_isalpha", DJ_CHAR_ALPHA },   { "str_isalnum", DJ_CHAR_ALNUM },
        { "str_isspace", DJ_CHAR_SPACE },   { "special_characters", DJ_CHAR_SPECIAL },
        { "regex_w", DJ_CHAR_REGEX_WORD },  { "regex_d", DJ_CHAR_REGEX_DIGIT },
        { "regex_P", DJ_CHAR_REGEX_PUNCT },
    };
    static bool members[CODE_POINTS];
    char folder[2048];

    find_folder(folder);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (!read_table(folder, tables[i].name, members)) {
            (void)printf("  skipped: no recorded %s in %s\n", tables[i].name, folder);
            continue;
        }
        for (uint32_t c = 0; c < CODE_POINTS; c++) {
            if (is(c, tables[i].class) != members[c]) {
                (void)fprintf(stderr, "  %s: U+%04" PRIX32 " differs\n", tables[i].name,
                              c);
                djtest_fail(__FILE__, __LINE__);
            }
        }
    }
}

/* Lines of a code point and those of its lower case; others are their own. */
static bool read_lower(const char *folder, uint32_t (*lower)[3])
{
    char path[4096];
    char line[100];
    FILE *in;

    (void)snprintf(path, sizeof(path), "%s/assets/tables/str_lower.txt", folder);
    in = fopen(path, "r");
    if (in == NULL) {
        return false;
    }
    for (uint32_t c = 0; c < CODE_POINTS; c++) {
        memcpy(lower[c], (const uint32_t[]){ c, 0, 0 }, sizeof(lower[c]));
    }
    while (fgets(line, sizeof(line), in) != NULL) {
        char *at;
        const unsigned long c = strtoul(line, &at, 16);

        if (at == line) {
            continue;
        }
        DJ_CHECK(c < CODE_POINTS);
        for (size_t i = 0; i < 3; i++) {
            lower[c][i] = (uint32_t)strtoul(at, &at, 16);
        }
    }
    (void)fclose(in);
    return true;
}

static void lower_case_is_as_recorded(void)
{
    static uint32_t lower[CODE_POINTS][3];
    char folder[2048];
    struct dj_buf out;

    find_folder(folder);
    if (!read_lower(folder, lower)) {
        (void)printf("  skipped: no recorded str_lower in %s\n", folder);
        return;
    }
    dj_buf_init(&out);
    for (uint32_t c = 1; c < CODE_POINTS; c++) {
        char bytes[4];
        char wanted[12];
        size_t len = 0;

        if (c >= 0xd800 && c <= 0xdfff) {
            continue;
        }
        for (size_t i = 0; i < 3 && lower[c][i] != 0; i++) {
            len += dj_utf8_put(wanted + len, lower[c][i]);
        }
        dj_buf_reset(&out);
        DJ_CHECK_OK(dj_text_lower((struct dj_str){ bytes, dj_utf8_put(bytes, c) }, &out));
        if (!dj_str_equal(dj_buf_str(&out), (struct dj_str){ wanted, len })) {
            (void)fprintf(stderr, "  str_lower: U+%04" PRIX32 " differs\n", c);
            djtest_fail(__FILE__, __LINE__);
        }
    }
    dj_buf_release(&out);
}

int main(void)
{
    DJ_TEST(ascii_has_the_classes_of_python);
    DJ_TEST(the_two_unicode_versions_are_kept_apart);
    DJ_TEST(data_juicers_special_characters_hold_odd_ones);
    DJ_TEST(what_is_no_character_has_no_class);
    DJ_TEST(classes_have_the_right_number_of_members);
    DJ_TEST(every_code_point_is_as_recorded);
    DJ_TEST(lower_case_is_as_recorded);
    return 0;
}

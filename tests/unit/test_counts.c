/* Lines as str.splitlines() cuts them, and the counts that filters share. */
#include "djtest.h"

#include "dj/text.h"
#include "text/text_private.h"

/* The lines joined by bars, each version the same. */
static void check_lines(struct dj_str text, const char *expected)
{
    struct dj_lines lines = dj_lines_of(text);
    struct dj_lines plain = lines;
    struct dj_str line;
    struct dj_str same;
    struct dj_buf joined;

    dj_buf_init(&joined);
    while (dj_lines_next(&lines, &line)) {
        DJ_CHECK(dj_lines_next_plain(&plain, &same));
        DJ_CHECK(same.ptr == line.ptr && same.len == line.len);
        DJ_CHECK_OK(dj_buf_append(&joined, line));
        DJ_CHECK_OK(dj_buf_putc(&joined, '|'));
    }
    DJ_CHECK(!dj_lines_next_plain(&plain, &same));
    DJ_CHECK_STR(dj_buf_str(&joined), expected);
    dj_buf_release(&joined);
}

static void lines_are_those_of_splitlines(void)
{
    check_lines((struct dj_str){ NULL, 0 }, "");
    check_lines(DJ_STR("a"), "a|");
    check_lines(DJ_STR("a\n"), "a|");
    check_lines(DJ_STR("\n"), "|");
    check_lines(DJ_STR("\n\na"), "||a|");
    check_lines(DJ_STR("a\r\nb\rc\n\rd"), "a|b|c||d|");
    check_lines(DJ_STR("a\vb\fc\x1c"
                       "d\x1d"
                       "e\x1e"
                       "f"),
                "a|b|c|d|e|f|");
    check_lines(DJ_STR("a\x1f\tb\x84"), "a\x1f\tb\x84|");
    check_lines(DJ_STR("a\xc2\x85"
                       "b\u2028c\u2029"),
                "a|b|c|");
    check_lines(DJ_STR("a\xc2\x84"
                       "b\xc2\x86"
                       "c\u2027d\u202ae\u2068f\u4e2d"),
                "a\xc2\x84"
                "b\xc2\x86"
                "c\u2027d\u202ae\u2068f\u4e2d|");
}

static void check_counts(const char *text, struct dj_text_counts expected)
{
    struct dj_text_counts found;
    struct dj_text_counts plain;

    dj_text_count(dj_str_from(text), &found);
    dj_text_count_plain(dj_str_from(text), &plain);
    DJ_CHECK_INT(found.characters, expected.characters);
    DJ_CHECK_INT(found.alnum, expected.alnum);
    DJ_CHECK_INT(found.special, expected.special);
    DJ_CHECK_INT(found.lines, expected.lines);
    DJ_CHECK_INT(found.longest_line, expected.longest_line);
    DJ_CHECK_INT(found.words, expected.words);
    DJ_CHECK(memcmp(&found, &plain, sizeof(found)) == 0);
}

static void characters_of_each_kind_are_counted(void)
{
    check_counts("", (struct dj_text_counts){ 0 });
    check_counts("a", (struct dj_text_counts){ 1, 1, 0, 1, 1, 1 });
    check_counts("a1 ,\n", (struct dj_text_counts){ 5, 2, 4, 1, 4, 1 });
    check_counts("\r\n\r\n", (struct dj_text_counts){ 4, 0, 4, 2, 0, 0 });
    check_counts("\n\r\n\rab", (struct dj_text_counts){ 6, 2, 4, 4, 2, 1 });
    check_counts("\u4e0a\u6d77\u3002", (struct dj_text_counts){ 3, 2, 2, 1, 3, 1 });
    check_counts("e\u0301\u2028\U0001f600", (struct dj_text_counts){ 4, 1, 1, 2, 2, 1 });
    check_counts("0123456789012345678901234567890\r\nabcdefghijklmnopqrstuvwxyzabcdefghi",
                 (struct dj_text_counts){ 68, 66, 33, 2, 35, 1 });
    check_counts("\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! "
                 "\u0413\u043e\u0440\u043e\u0434\xc2\x85\u043e\u043a",
                 (struct dj_text_counts){ 21, 16, 6, 2, 18, 3 });
}

static int64_t words_of(struct dj_str text)
{
    static struct dj_str pieces[1200];
    const size_t count = dj_words_split_plain(text, pieces);
    int64_t words = 0;

    for (size_t i = 0; i < count; i++) {
        words += dj_text_strip_special(pieces[i]).len > 0;
    }
    return words;
}

/* Counts by the definitions, for any text. */
static struct dj_text_counts by_definition(struct dj_str text)
{
    struct dj_text_counts counts = { 0 };
    struct dj_lines lines = dj_lines_of(text);
    struct dj_str line;

    for (const char *p = text.ptr; p < text.ptr + text.len;) {
        const unsigned bits = dj_char_class(dj_utf8_next(&p));

        counts.characters++;
        counts.alnum += (bits & DJ_CHAR_ALNUM) != 0;
        counts.special += (bits & DJ_CHAR_SPECIAL) != 0;
    }
    while (dj_lines_next(&lines, &line)) {
        const int64_t length = (int64_t)dj_utf8_length(line);

        counts.lines++;
        counts.longest_line = length > counts.longest_line ? length : counts.longest_line;
    }
    counts.words = words_of(text);
    return counts;
}

static void random_texts_count_by_the_definitions(void)
{
    static const uint32_t pool[] = { 'a',    '\n',   '\r',    '\t',   ' ',
                                     '7',    '~',    0x7f,    0x1c,   0x1f,
                                     0x85,   0x2028, 0x413,   0x4e00, 0x4e2d,
                                     0x5b57, 0xac00, 0x1f600, 0x301,  0xb2 };
    uint32_t random = 7;

    for (int round = 0; round < 4000; round++) {
        char *text = dj_xmalloc(300 * 4 + 1);
        struct dj_str str = { text, 0 };
        struct dj_text_counts found;
        struct dj_text_counts expected;
        struct dj_lines lines;
        struct dj_lines plain;
        struct dj_str line;
        struct dj_str same;
        uint32_t kinds;

        random = random * 1664525 + 1013904223;
        kinds = 1 + (random >> 16) % 20;
        for (int i = 0; i < round % 300; i++) {
            random = random * 1664525 + 1013904223;
            /* Runs of the first kind, so that there are lines of some length. */
            str.len += dj_utf8_put(text + str.len,
                                   random >> 31 ? 'a' : pool[(random >> 12) % kinds]);
        }
        text = dj_xrealloc(text, str.len + 1);
        str.ptr = text;
        expected = by_definition(str);
        dj_text_count(str, &found);
        DJ_CHECK(memcmp(&found, &expected, sizeof(found)) == 0);
        dj_text_count_plain(str, &found);
        DJ_CHECK(memcmp(&found, &expected, sizeof(found)) == 0);
        lines = dj_lines_of(str);
        plain = lines;
        while (dj_lines_next(&lines, &line)) {
            DJ_CHECK(dj_lines_next_plain(&plain, &same));
            DJ_CHECK(line.ptr == same.ptr && line.len == same.len);
        }
        dj_xfree(text);
    }
}

static void long_lines_are_found_in_blocks(void)
{
    for (size_t n = 0; n < 200; n++) {
        char text[404];
        struct dj_str str = { text, 2 * n + 2 };
        struct dj_lines lines = dj_lines_of(str);
        struct dj_str line;

        memset(text, 'x', sizeof(text));
        text[n] = '\r';
        text[n + 1] = '\n';
        DJ_CHECK(dj_lines_next(&lines, &line));
        DJ_CHECK_INT(line.len, n);
        DJ_CHECK(dj_lines_next(&lines, &line) == (n > 0));
        DJ_CHECK(n == 0 || (line.ptr == text + n + 2 && line.len == n));
        DJ_CHECK(!dj_lines_next(&lines, &line));
    }
}

int main(void)
{
    DJ_TEST(lines_are_those_of_splitlines);
    DJ_TEST(characters_of_each_kind_are_counted);
    DJ_TEST(random_texts_count_by_the_definitions);
    DJ_TEST(long_lines_are_found_in_blocks);
    return 0;
}

/* Data-Juicer's word list. */
#include "djtest.h"

#include "dj/text.h"
#include "text/text_private.h"

static struct dj_arena *arena;

/* The words, a bar behind each. */
static void check_words(struct dj_str text, bool lower, const char *expected)
{
    struct dj_words words;
    struct dj_buf joined;

    dj_buf_init(&joined);
    dj_arena_reset(arena);
    DJ_CHECK_OK(dj_text_words(text, lower, arena, &words));
    for (size_t i = 0; i < words.count; i++) {
        DJ_CHECK_OK(dj_buf_append(&joined, words.items[i]));
        DJ_CHECK_OK(dj_buf_putc(&joined, '|'));
    }
    DJ_CHECK_STR(dj_buf_str(&joined), expected);
    dj_buf_release(&joined);
}

static void words_are_cut_at_blank_feed_and_tab_only(void)
{
    check_words((struct dj_str){ NULL, 0 }, false, "");
    check_words(DJ_STR(" \n\t "), false, "");
    check_words(DJ_STR("a"), false, "a|");
    check_words(DJ_STR("a b\nc\td"), false, "a|b|c|d|");
    check_words(DJ_STR("  a  b\n\n"), false, "a|b|");
    check_words(DJ_STR("a\rb c\u3000d e\u00a0f"), false, "a\rb|c\u3000d|e\u00a0f|");
}

static void words_lose_special_characters_at_their_ends(void)
{
    check_words(DJ_STR("\"Hi,\" (she) said."), false, "Hi|she|said|");
    check_words(DJ_STR("don't 42 -- x1y 3d"), false, "don't|x1y|d|");
    check_words(DJ_STR("\u3000\u4e2d\u6587\u3002 \U0001f600 \u4e00"), false,
                "\u4e2d\u6587|");
    check_words(DJ_STR("\u0413\u043e\u0440\u043e\u0434 a\r"), false,
                "\u043e\u0440\u043e\u0434|a|");
}

static void lower_case_comes_before_the_strip(void)
{
    check_words(DJ_STR("Hello WORLD"), true, "hello|world|");
    /* Capital ghe turns into a letter that is not special. */
    check_words(DJ_STR("\u0413\u041e"), true, "\u0433\u043e|");
    check_words(DJ_STR("\u00d8re"), false, "\u00d8re|");
    check_words(DJ_STR("\u00d8re"), true, "re|"); /* small o with stroke is */
}

static void a_sigma_sees_only_its_own_word(void)
{
    check_words(DJ_STR("A\u03a3 B\u03a3\nC\u03a3\tD \u03a3"), true,
                "a\u03c2|b\u03c2|c\u03c2|d|\u03c3|");
    check_words(DJ_STR("A\u03a3' B A \u03a3"), true, "a\u03c2|b|a|\u03c3|");
}

static void words_point_into_the_text(void)
{
    const struct dj_str text = DJ_STR("one two, three");
    struct dj_words words;

    dj_arena_reset(arena);
    DJ_CHECK_OK(dj_text_words(text, false, arena, &words));
    DJ_CHECK_INT(words.count, 3);
    DJ_CHECK(words.items[1].ptr == text.ptr + 4 && words.items[1].len == 3);
}

static void the_vector_cut_is_the_plain_one(void)
{
    static const uint32_t pool[] = { ' ',   'a',  '\n',   'b',    '\t', '.', '(',
                                     'Z',   '7',  1,      '"',    0x7f, '-', 'x',
                                     0x413, 0xf8, 0x3002, 0x4e00, '_',  0xb, 'q',
                                     ' ',   0x1c, '~',    0x1f600 };
    static struct dj_str plain[2000];
    uint32_t random = 3;

    for (int round = 0; round < 20000; round++) {
        const size_t kinds = 2 + (size_t)round % (sizeof(pool) / sizeof(pool[0]) - 1);
        char *text = dj_xmalloc(400 * 4);
        struct dj_str str = { text, 0 };
        struct dj_words words;
        size_t count;
        size_t kept = 0;

        for (int i = 0; i < round % 400; i++) {
            random = random * 1664525 + 1013904223;
            /* Runs of the same, so that pieces and gaps go over the end of a block. */
            str.len +=
                dj_utf8_put(text + str.len, random >> 30 == 0
                                                ? pool[(random >> 12) % kinds]
                                                : pool[(size_t)(round + i / 9) % kinds]);
        }
        text = dj_xrealloc(text, str.len + 1);
        str.ptr = text;
        count = dj_words_split_plain(str, plain);
        dj_arena_reset(arena);
        DJ_CHECK_OK(dj_text_words(str, false, arena, &words));
        for (size_t i = 0; i < count; i++) {
            const struct dj_str word = dj_text_strip_special(plain[i]);

            if (word.len > 0) {
                DJ_CHECK(kept < words.count && word.ptr == words.items[kept].ptr &&
                         word.len == words.items[kept].len);
                kept++;
            }
        }
        DJ_CHECK_INT(words.count, kept);
        dj_xfree(text);
    }
}

int main(void)
{
    arena = dj_arena_new(4096);
    DJ_TEST(words_are_cut_at_blank_feed_and_tab_only);
    DJ_TEST(words_lose_special_characters_at_their_ends);
    DJ_TEST(lower_case_comes_before_the_strip);
    DJ_TEST(a_sigma_sees_only_its_own_word);
    DJ_TEST(words_point_into_the_text);
    DJ_TEST(the_vector_cut_is_the_plain_one);
    dj_arena_free(arena);
    return 0;
}

/* str.strip() and str.lower(), with the final sigma; vector against plain. */
#include "djtest.h"

#include "dj/text.h"
#include "text/text_private.h"

static void strip_takes_pythons_whitespace_off_both_ends(void)
{
    DJ_CHECK_STR(dj_text_strip(DJ_STR("")), "");
    DJ_CHECK_STR(dj_text_strip((struct dj_str){ NULL, 0 }), "");
    DJ_CHECK_STR(dj_text_strip(DJ_STR(" \t\n\v\f\r\x1c\x1d\x1e\x1f")), "");
    DJ_CHECK_STR(dj_text_strip(DJ_STR("a")), "a");
    DJ_CHECK_STR(dj_text_strip(DJ_STR("  a b  ")), "a b");
    DJ_CHECK_STR(dj_text_strip(DJ_STR("\u3000\u00a0\u4e2d \u6587\u2029\xc2\x85")),
                 "\u4e2d \u6587");
    DJ_CHECK_STR(dj_text_strip(DJ_STR("\u200b a\u200b")), "\u200b a\u200b");
    DJ_CHECK_STR(dj_text_strip(DJ_STR(" \U0001f600 ")), "\U0001f600");
}

/* Both versions, alone and moved through the vector blocks by what stands before. */
static void check_lower(const char *text, const char *expected)
{
    const size_t len = strlen(text);
    const size_t expected_len = strlen(expected);

    for (size_t n = 0; n < 100; n++) {
        char *bytes = dj_xmalloc(n + len);
        char *plain = dj_xmalloc(dj_lower_room(n + len));
        const struct dj_str whole = { bytes, n + len };
        struct dj_buf out;

        memset(bytes, '-', n);
        memcpy(bytes + n, text, len);
        dj_buf_init(&out);
        DJ_CHECK_OK(dj_text_lower(whole, &out));
        DJ_CHECK_INT(out.len, n + expected_len);
        DJ_CHECK(n == 0 || (out.ptr[0] == '-' && out.ptr[n - 1] == '-'));
        DJ_CHECK_STR(((struct dj_str){ out.ptr + n, out.len - n }), expected);
        DJ_CHECK_INT(dj_lower_into_plain(whole, plain), out.len);
        DJ_CHECK(out.len == 0 || memcmp(plain, out.ptr, out.len) == 0);
        dj_buf_release(&out);
        dj_xfree(plain);
        dj_xfree(bytes);
    }
}

static void lower_maps_single_characters(void)
{
    check_lower("", "");
    check_lower("@AMZ[`amz{0", "@amz[`amz{0");
    check_lower("\u00c0\u00d6\u00d7\u00de\u00df", "\u00e0\u00f6\u00d7\u00fe\u00df");
    check_lower("\u0416\u041a\u042f\u0451 \u0400", "\u0436\u043a\u044f\u0451 \u0450");
    check_lower("\u1e9e\u2126\u212a\u212b", "\u00df\u03c9k\u00e5");
    check_lower("\uff21\uff3a \U00010400", "\uff41\uff5a \U00010428");
    check_lower("\u4e2d\u6587ABC\u3002\u65e5\u672cX",
                "\u4e2d\u6587abc\u3002\u65e5\u672cx");
    check_lower("\u0130", "i\u0307");
    check_lower("\u023a\u023e", "\u2c65\u2c66"); /* two bytes become three */
}

static void a_sigma_at_the_end_of_a_word_is_final(void)
{
    check_lower("\u03a3", "\u03c3");
    check_lower("\u0391\u03a3", "\u03b1\u03c2");
    check_lower("\u039f\u0394\u039f\u03a3 \u03a3\u0391\u03a3",
                "\u03bf\u03b4\u03bf\u03c2 \u03c3\u03b1\u03c2");
    check_lower("A\u03a3B", "a\u03c3b");
    check_lower("A\u03a3'", "a\u03c2'");   /* case-ignorable, then the end */
    check_lower("A\u03a3'B", "a\u03c3'b"); /* ... then a cased one */
    check_lower("A'\u03a3", "a'\u03c2");   /* ignorable before */
    check_lower("1\u03a3", "1\u03c3");     /* a digit is not cased */
    check_lower("A\u03a3\u03a3", "a\u03c3\u03c2");
    check_lower("A\u0301\u03a3\u0301", "a\u0301\u03c2\u0301");
    check_lower("\u02b0\u03a3", "\u02b0\u03c3"); /* cased and ignorable: ignorable */
    check_lower("A\u03a3\u4e2d", "a\u03c2\u4e2d");
}

static void lower_appends(void)
{
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_buf_append(&out, DJ_STR("Kept ")));
    DJ_CHECK_OK(dj_text_lower(DJ_STR("NEW"), &out));
    DJ_CHECK_STR(dj_buf_str(&out), "Kept new");
    dj_buf_release(&out);
}

static void the_room_is_enough_for_every_character(void)
{
    char text[40 * 4];
    char *out = dj_xmalloc(dj_lower_room(sizeof(text)));

    for (uint32_t c = 0; c < 0x30000; c++) {
        struct dj_str str = { text, 0 };

        if (c >= 0xd800 && c <= 0xdfff) {
            continue;
        }
        for (int i = 0; i < 40; i++) {
            str.len += dj_utf8_put(text + str.len, c);
        }
        DJ_CHECK(dj_lower_into(str, out) <= str.len + str.len / 2);
    }
    dj_xfree(out);
}

static void both_versions_agree_on_random_text(void)
{
    static const uint32_t pool[] = { 'a',    'Z',    ' ',     0xe9,   0xc9,
                                     0x130,  0x3a3,  0x3a3,   0x391,  0x416,
                                     '\'',   0x301,  0x23a,   0x4e2d, 0x3042,
                                     0xac00, 0xff21, 0x1f600, 0x5d0,  0x10400 };
    uint32_t random = 1;
    char *one = dj_xmalloc(dj_lower_room(400 * 4));
    char *two = dj_xmalloc(dj_lower_room(400 * 4));

    for (int round = 0; round < 3000; round++) {
        const size_t count = (size_t)(round % 400);
        char *text = dj_xmalloc(400 * 4);
        struct dj_str str = { text, 0 };
        uint32_t kinds;

        random = random * 1664525 + 1013904223;
        kinds = 1 + (random >> 16) % 20;
        for (size_t i = 0; i < count; i++) {
            random = random * 1664525 + 1013904223;
            str.len += dj_utf8_put(text + str.len, pool[(random >> 12) % kinds]);
        }
        text = dj_xrealloc(text, str.len + 1);
        str.ptr = text;
        DJ_CHECK_INT(dj_lower_into(str, one), dj_lower_into_plain(str, two));
        DJ_CHECK(memcmp(one, two, dj_lower_into_plain(str, two)) == 0);
        dj_xfree(text);
    }
    dj_xfree(one);
    dj_xfree(two);
}

int main(void)
{
    DJ_TEST(strip_takes_pythons_whitespace_off_both_ends);
    DJ_TEST(lower_maps_single_characters);
    DJ_TEST(a_sigma_at_the_end_of_a_word_is_final);
    DJ_TEST(lower_appends);
    DJ_TEST(the_room_is_enough_for_every_character);
    DJ_TEST(both_versions_agree_on_random_text);
    return 0;
}

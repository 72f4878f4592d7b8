/* The four normal forms of Unicode 14.0. */
#include "djtest.h"

#include "dj/text.h"
#include "text/text_private.h"

static void check_form(enum dj_normal_form form, struct dj_str text, const char *expected)
{
    const bool same = dj_str_is(text, expected);
    struct dj_buf out;
    bool changed = !same;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_buf_append(&out, DJ_STR("<")));
    DJ_CHECK_OK(dj_text_normalize(form, text, &out, &changed));
    DJ_CHECK(changed == !same);
    DJ_CHECK_STR(((struct dj_str){ out.ptr + 1, out.len - 1 }), same ? "" : expected);
    DJ_CHECK_INT(dj_normal_until(form, text, 0), dj_normal_until_plain(form, text, 0));
    /* The result is normalised, and the quick check never says so of another text. */
    DJ_CHECK(same || dj_normal_until(form, text, 0) < text.len);
    dj_buf_release(&out);
}

/* The same text alone and in the middle of others. */
static void check(enum dj_normal_form form, const char *text, const char *expected)
{
    static const char *const around[] = { "", "ab", "\u4e2d", "\u0378",
                                          "0123456789012345678901234567890123456789" };

    for (size_t i = 0; i < 5; i++) {
        char *whole = dj_xprintf("%s%s%s", around[i], text, around[i]);
        char *result = dj_xprintf("%s%s%s", around[i], expected, around[i]);

        check_form(form, dj_str_from(whole), result);
        dj_xfree(whole);
        dj_xfree(result);
    }
}

static void check_all(const char *text, const char *nfc, const char *nfd,
                      const char *nfkc, const char *nfkd)
{
    check(DJ_NFC, text, nfc);
    check(DJ_NFD, text, nfd);
    check(DJ_NFKC, text, nfkc);
    check(DJ_NFKD, text, nfkd);
}

static void normalised_text_is_left_alone(void)
{
    check_all("", "", "", "", "");
    check_all("plain", "plain", "plain", "plain", "plain");
    check_all("\u4e2d\u6587", "\u4e2d\u6587", "\u4e2d\u6587", "\u4e2d\u6587",
              "\u4e2d\u6587");
    check_form(DJ_NFC, (struct dj_str){ NULL, 0 }, "");
}

static void letters_and_marks_compose_and_decompose(void)
{
    check_all("\u00e9", "\u00e9", "e\u0301", "\u00e9", "e\u0301");
    check_all("e\u0301", "\u00e9", "e\u0301", "\u00e9", "e\u0301");
    check_all("\u212b", "\u00c5", "A\u030a", "\u00c5", "A\u030a");
    check_all("x\u0301", "x\u0301", "x\u0301", "x\u0301", "x\u0301");
    check_all("\u1eaf", "\u1eaf", "a\u0306\u0301", "\u1eaf", "a\u0306\u0301");
    check_all("\u0301", "\u0301", "\u0301", "\u0301", "\u0301");
    check(DJ_NFC, "\u0958", "\u0915\u093c"); /* excluded from composition */
    check(DJ_NFC, "\u0915\u093c", "\u0915\u093c");
    check(DJ_NFC, "\u0344", "\u0308\u0301"); /* a mark that decomposes */
}

static void marks_are_put_in_order(void)
{
    check_all("a\u0301\u0323", "\u1ea1\u0301", "a\u0323\u0301", "\u1ea1\u0301",
              "a\u0323\u0301");
    check_all("q\u0307\u0323", "q\u0323\u0307", "q\u0323\u0307", "q\u0323\u0307",
              "q\u0323\u0307");
    check(DJ_NFC, "\u00e9\u0323", "\u1eb9\u0301"); /* the composed one is taken apart */
    check(DJ_NFC, "a\u0315\u0300\u05ae\u0300b", "\u00e0\u05ae\u0300\u0315b");
}

static void compatibility_characters_go_in_the_k_forms(void)
{
    check_all("\ufb01\uff21\u3000\u00bd", "\ufb01\uff21\u3000\u00bd",
              "\ufb01\uff21\u3000\u00bd", "fiA 1\u20442", "fiA 1\u20442");
    check(DJ_NFKC, "\u4f60\u597d\uff0c\u4e16\u754c\uff01", "\u4f60\u597d,\u4e16\u754c!");
    check(DJ_NFKC, "\uff41\u0301", "\u00e1");
    check(DJ_NFKC, "\ufdfa",
          "\u0635\u0644\u0649 \u0627\u0644\u0644\u0647 \u0639\u0644\u064a\u0647 "
          "\u0648\u0633\u0644\u0645");
}

static void hangul_is_computed(void)
{
    check_all("\ud55c\uae00", "\ud55c\uae00", "\u1112\u1161\u11ab\u1100\u1173\u11af",
              "\ud55c\uae00", "\u1112\u1161\u11ab\u1100\u1173\u11af");
    check(DJ_NFC, "\u1112\u1161\u11ab", "\ud55c");
    check(DJ_NFC, "\ud558\u11ab", "\ud55c");
    check(DJ_NFC, "\u1112\u1161\u11a7", "\ud558\u11a7"); /* no trailing consonant */
    check(DJ_NFC, "\u3131\u314f", "\u3131\u314f");
    check(DJ_NFKC, "\u3131\u314f", "\uac00");
}

static void marks_that_compose_with_nothing_before_stay(void)
{
    check(DJ_NFC, "\u0995\u09be", "\u0995\u09be");       /* Bengali ka, aa */
    check(DJ_NFC, "\u0995\u09c7\u09be", "\u0995\u09cb"); /* e and aa are o */
    check(DJ_NFC, "\u0995\u09cd\u09be", "\u0995\u09cd\u09be");
    check(DJ_NFC, "\u304b\u3099", "\u304c");
    check(DJ_NFC, "\u3042\u3099", "\u3042\u3099");
}

static void code_points_newer_than_the_version_are_untouched(void)
{
    check_all("\U0001e030", "\U0001e030", "\U0001e030", "\U0001e030", "\U0001e030");
    check_all("a\U0001e08f\u0301", "a\U0001e08f\u0301", "a\U0001e08f\u0301",
              "a\U0001e08f\u0301", "a\U0001e08f\u0301");
    check(DJ_NFC, "\U0001e08f\u0301\u0323\U0001e08f", "\U0001e08f\u0323\u0301\U0001e08f");
}

/* As many marks as a hostile text may hold: they are sorted without moving each one. */
static void long_runs_of_marks_are_sorted(void)
{
    enum { PAIRS = 50000 };
    struct dj_buf text;
    struct dj_buf expected;
    struct dj_buf out;
    bool changed;

    dj_buf_init(&text);
    dj_buf_init(&expected);
    dj_buf_init(&out);
    DJ_CHECK_OK(dj_buf_append(&text, DJ_STR("x")));
    DJ_CHECK_OK(dj_buf_append(&expected, DJ_STR("x")));
    for (int i = 0; i < PAIRS; i++) {
        DJ_CHECK_OK(dj_buf_append(&text, DJ_STR("\u0301\u0323")));
        DJ_CHECK_OK(dj_buf_append(&expected, DJ_STR("\u0323")));
    }
    for (int i = 0; i < PAIRS; i++) {
        DJ_CHECK_OK(dj_buf_append(&expected, DJ_STR("\u0301")));
    }
    DJ_CHECK_OK(dj_text_normalize(DJ_NFD, dj_buf_str(&text), &out, &changed));
    DJ_CHECK(changed);
    DJ_CHECK(dj_str_equal(dj_buf_str(&out), dj_buf_str(&expected)));
    dj_buf_reset(&out);
    DJ_CHECK_OK(dj_text_normalize(DJ_NFC, dj_buf_str(&text), &out, &changed));
    DJ_CHECK(dj_str_equal(dj_buf_str(&out), dj_buf_str(&expected)));
    dj_buf_release(&text);
    dj_buf_release(&expected);
    dj_buf_release(&out);
}

static void several_places_change_in_one_text(void)
{
    check(DJ_NFC, "e\u0301 and a\u0308, \u00e9; o\u0302",
          "\u00e9 and \u00e4, \u00e9; \u00f4");
    check(DJ_NFKC, "\uff21\uff22\uff23 \u4e2d\u0301 \uff11\uff12", "ABC \u4e2d\u0301 12");
}

int main(void)
{
    DJ_TEST(normalised_text_is_left_alone);
    DJ_TEST(letters_and_marks_compose_and_decompose);
    DJ_TEST(marks_are_put_in_order);
    DJ_TEST(compatibility_characters_go_in_the_k_forms);
    DJ_TEST(hangul_is_computed);
    DJ_TEST(marks_that_compose_with_nothing_before_stay);
    DJ_TEST(code_points_newer_than_the_version_are_untouched);
    DJ_TEST(long_runs_of_marks_are_sorted);
    DJ_TEST(several_places_change_in_one_text);
    return 0;
}

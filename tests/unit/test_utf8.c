/* UTF-8: what is valid, where it breaks, lengths and places; vector against plain. */
#include "djtest.h"

#include "dj/text.h"
#include "text/text_private.h"

struct sequence {
    struct dj_str bytes;
    bool valid;
};

static const struct sequence sequences[] = {
    { { "a", 1 }, true },
    { { "\0", 1 }, true },
    { { "\x7f", 1 }, true },
    { { "\xc2\x80", 2 }, true },
    { { "\xdf\xbf", 2 }, true },
    { { "\xe0\xa0\x80", 3 }, true },
    { { "\xed\x9f\xbf", 3 }, true },
    { { "\xee\x80\x80", 3 }, true },
    { { "\xef\xbf\xbf", 3 }, true },
    { { "\xf0\x90\x80\x80", 4 }, true },
    { { "\xf4\x8f\xbf\xbf", 4 }, true },
    { { "\x80", 1 }, false },
    { { "\xbf", 1 }, false },
    { { "\xc0\x80", 2 }, false },
    { { "\xc1\xbf", 2 }, false },
    { { "\xc2", 1 }, false },
    { { "\xdf\xc0", 2 }, false },
    { { "\xe0\x9f\xbf", 3 }, false }, /* overlong */
    { { "\xe4\xb8", 2 }, false },
    { { "\xe4", 1 }, false },
    { { "\xed\xa0\x80", 3 }, false }, /* surrogates */
    { { "\xed\xbf\xbf", 3 }, false },
    { { "\xf0\x8f\xbf\xbf", 4 }, false }, /* overlong */
    { { "\xf0\x9f\x98", 3 }, false },
    { { "\xf4\x90\x80\x80", 4 }, false }, /* above U+10FFFF */
    { { "\xf5\x80\x80\x80", 4 }, false },
    { { "\xf8\x88\x80\x80\x80", 5 }, false },
    { { "\xff", 1 }, false },
};

static const char *const fillers[] = { "x", "\xc3\xa9", "\xe4\xb8\xad",
                                       "\xf0\x9f\x98\x80" };

/* filler n times, the sequence, filler m times; in memory of exactly that size. */
static struct dj_str build(const char *filler, size_t n, struct dj_str middle, size_t m)
{
    const size_t unit = strlen(filler);
    const size_t len = (n + m) * unit + middle.len;
    char *bytes = dj_xmalloc(len);
    char *p = bytes;

    for (size_t i = 0; i < n + m; i++, p += unit) {
        if (i == n) {
            memcpy(p, middle.ptr, middle.len);
            p += middle.len;
        }
        memcpy(p, filler, unit);
    }
    if (m == 0) {
        memcpy(p, middle.ptr, middle.len);
    }
    return (struct dj_str){ bytes, len };
}

static void check_valid(struct dj_str bytes, bool valid, size_t bad)
{
    size_t found = 0;

    DJ_CHECK(dj_utf8_valid(bytes, &found) == valid);
    DJ_CHECK(valid || found == bad);
    found = 0;
    DJ_CHECK(dj_utf8_valid_plain(bytes, &found) == valid);
    DJ_CHECK(valid || found == bad);
}

static void a_sequence_is_judged_wherever_it_stands(void)
{
    for (size_t s = 0; s < sizeof(sequences) / sizeof(sequences[0]); s++) {
        for (size_t f = 0; f < 4; f++) {
            for (size_t n = 0; n < 70; n++) {
                for (size_t m = 0; m < 90; m += 1 + m) {
                    struct dj_str bytes = build(fillers[f], n, sequences[s].bytes, m);

                    check_valid(bytes, sequences[s].valid, n * strlen(fillers[f]));
                    dj_xfree((char *)bytes.ptr);
                }
            }
        }
    }
}

static void an_error_far_inside_is_found(void)
{
    for (size_t n = 4000; n < 4200; n++) {
        struct dj_str bytes = build("x", n, DJ_STR("\xe4\xb8"), 5000);

        check_valid(bytes, false, n);
        dj_xfree((char *)bytes.ptr);
    }
}

static void the_empty_text_is_valid_ascii(void)
{
    const struct dj_str none = { NULL, 0 };

    check_valid(none, true, 0);
    DJ_CHECK(dj_utf8_ascii(none));
    DJ_CHECK_INT(dj_utf8_length(none), 0);
    DJ_CHECK_INT(dj_utf8_offset(none, 3), 0);
}

static void ascii_is_below_0x80(void)
{
    for (size_t n = 0; n < 300; n++) {
        struct dj_str plain = build("x", n, DJ_STR("\x7f"), 7);
        struct dj_str wide = build("x", n, DJ_STR("\xc2\x80"), 7);

        DJ_CHECK(dj_utf8_ascii(plain) && dj_utf8_ascii_plain(plain));
        DJ_CHECK(!dj_utf8_ascii(wide) && !dj_utf8_ascii_plain(wide));
        dj_xfree((char *)plain.ptr);
        dj_xfree((char *)wide.ptr);
    }
}

static void characters_are_counted_and_found(void)
{
    for (size_t f = 0; f < 4; f++) {
        const size_t unit = strlen(fillers[f]);

        for (size_t n = 0; n < 150; n++) {
            struct dj_str text = build(fillers[f], n, DJ_STR("\xe2\x82\xac"), 3);

            DJ_CHECK_INT(dj_utf8_length(text), n + 4);
            DJ_CHECK_INT(dj_utf8_length_plain(text), n + 4);
            DJ_CHECK_INT(dj_utf8_offset(text, n), n * unit);
            DJ_CHECK_INT(dj_utf8_offset_plain(text, n), n * unit);
            DJ_CHECK_INT(dj_utf8_offset(text, n + 1), n * unit + 3);
            DJ_CHECK_INT(dj_utf8_offset(text, n / 2), n / 2 * unit);
            DJ_CHECK_INT(dj_utf8_offset(text, n + 4), text.len);
            DJ_CHECK_INT(dj_utf8_offset(text, SIZE_MAX), text.len);
            dj_xfree((char *)text.ptr);
        }
    }
}

static void a_long_text_does_not_overflow_the_byte_sums(void)
{
    struct dj_str text = build("xy", 50000, DJ_STR("\xc3\xa9"), 50000);

    DJ_CHECK_INT(dj_utf8_length(text), 200001);
    DJ_CHECK_INT(dj_utf8_offset(text, 100001), 100002);
    dj_xfree((char *)text.ptr);
}

static void code_points_survive_writing_and_reading(void)
{
    for (uint32_t c = 0; c < 0x110000; c++) {
        char bytes[4];
        const char *p = bytes;
        size_t bad;

        if (c >= 0xd800 && c <= 0xdfff) {
            continue;
        }
        struct dj_str text = { bytes, dj_utf8_put(bytes, c) };
        DJ_CHECK(dj_utf8_valid(text, &bad));
        DJ_CHECK_INT(dj_utf8_next(&p), c);
        DJ_CHECK(p == bytes + text.len);
    }
}

int main(void)
{
    DJ_TEST(a_sequence_is_judged_wherever_it_stands);
    DJ_TEST(an_error_far_inside_is_found);
    DJ_TEST(the_empty_text_is_valid_ascii);
    DJ_TEST(ascii_is_below_0x80);
    DJ_TEST(characters_are_counted_and_found);
    DJ_TEST(a_long_text_does_not_overflow_the_byte_sums);
    DJ_TEST(code_points_survive_writing_and_reading);
    return 0;
}

/* Members are found and dropped exactly, against a walk one character at a time. */
#include "djtest.h"

#include "dj/charset.h"
#include "text/text_private.h"

enum { TEXT_MAX = 1200 };

static void check(const struct dj_charset *set, struct dj_str text)
{
    static char want[TEXT_MAX];
    static char got[TEXT_MAX + DJ_PADDING];
    const char *p = text.ptr;
    size_t first = text.len;
    size_t len = 0;

    while (p < text.ptr + text.len) {
        const char *start = p;

        if (dj_charset_has(set, dj_utf8_next(&p))) {
            first = first == text.len ? (size_t)(start - text.ptr) : first;
        } else {
            memcpy(want + len, start, (size_t)(p - start));
            len += (size_t)(p - start);
        }
    }
    DJ_CHECK_INT(dj_charset_find(set, text, 0), first);
    DJ_CHECK_INT(dj_charset_find_plain(set, text, 0), first);
    DJ_CHECK_INT(dj_charset_drop(set, text, got), len);
    DJ_CHECK(memcmp(got, want, len) == 0);
    DJ_CHECK_INT(dj_charset_drop_plain(set, text, got), len);
    DJ_CHECK(memcmp(got, want, len) == 0);
}

static const uint32_t characters[] = {
    0,      '\n',   ' ',    '.',    '0',    'A',    'a',     'e',     'z',
    0x7f,   0x80,   0xe9,   0x130,  0x7ff,  0x800,  0x2014,  0x3002,  0x4dff,
    0x4e00, 0x6587, 0x9fa5, 0x9fa6, 0xd7ff, 0xffff, 0x10000, 0x1f600, 0x10ffff,
};

enum { NCHARACTERS = sizeof(characters) / sizeof(characters[0]) };

static struct dj_charset *random_set(uint32_t *state)
{
    struct dj_charset *set = dj_charset_new();
    const size_t count = (*state >> 9) % 8;

    for (size_t i = 0; i < count; i++) {
        uint32_t first;

        *state = *state * 1664525 + 1013904223;
        first = characters[(*state >> 10) % NCHARACTERS];
        dj_charset_add(set, first,
                       (*state >> 30) == 0 && first < 0x10f000 ? first + 0x200 : first);
    }
    if ((*state >> 20) % 3 == 0) {
        dj_charset_invert(set);
    }
    return set;
}

static void random_texts_lose_members_exactly(void)
{
    static char text[TEXT_MAX];
    uint32_t state = 11;

    for (int round = 0; round < 200; round++) {
        struct dj_charset *set = random_set(&state);

        for (int again = 0; again < 50; again++) {
            const uint32_t density = 1 + (state >> 9) % 40;
            const size_t length = (state >> 5) % 200;
            size_t len = 0;

            for (size_t i = 0; i < length; i++) {
                state = state * 1664525 + 1013904223;
                len +=
                    dj_utf8_put(text + len, (state >> 8) % density == 0
                                                ? characters[(state >> 14) % NCHARACTERS]
                                                : 'x' + (state >> 31));
            }
            /* What lies behind the text must not be taken for part of it. */
            memset(text + len, 'z', DJ_PADDING);
            check(set, (struct dj_str){ text, len });
            state = state * 1664525 + 1013904223;
        }
        dj_charset_free(set);
    }
}

static void every_character_is_what_it_was_made(void)
{
    struct dj_charset *set = dj_charset_new();
    char text[8 + DJ_PADDING] = { 0 };

    dj_charset_add(set, 0x4e00, 0x9fa5);
    dj_charset_add_text(set, DJ_STR("aZ-\xe3\x80\x82\xf0\x9f\x98\x80"));
    for (int inverted = 0; inverted < 2; inverted++) {
        for (uint32_t c = 0; c <= 0x10ffff; c++) {
            const bool in = (c >= 0x4e00 && c <= 0x9fa5) || c == 'a' || c == 'Z' ||
                            c == '-' || c == 0x3002 || c == 0x1f600;
            const bool want = in != (inverted == 1);

            DJ_CHECK(dj_charset_has(set, c) == want);
            if (c < 0xd800 || c > 0xdfff) {
                const struct dj_str str = { text, dj_utf8_put(text, c) };

                DJ_CHECK_INT(dj_charset_find(set, str, 0), want ? 0 : str.len);
            }
        }
        dj_charset_invert(set);
    }
    DJ_CHECK(!dj_charset_has(set, 0x110000));
    dj_charset_free(set);
    dj_charset_free(NULL);
}

static void a_search_goes_on_from_where_it_is_told(void)
{
    struct dj_charset *set = dj_charset_new();
    char text[16 + DJ_PADDING] = "a.b.c";
    const struct dj_str str = { text, 5 };

    dj_charset_add_text(set, DJ_STR("."));
    DJ_CHECK_INT(dj_charset_find(set, str, 0), 1);
    DJ_CHECK_INT(dj_charset_find(set, str, 1), 1);
    DJ_CHECK_INT(dj_charset_find(set, str, 2), 3);
    DJ_CHECK_INT(dj_charset_find(set, str, 4), 5);
    DJ_CHECK_INT(dj_charset_find(set, str, 5), 5);
    dj_charset_free(set);
}

int main(void)
{
    DJ_TEST(random_texts_lose_members_exactly);
    DJ_TEST(every_character_is_what_it_was_made);
    DJ_TEST(a_search_goes_on_from_where_it_is_told);
    return 0;
}

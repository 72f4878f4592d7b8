/* Characters are exchanged exactly, against a replacement one character at a time. */
#include "djtest.h"

#include "dj/charmap.h"
#include "dj/text.h"

static const struct dj_charmap_pair pairs[] = {
    { 0x09, " " },          { 0xa0, " " },   { 0x2014, " - " },
    { 0x2026, "..." },      { 0x3000, "" },  { 0xff11, "\"" },
    { 0xfffc, "\xc3\xa9" }, { 0x7ff, "xy" }, { 0x800, "abc" },
};

enum { NPAIRS = sizeof(pairs) / sizeof(pairs[0]), TEXT_MAX = 1200 };

static const char *replacement(uint32_t c)
{
    for (size_t i = 0; i < NPAIRS; i++) {
        if (pairs[i].from == c) {
            return pairs[i].to;
        }
    }
    return NULL;
}

/* Returns the offset of the first replaced character. */
static size_t one_by_one(struct dj_str text, char *out, size_t *out_len)
{
    const char *at = text.ptr;
    size_t first = text.len;

    *out_len = 0;
    while (at < text.ptr + text.len) {
        const char *start = at;
        const char *to = replacement(dj_utf8_next(&at));

        if (to == NULL) {
            memcpy(out + *out_len, start, (size_t)(at - start));
            *out_len += (size_t)(at - start);
        } else {
            first = first == text.len ? (size_t)(start - text.ptr) : first;
            memcpy(out + *out_len, to, strlen(to));
            *out_len += strlen(to);
        }
    }
    return first;
}

static void check(const struct dj_charmap *map, struct dj_str text)
{
    static char want[TEXT_MAX];
    static char got[TEXT_MAX + DJ_PADDING];
    size_t want_len;
    const size_t first = one_by_one(text, want, &want_len);
    const size_t got_len = dj_charmap_apply(map, text, got);

    DJ_CHECK_INT(dj_charmap_find(map, text, 0), first);
    DJ_CHECK_INT(got_len, want_len);
    DJ_CHECK(memcmp(got, want, want_len) == 0);
}

static void random_texts_are_replaced_exactly(void)
{
    static const uint32_t others[] = { 'a',    'b',     ' ',     '\n',   0,      0x7f,
                                       0x80,   0xa1,    0xe9,    0x430,  0x7fe,  0x801,
                                       0x2013, 0x2015,  0x3001,  0x4e2d, 0xd7ff, 0xfffb,
                                       0xfffd, 0x1f600, 0x10ffff };
    struct dj_charmap *map = dj_charmap_new(pairs, NPAIRS);
    char text[TEXT_MAX];
    uint32_t state = 5;

    for (int round = 0; round < 20000; round++) {
        const uint32_t density = 1 + (state >> 9) % 40;
        const size_t length = (state >> 5) % 200;
        size_t len = 0;

        for (size_t i = 0; i < length; i++) {
            uint32_t c = 'x';

            state = state * 1664525 + 1013904223;
            if ((state >> 8) % density == 0) {
                c = pairs[(state >> 16) % NPAIRS].from;
            } else if ((state >> 10) % 3 == 0) {
                c = others[(state >> 16) % (sizeof(others) / sizeof(others[0]))];
            }
            len += dj_utf8_put(text + len, c);
        }
        /* What lies behind the text must not be taken for part of it. */
        memset(text + len, '\t', DJ_PADDING);
        check(map, (struct dj_str){ text, len });
        state = state * 1664525 + 1013904223;
    }
    dj_charmap_free(map);
}

static void a_search_goes_on_from_where_it_is_told(void)
{
    struct dj_charmap *map = dj_charmap_new(pairs, NPAIRS);
    char text[16 + DJ_PADDING] = "a\tb\tc";
    const struct dj_str str = { text, 5 };

    DJ_CHECK_INT(dj_charmap_find(map, str, 0), 1);
    DJ_CHECK_INT(dj_charmap_find(map, str, 1), 1);
    DJ_CHECK_INT(dj_charmap_find(map, str, 2), 3);
    DJ_CHECK_INT(dj_charmap_find(map, str, 4), 5);
    DJ_CHECK_INT(dj_charmap_find(map, str, 5), 5);
    dj_charmap_free(map);
}

static void a_map_without_an_ascii_character_leaves_ascii_alone(void)
{
    struct dj_charmap *map = dj_charmap_new(pairs + 2, 2);
    char text[256 + DJ_PADDING] = { 0 };

    for (size_t i = 0; i < 128; i++) {
        text[i] = (char)i;
    }
    DJ_CHECK_INT(dj_charmap_find(map, (struct dj_str){ text, 128 }, 0), 128);
    dj_charmap_free(map);
    dj_charmap_free(NULL);
}

int main(void)
{
    DJ_TEST(random_texts_are_replaced_exactly);
    DJ_TEST(a_search_goes_on_from_where_it_is_told);
    DJ_TEST(a_map_without_an_ascii_character_leaves_ascii_alone);
    return 0;
}

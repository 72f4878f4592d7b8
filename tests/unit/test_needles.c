/* Several texts are found where a search byte by byte finds them. */
#include "djtest.h"

#include "dj/needles.h"
#include "text/text_private.h"

enum { TEXT_MAX = 300 };

static size_t one_by_one(const struct dj_str *items, size_t count, struct dj_str text,
                         size_t from)
{
    for (size_t pos = from; pos < text.len; pos++) {
        for (size_t i = 0; i < count; i++) {
            if (items[i].len <= text.len - pos &&
                memcmp(items[i].ptr, text.ptr + pos, items[i].len) == 0) {
                return pos;
            }
        }
    }
    return text.len;
}

static void check_all(const struct dj_str *items, size_t count, struct dj_str text)
{
    struct dj_needles *needles = dj_needles_new(items, count);

    for (size_t from = 0; from <= text.len; from++) {
        const size_t want = one_by_one(items, count, text, from);

        DJ_CHECK_INT(dj_needles_find(needles, text, from), want);
        DJ_CHECK_INT(dj_needles_find_plain(needles, text, from), want);
    }
    dj_needles_free(needles);
}

static void words_are_found(void)
{
    static const char padded[TEXT_MAX] = "see http://www.a.com/ or href=\"x\" /";
    const struct dj_str text = dj_str_from(padded);
    const struct dj_str five[] = { DJ_STR("http"), DJ_STR("www"), DJ_STR(".com"),
                                   DJ_STR("href"), DJ_STR("//") };
    const struct dj_str one[] = { DJ_STR("x") };

    check_all(five, 5, text);
    check_all(one, 1, text);
    check_all(NULL, 0, text);
    check_all(five, 5, (struct dj_str){ padded, 0 });
    dj_needles_free(NULL);
}

/* More than eight, so that some share a group; of few letters, so that they occur. */
static void random_texts_are_searched_exactly(void)
{
    static char text[TEXT_MAX + DJ_PADDING];
    uint32_t state = 7;

    for (int round = 0; round < 400; round++) {
        char bytes[20][6];
        struct dj_str items[20];
        const size_t count = 1 + (state >> 7) % 20;
        const size_t len = (state >> 12) % 200;

        for (size_t i = 0; i < count; i++) {
            state = state * 1664525 + 1013904223;
            items[i] = (struct dj_str){ bytes[i], 1 + (state >> 20) % 6 };
            items[i].len += round % 2 == 0 && items[i].len == 1;
            for (size_t j = 0; j < 6; j++) {
                state = state * 1664525 + 1013904223;
                bytes[i][j] = "abcdpq\xe4\xb8"[state >> 29];
            }
        }
        for (size_t i = 0; i < len + DJ_PADDING; i++) {
            state = state * 1664525 + 1013904223;
            text[i] = "abcdpq\xe4\xb8"[state >> 29];
        }
        check_all(items, count, (struct dj_str){ text, len });
    }
}

int main(void)
{
    DJ_TEST(words_are_found);
    DJ_TEST(random_texts_are_searched_exactly);
    return 0;
}

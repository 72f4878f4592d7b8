/* Parts are taken out of texts exactly. */
#include "djtest.h"

#include "dj/cuts.h"
#include "text/text_private.h"

static void check(const struct dj_cuts *cuts, const char *text, const char *want)
{
    char room[64];
    char same[64];
    size_t len = dj_cuts_apply(cuts, dj_str_from(text), room);

    DJ_CHECK_STR(((struct dj_str){ room, len }), want);
    DJ_CHECK_INT(len, strlen(text) - dj_cuts_bytes(cuts));
    memcpy(same, text, strlen(text) + 1);
    len = dj_cuts_apply(cuts, (struct dj_str){ same, strlen(text) }, same);
    DJ_CHECK_STR(((struct dj_str){ same, len }), want);
}

static void parts_go_wherever_they_are(void)
{
    static const struct {
        size_t bounds[6];
        size_t nparts;
        const char *want;
    } rows[] = {
        { { 0 }, 0, "abcdefgh" },
        { { 0, 1 }, 1, "bcdefgh" },
        { { 7, 8 }, 1, "abcdefg" },
        { { 0, 8 }, 1, "" },
        { { 2, 4 }, 1, "abefgh" },
        { { 0, 2, 3, 5, 7, 8 }, 3, "cfg" },
        { { 1, 3, 3, 5, 5, 6 }, 3, "agh" },     /* they touch */
        { { 4, 4, 5, 5, 6, 7 }, 3, "abcdefh" }, /* two are empty */
    };
    struct dj_cuts *cuts = dj_cuts_new();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        dj_cuts_reset(cuts);
        for (size_t part = 0; part < rows[i].nparts; part++) {
            DJ_CHECK_OK(dj_cuts_add(cuts, rows[i].bounds[2 * part],
                                    rows[i].bounds[2 * part + 1]));
        }
        check(cuts, "abcdefgh", rows[i].want);
    }
    dj_cuts_free(cuts);
    dj_cuts_free(NULL);
}

static void an_empty_text_stays_empty(void)
{
    struct dj_cuts *cuts = dj_cuts_new();
    char room[1];

    DJ_CHECK_INT(dj_cuts_apply(cuts, (struct dj_str){ NULL, 0 }, room), 0);
    DJ_CHECK_OK(dj_cuts_add(cuts, 0, 0));
    DJ_CHECK_INT(dj_cuts_bytes(cuts), 0);
    dj_cuts_free(cuts);
}

static void many_parts_are_kept(void)
{
    enum { PARTS = 5000 };
    static char text[2 * PARTS + 1];
    struct dj_cuts *cuts = dj_cuts_new();

    for (size_t i = 0; i < PARTS; i++) {
        text[2 * i] = 'x';
        text[2 * i + 1] = '-';
        DJ_CHECK_OK(dj_cuts_add(cuts, 2 * i + 1, 2 * i + 2));
    }
    DJ_CHECK_INT(dj_cuts_bytes(cuts), PARTS);
    DJ_CHECK_INT(dj_cuts_apply(cuts, dj_str_from(text), text), PARTS);
    for (size_t i = 0; i < PARTS; i++) {
        DJ_CHECK(text[i] == 'x');
    }
    dj_cuts_free(cuts);
}

/* --- words ------------------------------------------------------------------------- */

static bool has_no_x(void *context, struct dj_str word)
{
    (void)context;
    return memchr(word.ptr, 'x', word.len) == NULL;
}

static void check_words(struct dj_cuts *cuts, struct dj_str text, const char *want)
{
    static char room[1024];

    for (int plain = 0; plain < 2; plain++) {
        dj_cuts_reset(cuts);
        DJ_CHECK_OK((plain ? dj_cuts_keep_words_plain
                           : dj_cuts_keep_words)(cuts, text, has_no_x, NULL));
        DJ_CHECK_STR(((struct dj_str){ room, dj_cuts_apply(cuts, text, room) }), want);
    }
}

static void kept_words_are_joined_by_the_strongest_separator(void)
{
    static const char *const rows[][2] = {
        { "", "" },
        { " \n\t ", "" },
        { "a", "a" },
        { "x", "" },
        { "a b\tc\nd", "a b\tc\nd" },
        { " a  b\t\tc\n\nd\n", "a b\tc\nd" },
        { "a x b", "a b" },
        { "a \tx b", "a\tb" },
        { "a x\tb", "a\tb" },
        { "a \n x\tb", "a\nb" },
        { "a\tx\nx x\tb x", "a\nb" },
        { "x\na x\n", "a" },
        { "a\rb\xc2\xa0"
          "c x\xe3\x80\x80y d",
          "a\rb\xc2\xa0"
          "c d" },
    };
    struct dj_cuts *cuts = dj_cuts_new();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check_words(cuts, dj_str_from(rows[i][0]), rows[i][1]);
    }
    dj_cuts_free(cuts);
}

/* As Data-Juicer does it: level by level. */
static void join_levels(struct dj_str text, const char *separators, struct dj_buf *out)
{
    const char *p = text.ptr;
    const char *end = text.ptr + text.len;

    while (p <= end) {
        const char *stop = memchr(p, separators[0], (size_t)(end - p));
        const struct dj_str piece = { p, (size_t)((stop == NULL ? end : stop) - p) };
        struct dj_buf inner;

        dj_buf_init(&inner);
        if (separators[1] != '\0') {
            join_levels(piece, separators + 1, &inner);
        } else if (has_no_x(NULL, piece)) {
            DJ_CHECK_OK(dj_buf_append(&inner, piece));
        }
        if (inner.len > 0 && out->len > 0) {
            DJ_CHECK_OK(dj_buf_putc(out, separators[0]));
        }
        DJ_CHECK_OK(dj_buf_append(out, dj_buf_str(&inner)));
        dj_buf_release(&inner);
        p = piece.ptr + piece.len + 1;
    }
}

static void random_texts_keep_their_words(void)
{
    static char text[256 + DJ_PADDING];
    struct dj_cuts *cuts = dj_cuts_new();
    struct dj_buf want;
    uint32_t state = 3;

    dj_buf_init(&want);
    for (int round = 0; round < 20000; round++) {
        const size_t len = (state >> 9) % 256;
        const char *text_want;

        for (size_t i = 0; i < len; i++) {
            state = state * 1664525 + 1013904223;
            text[i] = " \n\tabcxdefghi   "[state >> 28];
        }
        dj_buf_reset(&want);
        join_levels((struct dj_str){ text, len }, "\n\t ", &want);
        DJ_CHECK_OK(dj_buf_cstr(&want, &text_want));
        check_words(cuts, (struct dj_str){ text, len }, text_want);
        state = state * 1664525 + 1013904223;
    }
    dj_buf_release(&want);
    dj_cuts_free(cuts);
}

int main(void)
{
    DJ_TEST(parts_go_wherever_they_are);
    DJ_TEST(an_empty_text_stays_empty);
    DJ_TEST(many_parts_are_kept);
    DJ_TEST(kept_words_are_joined_by_the_strongest_separator);
    DJ_TEST(random_texts_keep_their_words);
    return 0;
}

/* Parts are taken out of texts exactly. */
#include "djtest.h"

#include "dj/cuts.h"

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

int main(void)
{
    DJ_TEST(parts_go_wherever_they_are);
    DJ_TEST(an_empty_text_stays_empty);
    DJ_TEST(many_parts_are_kept);
    return 0;
}

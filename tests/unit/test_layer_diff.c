/* Edits lead from one text to the other, for any two texts, and are few for small
 * changes. */
#include "djtest.h"

#include "data/layer_diff.h"
#include "dj/text.h"

static struct dj_buf old_text, new_text, made, told;

static void put(struct dj_buf *buf, const char *text)
{
    DJ_CHECK_OK(dj_buf_append(buf, dj_str_from(text)));
}

/* Begins with two empty texts. */
static void begin(void)
{
    dj_buf_reset(&old_text);
    dj_buf_reset(&new_text);
}

/* The position is between two characters of a valid text. */
static bool is_border(struct dj_str text, size_t at)
{
    return at == text.len || ((unsigned char)text.ptr[at] & 0xc0) != 0x80;
}

/* Carries the edits out and checks them; told gets them as text. Returns their number. */
static size_t check(void)
{
    struct dj_str old, new;
    struct layer_diff diff;
    struct layer_edit edit;
    size_t at = 0, count = 0, bad;

    DJ_CHECK_OK(dj_buf_reserve(&old_text, 1)); /* never NULL */
    DJ_CHECK_OK(dj_buf_reserve(&new_text, 1));
    old = dj_buf_str(&old_text);
    new = dj_buf_str(&new_text);
    dj_buf_reset(&made);
    dj_buf_reset(&told);
    layer_diff_init(&diff, old, new);
    while (layer_diff_next(&diff, &edit)) {
        DJ_CHECK(edit.cut + edit.put.len > 0);
        DJ_CHECK(edit.keep + edit.cut <= old.len - at);
        DJ_CHECK(is_border(old, at + edit.keep));
        DJ_CHECK(is_border(old, at + edit.keep + edit.cut));
        DJ_CHECK(dj_utf8_valid(edit.put, &bad));
        DJ_CHECK_OK(dj_buf_append(&made, (struct dj_str){ old.ptr + at, edit.keep }));
        DJ_CHECK_OK(dj_buf_append(&made, edit.put));
        DJ_CHECK_OK(dj_buf_printf(&told, "[%zu %zu %.*s]", edit.keep, edit.cut,
                                  (int)edit.put.len, edit.put.ptr));
        at += edit.keep + edit.cut;
        count++;
    }
    DJ_CHECK_OK(dj_buf_append(&made, (struct dj_str){ old.ptr + at, old.len - at }));
    DJ_CHECK(dj_str_equal(dj_buf_str(&made), new));
    return count;
}

static void expect(const char *old, const char *new, const char *edits)
{
    begin();
    put(&old_text, old);
    put(&new_text, new);
    (void)check();
    DJ_CHECK_STR(dj_buf_str(&told), edits);
}

static void texts_that_are_the_same_need_no_edit(void)
{
    expect("", "", "");
    expect("the same", "the same", "");
    expect("mehr über Bytes", "mehr über Bytes", "");
}

static void one_change_is_one_edit(void)
{
    expect("", "new", "[0 0 new]");
    expect("old", "", "[0 3 ]");
    expect("  both ends of the line are cut off  ", "both ends of the line are cut off",
           "[0 2 ][33 2 ]");
    expect("one blank at the end ", "one blank at the end", "[20 1 ]");
    expect("between two words", "between three words", "[9 2 hree]");
    expect("aaaa", "aaaaaa", "[4 0 aa]");
    expect("abab", "ab", "[2 2 ]");
}

static void characters_are_kept_whole(void)
{
    expect("caf\xc3\xa9", "caf\xc3\xa8", "[3 2 \xc3\xa8]");
    expect("\xe4\xb8\xad", "\xe5\xb8\xad", "[0 3 \xe5\xb8\xad]"); /* ends are alike */
    expect("a\xe4\xb8\xad", "a\xe4\xb8\xae!", "[1 3 \xe4\xb8\xae!]");
    expect("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x81\xf0\x9f\x98\x80",
           "[0 0 \xf0\x9f\x98\x81]");
}

static void far_changes_are_edits_of_their_own(void)
{
    expect("see https://example.org/a/long/way for the words that follow, and mail to "
           "someone@example.org or to nobody at all",
           "see  for the words that follow, and mail to  or to nobody at all",
           "[4 30 ][40 19 ]");
    expect(
        "a full stop\xe3\x80\x82 then a stretch of text that stays as it was\xef\xbc\x8c "
        "and a comma",
        "a full stop. then a stretch of text that stays as it was, and a comma",
        "[11 3 .][44 3 ,]");
}

static void near_changes_are_one_edit(void)
{
    expect("tabs\tin\ta\trow are one edit, for each would cost more than it saves",
           "tabs in a row are one edit, for each would cost more than it saves",
           "[4 6  in a ]");
}

/* --- any two texts ------------------------------------------------------------------ */

static uint64_t seed;

static size_t below(size_t limit)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(seed >> 33) % limit;
}

static void put_piece(struct dj_buf *buf)
{
    static const char *const pieces[] = {
        "a",
        "b",
        "ab",
        "word ",
        " ",
        "        ",
        "\t",
        "\n\n",
        "\xc3\xa9",
        "\xc3\xa8",
        "\xc2\xa0",
        "\xe4\xb8\xad",
        "\xe5\xb8\xad",
        "\xe3\x80\x82",
        "\xf0\x9f\x98\x80",
        "\xf0\x9f\x98\x81",
        "a longer stretch of text without anything in it that is special, ",
        "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae\xe6\x96\x87\xe7\xab\xa0",
    };

    put(buf, pieces[below(sizeof(pieces) / sizeof(pieces[0]))]);
}

/* Both texts grow, mostly by the same. */
static void grow(size_t pieces, size_t alike)
{
    for (size_t i = 0; i < pieces; i++) {
        if (below(alike) > 0) {
            const size_t before = old_text.len;

            put_piece(&old_text);
            DJ_CHECK_OK(
                dj_buf_append(&new_text, (struct dj_str){ old_text.ptr + before,
                                                          old_text.len - before }));
            continue;
        }
        for (size_t n = below(4); n > 0; n--) {
            put_piece(&old_text);
        }
        for (size_t n = below(4); n > 0; n--) {
            put_piece(&new_text);
        }
    }
}

static void any_two_texts_are_led_over(void)
{
    for (size_t round = 0; round < 20000; round++) {
        seed = round;
        begin();
        grow(below(round % 50 == 0 ? 2000 : 30), 1 + below(20));
        (void)check();
    }
}

/* A change that leaves most of a text costs little, wherever it is. */
static void edits_are_few(void)
{
    for (size_t round = 0; round < 200; round++) {
        seed = round;
        begin();
        grow(300, 1000);
        if (below(2) == 0) {
            put(&old_text, "gone: ");
        } else {
            put(&new_text, "come: ");
        }
        grow(300, 1000);
        DJ_CHECK(check() <= 8);
        DJ_CHECK(told.len < 2000);
    }
}

int main(void)
{
    DJ_TEST(texts_that_are_the_same_need_no_edit);
    DJ_TEST(one_change_is_one_edit);
    DJ_TEST(characters_are_kept_whole);
    DJ_TEST(far_changes_are_edits_of_their_own);
    DJ_TEST(near_changes_are_one_edit);
    DJ_TEST(any_two_texts_are_led_over);
    DJ_TEST(edits_are_few);
    dj_buf_release(&old_text);
    dj_buf_release(&new_text);
    dj_buf_release(&made);
    dj_buf_release(&told);
    return 0;
}

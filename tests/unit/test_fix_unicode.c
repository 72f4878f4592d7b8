/*
 * The Unicode fixer: its steps one by one, and what only long or awkward texts show.
 * Ordinary repairs are in tests/ops/mapper/fix_unicode_mapper.yaml.
 */
#include "dj/fix_unicode.h"
#include "djtest.h"
#include "text/fix_parts.h"

static bool plain(int byte)
{
    return byte == '\t' || byte == '\n' || byte == '\f' ||
           (byte >= 0x20 && byte < 0x7f && byte != '&');
}

static void every_odd_byte_is_found_at_every_place(void)
{
    char text[70];

    for (int byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < sizeof(text); at++) {
            memset(text, 'x', sizeof(text));
            text[at] = (char)byte;
            DJ_CHECK(dj_fix_plain_end(text, text + sizeof(text)) ==
                     text + (plain(byte) ? sizeof(text) : at));
        }
    }
    DJ_CHECK(dj_fix_plain_end(text, text) == text);
}

static unsigned needs(struct dj_str text, size_t from)
{
    return dj_fix_scan(text, from) &
           (DJ_FIX_MAP | DJ_FIX_NFC | DJ_FIX_MOJIBAKE | DJ_FIX_ENTITY);
}

/* What a scan says of the middle between two texts of x. */
static unsigned scan_between(const char *middle, size_t before, size_t after)
{
    char text[128];
    const size_t len = strlen(middle);

    memset(text, 'x', sizeof(text));
    memcpy(text + before, middle, len);
    return needs((struct dj_str){ text, before + len + after }, before);
}

static void runs_of_ascii_do_not_change_what_is_found(void)
{
    for (size_t before = 0; before < 40; before++) {
        for (size_t after = 0; after < 40; after++) {
            DJ_CHECK_INT(scan_between("é", before, after), 0);
            DJ_CHECK_INT(scan_between("Ã©", before, after), DJ_FIX_MOJIBAKE);
            DJ_CHECK_INT(scan_between("é     ©… ° xxxxxxxx", before, after), 0);
            DJ_CHECK_INT(scan_between("’&amp;", before, after),
                         DJ_FIX_MAP | DJ_FIX_ENTITY);
            DJ_CHECK_INT(scan_between("\xcc\x81 & &;", before, after), DJ_FIX_NFC);
            /* A lower-case letter, a blank, Ã, a blank: the letters before count. */
            DJ_CHECK_INT(scan_between("Ã ", before, after), DJ_FIX_MOJIBAKE);
            DJ_CHECK_INT(scan_between("Œ", before, after), 0);
        }
    }
    DJ_CHECK_INT(needs(DJ_STR("plain, A Ã b"), 9), 0);
    DJ_CHECK_INT(needs(DJ_STR("plain, a Ã b"), 9), DJ_FIX_MOJIBAKE);
    DJ_CHECK_INT(needs(DJ_STR("Ã b"), 0), DJ_FIX_MOJIBAKE);
    DJ_CHECK_INT(needs(DJ_STR("\nÃ b"), 1), 0);
    DJ_CHECK_INT(needs(DJ_STR("Œ"), 0), 0);
    DJ_CHECK_INT(needs(DJ_STR("Œ."), 0), DJ_FIX_MOJIBAKE);
    DJ_CHECK_INT(needs(DJ_STR("ГўВЂВ. "), 0), DJ_FIX_MOJIBAKE);
    DJ_CHECK_INT(needs(DJ_STR("ГўВЂВ\n "), 0), 0);
}

static void entities_are_sorted_and_found(void)
{
    for (size_t i = 1; i < dj_fix_entity_count; i++) {
        DJ_CHECK(strcmp(dj_fix_entities[i - 1].name, dj_fix_entities[i].name) < 0);
    }
    for (size_t i = 0; i < dj_fix_entity_count; i++) {
        struct dj_buf text;
        struct dj_buf out;
        bool changed;

        dj_buf_init(&text);
        dj_buf_init(&out);
        DJ_CHECK_OK(dj_buf_printf(&text, "a&%s;b", dj_fix_entities[i].name));
        DJ_CHECK_OK(dj_fix_unescape(dj_buf_str(&text), &out, &changed));
        DJ_CHECK(changed);
        dj_buf_reset(&text);
        DJ_CHECK_OK(dj_buf_printf(&text, "a%sb", dj_fix_entities[i].value));
        DJ_CHECK(dj_str_equal(dj_buf_str(&out), dj_buf_str(&text)));
        dj_buf_release(&text);
        dj_buf_release(&out);
    }
}

typedef enum dj_status byte_step(struct dj_str bytes, struct dj_buf *out);

static void check_bytes(byte_step *step, struct dj_str bytes, struct dj_str want)
{
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK_OK(step(bytes, &out));
    DJ_CHECK(dj_str_equal(dj_buf_str(&out), want));
    dj_buf_release(&out);
}

#define CHECK_BYTES(step, bytes, want) check_bytes(step, DJ_STR(bytes), DJ_STR(want))

static void blanks_become_byte_a0_again(void)
{
    CHECK_BYTES(dj_fix_restore_a0, "", "");
    CHECK_BYTES(dj_fix_restore_a0, "\xc2 x", "\xc2\xa0x");
    CHECK_BYTES(dj_fix_restore_a0, "\xc4 x", "\xc4 x");
    CHECK_BYTES(dj_fix_restore_a0, "voil\xc3 le", "voil\xc3\xa0 le");
    CHECK_BYTES(dj_fix_restore_a0, "voil\xc3  le", "voil\xc3\xa0 le");
    CHECK_BYTES(dj_fix_restore_a0, "\xc3 quela", "\xc3\xa0quela");
    CHECK_BYTES(dj_fix_restore_a0, "\xc3 s ", "\xc3\xa0s ");
    CHECK_BYTES(dj_fix_restore_a0, "\xc3 ", "\xc3\xa0 ");
    CHECK_BYTES(dj_fix_restore_a0, "\xe2 \x80\xe1 \x80", "\xe2\xa0\x80\xe1 \x80");
    CHECK_BYTES(dj_fix_restore_a0, "\xe1\x80 \xe1\x85 ", "\xe1\x80\xa0\xe1\x85 ");
    CHECK_BYTES(dj_fix_restore_a0, "\xf0\x9f \x80", "\xf0\x9f\xa0\x80");
    CHECK_BYTES(dj_fix_restore_a0, "\xf0\x9f  \xf0\x9f ", "\xf0\x9f  \xf0\x9f ");
}

static void lost_bytes_become_replacement_characters(void)
{
    CHECK_BYTES(dj_fix_replace_lost, "a?\x1a", "a?\xef\xbf\xbd");
    CHECK_BYTES(dj_fix_replace_lost, "\xc3?\xc4?", "\xef\xbf\xbd\xc4?");
    CHECK_BYTES(dj_fix_replace_lost, "\xdf\x1a\xe2\x80\x1a", "\xef\xbf\xbd\xef\xbf\xbd");
    CHECK_BYTES(dj_fix_replace_lost, "\xe2??", "\xe2??");
    CHECK_BYTES(dj_fix_replace_lost, "\xe2?\x1a", "\xef\xbf\xbd");
    CHECK_BYTES(dj_fix_replace_lost, "\xed\xa0?\xed\xb0\x80.", "\xef\xbf\xbd.");
    CHECK_BYTES(dj_fix_replace_lost, "\xed\xa0\x1a\xed\xb0.", "\xef\xbf\xbd\xed\xb0.");
    CHECK_BYTES(dj_fix_replace_lost, "\xf0\x9f?\x80\xf5\x9f?\x80",
                "\xef\xbf\xbd\xf5\x9f?\x80");
}

static void other_spellings_become_utf8(void)
{
    CHECK_BYTES(dj_fix_plain_utf8, "\xc0\x80.\xc0\x81", "\0.\xc0\x81");
    CHECK_BYTES(dj_fix_plain_utf8, "\xc0\n.", "\xc0\n.");
    CHECK_BYTES(dj_fix_plain_utf8, "\xc0\n", "\0");
    CHECK_BYTES(dj_fix_plain_utf8, "\xed\xa0\xbd\xed\xb8\x80.", "\xf0\x9f\x98\x80.");
    CHECK_BYTES(dj_fix_plain_utf8, "\xed\xaf\xbf\xed\xbf\xbf", "\xf4\x8f\xbf\xbf");
    CHECK_BYTES(dj_fix_plain_utf8, "\xed\xa0\xbd\xed\xb8\n", "\xf0\x9f\x98\x8a");
    CHECK_BYTES(dj_fix_plain_utf8, "\xed\xa0\xbd\xed\xb8\n.", "\xed\xa0\xbd\xed\xb8\n.");
    CHECK_BYTES(dj_fix_plain_utf8, "\xed\x95\x9c\xed\xa0\xbd",
                "\xed\x95\x9c\xed\xa0\xbd");
}

static void check_fix(struct dj_fixer *fixer, struct dj_str text, struct dj_str want)
{
    struct dj_buf out;
    bool changed;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_buf_append(&out, DJ_STR("before|")));
    DJ_CHECK_OK(dj_fixer_fix(fixer, text, &out, &changed));
    DJ_CHECK(changed == !dj_str_equal(text, want));
    if (changed) {
        DJ_CHECK(dj_str_equal((struct dj_str){ out.ptr + 7, out.len - 7 }, want));
    } else {
        DJ_CHECK_INT(out.len, 7);
    }
    dj_buf_release(&out);
}

static void one_fixer_serves_many_texts(void)
{
    struct dj_fixer *fixer = dj_fixer_new(DJ_NFC);

    for (int i = 0; i < 3; i++) {
        check_fix(fixer, (struct dj_str){ NULL, 0 }, DJ_STR(""));
        check_fix(fixer, DJ_STR("clean\n"), DJ_STR("clean\n"));
        check_fix(fixer, DJ_STR("\0"), DJ_STR(""));
        check_fix(fixer, DJ_STR("&#1;"), DJ_STR(""));
        check_fix(fixer, DJ_STR("a\nb’\nc\nd’e\nf"), DJ_STR("a\nb'\nc\nd'e\nf"));
        check_fix(fixer, DJ_STR("日本 ÃƒÂ©Ã© âœ”"), DJ_STR("日本 éé ✔"));
        check_fix(fixer, DJ_STR("&amp;amp;amp;amp;"), DJ_STR("&"));
        /* Only after the width form is undone is it an entity. */
        check_fix(fixer, DJ_STR("＆lt；"), DJ_STR("<"));
    }
    dj_fixer_free(fixer);
    dj_fixer_free(NULL);
}

/* count letters, then the tail. */
static struct dj_str long_line(struct dj_buf *buf, size_t count, struct dj_str tail)
{
    dj_buf_reset(buf);
    DJ_CHECK_OK(dj_buf_reserve(buf, count));
    memset(buf->ptr, 'x', count);
    buf->len = count;
    DJ_CHECK_OK(dj_buf_append(buf, tail));
    return dj_buf_str(buf);
}

static void lines_are_cut_after_a_million_characters(void)
{
    struct dj_fixer *fixer = dj_fixer_new(DJ_NFC);
    struct dj_buf text;
    struct dj_buf want;

    dj_buf_init(&text);
    dj_buf_init(&want);
    check_fix(fixer, long_line(&text, 999998, DJ_STR("Ã©\nÃ©")),
              long_line(&want, 999998, DJ_STR("é\né")));
    check_fix(fixer, long_line(&text, 999999, DJ_STR("Ã©\nÃ©")),
              long_line(&want, 999999, DJ_STR("Ã©\né")));
    check_fix(fixer, long_line(&text, 1000000, DJ_STR("Ã©\nÃ©")),
              long_line(&want, 1000000, DJ_STR("é\né")));
    check_fix(fixer, long_line(&text, 2999999, DJ_STR("Ã©")),
              long_line(&want, 2999999, DJ_STR("Ã©")));
    check_fix(fixer, long_line(&text, 999998, DJ_STR("\r\n")),
              long_line(&want, 999998, DJ_STR("\n")));
    check_fix(fixer, long_line(&text, 999999, DJ_STR("\r\n")),
              long_line(&want, 999999, DJ_STR("\n\n")));
    check_fix(fixer, long_line(&text, 1000000, DJ_STR("&lt;<")),
              long_line(&want, 1000000, DJ_STR("&lt;<")));
    dj_buf_release(&text);
    dj_buf_release(&want);
    dj_fixer_free(fixer);
}

/* Any characters: a fixer that has seen other texts gives what a new one gives. */
static void results_do_not_depend_on_earlier_texts(void)
{
    static const uint32_t bases[] = { 0, 0x20, 0x80, 0x80, 0xc0, 0x410, 0x2010, 0xff00 };
    struct dj_fixer *old = dj_fixer_new(DJ_NFKC);
    uint32_t seed = 1;

    for (int round = 0; round < 3000; round++) {
        struct dj_fixer *fresh = dj_fixer_new(DJ_NFKC);
        struct dj_buf expected;
        char text[64 * 4];
        size_t len = 0;
        bool changed;

        for (int i = 0; i < 64; i++) {
            seed = seed * 1664525 + 1013904223;
            len += dj_utf8_put(text + len, bases[seed >> 29] + (seed >> 20 & 0x3f));
        }
        dj_buf_init(&expected);
        DJ_CHECK_OK(
            dj_fixer_fix(fresh, (struct dj_str){ text, len }, &expected, &changed));
        check_fix(old, (struct dj_str){ text, len },
                  changed ? dj_buf_str(&expected) : (struct dj_str){ text, len });
        dj_buf_release(&expected);
        dj_fixer_free(fresh);
    }
    dj_fixer_free(old);
}

int main(void)
{
    DJ_TEST(every_odd_byte_is_found_at_every_place);
    DJ_TEST(runs_of_ascii_do_not_change_what_is_found);
    DJ_TEST(entities_are_sorted_and_found);
    DJ_TEST(blanks_become_byte_a0_again);
    DJ_TEST(lost_bytes_become_replacement_characters);
    DJ_TEST(other_spellings_become_utf8);
    DJ_TEST(one_fixer_serves_many_texts);
    DJ_TEST(lines_are_cut_after_a_million_characters);
    DJ_TEST(results_do_not_depend_on_earlier_texts);
    return 0;
}

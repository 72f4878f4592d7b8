/* Replacement templates as Python's sub() reads them. */
#include "dj/regex.h"
#include "djtest.h"

static struct dj_error err;

/* Of the pattern (a)(?P<name>b)?(c) in "-ac-". */
static void check(enum dj_regex_flavor flavor, const char *tmpl, const char *result)
{
    struct dj_regex *regex;
    struct dj_template *parsed;
    struct dj_buf out;
    bool changed;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_regex_new("(a)(?P<name>b)?(c)", flavor, 0, &regex, &err));
    DJ_CHECK_OK(dj_template_new(tmpl, regex, &parsed, &err));
    DJ_CHECK_OK(dj_regex_sub(regex, parsed, DJ_STR("-ac-"), &out, &changed, &err));
    DJ_CHECK(changed);
    DJ_CHECK_STR(dj_buf_str(&out), result);
    dj_buf_release(&out);
    dj_template_free(parsed);
    dj_regex_free(regex);
}

static void check_refused(enum dj_regex_flavor flavor, const char *tmpl,
                          const char *message)
{
    struct dj_regex *regex;
    struct dj_template *parsed;

    DJ_CHECK_OK(dj_regex_new("(a)(?P<name>b)?(c)", flavor, 0, &regex, &err));
    DJ_CHECK_STATUS(dj_template_new(tmpl, regex, &parsed, &err), DJ_CONFIG);
    DJ_CHECK(parsed == NULL);
    DJ_CHECK_CONTAINS(err.text, message);
    dj_regex_free(regex);
}

static void groups_are_filled_in(void)
{
    for (int flavor = DJ_REGEX_RE; flavor <= DJ_REGEX_REGEX; flavor++) {
        check((enum dj_regex_flavor)flavor, "", "--");
        check((enum dj_regex_flavor)flavor, "x$&x", "-x$&x-");
        check((enum dj_regex_flavor)flavor, "[\\3\\1]", "-[ca]-");
        check((enum dj_regex_flavor)flavor, "\\g<0>\\g<3>\\g<03>", "-accc-");
        check((enum dj_regex_flavor)flavor, "<\\g<name>\\2>", "-<>-"); /* no part */
        check((enum dj_regex_flavor)flavor, "\\g<1>0", "-a0-");
        check((enum dj_regex_flavor)flavor, "é\\1中", "-éa中-");
    }
}

static void escapes_are_characters(void)
{
    for (int flavor = DJ_REGEX_RE; flavor <= DJ_REGEX_REGEX; flavor++) {
        check((enum dj_regex_flavor)flavor, "\\n\\t\\r\\a\\b\\f\\v\\\\",
              "-\n\t\r\a\b\f\v\\-");
        check((enum dj_regex_flavor)flavor, "\\101\\0410\\041", "-A!0!-");
    }
}

static void other_signs_keep_their_backslash(void)
{
    check(DJ_REGEX_RE, "\\-\\ \\é\\$", "-\\-\\ \\é\\$-");
    check(DJ_REGEX_REGEX, "\\-\\ \\é\\$", "-\\-\\ \\é\\$-");
}

static void only_regex_knows_hexadecimal(void)
{
    check(DJ_REGEX_REGEX, "\\x41\\u00e9\\U0001F600", "-Aé😀-");
    check(DJ_REGEX_REGEX, "\\400", "-Ā-");
    check_refused(DJ_REGEX_RE, "\\x41", "bad escape \\x at position 0");
    check_refused(DJ_REGEX_RE, "a\\u00e9", "bad escape \\u at position 1");
    check_refused(DJ_REGEX_RE, "\\400", "octal escape outside of range");
    check_refused(DJ_REGEX_REGEX, "\\x4", "incomplete escape \\x at position 0");
    check_refused(DJ_REGEX_REGEX, "\\ud800", "no such character");
}

static void what_is_wrong_is_refused_at_once(void)
{
    for (int flavor = DJ_REGEX_RE; flavor <= DJ_REGEX_REGEX; flavor++) {
        const enum dj_regex_flavor f = (enum dj_regex_flavor)flavor;

        check_refused(f, "é\\4", "invalid group reference 4 at position 1");
        check_refused(f, "\\g<4>", "invalid group reference 4 at position 0");
        check_refused(f, "\\99", "invalid group reference 99 at position 0");
        check_refused(f, "\\g<nome>", "unknown group name \"nome\" at position 0");
        check_refused(f, "\\g", "missing < after \\g");
        check_refused(f, "\\g<1", "missing > after \\g<");
        check_refused(f, "\\g<>", "missing group name");
        check_refused(f, "ab\\q", "bad escape \\q at position 2");
        check_refused(f, "ab\\", "bad escape (end of pattern) at position 2");
        check_refused(f, "\\N{DASH}", "bad escape \\N at position 0");
    }
}

static void a_match_found_otherwise_can_be_filled_in(void)
{
    const size_t bounds[] = { 1, 4, 2, 3, SIZE_MAX, SIZE_MAX, 3, 4 };
    struct dj_regex *regex;
    struct dj_template *parsed;
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_regex_new("(a)(b)?(c)", DJ_REGEX_REGEX, 0, &regex, &err));
    DJ_CHECK_OK(dj_template_new("<\\1\\2>\\0", regex, &parsed, &err));
    DJ_CHECK_INT(dj_template_top_group(parsed), 2);
    DJ_CHECK_OK(dj_template_fill(parsed, bounds, DJ_STR("vwxyz"), &out));
    DJ_CHECK(dj_str_equal(dj_buf_str(&out), (struct dj_str){ "<x>\0", 4 }));
    dj_template_free(parsed);
    DJ_CHECK_OK(dj_template_new("\\g<0>!", regex, &parsed, &err));
    DJ_CHECK_INT(dj_template_top_group(parsed), 0);
    dj_template_free(parsed);
    dj_buf_release(&out);
    dj_regex_free(regex);
}

int main(void)
{
    DJ_TEST(groups_are_filled_in);
    DJ_TEST(escapes_are_characters);
    DJ_TEST(other_signs_keep_their_backslash);
    DJ_TEST(only_regex_knows_hexadecimal);
    DJ_TEST(what_is_wrong_is_refused_at_once);
    DJ_TEST(a_match_found_otherwise_can_be_filled_in);
    return 0;
}

/* Regular expressions: Python's dialect, classes, limits, and PCRE2's defects. */
#include "dj/regex.h"
#include "dj/text.h"
#include "djtest.h"
#include "regex_rows.h"

static struct dj_error err;

static struct dj_regex *compiled(const char *pattern, enum dj_regex_flavor flavor,
                                 unsigned flags)
{
    struct dj_regex *regex = NULL;

    if (dj_regex_new(pattern, flavor, flags, &regex, &err) != DJ_OK) {
        (void)fprintf(stderr, "  %s: %s\n", pattern, err.text);
        djtest_fail(__FILE__, __LINE__);
    }
    return regex;
}

/* sub() must give the result. */
static void check_sub(const char *pattern, enum dj_regex_flavor flavor, unsigned flags,
                      const char *tmpl, const char *text, const char *result)
{
    struct dj_regex *regex = compiled(pattern, flavor, flags);
    struct dj_template *parsed;
    struct dj_buf out;
    bool changed;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_template_new(tmpl, regex, &parsed, &err));
    DJ_CHECK_OK(dj_regex_sub(regex, parsed, dj_str_from(text), &out, &changed, &err));
    if (!dj_str_is(changed ? dj_buf_str(&out) : dj_str_from(text), result)) {
        (void)fprintf(stderr, "  \"%s\" in \"%s\": \"%.*s\", not \"%s\"\n", pattern, text,
                      (int)out.len, out.ptr == NULL ? "" : out.ptr, result);
        djtest_fail(__FILE__, __LINE__);
    }
    DJ_CHECK(changed || out.len == 0);
    dj_buf_release(&out);
    dj_template_free(parsed);
    dj_regex_free(regex);
}

static void patterns_do_what_python_does(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];

        if (row->who != REGEX) {
            check_sub(row->pattern, DJ_REGEX_RE, 0, row->tmpl, row->text, row->result);
        }
        if (row->who != RE) {
            check_sub(row->pattern, DJ_REGEX_REGEX, 0, row->tmpl, row->text, row->result);
        }
    }
}

static void flags_of_the_call_hold_for_the_whole(void)
{
    check_sub("a.b", DJ_REGEX_REGEX, DJ_REGEX_DOTALL, "_", "a\nb", "_");
    check_sub("a.b", DJ_REGEX_REGEX, 0, "_", "a\nb", "a\nb");
    check_sub("^b$", DJ_REGEX_RE, DJ_REGEX_MULTILINE, "_", "a\nb\nc", "a\n_\nc");
    check_sub("A", DJ_REGEX_RE, DJ_REGEX_IGNORECASE, "_", "aA", "__");
}

static void what_is_refused_says_where(void)
{
    static const struct {
        enum dj_regex_flavor flavor;
        const char *pattern;
        const char *message;
    } refused[] = {
        { DJ_REGEX_RE, "a**", "multiple repeat at position 2" },
        { DJ_REGEX_RE, "*a", "nothing to repeat at position 0" },
        { DJ_REGEX_RE, "^*", "nothing to repeat at position 1" },
        { DJ_REGEX_REGEX, "{2}", "nothing to repeat at position 0" },
        { DJ_REGEX_RE, "é(a", "missing ), unterminated subpattern at position 1" },
        { DJ_REGEX_RE, "a)", "unbalanced parenthesis at position 1" },
        { DJ_REGEX_RE, "[a", "unterminated character set at position 0" },
        { DJ_REGEX_RE, "[b-a]", "bad character range at position 1" },
        { DJ_REGEX_RE, "[a-\\d]", "bad character range at position 1" },
        { DJ_REGEX_RE, "中\\p{L}", "bad escape \\p at position 1" },
        { DJ_REGEX_RE, "\\z", "bad escape \\z at position 0" },
        { DJ_REGEX_REGEX, "a\\y", "bad escape \\y at position 1" },
        { DJ_REGEX_REGEX, "a\\", "bad escape (end of pattern) at position 1" },
        { DJ_REGEX_REGEX, "\\x4", "incomplete escape \\x at position 0" },
        { DJ_REGEX_REGEX, "\\N{DASH}", "\\N{name} is not supported" },
        { DJ_REGEX_REGEX, "\\X", "\\X is not supported at position 0" },
        { DJ_REGEX_REGEX, "\\L<words>", "\\L is not supported at position 0" },
        { DJ_REGEX_REGEX, "(?:foo){e<=1}", "fuzzy matching is not supported" },
        { DJ_REGEX_REGEX, "foo{2i+1d<4}", "fuzzy matching is not supported" },
        { DJ_REGEX_REGEX, "(?V1)a", "the flag V is not supported at position 2" },
        { DJ_REGEX_REGEX, "(?r)a", "the flag r is not supported at position 2" },
        { DJ_REGEX_REGEX, "(?a:\\w)", "the flag a is supported for whole patterns" },
        { DJ_REGEX_RE, "(?z)", "unknown extension at position 0" },
        { DJ_REGEX_RE, "a(?i)b", "global flags not at the start" },
        { DJ_REGEX_RE, "(?i-i:a)", "flag turned on and off" },
        { DJ_REGEX_RE, "\\1(a)", "invalid group reference 1 at position 0" },
        { DJ_REGEX_REGEX, "(a)\\2", "invalid group reference 2 at position 3" },
        { DJ_REGEX_RE, "(a\\1)", "cannot refer to an open group at position 2" },
        { DJ_REGEX_RE, "(?P=x)", "unknown group name \"x\" at position 0" },
        { DJ_REGEX_RE, "(?P<1a>x)", "bad character in group name at position 4" },
        { DJ_REGEX_RE, "(?P<a>x)(?P<a>y)", "the name of this group is taken" },
        { DJ_REGEX_RE, "(?P<a", "missing > after the name of a group" },
        { DJ_REGEX_RE, "a{3,2}", "min repeat greater than max repeat at position 1" },
        { DJ_REGEX_RE, "a{70000}", "more than 65535 repeats at position 1" },
        { DJ_REGEX_REGEX, "xy(?<=a+)b", "a lookbehind of variable length" },
        { DJ_REGEX_REGEX, "\\p{Nonsense}", "at position 0" },
        { DJ_REGEX_REGEX, "(*COMMIT)a", "unknown verb at position 0" },
        { DJ_REGEX_REGEX, "(?i)[\\p{Lu}x]", "a set with a property of case" },
        { DJ_REGEX_REGEX, "(?#a", "unterminated comment" },
        { DJ_REGEX_REGEX, "((((?(1)a|b|c))))", "conditional with more than two" },
    };

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct dj_regex *regex;

        DJ_CHECK_STATUS(
            dj_regex_new(refused[i].pattern, refused[i].flavor, 0, &regex, &err),
            DJ_CONFIG);
        DJ_CHECK(regex == NULL);
        DJ_CHECK_CONTAINS(err.text, refused[i].message);
    }
}

static void deep_nesting_is_refused(void)
{
    char pattern[2 * 3000 + 1];
    struct dj_regex *regex;

    memset(pattern, '(', 3000);
    memset(pattern + 3000, ')', 3000);
    pattern[6000] = '\0';
    DJ_CHECK_STATUS(dj_regex_new(pattern, DJ_REGEX_RE, 0, &regex, &err), DJ_CONFIG);
    DJ_CHECK_CONTAINS(err.text, "nested too deep");
}

/* --- classes over all of Unicode -----------------------------------------------------
 */

static void every_character(struct dj_buf *text)
{
    char bytes[4];

    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        if (c < 0xd800 || c > 0xdfff) {
            DJ_CHECK_OK(
                dj_buf_append(text, (struct dj_str){ bytes, dj_utf8_put(bytes, c) }));
        }
    }
}

/* Each character that the pattern finds must be a member, and the other way round. */
static void check_members(struct dj_str text, const char *pattern,
                          enum dj_regex_flavor flavor, unsigned flags, bool members[])
{
    struct dj_regex *regex = compiled(pattern, flavor, flags);
    size_t start, end;
    bool found;

    dj_regex_begin(regex, text);
    DJ_CHECK_OK(dj_regex_next(regex, &found, &start, &end, &err));
    for (const char *s = text.ptr; s < text.ptr + text.len;) {
        const size_t at = (size_t)(s - text.ptr);
        const uint32_t c = dj_utf8_next(&s);
        const bool here = found && start == at;

        if (here != members[c]) {
            (void)fprintf(stderr, "  %s: U+%04X\n", pattern, (unsigned)c);
            djtest_fail(__FILE__, __LINE__);
        }
        if (here) {
            DJ_CHECK_OK(dj_regex_next(regex, &found, &start, &end, &err));
        }
    }
    dj_regex_free(regex);
}

static void classes_are_those_of_the_tables(void)
{
    static bool members[0x110000];
    /* So many that PCRE2 takes them in the short form only. */
    static const char many[] =
        "(?=\\w)(?=\\w)(?=\\w)(?=\\w)(?=\\w)(?=\\w)(?=\\w)(?=\\w)(?=\\w)(?=\\w)"
        "(?=\\w)(?=\\w)(?=\\w)(?=\\w)(?=\\w)(?=\\w)\\w";
    struct dj_buf buf;

    dj_buf_init(&buf);
    every_character(&buf);
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        members[c] = (dj_char_class(c) & DJ_CHAR_REGEX_WORD) != 0;
        /* Where the classes are not looked for, there are no members. */
        DJ_CHECK(c < 0x40000 || (c >= 0xe0000 && c < 0xe1000) ||
                 (dj_char_class(c) &
                  (DJ_CHAR_REGEX_WORD | DJ_CHAR_REGEX_DIGIT | DJ_CHAR_REGEX_PUNCT |
                   DJ_CHAR_ALNUM | DJ_CHAR_SPACE)) == 0);
    }
    check_members(dj_buf_str(&buf), "\\w", DJ_REGEX_REGEX, 0, members);
    check_members(dj_buf_str(&buf), many, DJ_REGEX_REGEX, 0, members);
    check_members(dj_buf_str(&buf), "[^\\W]", DJ_REGEX_REGEX, DJ_REGEX_IGNORECASE,
                  members);
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        members[c] = (dj_char_class(c) & DJ_CHAR_ALNUM) != 0 || c == '_';
    }
    check_members(dj_buf_str(&buf), "\\w", DJ_REGEX_RE, 0, members);
    check_members(dj_buf_str(&buf), many, DJ_REGEX_RE, 0, members);
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        members[c] = (dj_char_class(c) & DJ_CHAR_REGEX_DIGIT) != 0;
    }
    check_members(dj_buf_str(&buf), "\\d", DJ_REGEX_REGEX, 0, members);
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        members[c] = (dj_char_class(c) & DJ_CHAR_SPACE) != 0;
    }
    check_members(dj_buf_str(&buf), "\\s", DJ_REGEX_RE, 0, members);
    memset(members + 0x1c, 0, 4);
    check_members(dj_buf_str(&buf), "\\s", DJ_REGEX_REGEX, 0, members);
    dj_buf_release(&buf);
}

/* --- searching
 * --------------------------------------------------------------------------- */

static void a_search_keeps_to_its_bounds(void)
{
    struct dj_regex *regex = compiled("(?<=x)(\\d)(é)?", DJ_REGEX_RE, 0);
    const struct dj_str text = DJ_STR("x1 x2\303\251 x3");
    size_t start = 77;
    size_t end = 77;
    bool found;

    DJ_CHECK_INT(dj_regex_groups(regex), 2);
    DJ_CHECK_OK(dj_regex_search(regex, text, 2, text.len, &found, &start, &end, &err));
    DJ_CHECK(found && start == 4 && end == 7);
    DJ_CHECK(dj_regex_group(regex, 2, &start, &end) && start == 5 && end == 7);
    DJ_CHECK_OK(dj_regex_search(regex, text, 1, text.len, &found, &start, &end, &err));
    DJ_CHECK(found && start == 1 && end == 2); /* what is before counts for (?<=) */
    DJ_CHECK(!dj_regex_group(regex, 2, &start, &end));
    start = 77;
    DJ_CHECK_OK(dj_regex_search(regex, text, 2, 3, &found, &start, &end, &err));
    DJ_CHECK(!found && start == 77);
    DJ_CHECK(!dj_regex_group(regex, 0, &start, &end));
    DJ_CHECK_OK(dj_regex_search(regex, text, 2, 4, &found, &start, &end, &err));
    DJ_CHECK(found && start == 4);
    DJ_CHECK_OK(dj_regex_search(regex, text, 9, 8, &found, &start, &end, &err));
    DJ_CHECK(!found);
    DJ_CHECK_OK(dj_regex_search(regex, (struct dj_str){ NULL, 0 }, 0, 0, &found, &start,
                                &end, &err));
    DJ_CHECK(!found);
    dj_regex_free(regex);
}

static void a_walk_steps_over_empty_matches(void)
{
    static const size_t spans[][2] = { { 0, 0 }, { 0, 1 }, { 1, 1 }, { 2, 2 } };
    struct dj_regex *regex = compiled("|a", DJ_REGEX_REGEX, 0);
    size_t start, end;
    bool found;

    dj_regex_begin(regex, DJ_STR("ab"));
    for (size_t i = 0; i < 4; i++) {
        DJ_CHECK_OK(dj_regex_next(regex, &found, &start, &end, &err));
        DJ_CHECK(found && start == spans[i][0] && end == spans[i][1]);
    }
    DJ_CHECK_OK(dj_regex_next(regex, &found, &start, &end, &err));
    DJ_CHECK(!found);
    dj_regex_free(regex);
}

/* Of two translations one is chosen by the text; they must agree. */
static void ascii_and_other_texts_agree(void)
{
    static const char *const patterns[] = { "\\b\\w+\\b", "[\\W_]+", "(?i)[i-k]+",
                                            "\\B.",       "\\d\\s",  "[^\\d]+" };
    static const char text[] = "Ik jAI_1 22 x-y\n";

    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct dj_regex *regex = compiled(patterns[i], DJ_REGEX_REGEX, 0);
        char longer[64];
        size_t from = 0;
        size_t start[2], end[2];
        bool found[2] = { true, true };

        (void)snprintf(longer, sizeof(longer), "%s\303\251", text);
        while (found[0] && from < sizeof(text) - 2) {
            DJ_CHECK_OK(dj_regex_search(regex, dj_str_from(text), from, sizeof(text) - 2,
                                        &found[0], &start[0], &end[0], &err));
            DJ_CHECK_OK(dj_regex_search(regex, dj_str_from(longer), from,
                                        sizeof(text) - 2, &found[1], &start[1], &end[1],
                                        &err));
            DJ_CHECK(found[0] == found[1]);
            DJ_CHECK(!found[0] || start[0] == start[1]);
            DJ_CHECK(!found[0] || end[0] == end[1] || end[0] == sizeof(text) - 1);
            from = found[0] ? start[0] + 1 : from;
        }
        dj_regex_free(regex);
    }
}

static void too_many_steps_are_the_texts_fault(void)
{
    struct dj_regex *regex = compiled("(?:a+)+[bd]", DJ_REGEX_REGEX, 0);
    const struct dj_str text = DJ_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac");
    size_t start, end;
    bool found;

    DJ_CHECK_STATUS(dj_regex_search(regex, text, 0, text.len, &found, &start, &end, &err),
                    DJ_OP);
    DJ_CHECK_CONTAINS(err.text, "takes more than 10000000 steps");
    DJ_CHECK_OK(dj_regex_search(regex, DJ_STR("aab"), 0, 3, &found, &start, &end, &err));
    DJ_CHECK(found && end == 3);
    dj_regex_free(regex);
}

static void a_long_text_gets_a_bigger_stack(void)
{
    struct dj_regex *regex = compiled("(?:a|(b))+", DJ_REGEX_REGEX, 0);
    char *text = dj_xmalloc(400000);
    size_t start, end;
    bool found;

    memset(text, 'a', 400000);
    DJ_CHECK_OK(dj_regex_search(regex, (struct dj_str){ text, 400000 }, 0, 400000, &found,
                                &start, &end, &err));
    DJ_CHECK(found && start == 0 && end == 400000);
    dj_xfree(text);
    dj_regex_free(regex);
}

static void native_patterns_are_pcres(void)
{
    check_sub("(?<y>\\d)(?=\\p{Greek})", DJ_REGEX_RE, DJ_REGEX_NATIVE, "<\\1>",
              "1\316\261 2 \331\243\316\261", "<1>\316\261 2 \331\243\316\261");
    check_sub("^A$", DJ_REGEX_RE,
              DJ_REGEX_NATIVE | DJ_REGEX_MULTILINE | DJ_REGEX_IGNORECASE, "_", "b\na\n",
              "b\n_\n");
    check_sub("a.|(?:ab|a)x*b", DJ_REGEX_RE, DJ_REGEX_NATIVE | DJ_REGEX_DOTALL, "_",
              "a\n", "_");
    check_sub("(?:ab|a)x*b", DJ_REGEX_RE, DJ_REGEX_NATIVE, "_", "ab", "_");
}

int main(void)
{
    DJ_TEST(patterns_do_what_python_does);
    DJ_TEST(flags_of_the_call_hold_for_the_whole);
    DJ_TEST(what_is_refused_says_where);
    DJ_TEST(deep_nesting_is_refused);
    DJ_TEST(classes_are_those_of_the_tables);
    DJ_TEST(a_search_keeps_to_its_bounds);
    DJ_TEST(a_walk_steps_over_empty_matches);
    DJ_TEST(ascii_and_other_texts_agree);
    DJ_TEST(too_many_steps_are_the_texts_fault);
    DJ_TEST(a_long_text_gets_a_bigger_stack);
    DJ_TEST(native_patterns_are_pcres);
    return 0;
}

/*
 * Personal data: where a quick test says that a pattern cannot match, it must not, and
 * mail addresses found by hand must be those that the pattern finds. On random texts.
 */
#include "djtest.h"

#include "dj/personal.h"

enum { ROUNDS = 20000, FORMS = DJ_PERSONAL_ID_CARD + 1 };

static uint64_t chance = 1;

static size_t below(size_t limit)
{
    chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(chance >> 33) % limit;
}

/* Pieces that often match together, and what often keeps them from it. */
static void random_text(struct dj_buf *text)
{
    static const char *const pieces[] = {
        "a",
        "B",
        "_",
        "9",
        "1",
        "20",
        "3",
        ".",
        "-",
        "+",
        "@",
        "@",
        ".co",
        ".c9",
        " ",
        "\t",
        "\n",
        "\x1f",
        ":",
        "=",
        "\xef\xbc\x9a",
        "\"",
        "'",
        "(",
        "[",
        "]",
        "/",
        "\\",
        "/tmp",
        "C:\\",
        "eyJ",
        "http",
        "://",
        "::1",
        "fe",
        "0a:1b:",
        "2c-3d-",
        "ou_",
        "uid_",
        "token",
        "secret",
        "passwd",
        "pa\xc5\xbf\xc5\xbfword",
        "api_key",
        "session",
        "user-id",
        "_id",
        "_\xc4\xb1\x64",
        "channel",
        "\xe5\xbd\x93\xe5\x89\x8d\xe7\x9a\x84",
        "feishu",
        "mail",
        "138",
        "12345678",
        "110101",
        "1990",
        "0102",
        "123",
        "X",
        "-----BEGIN ",
        "KEY-----",
        "-----END ",
        "\xc3\xa9",
        "\xd9\xa3",
        "\xc2\xa0",
        "\xe2\x84\xaa",
        "0123456789abcdef",
        "\xe4\xb8\xad",
    };

    dj_buf_reset(text);
    for (size_t n = below(14); n > 0; n--) {
        DJ_CHECK_OK(dj_buf_append(
            text, dj_str_from(pieces[below(sizeof(pieces) / sizeof(pieces[0]))])));
    }
}

static void quick_tests_miss_nothing(void)
{
    struct dj_regex *regexes[FORMS];
    struct dj_error err;
    struct dj_buf text;

    dj_buf_init(&text);
    for (size_t i = 0; i < FORMS; i++) {
        const struct dj_personal_form *form = dj_personal_form((enum dj_personal)i);

        DJ_CHECK_OK(
            dj_regex_new(form->pattern, DJ_REGEX_RE, form->flags, &regexes[i], &err));
    }
    for (size_t round = 0; round < ROUNDS; round++) {
        random_text(&text);
        for (size_t i = 0; i < FORMS && text.len > 0; i++) {
            size_t start, end;
            bool matches;

            DJ_CHECK_OK(dj_regex_search(regexes[i], dj_buf_str(&text), 0, text.len,
                                        &matches, &start, &end, &err));
            if (matches &&
                !dj_personal_form((enum dj_personal)i)->may(dj_buf_str(&text))) {
                (void)fprintf(stderr, "  %zu: %.*s\n", i, (int)text.len, text.ptr);
                DJ_CHECK(!matches);
            }
        }
    }
    for (size_t i = 0; i < FORMS; i++) {
        dj_regex_free(regexes[i]);
    }
    dj_buf_release(&text);
}

static void mail_addresses_are_those_of_the_pattern(void)
{
    const struct dj_personal_form *form = dj_personal_form(DJ_PERSONAL_EMAIL);
    struct dj_buf text, by_hand, by_pattern;
    struct dj_template *tmpl;
    struct dj_regex *regex;
    struct dj_error err;

    dj_buf_init(&text);
    dj_buf_init(&by_hand);
    dj_buf_init(&by_pattern);
    DJ_CHECK_OK(dj_regex_new(form->pattern, DJ_REGEX_RE, form->flags, &regex, &err));
    DJ_CHECK_OK(dj_template_new("<\\g<0>>", regex, &tmpl, &err));
    for (size_t round = 0; round < ROUNDS; round++) {
        bool changed_by_hand, changed;

        random_text(&text);
        DJ_CHECK_OK(dj_buf_append(&text, DJ_STR("@")));
        dj_buf_reset(&by_hand);
        dj_buf_reset(&by_pattern);
        DJ_CHECK_OK(form->sub(tmpl, dj_buf_str(&text), &by_hand, &changed_by_hand));
        DJ_CHECK_OK(
            dj_regex_sub(regex, tmpl, dj_buf_str(&text), &by_pattern, &changed, &err));
        if (changed != changed_by_hand ||
            !dj_str_equal(dj_buf_str(&by_hand), dj_buf_str(&by_pattern))) {
            (void)fprintf(stderr, "  %.*s\n", (int)text.len, text.ptr);
            DJ_CHECK(changed == changed_by_hand);
            DJ_CHECK(dj_str_equal(dj_buf_str(&by_hand), dj_buf_str(&by_pattern)));
        }
    }
    dj_regex_free(regex);
    dj_template_free(tmpl);
    dj_buf_release(&text);
    dj_buf_release(&by_hand);
    dj_buf_release(&by_pattern);
}

int main(void)
{
    DJ_TEST(quick_tests_miss_nothing);
    DJ_TEST(mail_addresses_are_those_of_the_pattern);
    return 0;
}

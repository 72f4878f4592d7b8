/*
 * The scanners for links and addresses: they find what the published patterns find,
 * which the regular expressions of this module tell.
 */
#include "dj/scan.h"
#include "dj/text.h"
#include "djtest.h"
#include "text/scan_private.h"

static struct dj_error err;

/*
 * The link pattern with its repeat inside of a repeat unrolled: the same matches, but
 * PCRE2 does not take exponential time for them. G is a group in brackets.
 */
#define X "[^\\s()<>]"
#define G "\\((?:" X "|\\(" X "+\\))*\\)"
static const char link_pattern[] =
    "(?i)\\b((?:[a-z][\\w-]+:(?:\\/{1,3}|[a-z0-9%])|www\\d{0,3}[.]|"
    "[a-z0-9.\\-]+[.][a-z]{2,4}\\/)"
    "(?:" X "+(?:" G X "*)*|(?:" G X "*)+)"
    "(?:" G "|[^\\s`!()\\[\\]{};:'\".,<>?«»“”‘’]))";
static const char email_pattern[] = "[A-Za-z0-9.\\-+_]+@[a-z0-9.\\-+_]+\\.[a-z]+";
static const char ip_pattern[] =
    "(?:(?:1[0-9][0-9]\\.)|(?:2[0-4][0-9]\\.)|(?:25[0-5]\\.)|(?:[1-9][0-9]\\.)|"
    "(?:[0-9]\\.)){3}(?:(?:1[0-9][0-9])|(?:2[0-4][0-9])|(?:25[0-5])|(?:[1-9][0-9])|"
    "(?:[0-9]))|([\\da-fA-F]{1,4}:){7}[\\da-fA-F]{1,4}";

/* Pieces of links, of addresses, and of what may stand around them. */
static const char *const link_parts[] = {
    "http",   "HTTPS",  "a",       "x-y",   "www", "wWw", "www1", "www1234", ":",
    "://",    ":/",     ":///",    ".",     "..",  "-",   "_",    "%",       ":%",
    ".com/",  ".c/",    ".abcde/", ".ſs/",  "K",   "ſ",   "İ",    "(",       ")",
    "(a)",    "((a))",  "()",      "(a b)", "[",   "]",   "<",    "'",       "“",
    "»",      ",",      "?",       "。",    "中",  "é",   " ",    "\n",      "\u3000",
    "\u200b", "\u0301", "²",       "٣",     "0",   "x",   "/",    "\x1f",
};
static const char *const email_parts[] = {
    "@", "@",   "@",    "a",    "B",   "9", ".", ".", "-", "+",
    "_", "foo", "x.co", ".COM", ".z9", "é", " ", ",", "#",
};
static const char *const ip_parts[] = {
    ".",
    ".",
    ":",
    ":",
    "::",
    "0",
    "1",
    "9",
    "10",
    "99",
    "100",
    "00",
    "01",
    "199",
    "249",
    "255",
    "256",
    "999",
    "1000",
    "a",
    "F",
    "db8",
    "g",
    "٣",
    "३",
    "²",
    " ",
    ",",
    "中",
    "1.2.",
    "10.0.0.",
    "255.255.255.",
    "01.1.1.",
    "a:b:c:",
    "1:2:3:4:5:6:",
    "٣:F:0:9:",
    "12345:1:2:3:4:5:6:7",
};

struct subject {
    dj_scan_fn *scan;
    const char *pattern;
    const char *const *parts;
    size_t nparts;
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const struct subject subjects[] = {
    { dj_scan_link, link_pattern, link_parts, COUNT(link_parts) },
    { dj_scan_email, email_pattern, email_parts, COUNT(email_parts) },
    { dj_scan_ip, ip_pattern, ip_parts, COUNT(ip_parts) },
};

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static size_t make_text(const struct subject *subject, uint64_t *state, char text[512])
{
    const size_t count = 1 + next_random(state) % 24;
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        const char *part = subject->parts[next_random(state) % subject->nparts];

        memcpy(text + len, part, strlen(part));
        len += strlen(part);
    }
    /* What lies behind a text must not matter. */
    memset(text + len, "/.:@w1a"[count % 7], DJ_PADDING);
    return len;
}

static size_t compare(const struct subject *subject, struct dj_regex *regex,
                      struct dj_str text)
{
    size_t bounds[DJ_SCAN_BOUNDS] = { 0 };
    size_t from = 0;
    size_t matches = 0;

    dj_regex_begin(regex, text);
    for (;;) {
        size_t start, end, group_start, group_end;
        bool found;

        DJ_CHECK_OK(dj_regex_next(regex, &found, &start, &end, &err));
        if (subject->scan(text, from, bounds) != found ||
            (found && (bounds[0] != start || bounds[1] != end))) {
            (void)fprintf(stderr, "  in \"%.*s\" from %zu\n", (int)text.len, text.ptr,
                          from);
            djtest_fail(__FILE__, __LINE__);
        }
        if (!found) {
            return matches;
        }
        if (dj_regex_group(regex, 1, &group_start, &group_end)) {
            DJ_CHECK(bounds[2] == group_start && bounds[3] == group_end);
        } else {
            DJ_CHECK(bounds[2] == SIZE_MAX);
        }
        matches++;
        from = end;
    }
}

static void scanners_find_what_the_patterns_find(void)
{
    uint64_t state = 42;

    for (size_t i = 0; i < COUNT(subjects); i++) {
        struct dj_regex *regex;
        char text[512];
        size_t matches = 0;

        DJ_CHECK_OK(dj_regex_new(subjects[i].pattern, DJ_REGEX_REGEX, DJ_REGEX_DOTALL,
                                 &regex, &err));
        for (int n = 0; n < 10000; n++) {
            const size_t len = make_text(&subjects[i], &state, text);

            matches += compare(&subjects[i], regex, (struct dj_str){ text, len });
        }
        DJ_CHECK(matches > 300);
        dj_regex_free(regex);
    }
}

static void vectors_find_what_single_bytes_find(void)
{
    uint64_t state = 7;

    for (size_t i = 0; i < COUNT(subjects); i++) {
        const enum dj_scan_kind kind = i == 0 ? DJ_SCAN_LINK : DJ_SCAN_IP;
        char text[512];

        for (int n = 0; n < 10000; n++) {
            const struct dj_str str = { text, make_text(&subjects[i], &state, text) };

            for (size_t pos = 1; pos < str.len; pos++) {
                const size_t plain = dj_scan_find_plain(kind, str, pos);

                DJ_CHECK_INT(dj_scan_find(kind, str, pos), plain);
                pos = plain;
            }
        }
    }
}

/* Would end in a time that no one waits for if it grew with the square. */
static void long_runs_take_linear_time(void)
{
    static const char *const pieces[] = {
        "a-", "a.", "a.b-", "www.", "a:",      "x:/", "(",  "((a", "é",
        ".",  "w",  "//",   "1:",   "a.com/(", "%",   "1.", "a.(",
    };
    static const char *const starts[] = { "", "http://", "http:/", "x.com/(", "x:\n" };
    enum { SIZE = 1 << 18 };
    char *text = dj_xmalloc(SIZE + DJ_PADDING);
    size_t bounds[DJ_SCAN_BOUNDS];

    for (size_t i = 0; i < COUNT(pieces) * COUNT(starts); i++) {
        const char *piece = pieces[i % COUNT(pieces)];
        const char *start = starts[i / COUNT(pieces)];
        size_t len = strlen(start);

        memcpy(text, start, len);
        while (len + strlen(piece) <= SIZE) {
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        for (size_t k = 0; k < COUNT(subjects); k++) {
            const struct dj_str str = { text, len };
            size_t from = 0;

            while (subjects[k].scan(str, from, bounds)) {
                DJ_CHECK(bounds[0] >= from && bounds[1] > bounds[0]);
                DJ_CHECK(bounds[1] <= len);
                from = bounds[1];
            }
        }
    }
    dj_xfree(text);
}

static unsigned expected_bits(int c)
{
    const bool digit = c >= '0' && c <= '9';
    const bool small = c >= 'a' && c <= 'z';
    const bool letter = small || (c >= 'A' && c <= 'Z');
    const bool hex = digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    const bool sign = c != 0 && strchr(".-+_", c) != NULL;
    const bool stop =
        c == ' ' || (c >= '\t' && c <= '\r') || (c != 0 && strchr("()<>", c) != NULL);
    const bool mark = c != 0 && strchr("`![]{};:'\".,?", c) != NULL;

    return (digit ? DJ_SCAN_DIGIT : 0u) | (letter ? DJ_SCAN_LETTER : 0u) |
           (hex ? DJ_SCAN_HEX : 0u) | (digit || letter || sign ? DJ_SCAN_LOCAL : 0u) |
           (digit || small || sign ? DJ_SCAN_DOMAIN : 0u) |
           (digit || letter || c == '_' ? DJ_SCAN_WORD : 0u) |
           (digit || letter || c == '.' || c == '-' ? DJ_SCAN_HOST : 0u) |
           (stop ? DJ_SCAN_STOP : 0u) | (!stop && !mark ? DJ_SCAN_TAIL : 0u);
}

static void the_table_is_what_its_names_say(void)
{
    for (int c = 0; c < 128; c++) {
        DJ_CHECK_INT(dj_scan_bits[c], expected_bits(c));
    }
}

/* --- the replacer ---------------------------------------------------------------------
 */

static struct dj_replacer_spec spec_of(const char *pattern, const char *repl)
{
    return (struct dj_replacer_spec){
        .op = "some_mapper",
        .pattern = pattern,
        .repl = repl,
        .published = ip_pattern,
        .scan = dj_scan_ip,
        .scan_groups = 1,
        .flavor = DJ_REGEX_REGEX,
        .flags = DJ_REGEX_DOTALL,
    };
}

static void check_replaced(const char *pattern, const char *repl, const char *text,
                           const char *result)
{
    const struct dj_replacer_spec spec = spec_of(pattern, repl);
    struct dj_replacer *replacer;
    struct dj_buf padded;
    struct dj_str out;
    bool changed;

    dj_buf_init(&padded);
    DJ_CHECK_OK(dj_buf_append(&padded, dj_str_from(text)));
    DJ_CHECK_OK(dj_replacer_new(&spec, &replacer, &err));
    for (int run = 0; run < 2; run++) {
        DJ_CHECK_OK(dj_replacer_run(replacer, dj_buf_str(&padded), &changed, &out, &err));
        DJ_CHECK(changed == (result != NULL));
        DJ_CHECK(result == NULL || dj_str_is(out, result));
    }
    dj_replacer_free(replacer);
    dj_buf_release(&padded);
}

static void replacers_take_scanner_or_pattern(void)
{
    check_replaced(NULL, "", "at 10.0.0.1, 1.2.3.", "at , 1.2.3.");
    check_replaced(NULL, "", "none", NULL);
    check_replaced(NULL, "", "", NULL);
    check_replaced(NULL, "<\\1\\g<0>>", "1:2:3:4:5:6:7:8 1.2.3.4",
                   "<7:1:2:3:4:5:6:7:8> <1.2.3.4>");
    check_replaced("b+", "\\g<0>!", "abbc", "abb!c");
    check_replaced("r'b'", "x", "abc", "axc"); /* Data-Juicer's wrapper */
    check_replaced("r\"b\"", "x", "abc", "axc");
    check_replaced("r'", "x", "r'b'", "xb'");
    check_replaced("a.b", "x", "a\nb", "x");
}

static void replacers_name_what_is_wrong(void)
{
    struct dj_replacer_spec spec = spec_of("(", "");
    struct dj_replacer *replacer;

    DJ_CHECK_STATUS(dj_replacer_new(&spec, &replacer, &err), DJ_CONFIG);
    DJ_CHECK(replacer == NULL);
    DJ_CHECK_TEXT(err.text, "some_mapper.pattern: missing ), unterminated subpattern at "
                            "position 0");
    spec = spec_of(NULL, "\\2");
    DJ_CHECK_STATUS(dj_replacer_new(&spec, &replacer, &err), DJ_CONFIG);
    DJ_CHECK_TEXT(err.text, "some_mapper.repl: invalid group reference 2 at position 0");
    spec = spec_of(NULL, NULL);
    DJ_CHECK_STATUS(dj_replacer_new(&spec, &replacer, &err), DJ_CONFIG);
    DJ_CHECK_TEXT(err.text, "some_mapper.repl: null is no template");
}

int main(void)
{
    DJ_TEST(scanners_find_what_the_patterns_find);
    DJ_TEST(vectors_find_what_single_bytes_find);
    DJ_TEST(long_runs_take_linear_time);
    DJ_TEST(the_table_is_what_its_names_say);
    DJ_TEST(replacers_take_scanner_or_pattern);
    DJ_TEST(replacers_name_what_is_wrong);
    return 0;
}

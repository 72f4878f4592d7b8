/* JSON strings are written as Python's json.dumps(ensure_ascii=False) writes them. */
#include "djtest.h"

#include "base/json_quote.h"
#include "dj/json.h"

/* What the string must look like, byte by byte; returns the end. */
static char *expect(const char *s, size_t len, char *out)
{
    static const char letters[] = "\b\t\n\f\r\"\\";
    static const char names[] = "btnfr\"\\";

    for (size_t i = 0; i < len; i++) {
        const unsigned char byte = (unsigned char)s[i];
        const char *letter = byte == 0 ? NULL : strchr(letters, byte);

        if (letter != NULL) {
            *out++ = '\\';
            *out++ = names[letter - letters];
        } else if (byte < 0x20) {
            out += snprintf(out, 7, "\\u%04x", byte);
        } else {
            *out++ = s[i];
        }
    }
    return out;
}

/* All versions and the public function, on memory that ends where the text ends. */
static void check_text(const char *s, size_t len)
{
    char *exact = dj_xmalloc(len + 1);
    char *wanted = dj_xmalloc(6 * len + 16);
    char *got = dj_xmalloc(6 * len + DJ_PADDING);
    const size_t wanted_len = (size_t)(expect(s, len, wanted) - wanted);
    dj_escape_fn *versions[DJ_ESCAPES];
    const size_t nversions = dj_json_escapes(versions);
    struct dj_buf out;

    exact = dj_xrealloc(exact, len == 0 ? 1 : len);
    memcpy(exact, s, len);
    for (size_t i = 0; i < nversions; i++) {
        DJ_CHECK_INT(versions[i](exact, len, got) - got, wanted_len);
        DJ_CHECK(memcmp(got, wanted, wanted_len) == 0);
    }

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_json_quote(&out, (struct dj_str){ exact, len }));
    DJ_CHECK_INT(out.len, wanted_len + 2);
    DJ_CHECK(out.ptr[0] == '"' && out.ptr[out.len - 1] == '"');
    DJ_CHECK(memcmp(out.ptr + 1, wanted, wanted_len) == 0);
    dj_buf_release(&out);
    dj_xfree(got);
    dj_xfree(wanted);
    dj_xfree(exact);
}

static void known_strings_look_as_python_writes_them(void)
{
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_buf_append(&out, DJ_STR("x")));
    DJ_CHECK_OK(dj_json_quote(&out, (struct dj_str){ NULL, 0 }));
    DJ_CHECK_OK(dj_json_quote(&out, DJ_STR("a/b\x7f\"\\\n\r\t\b\f\x01\x1f")));
    DJ_CHECK_OK(dj_json_quote(&out, DJ_STR("é漢😀\xe2\x80\xa8")));
    DJ_CHECK_OK(dj_json_quote(&out, (struct dj_str){ "\0", 1 }));
    DJ_CHECK_STR(dj_buf_str(&out), "x\"\"\"a/b\x7f\\\"\\\\\\n\\r\\t\\b\\f\\u0001\\u001f\""
                                   "\"é漢😀\xe2\x80\xa8\"\"\\u0000\"");
    dj_buf_release(&out);
}

static void every_byte_at_every_place_of_a_block(void)
{
    char text[131];

    for (size_t at = 0; at < sizeof(text); at++) {
        for (unsigned byte = 0; byte < 0x80; byte++) {
            if (byte < 0x22 || byte == '\\' || byte == 0x7f) {
                memset(text, 'a', sizeof(text));
                text[at] = (char)byte;
                check_text(text, at + 1);
                check_text(text, sizeof(text));
            }
        }
    }
}

static void lengths_around_blocks_and_strides(void)
{
    static char text[20000];

    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = i % 61 == 7 ? '\n' : i % 97 == 3 ? '"' : (char)('a' + i % 26);
    }
    for (size_t len = 0; len < 400; len++) {
        check_text(text, len);
    }
    for (size_t len = 8192 - 130; len < 8192 + 130; len++) {
        check_text(text, len);
    }
    check_text(text, sizeof(text));
    memset(text, '\n', sizeof(text));
    check_text(text, sizeof(text));
    memset(text, 1, sizeof(text));
    check_text(text, sizeof(text));
    memset(text, 'x', sizeof(text));
    check_text(text, sizeof(text));
}

int main(void)
{
    DJ_TEST(known_strings_look_as_python_writes_them);
    DJ_TEST(every_byte_at_every_place_of_a_block);
    DJ_TEST(lengths_around_blocks_and_strides);
    return 0;
}

/* Reading JSON documents, and writing text that nobody has checked. */
#include "djtest.h"

#include "dj/fs.h"
#include "dj/json.h"

#include <math.h>
#include <unistd.h>

static struct dj_error err;

static struct dj_json *parse(const char *text)
{
    struct dj_json *doc;

    DJ_CHECK_OK(dj_json_parse(dj_str_from(text), "test.json", &doc, &err));
    return doc;
}

static void values_are_found_by_key_and_type(void)
{
    struct dj_json *doc = parse("{\"a\": \"text\", \"b\": 42, \"c\": 1.5, \"d\": true, "
                                "\"e\": null, \"f\": [1, \"x\"], \"A\": 7}");

    DJ_CHECK(dj_json_is_object(doc));
    DJ_CHECK_INT(dj_json_count(doc), 7);
    DJ_CHECK_TEXT(dj_json_text(doc, "a", "none"), "text");
    DJ_CHECK_INT(dj_json_int(doc, "b", -1), 42);
    DJ_CHECK_INT(dj_json_int(doc, "A", -1), 7);
    DJ_CHECK(dj_json_number(doc, "c", -1) == 1.5);
    DJ_CHECK(dj_json_bool(doc, "d", false));
    DJ_CHECK(dj_json_get(doc, "e") != NULL);
    DJ_CHECK_TEXT(dj_json_key_at(doc, 2), "c");

    /* another type, or not there: the fallback */
    DJ_CHECK_TEXT(dj_json_text(doc, "b", "none"), "none");
    DJ_CHECK(dj_json_text(doc, "e", NULL) == NULL);
    DJ_CHECK_INT(dj_json_int(doc, "a", -1), -1);
    DJ_CHECK_INT(dj_json_int(doc, "c", -1), -1);
    DJ_CHECK_INT(dj_json_int(doc, "zz", -1), -1);
    DJ_CHECK(dj_json_bool(doc, "b", true));
    DJ_CHECK(!dj_json_bool(doc, "zz", false));
    dj_json_free(doc);
}

static void arrays_are_walked_by_index(void)
{
    struct dj_json *doc = parse(" [10, \"x\", {\"k\": []}] \n");

    DJ_CHECK(dj_json_is_array(doc));
    DJ_CHECK(!dj_json_is_object(doc));
    DJ_CHECK_INT(dj_json_count(doc), 3);
    DJ_CHECK(dj_json_as_number(dj_json_at(doc, 0), -1) == 10);
    DJ_CHECK_TEXT(dj_json_as_text(dj_json_at(doc, 1), ""), "x");
    DJ_CHECK(dj_json_is_array(dj_json_get(dj_json_at(doc, 2), "k")));
    DJ_CHECK_INT(dj_json_count(dj_json_get(dj_json_at(doc, 2), "k")), 0);
    DJ_CHECK(dj_json_at(doc, 3) == NULL);
    DJ_CHECK(dj_json_key_at(doc, 0) == NULL);
    dj_json_free(doc);
}

static void nothing_in_nothing_out(void)
{
    DJ_CHECK(dj_json_get(NULL, "a") == NULL);
    DJ_CHECK(dj_json_at(NULL, 0) == NULL);
    DJ_CHECK(dj_json_key_at(NULL, 0) == NULL);
    DJ_CHECK_INT(dj_json_count(NULL), 0);
    DJ_CHECK(!dj_json_is_object(NULL));
    DJ_CHECK(!dj_json_is_array(NULL));
    DJ_CHECK_TEXT(dj_json_text(NULL, "a", "none"), "none");
    DJ_CHECK_INT(dj_json_int(NULL, "a", 5), 5);
    DJ_CHECK(dj_json_as_number(NULL, 2.5) == 2.5);
    dj_json_free(NULL);
}

static void whole_numbers_are_exact_up_to_2_to_the_53(void)
{
    struct dj_json *doc = parse("[{\"n\": 9007199254740992, \"m\": -9007199254740991, "
                                "\"h\": 1e300, \"z\": -0.0}]");
    const struct dj_json *object = dj_json_at(doc, 0);

    DJ_CHECK_INT(dj_json_int(object, "n", 0), INT64_C(9007199254740992));
    DJ_CHECK_INT(dj_json_int(object, "m", 0), INT64_C(-9007199254740991));
    DJ_CHECK_INT(dj_json_int(object, "h", -1), -1); /* fits no int64_t */
    DJ_CHECK_INT(dj_json_int(object, "z", -1), 0);
    dj_json_free(doc);
}

static void large_arrays_are_walked_in_time(void)
{
    enum { COUNT = 200000 };
    struct dj_json *doc;
    struct dj_buf text;
    double sum = 0;

    dj_buf_init(&text);
    DJ_CHECK_OK(dj_buf_putc(&text, '['));
    for (int i = 0; i < COUNT; i++) {
        DJ_CHECK_OK(dj_buf_printf(&text, "%s%d", i == 0 ? "" : ",", i));
    }
    DJ_CHECK_OK(dj_buf_putc(&text, ']'));
    DJ_CHECK_OK(dj_json_parse(dj_buf_str(&text), "large", &doc, &err));
    for (size_t i = 0; i < COUNT; i++) {
        sum += dj_json_as_number(dj_json_at(doc, i), NAN);
    }
    DJ_CHECK(sum == (double)COUNT * (COUNT - 1) / 2);
    dj_json_free(doc);
    dj_buf_release(&text);
}

static void damage_is_told_with_its_place(void)
{
    struct dj_json *doc;

    DJ_CHECK_STATUS(
        dj_json_parse(DJ_STR("{\n  \"a\": 1,\n  \"b\": oops\n}"), "x.json", &doc, &err),
        DJ_DATA);
    DJ_CHECK(doc == NULL);
    DJ_CHECK_CONTAINS(err.text, "x.json:3:");
    DJ_CHECK_STATUS(dj_json_parse(DJ_STR(""), "x.json", &doc, &err), DJ_DATA);
    DJ_CHECK_CONTAINS(err.text, "empty");
    DJ_CHECK_STATUS(dj_json_parse(DJ_STR("{} {}"), "x.json", &doc, &err), DJ_DATA);
    DJ_CHECK_CONTAINS(err.text, "x.json:1:4");
    DJ_CHECK_STATUS(dj_json_parse(DJ_STR("{\"a\": \"cut"), "x.json", &doc, &err),
                    DJ_DATA);
}

static void a_file_is_read(void)
{
    char path[] = "/tmp/dj_test_json_XXXXXX";
    const int fd = mkstemp(path);
    struct dj_json *doc;

    DJ_CHECK(fd >= 0);
    DJ_CHECK_OK(dj_fs_write(fd, DJ_STR("{\"k\": \"\\u00e4\\n\"}\n"), path, &err));
    close(fd);
    DJ_CHECK_OK(dj_json_read(path, &doc, &err));
    DJ_CHECK_TEXT(dj_json_text(doc, "k", ""), "\xc3\xa4\n");
    dj_json_free(doc);
    DJ_CHECK(unlink(path) == 0);
    DJ_CHECK_STATUS(dj_json_read(path, &doc, &err), DJ_IO);
    DJ_CHECK(doc == NULL);
}

static void check_any(const char *text, const char *expected)
{
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_json_quote_any(&out, dj_str_from(text)));
    DJ_CHECK_STR(dj_buf_str(&out), expected);
    dj_buf_release(&out);
}

static void bytes_that_are_no_utf8_are_replaced(void)
{
    check_any("", "\"\"");
    check_any("plain and long enough for words", "\"plain and long enough for words\"");
    check_any("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
              "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
    check_any("a\xff"
              "b\"",
              "\"a\xef\xbf\xbd"
              "b\\\"\"");
    check_any("cut \xe2\x82", "\"cut \xef\xbf\xbd\xef\xbf\xbd\"");
    check_any("\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""); /* too long a form */
    check_any("\xed\xa0\x80",
              "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* a surrogate */
    check_any("\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void a_written_document_is_read_back(void)
{
    struct dj_json *doc;
    struct dj_buf out;
    struct dj_jsonw w;

    dj_buf_init(&out);
    dj_jsonw_init(&w, &out, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_text(&w, "bad", "x\xfe");
    dj_jsonw_kv_double(&w, "time", 1795557096.126077);
    dj_jsonw_kv_text(&w, "none", NULL);
    dj_jsonw_close(&w, '}');
    DJ_CHECK_OK(dj_jsonw_end(&w));
    DJ_CHECK_OK(dj_json_parse(dj_buf_str(&out), "written", &doc, &err));
    DJ_CHECK_TEXT(dj_json_text(doc, "bad", ""), "x\xef\xbf\xbd");
    DJ_CHECK(dj_json_number(doc, "time", 0) == 1795557096.126077);
    DJ_CHECK(dj_json_text(doc, "none", NULL) == NULL);
    dj_json_free(doc);
    dj_buf_release(&out);
}

int main(void)
{
    DJ_TEST(values_are_found_by_key_and_type);
    DJ_TEST(arrays_are_walked_by_index);
    DJ_TEST(nothing_in_nothing_out);
    DJ_TEST(whole_numbers_are_exact_up_to_2_to_the_53);
    DJ_TEST(large_arrays_are_walked_in_time);
    DJ_TEST(damage_is_told_with_its_place);
    DJ_TEST(a_file_is_read);
    DJ_TEST(bytes_that_are_no_utf8_are_replaced);
    DJ_TEST(a_written_document_is_read_back);
    return 0;
}

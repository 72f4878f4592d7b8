/* YAML: the tree, what scalars mean, places of problems and their words. */
#include <math.h>

#include "dj/yaml.h"
#include "djtest.h"

static struct dj_yaml *parse(const char *text)
{
    struct dj_yaml *doc = NULL;
    struct dj_error err;

    if (dj_yaml_parse(dj_str_from(text), "f.yaml", &doc, &err) != DJ_OK) {
        (void)fprintf(stderr, "  %s\n", err.text);
        DJ_CHECK(doc != NULL);
    }
    return doc;
}

static void refuse(struct dj_str bytes, const char *part)
{
    struct dj_yaml *doc = NULL;
    struct dj_error err;

    DJ_CHECK_STATUS(dj_yaml_parse(bytes, "f.yaml", &doc, &err), DJ_CONFIG);
    DJ_CHECK(doc == NULL);
    DJ_CHECK_CONTAINS(err.text, part);
}

static void gives_json(const char *text, const char *json)
{
    struct dj_yaml *doc = parse(text);
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_yaml_to_json(dj_yaml_root(doc), &out));
    DJ_CHECK_STR(dj_buf_str(&out), json);
    dj_buf_release(&out);
    dj_yaml_free(doc);
}

static void a_document_becomes_a_tree_with_places(void)
{
    struct dj_yaml *doc = parse("a: 1\nlist:\n  - x\n  - 'y z'\nmap: {k: v}\n");
    const struct dj_yaml_node *root = dj_yaml_root(doc);
    const struct dj_yaml_node *list = dj_yaml_get(root, "list");

    DJ_CHECK_TEXT(dj_yaml_origin(doc), "f.yaml");
    DJ_CHECK_INT(root->kind, DJ_YAML_MAPPING);
    DJ_CHECK_INT(root->count, 3);
    DJ_CHECK_INT(list->kind, DJ_YAML_SEQUENCE);
    DJ_CHECK_TEXT(list->items[0]->text, "x");
    DJ_CHECK(!list->items[0]->quoted);
    DJ_CHECK_TEXT(list->items[1]->text, "y z");
    DJ_CHECK(list->items[1]->quoted);
    DJ_CHECK_INT(list->items[1]->line, 4);
    DJ_CHECK_INT(list->items[1]->column, 5);
    DJ_CHECK_TEXT(dj_yaml_get(dj_yaml_get(root, "map"), "k")->text, "v");
    DJ_CHECK(dj_yaml_get(root, "none") == NULL);
    DJ_CHECK(dj_yaml_get(list, "a") == NULL);
    dj_yaml_free(doc);
}

static void columns_count_characters(void)
{
    struct dj_yaml *doc = parse("'\xc3\xa9\xe4\xb8\xad': x\n");

    DJ_CHECK_INT(dj_yaml_root(doc)->pairs[0].value->column, 7);
    dj_yaml_free(doc);
}

static void an_empty_file_is_null(void)
{
    struct dj_yaml *doc = parse("# nothing\n");

    DJ_CHECK(dj_yaml_as_null(dj_yaml_root(doc)));
    dj_yaml_free(doc);
    doc = NULL;
    doc = parse("");
    DJ_CHECK(dj_yaml_as_null(dj_yaml_root(doc)));
    dj_yaml_free(doc);
}

static void plain_scalars_mean_what_pyyaml_says(void)
{
    gives_json("[~, null, Null, NULL, '', \"null\", ]", "[null, null, null, null, \"\", "
                                                        "\"null\"]");
    gives_json("[yes, No, on, OFF, true, FALSE, y, n, 'yes']",
               "[true, false, true, false, true, false, \"y\", \"n\", \"yes\"]");
    gives_json("[0, -7, +7, 1_000, 0x1F, 010, 0b101, 1:30, 08, 0o7, 1:99]",
               "[0, -7, 7, 1000, 31, 8, 5, 90, \"08\", \"0o7\", \"1:99\"]");
    gives_json("[9223372036854775807, -9223372036854775808, 9223372036854775808]",
               "[9223372036854775807, -9223372036854775808, 9223372036854775808]");
    gives_json("[1.5, 1., .5, -0.0, 1e3, 1E-2, 1.5e+3, 6.02e23, .inf, 1.2.3, '1.5']",
               "[1.5, 1.0, 0.5, -0.0, 1000.0, 0.01, 1500.0, 6.02e+23, \".inf\", "
               "\"1.2.3\", \"1.5\"]");
    gives_json("[2020-01-01, _1, 1_, -, +, 0x, 1e, e5]",
               "[\"2020-01-01\", \"_1\", 1, \"-\", \"+\", \"0x\", \"1e\", \"e5\"]");
}

static void numbers_are_read_as_ints_and_doubles(void)
{
    struct dj_yaml *doc = parse("[5, 5.5, .nan, -.inf, 18446744073709551616, text]");
    const struct dj_yaml_node *root = dj_yaml_root(doc);
    int64_t whole = 0;
    double number = 0;

    DJ_CHECK(dj_yaml_as_int(root->items[0], &whole));
    DJ_CHECK_INT(whole, 5);
    DJ_CHECK(dj_yaml_as_double(root->items[0], &number));
    DJ_CHECK(number >= 5 && number <= 5);
    DJ_CHECK(!dj_yaml_as_int(root->items[1], &whole));
    DJ_CHECK(dj_yaml_as_double(root->items[2], &number) && isnan(number));
    DJ_CHECK(dj_yaml_as_double(root->items[3], &number) && isinf(number) && number < 0);
    DJ_CHECK(!dj_yaml_as_int(root->items[4], &whole));
    DJ_CHECK(dj_yaml_as_double(root->items[4], &number) && number > 1.8e19);
    DJ_CHECK(!dj_yaml_as_double(root->items[5], &number));
    dj_yaml_free(doc);
}

static void quotes_and_blocks_are_text(void)
{
    gives_json("a: |\n  1\nb: >\n  2\nc: \"\\x41\\n\"\nd: '\\n'\n",
               "{\"a\": \"1\\n\", \"b\": \"2\\n\", \"c\": \"A\\n\", \"d\": \"\\\\n\"}");
    gives_json("!!str 5", "\"5\"");
    gives_json("!!int '5'", "5");
    gives_json("! 5", "\"5\"");
}

static void aliases_and_merge_keys_are_resolved(void)
{
    gives_json("a: &x [1, 2]\nb: *x\n", "{\"a\": [1, 2], \"b\": [1, 2]}");
    gives_json("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3, r: 4}\n",
               "{\"a\": {\"p\": 1, \"q\": 2}, \"b\": {\"q\": 3, \"r\": 4, \"p\": 1}}");
    gives_json("- &x {p: 1}\n- &y {p: 2, q: 2}\n- {<<: [*x, *y]}\n",
               "[{\"p\": 1}, {\"p\": 2, \"q\": 2}, {\"p\": 1, \"q\": 2}]");
    refuse(DJ_STR("a: *x\n"), "f.yaml:1:4: *x names no value");
    refuse(DJ_STR("a: &x [1, *x]\n"), "f.yaml:1:11: *x stands inside");
    refuse(DJ_STR("a: {<<: 5}\n"), "<< merges mappings only");
}

static void aliases_cannot_unfold_without_end(void)
{
    refuse(DJ_STR("a: &a [x,x,x,x,x,x,x,x,x,x]\n"
                  "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                  "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
                  "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                  "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
                  "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"),
           "f.yaml:6:");
}

static void depth_is_limited(void)
{
    char text[2000];

    memset(text, '[', sizeof(text));
    refuse((struct dj_str){ text, sizeof(text) }, "more than 100 deep");
}

static void a_key_twice_names_both_places(void)
{
    refuse(DJ_STR("a: 1\nb: 2\na: 3\n"),
           "f.yaml:3:1: \"a\" stands here a second time (first at line 1, column 1)");
    refuse(DJ_STR("{x: 1, 'x': 2}"), "f.yaml:1:8: \"x\"");
}

static void problems_have_place_and_remedy(void)
{
    refuse(DJ_STR("a:\n\tb: 1\n"), "f.yaml:2:1: a tab cannot indent");
    refuse(DJ_STR("a: \"x\nb: 2\n"), "f.yaml:1:4: the quote that opens here");
    refuse(DJ_STR("a: x: y\n"), "f.yaml:1:5: a \":\" is not possible here");
    refuse(DJ_STR("a: 1\nb\nc: 2\n"), "f.yaml:2:1: there is no \": \" after this key");
    refuse(DJ_STR("a: [1, 2\nb: 3\n"), "f.yaml:1:4: the list that begins with [ here");
    refuse(DJ_STR("a: {b: 1\nc: 3\n"), "f.yaml:1:4: what begins with { here");
    refuse(DJ_STR("a: @x\n"), "f.yaml:1:4: a value cannot begin with @");
    refuse(DJ_STR("\xc3\xa9: `x\n"), "f.yaml:1:4: a value cannot begin with `");
    refuse(DJ_STR("a:\n  b: 1\n c: 2\n"), "f.yaml:3:2: the indentation does not fit");
    refuse(DJ_STR("a: !!python/name:os x\n"), "f.yaml:1:4: the tag !!python/name:os");
    refuse(DJ_STR("a: !x y\n"), "f.yaml:1:4: the tag !x");
    refuse(DJ_STR("a: !!int x\n"), "the tag !!int");
    refuse(DJ_STR("a: !!set {x}\n"), "the tag !!set");
    refuse(DJ_STR("a: 1\n---\nb: 2\n"), "f.yaml:2:1: a second document begins here");
    refuse(DJ_STR("a: [1,\n"), "f.yaml:2:1: a value is missing here");
    refuse(DJ_STR("{a:{b: 1}}\n"), "f.yaml:1:3: a blank is needed after this colon");
    refuse(DJ_STR("[a]: 1\n"), "f.yaml:1:1: a list or mapping cannot be a key");
    refuse(DJ_STR("a: \"\\d\"\n"), "f.yaml:1:5: a backslash in double quotes");
}

static void bytes_that_are_no_text_are_found(void)
{
    refuse(DJ_STR("a: 1\nb: \xff\n"), "f.yaml:2:4: a byte that is not UTF-8");
    refuse(DJ_STR("a: 1\nb: x\0y\n"), "f.yaml:2:5: a control character");
}

static void values_of_the_command_line_may_be_any_bytes(void)
{
    const struct dj_yaml_node node = {
        .kind = DJ_YAML_SCALAR, .text = "a\xff", .len = 2, .quoted = true
    };
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_yaml_to_json(&node, &out));
    DJ_CHECK_STR(dj_buf_str(&out), "\"a\xef\xbf\xbd\"");
    dj_buf_release(&out);
}

int main(void)
{
    DJ_TEST(a_document_becomes_a_tree_with_places);
    DJ_TEST(columns_count_characters);
    DJ_TEST(an_empty_file_is_null);
    DJ_TEST(plain_scalars_mean_what_pyyaml_says);
    DJ_TEST(numbers_are_read_as_ints_and_doubles);
    DJ_TEST(quotes_and_blocks_are_text);
    DJ_TEST(aliases_and_merge_keys_are_resolved);
    DJ_TEST(aliases_cannot_unfold_without_end);
    DJ_TEST(depth_is_limited);
    DJ_TEST(a_key_twice_names_both_places);
    DJ_TEST(problems_have_place_and_remedy);
    DJ_TEST(bytes_that_are_no_text_are_found);
    DJ_TEST(values_of_the_command_line_may_be_any_bytes);
    return 0;
}

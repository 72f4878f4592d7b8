/* Samples as trees: what is read, how Python spells it, and what edits make of it. */
#include "djtest.h"

#include "dj/tree.h"

static struct dj_arena *arena;
static struct dj_buf out;

/* Text with padding behind it, as samples have it. */
static struct dj_node *tree(const char *json)
{
    struct dj_node *root;

    DJ_CHECK_OK(dj_node_read(dj_arena_copy(arena, dj_str_from(json)), arena, &root));
    return root;
}

static void values_have_their_kinds(void)
{
    const struct dj_node *root =
        tree(" {\"a\": [null, true, -7, 1.5, 2e0, 12345678901234567890], "
             "\"\\u00e9\" : \"x\\n\\\"\", \"o\":{ } }");
    const struct dj_node *item = dj_node_get(root, "a")->first;
    static const enum dj_node_kind kinds[] = {
        DJ_NODE_NULL,  DJ_NODE_BOOL,  DJ_NODE_INT,
        DJ_NODE_FLOAT, DJ_NODE_FLOAT, DJ_NODE_FLOAT
    };

    DJ_CHECK_INT(root->count, 3);
    for (size_t i = 0; i < 6; i++, item = item->next) {
        DJ_CHECK_INT(item->kind, kinds[i]);
    }
    DJ_CHECK(item == NULL);
    DJ_CHECK_STR(dj_node_get(root, "\xc3\xa9")->text, "x\n\"");
    DJ_CHECK_STR(dj_node_get(root, "\xc3\xa9")->raw, "\"x\\n\\\"\"");
    DJ_CHECK_STR(dj_node_get(root, "o")->raw, "{ }");
    DJ_CHECK(dj_node_get(root, "none") == NULL);
    DJ_CHECK(dj_node_get(dj_node_get(root, "a"), "b") == NULL);
    DJ_CHECK(dj_node_get(NULL, "a") == NULL);
}

static void the_last_of_equal_keys_counts(void)
{
    DJ_CHECK_INT(dj_node_get(tree("{\"k\": 1, \"k\": 2}"), "k")->integer, 2);
    DJ_CHECK(dj_node_value(tree("{\"k\": 1, \"k\": null}"), "k") == NULL);
}

static void truth_is_python_s(void)
{
    static const char *const truths[] = {
        "true", "1", "0.5", "\"0\"", "[0]", "{\"a\": 0}"
    };
    static const char *const lies[] = {
        "false", "0", "-0.0", "\"\"", "[]", "{}", "null"
    };

    for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++) {
        DJ_CHECK(dj_node_true(tree(truths[i])));
    }
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        DJ_CHECK(!dj_node_true(tree(lies[i])));
    }
    DJ_CHECK(!dj_node_true(NULL));
}

static void spells(const char *json, const char *str, const char *repr, const char *dumps)
{
    dj_buf_reset(&out);
    DJ_CHECK_OK(dj_node_str(tree(json), &out));
    DJ_CHECK_STR(dj_buf_str(&out), str);
    dj_buf_reset(&out);
    DJ_CHECK_OK(dj_node_repr(tree(json), &out));
    DJ_CHECK_STR(dj_buf_str(&out), repr);
    dj_buf_reset(&out);
    DJ_CHECK_OK(dj_node_dumps(tree(json), &out));
    DJ_CHECK_STR(dj_buf_str(&out), dumps);
}

static void python_spells_values(void)
{
    spells("null", "None", "None", "null");
    spells("-0", "0", "0", "0");
    spells("1E2", "100.0", "100.0", "100.0");
    spells("NaN", "nan", "nan", "NaN");
    spells("-Infinity", "-inf", "-inf", "-Infinity");
    spells("\"a\"", "a", "'a'", "\"a\"");
    spells("\"it's\"", "it's", "\"it's\"", "\"it's\"");
    spells("\"'\\\"\"", "'\"", "'\\'\"'", "\"'\\\"\"");
    spells("\"\\t\\u0001\\u007f\\u00a0\\u00e9\\u200b\\\\\\ud83d\\ude00\"",
           "\t\x01\x7f\xc2\xa0\xc3\xa9\xe2\x80\x8b\\\xf0\x9f\x98\x80",
           "'\\t\\x01\\x7f\\xa0\xc3\xa9\\u200b\\\\\xf0\x9f\x98\x80'",
           "\"\\t\\u0001\x7f\xc2\xa0\xc3\xa9\xe2\x80\x8b\\\\\xf0\x9f\x98\x80\"");
    spells("\"\\udb40\\udc01\"", "\xf3\xa0\x80\x81", "'\\U000e0001'",
           "\"\xf3\xa0\x80\x81\"");
    spells("[true,{ \"k\":[ ],\"l\":\"b\"}]", "[True, {'k': [], 'l': 'b'}]",
           "[True, {'k': [], 'l': 'b'}]", "[true, {\"k\": [], \"l\": \"b\"}]");
}

static void text_that_may_be_anything(void)
{
    static const char *const wrong[] = { "",    " ",       "{",    "[1,]",
                                         "1 2", "\"\\x\"", "\xff", "{\"a\" 1}" };
    struct dj_node *root;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        DJ_CHECK_OK(dj_node_parse(dj_str_from(wrong[i]), arena, &root));
        DJ_CHECK(root == NULL);
    }
    DJ_CHECK_OK(dj_node_parse(DJ_STR("\n {\"a\": 1} "), arena, &root));
    DJ_CHECK_INT(dj_node_get(root, "a")->integer, 1);
}

static void edits_leave_the_rest_as_it_is(void)
{
    static const char json[] = "{ \"a\" : 1.50,\t\"b\":{},\"c\": [\"x\", \"y\\u0020\"] }";
    struct dj_node *root = tree(json);
    struct dj_node *list = dj_node_get(root, "c");
    struct dj_edits edits;

    dj_edits_init(&edits, arena, (struct dj_str){ root->raw.ptr, sizeof(json) - 1 });
    list->last->text = DJ_STR("\"z\"");
    list->last->changed = true;
    DJ_CHECK_OK(dj_edits_texts(&edits, root));
    DJ_CHECK_OK(dj_edits_set(&edits, dj_node_get(root, "b"), "q", DJ_STR("1")));
    DJ_CHECK_OK(dj_edits_set(&edits, dj_node_get(root, "b"), "r", DJ_STR("2")));
    DJ_CHECK_OK(dj_edits_set(&edits, root, "new\n", DJ_STR("[]")));
    DJ_CHECK_OK(dj_edits_set(&edits, root, "a", DJ_STR("true")));
    dj_buf_reset(&out);
    DJ_CHECK_OK(dj_edits_apply(&edits, &out));
    DJ_CHECK_STR(dj_buf_str(&out), "{ \"a\" : true,\t\"b\":{\"q\": 1, \"r\": 2},\"c\": "
                                   "[\"x\", \"\\\"z\\\"\"], \"new\\n\": [] }");
}

static void no_edits_change_nothing(void)
{
    struct dj_edits edits;

    dj_edits_init(&edits, arena, DJ_STR(" {\"a\":1} "));
    dj_buf_reset(&out);
    DJ_CHECK_OK(dj_edits_apply(&edits, &out));
    DJ_CHECK_STR(dj_buf_str(&out), " {\"a\":1} ");
}

int main(void)
{
    arena = dj_arena_new(4096);
    dj_buf_init(&out);
    DJ_TEST(values_have_their_kinds);
    DJ_TEST(the_last_of_equal_keys_counts);
    DJ_TEST(truth_is_python_s);
    DJ_TEST(python_spells_values);
    DJ_TEST(text_that_may_be_anything);
    DJ_TEST(edits_leave_the_rest_as_it_is);
    DJ_TEST(no_edits_change_nothing);
    dj_buf_release(&out);
    dj_arena_free(arena);
    return 0;
}

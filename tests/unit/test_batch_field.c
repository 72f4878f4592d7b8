/* Operators see any place of a sample as it is now, and record statistics of any kind. */
#include "djtest.h"

#include "dj/sample.h"

static const char *const text_keys[] = { "text", "a.note" };
static const char *const stat_names[] = { "len", "kind" };
static const struct dj_batch_layout layout = {
    .ntexts = 2,
    .texts = text_keys,
    .nstats = 2,
    .stats = stat_names,
};
static const size_t columns[] = { 0, 1 };

struct one {
    struct dj_batch *batch;
    struct dj_arena *arena;
    struct dj_buf line;
};

static void one_open(struct one *one, const char *line)
{
    one->batch = dj_batch_new(&layout);
    one->arena = dj_arena_new(1024);
    dj_buf_init(&one->line);
    DJ_CHECK_OK(dj_buf_append(&one->line, dj_str_from(line)));
    DJ_CHECK_OK(
        dj_batch_add(one->batch, dj_buf_str(&one->line), (struct dj_origin){ 0, 1 }));
    DJ_CHECK(dj_batch_live(one->batch, 0));
    dj_batch_select(one->batch, 0, 0, columns);
}

static void one_close(struct one *one)
{
    dj_batch_free(one->batch);
    dj_arena_free(one->arena);
    dj_buf_release(&one->line);
}

/* The value at "first" or "first second", of which so many names are there. */
static void finds(struct one *one, const char *first, const char *second, size_t names,
                  const char *json)
{
    const struct dj_str path[] = { dj_str_from(first), dj_str_from(second) };
    struct dj_str value;
    size_t used;

    DJ_CHECK_OK(dj_batch_field(one->batch, 0, path, second == NULL ? 1 : 2, one->arena,
                               &value, &used));
    DJ_CHECK_INT(used, names);
    if (used > 0) {
        DJ_CHECK_STR(value, json);
    }
}

static void has_stat(struct one *one, size_t stat, const char *json)
{
    struct dj_str value;

    DJ_CHECK_OK(dj_batch_stat_json(one->batch, 0, stat, one->arena, &value));
    DJ_CHECK(json != NULL || value.ptr == NULL);
    if (json != NULL) {
        DJ_CHECK_STR(value, json);
    }
}

static void values_are_found_where_they_are(void)
{
    struct one one;

    one_open(&one, " {\"text\": \"x\", \"a\": {\"b\" : [1, {}] , \"b\": 2.50}, "
                   "\"q\\\"\\u00e9\": null, \"a.b\": 7, \"\": {\"\": true}}");
    finds(&one, "text", NULL, 1, "\"x\"");
    finds(&one, "a", "b", 2, "2.50"); /* the last of equal keys */
    finds(&one, "a", "c", 1, "{\"b\" : [1, {}] , \"b\": 2.50}");
    finds(&one, "text", "b", 1, "\"x\"");
    finds(&one, "q\"\xc3\xa9", NULL, 1, "null");
    finds(&one, "a.b", NULL, 1, "7");
    finds(&one, "", "", 2, "true");
    finds(&one, "none", "b", 0, NULL);
    one_close(&one);
}

static void changed_texts_are_seen(void)
{
    struct one one;

    one_open(&one, "{\"text\": \"x\", \"a\": {\"note\": \"n\"}, \"b\": 1}");
    DJ_CHECK_OK(dj_batch_set_text(one.batch, 0, DJ_STR("new\n")));
    dj_batch_select(one.batch, 0, 1, columns);
    DJ_CHECK_OK(dj_batch_set_text(one.batch, 0, DJ_STR("\"")));
    finds(&one, "text", NULL, 1, "\"new\\n\"");
    finds(&one, "a", "note", 2, "\"\\\"\"");
    finds(&one, "b", NULL, 1, "1");
    one_close(&one);

    one_open(&one, "{}");
    finds(&one, "text", NULL, 0, NULL);
    DJ_CHECK_OK(dj_batch_set_text(one.batch, 0, DJ_STR("made")));
    finds(&one, "text", NULL, 1, "\"made\"");
    one_close(&one);
}

static void statistics_are_a_field_too(void)
{
    struct one one;

    one_open(&one, "{\"__dj__stats__\": {\"len\": 3.0, \"other\": \"o\"}}");
    finds(&one, "__dj__stats__", "len", 2, "3.0");
    has_stat(&one, 0, "3.0");
    has_stat(&one, 1, NULL);
    dj_batch_set_stat(one.batch, 0, 0, DJ_INT(4));
    DJ_CHECK_OK(dj_batch_set_stat_json(one.batch, 0, 1, DJ_STR("[\"k\", null]")));
    finds(&one, "__dj__stats__", "len", 2, "4");
    finds(&one, "__dj__stats__", "kind", 2, "[\"k\", null]");
    finds(&one, "__dj__stats__", "other", 2, "\"o\"");
    has_stat(&one, 0, "4");
    one_close(&one);

    one_open(&one, "{}");
    finds(&one, "__dj__stats__", NULL, 1, "{}");
    one_close(&one);
}

static void statistics_of_any_kind_come_and_go(void)
{
    static const char *const values[] = { "true", "\"\\\"\"", "{}", "[1.5]",
                                          "null", "-7",       "0.1" };
    struct dj_number number = DJ_NONE;
    struct one one;

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        one_open(&one, "{\"__dj__stats__\": {\"kind\": \"was\"}}");
        has_stat(&one, 1, "\"was\"");
        dj_batch_mark(one.batch);
        DJ_CHECK_OK(dj_batch_set_stat_json(one.batch, 0, 1, dj_str_from(values[i])));
        has_stat(&one, 1, values[i]);
        DJ_CHECK(dj_batch_stat(one.batch, 0, 1, &number));
        dj_batch_rollback(one.batch);
        has_stat(&one, 1, "\"was\"");
        one_close(&one);
    }
    one_open(&one, "{}");
    DJ_CHECK_OK(dj_batch_set_stat_json(one.batch, 0, 0, DJ_STR("12")));
    DJ_CHECK(dj_batch_stat(one.batch, 0, 0, &number));
    DJ_CHECK(number.kind == DJ_NUMBER_INT && number.i == 12);
    DJ_CHECK_OK(dj_batch_set_stat_json(one.batch, 0, 0, DJ_STR("\"12\"")));
    DJ_CHECK(dj_batch_stat(one.batch, 0, 0, &number) && number.kind == DJ_NUMBER_NONE);
    one_close(&one);
}

int main(void)
{
    DJ_TEST(values_are_found_where_they_are);
    DJ_TEST(changed_texts_are_seen);
    DJ_TEST(statistics_are_a_field_too);
    DJ_TEST(statistics_of_any_kind_come_and_go);
    return 0;
}

/* Samples as one sample of lists, and back. */
#include "djtest.h"

#include "dj/group.h"

enum { MOST = 8 };

static struct dj_arena *arena;

/* Lines with padding behind them, as samples have it; NULL ends them. */
static void joined(const char *const *texts, const char *want)
{
    struct dj_str lines[MOST];
    struct dj_buf out;
    size_t count = 0;

    while (texts[count] != NULL) {
        lines[count] = dj_arena_copy(arena, dj_str_from(texts[count]));
        count++;
    }
    dj_buf_init(&out);
    DJ_CHECK_OK(dj_group_join(lines, count, &out));
    DJ_CHECK_STR(dj_buf_str(&out), want);
    dj_buf_release(&out);
}

static void values_keep_their_bytes(void)
{
    joined((const char *[]){ "{\"a\": 1.50, \"b\":{ \"c\" : [ ] }}",
                             " { \"a\" : \"\\u00e9\", \"b\": null } ", NULL },
           "{\"a\": [1.50, \"\\u00e9\"], \"b\": [{ \"c\" : [ ] }, null]}\n");
}

static void fields_meet_by_what_their_keys_mean(void)
{
    joined(
        (const char *[]){ "{\"b\": 1, \"\\u00e9\": 2}", "{\"\xc3\xa9\": 3, \"b\": 4}",
                          "{\"c\": 5, \"b\": 6}", "{}", NULL },
        "{\"b\": [1, 4, 6, null], \"\\u00e9\": [2, 3, null, null], \"c\": [null, null, "
        "5, null]}\n");
    joined((const char *[]){ "{}", NULL }, "{}\n");
}

/* want: the lines, or the reason why there are none. */
static void apart(const char *text, const char *left_out, const char *want)
{
    const struct dj_str sample = dj_arena_copy(arena, dj_str_from(text));
    struct dj_split split;
    struct dj_error err;
    struct dj_buf out;

    dj_buf_init(&out);
    if (dj_split_begin(&split, sample, left_out, arena, &err) == DJ_OK) {
        for (size_t i = 0; i < split.count; i++) {
            DJ_CHECK_OK(dj_split_next(&split, &out));
        }
        if (split.left_out.ptr != NULL) {
            DJ_CHECK_OK(dj_buf_append(&out, split.left_out));
        }
    } else {
        DJ_CHECK_OK(dj_buf_append(&out, dj_str_from(err.text)));
    }
    DJ_CHECK_STR(dj_buf_str(&out), want);
    dj_buf_release(&out);
}

static void lists_come_apart(void)
{
    apart("{\"a\": [1.0, [2, 3]], \"b\" : [ {\"x\": \"]\"} , null ], \"n\": null}", NULL,
          "{\"a\": 1.0, \"b\": {\"x\": \"]\"}}\n{\"a\": [2, 3], \"b\": null}\n");
    apart("{\"m\": {\"k\": 1}, \"a\": [7], \"b\": [8, 9]}", "m",
          "{\"a\": 7, \"b\": 8}\n{\"k\": 1}");
    apart("{\"a\": [ ], \"b\": [1]}", NULL, "");
    apart("{\"__dj__stats__\": {\"x\": 1}, \"a\": [1]}", NULL, "{\"a\": 1}\n");
}

static void others_have_a_reason(void)
{
    apart("{\"a\": [1, 2], \"b\": [1]}", NULL,
          "the list \"b\" has 1 values and \"a\" has 2");
    apart("{\"a\": [1], \"b\": \"c\"}", NULL, "the field \"b\" is no list");
    apart("{\"a\": null}", NULL, "there is no list in it");
}

/* More fields than there is room for at first. */
static void many_fields_go_both_ways(void)
{
    enum { FIELDS = 100 };
    struct dj_str line, whole;
    struct dj_buf one, both, back;
    struct dj_split split;
    struct dj_error err;

    dj_buf_init(&one);
    dj_buf_init(&both);
    dj_buf_init(&back);
    for (int i = 0; i < FIELDS; i++) {
        DJ_CHECK_OK(dj_buf_printf(&one, "%s\"f%d\": %d", i == 0 ? "{" : ", ", i, i));
    }
    DJ_CHECK_OK(dj_buf_append(&one, DJ_STR("}\n")));
    line = dj_arena_copy(arena, (struct dj_str){ one.ptr, one.len - 1 });
    DJ_CHECK_OK(dj_group_join((const struct dj_str[]){ line, line }, 2, &both));
    whole = dj_arena_copy(arena, (struct dj_str){ both.ptr, both.len - 1 });
    DJ_CHECK_OK(dj_split_begin(&split, whole, NULL, arena, &err));
    DJ_CHECK_INT(split.count, 2);
    DJ_CHECK_OK(dj_split_next(&split, &back));
    DJ_CHECK(dj_str_equal(dj_buf_str(&back), dj_buf_str(&one)));
    dj_buf_release(&one);
    dj_buf_release(&both);
    dj_buf_release(&back);
}

int main(void)
{
    arena = dj_arena_new(4096);
    DJ_TEST(values_keep_their_bytes);
    DJ_TEST(fields_meet_by_what_their_keys_mean);
    DJ_TEST(lists_come_apart);
    DJ_TEST(others_have_a_reason);
    DJ_TEST(many_fields_go_both_ways);
    dj_arena_free(arena);
    return 0;
}

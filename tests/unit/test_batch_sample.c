/* Samples as a whole: read, replaced, undone, and moved with the batch's memory. */
#include "djtest.h"

#include "data/batch_private.h"

static const char *const text_keys[] = { "text", "meta.note" };
static const char *const stat_names[] = { "a", "b" };
static const struct dj_batch_layout layout = {
    .ntexts = 2,
    .texts = text_keys,
    .nrequired = 1,
    .nstats = 2,
    .stats = stat_names,
};
static const size_t columns[] = { 0, 1 };
static const struct dj_origin somewhere = { 0, 1 };

static const char lines[2][160] = {
    " {\"text\": \"one\", \"__dj__stats__\": {\"a\": 1.50, \"x\": []}} ",
    "{\"text\":\"t\\u0077o\",\"meta\":{\"note\":\"n\"},\"__dj__meta__\":{}}",
};

static struct dj_batch *new_batch(void)
{
    struct dj_batch *batch = dj_batch_new(&layout);

    for (size_t i = 0; i < 2; i++) {
        DJ_CHECK_OK(dj_batch_add(batch, dj_str_from(lines[i]), somewhere));
    }
    dj_batch_select(batch, 0, 0, columns);
    return batch;
}

static void check_sample(struct dj_batch *batch, size_t row, const char *expected)
{
    struct dj_str sample;

    DJ_CHECK_OK(dj_batch_sample(batch, row, &sample));
    DJ_CHECK_STR(sample, expected);
}

static void check_line(struct dj_batch *batch, size_t row, unsigned flags,
                       const char *expected)
{
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_batch_encode(batch, row, flags, &out));
    DJ_CHECK_STR(dj_buf_str(&out), expected);
    dj_buf_release(&out);
}

static void a_sample_is_the_line_until_a_text_changes(void)
{
    struct dj_batch *batch = new_batch();

    check_sample(batch, 0,
                 "{\"text\": \"one\", \"__dj__stats__\": {\"a\": 1.50, \"x\": []}}");
    DJ_CHECK_OK(dj_batch_set_text(batch, 1, DJ_STR("\"2\"")));
    check_sample(
        batch, 1,
        "{\"text\":\"\\\"2\\\"\",\"meta\":{\"note\":\"n\"},\"__dj__meta__\":{}}");
    DJ_CHECK(!dj_batch_had_meta(batch, 0));
    DJ_CHECK(dj_batch_had_meta(batch, 1));
    dj_batch_free(batch);
}

static void a_new_sample_gives_new_texts(void)
{
    struct dj_batch *batch = new_batch();

    DJ_CHECK_OK(dj_batch_set_sample(
        batch, 1, DJ_STR("{\"meta\": {\"note\": \"\\n\"}, \"text\": 5, \"n\": 1}")));
    DJ_CHECK(!dj_batch_has_text(batch, 1));
    dj_batch_select(batch, 1, 1, columns);
    DJ_CHECK_STR(dj_batch_text(batch, 1), "\n");
    DJ_CHECK_OK(dj_batch_set_text(batch, 1, DJ_STR("m")));
    check_line(batch, 1, 0, "{\"meta\": {\"note\": \"m\"}, \"text\": 5, \"n\": 1}\n");
    DJ_CHECK_STR(dj_batch_line(batch, 1), lines[1]);
    DJ_CHECK(dj_batch_had_meta(batch, 1));
    dj_batch_free(batch);
}

static void statistics_stay(void)
{
    struct dj_batch *batch = new_batch();
    struct dj_number value;

    dj_batch_set_stat(batch, 0, 1, DJ_INT(7));
    DJ_CHECK_OK(dj_batch_set_sample(
        batch, 0,
        DJ_STR("{\"__dj__stats__\": {\"x\": 0, \"a\": 1.5}, \"text\": \"1\"}")));
    DJ_CHECK(dj_batch_stat(batch, 0, 1, &value) && value.i == 7);
    DJ_CHECK(dj_batch_stat(batch, 0, 0, &value) && value.d == 1.5);
    check_line(
        batch, 0, DJ_ENCODE_STATS,
        "{\"__dj__stats__\": {\"x\": 0, \"a\": 1.5, \"b\": 7}, \"text\": \"1\"}\n");
    dj_batch_free(batch);
}

static void what_is_no_sample_changes_nothing(void)
{
    static const char *const wrong[] = {
        "",
        "[]",
        "{\"text\": }",
        "{\"text\": \"a\", \"text\": \"b\"}",
        "{\"text\":\n\"a\", \"__dj__stats__\": {\"a\": 1.5}}",
        "{\"text\": \"a\", \"__dj__stats__\": {\"a\": 2}}",
        "{\"text\": \"a\", \"__dj__stats__\": {\"a\": 1.5, \"b\": 2}}",
        "{\"text\": \"a\"}",
        "{\"text\": \"\xff\", \"__dj__stats__\": {\"a\": 1.5}}",
    };
    struct dj_batch *batch = new_batch();

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        DJ_CHECK_STATUS(dj_batch_set_sample(batch, 0, dj_str_from(wrong[i])), DJ_OP);
        check_line(batch, 0, DJ_ENCODE_STATS,
                   "{\"text\": \"one\", \"__dj__stats__\": {\"a\": 1.50, \"x\": []}}\n");
        DJ_CHECK_STR(dj_batch_text(batch, 0), "one");
    }
    dj_batch_free(batch);
}

static void the_same_sample_is_no_change(void)
{
    struct dj_batch *batch = new_batch();
    struct dj_str sample;

    DJ_CHECK_OK(dj_batch_sample(batch, 0, &sample));
    DJ_CHECK_OK(dj_batch_set_sample(batch, 0, sample));
    DJ_CHECK(!dj_is_replaced(&batch->rows[0]) && !batch->rows[0].untold);
    dj_batch_free(batch);
}

static void a_replaced_sample_is_undone(void)
{
    struct dj_batch *batch = new_batch();

    DJ_CHECK_OK(dj_batch_set_text(batch, 1, DJ_STR("before")));
    dj_batch_mark(batch);
    DJ_CHECK_OK(dj_batch_set_sample(batch, 1, DJ_STR("{\"text\": \"a\"}")));
    dj_batch_set_stat(batch, 1, 0, DJ_INT(1));
    DJ_CHECK_OK(dj_batch_set_text(batch, 1, DJ_STR("b")));
    DJ_CHECK_OK(dj_batch_set_sample(batch, 1, DJ_STR("{\"text\": \"c\", \"d\": 1}")));
    dj_batch_drop(batch, 1);
    dj_batch_rollback(batch);
    DJ_CHECK(dj_batch_live(batch, 1));
    check_line(batch, 1, DJ_ENCODE_STATS,
               "{\"text\":\"before\",\"meta\":{\"note\":\"n\"},\"__dj__meta__\":{}}\n");
    DJ_CHECK(!batch->rows[1].untold);
    dj_batch_free(batch);
}

/* Both ways in which a batch gives back memory: of its own, and of memory it shares. */
static void samples_move_with_their_texts(void)
{
    static const char sample[] =
        "{\"text\": \"plain\", \"meta\": {\"note\": \"e\\tscaped\"}}";
    struct dj_batch_work *work = dj_batch_work_new();
    struct dj_batch *batch = new_batch();

    dj_batch_wake(batch, work);
    for (int i = 0; i < 3; i++) {
        struct dj_batch *other = dj_batch_new(&layout);

        DJ_CHECK_OK(dj_batch_set_sample(batch, 1, dj_str_from(i == 1 ? "{}" : sample)));
        DJ_CHECK_OK(dj_batch_rest(batch));
        DJ_CHECK_OK(dj_batch_add(other, dj_str_from(lines[1]), somewhere));
        dj_batch_wake(other, work); /* overwrites what was lent */
        dj_batch_select(other, 0, 0, columns);
        for (int k = 0; k < 50; k++) {
            DJ_CHECK_OK(dj_batch_set_text(other, 0,
                                          k % 2 == 0 ? DJ_STR("xxxxxxxxxxxxxxxxxxxxxxxxx")
                                                     : DJ_STR("y")));
        }
        DJ_CHECK_OK(dj_batch_rest(other));
        dj_batch_free(other);
        dj_batch_wake(batch, work);
    }
    DJ_CHECK_STR(dj_batch_text(batch, 1), "plain");
    dj_batch_select(batch, 1, 1, columns);
    DJ_CHECK_STR(dj_batch_text(batch, 1), "e\tscaped");
    check_sample(batch, 1, sample);
    DJ_CHECK_OK(dj_batch_rest(batch));
    dj_batch_free(batch);
    dj_batch_work_free(work);
}

int main(void)
{
    DJ_TEST(a_sample_is_the_line_until_a_text_changes);
    DJ_TEST(a_new_sample_gives_new_texts);
    DJ_TEST(statistics_stay);
    DJ_TEST(what_is_no_sample_changes_nothing);
    DJ_TEST(the_same_sample_is_no_change);
    DJ_TEST(a_replaced_sample_is_undone);
    DJ_TEST(samples_move_with_their_texts);
    return 0;
}

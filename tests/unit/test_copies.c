/* Several rows of one: their places, what they have, and the way back. */
#include "djtest.h"

#include "dj/sample.h"

static const char *const text_keys[] = { "text", "note" };
static const char *const stat_names[] = { "n" };
static const struct dj_batch_layout layout = {
    .ntexts = 2,
    .texts = text_keys,
    .nrequired = 1,
    .nstats = 1,
    .stats = stat_names,
};
static const size_t columns[] = { 0 };

enum { ROWS = 3 };

static const char lines[ROWS][64] = {
    "{\"text\": \"zero\", \"id\": 0}",
    "{\"text\": \"one\", \"note\": \"\\n\", \"id\": 1}",
    "{\"text\": \"two\", \"id\": 2}",
};

static struct dj_batch *new_batch(void)
{
    struct dj_batch *batch = dj_batch_new(&layout);

    for (int64_t i = 0; i < ROWS; i++) {
        DJ_CHECK_OK(
            dj_batch_add(batch, dj_str_from(lines[i]), (struct dj_origin){ i, 10 + i }));
    }
    dj_batch_select(batch, 3, 0, columns);
    return batch;
}

static size_t copy_of(struct dj_batch *batch, size_t row, const char *text)
{
    size_t copy;

    DJ_CHECK_OK(dj_batch_copy(batch, row, &copy));
    DJ_CHECK_OK(dj_batch_set_text(batch, copy, dj_str_from(text)));
    return copy;
}

/* The texts of the live rows, each followed by a blank. */
static void check_texts(const struct dj_batch *batch, const char *expected)
{
    struct dj_buf texts;

    dj_buf_init(&texts);
    DJ_FOR_EACH_ROW (row, batch) {
        DJ_CHECK_OK(dj_buf_append(&texts, dj_batch_text(batch, row)));
        DJ_CHECK_OK(dj_buf_putc(&texts, ' '));
    }
    DJ_CHECK_STR(dj_buf_str(&texts), expected);
    dj_buf_release(&texts);
}

static void check_encoded(const struct dj_batch *batch, size_t row, const char *expected)
{
    struct dj_buf line;

    dj_buf_init(&line);
    DJ_CHECK_OK(dj_batch_encode(batch, row, DJ_ENCODE_STATS, &line));
    DJ_CHECK_STR(dj_buf_str(&line), expected);
    dj_buf_release(&line);
}

static void copies_stand_behind_their_row(void)
{
    struct dj_batch *batch = new_batch();

    (void)copy_of(batch, 2, "two-b");
    (void)copy_of(batch, 0, "zero-b");
    (void)copy_of(batch, 2, "two-c");
    DJ_CHECK_INT(dj_batch_count(batch), ROWS); /* as long as the operator runs */
    check_texts(batch, "zero one two ");
    dj_batch_arrange(batch);
    DJ_CHECK_INT(dj_batch_count(batch), 6);
    DJ_CHECK_INT(dj_batch_live_count(batch), 6);
    DJ_CHECK_INT(dj_batch_derived(batch), 3);
    check_texts(batch, "zero zero-b one two two-b two-c ");
    DJ_CHECK_INT(dj_batch_origin(batch, 5).line, 12);
    DJ_CHECK_STR(dj_batch_line(batch, 5), lines[2]);

    (void)copy_of(batch, 4, "two-bb"); /* the next operator */
    dj_batch_arrange(batch);
    check_texts(batch, "zero zero-b one two two-b two-bb two-c ");
    dj_batch_free(batch);
}

static void a_copy_has_what_its_row_has(void)
{
    struct dj_batch *batch = new_batch();
    size_t copy;

    dj_batch_set_stat(batch, 1, 0, DJ_INT(7));
    DJ_CHECK_OK(dj_batch_copy(batch, 1, &copy));
    dj_batch_set_stat(batch, 1, 0, DJ_INT(8));
    dj_batch_arrange(batch);
    check_encoded(batch, 1,
                  "{\"text\": \"one\", \"note\": \"\\n\", \"id\": 1, "
                  "\"__dj__stats__\": {\"n\": 8}}\n");
    check_encoded(batch, 2,
                  "{\"text\": \"one\", \"note\": \"\\n\", \"id\": 1, "
                  "\"__dj__stats__\": {\"n\": 7}}\n");
    DJ_CHECK_INT(dj_batch_counts(batch, 2)->characters, 3);
    DJ_CHECK_OK(dj_batch_set_text(batch, 2, DJ_STR("longer")));
    DJ_CHECK_INT(dj_batch_counts(batch, 2)->characters, 6);
    DJ_CHECK_INT(dj_batch_counts(batch, 1)->characters, 3);
    dj_batch_free(batch);
}

static void a_row_may_give_none(void)
{
    struct dj_batch *batch = new_batch();

    dj_batch_dissolve(batch, 1);
    dj_batch_dissolve(batch, 1); /* it is gone already */
    dj_batch_arrange(batch);
    DJ_CHECK_INT(dj_batch_derived(batch), -1);
    DJ_CHECK_INT(dj_batch_count(batch), ROWS);
    DJ_CHECK_INT(dj_batch_live_count(batch), 2);
    DJ_CHECK_INT(dj_batch_dropped_by(batch, 1), 3);
    check_texts(batch, "zero two ");
    dj_batch_free(batch);
}

static void a_copy_can_be_judged_at_once(void)
{
    struct dj_batch *batch = new_batch();
    size_t copy;

    dj_batch_narrow(batch, 0, 1);
    DJ_CHECK_OK(dj_batch_copy(batch, 0, &copy));
    dj_batch_reject(batch, copy, "no good");
    dj_batch_narrow(batch, 0, SIZE_MAX);
    dj_batch_arrange(batch);
    DJ_CHECK_INT(dj_batch_live_count(batch), 3);
    DJ_CHECK_TEXT(dj_batch_reason(batch, 1), "no good");
    DJ_CHECK_INT(dj_batch_rejected_by(batch, 1), 3);
    dj_batch_free(batch);
}

/* As the chain does it: a call on all rows fails, then one on the first half works. */
static void copies_go_back_to_the_mark(void)
{
    struct dj_batch *batch = new_batch();
    size_t copy;

    dj_batch_mark(batch);
    copy = copy_of(batch, 2, "lost");
    DJ_CHECK_OK(dj_batch_set_sample(batch, copy, DJ_STR("{\"text\": \"lost too\"}")));
    dj_batch_drop(batch, copy);
    dj_batch_dissolve(batch, 1);
    dj_batch_rollback(batch);
    DJ_CHECK_INT(dj_batch_live_count(batch), ROWS);
    DJ_CHECK_INT(dj_batch_derived(batch), 0);

    dj_batch_narrow(batch, 0, 1);
    dj_batch_mark(batch);
    (void)copy_of(batch, 0, "stays");
    dj_batch_narrow(batch, 1, ROWS);
    dj_batch_mark(batch);
    DJ_CHECK_INT(dj_batch_live_count(batch), 2);
    (void)copy_of(batch, 1, "lost again");
    dj_batch_rollback(batch);
    dj_batch_narrow(batch, 0, SIZE_MAX);
    dj_batch_arrange(batch);
    DJ_CHECK_INT(dj_batch_derived(batch), 1);
    check_texts(batch, "zero stays one two ");
    dj_batch_free(batch);
}

int main(void)
{
    DJ_TEST(copies_stand_behind_their_row);
    DJ_TEST(a_copy_has_what_its_row_has);
    DJ_TEST(a_row_may_give_none);
    DJ_TEST(a_copy_can_be_judged_at_once);
    DJ_TEST(copies_go_back_to_the_mark);
    return 0;
}

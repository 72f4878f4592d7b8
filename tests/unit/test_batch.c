/* Rows of a batch: texts, verdicts, statistics, views, and the way back to a mark. */
#include "djtest.h"

#include "data/batch_private.h"

static const char *const text_keys[] = { "text", "note" };
static const char *const stat_names[] = { "a", "b", "c" };
static const struct dj_batch_layout layout = {
    .ntexts = 2,
    .texts = text_keys,
    .nrequired = 1,
    .nstats = 3,
    .stats = stat_names,
};
static const size_t columns[] = { 0, 2 };
static const struct dj_origin somewhere = { 0, 1 };

static const char lines[4][128] = {
    "{\"text\": \"one two\", \"note\": \"n\"}",
    "{\"text\": \"Zwei\\nDrei\", \"note\": 7}",
    "{\"text\": \"\"}",
    "{\"text\": \"four\", \"note\": null}",
};

/* A batch of the lines above with the first operator selected. */
static struct dj_batch *new_batch(void)
{
    struct dj_batch *batch = dj_batch_new(&layout);

    for (size_t i = 0; i < 4; i++) {
        DJ_CHECK_OK(dj_batch_add(batch, dj_str_from(lines[i]), somewhere));
    }
    dj_batch_select(batch, 0, 0, columns);
    return batch;
}

static void texts_belong_to_the_selected_key(void)
{
    struct dj_batch *batch = new_batch();

    DJ_CHECK_INT(dj_batch_count(batch), 4);
    DJ_CHECK_INT(dj_batch_live_count(batch), 4);
    DJ_CHECK_STR(dj_batch_text(batch, 0), "one two");
    DJ_CHECK(dj_batch_has_text(batch, 2));
    DJ_CHECK_STR(dj_batch_text(batch, 2), "");
    dj_batch_select(batch, 1, 1, columns);
    DJ_CHECK(dj_batch_has_text(batch, 0));
    DJ_CHECK_STR(dj_batch_text(batch, 0), "n");
    DJ_CHECK(!dj_batch_has_text(batch, 1));
    DJ_CHECK(!dj_batch_has_text(batch, 2));
    DJ_CHECK(!dj_batch_has_text(batch, 3));
    DJ_CHECK_STR(dj_batch_text(batch, 1), "");
    DJ_CHECK_OK(dj_batch_set_text(batch, 1, DJ_STR("a note")));
    DJ_CHECK(dj_batch_has_text(batch, 1));
    DJ_CHECK_STR(dj_batch_text(batch, 1), "a note");
    dj_batch_select(batch, 2, 0, columns);
    DJ_CHECK_STR(dj_batch_text(batch, 1), "Zwei\nDrei");
    dj_batch_free(batch);
}

static void texts_are_replaced_with_and_without_a_copy(void)
{
    struct dj_batch *batch = new_batch();
    char own[] = "mine";
    const char *before = dj_batch_text(batch, 0).ptr;
    char *room, *again;

    DJ_CHECK_OK(dj_batch_set_text(batch, 0, DJ_STR("one two")));
    DJ_CHECK(dj_batch_text(batch, 0).ptr == before);
    DJ_CHECK_OK(dj_batch_set_text(batch, 0, dj_str_from(own)));
    own[0] = 'x';
    DJ_CHECK_STR(dj_batch_text(batch, 0), "mine");
    DJ_CHECK_OK(dj_batch_set_text(batch, 0, (struct dj_str){ NULL, 0 }));
    DJ_CHECK(dj_batch_has_text(batch, 0));
    DJ_CHECK_STR(dj_batch_text(batch, 0), "");

    room = dj_batch_room(batch, 1000);
    memset(room, 'r', 1000 + DJ_PADDING);
    DJ_CHECK_OK(dj_batch_take(batch, 1, room, 3));
    DJ_CHECK_STR(dj_batch_text(batch, 1), "rrr");
    DJ_CHECK(dj_batch_text(batch, 1).ptr == room);

    /* Room that is not needed is given back. */
    again = dj_batch_room(batch, 1000);
    DJ_CHECK(again > room && again < room + 100);
    memcpy(again, "rrr", 3);
    DJ_CHECK_OK(dj_batch_take(batch, 1, again, 3));
    DJ_CHECK(dj_batch_text(batch, 1).ptr == room);
    DJ_CHECK(dj_batch_room(batch, 5) == again);
    DJ_CHECK(dj_batch_room(batch, SIZE_MAX) == NULL);
    dj_batch_free(batch);
}

static void verdicts_are_given_once(void)
{
    struct dj_batch *batch = new_batch();
    size_t seen = 0;

    dj_batch_select(batch, 5, 0, columns);
    dj_batch_drop(batch, 1);
    dj_batch_reject(batch, 2, "too %s by %d", "short", 3);
    dj_batch_drop(batch, 2);
    dj_batch_reject(batch, 1, "no");
    DJ_CHECK_INT(dj_batch_live_count(batch), 2);
    DJ_CHECK_INT(dj_batch_state(batch, 0), DJ_ROW_LIVE);
    DJ_CHECK_INT(dj_batch_state(batch, 1), DJ_ROW_DROPPED);
    DJ_CHECK(dj_batch_reason(batch, 1) == NULL);
    DJ_CHECK_INT(dj_batch_state(batch, 2), DJ_ROW_REJECTED);
    DJ_CHECK_TEXT(dj_batch_reason(batch, 2), "too short by 3");
    DJ_CHECK_INT(dj_batch_rejected_by(batch, 2), 5);
    DJ_FOR_EACH_ROW (row, batch) {
        DJ_CHECK(row == 0 || row == 3);
        seen++;
    }
    DJ_CHECK_INT(seen, 2);
    dj_batch_reset(batch);
    DJ_CHECK_INT(dj_batch_count(batch), 0);
    DJ_CHECK_INT(dj_batch_live_count(batch), 0);
    DJ_CHECK_INT(dj_batch_bytes(batch), 0);
    dj_batch_free(batch);
}

static void check_stat(const struct dj_batch *batch, size_t row, size_t stat,
                       struct dj_number expected)
{
    struct dj_number value;

    DJ_CHECK(dj_batch_stat(batch, row, stat, &value));
    DJ_CHECK_INT(value.kind, expected.kind);
    DJ_CHECK(value.i == expected.i && value.d == expected.d);
}

static void statistics_are_columns(void)
{
    static const size_t other[] = { 2, 1 };
    struct dj_batch *batch = new_batch();
    struct dj_number value;

    DJ_CHECK(!dj_batch_stat(batch, 0, 0, &value));
    dj_batch_set_stat(batch, 0, 0, DJ_INT(-7));
    dj_batch_set_stat(batch, 0, 1, DJ_FLOAT(0.25));
    dj_batch_set_stat(batch, 3, 1, DJ_NONE);
    check_stat(batch, 0, 0, DJ_INT(-7));
    check_stat(batch, 0, 1, DJ_FLOAT(0.25));
    check_stat(batch, 3, 1, DJ_NONE);
    dj_batch_select(batch, 1, 0, other);
    check_stat(batch, 0, 0, DJ_FLOAT(0.25));
    DJ_CHECK(!dj_batch_stat(batch, 0, 1, &value));
    DJ_CHECK(!dj_batch_stat(batch, 1, 0, &value));
    dj_batch_free(batch);
}

static void everything_goes_back_to_the_mark(void)
{
    struct dj_batch *batch = new_batch();
    struct dj_number value;
    const char *kept;

    dj_batch_rollback(batch); /* without a mark: nothing */
    DJ_CHECK_OK(dj_batch_set_text(batch, 1, DJ_STR("before")));
    dj_batch_set_stat(batch, 1, 0, DJ_INT(1));
    dj_batch_reject(batch, 3, "before");
    kept = dj_batch_text(batch, 1).ptr;
    dj_batch_mark(batch);
    for (int round = 0; round < 3; round++) {
        for (int change = 0; change < 100; change++) {
            DJ_CHECK_OK(dj_batch_set_text(batch, 0, DJ_STR("first")));
            DJ_CHECK_OK(dj_batch_set_text(batch, 0, DJ_STR("second")));
            DJ_CHECK_OK(dj_batch_set_text(batch, 1, DJ_STR("after")));
            dj_batch_set_stat(batch, 1, 0, DJ_INT(change));
            dj_batch_set_stat(batch, 2, 1, DJ_FLOAT(change));
        }
        dj_batch_drop(batch, 0);
        dj_batch_reject(batch, 2, "after %d", round);
        DJ_CHECK_INT(dj_batch_live_count(batch), 1);

        dj_batch_rollback(batch);
        DJ_CHECK_INT(dj_batch_live_count(batch), 3);
        DJ_CHECK_STR(dj_batch_text(batch, 0), "one two");
        DJ_CHECK_STR(dj_batch_text(batch, 1), "before");
        DJ_CHECK(dj_batch_text(batch, 1).ptr == kept);
        check_stat(batch, 1, 0, DJ_INT(1));
        DJ_CHECK(!dj_batch_stat(batch, 2, 1, &value));
        DJ_CHECK(dj_batch_live(batch, 0) && dj_batch_live(batch, 2));
        DJ_CHECK(dj_batch_reason(batch, 2) == NULL);
        DJ_CHECK_TEXT(dj_batch_reason(batch, 3), "before");
    }
    DJ_CHECK_OK(dj_batch_set_text(batch, 0, DJ_STR("kept")));
    dj_batch_mark(batch);
    dj_batch_rollback(batch);
    DJ_CHECK_STR(dj_batch_text(batch, 0), "kept");
    dj_batch_free(batch);
}

static void views_follow_the_text(void)
{
    struct dj_batch *batch = new_batch();
    const struct dj_words *words, *lower;

    DJ_CHECK_INT(dj_batch_counts(batch, 0)->characters, 7);
    DJ_CHECK(dj_batch_counts(batch, 0) == dj_batch_counts(batch, 0));
    DJ_CHECK_OK(dj_batch_words(batch, 1, false, &words));
    DJ_CHECK_INT(words->count, 2);
    DJ_CHECK_STR(words->items[0], "Zwei");
    DJ_CHECK_OK(dj_batch_words(batch, 1, true, &lower));
    DJ_CHECK_STR(lower->items[1], "drei");
    DJ_CHECK_STR(words->items[1], "Drei");
    DJ_CHECK_OK(dj_batch_words(batch, 1, true, &words));
    DJ_CHECK(words == lower);

    dj_batch_mark(batch);
    DJ_CHECK_OK(dj_batch_set_text(batch, 1, DJ_STR("Just One More")));
    DJ_CHECK_OK(dj_batch_words(batch, 1, true, &words));
    DJ_CHECK_INT(words->count, 3);
    DJ_CHECK_STR(words->items[2], "more");
    DJ_CHECK_INT(dj_batch_counts(batch, 1)->characters, 13);
    DJ_CHECK_INT(dj_batch_counts(batch, 0)->characters, 7);
    dj_batch_rollback(batch);
    DJ_CHECK_OK(dj_batch_words(batch, 1, true, &words));
    DJ_CHECK_INT(words->count, 2);
    DJ_CHECK_STR(words->items[0], "zwei");
    DJ_CHECK_INT(dj_batch_counts(batch, 1)->characters, 9);

    dj_batch_select(batch, 1, 1, columns);
    DJ_CHECK_INT(dj_batch_counts(batch, 0)->characters, 1);
    DJ_CHECK_INT(dj_batch_counts(batch, 2)->characters, 0);
    dj_batch_free(batch);
}

static void views_know_rows_that_came_later(void)
{
    struct dj_batch *batch = new_batch();

    DJ_CHECK_INT(dj_batch_counts(batch, 3)->characters, 4);
    for (size_t i = 0; i < 1000; i++) {
        DJ_CHECK_OK(dj_batch_add(batch, dj_str_from(lines[i % 4]), somewhere));
        dj_batch_select(batch, 0, 0, columns);
        DJ_CHECK_INT(dj_batch_counts(batch, 4 + i)->characters,
                     dj_batch_counts(batch, i % 4)->characters);
    }
    dj_batch_free(batch);
}

/* Texts that have been replaced do not pile up, whatever the number of operators. */
static void replaced_texts_give_their_memory_back(void)
{
    const size_t size = (size_t)3 << 20;
    struct dj_batch *batch = new_batch();
    struct dj_str text;

    for (int op = 0; op < 200; op++) {
        char *room;

        dj_batch_mark(batch);
        for (size_t row = 0; row < 2; row++) {
            text = dj_batch_text(batch, row);
            DJ_CHECK(op == 0 ? text.len < 20 : text.len == size);
            DJ_CHECK(op == 0 || text.ptr[size - 1] == (char)('a' + (op - 1) % 26));
            room = dj_batch_room(batch, size);
            DJ_CHECK(room != NULL);
            memset(room, 'a' + op % 26, size);
            DJ_CHECK_OK(dj_batch_take(batch, row, room, size));
        }
        DJ_CHECK_INT(dj_batch_counts(batch, 0)->characters, size);
        DJ_CHECK_STR(dj_batch_text(batch, 2), "");
        DJ_CHECK_STR(dj_batch_text(batch, 3), "four");
        DJ_CHECK(dj_arena_used(batch->text_arena) < 16 * size);
    }
    dj_batch_free(batch);
}

static void rows_out_of_sight_are_not_live(void)
{
    struct dj_batch *batch = new_batch();

    dj_batch_drop(batch, 2);
    dj_batch_narrow(batch, 1, 3);
    DJ_CHECK_INT(dj_batch_count(batch), 4);
    DJ_CHECK_INT(dj_batch_live_count(batch), 1);
    DJ_CHECK(!dj_batch_live(batch, 0) && dj_batch_live(batch, 1));
    DJ_CHECK(!dj_batch_live(batch, 2) && !dj_batch_live(batch, 3));
    dj_batch_drop(batch, 0); /* out of sight, out of reach */
    DJ_CHECK_INT(dj_batch_state(batch, 0), DJ_ROW_LIVE);
    dj_batch_mark(batch);
    dj_batch_drop(batch, 1);
    DJ_CHECK_INT(dj_batch_live_count(batch), 0);
    dj_batch_rollback(batch);
    DJ_CHECK_INT(dj_batch_live_count(batch), 1);
    dj_batch_drop(batch, 1);
    dj_batch_narrow(batch, 0, SIZE_MAX);
    DJ_CHECK_INT(dj_batch_live_count(batch), 2);
    DJ_CHECK(dj_batch_live(batch, 0) && dj_batch_live(batch, 3));
    dj_batch_narrow(batch, 3, 4);
    DJ_CHECK_INT(dj_batch_live_count(batch), 1);
    dj_batch_reset(batch);
    DJ_CHECK_OK(dj_batch_add(batch, dj_str_from(lines[0]), somewhere));
    DJ_CHECK(dj_batch_live(batch, 0));
    dj_batch_free(batch);
}

int main(void)
{
    DJ_TEST(texts_belong_to_the_selected_key);
    DJ_TEST(texts_are_replaced_with_and_without_a_copy);
    DJ_TEST(verdicts_are_given_once);
    DJ_TEST(rows_out_of_sight_are_not_live);
    DJ_TEST(statistics_are_columns);
    DJ_TEST(everything_goes_back_to_the_mark);
    DJ_TEST(views_follow_the_text);
    DJ_TEST(views_know_rows_that_came_later);
    DJ_TEST(replaced_texts_give_their_memory_back);
    return 0;
}

/* A chain keeps the books, and finds the rows at fault when an operator fails. */
#include "djtest.h"

#include "dj/chain.h"
#include "dj/fault.h"
#include "dj/tracer.h"

enum { ROWS_MAX = 64 };

/* The operators of these tests look for words in the texts. */
struct conf {
    int calls;
};

static bool has(const struct dj_batch *batch, size_t row, const char *word)
{
    const struct dj_str text = dj_batch_text(batch, row);
    const size_t len = strlen(word);

    for (size_t i = 0; i + len <= text.len; i++) {
        if (memcmp(text.ptr + i, word, len) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * Puts "!" behind texts, drops "drop", rejects "reject"; fails at "fail" in the middle
 * of the work and at "memory" for want of it, at "once" in the first call only.
 */
static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    ((struct conf *)(uintptr_t)call->conf)->calls++;
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_str text = dj_batch_text(batch, row);
        char *copy = dj_arena_alloc(call->scratch, text.len + 1);

        DJ_CHECK(copy != NULL);
        memcpy(copy, text.ptr, text.len);
        copy[text.len] = '!';
        dj_batch_set_stat(batch, row, 0, DJ_INT((int64_t)text.len));
        if (has(batch, row, "drop")) {
            dj_batch_drop(batch, row);
            continue;
        }
        if (has(batch, row, "reject")) {
            dj_batch_reject(batch, row, "it says so");
            continue;
        }
        DJ_TRY(dj_batch_set_text(batch, row, (struct dj_str){ copy, text.len + 1 }));
        if (has(batch, row, "fail")) {
            return dj_fail(call->err, DJ_OP, "a word that must not be");
        }
        if (has(batch, row, "once") && ((const struct conf *)call->conf)->calls == 1) {
            return dj_fail(call->err, DJ_IO, "a passing cloud");
        }
        if (has(batch, row, "memory")) {
            return DJ_NOMEM;
        }
    }
    return DJ_OK;
}

static enum dj_status process_filter(const struct dj_op_call *call,
                                     struct dj_batch *batch)
{
    (void)call;
    DJ_FOR_EACH_ROW (row, batch) {
        if (has(batch, row, "two")) {
            dj_batch_drop(batch, row);
        }
    }
    return DJ_OK;
}

static enum dj_status count_only(const struct dj_op_call *call, struct dj_batch *batch)
{
    (void)batch;
    ((struct conf *)(uintptr_t)call->conf)->calls++;
    return DJ_OK;
}

static enum dj_status refuse(const struct dj_op_call *call, void **state)
{
    (void)state;
    return dj_fail(call->err, DJ_CONFIG, "the two bounds cross");
}

static void close_nothing(void *state)
{
    (void)state;
}

static const char *const stats_ab[] = { "a", "b", NULL };
static const char *const stats_bc[] = { "b", "c", NULL };

static const struct dj_op words_op = {
    .name = "words", .version = 1, .stats = stats_ab, .process = process
};
static const struct dj_op count_op = {
    .name = "count", .version = 1, .stats = stats_bc, .process = count_only
};
static const struct dj_op hash_op = {
    .name = "hash", .version = 1, .hash = "__dj__hash", .process = count_only
};
static const struct dj_op blind_op = {
    .name = "blind", .version = 1, .flags = DJ_OP_NO_TEXT, .process = count_only
};
static const struct dj_op crossed_op = {
    .name = "crossed", .version = 1, .open = refuse, .close = close_nothing
};

static const struct dj_op filter_op = {
    .name = "filter", .kind = DJ_OP_FILTER, .version = 1, .process = process_filter
};

static const char *const text_keys[] = { "text" };

/* A recipe of up to three operators, its chain and a batch. */
struct fixture {
    struct conf confs[3];
    struct dj_recipe_op ops[3];
    struct dj_recipe recipe;
    struct dj_chain *chain;
    struct dj_batch *batch;
    struct dj_op_tally tally[3];
    struct dj_error err;
    char lines[ROWS_MAX][64 + DJ_PADDING];
    size_t nlines;
};

static void set_op(struct fixture *f, size_t index, const struct dj_op *op)
{
    f->ops[index] = (struct dj_recipe_op){
        .op = op,
        .conf = &f->confs[index],
        .common = { .skip_op_error = true },
        .line = 10 + (int)index,
        .column = 5,
    };
    f->recipe = (struct dj_recipe){ .count = index + 1, .ops = f->ops };
}

static void open_chain(struct fixture *f)
{
    const char *keys[] = { text_keys[0] };
    const struct dj_strs texts = { true, 1, keys };

    DJ_CHECK_OK(dj_chain_open(&f->recipe, &texts, "recipe.yaml", &f->chain, &f->err));
    f->batch = dj_batch_new(dj_chain_layout(f->chain));
}

static void close_chain(struct fixture *f)
{
    dj_batch_free(f->batch);
    dj_chain_close(f->chain);
}

/* {"text": word}, on line 100 + 2 * row of its source. */
static void add(struct fixture *f, const char *word)
{
    char *line = f->lines[f->nlines];
    const int len = snprintf(line, 64, "{\"text\": \"%s\"}", word);
    const struct dj_origin origin = { (int64_t)f->nlines, 100 + 2 * (int64_t)f->nlines };

    DJ_CHECK_OK(dj_batch_add(f->batch, (struct dj_str){ line, (size_t)len }, origin));
    f->nlines++;
}

static enum dj_status run(struct fixture *f)
{
    return dj_chain_run(f->chain, 0, f->recipe.count, f->batch, f->tally, &f->err);
}

static void check_text(struct fixture *f, size_t row, const char *text)
{
    DJ_CHECK_INT(dj_batch_state(f->batch, row), DJ_ROW_LIVE);
    DJ_CHECK_STR(dj_batch_text(f->batch, row), text);
}

static void check_tally(const struct dj_op_tally *tally, int64_t in, int64_t out,
                        int64_t dropped, int64_t rejected)
{
    DJ_CHECK_INT(tally->rows_in, in);
    DJ_CHECK_INT(tally->rows_out, out);
    DJ_CHECK_INT(tally->dropped, dropped);
    DJ_CHECK_INT(tally->rejected, rejected);
}

static void the_layout_has_every_key_and_statistic_once(void)
{
    struct fixture f = { 0 };
    const struct dj_batch_layout *layout;

    set_op(&f, 0, &words_op);
    set_op(&f, 1, &count_op);
    set_op(&f, 2, &words_op);
    f.ops[1].common.text_key = "body";
    f.ops[2].common.text_key = "text";
    open_chain(&f);
    layout = dj_chain_layout(f.chain);
    DJ_CHECK_INT(layout->ntexts, 2);
    DJ_CHECK_TEXT(layout->texts[0], "text");
    DJ_CHECK_TEXT(layout->texts[1], "body");
    DJ_CHECK_INT(layout->nrequired, 1);
    DJ_CHECK_INT(layout->nstats, 3);
    DJ_CHECK_TEXT(layout->stats[0], "a");
    DJ_CHECK_TEXT(layout->stats[1], "b");
    DJ_CHECK_TEXT(layout->stats[2], "c");
    close_chain(&f);
}

static void hashes_have_columns_behind_the_statistics(void)
{
    struct fixture f = { 0 };
    const struct dj_batch_layout *layout;
    size_t columns[3];

    set_op(&f, 0, &hash_op);
    set_op(&f, 1, &count_op);
    set_op(&f, 2, &hash_op);
    open_chain(&f); /* nobody keeps them */
    DJ_CHECK_INT(dj_chain_layout(f.chain)->nstats, 2);
    DJ_CHECK_INT(dj_chain_layout(f.chain)->nhashes, 0);
    close_chain(&f);
    f.recipe.keep_hashes = true;
    open_chain(&f);
    layout = dj_chain_layout(f.chain);
    DJ_CHECK_INT(layout->nstats, 3);
    DJ_CHECK_INT(layout->nhashes, 1);
    DJ_CHECK_INT(layout->nearly, 1);
    DJ_CHECK_TEXT(layout->stats[2], "__dj__hash");
    DJ_CHECK(dj_chain_measures(f.chain));
    DJ_CHECK_INT(dj_chain_stats(f.chain, 0, 1, columns), 1);
    DJ_CHECK_INT(columns[0], 2);
    DJ_CHECK_INT(dj_chain_stats(f.chain, 1, 2, columns), 2);
    close_chain(&f);
    set_op(&f, 1, &hash_op);
    f.ops[0].op = &count_op;
    f.recipe.keep_hashes = true;
    open_chain(&f);
    DJ_CHECK_INT(dj_chain_layout(f.chain)->nearly, 0);
    close_chain(&f);
    set_op(&f, 0, &hash_op);
    f.recipe.keep_hashes = true;
    open_chain(&f);
    DJ_CHECK(!dj_chain_measures(f.chain));
    close_chain(&f);
}

static void text_is_required_only_where_an_operator_reads_it(void)
{
    struct fixture f = { 0 };

    set_op(&f, 0, &blind_op);
    open_chain(&f);
    DJ_CHECK_INT(dj_chain_layout(f.chain)->nrequired, 0);
    add(&f, "a");
    memcpy(f.lines[f.nlines], "{}", 2);
    DJ_CHECK_OK(dj_batch_add(f.batch, (struct dj_str){ f.lines[f.nlines], 2 },
                             (struct dj_origin){ 1, 2 }));
    DJ_CHECK_OK(run(&f));
    check_tally(&f.tally[0], 2, 2, 0, 0);
    close_chain(&f);
}

static void an_operator_that_does_not_open_is_named_with_its_place(void)
{
    struct fixture f = { 0 };
    const char *keys[] = { text_keys[0] };
    const struct dj_strs texts = { true, 1, keys };

    set_op(&f, 0, &words_op);
    set_op(&f, 1, &crossed_op);
    DJ_CHECK_STATUS(dj_chain_open(&f.recipe, &texts, "recipe.yaml", &f.chain, &f.err),
                    DJ_CONFIG);
    DJ_CHECK_TEXT(f.err.text, "recipe.yaml:11:5: crossed: the two bounds cross");
    DJ_CHECK(f.chain == NULL);
}

static void verdicts_are_added_up(void)
{
    struct fixture f = { 0 };

    set_op(&f, 0, &words_op);
    set_op(&f, 1, &words_op);
    open_chain(&f);
    add(&f, "one");
    add(&f, "drop it");
    add(&f, "reject it");
    add(&f, "two");
    DJ_CHECK_OK(run(&f));
    check_text(&f, 0, "one!!");
    check_text(&f, 3, "two!!");
    check_tally(&f.tally[0], 4, 2, 1, 1);
    check_tally(&f.tally[1], 2, 2, 0, 0);
    DJ_CHECK_INT(f.tally[0].bytes_in, (int64_t)dj_batch_bytes(f.batch));
    DJ_CHECK(f.tally[0].seconds >= 0.0);
    DJ_CHECK_INT(dj_batch_rejected_by(f.batch, 2), 0);
    DJ_CHECK_TEXT(dj_batch_reason(f.batch, 2), "it says so");
    DJ_CHECK_OK(run(&f)); /* tallies grow from batch to batch */
    check_tally(&f.tally[0], 6, 4, 1, 1);
    close_chain(&f);
}

static void a_tracer_writes_down_what_was_done(void)
{
    const char *names[] = { "text", "other", "text", "original_text" };
    const struct dj_strs keys = { true, 4, names };
    const bool wanted[] = { true, true };
    struct fixture f = { 0 };
    struct dj_tracer *tracer = dj_tracer_new(2, 3, &keys);
    struct dj_str rest, entry;
    size_t op;

    set_op(&f, 0, &words_op);
    set_op(&f, 1, &filter_op);
    open_chain(&f);
    dj_chain_trace(f.chain, tracer);
    dj_tracer_begin(tracer, wanted);
    add(&f, "drop it"); /* by a mapper: no change of a text */
    add(&f, "two");
    add(&f, "fail");
    add(&f, "\\u00e9\\n");
    add(&f, "twotwo");
    add(&f, "last"); /* there are three already */
    DJ_CHECK_OK(run(&f));
    DJ_CHECK_STR(
        dj_tracer_lines(tracer),
        "{\"trace\": 0, \"entry\": {\"text\": \"two\", \"other\": null, "
        "\"original_text\": \"two\", \"processed_text\": \"two!\"}}\n"
        "{\"trace\": 0, \"entry\": {\"text\": \"\\u00e9\\n\", \"other\": null, "
        "\"original_text\": \"\xc3\xa9\\n\", \"processed_text\": \"\xc3\xa9\\n!\"}}\n"
        "{\"trace\": 0, \"entry\": {\"text\": \"twotwo\", \"other\": null, "
        "\"original_text\": \"twotwo\", \"processed_text\": \"twotwo!\"}}\n"
        "{\"trace\": 1, \"entry\": {\"text\": \"two!\", \"__dj__stats__\": {\"a\": 3}}}\n"
        "{\"trace\": 1, \"entry\": {\"text\": \"twotwo!\", \"__dj__stats__\": {\"a\": "
        "6}}}\n");
    rest = dj_tracer_lines(tracer);
    for (int i = 0; i < 5; i++) {
        DJ_CHECK(dj_tracer_next(&rest, &op, &entry));
        DJ_CHECK_INT(op, i < 3 ? 0 : 1);
    }
    DJ_CHECK_STR(entry, "{\"text\": \"twotwo!\", \"__dj__stats__\": {\"a\": 6}}");
    DJ_CHECK(!dj_tracer_next(&rest, &op, &entry));
    dj_tracer_begin(tracer, (const bool[]){ false, false });
    DJ_CHECK_OK(run(&f));
    DJ_CHECK_INT(dj_tracer_lines(tracer).len, 0);
    close_chain(&f);
    dj_tracer_free(tracer);
}

/* What the failing call did to other rows is undone and done again. */
static void one_bad_sample_costs_one_sample(void)
{
    struct fixture f = { 0 };

    set_op(&f, 0, &words_op);
    set_op(&f, 1, &words_op);
    open_chain(&f);
    for (size_t i = 0; i < 50; i++) {
        add(&f, i == 17 || i == 18 || i == 49 ? "fail" : i == 20 ? "drop" : "good");
    }
    DJ_CHECK_OK(run(&f));
    for (size_t i = 0; i < 50; i++) {
        if (i == 17 || i == 18 || i == 49) {
            DJ_CHECK_INT(dj_batch_state(f.batch, i), DJ_ROW_REJECTED);
            DJ_CHECK_INT(dj_batch_rejected_by(f.batch, i), 0);
            DJ_CHECK_TEXT(dj_batch_reason(f.batch, i), "a word that must not be");
        } else if (i != 20) {
            check_text(&f, i, "good!!");
        }
    }
    check_tally(&f.tally[0], 50, 46, 1, 3);
    check_tally(&f.tally[1], 46, 46, 0, 0);
    DJ_CHECK(f.confs[0].calls < 40); /* halves, not rows, are tried */
    DJ_CHECK_INT(f.confs[1].calls, 1);
    close_chain(&f);
}

static void without_skipping_the_line_at_fault_is_named(void)
{
    struct fixture f = { 0 };

    set_op(&f, 0, &words_op);
    f.ops[0].common.skip_op_error = false;
    open_chain(&f);
    for (size_t i = 0; i < 20; i++) {
        add(&f, i == 7 ? "fail" : "good");
    }
    DJ_CHECK_STATUS(run(&f), DJ_OP);
    DJ_CHECK_TEXT(f.err.text, "recipe.yaml:10:5: words: line 114 of the source: "
                              "a word that must not be");
    close_chain(&f);
}

static void without_skipping_a_rejected_sample_is_a_failure(void)
{
    struct fixture f = { 0 };

    set_op(&f, 0, &words_op);
    f.ops[0].common.skip_op_error = false;
    open_chain(&f);
    add(&f, "good");
    add(&f, "drop");
    add(&f, "reject");
    DJ_CHECK_STATUS(run(&f), DJ_OP);
    DJ_CHECK_TEXT(f.err.text,
                  "recipe.yaml:10:5: words: line 104 of the source: it says so");
    close_chain(&f);
}

static void lack_of_memory_is_no_fault_of_a_sample(void)
{
    struct fixture f = { 0 };

    set_op(&f, 0, &words_op);
    open_chain(&f);
    add(&f, "good");
    add(&f, "memory");
    DJ_CHECK_STATUS(run(&f), DJ_NOMEM);
    DJ_CHECK_CONTAINS(f.err.text, "line 102 of the source: out of memory");
    close_chain(&f);
}

static void a_sample_without_the_text_is_set_aside(void)
{
    struct fixture f = { 0 };

    set_op(&f, 0, &words_op);
    set_op(&f, 1, &words_op);
    f.ops[1].common.text_key = "body";
    open_chain(&f);
    add(&f, "good");
    DJ_CHECK_OK(run(&f));
    DJ_CHECK_INT(dj_batch_state(f.batch, 0), DJ_ROW_REJECTED);
    DJ_CHECK_INT(dj_batch_rejected_by(f.batch, 0), 1);
    DJ_CHECK_TEXT(dj_batch_reason(f.batch, 0),
                  "text key 'body' is missing or not a string");
    check_tally(&f.tally[0], 1, 1, 0, 0);
    check_tally(&f.tally[1], 1, 0, 0, 1);
    DJ_CHECK_INT(f.confs[1].calls, 0);
    close_chain(&f);
}

static void without_skipping_a_missing_text_is_a_failure(void)
{
    struct fixture f = { 0 };

    set_op(&f, 0, &words_op);
    f.ops[0].common.text_key = "body";
    f.ops[0].common.skip_op_error = false;
    open_chain(&f);
    add(&f, "good");
    DJ_CHECK_STATUS(run(&f), DJ_DATA);
    DJ_CHECK_CONTAINS(f.err.text, "line 100 of the source: text key 'body' is missing");
    close_chain(&f);
}

static void only_the_operators_asked_for_run(void)
{
    struct fixture f = { 0 };

    set_op(&f, 0, &words_op);
    set_op(&f, 1, &words_op);
    set_op(&f, 2, &words_op);
    open_chain(&f);
    add(&f, "one");
    DJ_CHECK_OK(dj_chain_run(f.chain, 1, 2, f.batch, f.tally, &f.err));
    check_text(&f, 0, "one!");
    check_tally(&f.tally[0], 0, 0, 0, 0);
    check_tally(&f.tally[1], 1, 1, 0, 0);
    check_tally(&f.tally[2], 0, 0, 0, 0);
    close_chain(&f);
}

static void a_batch_without_live_rows_calls_nobody(void)
{
    struct fixture f = { 0 };

    set_op(&f, 0, &words_op);
    open_chain(&f);
    DJ_CHECK_OK(run(&f));
    add(&f, "drop");
    DJ_CHECK_OK(run(&f));
    DJ_CHECK_OK(run(&f));
    DJ_CHECK_INT(f.confs[0].calls, 1);
    check_tally(&f.tally[0], 1, 0, 1, 0);
    close_chain(&f);
}

/* A failure that the halves do not show again is over, if samples may be lost. */
static void a_passing_failure_loses_nothing(void)
{
    struct fixture f = { 0 };

    set_op(&f, 0, &words_op);
    open_chain(&f);
    add(&f, "one");
    add(&f, "once");
    DJ_CHECK_OK(run(&f));
    check_text(&f, 0, "one!");
    check_text(&f, 1, "once!");
    DJ_CHECK_INT(f.confs[0].calls, 3);
    close_chain(&f);
}

static void a_passing_failure_is_passed_up_without_skipping(void)
{
    struct fixture f = { 0 };

    set_op(&f, 0, &words_op);
    f.ops[0].common.skip_op_error = false;
    open_chain(&f);
    add(&f, "one");
    add(&f, "once");
    DJ_CHECK_STATUS(run(&f), DJ_IO);
    DJ_CHECK_TEXT(f.err.text, "recipe.yaml:10:5: words: lines 100 to 102 of the source: "
                              "a passing cloud");
    close_chain(&f);
}

#ifdef DJ_FAULTS
static void the_fault_point_comes_before_the_operator(void)
{
    struct fixture f = { 0 };

    DJ_CHECK(setenv("DJ_FAULT", "op.process:nth=1:fail", 1) == 0);
    DJ_CHECK_OK(dj_fault_init(0, &f.err));
    set_op(&f, 0, &words_op);
    open_chain(&f);
    add(&f, "one");
    add(&f, "two");
    DJ_CHECK_OK(run(&f));
    DJ_CHECK_INT(f.confs[0].calls, 2);
    check_text(&f, 0, "one!");
    close_chain(&f);
    DJ_CHECK(unsetenv("DJ_FAULT") == 0);
    DJ_CHECK_OK(dj_fault_init(0, &f.err));
}
#endif

int main(void)
{
    DJ_TEST(the_layout_has_every_key_and_statistic_once);
    DJ_TEST(hashes_have_columns_behind_the_statistics);
    DJ_TEST(text_is_required_only_where_an_operator_reads_it);
    DJ_TEST(an_operator_that_does_not_open_is_named_with_its_place);
    DJ_TEST(verdicts_are_added_up);
    DJ_TEST(a_tracer_writes_down_what_was_done);
    DJ_TEST(one_bad_sample_costs_one_sample);
    DJ_TEST(without_skipping_the_line_at_fault_is_named);
    DJ_TEST(without_skipping_a_rejected_sample_is_a_failure);
    DJ_TEST(lack_of_memory_is_no_fault_of_a_sample);
    DJ_TEST(a_sample_without_the_text_is_set_aside);
    DJ_TEST(without_skipping_a_missing_text_is_a_failure);
    DJ_TEST(only_the_operators_asked_for_run);
    DJ_TEST(a_batch_without_live_rows_calls_nobody);
    DJ_TEST(a_passing_failure_loses_nothing);
    DJ_TEST(a_passing_failure_is_passed_up_without_skipping);
#ifdef DJ_FAULTS
    DJ_TEST(the_fault_point_comes_before_the_operator);
#endif
    return 0;
}

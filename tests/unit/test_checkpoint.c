/* Sets of one rank: what a commit makes, what is found again, and what is kept. */
#include "support/sets.h"

static struct dj_comm *comm;

/* --- a job's sets in a few words -------------------------------------------------- */

static struct dj_ckpt *open_with(const struct dj_ckpt_options *options)
{
    struct dj_ckpt *ckpt;
    struct dj_error err;

    DJ_CHECK_OK(dj_ckpt_open(comm, options, &ckpt, &err));
    return ckpt;
}

/* Loads; what is said of it contains note, or nothing is said (NULL). */
static struct dj_ckpt *load_with(const struct dj_ckpt_options *options, const char *note)
{
    struct dj_ckpt *ckpt = open_with(options);
    struct dj_buf notes;
    struct dj_error err;
    const char *text;

    dj_buf_init(&notes);
    DJ_CHECK_OK(dj_ckpt_load(ckpt, &notes, &err));
    DJ_CHECK_OK(dj_buf_cstr(&notes, &text));
    if (note == NULL) {
        DJ_CHECK_TEXT(text, "");
    } else {
        DJ_CHECK_CONTAINS(text, note);
    }
    dj_buf_release(&notes);
    return ckpt;
}

static int64_t commit(struct dj_ckpt *ckpt)
{
    struct dj_ckpt_result result;
    struct dj_error err;

    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &result, &err));
    return result.set;
}

/* --- sets --------------------------------------------------------------------------- */

static void a_set_is_found_again(void)
{
    char *folder = files_fresh();
    const struct dj_ckpt_options options = sets_options(folder, 3);
    struct dj_ckpt *ckpt = load_with(&options, NULL);
    struct dj_ckpt_result result;
    struct dj_error err;

    DJ_CHECK_INT(dj_ckpt_waiting(ckpt), 0);
    sets_put(ckpt, 0, 0, 2, 1000);
    sets_put(ckpt, 2, 0, 1, 5000);
    DJ_CHECK(dj_ckpt_waiting(ckpt) > 1000);
    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &result, &err));
    DJ_CHECK_INT(result.set, 1);
    DJ_CHECK_INT(result.layers, 2);
    DJ_CHECK(result.raw >= 6000 && result.stored < result.raw);
    DJ_CHECK(result.file > result.stored);
    DJ_CHECK_INT(dj_ckpt_waiting(ckpt), 0);
    SETS_CHECK_CHAIN(ckpt, 0, "0-2");
    dj_ckpt_close(ckpt);

    ckpt = load_with(&options, NULL);
    SETS_CHECK_CHAIN(ckpt, 0, "0-2");
    SETS_CHECK_CHAIN(ckpt, 1, "");
    SETS_CHECK_CHAIN(ckpt, 2, "0-1");
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

static void without_layers_there_is_no_set(void)
{
    char *folder = files_fresh();
    const struct dj_ckpt_options options = sets_options(folder, 3);
    struct dj_ckpt *ckpt = load_with(&options, NULL);
    struct dj_ckpt_result result;
    struct dj_error err;

    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &result, &err));
    DJ_CHECK_INT(result.layers, 0);
    SETS_CHECK_NAMES(folder, "");
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

static void a_layer_and_its_info_may_be_empty(void)
{
    char *folder = files_fresh();
    const struct dj_ckpt_options options = sets_options(folder, 1);
    struct dj_ckpt *ckpt = load_with(&options, NULL);
    const struct dj_ckpt_put put = { .op_end = 1 };
    struct dj_ckpt_state state;
    struct dj_error err;
    struct dj_buf raw;

    DJ_CHECK_OK(dj_ckpt_put(ckpt, &put, &err));
    DJ_CHECK_INT(commit(ckpt), 1);
    dj_ckpt_close(ckpt);
    ckpt = load_with(&options, NULL);
    dj_ckpt_state(ckpt, 0, &state);
    DJ_CHECK_INT(state.op_end, 1);
    DJ_CHECK(state.info == NULL);
    dj_buf_init(&raw);
    DJ_CHECK_OK(dj_ckpt_read(ckpt, &state.refs[0], &raw, &err));
    DJ_CHECK_INT(raw.len, 0);
    dj_buf_release(&raw);
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

static void what_is_no_layer_is_refused(void)
{
    char *folder = files_fresh();
    const struct dj_ckpt_options options = sets_options(folder, 2);
    struct dj_ckpt *ckpt = load_with(&options, NULL);
    const struct dj_ckpt_put bad[] = {
        { .partition = 2, .op_end = 1 },         { .partition = -1, .op_end = 1 },
        { .op_first = 1, .op_end = 1 },          { .op_end = SETS_OPS + 1 },
        { .op_end = 1, .info = DJ_STR("{\n}") },
    };
    struct dj_error err;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        DJ_CHECK_STATUS(dj_ckpt_put(ckpt, &bad[i], &err), DJ_INTERNAL);
    }
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

static void a_set_stores_only_what_is_new(void)
{
    char *folder = files_fresh();
    const struct dj_ckpt_options options = sets_options(folder, 3);
    struct dj_ckpt *ckpt = load_with(&options, NULL);
    struct dj_ckpt_result first, second;
    struct dj_error err;

    for (int64_t i = 0; i < 3; i++) {
        sets_put(ckpt, i, 0, 1, 20000);
    }
    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &first, &err));
    sets_put(ckpt, 1, 1, 3, 100);
    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &second, &err));
    DJ_CHECK_INT(second.set, 2);
    DJ_CHECK_INT(second.layers, 1);
    DJ_CHECK(second.file < first.file / 4);
    dj_ckpt_close(ckpt);

    ckpt = load_with(&options, NULL);
    SETS_CHECK_CHAIN(ckpt, 0, "0-1");
    SETS_CHECK_CHAIN(ckpt, 1, "0-1 1-3");
    SETS_CHECK_CHAIN(ckpt, 2, "0-1");
    sets_put(ckpt, 1, 3, 6, 100);
    DJ_CHECK_INT(commit(ckpt), 3);
    dj_ckpt_close(ckpt);

    ckpt = load_with(&options, NULL);
    SETS_CHECK_CHAIN(ckpt, 1, "0-1 1-3 3-6");
    SETS_CHECK_CHAIN(ckpt, 2, "0-1");
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

static void a_layer_takes_the_place_of_those_beyond_its_beginning(void)
{
    char *folder = files_fresh();
    const struct dj_ckpt_options options = sets_options(folder, 4);
    struct dj_ckpt *ckpt = load_with(&options, NULL);

    for (int64_t i = 0; i < 4; i++) {
        sets_put(ckpt, i, 0, 1, 100);
        sets_put(ckpt, i, 1, 2, 100);
        sets_put(ckpt, i, 2, 4, 100);
    }
    sets_put(ckpt, 3, 0, 1, 100); /* before it was ever stored */
    DJ_CHECK_INT(commit(ckpt), 1);
    SETS_CHECK_CHAIN(ckpt, 0, "0-1 1-2 2-4");
    SETS_CHECK_CHAIN(ckpt, 3, "0-1");
    sets_put(ckpt, 0, 0, 1, 100); /* begins anew */
    sets_put(ckpt, 1, 0, 4, 100); /* merged */
    sets_put(ckpt, 2, 2, 3, 100); /* done again from operator 3 on */
    DJ_CHECK_INT(commit(ckpt), 2);
    dj_ckpt_close(ckpt);

    ckpt = load_with(&options, NULL);
    SETS_CHECK_CHAIN(ckpt, 0, "0-1");
    SETS_CHECK_CHAIN(ckpt, 1, "0-4");
    SETS_CHECK_CHAIN(ckpt, 2, "0-1 1-2 2-3");
    SETS_CHECK_CHAIN(ckpt, 3, "0-1");
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

static void a_layer_that_follows_on_nothing_is_left_out(void)
{
    char *folder = files_fresh();
    const struct dj_ckpt_options options = sets_options(folder, 2);
    struct dj_ckpt *ckpt = load_with(&options, NULL);

    sets_put(ckpt, 0, 0, 2, 100);
    sets_put(ckpt, 0, 3, 4, 100);
    sets_put(ckpt, 1, 1, 2, 100);
    DJ_CHECK_INT(commit(ckpt), 1);
    dj_ckpt_close(ckpt);
    ckpt = load_with(&options, NULL);
    SETS_CHECK_CHAIN(ckpt, 0, "0-2");
    SETS_CHECK_CHAIN(ckpt, 1, "");
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

static void a_forgotten_partition_stays_forgotten(void)
{
    char *folder = files_fresh();
    const struct dj_ckpt_options options = sets_options(folder, 2);
    struct dj_ckpt *ckpt = load_with(&options, NULL);

    sets_put(ckpt, 0, 0, 2, 100);
    sets_put(ckpt, 1, 0, 2, 100);
    DJ_CHECK_INT(commit(ckpt), 1);
    dj_ckpt_forget(ckpt, 0);
    SETS_CHECK_CHAIN(ckpt, 0, "");
    sets_put(ckpt, 1, 2, 3, 100);
    DJ_CHECK_INT(commit(ckpt), 2);
    dj_ckpt_close(ckpt);

    ckpt = load_with(&options, NULL);
    SETS_CHECK_CHAIN(ckpt, 0, "");
    SETS_CHECK_CHAIN(ckpt, 1, "0-2 2-3");
    sets_put(ckpt, 0, 0, 3, 100);
    DJ_CHECK_INT(commit(ckpt), 3);
    SETS_CHECK_CHAIN(ckpt, 0, "0-3");
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

/* --- another recipe, another dataset ---------------------------------------------- */

static void make_chains(const struct dj_ckpt_options *options)
{
    struct dj_ckpt *ckpt = load_with(options, NULL);

    sets_put(ckpt, 0, 0, 1, 100);
    sets_put(ckpt, 0, 1, 2, 100);
    sets_put(ckpt, 0, 2, 4, 100);
    sets_put(ckpt, 1, 0, 4, 100);
    sets_put(ckpt, 2, 0, 1, 100);
    DJ_CHECK_INT(commit(ckpt), 1);
    dj_ckpt_close(ckpt);
}

static void layers_before_the_first_changed_operator_are_used(void)
{
    uint64_t hashes[SETS_OPS];
    char *folder = files_fresh();
    struct dj_ckpt_options options = sets_options(folder, 3);
    struct dj_ckpt *ckpt;

    make_chains(&options);
    memcpy(hashes, sets_hashes, sizeof(hashes));
    hashes[3] = 99;
    options.op_hashes = hashes;
    ckpt = load_with(&options, "the recipe has changed from operator 4 on: of 2 ");
    SETS_CHECK_CHAIN(ckpt, 0, "0-1 1-2");
    SETS_CHECK_CHAIN(ckpt, 1, "");
    SETS_CHECK_CHAIN(ckpt, 2, "0-1");
    sets_put(ckpt, 0, 2, 5, 100);
    DJ_CHECK_INT(commit(ckpt), 2);
    dj_ckpt_close(ckpt);

    ckpt = load_with(&options, NULL);
    SETS_CHECK_CHAIN(ckpt, 0, "0-1 1-2 2-5");
    SETS_CHECK_CHAIN(ckpt, 1, "");
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

static void a_longer_or_shorter_recipe_goes_on_where_it_can(void)
{
    char *folder = files_fresh();
    struct dj_ckpt_options options = sets_options(folder, 3);
    struct dj_ckpt *ckpt;

    options.nops = 4;
    make_chains(&options);
    options.nops = SETS_OPS;
    ckpt = load_with(&options, NULL);
    SETS_CHECK_CHAIN(ckpt, 0, "0-1 1-2 2-4");
    SETS_CHECK_CHAIN(ckpt, 1, "0-4");
    dj_ckpt_close(ckpt);
    options.nops = 2;
    ckpt = load_with(&options, "the recipe has changed from operator 3 on");
    SETS_CHECK_CHAIN(ckpt, 0, "0-1 1-2");
    SETS_CHECK_CHAIN(ckpt, 1, "");
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

static void sets_of_another_dataset_are_not_used(void)
{
    char *folder = files_fresh();
    struct dj_ckpt_options options = sets_options(folder, 3);
    struct dj_ckpt *ckpt;

    make_chains(&options);
    options.dataset_fingerprint = "fedcba9876543210";
    ckpt = load_with(&options,
                     "checkpoint_000001: not used: the dataset is another one now");
    SETS_CHECK_CHAIN(ckpt, 0, "");
    dj_ckpt_close(ckpt);
    options = sets_options(folder, 2);
    ckpt = load_with(&options, "the dataset was cut into 3 partitions");
    SETS_CHECK_CHAIN(ckpt, 0, "");
    sets_put(ckpt, 0, 0, 1, 100);
    DJ_CHECK_INT(commit(ckpt), 2);
    SETS_CHECK_NAMES(folder, "2.h5 2.json"); /* the other could never be used again */
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

static void sets_of_another_job_are_left_alone(void)
{
    char *folder = files_fresh();
    struct dj_ckpt_options options = sets_options(folder, 3);
    struct dj_ckpt *ckpt;

    make_chains(&options);
    options.job_id = "another";
    options.keep_last = 1;
    ckpt = load_with(&options, "not used: it belongs to job job_of_tests");
    SETS_CHECK_CHAIN(ckpt, 0, "");
    for (int64_t set = 2; set <= 4; set++) {
        sets_put(ckpt, 0, 0, 1, 100);
        DJ_CHECK_INT(commit(ckpt), set);
    }
    SETS_CHECK_NAMES(folder, "1.h5 1.json 4.h5 4.json");
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

/* --- what is kept ------------------------------------------------------------------- */

static void the_last_sets_stay_and_the_files_they_need(void)
{
    char *folder = files_fresh();
    const struct dj_ckpt_options options = sets_options(folder, 2);
    struct dj_ckpt *ckpt = load_with(&options, NULL);

    sets_put(ckpt, 0, 0, 1, 9000);
    DJ_CHECK_INT(commit(ckpt), 1);
    sets_put(ckpt, 1, 0, 1, 9000);
    DJ_CHECK_INT(commit(ckpt), 2);
    SETS_CHECK_NAMES(folder, "1.h5 1.json 2.h5 2.json");
    sets_put(ckpt, 1, 0, 2, 9000);
    DJ_CHECK_INT(commit(ckpt), 3);
    SETS_CHECK_NAMES(folder, "1.h5 2.h5 2.json 3.h5 3.json");
    sets_put(ckpt, 1, 0, 3, 9000);
    DJ_CHECK_INT(commit(ckpt), 4); /* 2 is needed no more, 1 still is */
    SETS_CHECK_NAMES(folder, "1.h5 3.h5 3.json 4.h5 4.json");
    SETS_CHECK_CHAIN(ckpt, 0, "0-1");
    sets_put(ckpt, 0, 0, 3, 9000);
    DJ_CHECK_INT(commit(ckpt), 5); /* 4 needs 1 */
    SETS_CHECK_NAMES(folder, "1.h5 4.h5 4.json 5.h5 5.json");
    sets_put(ckpt, 0, 0, 4, 9000);
    DJ_CHECK_INT(commit(ckpt), 6);
    SETS_CHECK_NAMES(folder, "4.h5 5.h5 5.json 6.h5 6.json");
    dj_ckpt_close(ckpt);

    ckpt = load_with(&options, NULL);
    SETS_CHECK_CHAIN(ckpt, 0, "0-4");
    SETS_CHECK_CHAIN(ckpt, 1, "0-3");
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

static void what_lives_of_a_dead_set_moves_on(void)
{
    enum { PARTS = 8 };
    char *folder = files_fresh();
    struct dj_ckpt_options options = sets_options(folder, PARTS);
    struct dj_ckpt_state state;
    struct dj_ckpt *ckpt;

    options.keep_last = 1;
    ckpt = load_with(&options, NULL);
    for (int64_t i = 0; i < PARTS; i++) {
        sets_put(ckpt, i, 0, 1, 9000);
    }
    DJ_CHECK_INT(commit(ckpt), 1);
    for (int64_t i = 0; i < PARTS - 3; i++) {
        sets_put(ckpt, i, 0, 2, 9000);
    }
    DJ_CHECK_INT(commit(ckpt), 2); /* three eighths of 1 live: it stays */
    SETS_CHECK_NAMES(folder, "1.h5 2.h5 2.json");
    sets_put(ckpt, PARTS - 3, 0, 2, 9000);
    sets_put(ckpt, PARTS - 2, 0, 2, 9000);
    DJ_CHECK_INT(commit(ckpt), 3); /* an eighth */
    SETS_CHECK_NAMES(folder, "2.h5 3.h5 3.json");
    dj_ckpt_state(ckpt, PARTS - 1, &state);
    DJ_CHECK_INT(state.refs[0].set, 3);
    dj_ckpt_close(ckpt);

    ckpt = load_with(&options, NULL);
    for (int64_t i = 0; i < PARTS; i++) {
        SETS_CHECK_CHAIN(ckpt, i, i < PARTS - 1 ? "0-2" : "0-1");
    }
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

static void a_long_job_keeps_few_files(void)
{
    enum { PARTS = 40, SETS = 300 };
    char *folder = files_fresh();
    struct dj_ckpt_options options = sets_options(folder, PARTS);
    struct dj_ckpt *ckpt = load_with(&options, NULL);
    uint64_t state = 1;
    size_t files = 0;
    char *names;

    for (int set = 1; set <= SETS; set++) {
        for (int i = 0; i < 5; i++) {
            sets_put(ckpt, files_random(&state) % PARTS, 0, 1 + i, 500);
        }
        DJ_CHECK_INT(commit(ckpt), set);
    }
    names = sets_names(folder);
    for (const char *at = names; (at = strstr(at, ".h5")) != NULL; at++) {
        files++;
    }
    printf("  %d sets of 5 of %d partitions: %zu files\n", SETS, PARTS, files);
    DJ_CHECK(files < PARTS);
    dj_xfree(names);
    dj_ckpt_close(ckpt);
    ckpt = load_with(&options, NULL);
    for (int64_t i = 0; i < PARTS; i++) {
        dj_xfree(sets_chain(ckpt, i));
    }
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

int main(void)
{
    struct dj_error err;

    DJ_CHECK_OK(dj_comm_open(&comm, &err));
    DJ_TEST(a_set_is_found_again);
    DJ_TEST(without_layers_there_is_no_set);
    DJ_TEST(a_layer_and_its_info_may_be_empty);
    DJ_TEST(what_is_no_layer_is_refused);
    DJ_TEST(a_set_stores_only_what_is_new);
    DJ_TEST(a_layer_takes_the_place_of_those_beyond_its_beginning);
    DJ_TEST(a_layer_that_follows_on_nothing_is_left_out);
    DJ_TEST(a_forgotten_partition_stays_forgotten);
    DJ_TEST(layers_before_the_first_changed_operator_are_used);
    DJ_TEST(a_longer_or_shorter_recipe_goes_on_where_it_can);
    DJ_TEST(sets_of_another_dataset_are_not_used);
    DJ_TEST(sets_of_another_job_are_left_alone);
    DJ_TEST(the_last_sets_stay_and_the_files_they_need);
    DJ_TEST(what_lives_of_a_dead_set_moves_on);
    DJ_TEST(a_long_job_keeps_few_files);
    dj_comm_close(comm);
    return 0;
}

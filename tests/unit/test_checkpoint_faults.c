/*
 * Commits that fail at each of their steps: what was before stands, the layers wait,
 * and the next commit makes one set of all.
 */
#include "dj/fault.h"
#include "support/sets.h"

static struct dj_comm *comm;

static struct dj_ckpt *open_sets(const char *folder, struct dj_store *store)
{
    const struct dj_ckpt_options options = sets_options(folder, 3);

    return dj_ckpt_open_with(comm, store, &options);
}

/* Two sets; layers of partition 1 wait. */
static struct dj_ckpt *begin(const char *folder, struct dj_store *store)
{
    struct dj_ckpt *ckpt = open_sets(folder, store);
    struct dj_ckpt_result result;
    struct dj_error err;

    DJ_CHECK_OK(dj_ckpt_load(ckpt, NULL, &err));
    sets_put(ckpt, 0, 0, 1, 3000);
    sets_put(ckpt, 1, 0, 1, 3000);
    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &result, &err));
    sets_put(ckpt, 2, 0, 1, 3000);
    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &result, &err));
    sets_put(ckpt, 1, 1, 2, 3000);
    sets_put(ckpt, 0, 0, 3, 3000);
    return ckpt;
}

static void check_nothing_happened(struct dj_ckpt *ckpt, const char *folder,
                                   int64_t waiting)
{
    /* They may be compressed now. */
    DJ_CHECK((dj_ckpt_waiting(ckpt) > 0) == (waiting > 0));
    SETS_CHECK_NAMES(folder, "1.h5 1.json 2.h5 2.json");
    SETS_CHECK_CHAIN(ckpt, 0, "0-1");
    SETS_CHECK_CHAIN(ckpt, 1, "0-1");
    SETS_CHECK_CHAIN(ckpt, 2, "0-1");
}

/* After the failure: the same layers again, one of them done anew meanwhile. */
static void check_next_commit(struct dj_ckpt *ckpt, const char *folder)
{
    struct dj_ckpt_result result;
    struct dj_error err;

    sets_put(ckpt, 0, 0, 2, 3000);
    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &result, &err));
    DJ_CHECK_INT(result.set, 3);
    DJ_CHECK_INT(dj_ckpt_waiting(ckpt), 0);
    SETS_CHECK_NAMES(folder, "1.h5 2.h5 2.json 3.h5 3.json");
    SETS_CHECK_CHAIN(ckpt, 0, "0-2");
    SETS_CHECK_CHAIN(ckpt, 1, "0-1 1-2");
}

static void each_step_of_a_store_may_fail(void)
{
    static const enum dj_store_step steps[] = {
        DJ_STORE_CREATE, DJ_STORE_WRITE_DATA, DJ_STORE_WRITE_INDEX,
        DJ_STORE_CLOSE,  DJ_STORE_SYNC,       DJ_STORE_DIGEST,
    };

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        char *folder = files_fresh();
        struct dj_store *store = dj_store_memory();
        struct dj_ckpt *ckpt = begin(folder, store);
        const int64_t waiting = dj_ckpt_waiting(ckpt);
        struct dj_ckpt_result result;
        struct dj_error err;

        dj_store_memory_fail(store, steps[i]);
        DJ_CHECK_STATUS(dj_ckpt_commit(ckpt, &result, &err), DJ_IO);
        DJ_CHECK_CONTAINS(err.text, "was told to fail");
        check_nothing_happened(ckpt, folder, waiting);
        check_next_commit(ckpt, folder);
        dj_ckpt_close(ckpt);
        files_drop(folder);
    }
}

static void a_layer_that_cannot_be_read_is_told(void)
{
    char *folder = files_fresh();
    struct dj_store *store = dj_store_memory();
    struct dj_ckpt *ckpt = begin(folder, store);
    struct dj_ckpt_state state;
    struct dj_buf raw, *data;
    struct dj_error err;

    dj_buf_init(&raw);
    dj_ckpt_state(ckpt, 2, &state);
    dj_store_memory_fail(store, DJ_STORE_READ_DATA);
    DJ_CHECK_STATUS(dj_ckpt_read(ckpt, &state.refs[0], &raw, &err), DJ_IO);
    DJ_CHECK_CONTAINS(err.text, "partition 2, operators 1 to 1: ");
    DJ_CHECK_OK(dj_ckpt_read(ckpt, &state.refs[0], &raw, &err));
    data = dj_store_memory_data(store, 2);
    data->ptr[data->len / 2] ^= 4;
    raw.len = 7;
    DJ_CHECK_STATUS(dj_ckpt_read(ckpt, &state.refs[0], &raw, &err), DJ_DATA);
    DJ_CHECK_INT(raw.len, 7);
    DJ_CHECK_CONTAINS(err.text, "checkpoint_000002.h5: damaged");
    dj_buf_release(&raw);
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

/* What cannot be copied from a set that is mostly dead stays where it is. */
static void a_set_that_cannot_be_read_stays(void)
{
    char *folder = files_fresh();
    struct dj_store *store = dj_store_memory();
    struct dj_ckpt_options options = sets_options(folder, 8);
    struct dj_ckpt_result result;
    struct dj_ckpt *ckpt;
    struct dj_error err;

    options.keep_last = 1;
    ckpt = dj_ckpt_open_with(comm, store, &options);
    for (int64_t i = 0; i < 8; i++) {
        sets_put(ckpt, i, 0, 1, 1000);
    }
    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &result, &err));
    for (int64_t i = 0; i < 7; i++) {
        sets_put(ckpt, i, 0, 2, 1000);
    }
    dj_store_memory_fail(store, DJ_STORE_READ_DATA);
    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &result, &err));
    SETS_CHECK_NAMES(folder, "1.h5 2.h5 2.json");
    SETS_CHECK_CHAIN(ckpt, 7, "0-1");
    sets_put(ckpt, 0, 2, 3, 1000);
    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &result, &err)); /* this time it can */
    SETS_CHECK_NAMES(folder, "2.h5 3.h5 3.json");
    SETS_CHECK_CHAIN(ckpt, 7, "0-1");
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

#ifdef DJ_FAULTS

static void arm(const char *point, const char *action)
{
    char *fault = dj_xprintf("%s:nth=1:%s", point, action);
    struct dj_error err;

    DJ_CHECK_INT(setenv("DJ_FAULT", fault, 1), 0);
    DJ_CHECK_OK(dj_fault_init(0, &err));
    dj_xfree(fault);
}

static void disarm(void)
{
    struct dj_error err;

    DJ_CHECK_INT(unsetenv("DJ_FAULT"), 0);
    DJ_CHECK_OK(dj_fault_init(0, &err));
}

static void try_fault(const char *point, const char *action, enum dj_status expected)
{
    char *folder = files_fresh();
    struct dj_ckpt *ckpt = begin(folder, dj_store_hdf5(comm));
    const int64_t waiting = dj_ckpt_waiting(ckpt);
    struct dj_ckpt_result result;
    struct dj_error err;

    arm(point, action);
    DJ_CHECK_STATUS(dj_ckpt_commit(ckpt, &result, &err), expected);
    disarm();
    printf("  %s %s: %s\n", point, action, err.text);
    check_nothing_happened(ckpt, folder, waiting);
    check_next_commit(ckpt, folder);
    dj_ckpt_close(ckpt);
    ckpt = open_sets(folder, dj_store_hdf5(comm));
    DJ_CHECK_OK(dj_ckpt_load(ckpt, NULL, &err));
    SETS_CHECK_CHAIN(ckpt, 1, "0-1 1-2");
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

static void each_fault_of_a_commit_leaves_all_as_it_was(void)
{
    static const char *const points[] = { "ckpt.write", "ckpt.sync", "ckpt.rename",
                                          "ckpt.record" };

    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        try_fault(points[i], "fail", DJ_IO);
        try_fault(points[i], "enospc", DJ_IO);
        try_fault(points[i], "eio", DJ_IO);
        try_fault(points[i], "nomem", DJ_NOMEM);
    }
    try_fault("ckpt.write", "short", DJ_IO);
    try_fault("ckpt.record", "short", DJ_IO);
}

static void what_cannot_be_deleted_is_deleted_later(void)
{
    char *folder = files_fresh();
    struct dj_ckpt *ckpt = begin(folder, dj_store_hdf5(comm));
    struct dj_ckpt_result result;
    struct dj_error err;

    arm("ckpt.prune", "eio");
    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &result, &err));
    disarm();
    SETS_CHECK_NAMES(folder, "1.h5 1.json 2.h5 2.json 3.h5 3.json");
    sets_put(ckpt, 0, 0, 4, 3000);
    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &result, &err));
    SETS_CHECK_NAMES(folder, "1.h5 2.h5 3.h5 3.json 4.h5 4.json");
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

static void a_broken_disk_is_told_from_a_damaged_layer(void)
{
    char *folder = files_fresh();
    struct dj_ckpt *ckpt = begin(folder, dj_store_hdf5(comm));
    struct dj_ckpt_state state;
    struct dj_error err;
    struct dj_buf raw;

    dj_buf_init(&raw);
    dj_ckpt_state(ckpt, 0, &state);
    arm("ckpt.read", "eio");
    DJ_CHECK_STATUS(dj_ckpt_read(ckpt, &state.refs[0], &raw, &err), DJ_IO);
    DJ_CHECK_CONTAINS(err.text, "partition 0, operators 1 to 1: ");
    DJ_CHECK_OK(dj_ckpt_read(ckpt, &state.refs[0], &raw, &err));
    disarm();
    dj_buf_release(&raw);
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

#endif

int main(void)
{
    struct dj_error err;

    DJ_CHECK_OK(dj_comm_open(&comm, &err));
    DJ_TEST(each_step_of_a_store_may_fail);
    DJ_TEST(a_layer_that_cannot_be_read_is_told);
    DJ_TEST(a_set_that_cannot_be_read_stays);
#ifdef DJ_FAULTS
    DJ_TEST(each_fault_of_a_commit_leaves_all_as_it_was);
    DJ_TEST(what_cannot_be_deleted_is_deleted_later);
    DJ_TEST(a_broken_disk_is_told_from_a_damaged_layer);
#endif
    dj_comm_close(comm);
    return 0;
}

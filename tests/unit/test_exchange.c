/*
 * The exchange on one rank: sorting, files, merging in several passes, and what happens
 * when a disk fails. tests/mpi/test_exchange.c has several ranks.
 */
#include "dj/fault.h"
#include "exchange/exchange_private.h"
#include "support/files.h"
#include "support/notes.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LITTLE = 1 << 20, MUCH = 64 << 20 };

static struct dj_comm *comm;
static struct dj_error err;
static char *folder;

static struct dj_exchange *open_in(const char *where, int64_t memory)
{
    return dj_exchange_new(
        &(struct dj_exchange_options){ comm, where, "test", memory, NULL });
}

static void check_empty(void)
{
    DJ_CHECK(rmdir(folder) == 0 && mkdir(folder, 0777) == 0);
}

static void sorting_is_that_of_qsort(void)
{
    static const size_t sizes[] = { 0, 1, 2, 3, 20, 21, 100, 1000, 60000 };

    for (int kind = 0; kind < NOTES_KINDS; kind++) {
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            const size_t count = sizes[i];
            struct dj_note *sorted = notes_sorted((enum notes_kind)kind, count);
            struct dj_note *mine = dj_xcalloc(count, sizeof(*mine));

            for (size_t k = 0; k < count; k++) {
                mine[k] = notes_make((enum notes_kind)kind, k, count);
            }
            dj_notes_sort(mine, count);
            DJ_CHECK(count == 0 || memcmp(mine, sorted, count * sizeof(*mine)) == 0);
            dj_xfree(mine);
            dj_xfree(sorted);
        }
    }
}

static void what_comes_out_is_in_order(void)
{
    static const int64_t budgets[] = { LITTLE, MUCH };
    const size_t count = 100000;

    for (int kind = 0; kind < NOTES_KINDS; kind++) {
        struct dj_note *sorted = notes_sorted((enum notes_kind)kind, count);

        for (size_t i = 0; i < 2; i++) {
            struct dj_exchange *exchange = open_in(folder, budgets[i]);
            struct dj_exchange_cost cost;

            notes_add(exchange, (enum notes_kind)kind, count, 0, 1);
            DJ_CHECK_OK(dj_exchange_meet(exchange, DJ_MEET_BY_KEY, &err));
            notes_check(exchange, DJ_MEET_BY_KEY, sorted, count);
            dj_exchange_rewind(exchange);
            notes_check(exchange, DJ_MEET_IN_ORDER, sorted, count);
            dj_exchange_cost(exchange, &cost);
            DJ_CHECK((cost.spilled > 0) == (budgets[i] == LITTLE));
            DJ_CHECK(cost.peak_memory <= budgets[i]);
            DJ_CHECK(cost.bytes_sent == 0 && cost.messages == 0 && cost.rounds == 0);
            dj_exchange_free(exchange);
        }
        dj_xfree(sorted);
    }
    check_empty();
}

/* More runs than are merged at once. */
static void many_runs_become_few(void)
{
    const size_t count = 2500000;
    struct dj_exchange *exchange = open_in(folder, LITTLE);
    struct dj_exchange_cost cost;
    struct dj_note note, last = { 0 };
    uint64_t sum = 0;
    size_t runs;
    bool more;

    notes_add(exchange, NOTES_RANDOM, count, 0, 1);
    runs = exchange->nruns;
    DJ_CHECK_OK(dj_exchange_meet(exchange, DJ_MEET_IN_ORDER, &err));
    DJ_CHECK(exchange->nruns * exchange->nruns < runs);
    DJ_CHECK_INT(dj_exchange_total(exchange), count);
    for (size_t i = 0; i < count; i++) {
        DJ_CHECK_OK(dj_exchange_next(exchange, &note, &more, &err));
        DJ_CHECK(more && dj_note_before(&last, &note));
        sum += notes_mix(note.row);
        last = note;
    }
    DJ_CHECK_OK(dj_exchange_next(exchange, &note, &more, &err));
    DJ_CHECK(!more);
    for (size_t i = 0; i < count; i++) {
        sum -= notes_mix(notes_make(NOTES_RANDOM, i, count).row);
    }
    DJ_CHECK_INT(sum, 0);
    dj_exchange_cost(exchange, &cost);
    DJ_CHECK(cost.peak_memory <= LITTLE);
    dj_exchange_free(exchange);
    check_empty();
}

/* Before they meet, records come from several places in turn, each of them once. */
static void nothing_that_waits_is_lost(void)
{
    const size_t count = 90001;
    struct dj_exchange *exchange = open_in(folder, LITTLE);

    notes_add(exchange, NOTES_RISING, count, 0, 1);
    for (size_t groups = 1; groups < 40; groups += 13) {
        struct dj_waiting waiting;
        char *seen = dj_xcalloc(count, 1);
        const struct dj_note *records;
        size_t got = 1;
        size_t all = 0;

        DJ_CHECK_OK(dj_waiting_open(&waiting, exchange, groups, &err));
        while (got > 0) {
            DJ_CHECK_OK(dj_waiting_next(&waiting, &records, &got, &err));
            for (size_t i = 0; i < got; i++) {
                DJ_CHECK(!seen[records[i].hi]++);
                all++;
            }
        }
        DJ_CHECK_INT(all, count);
        dj_waiting_close(&waiting);
        dj_xfree(seen);
    }
    dj_exchange_free(exchange);
}

static void a_sample_is_spread_evenly(void)
{
    enum { LIMIT = 100, COUNT = 123456 };
    struct dj_sample sample;

    dj_sample_init(&sample, LIMIT);
    for (uint64_t i = 0; i < COUNT; i++) {
        if (i == sample.next) {
            dj_sample_take(&sample, &(struct dj_note){ .hi = i });
        }
    }
    DJ_CHECK(sample.count > LIMIT / 2 && sample.count <= LIMIT);
    DJ_CHECK(COUNT / sample.step >= sample.count - 1);
    for (size_t i = 0; i < sample.count; i++) {
        DJ_CHECK_INT(sample.notes[i].hi / sample.step, i);
    }
    dj_sample_release(&sample);
}

static void keys_are_spread_evenly(void)
{
    enum { RANKS = 7, COUNT = 70000 };
    int64_t counts[RANKS] = { 0 };
    struct dj_route route;

    dj_route_by_key(&route, RANKS);
    for (uint64_t i = 0; i < COUNT; i++) {
        const struct dj_note note = { .hi = i / 10, .lo = i % 10 };
        uint32_t rank;

        dj_route_of(&route, &note, 1, &rank);
        counts[rank]++;
    }
    for (int rank = 0; rank < RANKS; rank++) {
        DJ_CHECK(counts[rank] > COUNT / RANKS * 9 / 10);
        DJ_CHECK(counts[rank] < COUNT / RANKS * 11 / 10);
    }
    dj_route_release(&route);
}

/* Adds, meets and reads; DJ_OK or the first failure. */
static enum dj_status go_through(const char *where, size_t count)
{
    struct dj_exchange *exchange = open_in(where, LITTLE);
    const struct dj_sink sink = dj_exchange_sink(exchange);
    enum dj_status status = DJ_OK;
    bool more = true;

    for (size_t i = 0; i < count && status == DJ_OK; i++) {
        const struct dj_note note = notes_make(NOTES_RANDOM, i, count);

        status = dj_sink_put(&sink, &note, &err);
    }
    if (status == DJ_OK) {
        status = dj_exchange_meet(exchange, DJ_MEET_BY_KEY, &err);
    }
    while (status == DJ_OK && more) {
        struct dj_note note;

        status = dj_exchange_next(exchange, &note, &more, &err);
    }
    dj_exchange_free(exchange);
    return status;
}

static struct dj_buf buf_of(size_t cap, const char *text)
{
    struct dj_buf buf;

    dj_buf_init(&buf);
    DJ_CHECK_OK(dj_buf_reserve(&buf, cap));
    DJ_CHECK_OK(dj_buf_append(&buf, dj_str_from(text)));
    return buf;
}

static void memory_is_handed_on(void)
{
    struct dj_exchange_pool *pool = dj_exchange_pool_new();
    struct dj_buf small = buf_of(2 << 20, "s");
    struct dj_buf large = buf_of(8 << 20, "l");
    struct dj_buf tiny = buf_of(100, "t");
    const char *const small_ptr = small.ptr;
    const char *const large_ptr = large.ptr;
    struct dj_buf mine;

    dj_pool_give(pool, &large);
    dj_pool_give(pool, &small);
    dj_pool_give(pool, &tiny); /* not worth it */
    DJ_CHECK(large.ptr == NULL && small.ptr == NULL && tiny.ptr == NULL);

    dj_buf_init(&mine);
    dj_pool_take(pool, 100, SIZE_MAX, &mine); /* nor for so little */
    DJ_CHECK(mine.ptr == NULL);
    dj_pool_take(pool, 1 << 20, SIZE_MAX, &mine); /* the smallest that will do */
    DJ_CHECK(mine.ptr == small_ptr && mine.len == 0);
    DJ_CHECK_OK(dj_buf_append(&mine, DJ_STR("what is in it")));
    dj_pool_take(pool, 4 << 20, 4 << 20, &mine); /* no larger than the limit */
    DJ_CHECK(mine.ptr == small_ptr);
    dj_pool_take(pool, 10 << 20, 11 << 20, &mine); /* nor one that would grow beyond it */
    DJ_CHECK(mine.ptr == small_ptr);
    dj_pool_take(pool, 16 << 20, SIZE_MAX, &mine); /* the largest, if none will do */
    DJ_CHECK(mine.ptr == large_ptr && mine.cap >= 8 << 20);
    DJ_CHECK_STR(dj_buf_str(&mine), "what is in it");
    dj_pool_give(pool, &mine);

    dj_buf_init(&mine);
    dj_pool_take(NULL, 1 << 20, SIZE_MAX, &mine); /* without a pool nothing happens */
    DJ_CHECK(mine.ptr == NULL);
    small = buf_of(2 << 20, "");
    dj_pool_give(NULL, &small);
    DJ_CHECK(small.ptr == NULL);
    dj_exchange_pool_free(pool);
    dj_exchange_pool_free(NULL);
}

static void many_at_once_are_as_one_by_one(void)
{
    enum { COUNT = 50000 };
    struct dj_note *notes = dj_xcalloc(COUNT, sizeof(*notes));
    struct dj_note *sorted = notes_sorted(NOTES_RANDOM, COUNT);
    struct dj_exchange *exchange = open_in(folder, LITTLE);
    struct dj_note record;
    bool more;

    for (size_t i = 0; i < COUNT; i++) {
        notes[i] = notes_make(NOTES_RANDOM, i, COUNT);
    }
    DJ_CHECK_OK(dj_exchange_expect(exchange, COUNT, &err)); /* more than the budget */
    DJ_CHECK_OK(dj_exchange_add_all(exchange, notes, 0, &err));
    DJ_CHECK_OK(dj_exchange_add_all(exchange, notes, 1, &err));
    DJ_CHECK_OK(dj_exchange_add_all(exchange, notes + 1, COUNT - 1, &err));
    DJ_CHECK_OK(dj_exchange_meet(exchange, DJ_MEET_BY_KEY, &err));
    for (size_t i = 0; i < COUNT; i++) {
        DJ_CHECK_OK(dj_exchange_next(exchange, &record, &more, &err));
        DJ_CHECK(more && memcmp(&record, &sorted[i], sizeof(record)) == 0);
    }
    DJ_CHECK_OK(dj_exchange_next(exchange, &record, &more, &err));
    DJ_CHECK(!more);
    dj_exchange_free(exchange);
    dj_xfree(sorted);
    dj_xfree(notes);
}

static void a_folder_that_cannot_be_made(void)
{
    char *file = files_put(folder, "file", DJ_STR("here"));
    char *below = dj_fs_join(file, "sub");

    DJ_CHECK_OK(go_through(below, 1000)); /* it needs no folder */
    DJ_CHECK_STATUS(go_through(below, 100000), DJ_IO);
    DJ_CHECK_CONTAINS(err.text, "records that do not fit into memory: ");
    DJ_CHECK_CONTAINS(err.text, "/file: ");
    DJ_CHECK_OK(dj_fs_remove(file, &err));
    dj_xfree(below);
    dj_xfree(file);
}

/* Changes a byte in the middle of the nameless file that the exchange has open. */
static void damage(const struct dj_exchange *exchange)
{
    const int fd = exchange->sorted.fd;
    char byte;

    DJ_CHECK(fd >= 0);
    DJ_CHECK_INT(pread(fd, &byte, 1, exchange->sorted.end / 2), 1);
    byte = (char)(byte ^ 1);
    DJ_CHECK_INT(pwrite(fd, &byte, 1, exchange->sorted.end / 2), 1);
}

static void a_damaged_file_is_noticed(void)
{
    struct dj_exchange *exchange = open_in(folder, LITTLE);
    enum dj_status status = DJ_OK;
    bool more = true;

    notes_add(exchange, NOTES_RANDOM, 100000, 0, 1);
    DJ_CHECK_OK(dj_exchange_meet(exchange, DJ_MEET_BY_KEY, &err));
    damage(exchange);
    while (status == DJ_OK && more) {
        struct dj_note note;

        status = dj_exchange_next(exchange, &note, &more, &err);
    }
    DJ_CHECK_STATUS(status, DJ_IO);
    DJ_CHECK_CONTAINS(err.text, "are not what was written there");
    dj_exchange_free(exchange);
}

#ifdef DJ_FAULTS

static void inject(const char *fault)
{
    DJ_CHECK(setenv("DJ_FAULT", fault, 1) == 0);
    DJ_CHECK_OK(dj_fault_init(0, &err));
}

static void disks_fail(void)
{
    static const char *const faults[] = {
        "exchange.spill:nth=2:enospc", "exchange.spill:nth=2:short",
        "exchange.spill:nth=30:eio",   "exchange.read:nth=1:eio",
        "exchange.read:nth=200:eio",   "exchange.round:fail",
    };

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        inject(faults[i]);
        DJ_CHECK_STATUS(go_through(folder, 500000), DJ_IO);
        check_empty();
    }
    inject("mem.grow:nth=12:nomem");
    DJ_CHECK_STATUS(go_through(folder, 500000), DJ_NOMEM);
    inject("");
    DJ_CHECK_OK(go_through(folder, 500000));
    check_empty();
}

static void a_kill_leaves_nothing(void)
{
    const pid_t child = fork();
    int status;

    DJ_CHECK(child >= 0);
    if (child == 0) {
        inject("exchange.read:nth=5:kill");
        (void)go_through(folder, 500000);
        _exit(0);
    }
    DJ_CHECK(waitpid(child, &status, 0) == child);
    DJ_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    check_empty();
}

#else

static void disks_fail(void)
{
}

static void a_kill_leaves_nothing(void)
{
}

#endif

int main(void)
{
    DJ_CHECK_OK(dj_comm_open(&comm, &err));
    folder = files_fresh();
    DJ_TEST(sorting_is_that_of_qsort);
    DJ_TEST(what_comes_out_is_in_order);
    DJ_TEST(many_runs_become_few);
    DJ_TEST(nothing_that_waits_is_lost);
    DJ_TEST(a_sample_is_spread_evenly);
    DJ_TEST(keys_are_spread_evenly);
    DJ_TEST(memory_is_handed_on);
    DJ_TEST(many_at_once_are_as_one_by_one);
    DJ_TEST(a_folder_that_cannot_be_made);
    DJ_TEST(a_damaged_file_is_noticed);
    DJ_TEST(disks_fail);
    DJ_TEST(a_kill_leaves_nothing);
    files_drop(folder);
    dj_comm_close(comm);
    return 0;
}

/*
 * The exchange on however many ranks this program was started with: what comes out is
 * the same as with a plain sort, for any number of ranks and any budget, and a failure
 * on one rank is a failure on all.
 */
#include "djtest.h"

#include "dj/fault.h"
#include "dj/fs.h"
#include "support/notes.h"

#include <unistd.h>

static struct dj_comm *comm;
static struct dj_exchange_pool *pool;
static struct dj_error err;
static char folder[64];

static struct dj_exchange *open_exchange(int64_t memory)
{
    return dj_exchange_new(
        &(struct dj_exchange_options){ comm, folder, "test", memory, pool });
}

static void check_kind(enum notes_kind kind, const struct dj_note *sorted, size_t count,
                       enum dj_meeting how, int64_t memory)
{
    struct dj_exchange *exchange = open_exchange(memory);
    const int64_t size = dj_comm_size(comm);
    struct dj_exchange_cost cost;
    int64_t sums[3];

    notes_add(exchange, kind, count, (size_t)dj_comm_rank(comm), (size_t)size);
    DJ_CHECK_OK(dj_exchange_meet(exchange, how, &err));
    if (how == DJ_MEET_IN_ORDER && kind != NOTES_SAME) {
        DJ_CHECK(dj_exchange_count(exchange) <= (int64_t)count * 5 / 4 / size + 100);
    }
    notes_check(exchange, how, sorted, count);
    dj_exchange_cost(exchange, &cost);
    sums[0] = dj_exchange_count(exchange);
    sums[1] = cost.records_sent;
    sums[2] = cost.records_received;
    dj_comm_sum(comm, sums, 3);
    DJ_CHECK_INT(sums[0], count);
    DJ_CHECK_INT(sums[1], sums[2]);
    DJ_CHECK_INT(cost.bytes_sent, cost.records_sent * 32);
    DJ_CHECK(cost.peak_memory <= memory);
    DJ_CHECK(cost.messages <= cost.rounds * (size - 1));
    dj_exchange_free(exchange);
}

static void all_kinds_meet(void)
{
    static const int64_t budgets[] = { 1 << 20, 256 << 20 };
    const size_t count = 100000;

    for (int i = 0; i < NOTES_KINDS; i++) {
        const enum notes_kind kind = (enum notes_kind)i;
        struct dj_note *sorted = notes_sorted(kind, count);

        for (size_t k = 0; k < 2; k++) {
            check_kind(kind, sorted, count, DJ_MEET_BY_KEY, budgets[k]);
            check_kind(kind, sorted, count, DJ_MEET_IN_ORDER, budgets[k]);
        }
        dj_xfree(sorted);
    }
}

static void few_or_none_meet(void)
{
    for (size_t count = 0; count < 20; count += count < 4 ? 1 : 5) {
        struct dj_note *sorted = notes_sorted(NOTES_RANDOM, count);

        check_kind(NOTES_RANDOM, sorted, count, DJ_MEET_BY_KEY, 1 << 20);
        check_kind(NOTES_RANDOM, sorted, count, DJ_MEET_IN_ORDER, 1 << 20);
        dj_xfree(sorted);
    }
}

/* The last rank adds all, enough for several merges where ranks are few. */
static void one_rank_has_all(void)
{
    const size_t count = 300000;
    struct dj_note *sorted = notes_sorted(NOTES_PAIRS, count);

    for (int how = DJ_MEET_BY_KEY; how <= DJ_MEET_IN_ORDER; how++) {
        struct dj_exchange *exchange = open_exchange(1 << 20);

        if (dj_comm_rank(comm) == dj_comm_size(comm) - 1) {
            notes_add(exchange, NOTES_PAIRS, count, 0, 1);
        }
        DJ_CHECK_OK(dj_exchange_meet(exchange, (enum dj_meeting)how, &err));
        notes_check(exchange, (enum dj_meeting)how, sorted, count);
        dj_exchange_free(exchange);
    }
    dj_xfree(sorted);
}

static void nothing_is_left_in_the_folder(void)
{
    dj_comm_barrier(comm);
    if (dj_comm_rank(comm) == 0) {
        DJ_CHECK(rmdir(folder) == 0);
    }
    dj_comm_barrier(comm);
}

#ifdef DJ_FAULTS

/* Meets and reads; what it gives is the same everywhere. */
static enum dj_status try_with(const char *fault, enum dj_meeting how)
{
    struct dj_exchange *exchange = open_exchange(1 << 20);
    enum dj_status status = DJ_OK;
    struct dj_note note;
    bool more = true;

    err.text[0] = '\0';
    DJ_CHECK(setenv("DJ_FAULT", fault, 1) == 0);
    DJ_CHECK_OK(dj_fault_init(dj_comm_rank(comm), &err));
    for (size_t i = 0; i < 100000 && status == DJ_OK; i++) {
        note = notes_make(NOTES_RANDOM, i * 8 + (size_t)dj_comm_rank(comm), 1);
        status = dj_exchange_add(exchange, &note, &err);
    }
    status = dj_comm_agree(comm, status, &err);
    if (status == DJ_OK) {
        status = dj_exchange_meet(exchange, how, &err);
    }
    while (status == DJ_OK && more) {
        status = dj_exchange_next(exchange, &note, &more, &err);
    }
    status = dj_comm_agree(comm, status, &err);
    dj_exchange_free(exchange);
    DJ_CHECK(unsetenv("DJ_FAULT") == 0);
    return status;
}

static void a_failure_on_one_rank_is_one_on_all(void)
{
    static const char *const points[] = { "exchange.spill", "exchange.read",
                                          "exchange.round" };
    const int last = dj_comm_size(comm) - 1;

    for (int how = DJ_MEET_BY_KEY; how <= DJ_MEET_IN_ORDER; how++) {
        for (size_t i = 0; i < 3; i++) {
            for (int nth = 1; nth < 4; nth += i == 2 && last == 0 ? 9 : 2) {
                char *fault =
                    dj_xprintf("%s:rank=%d:nth=%d:enospc", points[i], last, nth);

                DJ_CHECK_STATUS(try_with(fault, (enum dj_meeting)how), DJ_IO);
                DJ_CHECK_CONTAINS(err.text, "No space left on device");
                dj_xfree(fault);
            }
        }
        DJ_CHECK_STATUS(try_with("mem.grow:rank=0:nth=9:nomem", (enum dj_meeting)how),
                        DJ_NOMEM);
        DJ_CHECK_OK(try_with("", (enum dj_meeting)how));
    }
}

#else

static void a_failure_on_one_rank_is_one_on_all(void)
{
}

#endif

static void choose_folder(void)
{
    const char *tmp = getenv("TMPDIR");
    struct dj_buf name;

    dj_buf_init(&name);
    if (dj_comm_rank(comm) == 0) {
        DJ_CHECK_OK(dj_buf_printf(&name, "%s/dj-exchange-%d", tmp == NULL ? "/tmp" : tmp,
                                  (int)getpid()));
    }
    DJ_CHECK_OK(dj_comm_broadcast(comm, &name, &err));
    DJ_CHECK(name.len < sizeof(folder));
    memcpy(folder, name.ptr, name.len);
    dj_buf_release(&name);
}

int main(void)
{
    DJ_CHECK_OK(dj_comm_open(&comm, &err));
    pool = dj_exchange_pool_new();
    choose_folder();
    DJ_TEST(all_kinds_meet);
    DJ_TEST(few_or_none_meet);
    DJ_TEST(one_rank_has_all);
    DJ_TEST(a_failure_on_one_rank_is_one_on_all);
    DJ_TEST(nothing_is_left_in_the_folder);
    dj_exchange_pool_free(pool);
    dj_comm_close(comm);
    return 0;
}

/* Handing out a wave: every partition exactly once, whoever asks in whatever order. */
#include "djtest.h"

#include "exec/exec_private.h"

enum { MANY = 500 };

/* The wire format of claim.c, as a rank sees it. */
struct request {
    int32_t wants, stop;
    int64_t rows, kept, bytes;
};
struct reply {
    int32_t count, stop;
};

static size_t ask(struct dj_claims *claims, int rank, bool stop, int *seen, bool *stopped)
{
    const struct request request = { .wants = 1, .stop = stop };
    char bytes[DJ_COMM_MESSAGE];
    struct reply reply;

    (void)dj_claims_handle(
        claims, rank, (struct dj_str){ (const char *)&request, sizeof(request) }, bytes);
    memcpy(&reply, bytes, sizeof(reply));
    for (int i = 0; i < reply.count; i++) {
        struct dj_partition item;

        memcpy(&item, bytes + sizeof(reply) + (size_t)i * sizeof(item), sizeof(item));
        seen[item.id]++;
    }
    *stopped = reply.stop != 0;
    return (size_t)reply.count;
}

/* sizes(i) gives the bytes of partition i; hungry ranks ask for all that is left. */
static void hand_out(int nranks, size_t count, int64_t (*sizes)(size_t), bool one_asks)
{
    struct dj_partition *items = dj_xcalloc(count, sizeof(*items));
    struct dj_progress *progress = dj_progress_new(nranks, 1, 0, 0);
    struct dj_claims *claims = dj_claims_new(nranks, progress);
    size_t *first = dj_xcalloc((size_t)nranks, sizeof(*first));
    size_t *begin = dj_xcalloc((size_t)nranks, sizeof(*begin));
    int *seen = dj_xcalloc(count, sizeof(*seen));
    bool stopped;

    for (size_t i = 0; i < count; i++) {
        items[i].id = (int64_t)i;
        items[i].bytes = sizes(i);
    }
    dj_claims_begin(claims, items, count, first, begin);
    for (int rank = 0; rank < nranks; rank++) {
        for (size_t i = 0; i < first[rank]; i++) {
            seen[begin[rank] + i]++;
        }
    }
    for (bool more = true; more;) {
        more = false;
        for (int rank = 0; rank < nranks; rank++) {
            if (!one_asks || rank == nranks - 1) {
                more = ask(claims, rank, false, seen, &stopped) > 0 || more;
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        DJ_CHECK_INT(seen[i], 1);
    }
    dj_xfree(seen);
    dj_xfree(begin);
    dj_xfree(first);
    dj_claims_free(claims);
    dj_progress_free(progress);
    dj_xfree(items);
}

static int64_t equal(size_t i)
{
    (void)i;
    return 1000;
}

static int64_t skewed(size_t i)
{
    return i < 10 ? 1000000 : 10;
}

static int64_t empty(size_t i)
{
    (void)i;
    return 0;
}

static void every_partition_is_handed_out_once(void)
{
    for (int nranks = 1; nranks <= 17; nranks += 4) {
        for (size_t count = 0; count < MANY; count = count * 3 + 1) {
            hand_out(nranks, count, equal, false);
            hand_out(nranks, count, skewed, false);
            hand_out(nranks, count, empty, false);
        }
    }
}

static void one_rank_can_do_the_work_of_all(void)
{
    hand_out(8, MANY, equal, true);
    hand_out(8, MANY, skewed, true);
}

static void ranges_are_alike_in_bytes(void)
{
    struct dj_partition items[100] = { 0 };
    struct dj_progress *progress = dj_progress_new(4, 1, 0, 0);
    struct dj_claims *claims = dj_claims_new(4, progress);
    size_t first[4], begin[4];

    for (size_t i = 0; i < 100; i++) {
        items[i].bytes = i < 10 ? 90 : 10; /* 1800 in all, 450 a rank */
    }
    dj_claims_begin(claims, items, 100, first, begin);
    DJ_CHECK_INT(begin[0], 0);
    DJ_CHECK_INT(begin[1], 5);
    DJ_CHECK_INT(begin[2], 10);
    DJ_CHECK_INT(begin[3], 55);
    DJ_CHECK_INT(first[0], 3); /* half of its five, the rest on request */
    dj_claims_free(claims);
    dj_progress_free(progress);
}

static void after_a_stop_nothing_is_handed_out(void)
{
    struct dj_partition items[10] = { 0 };
    struct dj_progress *progress = dj_progress_new(2, 1, 0, 0);
    struct dj_claims *claims = dj_claims_new(2, progress);
    size_t first[2], begin[2];
    int seen[10] = { 0 };
    bool stopped;

    dj_claims_begin(claims, items, 10, first, begin);
    DJ_CHECK(ask(claims, 0, false, seen, &stopped) > 0 && !stopped);
    DJ_CHECK(ask(claims, 1, true, seen, &stopped) == 0 && stopped);
    DJ_CHECK(ask(claims, 0, false, seen, &stopped) == 0 && stopped);
    dj_claims_free(claims);
    dj_progress_free(progress);
}

int main(void)
{
    DJ_TEST(every_partition_is_handed_out_once);
    DJ_TEST(one_rank_can_do_the_work_of_all);
    DJ_TEST(ranges_are_alike_in_bytes);
    DJ_TEST(after_a_stop_nothing_is_handed_out);
    return 0;
}

/* Handing out a wave, and places: every partition once, each place the sum before it. */
#include "djtest.h"

#include "exec/exec_private.h"

enum { MANY = 500, MAX_RANKS = 20 };

static const struct dj_progress_start one_byte = { .total_bytes = 1 };

/* The wire format of claim.c, as a rank sees it. */
struct request {
    int32_t wants, stop;
    struct dj_rank_numbers numbers;
    int32_t nfinished, nasks;
};
struct reply {
    int32_t count, nplaces, stop, further;
};

/* A rank: the block that it works on, and whether it may ask for the next one at once. */
struct rank {
    struct dj_partition block[DJ_CLAIM_BLOCK];
    size_t count;
    bool further;
};

static int64_t data_bytes(int64_t id)
{
    return id % 7 * 10;
}

/* Finishes the rank's block and asks for the next one. */
static bool turn(struct dj_claims *claims, int number, struct rank *rank, int64_t *place)
{
    struct request request = { .wants = 1, .nfinished = (int32_t)rank->count };
    char message[DJ_COMM_MESSAGE], out[DJ_COMM_MESSAGE];
    char *at = message + sizeof(request);
    struct reply reply;

    for (size_t i = 0; i < rank->count; i++) {
        const struct dj_finished finished = { rank->block[i].id,
                                              data_bytes(rank->block[i].id) };

        memcpy(at, &finished, sizeof(finished));
        at += sizeof(finished);
    }
    if (rank->count > 0) {
        request.nasks = 1;
        memcpy(at, &rank->block[0].id, sizeof(int64_t));
        at += sizeof(int64_t);
    }
    memcpy(message, &request, sizeof(request));
    (void)dj_claims_handle(claims, number,
                           (struct dj_str){ message, (size_t)(at - message) }, out);
    memcpy(&reply, out, sizeof(reply));
    rank->count = (size_t)reply.count;
    rank->further = reply.further != 0;
    memcpy(rank->block, out + sizeof(reply), rank->count * sizeof(rank->block[0]));
    if (reply.nplaces == 1) {
        struct dj_place_answer answer;

        memcpy(&answer, out + sizeof(reply) + rank->count * sizeof(rank->block[0]),
               sizeof(answer));
        place[answer.id] = answer.offset;
    }
    return rank->count > 0;
}

static void hand_out(int nranks, size_t count, int64_t (*sizes)(size_t), bool one_asks,
                     bool even)
{
    struct dj_partition *items = dj_xcalloc(count, sizeof(*items));
    struct dj_progress *progress = dj_progress_new(nranks, &one_byte, 0, NULL);
    struct dj_claims *claims = dj_claims_new(count, progress);
    static struct rank ranks[MAX_RANKS];
    size_t first[MAX_RANKS];
    int64_t *place = dj_xcalloc(count, sizeof(*place));
    int *seen = dj_xcalloc(count, sizeof(*seen));
    int64_t sum = 0;
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        items[i].id = (int64_t)i;
        items[i].bytes = sizes(i);
    }
    dj_claims_begin(claims, items, count, nranks, even, first);
    for (int r = 0; r < nranks; r++) {
        DJ_CHECK(first[r] <= DJ_CLAIM_BLOCK);
        memcpy(ranks[r].block, items + at, first[r] * sizeof(*items));
        ranks[r].count = first[r];
        at += first[r];
    }
    for (bool more = true; more;) {
        more = false;
        for (int r = nranks - 1; r >= 0; r--) { /* the last partitions finish first */
            const bool asks = !one_asks || r == nranks - 1;

            for (size_t i = 0; i < ranks[r].count && asks; i++) {
                seen[ranks[r].block[i].id]++;
            }
            more = (asks && turn(claims, r, &ranks[r], place)) || more;
        }
    }
    for (int r = 0; r < nranks && one_asks; r++) { /* the others finish at the end */
        for (size_t i = 0; i < ranks[r].count; i++) {
            seen[ranks[r].block[i].id]++;
        }
        (void)turn(claims, r, &ranks[r], place);
    }
    for (size_t i = 0; i < count; i++) {
        DJ_CHECK_INT(seen[i], 1);
        DJ_CHECK_INT(dj_claims_place(claims, (int64_t)i), sum);
        DJ_CHECK(place[i] == 0 || place[i] == sum);
        sum += data_bytes((int64_t)i);
    }
    dj_xfree(seen);
    dj_xfree(place);
    dj_claims_free(claims);
    dj_progress_free(progress);
    dj_xfree(items);
}

static int64_t equal(size_t i)
{
    (void)i;
    return 1 << 20;
}

static int64_t skewed(size_t i)
{
    return i < 10 ? 64 << 20 : 10;
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
            for (int even = 0; even < 2; even++) {
                hand_out(nranks, count, equal, false, even);
                hand_out(nranks, count, skewed, false, even);
                hand_out(nranks, count, empty, false, even);
            }
        }
    }
}

static void one_rank_can_do_the_work_of_all(void)
{
    hand_out(8, MANY, equal, true, false);
    hand_out(8, MANY, skewed, true, false);
}

static void partitions_go_out_in_order(void)
{
    struct dj_partition items[100] = { 0 };
    struct dj_progress *progress = dj_progress_new(4, &one_byte, 0, NULL);
    struct dj_claims *claims = dj_claims_new(100, progress);
    size_t first[4];
    struct rank rank = { .count = 0 };
    int64_t place[100];
    int64_t expected;

    for (size_t i = 0; i < 100; i++) {
        items[i] = (struct dj_partition){ .id = (int64_t)i, .bytes = 1 << 20 };
    }
    dj_claims_begin(claims, items, 100, 4, false, first);
    /* A quarter of a fair share is 6 MiB; a block is at most 2 MiB. */
    DJ_CHECK_INT(first[0], 2);
    expected = (int64_t)(first[0] + first[1] + first[2] + first[3]);
    while (turn(claims, 0, &rank, place)) {
        /* Nobody asks ahead when less is left than two such blocks for each rank. */
        const int64_t left = 100 - expected - (int64_t)rank.count;

        DJ_CHECK_INT(rank.further, left > 2 * 4 * (int64_t)rank.count);
        for (size_t i = 0; i < rank.count; i++) {
            DJ_CHECK_INT(rank.block[i].id, expected);
            expected++;
        }
    }
    DJ_CHECK_INT(expected, 100);
    dj_claims_free(claims);
    dj_progress_free(progress);
}

/* However fast a rank asks, it gets its share and no more than a block beyond it. */
static void a_fast_rank_gets_its_share(void)
{
    struct dj_partition items[100] = { 0 };
    struct dj_progress *progress = dj_progress_new(4, &one_byte, 0, NULL);
    struct dj_claims *claims = dj_claims_new(100, progress);
    size_t first[4], got[4], sum = 0;
    int64_t place[100];

    for (size_t i = 0; i < 100; i++) {
        items[i] = (struct dj_partition){ .id = (int64_t)i, .bytes = 1 << 20 };
    }
    dj_claims_begin(claims, items, 100, 4, true, first);
    for (int r = 0; r < 4; r++) {
        struct rank rank = { .count = 0 };

        got[r] = first[r];
        while (turn(claims, r, &rank, place)) {
            got[r] += rank.count;
        }
        DJ_CHECK(got[r] <= 25 + 2);
        sum += got[r];
    }
    DJ_CHECK_INT(sum, 100);
    dj_claims_free(claims);
    dj_progress_free(progress);
}

static void a_place_waits_for_all_before_it(void)
{
    struct dj_progress *progress = dj_progress_new(1, &one_byte, 0, NULL);
    struct dj_claims *claims = dj_claims_new(4, progress);

    dj_claims_known(claims, 0, 10);
    dj_claims_known(claims, 2, 30);
    DJ_CHECK_INT(dj_claims_place(claims, 1), 10);
    DJ_CHECK_INT(dj_claims_place(claims, 2), -1);
    DJ_CHECK_INT(dj_claims_place(claims, 3), -1);
    dj_claims_known(claims, 1, 5);
    DJ_CHECK_INT(dj_claims_place(claims, 2), 15);
    DJ_CHECK_INT(dj_claims_place(claims, 3), 45);
    dj_claims_free(claims);
    dj_progress_free(progress);
}

static void after_a_stop_nothing_is_handed_out(void)
{
    struct dj_partition items[100] = { 0 };
    struct dj_progress *progress = dj_progress_new(2, &one_byte, 0, NULL);
    struct dj_claims *claims = dj_claims_new(100, progress);
    const struct request request = { .wants = 1, .stop = 1 };
    char out[DJ_COMM_MESSAGE];
    struct reply reply;
    size_t first[2];

    dj_claims_begin(claims, items, 100, 2, false, first);
    (void)dj_claims_handle(
        claims, 1, (struct dj_str){ (const char *)&request, sizeof(request) }, out);
    memcpy(&reply, out, sizeof(reply));
    DJ_CHECK_INT(reply.count, 0);
    DJ_CHECK_INT(reply.stop, 1);
    dj_claims_free(claims);
    dj_progress_free(progress);
}

int main(void)
{
    DJ_TEST(every_partition_is_handed_out_once);
    DJ_TEST(one_rank_can_do_the_work_of_all);
    DJ_TEST(partitions_go_out_in_order);
    DJ_TEST(a_fast_rank_gets_its_share);
    DJ_TEST(a_place_waits_for_all_before_it);
    DJ_TEST(after_a_stop_nothing_is_handed_out);
    return 0;
}

/* The communicator on however many ranks this program was started with. */
#include "djtest.h"

#include "dj/clock.h"
#include "dj/comm.h"

static struct dj_comm *comm;
static struct dj_error err;

static void ranks_are_numbered(void)
{
    const char *size = getenv("OMPI_COMM_WORLD_SIZE");

    DJ_CHECK_INT(dj_comm_size(comm), size == NULL ? 1 : strtol(size, NULL, 10));
    DJ_CHECK(dj_comm_rank(comm) >= 0 && dj_comm_rank(comm) < dj_comm_size(comm));
    DJ_CHECK_OK(dj_comm_check_launch(comm, &err));
}

static void sums_and_maxima(void)
{
    const int64_t n = dj_comm_size(comm);
    int64_t values[2] = { dj_comm_rank(comm), 1 };
    double real = 0.5;

    dj_comm_sum(comm, values, 2);
    DJ_CHECK_INT(values[0], n * (n - 1) / 2);
    DJ_CHECK_INT(values[1], n);
    values[0] = dj_comm_rank(comm);
    dj_comm_max(comm, values, 1);
    DJ_CHECK_INT(values[0], n - 1);
    dj_comm_sum_double(comm, &real, 1);
    DJ_CHECK(real == 0.5 * (double)n);
    DJ_CHECK(dj_comm_any(comm, dj_comm_rank(comm) == n - 1));
    DJ_CHECK(!dj_comm_any(comm, false));
}

static void a_failure_reaches_everybody(void)
{
    const int last = dj_comm_size(comm) - 1;
    enum dj_status status = DJ_OK;

    DJ_CHECK_OK(dj_comm_agree(comm, DJ_OK, &err));
    if (dj_comm_rank(comm) == last) {
        status = dj_fail(&err, DJ_IO, "disk of rank %d", last);
    }
    DJ_CHECK_STATUS(dj_comm_agree(comm, status, &err), DJ_IO);
    DJ_CHECK_CONTAINS(err.text, "disk of rank");
}

static void the_lowest_rank_is_quoted(void)
{
    dj_fail(&err, DJ_DATA, "rank %d", dj_comm_rank(comm));
    DJ_CHECK_STATUS(dj_comm_agree(comm, DJ_DATA, &err), DJ_DATA);
    DJ_CHECK_TEXT(err.text, "rank 0");
}

static void bytes_travel(void)
{
    const int rank = dj_comm_rank(comm);
    const int n = dj_comm_size(comm);
    const size_t big = 70u << 20; /* more than one piece */
    size_t *sizes = dj_xcalloc((size_t)n, sizeof(*sizes));
    struct dj_buf buf, out;

    dj_buf_init(&buf);
    dj_buf_init(&out);
    if (rank == 0) {
        DJ_CHECK_OK(dj_buf_reserve(&buf, big));
        memset(buf.ptr, 'b', big);
        buf.len = big;
    }
    DJ_CHECK_OK(dj_comm_broadcast(comm, &buf, &err));
    DJ_CHECK_INT(buf.len, big);
    DJ_CHECK(buf.ptr[0] == 'b' && buf.ptr[big - 1] == 'b');

    /* Rank r gives r bytes of its digit; rank 0 sees them in order. */
    buf.len = (size_t)rank;
    memset(buf.ptr, 'a' + rank, buf.len);
    DJ_CHECK_OK(dj_comm_gather(comm, dj_buf_str(&buf), &out, sizes, &err));
    if (rank == 0) {
        size_t at = 0;

        for (int r = 0; r < n; r++) {
            DJ_CHECK_INT(sizes[r], r);
            for (int i = 0; i < r; i++) {
                DJ_CHECK(out.ptr[at++] == 'a' + r);
            }
        }
        DJ_CHECK_INT(out.len, at);
    }
    /* And back again. */
    dj_buf_reset(&buf);
    DJ_CHECK_OK(dj_comm_scatter(comm, dj_buf_str(&out), sizes, &buf, &err));
    DJ_CHECK_INT(buf.len, rank);
    for (int i = 0; i < rank; i++) {
        DJ_CHECK(buf.ptr[i] == 'a' + rank);
    }
    dj_buf_release(&out);
    dj_buf_release(&buf);
    dj_xfree(sizes);
}

/* From rank a to rank b: a + 2b bytes of its own kind, or nothing at all. */
static size_t size_between(int a, int b)
{
    return (a + b) % 3 == 2 ? 0 : (size_t)(a + 2 * b);
}

static char byte_between(int a, int b)
{
    return (char)('A' + (5 * a + b) % 50);
}

static void all_give_to_all(void)
{
    enum { LONGEST = 32 };
    const int rank = dj_comm_rank(comm);
    const int n = dj_comm_size(comm);
    struct dj_str *mine = dj_xcalloc((size_t)n, sizeof(*mine));
    size_t *sizes = dj_xcalloc((size_t)n, sizeof(*sizes));
    char *bytes = dj_xcalloc((size_t)n, LONGEST);
    struct dj_buf out;
    size_t at = 1;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_buf_putc(&out, '!')); /* what is there stays */
    for (int to = 0; to < n; to++) {
        mine[to] = (struct dj_str){ bytes + LONGEST * to, size_between(rank, to) };
        memset(bytes + LONGEST * to, byte_between(rank, to), LONGEST);
    }
    DJ_CHECK_OK(dj_comm_alltoall(comm, mine, &out, sizes, &err));
    for (int from = 0; from < n; from++) {
        DJ_CHECK_INT(sizes[from], size_between(from, rank));
        for (size_t i = 0; i < sizes[from]; i++) {
            DJ_CHECK(out.ptr[at++] == byte_between(from, rank));
        }
    }
    DJ_CHECK(out.len == at && out.ptr[0] == '!');
    dj_buf_release(&out);
    dj_xfree(bytes);
    dj_xfree(sizes);
    dj_xfree(mine);
}

/* Each to the rank behind it, on few ranks more than one piece. */
static void much_to_one(void)
{
    const int rank = dj_comm_rank(comm);
    const int n = dj_comm_size(comm);
    const size_t big = (n <= 4 ? 65u << 20 : 1u << 20) + 3;
    struct dj_str *mine = dj_xcalloc((size_t)n, sizeof(*mine));
    size_t *sizes = dj_xcalloc((size_t)n, sizeof(*sizes));
    const int before = (rank + n - 1) % n;
    struct dj_buf bytes, out;

    dj_buf_init(&bytes);
    dj_buf_init(&out);
    DJ_CHECK_OK(dj_buf_reserve(&bytes, big));
    for (size_t i = 0; i < big; i++) {
        bytes.ptr[i] = (char)(i % 251 + (size_t)rank);
    }
    mine[(rank + 1) % n] = (struct dj_str){ bytes.ptr, big };
    DJ_CHECK_OK(dj_comm_alltoall(comm, mine, &out, sizes, &err));
    DJ_CHECK_INT(sizes[before], big);
    DJ_CHECK_INT(out.len, big);
    for (size_t i = 0; i < big; i++) {
        DJ_CHECK(out.ptr[i] == (char)(i % 251 + (size_t)before));
    }
    dj_buf_release(&out);
    dj_buf_release(&bytes);
    dj_xfree(sizes);
    dj_xfree(mine);
}

/* Counts on rank 0: a request gets the count so far, and adds one. */
static size_t count_up(void *context, int rank, struct dj_str message, char *reply)
{
    int64_t *count = context;

    (void)rank;
    DJ_CHECK_INT(message.len, 3);
    memcpy(reply, count, sizeof(*count));
    *count += 1;
    return sizeof(*count);
}

static void every_request_is_answered_once(void)
{
    enum { REQUESTS = 50 };
    int64_t served = 0;
    int64_t sum = 0;
    const int64_t total = (int64_t)REQUESTS * dj_comm_size(comm);

    for (int round = 0; round < 3; round++) {
        served = 0;
        sum = 0;
        DJ_CHECK_OK(dj_comm_serve(comm, count_up, &served, &err));
        for (int i = 0; i < REQUESTS; i++) {
            char reply[DJ_COMM_MESSAGE];
            int64_t number;
            size_t len;

            DJ_CHECK_OK(dj_comm_ask(comm, DJ_STR("one"), &err));
            if (i % 7 == 0) {
                dj_clock_sleep(1e-3); /* work while the answer comes */
            }
            len = dj_comm_answer(comm, reply);
            DJ_CHECK_INT(len, sizeof(number));
            memcpy(&number, reply, sizeof(number));
            sum += number;
            dj_comm_poll(comm);
        }
        dj_comm_serve_end(comm);
        dj_comm_sum(comm, &sum, 1);
        DJ_CHECK_INT(sum, total * (total - 1) / 2); /* each number was given once */
        if (dj_comm_rank(comm) == 0) {
            DJ_CHECK_INT(served, total);
        }
    }
}

int main(void)
{
    DJ_CHECK_OK(dj_comm_open(&comm, &err));
    DJ_TEST(ranks_are_numbered);
    DJ_TEST(sums_and_maxima);
    DJ_TEST(a_failure_reaches_everybody);
    DJ_TEST(the_lowest_rank_is_quoted);
    DJ_TEST(bytes_travel);
    DJ_TEST(all_give_to_all);
    DJ_TEST(much_to_one);
    DJ_TEST(every_request_is_answered_once);
    dj_comm_close(comm);
    return 0;
}

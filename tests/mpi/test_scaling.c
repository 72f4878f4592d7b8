/*
 * The formulas of docs/scaling.md for the exchange against what it counts, on however
 * many ranks this program was started with; and the lines of the tables there.
 */
#include "djtest.h"
#include "exchange/exchange_private.h"
#include "support/notes.h"

#include <math.h>

enum { RECORD = sizeof(struct dj_note) };

static struct dj_comm *comm;
static struct dj_error err;
static double ranks;
static bool printing;

/* Of all ranks: sums and maxima of what each has spent. */
struct spent {
    double rounds, messages, bytes, most_bytes, received, peak, spilled;
};

static double sum_of(int64_t value)
{
    dj_comm_sum(comm, &value, 1);
    return (double)value;
}

static double most_of(int64_t value)
{
    dj_comm_max(comm, &value, 1);
    return (double)value;
}

static struct spent gather(const struct dj_exchange_cost *cost)
{
    return (struct spent){
        .rounds = most_of(cost->rounds),
        .messages = sum_of(cost->messages),
        .bytes = sum_of(cost->bytes_sent),
        .most_bytes = most_of(cost->bytes_sent),
        .received = most_of(cost->records_received),
        .peak = most_of(cost->peak_memory),
        .spilled = sum_of(cost->spilled),
    };
}

static void check_between(const char *what, double low, double value, double high)
{
    if (value < low || value > high) {
        (void)fprintf(stderr, "  %s: %.1f is not between %.1f and %.1f\n", what, value,
                      low, high);
        djtest_fail(__FILE__, __LINE__);
    }
}

static void print(const char *what, size_t count, const struct spent *spent)
{
    if (printing) {
        (void)printf("| %.0f | %s | %zu | %.0f | %.1f | %.1f | %.1f | %.1f | %.1f |\n",
                     ranks, what, count, spent->rounds, spent->messages / ranks,
                     spent->bytes / ranks / 1e3, spent->most_bytes / 1e3,
                     spent->peak / 1e3, spent->spilled / ranks / 1e3);
    }
}

static struct dj_exchange_cost move(size_t count, enum dj_meeting how, int64_t memory,
                                    size_t *cell)
{
    const struct dj_exchange_options options = { comm, "/tmp", "scaling", memory, NULL };
    const size_t first = (size_t)dj_comm_rank(comm) * count;
    struct dj_exchange *exchange = dj_exchange_new(&options);
    struct dj_exchange_cost cost;

    for (size_t i = 0; i < count; i++) {
        const struct dj_note note = notes_make(NOTES_RANDOM, first + i, count);

        DJ_CHECK_OK(dj_exchange_add(exchange, &note, &err));
    }
    DJ_CHECK_OK(dj_exchange_meet(exchange, how, &err));
    *cell = exchange->cell;
    dj_exchange_cost(exchange, &cost);
    dj_exchange_free(exchange);
    return cost;
}

/* The fullest rank's part of records in order, of an even share: n records each. */
static double in_order_share(double n, int64_t memory)
{
    const double budget = (double)memory / RECORD;
    const double own = fmin(n, fmin(fmax(256, budget / 64), 8192));
    const double all = fmax(16 * ranks, budget / 4);

    return 1 + 4 / sqrt(fmin(own, all / ranks) / 2);
}

/* count: records of each rank. */
static void check_exchange(const char *what, size_t count, enum dj_meeting how,
                           int64_t memory)
{
    const double n = (double)count;
    size_t cell;
    const struct dj_exchange_cost cost = move(count, how, memory, &cell);
    const struct spent spent = gather(&cost);
    const double slots = (double)(cell / RECORD);
    const double away = n * (ranks - 1) / ranks; /* records of a rank that leave it */
    const double fill = 1 - sqrt(2 * log(ranks) / slots);
    const double rounds = fmax(1, n / ranks / slots / fill);
    const double share =
        how == DJ_MEET_BY_KEY ? 1 + 5 / sqrt(n) : in_order_share(n, memory);

    print(what, count, &spent);
    check_between("bytes", 0.97 * away * RECORD, spent.bytes / ranks,
                  1.03 * away * RECORD);
    check_between("received", 0, spent.received, share * away);
    check_between("rounds", 0.8 * rounds, spent.rounds, 1.25 * rounds + 1);
    check_between("messages", 0.7 * spent.rounds * (ranks - 1), spent.messages / ranks,
                  spent.rounds * (ranks - 1));
    check_between("peak", fmin(2 * n * RECORD, (double)memory / 2), spent.peak,
                  (double)memory);
}

static void records_move(void)
{
    const int64_t much = 64 << 20;

    if (ranks == 1) {
        return;
    }
    check_exchange("by key", 4000, DJ_MEET_BY_KEY, much);
    check_exchange("in order", 4000, DJ_MEET_IN_ORDER, much);
    check_exchange("by key", 40000, DJ_MEET_BY_KEY, much);
    check_exchange("by key, 1 MiB", 16000, DJ_MEET_BY_KEY, 1 << 20);
    check_exchange("in order, 1 MiB", 16000, DJ_MEET_IN_ORDER, 1 << 20);
}

/* --- clusters --------------------------------------------------------------------------
 */

struct steps {
    int count;
    double records, last; /* that the steps heard of gave out */
};

static void hear(void *context, int round, int64_t edges, int64_t changed)
{
    struct steps *steps = context;

    (void)changed;
    steps->count = round;
    steps->last = (double)edges * (round % 2 == 1 ? 1 : 2);
    steps->records += steps->last;
}

static enum dj_status forget(void *context, const struct dj_note *note,
                             struct dj_error *error)
{
    (void)context;
    (void)note;
    (void)error;
    return DJ_OK;
}

/* Pairs among as many vertices, count of each rank; every third joins a longer chain. */
static void clusters_are_joined(void)
{
    const struct dj_exchange_options options = { comm, "/tmp", "scaling", 64 << 20,
                                                 NULL };
    struct dj_exchange *edges = dj_exchange_new(&options);
    const uint64_t count = 2000;
    const uint64_t all = count * (uint64_t)ranks;
    const uint64_t first = count * (uint64_t)dj_comm_rank(comm);
    struct steps steps = { 0 };
    struct dj_exchange_cost cost;
    struct spent spent;

    for (uint64_t i = first; i < first + count; i++) {
        const struct dj_note edge = { 0, i, 0, i % 3 == 0 ? i + 1 : notes_mix(i) % all };

        if (i % 3 != 1) {
            DJ_CHECK_OK(dj_exchange_add(edges, &edge, &err));
        }
    }
    DJ_CHECK_OK(dj_clusters(&options, edges, (struct dj_sink){ forget, NULL }, hear,
                            &steps, &cost, &err));
    dj_exchange_free(edges);
    spent = gather(&cost);
    if (printing && ranks > 1) {
        const double given =
            2 * (double)(all - (all + 1) / 3) + steps.records - steps.last;
        const double away = given * (ranks - 1) / ranks * RECORD;

        (void)printf("| %.0f | clusters, %d steps | %.0f | %.0f | %.1f | %.1f | %.1f | "
                     "%.1f | %.1f |\n",
                     ranks, steps.count, (double)count * 2 / 3, spent.rounds,
                     spent.messages / ranks, spent.bytes / ranks / 1e3,
                     spent.most_bytes / 1e3, spent.peak / 1e3,
                     spent.spilled / ranks / 1e3);
        check_between("bytes", 0.5 * away, spent.bytes, 1.05 * away);
        check_between("rounds", steps.count, spent.rounds, 100.0 * steps.count);
    }
}

int main(void)
{
    DJ_CHECK_OK(dj_comm_open(&comm, &err));
    ranks = dj_comm_size(comm);
    printing = dj_comm_rank(comm) == 0;
    if (printing) {
        (void)printf(
            "| ranks | what | records a rank | rounds | messages a rank | kB sent a "
            "rank | kB sent, most | kB held, most | kB in files a rank |\n");
    }
    records_move();
    clusters_are_joined();
    dj_comm_close(comm);
    return 0;
}

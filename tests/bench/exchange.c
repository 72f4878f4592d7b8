/*
 * How many records a second an exchange moves, by key and in order, in memory and with a
 * budget that makes it use files; and what sorting alone costs.
 *
 *     mpirun -n N bench_exchange RECORDS_OF_A_RANK FOLDER
 */
#include "dj/clock.h"
#include "exchange/exchange_private.h"

#include <stdio.h>
#include <stdlib.h>

static struct dj_comm *comm;
static size_t count; /* of a rank */
static const char *folder;

static void must(enum dj_status status, const struct dj_error *err)
{
    if (status != DJ_OK) {
        (void)fprintf(stderr, "%s\n", err->text);
        exit(1);
    }
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* As a deduplicator makes them: each key about one and a half times. */
static struct dj_note make(uint64_t i)
{
    const uint64_t key = i % 3 == 0 ? i / 3 * 2 : i;

    return (struct dj_note){ mix(key), mix(~key), 0,
                             dj_row_id((int64_t)(i / 1000), i % 1000) };
}

static int compare(const void *a, const void *b)
{
    return dj_note_compare(a, b);
}

static void sort_alone(void)
{
    struct dj_note *notes = dj_xcalloc(count, sizeof(*notes));
    double start, seconds[2];

    for (int way = 0; way < 2; way++) {
        for (size_t i = 0; i < count; i++) {
            notes[i] = make(i);
        }
        start = dj_clock_cpu();
        if (way == 0) {
            dj_notes_sort(notes, count);
        } else {
            qsort(notes, count, sizeof(*notes), compare);
        }
        seconds[way] = dj_clock_cpu() - start;
    }
    (void)printf("sorting %zu records: %.1f million a second; qsort %.1f\n", count,
                 (double)count / seconds[0] / 1e6, (double)count / seconds[1] / 1e6);
    dj_xfree(notes);
}

/* The longest of all ranks since *start, which becomes now. */
static double lap(double *start)
{
    int64_t micros = (int64_t)((dj_clock_monotonic() - *start) * 1e6);

    dj_comm_max(comm, &micros, 1);
    *start = dj_clock_monotonic();
    return (double)micros / 1e6;
}

static void run(enum dj_meeting how, int64_t memory, const char *what)
{
    const uint64_t first = (uint64_t)dj_comm_rank(comm) * count;
    struct dj_exchange *exchange = dj_exchange_new(
        &(struct dj_exchange_options){ comm, folder, "bench", memory, NULL });
    const double all = (double)count * dj_comm_size(comm) / 1e6;
    struct dj_exchange_cost cost;
    double start, adding, meeting, reading, cpu;
    struct dj_error err;
    bool more = true;

    dj_comm_barrier(comm);
    start = dj_clock_monotonic();
    cpu = dj_clock_cpu();
    for (uint64_t i = 0; i < count; i++) {
        const struct dj_note note = make(first + i);

        must(dj_exchange_add(exchange, &note, &err), &err);
    }
    adding = lap(&start);
    must(dj_exchange_meet(exchange, how, &err), &err);
    meeting = lap(&start);
    while (more) {
        struct dj_note note;

        must(dj_exchange_next(exchange, &note, &more, &err), &err);
    }
    reading = lap(&start);
    cpu = dj_clock_cpu() - cpu;
    dj_comm_sum_double(comm, &cpu, 1);
    dj_exchange_cost(exchange, &cost);
    if (dj_comm_rank(comm) == 0) {
        (void)printf(
            "%-9s %-9s %5.1f million records/s, of a CPU second %5.1f: adding "
            "%.2f s, meeting %.2f s, reading %.2f s; %lld rounds, %lld MB sent, %lld MB "
            "in files, "
            "peak %lld MB\n",
            how == DJ_MEET_BY_KEY ? "by key" : "in order", what,
            all / (adding + meeting + reading), all / cpu, adding, meeting, reading,
            (long long)cost.rounds, (long long)cost.bytes_sent / 1000000,
            (long long)cost.spilled / 1000000, (long long)cost.peak_memory / 1000000);
    }
    dj_exchange_free(exchange);
}

int main(int argc, char **argv)
{
    struct dj_error err;
    int64_t share;

    if (argc < 3) {
        (void)fprintf(stderr, "usage: %s RECORDS_OF_A_RANK FOLDER\n", argv[0]);
        return 2;
    }
    must(dj_comm_open(&comm, &err), &err);
    count = strtoull(argv[1], NULL, 10);
    folder = argv[2];
    share = (int64_t)(count * sizeof(struct dj_note));
    if (dj_comm_rank(comm) == 0) {
        (void)printf("%d ranks\n", dj_comm_size(comm));
        sort_alone();
    }
    for (int how = DJ_MEET_BY_KEY; how <= DJ_MEET_IN_ORDER; how++) {
        run((enum dj_meeting)how, 4 * share + (64 << 20), "in memory");
        run((enum dj_meeting)how, share / 4, "in files");
    }
    dj_comm_close(comm);
    return 0;
}

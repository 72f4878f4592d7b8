/*
 * What a checkpoint costs beside plain files: the same bytes, from the same ranks, in
 * turn as a file a rank with write and fsync, as one file that all ranks write at their
 * places, and as a set. Where writing is nothing but copying (tmpfs), one file is slow
 * by itself: the kernel lets one process at a time write to it.
 *
 *   mpirun -n 2 bench_ckpt_write FOLDER [MEGABYTES [ROUNDS]]
 */
#include "dj/checkpoint.h"
#include "dj/clock.h"
#include "dj/fs.h"
#include "dj/hash.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LAYER_BYTES = 4 << 20, MOST_ROUNDS = 99 };

struct bench {
    struct dj_comm *comm;
    char *folder;
    int64_t layers;      /* a rank */
    struct dj_buf bytes; /* of a layer: nothing that compresses */
};

static _Noreturn void give_up(const char *text)
{
    (void)fprintf(stderr, "bench_ckpt_write: %s\n", text);
    exit(1);
}

static void check(enum dj_status status, const struct dj_error *err)
{
    if (status != DJ_OK) {
        give_up(err->text);
    }
}

/* The seconds of the slowest rank. */
static double slowest(struct bench *bench, double seconds)
{
    int64_t nanos = (int64_t)(seconds * 1e9);

    dj_comm_max(bench->comm, &nanos, 1);
    return (double)nanos / 1e9;
}

static void fill(struct dj_buf *bytes)
{
    uint64_t state = (uint64_t)getpid();

    dj_buf_init(bytes);
    if (dj_buf_reserve(bytes, LAYER_BYTES) != DJ_OK) {
        give_up("out of memory");
    }
    bytes->len = LAYER_BYTES;
    for (size_t i = 0; i < LAYER_BYTES; i += sizeof(state)) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        memcpy(bytes->ptr + i, &(uint64_t){ state ^ state >> 33 }, sizeof(state));
    }
}

/* A file a rank, or one of all. */
static double write_plain(struct bench *bench, bool shared)
{
    const int rank = dj_comm_rank(bench->comm);
    const int64_t base = shared ? rank * bench->layers * LAYER_BYTES : 0;
    char *path = dj_xprintf("%s/plain.%d", bench->folder, shared ? 0 : rank);
    double begin, seconds;
    struct dj_error err;
    int fd;

    dj_comm_barrier(bench->comm);
    begin = dj_clock_monotonic();
    check(dj_fs_open(path, O_WRONLY | O_CREAT, &fd, &err), &err);
    for (int64_t i = 0; i < bench->layers; i++) {
        check(dj_fs_pwrite(fd, dj_buf_str(&bench->bytes), base + i * LAYER_BYTES, path,
                           &err),
              &err);
    }
    check(dj_fs_sync_fd(fd, path, &err), &err);
    close(fd);
    seconds = slowest(bench, dj_clock_monotonic() - begin);
    dj_comm_barrier(bench->comm);
    check(dj_fs_remove(path, &err), &err);
    dj_comm_barrier(bench->comm);
    dj_xfree(path);
    return seconds;
}

/* One set, from the agreement on it to its record. */
static double write_set(struct bench *bench)
{
    const int rank = dj_comm_rank(bench->comm);
    const int64_t all = bench->layers * dj_comm_size(bench->comm);
    const uint64_t op_hash = 1;
    const struct dj_ckpt_options options = {
        .folder = bench->folder,
        .job_id = "bench",
        .dataset_fingerprint = "0123456789abcdef",
        .npartitions = (size_t)all,
        .nops = 1,
        .op_hashes = &op_hash,
        .keep_last = 1,
        .attempt = 1,
    };
    struct dj_ckpt_result result;
    struct dj_ckpt *ckpt;
    struct dj_error err;
    double begin, seconds;

    check(dj_ckpt_open(bench->comm, &options, &ckpt, &err), &err);
    for (int64_t i = 0; i < bench->layers; i++) {
        const struct dj_ckpt_put put = {
            .partition = rank * bench->layers + i,
            .op_end = 1,
            .raw = dj_buf_str(&bench->bytes),
            .info = DJ_STR("{}"),
        };

        check(dj_ckpt_put(ckpt, &put, &err), &err);
    }
    dj_comm_barrier(bench->comm);
    begin = dj_clock_monotonic();
    check(dj_ckpt_commit(ckpt, &result, &err), &err);
    seconds = slowest(bench, dj_clock_monotonic() - begin);
    dj_ckpt_close(ckpt);
    dj_comm_barrier(bench->comm);
    return seconds;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

struct figures {
    double plain[MOST_ROUNDS], shared[MOST_ROUNDS];
};

/* How often the plain time the set took, turned round: 1 is as fast. */
static void print_ratio(double *ratios, int rounds, const char *than)
{
    qsort(ratios, (size_t)rounds, sizeof(ratios[0]), by_size);
    printf("a set has %.2f of the speed of %s (%.2f to %.2f), median of %d\n",
           ratios[rounds / 2], than, ratios[0], ratios[rounds - 1], rounds);
}

static void run_round(struct bench *bench, struct figures *figures, int round)
{
    const double plain = write_plain(bench, false);
    const double shared = write_plain(bench, true);
    const double set = write_set(bench);
    struct dj_error err;

    if (dj_comm_rank(bench->comm) == 0) {
        printf("a file a rank %.3f s, one file %.3f s, set %.3f s%s\n", plain, shared,
               set, round < 0 ? " (warming up)" : "");
        check(dj_fs_remove_tree(bench->folder, &err), &err);
        check(dj_fs_make_dirs(bench->folder, &err), &err);
    }
    dj_comm_barrier(bench->comm);
    if (round >= 0) {
        figures->plain[round] = plain / set;
        figures->shared[round] = shared / set;
    }
}

int main(int argc, char **argv)
{
    const int64_t megabytes = argc > 2 ? strtol(argv[2], NULL, 10) : 256;
    const int rounds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 7;
    struct figures figures;
    struct bench bench = { 0 };
    struct dj_error err;

    if (argc < 2 || megabytes < 8 || rounds < 1 || rounds > MOST_ROUNDS) {
        give_up("FOLDER [MEGABYTES [ROUNDS]]");
    }
    check(dj_comm_open(&bench.comm, &err), &err);
    bench.folder = dj_fs_join(argv[1], "dj-bench-ckpt");
    bench.layers = (megabytes << 20) / LAYER_BYTES / dj_comm_size(bench.comm);
    check(dj_fs_make_dirs(bench.folder, &err), &err);
    fill(&bench.bytes);
    for (int i = -1; i < rounds; i++) {
        run_round(&bench, &figures, i);
    }
    if (dj_comm_rank(bench.comm) == 0) {
        printf("%d ranks, %" PRId64 " MB\n", dj_comm_size(bench.comm), megabytes);
        print_ratio(figures.plain, rounds, "a file a rank");
        print_ratio(figures.shared, rounds, "one plain file");
        check(dj_fs_remove_tree(bench.folder, &err), &err);
    }
    dj_buf_release(&bench.bytes);
    dj_xfree(bench.folder);
    dj_comm_close(bench.comm);
    return 0;
}

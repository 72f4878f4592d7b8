/*
 * What MinHash signatures cost: MB of text a CPU second, for each kernel, with
 * the operator's defaults (words in fives, 256 permutations). Usage: bench_minhash
 * FILE.jsonl
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "dj/fs.h"
#include "dj/sample.h"
#include "text/minhash_private.h"

enum { ROUNDS = 3, WINDOW = 5, PERMUTATIONS = 256 };

static const char *const text_keys[] = { "text" };
static const struct dj_batch_layout layout = { .ntexts = 1,
                                               .texts = text_keys,
                                               .nrequired = 1 };

/* All samples of the file in one batch; bytes stays with it. */
static struct dj_batch *read_samples(const char *path, struct dj_buf *bytes)
{
    struct dj_batch *batch = dj_batch_new(&layout);
    struct dj_error err;
    const char *p, *end;

    dj_buf_init(bytes);
    if (dj_fs_read(path, bytes, &err) != DJ_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    p = bytes->ptr;
    end = p + bytes->len;
    for (int64_t row = 0; p < end; row++) {
        const char *next = memchr(p, '\n', (size_t)(end - p));
        const char *stop = next == NULL ? end : next;

        if (dj_batch_add(batch, (struct dj_str){ p, (size_t)(stop - p) },
                         (struct dj_origin){ row, row + 1 }) != DJ_OK) {
            exit(1);
        }
        p = stop + 1;
    }
    dj_batch_select(batch, 0, 0, NULL);
    return batch;
}

static double megabytes(const struct dj_batch *batch)
{
    double sum = 0;

    DJ_FOR_EACH_ROW (row, batch) {
        sum += (double)dj_batch_text(batch, row).len;
    }
    return sum / 1e6;
}

static double cpu_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Seconds for all texts; kernels NULL: their shingles alone. */
static double run(const struct dj_batch *batch, const struct dj_minhash_kernels *kernels,
                  const struct dj_digests *digests, uint64_t *sum)
{
    const struct dj_shingles_spec spec = { DJ_TOKENS_SPACE, WINDOW, true, NULL };
    struct dj_minhash *minhash = NULL;
    struct dj_shingles *shingles;
    struct dj_error err;
    double start;

    if (dj_shingles_new(&spec, &shingles, &err) != DJ_OK) {
        exit(1);
    }
    if (kernels != NULL) {
        minhash = dj_minhash_new_with(PERMUTATIONS, kernels, digests);
    }
    *sum = 0;
    start = cpu_seconds();
    DJ_FOR_EACH_ROW (row, batch) {
        size_t count;

        if (dj_shingles_of(shingles, dj_batch_text(batch, row), &count, &err) != DJ_OK) {
            exit(1);
        }
        *sum += minhash == NULL ? count : dj_minhash_of(minhash, shingles, count)[0];
    }
    start = cpu_seconds() - start;
    dj_minhash_free(minhash);
    dj_shingles_free(shingles);
    return start;
}

static void report(const struct dj_batch *batch, const char *name,
                   const struct dj_minhash_kernels *kernels,
                   const struct dj_digests *digests)
{
    double best = 1e9;
    uint64_t sum = 0;

    for (int round = 0; round < ROUNDS; round++) {
        const double seconds = run(batch, kernels, digests, &sum);

        best = seconds < best ? seconds : best;
    }
    (void)printf("%-10s %8.1f MB/s (%llu)\n", name, megabytes(batch) / best,
                 (unsigned long long)sum);
}

int main(int argc, char **argv)
{
    struct dj_batch *batch;
    struct dj_buf bytes;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: bench_minhash FILE.jsonl\n");
        return 2;
    }
    batch = read_samples(argv[1], &bytes);
    report(batch, "shingles", NULL, NULL);
    report(batch, "plain", &dj_minhash_plain, &dj_digests_plain);
    if (dj_minhash_avx2() != NULL && dj_digests_avx2() != NULL) {
        report(batch, "avx2", dj_minhash_avx2(), dj_digests_avx2());
    }
    if (dj_minhash_avx512() != NULL && dj_digests_avx512() != NULL) {
        report(batch, "avx512", dj_minhash_avx512(), dj_digests_avx512());
    }
    dj_batch_free(batch);
    dj_buf_release(&bytes);
    return 0;
}

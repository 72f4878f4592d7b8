/*
 * What layers cost: runs a recipe over a file of lines, a partition of 1,000 rows
 * after the other, and prints how long the run itself takes, how long one layer for
 * each partition takes to write, to compress at several levels, and to restore.
 *
 *     bench_layers CORPUS.jsonl --config RECIPE ...
 *
 * BENCH_LAYER names a file that gets the first layer.
 */
#include "dj/chain.h"
#include "dj/clock.h"
#include "dj/config.h"
#include "dj/layer.h"
#include "dj/stream.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCH_BYTES = 512 << 10, PARTITION_ROWS = 1000, NLEVELS = 4 };

static const int levels[NLEVELS] = { -5, -1, 1, 3 };

struct bench {
    struct dj_chain *chain;
    struct dj_batch *batch;
    struct dj_op_tally *tally;
    struct dj_layer_writer *writer;
    struct dj_layers *layers;
    struct dj_zstd *zstd;
    const struct dj_config *config;
    struct dj_buf data, layer, frame;
    size_t *columns;
    const char *next, *end;
    double run, write, restore, pack[NLEVELS];
    size_t partitions, raw, packed[NLEVELS], restored;
};

static void must(enum dj_status status, const struct dj_error *err)
{
    if (status != DJ_OK) {
        (void)fprintf(stderr, "%s\n", err == NULL ? "out of memory" : err->text);
        exit(1);
    }
}

/* The next lines, at most until row `limit` of the partition; false: none are left. */
static bool fill(struct bench *bench, int64_t *row, int64_t limit)
{
    size_t bytes = 0;

    dj_batch_reset(bench->batch);
    while (bench->next < bench->end && *row < limit && bytes < BATCH_BYTES) {
        const char *stop = memchr(bench->next, '\n', (size_t)(bench->end - bench->next));
        const size_t len = (size_t)((stop == NULL ? bench->end : stop) - bench->next);

        must(dj_batch_add(bench->batch, (struct dj_str){ bench->next, len },
                          (struct dj_origin){ *row, *row + 1 }),
             NULL);
        (*row)++;
        bytes += len;
        bench->next += len + (stop != NULL);
    }
    return bytes > 0;
}

static void encode(struct bench *bench)
{
    dj_buf_reset(&bench->data);
    DJ_FOR_EACH_ROW (row, bench->batch) {
        must(dj_batch_encode(bench->batch, row, 0, &bench->data), NULL);
        must(dj_batch_encode_stats(bench->batch, row, &bench->data), NULL);
    }
}

static void restore(struct bench *bench, const char *begin, struct dj_str layer)
{
    const char *const next = bench->next;
    const double start = dj_clock_cpu();
    struct dj_error err;
    int64_t row = 0;

    bench->next = begin;
    dj_layers_reset(bench->layers);
    must(dj_layers_push(bench->layers, layer, &err), &err);
    while (bench->next < next && fill(bench, &row, PARTITION_ROWS)) {
        must(dj_layers_apply(bench->layers, bench->batch, &err), &err);
    }
    must(dj_layers_finish(bench->layers, &err), &err);
    bench->restore += dj_clock_cpu() - start;
}

static bool partition(struct bench *bench)
{
    const size_t ops = bench->config->recipe.count;
    const size_t nstats = dj_chain_layout(bench->chain)->nstats;
    const char *const begin = bench->next;
    struct dj_error err;
    int64_t row = 0, live;
    double start;

    dj_buf_reset(&bench->layer);
    dj_layer_begin(bench->writer, (int64_t)bench->partitions, 0, (int64_t)ops,
                   bench->columns, nstats);
    for (;;) {
        start = dj_clock_cpu();
        if (!fill(bench, &row, PARTITION_ROWS)) {
            break;
        }
        must(dj_chain_run(bench->chain, 0, ops, bench->batch, bench->tally, &err), &err);
        encode(bench);
        bench->run += dj_clock_cpu() - start;
        start = dj_clock_cpu();
        must(dj_layer_add(bench->writer, bench->batch), NULL);
        bench->write += dj_clock_cpu() - start;
    }
    start = dj_clock_cpu();
    must(dj_layer_end(bench->writer, &bench->layer, &live), NULL);
    bench->write += dj_clock_cpu() - start;
    if (row > 0) {
        bench->raw += bench->layer.len;
        for (size_t i = 0; i < NLEVELS; i++) {
            start = dj_clock_cpu();
            dj_buf_reset(&bench->frame);
            must(dj_zstd_compress(bench->zstd, dj_buf_str(&bench->layer), levels[i],
                                  &bench->frame, &err),
                 &err);
            bench->pack[i] += dj_clock_cpu() - start;
            bench->packed[i] += bench->frame.len;
        }
        if (getenv("BENCH_LAYER") != NULL && bench->partitions == 0) {
            FILE *file = fopen(getenv("BENCH_LAYER"), "w");

            if (file != NULL) {
                (void)fwrite(bench->layer.ptr, 1, bench->layer.len, file);
                (void)fclose(file);
            }
        }
        restore(bench, begin, dj_buf_str(&bench->layer));
        bench->partitions++;
    }
    return row > 0;
}

static void print_line(const char *what, double seconds, double base, size_t bytes)
{
    (void)printf("%-14s %7.3f s  %6.2f %%", what, seconds, 100 * seconds / base);
    if (bytes > 0) {
        (void)printf("  %9.3f MB", (double)bytes / 1e6);
    }
    (void)printf("\n");
}

static void print(const struct bench *bench, size_t bytes)
{
    char name[32];

    (void)printf("%zu partitions, %.1f MB\n", bench->partitions, (double)bytes / 1e6);
    print_line("run", bench->run, bench->run, bytes);
    print_line("write", bench->write, bench->run, bench->raw);
    for (size_t i = 0; i < NLEVELS; i++) {
        (void)snprintf(name, sizeof(name), "zstd %d", levels[i]);
        print_line(name, bench->pack[i], bench->run, bench->packed[i]);
    }
    print_line("restore", bench->restore, bench->run, 0);
}

static void read_all(const char *path, struct dj_buf *bytes)
{
    FILE *file = fopen(path, "rb");
    size_t got;

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    do {
        must(dj_buf_reserve(bytes, 1 << 20), NULL);
        got = fread(bytes->ptr + bytes->len, 1, 1 << 20, file);
        bytes->len += got;
    } while (got > 0);
    (void)fclose(file);
}

int main(int argc, char **argv)
{
    const struct dj_config_args args = { argc - 2, argv + 2 };
    struct bench bench = { 0 };
    struct dj_config_doc *doc;
    struct dj_buf corpus;
    struct dj_error err;
    size_t nstats;

    if (argc < 4) {
        (void)fprintf(stderr, "usage: %s CORPUS.jsonl --config RECIPE ...\n", argv[0]);
        return 2;
    }
    dj_buf_init(&corpus);
    read_all(argv[1], &corpus);
    must(dj_config_load(&args, &doc, &err), &err);
    bench.config = dj_config_get(doc);
    must(dj_chain_open(&bench.config->recipe, &bench.config->text_keys, argv[3],
                       &bench.chain, &err),
         &err);
    nstats = dj_chain_layout(bench.chain)->nstats;
    bench.batch = dj_batch_new(dj_chain_layout(bench.chain));
    bench.writer = dj_layer_writer_new(dj_chain_layout(bench.chain));
    bench.layers = dj_layers_new(dj_chain_layout(bench.chain));
    bench.zstd = dj_zstd_new();
    bench.tally = dj_xcalloc(bench.config->recipe.count + 1, sizeof(*bench.tally));
    bench.columns = dj_xcalloc(nstats + 1, sizeof(*bench.columns));
    for (size_t i = 0; i < nstats; i++) {
        bench.columns[i] = i;
    }
    bench.next = corpus.ptr;
    bench.end = corpus.ptr + corpus.len;
    while (partition(&bench)) {
    }
    print(&bench, corpus.len);
    dj_buf_release(&corpus);
    dj_buf_release(&bench.data);
    dj_buf_release(&bench.layer);
    dj_buf_release(&bench.frame);
    dj_xfree(bench.columns);
    dj_xfree(bench.tally);
    dj_zstd_free(bench.zstd);
    dj_layers_free(bench.layers);
    dj_layer_writer_free(bench.writer);
    dj_batch_free(bench.batch);
    dj_chain_close(bench.chain);
    dj_config_free(doc);
    return 0;
}

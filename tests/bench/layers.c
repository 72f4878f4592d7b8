/*
 * What layers cost: runs a recipe over a file of lines, a partition of 1,000 rows
 * after the other, and prints how long the run itself takes, how long the layers of
 * each partition take to write, to compress at several levels, to merge and to restore.
 *
 *     bench_layers CORPUS.jsonl OPS --config RECIPE ...
 *
 * OPS: operators in one layer; 0: all. BENCH_LAYER names a file that gets the first one.
 */
#include "dj/chain.h"
#include "dj/clock.h"
#include "dj/config.h"
#include "dj/hash.h"
#include "dj/layer.h"
#include "dj/stream.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCH_BYTES = 512 << 10, PARTITION_ROWS = 1000, NLEVELS = 4, LAYERS_MAX = 64 };

static const int levels[NLEVELS] = { -5, -1, 1, 3 };

struct bench {
    struct dj_chain *chain;
    struct dj_batch *batch;
    struct dj_op_tally *tally;
    struct dj_layer_writer *writers[LAYERS_MAX];
    struct dj_layers *layers;
    struct dj_zstd *zstd;
    const struct dj_config *config;
    struct dj_buf written[LAYERS_MAX];
    struct dj_buf data, merged, frame;
    size_t nlayers, ops;
    size_t *columns;
    const char *next, *end;
    double run, write, merge, restore, pack[NLEVELS];
    size_t partitions, raw, packed[NLEVELS];
    uint64_t hash; /* of what is kept of the partition */
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

static void mix(struct bench *bench)
{
    const uint64_t both[2] = { bench->hash, dj_hash64(dj_buf_str(&bench->data)) };

    bench->hash = dj_hash64((struct dj_str){ (const char *)both, sizeof(both) });
}

static void pack(struct bench *bench, struct dj_str layer)
{
    struct dj_error err;

    bench->raw += layer.len;
    for (size_t i = 0; i < NLEVELS; i++) {
        const double start = dj_clock_cpu();

        dj_buf_reset(&bench->frame);
        must(dj_zstd_compress(bench->zstd, layer, levels[i], &bench->frame, &err), &err);
        bench->pack[i] += dj_clock_cpu() - start;
        bench->packed[i] += bench->frame.len;
    }
}

static void merge(struct bench *bench)
{
    const double start = dj_clock_cpu();
    struct dj_str bytes[LAYERS_MAX];
    struct dj_error err;

    for (size_t i = 0; i < bench->nlayers; i++) {
        bytes[i] = dj_buf_str(&bench->written[i]);
    }
    dj_buf_reset(&bench->merged);
    must(dj_layers_merge(bytes, bench->nlayers, &bench->merged, &err), &err);
    bench->merge += dj_clock_cpu() - start;
}

static void restore(struct bench *bench, const char *begin)
{
    const char *const next = bench->next;
    const uint64_t hash = bench->hash;
    double start = dj_clock_cpu();
    struct dj_error err;
    int64_t row = 0;

    bench->hash = 0;
    bench->next = begin;
    dj_layers_reset(bench->layers);
    for (size_t i = 0; i < bench->nlayers; i++) {
        must(dj_layers_push(bench->layers, dj_buf_str(&bench->written[i]), &err), &err);
    }
    while (bench->next < next && fill(bench, &row, PARTITION_ROWS)) {
        must(dj_layers_apply(bench->layers, bench->batch, &err), &err);
        bench->restore += dj_clock_cpu() - start;
        encode(bench);
        mix(bench);
        start = dj_clock_cpu();
    }
    must(dj_layers_finish(bench->layers, &err), &err);
    bench->restore += dj_clock_cpu() - start;
    if (bench->hash != hash) {
        (void)fprintf(stderr, "partition %zu: what is restored is not what was kept\n",
                      bench->partitions);
        exit(1);
    }
}

static size_t end_of(const struct bench *bench, size_t layer)
{
    const size_t count = bench->config->recipe.count;

    return (layer + 1) * bench->ops < count ? (layer + 1) * bench->ops : count;
}

static void begin_layers(struct bench *bench)
{
    size_t first = 0;

    for (size_t i = 0; i < bench->nlayers; i++) {
        const size_t end = end_of(bench, i);
        const size_t count = dj_chain_stats(bench->chain, first, end, bench->columns);

        dj_layer_begin(bench->writers[i], (int64_t)bench->partitions, (int64_t)first,
                       (int64_t)end, bench->columns, count);
        first = end;
    }
}

static void run_batch(struct bench *bench)
{
    size_t first = 0;
    struct dj_error err;
    double start;

    for (size_t i = 0; i < bench->nlayers; i++) {
        start = dj_clock_cpu();
        must(dj_chain_run(bench->chain, first, end_of(bench, i), bench->batch,
                          bench->tally, &err),
             &err);
        first = end_of(bench, i);
        bench->run += dj_clock_cpu() - start;
        start = dj_clock_cpu();
        must(dj_layer_add(bench->writers[i], bench->batch), NULL);
        bench->write += dj_clock_cpu() - start;
    }
    start = dj_clock_cpu();
    encode(bench);
    bench->run += dj_clock_cpu() - start;
    mix(bench);
}

static void keep_first(const struct bench *bench)
{
    const char *path = getenv("BENCH_LAYER");
    FILE *file = path == NULL || bench->partitions > 0 ? NULL : fopen(path, "w");

    if (file != NULL) {
        (void)fwrite(bench->written[0].ptr, 1, bench->written[0].len, file);
        (void)fclose(file);
    }
}

static bool partition(struct bench *bench)
{
    const char *const begin = bench->next;
    int64_t row = 0, live;
    double start;

    if (bench->next == bench->end) {
        return false;
    }
    begin_layers(bench);
    bench->hash = 0;
    for (;;) {
        start = dj_clock_cpu();
        if (!fill(bench, &row, PARTITION_ROWS)) {
            break;
        }
        bench->run += dj_clock_cpu() - start;
        run_batch(bench);
    }
    for (size_t i = 0; i < bench->nlayers; i++) {
        start = dj_clock_cpu();
        dj_buf_reset(&bench->written[i]);
        must(dj_layer_end(bench->writers[i], &bench->written[i], &live), NULL);
        bench->write += dj_clock_cpu() - start;
        pack(bench, dj_buf_str(&bench->written[i]));
    }
    keep_first(bench);
    merge(bench);
    restore(bench, begin);
    bench->partitions++;
    return true;
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

    (void)printf("%zu partitions of %zu layers, %.1f MB\n", bench->partitions,
                 bench->nlayers, (double)bytes / 1e6);
    print_line("run", bench->run, bench->run, bytes);
    print_line("write", bench->write, bench->run, bench->raw);
    for (size_t i = 0; i < NLEVELS; i++) {
        (void)snprintf(name, sizeof(name), "zstd %d", levels[i]);
        print_line(name, bench->pack[i], bench->run, bench->packed[i]);
    }
    print_line("merge", bench->merge, bench->run, 0);
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

static void open_bench(struct bench *bench, const char *ops, const char *recipe)
{
    const size_t count = bench->config->recipe.count;
    const struct dj_batch_layout *layout;
    struct dj_error err;

    must(dj_chain_open(&bench->config->recipe, &bench->config->text_keys, recipe,
                       &bench->chain, &err),
         &err);
    layout = dj_chain_layout(bench->chain);
    bench->ops = strtoull(ops, NULL, 10);
    bench->ops = bench->ops == 0 ? count : bench->ops;
    bench->nlayers = (count + bench->ops - 1) / bench->ops;
    if (bench->nlayers > LAYERS_MAX) {
        (void)fprintf(stderr, "more than %d layers\n", LAYERS_MAX);
        exit(2);
    }
    bench->batch = dj_batch_new(layout);
    bench->layers = dj_layers_new(layout);
    bench->zstd = dj_zstd_new();
    bench->tally = dj_xcalloc(count + 1, sizeof(*bench->tally));
    bench->columns = dj_xcalloc(layout->nstats + 1, sizeof(*bench->columns));
    for (size_t i = 0; i < bench->nlayers; i++) {
        bench->writers[i] = dj_layer_writer_new(layout);
    }
}

static void close_bench(struct bench *bench)
{
    for (size_t i = 0; i < bench->nlayers; i++) {
        dj_layer_writer_free(bench->writers[i]);
        dj_buf_release(&bench->written[i]);
    }
    dj_buf_release(&bench->data);
    dj_buf_release(&bench->merged);
    dj_buf_release(&bench->frame);
    dj_xfree(bench->tally);
    dj_xfree(bench->columns);
    dj_zstd_free(bench->zstd);
    dj_layers_free(bench->layers);
    dj_batch_free(bench->batch);
    dj_chain_close(bench->chain);
}

int main(int argc, char **argv)
{
    const struct dj_config_args args = { argc - 3, argv + 3 };
    static struct bench bench;
    struct dj_config_doc *doc;
    struct dj_buf corpus;
    struct dj_error err;

    if (argc < 5) {
        (void)fprintf(stderr, "usage: %s CORPUS.jsonl OPS --config RECIPE ...\n",
                      argv[0]);
        return 2;
    }
    dj_buf_init(&corpus);
    read_all(argv[1], &corpus);
    must(dj_config_load(&args, &doc, &err), &err);
    bench.config = dj_config_get(doc);
    open_bench(&bench, argv[2], argv[4]);
    bench.next = corpus.ptr;
    bench.end = corpus.ptr + corpus.len;
    while (partition(&bench)) {
    }
    print(&bench, corpus.len);
    close_bench(&bench);
    dj_buf_release(&corpus);
    dj_config_free(doc);
    return 0;
}

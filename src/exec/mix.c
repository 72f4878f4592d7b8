/*
 * A mixture of datasets with max_sample_num: how many samples each gives, and which.
 * Numbers and choice are Data-Juicer's (get_sample_numbers, random_sample with seed 42);
 * what is chosen stays in the order of the input.
 */
#include "dj/fs.h"
#include "dj/log.h"
#include "dj/shuffle.h"
#include "exec/exec_private.h"

#include <math.h>

enum { SEED = 42, PIECE = 1 << 25 };

struct mixing {
    struct dj_exec *exec;
    const struct dj_partitions *from;
    struct dj_partitions *to;
    struct dj_buf file;
};

/* Samples of each entry. */
static int64_t *sample_numbers(const struct dj_config *config)
{
    const size_t count = config->input.paths.count;
    const int64_t most = config->input.max_sample_num;
    int64_t *numbers = dj_xcalloc(count, sizeof(*numbers));
    double sum = 0;
    int64_t given = 0;

    for (size_t i = 0; i < count; i++) {
        sum += config->input.weights[i];
    }
    for (size_t i = 0; i < count; i++) {
        const double share = ceil((double)most * (config->input.weights[i] / sum));

        numbers[i] = share < (double)(most - given) ? (int64_t)share : most - given;
        given += numbers[i];
    }
    return numbers;
}

/* A bit a row: it is among the first number of the shuffled ones. */
static enum dj_status choose(int64_t rows, int64_t number, unsigned char *bits)
{
    const size_t piece = rows < PIECE ? (size_t)rows : PIECE;
    uint64_t *places = dj_xcalloc(piece, sizeof(*places));
    enum dj_status status = DJ_OK;

    for (uint64_t first = 0; first < (uint64_t)rows && status == DJ_OK; first += piece) {
        const uint64_t left = (uint64_t)rows - first;
        const size_t n = left < piece ? (size_t)left : piece;

        status = dj_shuffle_places(SEED, (uint64_t)rows, first, n, places);
        for (size_t i = 0; i < n && status == DJ_OK; i++) {
            if (places[i] < (uint64_t)number) {
                bits[(first + i) / 8] |= (unsigned char)(1U << (first + i) % 8);
            }
        }
    }
    dj_xfree(places);
    return status;
}

/* All partitions of [begin, end) once more, or their rows that bits tell. */
static enum dj_status put(struct mixing *mixing, size_t begin, size_t end,
                          const unsigned char *bits)
{
    uint64_t row = 0;

    for (size_t i = begin; i < end; i++) {
        struct dj_partition partition = mixing->from->items[i];
        const int64_t rows = partition.rows;

        if (bits != NULL) {
            DJ_TRY(dj_selection_add(&mixing->file, &partition, bits, row));
        }
        row += (uint64_t)rows;
        partition.id = (int64_t)mixing->to->count;
        if (partition.rows > 0) {
            DJ_TRY(dj_partitions_add(mixing->to, &partition));
        }
    }
    return DJ_OK;
}

/* The samples of one entry, whose partitions are [begin, end). */
static enum dj_status mix_entry(struct mixing *mixing, size_t entry, size_t begin,
                                size_t end, int64_t number)
{
    const char *path = mixing->exec->config->input.paths.items[entry];
    int64_t rows = 0;
    int64_t left = number;
    unsigned char *bits;
    enum dj_status status;

    for (size_t i = begin; i < end; i++) {
        rows += mixing->from->items[i].rows;
    }
    dj_log(DJ_LOG_INFO, "dataset.configs: %lld samples of the %lld in %s",
           (long long)(rows == 0 ? 0 : number), (long long)rows, path);
    while (rows > 0 && left >= rows) {
        DJ_TRY(put(mixing, begin, end, NULL));
        left -= rows;
    }
    if (rows == 0 || left == 0) {
        return DJ_OK;
    }
    bits = dj_xcalloc((size_t)rows / 8 + 1, 1);
    status = choose(rows, left, bits);
    if (status == DJ_OK) {
        status = put(mixing, begin, end, bits);
    }
    dj_xfree(bits);
    return status;
}

static enum dj_status mix_all(struct mixing *mixing, const int64_t *numbers)
{
    const struct dj_sources *sources = &mixing->exec->sources;
    const struct dj_partitions *from = mixing->from;
    size_t at = 0;

    for (size_t entry = 0; entry < mixing->exec->config->input.paths.count; entry++) {
        const size_t begin = at;

        while (at < from->count &&
               sources->files[from->items[at].file].entry == (int64_t)entry) {
            at++;
        }
        if (numbers[entry] > 0) {
            DJ_TRY(mix_entry(mixing, entry, begin, at, numbers[entry]));
        }
    }
    return DJ_OK;
}

enum dj_status dj_exec_mix(struct dj_exec *exec, struct dj_partitions *partitions,
                           struct dj_error *err)
{
    struct dj_partitions mixed = { 0 };
    struct mixing mixing = { .exec = exec, .from = partitions, .to = &mixed };
    int64_t *numbers;
    enum dj_status status;

    if (exec->config->input.max_sample_num == 0) {
        return DJ_OK;
    }
    numbers = sample_numbers(exec->config);
    dj_buf_init(&mixing.file);
    status = mix_all(&mixing, numbers);
    if (status != DJ_OK) {
        dj_fail(err, status, "out of memory for the mixture");
    } else if (mixing.file.len > 0) {
        status = dj_fs_replace(exec->sources.selection, dj_buf_str(&mixing.file), err);
    }
    dj_buf_release(&mixing.file);
    dj_xfree(numbers);
    if (status == DJ_OK) {
        dj_partitions_release(partitions);
        *partitions = mixed;
    } else {
        dj_partitions_release(&mixed);
    }
    return status;
}

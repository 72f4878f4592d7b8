/*
 * libFuzzer target: any bytes as the layers of a few rows, alone, merged and applied.
 * The hash of a layer is put right first, or nothing would get past it. What is
 * restored is told again as a layer, which must give the same rows. More layers to begin
 * with: the file that BENCH_LAYER of tests/bench/layers.c names.
 */
#include "data/batch_private.h"
#include "data/layer_private.h"
#include "fuzz/fuzz.h"

enum { ROWS = 4 };

static const char *const text_keys[] = { "text", "a.b" };
static const char *const stat_names[] = { "n", "r" };
static const struct dj_batch_layout layout = {
    .ntexts = 2,
    .texts = text_keys,
    .nrequired = 1,
    .nstats = 2,
    .stats = stat_names,
};
static const size_t columns[] = { 0, 1 };
static const char lines[ROWS][192] = {
    "{\"text\": \"zero  with blanks  \", \"a\": {\"b\": \"\\u00e9t\\u00e9\"}}",
    "{\"text\": \"one\\n\", \"__dj__stats__\": {\"n\": 7}}",
    "no sample",
    "{\"text\": \"\xe4\xb8\xad\xe6\x96\x87\", \"a\": 1}",
};

static void fill(struct dj_batch *batch)
{
    dj_batch_reset(batch);
    for (int64_t i = 0; i < ROWS; i++) {
        must(dj_batch_add(batch, dj_str_from(lines[i]), (struct dj_origin){ i, i + 1 }) ==
                 DJ_OK,
             "adding failed");
    }
}

static void encode(const struct dj_batch *batch, struct dj_buf *out)
{
    dj_buf_reset(out);
    for (size_t row = 0; row < dj_batch_count(batch); row++) {
        must(dj_buf_printf(out, "%d %d %d\n", (int)dj_batch_state(batch, row),
                           dj_batch_dropped_by(batch, row),
                           dj_batch_rejected_by(batch, row)) == DJ_OK,
             "no memory");
        if (dj_batch_state(batch, row) == DJ_ROW_LIVE) {
            must(dj_batch_encode(batch, row, DJ_ENCODE_STATS, out) == DJ_OK, "no memory");
        }
    }
}

/* The layers that a zero byte divides; with the right source and hash. */
static size_t divide(const uint8_t *data, size_t size, struct dj_buf layers[2])
{
    const uint8_t *zero = memchr(data, 0, size);
    const size_t first = zero == NULL ? size : (size_t)(zero - data);
    const struct dj_str parts[] = {
        { (const char *)data, first },
        { (const char *)data + first + 1, zero == NULL ? 0 : size - first - 1 },
    };
    const size_t count = zero == NULL ? 1 : 2;
    char source[DJ_HASH64_TEXT];
    uint64_t hash = 0;

    for (size_t i = 0; i < ROWS; i++) {
        hash = layer_mix_line(hash, dj_str_from(lines[i]));
    }
    dj_hash64_text(hash, source);
    for (size_t i = 0; i < count; i++) {
        /* In front of the line end the two members that no chance gets right. */
        const char *end = memchr(parts[i].ptr, '\n', parts[i].len);
        const size_t head = end == NULL ? parts[i].len : (size_t)(end - parts[i].ptr);

        dj_buf_init(&layers[i]);
        must(dj_buf_append(&layers[i], (struct dj_str){ parts[i].ptr, head }) == DJ_OK &&
                 dj_buf_printf(&layers[i],
                               ", \"source\": \"%s\", \"hash\": \"0000000000000000\"}\n",
                               source) == DJ_OK &&
                 dj_buf_append(&layers[i], (struct dj_str){ parts[i].ptr + head,
                                                            parts[i].len - head }) ==
                     DJ_OK,
             "no memory");
        if (end != NULL) { /* there is one line end now, and one too many */
            const size_t at = layers[i].len - (parts[i].len - head);

            memmove(layers[i].ptr + at, layers[i].ptr + at + 1, layers[i].len - at - 1);
            layers[i].len--;
        }
        layer_seal(&layers[i], 0);
    }
    return count;
}

static enum dj_status restore(struct dj_layers *layers, const struct dj_buf *from,
                              size_t count, struct dj_batch *batch, struct dj_error *err)
{
    dj_layers_reset(layers);
    fill(batch);
    for (size_t i = 0; i < count; i++) {
        DJ_TRY(dj_layers_push(layers, dj_buf_str(&from[i]), err));
    }
    DJ_TRY(dj_layers_apply(layers, batch, err));
    return dj_layers_finish(layers, err);
}

/* What was restored is told as one layer, all of it anew. */
static void tell(struct dj_batch *batch, int64_t end, struct dj_buf *out)
{
    struct dj_layer_writer *writer = dj_layer_writer_new(&layout);
    int64_t live;

    for (size_t row = 0; row < dj_batch_count(batch); row++) {
        batch->rows[row].verdict.untold = true;
        batch->rows[row].untold = dj_is_replaced(&batch->rows[row]);
        batch->rows[row].copied = dj_batch_line_end(batch, row) > row + 1;
        for (size_t i = row * 2; i < row * 2 + 2; i++) {
            batch->texts[i].untold = batch->texts[i].changed;
        }
    }
    dj_layer_begin(writer, 0, 0, end, columns, 2);
    must(dj_layer_add(writer, batch) == DJ_OK, "no memory");
    must(dj_layer_end(writer, out, &live) == DJ_OK, "no memory");
    dj_layer_writer_free(writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dj_batch *batch = dj_batch_new(&layout);
    struct dj_layers *layers = dj_layers_new(&layout);
    struct dj_buf given[2], merged = { 0 }, told = { 0 }, first = { 0 }, again = { 0 };
    const size_t count = divide(data, size, given);
    const struct dj_str bytes[] = { dj_buf_str(&given[0]),
                                    count == 2 ? dj_buf_str(&given[1]) : DJ_STR("") };
    struct dj_error err;
    enum dj_status status = dj_layers_merge(bytes, count, &merged, &err);

    must(status == DJ_OK || status == DJ_DATA, "merging failed otherwise");
    if (restore(layers, given, count, batch, &err) == DJ_OK) {
        encode(batch, &first);
        tell(batch, INT32_MAX, &told);
        must(restore(layers, &told, 1, batch, &err) == DJ_OK, "what was told is refused");
        encode(batch, &again);
        must(dj_str_equal(dj_buf_str(&first), dj_buf_str(&again)), "the rows differ");
        must(status == DJ_OK, "what can be restored cannot be merged");
        must(restore(layers, &merged, 1, batch, &err) == DJ_OK, "the merged is refused");
        encode(batch, &again);
        must(dj_str_equal(dj_buf_str(&first), dj_buf_str(&again)), "the merged differs");
    }
    for (size_t i = 0; i < count; i++) {
        dj_buf_release(&given[i]);
    }
    dj_buf_release(&merged);
    dj_buf_release(&told);
    dj_buf_release(&first);
    dj_buf_release(&again);
    dj_layers_free(layers);
    dj_batch_free(batch);
    return 0;
}

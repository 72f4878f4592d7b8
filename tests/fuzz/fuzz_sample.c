/* libFuzzer target: one line through the reader and the encoder. */
#include "data/batch_private.h"
#include "fuzz/fuzz.h"

static const char *const text_keys[] = { "text", "a.b" };
static const char *const stat_names[] = { "n", "r" };
static const struct dj_batch_layout layout = {
    .ntexts = 2,
    .texts = text_keys,
    .nstats = 2,
    .stats = stat_names,
};
static const size_t columns[] = { 0, 1 };
static const struct dj_origin origin = { 0, 1 };

/* What is written must be a sample again. */
static void check_encoded(struct dj_batch *batch, unsigned flags)
{
    struct dj_batch *again = dj_batch_new(&layout);
    struct dj_buf out;

    dj_buf_init(&out);
    must(dj_batch_encode(batch, 0, flags, &out) == DJ_OK, "encoding failed");
    must(dj_batch_add(again, (struct dj_str){ out.ptr, out.len - 1 }, origin) == DJ_OK,
         "adding failed");
    must(dj_batch_live(again, 0), "the encoded line was refused");
    dj_buf_release(&out);
    dj_batch_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dj_batch *batch = dj_batch_new(&layout);
    struct dj_batch *plain = dj_batch_new(&layout);
    struct dj_buf line, out;

    dj_buf_init(&line);
    dj_buf_init(&out);
    plain->strings = &dj_string_ops_plain;
    must(dj_buf_append(&line, (struct dj_str){ (const char *)data, size }) == DJ_OK &&
             dj_batch_add(batch, dj_buf_str(&line), origin) == DJ_OK &&
             dj_batch_add(plain, dj_buf_str(&line), origin) == DJ_OK,
         "adding failed");
    must(dj_batch_live(batch, 0) == dj_batch_live(plain, 0), "the versions differ");
    if (dj_batch_live(batch, 0)) {
        for (unsigned flags = 0; flags < 4; flags++) {
            check_encoded(batch, flags);
        }
        dj_batch_select(batch, 0, 1, columns);
        dj_batch_select(plain, 0, 1, columns);
        must(dj_str_equal(dj_batch_text(batch, 0), dj_batch_text(plain, 0)),
             "the texts differ");
        must(dj_batch_set_text(batch, 0, DJ_STR("\"new\"")) == DJ_OK, "no memory");
        dj_batch_set_stat(batch, 0, 0, DJ_INT(1));
        dj_batch_set_stat(batch, 0, 1, DJ_FLOAT(0.5));
        for (unsigned flags = 0; flags < 4; flags++) {
            check_encoded(batch, flags);
        }
        must(dj_batch_encode_stats(batch, 0, &out) == DJ_OK, "no memory");
    } else {
        must(strcmp(dj_batch_reason(batch, 0), dj_batch_reason(plain, 0)) == 0,
             "the reasons differ");
    }
    dj_buf_release(&line);
    dj_buf_release(&out);
    dj_batch_free(batch);
    dj_batch_free(plain);
    return 0;
}

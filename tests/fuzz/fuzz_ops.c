/*
 * libFuzzer target: a text through a mapper or a filter with its defaults. The first byte
 * chooses the operator; the rest is the text, or the whole sample when it begins with {.
 * The sample runs twice, behind another and alone, and the results must be the same.
 */
#include "fuzz/fuzz.h"

#include "dj/hash.h"
#include "dj/json.h"
#include "support/op_run.h"

/* It opens the file that the sample names: none of a fuzzer's business. */
static const char opens_files[] = "latex_merge_tex_mapper";

enum { OPS_MAX = 256 };
static struct dj_op_run runs[OPS_MAX];
static size_t nruns;

/* Operators that are of no use without parameters, or without word lists, stay out. */
static void open_all(void)
{
    for (size_t i = 0; i < dj_op_count() && nruns < OPS_MAX; i++) {
        const struct dj_op *op = dj_op_at(i);
        struct dj_error err;

        if ((op->kind != DJ_OP_MAPPER && op->kind != DJ_OP_FILTER) ||
            strcmp(op->name, opens_files) == 0) {
            continue;
        }
        if (dj_op_run_open(&runs[nruns], op, NULL, "fuzz", true, &err) == DJ_OK) {
            nruns++;
        } else {
            dj_op_run_close(&runs[nruns]);
        }
    }
    must(nruns > 0, "there are operators");
}

/*
 * Of all operators the one whose hash with the byte is highest: a new operator takes
 * bytes from others and leaves most inputs of the corpus what they were.
 */
static struct dj_op_run *choose(uint8_t byte)
{
    struct dj_op_run *best = NULL;
    uint64_t top = 0;

    for (size_t i = 0; i < nruns; i++) {
        const uint64_t hash = dj_hash128(dj_str_from(runs[i].op.op->name), byte).hi;

        if (best == NULL || hash > top) {
            top = hash;
            best = &runs[i];
        }
    }
    return best;
}

/* What became of the line: rows that were made of it, as they would be written. */
static void encode(const struct dj_batch *batch, int64_t line, struct dj_buf *out)
{
    dj_buf_reset(out);
    for (size_t row = 0; row < dj_batch_count(batch); row++) {
        enum dj_status status = DJ_OK;

        if (dj_batch_origin(batch, row).row != line) {
            continue;
        }
        if (dj_batch_state(batch, row) == DJ_ROW_LIVE) {
            status = dj_batch_encode(batch, row, DJ_ENCODE_STATS, out);
        } else {
            status = dj_buf_printf(out, "%d\n", (int)dj_batch_state(batch, row));
        }
        must(status == DJ_OK, "memory");
    }
}

/* What is written must be a sample again. */
static void check_lines(struct dj_op_run *run, const struct dj_buf *out)
{
    struct dj_batch *again = dj_batch_new(dj_chain_layout(run->chain));
    size_t at = 0;

    while (at < out->len) {
        const char *end = memchr(out->ptr + at, '\n', out->len - at);
        const struct dj_str line = { out->ptr + at, (size_t)(end - out->ptr) - at };

        if (line.ptr[0] == '{') {
            must(dj_batch_add(again, line, (struct dj_origin){ 0, 1 }) == DJ_OK,
                 "memory");
        }
        at += line.len + 1;
    }
    must(dj_batch_live_count(again) == dj_batch_count(again), "only samples are written");
    dj_batch_free(again);
}

static void run_both(struct dj_op_run *run, struct dj_str line)
{
    static const char other[128 + DJ_PADDING] =
        "{\"text\": \"Another one, https://a.b/c and a@b.cd\\n\"}";
    const struct dj_str lines[] = { dj_str_from(other), line };
    struct dj_buf first, second;
    struct dj_error err;

    dj_buf_init(&first);
    dj_buf_init(&second);
    must(dj_op_run_lines(run, &lines[1], 1, &err) == DJ_OK,
         "one bad sample is no failure");
    encode(run->batch, 0, &first);
    check_lines(run, &first);
    must(dj_op_run_lines(run, lines, 2, &err) == DJ_OK, "nor is one of two");
    encode(run->batch, 1, &second);
    must(dj_str_equal(dj_buf_str(&first), dj_buf_str(&second)),
         "a neighbour changes nothing");
    dj_buf_release(&first);
    dj_buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct dj_str rest = { (const char *)data + 1, size - 1 };
    struct dj_buf text, line;

    if (nruns == 0) {
        open_all();
    }
    if (size == 0) {
        return 0;
    }
    dj_buf_init(&text);
    dj_buf_init(&line);
    append_utf8(&text, rest);
    if (text.len > 0 && text.ptr[0] == '{' && memchr(text.ptr, '\n', text.len) == NULL) {
        must(dj_buf_append(&line, dj_buf_str(&text)) == DJ_OK, "memory");
    } else {
        must(dj_buf_append(&line, DJ_STR("{\"text\": ")) == DJ_OK &&
                 dj_json_quote(&line, dj_buf_str(&text)) == DJ_OK &&
                 dj_buf_putc(&line, '}') == DJ_OK,
             "memory");
    }
    run_both(choose(data[0]), dj_buf_str(&line));
    dj_buf_release(&text);
    dj_buf_release(&line);
    return 0;
}

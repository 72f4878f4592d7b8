/*
 * libFuzzer target: a condition of general_field_filter and the sample whose fields it
 * asks for. Parts: condition, sample (one that has a bit of all when there is none).
 */
#include "fuzz/fuzz.h"

#include "dj/py_expr.h"
#include "dj/sample.h"

static const char *const text_keys[] = { "text" };
static const struct dj_batch_layout layout = { .ntexts = 1, .texts = text_keys };
static const char usual[] =
    "{\"text\": \"a\\u00e9\", \"n\": 3, \"f\": -0.5, \"big\": 1e400, \"t\": true, "
    "\"z\": null, \"l\": [1, \"a\", [2.0], {}], \"m\": {\"n\": 3, \"m\": {\"x\": []}}}";

struct asked {
    struct dj_batch *batch;
    struct dj_arena *arena;
};

static enum dj_status field(void *context, const struct dj_str *path, size_t count,
                            struct dj_py *value, size_t *used)
{
    const struct asked *asked = context;
    struct dj_str json;

    DJ_TRY(dj_batch_field(asked->batch, 0, path, count, asked->arena, &json, used));
    must(*used <= count, "no more names are used than there are");
    return *used == 0 ? DJ_OK : dj_py_from_json(json, asked->arena, value);
}

/* A value is what its JSON is read as, as far as JSON has it. */
static void check_value(struct dj_py *value, struct dj_arena *arena)
{
    struct dj_buf json, again;
    struct dj_py read;

    dj_buf_init(&json);
    dj_buf_init(&again);
    (void)dj_py_truth(value);
    (void)dj_py_hashable(value);
    dj_py_store(value);
    must(dj_py_to_json(value, &json) == DJ_OK, "memory");
    must(dj_py_from_json(dj_buf_str(&json), arena, &read) == DJ_OK, "memory");
    must(dj_py_to_json(&read, &again) == DJ_OK, "memory");
    must(dj_str_equal(dj_buf_str(&json), dj_buf_str(&again)), "JSON that lasts");
    dj_buf_release(&json);
    dj_buf_release(&again);
}

static void evaluate(const struct dj_py_expr *expr, struct dj_batch *batch,
                     struct dj_error *err)
{
    struct dj_arena *arena = dj_arena_new(4096);
    struct asked asked = { batch, arena };
    struct dj_py value;

    if (dj_py_expr_value(expr, field, &asked, arena, &value, err) == DJ_OK) {
        check_value(&value, arena);
    } else {
        must(err->status == DJ_OP, "a failed condition is the sample's fault");
    }
    dj_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dj_str rest = { (const char *)data, size };
    const struct dj_str condition = next_part(&rest);
    struct dj_arena *arena = dj_arena_new(4096);
    struct dj_batch *batch = dj_batch_new(&layout);
    const struct dj_py_expr *expr;
    struct dj_error err;
    struct dj_buf text, line;

    dj_buf_init(&text);
    dj_buf_init(&line);
    append_utf8(&text, condition);
    must(dj_buf_append(&line, rest.len == 0 ? dj_str_from(usual) : rest) == DJ_OK &&
             dj_batch_add(batch, dj_buf_str(&line), (struct dj_origin){ 0, 1 }) == DJ_OK,
         "memory");
    if (dj_py_expr_parse(dj_buf_str(&text), arena, &expr, &err) != DJ_OK) {
        must(err.status == DJ_CONFIG, "a condition is taken or refused");
    } else if (dj_batch_live(batch, 0)) {
        evaluate(expr, batch, &err);
    }
    dj_buf_release(&text);
    dj_buf_release(&line);
    dj_batch_free(batch);
    dj_arena_free(arena);
    return 0;
}

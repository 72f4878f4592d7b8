/*
 * Near duplicates: a record of each band of a text's MinHash signature. Samples that have
 * an equal band are joined, and what is joined is a cluster of which one sample stays.
 */
#include "dj/near_text.h"

#include "dj/hash.h"
#include "dj/py.h"

const char *const dj_near_text_tokenizations[] = { "space", "punctuation", "character",
                                                   "sentencepiece", NULL };

struct state {
    struct dj_shingles *shingles;
    struct dj_minhash *minhash;
    struct dj_near_text_shape shape;
};

struct dj_near_text_shape dj_near_text_shape(const struct dj_near_text_conf *conf)
{
    struct dj_near_text_shape shape = { (size_t)conf->num_bands,
                                        (size_t)conf->num_rows_per_band };

    if (shape.bands == 0 || shape.rows == 0) {
        dj_minhash_bands(conf->jaccard_threshold, (size_t)conf->num_permutations,
                         &shape.bands, &shape.rows);
    }
    return shape;
}

struct dj_shingles_spec dj_near_text_shingles(const struct dj_near_text_conf *conf)
{
    return (struct dj_shingles_spec){
        .tokens = (enum dj_tokens)conf->tokenization,
        .window = (size_t)conf->window_size,
        .lowercase = conf->lowercase,
        .ignore = conf->ignore_pattern,
    };
}

void dj_near_text_close(void *opened)
{
    struct state *state = opened;

    dj_shingles_free(state->shingles);
    dj_minhash_free(state->minhash);
    dj_xfree(state);
}

enum dj_status dj_near_text_open(const struct dj_op_call *call, void **opened)
{
    const struct dj_near_text_conf *conf = call->conf;
    const struct dj_near_text_shape shape = dj_near_text_shape(conf);
    const struct dj_shingles_spec spec = dj_near_text_shingles(conf);
    struct dj_shingles *shingles;
    struct state *state;

    if (shape.bands * shape.rows > (size_t)conf->num_permutations) {
        return dj_fail(call->err, DJ_CONFIG,
                       "%zu bands of %zu rows need more than the %lld numbers of "
                       "num_permutations",
                       shape.bands, shape.rows, (long long)conf->num_permutations);
    }
    if (dj_shingles_new(&spec, &shingles, call->err) != DJ_OK) {
        return dj_error_prefix(call->err, "ignore_pattern: ");
    }
    state = dj_xmalloc(sizeof(*state));
    state->shingles = shingles;
    state->minhash = dj_minhash_new((size_t)conf->num_permutations);
    state->shape = shape;
    *opened = state;
    return DJ_OK;
}

/* --- records --------------------------------------------------------------------------
 */

static enum dj_status note_row(const struct dj_op_call *call, struct dj_batch *batch,
                               size_t row, uint64_t weight)
{
    const struct state *state = call->state;
    const size_t rows = state->shape.rows;
    const uint32_t *signature;
    struct dj_error err;
    size_t count;

    if (dj_shingles_of(state->shingles, dj_batch_text(batch, row), &count, &err) !=
        DJ_OK) {
        if (err.status != DJ_OP) {
            *call->err = err;
            return err.status;
        }
        dj_batch_reject(batch, row, "%s", err.text);
        return DJ_OK;
    }
    signature = dj_minhash_of(state->minhash, state->shingles, count);
    for (size_t band = 0; band < state->shape.bands; band++) {
        const struct dj_str part = { (const char *)(signature + band * rows),
                                     rows * sizeof(*signature) };
        const struct dj_hash128 key = dj_hash128(part, band);

        DJ_TRY(dj_batch_note(batch, row, (struct dj_note){ key.hi, key.lo, weight, 0 },
                             call->err));
    }
    return DJ_OK;
}

enum dj_status dj_near_text_process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        DJ_TRY(note_row(call, batch, row, 0));
    }
    return DJ_OK;
}

enum dj_status dj_near_text_process_with_uid(const struct dj_op_call *call,
                                             struct dj_batch *batch)
{
    const struct dj_str path[] = { DJ_STR("__dj__uid") };

    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);
        struct dj_py uid = { .kind = DJ_PY_NONE };
        struct dj_str json;
        size_t used;

        DJ_TRY(dj_batch_field(batch, row, path, 1, call->scratch, &json, &used));
        if (used == 1) {
            DJ_TRY(dj_py_from_json(json, call->scratch, &uid));
        }
        if (uid.kind == DJ_PY_INT) {
            DJ_TRY(note_row(call, batch, row, dj_note_of_int(uid.i)));
        } else {
            dj_batch_reject(batch, row, "the field __dj__uid is no whole number");
        }
        dj_arena_rollback(call->scratch, mark);
    }
    return DJ_OK;
}

/* --- clusters -------------------------------------------------------------------------
 */

enum dj_status dj_join_equal(const struct dj_op_call *call, void *state,
                             const struct dj_met *met, const struct dj_sink *out)
{
    struct dj_note *first = state;
    struct dj_note edge;

    if (met == NULL) {
        return DJ_OK;
    }
    if (met->first) {
        *first = met->record;
        return DJ_OK;
    }
    edge =
        (struct dj_note){ first->value, first->row, met->record.value, met->record.row };
    return dj_sink_put(out, &edge, call->err);
}

const struct dj_global dj_near_text_global = {
    .verdicts = DJ_VERDICT_EDGES,
    .records =
        "one of each band of a sample, 25 with the defaults; then an edge for each "
        "band that a sample has in common with an earlier one",
    .state_size = DJ_JOIN_EQUAL_STATE,
    .rounds = { { DJ_MEET_BY_KEY, dj_join_equal } },
};

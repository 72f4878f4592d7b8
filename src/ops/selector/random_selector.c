/*
 * random_selector: keeps so many samples, in the order that numpy's shuffle with this
 * seed gives the dataset (Data-Juicer has the seed 42 and no parameter for it). As there:
 * a number above that of the samples repeats them until it is reached; a share of less
 * than one sample, or as many samples as there are, keeps all of them in their order.
 *
 * Where a row comes to stand depends on its place and on the number of rows. A rank finds
 * out for PIECE rows at a time, so its memory does not depend on how many there are.
 */
#include "dj/field_order.h"
#include "dj/shuffle.h"

struct conf {
    struct dj_number select_ratio;
    int64_t select_num; /* 0: none */
    int64_t seed;
};

static const struct dj_param params[] = {
    {
        .name = "select_ratio",
        .type = DJ_PARAM_NUMBER,
        .offset = DJ_FIELD(struct conf, select_ratio, struct dj_number),
        .preset.n = DJ_PRESET_NONE,
        .fmin = 0,
        .fmax = 1,
        .flags = DJ_PARAM_NULLABLE,
        .help = "share of the samples to keep; null and 0 are no bound",
    },
    {
        .name = "select_num",
        .type = DJ_PARAM_INT,
        .offset = DJ_FIELD(struct conf, select_num, int64_t),
        .min = 1,
        .max = INT64_MAX,
        .flags = DJ_PARAM_NULLABLE,
        .help = "number of samples to keep; of both the one that keeps fewer; null is no "
                "bound",
    },
    DJ_PARAM_INT_(struct conf, seed, 42, 0, INT64_MAX, "of the shuffle"),
    DJ_PARAM_END,
};

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const struct conf *conf = call->conf;

    *opened = NULL;
    if (conf->select_ratio.kind != DJ_NUMBER_NONE && conf->select_num == 0 &&
        !(dj_number_or_0(conf->select_ratio) > 0.0)) {
        return dj_fail(call->err, DJ_CONFIG,
                       "select_ratio is 0: give a share above 0, or select_num");
    }
    return DJ_OK;
}

static void close_op(void *opened)
{
    (void)opened;
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        DJ_TRY(dj_batch_note(batch, row, (struct dj_note){ 0 }, call->err));
    }
    return DJ_OK;
}

/* --- places ----------------------------------------------------------------------------
 */

enum { PIECE = 1 << 20 };

/* Rows that stand side by side in the dataset. */
struct piece {
    struct dj_buf rows;   /* uint64_t */
    struct dj_buf places; /* uint64_t */
    int64_t first;        /* place of the first one */
    int64_t total;        /* rows of the dataset */
};

static void release(void *state)
{
    struct piece *piece = state;

    dj_buf_release(&piece->rows);
    dj_buf_release(&piece->places);
}

/* As many as are kept; the number of rows when all stay as they are. */
static int64_t wanted(const struct conf *conf, int64_t rows)
{
    const int64_t count = dj_order_wanted(conf->select_ratio, conf->select_num, rows);

    return rows < 2 || count <= 0 ? rows : count;
}

static enum dj_status end_piece(const struct dj_op_call *call, struct piece *piece,
                                const struct dj_sink *out)
{
    const struct conf *conf = call->conf;
    const uint64_t count = (uint64_t)wanted(conf, piece->total);
    const size_t n = piece->rows.len / sizeof(uint64_t);
    const uint64_t *rows = (const void *)piece->rows.ptr;
    uint64_t *places;

    dj_buf_reset(&piece->places);
    if (n == 0) {
        return DJ_OK;
    }
    if (dj_buf_reserve(&piece->places, n * sizeof(*places)) != DJ_OK ||
        dj_shuffle_places((uint64_t)conf->seed, (uint64_t)piece->total,
                          (uint64_t)piece->first, n,
                          (void *)piece->places.ptr) != DJ_OK) {
        return dj_fail(call->err, DJ_NOMEM, "out of memory for places of rows");
    }
    places = (void *)piece->places.ptr;
    for (size_t i = 0; i < n; i++) {
        for (uint64_t place = places[i]; place < count; place += (uint64_t)piece->total) {
            const struct dj_note verdict = { .value = place, .row = rows[i] };

            DJ_TRY(dj_sink_put(out, &verdict, call->err));
        }
    }
    dj_buf_reset(&piece->rows);
    return DJ_OK;
}

static enum dj_status meet(const struct dj_op_call *call, void *state,
                           const struct dj_met *met, const struct dj_sink *out)
{
    struct piece *piece = state;
    struct dj_str row;

    if (met == NULL) {
        return end_piece(call, piece, out);
    }
    if (wanted(call->conf, met->total) == met->total) {
        return dj_sink_put(out, &met->record, call->err);
    }
    if (piece->rows.len == 0) {
        piece->first = met->index;
        piece->total = met->total;
    }
    row = (struct dj_str){ (const void *)&met->record.row, sizeof(met->record.row) };
    if (dj_buf_append(&piece->rows, row) != DJ_OK) {
        return dj_fail(call->err, DJ_NOMEM, "out of memory for rows");
    }
    return piece->rows.len < PIECE * sizeof(uint64_t) ? DJ_OK
                                                      : end_piece(call, piece, out);
}

static const struct dj_global global = {
    .verdicts = DJ_VERDICT_ORDER,
    .repeats = true,
    .records = "one of each sample; then one of each that is kept",
    .state_size = sizeof(struct piece),
    .state_release = release,
    .rounds = { { DJ_MEET_IN_ORDER, meet } },
};

const struct dj_op dj_op_random_selector = {
    .name = "random_selector",
    .kind = DJ_OP_SELECTOR,
    .version = 1,
    .summary = "Keep a random choice of samples, shuffled",
    .params = params,
    .conf_size = sizeof(struct conf),
    .flags = DJ_OP_NO_TEXT,
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .global = &global,
    .process = process,
};

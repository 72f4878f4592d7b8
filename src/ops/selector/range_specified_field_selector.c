/*
 * range_specified_field_selector: sorts the samples by a field and keeps those from a
 * lower to an upper place, each given as a rank, as a share of all samples, or both (then
 * the higher lower one and the lower upper one). Without a lower or without an upper one
 * all samples stay. The highest value comes first then, equal ones in the order of the
 * dataset; where only some of equal values are kept at the lower end, it is the first of
 * them. Values are taken for numbers as Data-Juicer does with statistics: texts by
 * float(), lists by their mean, and what is none is lowest.
 */
#include "dj/field_order.h"

struct conf {
    const char *field_key;
    struct dj_number lower_percentile;
    struct dj_number upper_percentile;
    int64_t lower_rank; /* 0: none */
    int64_t upper_rank; /* 0: none */
};

#define SHARE_(field_, help_)                                                         \
    {                                                                                 \
        .name = #field_, .type = DJ_PARAM_NUMBER,                                     \
        .offset = DJ_FIELD(struct conf, field_, struct dj_number),                    \
        .preset.n = DJ_PRESET_NONE, .fmin = 0, .fmax = 1, .flags = DJ_PARAM_NULLABLE, \
        .help = (help_),                                                              \
    }
#define RANK_(field_, help_)                                                          \
    {                                                                                 \
        .name = #field_, .type = DJ_PARAM_INT,                                        \
        .offset = DJ_FIELD(struct conf, field_, int64_t), .min = 1, .max = INT64_MAX, \
        .flags = DJ_PARAM_NULLABLE, .help = (help_),                                  \
    }

static const struct dj_param params[] = {
    DJ_PARAM_TEXT_(struct conf, field_key, "",
                   "the field; dots lead into objects; without one all samples stay"),
    SHARE_(lower_percentile,
           "share of the samples, those with the lowest values, to drop"),
    SHARE_(upper_percentile, "share of the samples, lowest first, behind which all go"),
    RANK_(lower_rank, "number of samples, those with the lowest values, to drop"),
    RANK_(upper_rank, "number of samples, lowest first, behind which all go"),
    DJ_PARAM_END,
};

static void close_op(void *opened)
{
    dj_field_key_release(opened);
    dj_xfree(opened);
}

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const struct conf *conf = call->conf;
    struct dj_field_key *key = dj_xmalloc(sizeof(*key));
    const enum dj_status status = dj_field_order_init(key, conf->field_key, call->err);

    if (status != DJ_OK) {
        close_op(key);
        return status;
    }
    *opened = key;
    return DJ_OK;
}

/* --- bounds ----------------------------------------------------------------------------
 */

struct bounds {
    int64_t lower, upper; /* lower <= upper */
};

static bool selects(const struct dj_op_call *call)
{
    const struct conf *conf = call->conf;
    const struct dj_field_key *key = call->state;

    return key->nparts > 0 &&
           (conf->lower_percentile.kind != DJ_NUMBER_NONE || conf->lower_rank != 0) &&
           (conf->upper_percentile.kind != DJ_NUMBER_NONE || conf->upper_rank != 0);
}

static int64_t share_of(struct dj_number share, int64_t rows)
{
    return (int64_t)(dj_number_or_0(share) * (double)rows);
}

static struct bounds bounds_of(const struct conf *conf, int64_t rows)
{
    struct bounds bounds = { share_of(conf->lower_percentile, rows), rows };

    if (conf->lower_rank > bounds.lower) {
        bounds.lower = conf->lower_rank;
    }
    if (conf->upper_percentile.kind != DJ_NUMBER_NONE) {
        bounds.upper = share_of(conf->upper_percentile, rows);
    }
    if (conf->upper_rank != 0 && conf->upper_rank < bounds.upper) {
        bounds.upper = conf->upper_rank;
    }
    if (bounds.upper < bounds.lower) {
        bounds.upper = bounds.lower;
    }
    return bounds;
}

/* --- records ---------------------------------------------------------------------------
 */

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);
        struct dj_order_key key = { 0, 0 };
        struct dj_py value;

        if (selects(call)) {
            DJ_TRY(dj_field_order_value(call->state, call, batch, row, &value));
            key = dj_order_of_stat(&value, true);
        }
        if (dj_batch_live(batch, row)) {
            DJ_TRY(dj_batch_note(batch, row, (struct dj_note){ key.hi, key.lo, 0, 0 },
                                 call->err));
        }
        dj_arena_rollback(call->scratch, mark);
    }
    return DJ_OK;
}

/* Lowest first: what is below the upper bound goes on, to be sorted the other way. */
static enum dj_status meet_lowest(const struct dj_op_call *call, void *state,
                                  const struct dj_met *met, const struct dj_sink *out)
{
    struct dj_note record;

    (void)state;
    if (met == NULL) {
        return DJ_OK;
    }
    record = met->record;
    if (met->rows > 1 && selects(call)) {
        if (met->index >= bounds_of(call->conf, met->rows).upper) {
            return DJ_OK;
        }
        record =
            (struct dj_note){ ~record.hi, ~record.lo, (uint64_t)met->index, record.row };
    }
    return dj_sink_put(out, &record, call->err);
}

/* Highest first: as many as there are between the bounds. */
static enum dj_status meet_highest(const struct dj_op_call *call, void *state,
                                   const struct dj_met *met, const struct dj_sink *out)
{
    struct dj_note verdict = { 0 };

    (void)state;
    if (met == NULL) {
        return DJ_OK;
    }
    verdict.row = met->record.row;
    if (met->rows > 1 && selects(call)) {
        const struct bounds bounds = bounds_of(call->conf, met->rows);

        if (met->index >= bounds.upper - bounds.lower) {
            return DJ_OK;
        }
        verdict.value = (uint64_t)met->index;
    }
    return dj_sink_put(out, &verdict, call->err);
}

static const struct dj_global global = {
    .verdicts = DJ_VERDICT_ORDER,
    .records = "one of each sample; then one of each below the upper bound; then one of "
               "each that is kept",
    .rounds = { { DJ_MEET_IN_ORDER, meet_lowest }, { DJ_MEET_IN_ORDER, meet_highest } },
};

const struct dj_op dj_op_range_specified_field_selector = {
    .name = "range_specified_field_selector",
    .kind = DJ_OP_SELECTOR,
    .version = 1,
    .summary = "Keep the samples with values of a field from one rank to another, sorted",
    .params = params,
    .conf_size = sizeof(struct conf),
    .flags = DJ_OP_NO_TEXT,
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .global = &global,
    .process = process,
};

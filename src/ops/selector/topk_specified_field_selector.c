/*
 * topk_specified_field_selector: keeps the samples with the highest (or lowest) values of
 * a field, in the order of the values, equal ones in the order of the dataset. A field at
 * the top is compared as it is: numbers with numbers, texts by code points (by their
 * first 23 bytes: texts that begin with the same ones count as equal); other values have
 * no order, and their samples are set aside. Below the top a value is taken for a number
 * as Data-Juicer does with statistics: texts by float(), lists by their mean, and what is
 * none comes last.
 */
#include "dj/field_order.h"

struct conf {
    const char *field_key;
    struct dj_number top_ratio;
    int64_t topk;
    bool reverse;
};

static const struct dj_param params[] = {
    DJ_PARAM_TEXT_(struct conf, field_key, "",
                   "the field; dots lead into objects; without one all samples stay"),
    DJ_FIELD_ORDER_HOW_MANY_(struct conf, "samples"),
    DJ_PARAM_BOOL_(struct conf, reverse, true, "the highest values, highest first"),
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

static bool selects(const struct dj_op_call *call)
{
    const struct conf *conf = call->conf;
    const struct dj_field_key *key = call->state;

    return key->nparts > 0 && dj_order_wanted(conf->top_ratio, conf->topk, 0) >= 0;
}

/* --- keys ------------------------------------------------------------------------------
 */

/* The lowest byte of a record's value, so that mixtures are found out. */
enum kind { NUMBER = 1, TEXT };

static uint64_t eight_bytes(struct dj_str text, size_t at)
{
    unsigned char bytes[8] = { 0 };
    uint64_t word;

    if (at < text.len) {
        memcpy(bytes, text.ptr + at, text.len - at < 8 ? text.len - at : 8);
    }
    memcpy(&word, bytes, sizeof(word));
    return __builtin_bswap64(word);
}

/* False: the value has no order here. */
static bool key_of(const struct dj_py *value, struct dj_note *note)
{
    struct dj_order_key key;

    switch (value->kind) {
    case DJ_PY_BOOL:
        key = dj_order_of_int(value->b);
        break;
    case DJ_PY_INT:
        key = dj_order_of_int(value->i);
        break;
    case DJ_PY_FLOAT:
        key = dj_order_of_double(value->d);
        break;
    case DJ_PY_STR:
        *note =
            (struct dj_note){ eight_bytes(value->s, 0), eight_bytes(value->s, 8),
                              (eight_bytes(value->s, 16) & ~UINT64_C(0xff)) | TEXT, 0 };
        return true;
    default:
        return false;
    }
    *note = (struct dj_note){ key.hi, key.lo, NUMBER, 0 };
    return true;
}

static enum dj_status note_row(const struct dj_op_call *call, struct dj_batch *batch,
                               size_t row)
{
    const struct conf *conf = call->conf;
    const struct dj_field_key *field = call->state;
    struct dj_note note = { .value = NUMBER };
    struct dj_py value;

    if (selects(call)) {
        DJ_TRY(dj_field_order_value(field, call, batch, row, &value));
        if (!dj_batch_live(batch, row)) {
            return DJ_OK;
        }
        if (field->nparts > 1) {
            const struct dj_order_key key = dj_order_of_stat(&value, conf->reverse);

            note = (struct dj_note){ key.hi, key.lo, NUMBER, 0 };
        } else if (!key_of(&value, &note)) {
            dj_batch_reject(batch, row, "the field %s is a %s, which has no order",
                            field->whole, dj_py_type(&value));
            return DJ_OK;
        }
    }
    if (conf->reverse) { /* the highest are the lowest, and earlier rows still come first
                          */
        note = (struct dj_note){ ~note.hi, ~note.lo, ~note.value, 0 };
    }
    return dj_batch_note(batch, row, note, call->err);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);

        DJ_TRY(note_row(call, batch, row));
        dj_arena_rollback(call->scratch, mark);
    }
    return DJ_OK;
}

/* --- the first ones --------------------------------------------------------------------
 */

struct last {
    uint64_t kind; /* 0: none yet */
};

static enum dj_status check_kind(const struct dj_op_call *call, struct last *last,
                                 uint64_t value)
{
    const struct conf *conf = call->conf;
    const uint64_t kind = (conf->reverse ? ~value : value) & 0xff;

    if (last->kind != 0 && last->kind != kind) {
        return dj_fail(call->err, DJ_OP,
                       "the field %s has numbers and texts, which have no order",
                       conf->field_key);
    }
    last->kind = kind;
    return DJ_OK;
}

static enum dj_status meet(const struct dj_op_call *call, void *state,
                           const struct dj_met *met, const struct dj_sink *out)
{
    const struct conf *conf = call->conf;
    struct dj_note verdict = { 0 };

    if (met == NULL) {
        return DJ_OK;
    }
    verdict.row = met->record.row;
    if (met->rows > 1 && selects(call)) {
        DJ_TRY(check_kind(call, state, met->record.value));
        if (met->index >= dj_order_wanted(conf->top_ratio, conf->topk, met->total)) {
            return DJ_OK;
        }
        verdict.value = (uint64_t)met->index;
    }
    return dj_sink_put(out, &verdict, call->err);
}

static const struct dj_global global = {
    .verdicts = DJ_VERDICT_ORDER,
    .records = "one of each sample; then one of each that is kept",
    .state_size = sizeof(struct last),
    .rounds = { { DJ_MEET_IN_ORDER, meet } },
};

const struct dj_op dj_op_topk_specified_field_selector = {
    .name = "topk_specified_field_selector",
    .kind = DJ_OP_SELECTOR,
    .version = 1,
    .summary = "Keep the samples with the highest values of a field, sorted",
    .params = params,
    .conf_size = sizeof(struct conf),
    .flags = DJ_OP_NO_TEXT,
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .global = &global,
    .process = process,
};

/*
 * frequency_specified_field_selector: groups samples by the value of a field, a text, a
 * number or null, and keeps the groups with most samples (or fewest), group by group, of
 * equal ones the one whose first sample comes first. Values are equal as in Python:
 * 1, 1.0 and true are. A field that is missing is null. Without a field or a number of
 * groups all samples stay as they are.
 *
 * A group is known by its first row. In the first round groups are counted, in the second
 * they are ranked (members pass by, behind them), in the third members hear of the rank.
 */
#include "dj/field_order.h"
#include "dj/hash.h"

struct conf {
    const char *field_key;
    struct dj_number top_ratio;
    int64_t topk;
    bool reverse;
};

static const struct dj_param params[] = {
    DJ_PARAM_TEXT_(struct conf, field_key, "",
                   "the field; dots lead into objects; without one all samples stay"),
    DJ_FIELD_ORDER_HOW_MANY_(struct conf, "groups"),
    DJ_PARAM_BOOL_(struct conf, reverse, true, "the groups with most samples first"),
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

/* --- records of rows -------------------------------------------------------------------
 */

/* Equal values, and no others, have equal keys. False: it cannot be grouped. */
static bool key_of(const struct dj_py *value, struct dj_hash128 *key)
{
    enum { NONE, NUMBER, TEXT };
    struct dj_order_key number;

    switch (value->kind) {
    case DJ_PY_NONE:
        *key = dj_hash128(DJ_STR(""), NONE);
        return true;
    case DJ_PY_BOOL:
        number = dj_order_of_int(value->b);
        break;
    case DJ_PY_INT:
        number = dj_order_of_int(value->i);
        break;
    case DJ_PY_FLOAT:
        number = dj_order_of_double(value->d);
        break;
    case DJ_PY_STR:
        *key = dj_hash128(value->s, TEXT);
        return true;
    default:
        return false;
    }
    *key = dj_hash128((struct dj_str){ (const void *)&number, sizeof(number) }, NUMBER);
    return true;
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct dj_field_key *field = call->state;

    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);
        struct dj_hash128 key = { 0, row };
        struct dj_py value;

        if (selects(call)) {
            DJ_TRY(dj_field_order_value(field, call, batch, row, &value));
            if (!key_of(&value, &key)) {
                dj_batch_reject(batch, row, "the field %s is a %s, and no text or number",
                                field->whole, dj_py_type(&value));
            }
        }
        if (dj_batch_live(batch, row)) {
            DJ_TRY(dj_batch_note(batch, row, (struct dj_note){ key.hi, key.lo, 0, 0 },
                                 call->err));
        }
        dj_arena_rollback(call->scratch, mark);
    }
    return DJ_OK;
}

/* --- rounds ----------------------------------------------------------------------------
 */

/*
 * What goes from the first round to the second: { MEMBER, first row, 0, row } of each
 * row, and { size as it is ranked, first row, rows of all groups, 0 } of each group; and
 * to the third: { first row, 0, 0, rank } of a group and { first row, 0, 1, row } of a
 * row.
 */
static const uint64_t member = UINT64_MAX;

struct group {
    uint64_t first; /* row */
    uint64_t size;
    uint64_t rank;
    int64_t rows; /* of all groups */
    bool kept;
};

static enum dj_status end_group(const struct dj_op_call *call, struct group *group,
                                const struct dj_sink *out)
{
    const struct conf *conf = call->conf;
    const struct dj_note record = { conf->reverse ? ~group->size : group->size,
                                    group->first, (uint64_t)group->rows, 0 };

    return group->size == 0 ? DJ_OK : dj_sink_put(out, &record, call->err);
}

static enum dj_status count_groups(const struct dj_op_call *call, void *state,
                                   const struct dj_met *met, const struct dj_sink *out)
{
    struct group *group = state;
    struct dj_note record;

    if (met == NULL) {
        return end_group(call, group, out);
    }
    if (met->first) {
        DJ_TRY(end_group(call, group, out));
        *group = (struct group){ .first = met->record.row, .rows = met->total };
    }
    group->size++;
    record = (struct dj_note){ member, group->first, 0, met->record.row };
    return dj_sink_put(out, &record, call->err);
}

static enum dj_status rank_groups(const struct dj_op_call *call, void *state,
                                  const struct dj_met *met, const struct dj_sink *out)
{
    const struct conf *conf = call->conf;
    struct dj_note record;
    int64_t groups;

    (void)state;
    if (met == NULL) {
        return DJ_OK;
    }
    record = (struct dj_note){ met->record.lo, 0, 1, met->record.row };
    if (met->record.hi != member) {
        groups = met->total - (int64_t)met->record.value;
        if (met->index >= dj_order_wanted(conf->top_ratio, conf->topk, groups)) {
            return DJ_OK;
        }
        record = (struct dj_note){ met->record.lo, 0, 0, (uint64_t)met->index };
    }
    return dj_sink_put(out, &record, call->err);
}

static enum dj_status keep_members(const struct dj_op_call *call, void *state,
                                   const struct dj_met *met, const struct dj_sink *out)
{
    struct group *group = state;
    struct dj_note verdict = { 0 };

    if (met == NULL) {
        return DJ_OK;
    }
    if (met->first) {
        group->kept = met->record.value == 0;
        group->rank = met->record.row;
    }
    if (met->record.value == 0) {
        return DJ_OK;
    }
    verdict.row = met->record.row;
    if (met->rows > 1 && selects(call)) {
        if (!group->kept) {
            return DJ_OK;
        }
        verdict.value = group->rank;
    }
    return dj_sink_put(out, &verdict, call->err);
}

static const struct dj_global global = {
    .verdicts = DJ_VERDICT_ORDER,
    .records = "one of each sample; then, twice, one of each sample and each group; then "
               "one of each sample that is kept",
    .state_size = sizeof(struct group),
    .rounds = { { DJ_MEET_BY_KEY, count_groups },
                { DJ_MEET_IN_ORDER, rank_groups },
                { DJ_MEET_BY_KEY, keep_members } },
};

const struct dj_op dj_op_frequency_specified_field_selector = {
    .name = "frequency_specified_field_selector",
    .kind = DJ_OP_SELECTOR,
    .version = 1,
    .summary = "Keep the samples with the most frequent values of a field, by value",
    .params = params,
    .conf_size = sizeof(struct conf),
    .flags = DJ_OP_NO_TEXT,
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .global = &global,
    .process = process,
};

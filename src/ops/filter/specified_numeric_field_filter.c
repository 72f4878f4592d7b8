/*
 * specified_numeric_field_filter: keeps samples in which the number in a field is in a
 * range. Texts that Python's float() takes are numbers too; the number 0, false, null and
 * what is empty are none (but "0" is), and samples without a number are dropped even with
 * reversed_range, as in Data-Juicer. Records the value under the field's key.
 */
#include "dj/field_key.h"

struct conf {
    const char *field_key;
    struct dj_number min_value;
    struct dj_number max_value;
};

static const struct dj_param params[] = {
    DJ_PARAM_TEXT_(struct conf, field_key, "",
                   "the field; dots lead into objects, as in meta.score"),
    DJ_PARAM_NUMBER_(struct conf, min_value, DJ_PRESET_INT(-INT64_MAX),
                     "smallest value to keep; null is no bound"),
    DJ_PARAM_NUMBER_(struct conf, max_value, DJ_PRESET_INT(INT64_MAX),
                     "largest value to keep; null is no bound"),
    DJ_PARAM_END,
};

static void close_op(void *state)
{
    dj_field_key_release(state);
    dj_xfree(state);
}

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const struct conf *conf = call->conf;
    struct dj_field_key *key = dj_xmalloc(sizeof(*key));
    const enum dj_status status = dj_field_key_init(key, conf->field_key, call->err);

    if (status != DJ_OK) {
        close_op(key);
        return status;
    }
    *opened = key;
    return DJ_OK;
}

static void judge(const struct dj_op_call *call, struct dj_batch *batch, size_t row,
                  const struct dj_py *value)
{
    const struct conf *conf = call->conf;
    const struct dj_range range = { conf->min_value, conf->max_value };
    bool number = false;
    double d = 0;

    if (dj_py_truth(value) && !dj_py_float(value, &d, &number)) {
        dj_batch_reject(batch, row, "the field %s is a %s, and no number",
                        conf->field_key, dj_py_type(value));
    } else if (!number || !dj_op_in_range(call->common, DJ_FLOAT(d), range)) {
        dj_batch_drop(batch, row);
    }
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);
        struct dj_py value;

        DJ_TRY(dj_field_key_value(call->state, call, batch, row, &value));
        judge(call, batch, row, &value);
        dj_arena_rollback(call->scratch, mark);
    }
    return DJ_OK;
}

const struct dj_op dj_op_specified_numeric_field_filter = {
    .name = "specified_numeric_field_filter",
    .kind = DJ_OP_FILTER,
    .version = 1,
    .summary = "Keep samples by the number in a field",
    .params = params,
    .conf_size = sizeof(struct conf),
    .stat_param = "field_key",
    .flags = DJ_OP_NO_TEXT,
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .process = process,
};

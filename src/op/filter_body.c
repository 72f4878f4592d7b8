/* What every filter with one statistic does with its rows. */
#include "dj/op.h"

/*
 * A value that is already there is not measured again, whoever put it there
 * (Data-Juicer's rule). Only a present null can reach the comparison as none,
 * and only a bound makes Data-Juicer compare at all.
 */
static void judge(const struct dj_op_call *call, struct dj_batch *batch, size_t row,
                  struct dj_number value, struct dj_range range)
{
    const bool compared =
        range.min.kind != DJ_NUMBER_NONE || range.max.kind != DJ_NUMBER_NONE;

    if (value.kind == DJ_NUMBER_NONE && compared) {
        dj_batch_reject(batch, row, "the statistic in __dj__stats__ is null");
    } else if (!dj_op_in_range(call->common, value, range)) {
        dj_batch_drop(batch, row);
    }
}

enum dj_status dj_op_filter(const struct dj_op_call *call, struct dj_batch *batch,
                            dj_measure_fn *measure, struct dj_range range)
{
    DJ_FOR_EACH_ROW (row, batch) {
        struct dj_number value = DJ_NONE;

        if (!dj_batch_stat(batch, row, 0, &value)) {
            DJ_TRY(measure(call, batch, row, &value));
            if (!dj_batch_live(batch, row)) {
                continue;
            }
            dj_batch_set_stat(batch, row, 0, value);
        }
        judge(call, batch, row, value, range);
    }
    return DJ_OK;
}

/* What operators that only remove text do with a row. */
#include "dj/charset.h"
#include "dj/cuts.h"
#include "dj/op.h"

enum dj_status dj_op_cut(const struct dj_op_call *call, struct dj_batch *batch,
                         size_t row, const struct dj_cuts *cuts)
{
    const struct dj_str text = dj_batch_text(batch, row);
    char *room;

    if (dj_cuts_bytes(cuts) == 0) {
        return DJ_OK;
    }
    room = dj_batch_room(batch, text.len - dj_cuts_bytes(cuts));
    if (room == NULL) {
        return dj_fail(call->err, DJ_NOMEM, "no memory for a text of %zu bytes",
                       text.len);
    }
    return dj_batch_take(batch, row, room, dj_cuts_apply(cuts, text, room));
}

enum dj_status dj_op_drop_chars(const struct dj_op_call *call, struct dj_batch *batch,
                                const struct dj_charset *set)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_str text = dj_batch_text(batch, row);
        char *room;

        if (dj_charset_find(set, text, 0) == text.len) {
            continue;
        }
        room = dj_batch_room(batch, text.len + DJ_PADDING);
        if (room == NULL) {
            return dj_fail(call->err, DJ_NOMEM, "no memory for a text of %zu bytes",
                           text.len);
        }
        DJ_TRY(dj_batch_take(batch, row, room, dj_charset_drop(set, text, room)));
    }
    return DJ_OK;
}

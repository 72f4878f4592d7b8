/*
 * whitespace_normalization_mapper: strips the text (str.strip), then turns each of
 * Data-Juicer's 23 white-space characters into one blank. Runs are not shortened and
 * line ends stay. Characters that strip does not know, such as U+200B, become blanks
 * at the ends too.
 */
#include "dj/charmap.h"
#include "dj/op.h"

/* The blank itself is the 23rd. */
static const struct dj_charmap_pair pairs[] = {
    { 0x0009, " " }, { 0x0084, " " }, { 0x00a0, " " }, { 0x2000, " " }, { 0x2001, " " },
    { 0x2002, " " }, { 0x2003, " " }, { 0x2004, " " }, { 0x2005, " " }, { 0x2006, " " },
    { 0x2007, " " }, { 0x2008, " " }, { 0x2009, " " }, { 0x200a, " " }, { 0x200b, " " },
    { 0x200c, " " }, { 0x200d, " " }, { 0x202f, " " }, { 0x205f, " " }, { 0x2060, " " },
    { 0x3000, " " }, { 0xfffc, " " },
};

static enum dj_status open_op(const struct dj_op_call *call, void **state)
{
    (void)call;
    *state = dj_charmap_new(pairs, sizeof(pairs) / sizeof(pairs[0]));
    return DJ_OK;
}

static void close_op(void *state)
{
    dj_charmap_free(state);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct dj_charmap *map = call->state;

    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_str text = dj_batch_text(batch, row);
        const struct dj_str inner = dj_text_strip(text);
        char *room;

        if (dj_charmap_find(map, inner, 0) == inner.len) {
            if (inner.len != text.len) {
                DJ_TRY(dj_batch_set_text(batch, row, inner));
            }
            continue;
        }
        room = dj_batch_room(batch, inner.len + DJ_PADDING);
        if (room == NULL) {
            return dj_fail(call->err, DJ_NOMEM, "no memory for a text of %zu bytes",
                           inner.len);
        }
        DJ_TRY(dj_batch_take(batch, row, room, dj_charmap_apply(map, inner, room)));
    }
    return DJ_OK;
}

const struct dj_op dj_op_whitespace_normalization_mapper = {
    .name = "whitespace_normalization_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Strip texts and turn all kinds of white space into blanks",
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .process = process,
};

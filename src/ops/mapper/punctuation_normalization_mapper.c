/*
 * punctuation_normalization_mapper: turns typographic and full-width punctuation into
 * ASCII, character by character. The list is Data-Juicer's with its oddities: the
 * full-width digit one becomes a double quote, an em dash gets blanks around it.
 */
#include "dj/charmap.h"
#include "dj/op.h"

static const struct dj_charmap_pair pairs[] = {
    { 0x00ab, "\"" },  { 0x00b4, "'" },   { 0x00bb, "\"" }, { 0x2013, "-" },
    { 0x2014, " - " }, { 0x2019, "'" },   { 0x201c, "\"" }, { 0x201d, "\"" },
    { 0x201e, "\"" },  { 0x2026, "..." }, { 0x2236, ":" },  { 0x2501, "-" },
    { 0x25ba, "-" },   { 0x3001, "," },   { 0x3002, "." },  { 0x3008, "<" },
    { 0x3009, ">" },   { 0x300a, "\"" },  { 0x300b, "\"" }, { 0x300c, "\"" },
    { 0x300d, "\"" },  { 0x3010, "[" },   { 0x3011, "]" },  { 0xff01, "!" },
    { 0xff05, "%" },   { 0xff08, "(" },   { 0xff09, ")" },  { 0xff0c, "," },
    { 0xff0e, ". " },  { 0xff11, "\"" },  { 0xff1a, ":" },  { 0xff1b, ";" },
    { 0xff1f, "?" },   { 0xff5e, "~" },
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
        char *room;

        if (dj_charmap_find(map, text, 0) == text.len) {
            continue;
        }
        room = dj_batch_room(batch, text.len + DJ_PADDING);
        if (room == NULL) {
            return dj_fail(call->err, DJ_NOMEM, "no memory for a text of %zu bytes",
                           text.len);
        }
        DJ_TRY(dj_batch_take(batch, row, room, dj_charmap_apply(map, text, room)));
    }
    return DJ_OK;
}

const struct dj_op dj_op_punctuation_normalization_mapper = {
    .name = "punctuation_normalization_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Turn typographic and full-width punctuation into ASCII",
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .process = process,
};

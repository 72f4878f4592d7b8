/*
 * remove_comments_mapper: removes the comments of TeX, first those behind text, then
 * whole lines. Data-Juicer's mistakes are kept: doc_type does nothing; a comment goes
 * together with the character before its "%" (not a backslash), which for a line of
 * comment is the line feed before it; a "%" that ends its line, or begins the text, is
 * none of the first kind; and "\\%", a line break and a comment, stays.
 */
#include "dj/cuts.h"
#include "dj/op.h"

struct conf {
    struct dj_strs doc_type;
    bool inline_comments;
    bool multiline;
};

static const struct dj_param params[] = {
    {
        .name = "doc_type",
        .type = DJ_PARAM_TEXTS,
        .offset = DJ_FIELD(struct conf, doc_type, struct dj_strs),
        .preset.s = "tex",
        .flags = DJ_PARAM_NULLABLE,
        .help = "has no effect: every text is read as TeX",
    },
    {
        .name = "inline",
        .type = DJ_PARAM_BOOL,
        .offset = DJ_FIELD(struct conf, inline_comments, bool),
        .preset.i = true,
        .help = "remove comments behind text, and the character before them",
    },
    DJ_PARAM_BOOL_(struct conf, multiline, true, "remove lines that begin with %"),
    DJ_PARAM_END,
};

/* Place of the next such byte from `from` on, or text.len. */
static size_t find(struct dj_str text, size_t from, char byte)
{
    const char *found =
        from < text.len ? memchr(text.ptr + from, byte, text.len - from) : NULL;

    return found == NULL ? text.len : (size_t)(found - text.ptr);
}

/* Where the character before pos, which is above 0, begins. */
static size_t before(struct dj_str text, size_t pos)
{
    do {
        pos--;
    } while (((unsigned char)text.ptr[pos] & 0xc0) == 0x80);
    return pos;
}

/* (?m)[^\\]%.+$ */
static enum dj_status find_inline(struct dj_str text, struct dj_cuts *cuts)
{
    size_t sign = find(text, 1, '%');

    while (sign + 1 < text.len) {
        size_t next = sign + 1;

        if (text.ptr[sign - 1] != '\\' && text.ptr[next] != '\n') {
            next = find(text, next, '\n');
            DJ_TRY(dj_cuts_add(cuts, before(text, sign), next));
        }
        sign = find(text, next, '%');
    }
    return DJ_OK;
}

/* (?m)^%.*\n? */
static enum dj_status find_lines(struct dj_str text, struct dj_cuts *cuts)
{
    size_t sign = find(text, 0, '%');

    while (sign < text.len) {
        size_t next = sign + 1;

        if (sign == 0 || text.ptr[sign - 1] == '\n') {
            next = find(text, sign, '\n');
            next += next < text.len;
            DJ_TRY(dj_cuts_add(cuts, sign, next));
        }
        sign = find(text, next, '%');
    }
    return DJ_OK;
}

/* Both kinds: what is left of the first search is searched again, in its new place. */
static enum dj_status cut_twice(const struct dj_op_call *call, struct dj_batch *batch,
                                size_t row)
{
    struct dj_cuts *cuts = call->state;
    struct dj_str text = dj_batch_text(batch, row);
    char *room = dj_batch_room(batch, text.len - dj_cuts_bytes(cuts));

    if (room == NULL) {
        return dj_fail(call->err, DJ_NOMEM, "no memory for a text of %zu bytes",
                       text.len);
    }
    text = (struct dj_str){ room, dj_cuts_apply(cuts, text, room) };
    dj_cuts_reset(cuts);
    DJ_TRY(find_lines(text, cuts));
    return dj_batch_take(batch, row, room, dj_cuts_apply(cuts, text, room));
}

static enum dj_status process_row(const struct dj_op_call *call, struct dj_batch *batch,
                                  size_t row)
{
    const struct conf *conf = call->conf;
    const struct dj_str text = dj_batch_text(batch, row);
    struct dj_cuts *cuts = call->state;

    dj_cuts_reset(cuts);
    if (conf->inline_comments) {
        DJ_TRY(find_inline(text, cuts));
    }
    if (conf->multiline) {
        if (dj_cuts_bytes(cuts) > 0) {
            return cut_twice(call, batch, row);
        }
        DJ_TRY(find_lines(text, cuts));
    }
    return dj_op_cut(call, batch, row, cuts);
}

static enum dj_status open_op(const struct dj_op_call *call, void **state)
{
    (void)call;
    *state = dj_cuts_new();
    return DJ_OK;
}

static void close_op(void *state)
{
    dj_cuts_free(state);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        DJ_TRY(process_row(call, batch, row));
    }
    return DJ_OK;
}

const struct dj_op dj_op_remove_comments_mapper = {
    .name = "remove_comments_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Remove the comments of TeX",
    .params = params,
    .conf_size = sizeof(struct conf),
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .process = process,
};

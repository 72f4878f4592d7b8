/*
 * Rows to lines: the line that was read with as few places changed as possible. What
 * is not touched is copied byte for byte.
 */
#include "data/batch_private.h"

#include "dj/json.h"

/* A place of the line that is written otherwise; a cut writes nothing. */
struct piece {
    size_t begin, end;
    enum { PIECE_CUT, PIECE_STATS, PIECE_HASH, PIECE_TEXT } what;
    size_t text;      /* PIECE_TEXT: its place in the layout */
    const char *name; /* PIECE_HASH */
};

static bool left_out(enum own_kind kind, unsigned flags)
{
    return kind == OWN_HASH ? (flags & DJ_ENCODE_HASHES) == 0
                            : (flags & DJ_ENCODE_STATS) == 0;
}

static void consider(struct piece *best, const struct piece *piece, size_t from)
{
    if (piece->begin >= from && piece->begin < best->begin) {
        *best = *piece;
    }
}

/* The field has another value than the line. */
static bool is_fresh(const struct dj_batch *batch, size_t row,
                     const struct own_field *own, unsigned fresh)
{
    switch (own->kind) {
    case OWN_STATS:
        return (fresh & DJ_ENCODE_STATS) != 0;
    case OWN_HASH:
        return (fresh & DJ_ENCODE_HASHES) != 0 &&
               dj_hash_named(batch, row, own->name) != NULL;
    case OWN_META:
    case OWN_NONE:
        break;
    }
    return false;
}

/*
 * A field that is left out takes the comma before it along, or, when no field that
 * stays is before it, the comma after it.
 */
static void consider_own(const struct dj_batch *batch, size_t index, unsigned flags,
                         unsigned fresh, size_t from, struct piece *best)
{
    const struct row *row = &batch->rows[index];
    size_t removed = 0;

    for (size_t i = 0; i < row->nown; i++) {
        const struct own_field *own = &row->own[i];
        struct piece piece = { .begin = own->value, .end = own->end };

        if (left_out(own->kind, flags)) {
            const bool leads = own->index == removed++;

            piece.begin = leads ? own->key : own->before;
            piece.end = leads ? own->after : own->end;
            piece.what = PIECE_CUT;
            consider(best, &piece, from);
        } else if (is_fresh(batch, index, own, fresh)) {
            piece.what = own->kind == OWN_STATS ? PIECE_STATS : PIECE_HASH;
            piece.name = own->name;
            consider(best, &piece, from);
        }
    }
}

/* The first piece that begins at or behind from; false: there is none. */
static bool next_piece(const struct dj_batch *batch, size_t row, unsigned flags,
                       unsigned fresh, size_t from, struct piece *best)
{
    const size_t ntexts = batch->layout->ntexts;

    best->begin = SIZE_MAX;
    consider_own(batch, row, flags, fresh, from, best);
    for (size_t i = 0; i < ntexts; i++) {
        const struct text_slot *slot = &batch->texts[row * ntexts + i];

        if (slot->changed && slot->begin != 0) {
            consider(best,
                     &(struct piece){ .begin = slot->begin,
                                      .end = slot->end,
                                      .what = PIECE_TEXT,
                                      .text = i },
                     from);
        }
    }
    return best->begin != SIZE_MAX;
}

static enum dj_status write_piece(const struct dj_batch *batch, size_t row,
                                  const struct piece *piece, struct dj_buf *out)
{
    switch (piece->what) {
    case PIECE_CUT:
        break;
    case PIECE_STATS:
        return dj_stats_write(batch, row, out);
    case PIECE_HASH:
        return dj_buf_append(out, dj_str_from(dj_hash_named(batch, row, piece->name)));
    case PIECE_TEXT:
        return dj_json_quote(
            out, batch->texts[row * batch->layout->ntexts + piece->text].text);
    }
    return DJ_OK;
}

static enum dj_status write_key(struct dj_str key, bool *first, struct dj_buf *out)
{
    if (!*first) {
        DJ_TRY(dj_buf_append(out, DJ_STR(", ")));
    }
    *first = false;
    DJ_TRY(dj_json_quote(out, key));
    return dj_buf_append(out, DJ_STR(": "));
}

/* Hashes of these columns for which the line has no field. */
static enum dj_status write_new_hashes(const struct dj_batch *batch, size_t index,
                                       size_t column, size_t end, bool *first,
                                       struct dj_buf *out)
{
    const struct row *row = &batch->rows[index];

    for (; column < end; column++) {
        const char *name = batch->layout->stats[column];
        const char *hash = dj_hash_kept(batch, index, column);

        for (size_t i = 0; i < row->nown; i++) {
            hash = strcmp(row->own[i].name, name) == 0 ? NULL : hash;
        }
        if (hash != NULL) {
            DJ_TRY(write_key(dj_str_from(name), first, out));
            DJ_TRY(dj_buf_append(out, dj_str_from(hash)));
        }
    }
    return DJ_OK;
}

/* Statistics and hashes that are new, in the order of their operators. */
static enum dj_status write_new_own(const struct dj_batch *batch, size_t index,
                                    unsigned fresh, bool *first, struct dj_buf *out)
{
    const struct dj_batch_layout *layout = batch->layout;
    const size_t hashes = dj_measured(layout), later = hashes + layout->nearly;
    const bool keeps = (fresh & DJ_ENCODE_HASHES) != 0;

    if (keeps) {
        DJ_TRY(write_new_hashes(batch, index, hashes, later, first, out));
    }
    if ((fresh & DJ_ENCODE_STATS) != 0 &&
        dj_own_find(&batch->rows[index], OWN_STATS) == NULL) {
        DJ_TRY(write_key(DJ_STR("__dj__stats__"), first, out));
        DJ_TRY(dj_stats_write(batch, index, out));
    }
    return keeps ? write_new_hashes(batch, index, later, layout->nstats, first, out)
                 : DJ_OK;
}

/* Fields that the line does not have: new texts, statistics and hashes. */
static enum dj_status write_new_fields(const struct dj_batch *batch, size_t index,
                                       unsigned flags, unsigned fresh, struct dj_buf *out)
{
    const size_t ntexts = batch->layout->ntexts;
    const struct row *row = &batch->rows[index];
    size_t staying = row->nfields;
    bool first;

    for (size_t i = 0; i < row->nown; i++) {
        staying -= left_out(row->own[i].kind, flags);
    }
    first = staying == 0;
    for (size_t i = 0; i < ntexts; i++) {
        const struct text_slot *slot = &batch->texts[index * ntexts + i];

        if (slot->changed && slot->begin == 0) {
            DJ_TRY(write_key(batch->keys[i].name, &first, out));
            DJ_TRY(dj_json_quote(out, slot->text));
        }
    }
    return write_new_own(batch, index, fresh, &first, out);
}

/* The line without blanks around it. */
struct dj_str dj_line_trimmed(struct dj_str line)
{
    static const char blanks[] = " \t\r\n";

    while (line.len > 0 && memchr(blanks, line.ptr[line.len - 1], 4) != NULL) {
        line.len--;
    }
    while (line.len > 0 && memchr(blanks, line.ptr[0], 4) != NULL) {
        line.ptr++;
        line.len--;
    }
    return line;
}

static enum dj_status append_part(struct dj_buf *out, const char *line, size_t begin,
                                  size_t end)
{
    return dj_buf_append(out, (struct dj_str){ line + begin, end - begin });
}

static enum dj_status encode(const struct dj_batch *batch, size_t index, unsigned flags,
                             unsigned fresh, struct dj_buf *out)
{
    const struct row *row = &batch->rows[index];
    const struct dj_str whole = dj_line_trimmed(row->line);
    const char *line = row->line.ptr;
    size_t from = (size_t)(whole.ptr - line);
    struct piece piece;

    while (next_piece(batch, index, flags, fresh, from, &piece)) {
        DJ_TRY(append_part(out, line, from, piece.begin));
        DJ_TRY(write_piece(batch, index, &piece, out));
        from = piece.end;
    }
    DJ_TRY(append_part(out, line, from, row->tail));
    DJ_TRY(write_new_fields(batch, index, flags, fresh, out));
    return append_part(out, line, row->tail, (size_t)(whole.ptr - line) + whole.len);
}

enum dj_status dj_encode_sample(const struct dj_batch *batch, size_t row,
                                struct dj_buf *out)
{
    return encode(batch, row, DJ_ENCODE_STATS | DJ_ENCODE_HASHES, 0, out);
}

/* Nothing in the row is to be written otherwise than it was read. */
static bool is_as_read(const struct dj_batch *batch, size_t row, unsigned fresh)
{
    const size_t ntexts = batch->layout->ntexts;
    bool changed = fresh != 0 || batch->rows[row].nown > 0;

    for (size_t i = 0; i < ntexts; i++) {
        changed = changed || batch->texts[row * ntexts + i].changed;
    }
    return !changed || batch->rows[row].tail == 0;
}

/* Flags of what the row has and its line has not. */
static unsigned fresh_columns(const struct dj_batch *batch, size_t row)
{
    const struct dj_batch_layout *layout = batch->layout;
    unsigned fresh = dj_stats_fresh(batch, row) ? DJ_ENCODE_STATS : 0;

    for (size_t i = dj_measured(layout); i < layout->nstats; i++) {
        fresh |= dj_hash_kept(batch, row, i) != NULL ? DJ_ENCODE_HASHES : 0;
    }
    return fresh;
}

enum dj_status dj_batch_encode(const struct dj_batch *batch, size_t row, unsigned flags,
                               struct dj_buf *out)
{
    const unsigned fresh = flags & fresh_columns(batch, row);
    const size_t before = out->len;
    enum dj_status status;

    if (is_as_read(batch, row, fresh)) {
        const struct dj_str line = dj_line_trimmed(batch->rows[row].line);

        DJ_TRY(dj_buf_reserve(out, line.len + 1)); /* for both, so that neither fails */
        DJ_TRY(dj_buf_append(out, line));
        return dj_buf_putc(out, '\n');
    }
    dj_arena_reset(batch->scratch);
    status = encode(batch, row, flags, fresh, out);
    if (status == DJ_OK) {
        status = dj_buf_putc(out, '\n');
    }
    if (status != DJ_OK) {
        out->len = before;
    }
    return status;
}

static enum dj_status encode_stats(const struct dj_batch *batch, size_t row,
                                   struct dj_buf *out)
{
    const struct own_field *meta = dj_own_find(&batch->rows[row], OWN_META);

    DJ_TRY(dj_buf_append(out, DJ_STR("{\"__dj__stats__\": ")));
    DJ_TRY(dj_stats_write(batch, row, out));
    if (meta != NULL) {
        DJ_TRY(dj_buf_append(out, DJ_STR(", \"__dj__meta__\": ")));
        DJ_TRY(append_part(out, batch->rows[row].line.ptr, meta->value, meta->end));
    }
    return dj_buf_append(out, DJ_STR("}\n"));
}

enum dj_status dj_batch_encode_stats(const struct dj_batch *batch, size_t row,
                                     struct dj_buf *out)
{
    const size_t before = out->len;
    enum dj_status status;

    dj_arena_reset(batch->scratch);
    status = encode_stats(batch, row, out);
    if (status != DJ_OK) {
        out->len = before;
    }
    return status;
}

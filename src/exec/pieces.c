/* The list of pieces, and how it is divided. */
#include "exec/pieces.h"

/* Pieces are split, so that all ranks have about the same to copy. */
static const int64_t least_piece = 1 << 20;
static const int64_t most_piece = 32 << 20;

void dj_pieces_add(struct dj_pieces *pieces, struct dj_export_piece piece)
{
    if (pieces->count > 0) {
        struct dj_export_piece *last = &pieces->items[pieces->count - 1];

        if (last->kind == piece.kind && last->stage == piece.stage &&
            last->target == piece.target && last->from.segment == piece.from.segment &&
            last->from.offset + last->from.bytes == piece.from.offset &&
            last->offset + last->from.bytes == piece.offset) {
            last->from.bytes += piece.from.bytes;
            return;
        }
    }
    if (pieces->count == pieces->cap) {
        pieces->cap = pieces->cap == 0 ? 64 : 2 * pieces->cap;
        pieces->items = dj_xrealloc(pieces->items, pieces->cap * sizeof(*pieces->items));
    }
    pieces->items[pieces->count++] = piece;
}

/* Samples and statistics are put in order line by line (order.c): no pieces of theirs. */
void dj_pieces_leave_ordered(struct dj_pieces *pieces)
{
    size_t kept = 0;

    for (size_t i = 0; i < pieces->count; i++) {
        const int64_t kind = pieces->items[i].kind;

        if (kind != DJ_RESULT_DATA && kind != DJ_RESULT_STATS) {
            pieces->items[kept++] = pieces->items[i];
        }
    }
    pieces->count = kept;
}

/* Pieces that are copied whole become pieces of about the same size. */
void dj_pieces_split(struct dj_pieces *pieces, int nranks)
{
    struct dj_pieces out = { 0 };
    int64_t limit = 0;

    for (size_t i = 0; i < pieces->count; i++) {
        limit += pieces->items[i].from.bytes;
    }
    limit /= 4 * nranks;
    limit = limit < least_piece ? least_piece : limit > most_piece ? most_piece : limit;

    for (size_t i = 0; i < pieces->count; i++) {
        struct dj_export_piece left = pieces->items[i];

        while (left.from.bytes > 0) {
            struct dj_export_piece part = left;

            if (part.from.bytes > limit) {
                part.from.bytes = limit;
            }
            if (out.count == out.cap) {
                out.cap = out.cap == 0 ? 64 : 2 * out.cap;
                out.items = dj_xrealloc(out.items, out.cap * sizeof(*out.items));
            }
            out.items[out.count++] = part;
            left.from.offset += part.from.bytes;
            left.from.bytes -= part.from.bytes;
            left.offset += part.from.bytes;
        }
    }
    dj_xfree(pieces->items);
    *pieces = out;
}

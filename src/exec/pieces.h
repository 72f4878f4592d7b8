/* Pieces of the export: which bytes of a result go where in a final file. */
#ifndef DJ_EXEC_PIECES_H
#define DJ_EXEC_PIECES_H

#include "dj/dataset.h"

struct dj_pieces {
    size_t count, cap;
    struct dj_export_piece *items;
};

/* Adds a piece; one that continues the last one becomes a part of it. */
void dj_pieces_add(struct dj_pieces *pieces, struct dj_export_piece piece);
/* Takes out samples and statistics, which order.c puts in order line by line. */
void dj_pieces_leave_ordered(struct dj_pieces *pieces);
/* Pieces become ones of about the same size, for nranks ranks to copy. */
void dj_pieces_split(struct dj_pieces *pieces, int nranks);

#endif

/* Lines of text read as lines of a table. */
#ifndef DJ_CELLS_H
#define DJ_CELLS_H

#include "dj/text.h"

enum { DJ_CELLS_MAX = 20 };

/*
 * In how many ways can the line be cut into cells of \S+ (of the regex module) with one
 * blank, tab or bar between two? Bit n is set when it can be with n such gaps; those of
 * DJ_CELLS_MAX gaps and more mean nothing. line has no line feed, and DJ_PADDING
 * readable bytes behind it.
 */
uint32_t dj_cells_gaps(struct dj_str line);

#endif

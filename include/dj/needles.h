/* Several fixed texts, searched for at once. */
#ifndef DJ_NEEDLES_H
#define DJ_NEEDLES_H

#include "dj/mem.h"

struct dj_needles;

/* The items are copied; none is empty, and there may be none. */
struct dj_needles *dj_needles_new(const struct dj_str *items, size_t count);
void dj_needles_free(struct dj_needles *needles); /* takes NULL too */

/*
 * First place at or after from where one of them begins that lies in the text; text.len
 * when there is none. text has DJ_PADDING readable bytes behind it.
 */
size_t dj_needles_find(const struct dj_needles *needles, struct dj_str text, size_t from);

#endif

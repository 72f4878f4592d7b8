/*
 * Parts that go from a text. An operator that only removes text notes what goes, in
 * order, and has all of it taken out at once: a text that loses nothing is not copied.
 */
#ifndef DJ_CUTS_H
#define DJ_CUTS_H

#include "dj/mem.h"

/* Free with dj_cuts_free, which takes NULL too. Meant to be used for many texts. */
struct dj_cuts;
struct dj_cuts *dj_cuts_new(void);
void dj_cuts_free(struct dj_cuts *cuts);
void dj_cuts_reset(struct dj_cuts *cuts); /* before the next text */

/*
 * The bytes from start to before end go. start is not before the end of the part that
 * was added last; parts that touch become one, an empty part is none.
 */
enum dj_status dj_cuts_add(struct dj_cuts *cuts, size_t start, size_t end) DJ_MUST_CHECK;

size_t dj_cuts_bytes(const struct dj_cuts *cuts); /* that go, of all parts together */

/*
 * Writes the text without the parts; returns the length, text.len less dj_cuts_bytes.
 * out may be the text itself, and is not touched when it is and nothing goes.
 */
size_t dj_cuts_apply(const struct dj_cuts *cuts, struct dj_str text, char *out);

#endif

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

/*
 * Notes what goes when only some words of a text are kept: Data-Juicer cuts a text at
 * line feeds, its lines at tabs, these pieces at blanks, and joins what is left. So
 * separators at the ends go, and of those between two kept words one stays: a line
 * feed if there is one, else a tab, else a blank. Words come to keep() in order.
 */
typedef bool dj_keep_fn(void *context, struct dj_str word);
enum dj_status dj_cuts_keep_words(struct dj_cuts *cuts, struct dj_str text,
                                  dj_keep_fn *keep, void *context) DJ_MUST_CHECK;

#endif

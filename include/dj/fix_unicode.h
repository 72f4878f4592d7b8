/*
 * Repairs broken Unicode: mojibake, HTML entities, curly quotes, ligatures, width
 * forms, line breaks, control characters and the normal form. The results are those
 * of ftfy 6.3.1, fix_text() with its default settings, to the last byte.
 */
#ifndef DJ_FIX_UNICODE_H
#define DJ_FIX_UNICODE_H

#include "dj/text.h"

/* Holds the memory that one text needs and the next one uses again. */
struct dj_fixer;

/* Returns a new one, to be freed with dj_fixer_free. */
struct dj_fixer *dj_fixer_new(enum dj_normal_form form);
void dj_fixer_free(struct dj_fixer *fixer);

/*
 * Appends the repaired text to out. Nothing is appended and *changed is false when
 * there is nothing to repair. text is valid UTF-8 and not a part of out. DJ_NOMEM is
 * the only failure; then out holds a part of the result.
 */
enum dj_status dj_fixer_fix(struct dj_fixer *fixer, struct dj_str text,
                            struct dj_buf *out, bool *changed) DJ_MUST_CHECK;

#endif

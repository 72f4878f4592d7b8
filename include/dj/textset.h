/* A set of texts that were met, for one row at a time: emptied, it keeps its memory. */
#ifndef DJ_TEXTSET_H
#define DJ_TEXTSET_H

#include "dj/mem.h"

struct dj_textset;

struct dj_textset *dj_textset_new(void);
void dj_textset_free(struct dj_textset *set); /* takes NULL too */
void dj_textset_reset(struct dj_textset *set);

/*
 * A text is written into the set's own memory first: dj_textset_room returns cap
 * writable bytes and DJ_PADDING more (NULL when memory ran out), dj_textset_add makes
 * the first len of them the text. False when the set had it already.
 */
char *dj_textset_room(struct dj_textset *set, size_t cap);
bool dj_textset_add(struct dj_textset *set, size_t len);

#endif

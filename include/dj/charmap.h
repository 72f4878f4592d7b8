/*
 * Replaces single characters by short texts, in one pass that looks at most text
 * eight bytes at a time. For operators that only exchange characters.
 */
#ifndef DJ_CHARMAP_H
#define DJ_CHARMAP_H

#include "dj/mem.h"

struct dj_charmap_pair {
    uint32_t from;  /* below 0x10000 */
    const char *to; /* not longer in UTF-8 than from, so that texts never grow */
};

struct dj_charmap;

/*
 * pairs are borrowed. Of ASCII characters at most one may be replaced. Free with
 * dj_charmap_free, which takes NULL too.
 */
struct dj_charmap *dj_charmap_new(const struct dj_charmap_pair *pairs, size_t count);
void dj_charmap_free(struct dj_charmap *map);

/*
 * Offset of the first character at or after from (the beginning of one) that would
 * be replaced; text.len when there is none. text is valid UTF-8 with DJ_PADDING
 * readable bytes behind it.
 */
size_t dj_charmap_find(const struct dj_charmap *map, struct dj_str text, size_t from);

/*
 * Writes the text with its characters replaced to out, which has room for text.len +
 * DJ_PADDING bytes; returns the length.
 */
size_t dj_charmap_apply(const struct dj_charmap *map, struct dj_str text, char *out);

#endif

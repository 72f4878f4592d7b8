/*
 * Sets of characters, for operators that search for, or remove, single characters.
 * Text without members is passed over 32 bytes at a time.
 */
#ifndef DJ_CHARSET_H
#define DJ_CHARSET_H

#include "dj/text.h"

struct dj_charset;

struct dj_charset *dj_charset_new(void);      /* empty */
void dj_charset_free(struct dj_charset *set); /* takes NULL too */

/* Characters from first to last, both included, at most 0x10ffff. */
void dj_charset_add(struct dj_charset *set, uint32_t first, uint32_t last);
void dj_charset_add_text(struct dj_charset *set, struct dj_str text); /* valid UTF-8 */

/* All characters that are not in the set now are, and no others. */
void dj_charset_invert(struct dj_charset *set);

bool dj_charset_has(const struct dj_charset *set, uint32_t c);

/*
 * Offset of the first member at or after from (the beginning of a character); text.len
 * when there is none. text is valid UTF-8 with DJ_PADDING readable bytes behind it.
 */
size_t dj_charset_find(const struct dj_charset *set, struct dj_str text, size_t from);

/*
 * Writes the text without the members to out, which has room for text.len + DJ_PADDING
 * bytes; returns the length.
 */
size_t dj_charset_drop(const struct dj_charset *set, struct dj_str text, char *out);

#endif

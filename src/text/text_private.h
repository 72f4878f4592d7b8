/*
 * Shared inside the text module, and with its tests: the plain versions of what also
 * exists as vector code, and steps that several files need.
 */
#ifndef DJ_TEXT_PRIVATE_H
#define DJ_TEXT_PRIVATE_H

#include "dj/cells.h"
#include "dj/charset.h"
#include "dj/cuts.h"
#include "dj/needles.h"
#include "dj/text.h"

bool dj_utf8_valid_plain(struct dj_str bytes, size_t *bad);
bool dj_utf8_ascii_plain(struct dj_str bytes);
size_t dj_utf8_length_plain(struct dj_str text);
size_t dj_utf8_offset_plain(struct dj_str text, size_t n);
void dj_text_count_plain(struct dj_str text, struct dj_text_counts *counts);
bool dj_lines_next_plain(struct dj_lines *lines, struct dj_str *line);
uint32_t dj_cells_gaps_plain(struct dj_str line);
size_t dj_charset_find_plain(const struct dj_charset *set, struct dj_str text,
                             size_t from);
size_t dj_charset_drop_plain(const struct dj_charset *set, struct dj_str text, char *out);
size_t dj_needles_find_plain(const struct dj_needles *needles, struct dj_str text,
                             size_t from);
enum dj_status dj_cuts_keep_words_plain(struct dj_cuts *cuts, struct dj_str text,
                                        dj_keep_fn *keep, void *context) DJ_MUST_CHECK;

/* Room that dj_lower_into needs for a text of this many bytes. */
static inline size_t dj_lower_room(size_t len)
{
    return len > (SIZE_MAX - DJ_PADDING) / 3 * 2 ? SIZE_MAX : len + len / 2 + DJ_PADDING;
}

/* str.lower() into out, which is not a part of text; returns the bytes written. */
size_t dj_lower_into(struct dj_str text, char *out);
size_t dj_lower_into_plain(struct dj_str text, char *out);

/* text without the characters of these DJ_CHAR_ classes at both ends. */
struct dj_str dj_text_strip_class(struct dj_str text, unsigned classes);

/* All separators of words, for the plain version and the tests. */
size_t dj_words_split_plain(struct dj_str text, struct dj_str *words);

/*
 * First place at or after from where text may not be in the form: a character that
 * cannot stand there or a mark out of order. text.len when it surely is. Marks that
 * may compose with what stands before them count as a place, unless they cannot.
 */
size_t dj_normal_until(enum dj_normal_form form, struct dj_str text, size_t from);
size_t dj_normal_until_plain(enum dj_normal_form form, struct dj_str text, size_t from);

/* Behind the text; an empty one may have no address. */
static inline const char *dj_str_end(struct dj_str text)
{
    return text.len == 0 ? text.ptr : text.ptr + text.len;
}

/* Start of the character that ends at p; start < p. */
static inline const char *dj_utf8_before(const char *start, const char *p)
{
    do {
        p--;
    } while (p > start && (*p & 0xc0) == 0x80);
    return p;
}

#endif

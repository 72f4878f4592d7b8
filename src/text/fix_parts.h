/*
 * The parts of the Unicode fixer. Each takes a segment of a text and appends to out;
 * *changed is false, and out untouched, when it has nothing to do.
 */
#ifndef DJ_FIX_PARTS_H
#define DJ_FIX_PARTS_H

#include "dj/mem.h"
#include "fix_tables.h"

/*
 * First byte in [p, end) that is not plain: from 0x80, &, DEL, or a control
 * character other than tab, line feed and form feed. Returns end without one.
 */
const char *dj_fix_plain_end(const char *p, const char *end);

/*
 * What the segment needs, as DJ_FIX_ bits: exact for MAP and MOJIBAKE, possibly too
 * much for the others. All bytes before from are plain.
 */
unsigned dj_fix_scan(struct dj_str segment, size_t from);

/* Length of the HTML entity that begins at p with its &, or 0. */
size_t dj_fix_entity_length(const char *p, const char *end);

enum dj_status dj_fix_unescape(struct dj_str segment, struct dj_buf *out,
                               bool *changed) DJ_MUST_CHECK;

/* The character map, CR LF as one line break, terminal escapes. */
enum dj_status dj_fix_map(struct dj_str segment, struct dj_buf *out,
                          bool *changed) DJ_MUST_CHECK;

/* Memory of the mojibake repair, which calls itself for parts of a segment. */
struct dj_fix_level;
struct dj_fix_level *dj_fix_level_new(void);
void dj_fix_level_free(struct dj_fix_level *level);

enum dj_status dj_fix_mojibake(struct dj_fix_level *level, struct dj_str segment,
                               struct dj_buf *out, bool *changed) DJ_MUST_CHECK;

/*
 * Byte steps of the repair; these append always.
 * Blanks that were byte A0 of a UTF-8 sequence become it again.
 */
enum dj_status dj_fix_restore_a0(struct dj_str bytes, struct dj_buf *out) DJ_MUST_CHECK;

/* UTF-8 sequences of which bytes were lost (1A or ?) become U+FFFD. */
enum dj_status dj_fix_replace_lost(struct dj_str bytes, struct dj_buf *out) DJ_MUST_CHECK;

/* CESU-8 and Java's two-byte NUL become UTF-8. The result may be invalid. */
enum dj_status dj_fix_plain_utf8(struct dj_str bytes, struct dj_buf *out) DJ_MUST_CHECK;

#endif

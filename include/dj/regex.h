/*
 * Regular expressions in Python's dialect, run by PCRE2 with JIT.
 *
 * A pattern is translated from Python's syntax (module re or regex, version 0
 * behaviour) and refused with its position where it cannot be. \w \d \s \b and
 * \p{P} mean what they mean in that module.
 */
#ifndef DJ_REGEX_H
#define DJ_REGEX_H

#include "dj/mem.h"

enum dj_regex_flavor { DJ_REGEX_RE, DJ_REGEX_REGEX };

enum {
    DJ_REGEX_IGNORECASE = 1 << 0,
    DJ_REGEX_MULTILINE = 1 << 1,
    DJ_REGEX_DOTALL = 1 << 2,
    /* PCRE2's own syntax, for patterns written in this program: \w \d \s \b are ASCII,
     * group names are not known to templates. */
    DJ_REGEX_NATIVE = 1 << 3,
};

/* Compiled; may be shared by nobody: it holds match data and a JIT stack. */
struct dj_regex;

/* DJ_CONFIG with the offset in the pattern when it is refused. Returns a new one. */
enum dj_status dj_regex_new(const char *pattern, enum dj_regex_flavor flavor,
                            unsigned flags, struct dj_regex **regex,
                            struct dj_error *err) DJ_MUST_CHECK;
void dj_regex_free(struct dj_regex *regex);

/*
 * Searches text for the leftmost match that starts in [from, limit]; limit may be
 * text.len. Lookbehind sees the text before from. *found is false without one;
 * then spans are untouched. A match that needs more steps or memory than the
 * limits grant is DJ_OP: the sample is at fault, not the program.
 * start and end are byte offsets of the whole match.
 */
enum dj_status dj_regex_search(struct dj_regex *regex, struct dj_str text, size_t from,
                               size_t limit, bool *found, size_t *start, size_t *end,
                               struct dj_error *err) DJ_MUST_CHECK;

/*
 * The same from match to match, as finditer() goes: an empty match may follow another
 * match, but not at the place of an empty one. text must live until the walk is over;
 * searches in between spoil nothing but dj_regex_group(). Faster than one
 * dj_regex_search() after the other.
 */
void dj_regex_begin(struct dj_regex *regex, struct dj_str text);
enum dj_status dj_regex_next(struct dj_regex *regex, bool *found, size_t *start,
                             size_t *end, struct dj_error *err) DJ_MUST_CHECK;

/* Span of a group of the last match; false when it took no part. */
bool dj_regex_group(const struct dj_regex *regex, size_t group, size_t *start,
                    size_t *end);
size_t dj_regex_groups(const struct dj_regex *regex);

/*
 * A replacement template as Python's sub() reads it (\1, \g<name>, \g<1>, \n,
 * escapes). Parsed once against the regex whose groups it names; NULL will do for a text
 * without a backslash.
 */
struct dj_template;
enum dj_status dj_template_new(const char *text, const struct dj_regex *regex,
                               struct dj_template **tmpl,
                               struct dj_error *err) DJ_MUST_CHECK;
void dj_template_free(struct dj_template *tmpl);

/* The highest group that it names, 0 when it names none or the whole match only. */
size_t dj_template_top_group(const struct dj_template *tmpl);

/*
 * Appends the expansion for a match that was found otherwise: two offsets in text for
 * each group from 0 to the highest, SIZE_MAX where it took no part.
 */
enum dj_status dj_template_fill(const struct dj_template *tmpl, const size_t *bounds,
                                struct dj_str text, struct dj_buf *out) DJ_MUST_CHECK;

/* Appends the expansion for the last match of regex in text. */
enum dj_status dj_template_expand(const struct dj_template *tmpl,
                                  const struct dj_regex *regex, struct dj_str text,
                                  struct dj_buf *out) DJ_MUST_CHECK;

/*
 * re.sub over the whole text. Nothing is appended and *changed is false when
 * there is no match. What was appended before a failure is of no use.
 */
enum dj_status dj_regex_sub(struct dj_regex *regex, const struct dj_template *tmpl,
                            struct dj_str text, struct dj_buf *out, bool *changed,
                            struct dj_error *err) DJ_MUST_CHECK;

#endif

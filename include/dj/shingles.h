/*
 * Shingles: the runs of tokens by which near duplicates know each other. A text is
 * brought into a form in which every shingle is a piece of it, so none is ever copied.
 */
#ifndef DJ_SHINGLES_H
#define DJ_SHINGLES_H

#include "dj/text.h"

enum dj_tokens {
    DJ_TOKENS_SPACE,       /* what stands between blanks (U+0020 alone) */
    DJ_TOKENS_PUNCTUATION, /* what stands between \p{P}, empty pieces too */
    DJ_TOKENS_CHARACTER
};

struct dj_shingles_spec {
    enum dj_tokens tokens;
    size_t window; /* tokens of a shingle, from 1 */
    bool lowercase;
    const char *ignore; /* pattern of what is taken out first; NULL or "": nothing */
};

struct dj_shingles;

/* DJ_CONFIG when the pattern is refused. */
enum dj_status dj_shingles_new(const struct dj_shingles_spec *spec,
                               struct dj_shingles **shingles,
                               struct dj_error *err) DJ_MUST_CHECK;
void dj_shingles_free(struct dj_shingles *shingles); /* takes NULL too */

/*
 * Starts a text of valid UTF-8 with DJ_PADDING readable bytes behind it. *count shingles
 * follow, repeats included: all but one for each token of the window. DJ_OP when the text
 * is at fault.
 */
enum dj_status dj_shingles_of(struct dj_shingles *shingles, struct dj_str text,
                              size_t *count, struct dj_error *err) DJ_MUST_CHECK;

/*
 * The shingles from first to first + count; tokens in them are parted by one blank (by
 * nothing if they are characters). Borrowed until the next text, with DJ_PADDING
 * readable bytes behind each.
 */
void dj_shingles_get(const struct dj_shingles *shingles, size_t first, size_t count,
                     struct dj_str *out);

#endif

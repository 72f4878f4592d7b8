/* Private to the figures: pieces of LaTeX. Places are offsets in a text. */
#ifndef DJ_TEX_SCAN_H
#define DJ_TEX_SCAN_H

#include "dj/mem.h"

/* No such place. */
#define TEX_NONE SIZE_MAX

static inline struct dj_str tex_part(struct dj_str text, size_t begin, size_t end)
{
    return (struct dj_str){ text.ptr + begin, end - begin };
}

/* The next place of the word or the byte from `from` on. */
size_t tex_find(struct dj_str text, size_t from, struct dj_str word);
size_t tex_find_byte(struct dj_str text, size_t from, char byte);

/* A place that was found, for searches that go forward: none is passed over twice. */
struct tex_memo {
    size_t from, at, behind;
    bool known;
};

static inline bool tex_known(const struct tex_memo *memo, size_t from)
{
    return memo->known && memo->from <= from && from <= memo->at;
}

size_t tex_find_next(struct dj_str text, size_t from, char byte, struct tex_memo *memo);

bool tex_has(struct dj_str text, size_t at, struct dj_str word);

/* Behind \s* of the regex module. */
size_t tex_skip_space(struct dj_str text, size_t at);

/* Behind "[...]" when it stands here, else here. */
size_t tex_skip_option(struct dj_str text, size_t at, struct tex_memo *memo);

/* --- environments ------------------------------------------------------------------- */

enum { TEX_NAMES = 24 };

/* A walk over the environments with one of these names, one behind the other. */
struct tex_walk {
    struct dj_str text;
    const struct dj_str *names;
    size_t count;   /* of names, TEX_NAMES at most */
    bool arguments; /* "[...]" and "{...}" behind the name are no part of the body */
    struct tex_memo ends[TEX_NAMES];
    size_t last[TEX_NAMES]; /* end of this name, when there are arguments; or TEX_NONE */
    struct tex_memo brackets, braces;
};

struct tex_env {
    size_t begin, end; /* of all of it */
    size_t body, body_end;
};

void tex_walk_init(struct tex_walk *walk, struct dj_str text, const struct dj_str *names,
                   size_t count, bool arguments);
/* The next one that begins at or behind `from`. */
bool tex_walk_next(struct tex_walk *walk, size_t from, struct tex_env *env);

/* --- braces ------------------------------------------------------------------------- */

/* Which brace closes which, of a whole text. */
struct tex_braces {
    size_t *opens, *closes; /* closes[i]: of the brace at opens[i], or TEX_NONE */
    size_t count;
};

enum dj_status tex_braces_read(struct dj_str text, struct dj_arena *arena,
                               struct tex_braces *braces) DJ_MUST_CHECK;
/* The end of what the brace at this place encloses; TEX_NONE: no brace, or not closed. */
size_t tex_braces_close(const struct tex_braces *braces, size_t at);

#endif

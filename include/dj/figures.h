/*
 * Figures of a LaTeX document and the paragraphs that cite them, as Data-Juicer's regular
 * expressions find them. They look at the text only, so a comment or a macro is like any
 * other part of it. All is in the arena, or a part of the text.
 */
#ifndef DJ_FIGURES_H
#define DJ_FIGURES_H

#include "dj/mem.h"

struct dj_image {
    struct dj_str path;
    struct dj_image *next;
};

/* A figure with images, or a subfigure of one. */
struct dj_figure {
    struct dj_str caption, label; /* without blanks around them */
    struct dj_image *images;
    const struct dj_figure *parent; /* of a subfigure; it has no images itself */
    struct dj_figure *next;
};

struct dj_figures {
    struct dj_figure *first, *last;
};

/* DJ_NOMEM is the only failure. */
enum dj_status dj_figures_find(struct dj_str text, struct dj_arena *arena,
                               struct dj_figures *figures) DJ_MUST_CHECK;

/* --- who cites them ----------------------------------------------------------------- */

struct dj_paragraph {
    struct dj_str text;
    size_t same; /* the first paragraph with the same text */
};

/* A command with its braces that may name labels. */
struct dj_citation {
    size_t paragraph;
    struct dj_str labels; /* what stands in the braces */
};

struct dj_prose {
    struct dj_paragraph *paragraphs;
    size_t nparagraphs;
    struct dj_citation *citations; /* in the order of the text */
    size_t ncitations;
};

/*
 * The paragraphs of the text without its floats, tables, equations and listings, and the
 * citations by these commands (without backslash) in them. separator is not empty.
 */
enum dj_status dj_prose_read(struct dj_str text, struct dj_str separator,
                             const struct dj_str *commands, size_t ncommands,
                             struct dj_arena *arena,
                             struct dj_prose *prose) DJ_MUST_CHECK;

/* The citation names the label, which is not empty, as a whole entry of its list. */
bool dj_citation_names(const struct dj_citation *citation, struct dj_str label);

#endif

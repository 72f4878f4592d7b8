/*
 * The paragraphs of a LaTeX document that are neither float nor formula nor listing, and
 * the labels that they cite.
 */
#include "dj/figures.h"

#include "dj/text.h"
#include "op/tex_scan.h"

#include <stdlib.h>

static const struct dj_str stripped[] = {
    { "figure", 6 },      { "figure*", 7 },     { "wrapfigure", 10 }, { "table", 5 },
    { "table*", 6 },      { "tabular", 7 },     { "tabular*", 8 },    { "equation", 8 },
    { "equation*", 9 },   { "align", 5 },       { "align*", 6 },      { "alignat", 7 },
    { "alignat*", 8 },    { "gather", 6 },      { "gather*", 7 },     { "multline", 8 },
    { "multline*", 9 },   { "flalign", 7 },     { "flalign*", 8 },    { "algorithm", 9 },
    { "algorithm*", 10 }, { "lstlisting", 10 }, { "verbatim", 8 },    { "minted", 6 },
};

_Static_assert(sizeof(stripped) / sizeof(stripped[0]) <= TEX_NAMES, "room for names");

/* A copy of the text without these environments. */
static enum dj_status strip(struct dj_str text, struct dj_arena *arena,
                            struct dj_str *rest)
{
    char *const copy = dj_arena_alloc(arena, text.len + DJ_PADDING);
    char *out = copy;
    struct tex_walk walk;
    struct tex_env env = { .end = 0 };
    size_t from = 0;

    if (copy == NULL) {
        return DJ_NOMEM;
    }
    tex_walk_init(&walk, text, stripped, sizeof(stripped) / sizeof(stripped[0]), false);
    while (tex_walk_next(&walk, from, &env)) {
        memcpy(out, text.ptr + from, env.begin - from);
        out += env.begin - from;
        from = env.end;
    }
    memcpy(out, text.ptr + from, text.len - from);
    out += text.len - from;
    *rest = (struct dj_str){ copy, (size_t)(out - copy) };
    return DJ_OK;
}

/* --- paragraphs ----------------------------------------------------------------------
 */

/* The next paragraph, blanks around it removed; *from is behind it. */
static struct dj_str next_paragraph(struct dj_str text, struct dj_str separator,
                                    size_t *from)
{
    const size_t found = tex_find(text, *from, separator);
    const size_t end = found == TEX_NONE ? text.len : found;
    const struct dj_str paragraph = dj_text_strip(tex_part(text, *from, end));

    *from = found == TEX_NONE ? TEX_NONE : end + separator.len;
    return paragraph;
}

static enum dj_status split(struct dj_str text, struct dj_str separator,
                            struct dj_arena *arena, struct dj_prose *prose)
{
    size_t count = 0;

    for (size_t from = 0; from != TEX_NONE;) {
        count += next_paragraph(text, separator, &from).len > 0;
    }
    prose->paragraphs = dj_arena_alloc(arena, count * sizeof(*prose->paragraphs));
    if (prose->paragraphs == NULL) {
        return DJ_NOMEM;
    }
    for (size_t from = 0; from != TEX_NONE;) {
        const struct dj_str paragraph = next_paragraph(text, separator, &from);

        if (paragraph.len > 0) {
            const size_t place = prose->nparagraphs++;

            prose->paragraphs[place] = (struct dj_paragraph){ paragraph, place };
        }
    }
    return DJ_OK;
}

/* By text, then by place. */
static int compare(const void *a, const void *b)
{
    const struct dj_paragraph *const *x = a;
    const struct dj_paragraph *const *y = b;
    const int order = dj_str_compare((*x)->text, (*y)->text);

    return order != 0 ? order : (*x > *y) - (*x < *y);
}

/* Tells each paragraph which is the first one like it. */
static enum dj_status find_same(struct dj_arena *arena, struct dj_prose *prose)
{
    const size_t count = prose->nparagraphs;
    struct dj_paragraph **order = dj_arena_alloc(arena, (count + 1) * sizeof(*order));

    if (order == NULL) {
        return DJ_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        order[i] = &prose->paragraphs[i];
    }
    qsort((void *)order, count, sizeof(*order), compare);
    for (size_t i = 1; i < count; i++) {
        if (dj_str_equal(order[i]->text, order[i - 1]->text)) {
            order[i]->same = order[i - 1]->same;
        }
    }
    return DJ_OK;
}

/* --- citations -----------------------------------------------------------------------
 */

/* The braces behind a command at this place, behind its backslash; false: no command. */
static bool read_citation(struct dj_str text, size_t at, struct dj_str command,
                          struct tex_memo *braces, struct dj_str *labels)
{
    size_t end;

    if (!tex_has(text, at, command) || !tex_has(text, at + command.len, DJ_STR("{"))) {
        return false;
    }
    at += command.len + 1;
    end = tex_find_next(text, at, '}', braces);
    if (end != TEX_NONE) {
        *labels = tex_part(text, at, end);
    }
    return end != TEX_NONE;
}

/* Notes the citations, or, without room for them, counts them. */
static void find_citations(struct dj_prose *prose, const struct dj_str *commands,
                           size_t ncommands)
{
    prose->ncitations = 0;
    for (size_t i = 0; i < prose->nparagraphs; i++) {
        const struct dj_str text = prose->paragraphs[i].text;
        struct tex_memo braces = { .known = false };
        size_t at = 0;

        while ((at = tex_find_byte(text, at, '\\')) != TEX_NONE) {
            at++;
            for (size_t k = 0; k < ncommands; k++) {
                struct dj_str labels;

                if (!read_citation(text, at, commands[k], &braces, &labels)) {
                    continue;
                }
                if (prose->citations != NULL) {
                    prose->citations[prose->ncitations] =
                        (struct dj_citation){ i, labels };
                }
                prose->ncitations++;
            }
        }
    }
}

enum dj_status dj_prose_read(struct dj_str text, struct dj_str separator,
                             const struct dj_str *commands, size_t ncommands,
                             struct dj_arena *arena, struct dj_prose *prose)
{
    struct dj_str rest;

    *prose = (struct dj_prose){ .nparagraphs = 0 };
    DJ_TRY(strip(text, arena, &rest));
    DJ_TRY(split(rest, separator, arena, prose));
    DJ_TRY(find_same(arena, prose));
    find_citations(prose, commands, ncommands);
    prose->citations =
        dj_arena_alloc(arena, (prose->ncitations + 1) * sizeof(*prose->citations));
    if (prose->citations == NULL) {
        return DJ_NOMEM;
    }
    find_citations(prose, commands, ncommands);
    return DJ_OK;
}

/* A label begins at the beginning, or behind a comma and blanks. */
static bool may_begin(struct dj_str labels, size_t at)
{
    size_t comma = at;

    while (comma > 0 && labels.ptr[comma - 1] != ',') {
        comma--;
    }
    return at == 0 || (comma > 0 && tex_skip_space(labels, comma) >= at);
}

bool dj_citation_names(const struct dj_citation *citation, struct dj_str label)
{
    const struct dj_str labels = citation->labels;
    size_t at = 0;

    while ((at = tex_find(labels, at, label)) != TEX_NONE) {
        const size_t behind = tex_skip_space(labels, at + label.len);

        if (may_begin(labels, at) &&
            (behind == labels.len || labels.ptr[behind] == ',')) {
            return true;
        }
        at++;
    }
    return false;
}

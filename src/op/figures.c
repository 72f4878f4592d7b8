/*
 * Figures of a LaTeX document: environments, in them subfigures of three kinds or
 * minipages, and of each caption, label and images. Subfigures come by kind, not in the
 * order of the text, as in Data-Juicer.
 */
#include "dj/figures.h"

#include "dj/text.h"
#include "op/tex_scan.h"

/* A subfigure in the text of its figure. */
struct sub {
    size_t begin, end; /* of all of it */
    struct dj_str caption, content;
    struct sub *next;
};

/* The figure in work. */
struct work {
    struct dj_arena *arena;
    struct dj_figures *figures;
    struct dj_str text; /* of its environment */
    struct sub *first, *last;
};

/* --- captions, labels, images --------------------------------------------------------
 */

/* Words of a command that may have "*" and "[...]" before its braces. */
struct command {
    struct dj_str word;
    bool star;
};

/* What the braces of the first such command hold; false: there is none. */
static bool find_argument(struct dj_str text, const struct tex_braces *braces,
                          const struct command *command, struct dj_str *argument)
{
    struct tex_memo brackets = { .known = false };
    size_t at = 0;

    while ((at = tex_find(text, at, command->word)) != TEX_NONE) {
        size_t open, close;

        at += command->word.len;
        open = at + (command->star && tex_has(text, at, DJ_STR("*")));
        open = tex_skip_option(text, open, &brackets);
        close = tex_braces_close(braces, open);
        if (close != TEX_NONE) {
            *argument = tex_part(text, open + 1, close);
            return true;
        }
    }
    return false;
}

static enum dj_status find_caption(struct dj_arena *arena, struct dj_str text,
                                   struct dj_str *caption)
{
    static const struct command commands[] = {
        { { "\\caption", 8 }, true },
        { { "\\subcaption", 11 }, false },
        { { "\\captionof{figure}", 18 }, false },
    };
    struct tex_braces braces;

    DJ_TRY(tex_braces_read(text, arena, &braces));
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (find_argument(text, &braces, &commands[i], caption)) {
            *caption = dj_text_strip(*caption);
            return DJ_OK;
        }
    }
    *caption = DJ_STR("");
    return DJ_OK;
}

/* A table is no figure. */
static enum dj_status find_table(struct dj_arena *arena, struct dj_str text, bool *found)
{
    static const struct command command = { { "\\captionof{table}", 17 }, false };
    struct tex_braces braces;
    struct dj_str caption;

    DJ_TRY(tex_braces_read(text, arena, &braces));
    *found = find_argument(text, &braces, &command, &caption);
    return DJ_OK;
}

/* Where something ends that begins here, at the next "}"; TEX_NONE: there is nothing. */
static size_t name_end(struct dj_str text, size_t begin, struct tex_memo *braces)
{
    const size_t end = tex_find_next(text, begin, '}', braces);

    return end == begin ? TEX_NONE : end;
}

static struct dj_str find_label(struct dj_str text)
{
    static const struct dj_str word = { "\\label{", 7 };
    struct tex_memo braces = { .known = false };
    size_t at = 0;

    while ((at = tex_find(text, at, word)) != TEX_NONE) {
        size_t end;

        at += word.len;
        end = name_end(text, at, &braces);
        if (end != TEX_NONE) {
            return dj_text_strip(tex_part(text, at, end));
        }
    }
    return DJ_STR("");
}

static enum dj_status find_images(struct dj_arena *arena, struct dj_str text,
                                  struct dj_image **images)
{
    static const struct dj_str word = { "\\includegraphics", 16 };
    struct tex_memo brackets = { .known = false }, braces = { .known = false };
    size_t at = 0;

    *images = NULL;
    while ((at = tex_find(text, at, word)) != TEX_NONE) {
        struct dj_image *image;
        size_t open, end;

        at += word.len;
        open = tex_skip_option(text, at, &brackets);
        end = tex_has(text, open, DJ_STR("{")) ? name_end(text, open + 1, &braces)
                                               : TEX_NONE;
        if (end == TEX_NONE) {
            continue;
        }
        image = dj_arena_alloc(arena, sizeof(*image));
        if (image == NULL) {
            return DJ_NOMEM;
        }
        *image =
            (struct dj_image){ .path = dj_text_strip(tex_part(text, open + 1, end)) };
        *images = image;
        images = &image->next;
        at = end + 1;
    }
    return DJ_OK;
}

static struct dj_figure *new_figure(struct dj_arena *arena)
{
    struct dj_figure *figure = dj_arena_alloc(arena, sizeof(*figure));

    if (figure != NULL) {
        *figure = (struct dj_figure){ .caption = DJ_STR("") };
    }
    return figure;
}

/* Adds what is in this text; nothing when it has no image. */
static enum dj_status add_figure(struct work *work, struct dj_str text,
                                 const struct dj_str *caption,
                                 const struct dj_figure *parent)
{
    struct dj_image *images;
    struct dj_figure *figure;

    DJ_TRY(find_images(work->arena, text, &images));
    if (images == NULL) {
        return DJ_OK;
    }
    figure = new_figure(work->arena);
    if (figure == NULL) {
        return DJ_NOMEM;
    }
    figure->images = images;
    figure->parent = parent;
    figure->label = find_label(text);
    if (caption != NULL) {
        figure->caption = *caption;
    } else {
        DJ_TRY(find_caption(work->arena, text, &figure->caption));
    }
    if (work->figures->first == NULL) {
        work->figures->first = figure;
    } else {
        work->figures->last->next = figure;
    }
    work->figures->last = figure;
    return DJ_OK;
}

/* --- subfigures -----------------------------------------------------------------------
 */

static enum dj_status add_sub(struct work *work, const struct sub *sub)
{
    struct sub *copy = dj_arena_alloc(work->arena, sizeof(*copy));

    if (copy == NULL) {
        return DJ_NOMEM;
    }
    *copy = *sub;
    copy->next = NULL;
    if (work->first == NULL) {
        work->first = copy;
    } else {
        work->last->next = copy;
    }
    work->last = copy;
    return DJ_OK;
}

static enum dj_status find_sub_environments(struct work *work)
{
    static const struct dj_str name = { "subfigure", 9 };
    struct tex_walk walk;
    struct tex_env env = { .end = 0 };

    tex_walk_init(&walk, work->text, &name, 1, true);
    while (tex_walk_next(&walk, env.end, &env)) {
        struct sub sub = { .begin = env.begin, .end = env.end };

        sub.content = tex_part(work->text, env.begin, env.end);
        DJ_TRY(find_caption(work->arena, sub.content, &sub.caption));
        DJ_TRY(add_sub(work, &sub));
    }
    return DJ_OK;
}

/*
 * \subfigure or \subfloat behind its backslash, with "[caption]" or without; sub->end is
 * 0 when none stands here.
 */
static void read_command(struct dj_str text, size_t at, const struct tex_braces *braces,
                         struct tex_memo *brackets, bool captioned, struct sub *sub)
{
    size_t open, close;

    sub->end = 0;
    if (tex_has(text, at, DJ_STR("subfigure"))) {
        at += 9;
    } else if (tex_has(text, at, DJ_STR("subfloat"))) {
        at += 8;
    } else {
        return;
    }
    open = tex_skip_option(text, at, brackets);
    if (captioned != tex_has(text, at, DJ_STR("[")) || captioned != (open > at)) {
        return;
    }
    sub->caption =
        captioned ? dj_text_strip(tex_part(text, at + 1, open - 1)) : DJ_STR("");
    open = tex_skip_space(text, open);
    close = tex_braces_close(braces, open);
    if (close != TEX_NONE) {
        sub->content = tex_part(text, open + 1, close);
        sub->end = close + 1;
    }
}

static enum dj_status find_sub_commands(struct work *work,
                                        const struct tex_braces *braces, bool captioned)
{
    struct tex_memo brackets = { .known = false };
    size_t at = 0;

    while ((at = tex_find_byte(work->text, at, '\\')) != TEX_NONE) {
        struct sub sub = { .begin = at };

        read_command(work->text, at + 1, braces, &brackets, captioned, &sub);
        if (sub.end > 0) {
            DJ_TRY(add_sub(work, &sub));
        }
        at = sub.end > 0 ? sub.end : at + 1;
    }
    return DJ_OK;
}

/* --- what is outside of subfigures ----------------------------------------------------
 */

/* A piece of the text that stays. */
struct piece {
    struct dj_str text;
    struct piece *next;
};

static enum dj_status push_piece(struct work *work, struct piece **first,
                                 struct dj_str text)
{
    struct piece *piece = dj_arena_alloc(work->arena, sizeof(*piece));

    if (piece == NULL) {
        return DJ_NOMEM;
    }
    *piece = (struct piece){ text, *first };
    *first = piece;
    return DJ_OK;
}

/* Takes so many characters away, from the first piece on. */
static void drop_characters(struct piece **first, size_t count)
{
    while (*first != NULL && count > 0) {
        struct dj_str *text = &(*first)->text;
        const size_t bytes = dj_utf8_offset(*text, count);

        count -= bytes < text->len ? count : dj_utf8_length(*text);
        *text = tex_part(*text, bytes, text->len);
        if (text->len == 0) {
            *first = (*first)->next;
        }
    }
}

/* The list with the last beginning first; each place in the text begins one at most. */
static struct sub *by_place(struct sub *list)
{
    struct sub *halves[2] = { NULL, NULL };
    struct sub *sorted = NULL, **end = &sorted;
    size_t turn = 0;

    if (list == NULL || list->next == NULL) {
        return list;
    }
    for (struct sub *next; list != NULL; list = next, turn = 1 - turn) {
        next = list->next;
        list->next = halves[turn];
        halves[turn] = list;
    }
    halves[0] = by_place(halves[0]);
    halves[1] = by_place(halves[1]);
    while (halves[0] != NULL && halves[1] != NULL) {
        const size_t later = halves[0]->begin < halves[1]->begin;

        *end = halves[later];
        end = &halves[later]->next;
        halves[later] = halves[later]->next;
    }
    *end = halves[0] != NULL ? halves[0] : halves[1];
    return sorted;
}

/*
 * The text without its subfigures, which are cut out from the last to the first by their
 * places in the whole text. Where one is within another the outer one's end is no longer
 * its own then, and more goes: Data-Juicer's mistake, counted in characters.
 */
static enum dj_status cut_subs(struct work *work, struct dj_str *outside)
{
    const struct dj_str text = work->text;
    struct piece *first = NULL;
    size_t from = text.len, len = 0;
    char *out;

    for (const struct sub *sub = by_place(work->first); sub != NULL; sub = sub->next) {
        DJ_TRY(push_piece(work, &first, tex_part(text, sub->begin, from)));
        drop_characters(&first, dj_utf8_length(tex_part(text, sub->begin, sub->end)));
        from = sub->begin;
    }
    DJ_TRY(push_piece(work, &first, tex_part(text, 0, from)));
    for (const struct piece *piece = first; piece != NULL; piece = piece->next) {
        len += piece->text.len;
    }
    out = dj_arena_alloc(work->arena, len + DJ_PADDING);
    if (out == NULL) {
        return DJ_NOMEM;
    }
    *outside = (struct dj_str){ out, len };
    for (const struct piece *piece = first; piece != NULL; piece = piece->next) {
        memcpy(out, piece->text.ptr, piece->text.len);
        out += piece->text.len;
    }
    return DJ_OK;
}

/* --- figures --------------------------------------------------------------------------
 */

static enum dj_status add_subs(struct work *work)
{
    struct dj_figure *parent = new_figure(work->arena);
    struct dj_str outside;

    if (parent == NULL) {
        return DJ_NOMEM;
    }
    for (const struct sub *sub = work->first; sub != NULL; sub = sub->next) {
        DJ_TRY(add_figure(work, sub->content, &sub->caption, parent));
    }
    DJ_TRY(cut_subs(work, &outside));
    parent->label = find_label(outside);
    return find_caption(work->arena, outside, &parent->caption);
}

/* Minipages are figures of their own when there are two or more; *several tells so. */
static enum dj_status add_minipages(struct work *work, bool *several)
{
    static const struct dj_str name = { "minipage", 8 };
    struct tex_walk walk;
    struct tex_env env = { .end = 0 };

    tex_walk_init(&walk, work->text, &name, 1, true);
    *several = tex_walk_next(&walk, 0, &env) && tex_walk_next(&walk, env.end, &env);
    env.end = 0;
    while (*several && tex_walk_next(&walk, env.end, &env)) {
        const struct dj_str body = tex_part(work->text, env.body, env.body_end);
        bool table;

        DJ_TRY(find_table(work->arena, body, &table));
        if (!table) {
            DJ_TRY(add_figure(work, body, NULL, NULL));
        }
    }
    return DJ_OK;
}

static enum dj_status read_figure(struct work *work)
{
    struct tex_braces braces;
    bool several;

    work->first = NULL;
    DJ_TRY(find_sub_environments(work));
    DJ_TRY(tex_braces_read(work->text, work->arena, &braces));
    DJ_TRY(find_sub_commands(work, &braces, true));
    DJ_TRY(find_sub_commands(work, &braces, false));
    if (work->first != NULL) {
        return add_subs(work);
    }
    DJ_TRY(add_minipages(work, &several));
    return several ? DJ_OK : add_figure(work, work->text, NULL, NULL);
}

enum dj_status dj_figures_find(struct dj_str text, struct dj_arena *arena,
                               struct dj_figures *figures)
{
    static const struct dj_str names[] = { { "figure", 6 },
                                           { "figure*", 7 },
                                           { "wrapfigure", 10 } };
    struct work work = { .arena = arena, .figures = figures };
    struct tex_walk walk;
    struct tex_env env = { .end = 0 };

    *figures = (struct dj_figures){ NULL, NULL };
    tex_walk_init(&walk, text, names, sizeof(names) / sizeof(names[0]), true);
    while (tex_walk_next(&walk, env.end, &env)) {
        work.text = tex_part(text, env.begin, env.end);
        DJ_TRY(read_figure(&work));
    }
    return DJ_OK;
}

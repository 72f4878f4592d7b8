/*
 * Pieces of LaTeX, found as Data-Juicer's regular expressions find them, backtracking
 * included, in a time that is in proportion to the text.
 */
#include "op/tex_scan.h"

#include "dj/text.h"

size_t tex_find(struct dj_str text, size_t from, struct dj_str word)
{
    const char *found =
        from > text.len ? NULL
                        : memmem(text.ptr + from, text.len - from, word.ptr, word.len);

    return found == NULL ? TEX_NONE : (size_t)(found - text.ptr);
}

size_t tex_find_byte(struct dj_str text, size_t from, char byte)
{
    const char *found =
        from < text.len ? memchr(text.ptr + from, byte, text.len - from) : NULL;

    return found == NULL ? TEX_NONE : (size_t)(found - text.ptr);
}

bool tex_has(struct dj_str text, size_t at, struct dj_str word)
{
    return at <= text.len && text.len - at >= word.len &&
           memcmp(text.ptr + at, word.ptr, word.len) == 0;
}

size_t tex_skip_space(struct dj_str text, size_t at)
{
    while (at < text.len) {
        const char *next = text.ptr + at;
        const uint32_t c = dj_utf8_next(&next);

        if ((dj_char_class(c) & DJ_CHAR_SPACE) == 0 || (c >= 0x1c && c <= 0x1f)) {
            break;
        }
        at = (size_t)(next - text.ptr);
    }
    return at;
}

size_t tex_find_next(struct dj_str text, size_t from, char byte, struct tex_memo *memo)
{
    if (!tex_known(memo, from)) {
        *memo = (struct tex_memo){ .from = from, .known = true };
        memo->at = tex_find_byte(text, from, byte);
    }
    return memo->at;
}

/* Behind open, anything but close, and close; here when that does not stand here. */
static size_t skip_group(struct dj_str text, size_t at, char open, char close,
                         struct tex_memo *memo)
{
    size_t end;

    if (at >= text.len || text.ptr[at] != open) {
        return at;
    }
    end = tex_find_next(text, at, close, memo);
    return end == TEX_NONE ? at : end + 1;
}

size_t tex_skip_option(struct dj_str text, size_t at, struct tex_memo *memo)
{
    return skip_group(text, at, '[', ']', memo);
}

/* --- environments --------------------------------------------------------------------
 */

/* The next \end{name}; the end of the braces is at memo->behind. */
static size_t find_end(struct dj_str text, struct dj_str name, size_t from,
                       struct tex_memo *memo)
{
    static const struct dj_str command = { "\\end{", 5 };
    size_t at = from;

    if (tex_known(memo, from)) {
        return memo->at;
    }
    *memo = (struct tex_memo){ .from = from, .at = TEX_NONE, .known = true };
    while ((at = tex_find(text, at, command)) != TEX_NONE) {
        const size_t close = at + command.len + name.len;

        if (tex_has(text, at + command.len, name) && tex_has(text, close, DJ_STR("}"))) {
            memo->at = at;
            memo->behind = close + 1;
            break;
        }
        at += command.len;
    }
    return memo->at;
}

static size_t find_last_end(struct dj_str text, struct dj_str name)
{
    struct tex_memo memo = { .known = false };
    size_t last = TEX_NONE, at = 0;

    while ((at = find_end(text, name, at, &memo)) != TEX_NONE) {
        last = at++;
    }
    return last;
}

void tex_walk_init(struct tex_walk *walk, struct dj_str text, const struct dj_str *names,
                   size_t count, bool arguments)
{
    *walk = (struct tex_walk){
        .text = text, .names = names, .count = count, .arguments = arguments
    };
    for (size_t i = 0; i < count && arguments; i++) {
        walk->last[i] = find_last_end(text, names[i]);
    }
}

/* Behind the arguments at this place, of which none reaches beyond most. */
static size_t skip_arguments(struct tex_walk *walk, size_t at, size_t most)
{
    const struct dj_str text = walk->text;
    size_t next = tex_skip_option(text, at, &walk->brackets);

    while (next > at && next <= most) {
        at = next;
        next = tex_skip_option(text, at, &walk->brackets);
    }
    next = skip_group(text, at, '{', '}', &walk->braces);
    while (next > at && next <= most) {
        at = next;
        next = skip_group(text, at, '{', '}', &walk->braces);
    }
    return at;
}

/* The body that begins at this place, or behind as many arguments as leave it an end. */
static bool find_body(struct tex_walk *walk, size_t name, size_t at, struct tex_env *env)
{
    struct tex_memo *memo = &walk->ends[name];

    env->body = at;
    if (walk->arguments) {
        if (walk->last[name] == TEX_NONE || walk->last[name] < at) {
            return false;
        }
        env->body = skip_arguments(walk, at, walk->last[name]);
    }
    env->body_end = find_end(walk->text, walk->names[name], env->body, memo);
    env->end = memo->behind;
    return env->body_end != TEX_NONE;
}

bool tex_walk_next(struct tex_walk *walk, size_t from, struct tex_env *env)
{
    static const struct dj_str command = { "\\begin{", 7 };
    const struct dj_str text = walk->text;
    size_t at = from;

    while ((at = tex_find(text, at, command)) != TEX_NONE) {
        env->begin = at;
        at += command.len;
        for (size_t i = 0; i < walk->count; i++) {
            const size_t close = at + walk->names[i].len;

            if (tex_has(text, at, walk->names[i]) && tex_has(text, close, DJ_STR("}")) &&
                find_body(walk, i, close + 1, env)) {
                return true;
            }
        }
    }
    return false;
}

/* --- braces ---------------------------------------------------------------------------
 */

enum dj_status tex_braces_read(struct dj_str text, struct dj_arena *arena,
                               struct tex_braces *braces)
{
    size_t count = 0, depth = 0;
    size_t *stack;

    for (size_t i = 0; i < text.len; i++) {
        count += text.ptr[i] == '{';
    }
    braces->count = 0;
    braces->opens = dj_arena_alloc(arena, count * sizeof(size_t));
    braces->closes = dj_arena_alloc(arena, count * sizeof(size_t));
    stack = dj_arena_alloc(arena, count * sizeof(size_t));
    if (braces->opens == NULL || braces->closes == NULL || stack == NULL) {
        return DJ_NOMEM;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '{') {
            stack[depth++] = braces->count;
            braces->opens[braces->count] = i;
            braces->closes[braces->count++] = TEX_NONE;
        } else if (text.ptr[i] == '}' && depth > 0) {
            braces->closes[stack[--depth]] = i;
        }
    }
    return DJ_OK;
}

size_t tex_braces_close(const struct tex_braces *braces, size_t at)
{
    size_t low = 0, width = braces->count;

    while (width > 0) {
        const size_t half = width / 2;

        if (braces->opens[low + half] < at) {
            low += half + 1;
            width -= half + 1;
        } else {
            width = half;
        }
    }
    return low < braces->count && braces->opens[low] == at ? braces->closes[low]
                                                           : TEX_NONE;
}

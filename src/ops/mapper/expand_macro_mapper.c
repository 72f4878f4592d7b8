/*
 * expand_macro_mapper: puts the values of TeX macros without arguments in their places:
 * of those that end their line, \newcommand{\name}{value} (or \newcommand*) first, then
 * \def\name{value}. They are put in one after the other, in the order of the first
 * definition of each name, the last one's value; so a value may bring in a macro that
 * comes later, none that came before. Data-Juicer's mistakes are kept: the definitions
 * are rewritten too; a macro at the very end of the text stays, and so does the second
 * of two equal ones without anything between. A text that grows by more than 64 MiB is
 * set aside; Data-Juicer knows no limit.
 */
#include "dj/op.h"

enum { GROWTH_MAX = 64 << 20, KEPT_MAX = 16 << 20 };

struct macro {
    struct dj_str name; /* with its backslash */
    struct dj_str value;
};

struct state {
    struct dj_buf macros;   /* of struct macro; parts of the row's text */
    struct dj_buf texts[2]; /* before and after a macro */
    size_t most;            /* bytes that the row's text may become */
};

static bool is_name_byte(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* The next place from `from` on where the command stands; NULL: none. */
static const char *find(struct dj_str text, size_t from, struct dj_str command)
{
    const char *end = text.ptr + text.len;
    const char *at = text.ptr + from;

    while (at < end) {
        at = memchr(at, '\\', (size_t)(end - at));
        if (at == NULL || (size_t)(end - at) < command.len) {
            return NULL;
        }
        if (memcmp(at, command.ptr, command.len) == 0) {
            return at;
        }
        at++;
    }
    return NULL;
}

/* --- definitions
 * ----------------------------------------------------------------------- */

/* Behind \s* of the regex module. */
static size_t skip_space(struct dj_str text, size_t pos)
{
    while (pos < text.len) {
        const char *next = text.ptr + pos;
        const uint32_t c = dj_utf8_next(&next);

        if ((dj_char_class(c) & DJ_CHAR_SPACE) == 0 || (c >= 0x1c && c <= 0x1f)) {
            break;
        }
        pos = (size_t)(next - text.ptr);
    }
    return pos;
}

/* \\[a-zA-Z0-9]+ at pos; its end, or 0. */
static size_t name_end(struct dj_str text, size_t pos)
{
    const size_t start = pos + 1;

    if (pos >= text.len || text.ptr[pos] != '\\') {
        return 0;
    }
    for (pos = start; pos < text.len && is_name_byte(text.ptr[pos]);) {
        pos++;
    }
    return pos > start ? pos : 0;
}

static bool has(struct dj_str text, size_t pos, char byte)
{
    return pos < text.len && text.ptr[pos] == byte;
}

/* {value} from pos to the end of its line, which is returned; or 0. */
static size_t value_end(struct dj_str text, size_t pos, struct macro *macro)
{
    const char *line_end;
    size_t end = text.len;

    if (!has(text, pos, '{')) {
        return 0;
    }
    pos++;
    line_end = pos < text.len ? memchr(text.ptr + pos, '\n', text.len - pos) : NULL;
    if (line_end != NULL) {
        end = (size_t)(line_end - text.ptr);
    }
    if (end == pos || text.ptr[end - 1] != '}') {
        return 0;
    }
    macro->value = (struct dj_str){ text.ptr + pos, end - 1 - pos };
    return end;
}

/* What follows \newcommand. */
static size_t newcommand_end(struct dj_str text, size_t pos, struct macro *macro)
{
    size_t end;

    pos += has(text, pos, '*');
    end = has(text, pos, '{') ? name_end(text, pos + 1) : 0;
    if (end == 0 || !has(text, end, '}')) {
        return 0;
    }
    macro->name = (struct dj_str){ text.ptr + pos + 1, end - pos - 1 };
    return value_end(text, end + 1, macro);
}

/* What follows \def. */
static size_t def_end(struct dj_str text, size_t pos, struct macro *macro)
{
    size_t end;

    pos = skip_space(text, pos);
    end = name_end(text, pos);
    if (end == 0) {
        return 0;
    }
    macro->name = (struct dj_str){ text.ptr + pos, end - pos };
    return value_end(text, skip_space(text, end), macro);
}

static enum dj_status keep(struct dj_buf *macros, const struct macro *macro)
{
    struct macro *known = (struct macro *)(void *)macros->ptr;

    for (size_t i = 0; i < macros->len / sizeof(*known); i++) {
        if (dj_str_equal(known[i].name, macro->name)) {
            known[i].value = macro->value;
            return DJ_OK;
        }
    }
    return dj_buf_append(macros, (struct dj_str){ (const char *)macro, sizeof(*macro) });
}

typedef size_t rest_fn(struct dj_str text, size_t pos, struct macro *macro);

static enum dj_status collect(struct dj_str text, struct dj_str command, rest_fn *rest,
                              struct dj_buf *macros)
{
    size_t pos = 0;

    while (text.len - pos > command.len) {
        const char *found = find(text, pos, command);
        struct macro macro;
        size_t end;

        if (found == NULL) {
            break;
        }
        pos = (size_t)(found - text.ptr) + command.len;
        end = rest(text, pos, &macro);
        if (end != 0) {
            DJ_TRY(keep(macros, &macro));
            pos = end;
        }
    }
    return DJ_OK;
}

/* --- expansion
 * ----------------------------------------------------------------------- */

/* Appends the text with the macro's value in its places; nothing when it has none. */
static enum dj_status expand(const struct macro *macro, struct dj_str text, size_t most,
                             struct dj_buf *out)
{
    const struct dj_str name = macro->name;
    size_t copied = 0;
    size_t pos = 0;

    while (text.len - pos > name.len) {
        const char *found = find(text, pos, name);
        size_t start;

        if (found == NULL || found + name.len == text.ptr + text.len) {
            break;
        }
        start = (size_t)(found - text.ptr);
        pos = start + name.len;
        if (is_name_byte(text.ptr[pos])) {
            continue;
        }
        DJ_TRY(dj_buf_append(out, (struct dj_str){ text.ptr + copied, start - copied }));
        DJ_TRY(dj_buf_append(out, macro->value));
        copied = pos;
        pos++; /* the character behind the name is part of the match */
        if (out->len > most) {
            return DJ_OP;
        }
    }
    return copied == 0 ? DJ_OK
                       : dj_buf_append(out, (struct dj_str){ text.ptr + copied,
                                                             text.len - copied });
}

static enum dj_status expand_all(struct state *state, struct dj_str *text)
{
    const struct macro *macros = (const struct macro *)(const void *)state->macros.ptr;
    size_t turn = 0;

    for (size_t i = 0; i < state->macros.len / sizeof(*macros); i++) {
        struct dj_buf *out = &state->texts[turn];

        dj_buf_reset(out);
        DJ_TRY(expand(&macros[i], *text, state->most, out));
        if (out->len > 0) {
            *text = dj_buf_str(out);
            turn = 1 - turn;
        }
    }
    return DJ_OK;
}

static enum dj_status process_row(const struct dj_op_call *call, struct dj_batch *batch,
                                  size_t row)
{
    struct state *state = call->state;
    struct dj_str text = dj_batch_text(batch, row);
    enum dj_status status;

    dj_buf_reset(&state->macros);
    DJ_TRY(collect(text, DJ_STR("\\newcommand"), newcommand_end, &state->macros));
    DJ_TRY(collect(text, DJ_STR("\\def"), def_end, &state->macros));
    if (state->macros.len == 0) {
        return DJ_OK;
    }
    state->most = text.len + GROWTH_MAX;
    status = expand_all(state, &text);
    if (status == DJ_OK) {
        status = dj_batch_set_text(batch, row, text);
    } else if (status == DJ_OP) {
        dj_batch_reject(batch, row, "its macros make the text longer by more than %d MiB",
                        GROWTH_MAX >> 20);
        status = DJ_OK;
    }
    for (size_t i = 0; i < 2; i++) {
        if (state->texts[i].cap > KEPT_MAX) {
            dj_buf_release(&state->texts[i]);
        }
    }
    return status;
}

static enum dj_status open_op(const struct dj_op_call *call, void **state)
{
    struct state *made = dj_xmalloc(sizeof(*made));

    (void)call;
    dj_buf_init(&made->macros);
    dj_buf_init(&made->texts[0]);
    dj_buf_init(&made->texts[1]);
    *state = made;
    return DJ_OK;
}

static void close_op(void *state)
{
    struct state *made = state;

    dj_buf_release(&made->macros);
    dj_buf_release(&made->texts[0]);
    dj_buf_release(&made->texts[1]);
    dj_xfree(made);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const enum dj_status status = process_row(call, batch, row);

        if (status == DJ_NOMEM) {
            return dj_fail(call->err, status, "no memory to expand the macros of a text");
        }
        DJ_TRY(status);
    }
    return DJ_OK;
}

const struct dj_op dj_op_expand_macro_mapper = {
    .name = "expand_macro_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Put the values of TeX macros without arguments in their places",
    .cost = DJ_COST_MEDIUM,
    .open = open_op,
    .close = close_op,
    .process = process,
};

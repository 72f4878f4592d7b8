/*
 * Regular expressions: what all parts of the parser read with, names and numbers of
 * groups, and quantifiers.
 */
#include <stdio.h>

#include "dj/text.h"

#include "text/regex_private.h"

enum { REPEAT_MAX = 65535 };

/* --- reading --------------------------------------------------------------------------
 */

enum dj_status dj_rx_refuse(struct dj_rx_parser *p, size_t pos, const char *fmt, ...)
{
    char what[160];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    if (pos > p->src.len) {
        pos = p->src.len;
    }
    return dj_fail(p->err, DJ_CONFIG, "%s at position %zu", what,
                   dj_utf8_length((struct dj_str){ p->src.ptr, pos }));
}

int32_t dj_rx_peek(const struct dj_rx_parser *p)
{
    const char *next = p->src.ptr + p->pos;

    return p->pos < p->src.len ? (int32_t)dj_utf8_next(&next) : DJ_RX_END;
}

int32_t dj_rx_next(struct dj_rx_parser *p)
{
    const char *next = p->src.ptr + p->pos;
    int32_t c;

    if (p->pos >= p->src.len) {
        return DJ_RX_END;
    }
    c = (int32_t)dj_utf8_next(&next);
    p->pos = (size_t)(next - p->src.ptr);
    return c;
}

bool dj_rx_take(struct dj_rx_parser *p, char c)
{
    if (p->pos < p->src.len && p->src.ptr[p->pos] == c) {
        p->pos++;
        return true;
    }
    return false;
}

bool dj_rx_take_word(struct dj_rx_parser *p, const char *word)
{
    const size_t len = strlen(word);

    if (len > p->src.len - p->pos || memcmp(p->src.ptr + p->pos, word, len) != 0) {
        return false;
    }
    p->pos += len;
    return true;
}

static bool is_blank(const struct dj_rx_parser *p, int32_t c)
{
    if (c == DJ_RX_END) {
        return false;
    }
    if (p->flavor == DJ_REGEX_RE) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }
    return (dj_char_class((uint32_t)c) & DJ_CHAR_SPACE) != 0;
}

void dj_rx_skip(struct dj_rx_parser *p)
{
    while ((p->flags & DJ_RX_VERBOSE) != 0) {
        const int32_t c = dj_rx_peek(p);

        if (is_blank(p, c)) {
            (void)dj_rx_next(p);
        } else if (c == '#') {
            while (p->pos < p->src.len && p->src.ptr[p->pos] != '\n') {
                p->pos++;
            }
        } else {
            break;
        }
    }
}

/* In regex blanks of a verbose pattern may stand inside of a construct too. */
static void skip_inside(struct dj_rx_parser *p)
{
    if (p->flavor == DJ_REGEX_REGEX) {
        dj_rx_skip(p);
    }
}

bool dj_rx_number(struct dj_rx_parser *p, unsigned base, size_t max, uint32_t *value)
{
    const size_t start = p->pos;
    uint64_t sum = 0;

    while (p->pos < p->src.len && (max == 0 || p->pos - start < max)) {
        const char c = p->src.ptr[p->pos];
        unsigned digit;

        if (c >= '0' && c <= '9') {
            digit = (unsigned)(c - '0');
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            digit = (unsigned)((c | 0x20) - 'a') + 10;
        } else {
            break;
        }
        if (digit >= base) {
            break;
        }
        sum = sum * base + digit;
        if (sum > UINT32_MAX) {
            sum = UINT32_MAX;
        }
        p->pos++;
    }
    *value = (uint32_t)sum;
    return p->pos > start;
}

struct dj_rx_style dj_rx_style_of(struct dj_rx_parser *p)
{
    return (struct dj_rx_style){ p->flavor, p->form, (p->flags & DJ_RX_ASCII_FLAG) != 0,
                                 p->classes };
}

void dj_rx_want_case(struct dj_rx_parser *p, bool caseless)
{
    if (p->caseless != caseless) {
        dj_rx_puts(&p->program->text, caseless ? "(?i)" : "(?-i)");
        p->caseless = caseless;
    }
}

void dj_rx_note_place(struct dj_rx_parser *p, size_t src)
{
    struct dj_rx_program *program = p->program;

    if (program->nplaces == program->cplaces) {
        program->cplaces = program->cplaces * 2 + 32;
        program->places =
            dj_xrealloc(program->places, program->cplaces * sizeof(struct dj_rx_place));
    }
    program->places[program->nplaces++] = (struct dj_rx_place){ program->text.len, src };
}

/* --- groups by name and number
 * ---------------------------------------------------------- */

size_t dj_rx_name_find(const struct dj_rx_names *names, struct dj_str name)
{
    for (size_t i = 0; names != NULL && i < names->count; i++) {
        if (dj_str_equal(names->items[i].text, name)) {
            return names->items[i].group;
        }
    }
    return 0;
}

enum dj_status dj_rx_read_name(struct dj_rx_parser *p, char terminator,
                               struct dj_str *name, size_t *number)
{
    const size_t start = p->pos;
    bool digits = true;
    bool good = true;
    uint32_t value;

    while (p->pos < p->src.len && p->src.ptr[p->pos] != terminator) {
        const char c = p->src.ptr[p->pos];
        const bool digit = c >= '0' && c <= '9';

        digits = digits && digit;
        good = good && (digit || c == '_' || (c & 0x80) != 0 ||
                        ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'));
        p->pos++;
    }
    if (p->pos >= p->src.len) {
        return dj_rx_refuse(p, start, "missing %c after the name of a group", terminator);
    }
    *name = (struct dj_str){ p->src.ptr + start, p->pos - start };
    if (name->len == 0) {
        return dj_rx_refuse(p, start, "missing group name");
    }
    *number = 0;
    if (digits) {
        p->pos = start;
        (void)dj_rx_number(p, 10, 0, &value);
        *number = value;
        good = value > 0;
    } else {
        good = good && !(name->ptr[0] >= '0' && name->ptr[0] <= '9');
    }
    p->pos++;
    return good ? DJ_OK : dj_rx_refuse(p, start, "bad character in group name");
}

static bool is_open(const struct dj_rx_parser *p, size_t group)
{
    for (size_t i = 0; i < p->nopen; i++) {
        if (p->open[i] == group) {
            return true;
        }
    }
    return false;
}

/* A group that is called or asked for; it may be open and may come later. */
enum dj_status dj_rx_find_any_group(struct dj_rx_parser *p, struct dj_str name,
                                    size_t number, size_t pos, size_t *group)
{
    *group = number;
    if (number == 0) {
        *group = dj_rx_name_find(&p->program->names, name);
        if (*group == 0 && p->known == NULL && p->flavor == DJ_REGEX_REGEX) {
            p->forward = true; /* the second pass will know */
            *group = SIZE_MAX;
        } else if (*group == 0) {
            *group = dj_rx_name_find(p->known, name);
        }
        if (*group == 0) {
            return dj_rx_refuse(p, pos, "unknown group name \"%.*s\"",
                                name.len > 80 ? 80 : (int)name.len, name.ptr);
        }
    }
    if (*group > p->top_group) {
        p->top_group = *group;
        p->top_group_pos = pos;
    }
    return DJ_OK;
}

enum dj_status dj_rx_find_group(struct dj_rx_parser *p, struct dj_str name, size_t number,
                                size_t pos, size_t *group)
{
    DJ_TRY(dj_rx_find_any_group(p, name, number, pos, group));
    if (is_open(p, *group)) {
        return dj_rx_refuse(p, pos, "cannot refer to an open group");
    }
    if (p->flavor == DJ_REGEX_RE && *group > p->program->ngroups) {
        return dj_rx_refuse(p, pos, "invalid group reference %zu", *group);
    }
    return DJ_OK;
}

/* --- quantifiers
 * ------------------------------------------------------------------------ */

/* Behind "{"; false, and nothing read, when it is not a quantifier. */
static bool braces(struct dj_rx_parser *p, uint32_t *min, uint32_t *max, bool *endless)
{
    const size_t start = p->pos;
    bool has_min;

    skip_inside(p);
    has_min = dj_rx_number(p, 10, 0, min);
    skip_inside(p);
    if (dj_rx_take(p, ',')) {
        skip_inside(p);
        *endless = !dj_rx_number(p, 10, 0, max);
        skip_inside(p);
    } else {
        *max = *min;
        *endless = false;
        if (!has_min) {
            p->pos = start;
            return false;
        }
    }
    if (!dj_rx_take(p, '}')) {
        p->pos = start;
        return false;
    }
    return true;
}

/* Behind "{": would regex read a fuzzy constraint here, like {e<=1} or {2i+1d<4}? */
static bool looks_fuzzy(struct dj_rx_parser *p)
{
    const size_t start = p->pos;
    uint32_t ignored;
    bool digits, compared, fuzzy;
    int32_t c;

    if (p->flavor != DJ_REGEX_REGEX) {
        return false;
    }
    dj_rx_skip(p);
    digits = dj_rx_number(p, 10, 0, &ignored);
    dj_rx_skip(p);
    compared = digits && dj_rx_take(p, '<');
    (void)(compared && dj_rx_take(p, '='));
    dj_rx_skip(p);
    c = dj_rx_next(p);
    fuzzy = c == 'd' || c == 'i' || c == 's' || (c == 'e' && (!digits || compared));
    if (fuzzy && digits) {
        dj_rx_skip(p);
        c = dj_rx_peek(p);
        fuzzy = c == '<' || (c == '+' && !compared);
    }
    p->pos = start;
    return fuzzy;
}

static enum dj_status write_braces(struct dj_rx_parser *p, size_t at, uint32_t min,
                                   uint32_t max, bool endless)
{
    struct dj_rx_text *out = &p->program->text;

    if (!endless && max < min) {
        return dj_rx_refuse(p, at, "min repeat greater than max repeat");
    }
    if (min > REPEAT_MAX || (!endless && max > REPEAT_MAX)) {
        return dj_rx_refuse(p, at, "more than %d repeats", REPEAT_MAX);
    }
    if (endless) {
        dj_rx_printf(out, "{%u,}", min);
    } else if (min == max) {
        dj_rx_printf(out, "{%u}", min);
    } else {
        dj_rx_printf(out, "{%u,%u}", min, max);
    }
    return DJ_OK;
}

/* A quantifier for what was written from `from` on; c is its first character. */
enum dj_status dj_rx_quantifier(struct dj_rx_parser *p, int32_t c, size_t at, size_t from,
                                enum dj_rx_atom *atom)
{
    struct dj_rx_text *out = &p->program->text;
    uint32_t min = 0, max = 0;
    bool endless = false;

    if (c == '{' && !braces(p, &min, &max, &endless)) {
        if (looks_fuzzy(p)) {
            return dj_rx_refuse(p, at, "fuzzy matching is not supported, write \\{");
        }
        dj_rx_note_place(p, at);
        *atom = DJ_RX_ITEM;
        return dj_rx_literal(p, '{', at);
    }
    if (*atom == DJ_RX_REPEAT) {
        return dj_rx_refuse(p, at, "multiple repeat");
    }
    if (*atom == DJ_RX_NOTHING || (*atom == DJ_RX_ANCHOR && p->flavor == DJ_REGEX_RE)) {
        return dj_rx_refuse(p, at, "nothing to repeat");
    }
    if (*atom == DJ_RX_ANCHOR) {
        dj_rx_insert(out, from, "(?:");
        dj_rx_puts(out, ")");
    }
    if (c == '{') {
        DJ_TRY(write_braces(p, at, min, max, endless));
    } else {
        const char sign = (char)c;

        dj_rx_put(out, &sign, 1);
    }
    skip_inside(p);
    if (dj_rx_take(p, '?')) {
        dj_rx_puts(out, "?");
    } else if (dj_rx_take(p, '+')) {
        dj_rx_puts(out, "+");
        p->program->atomic = true;
    }
    *atom = DJ_RX_REPEAT;
    return DJ_OK;
}

/*
 * Regular expressions: sequences, quantifiers and groups of Python's dialect, and
 * the translation as a whole. Flags are written out: "." and "$" become what PCRE2
 * calls so with all of PCRE2_DOTALL and PCRE2_MULTILINE set, names become numbers.
 */
#include "dj/text.h"

#include "text/regex_private.h"

/* --- putting it together
 * ------------------------------------------------------------------ */

/* One item; c is its first character, which stood at `at`. */
static enum dj_status item(struct dj_rx_parser *p, int32_t c, size_t at, bool first,
                           enum dj_rx_atom *atom)
{
    struct dj_rx_text *out = &p->program->text;

    switch (c) {
    case '\\':
        return dj_rx_escape(p, at, atom);
    case '(':
        if (dj_rx_take(p, '?')) {
            return dj_rx_special_group(p, at, first, atom);
        }
        *atom = DJ_RX_ITEM;
        if (p->flavor == DJ_REGEX_REGEX && p->pos + 1 < p->src.len &&
            p->src.ptr[p->pos] == '*' && (p->src.ptr[p->pos + 1] | 0x20) >= 'a' &&
            (p->src.ptr[p->pos + 1] | 0x20) <= 'z') {
            p->pos++;
            return dj_rx_verb(p, at);
        }
        return dj_rx_capture(p, NULL, at);
    case '[':
        *atom = DJ_RX_ITEM;
        return dj_rx_bracket(p, at);
    case '.':
        *atom = DJ_RX_ITEM;
        dj_rx_puts(out, (p->flags & DJ_REGEX_DOTALL) != 0 ? "." : "\\N");
        return DJ_OK;
    case '^':
        *atom = DJ_RX_ANCHOR;
        dj_rx_puts(out, (p->flags & DJ_REGEX_MULTILINE) != 0 ? "^" : "\\A");
        return DJ_OK;
    case '$':
        *atom = DJ_RX_ANCHOR;
        dj_rx_puts(out, (p->flags & DJ_REGEX_MULTILINE) != 0 ? "$" : "\\Z");
        return DJ_OK;
    default:
        *atom = DJ_RX_ITEM;
        return dj_rx_literal(p, (uint32_t)c, at);
    }
}

enum dj_status dj_rx_sequence(struct dj_rx_parser *p)
{
    enum dj_rx_atom atom = DJ_RX_NOTHING;
    size_t from = p->program->text.len;

    for (;;) {
        size_t at;
        int32_t c;

        dj_rx_skip(p);
        at = p->pos;
        c = dj_rx_peek(p);
        if (c == DJ_RX_END || c == ')' || c == '|') {
            return DJ_OK;
        }
        (void)dj_rx_next(p);
        if (c == '*' || c == '+' || c == '?' || c == '{') {
            DJ_TRY(dj_rx_quantifier(p, c, at, from, &atom));
            continue;
        }
        if (c == '(' && p->pos + 1 < p->src.len && p->src.ptr[p->pos] == '?' &&
            p->src.ptr[p->pos + 1] == '#') {
            p->pos += 2;
            DJ_TRY(dj_rx_comment(p, at)); /* the item before it may still be repeated */
            continue;
        }
        from = p->program->text.len;
        dj_rx_note_place(p, at);
        DJ_TRY(item(p, c, at, p->program->text.len == 0, &atom));
    }
}

enum dj_status dj_rx_alternatives(struct dj_rx_parser *p)
{
    for (;;) {
        DJ_TRY(dj_rx_sequence(p));
        if (!dj_rx_take(p, '|')) {
            return DJ_OK;
        }
        dj_rx_puts(&p->program->text, "|");
        p->program->branches = p->program->branches || p->depth > 0;
    }
}

static enum dj_status whole(struct dj_rx_parser *p)
{
    struct dj_rx_program *program = p->program;

    DJ_TRY(dj_rx_alternatives(p));
    if (p->pos < p->src.len) {
        return dj_rx_refuse(p, p->pos, "unbalanced parenthesis");
    }
    if (p->top_group > program->ngroups && !p->forward) {
        return dj_rx_refuse(p, p->top_group_pos, "invalid group reference %zu",
                            p->top_group);
    }
    if (p->word) {
        struct dj_rx_set set = { 0 };

        dj_rx_note_place(p, p->src.len);
        dj_rx_want_case(p, false);
        dj_rx_puts(&program->text, "(?(DEFINE)(?<dj_word>");
        p->flags &= ~(unsigned)DJ_RX_ASCII_FLAG;
        dj_rx_set_class(&set, DJ_RX_WORD, false, dj_rx_style_of(p));
        dj_rx_set_write(&set, &program->text, &program->utf);
        dj_rx_set_release(&set);
        dj_rx_puts(&program->text, "))");
    }
    return DJ_OK;
}

void dj_rx_program_wrap(struct dj_rx_program *program, const char *before,
                        const char *after)
{
    dj_rx_insert(&program->text, 0, before);
    dj_rx_puts(&program->text, after);
    for (size_t i = 0; i < program->nplaces; i++) {
        program->places[i].out += strlen(before);
    }
}

void dj_rx_program_release(struct dj_rx_program *program)
{
    dj_xfree(program->text.ptr);
    dj_xfree(program->places);
    dj_xfree(program->names.items);
    *program = (struct dj_rx_program){ 0 };
}

enum dj_status dj_rx_translate(struct dj_str pattern, enum dj_regex_flavor flavor,
                               unsigned flags, enum dj_rx_form form,
                               struct dj_rx_program *program, struct dj_error *err)
{
    struct dj_rx_names names = { 0 };
    enum dj_status status = DJ_OK;
    bool again = true;

    /* A second pass only when a name is used before its group. */
    for (int pass = 0; pass < 2 && again && status == DJ_OK; pass++) {
        struct dj_rx_parser p = {
            .src = pattern,
            .flavor = flavor,
            .form = form,
            .flags = flags,
            .known = pass == 0 ? NULL : &names,
            .program = program,
            .err = err,
        };

        *program = (struct dj_rx_program){ 0 };
        status = whole(&p);
        again = p.forward;
        dj_xfree(p.open);
        for (size_t i = 0; i < DJ_RX_CLASSES; i++) {
            dj_rx_ranges_release(&p.classes[i]);
        }
        if (pass == 0 && again && status == DJ_OK) {
            names = program->names;
            program->names = (struct dj_rx_names){ 0 };
        }
        if (status != DJ_OK || (pass == 0 && again)) {
            dj_rx_program_release(program);
        }
    }
    dj_xfree(names.items);
    return status;
}

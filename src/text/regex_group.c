/* Regular expressions: what begins with a bracket, of Python's dialect. */
#include "text/regex_private.h"

enum { DEPTH_MAX = 200 };

/* --- groups
 * ------------------------------------------------------------------------------ */

/* What a group begins and its end undoes. */
struct scope {
    unsigned flags;
    bool caseless;
};

static enum dj_status enter(struct dj_rx_parser *p, size_t at, struct scope *scope)
{
    *scope = (struct scope){ p->flags, p->caseless };
    if (++p->depth > DEPTH_MAX) {
        return dj_rx_refuse(p, at, "groups are nested too deep");
    }
    return DJ_OK;
}

static enum dj_status leave(struct dj_rx_parser *p, size_t at, struct scope scope)
{
    if (!dj_rx_take(p, ')')) {
        return dj_rx_refuse(p, at, "missing ), unterminated subpattern");
    }
    dj_rx_puts(&p->program->text, ")");
    p->depth--;
    p->flags = scope.flags;
    p->caseless = scope.caseless;
    return DJ_OK;
}

/* A group that is none of its own number; start is "(?:", "(?=" or the like. */
static enum dj_status plain_group(struct dj_rx_parser *p, const char *start, size_t at,
                                  unsigned flags)
{
    struct scope scope;

    DJ_TRY(enter(p, at, &scope));
    p->flags = flags;
    if (strcmp(start, "(?>") == 0) {
        p->program->branches = true;
        p->program->atomic = true;
    }
    dj_rx_puts(&p->program->text, start);
    DJ_TRY(dj_rx_alternatives(p));
    return leave(p, at, scope);
}

static enum dj_status add_name(struct dj_rx_parser *p, struct dj_str name, size_t at)
{
    struct dj_rx_names *names = &p->program->names;

    if (dj_rx_name_find(names, name) != 0) {
        return dj_rx_refuse(p, at, "the name of this group is taken");
    }
    names->items =
        dj_xrealloc(names->items, (names->count + 1) * sizeof(struct dj_rx_name));
    names->items[names->count++] = (struct dj_rx_name){ name, p->program->ngroups };
    return DJ_OK;
}

enum dj_status dj_rx_capture(struct dj_rx_parser *p, const struct dj_str *name, size_t at)
{
    struct scope scope;

    DJ_TRY(enter(p, at, &scope));
    p->program->ngroups++;
    if (name != NULL) {
        DJ_TRY(add_name(p, *name, at));
    }
    if (p->nopen == p->copen) {
        p->copen = p->copen * 2 + 8;
        p->open = dj_xrealloc(p->open, p->copen * sizeof(size_t));
    }
    p->open[p->nopen++] = p->program->ngroups;
    dj_rx_puts(&p->program->text, "(");
    DJ_TRY(dj_rx_alternatives(p));
    p->nopen--;
    return leave(p, at, scope);
}

static enum dj_status named_capture(struct dj_rx_parser *p, size_t at)
{
    struct dj_str name;
    size_t number;

    DJ_TRY(dj_rx_read_name(p, '>', &name, &number));
    if (number != 0) {
        return dj_rx_refuse(p, at, "bad character in group name");
    }
    return dj_rx_capture(p, &name, at);
}

/* (?|..|..): the alternatives count their groups from the same number. */
static enum dj_status branch_reset(struct dj_rx_parser *p, size_t at)
{
    const size_t first = p->program->ngroups;
    size_t most = first;
    struct scope scope;

    DJ_TRY(enter(p, at, &scope));
    dj_rx_puts(&p->program->text, "(?|");
    for (;;) {
        DJ_TRY(dj_rx_sequence(p));
        if (p->program->ngroups > most) {
            most = p->program->ngroups;
        }
        if (!dj_rx_take(p, '|')) {
            break;
        }
        dj_rx_puts(&p->program->text, "|");
        p->program->branches = true;
        p->program->ngroups = first;
    }
    p->program->ngroups = most;
    return leave(p, at, scope);
}

/* Behind "(?(": a group that must have matched, or a lookaround. */
static enum dj_status condition(struct dj_rx_parser *p, size_t at)
{
    struct dj_rx_text *out = &p->program->text;
    const size_t start = p->pos;
    struct dj_str name;
    size_t group;

    dj_rx_puts(out, "(?");
    if (p->flavor == DJ_REGEX_REGEX && dj_rx_take_word(p, "?")) {
        static const char *const looks[] = { "=", "!", "<=", "<!" };

        for (size_t i = 0; i < 4; i++) {
            if (dj_rx_take_word(p, looks[i])) {
                char begin[8] = "(?";

                memcpy(begin + 2, looks[i], strlen(looks[i]) + 1);
                return plain_group(p, begin, start, p->flags);
            }
        }
        return dj_rx_refuse(p, start, "expected lookaround conditional");
    }
    DJ_TRY(dj_rx_read_name(p, ')', &name, &group));
    if (p->flavor == DJ_REGEX_REGEX && dj_str_is(name, "DEFINE")) {
        dj_rx_puts(out, "(DEFINE)");
        return DJ_OK;
    }
    DJ_TRY(dj_rx_find_any_group(p, name, group, at, &group));
    dj_rx_printf(out, "(%zu)", group);
    return DJ_OK;
}

static enum dj_status conditional(struct dj_rx_parser *p, size_t at)
{
    struct scope scope;

    DJ_TRY(enter(p, at, &scope));
    DJ_TRY(condition(p, at));
    DJ_TRY(dj_rx_sequence(p));
    if (dj_rx_take(p, '|')) {
        dj_rx_puts(&p->program->text, "|");
        DJ_TRY(dj_rx_sequence(p));
        if (dj_rx_peek(p) == '|') {
            return dj_rx_refuse(p, p->pos, "conditional with more than two branches");
        }
    }
    return leave(p, at, scope);
}

static enum dj_status call_group(struct dj_rx_parser *p, size_t group, size_t at)
{
    if (!dj_rx_take(p, ')')) {
        return dj_rx_refuse(p, at, "missing ) after the group that is called");
    }
    dj_rx_printf(&p->program->text, "(?%zu)", group);
    return DJ_OK;
}

/* (?R) (?1) (?+1) (?-1) of regex; *taken is false when it is none of these. */
static enum dj_status numbered_call(struct dj_rx_parser *p, size_t at, bool *taken)
{
    const int32_t c = dj_rx_peek(p);
    const char after = p->pos + 1 < p->src.len ? p->src.ptr[p->pos + 1] : '\0';
    uint32_t number = 0;
    size_t group;

    *taken = c == 'R' || (c >= '0' && c <= '9') ||
             ((c == '+' || c == '-') && after >= '0' && after <= '9');
    if (!*taken) {
        return DJ_OK;
    }
    if (c == 'R' || c == '+' || c == '-') {
        p->pos++;
    }
    (void)dj_rx_number(p, 10, 0, &number);
    group = number;
    if (c == '+') {
        group = p->program->ngroups + number;
    } else if (c == '-') {
        if (number > p->program->ngroups || number == 0) {
            return dj_rx_refuse(p, at, "invalid relative group number");
        }
        group = p->program->ngroups + 1 - number;
    }
    if (group > 0) {
        DJ_TRY(dj_rx_find_any_group(p, (struct dj_str){ NULL, 0 }, group, at, &group));
    }
    return call_group(p, group, at);
}

static enum dj_status named_call(struct dj_rx_parser *p, size_t at)
{
    struct dj_str name;
    size_t group;

    DJ_TRY(dj_rx_read_name(p, ')', &name, &group));
    if (group != 0) {
        return dj_rx_refuse(p, at, "bad character in group name");
    }
    DJ_TRY(dj_rx_find_any_group(p, name, 0, at, &group));
    p->pos--; /* call_group takes the bracket */
    return call_group(p, group, at);
}

/* Behind "(?P". */
static enum dj_status extension(struct dj_rx_parser *p, size_t at)
{
    struct dj_str name;
    size_t group;

    if (dj_rx_take(p, '<')) {
        return named_capture(p, at);
    }
    if (dj_rx_take(p, '=')) {
        DJ_TRY(dj_rx_read_name(p, ')', &name, &group));
        DJ_TRY(dj_rx_find_group(p, name, group, at, &group));
        dj_rx_backref(p, group);
        return DJ_OK;
    }
    if (p->flavor == DJ_REGEX_REGEX && (dj_rx_take(p, '>') || dj_rx_take(p, '&'))) {
        return named_call(p, at);
    }
    return dj_rx_refuse(p, at, "unknown extension ?P");
}

enum dj_status dj_rx_comment(struct dj_rx_parser *p, size_t at)
{
    for (;;) {
        const int32_t c = dj_rx_next(p);

        if (c == ')') {
            return DJ_OK;
        }
        if (c == '\\') {
            (void)dj_rx_next(p); /* both modules skip what is escaped */
        }
        if (c == DJ_RX_END) {
            return dj_rx_refuse(p, at, "missing ), unterminated comment");
        }
    }
}

/* --- flags
 * ------------------------------------------------------------------------------- */

/* One letter, 0 when it is none; *unsupported for those that only regex knows. */
static unsigned flag_of(const struct dj_rx_parser *p, int32_t letter, bool *unsupported)
{
    switch (letter) {
    case 'i':
        return DJ_REGEX_IGNORECASE;
    case 'm':
        return DJ_REGEX_MULTILINE;
    case 's':
        return DJ_REGEX_DOTALL;
    case 'x':
        return DJ_RX_VERBOSE;
    case 'a':
        return DJ_RX_ASCII_FLAG;
    default:
        *unsupported =
            letter == 'L' || (p->flavor == DJ_REGEX_REGEX && letter > 0 &&
                              letter < 0x80 && strchr("befprwV", letter) != NULL);
        return 0;
    }
}

/* Letters up to the first that is no flag. */
static enum dj_status flag_letters(struct dj_rx_parser *p, unsigned *flags, bool *any,
                                   bool *unicode)
{
    for (;;) {
        const size_t at = p->pos;
        const int32_t letter = dj_rx_peek(p);
        bool unsupported = false;
        const unsigned flag = flag_of(p, letter, &unsupported);

        if (letter == 'V' && p->flavor == DJ_REGEX_REGEX && dj_rx_take_word(p, "V0")) {
            *any = true;
            continue;
        }
        if (unsupported) {
            return dj_rx_refuse(p, at, "the flag %c is not supported", (char)letter);
        }
        if (flag == 0 && letter != 'u') {
            return DJ_OK;
        }
        *unicode = *unicode || letter == 'u';
        *flags |= flag;
        *any = true;
        p->pos++;
    }
}

/*
 * Behind "(?", where nothing else fits: flags, then ":" with a group or ")". first
 * is true at the start of the pattern, the only place where re takes the latter.
 */
static enum dj_status inline_flags(struct dj_rx_parser *p, size_t at, bool first,
                                   enum dj_rx_atom *atom)
{
    unsigned on = 0;
    unsigned off = 0;
    bool any = false, any_off = false, unicode = false;
    unsigned flags;

    DJ_TRY(flag_letters(p, &on, &any, &unicode));
    if (dj_rx_take(p, '-')) {
        DJ_TRY(flag_letters(p, &off, &any_off, &unicode));
        if (!any_off) {
            return dj_rx_refuse(p, p->pos, "missing flag");
        }
    }
    if ((on & off) != 0) {
        return dj_rx_refuse(p, at, "bad inline flags: flag turned on and off");
    }
    flags = (p->flags | on) & ~off;
    if (unicode) {
        flags &= ~(unsigned)DJ_RX_ASCII_FLAG;
    }
    /* In regex this flag means something else for a part of a pattern. */
    if (p->flavor == DJ_REGEX_REGEX &&
        (p->program->text.len > 0 || dj_rx_peek(p) == ':') &&
        ((flags ^ p->flags) & DJ_RX_ASCII_FLAG) != 0) {
        return dj_rx_refuse(p, at, "the flag a is supported for whole patterns only");
    }
    if (dj_rx_take(p, ':')) {
        *atom = DJ_RX_ITEM;
        return plain_group(p, "(?:", at, flags);
    }
    if (!any && !any_off) {
        return dj_rx_refuse(p, at, "unknown extension");
    }
    if (!dj_rx_take(p, ')')) {
        return dj_rx_refuse(p, p->pos, "unknown flag");
    }
    if (p->flavor == DJ_REGEX_RE && (any_off || !first)) {
        return dj_rx_refuse(p, at, "global flags not at the start of the expression");
    }
    p->flags = flags;
    return DJ_OK;
}

/* --- which of them it is
 * ----------------------------------------------------------------- */

/* (*FAIL) and the like of regex. */
enum dj_status dj_rx_verb(struct dj_rx_parser *p, size_t at)
{
    struct dj_rx_text *out = &p->program->text;

    if (dj_rx_take_word(p, "FAIL)") || dj_rx_take_word(p, "F)")) {
        dj_rx_puts(out, "(?!)");
    } else if (dj_rx_take_word(p, "SKIP)")) {
        dj_rx_puts(out, "(*SKIP)");
    } else if (dj_rx_take_word(p, "PRUNE)")) {
        dj_rx_puts(out, "(*PRUNE)");
    } else {
        return dj_rx_refuse(p, at, "unknown verb");
    }
    return DJ_OK;
}

/* Behind "(?". */
enum dj_status dj_rx_special_group(struct dj_rx_parser *p, size_t at, bool first,
                                   enum dj_rx_atom *atom)
{
    static const char *const plain[] = { ":", "=", "!", "<=", "<!", ">" };
    const bool regex = p->flavor == DJ_REGEX_REGEX;
    bool taken;

    if (dj_rx_take(p, '#')) {
        return dj_rx_comment(p, at);
    }
    if (dj_rx_peek(p) == ':') {
        return inline_flags(p, at, false, atom); /* no flags, then ":" */
    }
    for (size_t i = 1; i < 6; i++) {
        if (dj_rx_take_word(p, plain[i])) {
            char begin[8] = "(?";

            memcpy(begin + 2, plain[i], strlen(plain[i]) + 1);
            *atom = DJ_RX_ITEM;
            return plain_group(p, begin, at, p->flags);
        }
    }
    if (regex) {
        DJ_TRY(numbered_call(p, at, &taken));
        if (taken) {
            *atom = DJ_RX_ITEM;
            return DJ_OK;
        }
    }
    if (strchr("P<(|&", p->pos < p->src.len ? p->src.ptr[p->pos] : ' ') == NULL) {
        return inline_flags(p, at, first, atom);
    }
    *atom = DJ_RX_ITEM;
    if (dj_rx_take(p, 'P')) {
        return extension(p, at);
    }
    if (dj_rx_take(p, '(')) {
        return conditional(p, at);
    }
    if (regex && dj_rx_take(p, '<')) {
        return named_capture(p, at);
    }
    if (regex && dj_rx_take(p, '|')) {
        return branch_reset(p, at);
    }
    if (regex && dj_rx_take(p, '&')) {
        return named_call(p, at);
    }
    return dj_rx_refuse(p, at, "unknown extension");
}

/* Regular expressions: escapes, and sets in brackets, of Python's dialect. */
#include "dj/text.h"

#include "text/regex_private.h"

/*
 * \w as a call of a group that is defined once, behind the test for ASCII: as fast
 * as the class itself and far shorter. Only for places that are not repeated.
 */
#define WORD "[0-9A-Za-z_]|(?![\\x00-\\x7f])(?&dj_word)"

/* --- literals and sets
 * ------------------------------------------------------------------ */

static bool is_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

enum dj_status dj_rx_write_set(struct dj_rx_parser *p, struct dj_rx_set *set, size_t at)
{
    const bool ignore = (p->flags & DJ_REGEX_IGNORECASE) != 0;
    const bool ascii = (p->flags & DJ_RX_ASCII_FLAG) != 0;
    bool exact = false;

    if (ignore && set->cased && set->members > 1) {
        return dj_rx_refuse(p, at,
                            "a set with a property of case cannot ignore case here");
    }
    if (ignore && ascii) {
        dj_rx_set_fold_ascii(set);
    } else if (ignore && set->literals && !dj_rx_set_fold(set, p->flavor, &exact)) {
        return dj_rx_refuse(p, at, "a set with U+0130 or U+0131 cannot ignore case here");
    }
    dj_rx_want_case(p, ignore && !ascii && set->literals && !exact);
    if (p->form == DJ_RX_ASCII && !p->caseless) {
        dj_rx_ranges_join(&set->ranges);
        while (set->ranges.count > 0 &&
               set->ranges.items[set->ranges.count - 1].lo > 0x7f) {
            set->ranges.count--;
        }
        if (set->ranges.count > 0 && set->ranges.items[set->ranges.count - 1].hi > 0x7f) {
            set->ranges.items[set->ranges.count - 1].hi = 0x7f;
        }
    }
    p->program->branches = p->program->branches || set->symbols;
    dj_rx_set_write(set, &p->program->text, &p->program->utf);
    return DJ_OK;
}

enum dj_status dj_rx_literal(struct dj_rx_parser *p, uint32_t c, size_t at)
{
    const bool ignore = (p->flags & DJ_REGEX_IGNORECASE) != 0;
    const bool ascii = (p->flags & DJ_RX_ASCII_FLAG) != 0;
    const bool special = c >= 0xd800 && c <= 0xdfff;

    if (special || (ignore && ascii && is_letter(c)) ||
        (ignore && !ascii && dj_rx_folds_more(c, p->flavor) &&
         (p->form != DJ_RX_ASCII || c >= 0x80))) {
        struct dj_rx_set set = { .literals = true, .members = 1 };
        enum dj_status status;

        dj_rx_ranges_add(&set.ranges, c, c);
        status = dj_rx_write_set(p, &set, at);
        dj_rx_set_release(&set);
        return status;
    }
    if (is_letter(c) || c >= 0x80) {
        dj_rx_want_case(p, ignore && !ascii);
    }
    dj_rx_put_char(&p->program->text, c, &p->program->utf);
    return DJ_OK;
}

/* --- escapes that stand for one character
 * ----------------------------------------------- */

static const char control_letters[] = "abfnrtv";
static const char control_values[] = "\a\b\f\n\r\t\v";

static enum dj_status hex_escape(struct dj_rx_parser *p, size_t digits, size_t at,
                                 uint32_t *c)
{
    const size_t start = p->pos;

    if (!dj_rx_number(p, 16, digits, c) || p->pos - start != digits) {
        return dj_rx_refuse(p, at, "incomplete escape \\%c", p->src.ptr[at + 1]);
    }
    return *c <= DJ_RX_MAX ? DJ_OK : dj_rx_refuse(p, at, "bad escape: no such character");
}

static enum dj_status octal_escape(struct dj_rx_parser *p, size_t digits, size_t at,
                                   uint32_t *c)
{
    if (!dj_rx_number(p, 8, digits, c)) {
        return dj_rx_refuse(p, at, "bad escape \\%c", p->src.ptr[at + 1]);
    }
    if (p->flavor == DJ_REGEX_RE && *c > 0xff) {
        return dj_rx_refuse(p, at, "octal escape outside of range 0-0o377");
    }
    return DJ_OK;
}

/*
 * Escapes that mean one character wherever they stand; *taken is false when letter
 * is none of them. p stands behind the letter.
 */
static enum dj_status char_escape(struct dj_rx_parser *p, int32_t letter, size_t at,
                                  bool *taken, uint32_t *c)
{
    const char *control;

    *taken = true;
    if (letter == DJ_RX_END) {
        return dj_rx_refuse(p, at, "bad escape (end of pattern)");
    }
    if (letter == 'x' || letter == 'u' || letter == 'U') {
        return hex_escape(p, letter == 'x' ? 2 : letter == 'u' ? 4 : 8, at, c);
    }
    if (letter == 'N') {
        return dj_rx_refuse(p, at, "\\N{name} is not supported, write \\uXXXX");
    }
    if (letter > 0x7f ||
        !(is_letter((uint32_t)letter) || (letter >= '0' && letter <= '9'))) {
        *c = (uint32_t)letter;
        return DJ_OK;
    }
    control = strchr(control_letters, letter);
    if (control != NULL) {
        *c = (uint32_t)control_values[control - control_letters];
        return DJ_OK;
    }
    *taken = false;
    return DJ_OK;
}

/* --- escapes that stand for a set
 * ------------------------------------------------------- */

static enum dj_status property_escape(struct dj_rx_parser *p, bool negated, size_t at,
                                      struct dj_rx_set *set)
{
    const int32_t c = dj_rx_peek(p);
    const char *end;
    size_t start = p->pos;

    if (c != '{') {
        if (c == DJ_RX_END || c > 0x7f || strchr("CLMNPSZ", c) == NULL) {
            return dj_rx_refuse(p, at, "\\p without the name of a property");
        }
        p->pos++;
        return dj_rx_property(p, (struct dj_str){ p->src.ptr + start, 1 }, negated, false,
                              at, set);
    }
    start++;
    end = memchr(p->src.ptr + start, '}', p->src.len - start);
    if (end == NULL) {
        return dj_rx_refuse(p, at, "missing } after \\p{");
    }
    p->pos = (size_t)(end - p->src.ptr) + 1;
    return dj_rx_property(
        p, (struct dj_str){ p->src.ptr + start, (size_t)(end - p->src.ptr) - start },
        negated, false, at, set);
}

/* \d \D \s \S \w \W \h \p \P; *taken is false when letter is none of them. */
static enum dj_status class_escape(struct dj_rx_parser *p, int32_t letter, size_t at,
                                   bool *taken, struct dj_rx_set *set)
{
    const struct dj_rx_style style = dj_rx_style_of(p);

    *taken = true;
    switch (letter) {
    case 'd':
    case 'D':
        dj_rx_set_class(set, DJ_RX_DIGIT, letter == 'D', style);
        return DJ_OK;
    case 's':
    case 'S':
        dj_rx_set_class(set, DJ_RX_SPACE, letter == 'S', style);
        return DJ_OK;
    case 'w':
    case 'W':
        dj_rx_set_class(set, DJ_RX_WORD, letter == 'W', style);
        return DJ_OK;
    default:
        break;
    }
    if (p->flavor == DJ_REGEX_REGEX && letter == 'h') {
        dj_rx_set_class(set, DJ_RX_BLANK, false, style);
        return DJ_OK;
    }
    if (p->flavor == DJ_REGEX_REGEX && (letter == 'p' || letter == 'P')) {
        return property_escape(p, letter == 'P', at, set);
    }
    *taken = false;
    return DJ_OK;
}

/* --- escapes outside of brackets
 * --------------------------------------------------------- */

void dj_rx_backref(struct dj_rx_parser *p, size_t group)
{
    dj_rx_want_case(p, (p->flags & DJ_REGEX_IGNORECASE) != 0);
    dj_rx_printf(&p->program->text, "\\g{%zu}", group);
}

static void word_test(struct dj_rx_parser *p, const char *unicode, const char *ascii)
{
    const bool narrow = p->form == DJ_RX_ASCII || (p->flags & DJ_RX_ASCII_FLAG) != 0;

    p->word = p->word || !narrow;
    dj_rx_puts(&p->program->text, narrow ? ascii : unicode);
}

/* Positions; *taken is false when letter is none of them. */
static void anchor_escape(struct dj_rx_parser *p, int32_t letter, bool *taken)
{
    struct dj_rx_text *out = &p->program->text;
    const bool regex = p->flavor == DJ_REGEX_REGEX;

    *taken = true;
    if (letter == 'A') {
        dj_rx_puts(out, "\\A");
    } else if (letter == 'Z' || (regex && letter == 'z')) {
        dj_rx_puts(out, "\\z");
    } else if (letter == 'b') {
        word_test(p, "(?(?<=" WORD ")(?!" WORD ")|(?=" WORD "))", "\\b");
    } else if (letter == 'B') {
        dj_rx_puts(out, regex ? "(?:" : "(?:(?!\\A\\z)"); /* re: not in an empty text */
        word_test(p, "(?(?<=" WORD ")(?=" WORD ")|(?!" WORD "))", "\\B");
        dj_rx_puts(out, ")");
    } else if (regex && letter == 'm') {
        word_test(p, "(?:(?<!" WORD ")(?=" WORD "))", "(?:\\b(?=[0-9A-Za-z_]))");
    } else if (regex && letter == 'M') {
        word_test(p, "(?:(?<=" WORD ")(?!" WORD "))", "(?:\\b(?<=[0-9A-Za-z_]))");
    } else if (regex && letter == 'G') {
        dj_rx_puts(out, "\\G");
    } else if (regex && letter == 'K') {
        dj_rx_puts(out, "\\K");
    } else {
        *taken = false;
    }
}

/* \1 to \99, or three octal digits. */
static enum dj_status number_escape(struct dj_rx_parser *p, int32_t first, size_t at)
{
    const char *s = p->src.ptr + at + 1;
    const size_t left = p->src.len - at - 1;
    uint32_t value;
    size_t group;

    p->pos = at + 1;
    if (first == '0' || (left >= 3 && s[0] < '8' && s[1] >= '0' && s[1] < '8' &&
                         s[2] >= '0' && s[2] < '8')) {
        DJ_TRY(octal_escape(p, 3, at, &value));
        return dj_rx_literal(p, value & 0x1ff, at);
    }
    (void)dj_rx_number(p, 10, 2, &value);
    DJ_TRY(dj_rx_find_group(p, (struct dj_str){ NULL, 0 }, value, at, &group));
    dj_rx_backref(p, group);
    return DJ_OK;
}

static enum dj_status other_escape(struct dj_rx_parser *p, int32_t letter, size_t at)
{
    struct dj_str name;
    size_t group;

    if (letter >= '0' && letter <= '9') {
        return number_escape(p, letter, at);
    }
    if (p->flavor == DJ_REGEX_REGEX && letter == 'g') {
        if (!dj_rx_take(p, '<')) {
            return dj_rx_refuse(p, at, "\\g without a group in <>");
        }
        DJ_TRY(dj_rx_read_name(p, '>', &name, &group));
        DJ_TRY(dj_rx_find_group(p, name, group, at, &group));
        dj_rx_backref(p, group);
        return DJ_OK;
    }
    if (p->flavor == DJ_REGEX_REGEX && letter == 'R') {
        dj_rx_puts(&p->program->text,
                   p->form == DJ_RX_ASCII
                       ? "(?>\\x0d\\x0a|[\\x0a-\\x0d])"
                       : "(?>\\x0d\\x0a|[\\x0a-\\x0d\\x{85}\\x{2028}\\x{2029}])");
        p->program->utf = p->program->utf || p->form != DJ_RX_ASCII;
        p->program->branches = true;
        p->program->atomic = true;
        return DJ_OK;
    }
    if (p->flavor == DJ_REGEX_REGEX && (letter == 'X' || letter == 'L')) {
        return dj_rx_refuse(p, at, "\\%c is not supported", (char)letter);
    }
    return dj_rx_refuse(p, at, "bad escape \\%c", (char)letter);
}

enum dj_status dj_rx_escape(struct dj_rx_parser *p, size_t at, enum dj_rx_atom *atom)
{
    const int32_t letter = dj_rx_next(p);
    struct dj_rx_set set = { 0 };
    enum dj_status status;
    uint32_t c = 0;
    bool taken;

    *atom = DJ_RX_ANCHOR;
    anchor_escape(p, letter, &taken);
    if (taken) {
        return DJ_OK;
    }
    *atom = DJ_RX_ITEM;
    DJ_TRY(char_escape(p, letter, at, &taken, &c));
    if (taken) {
        return dj_rx_literal(p, c, at);
    }
    status = class_escape(p, letter, at, &taken, &set);
    if (status == DJ_OK) {
        status = taken ? dj_rx_write_set(p, &set, at) : other_escape(p, letter, at);
    }
    dj_rx_set_release(&set);
    return status;
}

/* --- sets in brackets
 * ---------------------------------------------------------------------- */

/* [:name:] of regex; *taken is false when this is none, and nothing was read. */
static enum dj_status posix_class(struct dj_rx_parser *p, size_t at,
                                  struct dj_rx_set *set, bool *taken)
{
    size_t start = at + 2;
    size_t end;
    bool negated = false;

    *taken = false;
    if (p->flavor == DJ_REGEX_RE || at + 1 >= p->src.len || p->src.ptr[at + 1] != ':') {
        return DJ_OK;
    }
    if (start < p->src.len && p->src.ptr[start] == '^') {
        negated = true;
        start++;
    }
    end = start;
    while (end < p->src.len && p->src.ptr[end] != ':' && p->src.ptr[end] != ']' &&
           p->src.ptr[end] != '[') {
        end++;
    }
    if (end + 1 >= p->src.len || p->src.ptr[end] != ':' || p->src.ptr[end + 1] != ']') {
        return DJ_OK;
    }
    *taken = true;
    p->pos = end + 2;
    return dj_rx_property(p, (struct dj_str){ p->src.ptr + start, end - start }, negated,
                          true, at, set);
}

/*
 * One item of a set: a character (*single), or a class, which is added. p stands
 * before it.
 */
static enum dj_status set_item(struct dj_rx_parser *p, struct dj_rx_set *set,
                               bool *single, uint32_t *c)
{
    const size_t at = p->pos;
    const int32_t first = dj_rx_next(p);
    int32_t letter;
    bool taken;

    *single = true;
    *c = (uint32_t)first;
    if (first == '[') {
        DJ_TRY(posix_class(p, at, set, &taken));
        *single = !taken;
        return DJ_OK;
    }
    if (first != '\\') {
        return DJ_OK;
    }
    letter = dj_rx_next(p);
    DJ_TRY(char_escape(p, letter, at, &taken, c));
    if (taken) {
        return DJ_OK;
    }
    if (letter >= '0' && letter <= '9') {
        p->pos = at + 1;
        return octal_escape(p, 3, at, c);
    }
    *single = false;
    DJ_TRY(class_escape(p, letter, at, &taken, set));
    return taken ? DJ_OK : dj_rx_refuse(p, at, "bad escape \\%c", (char)letter);
}

static void add_literal(struct dj_rx_set *set, uint32_t lo, uint32_t hi)
{
    set->members++;
    set->literals = true;
    dj_rx_ranges_add(&set->ranges, lo, hi);
}

/* An item, or a range of two. regex takes the hyphen of [a-\d] for itself. */
static enum dj_status set_member(struct dj_rx_parser *p, struct dj_rx_set *set)
{
    const size_t at = p->pos;
    uint32_t lo, hi;
    bool single, range;

    DJ_TRY(set_item(p, set, &single, &lo));
    range = p->pos + 1 < p->src.len && p->src.ptr[p->pos] == '-' &&
            p->src.ptr[p->pos + 1] != ']';
    if (range && !single && p->flavor == DJ_REGEX_RE) {
        return dj_rx_refuse(p, at, "bad character range");
    }
    if (!range || !single) {
        if (single) {
            add_literal(set, lo, lo);
        }
        return DJ_OK;
    }
    p->pos++;
    DJ_TRY(set_item(p, set, &single, &hi));
    if (!single && p->flavor == DJ_REGEX_RE) {
        return dj_rx_refuse(p, at, "bad character range");
    }
    if (!single) {
        add_literal(set, lo, lo);
        add_literal(set, '-', '-');
        return DJ_OK;
    }
    if (lo > hi) {
        return dj_rx_refuse(p, at, "bad character range");
    }
    add_literal(set, lo, hi);
    return DJ_OK;
}

enum dj_status dj_rx_bracket(struct dj_rx_parser *p, size_t at)
{
    struct dj_rx_set set = { 0 };
    enum dj_status status = DJ_OK;
    bool first = true;

    set.bracket = true;
    set.negated = dj_rx_take(p, '^');
    while (status == DJ_OK) {
        if (dj_rx_peek(p) == DJ_RX_END) {
            status = dj_rx_refuse(p, at, "unterminated character set");
        } else if (!first && dj_rx_take(p, ']')) {
            break;
        } else {
            status = set_member(p, &set);
            first = false;
        }
    }
    if (status == DJ_OK) {
        status = dj_rx_write_set(p, &set, at);
    }
    dj_rx_set_release(&set);
    return status;
}

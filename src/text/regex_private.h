/*
 * From Python's pattern to PCRE2's: what the files of the regex module share. The
 * parser reads the source once and writes the translation as it goes; only sets
 * of characters are gathered before they are written.
 */
#ifndef DJ_TEXT_REGEX_PRIVATE_H
#define DJ_TEXT_REGEX_PRIVATE_H

#include "dj/regex.h"

/* --- text that grows; memory is control data, so these cannot fail -------------------
 */

struct dj_rx_text {
    char *ptr;
    size_t len;
    size_t cap;
};

void dj_rx_put(struct dj_rx_text *text, const char *bytes, size_t len);
void dj_rx_puts(struct dj_rx_text *text, const char *bytes);
void dj_rx_printf(struct dj_rx_text *text, const char *fmt, ...) DJ_PRINTF(2, 3);
void dj_rx_insert(struct dj_rx_text *text, size_t at, const char *bytes);

/* --- sets of characters ----------------------------------------------------------------
 */

enum { DJ_RX_MAX = 0x10ffff };

struct dj_rx_range {
    uint32_t lo, hi;
};

struct dj_rx_ranges {
    struct dj_rx_range *items;
    size_t count;
    size_t cap;
};

void dj_rx_ranges_add(struct dj_rx_ranges *ranges, uint32_t lo, uint32_t hi);
void dj_rx_ranges_join(struct dj_rx_ranges *ranges); /* sorted, disjoint, no surrogates */
bool dj_rx_ranges_have(const struct dj_rx_ranges *ranges, uint32_t c); /* joined ones */
void dj_rx_ranges_release(struct dj_rx_ranges *ranges);

/*
 * How a pattern is written: for texts that are ASCII; for all texts with each class
 * spelt out; the same with PCRE2's properties where they mean the same, which is
 * shorter (PCRE2 takes no pattern of more than 64 KiB).
 */
enum dj_rx_form { DJ_RX_ASCII, DJ_RX_UNICODE, DJ_RX_COMPACT };

enum dj_rx_class { DJ_RX_WORD, DJ_RX_DIGIT, DJ_RX_SPACE, DJ_RX_BLANK, DJ_RX_PUNCT };

enum { DJ_RX_CLASSES = DJ_RX_PUNCT + 1 };

/* What a class means depends on these. */
struct dj_rx_style {
    enum dj_regex_flavor flavor;
    enum dj_rx_form form;
    bool ascii; /* the flag (?a) */
    /* Classes of all of Unicode that were gathered before; one for each kind. */
    struct dj_rx_ranges *cache;
};

struct dj_rx_set {
    struct dj_rx_ranges ranges;
    struct dj_rx_text properties; /* \p{..} items */
    bool negated;
    bool bracket;   /* stands in [..], not alone behind a backslash */
    bool literals;  /* characters were named one by one or as ranges */
    bool cased;     /* a property that tells capitals from small letters */
    bool symbols;   /* [:punct:], which takes \p{S} without the circled letters */
    size_t members; /* items that were added */
};

void dj_rx_set_release(struct dj_rx_set *set);
void dj_rx_set_class(struct dj_rx_set *set, enum dj_rx_class kind, bool negated,
                     struct dj_rx_style style);
/* Adds the members (which it may sort), or all others. */
void dj_rx_set_add(struct dj_rx_set *set, struct dj_rx_ranges *members, bool negated,
                   enum dj_rx_form form);

/*
 * Adds what ignoring case adds beyond PCRE2's own folding. False when the result
 * cannot be written as a set that PCRE2 folds; *exact asks for no folding at all.
 */
bool dj_rx_set_fold(struct dj_rx_set *set, enum dj_regex_flavor flavor, bool *exact);
/* The same for one character: does it have partners that PCRE2 does not know? */
bool dj_rx_folds_more(uint32_t c, enum dj_regex_flavor flavor);
void dj_rx_set_fold_ascii(struct dj_rx_set *set);

/* Adds what PCRE2 lacks in the properties of items ("\p{Lu}"); false: nothing. */
bool dj_rx_newer(const char *items, struct dj_rx_ranges *ranges);
/* All characters that are newer, with those of category Cf or without them. */
void dj_rx_newer_assigned(bool formats, struct dj_rx_ranges *ranges);
/* The same as the first for a script; *whole: PCRE2 does not know it at all. */
bool dj_rx_newer_script(const char *name, struct dj_rx_ranges *ranges, bool *whole);

/* Writes [...]; *utf is set when it holds characters from U+0080. */
void dj_rx_set_write(struct dj_rx_set *set, struct dj_rx_text *out, bool *utf);

/* One character as a literal, outside and inside of brackets alike. */
void dj_rx_put_char(struct dj_rx_text *out, uint32_t c, bool *utf);

/* --- the parser ------------------------------------------------------------------------
 */

enum {
    DJ_RX_VERBOSE = 1 << 8,
    DJ_RX_ASCII_FLAG = 1 << 9,
    DJ_RX_END = -1, /* instead of a character */
};

struct dj_rx_place {
    size_t out; /* offset in the translation */
    size_t src; /* offset in the pattern that it comes from */
};

struct dj_rx_name {
    struct dj_str text; /* part of the pattern */
    size_t group;
};

struct dj_rx_names {
    struct dj_rx_name *items;
    size_t count;
};

/* What a translation yields. */
struct dj_rx_program {
    struct dj_rx_text text;
    struct dj_rx_place *places; /* ascending */
    size_t nplaces, cplaces;
    struct dj_rx_names names;
    size_t ngroups;
    bool utf;      /* the text can only be compiled as UTF-8 */
    bool branches; /* a group holds alternatives or is atomic */
    bool atomic;   /* a group or a repeat is */
};

/*
 * Translates pattern, which must outlive the program (names are parts of it).
 * DJ_CONFIG when it is refused; the message ends with "at position N", counted in
 * characters as Python does.
 */
enum dj_status dj_rx_translate(struct dj_str pattern, enum dj_regex_flavor flavor,
                               unsigned flags, enum dj_rx_form form,
                               struct dj_rx_program *program,
                               struct dj_error *err) DJ_MUST_CHECK;
/* Puts bytes before and after the translation. */
void dj_rx_program_wrap(struct dj_rx_program *program, const char *before,
                        const char *after);
void dj_rx_program_release(struct dj_rx_program *program);

struct dj_rx_parser {
    struct dj_str src;
    size_t pos;
    enum dj_regex_flavor flavor;
    enum dj_rx_form form;
    unsigned flags;
    bool caseless; /* what (?i) is in the translation at this place */
    bool word;     /* the group that stands for \w is called */
    unsigned depth;
    size_t *open; /* numbers of the groups around this place */
    size_t nopen, copen;
    const struct dj_rx_names *known; /* all names, in the second pass; else NULL */
    bool forward;                    /* a name was used before its group */
    size_t top_group;                /* highest group that is referred to */
    size_t top_group_pos;
    struct dj_rx_ranges classes[DJ_RX_CLASSES];
    struct dj_rx_program *program;
    struct dj_error *err;
};

enum dj_status dj_rx_refuse(struct dj_rx_parser *p, size_t pos, const char *fmt, ...)
    DJ_PRINTF(3, 4);
int32_t dj_rx_peek(const struct dj_rx_parser *p); /* DJ_RX_END at the end */
int32_t dj_rx_next(struct dj_rx_parser *p);
bool dj_rx_take(struct dj_rx_parser *p, char c); /* the next character, if it is c */
bool dj_rx_take_word(struct dj_rx_parser *p, const char *word);
void dj_rx_skip(struct dj_rx_parser *p); /* blanks and comments of a verbose pattern */
struct dj_rx_style dj_rx_style_of(struct dj_rx_parser *p);

/* Remembers that what is written next comes from src of the pattern. */
void dj_rx_note_place(struct dj_rx_parser *p, size_t src);

/* Puts the translation into the state that the flags ask for. */
void dj_rx_want_case(struct dj_rx_parser *p, bool caseless);

/* Digits, at most max of them (0: any number); false when there are none. */
bool dj_rx_number(struct dj_rx_parser *p, unsigned base, size_t max, uint32_t *value);

/* A name up to the terminator, which is taken; *number instead of a name of digits. */
enum dj_status dj_rx_read_name(struct dj_rx_parser *p, char terminator,
                               struct dj_str *name, size_t *number) DJ_MUST_CHECK;
/* The group that a name or a number means; checks that it exists, now or later. */
enum dj_status dj_rx_find_group(struct dj_rx_parser *p, struct dj_str name, size_t number,
                                size_t pos, size_t *group) DJ_MUST_CHECK;
/* The name's group, or 0. */
size_t dj_rx_name_find(const struct dj_rx_names *names, struct dj_str name);

/* The same for a group that is called or asked for: it may be open. */
enum dj_status dj_rx_find_any_group(struct dj_rx_parser *p, struct dj_str name,
                                    size_t number, size_t pos,
                                    size_t *group) DJ_MUST_CHECK;

/* What a quantifier that follows would repeat. */
enum dj_rx_atom { DJ_RX_NOTHING, DJ_RX_ITEM, DJ_RX_REPEAT, DJ_RX_ANCHOR };

/* A quantifier, or a literal "{", for what was written from `from` on. */
enum dj_status dj_rx_quantifier(struct dj_rx_parser *p, int32_t c, size_t at, size_t from,
                                enum dj_rx_atom *atom) DJ_MUST_CHECK;

/* regex_group.c: a group that captures; what stands behind "(?", "(?#" and "(*". */
enum dj_status dj_rx_capture(struct dj_rx_parser *p, const struct dj_str *name,
                             size_t at) DJ_MUST_CHECK;
enum dj_status dj_rx_special_group(struct dj_rx_parser *p, size_t at, bool first,
                                   enum dj_rx_atom *atom) DJ_MUST_CHECK;
enum dj_status dj_rx_comment(struct dj_rx_parser *p, size_t at) DJ_MUST_CHECK;
enum dj_status dj_rx_verb(struct dj_rx_parser *p, size_t at) DJ_MUST_CHECK;

/* regex_translate.c: what stands between brackets and bars. */
enum dj_status dj_rx_sequence(struct dj_rx_parser *p) DJ_MUST_CHECK;
enum dj_status dj_rx_alternatives(struct dj_rx_parser *p) DJ_MUST_CHECK;

/* regex_escape.c: behind a backslash; behind "[". */
enum dj_status dj_rx_escape(struct dj_rx_parser *p, size_t at,
                            enum dj_rx_atom *atom) DJ_MUST_CHECK;
enum dj_status dj_rx_bracket(struct dj_rx_parser *p, size_t at) DJ_MUST_CHECK;
enum dj_status dj_rx_literal(struct dj_rx_parser *p, uint32_t c, size_t at) DJ_MUST_CHECK;
enum dj_status dj_rx_write_set(struct dj_rx_parser *p, struct dj_rx_set *set,
                               size_t at) DJ_MUST_CHECK;
void dj_rx_backref(struct dj_rx_parser *p, size_t group);

/*
 * regex_property.c: adds what \p{name} means; the text is what stands in the braces
 * or, with posix, between "[:" and ":]".
 */
enum dj_status dj_rx_property(struct dj_rx_parser *p, struct dj_str text, bool negated,
                              bool posix, size_t at, struct dj_rx_set *set) DJ_MUST_CHECK;

/* --- between regex.c and template.c
 * ------------------------------------------------------ */

enum dj_regex_flavor dj_regex_flavor_of(const struct dj_regex *regex);
/* Two offsets for each group of the last match from 0 on; SIZE_MAX: it took no part. */
const size_t *dj_regex_bounds(const struct dj_regex *regex);
size_t dj_regex_group_named(const struct dj_regex *regex, struct dj_str name);

#endif

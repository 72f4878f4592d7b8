/*
 * Regular expressions: compiling and searching. The only file that knows PCRE2. A
 * pattern is kept in two translations, one for texts that are ASCII and one for all
 * texts, since the classes of Unicode are long and slow.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "dj/regex.h"
#include "dj/text.h"

#include "text/regex_private.h"

enum {
    STEPS_MAX = 10000000,    /* per place where a match may start */
    HEAP_MAX_KIB = 64 << 10, /* of the interpreter, where there is no JIT */
    STACK_MIN = 32 << 10,    /* of the JIT; it begins with as much of the thread's */
    STACK_MAX = 64 << 20,
    SHORT_TEXT = 1024,        /* bytes that may be looked through at each search */
    ERROR_PATTERN_SIZE = 120, /* PCRE2's "regular expression is too large" */
    ERROR_PATTERN_HEAP = 121,
    ERROR_LOOKBEHIND = 125, /* "lookbehind assertion is not fixed length" */
    ERROR_REPEAT_SIZE = 186,
};

/* One translation of the pattern. */
struct form {
    struct dj_rx_program program;
    uint32_t options;
    /* [1] is for searches that end early; it is made when the first of them comes. */
    pcre2_code *code[2];
    bool jit[2];
};

struct dj_regex {
    enum dj_regex_flavor flavor;
    char *pattern;
    struct form ascii;
    struct form unicode;
    pcre2_compile_context *compile;
    pcre2_match_context *context;
    pcre2_match_data *match;
    pcre2_jit_stack *stack; /* when the thread's own was too small once */
    bool matched;

    /* A walk through one text. */
    struct dj_str text;
    bool text_is_ascii;
    size_t next;
    bool was_empty; /* the last match; the next one may not be the same again */
};

/* --- compiling ---------------------------------------------------------------------- */

/* Where in the pattern PCRE2's complaint about the translation belongs. */
static size_t source_offset(const struct dj_rx_program *program, size_t offset)
{
    size_t place = 0;

    for (size_t i = 0; i < program->nplaces && program->places[i].out < offset; i++) {
        place = program->places[i].src;
    }
    return place;
}

static enum dj_status complain(const struct dj_regex *regex, const struct form *form,
                               int code, size_t offset, struct dj_error *err)
{
    const size_t place = source_offset(&form->program, offset);
    const size_t position =
        form->program.nplaces == 0
            ? offset
            : dj_utf8_length((struct dj_str){ regex->pattern, place });
    PCRE2_UCHAR text[120];

    if (code == ERROR_PATTERN_SIZE || code == ERROR_PATTERN_HEAP ||
        code == ERROR_REPEAT_SIZE) {
        return dj_fail(err, DJ_CONFIG, "the pattern is too large at position %zu",
                       position);
    }
    if (code == ERROR_LOOKBEHIND) {
        return dj_fail(err, DJ_CONFIG,
                       "a lookbehind of variable length is not supported, give each "
                       "alternative one length at position %zu",
                       position);
    }
    if (pcre2_get_error_message(code, text, sizeof(text)) < 0) {
        text[0] = '\0';
    }
    return dj_fail(err, DJ_CONFIG, "%s at position %zu", (const char *)text, position);
}

/* The library's release, 10.42 as 1042; its Unicode version, 14.0 as 14. */
static unsigned library_version(uint32_t what, bool whole)
{
    char text[64];
    unsigned number = 0;

    if (pcre2_config(what, NULL) > (int)sizeof(text) || pcre2_config(what, text) < 0) {
        return 0;
    }
    for (const char *s = text; (*s >= '0' && *s <= '9') || (*s == '.' && whole); s++) {
        number = *s == '.' ? number : number * 10 + (unsigned)(*s - '0');
    }
    return number;
}

/*
 * Two defects of PCRE2. The JIT of releases before 10.43 skips places where a match
 * could start when a group with alternatives, or an atomic one, comes before a repeat:
 * "(?:ab|a)x*b" does not find "ab". An assertion in front, which always holds, keeps
 * it from looking. And what comes after an atomic group that may be empty is overlooked
 * when the repeat before it is made possessive: "x+(?:a)?+x" does not find "xx".
 */
static void avoid_defects(struct form *form)
{
    if (form->program.branches && library_version(PCRE2_CONFIG_VERSION, true) < 1043) {
        dj_rx_program_wrap(&form->program, "(?!(*F))(?:", ")");
    }
    if (form->program.atomic) {
        form->options |= PCRE2_NO_AUTO_POSSESS;
    }
}

static pcre2_code *compile(const struct dj_regex *regex, const struct form *form,
                           bool limited, int *code, size_t *offset)
{
    const uint32_t options =
        form->options | (limited ? (uint32_t)PCRE2_USE_OFFSET_LIMIT : 0);

    return pcre2_compile((PCRE2_SPTR)form->program.text.ptr, form->program.text.len,
                         options, code, offset, regex->compile);
}

/*
 * The short form of \w is exact for PCRE2s whose Unicode lies between 14.0, which is
 * that of re, and the version of regex's table.
 */
static bool compact_is_exact(enum dj_regex_flavor flavor)
{
    const unsigned major = library_version(PCRE2_CONFIG_UNICODE_VERSION, false);

    return major == 14 || (flavor == DJ_REGEX_REGEX && major > 14 && major <= 17);
}

static enum dj_status prepare(struct dj_regex *regex, struct form *form, unsigned flags,
                              enum dj_rx_form kind, struct dj_error *err)
{
    const struct dj_str pattern = dj_str_from(regex->pattern);
    int code;
    size_t offset;

    DJ_TRY(dj_rx_translate(pattern, regex->flavor, flags, kind, &form->program, err));
    form->options =
        PCRE2_DOTALL | PCRE2_MULTILINE | PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C;
    if (kind != DJ_RX_ASCII || form->program.utf) {
        form->options |= PCRE2_UTF;
    }
    if (form->program.text.len == 0) {
        dj_rx_puts(&form->program.text, "(?:)");
    }
    avoid_defects(form);
    form->code[0] = compile(regex, form, false, &code, &offset);
    if (form->code[0] != NULL) {
        return DJ_OK;
    }
    if (kind == DJ_RX_UNICODE && code == ERROR_PATTERN_SIZE &&
        compact_is_exact(regex->flavor)) {
        dj_rx_program_release(&form->program);
        return prepare(regex, form, flags, DJ_RX_COMPACT, err);
    }
    return complain(regex, form, code, offset, err);
}

/* A pattern in PCRE2's syntax: one translation, which is the pattern itself. */
static enum dj_status prepare_native(struct dj_regex *regex, unsigned flags,
                                     struct dj_error *err)
{
    struct form *form = &regex->unicode;
    uint32_t groups = 0;
    int code;
    size_t offset;

    form->options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
    form->options |= (flags & DJ_REGEX_IGNORECASE) != 0 ? (uint32_t)PCRE2_CASELESS : 0;
    form->options |= (flags & DJ_REGEX_MULTILINE) != 0 ? (uint32_t)PCRE2_MULTILINE : 0;
    form->options |= (flags & DJ_REGEX_DOTALL) != 0 ? (uint32_t)PCRE2_DOTALL : 0;
    dj_rx_puts(&form->program.text, regex->pattern);
    form->program.branches =
        strncmp(regex->pattern, "(*", 2) != 0 &&
        (strchr(regex->pattern, '|') != NULL || strstr(regex->pattern, "(?>") != NULL);
    form->program.atomic = strstr(regex->pattern, "(?>") != NULL ||
                           strstr(regex->pattern, ")?+") != NULL ||
                           strstr(regex->pattern, "}+") != NULL;
    avoid_defects(form);
    form->code[0] = compile(regex, form, false, &code, &offset);
    if (form->code[0] == NULL) {
        return complain(regex, form, code, offset, err);
    }
    (void)pcre2_pattern_info(form->code[0], PCRE2_INFO_CAPTURECOUNT, &groups);
    form->program.ngroups = groups;
    return DJ_OK;
}

static enum dj_status prepare_all(struct dj_regex *regex, unsigned flags,
                                  struct dj_error *err)
{
    regex->compile = pcre2_compile_context_create(NULL);
    regex->context = pcre2_match_context_create(NULL);
    if (regex->compile == NULL || regex->context == NULL) {
        return dj_fail(err, DJ_NOMEM, "no memory for a regular expression");
    }
    (void)pcre2_set_newline(regex->compile, PCRE2_NEWLINE_LF);
    (void)pcre2_set_match_limit(regex->context, STEPS_MAX);
    (void)pcre2_set_heap_limit(regex->context, HEAP_MAX_KIB);
    if ((flags & DJ_REGEX_NATIVE) != 0) {
        DJ_TRY(prepare_native(regex, flags, err));
    } else {
        size_t bad;

        if (!dj_utf8_valid(dj_str_from(regex->pattern), &bad)) {
            return dj_fail(err, DJ_CONFIG, "the pattern is not UTF-8");
        }
        DJ_TRY(prepare(regex, &regex->ascii, flags, DJ_RX_ASCII, err));
        DJ_TRY(prepare(regex, &regex->unicode, flags, DJ_RX_UNICODE, err));
    }
    regex->match = pcre2_match_data_create_from_pattern(regex->unicode.code[0], NULL);
    if (regex->match == NULL) {
        return dj_fail(err, DJ_NOMEM, "no memory for a regular expression");
    }
    return DJ_OK;
}

enum dj_status dj_regex_new(const char *pattern, enum dj_regex_flavor flavor,
                            unsigned flags, struct dj_regex **regex, struct dj_error *err)
{
    struct dj_regex *made = dj_xcalloc(1, sizeof(*made));
    enum dj_status status;

    made->flavor = flavor;
    made->pattern = dj_xstrdup(pattern);
    status = prepare_all(made, flags, err);
    if (status != DJ_OK) {
        dj_regex_free(made);
        made = NULL;
    }
    *regex = made;
    return status;
}

static void release_form(struct form *form)
{
    pcre2_code_free(form->code[0]);
    pcre2_code_free(form->code[1]);
    dj_rx_program_release(&form->program);
}

void dj_regex_free(struct dj_regex *regex)
{
    if (regex == NULL) {
        return;
    }
    release_form(&regex->ascii);
    release_form(&regex->unicode);
    pcre2_match_data_free(regex->match);
    pcre2_match_context_free(regex->context);
    pcre2_compile_context_free(regex->compile);
    pcre2_jit_stack_free(regex->stack);
    dj_xfree(regex->pattern);
    dj_xfree(regex);
}

/* --- searching ---------------------------------------------------------------------- */

/* ASCII texts take the short translation, if there is one. */
static struct form *form_for(struct dj_regex *regex, bool ascii)
{
    return ascii && regex->ascii.code[0] != NULL ? &regex->ascii : &regex->unicode;
}

static enum dj_status ready(struct dj_regex *regex, struct form *form, bool limited,
                            struct dj_error *err)
{
    int code;
    size_t offset;

    if (form->jit[limited]) {
        return DJ_OK;
    }
    if (form->code[limited] == NULL) {
        form->code[limited] = compile(regex, form, limited, &code, &offset);
        if (form->code[limited] == NULL) {
            return complain(regex, form, code, offset, err);
        }
    }
    /* Where this fails pcre2_match interprets, which is slower but the same. */
    (void)pcre2_jit_compile(form->code[limited], PCRE2_JIT_COMPLETE);
    form->jit[limited] = true;
    return DJ_OK;
}

static enum dj_status failed(const struct dj_regex *regex, int code, struct dj_error *err)
{
    PCRE2_UCHAR text[120];

    if (code == PCRE2_ERROR_NOMEMORY) {
        return dj_fail(err, DJ_NOMEM, "no memory for a regular expression");
    }
    if (code == PCRE2_ERROR_MATCHLIMIT) {
        return dj_fail(err, DJ_OP, "pattern \"%.80s\" takes more than %d steps",
                       regex->pattern, STEPS_MAX);
    }
    if (code == PCRE2_ERROR_JIT_STACKLIMIT || code == PCRE2_ERROR_HEAPLIMIT) {
        return dj_fail(err, DJ_OP, "pattern \"%.80s\" takes more than %d MiB of memory",
                       regex->pattern, STACK_MAX >> 20);
    }
    if (pcre2_get_error_message(code, text, sizeof(text)) < 0) {
        text[0] = '\0';
    }
    return dj_fail(err, DJ_OP, "pattern \"%.80s\": %s", regex->pattern,
                   (const char *)text);
}

static bool grow_stack(struct dj_regex *regex)
{
    if (regex->stack != NULL) {
        return false;
    }
    regex->stack = pcre2_jit_stack_create(STACK_MIN, STACK_MAX, NULL);
    if (regex->stack == NULL) {
        return false;
    }
    pcre2_jit_stack_assign(regex->context, NULL, regex->stack);
    return true;
}

static enum dj_status execute(struct dj_regex *regex, struct form *form,
                              struct dj_str text, size_t from, size_t limit,
                              uint32_t options, struct dj_error *err)
{
    const bool limited = limit < text.len;
    const PCRE2_SPTR subject = (PCRE2_SPTR)(text.len == 0 ? "" : text.ptr);
    int code;

    regex->matched = false;
    if (from > limit) {
        return DJ_OK;
    }
    DJ_TRY(ready(regex, form, limited, err));
    (void)pcre2_set_offset_limit(regex->context, limited ? limit : PCRE2_UNSET);
    do {
        code = pcre2_match(form->code[limited], subject, text.len, from,
                           options | PCRE2_NO_UTF_CHECK, regex->match, regex->context);
    } while (code == PCRE2_ERROR_JIT_STACKLIMIT && grow_stack(regex));
    if (code < 0 && code != PCRE2_ERROR_NOMATCH) {
        return failed(regex, code, err);
    }
    regex->matched = code >= 0;
    return DJ_OK;
}

enum dj_status dj_regex_search(struct dj_regex *regex, struct dj_str text, size_t from,
                               size_t limit, bool *found, size_t *start, size_t *end,
                               struct dj_error *err)
{
    /* Not for each of many searches in one long text: that would be quadratic. */
    const bool ascii = (from == 0 || text.len <= SHORT_TEXT) && dj_utf8_ascii(text);

    DJ_TRY(execute(regex, form_for(regex, ascii), text, from, limit, 0, err));
    *found = regex->matched;
    if (regex->matched) {
        (void)dj_regex_group(regex, 0, start, end);
    }
    return DJ_OK;
}

void dj_regex_begin(struct dj_regex *regex, struct dj_str text)
{
    regex->text = text;
    regex->text_is_ascii = dj_utf8_ascii(text);
    regex->next = 0;
    regex->was_empty = false;
}

enum dj_status dj_regex_next(struct dj_regex *regex, bool *found, size_t *start,
                             size_t *end, struct dj_error *err)
{
    const uint32_t options = regex->was_empty ? (uint32_t)PCRE2_NOTEMPTY_ATSTART : 0;
    struct form *form = form_for(regex, regex->text_is_ascii);

    DJ_TRY(execute(regex, form, regex->text, regex->next, regex->text.len, options, err));
    *found = regex->matched;
    if (regex->matched) {
        (void)dj_regex_group(regex, 0, start, end);
        regex->was_empty = *start == *end;
        regex->next = *end;
    }
    return DJ_OK;
}

bool dj_regex_group(const struct dj_regex *regex, size_t group, size_t *start,
                    size_t *end)
{
    const size_t *bounds = pcre2_get_ovector_pointer(regex->match) + 2 * group;

    if (!regex->matched || group > dj_regex_groups(regex) || bounds[0] == PCRE2_UNSET) {
        return false;
    }
    *start = bounds[0];
    *end = bounds[1];
    return true;
}

size_t dj_regex_groups(const struct dj_regex *regex)
{
    return regex->unicode.program.ngroups;
}

const size_t *dj_regex_bounds(const struct dj_regex *regex)
{
    return pcre2_get_ovector_pointer(regex->match);
}

enum dj_regex_flavor dj_regex_flavor_of(const struct dj_regex *regex)
{
    return regex->flavor;
}

size_t dj_regex_group_named(const struct dj_regex *regex, struct dj_str name)
{
    return dj_rx_name_find(&regex->unicode.program.names, name);
}

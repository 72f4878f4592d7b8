/* A condition into tokens. */
#include "op/py_expr_private.h"

#include "dj/text.h"

#include <stdarg.h>
#include <stdio.h>

static const char *end_of(const struct dj_tokens *tokens)
{
    return tokens->text.ptr + tokens->text.len;
}

static size_t column_of(const struct dj_tokens *tokens, const char *p)
{
    return 1 + dj_utf8_length(
                   (struct dj_str){ tokens->text.ptr, (size_t)(p - tokens->text.ptr) });
}

enum dj_status dj_tokens_fail(const struct dj_tokens *tokens, const char *where,
                              const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)dj_vfail(tokens->err, DJ_CONFIG, fmt, args);
    va_end(args);
    return dj_error_prefix(tokens->err, "column %zu: ", column_of(tokens, where));
}

/* --- blanks ------------------------------------------------------------------------ */

/* Line ends outside of brackets end a condition; only blanks and comments may follow. */
static void skip_blanks(struct dj_tokens *tokens)
{
    const char *end = end_of(tokens);
    const char *p = tokens->p;

    while (p < end) {
        if (*p == ' ' || *p == '\t' || *p == '\f' ||
            (*p == '\n' && tokens->brackets > 0)) {
            p++;
        } else if (*p == '\\' && p + 1 < end && p[1] == '\n') {
            p += 2;
        } else if (*p == '#') {
            while (p < end && *p != '\n') {
                p++;
            }
        } else {
            break;
        }
    }
    tokens->p = p;
}

/* --- names ------------------------------------------------------------------------- */

static bool begins_name(uint32_t c)
{
    return c == '_' || (dj_char_class(c) & DJ_CHAR_ALPHA) != 0;
}

/* Joiners are word characters of the regex module and none of Python's names. */
static bool continues_name(uint32_t c)
{
    return c == '_' || (c != 0x200c && c != 0x200d &&
                        (dj_char_class(c) & (DJ_CHAR_ALPHA | DJ_CHAR_REGEX_WORD)) != 0);
}

static size_t name_length(const struct dj_tokens *tokens)
{
    const char *p = tokens->p;

    for (const char *next = p; next < end_of(tokens);) {
        const uint32_t c = dj_utf8_next(&next);

        if (p == tokens->p ? !begins_name(c) : !continues_name(c)) {
            break;
        }
        p = next;
    }
    return (size_t)(p - tokens->p);
}

static enum dj_token_kind keyword(struct dj_str name)
{
    static const struct {
        const char *word;
        enum dj_token_kind kind;
    } words[] = {
        { "or", TOKEN_OR },          { "and", TOKEN_AND },
        { "not", TOKEN_NOT },        { "in", TOKEN_IN },
        { "is", TOKEN_IS },          { "True", TOKEN_TRUE },
        { "False", TOKEN_FALSE },    { "None", TOKEN_NONE },
        { "if", TOKEN_OTHER },       { "else", TOKEN_OTHER },
        { "lambda", TOKEN_OTHER },   { "await", TOKEN_OTHER },
        { "yield", TOKEN_OTHER },    { "for", TOKEN_OTHER },
        { "async", TOKEN_OTHER },    { "as", TOKEN_OTHER },
        { "assert", TOKEN_OTHER },   { "break", TOKEN_OTHER },
        { "class", TOKEN_OTHER },    { "continue", TOKEN_OTHER },
        { "def", TOKEN_OTHER },      { "del", TOKEN_OTHER },
        { "elif", TOKEN_OTHER },     { "except", TOKEN_OTHER },
        { "finally", TOKEN_OTHER },  { "from", TOKEN_OTHER },
        { "global", TOKEN_OTHER },   { "import", TOKEN_OTHER },
        { "nonlocal", TOKEN_OTHER }, { "pass", TOKEN_OTHER },
        { "raise", TOKEN_OTHER },    { "return", TOKEN_OTHER },
        { "try", TOKEN_OTHER },      { "while", TOKEN_OTHER },
        { "with", TOKEN_OTHER },
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (dj_str_is(name, words[i].word)) {
            return words[i].kind;
        }
    }
    return TOKEN_NAME;
}

/* Python compares names in their NFKC form. */
static enum dj_status take_name(struct dj_tokens *tokens, size_t len,
                                struct dj_token *token)
{
    enum dj_status status = DJ_OK;
    bool changed = false;
    struct dj_buf buf;

    token->text = (struct dj_str){ tokens->p, len };
    token->kind = keyword(token->text);
    token->value.s = token->text;
    tokens->p += len;
    if (dj_utf8_ascii(token->text)) {
        return DJ_OK;
    }
    dj_buf_init(&buf);
    status = dj_text_normalize(DJ_NFKC, token->text, &buf, &changed);
    if (status == DJ_OK && changed) {
        token->value.s = dj_arena_copy(tokens->arena, dj_buf_str(&buf));
        status = token->value.s.ptr == NULL ? DJ_NOMEM : DJ_OK;
    }
    dj_buf_release(&buf);
    return status == DJ_OK ? DJ_OK : dj_fail(tokens->err, status, "out of memory");
}

/* --- signs ------------------------------------------------------------------------- */

static void take_sign(struct dj_tokens *tokens, struct dj_token *token)
{
    static const struct {
        const char *sign;
        enum dj_token_kind kind;
    } signs[] = {
        { "<=", TOKEN_LE },       { ">=", TOKEN_GE },        { "==", TOKEN_EQ },
        { "!=", TOKEN_NE },       { "<>", TOKEN_OTHER },     { "**", TOKEN_OTHER },
        { "//", TOKEN_OTHER },    { "<<", TOKEN_OTHER },     { ">>", TOKEN_OTHER },
        { ":=", TOKEN_OTHER },    { "<", TOKEN_LT },         { ">", TOKEN_GT },
        { "+", TOKEN_PLUS },      { "-", TOKEN_MINUS },      { ".", TOKEN_DOT },
        { ",", TOKEN_COMMA },     { "(", TOKEN_OPEN },       { ")", TOKEN_CLOSE },
        { "[", TOKEN_OPEN_LIST }, { "]", TOKEN_CLOSE_LIST }, { "{", TOKEN_OPEN_SET },
        { "}", TOKEN_CLOSE_SET },
    };
    const size_t left = (size_t)(end_of(tokens) - tokens->p);
    const char *next = tokens->p;

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        const size_t len = strlen(signs[i].sign);

        if (left >= len && memcmp(tokens->p, signs[i].sign, len) == 0) {
            token->kind = signs[i].kind;
            token->text = (struct dj_str){ tokens->p, len };
            tokens->p += len;
            return;
        }
    }
    (void)dj_utf8_next(&next);
    token->kind = TOKEN_OTHER;
    token->text = (struct dj_str){ tokens->p, (size_t)(next - tokens->p) };
    tokens->p = next;
}

static void count_brackets(struct dj_tokens *tokens, enum dj_token_kind kind)
{
    tokens->brackets +=
        kind == TOKEN_OPEN || kind == TOKEN_OPEN_LIST || kind == TOKEN_OPEN_SET;
    tokens->brackets -=
        kind == TOKEN_CLOSE || kind == TOKEN_CLOSE_LIST || kind == TOKEN_CLOSE_SET;
}

/* --- the next one ------------------------------------------------------------------ */

/* A copy with LF as the only line end and a NUL behind it. */
static enum dj_status unify_lines(struct dj_str text, struct dj_arena *arena,
                                  struct dj_str *copy)
{
    char *out = dj_arena_alloc(arena, text.len + 1);
    size_t len = 0;

    if (out == NULL) {
        return DJ_NOMEM;
    }
    for (size_t i = 0; i < text.len; i++) {
        const bool pair =
            i + 1 < text.len && text.ptr[i] == '\r' && text.ptr[i + 1] == '\n';

        if (!pair) {
            out[len++] = text.ptr[i] == '\r' ? '\n' : text.ptr[i];
        }
    }
    out[len] = '\0';
    *copy = (struct dj_str){ out, len };
    return DJ_OK;
}

/* The condition begins where a line begins; empty lines may stand before it. */
static enum dj_status skip_empty_lines(struct dj_tokens *tokens)
{
    const char *end = tokens->text.ptr + tokens->text.len;
    const char *line = tokens->p;

    while (line < end) {
        const char *p = line + strspn(line, " \t\f");

        if (*p == '#') {
            p += strcspn(p, "\n");
        }
        if (*p != '\n') {
            break;
        }
        line = p + 1;
    }
    tokens->p = line;
    line += strspn(line, "\f");
    if (*line == ' ' || *line == '\t') {
        return dj_tokens_fail(tokens, line, "a condition does not begin with a blank");
    }
    return DJ_OK;
}

enum dj_status dj_tokens_begin(struct dj_tokens *tokens, struct dj_str text)
{
    if (unify_lines(text, tokens->arena, &tokens->text) != DJ_OK) {
        return dj_fail(tokens->err, DJ_NOMEM, "out of memory");
    }
    tokens->p = tokens->text.ptr;
    return skip_empty_lines(tokens);
}

/* Nothing but blanks, comments and line ends is left. */
static bool at_end(struct dj_tokens *tokens)
{
    const char *p = tokens->p;

    while (tokens->p < end_of(tokens) && *tokens->p == '\n') {
        tokens->p++;
        skip_blanks(tokens);
    }
    if (tokens->p == end_of(tokens)) {
        return true;
    }
    tokens->p = p;
    return false;
}

enum dj_status dj_tokens_next(struct dj_tokens *tokens, struct dj_token *token)
{
    size_t len;
    char next;

    skip_blanks(tokens);
    *token = (struct dj_token){ .column = column_of(tokens, tokens->p) };
    if (at_end(tokens)) {
        token->kind = TOKEN_END;
        return DJ_OK;
    }
    if (*tokens->p == '\n') {
        return dj_tokens_fail(
            tokens, tokens->p,
            "a second line belongs to no condition; put brackets around "
            "all of it");
    }
    if (dj_tokens_prefix(tokens, tokens->p) != SIZE_MAX) {
        token->kind = TOKEN_STRING;
        token->value.kind = DJ_PY_STR;
        return dj_tokens_string(tokens, &token->value.s);
    }
    next = tokens->p + 1 < end_of(tokens) ? tokens->p[1] : '\0';
    if ((*tokens->p >= '0' && *tokens->p <= '9') ||
        (*tokens->p == '.' && next >= '0' && next <= '9')) {
        token->kind = TOKEN_NUMBER;
        return dj_tokens_number(tokens, &token->value);
    }
    len = name_length(tokens);
    if (len > 0) {
        return take_name(tokens, len, token);
    }
    take_sign(tokens, token);
    count_brackets(tokens, token->kind);
    return DJ_OK;
}

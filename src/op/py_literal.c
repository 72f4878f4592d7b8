/* Numbers and texts of a condition, as Python writes them. */
#include "op/py_expr_private.h"

#include "dj/text.h"

#include <math.h>
#include <stdlib.h>

/* --- numbers ----------------------------------------------------------------------- */

static const char *end_of(const struct dj_tokens *tokens)
{
    return tokens->text.ptr + tokens->text.len;
}

static char at(const struct dj_tokens *tokens, const char *p)
{
    return p < end_of(tokens) ? *p : '\0';
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* Digits with single underscores between them; returns their end. */
static const char *skip_digits(const struct dj_tokens *tokens, const char *p, int base)
{
    while (digit_value(at(tokens, p)) < base ||
           (at(tokens, p) == '_' && digit_value(at(tokens, p + 1)) < base)) {
        p++;
    }
    return p;
}

/* Python lets a keyword follow a number at once. */
static bool may_follow(const struct dj_tokens *tokens, const char *p)
{
    static const char *const words[] = { "and", "or", "in", "is", "not", "if", "else" };
    const size_t left = (size_t)(end_of(tokens) - p);
    const char c = at(tokens, p);

    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
          c == '_' || (unsigned char)c >= 0x80)) {
        return true;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const size_t len = strlen(words[i]);

        if (left >= len && memcmp(p, words[i], len) == 0) {
            return true;
        }
    }
    return false;
}

static enum dj_status whole(struct dj_tokens *tokens, const char *begin,
                            const char *digits, const char *end, int base,
                            struct dj_py *value)
{
    value->kind = DJ_PY_INT;
    value->i = 0;
    for (const char *p = digits; p < end; p++) {
        if (*p != '_' && (__builtin_mul_overflow(value->i, base, &value->i) ||
                          __builtin_add_overflow(value->i, digit_value(*p), &value->i))) {
            return dj_tokens_fail(tokens, begin,
                                  "a whole number beyond 9223372036854775807");
        }
    }
    return DJ_OK;
}

static enum dj_status with_base(struct dj_tokens *tokens, int base, struct dj_py *value)
{
    const char *begin = tokens->p;
    const char *digits = begin + 2;
    const char *end = skip_digits(tokens, digits, base);

    if (end == digits || !may_follow(tokens, end)) {
        return dj_tokens_fail(tokens, begin, "this is no number");
    }
    tokens->p = end;
    return whole(tokens, begin, digits, end, base, value);
}

static enum dj_status real(struct dj_tokens *tokens, const char *begin, const char *end,
                           struct dj_py *value)
{
    char *copy = dj_arena_alloc(tokens->arena, (size_t)(end - begin) + 1);
    char *out = copy;

    if (copy == NULL) {
        return dj_fail(tokens->err, DJ_NOMEM, "out of memory");
    }
    for (const char *p = begin; p < end; p++) {
        if (*p != '_') {
            *out++ = *p;
        }
    }
    *out = '\0';
    value->kind = DJ_PY_FLOAT;
    value->d = strtod(copy, NULL);
    return DJ_OK;
}

/* Behind the digits before the point: a point, an exponent. */
static const char *skip_fraction(const struct dj_tokens *tokens, const char *p)
{
    if (at(tokens, p) == '.') {
        p++;
        if (digit_value(at(tokens, p)) < 10) {
            p = skip_digits(tokens, p, 10);
        }
    }
    if (at(tokens, p) == 'e' || at(tokens, p) == 'E') {
        const char *digits = p + 1;

        digits += at(tokens, digits) == '+' || at(tokens, digits) == '-';
        if (digit_value(at(tokens, digits)) < 10) {
            p = skip_digits(tokens, digits, 10);
        }
    }
    return p;
}

enum dj_status dj_tokens_number(struct dj_tokens *tokens, struct dj_py *value)
{
    const char *begin = tokens->p;
    const char *digits_end = skip_digits(tokens, begin, 10);
    const char *end = skip_fraction(tokens, digits_end);
    const char letter =
        at(tokens, begin) == '0' ? (char)(at(tokens, begin + 1) | 0x20) : '\0';

    if (letter == 'x' || letter == 'o' || letter == 'b') {
        return with_base(tokens, letter == 'x' ? 16 : letter == 'o' ? 8 : 2, value);
    }
    if (at(tokens, end) == 'j' || at(tokens, end) == 'J') {
        return dj_tokens_fail(tokens, begin, "imaginary numbers are not possible");
    }
    if (!may_follow(tokens, end)) {
        return dj_tokens_fail(tokens, begin, "this is no number");
    }
    tokens->p = end;
    if (end > digits_end) {
        return real(tokens, begin, end, value);
    }
    if (*begin == '0' && strspn(begin, "0_") < (size_t)(end - begin)) {
        return dj_tokens_fail(tokens, begin,
                              "a number other than 0 does not begin with 0");
    }
    return whole(tokens, begin, begin, end, 10, value);
}

/* --- texts ------------------------------------------------------------------------- */

size_t dj_tokens_prefix(const struct dj_tokens *tokens, const char *p)
{
    size_t n = 0;

    while (n < 3 && at(tokens, p + n) != '\0' &&
           strchr("rRuUbBfF", at(tokens, p + n)) != NULL) {
        n++;
    }
    return n < 3 && (at(tokens, p + n) == '"' || at(tokens, p + n) == '\'') ? n
                                                                            : SIZE_MAX;
}

/* What stands between the quotes, and how. */
struct literal {
    const char *p;
    const char *end;
    bool raw;
};

static bool is_quote(const struct dj_tokens *tokens, const char *p, char quote, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (at(tokens, p + i) != quote) {
            return false;
        }
    }
    return true;
}

/* Finds the closing quotes; tokens->p moves behind them. */
static enum dj_status delimit(struct dj_tokens *tokens, struct literal *literal)
{
    const char *begin = tokens->p;
    const size_t prefix = dj_tokens_prefix(tokens, begin);
    const char *p = begin + prefix;
    const char quote = *p;
    const size_t n = is_quote(tokens, p, quote, 3) ? 3 : 1;

    for (size_t i = 0; i < prefix; i++) {
        const char c = (char)(begin[i] | 0x20);

        literal->raw = literal->raw || c == 'r';
        if (c == 'b' || c == 'f' || (c == 'u' && prefix > 1)) {
            return dj_tokens_fail(tokens, begin,
                                  "a text with the prefix %.*s is not possible",
                                  (int)prefix, begin);
        }
    }
    p += n;
    literal->p = p;
    while (p < end_of(tokens) && !is_quote(tokens, p, quote, n)) {
        if (n == 1 && *p == '\n') {
            break;
        }
        p += *p == '\\' ? 2 : 1;
    }
    if (p >= end_of(tokens) || *p == '\n') {
        return dj_tokens_fail(tokens, begin, "this text has no closing quote");
    }
    literal->end = p;
    tokens->p = p + n;
    return DJ_OK;
}

static enum dj_status put_hex(struct dj_tokens *tokens, struct literal *literal, int n,
                              struct dj_buf *out)
{
    const char *begin = literal->p;
    uint32_t code = 0;
    char utf8[4];

    for (int i = 0; i < n; i++, literal->p++) {
        const int digit = literal->p < literal->end ? digit_value(*literal->p) : 99;

        if (digit > 15) {
            return dj_tokens_fail(tokens, begin - 2, "%d hexadecimal digits are missing",
                                  n);
        }
        code = code << 4 | (uint32_t)digit;
    }
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
        return dj_tokens_fail(tokens, begin - 2, "this is no character");
    }
    return dj_buf_append(out, (struct dj_str){ utf8, dj_utf8_put(utf8, code) });
}

static enum dj_status put_octal(struct literal *literal, struct dj_buf *out)
{
    uint32_t code = 0;
    char utf8[4];

    for (int i = 0;
         i < 3 && literal->p < literal->end && *literal->p >= '0' && *literal->p <= '7';
         i++) {
        code = code << 3 | (uint32_t)(*literal->p++ - '0');
    }
    return dj_buf_append(out, (struct dj_str){ utf8, dj_utf8_put(utf8, code) });
}

/* literal->p is behind the backslash. */
static enum dj_status put_escape(struct dj_tokens *tokens, struct literal *literal,
                                 struct dj_buf *out)
{
    static const char letters[] = "\\'\"abfnrtv";
    static const char meanings[] = "\\'\"\a\b\f\n\r\t\v";
    const char c = *literal->p;
    const char *letter = memchr(letters, c, sizeof(letters) - 1);

    if (letter != NULL) {
        literal->p++;
        return dj_buf_putc(out, meanings[letter - letters]);
    }
    if (c >= '0' && c <= '7') {
        return put_octal(literal, out);
    }
    switch (c) {
    case '\n':
        literal->p++;
        return DJ_OK;
    case 'x':
    case 'u':
    case 'U':
        literal->p++;
        return put_hex(tokens, literal, c == 'x' ? 2 : c == 'u' ? 4 : 8, out);
    case 'N':
        return dj_tokens_fail(tokens, literal->p - 1,
                              "\\N is not possible: write the character itself");
    default:
        return dj_buf_putc(out, '\\'); /* it stays, and so does what follows */
    }
}

static enum dj_status decode(struct dj_tokens *tokens, struct literal *literal,
                             struct dj_buf *out)
{
    while (literal->p < literal->end) {
        if (*literal->p == '\\' && !literal->raw) {
            literal->p++;
            DJ_TRY(put_escape(tokens, literal, out));
        } else {
            DJ_TRY(dj_buf_putc(out, *literal->p++));
        }
    }
    return DJ_OK;
}

enum dj_status dj_tokens_string(struct dj_tokens *tokens, struct dj_str *text)
{
    struct literal literal = { 0 };
    enum dj_status status;
    struct dj_buf buf;

    DJ_TRY(delimit(tokens, &literal));
    dj_buf_init(&buf);
    status = decode(tokens, &literal, &buf);
    if (status == DJ_OK) {
        *text = dj_arena_copy(tokens->arena, dj_buf_str(&buf));
        status = text->ptr == NULL ? DJ_NOMEM : DJ_OK;
    }
    if (status == DJ_NOMEM) {
        dj_fail(tokens->err, status, "out of memory");
    }
    dj_buf_release(&buf);
    return status;
}

/*
 * float() and int() of a text: blanks around it, an underscore between two digits, digits
 * of any script of Unicode 14.0, inf, infinity and nan in any case; no hexadecimal
 * digits.
 */
#include "dj/py.h"
#include "dj/text.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

/* The mathematical digits are five runs of ten without a gap. */
static const uint32_t first_math_digit = 0x1d7ce, last_math_digit = 0x1d7ff;

static bool is_digit(uint32_t c)
{
    const unsigned digit = DJ_CHAR_REGEX_DIGIT | DJ_CHAR_ALNUM;

    return (dj_char_class(c) & digit) == digit;
}

/* Decimal digits come in runs of ten, zero first; -1: c is none. */
static int digit_value(uint32_t c)
{
    uint32_t zero = c;

    if (!is_digit(c)) {
        return -1;
    }
    if (c >= first_math_digit && c <= last_math_digit) {
        return (int)((c - first_math_digit) % 10);
    }
    while (c - zero < 9 && is_digit(zero - 1)) {
        zero--;
    }
    return (int)(c - zero);
}

/* The text in ASCII, '?' for what no number has; out has room for its length and NUL. */
static void to_ascii(struct dj_str text, char *out)
{
    const char *p = text.ptr;

    while (p < text.ptr + text.len) {
        const uint32_t c = dj_utf8_next(&p);
        const int digit = c < 0x80 ? -1 : digit_value(c);

        if (digit >= 0) {
            *out++ = (char)('0' + digit);
        } else if (c >= 0x80 && (dj_char_class(c) & DJ_CHAR_SPACE) != 0) {
            *out++ = ' ';
        } else {
            *out++ = c < 0x80 && c != 0 ? (char)c : '?';
        }
    }
    *out = '\0';
}

static bool ascii_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes underscores out; false: one stands where none may. */
static bool drop_underscores(char *text)
{
    char *out = text;
    char before = '\0';

    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '_' && !(ascii_digit(before) && ascii_digit(p[1]))) {
            return false;
        }
        if (*p != '_') {
            *out++ = *p;
        }
        before = *p;
    }
    *out = '\0';
    return true;
}

static const char *digits(const char *p, bool *any)
{
    while (ascii_digit(*p)) {
        *any = true;
        p++;
    }
    return p;
}

/* [sign] digits [. digits] [e [sign] digits], with a digit before the exponent. */
static bool is_decimal(const char *p)
{
    bool mantissa = false;
    bool exponent = false;

    p += *p == '+' || *p == '-';
    p = digits(p, &mantissa);
    if (*p == '.') {
        p = digits(p + 1, &mantissa);
    }
    if (mantissa && (*p == 'e' || *p == 'E')) {
        p++;
        p += *p == '+' || *p == '-';
        p = digits(p, &exponent);
        return exponent && *p == '\0';
    }
    return mantissa && *p == '\0';
}

static bool is_special(const char *p)
{
    static const char *const words[] = { "inf", "infinity", "nan" };

    p += *p == '+' || *p == '-';
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(p, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Without the blanks around it; of ASCII's only those that C knows as such. */
static char *stripped(char *text)
{
    static const char blanks[] = " \t\n\v\f\r";
    size_t len;

    text += strspn(text, blanks);
    len = strlen(text);
    while (len > 0 && strchr(blanks, text[len - 1]) != NULL) {
        len--;
    }
    text[len] = '\0';
    return text;
}

bool dj_py_float_text(struct dj_str text, double *result)
{
    char *room = dj_xmalloc(text.len + 1);
    char *ascii;
    bool number;

    to_ascii(text, room);
    ascii = stripped(room);
    number = drop_underscores(ascii) && (is_decimal(ascii) || is_special(ascii));
    if (number) {
        *result = strtod(ascii, NULL);
    }
    dj_xfree(room);
    return number;
}

bool dj_py_int_text(struct dj_str text, int64_t *result)
{
    char *room = dj_xmalloc(text.len + 1);
    char *ascii;
    bool number = false;

    to_ascii(text, room);
    ascii = stripped(room);
    if (drop_underscores(ascii)) {
        const char *end = digits(ascii + (*ascii == '+' || *ascii == '-'), &number);

        errno = 0;
        *result = strtoll(ascii, NULL, 10);
        number = number && *end == '\0' && errno == 0;
    }
    dj_xfree(room);
    return number;
}

bool dj_py_float(const struct dj_py *value, double *result, bool *number)
{
    *number = true;
    switch (value->kind) {
    case DJ_PY_BOOL:
        *result = value->b;
        return true;
    case DJ_PY_INT:
        *result = (double)value->i;
        return true;
    case DJ_PY_FLOAT:
        *result = value->d;
        return true;
    case DJ_PY_STR:
        *number = dj_py_float_text(value->s, result);
        return true;
    case DJ_PY_NONE:
    case DJ_PY_LIST:
    case DJ_PY_TUPLE:
    case DJ_PY_SET:
    case DJ_PY_DICT:
    case DJ_PY_METHOD:
    default:
        return false;
    }
}

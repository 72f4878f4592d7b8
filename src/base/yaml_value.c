/*
 * What plain scalars mean: YAML 1.1 as PyYAML reads it, and numbers such as 1e3 as
 * Data-Juicer's own loader does. The tree as JSON.
 */
#include "base/yaml_private.h"
#include "dj/json.h"

#include <math.h>
#include <stdlib.h>

enum { NUMBER_TEXT = 400 }; /* longest number: more digits than a double can use */

static bool is_one_of(struct dj_str text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (dj_str_is(text, *words)) {
            return true;
        }
    }
    return false;
}

bool dj_yaml_text_is_null(struct dj_str text)
{
    static const char *const words[] = { "", "~", "null", "Null", "NULL", NULL };

    return is_one_of(text, words);
}

bool dj_yaml_as_null(const struct dj_yaml_node *node)
{
    return node->kind == DJ_YAML_NULL;
}

static bool is_plain(const struct dj_yaml_node *node)
{
    return node->kind == DJ_YAML_SCALAR && !node->quoted;
}

bool dj_yaml_as_bool(const struct dj_yaml_node *node, bool *value)
{
    static const char *const yes[] = { "true", "True", "TRUE", "yes", "Yes",
                                       "YES",  "on",   "On",   "ON",  NULL };
    static const char *const no[] = { "false", "False", "FALSE", "no",  "No",
                                      "NO",    "off",   "Off",   "OFF", NULL };
    const struct dj_str text = { node->text, node->len };

    if (!is_plain(node)) {
        return false;
    }
    *value = is_one_of(text, yes);
    return *value || is_one_of(text, no);
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/* value = value * factor + more, away from zero for a negative number. */
static bool push(int64_t *value, int64_t factor, int64_t more, bool negative)
{
    return !__builtin_mul_overflow(*value, factor, value) &&
           !__builtin_add_overflow(*value, negative ? -more : more, value);
}

/* Digits of one base, with underscores anywhere but in front. *fits: no overflow. */
static bool read_digits(const char *text, int base, bool negative, int64_t *value,
                        bool *fits)
{
    if (*text == '\0' || *text == '_') {
        return false;
    }
    *value = 0;
    for (; *text != '\0'; text++) {
        const int digit = digit_of(*text);

        if (*text == '_') {
            continue;
        }
        if (digit >= base) {
            return false;
        }
        *fits = *fits && push(value, base, digit, negative);
    }
    return true;
}

/* 1:30:00, base 60: all parts but the first are below 60. */
static bool read_sixties(const char *text, bool negative, int64_t *value, bool *fits)
{
    int64_t part = 0;
    int digits = 0;
    bool first = true;

    if (strchr(text, ':') == NULL || *text < '1' || *text > '9') {
        return false;
    }
    *value = 0;
    for (;; text++) {
        if (*text == ':' || *text == '\0') {
            if (digits == 0 || (!first && (digits > 2 || part > 59))) {
                return false;
            }
            *fits = *fits && push(value, 60, part, negative);
            part = digits = 0;
            first = false;
            if (*text == '\0') {
                return true;
            }
        } else if (digit_of(*text) < 10) {
            *fits = *fits && push(&part, 10, digit_of(*text), false);
            digits++;
        } else if (*text != '_' || !first) {
            return false;
        }
    }
}

/* Whether text is a whole number, and whether it fits. */
static bool read_whole(const struct dj_yaml_node *node, int64_t *value, bool *fits)
{
    const char *text = node->text;
    bool negative = false;

    *fits = true;
    if (!is_plain(node) || strlen(text) != node->len) {
        return false;
    }
    if (*text == '-' || *text == '+') {
        negative = *text == '-';
        text++;
    }
    if (text[0] == '0' && text[1] == 'b') {
        return read_digits(text + 2, 2, negative, value, fits);
    }
    if (text[0] == '0' && text[1] == 'x') {
        return read_digits(text + 2, 16, negative, value, fits);
    }
    if (text[0] == '0' && text[1] != '\0') {
        return read_digits(text + 1, 8, negative, value, fits);
    }
    return read_digits(text, 10, negative, value, fits) ||
           read_sixties(text, negative, value, fits);
}

bool dj_yaml_as_int(const struct dj_yaml_node *node, int64_t *value)
{
    int64_t read = 0;
    bool fits;

    if (!read_whole(node, &read, &fits) || !fits) {
        return false;
    }
    *value = read;
    return true;
}

/*
 * [sign] digits [. digits] [e [sign] digits], with a digit before or after the dot.
 * Digits alone are a whole number that does not fit; 08 is text, as in PyYAML.
 */
static bool looks_like_float(const char *text)
{
    size_t digits = 0;

    if (*text == '-' || *text == '+') {
        text++;
    }
    if (*text == '0' && strpbrk(text, ".eE") == NULL) {
        return false;
    }
    for (; digit_of(*text) < 10; text++) {
        digits++;
    }
    if (*text == '.') {
        for (text++; digit_of(*text) < 10; text++) {
            digits++;
        }
    }
    if (digits == 0) {
        return false;
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        if (*text == '-' || *text == '+') {
            text++;
        }
        if (digit_of(*text) >= 10) {
            return false;
        }
        while (digit_of(*text) < 10) {
            text++;
        }
    }
    return *text == '\0';
}

static bool read_special(const char *text, double *value)
{
    static const char *const infinities[] = { ".inf", ".Inf", ".INF", NULL };
    static const char *const nans[] = { ".nan", ".NaN", ".NAN", NULL };
    const bool negative = *text == '-';

    if (is_one_of(dj_str_from(text), nans)) {
        *value = NAN;
        return true;
    }
    if (*text == '-' || *text == '+') {
        text++;
    }
    *value = negative ? -INFINITY : INFINITY;
    return is_one_of(dj_str_from(text), infinities);
}

bool dj_yaml_as_double(const struct dj_yaml_node *node, double *value)
{
    char digits[NUMBER_TEXT];
    size_t len = 0;
    int64_t whole;

    if (!is_plain(node) || node->len >= sizeof(digits)) {
        return false;
    }
    if (dj_yaml_as_int(node, &whole)) {
        *value = (double)whole;
        return true;
    }
    if (read_special(node->text, value)) {
        return true;
    }
    for (size_t i = 0; i < node->len; i++) {
        if (node->text[i] != '_') {
            digits[len++] = node->text[i];
        } else if (i == 0) {
            return false;
        }
    }
    digits[len] = '\0';
    if (!looks_like_float(digits)) {
        return false;
    }
    *value = strtod(digits, NULL);
    return true;
}

/* --- JSON ------------------------------------------------------------------------- */

/* A whole number of any length in decimal digits keeps all of them. */
static bool is_long_decimal(const struct dj_yaml_node *node)
{
    const char *text = node->text + (node->text[0] == '-');

    return is_plain(node) && *text != '0' && *text != '\0' &&
           strspn(text, "0123456789") == strlen(text) && strlen(node->text) == node->len;
}

static void write_scalar(const struct dj_yaml_node *node, struct dj_jsonw *w)
{
    int64_t whole;
    double number;
    bool truth;

    if (dj_yaml_as_bool(node, &truth)) {
        dj_jsonw_bool(w, truth);
    } else if (dj_yaml_as_int(node, &whole)) {
        dj_jsonw_int(w, whole);
    } else if (is_long_decimal(node)) {
        dj_jsonw_raw(w, (struct dj_str){ node->text, node->len });
    } else if (dj_yaml_as_double(node, &number) && isfinite(number)) {
        dj_jsonw_double(w, number);
    } else if (strlen(node->text) == node->len) {
        dj_jsonw_text(w, node->text); /* from a command line: any bytes */
    } else {
        dj_jsonw_str(w, (struct dj_str){ node->text, node->len });
    }
}

/* Recursion is as deep as the document, which its reader limits. */
static void write_node(const struct dj_yaml_node *node, struct dj_jsonw *w)
{
    switch (node->kind) {
    case DJ_YAML_NULL:
        dj_jsonw_null(w);
        break;
    case DJ_YAML_SCALAR:
        write_scalar(node, w);
        break;
    case DJ_YAML_SEQUENCE:
        dj_jsonw_open(w, '[');
        for (size_t i = 0; i < node->count; i++) {
            write_node(node->items[i], w);
        }
        dj_jsonw_close(w, ']');
        break;
    case DJ_YAML_MAPPING:
    default:
        dj_jsonw_open(w, '{');
        for (size_t i = 0; i < node->count; i++) {
            dj_jsonw_key(w, node->pairs[i].key->text);
            write_node(node->pairs[i].value, w);
        }
        dj_jsonw_close(w, '}');
        break;
    }
}

enum dj_status dj_yaml_to_json(const struct dj_yaml_node *node, struct dj_buf *out)
{
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 0);
    write_node(node, &w);
    return dj_jsonw_end(&w);
}

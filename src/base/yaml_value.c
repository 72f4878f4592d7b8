/*
 * What a plain scalar means. The rules are YAML 1.1's as Python's loaders have them,
 * since recipes are written for those: yes and on are true, 0o and 0x and _ are known;
 * beyond them 1e5 is a number, as jsonargparse (which reads Data-Juicer's recipes) has
 * it.
 */
#include "dj/json.h"
#include "dj/yaml.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

const struct dj_yaml_node *dj_yaml_get(const struct dj_yaml_node *mapping,
                                       const char *key)
{
    if (mapping == NULL || mapping->kind != DJ_YAML_MAPPING) {
        return NULL;
    }
    for (size_t i = 0; i < mapping->count; i++) {
        if (strcmp(mapping->pairs[i].key->text, key) == 0) {
            return mapping->pairs[i].value;
        }
    }
    return NULL;
}

static bool plain(const struct dj_yaml_node *node)
{
    return node->kind == DJ_YAML_SCALAR && !node->quoted;
}

/* True when text is one of the words, written lower case, Capitalised or UPPER CASE. */
static bool is_word(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        const char *word = *words;
        const size_t len = strlen(word);
        bool lower = true, upper = true, capital = true;

        if (strlen(text) != len) {
            continue;
        }
        for (size_t i = 0; i < len; i++) {
            const char big = (char)toupper((unsigned char)word[i]);

            lower = lower && text[i] == word[i];
            upper = upper && text[i] == big;
            capital = capital && text[i] == (i == 0 ? big : word[i]);
        }
        if (lower || upper || capital) {
            return true;
        }
    }
    return false;
}

bool dj_yaml_as_null(const struct dj_yaml_node *node)
{
    static const char *const words[] = { "null", "~", "", NULL };

    return node->kind == DJ_YAML_NULL || (plain(node) && is_word(node->text, words));
}

bool dj_yaml_as_bool(const struct dj_yaml_node *node, bool *value)
{
    static const char *const yes[] = { "true", "yes", "on", NULL };
    static const char *const no[] = { "false", "no", "off", NULL };

    if (!plain(node)) {
        return false;
    }
    if (is_word(node->text, yes)) {
        *value = true;
        return true;
    }
    if (is_word(node->text, no)) {
        *value = false;
        return true;
    }
    return false;
}

/* The text without underscores between digits; false when it does not fit. */
static bool without_underscores(const char *text, char *out, size_t size)
{
    size_t len = 0;

    for (; *text != '\0'; text++) {
        if (*text == '_') {
            continue;
        }
        if (len + 1 == size) {
            return false;
        }
        out[len++] = *text;
    }
    out[len] = '\0';
    return len > 0;
}

bool dj_yaml_as_int(const struct dj_yaml_node *node, int64_t *value)
{
    char digits[80];
    const char *p = digits;
    char *end;
    int base = 10;
    bool negative;
    unsigned long long magnitude;

    if (!plain(node) || node->text[0] == '_' ||
        !without_underscores(node->text, digits, sizeof(digits))) {
        return false;
    }
    negative = *p == '-';
    p += *p == '-' || *p == '+';
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'b' || p[1] == 'o')) {
        base = p[1] == 'x' ? 16 : p[1] == 'b' ? 2 : 8;
        p += 2;
    } else if (p[0] == '0' && p[1] != '\0') {
        base = 8;
    }
    if (!isxdigit((unsigned char)*p)) {
        return false;
    }
    errno = 0;
    magnitude = strtoull(p, &end, base);
    if (*end != '\0' || errno != 0 ||
        magnitude > (unsigned long long)INT64_MAX + negative) {
        return false;
    }
    *value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

bool dj_yaml_as_double(const struct dj_yaml_node *node, double *value)
{
    static const char *const infinities[] = { ".inf", "+.inf", NULL };
    static const char *const negatives[] = { "-.inf", NULL };
    static const char *const nans[] = { ".nan", NULL };
    char digits[400];
    int64_t whole;
    char *end;

    if (dj_yaml_as_int(node, &whole)) {
        *value = (double)whole;
        return true;
    }
    if (!plain(node)) {
        return false;
    }
    if (is_word(node->text, infinities) || strcmp(node->text, ".NaN") == 0 ||
        is_word(node->text, negatives) || is_word(node->text, nans)) {
        *value = is_word(node->text, infinities)  ? (double)INFINITY
                 : is_word(node->text, negatives) ? -(double)INFINITY
                                                  : (double)NAN;
        return true;
    }
    if (!without_underscores(node->text, digits, sizeof(digits)) ||
        digits[strspn(digits, "0123456789+-.eE")] != '\0' ||
        strpbrk(digits, "0123456789") == NULL) {
        return false;
    }
    *value = strtod(digits, &end);
    return *end == '\0';
}

/* Aliases may repeat a node many times; a recipe is never this large. */
enum { MAX_JSON = 1 << 20 };

static void write_scalar(const struct dj_yaml_node *node, struct dj_jsonw *w)
{
    bool flag;
    int64_t whole;
    double number;

    if (dj_yaml_as_null(node)) {
        dj_jsonw_null(w);
    } else if (dj_yaml_as_bool(node, &flag)) {
        dj_jsonw_bool(w, flag);
    } else if (dj_yaml_as_int(node, &whole)) {
        dj_jsonw_int(w, whole);
    } else if (dj_yaml_as_double(node, &number)) {
        dj_jsonw_double(w, number);
    } else {
        dj_jsonw_str(w, (struct dj_str){ node->text, node->len });
    }
}

static void write_node(const struct dj_yaml_node *node, struct dj_jsonw *w)
{
    if (w->out->len > MAX_JSON) {
        w->status = DJ_NOMEM;
        return;
    }
    switch (node->kind) {
    case DJ_YAML_NULL:
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

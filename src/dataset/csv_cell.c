/* What cells are: missing, numbers, truth values; and numbers as JSON has them. */
#include "dataset/csv_row.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

/* Longer ones are texts. */
enum { NUMBER_BYTES = 320 };

bool dj_cell_missing(struct dj_str text)
{
    /* pandas' STR_NA_VALUES */
    static const char *const words[] = { "",        "#N/A",     "#N/A N/A", "#NA",
                                         "-1.#IND", "-1.#QNAN", "-NaN",     "-nan",
                                         "1.#IND",  "1.#QNAN",  "<NA>",     "N/A",
                                         "NA",      "NULL",     "NaN",      "None",
                                         "n/a",     "nan",      "null" };

    if (text.len > 8 && text.len != sizeof("#N/A N/A") - 1) {
        return false;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (dj_str_is(text, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static struct dj_str trim(struct dj_str text)
{
    while (text.len > 0 && is_blank(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

static bool is_word(struct dj_str text, const char *word)
{
    return text.len == strlen(word) && strncasecmp(text.ptr, word, text.len) == 0;
}

/* A number in parts: sign, digits, behind the point, behind the e. */
struct number {
    bool negative, point, infinite, exponent_negative;
    struct dj_str whole, part, exponent;
};

static struct dj_str take_digits(const char **p, const char *end)
{
    const char *begin = *p;

    while (*p < end && **p >= '0' && **p <= '9') {
        ++*p;
    }
    return (struct dj_str){ begin, (size_t)(*p - begin) };
}

static bool split_number(struct dj_str text, struct number *number)
{
    const struct dj_str inner = trim(text);
    const char *p = inner.ptr;
    const char *end = p + inner.len;

    *number = (struct number){ 0 };
    if (p < end && (*p == '-' || *p == '+')) {
        number->negative = *p++ == '-';
    }
    if (p < end && (*p == 'i' || *p == 'I')) {
        const struct dj_str rest = { p, (size_t)(end - p) };

        number->infinite = is_word(rest, "inf") || is_word(rest, "infinity");
        return number->infinite;
    }
    number->whole = take_digits(&p, end);
    if (p < end && *p == '.') {
        number->point = true;
        p++;
        number->part = take_digits(&p, end);
    }
    if (number->whole.len + number->part.len == 0) {
        return false;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '-' || *p == '+')) {
            number->exponent_negative = *p++ == '-';
        }
        number->exponent = take_digits(&p, end);
        if (number->exponent.len == 0) {
            return false;
        }
    }
    return p == end;
}

static unsigned whole_kinds(const struct number *number)
{
    unsigned kinds =
        DJ_CELL_INT | DJ_CELL_UINT | DJ_CELL_FLOAT | DJ_CELL_WHOLE | DJ_CELL_SMALL;
    uint64_t value = 0;

    for (size_t i = 0; i < number->whole.len; i++) {
        const uint64_t digit = (uint64_t)(number->whole.ptr[i] - '0');

        if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, digit, &value)) {
            return DJ_CELL_WHOLE | DJ_CELL_FLOAT | DJ_CELL_SMALL;
        }
    }
    if (value > (uint64_t)INT64_MAX + number->negative) {
        kinds &= ~(unsigned)(DJ_CELL_INT | DJ_CELL_SMALL);
    }
    if (number->negative) {
        kinds &= ~(unsigned)DJ_CELL_UINT;
    }
    return kinds;
}

static bool is_finite(struct dj_str text)
{
    char copy[NUMBER_BYTES + 1];

    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return isfinite(strtod(copy, NULL));
}

unsigned dj_cell_kinds(struct dj_str text)
{
    struct number number;
    unsigned kinds;
    const char first = text.len == 0 ? '\0' : text.ptr[0];

    if (text.len > NUMBER_BYTES || first > '9') {
        if (is_word(text, "true") || is_word(text, "false")) {
            return DJ_CELL_BOOL;
        }
        if (text.len > NUMBER_BYTES || (first != 'i' && first != 'I')) {
            return 0;
        }
    }
    if (!split_number(text, &number)) {
        return 0;
    }
    kinds = DJ_CELL_FLOAT | DJ_CELL_SMALL;
    if (!number.infinite && !number.point && number.exponent.len == 0) {
        kinds = whole_kinds(&number);
    } else if (number.exponent.len > 0 && !is_finite(text)) {
        return 0;
    }
    return number.negative ? kinds : kinds | DJ_CELL_UNSIGNED;
}

enum dj_status dj_cell_number(struct dj_str text, struct dj_buf *out, bool *missing)
{
    struct number number;

    *missing = !split_number(text, &number) || number.infinite;
    if (*missing) {
        return DJ_OK;
    }
    while (number.whole.len > 1 && number.whole.ptr[0] == '0') {
        number.whole.ptr++;
        number.whole.len--;
    }
    if (number.negative &&
        (number.point || number.exponent.len > 0 || number.whole.ptr[0] != '0')) {
        DJ_TRY(dj_buf_putc(out, '-'));
    }
    DJ_TRY(dj_buf_append(out, number.whole.len > 0 ? number.whole : DJ_STR("0")));
    if (number.point) {
        DJ_TRY(dj_buf_putc(out, '.'));
        DJ_TRY(dj_buf_append(out, number.part.len > 0 ? number.part : DJ_STR("0")));
    }
    if (number.exponent.len > 0) {
        DJ_TRY(dj_buf_append(out, number.exponent_negative ? DJ_STR("e-") : DJ_STR("e")));
        DJ_TRY(dj_buf_append(out, number.exponent));
    }
    return DJ_OK;
}

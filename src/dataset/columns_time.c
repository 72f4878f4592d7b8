/* Dates, times and timestamps: "2024-05-06", "12:34:56.789", both with a T between. */
#include "dataset/columns_private.h"

#include <stdlib.h>

struct clock_text {
    const char *p;
    const char *end;
};

/* So many digits. */
static bool read_digits(struct clock_text *text, int count, int64_t *number)
{
    *number = 0;
    for (int i = 0; i < count; i++) {
        if (text->p == text->end || *text->p < '0' || *text->p > '9') {
            return false;
        }
        *number = 10 * *number + (*text->p++ - '0');
    }
    return true;
}

static bool read_mark(struct clock_text *text, char mark)
{
    if (text->p == text->end || *text->p != mark) {
        return false;
    }
    text->p++;
    return true;
}

/* Days since 1970-01-01 in the Gregorian calendar, also before it was one. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t era = (y >= 0 ? y : y - 399) / 400;
    const int64_t of_era = y - 400 * era;
    const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return 146097 * era + 365 * of_era + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool read_date(struct clock_text *text, int64_t *days)
{
    static const int lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int64_t year, month, day;
    bool before = false;
    int digits = 0;

    if (text->p < text->end && (*text->p == '-' || *text->p == '+')) {
        before = *text->p++ == '-';
    }
    while (text->p + digits < text->end && text->p[digits] >= '0' &&
           text->p[digits] <= '9') {
        digits++;
    }
    if (digits < 4 || digits > 12 || !read_digits(text, digits, &year) ||
        !read_mark(text, '-') || !read_digits(text, 2, &month) || !read_mark(text, '-') ||
        !read_digits(text, 2, &day) || month < 1 || month > 12 || day < 1 ||
        day > lengths[month - 1]) {
        return false;
    }
    year = before ? -year : year;
    if (month == 2 && day == 29 &&
        (year % 4 != 0 || (year % 100 == 0 && year % 400 != 0))) {
        return false;
    }
    *days = days_of(year, month, day);
    return true;
}

/* Parts of a second since midnight; at most so many digits behind the point. */
static bool read_clock(struct clock_text *text, int digits, int64_t unit, int64_t *parts)
{
    int64_t hour, minute, second;
    int64_t fraction = 0;
    int64_t part = unit;

    if (!read_digits(text, 2, &hour) || !read_mark(text, ':') ||
        !read_digits(text, 2, &minute) || !read_mark(text, ':') ||
        !read_digits(text, 2, &second) || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    if (read_mark(text, '.')) {
        for (int i = 0; text->p < text->end && *text->p >= '0' && *text->p <= '9'; i++) {
            if (i == digits && *text->p != '0') {
                return false;
            }
            if (i < digits) {
                part /= 10;
                fraction += part * (*text->p - '0');
            } else {
                digits = i;
            }
            text->p++;
        }
    }
    *parts = ((hour * 60 + minute) * 60 + second) * unit + fraction;
    return true;
}

/* days * per_day + parts; false: it is out of range. */
static bool join(int64_t days, int64_t per_day, int64_t parts, int64_t *whole)
{
    /* Before 1970, days * per_day alone may be out of range where the sum is not. */
    if (days < 0 && parts > 0) {
        days++;
        parts -= per_day;
    }
    return !__builtin_mul_overflow(days, per_day, whole) &&
           !__builtin_add_overflow(*whole, parts, whole);
}

static bool read_timestamp(struct clock_text *text, const struct dj_column *column,
                           int64_t *whole)
{
    const int64_t per_day = 86400 * column->unit;
    int64_t days;
    int64_t parts = 0;

    if (!read_date(text, &days)) {
        return false;
    }
    if (text->p < text->end && (*text->p == 'T' || *text->p == ' ')) {
        text->p++;
        if (!read_clock(text, column->digits, column->unit, &parts)) {
            return false;
        }
    }
    if (column->zoned && !read_mark(text, 'Z')) {
        return false;
    }
    return join(days, per_day, parts, whole);
}

/* Milliseconds that are no whole day come with a time. */
static bool read_day(struct clock_text *text, const struct dj_column *column,
                     int64_t *whole)
{
    int64_t days;
    int64_t parts = 0;

    if (!read_date(text, &days)) {
        return false;
    }
    if (column->width == 8 && read_mark(text, 'T') &&
        !read_clock(text, 3, 1000, &parts)) {
        return false;
    }
    return join(days, column->unit, parts, whole);
}

const char *dj_column_put_time(struct dj_value *value, struct dj_column *column,
                               const char *p)
{
    const char *behind = dj_value_string(value, p);
    struct clock_text text = { value->scratch.ptr,
                               value->scratch.ptr + value->scratch.len };
    int64_t whole = 0;
    bool good;

    if (behind == NULL) {
        return NULL;
    }
    switch (column->kind) {
    case DJ_COLUMN_DATE:
        good = read_day(&text, column, &whole);
        break;
    case DJ_COLUMN_TIME:
        good = read_clock(&text, column->digits, column->unit, &whole);
        break;
    default:
        good = read_timestamp(&text, column, &whole);
        break;
    }
    if (!good || text.p != text.end) {
        return dj_value_fail(value, DJ_VALUE_MISFIT);
    }
    column->is_signed = true;
    return dj_column_put_whole(value, column, whole) ? behind : NULL;
}

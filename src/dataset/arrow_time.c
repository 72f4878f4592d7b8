/* Dates, times and timestamps of Arrow arrays as JSON strings. */
#include "dataset/arrow_json.h"

enum { MS_A_DAY = 86400000 };

static int64_t units_of(int digits)
{
    return digits == 0 ? 1 : digits == 3 ? 1000 : digits == 6 ? 1000000 : 1000000000;
}

/* Rounds down, also below 0. */
static int64_t divide(int64_t value, int64_t by, int64_t *rest)
{
    int64_t whole = value / by;

    *rest = value % by;
    if (*rest < 0) {
        *rest += by;
        whole--;
    }
    return whole;
}

/* The Gregorian calendar, carried on to both sides. */
static enum dj_status put_date(struct dj_buf *out, int64_t days)
{
    int64_t of_era, of_year, year, month, day, rest;
    const int64_t era = divide(days + 719468, 146097, &of_era);

    year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    of_year = of_era - (365 * year + year / 4 - year / 100);
    month = (5 * of_year + 2) / 153;
    day = of_year - (153 * month + 2) / 5 + 1;
    rest = month < 10 ? month + 3 : month - 9;
    year += era * 400 + (rest <= 2);
    return dj_buf_printf(out, "%s%04lld-%02d-%02d", year < 0 ? "-" : "",
                         (long long)(year < 0 ? -year : year), (int)rest, (int)day);
}

/* Units since midnight. */
static enum dj_status put_clock(struct dj_buf *out, int64_t value, int digits)
{
    int64_t fraction;
    const int64_t seconds = divide(value, units_of(digits), &fraction);

    DJ_TRY(dj_buf_printf(out, "%02d:%02d:%02d", (int)(seconds / 3600),
                         (int)(seconds / 60 % 60), (int)(seconds % 60)));
    return digits == 0 ? DJ_OK
                       : dj_buf_printf(out, ".%0*lld", digits, (long long)fraction);
}

enum dj_status dj_arrow_put_date(struct dj_buf *out, int64_t days)
{
    DJ_TRY(dj_buf_putc(out, '"'));
    DJ_TRY(put_date(out, days));
    return dj_buf_putc(out, '"');
}

enum dj_status dj_arrow_put_date_ms(struct dj_buf *out, int64_t value)
{
    int64_t rest;
    const int64_t days = divide(value, MS_A_DAY, &rest);

    /* The format wants whole days, and writers do as they like. */
    return rest == 0 ? dj_arrow_put_date(out, days)
                     : dj_arrow_put_timestamp(out, value, 3, false);
}

enum dj_status dj_arrow_put_time(struct dj_buf *out, int64_t value, int digits)
{
    if (value < 0 || value / units_of(digits) >= 86400) {
        return dj_arrow_put_int(out, value); /* no time of a day */
    }
    DJ_TRY(dj_buf_putc(out, '"'));
    DJ_TRY(put_clock(out, value, digits));
    return dj_buf_putc(out, '"');
}

enum dj_status dj_arrow_put_timestamp(struct dj_buf *out, int64_t value, int digits,
                                      bool zoned)
{
    int64_t rest;
    const int64_t days = divide(value, 86400 * units_of(digits), &rest);

    DJ_TRY(dj_buf_putc(out, '"'));
    DJ_TRY(put_date(out, days));
    DJ_TRY(dj_buf_putc(out, 'T'));
    DJ_TRY(put_clock(out, rest, digits));
    return dj_buf_append(out, zoned ? DJ_STR("Z\"") : DJ_STR("\""));
}

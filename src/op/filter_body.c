/* What every filter with one statistic does with its rows. */
#include "dj/op.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DECIMALS = 10 };

/*
 * The two steps of pandas' ujson, operation by operation: the digits behind the point
 * are rounded to ten, half to even, trailing zeros go, and what is left is multiplied
 * by a decimal fraction that is itself rounded. (datasets 5 writes the column of
 * statistics that way; the recorded results of every ratio agree.)
 */
static const double fractions[] = { 1.0,  1e-1, 1e-2, 1e-3, 1e-4, 1e-5,
                                    1e-6, 1e-7, 1e-8, 1e-9, 1e-10 };

static double through_json(double value)
{
    const double scale = 1e10;
    double whole = floor(value);
    const double shifted = (value - whole) * scale;
    uint64_t digits = (uint64_t)shifted;
    const double rest = shifted - (double)digits;
    size_t places = DECIMALS;

    if (rest > 0.5 || (rest == 0.5 && (digits == 0 || (digits & 1) != 0))) {
        digits++;
    }
    if ((double)digits >= scale) {
        digits = 0;
        whole += 1.0;
    }
    while (digits > 0 && digits % 10 == 0) {
        digits /= 10;
        places--;
    }
    return whole + (double)digits * fractions[places];
}

/*
 * Very large and very small numbers are written with ten digits and an exponent, and read
 * as a number with that many digits times a power of ten.
 */
static double through_exponent(double value)
{
    char text[32];
    double whole, digits = 0;
    size_t places = 0;
    const char *p = text + 1;

    (void)snprintf(text, sizeof(text), "%.*g", DECIMALS, value);
    whole = text[0] - '0';
    if (*p == '.') {
        for (p++; *p != 'e'; p++) {
            digits = digits * 10 + (*p - '0');
            places++;
        }
    }
    return (whole + digits * fractions[places]) * pow(10.0, strtod(p + 1, NULL));
}

double dj_op_stored(double value)
{
    const double size = fabs(value);
    double stored;

    if (!isfinite(value)) {
        return value;
    }
    if (fpclassify(value) == FP_ZERO) {
        return 0.0; /* the sign goes */
    }
    stored = size > 1e16 || size < 1e-15 ? through_exponent(size) : through_json(size);
    return value < 0 ? -stored : stored;
}

/*
 * A value that is already there is not measured again, whoever put it there
 * (Data-Juicer's rule). Only a present null can reach the comparison as none,
 * and only a bound makes Data-Juicer compare at all.
 */
static void judge(const struct dj_op_call *call, struct dj_batch *batch, size_t row,
                  struct dj_number value, struct dj_range range)
{
    const bool compared =
        range.min.kind != DJ_NUMBER_NONE || range.max.kind != DJ_NUMBER_NONE;

    if (value.kind == DJ_NUMBER_NONE && compared) {
        dj_batch_reject(batch, row, "the statistic in __dj__stats__ is null");
    } else if (!dj_op_in_range(call->common, value, range)) {
        dj_batch_drop(batch, row);
    }
}

enum dj_status dj_op_filter(const struct dj_op_call *call, struct dj_batch *batch,
                            dj_measure_fn *measure, struct dj_range range)
{
    DJ_FOR_EACH_ROW (row, batch) {
        struct dj_number value = DJ_NONE;

        if (!dj_batch_stat(batch, row, 0, &value)) {
            DJ_TRY(measure(call, batch, row, &value));
            if (!dj_batch_live(batch, row)) {
                continue;
            }
            if (value.kind == DJ_NUMBER_FLOAT) {
                value.d = dj_op_stored(value.d);
            }
            dj_batch_set_stat(batch, row, 0, value);
        }
        judge(call, batch, row, value, range);
    }
    return DJ_OK;
}

/* Comparison of whole and other numbers as Python does it, without rounding. */
#include "dj/param.h"

#include <math.h>

static int compare_doubles(double a, double b)
{
    if (isnan(a) || isnan(b)) {
        return DJ_UNORDERED;
    }
    return (a > b) - (a < b);
}

/*
 * A double beyond the range of int64_t is decided by its sign; within it, its
 * whole part converts exactly and its fraction decides between equal ones.
 */
static int compare_int_double(int64_t a, double b)
{
    const double limit = 9223372036854775808.0; /* 2^63 */
    double whole;
    int64_t truncated;

    if (isnan(b)) {
        return DJ_UNORDERED;
    }
    if (b >= limit) {
        return -1;
    }
    if (b < -limit) {
        return 1;
    }
    whole = trunc(b);
    truncated = (int64_t)whole;
    if (a != truncated) {
        return a < truncated ? -1 : 1;
    }
    return (whole > b) - (whole < b);
}

int dj_number_compare(struct dj_number a, struct dj_number b)
{
    if (a.kind == DJ_NUMBER_NONE || b.kind == DJ_NUMBER_NONE) {
        return DJ_UNORDERED;
    }
    if (a.kind == DJ_NUMBER_INT && b.kind == DJ_NUMBER_INT) {
        return (a.i > b.i) - (a.i < b.i);
    }
    if (a.kind == DJ_NUMBER_INT) {
        return compare_int_double(a.i, b.d);
    }
    if (b.kind == DJ_NUMBER_INT) {
        const int reversed = compare_int_double(b.i, a.d);

        return reversed == DJ_UNORDERED ? DJ_UNORDERED : -reversed;
    }
    return compare_doubles(a.d, b.d);
}

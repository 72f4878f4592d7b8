/* Numbers compare as in Python: exactly, whole against other ones too. */
#include "djtest.h"

#include <math.h>

#include "dj/param.h"

static void whole_numbers_have_their_order(void)
{
    DJ_CHECK_INT(dj_number_compare(DJ_INT(1), DJ_INT(2)), -1);
    DJ_CHECK_INT(dj_number_compare(DJ_INT(2), DJ_INT(2)), 0);
    DJ_CHECK_INT(dj_number_compare(DJ_INT(INT64_MAX), DJ_INT(INT64_MIN)), 1);
}

static void a_whole_number_equals_its_float(void)
{
    DJ_CHECK_INT(dj_number_compare(DJ_INT(1), DJ_FLOAT(1.0)), 0);
    DJ_CHECK_INT(dj_number_compare(DJ_FLOAT(-0.0), DJ_INT(0)), 0);
    DJ_CHECK_INT(dj_number_compare(DJ_INT(1), DJ_FLOAT(1.5)), -1);
    DJ_CHECK_INT(dj_number_compare(DJ_FLOAT(1.5), DJ_INT(1)), 1);
    DJ_CHECK_INT(dj_number_compare(DJ_INT(-1), DJ_FLOAT(-1.5)), 1);
}

/* 2^53 + 1 and 2^63 - 1 round when they are made doubles; Python does not round. */
static void large_whole_numbers_are_not_rounded(void)
{
    DJ_CHECK_INT(
        dj_number_compare(DJ_INT(9007199254740993), DJ_FLOAT(9007199254740992.0)), 1);
    DJ_CHECK_INT(dj_number_compare(DJ_INT(INT64_MAX), DJ_FLOAT(9223372036854775808.0)),
                 -1);
    DJ_CHECK_INT(dj_number_compare(DJ_INT(INT64_MIN), DJ_FLOAT(-9223372036854775808.0)),
                 0);
    DJ_CHECK_INT(dj_number_compare(DJ_FLOAT(9223372036854775808.0), DJ_INT(INT64_MAX)),
                 1);
    DJ_CHECK_INT(dj_number_compare(DJ_INT(INT64_MAX), DJ_FLOAT(HUGE_VAL)), -1);
    DJ_CHECK_INT(dj_number_compare(DJ_INT(INT64_MIN), DJ_FLOAT(-HUGE_VAL)), 1);
    DJ_CHECK_INT(dj_number_compare(DJ_INT(INT64_MIN), DJ_FLOAT(-1e300)), 1);
}

static void nan_and_none_have_no_order(void)
{
    DJ_CHECK_INT(dj_number_compare(DJ_FLOAT((double)NAN), DJ_INT(0)), DJ_UNORDERED);
    DJ_CHECK_INT(dj_number_compare(DJ_INT(0), DJ_FLOAT((double)NAN)), DJ_UNORDERED);
    DJ_CHECK_INT(dj_number_compare(DJ_FLOAT((double)NAN), DJ_FLOAT((double)NAN)),
                 DJ_UNORDERED);
    DJ_CHECK_INT(dj_number_compare(DJ_NONE, DJ_INT(0)), DJ_UNORDERED);
    DJ_CHECK_INT(dj_number_compare(DJ_NONE, DJ_NONE), DJ_UNORDERED);
}

int main(void)
{
    DJ_TEST(whole_numbers_have_their_order);
    DJ_TEST(a_whole_number_equals_its_float);
    DJ_TEST(large_whole_numbers_are_not_rounded);
    DJ_TEST(nan_and_none_have_no_order);
    return 0;
}

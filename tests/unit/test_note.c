/* Order of records, and of numbers as keys. */
#include "dj/note.h"
#include "djtest.h"

#include <math.h>

static void fields_decide_in_their_order(void)
{
    const struct dj_note sorted[] = {
        { 0, 0, 0, 1 }, { 0, 0, 1, 0 }, { 0, 1, 0, 0 }, { 1, 0, 0, 0 }, { 1, 0, 0, 2 },
    };
    const size_t count = sizeof(sorted) / sizeof(sorted[0]);

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            const int expected = (i > j) - (i < j);

            DJ_CHECK_INT(dj_note_compare(&sorted[i], &sorted[j]), expected);
        }
    }
}

static void numbers_keep_their_order(void)
{
    const double sorted[] = { -INFINITY, -1e300, -2, -1, -1e-300, 0,
                              1e-300,    0.5,    1,  2,  1e300,   INFINITY };

    for (size_t i = 1; i < sizeof(sorted) / sizeof(sorted[0]); i++) {
        DJ_CHECK(dj_note_of_double(sorted[i - 1]) < dj_note_of_double(sorted[i]));
    }
    DJ_CHECK(dj_note_of_double(-0.0) == dj_note_of_double(0.0));
    DJ_CHECK(dj_note_of_double(NAN) > dj_note_of_double(INFINITY));
    DJ_CHECK(dj_note_of_int(INT64_MIN) < dj_note_of_int(-1));
    DJ_CHECK(dj_note_of_int(-1) < dj_note_of_int(0));
    DJ_CHECK(dj_note_of_int(0) < dj_note_of_int(INT64_MAX));
}

static void a_row_has_its_place(void)
{
    const uint64_t row = dj_row_id(7, 12);

    DJ_CHECK_INT(dj_row_partition(row), 7);
    DJ_CHECK_INT((int64_t)dj_row_index(row), 12);
    DJ_CHECK(dj_row_id(7, UINT32_MAX) < dj_row_id(8, 0));
}

int main(void)
{
    DJ_TEST(fields_decide_in_their_order);
    DJ_TEST(numbers_keep_their_order);
    DJ_TEST(a_row_has_its_place);
    return 0;
}

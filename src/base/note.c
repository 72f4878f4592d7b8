/* Keys of records: their order, and numbers whose order is that of keys. */
#include "dj/note.h"

#include <math.h>

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

int dj_note_compare(const struct dj_note *a, const struct dj_note *b)
{
    if (a->hi != b->hi) {
        return compare(a->hi, b->hi);
    }
    if (a->lo != b->lo) {
        return compare(a->lo, b->lo);
    }
    return a->value != b->value ? compare(a->value, b->value) : compare(a->row, b->row);
}

uint64_t dj_note_of_int(int64_t value)
{
    return (uint64_t)value ^ (UINT64_C(1) << 63);
}

uint64_t dj_note_of_double(double value)
{
    uint64_t bits;

    if (isnan(value)) {
        return UINT64_MAX;
    }
    value += 0.0; /* -0.0 */
    memcpy(&bits, &value, sizeof(bits));
    return bits >> 63 != 0 ? ~bits : bits | (UINT64_C(1) << 63);
}

/* "Did you mean …": the known name nearest to a mistyped one. */
#include "dj/param.h"

#include <ctype.h>

enum { MAX_NAME = 64 };

static size_t smallest(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * Optimal string alignment distance: insertions, deletions, replacements, and swaps
 * of neighbours count one each. Case does not count.
 */
static size_t distance(const char *a, const char *b)
{
    const size_t rows = strlen(a);
    const size_t columns = strlen(b);
    size_t table[3][MAX_NAME + 1];

    if (rows > MAX_NAME || columns > MAX_NAME) {
        return SIZE_MAX;
    }
    for (size_t k = 0; k <= columns; k++) {
        table[0][k] = k;
    }
    for (size_t i = 1; i <= rows; i++) {
        size_t *now = table[i % 3];
        const size_t *before = table[(i + 2) % 3];
        const size_t *two_before = table[(i + 1) % 3];

        now[0] = i;
        for (size_t k = 1; k <= columns; k++) {
            const int x = tolower((unsigned char)a[i - 1]);
            const int y = tolower((unsigned char)b[k - 1]);

            now[k] = smallest(smallest(before[k] + 1, now[k - 1] + 1),
                              before[k - 1] + (x != y));
            if (i > 1 && k > 1 && x == tolower((unsigned char)b[k - 2]) &&
                y == tolower((unsigned char)a[i - 2])) {
                now[k] = smallest(now[k], two_before[k - 2] + 1);
            }
        }
    }
    return table[rows % 3][columns];
}

const char *dj_nearest_name(const char *mistyped,
                            const char *(*next)(void *context, size_t index),
                            void *context)
{
    const size_t limit = (strlen(mistyped) + 2) / 3;
    const char *best = NULL;
    size_t best_distance = limit + 1;
    const char *name;

    for (size_t i = 0; (name = next(context, i)) != NULL; i++) {
        const size_t d = distance(mistyped, name);

        if (d < best_distance) {
            best_distance = d;
            best = name;
        }
    }
    return best;
}

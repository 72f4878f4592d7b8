/* The known name nearest to a mistyped one. */
#include "dj/param.h"

#include <ctype.h>

enum { MAX_NAME = 96 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * Edit distance in which swapping two neighbours is one edit (optimal string
 * alignment) and case does not count. Both are at most MAX_NAME long.
 */
static size_t distance(const char *a, const char *b)
{
    const size_t alen = strlen(a);
    const size_t blen = strlen(b);
    size_t rows[3][MAX_NAME + 1];
    size_t *before = rows[0];
    size_t *above = rows[1];
    size_t *row = rows[2];

    for (size_t j = 0; j <= blen; j++) {
        above[j] = j;
        before[j] = j;
    }
    for (size_t i = 1; i <= alen; i++) {
        size_t *oldest = before;

        row[0] = i;
        for (size_t j = 1; j <= blen; j++) {
            const size_t differs = !same_letter(a[i - 1], b[j - 1]);

            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + differs);
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
                same_letter(a[i - 2], b[j - 1])) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
        }
        before = above;
        above = row;
        row = oldest;
    }
    return above[blen];
}

/*
 * The distance is at least this: letters that one of them has more often than the other.
 * It is quick, and few names of a long list are worth the distance itself.
 */
static size_t least_distance(const char *a, const char *b)
{
    int counts[32] = { 0 }; /* small letters and capitals differ in a higher bit */
    size_t more = 0, fewer = 0;

    for (; *a != '\0'; a++) {
        counts[*a & 31]++;
    }
    for (; *b != '\0'; b++) {
        counts[*b & 31]--;
    }
    for (size_t i = 0; i < 32; i++) {
        more += counts[i] > 0 ? (size_t)counts[i] : 0;
        fewer += counts[i] < 0 ? (size_t)-counts[i] : 0;
    }
    return more > fewer ? more : fewer;
}

const char *dj_nearest_name(const char *mistyped,
                            const char *(*next)(void *context, size_t index),
                            void *context)
{
    const size_t len = strlen(mistyped);
    size_t best = len < 3 ? 1 : len / 3;
    const char *nearest = NULL;
    const char *name;

    if (len == 0 || len > MAX_NAME) {
        return NULL;
    }
    for (size_t i = 0; (name = next(context, i)) != NULL; i++) {
        const size_t name_len = strlen(name);
        size_t edits;

        if (name_len > MAX_NAME || name_len > len + best || len > name_len + best ||
            least_distance(mistyped, name) > best) {
            continue;
        }
        edits = distance(mistyped, name);
        if (edits < best || (edits == best && nearest == NULL)) {
            best = edits;
            nearest = name;
        }
    }
    return nearest;
}

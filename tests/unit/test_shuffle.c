/* numpy's permutations, whole and in pieces. */
#include "dj/shuffle.h"
#include "djtest.h"

enum { MOST = 20000 };

/* The permutation from the places of its elements, found in pieces of this size. */
static void permute(uint64_t seed, size_t count, size_t size, uint64_t *permutation)
{
    static uint64_t places[MOST];

    for (size_t first = 0; first < count; first += size) {
        const size_t n = count - first < size ? count - first : size;

        DJ_CHECK_OK(dj_shuffle_places(seed, count, first, n, places));
        for (size_t i = 0; i < n; i++) {
            DJ_CHECK(places[i] < count);
            permutation[places[i]] = first + i;
        }
    }
}

static void small_ones_are_numpys(void)
{
    static const uint64_t ten[] = { 5, 6, 0, 7, 3, 2, 4, 9, 1, 8 };
    static const uint64_t seed_7[] = { 8, 4, 0, 9, 1, 7, 5, 3, 6, 2 };
    uint64_t got[10];

    for (size_t size = 1; size <= 10; size++) {
        permute(42, 10, size, got);
        DJ_CHECK(memcmp(got, ten, sizeof(got)) == 0);
        permute(UINT64_C(7000000000), 10, size, got);
        DJ_CHECK(memcmp(got, seed_7, sizeof(got)) == 0);
    }
    permute(42, 1, 1, got);
    DJ_CHECK_INT(got[0], 0);
}

static void large_ones_are_numpys(void)
{
    static uint64_t got[MOST];

    for (size_t size = MOST; size > 300; size /= 3) {
        uint64_t sum = 0;

        permute(42, MOST, size, got);
        for (size_t i = 0; i < MOST; i++) {
            sum = sum * 31 + got[i];
        }
        DJ_CHECK_INT(sum, 0x56ad34359b46660c);
    }
}

int main(void)
{
    DJ_TEST(small_ones_are_numpys);
    DJ_TEST(large_ones_are_numpys);
    return 0;
}

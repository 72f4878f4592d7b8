/*
 * SimHash: bits are counted eight at a time in the bytes of a word. Masks: 64 bits are
 * divided into blocks, distance of them can be touched by differences, and a mask has
 * all bits of some others.
 */
#include "dj/simhash.h"

#include "dj/digests.h"

enum {
    BITS = 64,
    TOGETHER = 255, /* as many as a byte can count */
    PART = 256,     /* shingles at a time */
    GOOD_BITS = 20, /* with fewer in a mask too many hashes meet by chance */
};

/* Byte i of the result is bit i of the byte. */
static inline uint64_t spread(uint64_t byte)
{
    const uint64_t ones = 0x0101010101010101;
    const uint64_t apart = byte * ones & 0x8040201008040201;

    return (apart + 0x7f * ones) >> 7 & ones;
}

static void add_counts(uint64_t sums[8], uint32_t counts[BITS])
{
    for (size_t i = 0; i < BITS; i++) {
        counts[i] += (uint32_t)(sums[i / 8] >> (i % 8 * 8)) & 0xff;
    }
    memset(sums, 0, 8 * sizeof(*sums));
}

uint64_t dj_simhash_of(const struct dj_shingles *shingles, size_t count)
{
    uint32_t counts[BITS] = { 0 };
    uint64_t sums[8] = { 0 };
    uint64_t result = 0;

    for (size_t first = 0; first < count; first += PART) {
        const size_t n = count - first < PART ? count - first : PART;
        struct dj_str items[PART];
        struct dj_hash128 hashes[PART];

        dj_shingles_get(shingles, first, n, items);
        dj_md5_many(items, n, hashes);
        for (size_t i = 0; i < n; i++) {
            const uint64_t hash = hashes[i].hi;

            for (size_t byte = 0; byte < 8; byte++) {
                sums[byte] += spread(hash >> (8 * byte) & 0xff);
            }
            if ((first + i + 1) % TOGETHER == 0) {
                add_counts(sums, counts);
            }
        }
    }
    add_counts(sums, counts);
    for (size_t i = 0; i < BITS; i++) {
        result |= (uint64_t)(counts[i] > count / 2) << i;
    }
    return result;
}

/* --- masks ----------------------------------------------------------------------------
 */

/* How many ways there are to choose k of n, or more than DJ_SIMHASH_MASKS. */
static size_t ways(unsigned n, unsigned k)
{
    size_t result = 1;

    for (unsigned i = 1; i <= k && result <= DJ_SIMHASH_MASKS; i++) {
        result = result * (n - k + i) / i;
    }
    return result;
}

/* Blocks of a mask: as many as give it enough bits, if there are not too many masks. */
static unsigned blocks_of_mask(unsigned distance)
{
    unsigned blocks = 1;

    while (distance + blocks < BITS && BITS * blocks / (distance + blocks) < GOOD_BITS &&
           ways(distance + blocks + 1, blocks + 1) <= DJ_SIMHASH_MASKS) {
        blocks++;
    }
    return blocks;
}

static uint64_t block(unsigned index, unsigned blocks)
{
    const unsigned first = index * BITS / blocks;
    const unsigned end = (index + 1) * BITS / blocks;
    const uint64_t up_to_end = end == BITS ? UINT64_MAX : (UINT64_C(1) << end) - 1;

    return up_to_end & ~((UINT64_C(1) << first) - 1);
}

void dj_simhash_masks(unsigned distance, struct dj_simhash_masks *masks)
{
    const unsigned chosen = blocks_of_mask(distance);
    const unsigned blocks = distance + chosen;
    unsigned at[BITS];

    for (unsigned i = 0; i < chosen; i++) {
        at[i] = i;
    }
    masks->count = 0;
    for (;;) {
        uint64_t mask = 0;
        unsigned last = chosen;

        for (unsigned i = 0; i < chosen; i++) {
            mask |= block(at[i], blocks);
        }
        masks->masks[masks->count++] = mask;
        while (last > 0 && at[last - 1] == blocks - chosen + last - 1) {
            last--;
        }
        if (last == 0) {
            return;
        }
        at[last - 1]++;
        for (unsigned i = last; i < chosen; i++) {
            at[i] = at[i - 1] + 1;
        }
    }
}

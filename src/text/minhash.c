/*
 * MinHash signatures: permutations as numpy's RandomState(42) draws them, a set of the
 * hashes met last, and the lowest values of a block at a time.
 *
 * With M = 2^61 - 1 and x = h * a + b, x mod M has the low bits of x + (x >> 61), and one
 * more when (x & M) + (x >> 61) is M or above. The kernels leave that case out, for it
 * needs x & M to be at least M - 7: the sum of low bits plus one is then 8 or less.
 */
#include "text/minhash_private.h"

#include <math.h>

enum { SEED = 42, STATE = 624, OFFSET = 397, RECENT = 4096 };

struct dj_minhash {
    const struct dj_minhash_kernels *kernels;
    const struct dj_digests *digests;
    size_t count;
    struct dj_permutations permutations;
    uint32_t *signature;
    uint32_t *block;    /* lowest values of a block of hashes */
    uint64_t *recent;   /* hash and, above it, the document that it was met in */
    uint64_t documents; /* how many there were, modulo 2^32, from 1 */
    struct dj_str items[DJ_MINHASH_BLOCK];
    uint32_t hashes[DJ_MINHASH_BLOCK];
};

/* --- permutations --------------------------------------------------------------------
 */

/* Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998). */
struct twister {
    uint32_t state[STATE];
    size_t next;
};

static void seed_twister(struct twister *twister, uint32_t seed)
{
    twister->state[0] = seed;
    for (uint32_t i = 1; i < STATE; i++) {
        const uint32_t before = twister->state[i - 1];

        twister->state[i] = 1812433253u * (before ^ before >> 30) + i;
    }
    twister->next = STATE;
}

static void turn_twister(struct twister *twister)
{
    uint32_t *s = twister->state;

    for (size_t i = 0; i < STATE; i++) {
        const uint32_t y = (s[i] & 0x80000000) | (s[(i + 1) % STATE] & 0x7fffffff);

        s[i] = s[(i + OFFSET) % STATE] ^ y >> 1 ^ (y & 1 ? 0x9908b0df : 0);
    }
    twister->next = 0;
}

static uint64_t draw32(struct twister *twister)
{
    uint32_t y;

    if (twister->next == STATE) {
        turn_twister(twister);
    }
    y = twister->state[twister->next++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680;
    y ^= y << 15 & 0xefc60000;
    return y ^ y >> 18;
}

/* numpy's RandomState.randint(low, 2^61 - 1): draws until one is not above. */
static uint64_t draw(struct twister *twister, uint64_t low)
{
    const uint64_t mask = (UINT64_C(1) << 61) - 1;
    uint64_t value;

    do {
        const uint64_t high = draw32(twister);

        value = (high << 32 | draw32(twister)) & mask;
    } while (value > mask - 1 - low);
    return low + value;
}

static void make_permutations(struct dj_permutations *permutations, size_t count)
{
    const size_t padded =
        (count + DJ_MINHASH_STEP - 1) / DJ_MINHASH_STEP * DJ_MINHASH_STEP;
    struct twister twister;

    permutations->count = padded;
    permutations->a = dj_xcalloc(padded, sizeof(uint64_t));
    permutations->b_plus_1 = dj_xcalloc(padded, sizeof(uint64_t));
    seed_twister(&twister, SEED);
    for (size_t i = 0; i < count; i++) {
        permutations->a[i] = draw(&twister, 1);
        permutations->b_plus_1[i] = draw(&twister, 0) + 1;
    }
}

/* --- signatures ----------------------------------------------------------------------
 */

struct dj_minhash *dj_minhash_new_with(size_t permutations,
                                       const struct dj_minhash_kernels *kernels,
                                       const struct dj_digests *digests)
{
    struct dj_minhash *minhash = dj_xmalloc(sizeof(*minhash));

    minhash->kernels = kernels;
    minhash->digests = digests;
    minhash->count = permutations;
    make_permutations(&minhash->permutations, permutations);
    minhash->signature = dj_xcalloc(minhash->permutations.count, sizeof(uint32_t));
    minhash->block = dj_xcalloc(minhash->permutations.count, sizeof(uint32_t));
    minhash->recent = dj_xcalloc(RECENT, sizeof(uint64_t));
    return minhash;
}

struct dj_minhash *dj_minhash_new(size_t permutations)
{
    const struct dj_minhash_kernels *kernels = dj_minhash_avx512();

    if (kernels == NULL) {
        kernels = dj_minhash_avx2();
    }
    return dj_minhash_new_with(
        permutations, kernels == NULL ? &dj_minhash_plain : kernels, dj_digests_best());
}

void dj_minhash_free(struct dj_minhash *minhash)
{
    if (minhash != NULL) {
        dj_xfree(minhash->permutations.a);
        dj_xfree(minhash->permutations.b_plus_1);
        dj_xfree(minhash->signature);
        dj_xfree(minhash->block);
        dj_xfree(minhash->recent);
        dj_xfree(minhash);
    }
}

static uint32_t lowest_exactly(const struct dj_minhash *minhash, size_t permutation,
                               size_t count)
{
    const uint64_t a = minhash->permutations.a[permutation];
    const uint64_t b = minhash->permutations.b_plus_1[permutation] - 1;
    uint32_t lowest = UINT32_MAX;

    for (size_t i = 0; i < count; i++) {
        const uint32_t value = dj_minhash_value(minhash->hashes[i], a, b);

        lowest = value < lowest ? value : lowest;
    }
    return lowest;
}

/* Takes count of the hashes into the signature. */
static void take_block(struct dj_minhash *minhash, size_t count)
{
    if (count == 0) {
        return;
    }
    minhash->kernels->lowest(&minhash->permutations, minhash->hashes, count,
                             minhash->block);
    for (size_t i = 0; i < minhash->count; i++) {
        const uint32_t value = minhash->block[i] <= DJ_MINHASH_UNSURE
                                   ? lowest_exactly(minhash, i, count)
                                   : minhash->block[i] - 1;

        if (value < minhash->signature[i]) {
            minhash->signature[i] = value;
        }
    }
}

/* Drops hashes that this document had lately; a hash that comes twice changes nothing. */
static size_t drop_recent(struct dj_minhash *minhash, size_t count)
{
    const uint64_t document = minhash->documents << 32;
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        const uint32_t hash = minhash->hashes[i];
        uint64_t *recent = &minhash->recent[hash % RECENT];

        minhash->hashes[kept] = hash;
        kept += *recent != (document | hash);
        *recent = document | hash;
    }
    return kept;
}

static void next_document(struct dj_minhash *minhash)
{
    minhash->documents++;
    if (minhash->documents > UINT32_MAX) {
        memset(minhash->recent, 0, RECENT * sizeof(uint64_t));
        minhash->documents = 1;
    }
}

const uint32_t *dj_minhash_of(struct dj_minhash *minhash,
                              const struct dj_shingles *shingles, size_t count)
{
    memset(minhash->signature, 0xff, minhash->count * sizeof(uint32_t));
    next_document(minhash);
    for (size_t first = 0; first < count; first += DJ_MINHASH_BLOCK) {
        const size_t n =
            count - first < DJ_MINHASH_BLOCK ? count - first : DJ_MINHASH_BLOCK;

        dj_shingles_get(shingles, first, n, minhash->items);
        minhash->digests->sha1(minhash->items, n, minhash->hashes);
        take_block(minhash, drop_recent(minhash, n));
    }
    return minhash->signature;
}

/* --- plain kernel -------------------------------------------------------------------
 */

static void lowest_plain(const struct dj_permutations *permutations,
                         const uint32_t *hashes, size_t count, uint32_t *out)
{
    for (size_t i = 0; i < permutations->count; i++) {
        const uint64_t a = permutations->a[i];
        const uint64_t b = permutations->b_plus_1[i];
        uint32_t lowest = UINT32_MAX;

        for (size_t j = 0; j < count; j++) {
            const uint64_t x = hashes[j] * a + b;
            const uint32_t value = (uint32_t)(x + (x >> 61));

            lowest = value < lowest ? value : lowest;
        }
        out[i] = lowest;
    }
}

const struct dj_minhash_kernels dj_minhash_plain = { "plain", lowest_plain };

/* --- bands ---------------------------------------------------------------------------
 */

static double power(double base, size_t exponent)
{
    double result = 1.0;

    for (; exponent > 0; exponent >>= 1) {
        result *= (exponent & 1) != 0 ? base : 1.0;
        base *= base;
    }
    return result;
}

/* The chance that two texts this similar share no band. */
static double miss(double similarity, size_t bands, size_t rows)
{
    return power(1.0 - power(similarity, rows), bands);
}

/*
 * The integral of miss() from low to high: Gauss and Legendre's five points in each of
 * PANELS parts, which is exact to some 1e-14 for these curves.
 */
static double miss_between(double low, double high, size_t bands, size_t rows)
{
    enum { POINTS = 5, PANELS = 24 };
    static const double at[POINTS] = { -0.90617984593866399, -0.53846931010568309, 0.0,
                                       0.53846931010568309, 0.90617984593866399 };
    static const double weight[POINTS] = { 0.23692688505618909, 0.47862867049936647,
                                           0.56888888888888889, 0.47862867049936647,
                                           0.23692688505618909 };
    const double half = (high - low) / (2 * PANELS);
    double sum = 0.0;

    for (int panel = 0; panel < PANELS; panel++) {
        const double middle = low + (2 * panel + 1) * half;

        for (int i = 0; i < POINTS; i++) {
            sum += weight[i] * miss(middle + at[i] * half, bands, rows);
        }
    }
    return sum * half;
}

void dj_minhash_bands(double threshold, size_t permutations, size_t *bands, size_t *rows)
{
    double least = INFINITY;

    for (size_t b = 1; b <= permutations; b++) {
        for (size_t r = 1; r <= permutations / b; r++) {
            const double wrongly_joined = threshold - miss_between(0.0, threshold, b, r);
            const double wrongly_parted = miss_between(threshold, 1.0, b, r);
            const double error = 0.5 * wrongly_joined + 0.5 * wrongly_parted;

            if (error < least) {
                least = error;
                *bands = b;
                *rows = r;
            }
        }
    }
}

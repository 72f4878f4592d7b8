/* SimHash: Data-Juicer's number of a text, and masks that no close pair escapes. */
#include "dj/simhash.h"
#include "djtest.h"

static uint64_t hash_of(const char *text, size_t window)
{
    const struct dj_shingles_spec spec = { DJ_TOKENS_SPACE, window, true, NULL };
    struct dj_shingles *shingles;
    struct dj_error err;
    struct dj_buf copy;
    size_t count;
    uint64_t hash;

    dj_buf_init(&copy);
    DJ_CHECK_OK(dj_buf_append(&copy, dj_str_from(text)));
    DJ_CHECK_OK(dj_buf_reserve(&copy, 1));
    DJ_CHECK_OK(dj_shingles_new(&spec, &shingles, &err));
    DJ_CHECK_OK(dj_shingles_of(shingles, dj_buf_str(&copy), &count, &err));
    hash = dj_simhash_of(shingles, count);
    dj_shingles_free(shingles);
    dj_buf_release(&copy);
    return hash;
}

static void hashes_are_data_juicers(void)
{
    static char numbers[40000];
    char *out = numbers;

    for (int i = 0; i < 5000; i++) {
        out += sprintf(out, i == 0 ? "%d" : " %d", i * i % 977);
    }
    DJ_CHECK_INT(hash_of("The quick brown fox jumps over the lazy dog", 6),
                 0xac8600b2860e02c5);
    DJ_CHECK_INT(hash_of("a b", 1), 0xc155b8c0a026a8);
    DJ_CHECK_INT(hash_of("a b", 3), 0);
    DJ_CHECK_INT(hash_of(numbers, 2), 0x8f8914fd0e78017);
}

/* Every choice of blocks that differ leaves some mask alone: tried with random bits. */
static void close_hashes_share_a_mask(void)
{
    uint64_t random = 88172645463325252;

    for (unsigned distance = 1; distance < 64; distance++) {
        struct dj_simhash_masks masks;

        dj_simhash_masks(distance, &masks);
        DJ_CHECK(masks.count >= 2 && masks.count <= DJ_SIMHASH_MASKS);
        for (int round = 0; round < 2000; round++) {
            uint64_t differing = 0;
            bool found = false;

            for (unsigned i = 0; i < distance; i++) {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                differing |= UINT64_C(1) << (random >> 32) % 64;
            }
            for (size_t i = 0; i < masks.count; i++) {
                found = found || (masks.masks[i] & differing) == 0;
            }
            DJ_CHECK(found);
        }
    }
}

static void the_default_distance_has_fifteen_masks_of_two_blocks(void)
{
    struct dj_simhash_masks masks;

    dj_simhash_masks(4, &masks);
    DJ_CHECK_INT(masks.count, 15);
    for (size_t i = 0; i < masks.count; i++) {
        const int bits = __builtin_popcountll(masks.masks[i]);

        DJ_CHECK(bits >= 20 && bits <= 22);
    }
}

int main(void)
{
    DJ_TEST(hashes_are_data_juicers);
    DJ_TEST(close_hashes_share_a_mask);
    DJ_TEST(the_default_distance_has_fifteen_masks_of_two_blocks);
    return 0;
}

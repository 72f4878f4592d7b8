/* Shingles, signatures and bands: Data-Juicer's numbers, whatever the machine's vectors.
 */
#include "djtest.h"
#include "text/minhash_private.h"

enum { KERNELS = 3 };

static size_t all_kernels(const struct dj_minhash_kernels *kernels[KERNELS])
{
    size_t count = 0;

    kernels[count++] = &dj_minhash_plain;
    if (dj_minhash_avx2() != NULL) {
        kernels[count++] = dj_minhash_avx2();
    }
    if (dj_minhash_avx512() != NULL) {
        kernels[count++] = dj_minhash_avx512();
    }
    return count;
}

/* --- shingles ------------------------------------------------------------------------
 */

static struct dj_shingles *shingles_of(const struct dj_shingles_spec *spec,
                                       const char *text, size_t *count,
                                       struct dj_buf *copy)
{
    struct dj_shingles *shingles;
    struct dj_error err;

    dj_buf_init(copy);
    DJ_CHECK_OK(dj_buf_append(copy, dj_str_from(text)));
    DJ_CHECK_OK(dj_buf_reserve(copy, 1));
    DJ_CHECK_OK(dj_shingles_new(spec, &shingles, &err));
    DJ_CHECK_OK(dj_shingles_of(shingles, dj_buf_str(copy), count, &err));
    return shingles;
}

/* expected: the shingles, with a bar between two of them; NULL for none. */
static void check_shingles(struct dj_shingles_spec spec, const char *text,
                           const char *expected)
{
    struct dj_buf copy, joined;
    size_t count;
    struct dj_shingles *shingles = shingles_of(&spec, text, &count, &copy);

    dj_buf_init(&joined);
    for (size_t i = 0; i < count; i++) {
        struct dj_str item;

        dj_shingles_get(shingles, i, 1, &item);
        DJ_CHECK_OK(dj_buf_append(&joined, dj_str_from(i == 0 ? "" : "|")));
        DJ_CHECK_OK(dj_buf_append(&joined, item));
    }
    DJ_CHECK(count > 0 || expected == NULL);
    DJ_CHECK_STR(dj_buf_str(&joined), expected == NULL ? "" : expected);
    dj_buf_release(&joined);
    dj_buf_release(&copy);
    dj_shingles_free(shingles);
}

static void blanks_part_words(void)
{
    struct dj_shingles_spec spec = { DJ_TOKENS_SPACE, 2, false, NULL };

    check_shingles(spec, "a b c", "a b|b c");
    check_shingles(spec, "  a   b\nB \tc  ", "a b\nB|b\nB \tc");
    check_shingles(spec, "a", NULL);
    check_shingles(spec, "", NULL);
    check_shingles(spec, "   ", NULL);
    spec.window = 1;
    check_shingles(spec, "word", "word");
    spec.lowercase = true;
    check_shingles(spec, "Größe ΣΑΣ", "größe|σας");
    spec.ignore = "\\p{P}";
    check_shingles(spec, "- A,b. -", "ab");
}

static void punctuation_leaves_empty_pieces(void)
{
    struct dj_shingles_spec spec = { DJ_TOKENS_PUNCTUATION, 1, false, NULL };

    check_shingles(spec, "a,b", "a|b");
    check_shingles(spec, "a。b.", "a|b|");
    check_shingles(spec, "", "");
    check_shingles(spec, "..", "||");
    spec.window = 2;
    check_shingles(spec, "a.. b", "a |  b");
    check_shingles(spec, "a", NULL);
}

static void characters_are_code_points(void)
{
    struct dj_shingles_spec spec = { DJ_TOKENS_CHARACTER, 2, true, NULL };

    check_shingles(spec, "Aé中😀", "aé|é中|中😀");
    check_shingles(spec, "A", NULL);
    check_shingles(spec, "", NULL);
}

static void a_bad_pattern_is_refused(void)
{
    const struct dj_shingles_spec spec = { DJ_TOKENS_SPACE, 1, false, "(" };
    struct dj_shingles *shingles;
    struct dj_error err;

    DJ_CHECK_STATUS(dj_shingles_new(&spec, &shingles, &err), DJ_CONFIG);
}

/* --- kernels -------------------------------------------------------------------------
 */

/* Factors that bring x close to what wraps around: hash 1 gives a + b. */
static void kernels_are_sure_or_say_so(void)
{
    const struct dj_minhash_kernels *kernels[KERNELS];
    const size_t nkernels = all_kernels(kernels);
    const uint64_t prime = (UINT64_C(1) << 61) - 1;
    uint64_t a[DJ_MINHASH_STEP], b[DJ_MINHASH_STEP];
    uint32_t out[DJ_MINHASH_STEP];
    const uint32_t hashes[] = { 1 };
    const struct dj_permutations permutations = { DJ_MINHASH_STEP, a, b };

    for (uint64_t round = 0; round < 16; round++) {
        for (uint64_t i = 0; i < DJ_MINHASH_STEP; i++) {
            const uint64_t sum = (i % 8) * (prime + 1) + prime - 10 + round;

            a[i] = prime - 1 - i;
            b[i] = sum - a[i] + 1;
        }
        for (size_t k = 0; k < nkernels; k++) {
            kernels[k]->lowest(&permutations, hashes, 1, out);
            for (size_t i = 0; i < DJ_MINHASH_STEP; i++) {
                DJ_CHECK(out[i] <= DJ_MINHASH_UNSURE ||
                         out[i] - 1 == dj_minhash_value(1, a[i], b[i] - 1));
            }
        }
    }
}

/* --- signatures ----------------------------------------------------------------------
 */

struct golden {
    struct dj_shingles_spec spec;
    const char *text;
    size_t permutations;
    uint32_t first[4];
    uint32_t last;
    uint64_t sum; /* of all, each times its place from 1 */
};

static void check_signature(const struct golden *golden)
{
    const struct dj_minhash_kernels *kernels[KERNELS];
    const size_t nkernels = all_kernels(kernels);
    struct dj_buf copy;
    size_t count;
    struct dj_shingles *shingles =
        shingles_of(&golden->spec, golden->text, &count, &copy);

    for (size_t k = 0; k < nkernels; k++) {
        struct dj_minhash *minhash =
            dj_minhash_new_with(golden->permutations, kernels[k], dj_digests_best());

        for (int again = 0; again < 2; again++) {
            const uint32_t *signature = dj_minhash_of(minhash, shingles, count);
            uint64_t sum = 0;

            for (size_t i = 0; i < golden->permutations; i++) {
                sum += (i + 1) * signature[i];
            }
            DJ_CHECK(memcmp(signature, golden->first, sizeof(golden->first)) == 0);
            DJ_CHECK_INT(signature[golden->permutations - 1], golden->last);
            DJ_CHECK_INT(sum, golden->sum);
        }
        dj_minhash_free(minhash);
    }
    dj_buf_release(&copy);
    dj_shingles_free(shingles);
}

static void signatures_are_data_juicers(void)
{
    static char numbers[40000];
    const struct golden goldens[] = {
        { { DJ_TOKENS_SPACE, 5, true, NULL },
          "The quick brown fox jumps over the lazy dog",
          256,
          { 186966786, 59101012, 343111293, 638598101 },
          469634693,
          23229447747110 },
        { { DJ_TOKENS_SPACE, 5, true, NULL },
          "a b c d",
          8,
          { 4294967295, 4294967295, 4294967295, 4294967295 },
          4294967295,
          154618822620 },
        { { DJ_TOKENS_PUNCTUATION, 2, true, NULL },
          "a, b; c. d",
          8,
          { 1489903916, 470837528, 1704133539, 37768446 },
          1436226084,
          44891685516 },
        { { DJ_TOKENS_CHARACTER, 3, true, NULL },
          "Größe 中文 text",
          8,
          { 68560591, 893904524, 654004119, 299805786 },
          146031608,
          8819829756 },
        { { DJ_TOKENS_SPACE, 5, true, NULL },
          numbers,
          256,
          { 1268864, 701754, 4850852, 5973783 },
          26830106,
          140635805439 },
    };
    char *out = numbers;

    for (int i = 0; i < 5000; i++) {
        out += sprintf(out, i == 0 ? "%d" : " %d", i * i % 977);
    }
    for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++) {
        check_signature(&goldens[i]);
    }
}

/* --- bands ---------------------------------------------------------------------------
 */

static void bands_are_data_juicers(void)
{
    static const struct {
        double threshold;
        size_t permutations, bands, rows;
    } known[] = {
        { 0.5, 16, 5, 3 },     { 0.6, 16, 4, 4 },      { 0.7, 16, 3, 5 },
        { 0.75, 16, 2, 6 },    { 0.8, 16, 2, 8 },      { 0.85, 16, 2, 8 },
        { 0.9, 16, 1, 15 },    { 0.5, 32, 8, 4 },      { 0.6, 32, 6, 5 },
        { 0.7, 32, 5, 6 },     { 0.75, 32, 4, 8 },     { 0.8, 32, 3, 10 },
        { 0.85, 32, 3, 10 },   { 0.9, 32, 2, 16 },     { 0.5, 64, 14, 4 },
        { 0.6, 64, 10, 6 },    { 0.7, 64, 8, 8 },      { 0.75, 64, 7, 9 },
        { 0.8, 64, 5, 11 },    { 0.85, 64, 4, 15 },    { 0.9, 64, 3, 21 },
        { 0.5, 128, 25, 5 },   { 0.6, 128, 18, 7 },    { 0.7, 128, 14, 9 },
        { 0.75, 128, 11, 11 }, { 0.8, 128, 9, 13 },    { 0.85, 128, 8, 16 },
        { 0.9, 128, 5, 25 },   { 0.5, 256, 42, 6 },    { 0.6, 256, 32, 8 },
        { 0.7, 256, 25, 10 },  { 0.75, 256, 21, 12 },  { 0.8, 256, 17, 15 },
        { 0.85, 256, 13, 19 }, { 0.9, 256, 9, 28 },    { 0.8, 9, 1, 7 },
        { 0.0, 20, 20, 1 },    { 1.0, 20, 1, 20 },     { 0.7, 1, 1, 1 },
        { 0.75, 512, 36, 14 }, { 0.85, 1000, 38, 26 },
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        size_t bands, rows;

        dj_minhash_bands(known[i].threshold, known[i].permutations, &bands, &rows);
        DJ_CHECK_INT(bands, known[i].bands);
        DJ_CHECK_INT(rows, known[i].rows);
    }
}

int main(void)
{
    DJ_TEST(blanks_part_words);
    DJ_TEST(punctuation_leaves_empty_pieces);
    DJ_TEST(characters_are_code_points);
    DJ_TEST(a_bad_pattern_is_refused);
    DJ_TEST(kernels_are_sure_or_say_so);
    DJ_TEST(signatures_are_data_juicers);
    DJ_TEST(bands_are_data_juicers);
    return 0;
}

/*
 * Hashes of n-grams: of short ones of bytes from the words they are loaded as, of
 * others from the one before by leaving its oldest point out. Only speed depends on
 * the values, so the AVX2 version need not give those of the plain one.
 */
#include "text/ngram_hash.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "dj/hash.h"

static const uint64_t base = 0x9e3779b97f4a7c15;
static const uint64_t mix1 = 0xbf58476d1ce4e5b9;
static const uint64_t mix2 = 0x94d049bb133111eb;

static inline uint32_t finish(uint64_t hash)
{
    return (uint32_t)((hash ^ hash >> 32) * mix1 >> 32);
}

static uint64_t mask_of(size_t bytes)
{
    return bytes >= 8 ? UINT64_MAX : ((uint64_t)1 << 8 * bytes) - 1;
}

static void hash_bytes(const struct dj_ngram_source *source, size_t first, size_t count,
                       uint32_t *hashes)
{
    for (size_t i = 0; i < count; i++) {
        const char *at = source->bytes + first + i;
        const uint64_t low = dj_load64(at) & source->low_mask;
        const uint64_t high = dj_load64(at + 8) & source->high_mask;

        hashes[i] = finish(low * base + high * mix2);
    }
}

#if defined(__x86_64__)
/*
 * Eight n-grams at a time. A shuffle makes the four bytes from each of eight
 * neighbouring places out of one load; those of an n-gram are multiplied by odd
 * numbers and added, a fraction of four bytes at its end with the rest masked.
 */
__attribute__((target("avx2"))) static void
hash_bytes_avx2(const struct dj_ngram_source *source, size_t first, size_t count,
                uint32_t *hashes)
{
    static const int factors[] = { 0x2c1b3c6d, 0x297a2d39, 0x5bd1e995, 0x1b873593 };
    const __m256i windows =
        _mm256_setr_epi8(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 4, 5, 6, 7, 5, 6,
                         7, 8, 6, 7, 8, 9, 7, 8, 9, 10);
    const size_t words = (source->n + 3) / 4;
    const size_t over = 4 * words - source->n;
    const __m256i mask = _mm256_set1_epi32((int)(UINT32_MAX >> 8 * over));
    const char *at = source->bytes + first;

    for (size_t i = 0; i < count; i += 8) {
        __m256i sum = _mm256_setzero_si256();

        for (size_t word = 0; word < words; word++) {
            const __m128i bytes = _mm_loadu_si128((const void *)(at + i + 4 * word));
            __m256i part =
                _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), windows);

            if (word + 1 == words) {
                part = _mm256_and_si256(part, mask);
            }
            sum = _mm256_add_epi32(
                sum, _mm256_mullo_epi32(part, _mm256_set1_epi32(factors[word])));
            sum = _mm256_xor_si256(sum, _mm256_srli_epi32(sum, 15));
        }
        sum = _mm256_mullo_epi32(sum, _mm256_set1_epi32((int)0x85ebca77));
        _mm256_storeu_si256((void *)(hashes + i), sum);
    }
}
#endif

void dj_ngram_from_bytes(struct dj_ngram_source *source, const char *bytes, size_t count,
                         size_t n)
{
    *source = (struct dj_ngram_source){
        .bytes = bytes,
        .n = n,
        .total = count - n + 1,
        .low_mask = mask_of(n),
        .high_mask = n <= 8 ? 0 : mask_of(n - 8),
        .hash = hash_bytes,
    };
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        source->hash = hash_bytes_avx2;
    }
#endif
}

void dj_ngram_from_points(struct dj_ngram_source *source, const uint32_t *points,
                          size_t count, size_t n)
{
    *source = (struct dj_ngram_source){
        .points = points,
        .n = n,
        .total = count - n + 1,
        .oldest = 1,
    };
    for (size_t i = 0; i < n; i++) {
        source->oldest *= base;
    }
}

static void hash_points(struct dj_ngram_source *source, size_t first, size_t count,
                        uint32_t *hashes)
{
    const uint32_t *points = source->points + first;
    const size_t n = source->n;
    const uint64_t oldest = source->oldest;
    uint64_t rolling = source->rolling;
    size_t i = 0;

    if (first == 0) {
        rolling = 0;
        for (size_t j = 0; j < n; j++) {
            rolling = rolling * base + points[j];
        }
        hashes[i++] = finish(rolling);
    }
    for (; i < count; i++) {
        const uint64_t leaving = (points + i)[-1];

        rolling = rolling * base + (points[i + n - 1] - leaving * oldest);
        hashes[i] = finish(rolling);
    }
    source->rolling = rolling;
}

size_t dj_ngram_hashes(struct dj_ngram_source *source, size_t first, uint32_t *hashes)
{
    const size_t left = source->total - first;
    const size_t count = left < DJ_NGRAM_BLOCK ? left : DJ_NGRAM_BLOCK;

    if (source->points == NULL) {
        source->hash(source, first, count, hashes);
    } else {
        hash_points(source, first, count, hashes);
    }
    return count;
}

#define FIRST_BYTES(n) ((n) >= 8 ? UINT64_MAX : ((uint64_t)1 << 8 * ((n) % 8)) - 1)
#define MASKS(n)                                         \
    {                                                    \
        FIRST_BYTES(n), (n) < 8 ? 0 : FIRST_BYTES((n)-8) \
    }

uint32_t dj_ngram_hash_word(struct dj_str word)
{
    /* Of the two times eight bytes, those that a word of this length has. */
    static const struct {
        uint64_t low;
        uint64_t high;
    } masks[] = { MASKS(0),  MASKS(1),  MASKS(2),  MASKS(3),  MASKS(4),  MASKS(5),
                  MASKS(6),  MASKS(7),  MASKS(8),  MASKS(9),  MASKS(10), MASKS(11),
                  MASKS(12), MASKS(13), MASKS(14), MASKS(15), MASKS(16) };
    uint64_t low;
    uint64_t high;

    if (word.len > DJ_NGRAM_SHORT) {
        return finish(dj_hash64(word));
    }
    low = dj_load64(word.ptr) & masks[word.len].low;
    high = dj_load64(word.ptr + 8) & masks[word.len].high;
    return finish(low * base + high * mix2 + word.len * mix1);
}

/* Permutations, 4 numbers at once. */
#include "text/minhash_private.h"
#include "text/simd.h"

#ifdef DJ_SIMD_AVX2
typedef __m256i vec;

enum { WIDTH = 4, VECTORS = 4 };

/* h * a + b of 64 bits, where only h has no upper half. */
DJ_AVX2 static inline vec multiply(vec hash, vec a, vec upper_a, vec b)
{
    return _mm256_add_epi64(_mm256_add_epi64(_mm256_mul_epu32(hash, a), b),
                            _mm256_slli_epi64(_mm256_mul_epu32(hash, upper_a), 32));
}

DJ_AVX2 static void lowest(const struct dj_permutations *permutations,
                           const uint32_t *hashes, size_t count, uint32_t *out)
{
    const vec evens = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);

    for (size_t first = 0; first < permutations->count; first += WIDTH * VECTORS) {
        vec a[VECTORS], upper_a[VECTORS], b[VECTORS], least[VECTORS];

#pragma GCC unroll 4
        for (int i = 0; i < VECTORS; i++) {
            const size_t at = first + (size_t)i * WIDTH;

            a[i] = _mm256_loadu_si256((const void *)(permutations->a + at));
            upper_a[i] = _mm256_srli_epi64(a[i], 32);
            b[i] = _mm256_loadu_si256((const void *)(permutations->b_plus_1 + at));
            least[i] = _mm256_set1_epi32(-1);
        }
        for (size_t j = 0; j < count; j++) {
            const vec hash = _mm256_set1_epi64x((long long)hashes[j]);

#pragma GCC unroll 4
            for (int i = 0; i < VECTORS; i++) {
                const vec x = multiply(hash, a[i], upper_a[i], b[i]);
                const vec value = _mm256_add_epi64(x, _mm256_srli_epi64(x, 61));

                /* Of the upper halves nobody looks at the outcome. */
                least[i] = _mm256_min_epu32(least[i], value);
            }
        }
#pragma GCC unroll 4
        for (int i = 0; i < VECTORS; i++) {
            _mm_storeu_si128(
                (void *)(out + first + (size_t)i * WIDTH),
                _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(least[i], evens)));
        }
    }
}

static const struct dj_minhash_kernels kernels = { "avx2", lowest };

const struct dj_minhash_kernels *dj_minhash_avx2(void)
{
    return dj_simd_avx2() ? &kernels : NULL;
}

#else

const struct dj_minhash_kernels *dj_minhash_avx2(void)
{
    return NULL;
}

#endif

/* Permutations, 8 numbers at once (AVX-512 F and DQ). */
#include "text/minhash_private.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512dq")))

typedef __m512i vec;

enum { WIDTH = 8, VECTORS = DJ_MINHASH_STEP / WIDTH };

TARGET static void lowest(const struct dj_permutations *permutations,
                          const uint32_t *hashes, size_t count, uint32_t *out)
{
    for (size_t first = 0; first < permutations->count; first += DJ_MINHASH_STEP) {
        vec a[VECTORS], b[VECTORS], least[VECTORS];

#pragma GCC unroll 8
        for (int i = 0; i < VECTORS; i++) {
            a[i] = _mm512_loadu_si512(permutations->a + first + i * WIDTH);
            b[i] = _mm512_loadu_si512(permutations->b_plus_1 + first + i * WIDTH);
            least[i] = _mm512_set1_epi32(-1);
        }
        for (size_t j = 0; j < count; j++) {
            const vec hash = _mm512_set1_epi64((long long)hashes[j]);

#pragma GCC unroll 8
            for (int i = 0; i < VECTORS; i++) {
                const vec x = _mm512_add_epi64(_mm512_mullo_epi64(hash, a[i]), b[i]);
                const vec value = _mm512_add_epi64(x, _mm512_srli_epi64(x, 61));

                /* Of the upper halves nobody looks at the outcome. */
                least[i] = _mm512_min_epu32(least[i], value);
            }
        }
#pragma GCC unroll 8
        for (int i = 0; i < VECTORS; i++) {
            _mm256_storeu_si256((void *)(out + first + i * WIDTH),
                                _mm512_cvtepi64_epi32(least[i]));
        }
    }
}

static const struct dj_minhash_kernels kernels = { "avx512", lowest };

const struct dj_minhash_kernels *dj_minhash_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
               ? &kernels
               : NULL;
}

#else

const struct dj_minhash_kernels *dj_minhash_avx512(void)
{
    return NULL;
}

#endif

/* Digests of many texts: the best code of the machine, some texts at a time. */
#include "text/digests_private.h"

static void md5_plain(const struct dj_str *texts, size_t count, struct dj_hash128 *out)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = dj_md5(texts[i]);
    }
}

static void sha1_plain(const struct dj_str *texts, size_t count, uint32_t *out)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = dj_sha1_32(texts[i]);
    }
}

const struct dj_digests dj_digests_plain = { "plain", md5_plain, sha1_plain };

const struct dj_digests *dj_digests_best(void)
{
    const struct dj_digests *digests = dj_digests_avx512();

    if (digests == NULL) {
        digests = dj_digests_avx2();
    }
    return digests == NULL ? &dj_digests_plain : digests;
}

void dj_md5_many(const struct dj_str *texts, size_t count, struct dj_hash128 *out)
{
    const struct dj_digests *digests = dj_digests_best();

    for (size_t i = 0; i < count; i += DJ_DIGESTS_MOST) {
        digests->md5(texts + i, count - i < DJ_DIGESTS_MOST ? count - i : DJ_DIGESTS_MOST,
                     out + i);
    }
}

void dj_sha1_32_many(const struct dj_str *texts, size_t count, uint32_t *out)
{
    const struct dj_digests *digests = dj_digests_best();

    for (size_t i = 0; i < count; i += DJ_DIGESTS_MOST) {
        digests->sha1(texts + i,
                      count - i < DJ_DIGESTS_MOST ? count - i : DJ_DIGESTS_MOST, out + i);
    }
}

/* Digests in plain C and for vectors of 8 and 16 numbers. */
#ifndef DJ_DIGESTS_PRIVATE_H
#define DJ_DIGESTS_PRIVATE_H

#include "dj/digests.h"

enum { DJ_DIGESTS_MOST = 1024 }; /* texts in one call of these */

struct dj_digests {
    const char *name;
    void (*md5)(const struct dj_str *texts, size_t count, struct dj_hash128 *out);
    void (*sha1)(const struct dj_str *texts, size_t count, uint32_t *out);
};

extern const struct dj_digests dj_digests_plain;
/* NULL: not on this machine. */
const struct dj_digests *dj_digests_avx2(void);
const struct dj_digests *dj_digests_avx512(void);
const struct dj_digests *dj_digests_best(void);

#endif

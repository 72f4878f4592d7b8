/*
 * Digests of many texts: several at a time in the lanes of vectors where the machine has
 * them, with the same results everywhere. Texts have DJ_PADDING readable bytes behind
 * them.
 */
#ifndef DJ_DIGESTS_H
#define DJ_DIGESTS_H

#include "dj/hash.h"

void dj_md5_many(const struct dj_str *texts, size_t count, struct dj_hash128 *out);
void dj_sha1_32_many(const struct dj_str *texts, size_t count, uint32_t *out);

#endif

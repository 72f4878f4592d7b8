/*
 * Hashes. XXH3 for equality and damage (64 and 128 bits, not for adversaries),
 * SHA-256 where a person compares, MD5 and SHA-1 where Data-Juicer's results
 * need them.
 */
#ifndef DJ_HASH_H
#define DJ_HASH_H

#include <stdint.h>

#include "dj/mem.h"

uint64_t dj_hash64(struct dj_str bytes); /* XXH3-64, seed 0 */

/* hi has the first eight bytes of a digest as it is printed, lo the last eight. */
struct dj_hash128 {
    uint64_t hi, lo;
};
struct dj_hash128 dj_hash128(struct dj_str bytes, uint64_t seed); /* XXH3-128 */
struct dj_hash128 dj_md5(struct dj_str bytes);

/* The first four bytes of the SHA-1 of bytes as a number, the first one lowest. */
uint32_t dj_sha1_32(struct dj_str bytes);

/* Streaming XXH3-64: the same value as dj_hash64 over all bytes together. */
struct dj_hasher;
struct dj_hasher *dj_hasher_new(void);
void dj_hasher_free(struct dj_hasher *hasher);
void dj_hasher_reset(struct dj_hasher *hasher);
void dj_hasher_add(struct dj_hasher *hasher, struct dj_str bytes);
uint64_t dj_hasher_value(const struct dj_hasher *hasher);

enum { DJ_HASH64_TEXT = 17 };
void dj_hash64_text(uint64_t hash, char *text);         /* 16 hex digits and NUL */
bool dj_hash64_parse(const char *text, uint64_t *hash); /* exactly 16 hex digits */

/*
 * A JSON document with a seal ends with the field "digest": XXH3-64 of all bytes before
 * that field. Appends it and the closing brace, each on a line; what stands before is
 * a comma and the blanks of its line.
 */
enum dj_status dj_seal(struct dj_buf *document) DJ_MUST_CHECK;
bool dj_seal_holds(struct dj_str document);

#endif

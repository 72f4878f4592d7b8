/* XXH3 behind our own names. */
#include "dj/hash.h"

#include <stdio.h>
#if defined(DJ_HAVE_XXH_DISPATCH)
#include <xxh_x86dispatch.h> /* XXH3 by the vectors of the processor; the values are the same */
#else
#include <xxhash.h>
#endif

struct dj_hasher {
    XXH3_state_t *state;
};

uint64_t dj_hash64(struct dj_str bytes)
{
    return XXH3_64bits(bytes.ptr, bytes.len);
}

struct dj_hash128 dj_hash128(struct dj_str bytes, uint64_t seed)
{
    const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.ptr, bytes.len, seed);

    return (struct dj_hash128){ hash.high64, hash.low64 };
}

struct dj_hasher *dj_hasher_new(void)
{
    struct dj_hasher *hasher = dj_xmalloc(sizeof(*hasher));

    hasher->state = XXH3_createState();
    if (hasher->state == NULL) {
        return NULL;
    }
    dj_hasher_reset(hasher);
    return hasher;
}

void dj_hasher_free(struct dj_hasher *hasher)
{
    if (hasher != NULL) {
        (void)XXH3_freeState(hasher->state);
        dj_xfree(hasher);
    }
}

void dj_hasher_reset(struct dj_hasher *hasher)
{
    (void)XXH3_64bits_reset(hasher->state);
}

void dj_hasher_add(struct dj_hasher *hasher, struct dj_str bytes)
{
    (void)XXH3_64bits_update(hasher->state, bytes.ptr, bytes.len);
}

uint64_t dj_hasher_value(const struct dj_hasher *hasher)
{
    return XXH3_64bits_digest(hasher->state);
}

void dj_hash64_text(uint64_t hash, char *text)
{
    (void)snprintf(text, DJ_HASH64_TEXT, "%016llx", (unsigned long long)hash);
}

bool dj_hash64_parse(const char *text, uint64_t *hash)
{
    uint64_t value = 0;

    if (text == NULL || strlen(text) != DJ_HASH64_TEXT - 1) {
        return false;
    }
    for (const char *p = text; *p != '\0'; p++) {
        const char *digits = "0123456789abcdef";
        const char *digit = strchr(digits, *p);

        if (digit == NULL) {
            return false;
        }
        value = value << 4 | (uint64_t)(digit - digits);
    }
    *hash = value;
    return true;
}

/* --- seals -------------------------------------------------------------------------- */

static const char seal_format[] = "\"digest\": \"%s\"\n}\n";

enum { SEAL_BYTES = sizeof(seal_format) - sizeof("%s") + DJ_HASH64_TEXT - 1 };

static void make_seal(struct dj_str before, char seal[SEAL_BYTES + 1])
{
    char digest[DJ_HASH64_TEXT];

    dj_hash64_text(dj_hash64(before), digest);
    (void)snprintf(seal, SEAL_BYTES + 1, seal_format, digest);
}

enum dj_status dj_seal(struct dj_buf *document)
{
    char seal[SEAL_BYTES + 1];

    make_seal(dj_buf_str(document), seal);
    return dj_buf_append(document, dj_str_from(seal));
}

bool dj_seal_holds(struct dj_str document)
{
    char seal[SEAL_BYTES + 1];
    struct dj_str before = document;

    if (document.len <= SEAL_BYTES) {
        return false;
    }
    before.len -= SEAL_BYTES;
    make_seal(before, seal);
    return memcmp(document.ptr + before.len, seal, SEAL_BYTES) == 0;
}

/* MD5 and SimHash are the keys of records; of MinHash bands the recorded SHA-256 is made.
 */
#include "parity/hashes.h"

#include <stdio.h>
#include <stdlib.h>

#include "dj/minhash.h"
#include "dj/near_text.h"

/* --- SHA-256 (FIPS 180-4) ------------------------------------------------------------
 */

static const uint32_t sha256_add[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
    0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
    0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
    0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
    0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2,
};

static uint32_t rotate(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static void sha256_block(uint32_t state[8], const unsigned char *bytes)
{
    uint32_t w[64];
    uint32_t v[8];

    for (size_t i = 0; i < 16; i++) {
        w[i] = (uint32_t)bytes[4 * i] << 24 | (uint32_t)bytes[4 * i + 1] << 16 |
               (uint32_t)bytes[4 * i + 2] << 8 | bytes[4 * i + 3];
    }
    for (size_t i = 16; i < 64; i++) {
        w[i] = w[i - 16] + w[i - 7] +
               (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
               (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
    }
    memcpy(v, state, sizeof(v));
    for (size_t i = 0; i < 64; i++) {
        const uint32_t a = v[7] + w[i] + sha256_add[i] + (v[6] ^ (v[4] & (v[5] ^ v[6]))) +
                           (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25));
        const uint32_t b = ((v[0] & v[1]) | (v[2] & (v[0] | v[1]))) +
                           (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22));

        memmove(v + 1, v, 7 * sizeof(v[0]));
        v[0] = a + b;
        v[4] += a;
    }
    for (size_t i = 0; i < 8; i++) {
        state[i] += v[i];
    }
}

/* The digest in hexadecimal digits; bytes grows by what ends them. */
static void sha256(struct dj_buf *bytes, char hex[65])
{
    uint32_t state[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                          0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    const uint64_t bits = __builtin_bswap64((uint64_t)bytes->len * 8);
    enum dj_status status = dj_buf_putc(bytes, (char)0x80);

    while (bytes->len % 64 != 56) {
        status = status == DJ_OK ? dj_buf_putc(bytes, 0) : status;
    }
    status = status == DJ_OK
                 ? dj_buf_append(bytes, (struct dj_str){ (const char *)&bits, 8 })
                 : status;
    for (size_t i = 0; status == DJ_OK && i < bytes->len; i += 64) {
        sha256_block(state, (const unsigned char *)bytes->ptr + i);
    }
    for (size_t i = 0; i < 8; i++) {
        (void)snprintf(hex + 8 * i, 9, "%08x", state[i]);
    }
}

/* --- by operator ----------------------------------------------------------------------
 */

static const struct dj_note *notes_of(const struct dj_op_run *run, size_t row,
                                      size_t *count)
{
    const struct dj_note *all = dj_notes_all(&run->notes);
    const size_t total = dj_notes_size(&run->notes);
    size_t first = 0;

    while (first < total && all[first].row != row) {
        first++;
    }
    *count = 0;
    while (first + *count < total && all[first + *count].row == row) {
        ++*count;
    }
    return all + first;
}

static bool is_md5(const struct dj_note *note, struct dj_str hex)
{
    char text[33];

    (void)snprintf(text, sizeof(text), "%016llx%016llx", (unsigned long long)note->hi,
                   (unsigned long long)note->lo);
    return dj_str_is(hex, text);
}

/* Each hash of a line is a record's key, and the other way round. */
static const char *lines_differ(const struct dj_note *notes, size_t count,
                                const struct dj_value *recorded)
{
    for (size_t i = 0; i < recorded->count; i++) {
        const struct dj_str hex = recorded->items[i].string;
        bool found = hex.len == 0;

        for (size_t n = 0; n < count && !found; n++) {
            found = is_md5(&notes[n], hex);
        }
        if (!found) {
            return "no record of a line's hash";
        }
    }
    for (size_t n = 0; n < count; n++) {
        bool found = false;

        for (size_t i = 0; i < recorded->count && !found; i++) {
            found = is_md5(&notes[n], recorded->items[i].string);
        }
        if (!found) {
            return "a record of no line's hash";
        }
    }
    return NULL;
}

/* The rows of all bands, each number as eight bytes, highest first. */
static bool write_bands(const struct dj_op_run *run, size_t row, struct dj_buf *bytes)
{
    const struct dj_near_text_conf *conf = run->op.conf;
    const struct dj_near_text_shape shape = dj_near_text_shape(conf);
    const struct dj_shingles_spec spec = dj_near_text_shingles(conf);
    struct dj_minhash *minhash = dj_minhash_new((size_t)conf->num_permutations);
    struct dj_shingles *shingles = NULL;
    struct dj_error err;
    size_t count = 0;
    bool written =
        dj_shingles_new(&spec, &shingles, &err) == DJ_OK &&
        dj_shingles_of(shingles, dj_batch_text(run->batch, row), &count, &err) == DJ_OK;
    const uint32_t *signature = written ? dj_minhash_of(minhash, shingles, count) : NULL;

    for (size_t i = 0; i < shape.bands * shape.rows && written; i++) {
        const uint64_t turned = __builtin_bswap64(signature[i]);

        written =
            dj_buf_append(bytes, (struct dj_str){ (const char *)&turned, 8 }) == DJ_OK;
    }
    dj_minhash_free(minhash);
    dj_shingles_free(shingles);
    return written;
}

static bool bands_differ(const struct dj_op_run *run, size_t row, struct dj_str recorded)
{
    struct dj_buf bytes;
    char hex[65] = "";

    dj_buf_init(&bytes);
    if (write_bands(run, row, &bytes)) {
        sha256(&bytes, hex);
    }
    dj_buf_release(&bytes);
    return !dj_str_is(recorded, hex);
}

const char *dj_hashes_differ(const struct dj_op_run *run, size_t row,
                             const struct dj_value *recorded)
{
    const char *name = run->op.op->name;
    size_t count;
    const struct dj_note *notes = notes_of(run, row, &count);

    if (recorded->kind == DJ_VALUE_ARRAY) {
        return lines_differ(notes, count, recorded);
    }
    if (strcmp(name, "document_deduplicator") == 0) {
        return count == 1 && is_md5(notes, recorded->string) ? NULL : "another MD5";
    }
    if (strcmp(name, "document_simhash_deduplicator") == 0) {
        char decimal[24];

        (void)snprintf(decimal, sizeof(decimal), "%llu",
                       count == 1 ? (unsigned long long)notes->hi : 0);
        return dj_str_is(recorded->string, decimal) ? NULL : "another SimHash";
    }
    return bands_differ(run, row, recorded->string) ? "another MinHash" : NULL;
}

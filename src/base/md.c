/* MD5 (RFC 1321) and SHA-1 (RFC 3174) of short inputs, as Data-Juicer's results need
 * them. */
#include "dj/hash.h"

#include "base/md_private.h"

enum { BLOCK = 64, LENGTH_AT = 56 };

/* Called for each block of 16 words; state has room for both digests. */
typedef void block_fn(uint32_t *state, const uint32_t *words);

static inline uint32_t rotate(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

/* --- MD5 -----------------------------------------------------------------------------
 */

const uint32_t dj_md5_add[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613,
    0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193,
    0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d,
    0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed,
    0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122,
    0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
    0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244,
    0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb,
    0xeb86d391,
};

/* One step; the caller turns the names of the four words. */
#define MD5_STEP(mix_, a_, b_, k_, i_, turn_) \
    (a_) = (b_) + rotate((a_) + (mix_) + words[k_] + dj_md5_add[i_], turn_)

static void md5_block(uint32_t *state, const uint32_t *words)
{
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];

    for (unsigned i = 0; i < 16; i += 4) {
        MD5_STEP(d ^ (b & (c ^ d)), a, b, i, i, 7);
        MD5_STEP(c ^ (a & (b ^ c)), d, a, i + 1, i + 1, 12);
        MD5_STEP(b ^ (d & (a ^ b)), c, d, i + 2, i + 2, 17);
        MD5_STEP(a ^ (c & (d ^ a)), b, c, i + 3, i + 3, 22);
    }
    for (unsigned i = 16; i < 32; i += 4) {
        MD5_STEP(c ^ (d & (b ^ c)), a, b, (5 * i + 1) & 15, i, 5);
        MD5_STEP(b ^ (c & (a ^ b)), d, a, (5 * i + 6) & 15, i + 1, 9);
        MD5_STEP(a ^ (b & (d ^ a)), c, d, (5 * i + 11) & 15, i + 2, 14);
        MD5_STEP(d ^ (a & (c ^ d)), b, c, (5 * i + 16) & 15, i + 3, 20);
    }
    for (unsigned i = 32; i < 48; i += 4) {
        MD5_STEP(b ^ c ^ d, a, b, (3 * i + 5) & 15, i, 4);
        MD5_STEP(a ^ b ^ c, d, a, (3 * i + 8) & 15, i + 1, 11);
        MD5_STEP(d ^ a ^ b, c, d, (3 * i + 11) & 15, i + 2, 16);
        MD5_STEP(c ^ d ^ a, b, c, (3 * i + 14) & 15, i + 3, 23);
    }
    for (unsigned i = 48; i < 64; i += 4) {
        MD5_STEP(c ^ (b | ~d), a, b, (7 * i) & 15, i, 6);
        MD5_STEP(b ^ (a | ~c), d, a, (7 * i + 7) & 15, i + 1, 10);
        MD5_STEP(a ^ (d | ~b), c, d, (7 * i + 14) & 15, i + 2, 15);
        MD5_STEP(d ^ (c | ~a), b, c, (7 * i + 21) & 15, i + 3, 21);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

/* --- SHA-1 ---------------------------------------------------------------------------
 */

static void sha1_block(uint32_t *state, const uint32_t *words)
{
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    uint32_t w[80];

    for (unsigned i = 0; i < 16; i++) {
        w[i] = __builtin_bswap32(words[i]);
    }
    for (unsigned i = 16; i < 80; i++) {
        w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    }
    for (unsigned i = 0; i < 80; i++) {
        const uint32_t mix = i < 20   ? (d ^ (b & (c ^ d))) + 0x5a827999
                             : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                             : i < 60 ? ((b & c) | (d & (b | c))) + 0x8f1bbcdc
                                      : (b ^ c ^ d) + 0xca62c1d6;
        const uint32_t next = rotate(a, 5) + mix + e + w[i];

        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

/* --- both ----------------------------------------------------------------------------
 */

/* The words are as a little-endian machine has them, which MD5 wants and SHA-1 turns. */
static void run_block(uint32_t *state, const char *bytes, block_fn *block)
{
    uint32_t words[BLOCK / 4];

    memcpy(words, bytes, BLOCK);
    block(state, words);
}

static void digest(uint32_t *state, struct dj_str bytes, bool big_endian, block_fn *block)
{
    const uint64_t bits = (uint64_t)bytes.len * 8;
    const uint64_t length = big_endian ? __builtin_bswap64(bits) : bits;
    char tail[2 * BLOCK] = { 0 };
    size_t rest = bytes.len;

    for (; rest >= BLOCK; rest -= BLOCK) {
        run_block(state, bytes.ptr + (bytes.len - rest), block);
    }
    if (rest > 0) {
        memcpy(tail, bytes.ptr + (bytes.len - rest), rest);
    }
    tail[rest] = (char)0x80;
    if (rest >= LENGTH_AT) {
        memcpy(tail + BLOCK + LENGTH_AT, &length, sizeof(length));
        run_block(state, tail, block);
        run_block(state, tail + BLOCK, block);
    } else {
        memcpy(tail + LENGTH_AT, &length, sizeof(length));
        run_block(state, tail, block);
    }
}

struct dj_hash128 dj_md5(struct dj_str bytes)
{
    uint32_t state[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };

    digest(state, bytes, false, md5_block);
    return (struct dj_hash128){
        (uint64_t)__builtin_bswap32(state[0]) << 32 | __builtin_bswap32(state[1]),
        (uint64_t)__builtin_bswap32(state[2]) << 32 | __builtin_bswap32(state[3]),
    };
}

uint32_t dj_sha1_32(struct dj_str bytes)
{
    uint32_t state[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };

    digest(state, bytes, true, sha1_block);
    return __builtin_bswap32(state[0]);
}

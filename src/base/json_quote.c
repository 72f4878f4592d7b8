/*
 * Writing a JSON string. Long runs without an escape are copied by vectors; between
 * escapes of one block no load waits for the escape before, which is what makes
 * text with a line end every few words fast. Where the processor can close up and spread
 * bytes by a mask (AVX-512 VBMI2), all escapes of a block are put at once.
 */
#include "base/json_quote.h"

#include "dj/json.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Input bytes between two looks at the room in the buffer. */
enum { STRIDE = 8192 };

struct escape {
    char text[7];
    unsigned char len;
};

#define CONTROL(hex)    \
    {                   \
        "\\u00" #hex, 6 \
    }

static const struct escape escapes['\\' + 1] = {
    CONTROL(00),           CONTROL(01),
    CONTROL(02),           CONTROL(03),
    CONTROL(04),           CONTROL(05),
    CONTROL(06),           CONTROL(07),
    { "\\b", 2 },          { "\\t", 2 },
    { "\\n", 2 },          CONTROL(0b),
    { "\\f", 2 },          { "\\r", 2 },
    CONTROL(0e),           CONTROL(0f),
    CONTROL(10),           CONTROL(11),
    CONTROL(12),           CONTROL(13),
    CONTROL(14),           CONTROL(15),
    CONTROL(16),           CONTROL(17),
    CONTROL(18),           CONTROL(19),
    CONTROL(1a),           CONTROL(1b),
    CONTROL(1c),           CONTROL(1d),
    CONTROL(1e),           CONTROL(1f),
    ['"'] = { "\\\"", 2 }, ['\\'] = { "\\\\", 2 },
};

/* Writes 8 bytes, of which those behind the escape are overwritten later. */
static inline char *put_escape(char *out, char byte)
{
    const struct escape *escape = &escapes[(unsigned char)byte];

    memcpy(out, escape, sizeof(*escape));
    return out + escape->len;
}

char *dj_json_escape_plain(const char *s, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++) {
        const unsigned char byte = (unsigned char)s[i];

        if (byte < 0x20 || byte == '"' || byte == '\\') {
            out = put_escape(out, s[i]);
        } else {
            *out++ = s[i];
        }
    }
    return out;
}

#if defined(__x86_64__)

enum { HALF = 32, BLOCK = 64 };

__attribute__((target("avx2"))) static inline void copy_half(char *to, const char *from)
{
    _mm256_storeu_si256((__m256i *)(void *)to,
                        _mm256_loadu_si256((const __m256i *)(const void *)from));
}

/* Bit i: byte i needs an escape. */
__attribute__((target("avx2"))) static inline uint32_t special_half(const char *s)
{
    const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)s);
    const __m256i low = _mm256_set1_epi8(0x1f);
    const __m256i control = _mm256_cmpeq_epi8(_mm256_max_epu8(v, low), low);
    const __m256i quote = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('"'));
    const __m256i slash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\'));

    return (uint32_t)_mm256_movemask_epi8(
        _mm256_or_si256(control, _mm256_or_si256(quote, slash)));
}

/* Escapes the first len <= BLOCK bytes of s, of which 2 * BLOCK can be read. */
__attribute__((target("avx2,bmi"))) static inline char *
escape_block(const char *s, size_t len, char *out)
{
    uint64_t special = (uint64_t)special_half(s + HALF) << HALF | special_half(s);
    size_t from = 0;

    if (len < BLOCK) {
        special &= ((uint64_t)1 << len) - 1;
    }
    copy_half(out, s);
    copy_half(out + HALF, s + HALF);
    while (special != 0) {
        const size_t at = _tzcnt_u64(special);

        out = put_escape(out + (at - from), s[at]);
        from = at + 1;
        special &= special - 1;
        copy_half(out, s + from);
        if (_tzcnt_u64(special) - from > HALF) {
            copy_half(out + HALF, s + from + HALF);
        }
    }
    return out + (len - from);
}

__attribute__((target("avx2,bmi"))) static char *escape_avx2(const char *s, size_t len,
                                                             char *out)
{
    char tail[3 * BLOCK];

    for (; len >= 2 * BLOCK; len -= BLOCK) {
        out = escape_block(s, BLOCK, out);
        s += BLOCK;
    }
    memset(tail, 0, sizeof(tail)); /* the rest may be the end of a page */
    memcpy(tail, s, len);
    if (len > BLOCK) {
        out = escape_block(tail, BLOCK, out);
        return escape_block(tail + BLOCK, len - BLOCK, out);
    }
    return escape_block(tail, len, out);
}

#define VBMI2                                                               \
    __attribute__((target("avx2,bmi,bmi2,popcnt,avx512f,avx512bw,avx512vl," \
                          "avx512vbmi2")))

/*
 * The first len <= HALF bytes of s. Each becomes two, the escape's or itself and one that
 * goes again. Escapes of six bytes are rare, and left to the plain version.
 */
VBMI2 static inline char *escape_half(const char *s, size_t len, char *out)
{
    const __m256i v = _mm256_maskz_loadu_epi8(_bzhi_u32(UINT32_MAX, (unsigned)len), s);
    /* By the low half of a control character; 0 where there is no short escape. */
    const __m256i letters = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 'b', 't', 'n', 0, 'f', 'r', 0, 0));
    const __mmask32 within = _bzhi_u32(UINT32_MAX, (unsigned)len);
    const __mmask32 below_16 = _mm256_cmplt_epu8_mask(v, _mm256_set1_epi8(0x10)) & within;
    const __mmask32 control = _mm256_cmplt_epu8_mask(v, _mm256_set1_epi8(0x20)) & within;
    const __mmask32 special = control | _mm256_cmpeq_epi8_mask(v, _mm256_set1_epi8('"')) |
                              _mm256_cmpeq_epi8_mask(v, _mm256_set1_epi8('\\'));
    const __m256i letter = _mm256_mask_shuffle_epi8(v, below_16, letters, v);
    const __mmask32 lettered =
        _mm256_test_epi8_mask(letter, letter) & ~(control & ~below_16);
    __m512i pairs;
    uint64_t kept;

    if (special == 0) {
        _mm256_storeu_si256((void *)out, v);
        return out + len;
    }
    if ((special & ~lettered) != 0) {
        return dj_json_escape_plain(s, len, out);
    }
    pairs = _mm512_cvtepu8_epi16(letter);
    pairs = _mm512_mask_mov_epi16(
        pairs, special,
        _mm512_or_si512(_mm512_slli_epi16(pairs, 8), _mm512_set1_epi16('\\')));
    kept = _pdep_u64(within, 0x5555555555555555) | _pdep_u64(special, 0xaaaaaaaaaaaaaaaa);
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi8(kept, pairs));
    return out + __builtin_popcountll(kept);
}

VBMI2 static char *escape_vbmi2(const char *s, size_t len, char *out)
{
    for (; len >= HALF; len -= HALF, s += HALF) {
        out = escape_half(s, HALF, out);
    }
    return escape_half(s, len, out);
}

#endif

size_t dj_json_escapes(dj_escape_fn *versions[DJ_ESCAPES])
{
    size_t count = 0;

    versions[count++] = dj_json_escape_plain;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) {
        versions[count++] = escape_avx2;
    }
    if (__builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2")) {
        versions[count++] = escape_vbmi2;
    }
#endif
    return count;
}

enum dj_status dj_json_quote(struct dj_buf *out, struct dj_str text)
{
    dj_escape_fn *versions[DJ_ESCAPES];
    dj_escape_fn *const escape = versions[dj_json_escapes(versions) - 1];

    /* A guess that mostly avoids growing; the loop asks for what is really needed. */
    DJ_TRY(dj_buf_reserve(out, text.len + text.len / 8 + 2 + DJ_PADDING));
    out->ptr[out->len++] = '"';
    while (text.len > 0) {
        const size_t len = text.len < STRIDE ? text.len : STRIDE;

        DJ_TRY(dj_buf_reserve(out, 6 * len + 1 + DJ_PADDING));
        out->len = (size_t)(escape(text.ptr, len, out->ptr + out->len) - out->ptr);
        text.ptr += len;
        text.len -= len;
    }
    out->ptr[out->len++] = '"';
    return DJ_OK;
}

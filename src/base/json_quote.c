/*
 * Writing a JSON string. Long runs without an escape are copied by vectors; between
 * escapes of one block no load waits for the escape before, which is what makes
 * text with a line end every few words fast.
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

dj_escape_fn *dj_json_escape_best(void)
{
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) {
        return escape_avx2;
    }
    return dj_json_escape_plain;
}

#else

dj_escape_fn *dj_json_escape_best(void)
{
    return dj_json_escape_plain;
}

#endif

enum dj_status dj_json_quote(struct dj_buf *out, struct dj_str text)
{
    dj_escape_fn *const escape = dj_json_escape_best();

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

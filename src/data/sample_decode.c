/*
 * Decoding of JSON strings: a plain version, which is the reference in the tests,
 * and one that looks at 64 bytes at once. In the latter the escapes of a block are
 * found together, so that handling one does not wait for the one before; only \u
 * leaves that path. With AVX-512 VBMI2 the escapes of a block are also put in place
 * together.
 */
#include "data/sample_decode.h"

#include "dj/text.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* What stands for a byte after a backslash; 0: not that simple. */
static const char simple_escapes[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

/* Value of a hexadecimal digit plus one; 0: none. */
static const unsigned char hex_digits[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
    ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
    ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
    ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Four hexadecimal digits; -1 when one of them is not. */
static inline int32_t hex4(const char *p)
{
    int32_t value = 0;
    bool good = true;

    for (int i = 0; i < 4; i++) {
        const int32_t digit = hex_digits[(unsigned char)p[i]];

        good = good && digit != 0;
        value = value << 4 | ((digit - 1) & 0xf);
    }
    return good ? value : -1;
}

/*
 * One escape that is not simple, or what is wrong with it. *p is at the backslash;
 * both pointers move behind what was read and written.
 */
static enum dj_string_fault decode_unicode(const char **p, const char *end, char **out)
{
    const char *s = *p;
    int32_t c, low;

    if (end - s < 2) {
        return DJ_STRING_OPEN;
    }
    if (s[1] != 'u') {
        return DJ_STRING_ESCAPE;
    }
    c = end - s < 6 ? -1 : hex4(s + 2);
    if (c < 0) {
        return DJ_STRING_HEX;
    }
    s += 6;
    if (c >= 0xd800 && c <= 0xdfff) {
        if (c >= 0xdc00 || end - s < 6 || s[0] != '\\' || s[1] != 'u') {
            return DJ_STRING_SURROGATE;
        }
        low = hex4(s + 2);
        if (low < 0xdc00 || low > 0xdfff) {
            return DJ_STRING_SURROGATE;
        }
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        s += 6;
    }
    *p = s;
    *out += dj_utf8_put(*out, (uint32_t)c);
    return DJ_STRING_OK;
}

/* --- plain ------------------------------------------------------------------------ */

static const char *find_plain(const char *p, const char *end)
{
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20) {
        p++;
    }
    return p;
}

static struct dj_string_end decode_plain(const char *p, const char *end, char **out)
{
    enum dj_string_fault fault;

    for (;;) {
        const char *special = find_plain(p, end);

        memcpy(*out, p, (size_t)(special - p));
        *out += special - p;
        p = special;
        if (p == end) {
            return (struct dj_string_end){ p, DJ_STRING_OPEN };
        }
        if (*p == '"') {
            return (struct dj_string_end){ p, DJ_STRING_OK };
        }
        if (*p != '\\') {
            return (struct dj_string_end){ p, DJ_STRING_CONTROL };
        }
        if (end - p >= 2 && simple_escapes[(unsigned char)p[1]] != 0) {
            *(*out)++ = simple_escapes[(unsigned char)p[1]];
            p += 2;
            continue;
        }
        fault = decode_unicode(&p, end, out);
        if (fault != DJ_STRING_OK) {
            return (struct dj_string_end){ p, fault };
        }
    }
}

static struct dj_string_end skip_plain(const char *p, const char *end)
{
    char sink[8];
    char *out;
    enum dj_string_fault fault;

    for (;;) {
        p = find_plain(p, end);
        if (p == end) {
            return (struct dj_string_end){ p, DJ_STRING_OPEN };
        }
        if (*p == '"') {
            return (struct dj_string_end){ p, DJ_STRING_OK };
        }
        if (*p != '\\') {
            return (struct dj_string_end){ p, DJ_STRING_CONTROL };
        }
        if (end - p >= 2 && simple_escapes[(unsigned char)p[1]] != 0) {
            p += 2;
            continue;
        }
        out = sink;
        fault = decode_unicode(&p, end, &out);
        if (fault != DJ_STRING_OK) {
            return (struct dj_string_end){ p, fault };
        }
    }
}

const struct dj_string_ops dj_string_ops_plain = {
    .find = find_plain,
    .skip = skip_plain,
    .decode = decode_plain,
};

/* --- AVX2 ------------------------------------------------------------------------- */

#if defined(__x86_64__)

enum { HALF = 32, BLOCK = 64 };

__attribute__((target("avx2"))) static inline void copy_half(char *to, const char *from)
{
    _mm256_storeu_si256((__m256i *)(void *)to,
                        _mm256_loadu_si256((const __m256i *)(const void *)from));
}

/* Bit i: byte i is a quote, a backslash or below 0x20. */
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

__attribute__((target("avx2,bmi"))) static const char *find_avx2(const char *p,
                                                                 const char *end)
{
    for (; p < end; p += HALF) {
        const uint32_t special = special_half(p);

        if (special != 0) {
            const size_t at = _tzcnt_u32(special);

            return at < (size_t)(end - p) ? p + at : end;
        }
    }
    return end;
}

enum stop { BLOCK_DONE, AT_QUOTE, AT_CONTROL, AT_ESCAPE };

/*
 * One block, up to what is not simple. copy is a constant where this is called: then
 * the bytes of the block are stored at once and again behind each escape, over those
 * that the escape made superfluous.
 */
__attribute__((target("avx2,bmi"), always_inline)) static inline enum stop
decode_block(const char **p, const char *end, char **out, bool copy)
{
    const char *const s = *p;
    const size_t left = (size_t)(end - s);
    const size_t len = left < BLOCK ? left : BLOCK;
    uint64_t special = (uint64_t)special_half(s + HALF) << HALF | special_half(s);
    char *o = *out;
    size_t from = 0, at;

    special &= ~(uint64_t)0 >> (BLOCK - len);
    if (copy) {
        copy_half(o, s);
        copy_half(o + HALF, s + HALF);
    }
    while (special != 0) {
        char byte;

        at = _tzcnt_u64(special);
        byte = simple_escapes[(unsigned char)s[at + 1]];
        o += copy ? at - from : 0;
        if (s[at] != '\\' || byte == 0 || at + 1 >= left) {
            *p = s + at;
            *out = o;
            return s[at] == '"' ? AT_QUOTE : s[at] == '\\' ? AT_ESCAPE : AT_CONTROL;
        }
        from = at + 2;
        special &= ~((uint64_t)3 << at);
        if (copy) {
            *o++ = byte;
            copy_half(o, s + from);
            if (_tzcnt_u64(special) > from + HALF) {
                copy_half(o + HALF, s + from + HALF);
            }
        }
    }
    at = from > BLOCK ? from : len; /* an escape may end behind the block */
    *p = s + at;
    *out = o + (copy ? at - from : 0);
    return BLOCK_DONE;
}

/*
 * What a block ended with; false when the string is over, or what is wrong is in result.
 * sink: nothing is to be written.
 */
static bool go_on(enum stop stop, const char **p, const char *end, char **out, char *sink,
                  struct dj_string_end *result)
{
    if (stop == BLOCK_DONE) {
        return *p < end;
    }
    if (stop != AT_ESCAPE) {
        *result = (struct dj_string_end){ *p, stop == AT_QUOTE ? DJ_STRING_OK
                                                               : DJ_STRING_CONTROL };
        return false;
    }
    do {
        enum dj_string_fault fault;

        *out = sink == NULL ? *out : sink;
        fault = decode_unicode(p, end, out);
        if (fault != DJ_STRING_OK) {
            *result = (struct dj_string_end){ *p, fault };
            return false;
        }
    } while (*p < end && (*p)[0] == '\\' && (*p)[1] == 'u');
    return *p < end;
}

__attribute__((target("avx2,bmi"), always_inline)) static inline struct dj_string_end
decode_blocks(const char *p, const char *end, char **out, bool copy)
{
    char sink[8];
    char *o = copy ? *out : sink;
    struct dj_string_end result = { end, DJ_STRING_OPEN };
    enum stop stop = BLOCK_DONE;

    while (p < end) {
        stop = decode_block(&p, end, &o, copy);
        if (!go_on(stop, &p, end, &o, copy ? NULL : sink, &result)) {
            break;
        }
    }
    *out = o;
    return result;
}

__attribute__((target("avx2,bmi"))) static struct dj_string_end skip_avx2(const char *p,
                                                                          const char *end)
{
    char *unused = NULL;

    return decode_blocks(p, end, &unused, false);
}

__attribute__((target("avx2,bmi"))) static struct dj_string_end
decode_avx2(const char *p, const char *end, char **out)
{
    return decode_blocks(p, end, out, true);
}

static const struct dj_string_ops ops_avx2 = {
    .find = find_avx2,
    .skip = skip_avx2,
    .decode = decode_avx2,
};

/* --- AVX-512 ---------------------------------------------------------------------- */

#define VBMI2                                                                 \
    __attribute__((target("avx2,bmi,bmi2,popcnt,avx512f,avx512bw,avx512vbmi," \
                          "avx512vbmi2")))

/* The bytes behind a backslash that is not itself behind one; *open: the last byte is
 * such a backslash. */
VBMI2 static inline uint64_t escaped_bytes(uint64_t slashes, bool *open)
{
    const uint64_t even = 0x5555555555555555;
    const uint64_t behind = slashes << 1;
    unsigned long long runs;

    /* A run that begins at an odd place ends, by the carry, behind its end. */
    *open = __builtin_add_overflow(slashes & ~even & ~behind, slashes, &runs);
    return (even ^ runs << 1) & behind;
}

/* simple_escapes of the bytes of v; 0 for those from 0x80 too. */
VBMI2 static inline __m512i simple_values(__m512i v)
{
    const __m512i low = _mm512_loadu_si512(simple_escapes);
    const __m512i high = _mm512_loadu_si512(simple_escapes + 64);

    return _mm512_maskz_permutex2var_epi8(~_mm512_movepi8_mask(v), low, v, high);
}

VBMI2 static inline enum stop decode_block_vbmi2(const char **p, const char *end,
                                                 char **out)
{
    const char *const s = *p;
    const size_t left = (size_t)(end - s);
    const __m512i v = _mm512_loadu_si512(s);
    const uint64_t slashes = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'));
    uint64_t stops = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"')) |
                     _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(0x20));
    uint64_t kept = ~(uint64_t)0;
    size_t len = left < BLOCK ? left : BLOCK;
    __m512i values = v;

    if (slashes != 0) {
        bool open;
        const uint64_t escaped = escaped_bytes(slashes, &open);
        const __m512i simple = simple_values(v);
        const uint64_t slash = escaped >> 1 | (uint64_t)open << 63;

        values = _mm512_mask_mov_epi8(v, escaped, simple);
        stops &= ~escaped;
        stops |= (escaped & ~_mm512_test_epi8_mask(simple, simple)) >> 1;
        /* A backslash at the end: of the string, or of the block, which then goes
         * without. */
        if (left <= BLOCK) {
            stops |= slash & (uint64_t)1 << (left - 1);
        } else {
            len -= open;
        }
        kept = ~slash;
    }
    stops = _bzhi_u64(stops, (unsigned)len);
    len = stops == 0 ? len : _tzcnt_u64(stops);
    kept = _bzhi_u64(kept, (unsigned)len);
    _mm512_storeu_si512(*out,
                        slashes == 0 ? v : _mm512_maskz_compress_epi8(kept, values));
    *out += __builtin_popcountll(kept);
    *p = s + len;
    if (stops == 0) {
        return BLOCK_DONE;
    }
    return s[len] == '"' ? AT_QUOTE : s[len] == '\\' ? AT_ESCAPE : AT_CONTROL;
}

VBMI2 static struct dj_string_end decode_vbmi2(const char *p, const char *end, char **out)
{
    struct dj_string_end result = { end, DJ_STRING_OPEN };
    enum stop stop;

    while (p < end) {
        stop = decode_block_vbmi2(&p, end, out);
        if (!go_on(stop, &p, end, out, NULL, &result)) {
            break;
        }
    }
    return result;
}

static const struct dj_string_ops ops_vbmi2 = {
    .find = find_avx2,
    .skip = skip_avx2,
    .decode = decode_vbmi2,
};

#endif

size_t dj_string_versions(const struct dj_string_ops *versions[DJ_STRING_VERSIONS])
{
    size_t count = 0;

    versions[count++] = &dj_string_ops_plain;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) {
        versions[count++] = &ops_avx2;
    }
    if (__builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512vbmi") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi2")) {
        versions[count++] = &ops_vbmi2;
    }
#endif
    return count;
}

const struct dj_string_ops *dj_string_ops_best(void)
{
    const struct dj_string_ops *versions[DJ_STRING_VERSIONS];

    return versions[dj_string_versions(versions) - 1];
}

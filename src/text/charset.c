/*
 * Sets of characters: a bit for each, and for each byte whether it is a member by
 * itself (ASCII), or begins some or nothing else. Vector code stops at such bytes only.
 * It looks a byte up by its halves: the low one gives eight bits, the high one says
 * which of them counts; there is a table for bytes below 0x80 and one for the others.
 */
#include "dj/charset.h"

#include <assert.h>

#include "text/simd.h"
#include "text/text_private.h"

enum { MOST = 0x10ffff, WORD = 64, WORDS = (MOST + 1) / WORD, HALVES = 16 };

/* What the characters are that begin with a byte. */
enum { NO_MEMBERS, SOME_MEMBERS, MEMBERS };

struct dj_charset {
    uint64_t bits[WORDS];
    uint8_t kinds[256];
    /* For look-ups by halves: bytes of members at all, and of nothing else. */
    uint8_t some[2][HALVES];
    uint8_t all[2][HALVES];
};

/* --- building ------------------------------------------------------------------------
 */

struct dj_charset *dj_charset_new(void)
{
    return dj_xmalloc(sizeof(struct dj_charset));
}

void dj_charset_free(struct dj_charset *set)
{
    dj_xfree(set);
}

static inline bool has(const struct dj_charset *set, uint32_t c)
{
    return (set->bits[c / WORD] >> c % WORD & 1) != 0;
}

/* Of the characters from first to last, which are whole words of bits. */
static unsigned kind_of(const struct dj_charset *set, uint32_t first, uint32_t last)
{
    bool any = false;
    bool all = true;

    for (uint32_t word = first / WORD; word <= last / WORD; word++) {
        any = any || set->bits[word] != 0;
        all = all && ~set->bits[word] == 0;
    }
    return !any ? NO_MEMBERS : all ? MEMBERS : SOME_MEMBERS;
}

static void note(struct dj_charset *set, unsigned byte, unsigned kind)
{
    const uint8_t bit = (uint8_t)(1u << (byte >> 4 & 7));

    set->kinds[byte] = (uint8_t)kind;
    set->some[byte >> 7][byte & 0x0f] |= kind != NO_MEMBERS ? bit : 0;
    set->all[byte >> 7][byte & 0x0f] |= kind == MEMBERS ? bit : 0;
}

static void note_all(struct dj_charset *set)
{
    memset(set->some, 0, sizeof(set->some));
    memset(set->all, 0, sizeof(set->all));
    for (unsigned byte = 0; byte < 0x80; byte++) {
        note(set, byte, has(set, byte) ? MEMBERS : NO_MEMBERS);
    }
    for (unsigned byte = 0xc2; byte < 0xe0; byte++) {
        const uint32_t first = (byte & 0x1f) << 6;

        note(set, byte, kind_of(set, first, first | 0x3f));
    }
    for (unsigned byte = 0xe0; byte < 0xf0; byte++) {
        const uint32_t first = (byte & 0x0f) << 12;

        note(set, byte, kind_of(set, byte == 0xe0 ? 0x800 : first, first | 0xfff));
    }
    for (unsigned byte = 0xf0; byte < 0xf5; byte++) {
        const uint32_t first = (byte & 7) << 18;

        note(set, byte,
             kind_of(set, byte == 0xf0 ? 0x10000 : first,
                     byte == 0xf4 ? MOST : first | 0x3ffff));
    }
}

static inline void put(struct dj_charset *set, uint32_t c)
{
    set->bits[c / WORD] |= (uint64_t)1 << c % WORD;
}

void dj_charset_add(struct dj_charset *set, uint32_t first, uint32_t last)
{
    assert(last <= MOST);
    for (uint32_t c = first; c <= last; c++) {
        put(set, c);
    }
    note_all(set);
}

void dj_charset_add_text(struct dj_charset *set, struct dj_str text)
{
    const char *p = text.ptr;

    while (p < dj_str_end(text)) {
        put(set, dj_utf8_next(&p));
    }
    note_all(set);
}

void dj_charset_invert(struct dj_charset *set)
{
    for (size_t word = 0; word < WORDS; word++) {
        set->bits[word] = ~set->bits[word];
    }
    note_all(set);
}

bool dj_charset_has(const struct dj_charset *set, uint32_t c)
{
    return c <= MOST && has(set, c);
}

/* --- searching -----------------------------------------------------------------------
 */

static inline unsigned kind_at(const struct dj_charset *set, const char *at)
{
    return set->kinds[(unsigned char)*at];
}

static inline bool has_at(const struct dj_charset *set, const char *at)
{
    return has(set, dj_utf8_next(&at));
}

/* Is the character here a member? The byte is not one that begins none. */
static inline bool member(const struct dj_charset *set, const char *at)
{
    return kind_at(set, at) == MEMBERS || has_at(set, at);
}

static inline size_t length_at(const char *at)
{
    const unsigned char byte = (unsigned char)*at;

    return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

size_t dj_charset_find_plain(const struct dj_charset *set, struct dj_str text,
                             size_t from)
{
    size_t pos = from;

    while (pos < text.len &&
           (kind_at(set, text.ptr + pos) == NO_MEMBERS || !member(set, text.ptr + pos))) {
        pos++;
    }
    return pos < text.len ? pos : text.len;
}

size_t dj_charset_drop_plain(const struct dj_charset *set, struct dj_str text, char *out)
{
    const char *p = text.ptr;
    const char *end = dj_str_end(text);
    char *to = out;

    while (p < end) {
        const unsigned kind = kind_at(set, p);

        if (kind == NO_MEMBERS) {
            *to++ = *p++;
        } else if (kind == MEMBERS || member(set, p)) {
            p += length_at(p);
        } else {
            memcpy(to, p, 4);
            to += length_at(p);
            p += length_at(p);
        }
    }
    return (size_t)(to - out);
}

#if defined(DJ_SIMD_AVX2)

struct tables {
    __m256i low;  /* of bytes below 0x80 */
    __m256i high; /* of the others */
};

DJ_AVX2 static inline struct tables tables_of(const uint8_t rows[2][HALVES])
{
    return (struct tables){ dj_table16(rows[0]), dj_table16(rows[1]) };
}

/* Bit i is set when byte i is in the tables. */
DJ_AVX2 static inline uint32_t hits32(__m256i v, struct tables tables)
{
    const __m256i bits =
        _mm256_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128, 1, 2,
                         4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
    const __m256i halves = dj_low_halves(v);
    const __m256i have = _mm256_blendv_epi8(_mm256_shuffle_epi8(tables.low, halves),
                                            _mm256_shuffle_epi8(tables.high, halves), v);
    const __m256i want = _mm256_shuffle_epi8(bits, dj_high_halves(v));

    return ~dj_mask32(
        _mm256_cmpeq_epi8(_mm256_and_si256(have, want), _mm256_setzero_si256()));
}

DJ_AVX2 static size_t find_avx2(const struct dj_charset *set, struct dj_str text,
                                size_t from)
{
    const struct tables some = tables_of(set->some);

    for (size_t base = from; base < text.len; base += 32) {
        uint32_t hits = hits32(dj_load32(text.ptr + base), some);

        for (; hits != 0; hits &= hits - 1) {
            const size_t pos = base + (size_t)__builtin_ctz(hits);

            if (pos >= text.len) {
                break;
            }
            if (member(set, text.ptr + pos)) {
                return pos;
            }
        }
    }
    return text.len;
}

/* Eight bytes at a time without those whose bit is set. */
DJ_AVX2 static inline void squeeze32(const char *p, uint32_t gone, char *to)
{
    for (int i = 0; i < 4; i++) {
        const uint64_t bits = _pdep_u64(~gone >> 8 * i & 0xff, 0x0101010101010101);
        uint64_t word;

        memcpy(&word, p + 8 * i, sizeof(word));
        word = _pext_u64(word, bits * 0xff);
        memcpy(to, &word, sizeof(word));
        to += __builtin_popcountll(bits);
    }
}

/*
 * The bytes of members, if p is the beginning of whole characters: hits are the bytes
 * that begin some members, all those that begin nothing else.
 */
DJ_AVX2 static inline uint32_t gone32(const struct dj_charset *set, const char *p,
                                      uint32_t hits, uint32_t all, uint32_t starts)
{
    uint32_t gone = hits & all;

    for (hits &= ~all; hits != 0; hits &= hits - 1) {
        const unsigned i = (unsigned)__builtin_ctz(hits);

        gone |= (uint32_t)has_at(set, p + i) << i;
    }
    for (int more = 0; more < 3; more++) {
        gone |= gone << 1 & ~starts;
    }
    return gone;
}

/*
 * Blocks without a first byte of a member are copied whole, even when they begin or end
 * inside a character: it stays. Of others, whole characters are looked at. What is
 * copied from behind them, or from behind the text, is written over, or is in the room
 * behind what is returned.
 */
DJ_AVX2 static size_t drop_avx2(const struct dj_charset *set, struct dj_str text,
                                char *out)
{
    const struct tables some = tables_of(set->some);
    const struct tables all = tables_of(set->all);
    size_t pos = 0;
    char *to = out;

    while (pos < text.len) {
        const char *p = text.ptr + pos;
        const __m256i v = dj_load32(p);
        const uint32_t starts = dj_starts32(v);
        uint32_t hits = hits32(v, some);
        unsigned n = 32;

        if (text.len - pos < 32) {
            n = (unsigned)(text.len - pos);
        } else if (hits != 0 && text.len - pos > 32 && (p[32] & 0xc0) == 0x80) {
            n = 31 - (unsigned)__builtin_clz(starts);
        }
        pos += n;
        hits = _bzhi_u32(hits, n);
        if (hits == 0) {
            _mm256_storeu_si256((__m256i *)(void *)to, v);
            to += n;
            continue;
        }
        hits = _bzhi_u32(gone32(set, p, hits, hits32(v, all), starts), n);
        squeeze32(p, hits, to);
        to += n - (unsigned)__builtin_popcount(hits);
    }
    return (size_t)(to - out);
}

#endif

size_t dj_charset_find(const struct dj_charset *set, struct dj_str text, size_t from)
{
#if defined(DJ_SIMD_AVX2)
    if (dj_simd_avx2()) {
        return find_avx2(set, text, from);
    }
#endif
    return dj_charset_find_plain(set, text, from);
}

size_t dj_charset_drop(const struct dj_charset *set, struct dj_str text, char *out)
{
#if defined(DJ_SIMD_AVX2)
    if (dj_simd_avx2()) {
        return drop_avx2(set, text, out);
    }
#endif
    return dj_charset_drop_plain(set, text, out);
}

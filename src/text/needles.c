/*
 * Search for several texts at once. Each belongs to one of eight groups, a bit each.
 * Tables tell by the halves of a byte which groups have it as their first or second
 * byte; where a bit stays in all four look-ups, the texts of its groups are compared.
 * One byte alone is followed by anything.
 */
#include "dj/needles.h"

#include <assert.h>

#include "text/simd.h"
#include "text/text_private.h"

enum { GROUPS = 8, HALVES = 16 };

struct dj_needles {
    struct dj_str *items; /* copied into bytes */
    char *bytes;
    size_t count;
    /* By place (first or second byte), half (low or high) and its value: groups. */
    uint8_t tables[2][2][HALVES];
    uint8_t first[256]; /* groups by first byte */
};

static void add_byte(struct dj_needles *needles, size_t place, unsigned char byte,
                     uint8_t group)
{
    needles->tables[place][0][byte & 0x0f] |= group;
    needles->tables[place][1][byte >> 4] |= group;
}

static void add(struct dj_needles *needles, struct dj_str item, size_t index)
{
    const uint8_t group = (uint8_t)(1u << index % GROUPS);

    needles->first[(unsigned char)item.ptr[0]] |= group;
    add_byte(needles, 0, (unsigned char)item.ptr[0], group);
    if (item.len > 1) {
        add_byte(needles, 1, (unsigned char)item.ptr[1], group);
        return;
    }
    for (size_t half = 0; half < HALVES; half++) {
        needles->tables[1][0][half] |= group;
        needles->tables[1][1][half] |= group;
    }
}

struct dj_needles *dj_needles_new(const struct dj_str *items, size_t count)
{
    struct dj_needles *needles = dj_xmalloc(sizeof(*needles));
    size_t total = 0;
    char *to;

    for (size_t i = 0; i < count; i++) {
        assert(items[i].len > 0);
        total += items[i].len;
    }
    needles->items = dj_xcalloc(count + 1, sizeof(*needles->items));
    needles->bytes = dj_xcalloc(total + 1, 1);
    needles->count = count;
    to = needles->bytes;
    for (size_t i = 0; i < count; i++) {
        memcpy(to, items[i].ptr, items[i].len);
        needles->items[i] = (struct dj_str){ to, items[i].len };
        add(needles, needles->items[i], i);
        to += items[i].len;
    }
    return needles;
}

void dj_needles_free(struct dj_needles *needles)
{
    if (needles != NULL) {
        dj_xfree(needles->items);
        dj_xfree(needles->bytes);
        dj_xfree(needles);
    }
}

/* Does a text of these groups begin here? */
static bool begins(const struct dj_needles *needles, unsigned groups, const char *at,
                   size_t left)
{
    for (size_t i = 0; i < needles->count; i++) {
        const struct dj_str item = needles->items[i];

        if ((groups >> i % GROUPS & 1) != 0 && item.len <= left &&
            memcmp(item.ptr, at, item.len) == 0) {
            return true;
        }
    }
    return false;
}

size_t dj_needles_find_plain(const struct dj_needles *needles, struct dj_str text,
                             size_t from)
{
    for (size_t pos = from; pos < text.len; pos++) {
        const unsigned groups = needles->first[(unsigned char)text.ptr[pos]];

        if (groups != 0 && begins(needles, groups, text.ptr + pos, text.len - pos)) {
            return pos;
        }
    }
    return text.len;
}

#if defined(DJ_SIMD_AVX2)

DJ_AVX2 static inline __m256i groups32(__m256i v, __m256i low, __m256i high)
{
    return _mm256_and_si256(_mm256_shuffle_epi8(low, dj_low_halves(v)),
                            _mm256_shuffle_epi8(high, dj_high_halves(v)));
}

DJ_AVX2 static size_t find_avx2(const struct dj_needles *needles, struct dj_str text,
                                size_t from)
{
    const __m256i low_first = dj_table16(needles->tables[0][0]);
    const __m256i high_first = dj_table16(needles->tables[0][1]);
    const __m256i low_second = dj_table16(needles->tables[1][0]);
    const __m256i high_second = dj_table16(needles->tables[1][1]);

    for (size_t base = from; base < text.len; base += 32) {
        const char *p = text.ptr + base;
        const __m256i first = groups32(dj_load32(p), low_first, high_first);
        const __m256i second = groups32(dj_load32(p + 1), low_second, high_second);
        const __m256i both = _mm256_and_si256(first, second);
        uint32_t hits = ~dj_mask32(_mm256_cmpeq_epi8(both, _mm256_setzero_si256()));

        for (; hits != 0; hits &= hits - 1) {
            const size_t pos = base + (size_t)__builtin_ctz(hits);
            unsigned groups;

            if (pos >= text.len) {
                break;
            }
            groups = needles->first[(unsigned char)text.ptr[pos]];
            if (begins(needles, groups, text.ptr + pos, text.len - pos)) {
                return pos;
            }
        }
    }
    return text.len;
}

#endif

size_t dj_needles_find(const struct dj_needles *needles, struct dj_str text, size_t from)
{
#if defined(DJ_SIMD_AVX2)
    if (dj_simd_avx2()) {
        return needles->count == 0 ? text.len : find_avx2(needles, text, from);
    }
#endif
    return dj_needles_find_plain(needles, text, from);
}

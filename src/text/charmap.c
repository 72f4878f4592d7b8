/*
 * Replacement of single characters. For each first byte of a character that is
 * replaced there is a bit for each ending it can have; all other characters are
 * stepped over by their first byte alone.
 */
#include "dj/charmap.h"

#include <assert.h>

#include "dj/text.h"

enum {
    LEADS = 8,         /* different first bytes that a map may have */
    ENDINGS = 64 * 64, /* of a character of three bytes */
    COPY = 32,         /* bytes copied at a time, past the end if need be */
    NO_ASCII = 0x80,   /* no byte of a text that is ASCII */
};

struct ending_set {
    uint64_t bits[ENDINGS / 64];
    uint16_t pair[ENDINGS]; /* place in the map's pairs */
};

struct dj_charmap {
    const struct dj_charmap_pair *pairs;
    unsigned ascii; /* the one ASCII character, or NO_ASCII */
    size_t ascii_pair;
    uint8_t length[256]; /* of the character that begins with the byte */
    uint8_t set[256];    /* its place in sets, plus one */
    size_t nsets;
    struct ending_set sets[LEADS];
};

/* The bits of a character behind its first byte, which says how many they are. */
static inline unsigned ending(const unsigned char *at)
{
    return at[0] < 0xe0 ? at[1] & 0x3fu : (at[1] & 0x3fu) << 6 | (at[2] & 0x3f);
}

static void add(struct dj_charmap *map, size_t pair)
{
    const struct dj_charmap_pair *here = &map->pairs[pair];
    unsigned char bytes[4] = { 0 };
    const size_t len = dj_utf8_put((char *)bytes, here->from);
    struct ending_set *set;
    unsigned end;

    assert(here->from < 0x10000);
    assert(strlen(here->to) <= len);
    (void)len;
    if (here->from < 0x80) {
        assert(map->ascii == NO_ASCII);
        map->ascii = here->from;
        map->ascii_pair = pair;
        return;
    }
    if (map->set[bytes[0]] == 0) {
        assert(map->nsets < LEADS);
        map->set[bytes[0]] = (uint8_t)++map->nsets;
    }
    set = &map->sets[map->set[bytes[0]] - 1];
    end = ending(bytes);
    set->bits[end / 64] |= (uint64_t)1 << end % 64;
    set->pair[end] = (uint16_t)pair;
}

struct dj_charmap *dj_charmap_new(const struct dj_charmap_pair *pairs, size_t count)
{
    struct dj_charmap *map = dj_xmalloc(sizeof(*map));

    map->pairs = pairs;
    map->ascii = NO_ASCII;
    for (unsigned lead = 0; lead < 256; lead++) {
        map->length[lead] = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    }
    for (size_t i = 0; i < count; i++) {
        add(map, i);
    }
    return map;
}

void dj_charmap_free(struct dj_charmap *map)
{
    dj_xfree(map);
}

/*
 * Steps over ASCII characters that stay, eight at a time: the high bit of a byte of
 * stop is set where the text has a byte from 0x80 or the ASCII character replaced.
 * (The zero-byte trick may mark a byte behind a true one, never before it.)
 */
static inline const char *skip_ascii(const char *at, const char *end, uint64_t ascii)
{
    const uint64_t ones = 0x0101010101010101;
    const uint64_t highs = 0x8080808080808080;

    while (at < end) {
        uint64_t word;
        uint64_t differs;
        uint64_t stop;

        memcpy(&word, at, sizeof(word));
        differs = word ^ ascii;
        stop = (((differs - ones) & ~differs) | word) & highs;
        if (stop != 0) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            return at + __builtin_ctzll(stop) / 8;
#else
            while ((word >> 56 & 0x80) == 0 && (word ^ ascii) >> 56 != 0) {
                word <<= 8;
                at++;
            }
            return at;
#endif
        }
        at += sizeof(word);
    }
    return end;
}

/* The next character that is replaced, or end. */
static inline const char *find(const struct dj_charmap *map, const char *at,
                               const char *end)
{
    const uint64_t ascii = map->ascii * (uint64_t)0x0101010101010101;

    while (at < end) {
        const unsigned char lead = (unsigned char)*at;

        if (lead < 0x80) {
            if (lead == map->ascii) {
                return at;
            }
            at = skip_ascii(at, end, ascii);
            continue;
        }
        if (map->set[lead] != 0) {
            const unsigned bit = ending((const unsigned char *)at);

            if (map->sets[map->set[lead] - 1].bits[bit / 64] >> bit % 64 & 1) {
                return at;
            }
        }
        at += map->length[lead];
    }
    return end;
}

size_t dj_charmap_find(const struct dj_charmap *map, struct dj_str text, size_t from)
{
    return (size_t)(find(map, text.ptr + from, text.ptr + text.len) - text.ptr);
}

static inline char *copy_span(char *out, const char *from, const char *to)
{
    char *end = out + (to - from);

    while (from < to) {
        char chunk[COPY]; /* what is read past the end may be where it is written */

        memcpy(chunk, from, COPY);
        memcpy(out, chunk, COPY);
        from += COPY;
        out += COPY;
    }
    return end;
}

size_t dj_charmap_apply(const struct dj_charmap *map, struct dj_str text, char *out)
{
    const char *at = text.ptr;
    const char *end = text.ptr + text.len;
    char *to = out;

    for (;;) {
        const char *hit = find(map, at, end);
        size_t pair = map->ascii_pair;

        to = copy_span(to, at, hit);
        if (hit == end) {
            return (size_t)(to - out);
        }
        if ((unsigned char)*hit >= 0x80) {
            const struct ending_set *set = &map->sets[map->set[(unsigned char)*hit] - 1];

            pair = set->pair[ending((const unsigned char *)hit)];
        }
        for (const char *c = map->pairs[pair].to; *c != '\0'; c++) {
            *to++ = *c;
        }
        at = hit + map->length[(unsigned char)*hit];
    }
}

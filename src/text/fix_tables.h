/*
 * The generated tables of the Unicode fixer (tables/gen_fix_tables.py) and the
 * functions that read them.
 */
#ifndef DJ_FIX_TABLES_H
#define DJ_FIX_TABLES_H

#include <stddef.h>
#include <stdint.h>

/* What a text needs; the first six are also properties of single characters. */
enum {
    DJ_FIX_MAP = 1 << 0,      /* in the character map */
    DJ_FIX_NFC = 1 << 1,      /* may not be in this normal form */
    DJ_FIX_NFD = 1 << 2,      /* the same */
    DJ_FIX_NFKC = 1 << 3,     /* the same */
    DJ_FIX_NFKD = 1 << 4,     /* the same */
    DJ_FIX_DIGIT = 1 << 5,    /* a decimal digit of any script */
    DJ_FIX_MOJIBAKE = 1 << 6, /* matches the badness heuristic */
    DJ_FIX_ENTITY = 1 << 7,   /* has what looks like an HTML entity */
};

/*
 * Characters that all tables treat alike are of one kind. The kind of an ASCII
 * character c is dj_fix_kind2[c].
 */
extern const uint8_t dj_fix_kind1[0x110000 >> 7];
extern const uint8_t dj_fix_kind2[];
extern const uint8_t dj_fix_kind_flags[];

static inline unsigned dj_fix_kind(uint32_t c)
{
    return dj_fix_kind2[(unsigned)dj_fix_kind1[c >> 7] << 7 | (c & 0x7f)];
}

/*
 * The badness automaton: state and kind of the next character to the next state.
 * DJ_FIX_FOUND is never left. After two ASCII characters, only these two decide the
 * state (unless it is DJ_FIX_FOUND).
 */
enum { DJ_FIX_FOUND = 0, DJ_FIX_AT_START = 1, DJ_FIX_ANYWHERE = 2 };
extern const uint8_t dj_fix_moves[][128];

/* The character map: a length and as many bytes, for characters with DJ_FIX_MAP. */
extern const uint8_t dj_fix_map1[0x10000 >> 6];
extern const uint16_t dj_fix_map2[];
extern const uint8_t dj_fix_map_pool[];

static inline const uint8_t *dj_fix_mapping(uint32_t c)
{
    const unsigned block = c < 0x10000 ? dj_fix_map1[c >> 6] : 0;

    return dj_fix_map_pool + (c < 0x10000 ? dj_fix_map2[block << 6 | (c & 0x3f)] : 0);
}

/* C1 controls as Windows-1252, which is also how HTML reads their numbers. */
extern const uint16_t dj_fix_c1[32];

/* Single-byte encodings in the order in which they are tried. */
enum {
    DJ_FIX_LATIN1 = 0,
    DJ_FIX_WINDOWS_1252 = 1, /* 1 to 6: Windows, unassigned bytes as in Latin-1 */
    DJ_FIX_MACROMAN = 8,
    DJ_FIX_ENCODINGS = 10,
    DJ_FIX_ALL = (1 << DJ_FIX_ENCODINGS) - 1,
    DJ_FIX_WINDOWS = 0x7e, /* the sloppy ones; U+FFFD stands for their byte 1A */
};

/* Roles of a character in what may be UTF-8 read as a single-byte encoding. */
enum {
    DJ_FIX_LEAD2 = 1 << 0,
    DJ_FIX_LEAD3 = 1 << 1,
    DJ_FIX_LEAD4 = 1 << 2,
    DJ_FIX_CONTINUES = 1 << 3,
    DJ_FIX_CONTINUES_ONLY = 1 << 4, /* not likely to stand for itself */
};

/* A character that some single-byte encoding has. */
struct dj_fix_legacy {
    uint16_t encodings; /* bits */
    uint8_t roles;
    uint8_t bytes[DJ_FIX_ENCODINGS];
};
extern const uint8_t dj_fix_legacy1[0x10000 >> 6];
extern const uint16_t dj_fix_legacy2[];
extern const struct dj_fix_legacy dj_fix_legacy[];

/* For non-ASCII characters; without encodings and roles when there is no row. */
static inline const struct dj_fix_legacy *dj_fix_legacy_of(uint32_t c)
{
    const unsigned block = c < 0x10000 ? dj_fix_legacy1[c >> 6] : 0;

    return dj_fix_legacy + (c < 0x10000 ? dj_fix_legacy2[block << 6 | (c & 0x3f)] : 0);
}

/* Sorted by name, which is without & and semicolon. Values are UTF-8. */
struct dj_fix_entity {
    char name[25];
    char value[7];
};
extern const size_t dj_fix_entity_count;
extern const struct dj_fix_entity dj_fix_entities[];

#endif

/*
 * The generated tables of this module: classes, case and normalisation of every code
 * point, in two stages; and what is known of a character from its first byte.
 */
#ifndef DJ_TEXT_CHAR_TABLES_H
#define DJ_TEXT_CHAR_TABLES_H

#include <stdint.h>

enum { DJ_TABLE_BLOCK = 128, DJ_TABLE_SHIFT = 7 };

extern const uint16_t dj_class_index[];
extern const uint8_t dj_class_blocks[];
extern const uint16_t dj_norm_index[];
extern const uint16_t dj_norm_blocks[];
extern const uint16_t dj_case_index[];
extern const uint16_t dj_case_blocks[];
extern const int32_t dj_case_distances[];

/* Normalisation, by Unicode 14.0. */
enum {
    DJ_NORM_COMBINING = 0xff, /* the canonical combining class */
    DJ_NORM_NFC = 1 << 8,     /* cannot stand in a text of this form */
    DJ_NORM_NFD = 1 << 9,
    DJ_NORM_NFKC = 1 << 10,
    DJ_NORM_NFKD = 1 << 11,
    DJ_NORM_BACKWARD = 1 << 12, /* may compose with what stands before it */
    DJ_NORM_FORWARD = 1 << 13,  /* may compose with what follows */
    DJ_NORM_UNASSIGNED = 1 << 14,
    DJ_NORM_JOINS = 1 << 15, /* what is before it may have a part in its result */
};

/* Case: two flags and above them an index into dj_case_distances; and one that had no
 * room elsewhere. */
enum {
    DJ_CASE_CASED = 1 << 0,
    DJ_CASE_IGNORABLE = 1 << 1,
    DJ_CASE_UNPRINTABLE = 1 << 2,
    DJ_CASE_SHIFT = 3,
};

/* For the inlines below c is at most 0x10ffff. */

/* DJ_CHAR_ bits. */
static inline unsigned dj_class_bits(uint32_t c)
{
    return dj_class_blocks[dj_class_index[c >> DJ_TABLE_SHIFT] +
                           (c & (DJ_TABLE_BLOCK - 1))];
}

static inline unsigned dj_norm_bits(uint32_t c)
{
    return dj_norm_blocks[dj_norm_index[c >> DJ_TABLE_SHIFT] +
                          (c & (DJ_TABLE_BLOCK - 1))];
}

static inline unsigned dj_case_bits(uint32_t c)
{
    return dj_case_blocks[dj_case_index[c >> DJ_TABLE_SHIFT] +
                          (c & (DJ_TABLE_BLOCK - 1))];
}

/*
 * Lead bytes all of whose characters are plain: normalised in a form and starters
 * that nothing before them changes; without another lower case; alphanumeric, and
 * neither special nor a line end. Vector code passes over such bytes in blocks.
 */
enum dj_lead {
    DJ_LEAD_NFC, /* the first four in the order of enum dj_normal_form */
    DJ_LEAD_NFD,
    DJ_LEAD_NFKC,
    DJ_LEAD_NFKD,
    DJ_LEAD_LOWER,
    DJ_LEAD_ALNUM,
    DJ_LEADS
};

/* By byte, a bit per enum dj_lead; all are set for ASCII and continuation bytes. */
extern const uint8_t dj_lead_flags[];

/*
 * The same for vector lookups: 16 bytes per enum dj_lead, indexed by the low half of
 * a byte; bit n is for bytes of 0xc0 + 16 n and up, DJ_ROW_OTHER for those below 0xc0.
 */
enum { DJ_ROW_OTHER = 1 << 4 };
extern const uint8_t dj_lead_rows[];

#endif

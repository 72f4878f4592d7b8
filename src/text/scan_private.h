/* Candidate bytes of the scanners, and their plain versions for tests. */
#ifndef DJ_TEXT_SCAN_PRIVATE_H
#define DJ_TEXT_SCAN_PRIVATE_H

#include "dj/scan.h"

enum dj_scan_kind { DJ_SCAN_LINK, DJ_SCAN_IP };

/*
 * Place of the next byte from pos (at least 1) on around which a match may lie, or
 * text.len. Reads up to DJ_PADDING bytes behind the text, which decide nothing.
 */
size_t dj_scan_find(enum dj_scan_kind kind, struct dj_str text, size_t pos);
size_t dj_scan_find_plain(enum dj_scan_kind kind, struct dj_str text, size_t pos);

/* The character before pos (which is above 0), and where it starts. */
uint32_t dj_scan_before(struct dj_str text, size_t pos, size_t *start);

/* What ASCII bytes are to the scanners; bits. */
enum {
    DJ_SCAN_DIGIT = 1 << 0,
    DJ_SCAN_LETTER = 1 << 1,
    DJ_SCAN_HEX = 1 << 2,    /* digits too */
    DJ_SCAN_LOCAL = 1 << 3,  /* before the @ of a mail address */
    DJ_SCAN_DOMAIN = 1 << 4, /* behind it */
    DJ_SCAN_WORD = 1 << 5,   /* letters, digits, "_" */
    DJ_SCAN_HOST = 1 << 6,   /* letters, digits, "." and "-" */
    DJ_SCAN_STOP = 1 << 7,   /* ends a link: blanks and ( ) < > */
    DJ_SCAN_TAIL = 1 << 8,   /* may be the last character of a link */
};
extern const uint16_t dj_scan_bits[128];

static inline unsigned dj_scan_is(char byte, unsigned bits)
{
    return (unsigned char)byte < 0x80 ? dj_scan_bits[(unsigned char)byte] & bits : 0;
}

#endif

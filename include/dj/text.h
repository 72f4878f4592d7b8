/*
 * Python's text rules. Text is valid UTF-8 (the sample reader checks it once); a
 * character is a Unicode code point. Two Unicode versions are in use, as in
 * Data-Juicer: str methods and the re module follow Unicode 14.0 (Python 3.11),
 * the regex module newer tables. The tables are generated at build time from
 * src/text/tables; no library's Unicode version decides a result.
 */
#ifndef DJ_TEXT_H
#define DJ_TEXT_H

#include <stdint.h>

#include "dj/mem.h"

/* --- UTF-8 -------------------------------------------------------------------- */

/* False with the offset of the first bad byte; surrogates and overlongs are bad. */
bool dj_utf8_valid(struct dj_str bytes, size_t *bad);
bool dj_utf8_ascii(struct dj_str bytes); /* no byte from 0x80 */

/* Number of characters; text is valid. */
size_t dj_utf8_length(struct dj_str text);

/* Bytes of the first n characters (all of them when there are fewer). */
size_t dj_utf8_offset(struct dj_str text, size_t n);

/* The character at *p, which moves behind it. Valid text, *p before its end. */
static inline uint32_t dj_utf8_next(const char **p)
{
    const unsigned char *s = (const unsigned char *)*p;

    if (s[0] < 0x80) {
        *p += 1;
        return s[0];
    }
    if (s[0] < 0xe0) {
        *p += 2;
        return (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
    }
    if (s[0] < 0xf0) {
        *p += 3;
        return (uint32_t)(s[0] & 0x0f) << 12 | (uint32_t)(s[1] & 0x3f) << 6 |
               (s[2] & 0x3f);
    }
    *p += 4;
    return (uint32_t)(s[0] & 0x07) << 18 | (uint32_t)(s[1] & 0x3f) << 12 |
           (uint32_t)(s[2] & 0x3f) << 6 | (s[3] & 0x3f);
}

/* Writes c (not a surrogate) as 1 to 4 bytes; returns how many. */
static inline size_t dj_utf8_put(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* --- character classes ----------------------------------------------------------- */

enum {
    DJ_CHAR_ALPHA = 1 << 0,    /* str.isalpha */
    DJ_CHAR_ALNUM = 1 << 1,    /* str.isalnum; with "_" re's \w */
    DJ_CHAR_SPACE = 1 << 2,    /* str.isspace and re's \s: 29 members */
    DJ_CHAR_LINE_END = 1 << 3, /* str.splitlines cuts here */
    DJ_CHAR_SPECIAL = 1 << 4,  /* Data-Juicer's SPECIAL_CHARACTERS, single code points */
    DJ_CHAR_REGEX_WORD = 1 << 5,  /* \w of the regex module */
    DJ_CHAR_REGEX_DIGIT = 1 << 6, /* \d of the regex module */
    DJ_CHAR_REGEX_PUNCT = 1 << 7, /* \p{P} of the regex module */
};

/* Set of DJ_CHAR_ bits of a code point; 0 above 0x10ffff. */
unsigned dj_char_class(uint32_t c);

bool dj_char_printable(uint32_t c); /* str.isprintable */

/* --- str methods ------------------------------------------------------------------- */

struct dj_str dj_text_strip(struct dj_str text); /* a part of text */

/* The same for Data-Juicer's special characters (DJ_CHAR_SPECIAL). */
struct dj_str dj_text_strip_special(struct dj_str text);

/* str.lower() with the final sigma; appends to out. */
enum dj_status dj_text_lower(struct dj_str text, struct dj_buf *out) DJ_MUST_CHECK;

/* Steps through str.splitlines(): true and the next line without its end. */
struct dj_lines {
    const char *next;
    const char *end;
};
struct dj_lines dj_lines_of(struct dj_str text);
bool dj_lines_next(struct dj_lines *lines, struct dj_str *line);

enum dj_normal_form { DJ_NFC, DJ_NFD, DJ_NFKC, DJ_NFKD };

/*
 * unicodedata.normalize of Unicode 14.0. *changed tells whether the result
 * differs; when it is false nothing was appended.
 */
enum dj_status dj_text_normalize(enum dj_normal_form form, struct dj_str text,
                                 struct dj_buf *out, bool *changed) DJ_MUST_CHECK;

/* --- counts that several filters share -----------------------------------------------
 */

struct dj_text_counts {
    int64_t characters;
    int64_t alnum;        /* characters with DJ_CHAR_ALNUM */
    int64_t special;      /* characters with DJ_CHAR_SPECIAL */
    int64_t lines;        /* len(text.splitlines()) */
    int64_t longest_line; /* characters of the longest of these, without its end */
    int64_t words;        /* dj_text_words() without lower case */
};

void dj_text_count(struct dj_str text, struct dj_text_counts *counts);

/* --- words ---------------------------------------------------------------------------
 */

/*
 * Data-Juicer's word list of a text: cut at blank, line feed and tab, each word
 * stripped of special characters at both ends, empty ones gone. The words are
 * parts of the text they were cut from. With lower, the text is lower-cased
 * first (into the arena), so the words are parts of that copy.
 */
struct dj_words {
    size_t count;
    struct dj_str *items;
};

struct dj_arena;
enum dj_status dj_text_words(struct dj_str text, bool lower, struct dj_arena *arena,
                             struct dj_words *words) DJ_MUST_CHECK;

#endif

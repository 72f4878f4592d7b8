/*
 * Private: the bytes of a JSON string, from behind its opening quote to its closing
 * one. The line has passed dj_utf8_valid and DJ_PADDING bytes behind it can be read.
 */
#ifndef DJ_SAMPLE_DECODE_H
#define DJ_SAMPLE_DECODE_H

#include "dj/mem.h"

enum dj_string_fault {
    DJ_STRING_OK,
    DJ_STRING_OPEN,      /* the line ends first */
    DJ_STRING_CONTROL,   /* a byte below 0x20 */
    DJ_STRING_ESCAPE,    /* a backslash before something else than an escape */
    DJ_STRING_HEX,       /* \u without four hexadecimal digits */
    DJ_STRING_SURROGATE, /* one half of a surrogate pair */
};

struct dj_string_end {
    const char *at; /* the closing quote, or what is wrong */
    enum dj_string_fault fault;
};

/* The same work for different processors. */
struct dj_string_ops {
    /* The first quote, backslash or byte below 0x20, or end. */
    const char *(*find)(const char *p, const char *end);

    /* Checks. */
    struct dj_string_end (*skip)(const char *p, const char *end);

    /*
     * Checks and writes what the string means to *out, which moves behind it. There
     * is room for end - p + DJ_PADDING bytes.
     */
    struct dj_string_end (*decode)(const char *p, const char *end, char **out);
};

extern const struct dj_string_ops dj_string_ops_plain;

/* The versions that this processor can run, the fastest last; returns how many. */
enum { DJ_STRING_VERSIONS = 3 };
size_t dj_string_versions(const struct dj_string_ops *versions[DJ_STRING_VERSIONS]);
const struct dj_string_ops *dj_string_ops_best(void);

#endif

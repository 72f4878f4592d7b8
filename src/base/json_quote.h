/* Private to json_quote.c and its test: the ways to escape. */
#ifndef DJ_JSON_QUOTE_H
#define DJ_JSON_QUOTE_H

#include <stddef.h>

/*
 * Writes len bytes of s escaped to out (no quotes around them) and returns the end.
 * out has room for 6 * len + DJ_PADDING bytes.
 */
typedef char *dj_escape_fn(const char *s, size_t len, char *out);

char *dj_json_escape_plain(const char *s, size_t len, char *out);

/* The versions that this processor can run, the fastest last; returns how many. */
enum { DJ_ESCAPES = 3 };
size_t dj_json_escapes(dj_escape_fn *versions[DJ_ESCAPES]);

#endif

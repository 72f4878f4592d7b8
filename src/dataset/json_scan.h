/* Where a JSON value ends, for files with many of them; the decoder of samples checks. */
#ifndef DJ_DATASET_JSON_SCAN_H
#define DJ_DATASET_JSON_SCAN_H

#include "dj/mem.h"

enum dj_value_end {
    DJ_VALUE_ENDS,
    DJ_VALUE_OPEN,  /* the bytes end within it */
    DJ_VALUE_BROKEN /* at *end stands what cannot stand there */
};

/* Passes over the value at p: an object or array with all that is in it, or a word. */
enum dj_value_end dj_value_pass(const char *p, const char *stop, const char **end);

/* Blanks, tabs and line breaks. */
const char *dj_value_blanks(const char *p, const char *stop);

#endif

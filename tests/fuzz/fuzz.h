/*
 * What the libFuzzer targets share. An input with several parts has a byte 0xff, which
 * no UTF-8 has, between them.
 */
#ifndef DJ_TEST_FUZZ_H
#define DJ_TEST_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "dj/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void must(bool condition, const char *what)
{
    if (!condition) {
        (void)fprintf(stderr, "what must hold does not: %s\n", what);
        abort();
    }
}

/* Takes the next part off the rest; empty when there are no more. */
static inline struct dj_str next_part(struct dj_str *rest)
{
    const char *end = rest->len == 0 ? NULL : memchr(rest->ptr, 0xff, rest->len);
    const size_t len = end == NULL ? rest->len : (size_t)(end - rest->ptr);
    const struct dj_str part = { rest->ptr, len };
    const size_t taken = len + (end != NULL);

    *rest = (struct dj_str){ rest->ptr + taken, rest->len - taken };
    return part;
}

/* Appends what texts are: UTF-8. Each byte that is not becomes a character. */
static inline void append_utf8(struct dj_buf *out, struct dj_str bytes)
{
    size_t bad;

    while (!dj_utf8_valid(bytes, &bad)) {
        char c[4];
        const size_t len = dj_utf8_put(c, (unsigned char)bytes.ptr[bad]);

        must(dj_buf_append(out, (struct dj_str){ bytes.ptr, bad }) == DJ_OK &&
                 dj_buf_append(out, (struct dj_str){ c, len }) == DJ_OK,
             "memory");
        bytes = (struct dj_str){ bytes.ptr + bad + 1, bytes.len - bad - 1 };
    }
    must(dj_buf_append(out, bytes) == DJ_OK, "memory");
}

#endif

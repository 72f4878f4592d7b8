/* The translation of a pattern as it grows. */
#include "text/regex_private.h"

#include <stdio.h>

#include "dj/text.h"

static void reserve(struct dj_rx_text *text, size_t extra)
{
    if (extra > text->cap - text->len) {
        text->cap = (text->len + extra) * 2 + 64;
        text->ptr = dj_xrealloc(text->ptr, text->cap);
    }
}

void dj_rx_put(struct dj_rx_text *text, const char *bytes, size_t len)
{
    reserve(text, len);
    memcpy(text->ptr + text->len, bytes, len);
    text->len += len;
}

void dj_rx_puts(struct dj_rx_text *text, const char *bytes)
{
    dj_rx_put(text, bytes, strlen(bytes));
}

void dj_rx_printf(struct dj_rx_text *text, const char *fmt, ...)
{
    va_list args;
    int len;

    reserve(text, 64); /* numbers only, so this is enough */
    va_start(args, fmt);
    len = vsnprintf(text->ptr + text->len, 64, fmt, args);
    va_end(args);
    if (len > 0) {
        text->len += (size_t)len < 64 ? (size_t)len : 63;
    }
}

void dj_rx_insert(struct dj_rx_text *text, size_t at, const char *bytes)
{
    const size_t len = strlen(bytes);

    reserve(text, len);
    memmove(text->ptr + at + len, text->ptr + at, text->len - at);
    memcpy(text->ptr + at, bytes, len);
    text->len += len;
}

void dj_rx_put_char(struct dj_rx_text *out, uint32_t c, bool *utf)
{
    const bool word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                      (c >= 'a' && c <= 'z') || c == '_';
    char bytes[4];

    if (c >= 0x80) {
        dj_rx_put(out, bytes, dj_utf8_put(bytes, c));
        *utf = true;
    } else if (c < 0x20 || c == 0x7f) {
        dj_rx_printf(out, "\\x%02x", (unsigned)c);
    } else {
        bytes[0] = '\\';
        bytes[1] = (char)c;
        dj_rx_put(out, word ? bytes + 1 : bytes, word ? 1 : 2);
    }
}

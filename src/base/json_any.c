/*
 * JSON strings from text that nobody has checked: messages, paths, environment. What
 * is no UTF-8 becomes U+FFFD, so that every document we write can be read.
 */
#include "dj/json.h"

/* Length of the UTF-8 character at s; 0 when there is none. left is at least 1. */
static size_t character(const unsigned char *s, size_t left)
{
    unsigned char lowest = 0x80;
    unsigned char highest = 0xbf;
    size_t len;

    if (s[0] < 0x80) {
        return 1;
    }
    if (s[0] < 0xc2 || s[0] > 0xf4) {
        return 0;
    }
    len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (len > left) {
        return 0;
    }
    /* Neither a longer form than needed, nor surrogates, nor above U+10FFFF. */
    if (s[0] == 0xe0) {
        lowest = 0xa0;
    } else if (s[0] == 0xed) {
        highest = 0x9f;
    } else if (s[0] == 0xf0) {
        lowest = 0x90;
    } else if (s[0] == 0xf4) {
        highest = 0x8f;
    }
    if (s[1] < lowest || s[1] > highest) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return len;
}

size_t dj_json_utf8_prefix(struct dj_str text)
{
    const unsigned char *s = (const unsigned char *)text.ptr;
    size_t i = 0;

    while (i < text.len) {
        uint64_t eight;
        size_t len;

        if (text.len - i >= sizeof(eight)) {
            memcpy(&eight, s + i, sizeof(eight));
            if ((eight & 0x8080808080808080U) == 0) {
                i += sizeof(eight);
                continue;
            }
        }
        len = character(s + i, text.len - i);
        if (len == 0) {
            break;
        }
        i += len;
    }
    return i;
}

enum dj_status dj_json_quote_any(struct dj_buf *out, struct dj_str text)
{
    enum dj_status status = DJ_OK;
    size_t valid = dj_json_utf8_prefix(text);
    struct dj_buf clean;

    if (valid == text.len) {
        return dj_json_quote(out, text);
    }
    dj_buf_init(&clean);
    for (;;) {
        status = dj_buf_append(&clean, (struct dj_str){ text.ptr, valid });
        if (status != DJ_OK || valid == text.len) {
            break;
        }
        status = dj_buf_append(&clean, DJ_STR("\xef\xbf\xbd"));
        if (status != DJ_OK) {
            break;
        }
        text.ptr += valid + 1;
        text.len -= valid + 1;
        valid = dj_json_utf8_prefix(text);
    }
    if (status == DJ_OK) {
        status = dj_json_quote(out, dj_buf_str(&clean));
    }
    dj_buf_release(&clean);
    return status;
}

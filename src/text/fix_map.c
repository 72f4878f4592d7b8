/*
 * The steps that look at single characters: C1 controls as Windows-1252, ligatures,
 * width forms, quotes, line breaks, control characters; and terminal escapes, which
 * are found in the mapped text before its control characters go.
 */
#include "fix_parts.h"

#include "dj/text.h"

enum { ESCAPE = 0x1b };

static struct dj_str mapping(uint32_t c)
{
    const uint8_t *entry = dj_fix_mapping(c);

    return (struct dj_str){ (const char *)entry + 1, entry[0] };
}

/* First character of what the one at *p is mapped to; *rest is what follows it. */
static uint32_t mapped_next(const char **p, struct dj_str *rest)
{
    uint32_t c = dj_utf8_next(p);

    *rest = (struct dj_str){ NULL, 0 };
    if ((dj_fix_kind_flags[dj_fix_kind(c)] & DJ_FIX_MAP) == 0) {
        return c;
    }
    *rest = mapping(c);
    if (rest->len == 0) {
        return 0; /* a control character, which still stands in the way */
    }

    const char *next = rest->ptr;

    c = dj_utf8_next(&next);
    rest->len -= (size_t)(next - rest->ptr);
    rest->ptr = next;
    return c;
}

/*
 * Behind a terminal escape (ESC [ digits and semicolons, letter) that begins at p,
 * or NULL. *rest is what remains of the last character, which may be a ligature.
 */
static const char *escape_end(const char *p, const char *end, struct dj_str *rest)
{
    p++;
    if (p == end || mapped_next(&p, rest) != '[') {
        return NULL;
    }
    while (p < end) {
        const uint32_t c = mapped_next(&p, rest);

        if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') {
            return p;
        }
        if (c != ';' && (dj_fix_kind_flags[dj_fix_kind(c)] & DJ_FIX_DIGIT) == 0) {
            return NULL;
        }
    }
    return NULL;
}

static char *put(char *to, struct dj_str bytes)
{
    memcpy(to, bytes.ptr, bytes.len);
    return to + bytes.len;
}

/* Writes what the mapped character from `at` to *p becomes; may move *p further. */
static char *put_mapped(char *to, const char *at, const char **p, const char *end,
                        uint32_t c)
{
    if (c == '\r' && *p < end && **p == '\n') {
        return to; /* the line feed is the line break */
    }
    if (c == ESCAPE) {
        struct dj_str rest;
        const char *stop = escape_end(at, end, &rest);

        if (stop == NULL) {
            return to;
        }
        *p = stop;
        return rest.len == 0 ? to : put(to, rest);
    }
    return put(to, mapping(c));
}

enum dj_status dj_fix_map(struct dj_str segment, struct dj_buf *out, bool *changed)
{
    const char *copied = segment.ptr;
    const char *p = segment.ptr;
    const char *end = segment.ptr + segment.len;

    /* Nothing grows more than from two bytes to three. */
    DJ_TRY(dj_buf_reserve(out, segment.len + segment.len / 2 + 4));

    char *to = out->ptr + out->len;

    *changed = false;
    while (p < end) {
        if ((unsigned char)*p < 0x80) {
            p = dj_fix_plain_end(p, end);
            if (p == end) {
                break;
            }
        }

        const char *at = p;
        const uint32_t c = dj_utf8_next(&p);

        if ((dj_fix_kind_flags[dj_fix_kind(c)] & DJ_FIX_MAP) != 0) {
            to = put(to, (struct dj_str){ copied, (size_t)(at - copied) });
            to = put_mapped(to, at, &p, end, c);
            copied = p;
            *changed = true;
        }
    }
    if (*changed) {
        to = put(to, (struct dj_str){ copied, (size_t)(end - copied) });
        out->len = (size_t)(to - out->ptr);
    }
    return DJ_OK;
}

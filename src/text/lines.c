/*
 * Python's str.splitlines(): cuts at LF, CR, CR LF, VT, FF, 1C, 1D, 1E, U+0085,
 * U+2028 and U+2029; there is no empty line after the last end.
 */
#include "dj/text.h"

#include "text/simd.h"
#include "text/text_private.h"

struct dj_lines dj_lines_of(struct dj_str text)
{
    return (struct dj_lines){ text.ptr, dj_str_end(text) };
}

/* Bytes of the line end at p (CR LF is one), or 0. */
static inline size_t line_end(const char *p, const char *end)
{
    const unsigned char byte = (unsigned char)*p;

    if (byte < 0x20) {
        if (byte == '\r' && end - p > 1 && p[1] == '\n') {
            return 2;
        }
        return (byte >= 0x0a && byte <= 0x0d) || (byte >= 0x1c && byte <= 0x1e) ? 1 : 0;
    }
    if (byte == 0xc2) {
        return (unsigned char)p[1] == 0x85 ? 2 : 0;
    }
    if (byte == 0xe2) {
        return (unsigned char)p[1] == 0x80 && ((unsigned char)p[2] | 1) == 0xa9 ? 3 : 0;
    }
    return 0;
}

/* Where the line that begins at p ends, and the bytes of its end (0 at text's end). */
static const char *find_plain(const char *p, const char *end, size_t *skip)
{
    for (*skip = 0; p < end; p++) {
        *skip = line_end(p, end);
        if (*skip != 0) {
            break;
        }
    }
    return p;
}

#if defined(DJ_SIMD_AVX2)

DJ_AVX2 static const char *find_avx2(const char *p, const char *end, size_t *skip)
{
    for (; end - p >= 32; p += 32) {
        const __m256i v = dj_load32(p);
        uint32_t ends = dj_range32(v, 0x0a, 0x0d) | dj_range32(v, 0x1c, 0x1e);

        if (dj_mask32(v) != 0) {
            ends |= dj_equal32(v, (char)0xc2) | dj_equal32(v, (char)0xe2);
        }
        for (; ends != 0; ends &= ends - 1) {
            const char *at = p + __builtin_ctz(ends);

            *skip = line_end(at, end);
            if (*skip != 0) {
                return at;
            }
        }
    }
    return find_plain(p, end, skip);
}

#endif

static bool next_line(struct dj_lines *lines, const char *end_of_line, size_t skip,
                      struct dj_str *line)
{
    *line = (struct dj_str){ lines->next, (size_t)(end_of_line - lines->next) };
    lines->next = end_of_line + skip;
    return true;
}

bool dj_lines_next_plain(struct dj_lines *lines, struct dj_str *line)
{
    size_t skip;
    const char *at;

    if (lines->next == lines->end) {
        return false;
    }
    at = find_plain(lines->next, lines->end, &skip);
    return next_line(lines, at, skip, line);
}

bool dj_lines_next(struct dj_lines *lines, struct dj_str *line)
{
#if defined(DJ_SIMD_AVX2)
    if (lines->end - lines->next >= 32 && dj_simd_avx2()) {
        size_t skip;
        const char *at = find_avx2(lines->next, lines->end, &skip);

        return next_line(lines, at, skip, line);
    }
#endif
    return dj_lines_next_plain(lines, line);
}

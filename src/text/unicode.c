/*
 * Normal forms of Unicode 14.0. A quick check passes over what is normalised already.
 * Where it stops, the shortest span that stands alone goes through the decompositions
 * and compositions of utf8proc. The order of marks and the code points that have no
 * character come from our tables, so the version of the library decides nothing.
 */
#include <stdlib.h>
#include <utf8proc.h>

#include "dj/text.h"

#include "text/char_tables.h"
#include "text/simd.h"
#include "text/text_private.h"

/* --- quick check ----------------------------------------------------------------------
 */

struct check {
    const char *start;  /* of the text */
    const char *behind; /* end of the character that was looked at last */
    unsigned mark;      /* its combining class */
    unsigned forbidden; /* DJ_NORM_ bits of what cannot stand in the form */
    bool composed;      /* is it a form with compositions? */
};

static struct check check_for(enum dj_normal_form form, struct dj_str text)
{
    static const unsigned forbidden[] = {
        [DJ_NFC] = DJ_NORM_NFC,
        [DJ_NFD] = DJ_NORM_NFD,
        [DJ_NFKC] = DJ_NORM_NFKC,
        [DJ_NFKD] = DJ_NORM_NFKD,
    };

    return (struct check){
        .start = text.ptr,
        .forbidden = forbidden[form],
        .composed = form == DJ_NFC || form == DJ_NFKC,
    };
}

/* May the character at p compose? Exact only behind a starter. */
static bool may_compose(const struct check *check, const char *p)
{
    const char *before;
    unsigned bits;

    if (p == check->start) {
        return false;
    }
    before = dj_utf8_before(check->start, p);
    bits = dj_norm_bits(dj_utf8_next(&before));
    return (bits & (DJ_NORM_COMBINING | DJ_NORM_FORWARD)) != 0;
}

/*
 * Is the text up to and with the character at p surely normalised, if it was before?
 * Characters of plain lead bytes need not be shown: they are starters.
 */
static inline bool fits(struct check *check, const char *p)
{
    const char *next = p;
    const unsigned bits = dj_norm_bits(dj_utf8_next(&next));
    const unsigned mark = bits & DJ_NORM_COMBINING;

    if ((bits & check->forbidden) != 0 ||
        (mark != 0 && p == check->behind && mark < check->mark)) {
        return false;
    }
    if ((bits & DJ_NORM_BACKWARD) != 0 && check->composed && may_compose(check, p)) {
        return false;
    }
    check->behind = next;
    check->mark = mark;
    return true;
}

static size_t until_plain(struct check *check, enum dj_lead lead, struct dj_str text,
                          size_t at)
{
    for (; at < text.len; at++) {
        const unsigned flags = dj_lead_flags[(unsigned char)text.ptr[at]];

        if ((flags >> lead & 1) == 0 && !fits(check, text.ptr + at)) {
            break;
        }
    }
    return at;
}

size_t dj_normal_until_plain(enum dj_normal_form form, struct dj_str text, size_t from)
{
    struct check check = check_for(form, text);

    return until_plain(&check, (enum dj_lead)form, text, from);
}

#if defined(DJ_SIMD_AVX2)

DJ_AVX2 static size_t until_avx2(struct check *check, enum dj_lead lead,
                                 struct dj_str text, size_t at)
{
    const __m256i row = dj_lead_row(lead);

    for (; text.len - at >= 32; at += 32) {
        uint32_t stops = dj_leads32(dj_load32(text.ptr + at), row);

        for (; stops != 0; stops &= stops - 1) {
            const size_t stop = at + (size_t)__builtin_ctz(stops);

            if (!fits(check, text.ptr + stop)) {
                return stop;
            }
        }
    }
    return until_plain(check, lead, text, at);
}

#endif

size_t dj_normal_until(enum dj_normal_form form, struct dj_str text, size_t from)
{
#if defined(DJ_SIMD_AVX2)
    if (text.len - from >= 32 && dj_simd_avx2()) {
        struct check check = check_for(form, text);

        return until_avx2(&check, (enum dj_lead)form, text, from);
    }
#endif
    return dj_normal_until_plain(form, text, from);
}

/* --- spans -----------------------------------------------------------------------------
 */

/* Back to the last character at or before stop with which a span can begin. */
static size_t span_start(struct dj_str text, size_t from, size_t stop)
{
    const char *p = text.ptr + stop;

    while (p > text.ptr + from) {
        const char *next = p;

        if ((dj_norm_bits(dj_utf8_next(&next)) & DJ_NORM_JOINS) == 0) {
            break;
        }
        p = dj_utf8_before(text.ptr + from, p);
    }
    return (size_t)(p - text.ptr);
}

/*
 * Behind the character at stop, to one with which a span can begin. It goes on over
 * more characters that need work, up to a length that is worth a round of calls.
 */
static size_t span_end(struct dj_str text, size_t stop, unsigned work)
{
    enum { ENOUGH = 512 };
    const char *p = text.ptr + stop;

    (void)dj_utf8_next(&p);
    while (p < text.ptr + text.len) {
        const size_t len = (size_t)(p - text.ptr) - stop;
        const char *next = p;
        const unsigned bits = dj_norm_bits(dj_utf8_next(&next));

        if ((bits & DJ_NORM_JOINS) == 0 && ((bits & work) == 0 || len > ENOUGH)) {
            break;
        }
        p = next;
    }
    return (size_t)(p - text.ptr);
}

/* Behind the character at start when it has none: then utf8proc must not see it. */
static size_t without_unassigned(struct dj_str text, size_t start)
{
    const char *p = text.ptr + start;
    const unsigned bits = dj_norm_bits(dj_utf8_next(&p));

    return (bits & DJ_NORM_UNASSIGNED) != 0 ? (size_t)(p - text.ptr) : start;
}

/* --- one span
 * --------------------------------------------------------------------------- */

static inline unsigned class_of(int32_t c)
{
    return dj_norm_bits((uint32_t)c) & DJ_NORM_COMBINING;
}

/* Stable; for runs of marks so long that moving them one by one would take too long. */
static enum dj_status sort_long(struct dj_buf *out, size_t offset, size_t count)
{
    size_t place[DJ_NORM_COMBINING + 2] = { 0 };
    const size_t size = count * sizeof(int32_t);
    int32_t *marks;
    int32_t *sorted;

    DJ_TRY(dj_buf_reserve(out, size));
    marks = (int32_t *)(void *)(out->ptr + offset);
    sorted = (int32_t *)(void *)(out->ptr + out->len);
    for (size_t i = 0; i < count; i++) {
        place[class_of(marks[i]) + 1]++;
    }
    for (size_t i = 1; i <= DJ_NORM_COMBINING; i++) {
        place[i] += place[i - 1];
    }
    for (size_t i = 0; i < count; i++) {
        sorted[place[class_of(marks[i])]++] = marks[i];
    }
    memcpy(marks, sorted, size);
    return DJ_OK;
}

static void sort_short(int32_t *marks, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const int32_t mark = marks[i];
        const unsigned order = class_of(mark);
        size_t to = i;

        for (; to > 0 && class_of(marks[to - 1]) > order; to--) {
            marks[to] = marks[to - 1];
        }
        marks[to] = mark;
    }
}

/* Canonical order of the code points that out holds from offset on. */
static enum dj_status sort_marks(struct dj_buf *out, size_t offset)
{
    enum { LONG = 64 };
    const size_t count = (out->len - offset) / sizeof(int32_t);
    size_t at = 0;

    while (at < count) {
        int32_t *points = (int32_t *)(void *)(out->ptr + offset);
        const size_t first = at;

        while (at < count && class_of(points[at]) != 0) {
            at++;
        }
        if (at - first > LONG) {
            DJ_TRY(sort_long(out, offset + first * sizeof(*points), at - first));
        } else {
            sort_short(points + first, at - first);
        }
        at++;
    }
    return DJ_OK;
}

/* Appends the decomposed characters of span, four aligned bytes each. */
static enum dj_status decompose(struct dj_str span, bool compatible, struct dj_buf *out)
{
    enum { MOST = 32 }; /* no character becomes more than 18 */
    const utf8proc_option_t options =
        compatible ? UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT : UTF8PROC_DECOMPOSE;
    const char *p = span.ptr;

    while (p < span.ptr + span.len) {
        int32_t *to;
        utf8proc_ssize_t n;
        int boundary = 0;

        DJ_TRY(dj_buf_reserve(out, MOST * sizeof(*to)));
        to = (int32_t *)(void *)(out->ptr + out->len);
        n = utf8proc_decompose_char((int32_t)dj_utf8_next(&p), to, MOST, options,
                                    &boundary);
        if (n < 0 || n > MOST) {
            return DJ_INTERNAL;
        }
        out->len += (size_t)n * sizeof(*to);
    }
    return DJ_OK;
}

/*
 * Leaves the normalised span in out's room, at offset at; out->len is as before. The
 * code points are put there too, at the next aligned place: written as UTF-8 from the
 * front, they never overtake themselves.
 */
static enum dj_status normalize_span(enum dj_normal_form form, struct dj_str span,
                                     struct dj_buf *out, size_t at, size_t *len)
{
    const size_t offset = (at + sizeof(int32_t) - 1) / sizeof(int32_t) * sizeof(int32_t);
    const size_t before = out->len;
    enum dj_status status;
    const int32_t *points;
    utf8proc_ssize_t count;
    char *to;

    DJ_TRY(dj_buf_reserve(out, offset - out->len));
    out->len = offset;
    status = decompose(span, form == DJ_NFKC || form == DJ_NFKD, out);
    if (status == DJ_OK) {
        status = sort_marks(out, offset);
    }
    count = (utf8proc_ssize_t)((out->len - offset) / sizeof(*points));
    out->len = before;
    if (status != DJ_OK) {
        return status;
    }
    if (form == DJ_NFC || form == DJ_NFKC) {
        count = utf8proc_normalize_utf32((int32_t *)(void *)(out->ptr + offset), count,
                                         UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    }
    if (count < 0) {
        return DJ_INTERNAL;
    }
    points = (const int32_t *)(const void *)(out->ptr + offset);
    to = out->ptr + at;
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        to += dj_utf8_put(to, (uint32_t)points[i]);
    }
    *len = (size_t)(to - (out->ptr + at));
    return DJ_OK;
}

enum dj_status dj_text_normalize(enum dj_normal_form form, struct dj_str text,
                                 struct dj_buf *out, bool *changed)
{
    const struct check check = check_for(form, text);
    const unsigned work = check.forbidden | DJ_NORM_COMBINING |
                          (check.composed ? (unsigned)DJ_NORM_BACKWARD : 0);
    size_t copied = 0;
    size_t at = 0;

    *changed = false;
    while ((at = dj_normal_until(form, text, at)) < text.len) {
        const size_t start = without_unassigned(text, span_start(text, copied, at));
        const size_t end = span_end(text, at, work);
        const struct dj_str prefix = { text.ptr + copied, start - copied };
        const struct dj_str span = { text.ptr + start, end - start };
        size_t len;

        DJ_TRY(normalize_span(form, span, out, out->len + prefix.len, &len));
        at = end;
        if (len == span.len &&
            memcmp(out->ptr + out->len + prefix.len, span.ptr, len) == 0) {
            continue;
        }
        if (prefix.len > 0) {
            memcpy(out->ptr + out->len, prefix.ptr, prefix.len);
        }
        out->len += prefix.len + len;
        copied = end;
        *changed = true;
    }
    return *changed ? dj_buf_append(
                          out, (struct dj_str){ text.ptr + copied, text.len - copied })
                    : DJ_OK;
}

/*
 * Mojibake: UTF-8 that was read as a single-byte encoding. A segment that the badness
 * heuristic finds suspicious is encoded again, in each encoding that has all its
 * characters, and taken if that is UTF-8; else the parts of it that look like UTF-8
 * are repaired one by one; else C1 controls are read as Windows-1252. Repeated until
 * nothing changes, since text can be broken twice.
 */
#include "fix_parts.h"

#include "dj/text.h"

struct dj_fix_level {
    struct dj_buf text[2];       /* the text before and after a step, in turns */
    struct dj_buf bytes[2];      /* the same for the steps on bytes */
    struct dj_fix_level *deeper; /* for parts of this text; NULL until needed */
};

struct dj_fix_level *dj_fix_level_new(void)
{
    struct dj_fix_level *level = dj_xcalloc(1, sizeof(*level));

    for (size_t i = 0; i < 2; i++) {
        dj_buf_init(&level->text[i]);
        dj_buf_init(&level->bytes[i]);
    }
    return level;
}

void dj_fix_level_free(struct dj_fix_level *level)
{
    while (level != NULL) {
        struct dj_fix_level *deeper = level->deeper;

        for (size_t i = 0; i < 2; i++) {
            dj_buf_release(&level->text[i]);
            dj_buf_release(&level->bytes[i]);
        }
        dj_xfree(level);
        level = deeper;
    }
}

/* The encodings, as bits, that have all characters of the text. */
static unsigned encodings_of(struct dj_str text)
{
    const char *p = text.ptr;
    const char *end = text.ptr + text.len;
    unsigned encodings = DJ_FIX_ALL;

    while (p < end && encodings != 0) {
        const uint32_t c = dj_utf8_next(&p);

        if (c >= 0x80) {
            encodings &= dj_fix_legacy_of(c)->encodings;
        } else if (c == 0x1a) {
            encodings &= ~(unsigned)DJ_FIX_WINDOWS;
        }
    }
    return encodings;
}

static enum dj_status encode(struct dj_str text, int encoding, struct dj_buf *out)
{
    const char *p = text.ptr;
    const char *end = text.ptr + text.len;

    dj_buf_reset(out);
    DJ_TRY(dj_buf_reserve(out, text.len));

    char *to = out->ptr;

    while (p < end) {
        const uint32_t c = dj_utf8_next(&p);

        *to++ = (char)(c < 0x80 ? c : dj_fix_legacy_of(c)->bytes[encoding]);
    }
    out->len = (size_t)(to - out->ptr);
    return DJ_OK;
}

/* Runs one step on the current bytes and makes its result the current ones. */
static enum dj_status byte_step(struct dj_fix_level *level, int *current,
                                enum dj_status (*step)(struct dj_str, struct dj_buf *))
{
    struct dj_buf *next = &level->bytes[1 - *current];

    dj_buf_reset(next);
    DJ_TRY(step(dj_buf_str(&level->bytes[*current]), next));
    *current = 1 - *current;
    return DJ_OK;
}

static bool has(const struct dj_buf *bytes, int byte)
{
    return bytes->len != 0 && memchr(bytes->ptr, byte, bytes->len) != NULL;
}

/* Takes the text for UTF-8 that was read as this encoding, if it can be that. */
static enum dj_status recode(struct dj_fix_level *level, struct dj_str text, int encoding,
                             struct dj_buf *out, bool *changed)
{
    const bool windows = (DJ_FIX_WINDOWS >> encoding & 1) != 0;
    int current = 0;

    *changed = false;
    DJ_TRY(encode(text, encoding, &level->bytes[0]));
    /* In MacRoman it would be an en dash before a blank. */
    if (encoding != DJ_FIX_MACROMAN && has(&level->bytes[current], ' ')) {
        DJ_TRY(byte_step(level, &current, dj_fix_restore_a0));
    }
    if (windows &&
        (has(&level->bytes[current], 0x1a) || has(&level->bytes[current], '?'))) {
        DJ_TRY(byte_step(level, &current, dj_fix_replace_lost));
    }
    if (has(&level->bytes[current], 0xed) || has(&level->bytes[current], 0xc0)) {
        DJ_TRY(byte_step(level, &current, dj_fix_plain_utf8));
    }

    const struct dj_str bytes = dj_buf_str(&level->bytes[current]);
    size_t bad;

    if (!dj_utf8_valid(bytes, &bad)) {
        return DJ_OK;
    }
    *changed = true;
    return dj_buf_append(out, bytes);
}

static unsigned roles_of(uint32_t c)
{
    if (c < 0x80) {
        return c == ' ' ? DJ_FIX_CONTINUES : 0; /* it may have been byte A0 */
    }
    return dj_fix_legacy_of(c)->roles;
}

/* Moves *p behind count characters that can continue a sequence, or says no. */
static bool take_continuations(const char **p, const char *end, int count)
{
    const char *next = *p;

    for (int i = 0; i < count; i++) {
        if (next == end || (roles_of(dj_utf8_next(&next)) & DJ_FIX_CONTINUES) == 0) {
            return false;
        }
    }
    *p = next;
    return true;
}

/* Behind the sequences that begin at p and follow each other; p without one. */
static const char *sequences_end(const char *p, const char *end)
{
    while (p < end) {
        const char *next = p;
        const unsigned roles = roles_of(dj_utf8_next(&next));

        if (((roles & DJ_FIX_LEAD2) == 0 || !take_continuations(&next, end, 1)) &&
            ((roles & DJ_FIX_LEAD3) == 0 || !take_continuations(&next, end, 2)) &&
            ((roles & DJ_FIX_LEAD4) == 0 || !take_continuations(&next, end, 3))) {
            break;
        }
        p = next;
    }
    return p;
}

static enum dj_status repair(struct dj_fix_level *level, struct dj_str text,
                             struct dj_buf *out, bool *changed);

static enum dj_status repair_part(struct dj_fix_level *level, struct dj_str part,
                                  struct dj_buf *out)
{
    bool changed;

    if (level->deeper == NULL) {
        level->deeper = dj_fix_level_new();
    }
    DJ_TRY(repair(level->deeper, part, out, &changed));
    return changed ? DJ_OK : dj_buf_append(out, part);
}

/* Repairs the parts that look like UTF-8, each as if it were a text. */
static enum dj_status repair_parts(struct dj_fix_level *level, struct dj_str text,
                                   struct dj_buf *out, bool *changed)
{
    const char *copied = text.ptr;
    const char *p = text.ptr;
    const char *end = text.ptr + text.len;
    bool garbled = false; /* the last character only continues: no start here */

    while (p < end) {
        const char *stop =
            (unsigned char)*p < 0x80 || garbled ? p : sequences_end(p, end);

        if (stop == p) {
            garbled = (roles_of(dj_utf8_next(&p)) & DJ_FIX_CONTINUES_ONLY) != 0;
            continue;
        }
        /* The whole text is what is being repaired already. */
        if ((size_t)(stop - p) < text.len) {
            DJ_TRY(dj_buf_append(out, (struct dj_str){ copied, (size_t)(p - copied) }));
            DJ_TRY(repair_part(level, (struct dj_str){ p, (size_t)(stop - p) }, out));
            copied = stop;
        }
        do { /* to the last character of the match, which counts as before the next */
            garbled = (roles_of(dj_utf8_next(&p)) & DJ_FIX_CONTINUES_ONLY) != 0;
        } while (p < stop);
    }
    DJ_TRY(dj_buf_append(out, (struct dj_str){ copied, (size_t)(end - copied) }));
    *changed = !dj_str_equal(dj_buf_str(out), text);
    return DJ_OK;
}

/*
 * C1 controls as Windows-1252; its unassigned bytes stay. (ftfy first reads a whole
 * Latin-1 text so, which gives the same.)
 */
static enum dj_status repair_c1(struct dj_str text, struct dj_buf *out, bool *changed)
{
    const char *p = text.ptr;
    const char *end = text.ptr + text.len;

    DJ_TRY(dj_buf_reserve(out, text.len + text.len / 2));

    char *to = out->ptr;

    while (p < end) {
        const uint32_t c = dj_utf8_next(&p);

        to += dj_utf8_put(to, c >= 0x80 && c < 0xa0 ? dj_fix_c1[c - 0x80] : c);
    }
    out->len = (size_t)(to - out->ptr);
    *changed = !dj_str_equal(dj_buf_str(out), text);
    return DJ_OK;
}

/* One step for a suspicious text; out is empty. */
static enum dj_status repair_step(struct dj_fix_level *level, struct dj_str text,
                                  struct dj_buf *out, bool *changed)
{
    const unsigned encodings = encodings_of(text);

    for (int encoding = 0; encoding < DJ_FIX_ENCODINGS; encoding++) {
        if ((encodings >> encoding & 1) != 0) {
            DJ_TRY(recode(level, text, encoding, out, changed));
            if (*changed) {
                return DJ_OK;
            }
        }
    }
    DJ_TRY(repair_parts(level, text, out, changed));
    if (*changed) {
        return DJ_OK;
    }
    dj_buf_reset(out);
    return repair_c1(text, out, changed);
}

static enum dj_status repair(struct dj_fix_level *level, struct dj_str text,
                             struct dj_buf *out, bool *changed)
{
    struct dj_str now = text;
    int next = 0;

    while ((dj_fix_scan(now, 0) & DJ_FIX_MOJIBAKE) != 0) {
        struct dj_buf *after = &level->text[next];
        bool stepped;

        dj_buf_reset(after);
        DJ_TRY(repair_step(level, now, after, &stepped));
        if (!stepped || dj_str_equal(now, dj_buf_str(after))) {
            break;
        }
        now = dj_buf_str(after);
        next = 1 - next;
    }
    *changed = !dj_str_equal(now, text);
    return *changed ? dj_buf_append(out, now) : DJ_OK;
}

enum dj_status dj_fix_mojibake(struct dj_fix_level *level, struct dj_str segment,
                               struct dj_buf *out, bool *changed)
{
    return repair(level, segment, out, changed);
}

/*
 * Cuts a text into segments, finds those that need something and runs the steps on
 * them until nothing changes. Text without an odd byte is never looked at twice.
 */
#include "dj/fix_unicode.h"

#include "fix_parts.h"

enum { LONGEST_SEGMENT = 1000000 }; /* characters */

struct dj_fixer {
    enum dj_normal_form form;
    unsigned normal_flag; /* DJ_FIX_NF.. of the form */
    struct dj_buf work[3];
    struct dj_fix_level *mojibake;
};

struct dj_fixer *dj_fixer_new(enum dj_normal_form form)
{
    static const unsigned flags[] = {
        [DJ_NFC] = DJ_FIX_NFC,
        [DJ_NFD] = DJ_FIX_NFD,
        [DJ_NFKC] = DJ_FIX_NFKC,
        [DJ_NFKD] = DJ_FIX_NFKD,
    };
    struct dj_fixer *fixer = dj_xcalloc(1, sizeof(*fixer));

    fixer->form = form;
    fixer->normal_flag = flags[form];
    for (size_t i = 0; i < 3; i++) {
        dj_buf_init(&fixer->work[i]);
    }
    fixer->mojibake = dj_fix_level_new();
    return fixer;
}

void dj_fixer_free(struct dj_fixer *fixer)
{
    if (fixer == NULL) {
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        dj_buf_release(&fixer->work[i]);
    }
    dj_fix_level_free(fixer->mojibake);
    dj_xfree(fixer);
}

/* A segment on its way through the steps. */
struct passage {
    struct dj_fixer *fixer;
    struct dj_str before; /* at the start of this pass */
    struct dj_str now;
    unsigned wanted; /* flags of steps that are in use here */
    unsigned needs;  /* of these, the ones that `now` has */
};

static void look(struct passage *at, size_t from)
{
    at->needs = dj_fix_scan(at->now, from) & at->wanted;
}

/* Runs one step if the text needs it, into a buffer that holds neither text. */
static enum dj_status step(struct passage *at, unsigned flag)
{
    struct dj_fixer *fixer = at->fixer;
    struct dj_buf *out = fixer->work;
    bool changed = false;

    if ((at->needs & flag) == 0) {
        return DJ_OK;
    }
    while (out->ptr != NULL && (out->ptr == at->before.ptr || out->ptr == at->now.ptr)) {
        out++;
    }
    dj_buf_reset(out);
    if (flag == DJ_FIX_ENTITY) {
        DJ_TRY(dj_fix_unescape(at->now, out, &changed));
    } else if (flag == DJ_FIX_MOJIBAKE) {
        DJ_TRY(dj_fix_mojibake(fixer->mojibake, at->now, out, &changed));
    } else if (flag == DJ_FIX_MAP) {
        DJ_TRY(dj_fix_map(at->now, out, &changed));
    } else {
        DJ_TRY(dj_text_normalize(fixer->form, at->now, out, &changed));
    }
    if (changed) {
        at->now = dj_buf_str(out);
        look(at, 0);
    }
    return DJ_OK;
}

/*
 * Repeats all steps until one pass changes nothing. A pass that only changes things
 * back and forth ends it too, so passes are compared, not steps.
 */
static enum dj_status run(struct passage *at)
{
    do {
        at->before = at->now;
        DJ_TRY(step(at, DJ_FIX_ENTITY));
        DJ_TRY(step(at, DJ_FIX_MOJIBAKE));
        DJ_TRY(step(at, DJ_FIX_MAP));
        DJ_TRY(step(at, at->fixer->normal_flag));
    } while (at->needs != 0 && !dj_str_equal(at->now, at->before));
    return DJ_OK;
}

/*
 * The segment of [from, end) that holds p: a line with its line feed, or the part of
 * it between two multiples of a million characters. All before p is plain; from is
 * the start of a segment.
 */
static struct dj_str segment_of(const char *from, const char *p, const char *end)
{
    const char *start = memrchr(from, '\n', (size_t)(p - from));

    start = start == NULL ? from : start + 1;
    for (;;) {
        const size_t most = (size_t)(end - start) < 4 * (size_t)LONGEST_SEGMENT
                                ? (size_t)(end - start)
                                : 4 * (size_t)LONGEST_SEGMENT;
        const char *stop = memchr(start, '\n', most);
        struct dj_str segment = { start,
                                  stop == NULL ? most : (size_t)(stop + 1 - start) };

        if (segment.len > LONGEST_SEGMENT) {
            segment.len = dj_utf8_offset(segment, LONGEST_SEGMENT);
        }
        if (p < segment.ptr + segment.len) {
            return segment;
        }
        start += segment.len;
    }
}

/* Whether lines up to here may have entities: not from the first "<" on. */
struct markup {
    const char *searched; /* no "<" before */
    bool seen;
};

static bool saw_markup(struct markup *markup, const char *end)
{
    if (!markup->seen) {
        markup->seen =
            memchr(markup->searched, '<', (size_t)(end - markup->searched)) != NULL;
        markup->searched = end;
    }
    return markup->seen;
}

enum dj_status dj_fixer_fix(struct dj_fixer *fixer, struct dj_str text,
                            struct dj_buf *out, bool *changed)
{
    *changed = false;
    if (text.len == 0) {
        return DJ_OK;
    }

    const char *end = text.ptr + text.len;
    const char *copied = text.ptr;
    const char *p = text.ptr;
    struct markup markup = { .searched = text.ptr };

    while (p < end) {
        const char *odd = dj_fix_plain_end(p, end);

        if (odd == end) {
            break;
        }

        const struct dj_str segment = segment_of(p, odd, end);
        struct passage at = {
            .fixer = fixer,
            .now = segment,
            .wanted = DJ_FIX_ENTITY | DJ_FIX_MOJIBAKE | DJ_FIX_MAP | fixer->normal_flag,
        };

        p = segment.ptr + segment.len;
        look(&at, (size_t)(odd - segment.ptr));
        if (at.needs == 0) {
            continue;
        }
        if (saw_markup(&markup, p)) {
            at.wanted &= ~(unsigned)DJ_FIX_ENTITY;
            at.needs &= at.wanted;
        }
        DJ_TRY(run(&at));
        if (!dj_str_equal(at.now, segment)) {
            const size_t before = (size_t)(segment.ptr - copied);

            DJ_TRY(dj_buf_append(out, (struct dj_str){ copied, before }));
            DJ_TRY(dj_buf_append(out, at.now));
            copied = p;
            *changed = true;
        }
    }
    if (!*changed) {
        return DJ_OK;
    }
    return dj_buf_append(out, (struct dj_str){ copied, (size_t)(end - copied) });
}

/* Which words of a text are kept, and what then goes from between them. */
#include "dj/cuts.h"

#include "text/separators.h"
#include "text/text_private.h"

struct walk {
    struct dj_cuts *cuts;
    struct dj_str text;
    dj_keep_fn *keep;
    void *context;
    size_t kept_to; /* end of the last kept word; 0 before the first */
};

/* The strongest separator between two words goes on to separate them. */
static enum dj_status join(struct walk *walk, size_t start)
{
    const char *gap = walk->text.ptr + walk->kept_to;
    const size_t len = start - walk->kept_to;
    const char *stays = memchr(gap, '\n', len);
    size_t place;

    if (stays == NULL) {
        stays = memchr(gap, '\t', len);
    }
    place = stays == NULL ? walk->kept_to : (size_t)(stays - walk->text.ptr);
    DJ_TRY(dj_cuts_add(walk->cuts, walk->kept_to, place));
    return dj_cuts_add(walk->cuts, place + 1, start);
}

static inline enum dj_status word(struct walk *walk, size_t start, size_t end)
{
    const struct dj_str here = { walk->text.ptr + start, end - start };

    if (!walk->keep(walk->context, here)) {
        return DJ_OK;
    }
    if (walk->kept_to == 0) {
        DJ_TRY(dj_cuts_add(walk->cuts, 0, start));
    } else if (start != walk->kept_to + 1) {
        DJ_TRY(join(walk, start));
    }
    walk->kept_to = end;
    return DJ_OK;
}

static enum dj_status walk_plain(struct walk *walk)
{
    const struct dj_str text = walk->text;
    size_t pos = 0;

    while (pos < text.len) {
        size_t start;

        while (pos < text.len && dj_separates(text.ptr[pos])) {
            pos++;
        }
        start = pos;
        while (pos < text.len && !dj_separates(text.ptr[pos])) {
            pos++;
        }
        if (pos > start) {
            DJ_TRY(word(walk, start, pos));
        }
    }
    return DJ_OK;
}

#if defined(DJ_SIMD_AVX2)

DJ_AVX2 static enum dj_status walk_avx2(struct walk *walk)
{
    const struct dj_str text = walk->text;
    uint64_t before = 1; /* does a separator stand before the block? */
    bool inside = false;
    size_t start = 0;

    /* One block more than there is: it ends the last word. */
    for (size_t base = 0; base <= text.len; base += 64) {
        const uint64_t found = text.len - base >= 64
                                   ? dj_separators64(text.ptr + base)
                                   : dj_last_separators(text.ptr + base, text.len - base);

        for (uint64_t edges = found ^ (found << 1 | before); edges != 0;
             edges &= edges - 1) {
            const size_t place = base + (size_t)__builtin_ctzll(edges);

            if (inside) {
                DJ_TRY(word(walk, start, place));
            }
            inside = !inside;
            start = place;
        }
        before = found >> 63;
    }
    return DJ_OK;
}

#endif

static enum dj_status finish(struct walk *walk)
{
    return dj_cuts_add(walk->cuts, walk->kept_to, walk->text.len);
}

enum dj_status dj_cuts_keep_words_plain(struct dj_cuts *cuts, struct dj_str text,
                                        dj_keep_fn *keep, void *context)
{
    struct walk walk = { cuts, text, keep, context, 0 };

    DJ_TRY(walk_plain(&walk));
    return finish(&walk);
}

enum dj_status dj_cuts_keep_words(struct dj_cuts *cuts, struct dj_str text,
                                  dj_keep_fn *keep, void *context)
{
#if defined(DJ_SIMD_AVX2)
    if (text.len >= 32 && dj_simd_avx2()) {
        struct walk walk = { cuts, text, keep, context, 0 };

        DJ_TRY(walk_avx2(&walk));
        return finish(&walk);
    }
#endif
    return dj_cuts_keep_words_plain(cuts, text, keep, context);
}

/* Parts of a text that go: noted one by one, taken out in one pass. */
#include "dj/cuts.h"

#include <assert.h>

struct part {
    size_t start;
    size_t end;
};

struct dj_cuts {
    struct dj_buf parts; /* of struct part */
    size_t bytes;
};

struct dj_cuts *dj_cuts_new(void)
{
    struct dj_cuts *cuts = dj_xmalloc(sizeof(*cuts));

    dj_buf_init(&cuts->parts);
    return cuts;
}

void dj_cuts_free(struct dj_cuts *cuts)
{
    if (cuts != NULL) {
        dj_buf_release(&cuts->parts);
        dj_xfree(cuts);
    }
}

void dj_cuts_reset(struct dj_cuts *cuts)
{
    dj_buf_reset(&cuts->parts);
    cuts->bytes = 0;
}

static struct part *parts_of(const struct dj_cuts *cuts, size_t *count)
{
    *count = cuts->parts.len / sizeof(struct part);
    return (struct part *)(void *)cuts->parts.ptr;
}

enum dj_status dj_cuts_add(struct dj_cuts *cuts, size_t start, size_t end)
{
    const struct part part = { start, end };
    size_t count;
    struct part *parts = parts_of(cuts, &count);

    assert(start <= end);
    assert(count == 0 || parts[count - 1].end <= start);
    if (start == end) {
        return DJ_OK;
    }
    cuts->bytes += end - start;
    if (count > 0 && parts[count - 1].end == start) {
        parts[count - 1].end = end;
        return DJ_OK;
    }
    return dj_buf_append(&cuts->parts,
                         (struct dj_str){ (const char *)&part, sizeof(part) });
}

size_t dj_cuts_bytes(const struct dj_cuts *cuts)
{
    return cuts->bytes;
}

size_t dj_cuts_apply(const struct dj_cuts *cuts, struct dj_str text, char *out)
{
    size_t count;
    const struct part *parts = parts_of(cuts, &count);
    size_t from = 0;
    char *to = out;

    for (size_t i = 0; i <= count; i++) {
        const size_t end = i < count ? parts[i].start : text.len;

        /* Nothing moves before the first part of a text that is edited in place. */
        if (end > from && to != text.ptr + from) {
            memmove(to, text.ptr + from, end - from);
        }
        to += end - from;
        from = i < count ? parts[i].end : text.len;
    }
    return (size_t)(to - out);
}

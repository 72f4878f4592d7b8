/* Sorted runs read as one, and runs merged into fewer when there are too many. */
#include "exchange/exchange_private.h"

enum { WIDTH_MIN = 4 };

/* One run on its way: a frame of it in memory, or all of it. */
struct cursor {
    const struct dj_note *at, *end;
    struct dj_buf frame;
    size_t next, last; /* frames to be read yet; none: the run is in memory */
};

struct dj_merge {
    struct dj_spill *spill;
    struct cursor *cursors;
    size_t count;
    size_t *heap; /* cursors that are not at their end, the lowest record's on top */
    size_t nheap;
    bool begun;
};

struct dj_merge *dj_merge_new(struct dj_spill *spill, const struct dj_run *runs,
                              size_t count, const struct dj_buf *memory)
{
    struct dj_merge *merge = dj_xmalloc(sizeof(*merge));
    struct cursor *cursor;

    merge->spill = spill;
    merge->cursors = dj_xcalloc(count + 1, sizeof(*merge->cursors));
    merge->heap = dj_xcalloc(count + 1, sizeof(*merge->heap));
    merge->count = count + 1;
    cursor = &merge->cursors[count];
    for (size_t i = 0; i < count; i++) {
        merge->cursors[i] = (struct cursor){ .next = runs[i].first, .last = runs[i].end };
    }
    if (memory != NULL) {
        cursor->at = dj_notes_of(memory);
        cursor->end = cursor->at + dj_notes_count(memory);
    }
    return merge;
}

void dj_merge_free(struct dj_merge *merge)
{
    if (merge == NULL) {
        return;
    }
    for (size_t i = 0; i < merge->count; i++) {
        dj_buf_release(&merge->cursors[i].frame);
    }
    dj_xfree(merge->cursors);
    dj_xfree(merge->heap);
    dj_xfree(merge);
}

size_t dj_merge_memory(const struct dj_spill *spill, size_t count)
{
    return count * (spill->frame_records * sizeof(struct dj_note) + DJ_PADDING +
                    sizeof(struct cursor) + sizeof(size_t));
}

/* at == end afterwards: the run has ended. */
static enum dj_status fill(struct dj_merge *merge, struct cursor *cursor,
                           struct dj_error *err)
{
    const size_t bytes = merge->spill->frame_records * sizeof(struct dj_note);
    size_t count;

    if (cursor->at < cursor->end || cursor->next == cursor->last) {
        return DJ_OK;
    }
    if (dj_buf_reserve(&cursor->frame, bytes) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "no memory to merge %zu runs of records",
                       merge->count);
    }
    cursor->at = dj_notes_of(&cursor->frame);
    DJ_TRY(dj_spill_read(merge->spill, cursor->next, dj_notes_of(&cursor->frame), &count,
                         err));
    cursor->next++;
    cursor->end = cursor->at + count;
    return DJ_OK;
}

static bool before(const struct dj_merge *merge, size_t a, size_t b)
{
    return dj_note_before(merge->cursors[merge->heap[a]].at,
                          merge->cursors[merge->heap[b]].at);
}

static void sift_down(struct dj_merge *merge, size_t at)
{
    for (;;) {
        const size_t left = 2 * at + 1;
        const size_t moved = merge->heap[at];
        size_t least = left;

        if (left >= merge->nheap) {
            return;
        }
        if (left + 1 < merge->nheap && before(merge, left + 1, left)) {
            least = left + 1;
        }
        if (!before(merge, least, at)) {
            return;
        }
        merge->heap[at] = merge->heap[least];
        merge->heap[least] = moved;
        at = least;
    }
}

static enum dj_status begin(struct dj_merge *merge, struct dj_error *err)
{
    for (size_t i = 0; i < merge->count; i++) {
        DJ_TRY(fill(merge, &merge->cursors[i], err));
        if (merge->cursors[i].at < merge->cursors[i].end) {
            merge->heap[merge->nheap++] = i;
        }
    }
    for (size_t i = merge->nheap; i-- > 0;) {
        sift_down(merge, i);
    }
    merge->begun = true;
    return DJ_OK;
}

/* Leaves the record that was given out last. */
static enum dj_status step(struct dj_merge *merge, struct dj_error *err)
{
    struct cursor *top = &merge->cursors[merge->heap[0]];

    top->at++;
    DJ_TRY(fill(merge, top, err));
    if (top->at == top->end) {
        merge->heap[0] = merge->heap[--merge->nheap];
    }
    sift_down(merge, 0);
    return DJ_OK;
}

enum dj_status dj_merge_next(struct dj_merge *merge, const struct dj_note **record,
                             struct dj_error *err)
{
    if (!merge->begun) {
        DJ_TRY(begin(merge, err));
    } else if (merge->nheap > 0) {
        DJ_TRY(step(merge, err));
    }
    *record = merge->nheap == 0 ? NULL : merge->cursors[merge->heap[0]].at;
    return DJ_OK;
}

/* --- fewer runs
 * -------------------------------------------------------------------------
 */

/* Merges runs into one run of another file; block: room for a frame. */
static enum dj_status merge_into(struct dj_merge *merge, struct dj_spill *to,
                                 struct dj_note *block, struct dj_run *run,
                                 struct dj_error *err)
{
    const struct dj_note *record;
    size_t count = 0;

    run->first = to->count;
    for (;;) {
        DJ_TRY(dj_merge_next(merge, &record, err));
        if (record == NULL) {
            break;
        }
        block[count++] = *record;
        if (count == to->frame_records) {
            DJ_TRY(dj_spill_write(to, block, count, err));
            count = 0;
        }
    }
    if (count > 0) {
        DJ_TRY(dj_spill_write(to, block, count, err));
    }
    run->end = to->count;
    return DJ_OK;
}

/* All runs, `width` at a time, into a new file. */
static enum dj_status pass(struct dj_exchange *exchange, size_t width,
                           struct dj_error *err)
{
    struct dj_note *block = dj_xcalloc(exchange->frame_records, sizeof(*block));
    enum dj_status status = DJ_OK;
    struct dj_spill to;
    size_t made = 0;

    dj_spill_init(&to, exchange);
    for (size_t i = 0; i < exchange->nruns && status == DJ_OK; i += width) {
        const size_t left = exchange->nruns - i;
        struct dj_merge *merge = dj_merge_new(&exchange->sorted, exchange->runs + i,
                                              left < width ? left : width, NULL);

        dj_exchange_weigh(exchange,
                          dj_merge_memory(&to, width + 1) + dj_spill_memory(&to));
        status = merge_into(merge, &to, block, &exchange->runs[made++], err);
        dj_merge_free(merge);
    }
    dj_xfree(block);
    exchange->cost.spilled += to.end;
    if (status != DJ_OK) {
        dj_spill_release(&to);
        return status;
    }
    dj_spill_release(&exchange->sorted);
    exchange->sorted = to;
    exchange->nruns = made;
    return DJ_OK;
}

/* How many runs can be read at once in what memory is left. */
static size_t find_width(const struct dj_exchange *exchange)
{
    const size_t one = dj_merge_memory(&exchange->sorted, 1);
    const size_t used = exchange->got.cap + 2 * dj_spill_memory(&exchange->sorted) +
                        dj_packer_most(exchange->frame_records) + one;

    return used + WIDTH_MIN * one > exchange->memory ? WIDTH_MIN
                                                     : (exchange->memory - used) / one;
}

enum dj_status dj_exchange_few_runs(struct dj_exchange *exchange, struct dj_error *err)
{
    if (exchange->nruns <= find_width(exchange)) {
        return DJ_OK;
    }
    if (exchange->got.len > 0) {
        DJ_TRY(dj_exchange_spill(exchange, &exchange->sorted, &exchange->got, err));
    }
    dj_buf_release(&exchange->got);
    while (exchange->nruns > find_width(exchange)) {
        DJ_TRY(pass(exchange, find_width(exchange), err));
    }
    return DJ_OK;
}

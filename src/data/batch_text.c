/* Texts of a batch: reading, replacing, and the views that are derived from them. */
#include "data/batch_private.h"

static struct text_slot *slot_at(const struct dj_batch *batch, size_t row)
{
    return &batch->texts[row * batch->layout->ntexts + batch->text];
}

struct dj_str dj_batch_text(const struct dj_batch *batch, size_t row)
{
    static const char nothing[DJ_PADDING];
    const struct text_slot *slot = slot_at(batch, row);

    return slot->present ? slot->text : (struct dj_str){ nothing, 0 };
}

bool dj_batch_has_text(const struct dj_batch *batch, size_t row)
{
    return batch->text < batch->layout->ntexts && slot_at(batch, row)->present;
}

static void forget(struct view *view)
{
    view->has_words[0] = false;
    view->has_words[1] = false;
}

/* text is in the batch. */
static void replace(struct dj_batch *batch, size_t row, struct dj_str text)
{
    struct text_slot *slot = slot_at(batch, row);

    dj_batch_save(batch, &(struct undo){ .what = UNDO_TEXT,
                                         .index = (size_t)(slot - batch->texts),
                                         .old.text = *slot });
    slot->text = text;
    slot->present = true;
    slot->changed = true;
    slot->untold = true;
    slot->counted = false;
    if (row < batch->nviews) {
        forget(&batch->views[slot - batch->texts]);
    }
}

static bool is_text(const struct dj_batch *batch, size_t row, struct dj_str text)
{
    return slot_at(batch, row)->present && dj_str_equal(slot_at(batch, row)->text, text);
}

enum dj_status dj_batch_set_text(struct dj_batch *batch, size_t row, struct dj_str text)
{
    struct dj_str copy;

    if (is_text(batch, row, text)) {
        return DJ_OK;
    }
    copy = dj_arena_copy(batch->text_arena, text);
    if (copy.ptr == NULL) {
        return DJ_NOMEM;
    }
    replace(batch, row, copy);
    return DJ_OK;
}

char *dj_batch_room(struct dj_batch *batch, size_t cap)
{
    if (cap > SIZE_MAX - DJ_PADDING) {
        return NULL;
    }
    return dj_arena_alloc(batch->text_arena, cap + DJ_PADDING);
}

enum dj_status dj_batch_take(struct dj_batch *batch, size_t row, char *room, size_t len)
{
    const struct dj_str text = { room, len };
    const bool same = is_text(batch, row, text);

    (void)dj_arena_resize_last(batch->text_arena, room, same ? 0 : len);
    if (!same) {
        replace(batch, row, text);
    }
    return DJ_OK;
}

enum dj_status dj_text_read(const struct dj_batch *batch, size_t row,
                            const struct text_slot *slot, struct dj_str *text)
{
    static const char nothing[DJ_PADDING];
    const char *line = batch->rows[row].line.ptr;
    const size_t len = slot->end - slot->begin;
    char *copy, *out;

    *text = slot->read;
    if (slot->read.ptr != NULL) {
        return DJ_OK;
    }
    if (slot->begin == 0 || line[slot->begin] != '"') {
        *text = (struct dj_str){ nothing, 0 };
        return DJ_OK;
    }
    copy = dj_arena_alloc(batch->scratch, len + DJ_PADDING);
    if (copy == NULL) {
        return DJ_NOMEM;
    }
    out = copy;
    (void)batch->strings->decode(line + slot->begin + 1, line + slot->end, &out);
    *text = (struct dj_str){ copy, (size_t)(out - copy) };
    return DJ_OK;
}

/* --- views ------------------------------------------------------------------------ */

void dj_batch_forget_views(struct dj_batch *batch)
{
    batch->nviews = 0;
}

void dj_batch_forget_row(struct dj_batch *batch, size_t row)
{
    const size_t ntexts = batch->layout->ntexts;

    for (size_t i = 0; i < ntexts && row < batch->nviews; i++) {
        forget(&batch->views[row * ntexts + i]);
    }
}

static struct view *view_at(struct dj_batch *batch, size_t row)
{
    const size_t ntexts = batch->layout->ntexts;

    if (row >= batch->nviews) {
        if (batch->nrows > batch->view_cap) {
            batch->view_cap = batch->row_cap;
            batch->views = dj_xrealloc(
                batch->views,
                dj_size_mul(dj_size_mul(batch->view_cap, ntexts), sizeof(*batch->views)));
        }
        memset(batch->views + batch->nviews * ntexts, 0,
               (batch->nrows - batch->nviews) * ntexts * sizeof(*batch->views));
        batch->nviews = batch->nrows;
    }
    return &batch->views[row * ntexts + batch->text];
}

const struct dj_text_counts *dj_batch_counts(struct dj_batch *batch, size_t row)
{
    struct text_slot *slot = slot_at(batch, row);

    if (!slot->counted) {
        dj_text_count(dj_batch_text(batch, row), &slot->counts);
        slot->counted = true;
    }
    return &slot->counts;
}

enum dj_status dj_batch_words(struct dj_batch *batch, size_t row, bool lower,
                              const struct dj_words **words)
{
    struct view *view = view_at(batch, row);

    if (!view->has_words[lower]) {
        DJ_TRY(dj_text_words(dj_batch_text(batch, row), lower, batch->text_arena,
                             &view->words[lower]));
        view->has_words[lower] = true;
    }
    *words = &view->words[lower];
    return DJ_OK;
}

/*
 * Memory of a batch while it lives: texts that have been replaced are given back now
 * and then, and nearly all that is not needed when the batch is put aside.
 */
#include "data/batch_private.h"

/* The least block of a batch that was put aside, for the operators that come later. */
enum { SMALL_BLOCK = 64 << 10 };

/* The text is in the batch's memory, not in the line. */
static bool is_copy(const struct dj_batch *batch, size_t row, struct dj_str text)
{
    const struct dj_str line = batch->rows[row].line;
    const uintptr_t place = (uintptr_t)text.ptr;

    return text.ptr != NULL &&
           (place < (uintptr_t)line.ptr || place >= (uintptr_t)line.ptr + line.len);
}

static size_t live_bytes(const struct dj_batch *batch)
{
    const size_t ntexts = batch->layout->ntexts;
    size_t sum = 0;

    for (size_t i = 0; i < batch->nrows * ntexts; i++) {
        const struct dj_str text = batch->texts[i].text;

        sum += is_copy(batch, i / ntexts, text) ? text.len : 0;
    }
    for (size_t i = 0; i < batch->nrows; i++) {
        sum += dj_is_replaced(&batch->rows[i]) ? batch->rows[i].line.len + DJ_PADDING : 0;
    }
    return sum;
}

/* Moves a line that has replaced another, with the texts that are in it. */
static void move_line(struct dj_batch *batch, size_t index, char *to)
{
    const size_t ntexts = batch->layout->ntexts;
    struct row *row = &batch->rows[index];
    const ptrdiff_t away = to - row->line.ptr;

    memcpy(to, row->line.ptr, row->line.len);
    for (size_t i = index * ntexts; i < (index + 1) * ntexts; i++) {
        struct text_slot *slot = &batch->texts[i];

        if (slot->text.ptr != NULL && !is_copy(batch, index, slot->text)) {
            slot->text.ptr += away;
        }
        if (slot->read.ptr != NULL && !is_copy(batch, index, slot->read)) {
            slot->read.ptr += away;
        }
    }
    row->line.ptr = to;
}

/*
 * Moves texts and lines to live bytes there; false: there is no memory, all stays. A text
 * that was read and replaced since is in the line too, so it is not kept.
 */
static bool move_texts(struct dj_batch *batch, size_t live, struct dj_arena *there)
{
    const size_t ntexts = batch->layout->ntexts;
    char *to = dj_arena_alloc(there, live);

    if (to == NULL) {
        return false;
    }
    for (size_t i = 0; i < batch->nrows * ntexts; i++) {
        struct text_slot *slot = &batch->texts[i];
        const bool as_read = slot->text.ptr == slot->read.ptr;

        if (is_copy(batch, i / ntexts, slot->text)) {
            memcpy(to, slot->text.ptr, slot->text.len);
            slot->text.ptr = to;
            to += slot->text.len;
        }
        if (as_read) {
            slot->read = slot->text;
        } else if (is_copy(batch, i / ntexts, slot->read)) {
            slot->read = (struct dj_str){ NULL, 0 };
        }
    }
    for (size_t i = 0; i < batch->nrows; i++) {
        if (dj_is_replaced(&batch->rows[i])) {
            move_line(batch, i, to);
            to += batch->rows[i].line.len + DJ_PADDING;
        }
    }
    dj_batch_forget_views(batch);
    return true;
}

void dj_batch_trim(struct dj_batch *batch)
{
    const size_t live = live_bytes(batch);
    struct dj_arena *old = batch->text_arena;

    batch->compact_at = 2 * live + DJ_COMPACT_LEAST;
    if (dj_arena_used(old) <= batch->compact_at ||
        !move_texts(batch, live, batch->spare)) {
        return;
    }
    dj_arena_reset(old);
    batch->text_arena = batch->spare;
    batch->spare = old;
}

/* Nobody asks for the texts of rows that are no longer live. */
static void forget_dead_texts(struct dj_batch *batch)
{
    const size_t ntexts = batch->layout->ntexts;

    for (size_t i = 0; i < batch->nrows * ntexts; i++) {
        const struct row *row = &batch->rows[i / ntexts];

        if (row->verdict.state != DJ_ROW_LIVE) {
            batch->texts[i].text = (struct dj_str){ row->read.ptr, 0 };
            batch->texts[i].read = (struct dj_str){ NULL, 0 };
            batch->texts[i].changed = false;
            batch->texts[i].counted = false;
            batch->texts[i].untold = false;
        }
    }
    for (size_t i = 0; i < batch->nrows; i++) {
        struct row *row = &batch->rows[i];

        if (row->verdict.state != DJ_ROW_LIVE && dj_is_replaced(row)) {
            row->line = row->read;
            row->tail = 0; /* nobody knows its fields any more */
            row->nown = 0;
        }
    }
}

/* --- batches that share their memory ------------------------------------------------ */

struct dj_batch_work {
    struct dj_arena *texts, *spare;
    struct view *views; /* tables that are as large as the largest batch so far */
    size_t view_cap;
    struct undo *undos;
    size_t undo_cap;
};

struct dj_batch_work *dj_batch_work_new(void)
{
    struct dj_batch_work *work = dj_xmalloc(sizeof(*work));

    work->texts = dj_arena_new(DJ_TEXT_BLOCK);
    work->spare = dj_arena_new(DJ_TEXT_BLOCK);
    return work;
}

void dj_batch_work_free(struct dj_batch_work *work)
{
    if (work != NULL) {
        dj_arena_free(work->texts);
        dj_arena_free(work->spare);
        dj_xfree(work->views);
        dj_xfree(work->undos);
        dj_xfree(work);
    }
}

void dj_batch_wake(struct dj_batch *batch, struct dj_batch_work *work)
{
    if (batch->kept == NULL) {
        batch->kept = dj_arena_new(SMALL_BLOCK);
    }
    if (batch->work == NULL) {
        dj_arena_free(batch->text_arena);
        dj_arena_free(batch->spare);
    }
    dj_arena_reset(work->texts);
    dj_arena_reset(work->spare);
    batch->work = work;
    batch->text_arena = work->texts;
    batch->spare = work->spare;
    batch->compact_at = DJ_COMPACT_LEAST;
    dj_batch_forget_views(batch);
    dj_xfree(batch->views);
    dj_xfree(batch->undos);
    batch->views = work->views;
    batch->view_cap = work->view_cap;
    batch->undos = work->undos;
    batch->undo_cap = work->undo_cap;
    work->views = NULL;
    work->undos = NULL;
    work->view_cap = work->undo_cap = 0;
}

static void *shrunk(void *ptr, size_t count, size_t size)
{
    return count == 0 || size == 0 ? ptr : dj_xrealloc(ptr, dj_size_mul(count, size));
}

/* What is rebuilt when it is needed goes back; so does the room for more rows. */
static void shrink_tables(struct dj_batch *batch)
{
    const struct dj_batch_layout *layout = batch->layout;

    batch->work->views = batch->views;
    batch->work->view_cap = batch->view_cap;
    batch->work->undos = batch->undos;
    batch->work->undo_cap = batch->undo_cap;
    batch->views = NULL;
    batch->undos = NULL;
    batch->view_cap = batch->undo_cap = 0;
    if (batch->nrows > 0 && batch->row_cap > batch->nrows) {
        batch->row_cap = batch->nrows;
        batch->rows = shrunk(batch->rows, batch->nrows, sizeof(*batch->rows));
        batch->texts =
            shrunk(batch->texts, batch->nrows * layout->ntexts, sizeof(*batch->texts));
        batch->stats =
            shrunk(batch->stats, batch->nrows * layout->nstats, sizeof(*batch->stats));
    }
}

static bool is_lent(const struct dj_batch *batch, struct dj_str text)
{
    return text.ptr != NULL && (dj_arena_has(batch->text_arena, text.ptr) ||
                                dj_arena_has(batch->spare, text.ptr));
}

static bool line_is_lent(const struct dj_batch *batch, size_t row)
{
    return dj_is_replaced(&batch->rows[row]) && is_lent(batch, batch->rows[row].line);
}

static size_t lent_bytes(const struct dj_batch *batch)
{
    const size_t ntexts = batch->layout->ntexts;
    size_t sum = 0;

    for (size_t i = 0; i < batch->nrows * ntexts; i++) {
        const struct dj_str text = batch->texts[i].text;

        sum += is_lent(batch, text) && is_copy(batch, i / ntexts, text) ? text.len : 0;
    }
    for (size_t i = 0; i < batch->nrows; i++) {
        sum += line_is_lent(batch, i) ? batch->rows[i].line.len + DJ_PADDING : 0;
    }
    return sum;
}

/* Lines and texts that were made since the batch woke go to its own memory. */
static void keep_texts(struct dj_batch *batch, char *to)
{
    for (size_t i = 0; i < batch->nrows; i++) {
        if (line_is_lent(batch, i)) {
            move_line(batch, i, to);
            to += batch->rows[i].line.len + DJ_PADDING;
        }
    }
    for (size_t i = 0; i < batch->nrows * batch->layout->ntexts; i++) {
        struct text_slot *slot = &batch->texts[i];
        const bool as_read = slot->text.ptr == slot->read.ptr;

        if (is_lent(batch, slot->text)) {
            memcpy(to, slot->text.ptr, slot->text.len);
            slot->text.ptr = to;
            to += slot->text.len;
        }
        if (as_read) {
            slot->read = slot->text;
        } else if (is_lent(batch, slot->read)) {
            slot->read = (struct dj_str){ NULL, 0 };
        }
    }
}

/* The batch's own memory is mostly texts that have been replaced: it begins anew. */
static enum dj_status renew(struct dj_batch *batch)
{
    const size_t live = live_bytes(batch);
    struct dj_arena *fresh;

    if (dj_arena_used(batch->kept) <= 2 * live + SMALL_BLOCK) {
        return DJ_OK;
    }
    fresh = dj_arena_new(SMALL_BLOCK);
    if (!move_texts(batch, live, fresh)) {
        dj_arena_free(fresh);
        return DJ_NOMEM;
    }
    dj_arena_free(batch->kept);
    batch->kept = fresh;
    return DJ_OK;
}

enum dj_status dj_batch_rest(struct dj_batch *batch)
{
    size_t bytes;
    char *to;

    batch->marked = false;
    batch->nundos = 0;
    forget_dead_texts(batch);
    bytes = lent_bytes(batch);
    if (bytes > 0) {
        to = dj_arena_alloc(batch->kept, bytes);
        if (to == NULL) {
            return DJ_NOMEM;
        }
        keep_texts(batch, to);
    }
    dj_batch_forget_views(batch);
    shrink_tables(batch);
    return renew(batch);
}

/*
 * Rows of a batch: what they are, the verdicts on them, their statistics, and the way
 * back to a mark. A mark costs nothing: changes since then are listed, and undone from
 * the last to the first.
 */
#include "data/batch_private.h"

#include <stdarg.h>
#include <stdio.h>

enum {
    ROW_BLOCK = 64 << 10,
    SCRATCH_BLOCK = 16 << 10,
    REASON_MAX = 1024,
};

struct dj_batch *dj_batch_new(const struct dj_batch_layout *layout)
{
    struct dj_batch *batch = dj_xmalloc(sizeof(*batch));

    batch->layout = layout;
    batch->strings = dj_string_ops_best();
    batch->keys = dj_xcalloc(layout->ntexts, sizeof(*batch->keys));
    for (size_t i = 0; i < layout->ntexts; i++) {
        batch->keys[i].name = dj_str_from(layout->texts[i]);
        batch->keys[i].dotted = strchr(layout->texts[i], '.') != NULL;
    }
    batch->text_arena = dj_arena_new(DJ_TEXT_BLOCK);
    batch->spare = dj_arena_new(DJ_TEXT_BLOCK);
    batch->row_arena = dj_arena_new(ROW_BLOCK);
    batch->scratch = dj_arena_new(SCRATCH_BLOCK);
    dj_buf_init(&batch->sample);
    dj_batch_reset(batch);
    return batch;
}

void dj_batch_free(struct dj_batch *batch)
{
    if (batch == NULL) {
        return;
    }
    if (batch->work == NULL) {
        dj_arena_free(batch->text_arena);
        dj_arena_free(batch->spare);
    }
    dj_arena_free(batch->kept);
    dj_arena_free(batch->row_arena);
    dj_arena_free(batch->scratch);
    dj_buf_release(&batch->sample);
    dj_xfree(batch->keys);
    dj_xfree(batch->rows);
    dj_xfree(batch->texts);
    dj_xfree(batch->stats);
    dj_xfree(batch->views);
    dj_xfree(batch->fields);
    dj_xfree(batch->key_slots);
    dj_xfree(batch->undos);
    dj_xfree(batch->copied_from);
    dj_xfree(batch);
}

void dj_batch_reset(struct dj_batch *batch)
{
    batch->mixed.rows = 0;
    batch->sink.put = NULL;
    dj_arena_reset(batch->text_arena);
    dj_arena_reset(batch->spare);
    if (batch->kept != NULL) {
        dj_arena_reset(batch->kept);
    }
    dj_arena_reset(batch->row_arena);
    dj_arena_reset(batch->scratch);
    dj_batch_forget_views(batch);
    batch->nrows = 0;
    batch->nlive = 0;
    batch->ncopies = 0;
    batch->derived = 0;
    dj_batch_narrow(batch, 0, SIZE_MAX);
    batch->bytes = 0;
    batch->compact_at = DJ_COMPACT_LEAST;
    batch->op = -1;
    batch->text = 0;
    batch->stat_column = NULL;
    batch->marked = false;
    batch->nundos = 0;
}

/* --- what rows are ---------------------------------------------------------------- */

size_t dj_batch_count(const struct dj_batch *batch)
{
    return batch->nrows - batch->ncopies;
}

static bool is_live(const struct dj_batch *batch, size_t row)
{
    return batch->rows[row].verdict.state == DJ_ROW_LIVE;
}

bool dj_batch_live(const struct dj_batch *batch, size_t row)
{
    const bool seen = row - batch->sight_first < batch->sight_rows;

    return (seen || row >= dj_batch_count(batch)) && is_live(batch, row);
}

size_t dj_batch_live_count(const struct dj_batch *batch)
{
    size_t count = 0;

    if (batch->sight_rows == SIZE_MAX) {
        return batch->nlive;
    }
    for (size_t i = 0; i < batch->sight_rows; i++) {
        count += is_live(batch, batch->sight_first + i);
    }
    return count;
}

void dj_batch_narrow(struct dj_batch *batch, size_t first, size_t end)
{
    const size_t count = dj_batch_count(batch);
    const bool all = first == 0 && end >= count;

    batch->sight_first = all ? 0 : first;
    batch->sight_rows = all           ? SIZE_MAX
                        : end > first ? (end < count ? end : count) - first
                                      : 0;
}

void dj_batch_lines_vary(struct dj_batch *batch, bool vary)
{
    batch->lines_vary = vary;
}

size_t dj_batch_bytes(const struct dj_batch *batch)
{
    return batch->bytes;
}

enum dj_row_state dj_batch_state(const struct dj_batch *batch, size_t row)
{
    return batch->rows[row].verdict.state;
}

struct dj_origin dj_batch_origin(const struct dj_batch *batch, size_t row)
{
    return batch->rows[row].origin;
}

struct dj_str dj_batch_line(const struct dj_batch *batch, size_t row)
{
    return batch->rows[row].read;
}

const char *dj_batch_reason(const struct dj_batch *batch, size_t row)
{
    return batch->rows[row].verdict.reason;
}

int dj_batch_rejected_by(const struct dj_batch *batch, size_t row)
{
    const struct verdict *verdict = &batch->rows[row].verdict;

    return verdict->state == DJ_ROW_REJECTED ? verdict->op : -1;
}

int dj_batch_dropped_by(const struct dj_batch *batch, size_t row)
{
    const struct verdict *verdict = &batch->rows[row].verdict;

    return verdict->state == DJ_ROW_DROPPED ? verdict->op : -1;
}

void dj_batch_select(struct dj_batch *batch, int op, size_t text, const size_t *stats)
{
    batch->op = op;
    batch->text = text;
    batch->stat_column = stats;
    batch->hash_column = SIZE_MAX;
}

void dj_batch_select_hash(struct dj_batch *batch, size_t column)
{
    batch->hash_column = column;
}

void dj_batch_settle(struct dj_batch *batch)
{
    const size_t ntexts = batch->layout->ntexts;

    for (size_t row = 0; row < batch->nrows; row++) {
        batch->rows[row].verdict.untold = false;
        batch->rows[row].untold = false;
        batch->rows[row].copied = false;
    }
    for (size_t i = 0; i < batch->nrows * ntexts; i++) {
        batch->texts[i].untold = false;
    }
    batch->marked = false;
    batch->nundos = 0;
}

/* --- verdicts --------------------------------------------------------------------- */

const char *dj_batch_keep_reason(struct dj_batch *batch, const char *text)
{
    static const char unknown[] = "\xef\xbf\xbd"; /* U+FFFD */
    struct dj_str rest = dj_str_from(text);
    size_t bad = rest.len;
    const bool valid = dj_utf8_valid(rest, &bad);
    char *copy = dj_arena_alloc(batch->row_arena, (valid ? 1 : 3) * rest.len + 1);
    char *out = copy;

    if (copy == NULL) {
        return "no memory to say why";
    }
    while (!dj_utf8_valid(rest, &bad)) { /* such as a character cut in half */
        memcpy(out, rest.ptr, bad);
        memcpy(out + bad, unknown, 3);
        out += bad + 3;
        rest.ptr += bad + 1;
        rest.len -= bad + 1;
    }
    memcpy(out, rest.ptr, rest.len + 1);
    return copy;
}

void dj_batch_judge(struct dj_batch *batch, size_t row, struct verdict verdict)
{
    struct verdict *old = &batch->rows[row].verdict;

    dj_batch_save(
        batch, &(struct undo){ .what = UNDO_VERDICT, .index = row, .old.verdict = *old });
    batch->nlive -= old->state == DJ_ROW_LIVE;
    batch->nlive += verdict.state == DJ_ROW_LIVE;
    *old = verdict;
}

void dj_batch_drop(struct dj_batch *batch, size_t row)
{
    if (dj_batch_live(batch, row)) {
        dj_batch_judge(
            batch, row,
            (struct verdict){ .op = batch->op, .state = DJ_ROW_DROPPED, .untold = true });
    }
}

void dj_batch_reject(struct dj_batch *batch, size_t row, const char *fmt, ...)
{
    char text[REASON_MAX];
    va_list args;

    if (!dj_batch_live(batch, row)) {
        return; /* the first verdict stands */
    }
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    dj_batch_judge(batch, row,
                   (struct verdict){ .reason = dj_batch_keep_reason(batch, text),
                                     .op = batch->op,
                                     .state = DJ_ROW_REJECTED,
                                     .untold = true });
}

/* --- statistics ------------------------------------------------------------------- */

static size_t cell_index(const struct dj_batch *batch, size_t row, size_t stat)
{
    return row * batch->layout->nstats + batch->stat_column[stat];
}

bool dj_batch_stat(const struct dj_batch *batch, size_t row, size_t stat,
                   struct dj_number *value)
{
    const struct stat_cell *cell = &batch->stats[cell_index(batch, row, stat)];

    if (!cell->present) {
        return false;
    }
    *value = DJ_NONE;
    if (cell->kind == DJ_NUMBER_INT) {
        *value = DJ_INT(cell->value.i);
    } else if (cell->kind == DJ_NUMBER_FLOAT) {
        *value = DJ_FLOAT(cell->value.d);
    }
    return true;
}

void dj_stats_put(struct dj_batch *batch, size_t row, size_t column,
                  struct stat_cell next)
{
    const size_t index = row * batch->layout->nstats + column;
    struct stat_cell *cell = &batch->stats[index];

    next.present = true;
    next.input = cell->input;
    next.changed = cell->changed;
    if (cell->present && dj_stats_same(cell, &next)) {
        return;
    }
    next.changed = !cell->input || !dj_stats_as_read(batch, row, column, &next);
    dj_batch_save(batch,
                  &(struct undo){ .what = UNDO_STAT, .index = index, .old.stat = *cell });
    *cell = next;
}

void dj_batch_set_stat(struct dj_batch *batch, size_t row, size_t stat,
                       struct dj_number value)
{
    struct stat_cell next = { .kind = (unsigned char)value.kind };

    if (value.kind == DJ_NUMBER_INT) {
        next.value.i = value.i;
    } else if (value.kind == DJ_NUMBER_FLOAT) {
        next.value.d = value.d;
    }
    dj_stats_put(batch, row, batch->stat_column[stat], next);
}

/* --- mark and roll back ----------------------------------------------------------- */

void dj_batch_save(struct dj_batch *batch, const struct undo *undo)
{
    if (!batch->marked) {
        return;
    }
    if (batch->nundos == batch->undo_cap) {
        batch->undo_cap = 2 * batch->undo_cap + 64;
        batch->undos =
            dj_xrealloc(batch->undos, dj_size_mul(batch->undo_cap, sizeof(*undo)));
    }
    batch->undos[batch->nundos++] = *undo;
}

void dj_batch_mark(struct dj_batch *batch)
{
    if (dj_arena_used(batch->text_arena) > batch->compact_at) {
        dj_batch_trim(batch);
    }
    batch->marked = true;
    batch->nundos = 0;
    batch->text_mark = dj_arena_mark(batch->text_arena);
    batch->row_mark = dj_arena_mark(batch->row_arena);
    batch->mark_copies = batch->ncopies;
    batch->mark_derived = batch->derived;
}

void dj_batch_rollback(struct dj_batch *batch)
{
    if (!batch->marked) {
        return;
    }
    while (batch->nundos > 0) {
        const struct undo *undo = &batch->undos[--batch->nundos];

        switch (undo->what) {
        case UNDO_TEXT:
            batch->texts[undo->index] = undo->old.text;
            break;
        case UNDO_STAT:
            batch->stats[undo->index] = undo->old.stat;
            break;
        case UNDO_VERDICT:
            batch->nlive -= is_live(batch, undo->index);
            batch->rows[undo->index].verdict = undo->old.verdict;
            batch->nlive += is_live(batch, undo->index);
            break;
        case UNDO_ROW:
            batch->rows[undo->index] = *undo->old.row;
            break;
        }
    }
    dj_batch_forget_copies(batch);
    dj_arena_rollback(batch->text_arena, batch->text_mark);
    dj_arena_rollback(batch->row_arena, batch->row_mark);
    dj_batch_forget_views(batch);
}

/* --- notes of global operators ------------------------------------------------------ */

void dj_batch_listen(struct dj_batch *batch, const struct dj_sink *sink, uint64_t first)
{
    batch->sink = sink == NULL ? (struct dj_sink){ NULL, NULL } : *sink;
    batch->first_id = first;
}

enum dj_status dj_batch_note(struct dj_batch *batch, size_t row, struct dj_note record,
                             struct dj_error *err)
{
    if (batch->sink.put == NULL) {
        return DJ_OK;
    }
    record.row = batch->first_id + row;
    return dj_sink_put(&batch->sink, &record, err);
}

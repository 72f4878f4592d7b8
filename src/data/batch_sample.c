/*
 * Samples as a whole: for operators that look at more than the text, or change it. The
 * sample that replaces another becomes the row's line, and is read as that one was.
 */
#include "data/batch_private.h"

/* Copies of a row, its texts and its statistics. */
struct kept {
    struct row *row;
    struct text_slot *texts;
    struct stat_cell *stats;
};

static bool is_untouched(const struct dj_batch *batch, size_t row)
{
    const size_t ntexts = batch->layout->ntexts;

    for (size_t i = row * ntexts; i < (row + 1) * ntexts; i++) {
        if (batch->texts[i].changed) {
            return false;
        }
    }
    return true;
}

enum dj_status dj_batch_sample(struct dj_batch *batch, size_t row, struct dj_str *sample)
{
    if (is_untouched(batch, row)) {
        *sample = dj_line_trimmed(batch->rows[row].line);
        return DJ_OK;
    }
    dj_buf_reset(&batch->sample);
    DJ_TRY(dj_encode_sample(batch, row, &batch->sample));
    *sample = dj_buf_str(&batch->sample);
    return DJ_OK;
}

/* The copies are in the batch's memory, and last as long as a mark that was there. */
static enum dj_status keep(struct dj_batch *batch, size_t index, struct kept *kept)
{
    const size_t ntexts = batch->layout->ntexts, nstats = batch->layout->nstats;

    kept->row = dj_arena_alloc(batch->row_arena, sizeof(*kept->row));
    kept->texts = dj_arena_alloc(batch->row_arena, ntexts * sizeof(*kept->texts));
    kept->stats = dj_arena_alloc(batch->row_arena, nstats * sizeof(*kept->stats));
    if (kept->row == NULL || kept->texts == NULL || kept->stats == NULL) {
        return DJ_NOMEM;
    }
    *kept->row = batch->rows[index];
    memcpy(kept->texts, &batch->texts[index * ntexts], ntexts * sizeof(*kept->texts));
    memcpy(kept->stats, &batch->stats[index * nstats], nstats * sizeof(*kept->stats));
    return DJ_OK;
}

static void put_back(struct dj_batch *batch, size_t index, const struct kept *kept)
{
    const size_t ntexts = batch->layout->ntexts, nstats = batch->layout->nstats;

    batch->rows[index] = *kept->row;
    memcpy(&batch->texts[index * ntexts], kept->texts, ntexts * sizeof(*kept->texts));
    memcpy(&batch->stats[index * nstats], kept->stats, nstats * sizeof(*kept->stats));
}

/* Remembers, while there is a mark, all that was kept. */
static void save(struct dj_batch *batch, size_t index, const struct kept *kept)
{
    const size_t ntexts = batch->layout->ntexts, nstats = batch->layout->nstats;

    dj_batch_save(
        batch, &(struct undo){ .what = UNDO_ROW, .index = index, .old.row = kept->row });
    for (size_t i = 0; i < ntexts; i++) {
        dj_batch_save(batch, &(struct undo){ .what = UNDO_TEXT,
                                             .index = index * ntexts + i,
                                             .old.text = kept->texts[i] });
    }
    for (size_t i = 0; i < nstats; i++) {
        dj_batch_save(batch, &(struct undo){ .what = UNDO_STAT,
                                             .index = index * nstats + i,
                                             .old.stat = kept->stats[i] });
    }
}

/* The line that is replaced has this number in its own statistics. */
static bool was_in_line(struct dj_batch *batch, size_t index, const struct kept *kept,
                        size_t column, const struct stat_cell *cell)
{
    const struct row now = batch->rows[index];
    bool was;

    if (!kept->stats[column].changed) {
        return dj_stats_same(cell, &kept->stats[column]);
    }
    batch->rows[index] = *kept->row;
    was = dj_stats_as_read(batch, index, column, cell);
    batch->rows[index] = now;
    return was;
}

/*
 * What was measured stays. The line's own statistics must be the same in the new line,
 * since layers do not tell of them; false: they are not.
 */
static bool keep_stats(struct dj_batch *batch, size_t index, const struct kept *kept)
{
    const size_t nstats = batch->layout->nstats;

    for (size_t i = 0; i < nstats; i++) {
        struct stat_cell *cell = &batch->stats[index * nstats + i];
        struct stat_cell next = kept->stats[i];

        if (cell->input != next.input ||
            (next.input && !was_in_line(batch, index, kept, i, cell))) {
            return false;
        }
        next.changed = next.changed && !(cell->input && dj_stats_same(cell, &next));
        *cell = next;
    }
    return true;
}

enum dj_status dj_replace_line(struct dj_batch *batch, size_t index, struct dj_str line,
                               bool *good)
{
    const size_t ntexts = batch->layout->ntexts, nstats = batch->layout->nstats;
    struct row *row = &batch->rows[index];
    enum dj_status status;
    struct kept kept;

    DJ_TRY(keep(batch, index, &kept));
    line = dj_arena_copy(batch->text_arena, line);
    if (line.ptr == NULL) {
        return DJ_NOMEM;
    }
    *row = (struct row){ .read = kept.row->read,
                         .line = line,
                         .origin = kept.row->origin,
                         .verdict = kept.row->verdict,
                         .copied = kept.row->copied,
                         .had_meta = kept.row->had_meta };
    memset(&batch->texts[index * ntexts], 0, ntexts * sizeof(*batch->texts));
    memset(&batch->stats[index * nstats], 0, nstats * sizeof(*batch->stats));
    dj_arena_reset(batch->scratch);
    status = dj_sample_read(batch, index, good);
    *good = status == DJ_OK && *good && keep_stats(batch, index, &kept);
    if (!*good) {
        put_back(batch, index, &kept);
        return status;
    }
    save(batch, index, &kept);
    dj_batch_forget_row(batch, index);
    return DJ_OK;
}

bool dj_batch_had_meta(const struct dj_batch *batch, size_t row)
{
    return batch->rows[row].had_meta;
}

enum dj_status dj_batch_set_sample(struct dj_batch *batch, size_t row,
                                   struct dj_str sample)
{
    bool good;

    if (memchr(sample.ptr, '\n', sample.len) != NULL) {
        return DJ_OP;
    }
    if (is_untouched(batch, row) &&
        dj_str_equal(dj_line_trimmed(batch->rows[row].line), sample)) {
        return DJ_OK;
    }
    DJ_TRY(dj_replace_line(batch, row, sample, &good));
    batch->rows[row].untold = batch->rows[row].untold || good;
    return good ? DJ_OK : DJ_OP;
}

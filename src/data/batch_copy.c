/*
 * Several rows of one. While an operator runs, its copies stand behind all rows, so that
 * the places it knows hold; they are put in order when it has ended. All rows of a line
 * stand together, so nothing else need be known of where a row comes from.
 */
#include "data/batch_private.h"

/* A sample that makes more of itself is at fault: they would take gigabytes. */
enum { MOST_ROWS = 1 << 22 };

static void *grown(void *ptr, size_t count, size_t size)
{
    return dj_xrealloc(ptr, dj_size_mul(count, size));
}

void dj_batch_grow(struct dj_batch *batch)
{
    const struct dj_batch_layout *layout = batch->layout;

    if (batch->nrows < batch->row_cap) {
        return;
    }
    batch->row_cap = 2 * batch->row_cap + 64;
    batch->rows = grown(batch->rows, batch->row_cap, sizeof(*batch->rows));
    batch->texts = grown(batch->texts, dj_size_mul(batch->row_cap, layout->ntexts),
                         sizeof(*batch->texts));
    batch->stats = grown(batch->stats, dj_size_mul(batch->row_cap, layout->nstats),
                         sizeof(*batch->stats));
}

static void note_copy(struct dj_batch *batch, size_t row)
{
    if (batch->ncopies == batch->copy_cap) {
        batch->copy_cap = 2 * batch->copy_cap + 64;
        batch->copied_from =
            grown(batch->copied_from, batch->copy_cap, sizeof(*batch->copied_from));
    }
    batch->copied_from[batch->ncopies++] = row;
    batch->derived++;
}

enum dj_status dj_batch_copy(struct dj_batch *batch, size_t row, size_t *copy)
{
    const size_t ntexts = batch->layout->ntexts, nstats = batch->layout->nstats;

    if (batch->nrows >= MOST_ROWS) {
        return DJ_OP;
    }
    dj_batch_grow(batch);
    *copy = batch->nrows++;
    batch->rows[*copy] = batch->rows[row];
    batch->rows[*copy].copied = true;
    memcpy(batch->texts + *copy * ntexts, batch->texts + row * ntexts,
           ntexts * sizeof(*batch->texts));
    memcpy(batch->stats + *copy * nstats, batch->stats + row * nstats,
           nstats * sizeof(*batch->stats));
    batch->nlive += batch->rows[*copy].verdict.state == DJ_ROW_LIVE;
    note_copy(batch, row);
    return DJ_OK;
}

void dj_batch_dissolve(struct dj_batch *batch, size_t row)
{
    if (dj_batch_live(batch, row)) {
        dj_batch_drop(batch, row);
        batch->derived--;
    }
}

int64_t dj_batch_derived(const struct dj_batch *batch)
{
    return batch->derived;
}

void dj_batch_forget_copies(struct dj_batch *batch)
{
    const size_t made = batch->ncopies - batch->mark_copies;

    batch->nrows -= made;
    batch->nlive -= made; /* undoing has made them live again */
    batch->ncopies = batch->mark_copies;
    batch->derived = batch->mark_derived;
}

/* Where each row is going to stand. */
static size_t *find_places(const struct dj_batch *batch)
{
    const size_t count = dj_batch_count(batch);
    size_t *places = dj_xcalloc(batch->nrows + 1, sizeof(*places));
    size_t *behind = dj_xcalloc(count + 1, sizeof(*behind)); /* copies of a row so far */
    size_t next = 0;

    for (size_t i = 0; i < batch->ncopies; i++) {
        behind[batch->copied_from[i]]++;
    }
    for (size_t row = 0; row < count; row++) {
        places[row] = next;
        next += 1 + behind[row];
        behind[row] = 0;
    }
    for (size_t i = 0; i < batch->ncopies; i++) {
        const size_t row = batch->copied_from[i];

        places[count + i] = places[row] + ++behind[row];
    }
    dj_xfree(behind);
    return places;
}

/* A table with so many things a row, in which each row stands in its place. */
static void *reordered(const struct dj_batch *batch, void *table, size_t size,
                       const size_t *places)
{
    char *made = dj_xmalloc(dj_size_mul(batch->row_cap, size) + 1);

    for (size_t row = 0; row < batch->nrows; row++) {
        memcpy(made + places[row] * size, (char *)table + row * size, size);
    }
    dj_xfree(table);
    return made;
}

void dj_batch_arrange(struct dj_batch *batch)
{
    size_t *places;

    if (batch->ncopies == 0) {
        return;
    }
    places = find_places(batch);
    batch->rows = reordered(batch, batch->rows, sizeof(*batch->rows), places);
    batch->texts = reordered(batch, batch->texts,
                             batch->layout->ntexts * sizeof(*batch->texts), places);
    batch->stats = reordered(batch, batch->stats,
                             batch->layout->nstats * sizeof(*batch->stats), places);
    dj_xfree(places);
    batch->ncopies = 0;
    batch->marked = false;
    batch->nundos = 0;
    dj_batch_forget_views(batch);
}

size_t dj_batch_line_end(const struct dj_batch *batch, size_t row)
{
    const int64_t line = batch->rows[row].origin.row;

    do {
        row++;
    } while (row < batch->nrows && batch->rows[row].origin.row == line);
    return row;
}

/*
 * Restoring rows from their source lines and layers. A sample in a layer is the row's
 * line with some texts replaced, so the two are walked side by side: what lies between
 * the texts must be equal, and a text that is spelled otherwise is the row's text now.
 * The row then is what it was when the layer was written, down to what the encoder
 * will make of it.
 */
#include "data/batch_private.h"
#include "data/layer_private.h"

enum { VALUE_TEXT = 48 };

struct dj_layers {
    const struct dj_batch_layout *layout;
    struct layer_cursor *cursors;
    size_t count, cap;
    int64_t row;           /* the next one */
    struct dj_str *values; /* of the row that is being restored, for each statistic */
    struct dj_buf key;
};

struct dj_layers *dj_layers_new(const struct dj_batch_layout *layout)
{
    struct dj_layers *layers = dj_xmalloc(sizeof(*layers));

    layers->layout = layout;
    layers->values = dj_xcalloc(layout->nstats + 1, sizeof(*layers->values));
    dj_buf_init(&layers->key);
    return layers;
}

void dj_layers_free(struct dj_layers *layers)
{
    if (layers == NULL) {
        return;
    }
    for (size_t i = 0; i < layers->cap; i++) {
        layer_release(&layers->cursors[i]);
    }
    dj_buf_release(&layers->key);
    dj_xfree(layers->cursors);
    dj_xfree(layers->values);
    dj_xfree(layers);
}

void dj_layers_reset(struct dj_layers *layers)
{
    layers->count = 0;
    layers->row = 0;
    for (size_t i = 0; i < layers->layout->nstats; i++) {
        layers->values[i] = (struct dj_str){ NULL, 0 };
    }
}

/* --- adding a layer ----------------------------------------------------------------- */

/* Gives each column its place among the statistics of the batch. */
static enum dj_status place_columns(const struct dj_layers *layers,
                                    struct layer_cursor *cursor, struct dj_error *err)
{
    for (size_t i = 0; i < cursor->ncolumns; i++) {
        struct layer_column *column = &cursor->columns[i];
        size_t place = 0;

        while (place < layers->layout->nstats &&
               !dj_str_is(column->name, layers->layout->stats[place])) {
            place++;
        }
        if (place == layers->layout->nstats) {
            return layer_fail(cursor, column->name.ptr, err,
                              "the recipe has no statistic of this name");
        }
        column->place = place;
    }
    return DJ_OK;
}

enum dj_status dj_layers_push(struct dj_layers *layers, struct dj_str bytes,
                              struct dj_error *err)
{
    struct layer_cursor *cursor;

    if (layers->count == layers->cap) {
        const size_t cap = 2 * layers->cap + 8;

        layers->cursors = dj_xrealloc(layers->cursors, dj_size_mul(cap, sizeof(*cursor)));
        memset(layers->cursors + layers->cap, 0, (cap - layers->cap) * sizeof(*cursor));
        layers->cap = cap;
    }
    cursor = &layers->cursors[layers->count];
    DJ_TRY(layer_open(cursor, bytes, err));
    DJ_TRY(layer_check_order(cursor, layers->count == 0 ? NULL : cursor - 1, err));
    DJ_TRY(place_columns(layers, cursor, err));
    layers->count++;
    return DJ_OK;
}

/* --- texts -------------------------------------------------------------------------- */

/* A sample of a layer beside the line that was read. */
struct walk {
    const char *p, *end; /* what is left of the sample */
    const char *line;
    size_t from; /* the line up to here has been seen in the sample */
};

/* Moves over what both have up to a place of the line. */
static bool walk_same(struct walk *walk, size_t until)
{
    const size_t len = until - walk->from;

    if ((size_t)(walk->end - walk->p) < len ||
        memcmp(walk->p, walk->line + walk->from, len) != 0) {
        return false;
    }
    walk->p += len;
    walk->from = until;
    return true;
}

/* The string at walk->p becomes the slot's text. */
static enum dj_status take_text(struct dj_batch *batch, struct walk *walk,
                                struct text_slot *slot, bool *good)
{
    struct dj_string_end string;
    char *out, *copy;

    if (walk->p == walk->end || *walk->p != '"') {
        *good = false;
        return DJ_OK;
    }
    copy = dj_arena_alloc(batch->text_arena, (size_t)(walk->end - walk->p) + DJ_PADDING);
    if (copy == NULL) {
        return DJ_NOMEM;
    }
    out = copy;
    string = batch->strings->decode(walk->p + 1, walk->end, &out);
    (void)dj_arena_resize_last(batch->text_arena, copy, (size_t)(out - copy));
    if (string.fault != DJ_STRING_OK) {
        *good = false;
        return DJ_OK;
    }
    slot->text = (struct dj_str){ copy, (size_t)(out - copy) };
    slot->present = true;
    slot->changed = true;
    walk->p = string.at + 1;
    return DJ_OK;
}

/* The first text of the row's line that begins at from or behind it, or NULL. */
static struct text_slot *next_slot(const struct dj_batch *batch, size_t row, size_t from)
{
    const size_t ntexts = batch->layout->ntexts;
    struct text_slot *next = NULL;

    for (size_t i = row * ntexts; i < (row + 1) * ntexts; i++) {
        struct text_slot *slot = &batch->texts[i];

        if (slot->begin != 0 && slot->begin >= from &&
            (next == NULL || slot->begin < next->begin)) {
            next = slot;
        }
    }
    return next;
}

/* Texts of keys that the line has. */
static enum dj_status take_texts(struct dj_batch *batch, size_t row, struct walk *walk,
                                 bool *good)
{
    struct text_slot *slot = next_slot(batch, row, walk->from);

    while (*good && slot != NULL) {
        size_t behind = slot->begin + 1;

        *good = walk_same(walk, slot->begin);
        /* What is no string may hold other texts, so it is not skipped as a whole. */
        if (*good && !slot->present && walk->p < walk->end && *walk->p != '"') {
            slot = next_slot(batch, row, behind);
            continue;
        }
        if (*good && !walk_same(walk, slot->end)) {
            DJ_TRY(take_text(batch, walk, slot, good));
            walk->from = slot->end;
        }
        behind = slot->end;
        slot = next_slot(batch, row, behind);
    }
    return DJ_OK;
}

/* Texts of keys that the line does not have, behind its last field. */
static enum dj_status take_new_texts(struct dj_layers *layers, struct dj_batch *batch,
                                     size_t row, struct walk *walk, bool *good)
{
    const size_t ntexts = batch->layout->ntexts;
    bool first = batch->rows[row].nfields == 0;

    for (size_t i = 0; *good && i < ntexts; i++) {
        struct text_slot *slot = &batch->texts[row * ntexts + i];

        if (slot->begin != 0) {
            continue;
        }
        dj_buf_reset(&layers->key);
        DJ_TRY(dj_buf_append(&layers->key, first ? DJ_STR("") : DJ_STR(", ")));
        DJ_TRY(dj_json_quote(&layers->key, batch->keys[i].name));
        DJ_TRY(dj_buf_append(&layers->key, DJ_STR(": ")));
        if ((size_t)(walk->end - walk->p) >= layers->key.len &&
            memcmp(walk->p, layers->key.ptr, layers->key.len) == 0) {
            walk->p += layers->key.len;
            DJ_TRY(take_text(batch, walk, slot, good));
            first = false;
        }
    }
    return DJ_OK;
}

/* The row, as read, gets the texts of the sample; *good: it is this row's. */
static enum dj_status take_sample(struct dj_layers *layers, struct dj_batch *batch,
                                  size_t index, struct dj_str sample, bool *good)
{
    const struct row *row = &batch->rows[index];
    const struct dj_str line = dj_line_trimmed(row->line);
    struct walk walk = {
        .p = sample.ptr,
        .end = sample.ptr + sample.len,
        .line = row->line.ptr,
        .from = (size_t)(line.ptr - row->line.ptr),
    };
    size_t bad;

    *good = dj_utf8_valid(sample, &bad);
    DJ_TRY(take_texts(batch, index, &walk, good));
    *good = *good && walk_same(&walk, row->tail);
    DJ_TRY(take_new_texts(layers, batch, index, &walk, good));
    *good = *good && walk_same(&walk, (size_t)(line.ptr - row->line.ptr) + line.len) &&
            walk.p == walk.end;
    return DJ_OK;
}

/* --- verdicts and statistics -------------------------------------------------------- */

/* The reason between its quotes, in the batch's memory. */
static enum dj_status take_reason(struct dj_batch *batch, struct dj_str quoted,
                                  const char **reason, bool *good)
{
    const char *const end = quoted.ptr + quoted.len;
    struct dj_string_end string;
    char *out, *copy;
    size_t bad;

    *good = quoted.len >= 2 && *quoted.ptr == '"' && dj_utf8_valid(quoted, &bad);
    if (!*good) {
        return DJ_OK;
    }
    copy = dj_arena_alloc(batch->row_arena, quoted.len + DJ_PADDING);
    if (copy == NULL) {
        return DJ_NOMEM;
    }
    out = copy;
    string = batch->strings->decode(quoted.ptr + 1, end, &out);
    *good = string.fault == DJ_STRING_OK && string.at + 1 == end &&
            memchr(copy, '\0', (size_t)(out - copy)) == NULL;
    *out = '\0';
    (void)dj_arena_resize_last(batch->row_arena, copy, (size_t)(out - copy) + 1);
    *reason = copy;
    return DJ_OK;
}

/* The verdict of a row that was live when it was read. */
static enum dj_status take_verdict(struct dj_batch *batch, size_t row,
                                   const struct layer_line *line, bool *good)
{
    struct verdict *verdict = &batch->rows[row].verdict;
    const char *reason = NULL;

    *good = line->op >= 0;
    if (*good && line->what == LAYER_REJECT) {
        DJ_TRY(take_reason(batch, line->value, &reason, good));
    }
    if (*good) {
        verdict->reason = reason;
        verdict->op = line->op;
        verdict->state = line->what == LAYER_DROP ? DJ_ROW_DROPPED : DJ_ROW_REJECTED;
        batch->nlive--;
    }
    return DJ_OK;
}

/* A number as the writer spells it, or null. */
static bool read_value(struct dj_str value, struct stat_cell *cell)
{
    static const char numeric[] = "0123456789-+.eEInfityNa";
    char text[VALUE_TEXT];

    if (dj_str_equal(value, DJ_STR("null"))) {
        *cell = dj_stats_cell(value);
        return true;
    }
    if (value.len == 0 || value.len >= sizeof(text) || value.ptr[0] == 'n') {
        return false;
    }
    memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    if (strspn(text, numeric) != value.len || strchr("-0123456789IN", text[0]) == NULL) {
        return false;
    }
    *cell = dj_stats_cell((struct dj_str){ text, value.len });
    return true;
}

/* The newest values; false: one of them is none. */
static bool take_values(const struct dj_layers *layers, struct dj_batch *batch,
                        size_t row)
{
    const size_t nstats = batch->layout->nstats;

    for (size_t i = 0; i < nstats; i++) {
        struct stat_cell *cell = &batch->stats[row * nstats + i];
        struct stat_cell next;

        if (layers->values[i].ptr == NULL ||
            dj_str_equal(layers->values[i], DJ_STR("false"))) {
            continue; /* nobody has measured it */
        }
        if (!read_value(layers->values[i], &next)) {
            return false;
        }
        if (cell->present && dj_stats_same(cell, &next)) {
            continue; /* it is the line's */
        }
        next.input = cell->input;
        next.changed = true;
        *cell = next;
    }
    return true;
}

/* --- rows --------------------------------------------------------------------------- */

static enum dj_status take_row(struct dj_layers *layers, struct dj_batch *batch,
                               size_t index, struct dj_error *err)
{
    struct row *row = &batch->rows[index];
    const bool refused = row->verdict.state != DJ_ROW_LIVE;
    const struct layer_cursor *newest = &layers->cursors[layers->count - 1];
    enum dj_status status = DJ_OK;
    struct layer_row state;
    bool good = true;

    DJ_TRY(layer_step(layers->cursors, layers->count, layers->row, layers->values, &state,
                      err));
    row->verdict.untold = false;
    if (refused) {
        good = !state.live && state.last.what == LAYER_REJECT && state.last.op == -1;
    } else if (!state.live) {
        status = take_verdict(batch, index, &state.last, &good);
    } else {
        if (state.sample.ptr != NULL) {
            status = take_sample(layers, batch, index, state.sample, &good);
        }
        if (status == DJ_OK && good && !take_values(layers, batch, index)) {
            return layer_fail(newest, NULL, err, "row %lld: a statistic is no number",
                              (long long)layers->row);
        }
    }
    if (status != DJ_OK) {
        return dj_fail(err, status, "out of memory for the rows of a layer");
    }
    if (!good) {
        return layer_fail(newest, NULL, err,
                          "row %lld: what it says does not fit the source line",
                          (long long)layers->row);
    }
    layers->row++;
    return DJ_OK;
}

enum dj_status dj_layers_apply(struct dj_layers *layers, struct dj_batch *batch,
                               struct dj_error *err)
{
    batch->marked = false;
    batch->nundos = 0;
    for (size_t i = 0; i < batch->nrows && layers->count > 0; i++) {
        const struct layer_cursor *newest = &layers->cursors[layers->count - 1];

        if (batch->rows[i].origin.row != layers->row ||
            layers->row >= newest->head.rows) {
            return layer_fail(newest, NULL, err, "row %lld is not the next of its %lld",
                              (long long)batch->rows[i].origin.row,
                              (long long)newest->head.rows);
        }
        DJ_TRY(take_row(layers, batch, i, err));
    }
    dj_batch_forget_views(batch);
    return DJ_OK;
}

enum dj_status dj_layers_finish(const struct dj_layers *layers, struct dj_error *err)
{
    for (size_t i = 0; i < layers->count; i++) {
        const struct layer_cursor *cursor = &layers->cursors[i];

        if (layers->row != cursor->head.rows) {
            return layer_fail(cursor, NULL, err, "%lld rows were restored, not %lld",
                              (long long)layers->row, (long long)cursor->head.rows);
        }
        DJ_TRY(layer_check_end(cursor, err));
    }
    return DJ_OK;
}

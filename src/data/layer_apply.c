/*
 * Restoring rows from their source lines and layers. The row then is what it was when
 * the newest layer was written, down to what the encoder will make of it.
 */
#include "data/batch_private.h"
#include "data/layer_private.h"

struct dj_layers {
    const struct dj_batch_layout *layout;
    struct layer_cursor *cursors;
    size_t count, cap;
    int64_t row;            /* the next one */
    uint64_t source;        /* hash of the lines before it */
    struct layer_rows rows; /* of the line that is being restored */
    struct dj_buf key;
};

struct dj_layers *dj_layers_new(const struct dj_batch_layout *layout)
{
    struct dj_layers *layers = dj_xmalloc(sizeof(*layers));

    layers->layout = layout;
    layers->rows.nstats = layout->nstats;
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
    layer_rows_release(&layers->rows);
    dj_xfree(layers);
}

void dj_layers_reset(struct dj_layers *layers)
{
    layers->count = 0;
    layers->row = 0;
    layers->source = 0;
}

/* --- adding a layer ----------------------------------------------------------------- */

/* The place of a statistic among those of the batch, or their number. */
static enum dj_status place_of(struct dj_layers *layers, struct dj_str name,
                               size_t *place)
{
    for (*place = 0; *place < layers->layout->nstats; ++*place) {
        dj_buf_reset(&layers->key);
        DJ_TRY(dj_json_quote(&layers->key, dj_str_from(layers->layout->stats[*place])));
        if (dj_str_equal(name, dj_buf_str(&layers->key))) {
            break;
        }
    }
    return DJ_OK;
}

/* Gives each column its place. */
static enum dj_status place_columns(struct dj_layers *layers, struct layer_cursor *cursor,
                                    struct dj_error *err)
{
    for (size_t i = 0; i < cursor->ncolumns; i++) {
        struct layer_column *column = &cursor->columns[i];

        if (place_of(layers, column->name, &column->place) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "out of memory for the names of statistics");
        }
        if (column->place == layers->layout->nstats) {
            return layer_fail(cursor, column->name.ptr, err,
                              "the recipe has no statistic of this name");
        }
    }
    return DJ_OK;
}

enum dj_status dj_layers_trace(const struct dj_layers *layers, struct dj_buf *out)
{
    for (size_t i = 0; i < layers->count; i++) {
        DJ_TRY(dj_buf_append(out, layers->cursors[i].trace));
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

/* Edits of a text that are being carried out. */
struct redo {
    const char *p, *end; /* what is left of the edits */
    const char *old, *old_end;
    char *out;
};

/* A number of bytes of the old text that are left, up to the end of a character. */
static bool take_bytes(struct redo *redo, size_t *bytes)
{
    const size_t left = (size_t)(redo->old_end - redo->old);
    const char *const begin = redo->p;

    *bytes = 0;
    while (redo->p < redo->end && *redo->p >= '0' && *redo->p <= '9') {
        *bytes = 10 * *bytes + (size_t)(*redo->p++ - '0');
        if (*bytes > left) {
            return false;
        }
    }
    return redo->p > begin && (*begin != '0' || redo->p == begin + 1) &&
           (*bytes == left || ((unsigned char)redo->old[*bytes] & 0xc0) != 0x80);
}

/* What stands between "[" and "]". */
static bool take_edit(const struct dj_batch *batch, struct redo *redo)
{
    struct dj_string_end string;
    size_t bytes;

    if (!take_bytes(redo, &bytes) || !layer_take(&redo->p, redo->end, DJ_STR(", "))) {
        return false;
    }
    memcpy(redo->out, redo->old, bytes);
    redo->out += bytes;
    redo->old += bytes;
    if (!take_bytes(redo, &bytes) || !layer_take(&redo->p, redo->end, DJ_STR(", \""))) {
        return false;
    }
    redo->old += bytes;
    string = batch->strings->decode(redo->p, redo->end, &redo->out);
    redo->p = string.at;
    return string.fault == DJ_STRING_OK && layer_take(&redo->p, redo->end, DJ_STR("\"]"));
}

/* The list of edits of a slot's text, which is as it was read; *good: it was one. */
static enum dj_status take_text(struct dj_batch *batch, struct text_slot *slot,
                                const char **p, const char *end, bool *good)
{
    const struct dj_str old = slot->present ? slot->text : DJ_STR("");
    struct redo redo = { *p, end, old.ptr, old.ptr + old.len, NULL };
    const size_t room = old.len + (size_t)(end - *p) + 2 * (size_t)DJ_PADDING;
    char *const text = dj_arena_alloc(batch->text_arena, room);

    if (text == NULL) {
        return DJ_NOMEM;
    }
    redo.out = text;
    *good = layer_take(&redo.p, end, DJ_STR("["));
    for (bool first = true; *good && !layer_take(&redo.p, end, DJ_STR("]"));
         first = false) {
        *good = (first || layer_take(&redo.p, end, DJ_STR(", "))) &&
                layer_take(&redo.p, end, DJ_STR("[")) && take_edit(batch, &redo);
    }
    if (*good) {
        memcpy(redo.out, redo.old, (size_t)(redo.old_end - redo.old));
        redo.out += redo.old_end - redo.old;
    }
    *p = redo.p;
    slot->text = (struct dj_str){ text, (size_t)(redo.out - text) };
    slot->present = true;
    slot->changed = true;
    slot->counted = false;
    (void)dj_arena_resize_last(batch->text_arena, text, slot->text.len);
    return DJ_OK;
}

/* The row, as read, gets the texts that the edits make; *good: they fit it. */
static enum dj_status take_edits(struct dj_layers *layers, struct dj_batch *batch,
                                 size_t row, struct dj_str edits, bool *good)
{
    const size_t ntexts = batch->layout->ntexts;
    const char *const end = edits.ptr + edits.len;
    const char *p = edits.ptr;
    bool first = true;
    size_t bad;

    *good = dj_utf8_valid(edits, &bad);
    for (size_t i = 0; *good && i < ntexts; i++) {
        dj_buf_reset(&layers->key);
        DJ_TRY(dj_buf_append(&layers->key, first ? DJ_STR("{") : DJ_STR(", ")));
        DJ_TRY(dj_json_quote(&layers->key, batch->keys[i].name));
        DJ_TRY(dj_buf_append(&layers->key, DJ_STR(": ")));
        if (layer_take(&p, end, dj_buf_str(&layers->key))) {
            first = false;
            DJ_TRY(take_text(batch, &batch->texts[row * ntexts + i], &p, end, good));
        }
    }
    *good = *good && !first && p + 1 == end && *p == '}';
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
        DJ_TRY(take_reason(batch, line->reason, &reason, good));
    }
    if (*good) {
        verdict->reason = reason;
        verdict->op = line->op;
        verdict->state = line->what == LAYER_DROP ? DJ_ROW_DROPPED : DJ_ROW_REJECTED;
        batch->nlive--;
    }
    return DJ_OK;
}

/* A JSON value that has a list of its own. */
static enum dj_status read_json(struct dj_batch *batch, struct dj_str json,
                                struct stat_cell *cell, bool *good)
{
    struct dj_scan scan;
    char *copy;
    size_t bad;

    dj_scan_init(&scan, json, batch->strings);
    *good = dj_utf8_valid(json, &bad) && memchr(json.ptr, '\0', json.len) == NULL &&
            dj_scan_value(&scan, json.ptr) == json.ptr + json.len;
    if (!*good) {
        return DJ_OK;
    }
    copy = dj_arena_alloc(batch->row_arena, json.len + 1);
    if (copy == NULL) {
        return DJ_NOMEM;
    }
    memcpy(copy, json.ptr, json.len);
    copy[json.len] = '\0';
    *cell = (struct stat_cell){ .kind = STAT_JSON, .value.text = copy, .present = true };
    return DJ_OK;
}

/* A number as the writer spells it, null, or another value in a list. */
static enum dj_status read_value(struct dj_batch *batch, struct dj_str value,
                                 struct stat_cell *cell, bool *good)
{
    char text[DJ_JSON_DOUBLE_TEXT + 1], again[DJ_JSON_DOUBLE_TEXT];
    size_t len;

    if (value.len > 2 && value.ptr[0] == '[' && value.ptr[value.len - 1] == ']') {
        return read_json(batch, (struct dj_str){ value.ptr + 1, value.len - 2 }, cell,
                         good);
    }
    *good = value.len > 0 && value.len < sizeof(text);
    if (*good) {
        memcpy(text, value.ptr, value.len);
        text[value.len] = '\0';
        *cell = dj_stats_cell((struct dj_str){ text, value.len });
        len = dj_stats_text(cell, again);
        *good = dj_str_equal(value, (struct dj_str){ again, len });
    }
    return DJ_OK;
}

/* The newest values; *good: all of them are some. */
static enum dj_status take_values(const struct dj_str *values, struct dj_batch *batch,
                                  size_t row, bool *good)
{
    const size_t nstats = batch->layout->nstats;

    for (size_t i = 0; i < nstats; i++) {
        struct stat_cell *cell = &batch->stats[row * nstats + i];
        struct stat_cell next;

        if (values[i].ptr == NULL || dj_str_equal(values[i], DJ_STR("false"))) {
            continue; /* nobody has measured it */
        }
        DJ_TRY(read_value(batch, values[i], &next, good));
        if (!*good) {
            return DJ_OK;
        }
        if (cell->present && dj_stats_same(cell, &next)) {
            continue; /* it is the line's */
        }
        next.input = cell->input;
        next.changed = true;
        *cell = next;
    }
    return DJ_OK;
}

/* --- rows --------------------------------------------------------------------------- */

static const char misfit[] = "what it says does not fit the source line";

/* The row, as read, becomes what is known of the part; *fault: why that cannot be. */
static enum dj_status take_row(struct dj_layers *layers, struct dj_batch *batch,
                               size_t index, size_t part, const char **fault)
{
    const struct layer_row *state = &layers->rows.rows[part];
    struct row *row = &batch->rows[index];
    bool good = true;

    row->verdict.untold = false;
    row->copied = false;
    if (row->verdict.state != DJ_ROW_LIVE) { /* no sample */
        good = !state->live && state->last.what == LAYER_REJECT && state->last.op == -1;
    } else if (!state->live) {
        DJ_TRY(take_verdict(batch, index, &state->last, &good));
    } else if (state->sample.ptr != NULL) {
        DJ_TRY(dj_replace_line(batch, index, state->sample, &good));
    }
    if (good && state->live && state->edits.ptr != NULL) {
        DJ_TRY(take_edits(layers, batch, index, state->edits, &good));
    }
    if (!good) {
        *fault = misfit;
        return DJ_OK;
    }
    if (state->live) {
        DJ_TRY(take_values(layers->rows.values + part * layers->rows.nstats, batch, index,
                           &good));
        *fault = good ? NULL : "a statistic has no value";
    }
    return DJ_OK;
}

/* All rows of a line: first copies of the one that was read, then what became of them. */
static enum dj_status take_line(struct dj_layers *layers, struct dj_batch *batch,
                                size_t index, const char **fault)
{
    const size_t parts = layers->rows.count;
    const size_t behind = batch->nrows; /* the row's copies begin there */
    size_t copy;

    *fault = NULL;
    for (size_t part = 1; part < parts; part++) {
        if (dj_batch_copy(batch, index, &copy) != DJ_OK) {
            *fault = misfit;
            return DJ_OK;
        }
    }
    for (size_t part = 0; part < parts && *fault == NULL; part++) {
        DJ_TRY(
            take_row(layers, batch, part == 0 ? index : behind + part - 1, part, fault));
    }
    return DJ_OK;
}

enum dj_status dj_layers_apply(struct dj_layers *layers, struct dj_batch *batch,
                               struct dj_error *err)
{
    const size_t count = batch->nrows;

    batch->marked = false;
    batch->nundos = 0;
    for (size_t i = 0; i < count && layers->count > 0; i++) {
        const struct layer_cursor *newest = &layers->cursors[layers->count - 1];
        const char *fault;

        if (batch->rows[i].origin.row != layers->row ||
            layers->row >= newest->head.rows) {
            return layer_fail(newest, NULL, err, "row %lld is not the next of its %lld",
                              (long long)batch->rows[i].origin.row,
                              (long long)newest->head.rows);
        }
        DJ_TRY(
            layer_step(layers->cursors, layers->count, layers->row, &layers->rows, err));
        layers->source = layer_mix_row(layers->source, batch, i);
        if (take_line(layers, batch, i, &fault) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "out of memory for the rows of a layer");
        }
        if (fault != NULL) {
            return layer_fail(newest, NULL, err, "row %lld: %s", (long long)layers->row,
                              fault);
        }
        layers->row++;
    }
    dj_batch_arrange(batch);
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
        if (layers->source != cursor->head.source) {
            return layer_fail(cursor, NULL, err,
                              "it was made from other source lines than these");
        }
        DJ_TRY(layer_check_end(cursor, err));
    }
    return DJ_OK;
}

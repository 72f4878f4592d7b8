/*
 * Writing layers. Lines about rows and the values of each statistic grow side by side
 * and are put together at the end. Values are written straight into room that was made
 * for all live rows of a batch, because each sample has several.
 */
#include "data/batch_private.h"
#include "data/layer_private.h"

#include <assert.h>
#include <stdio.h>

/* ", " and the longest number. */
enum { VALUE_ROOM = 2 + DJ_JSON_DOUBLE_TEXT, LINE_END = 32 };

struct dj_layer_writer {
    const struct dj_batch_layout *layout;
    struct layer_head head; /* rows and live: so far */
    size_t *stats;          /* columns of the batch, each once */
    size_t nstats;
    struct dj_buf *values;        /* of each of these, */
    size_t *before;               /* and how many bytes of them an addition found */
    struct dj_buf lines;          /* about rows */
    struct dj_buf name;           /* of a statistic, with its quotes */
    struct dj_buf trace;          /* lines of a tracer */
    struct layer_source *sources; /* of the line at hand, for each text */
};

struct dj_layer_writer *dj_layer_writer_new(const struct dj_batch_layout *layout)
{
    struct dj_layer_writer *writer = dj_xmalloc(sizeof(*writer));

    writer->layout = layout;
    writer->stats = dj_xcalloc(layout->nstats + 1, sizeof(*writer->stats));
    writer->values = dj_xcalloc(layout->nstats + 1, sizeof(*writer->values));
    writer->before = dj_xcalloc(layout->nstats + 1, sizeof(*writer->before));
    for (size_t i = 0; i < layout->nstats; i++) {
        dj_buf_init(&writer->values[i]);
    }
    dj_buf_init(&writer->lines);
    dj_buf_init(&writer->name);
    dj_buf_init(&writer->trace);
    writer->sources = dj_xcalloc(layout->ntexts + 1, sizeof(*writer->sources));
    return writer;
}

void dj_layer_writer_free(struct dj_layer_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    for (size_t i = 0; i < writer->layout->nstats; i++) {
        dj_buf_release(&writer->values[i]);
    }
    dj_buf_release(&writer->lines);
    dj_buf_release(&writer->name);
    dj_buf_release(&writer->trace);
    dj_xfree(writer->sources);
    dj_xfree(writer->values);
    dj_xfree(writer->before);
    dj_xfree(writer->stats);
    dj_xfree(writer);
}

static bool has_column(const struct dj_layer_writer *writer, size_t column)
{
    for (size_t i = 0; i < writer->nstats; i++) {
        if (writer->stats[i] == column) {
            return true;
        }
    }
    return false;
}

void dj_layer_begin(struct dj_layer_writer *writer, int64_t partition, int64_t op_first,
                    int64_t op_end, const size_t *stats, size_t nstats)
{
    writer->head = (struct layer_head){
        .partition = partition,
        .op_first = op_first,
        .op_end = op_end,
    };
    writer->nstats = 0;
    for (size_t i = 0; i < nstats; i++) {
        assert(stats[i] < writer->layout->nstats);
        if (!has_column(writer, stats[i])) {
            dj_buf_reset(&writer->values[writer->nstats]);
            writer->stats[writer->nstats++] = stats[i];
        }
    }
    dj_buf_reset(&writer->lines);
    dj_buf_reset(&writer->trace);
}

/* --- rows --------------------------------------------------------------------------- */

/* The row is not what the layer before has told. */
static bool is_untold(const struct dj_batch *batch, size_t row)
{
    const size_t ntexts = batch->layout->ntexts;

    if (batch->rows[row].verdict.state != DJ_ROW_LIVE) {
        return batch->rows[row].verdict.untold;
    }
    if (batch->rows[row].untold) {
        return true;
    }
    for (size_t i = row * ntexts; i < (row + 1) * ntexts; i++) {
        if (batch->texts[i].untold) {
            return true;
        }
    }
    return false;
}

/* A row of a line: part -1 when it is the only one. */
struct told {
    size_t index; /* in the batch */
    int64_t part;
};

/* All texts that are not those of the line; nothing when there are none. */
static enum dj_status put_edits(struct dj_layer_writer *writer,
                                const struct dj_batch *batch, struct told row)
{
    const struct dj_batch_layout *layout = batch->layout;
    struct dj_buf *out = &writer->lines;
    bool first = true;

    for (size_t i = 0; i < layout->ntexts; i++) {
        const struct text_slot *slot = &batch->texts[row.index * layout->ntexts + i];

        if (slot->changed) {
            DJ_TRY(dj_buf_append(out, first ? DJ_STR(", \"edits\": {") : DJ_STR(", ")));
            first = false;
            DJ_TRY(dj_json_quote(out, batch->keys[i].name));
            DJ_TRY(dj_buf_append(out, DJ_STR(": ")));
            DJ_TRY(layer_put_text(batch, row.index, slot, &writer->sources[i],
                                  row.part >= 0, out));
        }
    }
    return first ? DJ_OK : dj_buf_putc(out, '}');
}

static enum dj_status put_verdict(const struct verdict *verdict, struct dj_buf *out)
{
    if (verdict->state == DJ_ROW_DROPPED) {
        return dj_buf_printf(out, ", \"drop\": %d", verdict->op);
    }
    DJ_TRY(dj_buf_printf(out, ", \"reject\": %d, \"reason\": ", verdict->op));
    return dj_json_quote(out, dj_str_from(verdict->reason));
}

/* All that is not as it was read, so that the newest line tells all. */
static enum dj_status put_row(struct dj_layer_writer *writer,
                              const struct dj_batch *batch, struct told told)
{
    const struct row *row = &batch->rows[told.index];
    struct dj_buf *out = &writer->lines;

    DJ_TRY(layer_put_number(DJ_STR("{\"row\": "), (uint64_t)row->origin.row, out));
    if (told.part >= 0) {
        DJ_TRY(layer_put_number(DJ_STR(", \"part\": "), (uint64_t)told.part, out));
    }
    if (row->verdict.state != DJ_ROW_LIVE) {
        DJ_TRY(put_verdict(&row->verdict, out));
    } else {
        if (dj_is_replaced(row)) {
            DJ_TRY(layer_put_number(DJ_STR(", \"bytes\": "), row->line.len, out));
            DJ_TRY(dj_buf_append(out, DJ_STR(", \"sample\": ")));
            DJ_TRY(dj_buf_append(out, row->line));
        }
        DJ_TRY(put_edits(writer, batch, told));
    }
    return dj_buf_append(out, DJ_STR("}\n"));
}

/* Any JSON value in a list of its own. Behind it there is as much room as before. */
static enum dj_status put_json(struct dj_str json, struct dj_buf *values, size_t room)
{
    DJ_TRY(dj_buf_reserve(values, json.len + 2 + room));
    DJ_TRY(dj_buf_putc(values, '['));
    DJ_TRY(dj_buf_append(values, json));
    return dj_buf_putc(values, ']');
}

/* The values of a live row; there is room for numbers of it and of those behind it. */
static enum dj_status put_values(struct dj_layer_writer *writer,
                                 const struct dj_batch *batch, size_t row, size_t room)
{
    const struct stat_cell *cells = &batch->stats[row * batch->layout->nstats];

    for (size_t i = 0; i < writer->nstats; i++) {
        const struct stat_cell *cell = &cells[writer->stats[i]];
        struct dj_buf *values = &writer->values[i];
        char *out = values->ptr + values->len;

        if (values->len > 0) {
            *out++ = ',';
            *out++ = ' ';
        }
        values->len = (size_t)(out - values->ptr);
        if (!cell->present) {
            memcpy(out, "false", 5);
            values->len += 5;
        } else if (cell->kind == STAT_JSON) {
            DJ_TRY(put_json(dj_str_from(cell->value.text), values, room));
        } else {
            values->len += dj_stats_text(cell, out);
        }
    }
    return DJ_OK;
}

static enum dj_status put_all_values(struct dj_layer_writer *writer,
                                     const struct dj_batch *batch)
{
    size_t room = dj_size_mul(batch->nlive, VALUE_ROOM);

    for (size_t i = 0; i < writer->nstats; i++) {
        DJ_TRY(dj_buf_reserve(&writer->values[i], room));
    }
    for (size_t i = 0; i < batch->nrows && writer->nstats > 0; i++) {
        if (batch->rows[i].verdict.state == DJ_ROW_LIVE) {
            room -= VALUE_ROOM;
            DJ_TRY(put_values(writer, batch, i, room));
        }
    }
    return DJ_OK;
}

/* The rows [first, end) of one line; all of them when copies are among them. */
static enum dj_status put_line_rows(struct dj_layer_writer *writer,
                                    const struct dj_batch *batch, size_t first,
                                    size_t end)
{
    const int64_t line = batch->rows[first].origin.row;
    const bool parts = end - first > 1;
    bool all = false;

    for (size_t i = first; i < end; i++) {
        all = all || batch->rows[i].copied;
    }
    if (all) {
        DJ_TRY(dj_buf_printf(&writer->lines, "{\"row\": %lld, \"parts\": %zu}\n",
                             (long long)line, end - first));
    }
    for (size_t i = first; i < end; i++) {
        if (all || is_untold(batch, i)) {
            const int64_t part = parts ? dj_i64_from_size(i - first) : -1;

            DJ_TRY(put_row(writer, batch, (struct told){ i, part }));
        }
    }
    return DJ_OK;
}

/* *count becomes the number of source lines. */
static enum dj_status put_lines(struct dj_layer_writer *writer,
                                const struct dj_batch *batch, int64_t *count)
{
    const size_t ntexts = batch->layout->ntexts;
    size_t end;

    *count = 0;
    for (size_t first = 0; first < batch->nrows; first = end) {
        assert(batch->rows[first].origin.row == writer->head.rows + *count);
        end = dj_batch_line_end(batch, first);
        dj_arena_reset(batch->scratch);
        memset(writer->sources, 0, ntexts * sizeof(*writer->sources));
        DJ_TRY(put_line_rows(writer, batch, first, end));
        ++*count;
    }
    return DJ_OK;
}

/* The lines stay what they are from one layer to the next, and are read once. */
static void mix_lines(struct dj_layer_writer *writer, struct dj_batch *batch)
{
    struct mixed *mixed = &batch->mixed;

    if (mixed->rows != batch->nrows || mixed->from != writer->head.source) {
        *mixed = (struct mixed){ .rows = batch->nrows,
                                 .from = writer->head.source,
                                 .to = writer->head.source };
        for (size_t i = 0; i < batch->nrows; i = dj_batch_line_end(batch, i)) {
            mixed->to = layer_mix_row(mixed->to, batch, i);
        }
    }
    writer->head.source = mixed->to;
}

enum dj_status dj_layer_add(struct dj_layer_writer *writer, struct dj_batch *batch)
{
    const size_t before = writer->lines.len;
    enum dj_status status;
    int64_t count;

    for (size_t i = 0; i < writer->nstats; i++) {
        writer->before[i] = writer->values[i].len;
    }
    status = put_lines(writer, batch, &count);
    if (status == DJ_OK) {
        status = put_all_values(writer, batch);
    }
    if (status != DJ_OK) { /* nothing was added, and it can be tried again */
        writer->lines.len = before;
        for (size_t i = 0; i < writer->nstats; i++) {
            writer->values[i].len = writer->before[i];
        }
        return status;
    }
    mix_lines(writer, batch);
    writer->head.rows += count;
    writer->head.live += dj_i64_from_size(batch->nlive);
    dj_batch_settle(batch);
    return DJ_OK;
}

/* --- the whole ---------------------------------------------------------------------- */

uint64_t layer_mix_row(uint64_t hash, const struct dj_batch *batch, size_t row)
{
    const int64_t number = dj_batch_origin(batch, row).row;

    return layer_mix_line(
        hash, batch->lines_vary ? (struct dj_str){ (const char *)&number, sizeof(number) }
                                : batch->rows[row].read);
}

uint64_t layer_mix_line(uint64_t hash, struct dj_str line)
{
    const size_t end = line.len < LINE_END ? line.len : LINE_END;
    const uint64_t parts[4] = {
        hash,
        line.len,
        dj_hash64((struct dj_str){ line.ptr, end }),
        dj_hash64((struct dj_str){ line.ptr + line.len - end, end }),
    };

    return dj_hash64((struct dj_str){ (const char *)parts, sizeof(parts) });
}

uint64_t layer_hash(struct dj_str first, struct dj_str rest)
{
    const uint64_t parts[2] = { dj_hash64(first), dj_hash64(rest) };

    return dj_hash64((struct dj_str){ (const char *)parts, sizeof(parts) });
}

enum dj_status layer_put_head(const struct layer_head *head, struct dj_buf *out)
{
    char source[DJ_HASH64_TEXT];

    dj_hash64_text(head->source, source);
    return dj_buf_printf(out,
                         "{\"partition\": %lld, \"op_first\": %lld, \"op_end\": %lld, "
                         "\"rows\": %lld, \"live\": %lld, \"source\": \"%s\", "
                         "\"hash\": \"0000000000000000\"}\n",
                         (long long)head->partition, (long long)head->op_first,
                         (long long)head->op_end, (long long)head->rows,
                         (long long)head->live, source);
}

void layer_seal(struct dj_buf *out, size_t begin)
{
    char *const layer = out->ptr + begin;
    char *const rest = (char *)memchr(layer, '\n', out->len - begin) + 1;
    char *const place = rest - strlen("\"}\n") - (DJ_HASH64_TEXT - 1);
    char text[DJ_HASH64_TEXT];

    dj_hash64_text(
        layer_hash((struct dj_str){ layer, (size_t)(place - layer) },
                   (struct dj_str){ rest, out->len - (size_t)(rest - out->ptr) }),
        text);
    memcpy(place, text, DJ_HASH64_TEXT - 1);
}

enum dj_status layer_put_column(struct dj_str name, struct dj_str values,
                                struct dj_buf *out)
{
    DJ_TRY(dj_buf_append(out, DJ_STR("{\"stat\": ")));
    DJ_TRY(dj_buf_append(out, name));
    DJ_TRY(dj_buf_append(out, DJ_STR(", \"values\": [")));
    DJ_TRY(dj_buf_append(out, values));
    return dj_buf_append(out, DJ_STR("]}\n"));
}

static enum dj_status put_all(struct dj_layer_writer *writer, struct dj_buf *out)
{
    DJ_TRY(dj_buf_reserve(out, writer->lines.len + LAYER_HEAD_TEXT));
    DJ_TRY(layer_put_head(&writer->head, out));
    DJ_TRY(dj_buf_append(out, dj_buf_str(&writer->lines)));
    for (size_t i = 0; i < writer->nstats; i++) {
        const char *name = writer->layout->stats[writer->stats[i]];

        dj_buf_reset(&writer->name);
        DJ_TRY(dj_json_quote(&writer->name, dj_str_from(name)));
        DJ_TRY(layer_put_column(dj_buf_str(&writer->name), dj_buf_str(&writer->values[i]),
                                out));
    }
    return dj_buf_append(out, dj_buf_str(&writer->trace));
}

enum dj_status dj_layer_trace(struct dj_layer_writer *writer, struct dj_str lines)
{
    return dj_buf_append(&writer->trace, lines);
}

enum dj_status dj_layer_end(struct dj_layer_writer *writer, struct dj_buf *out,
                            int64_t *live)
{
    const size_t before = out->len;
    const enum dj_status status = put_all(writer, out);

    if (status == DJ_OK) {
        layer_seal(out, before);
    } else {
        out->len = before;
    }
    *live = writer->head.live;
    return status;
}

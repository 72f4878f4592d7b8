/* Layers: what stands in them, what is restored from them, and what is refused. */
#include "djtest.h"

#include "data/batch_private.h"
#include "data/layer_private.h"

static const char *const text_keys[] = { "text", "note" };
static const char *const stat_names[] = { "n", "r" };
static const struct dj_batch_layout layout = {
    .ntexts = 2,
    .texts = text_keys,
    .nrequired = 1,
    .nstats = 2,
    .stats = stat_names,
};
static const size_t columns[] = { 0, 1 };

enum { ROWS = 6 };

static const char lines[ROWS][160] = {
    "{\"text\": \"zero\"}",
    "{\"text\": \"  caf\\u00e9 has a line end at its end\\n\", \"note\": null}",
    "{\"text\": \"two\"}",
    "no sample",
    "{\"text\": \"four\", \"__dj__stats__\": {\"r\": 0.50}}",
    "{\"text\": \"five\", \"meta\": {}}",
};

static void add_lines(struct dj_batch *batch, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        DJ_CHECK_OK(dj_batch_add(batch, dj_str_from(lines[i]),
                                 (struct dj_origin){ (int64_t)i, (int64_t)i + 1 }));
    }
}

static struct dj_batch *new_batch(size_t first, size_t end)
{
    struct dj_batch *batch = dj_batch_new(&layout);

    add_lines(batch, first, end);
    return batch;
}

static void set_text(struct dj_batch *batch, int op, size_t row, size_t key,
                     const char *text)
{
    dj_batch_select(batch, op, key, columns);
    DJ_CHECK_OK(dj_batch_set_text(batch, row, dj_str_from(text)));
}

/* What operator 0 does: a text, a new one, and a statistic. */
static void first_work(struct dj_batch *batch)
{
    set_text(batch, 0, 1, 0, "caf\xc3\xa9 has a line end at its end");
    set_text(batch, 0, 5, 1, "new");
    dj_batch_select(batch, 0, 0, columns);
    DJ_FOR_EACH_ROW (row, batch) {
        if (row != 5) {
            dj_batch_set_stat(batch, row, 0, DJ_INT(10 + (int64_t)row));
        }
    }
}

/* And operator 1: another statistic, and verdicts. */
static void second_work(struct dj_batch *batch)
{
    dj_batch_select(batch, 1, 0, columns);
    DJ_FOR_EACH_ROW (row, batch) {
        dj_batch_set_stat(batch, row, 1,
                          row == 1 ? (struct dj_number){ .kind = DJ_NUMBER_NONE }
                                   : DJ_FLOAT(0.25 * (double)row));
    }
    dj_batch_drop(batch, 0);
    dj_batch_reject(batch, 2, "too \"old\"");
}

static void write_layer(struct dj_layer_writer *writer, struct dj_batch *batch,
                        int64_t op, struct dj_buf *out)
{
    const size_t column = (size_t)op;
    int64_t live = -1;

    dj_layer_begin(writer, 12, op, op + 1, &column, 1);
    DJ_CHECK_OK(dj_layer_add(writer, batch));
    dj_buf_reset(out);
    DJ_CHECK_OK(dj_layer_end(writer, out, &live));
    DJ_CHECK_INT(live, dj_batch_live_count(batch));
}

/* The layers of operators 0 and 1, and the batch they are made of. */
struct both {
    struct dj_batch *batch;
    struct dj_batch *again; /* for try_layer */
    struct dj_layer_writer *writer;
    struct dj_layers *layers;
    struct dj_buf first, second, other;
    struct dj_error err;
};

static void open_both(struct both *both)
{
    *both = (struct both){ .batch = new_batch(0, ROWS) };
    both->again = new_batch(0, 0);
    both->writer = dj_layer_writer_new(&layout);
    both->layers = dj_layers_new(&layout);
    dj_buf_init(&both->first);
    dj_buf_init(&both->second);
    dj_buf_init(&both->other);
    first_work(both->batch);
    write_layer(both->writer, both->batch, 0, &both->first);
    second_work(both->batch);
    write_layer(both->writer, both->batch, 1, &both->second);
}

static void close_both(struct both *both)
{
    dj_batch_free(both->batch);
    dj_batch_free(both->again);
    dj_layer_writer_free(both->writer);
    dj_layers_free(both->layers);
    dj_buf_release(&both->first);
    dj_buf_release(&both->second);
    dj_buf_release(&both->other);
}

static void push(struct both *both, const struct dj_buf *layer)
{
    DJ_CHECK_OK(dj_layers_push(both->layers, dj_buf_str(layer), &both->err));
}

/* The layer says this behind the hash of its first line. */
static void check_rest(const struct dj_buf *layer, const char *rest)
{
    const char *const second = (char *)memchr(layer->ptr, '\n', layer->len) + 1;

    DJ_CHECK_STR(((struct dj_str){ second, (size_t)(layer->ptr + layer->len - second) }),
                 rest);
}

/* --- what is written ---------------------------------------------------------------- */

static void layers_are_lines_of_json(void)
{
    static const char begin[] = "{\"partition\": 12, \"op_first\": 0, \"op_end\": 1, "
                                "\"rows\": 6, \"live\": 5, \"source\": \"";
    struct both both;

    open_both(&both);
    DJ_CHECK(both.first.len > strlen(begin) &&
             memcmp(both.first.ptr, begin, strlen(begin)) == 0);
    check_rest(&both.first,
               "{\"row\": 1, \"edits\": {\"text\": [[0, 2, \"\"], [31, 1, \"\"]]}}\n"
               "{\"row\": 3, \"reject\": -1, \"reason\": \"byte 0: a sample must be a "
               "JSON object\"}\n"
               "{\"row\": 5, \"edits\": {\"note\": [[0, 0, \"new\"]]}}\n"
               "{\"stat\": \"n\", \"values\": [10, 11, 12, 14, false]}\n");
    check_rest(&both.second,
               "{\"row\": 0, \"drop\": 1}\n"
               "{\"row\": 2, \"reject\": 1, \"reason\": \"too \\\"old\\\"\"}\n"
               "{\"stat\": \"r\", \"values\": [null, 1.0, 1.25]}\n");
    close_both(&both);
}

static void the_newest_line_tells_all_texts(void)
{
    struct both both;

    open_both(&both);
    set_text(both.batch, 2, 5, 0, "fifth");
    dj_layer_begin(both.writer, 12, 2, 3, NULL, 0);
    DJ_CHECK_OK(dj_layer_add(both.writer, both.batch));
    {
        int64_t live;

        DJ_CHECK_OK(dj_layer_end(both.writer, &both.other, &live));
    }
    check_rest(&both.other, "{\"row\": 5, \"edits\": {\"text\": [[2, 2, \"fth\"]], "
                            "\"note\": [[0, 0, \"new\"]]}}\n");
    close_both(&both);
}

static void a_text_as_it_was_read_has_no_edits(void)
{
    struct dj_batch_work *work = dj_batch_work_new();
    struct both both;

    open_both(&both);
    dj_batch_wake(both.again, work);
    dj_batch_free(both.batch);
    both.batch = both.again;
    both.again = NULL;
    add_lines(both.batch, 0, ROWS);
    first_work(both.batch);
    write_layer(both.writer, both.batch, 0, &both.other);
    second_work(both.batch);
    write_layer(both.writer, both.batch, 1, &both.other);
    dj_buf_reset(&both.other);
    set_text(both.batch, 2, 1, 0, "  caf\xc3\xa9 has a line end at its end\n");
    dj_layer_begin(both.writer, 12, 2, 3, NULL, 0);
    DJ_CHECK_OK(dj_batch_rest(both.batch));
    dj_batch_wake(both.batch, work); /* what was read is decoded once more */
    DJ_CHECK_OK(dj_layer_add(both.writer, both.batch));
    {
        int64_t live;

        DJ_CHECK_OK(dj_layer_end(both.writer, &both.other, &live));
    }
    check_rest(&both.other, "{\"row\": 1, \"edits\": {\"text\": []}}\n");
    close_both(&both);
    dj_batch_work_free(work);
}

/* What has been replaced is given back when it is much; the line still says it. */
static void texts_that_were_given_back_are_compared_too(void)
{
    enum { LONG = 1 << 20 };
    struct dj_batch *batch = dj_batch_new(&layout);
    struct dj_buf line, text, layer;
    struct both both;
    int64_t live;

    open_both(&both);
    dj_buf_init(&line);
    dj_buf_init(&text);
    dj_buf_init(&layer);
    DJ_CHECK_OK(dj_buf_append(&line, DJ_STR("{\"text\": \"\\n")));
    DJ_CHECK_OK(dj_buf_reserve(&line, LONG + 2));
    memset(line.ptr + line.len, 'x', LONG);
    line.len += LONG;
    DJ_CHECK_OK(dj_buf_append(&line, DJ_STR("\"}")));
    for (int64_t i = 0; i < 2; i++) {
        DJ_CHECK_OK(
            dj_batch_add(batch, dj_buf_str(&line), (struct dj_origin){ i, i + 1 }));
    }
    dj_batch_select(batch, 0, 0, columns);
    for (int i = 0; i < 24; i++) {
        dj_batch_mark(batch);
        dj_buf_reset(&text);
        DJ_CHECK_OK(dj_buf_append(&text, dj_batch_text(batch, 0)));
        DJ_CHECK_OK(dj_buf_putc(&text, (char)('a' + i)));
        DJ_CHECK_OK(dj_batch_set_text(batch, 0, dj_buf_str(&text)));
    }
    DJ_CHECK(batch->texts[0].read.ptr == NULL);
    DJ_CHECK(batch->texts[layout.ntexts].read.ptr ==
             batch->texts[layout.ntexts].text.ptr);
    DJ_CHECK(batch->texts[layout.ntexts].read.ptr[1] == 'x');
    dj_layer_begin(both.writer, 0, 0, 1, NULL, 0);
    DJ_CHECK_OK(dj_layer_add(both.writer, batch));
    DJ_CHECK_OK(dj_layer_end(both.writer, &layer, &live));
    check_rest(&layer, "{\"row\": 0, \"edits\": {\"text\": [[1048577, 0, "
                       "\"abcdefghijklmnopqrstuvwx\"]]}}\n");
    dj_batch_free(batch);
    dj_buf_release(&line);
    dj_buf_release(&text);
    dj_buf_release(&layer);
    close_both(&both);
}

/* The statistic of a row becomes a JSON value. */
static void set_json(struct dj_batch *batch, size_t row, size_t column, const char *json)
{
    struct stat_cell *cell = &batch->stats[row * layout.nstats + column];

    cell->kind = STAT_JSON;
    cell->present = true;
    cell->value.text = json;
}

static void statistics_may_be_any_value(void)
{
    static const char *const values[] = { "\"en, [\\\\\\\"\"", "[1, [\"]\"], {}]",
                                          "false", "{\"a\": [1, 2]}" };
    static const size_t live[] = { 0, 1, 4, 5 };
    struct dj_batch *again = new_batch(0, ROWS);
    struct both both;

    open_both(&both);
    dj_layers_reset(both.layers);
    dj_batch_free(both.batch);
    both.batch = new_batch(0, ROWS);
    for (size_t i = 0; i < 4; i++) {
        set_json(both.batch, live[i], 0, values[i]);
    }
    write_layer(both.writer, both.batch, 0, &both.first);
    check_rest(
        &both.first,
        "{\"row\": 3, \"reject\": -1, \"reason\": \"byte 0: a sample must be a "
        "JSON object\"}\n"
        "{\"stat\": \"n\", \"values\": [[\"en, [\\\\\\\"\"], [[1, [\"]\"], {}]], false, "
        "[false], [{\"a\": [1, 2]}]]}\n");
    push(&both, &both.first);
    DJ_CHECK_OK(dj_layers_apply(both.layers, again, &both.err));
    DJ_CHECK_OK(dj_layers_finish(both.layers, &both.err));
    for (size_t i = 0; i < 4; i++) {
        const struct stat_cell *cell = &again->stats[live[i] * layout.nstats];

        DJ_CHECK(cell->present && cell->kind == STAT_JSON);
        DJ_CHECK_TEXT(cell->value.text, values[i]);
    }
    DJ_CHECK(!again->stats[2 * layout.nstats].present);
    {
        const struct dj_str bytes[] = { dj_buf_str(&both.first) };

        DJ_CHECK_OK(dj_layers_merge(bytes, 1, &both.other, &both.err));
    }
    DJ_CHECK(dj_str_equal(dj_buf_str(&both.other), dj_buf_str(&both.first)));
    dj_batch_free(again);
    close_both(&both);
}

static void layers_of_nothing_are_layers(void)
{
    struct both both;
    struct dj_batch *none;
    int64_t live = -1;

    open_both(&both);
    none = new_batch(0, 0);
    dj_layer_begin(both.writer, 0, 0, 4, columns, 2);
    DJ_CHECK_OK(dj_layer_add(both.writer, none));
    DJ_CHECK_OK(dj_layer_end(both.writer, &both.other, &live));
    DJ_CHECK_INT(live, 0);
    check_rest(&both.other, "{\"stat\": \"n\", \"values\": []}\n"
                            "{\"stat\": \"r\", \"values\": []}\n");
    push(&both, &both.other);
    DJ_CHECK_OK(dj_layers_apply(both.layers, none, &both.err));
    DJ_CHECK_OK(dj_layers_finish(both.layers, &both.err));
    dj_layers_reset(both.layers); /* no layers at all */
    DJ_CHECK_OK(dj_layers_apply(both.layers, none, &both.err));
    DJ_CHECK_OK(dj_layers_finish(both.layers, &both.err));
    dj_batch_free(none);
    close_both(&both);
}

/* --- what is restored --------------------------------------------------------------- */

static void check_encoded(const struct dj_batch *batch, size_t row, const char *line)
{
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_batch_encode(batch, row, DJ_ENCODE_STATS, &out));
    DJ_CHECK_STR(dj_buf_str(&out), line);
    dj_buf_release(&out);
}

static void check_restored(struct dj_batch *batch)
{
    DJ_CHECK_INT(dj_batch_live_count(batch), 3);
    DJ_CHECK_INT(dj_batch_state(batch, 0), DJ_ROW_DROPPED);
    DJ_CHECK_INT(dj_batch_dropped_by(batch, 0), 1);
    DJ_CHECK_INT(dj_batch_state(batch, 2), DJ_ROW_REJECTED);
    DJ_CHECK_INT(dj_batch_rejected_by(batch, 2), 1);
    DJ_CHECK_TEXT(dj_batch_reason(batch, 2), "too \"old\"");
    DJ_CHECK_STR(dj_batch_line(batch, 2), lines[2]);
    DJ_CHECK_INT(dj_batch_state(batch, 3), DJ_ROW_REJECTED);
    DJ_CHECK_INT(dj_batch_rejected_by(batch, 3), -1);
    DJ_CHECK_TEXT(dj_batch_reason(batch, 3), "byte 0: a sample must be a JSON object");
    check_encoded(batch, 1,
                  "{\"text\": \"caf\xc3\xa9 has a line end at its end\", \"note\": null, "
                  "\"__dj__stats__\": {\"n\": 11, \"r\": null}}\n");
    check_encoded(batch, 4,
                  "{\"text\": \"four\", \"__dj__stats__\": {\"r\": 1.0, \"n\": 14}}\n");
    check_encoded(batch, 5,
                  "{\"text\": \"five\", \"meta\": {}, \"note\": \"new\", "
                  "\"__dj__stats__\": {\"r\": 1.25}}\n");
}

static void rows_are_restored(void)
{
    struct dj_batch *again = new_batch(0, ROWS);
    struct both both;

    open_both(&both);
    check_restored(both.batch);
    push(&both, &both.first);
    push(&both, &both.second);
    DJ_CHECK_OK(dj_layers_apply(both.layers, again, &both.err));
    DJ_CHECK_OK(dj_layers_finish(both.layers, &both.err));
    check_restored(again);
    write_layer(both.writer, again, 1, &both.other); /* all of it has been told */
    check_rest(&both.other, "{\"stat\": \"r\", \"values\": [null, 1.0, 1.25]}\n");
    dj_batch_free(again);
    close_both(&both);
}

static void a_merged_layer_says_the_same(void)
{
    struct dj_batch *again = new_batch(0, ROWS);
    struct both both;

    open_both(&both);
    {
        const struct dj_str bytes[] = { dj_buf_str(&both.first),
                                        dj_buf_str(&both.second) };

        DJ_CHECK_OK(dj_layers_merge(bytes, 2, &both.other, &both.err));
    }
    check_rest(&both.other,
               "{\"row\": 0, \"drop\": 1}\n"
               "{\"row\": 1, \"edits\": {\"text\": [[0, 2, \"\"], [31, 1, \"\"]]}}\n"
               "{\"row\": 2, \"reject\": 1, \"reason\": \"too \\\"old\\\"\"}\n"
               "{\"row\": 3, \"reject\": -1, \"reason\": \"byte 0: a sample must be a "
               "JSON object\"}\n"
               "{\"row\": 5, \"edits\": {\"note\": [[0, 0, \"new\"]]}}\n"
               "{\"stat\": \"n\", \"values\": [11, 14, false]}\n"
               "{\"stat\": \"r\", \"values\": [null, 1.0, 1.25]}\n");
    push(&both, &both.other);
    DJ_CHECK_OK(dj_layers_apply(both.layers, again, &both.err));
    DJ_CHECK_OK(dj_layers_finish(both.layers, &both.err));
    check_restored(again);
    dj_batch_free(again);
    close_both(&both);
}

static void lines_of_a_tracer_are_carried_along(void)
{
    static const char old[] = "{\"trace\": 0, \"entry\": {\"id\": 3}}\n";
    static const char new[] = "{\"trace\": 2, \"entry\": {}}\n"
                              "{\"trace\": 2, \"entry\": {\"text\": \"{\\n\"}}\n";
    struct dj_batch *batch = new_batch(0, ROWS);
    struct both both;
    struct dj_buf trace;
    int64_t live;

    open_both(&both);
    dj_buf_init(&trace);
    for (int64_t op = 0; op < 2; op++) {
        struct dj_buf *out = op == 0 ? &both.first : &both.second;

        dj_layer_begin(both.writer, 12, op, op + 1, NULL, 0);
        DJ_CHECK_OK(dj_layer_trace(both.writer, dj_str_from(op == 0 ? old : new)));
        DJ_CHECK_OK(dj_layer_add(both.writer, batch));
        dj_buf_reset(out);
        DJ_CHECK_OK(dj_layer_end(both.writer, out, &live));
    }
    check_rest(&both.second, new);
    {
        const struct dj_str bytes[] = { dj_buf_str(&both.first),
                                        dj_buf_str(&both.second) };

        DJ_CHECK_OK(dj_layers_merge(bytes, 2, &both.other, &both.err));
    }
    push(&both, &both.other);
    DJ_CHECK_OK(dj_layers_trace(both.layers, &trace));
    dj_layers_reset(both.layers);
    push(&both, &both.first);
    push(&both, &both.second);
    DJ_CHECK_OK(dj_layers_trace(both.layers, &trace));
    DJ_CHECK_INT(trace.len, 2 * (strlen(old) + strlen(new)));
    DJ_CHECK(memcmp(trace.ptr, old, strlen(old)) == 0);
    DJ_CHECK(memcmp(trace.ptr + strlen(old), new, strlen(new)) == 0);
    DJ_CHECK(memcmp(trace.ptr, trace.ptr + trace.len / 2, trace.len / 2) == 0);
    dj_buf_release(&trace);
    dj_batch_free(batch);
    close_both(&both);
}

/* --- what is refused ---------------------------------------------------------------- */

static void push_fails(struct both *both, const struct dj_buf *layer, const char *why)
{
    both->err.text[0] = '\0';
    DJ_CHECK_STATUS(dj_layers_push(both->layers, dj_buf_str(layer), &both->err), DJ_DATA);
    DJ_CHECK_CONTAINS(both->err.text, why);
}

static void layers_out_of_order_are_refused(void)
{
    struct both both;

    open_both(&both);
    push_fails(&both, &both.second,
               "layer [1, 2) of partition 12: it is not the first one");
    push(&both, &both.first);
    push_fails(&both, &both.first, "the one before ends at operator 1");
    push(&both, &both.second);
    push_fails(&both, &both.second, "the one before ends at operator 2");
    close_both(&both);
}

/* Layer 1 of a partition: its rows and their text are up to the test. */
static void second_of(struct both *both, int64_t partition, size_t end)
{
    struct dj_batch *batch = new_batch(0, end);
    const size_t column = 1;
    int64_t live;

    dj_batch_settle(batch); /* as after the first layer */
    dj_layer_begin(both->writer, partition, 1, 2, &column, 1);
    DJ_CHECK_OK(dj_layer_add(both->writer, batch));
    dj_buf_reset(&both->other);
    DJ_CHECK_OK(dj_layer_end(both->writer, &both->other, &live));
    dj_batch_free(batch);
}

static void layers_of_other_partitions_are_refused(void)
{
    struct both both;

    open_both(&both);
    push(&both, &both.first);
    second_of(&both, 13, ROWS);
    push_fails(&both, &both.other,
               "it is of partition 13, the one before of partition 12");
    second_of(&both, 12, ROWS - 1);
    push_fails(&both, &both.other, "it has other rows than the one before");
    second_of(&both, 12, ROWS);
    push(&both, &both.other);
    close_both(&both);
}

static void the_rows_must_be_those_of_the_layer(void)
{
    struct dj_batch *few = new_batch(0, 4), *rest = new_batch(4, ROWS);
    struct dj_batch *late = new_batch(1, ROWS), *more;
    struct both both;

    open_both(&both);
    push(&both, &both.first);
    DJ_CHECK_STATUS(dj_layers_apply(both.layers, late, &both.err), DJ_DATA);
    DJ_CHECK_CONTAINS(both.err.text, "row 1 is not the next of its 6");
    dj_layers_reset(both.layers);
    push(&both, &both.first);
    DJ_CHECK_OK(dj_layers_apply(both.layers, few, &both.err));
    DJ_CHECK_STATUS(dj_layers_finish(both.layers, &both.err), DJ_DATA);
    DJ_CHECK_CONTAINS(both.err.text, "4 rows were restored, not 6");
    DJ_CHECK_OK(dj_layers_apply(both.layers, rest, &both.err));
    DJ_CHECK_OK(dj_layers_finish(both.layers, &both.err));
    more = dj_batch_new(&layout);
    DJ_CHECK_OK(dj_batch_add(more, dj_str_from(lines[0]), (struct dj_origin){ 6, 7 }));
    DJ_CHECK_STATUS(dj_layers_apply(both.layers, more, &both.err), DJ_DATA);
    DJ_CHECK_CONTAINS(both.err.text, "row 6 is not the next of its 6");
    dj_batch_free(few);
    dj_batch_free(rest);
    dj_batch_free(late);
    dj_batch_free(more);
    close_both(&both);
}

/* Restoring from the first layer, with another line in the place of one. */
static void restore_other_line(struct both *both, size_t other, const char *line,
                               const char *why)
{
    struct dj_batch *batch = dj_batch_new(&layout);
    char padded[160] = "";
    enum dj_status status;

    (void)snprintf(padded, sizeof(padded) - DJ_PADDING, "%s", line);
    for (size_t i = 0; i < ROWS; i++) {
        DJ_CHECK_OK(dj_batch_add(batch, dj_str_from(i == other ? padded : lines[i]),
                                 (struct dj_origin){ (int64_t)i, (int64_t)i + 1 }));
    }
    dj_layers_reset(both->layers);
    push(both, &both->first);
    both->err.text[0] = '\0';
    status = dj_layers_apply(both->layers, batch, &both->err);
    if (status == DJ_OK) {
        status = dj_layers_finish(both->layers, &both->err);
    }
    DJ_CHECK_STATUS(status, DJ_DATA);
    DJ_CHECK_CONTAINS(both->err.text, why);
    dj_batch_free(batch);
}

static void other_source_lines_are_found_out(void)
{
    static const char cause[] = "other source lines than these";
    struct both both;

    open_both(&both);
    restore_other_line(&both, 0, "{\"text\": \"zer0\"}", cause);
    restore_other_line(&both, 5, "{\"text\": \"five\", \"meta\": []}", cause);
    restore_other_line(&both, 1, "{\"text\": \"short\"}", "row 1: ");
    restore_other_line(&both, 3, "{\"text\": \"3\"}", "row 3: ");
    restore_other_line(&both, 0, "{\"text\": 0}", "row 0: ");
    close_both(&both);
}

/* Reads the layer with all functions; the statuses must be OK or DJ_DATA with a text. */
static enum dj_status try_layer(struct both *both, struct dj_str layer)
{
    const struct dj_str bytes[] = { layer };
    enum dj_status status, merged;
    struct dj_error err = { 0 };

    both->err.text[0] = '\0';
    dj_batch_reset(both->again);
    add_lines(both->again, 0, ROWS);
    dj_layers_reset(both->layers);
    status = dj_layers_push(both->layers, layer, &both->err);
    if (status == DJ_OK) {
        status = dj_layers_apply(both->layers, both->again, &both->err);
    }
    if (status == DJ_OK) {
        status = dj_layers_finish(both->layers, &both->err);
    }
    DJ_CHECK(status == DJ_OK || status == DJ_DATA);
    DJ_CHECK(status == DJ_OK || both->err.text[0] != '\0');
    dj_buf_reset(&both->other);
    merged = dj_layers_merge(bytes, 1, &both->other, &err);
    DJ_CHECK(merged == DJ_OK || merged == DJ_DATA);
    DJ_CHECK(merged == DJ_OK || (err.text[0] != '\0' && both->other.len == 0));
    DJ_CHECK(status == DJ_DATA || merged == DJ_OK);
    return status;
}

static void damaged_layers_are_refused(void)
{
    struct both both;
    struct dj_buf copy;

    open_both(&both);
    dj_buf_init(&copy);
    for (size_t len = 0; len < both.first.len; len++) {
        dj_buf_reset(&copy);
        DJ_CHECK_OK(dj_buf_append(&copy, (struct dj_str){ both.first.ptr, len }));
        DJ_CHECK_OK(dj_buf_reserve(&copy, 1));
        DJ_CHECK_STATUS(try_layer(&both, dj_buf_str(&copy)), DJ_DATA);
    }
    for (size_t bit = 0; bit < 8 * both.first.len; bit++) {
        dj_buf_reset(&copy);
        DJ_CHECK_OK(dj_buf_append(&copy, dj_buf_str(&both.first)));
        copy.ptr[bit / 8] = (char)(copy.ptr[bit / 8] ^ 1 << bit % 8);
        DJ_CHECK_STATUS(try_layer(&both, dj_buf_str(&copy)), DJ_DATA);
    }
    dj_buf_reset(&copy);
    DJ_CHECK_OK(dj_buf_append(&copy, dj_buf_str(&both.first)));
    DJ_CHECK_OK(dj_buf_append(&copy, dj_buf_str(&both.first)));
    DJ_CHECK_STATUS(try_layer(&both, dj_buf_str(&copy)), DJ_DATA);
    DJ_CHECK_CONTAINS(both.err.text, "it is damaged: its hash is another one");
    dj_buf_release(&copy);
    close_both(&both);
}

/* Even where the hash is right, as after a defect of the writer, nothing breaks. */
static void damage_below_the_hash_breaks_nothing(void)
{
    struct both both;
    struct dj_buf copy;
    const char *rest;

    open_both(&both);
    dj_buf_init(&copy);
    rest = (char *)memchr(both.first.ptr, '\n', both.first.len) + 1;
    for (size_t at = (size_t)(rest - both.first.ptr); at < both.first.len; at++) {
        static const char bytes[] = "0129-\"\\[]{},\n e\x80\xc3";

        for (size_t i = 0; i < sizeof(bytes); i++) {
            dj_buf_reset(&copy);
            DJ_CHECK_OK(dj_buf_append(&copy, dj_buf_str(&both.first)));
            copy.ptr[at] = bytes[i];
            layer_seal(&copy, 0);
            (void)try_layer(&both, dj_buf_str(&copy));
        }
        dj_buf_reset(&copy);
        DJ_CHECK_OK(dj_buf_append(&copy, (struct dj_str){ both.first.ptr, at }));
        layer_seal(&copy, 0);
        (void)try_layer(&both, dj_buf_str(&copy));
    }
    dj_buf_release(&copy);
    close_both(&both);
}

/* A layer of these lines behind a first line that is right. */
static void make_layer(struct both *both, const char *head, const char *rest,
                       struct dj_buf *layer)
{
    char source[DJ_HASH64_TEXT];
    uint64_t hash = 0;

    for (size_t i = 0; i < ROWS; i++) {
        hash = layer_mix_line(hash, dj_batch_line(both->batch, i));
    }
    dj_hash64_text(hash, source);
    dj_buf_reset(layer);
    DJ_CHECK_OK(dj_buf_printf(layer,
                              "{\"partition\": 12, %s, \"source\": \"%s\", "
                              "\"hash\": \"0000000000000000\"}\n%s",
                              head, source, rest));
    layer_seal(layer, 0);
}

static void lines_that_are_none_are_refused(void)
{
    static const char head[] = "\"op_first\": 0, \"op_end\": 2, \"rows\": 6, \"live\": 5";
    static const char bad3[] = "{\"row\": 3, \"reject\": -1, \"reason\": \"no\"}\n";
    static const struct {
        const char *head, *rest, *why;
    } cases[] = {
        { head, "", "row 3: what it says does not fit the source line" },
        { head, bad3, NULL },
        { "\"op_first\": 2, \"op_end\": 2, \"rows\": 6, \"live\": 5", bad3,
          "layer: byte 0: the first line contradicts itself" },
        { "\"op_first\": 0, \"op_end\": 2, \"rows\": 6, \"live\": 7", bad3,
          "5 rows are live, not 7" },
        { "\"op_first\": 0, \"op_end\": 2, \"rows\": 99999999999999999999, \"live\": 5",
          bad3, "no first line" },
        { "\"op_first\": 0, \"op_end\": 2, \"rows\": 06, \"live\": 5", bad3,
          "no first line" },
        { "\"op_first\": 0, \"op_end\": 2, \"rows\": 6, \"live\": 4", bad3,
          "5 rows are live, not 4" },
        { head, "{\"row\": 3, \"reject\": -1, \"reason\": \"no\"}", "does not end" },
        { head, "\n", "this is no line about a row" },
        { head, "{\"trace\": 1}\n{\"row\": 1, \"drop\": 1}\n", "no line of a tracer" },
        { head, "{\"trace\": 1\n", "no line of a tracer" },
        { head, "{\"row\": 6, \"drop\": 1}\n", "row 6 is not in its place" },
        { head, "{\"row\": 1, \"drop\": 1}\n{\"row\": 1, \"drop\": 1}\n",
          "row 1 is not in its place" },
        { head, "{\"row\": 1, \"drop\": 2}\n", "this is no line about a row" },
        { head, "{\"row\": 1, \"drop\": -1}\n", "this is no line about a row" },
        { head, "{\"row\": 1, \"reject\": -1, \"reason\": \"no\"}\n", "row 1: " },
        { head, "{\"row\": 1, \"reject\": 0, \"reason\": \"\\u0000\"}\n", "row 1: " },
        { head, "{\"row\": 1, \"reject\": 0, \"reason\": \"\\ud800\"}\n", "row 1: " },
        { head, "{\"row\": 1, \"reject\": 0, \"reason\": no}\n", "row 1: " },
        { head, "{\"row\": 1, \"reject\": 0, \"reason\": \"a\" \"b\"}\n", "row 1: " },
        { head,
          "{\"row\": 1, \"parts\": 1}\n{\"row\": 1, \"part\": 0}\n"
          "{\"row\": 3, \"reject\": -1, \"reason\": \"no\"}\n",
          NULL },
        { head,
          "{\"row\": 3, \"parts\": 2}\n{\"row\": 3, \"part\": 0}\n"
          "{\"row\": 3, \"part\": 1}\n",
          "row 3: what it says does not fit" },
        { head, "{\"row\": 1, \"parts\": 0}\n", "row 1 is not in its place" },
        { head, "{\"row\": 1, \"parts\": 1}\n", "row 1 lacks parts" },
        { head, "{\"row\": 1, \"parts\": 2}\n{\"row\": 1, \"part\": 0, \"drop\": 0}\n",
          "row 1 lacks parts" },
        { head, "{\"row\": 1, \"parts\": 2}\n{\"row\": 1, \"part\": 1, \"drop\": 0}\n",
          "row 1 is not in its place" },
        { head,
          "{\"row\": 1, \"parts\": 1}\n{\"row\": 2, \"part\": 0}\n{\"row\": 4, \"drop\": "
          "1}\n",
          "row 2 is not in its place" },
        { head,
          "{\"row\": 1, \"parts\": 1}\n{\"row\": 1, \"part\": 0}\n{\"row\": 1, \"drop\": "
          "1}\n",
          "row 1 is not in its place" },
        { head, "{\"row\": 1, \"parts\": 88888888888}\n{\"row\": 1, \"part\": 0}\n",
          "row 1 is not in its place" },
        { head, "{\"row\": 1, \"part\": 0}\n", "row 1 has no such part" },
        { head,
          "{\"row\": 1, \"parts\": 1}\n{\"row\": 1, \"part\": 0, \"reject\": -1, "
          "\"reason\": \"\"}\n",
          "this is no line about a row" },
        { head, "{\"row\": 1, \"edits\": {}}\n", "row 1: " },
        { head, "{\"row\": 1, \"edits\": {\"other\": []}}\n", "row 1: " },
        { head, "{\"row\": 1, \"edits\": {\"note\": [], \"text\": []}}\n", "row 1: " },
        { head, "{\"row\": 1, \"edits\": {\"text\": [[99, 0, \"\"]]}}\n", "row 1: " },
        { head, "{\"row\": 1, \"edits\": {\"text\": [[0, 99, \"\"]]}}\n", "row 1: " },
        { head, "{\"row\": 1, \"edits\": {\"text\": [[6, 0, \"\"]]}}\n", "row 1: " },
        { head, "{\"row\": 1, \"edits\": {\"text\": [[5, 1, \"\"]]}}\n", "row 1: " },
        { head, "{\"row\": 1, \"edits\": {\"text\": [[0, 0, \"\x80\"]]}}\n", "row 1: " },
        { head, "{\"row\": 1, \"edits\": {\"text\": [[0, 0, \"]]}}\n", "row 1: " },
        { head, "{\"row\": 1, \"edits\": {\"text\": [[0, 0, \"\"], ]}}\n", "row 1: " },
        { head,
          "{\"row\": 1, \"edits\": {\"text\": [[18446744073709551616, 0, \"\"]]}}\n",
          "row 1: " },
        { head, "{\"row\": 3, \"edits\": {\"text\": []}}\n", "row 3: " },
        { head, "{\"stat\": \"n\", \"values\": [1, 2]}\n", "too few values" },
        { head, "{\"stat\": \"n\", \"values\": []}\n", "a value is missing" },
        { head, "{\"stat\": \"n\", \"values\": [1, 2, 3, 4, 5, 6]}\n", "row 3" },
        { head, "{\"stat\": \"n\", \"values\": [1, 2, x, 4, 5]}\n",
          "row 2: a statistic has no value" },
        { head, "{\"stat\": \"n\", \"values\": [1, 2, 3e, 4, 5]}\n",
          "row 2: a statistic has no value" },
        { head, "{\"stat\": \"n\", \"values\": [[1]x, 1, 2, 4, 5]}\n", "row 0: " },
        { head, "{\"stat\": \"n\", \"values\": [[1, 2], 1, 2, 4, 5]}\n", "row 0: " },
        { head, "{\"stat\": \"n\", \"values\": [[\"\\x\"], 1, 2, 4, 5]}\n", "row 0: " },
        { head, "{\"stat\": \"n\", \"values\": [[\"], 1, 2, 4, 5]}\n", "row 0: " },
        { head, "{\"stat\": \"n\", \"values\": [[], 1, 2, 4, 5]}\n", "row 0: " },
        { head, "{\"stat\": \"zz\", \"values\": [1, 2, 3, 4, 5]}\n",
          "the recipe has no statistic of this name" },
        { head,
          "{\"stat\": \"n\", \"values\": [1]}\n{\"stat\": \"n\", \"values\": [1]}\n",
          "a statistic comes twice" },
        { head, "{\"stat\": \"n\", \"values\": [1]}\n{\"row\": 1, \"drop\": 1}\n",
          "a line stands behind the statistics" },
        { head, "{\"stat\": \"n\", \"values\": 1}\n", "this is no line of a statistic" },
    };
    struct both both;
    struct dj_buf layer;

    open_both(&both);
    dj_buf_init(&layer);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum dj_status status;

        make_layer(&both, cases[i].head, cases[i].rest, &layer);
        status = try_layer(&both, dj_buf_str(&layer));
        if ((status == DJ_OK) != (cases[i].why == NULL)) {
            (void)fprintf(stderr, "  %s", cases[i].rest);
        }
        DJ_CHECK_INT(status, cases[i].why == NULL ? DJ_OK : DJ_DATA);
        if (cases[i].why != NULL) {
            DJ_CHECK_CONTAINS(both.err.text, cases[i].why);
        }
    }
    dj_buf_release(&layer);
    close_both(&both);
}

/* A row of two, of which the second becomes two more and then goes. */
static void parts_are_told_until_they_change(void)
{
    struct both both;
    struct dj_buf third;
    size_t copy;

    open_both(&both);
    dj_buf_init(&third);
    dj_batch_reset(both.batch);
    add_lines(both.batch, 0, 2);
    dj_batch_select(both.batch, 0, 0, columns);
    dj_batch_set_stat(both.batch, 1, 0, DJ_INT(8));
    DJ_CHECK_OK(dj_batch_copy(both.batch, 1, &copy));
    DJ_CHECK_OK(dj_batch_set_text(both.batch, 1, DJ_STR("  caf\xc3\xa9")));
    DJ_CHECK_OK(dj_batch_set_text(both.batch, copy, DJ_STR("a line end at")));
    dj_batch_arrange(both.batch);
    write_layer(both.writer, both.batch, 0, &both.first);
    check_rest(&both.first, "{\"row\": 1, \"parts\": 2}\n"
                            "{\"row\": 1, \"part\": 0, \"edits\": {\"text\": [[7, 27, "
                            "\"\"]]}}\n"
                            "{\"row\": 1, \"part\": 1, \"edits\": {\"text\": [[0, 12, "
                            "\"\"], [13, 9, \"\"]]}}\n"
                            "{\"stat\": \"n\", \"values\": [false, 8, 8]}\n");
    dj_batch_select(both.batch, 1, 0, columns);
    dj_batch_drop(both.batch, 2);
    write_layer(both.writer, both.batch, 1, &third);
    check_rest(&third, "{\"row\": 1, \"part\": 1, \"drop\": 1}\n"
                       "{\"stat\": \"r\", \"values\": [false, false]}\n");
    dj_buf_release(&third);
    close_both(&both);
}

static void a_row_is_gone_once(void)
{
    struct both both;
    struct dj_buf again;

    open_both(&both);
    dj_buf_init(&again);
    make_layer(&both, "\"op_first\": 2, \"op_end\": 3, \"rows\": 6, \"live\": 3",
               "{\"row\": 0, \"drop\": 2}\n", &again);
    {
        const struct dj_str bytes[] = { dj_buf_str(&both.first), dj_buf_str(&both.second),
                                        dj_buf_str(&again) };

        DJ_CHECK_STATUS(dj_layers_merge(bytes, 3, &both.other, &both.err), DJ_DATA);
        DJ_CHECK_CONTAINS(both.err.text, "row 0 is gone since an earlier layer");
        DJ_CHECK_STATUS(dj_layers_merge(bytes + 1, 2, &both.other, &both.err), DJ_DATA);
        DJ_CHECK_CONTAINS(both.err.text, "it is not the first one");
        DJ_CHECK_STATUS(dj_layers_merge(bytes, 0, &both.other, &both.err), DJ_DATA);
        DJ_CHECK_CONTAINS(both.err.text, "no layers to merge");
        DJ_CHECK_INT(both.other.len, 0);
    }
    dj_buf_release(&again);
    close_both(&both);
}

int main(void)
{
    DJ_TEST(layers_are_lines_of_json);
    DJ_TEST(the_newest_line_tells_all_texts);
    DJ_TEST(a_text_as_it_was_read_has_no_edits);
    DJ_TEST(texts_that_were_given_back_are_compared_too);
    DJ_TEST(statistics_may_be_any_value);
    DJ_TEST(layers_of_nothing_are_layers);
    DJ_TEST(rows_are_restored);
    DJ_TEST(a_merged_layer_says_the_same);
    DJ_TEST(lines_of_a_tracer_are_carried_along);
    DJ_TEST(layers_out_of_order_are_refused);
    DJ_TEST(layers_of_other_partitions_are_refused);
    DJ_TEST(the_rows_must_be_those_of_the_layer);
    DJ_TEST(other_source_lines_are_found_out);
    DJ_TEST(damaged_layers_are_refused);
    DJ_TEST(damage_below_the_hash_breaks_nothing);
    DJ_TEST(lines_that_are_none_are_refused);
    DJ_TEST(parts_are_told_until_they_change);
    DJ_TEST(a_row_is_gone_once);
    return 0;
}

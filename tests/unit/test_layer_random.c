/*
 * Restored rows are what they were: random rows and random work of operators, cut into
 * layers at random places. What comes out after restoring, going on, merging and putting
 * aside must equal, byte for byte, what comes out of one run without any of it.
 *
 * DJ_TEST_ROUNDS sets how many partitions are tried, DJ_TEST_SEED which comes first.
 */
#include "djtest.h"

#include "data/batch_private.h"
#include "dj/layer.h"
#include "dj/tree.h"

enum {
    TEXTS = 4,
    STATS = 4,
    ROWS_MAX = 40,
    OPS_MAX = 8,
    ROUNDS = 600,
};

static const char *const text_keys[TEXTS] = { "text", "note", "a.b", "we\"ird \xc3\xa9" };
static const char *const stat_names[STATS] = { "n", "r\"\\", "w", "unused" };
static const struct dj_batch_layout layout = {
    .ntexts = TEXTS,
    .texts = text_keys,
    .nrequired = 1,
    .nstats = STATS,
    .stats = stat_names,
};

/* What an operator computes: its statistics 0 and 1 are these columns. */
static const size_t op_columns[3][2] = { { 0, 1 }, { 1, 2 }, { 2, 0 } };

/* --- chance ------------------------------------------------------------------------- */

static uint64_t chance;

static size_t below(size_t limit)
{
    chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(chance >> 33) % limit;
}

static bool one_in(size_t n)
{
    return below(n) == 0;
}

static void put(struct dj_buf *buf, const char *text)
{
    DJ_CHECK_OK(dj_buf_append(buf, dj_str_from(text)));
}

/* --- lines -------------------------------------------------------------------------- */

/* Characters as they stand in a JSON string. */
static void put_characters(struct dj_buf *line)
{
    static const char *const pieces[] = {
        "a",
        "word ",
        "        ",
        "\\t",
        "\\n",
        "\\u0000",
        "\\\"",
        "\\\\",
        "\\/",
        "\xc3\xa9",
        "\\u00e9",
        "\xc2\xa0",
        "\xe4\xb8\xad\xe6\x96\x87",
        "\xf0\x9f\x98\x80",
        "\\ud83d\\ude00",
        "a stretch of text that is longer than the others and has nothing special, ",
        "https://example.org/a/way ",
    };
    const size_t count = one_in(20) ? below(200) : below(12);

    for (size_t i = 0; i < count; i++) {
        put(line, pieces[below(sizeof(pieces) / sizeof(pieces[0]))]);
    }
}

static void put_string(struct dj_buf *line)
{
    put(line, "\"");
    put_characters(line);
    put(line, "\"");
}

static void put_number(struct dj_buf *line)
{
    static const char *const numbers[] = {
        "0",    "7",      "-3",
        "1.5",  "1.50",   "1e3",
        "-0.0", "NaN",    "12345678901234567890",
        "true", "null",   "\"7\"",
        "0.1",  "[1, 2]",
    };

    put(line, numbers[below(sizeof(numbers) / sizeof(numbers[0]))]);
}

static void put_stats(struct dj_buf *line)
{
    static const char *const names[] = { "\"n\"", "\"r\\\"\\\\\"", "\"\\u0077\"",
                                         "\"other\"" };
    bool first = true;

    if (one_in(8)) {
        put_number(line);
        return;
    }
    put(line, "{");
    for (size_t i = 0; i < 4; i++) {
        if (one_in(2)) {
            put(line, first ? "" : one_in(2) ? ", " : ",");
            put(line, names[i]);
            put(line, one_in(2) ? ": " : " :");
            put_number(line);
            first = false;
        }
    }
    put(line, one_in(4) ? " }" : "}");
}

static void put_nested(struct dj_buf *line)
{
    if (one_in(6)) {
        put_number(line);
        return;
    }
    put(line, "{\"b\": ");
    if (one_in(6)) {
        put_number(line);
    } else {
        put_string(line);
    }
    if (one_in(4)) {
        put(line, ", \"b\": ");
        put_string(line);
    }
    put(line, "}");
}

static void put_field(struct dj_buf *line, size_t kind)
{
    switch (kind) {
    case 0:
        put(line, one_in(8) ? "\"te\\u0078t\": " : "\"text\": ");
        if (one_in(12)) {
            put_number(line);
        } else {
            put_string(line);
        }
        break;
    case 1:
        put(line, "\"note\" : ");
        if (one_in(3)) {
            put_number(line);
        } else {
            put_string(line);
        }
        break;
    case 2:
        put(line, "\"a\":");
        put_nested(line);
        break;
    case 3:
        put(line, "\"a.b\": ");
        put_string(line);
        break;
    case 4:
        put(line, one_in(2) ? "\"we\\\"ird \xc3\xa9\": " : "\"we\\u0022ird \\u00e9\":\t");
        put_string(line);
        break;
    case 5:
        put(line, "\"__dj__stats__\": ");
        put_stats(line);
        break;
    case 6:
        put(line, "\"__dj__meta__\": {\"k\": [1, {}]}");
        break;
    case 7:
        put(line, "\"__dj__hash\": ");
        put_number(line);
        break;
    default:
        put(line, "\"meta\": {\"text\": \"no\", \"n\": [1.0, 2]}");
        break;
    }
}

/* A sample, most of the time. */
static void put_line(struct dj_buf *line)
{
    enum { KINDS = 9 };
    size_t order[KINDS];
    bool first = true;

    for (size_t i = 0; i < KINDS; i++) {
        const size_t other = below(i + 1);

        order[i] = order[other];
        order[other] = i;
    }
    put(line, one_in(6) ? " \t{" : "{");
    for (size_t i = 0; i < KINDS; i++) {
        if (order[i] == 0 ? !one_in(20) : one_in(2)) {
            put(line, first ? "" : one_in(4) ? " ," : ", ");
            put_field(line, order[i]);
            first = false;
        }
    }
    if (one_in(30)) {
        put(line, ", \"text\": \"twice\"");
    }
    put(line, one_in(6) ? " } " : "}");
    if (one_in(20)) {
        line->len = below(line->len + 1); /* cut off */
    } else if (one_in(20)) {
        line->ptr[below(line->len)] = (char)below(256);
    }
}

/* --- a partition -------------------------------------------------------------------- */

struct part {
    struct dj_buf lines[ROWS_MAX];
    size_t rows, ops;
    uint64_t seed;
    bool copies; /* its operators make several rows of one */
};

static void part_open(struct part *part, uint64_t seed)
{
    chance = seed;
    part->seed = seed;
    part->rows = one_in(30) ? 0 : 1 + below(ROWS_MAX);
    part->ops = 1 + below(OPS_MAX);
    part->copies = one_in(2);
    for (size_t i = 0; i < ROWS_MAX; i++) {
        dj_buf_init(&part->lines[i]);
    }
    for (size_t i = 0; i < part->rows; i++) {
        DJ_CHECK_OK(dj_buf_reserve(&part->lines[i], 1));
        if (i > 0 && one_in(6)) {
            DJ_CHECK_OK(
                dj_buf_append(&part->lines[i], dj_buf_str(&part->lines[below(i)])));
        } else {
            put_line(&part->lines[i]);
        }
    }
}

static void part_close(struct part *part)
{
    for (size_t i = 0; i < ROWS_MAX; i++) {
        dj_buf_release(&part->lines[i]);
    }
}

/* The rows of a partition in batches; all live at the same time. */
struct rows {
    const struct part *part;
    struct dj_batch *batches[ROWS_MAX];
    size_t count;
};

/* Batches that wait to be used again, which is cheaper than new ones. */
static struct dj_batch *pool[4 * ROWS_MAX];
static size_t npool;

/* All that were made, each with memory of its own to work with. */
static struct {
    struct dj_batch *batch;
    struct dj_batch_work *work;
} made[4 * ROWS_MAX];
static size_t nmade;

static struct dj_batch *take_batch(void)
{
    if (npool == 0) {
        made[nmade].batch = dj_batch_new(&layout);
        made[nmade].work = dj_batch_work_new();
        dj_batch_wake(made[nmade].batch, made[nmade].work);
        return made[nmade++].batch;
    }
    dj_batch_reset(pool[--npool]);
    return pool[npool];
}

/* It rests, and goes on. */
static void nap(struct dj_batch *batch)
{
    for (size_t i = 0; i < nmade; i++) {
        if (made[i].batch == batch) {
            DJ_CHECK_OK(dj_batch_rest(batch));
            dj_batch_wake(batch, made[i].work);
        }
    }
}

static void rows_open(struct rows *rows, const struct part *part)
{
    const size_t most = 1 + below(ROWS_MAX);

    rows->count = 0;
    rows->part = part;
    for (size_t i = 0; i < part->rows;) {
        struct dj_batch *batch = take_batch();

        for (size_t n = 1 + below(most); n > 0 && i < part->rows; n--, i++) {
            const struct dj_origin origin = { (int64_t)i, 10 + (int64_t)i };

            DJ_CHECK_OK(dj_batch_add(batch, dj_buf_str(&part->lines[i]), origin));
        }
        rows->batches[rows->count++] = batch;
    }
}

static void rows_close(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        pool[npool++] = rows->batches[i];
    }
}

/* --- operators ---------------------------------------------------------------------- */

static struct dj_buf scratch;
static struct dj_arena *nodes;

/* A place between two characters. */
static size_t border(struct dj_str text)
{
    size_t at = below(text.len + 1);

    while (at > 0 && at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80) {
        at--;
    }
    return at;
}

/* The text with a piece taken out, put in, or both, once or a few times. */
static void change_text(struct dj_str text)
{
    static const char *const pieces[] = {
        "", "", "x", " ", "\xc3\xa9", "\n\"\\", "\xf0\x9f\x98\x81", "new words"
    };

    dj_buf_reset(&scratch);
    DJ_CHECK_OK(dj_buf_append(&scratch, text));
    for (size_t n = 1 + below(4); n > 0; n--) {
        const struct dj_str before = dj_buf_str(&scratch);
        const size_t from = border(before);
        const struct dj_str rest = { before.ptr + from, before.len - from };
        const size_t to = from + (one_in(2) ? 0 : border(rest));
        struct dj_buf next;

        dj_buf_init(&next);
        DJ_CHECK_OK(dj_buf_append(&next, (struct dj_str){ before.ptr, from }));
        put(&next, pieces[below(sizeof(pieces) / sizeof(pieces[0]))]);
        DJ_CHECK_OK(
            dj_buf_append(&next, (struct dj_str){ before.ptr + to, before.len - to }));
        dj_buf_release(&scratch);
        scratch = next;
    }
}

static void work_on_text(struct dj_batch *batch, size_t row)
{
    const struct dj_str text = dj_batch_text(batch, row);

    switch (below(6)) {
    case 0:
        dj_buf_reset(&scratch);
        put(&scratch, "something else altogether");
        break;
    case 1: { /* what the line says */
        struct dj_str read;

        dj_arena_reset(batch->scratch);
        DJ_CHECK_OK(
            dj_text_read(batch, row, &batch->texts[row * TEXTS + batch->text], &read));
        dj_buf_reset(&scratch);
        DJ_CHECK_OK(dj_buf_append(&scratch, read));
        break;
    }
    default:
        change_text(text);
        break;
    }
    if (one_in(2)) {
        DJ_CHECK_OK(dj_batch_set_text(batch, row, dj_buf_str(&scratch)));
    } else {
        char *room = dj_batch_room(batch, scratch.len + 20);

        DJ_CHECK_OK(dj_buf_reserve(&scratch, 1)); /* never NULL */
        memcpy(room, scratch.ptr, scratch.len);
        DJ_CHECK_OK(dj_batch_take(batch, row, room, scratch.len));
    }
}

static void work_on_stat(struct dj_batch *batch, size_t row)
{
    static const char *const values[] = {
        "\"en\"", "\"\\\"[,\"",          "null", "true", "false",
        "[]",     "{\"a\": [1, \"]\"]}", "7",    "1.50",
    };
    static const double floats[] = { 0.0, -0.0, 1.5, 0.1, 1e300, 5e-324, 1e3 };
    const size_t stat = below(2);
    struct dj_number value;

    switch (below(8)) {
    case 0:
        dj_batch_set_stat(batch, row, stat, DJ_INT((int64_t)below(8) - 3));
        break;
    case 1:
        dj_batch_set_stat(batch, row, stat, DJ_INT(one_in(2) ? INT64_MIN : INT64_MAX));
        break;
    case 2:
        dj_batch_set_stat(batch, row, stat,
                          DJ_FLOAT(floats[below(sizeof(floats) / sizeof(floats[0]))]));
        break;
    case 3:
        dj_batch_set_stat(batch, row, stat,
                          DJ_FLOAT(one_in(2) ? strtod("nan", NULL) : -1 / 0.0));
        break;
    case 4:
        if (dj_batch_stat(batch, row, stat, &value) && value.kind == DJ_NUMBER_INT &&
            value.i < 1000) {
            dj_batch_set_stat(batch, row, stat, DJ_INT(value.i + 1));
        }
        break;
    case 5:
    case 6:
        DJ_CHECK_OK(dj_batch_set_stat_json(
            batch, row, stat,
            dj_str_from(values[below(sizeof(values) / sizeof(values[0]))])));
        break;
    default:
        dj_batch_set_stat(batch, row, stat, (struct dj_number){ .kind = DJ_NUMBER_NONE });
        break;
    }
}

/* A field of the sample is set, or all of it becomes another one. */
static void work_on_sample(struct dj_batch *batch, size_t row)
{
    static const struct {
        const char *key, *json;
    } fields[] = {
        { "__dj__meta__", "{\"seen\": true}" },
        { "note", "\"n\\u00e9w\"" },
        { "text", "7" },
        { "__dj__stats__", "{\"w\": 3, \"x\": \"\"}" },
        { "extra", "[1, \"\\n\"]" },
        { "a", "{\"b\": \"inner\"}" },
    };
    const size_t field = below(sizeof(fields) / sizeof(fields[0]));
    struct dj_edits edits;
    struct dj_node *root;
    struct dj_str sample;
    enum dj_status status;

    dj_buf_reset(&scratch);
    if (one_in(3)) {
        put_line(&scratch);
        status = dj_batch_set_sample(batch, row, dj_buf_str(&scratch));
        DJ_CHECK(status == DJ_OK || status == DJ_OP);
        return;
    }
    DJ_CHECK_OK(dj_batch_sample(batch, row, &sample));
    DJ_CHECK_OK(dj_node_read(sample, nodes, &root));
    dj_edits_init(&edits, nodes, sample);
    DJ_CHECK_OK(
        dj_edits_set(&edits, root, fields[field].key, dj_str_from(fields[field].json)));
    DJ_CHECK_OK(dj_edits_apply(&edits, &scratch));
    status = dj_batch_set_sample(batch, row, dj_buf_str(&scratch));
    DJ_CHECK(status == DJ_OK ||
             (status == DJ_OP && (strcmp(fields[field].key, "__dj__stats__") == 0 ||
                                  memchr(scratch.ptr, '\n', scratch.len) != NULL)));
    dj_arena_reset(nodes);
}

/* A row becomes none, two or more, and these are worked on at once. */
static void work_on_copies(struct dj_batch *batch, size_t row)
{
    if (one_in(5)) {
        dj_batch_dissolve(batch, row);
        return;
    }
    for (size_t n = 1 + below(3); n > 0; n--) {
        const struct dj_str text = dj_batch_text(batch, row);
        const size_t from = border(text);
        size_t copy;

        DJ_CHECK_OK(dj_batch_copy(batch, row, &copy));
        switch (below(5)) {
        case 0:
            work_on_text(batch, copy);
            break;
        case 1:
            work_on_sample(batch, copy);
            break;
        case 2:
            dj_batch_reject(batch, copy, "a copy");
            break;
        case 3:
            break; /* as it is */
        default:
            DJ_CHECK_OK(dj_batch_set_text(
                batch, copy, (struct dj_str){ text.ptr + from, text.len - from }));
            DJ_CHECK_OK(dj_batch_set_text(batch, row, (struct dj_str){ text.ptr, from }));
            work_on_stat(batch, copy);
            break;
        }
    }
}

/* How many rows of its line stand before the row. */
static size_t part_of(const struct dj_batch *batch, size_t row)
{
    const int64_t line = dj_batch_origin(batch, row).row;
    size_t place = 0;

    while (place < row && dj_batch_origin(batch, row - place - 1).row == line) {
        place++;
    }
    return place;
}

/* Nothing of it may depend on anything but the row, its state and the operator. */
static void work_on_row(const struct part *part, struct dj_batch *batch, size_t row,
                        size_t op)
{
    const uint64_t place = (uint64_t)dj_batch_origin(batch, row).row;
    const size_t behind = part_of(batch, row);

    chance = ((part->seed * 1000003 + place) * 1000003 + op) * 1000003 + behind;
    (void)below(2);
    if (part->copies && behind < 6 && one_in(5)) {
        work_on_copies(batch, row);
    }
    if (one_in(8)) {
        work_on_sample(batch, row);
    }
    if (one_in(3)) {
        work_on_text(batch, row);
    }
    if (one_in(2)) {
        work_on_stat(batch, row);
    }
    if (one_in(12)) {
        work_on_sample(batch, row);
    }
    if (one_in(20)) {
        dj_batch_drop(batch, row);
    } else if (one_in(20)) {
        dj_batch_reject(batch, row, "%s no: \"%d\"\n", one_in(2) ? "\xc3" : "\xc3\xa9",
                        (int)below(9));
    }
}

/* An operator on a batch; now and then its first try fails and is undone. */
static void work(const struct part *part, struct dj_batch *batch, size_t op)
{
    const uint64_t before = chance;
    const bool fails = one_in(4);
    const size_t count = dj_batch_count(batch), middle = count / 2;

    dj_batch_select(batch, (int)op, (part->seed + op) % TEXTS, op_columns[op % 3]);
    dj_batch_mark(batch);
    DJ_FOR_EACH_ROW (row, batch) {
        work_on_row(part, batch, row, op);
    }
    if (fails) { /* and then on each half, of which the second fails once more */
        dj_batch_rollback(batch);
        for (size_t try = 0; try < 3; try++) {
            dj_batch_narrow(batch, try == 0 ? 0 : middle, try == 0 ? middle : count);
            dj_batch_mark(batch);
            DJ_FOR_EACH_ROW (row, batch) {
                work_on_row(part, batch, row, op);
            }
            if (try == 1) {
                dj_batch_rollback(batch);
            }
        }
        dj_batch_narrow(batch, 0, SIZE_MAX);
    }
    dj_batch_arrange(batch);
    chance = before;
    (void)below(2);
}

static void run(const struct part *part, const struct rows *rows, size_t first,
                size_t end)
{
    for (size_t i = 0; i < rows->count; i++) {
        for (size_t op = first; op < end; op++) {
            work(part, rows->batches[i], op);
        }
    }
}

/* --- what came out ------------------------------------------------------------------ */

static void put_row(const struct dj_batch *batch, size_t row, struct dj_buf *out)
{
    const char *reason = dj_batch_reason(batch, row);

    DJ_CHECK_OK(
        dj_buf_printf(out, "%lld: %d dropped by %d rejected by %d: %s\n",
                      (long long)dj_batch_origin(batch, row).row,
                      (int)dj_batch_state(batch, row), dj_batch_dropped_by(batch, row),
                      dj_batch_rejected_by(batch, row), reason == NULL ? "-" : reason));
    DJ_CHECK_OK(dj_buf_append(out, dj_batch_line(batch, row)));
    put(out, "\n");
    if (dj_batch_live(batch, row)) {
        for (unsigned flags = 0; flags < 4; flags++) {
            DJ_CHECK_OK(dj_batch_encode(batch, row, flags, out));
        }
        DJ_CHECK_OK(dj_batch_encode_stats(batch, row, out));
    }
}

static void outcome(const struct rows *rows, struct dj_buf *out)
{
    dj_buf_reset(out);
    for (size_t i = 0; i < rows->count; i++) {
        struct dj_batch *batch = rows->batches[i];
        size_t live = 0;

        for (size_t row = 0; row < dj_batch_count(batch); row++) {
            put_row(batch, row, out);
            live += dj_batch_state(batch, row) == DJ_ROW_LIVE;
        }
        DJ_CHECK_INT(dj_batch_live_count(batch), live);
    }
}

static void check_same(const struct dj_buf *actual, const struct dj_buf *expected)
{
    size_t at = 0;

    if (dj_str_equal(dj_buf_str(actual), dj_buf_str(expected))) {
        return;
    }
    while (at < actual->len && at < expected->len &&
           actual->ptr[at] == expected->ptr[at]) {
        at++;
    }
    at = at < 200 ? 0 : at - 200;
    (void)fprintf(
        stderr, "  is    ...%.*s\n  not   ...%.*s\n",
        (int)(actual->len - at < 400 ? actual->len - at : 400), actual->ptr + at,
        (int)(expected->len - at < 400 ? expected->len - at : 400), expected->ptr + at);
    DJ_CHECK(dj_str_equal(dj_buf_str(actual), dj_buf_str(expected)));
}

/* --- layers ------------------------------------------------------------------------- */

struct chain {
    struct dj_buf layers[OPS_MAX];
    size_t count;
};

/* The columns of operators [first, end) in their order, each once. */
static size_t columns_of(const struct rows *rows, size_t first, size_t end,
                         size_t columns[STATS])
{
    size_t count = 0;

    for (size_t op = rows->part->copies ? 0 : first; op < end; op++) {
        for (size_t i = 0; i < 2; i++) {
            bool known = false;

            for (size_t k = 0; k < count; k++) {
                known = known || columns[k] == op_columns[op % 3][i];
            }
            if (!known) {
                columns[count++] = op_columns[op % 3][i];
            }
        }
    }
    return count;
}

static void write_layer(struct dj_layer_writer *writer, const struct rows *rows,
                        size_t first, size_t end, struct dj_buf *out)
{
    size_t columns[STATS], ncolumns = columns_of(rows, first, end, columns);
    int64_t live = -1, expected = 0;

    dj_layer_begin(writer, 7, (int64_t)first, (int64_t)end, columns, ncolumns);
    for (size_t i = 0; i < rows->count; i++) {
        expected += (int64_t)dj_batch_live_count(rows->batches[i]);
        DJ_CHECK_OK(dj_layer_add(writer, rows->batches[i]));
    }
    dj_buf_init(out);
    DJ_CHECK_OK(dj_layer_end(writer, out, &live));
    DJ_CHECK_INT(live, expected);
}

static void restore(struct dj_layers *layers, const struct chain *chain,
                    const struct part *part, struct rows *rows)
{
    struct dj_error err = { 0 };

    rows_open(rows, part);
    dj_layers_reset(layers);
    for (size_t i = 0; i < chain->count; i++) {
        if (dj_layers_push(layers, dj_buf_str(&chain->layers[i]), &err) != DJ_OK) {
            (void)fprintf(stderr, "  %s\n", err.text);
            DJ_CHECK(err.status == DJ_OK);
        }
    }
    for (size_t i = 0; i < rows->count; i++) {
        if (dj_layers_apply(layers, rows->batches[i], &err) != DJ_OK) {
            (void)fprintf(stderr, "  %s\n", err.text);
            DJ_CHECK(err.status == DJ_OK);
        }
    }
    DJ_CHECK_OK(dj_layers_finish(layers, &err));
}

/* Puts one layer in the place of the first few of a chain. */
static void merge_first(struct chain *chain, size_t count)
{
    struct dj_str bytes[OPS_MAX];
    struct dj_error err = { 0 };
    struct dj_buf merged;

    dj_buf_init(&merged);
    for (size_t i = 0; i < count; i++) {
        bytes[i] = dj_buf_str(&chain->layers[i]);
    }
    DJ_CHECK_OK(dj_layers_merge(bytes, count, &merged, &err));
    for (size_t i = 0; i < count; i++) {
        dj_buf_release(&chain->layers[i]);
    }
    chain->layers[0] = merged;
    for (size_t i = count; i < chain->count; i++) {
        chain->layers[i - count + 1] = chain->layers[i];
    }
    chain->count -= count - 1;
}

static void close_chain(struct chain *chain)
{
    for (size_t i = 0; i < chain->count; i++) {
        dj_buf_release(&chain->layers[i]);
    }
}

/* The same work without a stop up to an operator: what comes out, and as one layer. */
static void run_straight(const struct part *part, size_t end,
                         struct dj_layer_writer *writer, struct dj_buf *out,
                         struct dj_buf *layer)
{
    struct rows rows;

    rows_open(&rows, part);
    run(part, &rows, 0, end);
    outcome(&rows, out);
    write_layer(writer, &rows, 0, end, layer);
    rows_close(&rows);
}

static void run_in_layers(const struct part *part, struct dj_layer_writer *writer,
                          struct dj_layers *layers)
{
    struct chain chain = { .count = 0 };
    struct dj_buf straight = { 0 }, one, out = { 0 };
    struct rows rows;
    size_t end;

    rows_open(&rows, part);
    for (size_t first = 0; first < part->ops; first = end) {
        end = first + 1 + below(part->ops - first);
        run(part, &rows, first, end);
        write_layer(writer, &rows, first, end, &chain.layers[chain.count++]);
        run_straight(part, end, writer, &straight, &one);
        if (one_in(2)) {
            for (size_t i = 0; i < rows.count; i++) {
                nap(rows.batches[i]);
            }
        }
        outcome(&rows, &out);
        check_same(&out, &straight);
        if (one_in(4)) {
            merge_first(&chain, 1 + below(chain.count));
        }
        if (one_in(2)) { /* goes on from what is restored */
            rows_close(&rows);
            restore(layers, &chain, part, &rows);
            outcome(&rows, &out);
            check_same(&out, &straight);
        }
        if (end == part->ops) {
            merge_first(&chain, chain.count);
            if (!part->copies) { /* else edits may say the same otherwise */
                check_same(&chain.layers[0], &one);
            }
        }
        dj_buf_release(&one);
    }
    rows_close(&rows);
    restore(layers, &chain, part, &rows);
    outcome(&rows, &out);
    check_same(&out, &straight);
    rows_close(&rows);
    close_chain(&chain);
    dj_buf_release(&straight);
    dj_buf_release(&out);
}

static size_t under_way; /* the seed, for when a check fails */

static void tell_seed(void)
{
    if (under_way != 0) {
        (void)fprintf(stderr, "  with DJ_TEST_SEED=%zu\n", under_way);
    }
}

static size_t setting(const char *name, size_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void layers_give_back_what_they_were_made_of(void)
{
    const size_t rounds = setting("DJ_TEST_ROUNDS", ROUNDS);
    const size_t first = setting("DJ_TEST_SEED", 1);
    struct dj_layer_writer *writer = dj_layer_writer_new(&layout);
    struct dj_layers *layers = dj_layers_new(&layout);

    for (under_way = first; under_way < first + rounds; under_way++) {
        struct part part;

        part_open(&part, under_way);
        run_in_layers(&part, writer, layers);
        part_close(&part);
    }
    under_way = 0;
    dj_layer_writer_free(writer);
    dj_layers_free(layers);
}

int main(void)
{
    (void)atexit(tell_seed);
    nodes = dj_arena_new(64 << 10);
    DJ_TEST(layers_give_back_what_they_were_made_of);
    dj_buf_release(&scratch);
    while (nmade > 0) {
        dj_batch_free(made[--nmade].batch);
        dj_batch_work_free(made[nmade].work);
    }
    dj_arena_free(nodes);
    return 0;
}

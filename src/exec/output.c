/*
 * From rows to results: what is kept, its statistics, and what was set aside, as lines
 * of the four result streams.
 */
#include "dj/group.h"
#include "dj/json.h"
#include "dj/tree.h"
#include "exec/rows.h"

/* A buffer that has more than this after a write had one huge sample; it goes. */
enum { STREAM_ROOM = 4 << 20, SPLIT_BLOCK = 64 << 10 };

/* A row, and where it stands among those that were made of its line; -1: it is alone. */
struct place {
    size_t row;
    int64_t part;
};

/* The place of the row behind this one. */
static struct place next_place(const struct dj_batch *batch, struct place place)
{
    const size_t count = dj_batch_count(batch);
    const size_t row = place.row + 1;
    const int64_t line = row < count ? dj_batch_origin(batch, row).row : -1;

    if (row > 0 && row < count && dj_batch_origin(batch, place.row).row == line) {
        return (struct place){ row, place.part + 1 };
    }
    if (row + 1 < count && dj_batch_origin(batch, row + 1).row == line) {
        return (struct place){ row, 0 };
    }
    return (struct place){ row, -1 };
}

/* The line in rejected/reasons.jsonl: nothing in it depends on rank or time. */
static enum dj_status encode_reason(const struct dj_exec *exec,
                                    const struct dj_partition *partition,
                                    const struct dj_batch *batch, struct place place,
                                    struct dj_buf *out)
{
    const int op = dj_batch_rejected_by(batch, place.row);
    int64_t line = dj_batch_origin(batch, place.row).line;
    const struct dj_source_file *file =
        dj_partition_file(&exec->sources, partition, &line);
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 0);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_text(&w, "file", file->name);
    dj_jsonw_kv_int(&w, "line", line);
    if (place.part >= 0) {
        dj_jsonw_kv_int(&w, "part", place.part);
    }
    dj_jsonw_key(&w, "operator");
    dj_jsonw_text(&w, op < 0 ? NULL : exec->config->recipe.ops[op].op->name);
    if (op >= 0) {
        dj_jsonw_kv_int(&w, "operator_idx", op);
    }
    dj_jsonw_kv_text(&w, "reason", dj_batch_reason(batch, place.row));
    dj_jsonw_close(&w, '}');
    DJ_TRY(dj_jsonw_end(&w));
    return dj_buf_putc(out, '\n');
}

static enum dj_status encode_rejected(struct dj_exec *exec,
                                      const struct dj_partition *partition,
                                      const struct dj_batch *batch, struct place place)
{
    struct dj_buf *lines = &exec->streams[DJ_RESULT_REJECTED];

    DJ_TRY(dj_buf_append(lines, dj_batch_line(batch, place.row)));
    DJ_TRY(dj_buf_putc(lines, '\n'));
    return encode_reason(exec, partition, batch, place,
                         &exec->streams[DJ_RESULT_REASONS]);
}

/* Lengths of the data and stats streams before a row. */
struct lengths {
    size_t data, stats;
};

static struct lengths lengths_of(const struct dj_exec *exec)
{
    return (struct lengths){ exec->streams[DJ_RESULT_DATA].len,
                             exec->streams[DJ_RESULT_STATS].len };
}

/* What was written since before has this place. */
static enum dj_status put_place(struct dj_exec *exec, uint64_t number,
                                struct lengths before)
{
    const struct lengths after = lengths_of(exec);
    const struct dj_row_place place = {
        .place = number,
        .data_len = (uint32_t)(after.data - before.data),
        .stats_len = (uint32_t)(after.stats - before.stats),
    };

    return dj_buf_append(&exec->streams[DJ_RESULT_PLACES],
                         (struct dj_str){ (const char *)&place, sizeof(place) });
}

/* A row, and where a selector wants it: once or several times, or where it stands. */
struct wanted {
    uint64_t row; /* dj_row_id */
    const struct dj_note *verdicts;
    size_t count; /* 0: where it stands */
};

static struct wanted find_wanted(const struct dj_exec *exec,
                                 const struct dj_partition *partition,
                                 struct dj_exec_rows rows, size_t row)
{
    struct wanted wanted = { .row = dj_row_id(partition->id, rows.first + row) };

    if (exec->stage->ordered) {
        wanted.count = dj_state_verdicts(rows.verdicts, wanted.row, &wanted.verdicts);
    }
    return wanted;
}

static enum dj_status put_places(struct dj_exec *exec, struct wanted wanted,
                                 struct lengths before, struct dj_part_result *result)
{
    if (wanted.count == 0) {
        return put_place(exec, wanted.row, before);
    }
    for (size_t i = 0; i < wanted.count; i++) {
        DJ_TRY(put_place(exec, wanted.verdicts[i].value,
                         i == 0 ? before : lengths_of(exec)));
        result->kept += i > 0;
    }
    return DJ_OK;
}

/* --- a sample of lists becomes samples ---------------------------------------------- */

static enum dj_status put_left_out(struct dj_exec *exec, struct dj_str value)
{
    struct dj_buf *out = &exec->streams[DJ_RESULT_STATS];
    struct dj_node *node;

    if (value.ptr == NULL || dj_split_path(exec) == NULL) {
        return DJ_OK;
    }
    DJ_TRY(dj_node_read(value, exec->split_arena, &node));
    DJ_TRY(dj_node_dumps(node, out));
    return dj_buf_putc(out, '\n');
}

static enum dj_status put_split(struct dj_exec *exec, struct dj_split *split,
                                struct wanted wanted)
{
    const uint64_t place = wanted.count > 0 ? wanted.verdicts->value : wanted.row;
    struct lengths before = lengths_of(exec);

    DJ_TRY(put_left_out(exec, split->left_out));
    if (split->count == 0 && lengths_of(exec).stats > before.stats) {
        return put_place(exec, place, before);
    }
    for (size_t i = 0; i < split->count; i++) {
        DJ_TRY(dj_split_next(split, &exec->streams[DJ_RESULT_DATA]));
        DJ_TRY(put_place(exec, place, before));
        before = lengths_of(exec);
    }
    return DJ_OK;
}

/* The operator itself has found that it can be split. */
static enum dj_status encode_split(struct dj_exec *exec, const struct dj_batch *batch,
                                   size_t row, struct wanted wanted,
                                   struct dj_op_tally *tally,
                                   struct dj_part_result *result)
{
    const size_t op = exec->stage->end - 1;
    const char *left_out = exec->config->recipe.ops[op].op->splits->left_out;
    struct dj_error err;
    struct dj_split split;
    struct dj_buf line;
    enum dj_status status;

    if (exec->split_arena == NULL) {
        exec->split_arena = dj_arena_new(SPLIT_BLOCK);
    }
    dj_buf_init(&line);
    status = dj_batch_encode(batch, row, DJ_ENCODE_STATS | DJ_ENCODE_HASHES, &line);
    if (status == DJ_OK) {
        status =
            dj_split_begin(&split, dj_buf_str(&line), left_out, exec->split_arena, &err);
    }
    if (status == DJ_OK) {
        status = put_split(exec, &split, wanted);
        result->kept += dj_i64_from_size(split.count);
        tally[op].derived += dj_i64_from_size(split.count) - 1;
        tally[op].rows_out += dj_i64_from_size(split.count) - 1;
    }
    dj_buf_release(&line);
    dj_arena_reset(exec->split_arena);
    return status;
}

/* --- rows ------------------------------------------------------------------------------
 */

/* A live row, and its statistics where the export has a file of them. */
static enum dj_status encode_live(struct dj_exec *exec,
                                  const struct dj_partition *partition,
                                  const struct dj_batch *batch, size_t row,
                                  unsigned flags, struct dj_exec_rows rows,
                                  struct dj_op_tally *tally,
                                  struct dj_part_result *result)
{
    const struct wanted wanted = find_wanted(exec, partition, rows, row);
    const struct lengths before = lengths_of(exec);
    const struct dj_stage *stage = exec->stage;

    if (stage->splits) {
        return encode_split(exec, batch, row, wanted, tally, result);
    }
    result->kept++;
    DJ_TRY(dj_batch_encode(batch, row, flags, &exec->streams[DJ_RESULT_DATA]));
    if (stage->last && dj_chain_measures(exec->chain)) {
        DJ_TRY(dj_batch_encode_stats(batch, row, &exec->streams[DJ_RESULT_STATS]));
    }
    return stage->ordered || stage->rows ? put_places(exec, wanted, before, result)
                                         : DJ_OK;
}

static enum dj_status encode_row(struct dj_exec *exec,
                                 const struct dj_partition *partition,
                                 const struct dj_batch *batch, struct place place,
                                 unsigned flags, struct dj_exec_rows rows,
                                 struct dj_op_tally *tally, struct dj_part_result *result)
{
    switch (dj_batch_state(batch, place.row)) {
    case DJ_ROW_LIVE:
        return encode_live(exec, partition, batch, place.row, flags, rows, tally, result);
    case DJ_ROW_REJECTED:
        result->rejected++;
        result->rejected_at_load += dj_batch_rejected_by(batch, place.row) < 0;
        return encode_rejected(exec, partition, batch, place);
    case DJ_ROW_DROPPED:
        break;
    }
    return DJ_OK;
}

/* Of Data-Juicer's own columns; rows that are read again have all of them. */
static unsigned columns_of(const struct dj_exec *exec)
{
    const struct dj_config *config = exec->config;

    if (exec->stage->rows) {
        return DJ_ENCODE_STATS | DJ_ENCODE_HASHES;
    }
    return (config->keep_stats_in_res_ds ? DJ_ENCODE_STATS : 0) |
           (config->keep_hashes_in_res_ds ? DJ_ENCODE_HASHES : 0);
}

enum dj_status dj_exec_encode(struct dj_exec *exec, const struct dj_partition *partition,
                              const struct dj_batch *batch, struct dj_exec_rows rows,
                              struct dj_op_tally *tally, struct dj_part_result *result,
                              struct dj_error *err)
{
    const size_t count = dj_batch_count(batch);
    const unsigned flags = columns_of(exec);
    struct place place = next_place(batch, (struct place){ SIZE_MAX, -1 });

    for (; place.row < count; place = next_place(batch, place)) {
        const enum dj_status status =
            encode_row(exec, partition, batch, place, flags, rows, tally, result);

        if (status != DJ_OK) {
            return dj_fail(err, status, "out of memory for a batch");
        }
    }
    return DJ_OK;
}

enum dj_status dj_exec_write_state(struct dj_exec *exec, struct dj_str layer,
                                   const struct dj_op_tally *tally, struct dj_error *err)
{
    struct dj_buf *out = &exec->streams[DJ_RESULT_DATA];
    enum dj_status status = dj_exec_tally_json(tally, exec->stage->end, out);

    if (status == DJ_OK) {
        status = dj_buf_putc(out, '\n');
    }
    if (status == DJ_OK) {
        status = dj_buf_append(out, layer);
    }
    return status == DJ_OK ? DJ_OK : dj_fail(err, status, "out of memory for layers");
}

static enum dj_status put_note(void *context, const struct dj_note *note,
                               struct dj_error *err)
{
    const enum dj_status status =
        dj_buf_append(context, (struct dj_str){ (const char *)note, sizeof(*note) });

    return status == DJ_OK ? DJ_OK : dj_fail(err, status, "out of memory for notes");
}

void dj_exec_listen(struct dj_exec *exec, struct dj_batch *batch, int64_t id,
                    size_t first)
{
    const struct dj_sink sink = { put_note, &exec->streams[DJ_RESULT_NOTES] };

    if (exec->stage->global) {
        dj_batch_listen(batch, &sink, dj_row_id(id, first));
    }
}

enum dj_status dj_exec_note_again(struct dj_exec *exec, struct dj_batch *batch,
                                  struct dj_error *err)
{
    const size_t op = exec->stage->end - 1;
    struct dj_op_tally *counted; /* by whoever did it first */
    enum dj_status status;

    if (!exec->stage->global) {
        return DJ_OK;
    }
    counted = dj_xcalloc(exec->nops, sizeof(*counted));
    status = dj_chain_run(exec->chain, op, op + 1, batch, counted, err);
    dj_xfree(counted);
    return status;
}

/* The kept samples stay in their buffer when they go straight to the export. */
enum dj_status dj_exec_write_streams(struct dj_exec *exec, struct dj_error *err)
{
    const int first = dj_places_growing(exec) ? DJ_RESULT_DATA + 1 : DJ_RESULT_DATA;

    for (int kind = first; kind < DJ_RESULT_STREAMS; kind++) {
        if (exec->streams[kind].len > 0) {
            DJ_TRY(dj_results_write(exec->results, (enum dj_stream_kind)kind,
                                    dj_buf_str(&exec->streams[kind]), err));
            dj_buf_reset(&exec->streams[kind]);
        }
        if (exec->streams[kind].cap > STREAM_ROOM) {
            dj_buf_release(&exec->streams[kind]);
        }
    }
    return DJ_OK;
}

enum dj_status dj_exec_undo_output(struct dj_exec *exec, size_t data_before,
                                   struct dj_error *err)
{
    exec->streams[DJ_RESULT_DATA].len = data_before;
    for (int kind = DJ_RESULT_DATA + 1; kind < DJ_RESULT_STREAMS; kind++) {
        dj_buf_reset(&exec->streams[kind]);
    }
    return dj_results_undo(exec->results, err);
}

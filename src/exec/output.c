/*
 * From rows to results: what is kept, its statistics, and what was set aside, as lines
 * of the four result streams.
 */
#include "dj/json.h"
#include "exec/exec_private.h"

/* A buffer that has more than this after a write had one huge sample; it goes. */
enum { STREAM_ROOM = 4 << 20 };

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

/* Where a selector wants the row, once or several times. */
static enum dj_status put_places(struct dj_exec *exec,
                                 const struct dj_partition *partition,
                                 struct dj_exec_rows rows, size_t row,
                                 struct lengths before, struct dj_part_result *result)
{
    const struct lengths after = lengths_of(exec);
    const struct dj_note *verdicts;
    const size_t count = dj_state_verdicts(
        rows.verdicts, dj_row_id(partition->id, rows.first + row), &verdicts);

    for (size_t i = 0; i < count; i++) {
        const struct dj_row_place place = {
            .place = verdicts[i].value,
            .data_len = i == 0 ? (uint32_t)(after.data - before.data) : 0,
            .stats_len = i == 0 ? (uint32_t)(after.stats - before.stats) : 0,
        };

        DJ_TRY(dj_buf_append(&exec->streams[DJ_RESULT_PLACES],
                             (struct dj_str){ (const char *)&place, sizeof(place) }));
        result->kept += i > 0;
    }
    return DJ_OK;
}

static enum dj_status encode_row(struct dj_exec *exec,
                                 const struct dj_partition *partition,
                                 const struct dj_batch *batch, struct place place,
                                 unsigned flags, struct dj_exec_rows rows,
                                 struct dj_part_result *result)
{
    const size_t row = place.row;
    const struct lengths before = lengths_of(exec);
    const bool stats = dj_chain_measures(exec->chain);

    switch (dj_batch_state(batch, row)) {
    case DJ_ROW_LIVE:
        result->kept++;
        DJ_TRY(dj_batch_encode(batch, row, flags, &exec->streams[DJ_RESULT_DATA]));
        if (stats) {
            DJ_TRY(dj_batch_encode_stats(batch, row, &exec->streams[DJ_RESULT_STATS]));
        }
        return exec->plan.ordered ? put_places(exec, partition, rows, row, before, result)
                                  : DJ_OK;
    case DJ_ROW_REJECTED:
        result->rejected++;
        result->rejected_at_load += dj_batch_rejected_by(batch, row) < 0;
        return encode_rejected(exec, partition, batch, place);
    case DJ_ROW_DROPPED:
        break;
    }
    return DJ_OK;
}

enum dj_status dj_exec_encode(struct dj_exec *exec, const struct dj_partition *partition,
                              const struct dj_batch *batch, struct dj_exec_rows rows,
                              struct dj_part_result *result, struct dj_error *err)
{
    const struct dj_config *config = exec->config;
    const size_t count = dj_batch_count(batch);
    const unsigned flags = (config->keep_stats_in_res_ds ? DJ_ENCODE_STATS : 0) |
                           (config->keep_hashes_in_res_ds ? DJ_ENCODE_HASHES : 0);

    struct place place = next_place(batch, (struct place){ SIZE_MAX, -1 });

    for (; place.row < count; place = next_place(batch, place)) {
        const enum dj_status status =
            encode_row(exec, partition, batch, place, flags, rows, result);

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

    if (!exec->stage->last) {
        dj_batch_listen(batch, &sink, dj_row_id(id, first));
    }
}

enum dj_status dj_exec_note_again(struct dj_exec *exec, struct dj_batch *batch,
                                  struct dj_error *err)
{
    const size_t op = exec->stage->end - 1;
    struct dj_op_tally *counted; /* by whoever did it first */
    enum dj_status status;

    if (exec->stage->last) {
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

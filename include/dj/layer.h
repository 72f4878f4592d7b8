/*
 * Layers: what some operators did to a partition, as JSON lines that are small when
 * little has changed. The state of a partition after operator k is its source lines
 * plus its layers in order.
 *
 *   {"partition": 12, "op_first": 0, "op_end": 3, "rows": 1000, "live": 981,
 *    "source": "1c9e6ddce62e5c28", "hash": "5f0e9a2c1b7d8e34"}         all one line
 *   {"row": 17, "drop": 2}                       dropped by operator 2
 *   {"row": 20, "reject": 1, "reason": "..."}    set aside by operator 1; -1: when read
 *   {"row": 21, "edits": {"text": [[17, 3, "abc"], [402, 41, ""]]}}
 *   {"row": 22, "bytes": 512, "sample": {...}}   edits may follow
 *   {"row": 23, "parts": 2}                      of this line there are two rows now:
 *   {"row": 23, "part": 0, "edits": {"text": [[80, 95, ""]]}}
 *   {"row": 23, "part": 1}                       as it was read
 *   {"stat": "text_len", "values": [12, 34.5, null]}   of the rows live at the end
 *   {"trace": 2, "entry": {...}}                 what a tracer wrote; for him alone
 *
 * source is a hash of the source lines (of long ones their lengths and ends), hash one
 * of all other bytes of the layer. A row's number is that of its source line, from 0, in
 * every layer; where several rows were made of one, they are its parts, numbered in their
 * order. "parts" stands in a layer whose operators made copies of the row or of one of
 * its parts; it says how many there are at its end, dead ones included, and a line of
 * each follows. Row lines are in the order of the rows; a row that nothing happened to
 * has none. Edits lead from the text that was read to the text now,
 * both as UTF-8: keep so many bytes, leave out so many, put this in their place; what is
 * behind the last edit stays. A key that the line lacks begins with an empty text, and a
 * text without any edit is spelled as the encoder does. A sample stands in the place of
 * the line when an operator has changed more than texts; edits then lead on from its
 * texts. The newest line of a row says all about it, or of a part since the newest
 * "parts". A statistic has a line when one of these operators has computed it, or when
 * one of them makes rows and it was computed before: what parts have is told with them. A
 * value that is no number stands in a list of its own,
 * ["en"]; null is one of the line's that is none, and false a row that was not measured.
 */
#ifndef DJ_LAYER_H
#define DJ_LAYER_H

#include "dj/sample.h"

/* --- writing ------------------------------------------------------------------------ */

/* One layer at a time; memory is kept from one to the next. layout is borrowed. */
struct dj_layer_writer;
struct dj_layer_writer *dj_layer_writer_new(const struct dj_batch_layout *layout);
void dj_layer_writer_free(struct dj_layer_writer *writer);

/*
 * Begins a layer of operators [op_first, op_end). stats: the columns that these
 * operators compute (indexes into layout->stats); when one of them makes rows, also those
 * that operators before them did.
 */
void dj_layer_begin(struct dj_layer_writer *writer, int64_t partition, int64_t op_first,
                    int64_t op_end, const size_t *stats, size_t nstats);
/*
 * Adds what happened to the rows of a batch since they were added, restored, or
 * settled by the layer before (dj_layer_add settles them): batches of a partition in
 * their order.
 */
enum dj_status dj_layer_add(struct dj_layer_writer *writer,
                            struct dj_batch *batch) DJ_MUST_CHECK;
/* Adds lines of a tracer, {"trace": …}, which stand at the end of the layer. */
enum dj_status dj_layer_trace(struct dj_layer_writer *writer,
                              struct dj_str lines) DJ_MUST_CHECK;
/* Ends the layer and appends it to out; *live is the number of rows that are live. */
enum dj_status dj_layer_end(struct dj_layer_writer *writer, struct dj_buf *out,
                            int64_t *live) DJ_MUST_CHECK;

/* --- restoring ---------------------------------------------------------------------- */

/* The layers of one partition. */
struct dj_layers;
struct dj_layers *dj_layers_new(const struct dj_batch_layout *layout);
void dj_layers_free(struct dj_layers *layers);
void dj_layers_reset(struct dj_layers *layers);

/*
 * Adds the next layer; bytes are borrowed until reset and have DJ_PADDING readable ones
 * behind them. A layer that does not follow the one before, or is no layer, is DJ_DATA.
 */
enum dj_status dj_layers_push(struct dj_layers *layers, struct dj_str bytes,
                              struct dj_error *err) DJ_MUST_CHECK;

/* Appends the lines of a tracer of all layers, in order. */
enum dj_status dj_layers_trace(const struct dj_layers *layers,
                               struct dj_buf *out) DJ_MUST_CHECK;

/*
 * Brings the rows of a batch, just added from the source lines (origin.row counts
 * within the partition, batches come in order), to the state after the newest layer:
 * copies, texts, statistics, verdicts with their operator and reason. The line that was
 * read stays the row's line for rejected/. After a failure the batch is good for a reset
 * only.
 */
enum dj_status dj_layers_apply(struct dj_layers *layers, struct dj_batch *batch,
                               struct dj_error *err) DJ_MUST_CHECK;
/*
 * All rows of the partition were applied, no layer speaks of others, and the lines are
 * those from which the layers were made. What was restored is not good before this.
 */
enum dj_status dj_layers_finish(const struct dj_layers *layers,
                                struct dj_error *err) DJ_MUST_CHECK;

/*
 * One layer [0, op_end) that says what several in a row say, so that chains stay short.
 * bytes of the layers in order. After a failure out is as it was.
 */
enum dj_status dj_layers_merge(const struct dj_str *bytes, size_t count,
                               struct dj_buf *out, struct dj_error *err) DJ_MUST_CHECK;

#endif

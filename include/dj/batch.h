/*
 * A batch: the rows that one call of an operator handles, and the only thing an
 * operator sees of the data.
 *
 * The batch owns; everything that its functions return is borrowed until the
 * batch is reset. Each row has one decoded text per text key of the recipe; the
 * functions below work on the text key of the operator that is running (the chain
 * chooses it). Statistics are columns: an operator names its own in dj_op.stats
 * and addresses them by their place there.
 */
#ifndef DJ_BATCH_H
#define DJ_BATCH_H

#include "dj/mem.h"
#include "dj/note.h"
#include "dj/param.h"
#include "dj/text.h"

struct dj_arena;
struct dj_batch;

/* All rows, also those that were dropped or rejected, and those made of others. */
size_t dj_batch_count(const struct dj_batch *batch);
bool dj_batch_live(const struct dj_batch *batch, size_t row);
size_t dj_batch_live_count(const struct dj_batch *batch);

#define DJ_FOR_EACH_ROW(row, batch)                          \
    for (size_t row = 0; row < dj_batch_count(batch); row++) \
        if (dj_batch_live(batch, row))

/* The text; valid UTF-8 with DJ_PADDING readable bytes behind it. */
struct dj_str dj_batch_text(const struct dj_batch *batch, size_t row);

/*
 * Replaces the text by a copy of the bytes. Equal bytes change nothing, so that
 * the sample keeps the spelling of its value. A sample without the text gets one.
 */
enum dj_status dj_batch_set_text(struct dj_batch *batch, size_t row,
                                 struct dj_str text) DJ_MUST_CHECK;

/*
 * The same without a copy: dj_batch_room returns cap writable bytes in the batch
 * (NULL when memory ran out), dj_batch_take makes the first len of them the text.
 * No other allocation in the batch may come between the two.
 */
char *dj_batch_room(struct dj_batch *batch, size_t cap);
enum dj_status dj_batch_take(struct dj_batch *batch, size_t row, char *room,
                             size_t len) DJ_MUST_CHECK;

/*
 * The sample as one JSON object on one line, with changed texts, and with the statistics
 * that it came with. When no text has changed it is the line itself. dj/tree.h reads it.
 * Borrowed until the row is changed or another sample is asked for.
 */
enum dj_status dj_batch_sample(struct dj_batch *batch, size_t row,
                               struct dj_str *sample) DJ_MUST_CHECK;

/*
 * Replaces the sample by a copy of another JSON object, from which texts are read anew.
 * What is no sample, or not on one line, or has other statistics, is DJ_OP and changes
 * nothing.
 */
enum dj_status dj_batch_set_sample(struct dj_batch *batch, size_t row,
                                   struct dj_str sample) DJ_MUST_CHECK;

/* The line that was read has __dj__meta__. */
bool dj_batch_had_meta(const struct dj_batch *batch, size_t row);

/* The operator's verdict: the row is not kept. */
void dj_batch_drop(struct dj_batch *batch, size_t row);

/* The row is at fault: it goes to rejected/ with this reason. */
void dj_batch_reject(struct dj_batch *batch, size_t row, const char *fmt, ...)
    DJ_PRINTF(3, 4);

/*
 * Several rows of one: the row itself is the first of them, and each copy stands behind
 * the row and its earlier copies, with the same texts, fields and statistics. A copy is
 * one of the rows when the call has ended; till then *copy is its place for functions
 * that set what it has, or judge it. DJ_OP: the batch has millions of rows already.
 */
enum dj_status dj_batch_copy(struct dj_batch *batch, size_t row,
                             size_t *copy) DJ_MUST_CHECK;

/* No row of one: it goes like a dropped row, but it was not found wanting. */
void dj_batch_dissolve(struct dj_batch *batch, size_t row);

/*
 * Statistics: false when the row has no such value yet. A value that the line had and
 * that is no number (null, a string) is DJ_NUMBER_NONE: no comparison accepts it.
 */
bool dj_batch_stat(const struct dj_batch *batch, size_t row, size_t stat,
                   struct dj_number *value);
void dj_batch_set_stat(struct dj_batch *batch, size_t row, size_t stat,
                       struct dj_number value);

/* --- fields, and statistics that are no numbers ------------------------------------- */

/*
 * The value in the sample as it is now behind the names of a path, as JSON: path[0] is a
 * field, path[1] a member of the object there, and so on. *used names lead to *value,
 * less than count where a name is missing or has no object before it; with 0 *value is
 * the whole sample. Borrowed from the row or made in the arena.
 */
enum dj_status dj_batch_field(struct dj_batch *batch, size_t row,
                              const struct dj_str *path, size_t count,
                              struct dj_arena *arena, struct dj_str *value,
                              size_t *used) DJ_MUST_CHECK;

/* The statistic as JSON; ptr is NULL when the row has none yet. */
enum dj_status dj_batch_stat_json(struct dj_batch *batch, size_t row, size_t stat,
                                  struct dj_arena *arena,
                                  struct dj_str *json) DJ_MUST_CHECK;
enum dj_status dj_batch_set_stat_json(struct dj_batch *batch, size_t row, size_t stat,
                                      struct dj_str json) DJ_MUST_CHECK;

/*
 * For global operators (dj/global.h): notes a record of the row; its field row is set
 * here. Fails when memory or scratch space runs out. Nothing happens when nobody
 * listens.
 */
enum dj_status dj_batch_note(struct dj_batch *batch, size_t row, struct dj_note record,
                             struct dj_error *err) DJ_MUST_CHECK;

/*
 * For deduplicators: the hash of the text, as JSON, for the field that dj_op.hash names.
 * Samples keep it where the recipe asks for that; else nothing happens, and no hash need
 * be spelled.
 */
bool dj_batch_keeps_hash(const struct dj_batch *batch);
enum dj_status dj_batch_set_hash(struct dj_batch *batch, size_t row,
                                 struct dj_str json) DJ_MUST_CHECK;

/* --- views: computed at first use, gone when the text changes --------------------- */

const struct dj_text_counts *dj_batch_counts(struct dj_batch *batch, size_t row);

/* DJ_NOMEM or DJ_OK. lower chooses the list of the lower-cased text. */
enum dj_status dj_batch_words(struct dj_batch *batch, size_t row, bool lower,
                              const struct dj_words **words) DJ_MUST_CHECK;

#endif

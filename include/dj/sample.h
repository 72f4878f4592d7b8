/*
 * Samples in and out of a batch, for the executor and the dataset module.
 *
 * One JSON line is one sample. The reader finds the spans of its top-level fields,
 * checks all of it (UTF-8, syntax, no lone surrogate, no key twice at the top,
 * depth), and decodes only the text fields; everything else keeps its bytes.
 */
#ifndef DJ_SAMPLE_H
#define DJ_SAMPLE_H

#include "dj/batch.h"

/* What the batches of a job look like: the same for all of them. */
struct dj_batch_layout {
    size_t ntexts;
    const char *const *texts; /* text keys, each once; "a.b" is field b of object a unless
                                 a field is itself called "a.b" */
    size_t nrequired; /* the first nrequired text keys must be strings in every row
                         (text_keys of the recipe); else the row is rejected */
    size_t nstats;    /* columns, those of hashes among them */
    const char *const *stats; /* names in __dj__stats__, in the order of the recipe */
    size_t nhashes; /* the last columns: fields of the sample itself, "__dj__hash" */
    size_t nearly;  /* the first of these, which are new fields before __dj__stats__ */
};

/* Where a row came from. */
struct dj_origin {
    int64_t row;  /* place of its line in the partition, from 0, rejected lines counted */
    int64_t line; /* line of the source file, from 1 */
};

/* layout is borrowed and must outlive the batch. Ends the program without memory. */
struct dj_batch *dj_batch_new(const struct dj_batch_layout *layout);
void dj_batch_free(struct dj_batch *batch);
void dj_batch_reset(struct dj_batch *batch);

/*
 * Adds the sample of one line (no line end). line is borrowed until the batch is
 * reset and has DJ_PADDING readable bytes behind it. A line that is no sample is
 * added as a rejected row with its reason ("byte 17: ...", counted from 0); the
 * result is DJ_OK then too. DJ_NOMEM is the only failure; nothing was added then.
 */
enum dj_status dj_batch_add(struct dj_batch *batch, struct dj_str line,
                            struct dj_origin origin) DJ_MUST_CHECK;

/* Adds a line that is known to be no sample, as a rejected row with that reason. */
enum dj_status dj_batch_add_fault(struct dj_batch *batch, struct dj_str line,
                                  struct dj_str reason,
                                  struct dj_origin origin) DJ_MUST_CHECK;

/*
 * Whether the same sample may come as another line when it is read again (columns that
 * nobody looks at are left out): layers then trust the reader that it is the same, and do
 * not look at lines. Holds until it is set otherwise.
 */
void dj_batch_lines_vary(struct dj_batch *batch, bool vary);

/* Sum of the bytes of all lines added since the reset. */
size_t dj_batch_bytes(const struct dj_batch *batch);

/*
 * Chooses the operator (its place in the recipe) that runs next, its text key and
 * its statistics: stats[i] is the column of the operator's statistic i.
 */
void dj_batch_select(struct dj_batch *batch, int op, size_t text, const size_t *stats);

/* Behind it: the column of the operator's hash. Without this the batch keeps none. */
void dj_batch_select_hash(struct dj_batch *batch, size_t column);

/* False when the selected text key is missing in the row or not a string. */
bool dj_batch_has_text(const struct dj_batch *batch, size_t row);

enum dj_row_state { DJ_ROW_LIVE, DJ_ROW_DROPPED, DJ_ROW_REJECTED };
enum dj_row_state dj_batch_state(const struct dj_batch *batch, size_t row);
struct dj_origin dj_batch_origin(const struct dj_batch *batch, size_t row);
struct dj_str dj_batch_line(const struct dj_batch *batch, size_t row); /* as read */
const char *dj_batch_reason(const struct dj_batch *batch, size_t row); /* of rejection */
/* The operator that was selected when the row was rejected; -1: when it was read. */
int dj_batch_rejected_by(const struct dj_batch *batch, size_t row);
/* The operator that was selected when the row was dropped; -1: it was not. */
int dj_batch_dropped_by(const struct dj_batch *batch, size_t row);

/*
 * After an operator: gives the copies that it made their places among the rows, so that
 * all rows of a line stand where the line's row stood. Ends a mark when there are any.
 */
void dj_batch_arrange(struct dj_batch *batch);

/* Copies that were made since the reset, less rows that dissolved. */
int64_t dj_batch_derived(const struct dj_batch *batch);

/*
 * Where dj_batch_note puts records; NULL: nowhere. first: dj_row_id of row 0 of the
 * batch. Rows count as they are now, those that are no longer live and those made of
 * others included: a row's number holds until an operator makes copies. Ends with
 * dj_batch_reset.
 */
void dj_batch_listen(struct dj_batch *batch, const struct dj_sink *sink, uint64_t first);

/*
 * A mark holds the state of all rows; one at a time, and adding a row ends it. A mark
 * is the place where memory of replaced texts may be given back: texts and views that
 * were borrowed before it are gone. Rolling back ends views too, and keeps the mark.
 */
void dj_batch_mark(struct dj_batch *batch);
void dj_batch_rollback(struct dj_batch *batch);

/*
 * Many batches wait while one is worked on: they share the memory for what an operator
 * derives and changes. A batch wakes with it (before any row is added, or after it
 * rested) and rests without: its memory is then the rows' own (dj/layer.h says how
 * much) and the texts of live rows that are not in their lines as they are. Texts and
 * views that were borrowed are gone, texts of other rows for good; a mark ends. After
 * DJ_NOMEM the batch is good for dj_batch_free only.
 */
struct dj_batch_work;
struct dj_batch_work *dj_batch_work_new(void);
void dj_batch_work_free(struct dj_batch_work *work);
void dj_batch_wake(struct dj_batch *batch, struct dj_batch_work *work);
enum dj_status dj_batch_rest(struct dj_batch *batch) DJ_MUST_CHECK;

/*
 * Hides all rows but [first, end) from dj_batch_live and dj_batch_live_count, so that
 * an operator runs on these alone: the chain finds a row at fault with it. The states
 * of hidden rows stay. (0, SIZE_MAX) shows all rows again, as does a reset.
 */
void dj_batch_narrow(struct dj_batch *batch, size_t first, size_t end);

enum {
    DJ_ENCODE_STATS = 1 << 0,  /* with __dj__stats__ and __dj__meta__ */
    DJ_ENCODE_HASHES = 1 << 1, /* with __dj__hash and its like, read or kept */
};

/*
 * Appends the row as one JSON line with "\n". The line is the one that was read,
 * blanks around it removed, with changed texts put in (encoded as dj_json_quote
 * does), texts of keys that it lacks added behind its last field, and Data-Juicer's
 * own columns left out or written as flags say: statistics and kept hashes in the place
 * where the line has them, else as the last fields. A line rejected when it was read
 * comes back as it was.
 */
enum dj_status dj_batch_encode(const struct dj_batch *batch, size_t row, unsigned flags,
                               struct dj_buf *out) DJ_MUST_CHECK;

/* Appends the row's line of the stats side file: {"__dj__stats__": {...}}\n */
enum dj_status dj_batch_encode_stats(const struct dj_batch *batch, size_t row,
                                     struct dj_buf *out) DJ_MUST_CHECK;

#endif

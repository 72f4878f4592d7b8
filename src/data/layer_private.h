/*
 * Private to the layers: reading one from its beginning to its end, row by row, and
 * the pieces that both writers make.
 */
#ifndef DJ_LAYER_PRIVATE_H
#define DJ_LAYER_PRIVATE_H

#include "dj/hash.h"
#include "dj/layer.h"

/* Members of the first line. */
struct layer_head {
    int64_t partition;
    int64_t op_first, op_end;
    int64_t rows, live;
    uint64_t source; /* of the lines of all rows, by layer_mix_line */
    uint64_t hash;   /* of all bytes of the layer but its own */
};

enum layer_what { LAYER_CHANGE, LAYER_DROP, LAYER_REJECT, LAYER_PARTS };

/* A line about a row. */
struct layer_line {
    int64_t row;  /* INT64_MAX: there is none */
    int64_t part; /* -1: it is about the only row of its line, or LAYER_PARTS */
    enum layer_what what;
    int64_t parts;        /* LAYER_PARTS: how many */
    int op;               /* LAYER_DROP, LAYER_REJECT */
    struct dj_str sample; /* LAYER_CHANGE: in the place of its line; ptr NULL: none */
    struct dj_str edits;  /* LAYER_CHANGE: the object of edits; ptr NULL: none */
    struct dj_str reason; /* LAYER_REJECT: with its quotes */
    struct dj_str whole;  /* with its line end */
};

/* A line about a statistic. */
struct layer_column {
    struct dj_str name; /* with its quotes, as dj_json_quote spells it */
    const char *next;   /* the value of the next row that is live, or end */
    const char *end;    /* of the list: its bracket */
    bool begun;
    size_t place; /* of the statistic, chosen by the reader */
};

/* A layer that is being read; all places are in its bytes. */
struct layer_cursor {
    struct layer_head head;
    const char *begin;
    const char *next, *end; /* lines about rows that are not read yet */
    struct layer_line line; /* the last one that was read: of this row or a later one */
    struct layer_column *columns;
    size_t ncolumns, column_cap;
    struct dj_str trace; /* the lines of a tracer */
    int64_t lines;       /* of parts, that are still to come */
    int64_t gone; /* source lines so far less rows of theirs that are live at the end */
};

/* What the layers together say about one row. */
struct layer_row {
    bool live;
    struct layer_line last; /* what says why not; its row is -1 when there is none */
    struct dj_str sample;   /* ptr NULL: its line is as it was read */
    struct dj_str edits;    /* ptr NULL: its texts are those of the line or the sample */
};

/* The same of all rows of a source line. */
struct layer_rows {
    struct layer_row *rows;
    size_t count, cap;
    struct dj_str parts;   /* the line that says how many; ptr NULL: there is none */
    struct dj_str *values; /* of each row, the newest of each statistic, or ptr NULL */
    size_t nstats;
};

/* Moves over a word that must be next. */
static inline bool layer_take(const char **p, const char *end, struct dj_str word)
{
    if ((size_t)(end - *p) < word.len || memcmp(*p, word.ptr, word.len) != 0) {
        return false;
    }
    *p += word.len;
    return true;
}

struct text_slot;

/* What a text of the rows of one line is compared with. */
struct layer_source {
    const char *line; /* whose text it is; NULL: none yet */
    size_t begin;
    struct dj_str read; /* in the batch's scratch memory, or longer there */
    size_t from;        /* where the row before has found its own */
};

/* --- layer_read.c --- */

/* Reads the first line and finds the columns. cursor keeps its memory. */
enum dj_status layer_open(struct layer_cursor *cursor, struct dj_str bytes,
                          struct dj_error *err) DJ_MUST_CHECK;
void layer_release(struct layer_cursor *cursor);

/* Reads the next line about a row into cursor->line. */
enum dj_status layer_next_line(struct layer_cursor *cursor,
                               struct dj_error *err) DJ_MUST_CHECK;

/* The layer is the first one, or follows the one before (else NULL). */
enum dj_status layer_check_order(const struct layer_cursor *cursor,
                                 const struct layer_cursor *before,
                                 struct dj_error *err) DJ_MUST_CHECK;

/* A fault at a place of the layer, or (NULL) in all of it; the result is DJ_DATA. */
enum dj_status layer_fail(const struct layer_cursor *cursor, const char *at,
                          struct dj_error *err, const char *fmt, ...) DJ_PRINTF(4, 5);

/* --- layer_step.c --- */

void layer_rows_release(struct layer_rows *rows);

/*
 * Moves all layers over the next source line, and tells what they say about its rows.
 * rows->nstats is set before: the places of columns are below it.
 */
enum dj_status layer_step(struct layer_cursor *cursors, size_t count, int64_t row,
                          struct layer_rows *rows, struct dj_error *err) DJ_MUST_CHECK;

/* All that the layer says was about the rows so far. */
enum dj_status layer_check_end(const struct layer_cursor *cursor,
                               struct dj_error *err) DJ_MUST_CHECK;

/* --- layer_text.c --- */

enum dj_status layer_put_number(struct dj_str word, uint64_t number,
                                struct dj_buf *out) DJ_MUST_CHECK;

/*
 * Appends the edits of the slot's text; part: the row was made of another one. source is
 * empty, or what an earlier row of the same line has left.
 */
enum dj_status layer_put_text(const struct dj_batch *batch, size_t row,
                              const struct text_slot *slot, struct layer_source *source,
                              bool part, struct dj_buf *out) DJ_MUST_CHECK;

/* --- layer_write.c --- */

/*
 * Carries the hash of a partition's lines on to the next one. Of a long line its length
 * and ends are looked at: this is about lines of another partition or file, and there
 * are many bytes.
 */
uint64_t layer_mix_line(uint64_t hash, struct dj_str line);
/* The same with a row's line as read, or, when lines vary, with its number. */
uint64_t layer_mix_row(uint64_t hash, const struct dj_batch *batch, size_t row);

/* The hash of a layer: of its first line up to the hash, and of the other lines. */
uint64_t layer_hash(struct dj_str first, struct dj_str rest);

/* Bound of the first line. */
enum { LAYER_HEAD_TEXT = 256 };

/* Appends the first line; its hash comes when the layer is sealed. */
enum dj_status layer_put_head(const struct layer_head *head,
                              struct dj_buf *out) DJ_MUST_CHECK;

/* Puts the hash into the layer that begins there and is complete. */
void layer_seal(struct dj_buf *out, size_t begin);

/* Appends the line of a statistic; name has its quotes. */
enum dj_status layer_put_column(struct dj_str name, struct dj_str values,
                                struct dj_buf *out) DJ_MUST_CHECK;

#endif

/*
 * Private to the data module: what a batch is made of. All rows have the same number
 * of text slots and statistic cells, which stand row by row in plain arrays.
 */
#ifndef DJ_BATCH_PRIVATE_H
#define DJ_BATCH_PRIVATE_H

#include "data/sample_scan.h"
#include "dj/json.h"
#include "dj/sample.h"

enum {
    /* Just under 4 MiB with the arena's own bytes, which makes huge pages possible. */
    DJ_TEXT_BLOCK = (4 << 20) - 1024,
    /* Replaced texts are given back when there is more than this of them. */
    DJ_COMPACT_LEAST = 16 << 20,
};

/* The text of one text key in one row. */
struct text_slot {
    struct dj_str text; /* in the line or in the batch's arena */
    struct dj_str read; /* the text that was read, as long as it is kept; else NULL */
    size_t begin, end;  /* of the value in the line as read; 0, 0: the key is missing */
    bool present;       /* there is a text */
    bool changed;       /* it is not the one in the line */
    bool untold;        /* no layer has told of it yet */
    bool counted; /* counts are those of the text; they stay with it between parts */
    struct dj_text_counts counts;
};

/* A kind of statistic behind those of enum dj_number_kind: any other JSON value. */
enum { STAT_JSON = DJ_NUMBER_FLOAT + 1 };

struct stat_cell {
    union {
        int64_t i;
        double d;
        const char *text; /* STAT_JSON: in the batch, NUL-terminated */
    } value;
    unsigned char kind; /* enum dj_number_kind or STAT_JSON */
    bool present;
    bool input;   /* the line has a value under this name ... */
    bool changed; /* ... which is no longer right */
};

/* What was derived from a text. */
struct view {
    struct dj_words words[2]; /* of the text; of the lower-cased text */
    bool has_words[2];
};

/* Data-Juicer's columns that an export may leave out. */
enum own_kind { OWN_NONE, OWN_STATS, OWN_META, OWN_HASH };

/* Such a field in a line; all places are offsets in the line. */
struct own_field {
    enum own_kind kind;
    const char *name;  /* without escapes */
    size_t index;      /* its place among the fields */
    size_t key;        /* opening quote of the key */
    size_t value, end; /* the value */
    size_t before;     /* end of the value before it */
    size_t after;      /* key after it, or end when it is the last */
};

struct verdict {
    const char *reason; /* of a rejection; in the batch */
    int op;             /* that gave it; -1: the row is live, or was rejected when read */
    enum dj_row_state state;
    bool untold; /* no layer has told of it yet */
};

struct row {
    struct dj_str read; /* the line as it was read */
    struct dj_str line; /* the same, or in the batch's memory what has replaced it; all
                           places of texts and fields are in here */
    struct dj_origin origin;
    struct verdict verdict;
    bool untold;   /* the line was replaced, and no layer has told of it yet */
    bool copied;   /* a copy, and no layer has told of it yet */
    bool had_meta; /* the line that was read has __dj__meta__ */
    const struct own_field *own;
    size_t nown;
    size_t nfields;
    size_t tail; /* end of the last value, where further fields go; 0: not well read */
};

/* A top-level field of the line that is being read. */
struct field {
    struct dj_str key; /* unescaped */
    const char *quote; /* of the key */
    const char *value;
    const char *end;
    uint64_t hash; /* only beyond FEW_FIELDS */
};

/* What a row was before a change since the mark. */
struct undo {
    enum { UNDO_TEXT, UNDO_STAT, UNDO_VERDICT, UNDO_ROW } what;
    size_t index; /* of the slot, the cell or the row */
    union {
        struct text_slot text;
        struct stat_cell stat;
        struct verdict verdict;
        const struct row *row; /* in the batch */
    } old;
};

struct text_key {
    struct dj_str name;
    bool dotted;
};

/* What the lines of the first rows make of a hash (layer_write.c). */
struct mixed {
    size_t rows;
    uint64_t from, to;
};

struct dj_batch {
    const struct dj_batch_layout *layout;
    const struct dj_string_ops *strings;
    struct text_key *keys; /* one for each text of the layout */

    size_t nrows, row_cap, nlive, bytes; /* nrows with new copies */
    struct row *rows;
    struct text_slot *texts;
    struct stat_cell *stats;
    struct view *views; /* of the first nviews rows, when one was asked for */
    size_t nviews, view_cap;

    struct dj_arena *text_arena; /* texts and views */
    struct dj_arena *spare;      /* takes over what lives of text_arena */
    struct dj_arena *row_arena;  /* reasons and own fields */
    struct dj_arena *scratch;    /* for one call */
    struct dj_buf sample;        /* the last one that an operator asked for */
    size_t compact_at;           /* bytes in text_arena */
    struct mixed mixed;
    bool lines_vary;
    struct dj_sink sink;        /* of notes; put NULL: nobody listens */
    uint64_t first_id;          /* dj_row_id of row 0, for notes */
    struct dj_batch_work *work; /* whose text_arena and spare are, or NULL */
    struct dj_arena *kept;      /* texts of a batch that shares them */

    struct field *fields; /* of the line that is being read */
    size_t nfields, field_cap;
    uint64_t seen;       /* a set bit: a key with this small hash is among them */
    uint32_t *key_slots; /* hash table of places in fields, plus one */
    size_t nkey_slots, key_slot_cap;

    size_t *copied_from; /* the row of each copy that has no place yet: the last rows */
    size_t ncopies, copy_cap;
    int64_t derived; /* copies less dissolved rows */

    size_t sight_first; /* rows in sight of the operator; */
    size_t sight_rows;  /* SIZE_MAX: all, also those still to come */

    int op;
    size_t text;               /* the selected text key */
    const size_t *stat_column; /* the selected operator's statistics */
    size_t hash_column;        /* and its hash; SIZE_MAX: not kept */

    bool marked;
    struct dj_arena_mark text_mark, row_mark;
    size_t mark_copies; /* ncopies and derived at the mark */
    int64_t mark_derived;
    struct undo *undos;
    size_t nundos, undo_cap;
};

/* --- batch.c --- */

/* Remembers, while there is a mark, what is about to change. */
void dj_batch_save(struct dj_batch *batch, const struct undo *undo);

/* Copies a reason to the batch; bytes that are no UTF-8 become U+FFFD. */
const char *dj_batch_keep_reason(struct dj_batch *batch, const char *text);

/* The operators' work since the last layer has been told: nothing can undo it. */
void dj_batch_settle(struct dj_batch *batch);

/* The row has another verdict from now on. */
void dj_batch_judge(struct dj_batch *batch, size_t row, struct verdict verdict);

/* --- batch_copy.c --- */

/* Makes room for one more row, which is not initialized. */
void dj_batch_grow(struct dj_batch *batch);

/* Takes back the copies made since the mark, after all else was undone. */
void dj_batch_forget_copies(struct dj_batch *batch);

/* The end of the rows, from this one on, that are of the same line. */
size_t dj_batch_line_end(const struct dj_batch *batch, size_t row);

/* --- batch_compact.c --- */

/* Gives back the memory of replaced texts when it is much. */
void dj_batch_trim(struct dj_batch *batch);

/* --- batch_text.c --- */

void dj_batch_forget_views(struct dj_batch *batch);           /* of all texts */
void dj_batch_forget_row(struct dj_batch *batch, size_t row); /* its views */

/*
 * The text that was read, empty when there was none; if need be decoded again in the
 * batch's scratch memory.
 */
enum dj_status dj_text_read(const struct dj_batch *batch, size_t row,
                            const struct text_slot *slot,
                            struct dj_str *text) DJ_MUST_CHECK;

/* --- sample.c --- */

/*
 * Fills the row, its texts and its statistics, all of them empty, from its line. The row
 * is not judged: *good tells whether the line is a sample. DJ_NOMEM or DJ_OK.
 */
enum dj_status dj_sample_read(struct dj_batch *batch, size_t row,
                              bool *good) DJ_MUST_CHECK;

/* --- encode.c --- */

/* The line without blanks around it. */
struct dj_str dj_line_trimmed(struct dj_str line);

/*
 * Appends the row's line with changed texts put in and all else as it is, no statistics
 * and no line end. After a failure out may end in a part of it.
 */
enum dj_status dj_encode_sample(const struct dj_batch *batch, size_t row,
                                struct dj_buf *out) DJ_MUST_CHECK;

/* --- batch_sample.c --- */

/* The line was replaced since it was read. */
static inline bool dj_is_replaced(const struct row *row)
{
    return row->line.ptr != row->read.ptr;
}

/*
 * The row's line becomes a copy of this one, from which texts are read anew. When it is
 * no sample, or has other statistics, the row stays what it was and *good is false.
 */
enum dj_status dj_replace_line(struct dj_batch *batch, size_t row, struct dj_str line,
                               bool *good) DJ_MUST_CHECK;

/* The key of a member without escapes, if need be in the batch's scratch memory. */
enum dj_status dj_member_key(const struct dj_batch *batch, const struct dj_member *member,
                             struct dj_str *key) DJ_MUST_CHECK;

/* --- sample_fields.c --- */

/* Appends a field; false when its key is among the fields already. */
bool dj_add_field(struct dj_batch *batch, const struct field *field);

/* --- sample_nested.c --- */

/*
 * Finds the value of a dotted key: key itself among the members of the object at
 * object, or what is behind one of its dots in the object that is before it. *value
 * is NULL when there is none. The object has been scanned without a fault.
 */
enum dj_status dj_nested_find(const struct dj_batch *batch, struct dj_scan *scan,
                              const char *object, struct dj_str key,
                              const char **value) DJ_MUST_CHECK;

/* --- sample_stats.c --- */

/* Takes the known numbers of the object at value into the row's cells. */
enum dj_status dj_stats_read(struct dj_batch *batch, size_t row, struct dj_scan *scan,
                             const char *value) DJ_MUST_CHECK;

/* The row's field of this kind, or NULL. */
const struct own_field *dj_own_find(const struct row *row, enum own_kind kind);

/* The cell that a valid JSON value means; a number must end where strtod ends it. */
struct stat_cell dj_stats_cell(struct dj_str value);

/* Writes the cell, a number or none, as JSON; returns the length. */
size_t dj_stats_text(const struct stat_cell *cell, char text[DJ_JSON_DOUBLE_TEXT]);

/* True when both have the same number. */
static inline bool dj_stats_same(const struct stat_cell *a, const struct stat_cell *b)
{
    return a->kind == b->kind && a->value.i == b->value.i;
}

/*
 * The row's statistic becomes the cell's value. The spelling in the line stays, or
 * stands again, where it is the same number.
 */
void dj_stats_put(struct dj_batch *batch, size_t row, size_t column,
                  struct stat_cell next);

/* True when the row's line has this number in that column. */
bool dj_stats_as_read(const struct dj_batch *batch, size_t row, size_t column,
                      const struct stat_cell *cell);

/* The columns of __dj__stats__; those of hashes are behind them. */
static inline size_t dj_measured(const struct dj_batch_layout *layout)
{
    return layout->nstats - layout->nhashes;
}

/* True when the row has a number that its line has not. */
bool dj_stats_fresh(const struct dj_batch *batch, size_t row);

/* The hash in that column as JSON, or NULL: the row has none. */
const char *dj_hash_kept(const struct dj_batch *batch, size_t row, size_t column);

/* The same for the column of this name. */
const char *dj_hash_named(const struct dj_batch *batch, size_t row, const char *name);

/* Appends the value of __dj__stats__ as it is now. */
enum dj_status dj_stats_write(const struct dj_batch *batch, size_t row,
                              struct dj_buf *out) DJ_MUST_CHECK;

#endif

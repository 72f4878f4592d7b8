/*
 * From JSON lines to columns: the types that lines have, and lines as arrays of Arrow,
 * the opposite of dj_arrow_to_json. Nothing here needs the Arrow library; the structs are
 * those of its C data interface.
 */
#ifndef DJ_COLUMNS_H
#define DJ_COLUMNS_H

#include "dj/arrow.h"
#include "dj/dataset.h"

/* --- schemas ----------------------------------------------------------------------- */

/* A field; its n_children places in children are the caller's to fill. */
void dj_schema_make(struct ArrowSchema *schema, const char *format, const char *name,
                    int64_t flags, int64_t n_children);
/* A copy without metadata, but for the mark below. */
void dj_schema_copy(const struct ArrowSchema *from, struct ArrowSchema *to);
/* Releases it, if it is one. */
void dj_schema_release(struct ArrowSchema *schema);
/* Whether two are the same: names, types and nullability, in order. */
bool dj_schema_same(const struct ArrowSchema *a, const struct ArrowSchema *b);

/*
 * A field of strings that hold JSON, each the text of a value whose kind differs from
 * sample to sample. The mark is metadata of the field, which Parquet files keep.
 */
void dj_schema_mark_json(struct ArrowSchema *schema);
bool dj_schema_is_json(const struct ArrowSchema *schema);

/* The columns of an input file that has such (dj_source_file.layout), else release is
 * NULL. */
enum dj_status dj_source_schema(const struct dj_source_file *file,
                                struct ArrowSchema *schema,
                                struct dj_error *err) DJ_MUST_CHECK;

/* --- building ---------------------------------------------------------------------- */

struct dj_columns;

/* The schema is a struct of columns and is not kept. DJ_UNSUPPORTED names the column. */
enum dj_status dj_columns_new(const struct ArrowSchema *schema,
                              struct dj_columns **columns,
                              struct dj_error *err) DJ_MUST_CHECK;
void dj_columns_free(struct dj_columns *columns);

/*
 * Adds one line (no line end) with DJ_PADDING readable bytes behind it. What does not fit
 * the schema is noted in misfits; only a line that is no JSON object (DJ_DATA), text that
 * is too large for its column (DJ_UNSUPPORTED) and DJ_NOMEM are failures.
 */
enum dj_status dj_columns_add(struct dj_columns *columns, struct dj_str line,
                              struct dj_error *err) DJ_MUST_CHECK;

enum {
    DJ_MISFIT_NULL = 1, /* a value is missing in a column that must have one */
    DJ_MISFIT_TYPE = 2, /* a value is none of the column's type */
};

struct dj_misfits {
    size_t count;      /* columns of the schema */
    const int *column; /* DJ_MISFIT_… of each, 0: all values fit */
    bool unknown;      /* some line has a field that is no column */
    const char *first; /* what was found first, for a message; NULL: nothing */
};
struct dj_misfits dj_columns_misfits(const struct dj_columns *columns);

/* Lines since the last take. */
int64_t dj_columns_rows(const struct dj_columns *columns);

/*
 * Names of the top-level columns of strings whose values are so long that a dictionary is
 * a waste; the list is borrowed until the next call. Returns how many.
 */
size_t dj_columns_plain(struct dj_columns *columns, const char *const **names);

/*
 * Ends a batch: what was added becomes a struct array, which the caller releases. Only
 * without misfits. The columns are empty then, as new ones.
 */
enum dj_status dj_columns_take(struct dj_columns *columns,
                               struct ArrowArray *batch) DJ_MUST_CHECK;

/* Forgets what was added, but no misfit. */
enum dj_status dj_columns_drop(struct dj_columns *columns) DJ_MUST_CHECK;

/* --- what types lines have --------------------------------------------------------- */

/*
 * Types are joined: null with anything is that; whole numbers and others are floats when
 * that loses nothing; what has no common type is JSON as text. Joining goes from left to
 * right, a field's place is where it is seen first, and joining guesses of stretches in
 * their order is the guess of the whole.
 */
struct dj_guess;
struct dj_guess *dj_guess_new(void);
void dj_guess_free(struct dj_guess *guess);
enum dj_status dj_guess_add(struct dj_guess *guess, struct dj_str line,
                            struct dj_error *err) DJ_MUST_CHECK;
/* To bytes, and joining those of the stretch that follows. */
enum dj_status dj_guess_pack(const struct dj_guess *guess,
                             struct dj_buf *out) DJ_MUST_CHECK;
enum dj_status dj_guess_join(struct dj_guess *guess, struct dj_str packed,
                             struct dj_error *err) DJ_MUST_CHECK;

/*
 * The schema of all that was seen. base, which may be NULL, has columns whose types are
 * known: they stay but where misfits (of base's columns, or NULL) say otherwise, and come
 * first; the others follow.
 */
void dj_guess_schema(const struct dj_guess *guess, const struct ArrowSchema *base,
                     const int *misfits, struct ArrowSchema *schema);

#endif

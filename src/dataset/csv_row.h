/* One row of a table in text: its cells, as RFC 4180 and the readers of Python see them.
 */
#ifndef DJ_DATASET_CSV_ROW_H
#define DJ_DATASET_CSV_ROW_H

#include "dj/mem.h"

struct dj_cell {
    struct dj_str raw;
    bool quoted; /* has quotes to take away */
};

struct dj_csv_row {
    struct dj_cell *cells;
    size_t count, cap;
    size_t end;    /* behind the last cell */
    size_t next;   /* behind the line break */
    int64_t lines; /* of the file */
    bool blank;    /* nothing but blanks: no row */
    bool unclosed; /* a quote that opens is not closed: the row is its first line */
};

void dj_csv_row_release(struct dj_csv_row *row);

/* The row at the beginning of bytes, which are not empty; false: more are needed. */
bool dj_csv_row_read(struct dj_csv_row *row, struct dj_str bytes, char separator,
                     bool last);

/* The text of a cell; with quotes in scratch, which is emptied before. */
enum dj_status dj_cell_text(const struct dj_cell *cell, struct dj_buf *scratch,
                            struct dj_str *text) DJ_MUST_CHECK;

/* --- types --- */

/* What a column may be; those that are left when all cells were looked at. */
enum {
    DJ_CELL_INT = 1 << 0,   /* 64 bits, signed */
    DJ_CELL_UINT = 1 << 1,  /* or unsigned */
    DJ_CELL_FLOAT = 1 << 2, /* any number */
    DJ_CELL_WHOLE = 1 << 3, /* without point and exponent, however large */
    DJ_CELL_BOOL = 1 << 4,
    DJ_CELL_SMALL = 1 << 5,    /* no whole number between int64_t and uint64_t */
    DJ_CELL_UNSIGNED = 1 << 6, /* no minus; a column with both has texts, as in pandas */
    DJ_CELL_ANY = (1 << 7) - 1
};

/* Empty, or one of the words for a missing value that pandas knows. */
bool dj_cell_missing(struct dj_str text);
unsigned dj_cell_kinds(struct dj_str text);
/* Appends a number as JSON; *missing: it is infinite, which JSON has not. */
enum dj_status dj_cell_number(struct dj_str text, struct dj_buf *out,
                              bool *missing) DJ_MUST_CHECK;

#endif

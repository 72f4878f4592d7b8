/*
 * A file of JSON lines made into one of another form: compressed lines, Parquet or Arrow
 * IPC. The types of columns are those that its lines have (dj/columns.h).
 */
#ifndef DJ_TABLE_H
#define DJ_TABLE_H

#include "dj/arrow.h"

enum dj_table_form {
    DJ_TABLE_PARQUET, /* in the order of intermediate_storage.format */
    DJ_TABLE_ARROW,
    DJ_TABLE_LINES
};

struct dj_table_options {
    enum dj_table_form form;
    enum dj_arrow_compression compression; /* lines: snappy is none */
    int64_t batch_rows;                    /* Arrow: of a record batch; 0: one for all */
};

/* ".parquet", ".arrow", ".jsonl", ".jsonl.zst" or ".jsonl.gz". */
const char *dj_table_suffix(const struct dj_table_options *options);
/* DJ_UNSUPPORTED when the form needs a library that is not here. */
enum dj_status dj_table_check(const struct dj_table_options *options,
                              struct dj_error *err) DJ_MUST_CHECK;
/*
 * Writes path from the lines of the file lines_path, by a temporary name beside it, and
 * syncs it. Memory: for Parquet and for one batch, all of the file.
 */
enum dj_status dj_table_write(const struct dj_table_options *options,
                              const char *lines_path, const char *path,
                              struct dj_error *err) DJ_MUST_CHECK;

#endif

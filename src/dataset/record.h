/*
 * Formats whose files are records one after the other (rows of a table, elements of a
 * JSON array), each of which becomes one line. Here is what they have in common: cutting
 * at borders of records, spooling, reading, digests. A format says where a record ends
 * and how it is written as a line.
 */
#ifndef DJ_DATASET_RECORD_H
#define DJ_DATASET_RECORD_H

#include "dataset/format.h"

enum dj_record_step {
    DJ_RECORD_MORE,  /* more bytes are needed; not when the last ones are there */
    DJ_RECORD_FOUND, /* a record, or something between records */
    DJ_RECORD_END    /* what is left is nothing */
};

struct dj_record {
    struct dj_str bytes;
    size_t next;   /* where the search goes on */
    int64_t lines; /* of the file's, for line numbers */
    bool row;      /* it is a sample, or a damaged one */
};

struct dj_record_kind {
    const char *what;                                 /* "row", for messages */
    void *(*open)(const struct dj_source_file *file); /* with its layout, if it has one */
    void (*close)(void *state);
    /* A new stretch: the file's start, or behind a record. */
    void (*begin)(void *state, bool at_start);
    /* The record at the beginning of bytes, whose place in the file is at. The result for
     * the same bytes is the same, however many come behind the record. */
    enum dj_record_step (*find)(void *state, struct dj_str bytes, bool last, int64_t at,
                                struct dj_record *record);
    /* For the scan: looks at the record that was found, and tells at the end. */
    void (*look)(void *state, const struct dj_record *record);
    char *(*layout)(void *state); /* new, or NULL */
    /* Appends the record that was found, without line end. */
    enum dj_status (*write)(void *state, const struct dj_record *record,
                            struct dj_buf *out);
};

enum dj_status dj_records_scan(const struct dj_record_kind *kind,
                               struct dj_sources *sources, size_t index,
                               struct dj_cut cut, const char *spool_dir,
                               struct dj_partitions *partitions,
                               struct dj_error *err) DJ_MUST_CHECK;
enum dj_status dj_records_start(const struct dj_record_kind *kind, void **state,
                                const struct dj_sources *sources,
                                const struct dj_partition *partition,
                                struct dj_error *err) DJ_MUST_CHECK;
enum dj_status dj_records_next(void *state, size_t want, struct dj_buf *lines,
                               struct dj_error *err) DJ_MUST_CHECK;
void dj_records_close(void *state);

/*
 * Appends a line that is set aside when it is read, with its reason and bytes of the
 * file; line breaks become blanks, and only the beginning is kept of very many bytes.
 */
enum dj_status dj_record_put_fault(struct dj_buf *out, const char *reason,
                                   struct dj_str bytes) DJ_MUST_CHECK;

#endif

/*
 * The decoded bytes of a stretch of an input file, piece by piece, whatever the file is
 * compressed with: what the readers of records look at.
 */
#ifndef DJ_DATASET_BYTES_H
#define DJ_DATASET_BYTES_H

#include "dj/dataset.h"

struct dj_bytes;

struct dj_bytes *dj_bytes_new(void);
void dj_bytes_free(struct dj_bytes *bytes); /* NULL is allowed */

/*
 * Begins at a stored offset and skip decoded bytes behind it; ends after length decoded
 * bytes or with the file. The file that is open is used on where that saves work.
 */
enum dj_status dj_bytes_start(struct dj_bytes *bytes, const struct dj_source_file *file,
                              int64_t offset, int64_t skip, int64_t length,
                              struct dj_error *err) DJ_MUST_CHECK;
/* Reads more behind what is held: at least as much again, up to the end. */
enum dj_status dj_bytes_more(struct dj_bytes *bytes, struct dj_error *err) DJ_MUST_CHECK;

/* What is held; borrowed until the next call with a bytes that is not const. */
struct dj_str dj_bytes_held(const struct dj_bytes *bytes);
bool dj_bytes_last(const struct dj_bytes *bytes);  /* nothing comes behind that */
int64_t dj_bytes_at(const struct dj_bytes *bytes); /* place of its first byte, from 0 at
                                                      the start */
/* XXH3-64 of all that was read since the start. */
uint64_t dj_bytes_digest(const struct dj_bytes *bytes);

/* Forgets the first len bytes of what is held. */
void dj_bytes_take(struct dj_bytes *bytes, size_t len);

/* Writes all decoded bytes of a compressed file to path. */
enum dj_status dj_bytes_spool(const struct dj_source_file *file, const char *path,
                              struct dj_error *err) DJ_MUST_CHECK;

#endif

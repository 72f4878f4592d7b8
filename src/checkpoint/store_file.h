/* What the HDF5 store does with its files as plain bytes. */
#ifndef DJ_CHECKPOINT_STORE_FILE_H
#define DJ_CHECKPOINT_STORE_FILE_H

#include "checkpoint/store.h"

/*
 * Begins the file, writes a little to it, and asks whether there is room for so many
 * bytes: a full or broken disk is then found before HDF5 has anything to lose.
 */
enum dj_status dj_store_file_try(const char *path, int64_t bytes,
                                 struct dj_error *err) DJ_MUST_CHECK;
/* Has room on disk set aside for a file of so many bytes, where the file system can. */
enum dj_status dj_store_file_reserve(const char *path, int64_t bytes,
                                     struct dj_error *err) DJ_MUST_CHECK;
/* Gives all room of a file back that is of no use any more. */
void dj_store_file_empty(const char *path);
enum dj_status dj_store_file_sync(const char *path, struct dj_error *err) DJ_MUST_CHECK;
/* Hash of all bytes that are not in /data. */
enum dj_status dj_store_file_digest(const char *path, const struct dj_ckpt_file *file,
                                    uint64_t *hash, struct dj_error *err) DJ_MUST_CHECK;
/* Exactly len bytes; a file that ends before is DJ_DATA. */
enum dj_status dj_store_file_read(int fd, const char *path, int64_t offset, void *into,
                                  size_t len, struct dj_error *err) DJ_MUST_CHECK;

#endif

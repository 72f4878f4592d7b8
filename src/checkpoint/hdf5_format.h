/*
 * What the HDF5 file of a set looks like: the type of a row, attributes, and the table
 * of layers read back. Only the HDF5 store includes this.
 */
#ifndef DJ_CHECKPOINT_HDF5_FORMAT_H
#define DJ_CHECKPOINT_HDF5_FORMAT_H

#include <hdf5.h>

#include "checkpoint/store.h"

/* Fails with DJ_IO and the cause that HDF5 has noted. */
enum dj_status dj_h5_fail(const char *path, const char *what, struct dj_error *err);

/* A row of the index, in the file (little endian) or in memory. Close it. */
hid_t dj_h5_row_type(bool in_file);
/* Access by one process alone, which locks nothing. Close it. */
hid_t dj_h5_access_alone(void);

/* Collective where the file is. All attributes; it says that it is not complete. */
bool dj_h5_put_head(hid_t file, const struct dj_store_head *head);
/* The same. Now it is. */
bool dj_h5_put_complete(hid_t file);

/* read_index of a store. */
enum dj_status dj_h5_read_index(const char *path, const struct dj_store_head *head,
                                struct dj_buf *rows, struct dj_error *err) DJ_MUST_CHECK;

#endif

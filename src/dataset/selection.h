/* Rows of a partition that a mixture takes; the others become blank lines. */
#ifndef DJ_DATASET_SELECTION_H
#define DJ_DATASET_SELECTION_H

#include "dj/dataset.h"

enum dj_status dj_selection_read(const char *path, const struct dj_partition *partition,
                                 struct dj_buf *record,
                                 struct dj_error *err) DJ_MUST_CHECK;

/*
 * Blanks out lines of a block; returns its new length. number and row are those before
 * the block's first line, counted from the partition's beginning (row), and go on.
 */
size_t dj_selection_apply(const struct dj_buf *record, char *block, size_t len,
                          int64_t *number, int64_t *row);

#endif

/*
 * Plain text and code: a file is a sample. A partition has several of them, files that
 * stand one behind the other in the list; which ones follows from sizes alone.
 */
#ifndef DJ_DATASET_TEXT_FILES_H
#define DJ_DATASET_TEXT_FILES_H

#include "dataset/scan_private.h"

/* This rank's share of all text files. */
enum dj_status dj_text_files_scan(struct dj_scan *scan, const struct dj_sources *sources,
                                  int rank, int nranks,
                                  struct dj_error *err) DJ_MUST_CHECK;

#endif

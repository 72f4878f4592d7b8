/* The list of input files, and which file names are data that can be read. */
#ifndef DJ_DATASET_SOURCE_PRIVATE_H
#define DJ_DATASET_SOURCE_PRIVATE_H

#include "dj/dataset.h"

/* For messages. */
#define DJ_SUFFIXES_READ                                            \
    ".jsonl, .json, .csv, .tsv, .txt and those of other texts and " \
    "code, each with .zst or .gz behind it, .parquet and .arrow"

/* Appends an empty entry and returns it, borrowed until the next one. */
struct dj_source_file *dj_sources_add(struct dj_sources *sources);
void dj_source_release(struct dj_source_file *file); /* what the entry holds */

enum dj_suffix_verdict {
    DJ_SUFFIX_READ,    /* known, and wanted by the setting suffixes */
    DJ_SUFFIX_NOT_YET, /* wanted, but only Data-Juicer reads it */
    DJ_SUFFIX_OTHER    /* no data, or not wanted */
};

/* What a file with that name holds; DJ_SOURCE_COUNT: nothing that can be read. */
enum dj_source_format dj_suffix_format(const char *path);

/* A file of a folder or glob. */
enum dj_suffix_verdict dj_suffix_judge(const char *name, const struct dj_strs *suffixes);

/* A file that dataset_path names itself must be of a known kind. */
enum dj_status dj_suffix_check(const char *path, struct dj_error *err) DJ_MUST_CHECK;

/* The setting may name only what can be read. */
enum dj_status dj_suffixes_check(const struct dj_strs *suffixes,
                                 struct dj_error *err) DJ_MUST_CHECK;

/* The error for a folder or glob without a usable file. */
enum dj_status dj_suffix_none(const char *entry, bool is_dir,
                              const struct dj_strs *suffixes, size_t passed_over,
                              const char *passed_first, struct dj_error *err);

#endif

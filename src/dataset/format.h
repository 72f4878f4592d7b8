/*
 * The kinds of input files. Whatever a file is, a partition of it comes to the rest of
 * the program as JSON lines, one sample each. JSON Lines itself is read by reader.c and
 * cut by cutter.c; another kind is one file with a struct dj_format and one line in the
 * table of format.c.
 */
#ifndef DJ_DATASET_FORMAT_H
#define DJ_DATASET_FORMAT_H

#include "dj/dataset.h"

struct dj_format {
    const char *name; /* in the partition map and in messages */

    /*
     * Cuts the whole file sources->files[index] into partitions, in order; called on one
     * rank. Offset and skip of a partition may mean what the format likes, as long as
     * they order the partitions of a file and bytes is about the memory that its lines
     * take; rows are exact and digest changes when the data do. What a reader needs to
     * know of the file beyond that (columns and their types) may be left in
     * sources->files[index].layout, which is then told to all ranks and kept in the map.
     * spool_dir is for decoded copies (dj_spool_path). The same cut gives the same
     * partitions, whatever rank does it. Damage that leaves the rest of the file readable
     * costs the samples that it touches: their lines are given as they are, which the
     * decoder of samples sets aside with its reason, or with a reason of the format's own
     * (dj_block_fault).
     */
    enum dj_status (*scan)(struct dj_sources *sources, size_t index, struct dj_cut cut,
                           const char *spool_dir, struct dj_partitions *partitions,
                           struct dj_error *err);

    /* Begins a partition. *state is NULL or what an earlier start of the same format left
     * there: an open file may be used on. */
    enum dj_status (*start)(void **state, const struct dj_sources *sources,
                            const struct dj_partition *partition, struct dj_error *err);
    /*
     * Appends whole lines, each ended by "\n", about want bytes of them and at least one;
     * nothing at the end of the partition, after its digest was compared (another one is
     * DJ_DATA: the file has changed).
     */
    enum dj_status (*next)(void *state, size_t want, struct dj_buf *lines,
                           struct dj_error *err);
    void (*close)(void *state); /* NULL is allowed */
};

extern const struct dj_format dj_format_json;
extern const struct dj_format dj_format_csv;
extern const struct dj_format dj_format_tsv;
extern const struct dj_format dj_format_text; /* whole files; see text_files.h */
extern const struct dj_format dj_format_parquet;
extern const struct dj_format dj_format_arrow;

/* NULL: JSON Lines, or a kind that is not built in. */
const struct dj_format *dj_format_of(enum dj_source_format format);

/* dj_source_format_name, and back (DJ_SOURCE_COUNT: none has it). */
enum dj_source_format dj_format_from_name(const char *name);

/* False when a file of this kind cannot be read by this program. */
bool dj_format_is_read(enum dj_source_format format);

#endif

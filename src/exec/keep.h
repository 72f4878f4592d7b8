/*
 * intermediate/: what each operator left of each partition, for people to look at
 * (intermediate_storage.preserve_intermediate_data). Nothing in a run reads it again.
 *
 * The files of a partition grow under temporary names while its batches pass, and get
 * their final ones when the partition is through (or, with several parts, when the part
 * is). A partition that is done again replaces them by the same bytes.
 */
#ifndef DJ_EXEC_KEEP_H
#define DJ_EXEC_KEEP_H

#include "dj/batch.h"
#include "dj/config.h"

struct dj_keep;

/* dir: the job's intermediate folder. DJ_UNSUPPORTED: the format needs what is not here.
 */
enum dj_status dj_keep_open(const struct dj_config *config, const char *dir,
                            struct dj_keep **keep, struct dj_error *err) DJ_MUST_CHECK;
void dj_keep_close(struct dj_keep *keep);

/* All of these do nothing when keep is NULL. */

/* Adds the live rows of a batch to what operator op left of the partition. */
enum dj_status dj_keep_add(struct dj_keep *keep, int64_t partition, size_t op,
                           const struct dj_batch *batch,
                           struct dj_error *err) DJ_MUST_CHECK;
/* The files that have grown get their final names. */
enum dj_status dj_keep_publish(struct dj_keep *keep, struct dj_error *err) DJ_MUST_CHECK;
/* They go: the partition will be done again. */
void dj_keep_drop(struct dj_keep *keep);

/* intermediate/partition_000007 and op_003_text_length_filter.jsonl in it; new. */
char *dj_keep_folder(const char *dir, int64_t partition);
char *dj_keep_name(size_t op, const char *name, const char *suffix);

#endif

/*
 * Rows in another order or of another shape than partitions have them: in the export, and
 * as a dataset that stages read.
 */
#ifndef DJ_EXEC_ROWS_H
#define DJ_EXEC_ROWS_H

#include "exec/exec_private.h"

/* A stage whose rows were written as a dataset, and what else it gave. */
struct dj_part_rows {
    size_t stage;
    size_t count; /* partitions */
    struct dj_part_done *done;
};

/* --- map.c --- */

/* Collective. Everybody gets rank 0's sources. */
enum dj_status dj_exec_share_sources(struct dj_exec *exec,
                                     struct dj_error *err) DJ_MUST_CHECK;
/*
 * Collective. Cuts the sources: rank 0 gets the partitions, and writes the map to path
 * with this fingerprint; 0: that of the sources.
 */
enum dj_status dj_exec_cut(struct dj_exec *exec, const char *path, uint64_t fingerprint,
                           struct dj_error *err) DJ_MUST_CHECK;

/* --- stages.c --- */

/* Folder of a stage's results; returns new. */
char *dj_stage_dir(const struct dj_exec *exec, const struct dj_stage *stage);
void dj_stage_begin(struct dj_exec *exec, const struct dj_stage *stage);
/* Rank 0. */
bool dj_stage_is_done(const struct dj_exec_root *root);

/* --- order.c --- */

/* Collective. Fills the targets of samples and statistics in the order of their places.
 */
enum dj_status dj_exec_order(struct dj_exec *exec, struct dj_export_targets *targets,
                             struct dj_error *err) DJ_MUST_CHECK;

/* --- rows.c --- */

/*
 * Collective. The rows that the stage has written, in their order and joined where groups
 * are, become a dataset that is cut into partitions, and what the next stages read.
 */
enum dj_status dj_exec_rows(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;
/*
 * Collective, in a resumed job: takes up the newest rows that are whole. *first: the
 * stage that reads them, or 0.
 */
enum dj_status dj_exec_find_rows(struct dj_exec *exec, size_t *first,
                                 struct dj_error *err) DJ_MUST_CHECK;
/* The file that gets what the stage's splitting operator leaves out, or NULL. */
const char *dj_split_path(const struct dj_exec *exec);

#endif

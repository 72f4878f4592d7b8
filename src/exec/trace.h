/*
 * The tracer of a job. A partition's lines travel with what else is known of it: in its
 * layers while it is under way, in a result stream when it is finished. All calls do
 * nothing where the recipe does not open the tracer.
 */
#ifndef DJ_EXEC_TRACE_H
#define DJ_EXEC_TRACE_H

#include "dj/config.h"
#include "dj/tracer.h"

struct dj_exec;
struct dj_exec_trace;

/* --- trace.c --- */

void dj_trace_open(struct dj_exec *exec);
void dj_trace_close(struct dj_exec *exec);
/* What decides which lines layers have; 0: they have none. */
uint64_t dj_trace_hash(const struct dj_config *config);
/* The operator's entries go to a file. */
bool dj_trace_lists(const struct dj_config *config, size_t op);

/* Before operators run on a partition. */
void dj_trace_begin(struct dj_exec *exec, int64_t id);
/* Lines since then; borrowed until the next one. */
struct dj_str dj_trace_lines(const struct dj_exec *exec);
/* Appends those that the layers of exec->state have. */
enum dj_status dj_trace_known(struct dj_exec *exec, struct dj_buf *lines,
                              struct dj_error *err) DJ_MUST_CHECK;
/* Appends lines to the partition's result. */
enum dj_status dj_trace_put(struct dj_exec *exec, struct dj_str lines,
                            struct dj_error *err) DJ_MUST_CHECK;
/* The partition is finished, with these lines. */
void dj_trace_done(struct dj_exec *exec, int64_t id, struct dj_str lines);

/* --- trace_files.c --- */

/* Duplicates that global operator op found, in the job's results; returns new. */
char *dj_trace_pairs_path(const struct dj_exec *exec, size_t op);
/* Collective. trace/ in the job's folder, from the results of all partitions. */
enum dj_status dj_trace_publish(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;

/* --- trace_pairs.c --- */

/*
 * Collective, at the beginning of a stage: the duplicates that the operator before it
 * found, unless they are written already.
 */
enum dj_status dj_trace_pairs(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;

#endif

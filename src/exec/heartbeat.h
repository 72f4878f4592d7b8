/* What rank 0 shows of a run and hears about it while it is under way. */
#ifndef DJ_EXEC_HEARTBEAT_H
#define DJ_EXEC_HEARTBEAT_H

#include "dj/job_live.h"
#include "exec/exec_private.h"

/*
 * Rank 0, under the lock, when the attempt has its number: from now on progress.json is
 * written every few seconds, and stop_request.json is looked for. What earlier runs left
 * of both is deleted.
 */
void dj_heart_start(struct dj_exec *exec);
/* Ends it, before the lock is given back; both files go. */
void dj_heart_end(struct dj_exec_root *root);
/* Any rank, any time; others than rank 0 do nothing. op: the operator it is for, or NULL
 */
void dj_exec_phase(struct dj_exec *exec, const char *what, const char *op);
/* The numbers of a stage; attempt, token, time and phase are filled here. */
void dj_heart_show(struct dj_heart *heart, const struct dj_job_progress *numbers);

#endif

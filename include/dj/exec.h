/*
 * The executor: runs a configured job on the ranks of a communicator.
 */
#ifndef DJ_EXEC_H
#define DJ_EXEC_H

#include "dj/comm.h"
#include "dj/config.h"

/*
 * Collective. Runs the job to its end, to a stop or to its failure, and prints
 * what a person needs on rank 0. DJ_OK, DJ_PARTIAL, DJ_STOPPED or a failure, the
 * same on every rank.
 */
enum dj_status dj_exec_run(struct dj_comm *comm, const struct dj_config_doc *config,
                           struct dj_error *err) DJ_MUST_CHECK;

#endif

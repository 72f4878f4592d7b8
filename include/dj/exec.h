/*
 * The executor: runs a configured job on the ranks of a communicator, and looks after
 * what it left behind.
 */
#ifndef DJ_EXEC_H
#define DJ_EXEC_H

#include "dj/comm.h"
#include "dj/config.h"
#include "dj/job.h"

/*
 * Collective. Runs the job to its end, to a stop or to its failure, and prints
 * what a person needs on rank 0. DJ_OK, DJ_PARTIAL, DJ_STOPPED or a failure, the
 * same on every rank.
 */
enum dj_status dj_exec_run(struct dj_comm *comm, const struct dj_config_doc *config,
                           struct dj_error *err) DJ_MUST_CHECK;

/* --- without running --------------------------------------------------------------- */

enum dj_finding_kind {
    DJ_FINDING_GOOD,
    DJ_FINDING_NOTE, /* nothing wrong, but worth knowing */
    DJ_FINDING_DAMAGE,
    DJ_FINDING_FORGOTTEN /* damage that is out of the way now */
};

struct dj_finding {
    enum dj_finding_kind kind;
    int64_t first, last; /* the partitions that it concerns; -1: none, or not known */
    const char *text;    /* begins with the file; those of the job without its folder */
};

typedef void dj_finding_fn(void *context, const struct dj_finding *finding);

struct dj_verify {
    const struct dj_job_paths *paths;
    const char *job_id;
    bool forget; /* damaged results: take them out of the records, under the job's lock */
    dj_finding_fn *found;
    void *context;
};

struct dj_verify_counts {
    int64_t damaged;     /* findings of damage, without what was forgotten */
    int64_t forgettable; /* of these: those that forget would take away */
};

/*
 * Local, never touches MPI or the dataset. Checks all that a job has on disk: summary,
 * identity, partition map, commit records and the bytes that they name, checkpoint sets,
 * and of a job that came to its end the export. A failure only when it cannot go on.
 */
enum dj_status dj_exec_verify(const struct dj_verify *request,
                              struct dj_verify_counts *counts,
                              struct dj_error *err) DJ_MUST_CHECK;

#endif

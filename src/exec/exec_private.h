/*
 * The executor's inside. One struct dj_exec a rank; what only rank 0 has is in
 * struct dj_exec_root.
 */
#ifndef DJ_EXEC_PRIVATE_H
#define DJ_EXEC_PRIVATE_H

#include "dj/chain.h"
#include "dj/comm.h"
#include "dj/config.h"
#include "dj/dataset.h"
#include "dj/event.h"
#include "dj/job.h"

/* What became of a partition. */
enum dj_part_state { DJ_PART_OPEN, DJ_PART_DONE, DJ_PART_FAILED };

enum { DJ_PART_ERROR = 512 };

/*
 * The result of one partition, as it travels to rank 0: plain data, followed by one
 * struct dj_op_tally an operator.
 */
struct dj_part_result {
    int64_t id;
    int64_t state; /* enum dj_part_state */
    int64_t rank;
    int64_t attempt; /* of the job, that made it */
    int64_t rows;    /* samples read */
    int64_t kept;
    int64_t rejected; /* at load and by operators */
    int64_t rejected_at_load;
    double start; /* seconds since 1970 */
    double seconds;
    struct dj_extent extents[DJ_RESULT_STREAMS];
    char error[DJ_PART_ERROR]; /* of a failed one */
};

/* What rank 0 remembers of each partition until the export is assembled. */
struct dj_part_done {
    enum dj_part_state state;
    int64_t kept;
    struct dj_extent extents[DJ_RESULT_STREAMS];
};

/* Work that is handed out on rank 0 while a wave runs; see claim.c. */
struct dj_claims;
struct dj_progress;

/* Rank 0 only. */
struct dj_exec_root {
    struct dj_job_lock *lock;
    struct dj_summary *summary;
    struct dj_partitions partitions; /* the whole map */
    struct dj_part_done *done;       /* a partition each */
    struct dj_buf pending;           /* results since the last commit */
    int64_t commits;                 /* commit records written so far */
    double last_commit;              /* monotonic */
    double last_merge;               /* of events, monotonic */
    size_t next;                     /* first partition that no wave has had */
    struct dj_progress *progress;
    struct dj_claims *claims;
};

struct dj_exec {
    struct dj_comm *comm;
    int rank, size;
    const struct dj_config_doc *doc;
    const struct dj_config *config;
    size_t nops;

    char *job_id;
    int64_t attempt; /* runs of this job, from 1 */
    bool resuming;
    bool already_complete;
    struct dj_job_paths paths;
    struct dj_sources sources;
    struct dj_chain *chain;
    char host[256];
    struct dj_event_options event_options;
    struct dj_events *events;
    struct dj_results *results;
    struct dj_reader *reader;
    struct dj_batch *batch;
    struct dj_op_tally *tally;                /* of the partition in work */
    struct dj_buf streams[DJ_RESULT_STREAMS]; /* of the batch in work */
    struct dj_buf records;                    /* results of this rank's wave */
    double started;                           /* monotonic, of this run */
    double next_usage;                        /* monotonic: resource_usage is due */

    /* Counters of this rank since the start of the run, for progress. */
    int64_t rows_read, rows_kept, bytes_done;

    struct dj_exec_root *root; /* NULL on other ranks */
};

static inline size_t dj_record_size(const struct dj_exec *exec)
{
    return sizeof(struct dj_part_result) + exec->nops * sizeof(struct dj_op_tally);
}

/* --- prepare.c ------------------------------------------------------------------ */

/* Collective. Job id, folders, lock, resume checks, summary; fills the job fields. */
enum dj_status dj_exec_prepare(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;

/* --- map.c ------------------------------------------------------------------------ */

/* Collective. Sources and partition map: scanned anew, or the stored one. */
enum dj_status dj_exec_map(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;

/* --- wave.c ------------------------------------------------------------------------ */

/* Collective. Runs all partitions that are open; *stopped tells of a stop request. */
enum dj_status dj_exec_waves(struct dj_exec *exec, bool *stopped,
                             struct dj_error *err) DJ_MUST_CHECK;

/* --- claim.c ------------------------------------------------------------------------ */

struct dj_claims *dj_claims_new(int nranks, struct dj_progress *progress);
void dj_claims_free(struct dj_claims *claims);
/*
 * Begins a wave over items (borrowed): cuts it into a contiguous range a rank, about
 * equal in bytes, and tells in first[rank] how many of each range the rank gets at
 * once; the rest is handed out on request. sizes and order: back to back by rank.
 */
void dj_claims_begin(struct dj_claims *claims, const struct dj_partition *items,
                     size_t count, size_t *first, size_t *begin);
/* The service's handler; context is the struct dj_claims. */
dj_comm_handler dj_claims_handle;

/* Local, any rank. The next partitions of the wave into block; *count 0: none left. */
enum { DJ_CLAIM_BLOCK = 32 };
enum dj_status dj_claim_next(struct dj_exec *exec,
                             struct dj_partition block[DJ_CLAIM_BLOCK], size_t *count,
                             bool *stop, struct dj_error *err) DJ_MUST_CHECK;
/* Local. Reports progress and a stop request; *stop: some rank was asked to stop. */
enum dj_status dj_claim_report(struct dj_exec *exec, bool *stop,
                               struct dj_error *err) DJ_MUST_CHECK;

/* --- progress.c (rank 0) ---------------------------------------------------------------
 */

struct dj_progress *dj_progress_new(int nranks, int64_t total_bytes, int64_t done_bytes,
                                    double log_interval);
void dj_progress_free(struct dj_progress *progress);
/* Numbers of one rank since the start of the run; prints when a line is due. */
void dj_progress_update(struct dj_progress *progress, int rank, int64_t rows,
                        int64_t kept, int64_t bytes);
void dj_progress_end(struct dj_progress *progress);

/* --- step.c
 * ------------------------------------------------------------------------------ */

/*
 * Local. Runs one partition through the chain and appends its result to
 * exec->records. A partition that fails is a result too; a returned failure is one
 * that this rank cannot go on with. *stop becomes true when a stop request cut it
 * short; then nothing was appended.
 */
enum dj_status dj_exec_step(struct dj_exec *exec, const struct dj_partition *partition,
                            bool *stop, struct dj_error *err) DJ_MUST_CHECK;

/* --- commit.c (rank 0)
 * ------------------------------------------------------------------- */

/* Takes over the results that a wave gathered (records back to back). */
void dj_exec_take_results(struct dj_exec *exec, struct dj_str records);
/* Writes what is pending as the next commit record; the data are on disk already. */
enum dj_status dj_exec_commit(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;
/* Reads the commit records of earlier runs of this job. */
enum dj_status dj_exec_restore(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;
/*
 * Calls each with every result that is committed or pending; the struct is followed
 * by its tallies.
 */
typedef enum dj_status dj_result_fn(void *context, const struct dj_part_result *result,
                                    const struct dj_op_tally *tally,
                                    struct dj_error *err);
enum dj_status dj_exec_each_result(struct dj_exec *exec, dj_result_fn *each,
                                   void *context, struct dj_error *err) DJ_MUST_CHECK;

/* --- assemble.c ------------------------------------------------------------------------
 */

/* Collective. Puts the export, the stats file and rejected/ together. */
enum dj_status dj_exec_assemble(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;

/* --- report.c (rank 0)
 * -------------------------------------------------------------------- */

/* The ledger: DJ_LEDGER when samples are missing or counted twice. */
enum dj_status dj_exec_check_ledger(struct dj_exec *exec,
                                    struct dj_error *err) DJ_MUST_CHECK;
enum dj_status dj_exec_mapping_report(struct dj_exec *exec,
                                      struct dj_error *err) DJ_MUST_CHECK;
/*
 * Ends the attempt in the summary and writes it. Gives the outcome of the run:
 * DJ_PARTIAL for a good one with failed partitions.
 */
enum dj_status dj_exec_finish(struct dj_exec *exec, enum dj_status outcome,
                              struct dj_error *err) DJ_MUST_CHECK;
/* What a person needs to know, on standard output. */
void dj_exec_print_end(struct dj_exec *exec);

/* --- metrics.c
 * ------------------------------------------------------------------------------ */

/* Fills exec->event_options from the job fields. */
void dj_exec_event_options(struct dj_exec *exec);
/* Rank 0: takes the closed parts of all ranks into the log; a failure is a warning. */
void dj_exec_merge_events(struct dj_exec *exec);
/* Rank 0, before any rank logs: the same for what a killed run left behind. */
void dj_exec_recover_events(struct dj_exec *exec);
/* resource_usage when its time has come, or now. */
void dj_exec_usage(struct dj_exec *exec, bool now);
/* performance_metric and op_complete of one operator on one partition. */
void dj_exec_op_complete(struct dj_exec *exec, int64_t partition, size_t op,
                         const struct dj_op_tally *tally);

/* --- preempt.c
 * ------------------------------------------------------------------------------- */

void dj_preempt_watch(void); /* catches the stop signals */
bool dj_preempt_requested(void);
const char *dj_preempt_signal(void); /* "SIGTERM", or NULL */

#endif

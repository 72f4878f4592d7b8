/*
 * The executor's inside. One struct dj_exec a rank; what only rank 0 has is in
 * struct dj_exec_root.
 */
#ifndef DJ_EXEC_PRIVATE_H
#define DJ_EXEC_PRIVATE_H

#include "dj/chain.h"
#include "dj/checkpoint.h"
#include "dj/comm.h"
#include "dj/config.h"
#include "dj/dataset.h"
#include "dj/event.h"
#include "dj/exchange.h"
#include "dj/job.h"
#include "dj/json.h"
#include "dj/layer.h"
#include "exec/hand_out.h"
#include "exec/keep.h"
#include "exec/plan.h"
#include "exec/preempt.h"
#include "exec/record.h"
#include "exec/trace.h"
#include "exec/verdicts.h"

/* What rank 0 remembers of each partition until the export is assembled. */
struct dj_part_done {
    enum dj_part_state state;
    int64_t kept;
    struct dj_extent extents[DJ_RESULT_STREAMS];
    uint64_t state_digest; /* of DJ_RESULT_STATES */
};

struct dj_held;
struct dj_heart;
struct dj_part_rows;

/* The commit record that is being written. */
struct dj_commit {
    int fd; /* -1: nothing was finished since the last one */
    char *path;
    struct dj_buf text; /* not yet in the file */
    int64_t bytes;      /* in the file */
    struct dj_hasher *hasher;
};

/* A stretch of a final file that is no JSON lines, and its digest. */
struct dj_convert_piece {
    int64_t file; /* among the files with samples */
    int64_t offset, bytes;
    uint64_t digest;
};

struct dj_convert_pieces {
    size_t count, cap;
    struct dj_convert_piece *items;
};

/* What a stage left of a partition. */
struct dj_part_base {
    struct dj_extent state; /* DJ_RESULT_STATES */
    uint64_t digest;
    struct dj_extent notes; /* DJ_RESULT_NOTES */
    int64_t live;
};

/* Rank 0 only. */
struct dj_exec_root {
    struct dj_job_lock *lock;
    struct dj_summary *summary;
    struct dj_partitions partitions; /* the whole map */
    struct dj_part_done *done;       /* a partition each */
    struct dj_commit commit;
    int64_t commits;    /* commit records written so far */
    double last_commit; /* monotonic */
    double speed;       /* bytes a second of all ranks, in the last wave; 0: none yet */
    double last_merge;  /* of events, monotonic */
    size_t next;        /* first partition that no wave has had */
    struct dj_heart *heart; /* NULL: nobody hears of this run yet */
    struct dj_progress *progress;
    struct dj_claims *claims;
    struct dj_part_base *base;       /* of each partition, in the stage before; or NULL */
    struct dj_verdict_list verdicts; /* of the global operator that ended it */
    double last_set;                 /* monotonic */
    double set_cost;    /* seconds that the last one took; 0: none was written */
    double commit_cost; /* most seconds that the end of a boundary took */
    double last_sign;   /* of the run before, when it was killed; seconds since 1970 */
    char *nodes;        /* of all ranks */
    struct dj_convert_pieces pieces; /* of an export that is no JSON lines */
    struct dj_cut cut;               /* of the partitions */
    struct dj_part_rows *rows; /* stages whose rows have taken the dataset's place */
    size_t nrows;
    int64_t source_rows; /* of the dataset's partitions, when rows have taken its place */
    int64_t rows_again;  /* read from such rows, by all stages */
    int64_t rows_written;
    bool in_rows; /* records are read of a stage whose rows are written */
};

struct dj_exec {
    struct dj_comm *comm;
    int rank, size;
    const struct dj_config_doc *doc;
    const struct dj_config *config;
    size_t nops;
    struct dj_plan plan;
    const struct dj_stage *stage; /* in work */
    char *stage_dir;              /* its results */
    char *base_dir;               /* those of the stage before, or NULL */
    char *scratch_dir;            /* of exchanges */
    bool lines_vary;              /* some input has columns, which may be left out */
    struct dj_keep *keep;         /* what operators leave, or NULL: it is not wanted */

    char *job_id;
    int64_t attempt; /* runs of this job, from 1 */
    bool resuming;
    bool already_complete;
    struct dj_job_paths paths;
    int64_t generation;  /* of the growing export; rank 0 chooses */
    uint64_t map_digest; /* of the partition map; rank 0, others with sets */
    struct dj_sources sources;
    struct dj_sources origin; /* the input, when rows with its fields have its place */
    struct dj_chain *chain;
    char host[256];
    struct dj_event_options event_options;
    struct dj_events *events;
    struct dj_results *results;
    struct dj_reader *reader;
    struct dj_batch *batch;
    struct dj_places *places;                 /* finished data without a place yet */
    struct dj_op_tally *tally;                /* of the partition in work */
    struct dj_buf streams[DJ_RESULT_STREAMS]; /* of the batch in work */
    struct dj_buf records;                    /* results of this rank's wave */
    struct dj_arena *split_arena;             /* of a sample of lists; or NULL */

    struct dj_ckpt *ckpt;      /* NULL: no sets are read or written */
    char *sets_dir;            /* of rows that were written; NULL: of the dataset's */
    bool layers_on;            /* finished partitions are put into the next set */
    struct dj_partitions owed; /* finished ones whose layers are put off */
    struct dj_layer_writer *writer;
    struct dj_buf layer;         /* bytes of the one that is being written */
    struct dj_state state;       /* of the partition that is being brought up */
    struct dj_buf restores;      /* where the states of the wave's partitions lie */
    struct dj_batch_work *work;  /* of the batches that are held */
    struct dj_held *held;        /* between the parts of a wave */
    struct dj_exec_trace *trace; /* NULL: the tracer is not open */
    struct dj_retries retries;
    int64_t *suspects; /* partitions at which processes died */
    size_t nsuspects;
    bool new_failures; /* of partitions, for good, since the last boundary */
    struct dj_claim_ahead ahead;
    bool stopping; /* some rank was asked to stop */
    bool pausing;  /* or to make a set now */

    double started;     /* monotonic, of this run */
    double next_usage;  /* monotonic: resource_usage is due */
    double next_report; /* monotonic: rank 0 is to hear of this rank */

    /* Counters of this rank since the start of the stage, for progress. */
    struct dj_rank_numbers numbers;

    struct dj_exec_root *root; /* NULL on other ranks */
};

static inline size_t dj_record_size(const struct dj_exec *exec)
{
    return sizeof(struct dj_part_result) + exec->nops * sizeof(struct dj_op_tally);
}

/* --- prepare.c --- */

/* Collective. Job id, folders, lock, resume checks, summary; fills the job fields. */
enum dj_status dj_exec_prepare(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;

/* --- map.c --- */

/* Collective. Sources and partition map: scanned anew, or the stored one. */
enum dj_status dj_exec_map(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;
/* Rank 0: the setting validators, on the numbered partitions. */
enum dj_status dj_exec_validate(struct dj_exec *exec,
                                const struct dj_partitions *partitions,
                                struct dj_error *err) DJ_MUST_CHECK;
/* Rank 0: the partitions that a mixture takes of the numbered ones, and which rows. */
enum dj_status dj_exec_mix(struct dj_exec *exec, struct dj_partitions *partitions,
                           struct dj_error *err) DJ_MUST_CHECK;

/* --- stages.c --- */

/* Collective. Runs all stages; DJ_STOPPED, DJ_PARTIAL when the last one is not reached.
 */
enum dj_status dj_exec_stages(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;
/* Binds verdicts to operators [0, end) with all that decides their result. */
uint64_t dj_exec_ops_hash(const struct dj_exec *exec, size_t end);

/* --- wave.c --- */

/* Collective. Runs all partitions that are open; *stopped tells of a stop request. */
enum dj_status dj_exec_waves(struct dj_exec *exec, bool *stopped,
                             struct dj_error *err) DJ_MUST_CHECK;

/* --- work.c --- */

/*
 * Local. This rank's work on a part of a wave; scattered: its first block. A partition
 * that fails is a result too; a returned failure is one that the rank cannot go on with.
 */
enum dj_status dj_exec_work(struct dj_exec *exec, size_t part, struct dj_str scattered,
                            struct dj_error *err) DJ_MUST_CHECK;

/* --- step.c --- */

/*
 * Local. Runs one partition through all operators and appends its result to
 * exec->records. When a stop request cut it short nothing was appended.
 */
enum dj_status dj_exec_step(struct dj_exec *exec, const struct dj_partition *partition,
                            int64_t tries, struct dj_error *err) DJ_MUST_CHECK;
/* Adds the lines of a block; *rows and *lines count on. */
enum dj_status dj_exec_fill(struct dj_batch *batch, struct dj_str block, int64_t *rows,
                            int64_t *lines, struct dj_error *err) DJ_MUST_CHECK;
/* Between batches: lets the service answer, and hears whether to stop. */
enum dj_status dj_exec_look_around(struct dj_exec *exec,
                                   struct dj_error *err) DJ_MUST_CHECK;

/* --- held.c --- */

struct dj_held *dj_held_new(void);
void dj_held_free(struct dj_held *held);
void dj_held_clear(struct dj_held *held);
void dj_held_end(struct dj_held *held); /* after the last wave of a stage */
size_t dj_held_count(const struct dj_held *held);
/* Its partition; -1: it has left. */
int64_t dj_held_id(const struct dj_held *held, size_t index);
/* Reads a partition, brings it up to operator end, puts the layer, and holds it. */
enum dj_status dj_held_take(struct dj_exec *exec, const struct dj_partition *partition,
                            int64_t tries, size_t end,
                            struct dj_error *err) DJ_MUST_CHECK;
/* The operators up to end on a held partition. */
enum dj_status dj_held_part(struct dj_exec *exec, size_t index, size_t end,
                            struct dj_error *err) DJ_MUST_CHECK;
/* Writes its result and lets it go. */
enum dj_status dj_held_write(struct dj_exec *exec, size_t index,
                             struct dj_error *err) DJ_MUST_CHECK;

/* --- output.c --- */

/* Which rows of the partition a batch has, and the verdicts that say their places. */
struct dj_exec_rows {
    size_t first;                  /* rows of the batches before */
    const struct dj_buf *verdicts; /* in a stage that is ordered */
};

/* The rows' lines into the streams, their counts into the result. */
enum dj_status dj_exec_encode(struct dj_exec *exec, const struct dj_partition *partition,
                              const struct dj_batch *batch, struct dj_exec_rows rows,
                              struct dj_op_tally *tally, struct dj_part_result *result,
                              struct dj_error *err) DJ_MUST_CHECK;
enum dj_status dj_exec_write_streams(struct dj_exec *exec,
                                     struct dj_error *err) DJ_MUST_CHECK;
/* What a stage leaves that is not the last one: counts and layer, into the stream. */
enum dj_status dj_exec_write_state(struct dj_exec *exec, struct dj_str layer,
                                   const struct dj_op_tally *tally,
                                   struct dj_error *err) DJ_MUST_CHECK;
/* Notes of the batch go to the stream; first: rows of the batches before. */
void dj_exec_listen(struct dj_exec *exec, struct dj_batch *batch, int64_t id,
                    size_t first);
/* The notes of rows that a set has brought to the end of the stage. */
enum dj_status dj_exec_note_again(struct dj_exec *exec, struct dj_batch *batch,
                                  struct dj_error *err) DJ_MUST_CHECK;
/* Takes back what the partition has written so far. */
enum dj_status dj_exec_undo_output(struct dj_exec *exec, size_t data_before,
                                   struct dj_error *err) DJ_MUST_CHECK;

/* --- outcome.c --- */

/* partition_start, and op_start of operators [first, end). */
void dj_exec_emit_start(struct dj_exec *exec, const struct dj_partition *partition,
                        int64_t tries, size_t first, size_t end);
void dj_exec_emit_part(struct dj_exec *exec, int64_t id, size_t first, size_t end);
void dj_exec_emit_ops_done(struct dj_exec *exec, int64_t id, size_t first, size_t end,
                           const struct dj_op_tally *tally);
/* The partition is finished and its streams are written. */
enum dj_status dj_exec_succeeded(struct dj_exec *exec, struct dj_part_result *result,
                                 const struct dj_op_tally *tally, size_t data_before,
                                 struct dj_error *err) DJ_MUST_CHECK;
/*
 * It failed, as *err says: it waits to be tried again, or is recorded as failed, or,
 * with fault_tolerance off, the failure is returned.
 */
enum dj_status dj_exec_failed(struct dj_exec *exec, const struct dj_partition *partition,
                              int64_t tries, double start,
                              struct dj_error *err) DJ_MUST_CHECK;

/* --- retry.c --- */

/* tries: those before this one that failed. */
void dj_retry_later(struct dj_exec *exec, const struct dj_partition *partition,
                    int64_t tries, const struct dj_error *err);
/* Takes out one whose pause is over. */
bool dj_retry_next(struct dj_exec *exec, double now, struct dj_retry *retry);
void dj_retries_release(struct dj_retries *retries);

/* --- careful.c --- */

bool dj_exec_is_suspect(const struct dj_exec *exec, int64_t partition);
/* Operators [first, end) on a batch; rows that kill their process are set aside. */
enum dj_status dj_exec_run_ops(struct dj_exec *exec, const struct dj_partition *partition,
                               struct dj_batch *batch, size_t first, size_t end,
                               struct dj_op_tally *tally,
                               struct dj_error *err) DJ_MUST_CHECK;
/* Rank 0, before events are recovered: counts who was at work when the last run died. */
void dj_exec_count_deaths(struct dj_exec *exec);
/* Collective. */
enum dj_status dj_exec_share_suspects(struct dj_exec *exec,
                                      struct dj_error *err) DJ_MUST_CHECK;

/* --- state.c --- */

void dj_state_open(struct dj_exec *exec);
void dj_state_close(struct dj_exec *exec);
/* Collective. Tells all ranks where the states of a wave's partitions lie. */
enum dj_status dj_state_wave(struct dj_exec *exec, const struct dj_partitions *wave,
                             struct dj_error *err) DJ_MUST_CHECK;
/*
 * Local. Reads what is known of the partition into exec->state, and the counts of the
 * operators that are done, [0, *op_end), into exec->tally.
 */
enum dj_status dj_state_begin(struct dj_exec *exec, int64_t id, size_t *op_end,
                              struct dj_error *err) DJ_MUST_CHECK;
/*
 * Brings rows up that were just added: layers, then verdicts. first: rows of the batches
 * before. *damaged: the layers do not fit; with state.from_set, dj_state_damaged lets
 * the next dj_state_begin do without them.
 */
enum dj_status dj_state_apply(struct dj_exec *exec, int64_t id, struct dj_batch *batch,
                              size_t first, struct dj_op_tally *tally, bool *damaged,
                              struct dj_error *err) DJ_MUST_CHECK;
enum dj_status dj_state_finish(struct dj_exec *exec, bool *damaged,
                               struct dj_error *err) DJ_MUST_CHECK;
/* The row's verdicts in bytes (struct dj_note, by row); returns how many. */
size_t dj_state_verdicts(const struct dj_buf *bytes, uint64_t row,
                         const struct dj_note **first);
void dj_state_damaged(struct dj_exec *exec, int64_t id, const struct dj_error *why);
/* All layers of the state, and more if it is not empty, as one. */
enum dj_status dj_state_merge(struct dj_exec *exec, struct dj_str more,
                              struct dj_buf *out, struct dj_error *err) DJ_MUST_CHECK;
/* The same for layers that end at ends[0 … count - 1] of bytes. */
enum dj_status dj_layers_in_one(const struct dj_buf *bytes, const size_t *ends,
                                size_t count, struct dj_str more, struct dj_buf *out,
                                struct dj_error *err) DJ_MUST_CHECK;

/* --- global.c --- */

/*
 * Collective. The rounds of the global operator that ends the stage; its verdicts are
 * on disk when it returns.
 */
enum dj_status dj_exec_global(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;

/* --- verdicts_keep.c --- */

/* The note whose order is that of the verdicts' rows. */
struct dj_note dj_verdict_turned(const struct dj_note *verdict);
/* Collective. verdicts: turned ones, met in order. Files of all ranks, then the record.
 */
enum dj_status dj_verdicts_keep(struct dj_exec *exec, struct dj_exchange *verdicts,
                                struct dj_error *err) DJ_MUST_CHECK;

/* --- ckpt.c --- */

/* Collective. Opens the store and looks for sets of earlier runs. */
enum dj_status dj_exec_ckpt_open(struct dj_exec *exec,
                                 struct dj_error *err) DJ_MUST_CHECK;
void dj_exec_ckpt_close(struct dj_exec *exec);
/* Collective. The partitions are others now: their sets are in another folder. */
enum dj_status dj_exec_ckpt_reopen(struct dj_exec *exec,
                                   struct dj_error *err) DJ_MUST_CHECK;
void dj_exec_layer_begin(struct dj_exec *exec, int64_t id, size_t first, size_t end);
/*
 * Ends the layer that exec->writer has begun, in exec->layer, and hands it to the store
 * when sets are written.
 */
enum dj_status dj_exec_layer_end(struct dj_exec *exec, int64_t id, size_t first,
                                 size_t end, const struct dj_op_tally *tally,
                                 struct dj_error *err) DJ_MUST_CHECK;
/* {"operators": […]} of count tallies. */
enum dj_status dj_exec_tally_json(const struct dj_op_tally *tally, size_t count,
                                  struct dj_buf *out) DJ_MUST_CHECK;
/* Local. As many layers wait on this rank as may: the wave has to end with a set. */
bool dj_exec_layers_full(const struct dj_exec *exec);
/* Local. Whether this rank sees that a set is due; asked: a stop or a pause. */
bool dj_exec_set_due(const struct dj_exec *exec, bool asked);
/* Collective. Writes a set of all layers that wait; a failure is a warning. */
enum dj_status dj_exec_set(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;

/* --- commit.c and restore.c (rank 0) --- */

void dj_commit_release(struct dj_commit *commit);
/* The number that stands for a segment in a record. */
int64_t dj_segment_name(const struct dj_exec *exec, int64_t segment);
/* Adds one result to what rank 0 knows: the done table and the summary's counts. */
void dj_exec_take(struct dj_exec *exec, const struct dj_part_result *result,
                  const struct dj_op_tally *tally);
/* Takes over the results that a wave gathered (records back to back). */
enum dj_status dj_exec_take_results(struct dj_exec *exec, struct dj_str records,
                                    struct dj_error *err) DJ_MUST_CHECK;
/* Gives the record its name, when there is one; the data are on disk already. */
enum dj_status dj_exec_commit(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;
/* Writes out what is gathered of the record. */
enum dj_status dj_exec_flush_record(struct dj_exec *exec,
                                    struct dj_error *err) DJ_MUST_CHECK;
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

/* --- assemble.c --- */

/* Collective. Puts the export, the stats file and rejected/ together. */
enum dj_status dj_exec_assemble(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;

/* --- report.c (rank 0) --- */

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
/* Deletes what the settings of intermediate_storage do not let stay of an ended job. */
void dj_exec_clean_up(const struct dj_exec *exec);

/* --- metrics.c --- */

/* A warning in the log and in the events. */
void dj_exec_warn(struct dj_exec *exec, const char *fmt, ...) DJ_PRINTF(2, 3);
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

/* --- slurm_end.c --- */

/* The end of the Slurm allocation, seconds since 1970; 0: none, or not known. */
double dj_slurm_end(bool ask);

/* --- nodes.c --- */

/* Collective. Fills exec->root->nodes: "n1,n2", each node once, in the ranks' order. */
enum dj_status dj_exec_gather_nodes(struct dj_exec *exec,
                                    struct dj_error *err) DJ_MUST_CHECK;
/* What this process may use of its node, in the log and in the events. */
void dj_exec_tell_limits(struct dj_exec *exec);

#endif

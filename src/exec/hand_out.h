/*
 * Who works on what inside a wave, where results belong, and what people hear of it;
 * a part of exec_private.h.
 */
#ifndef DJ_EXEC_HAND_OUT_H
#define DJ_EXEC_HAND_OUT_H

#include "dj/comm.h"
#include "dj/dataset.h"
#include "exec/record.h"

struct dj_exec;
struct dj_claims;
struct dj_places;
struct dj_progress;
struct dj_heart;

/* What a rank has done of a stage. */
struct dj_rank_numbers {
    int64_t rows, kept; /* samples of finished partitions */
    int64_t bytes;      /* of input */
    int64_t parts_done, parts_failed;
};

/* --- claim.c --- */

/* Rank 0: npartitions is that of the whole dataset. */
struct dj_claims *dj_claims_new(size_t npartitions, struct dj_progress *progress);
void dj_claims_free(struct dj_claims *claims);
/* A partition that earlier runs finished, with the bytes of its data. */
void dj_claims_known(struct dj_claims *claims, int64_t id, int64_t bytes);
/*
 * Begins a wave over items (borrowed), which are in the order of the dataset, for
 * nranks ranks: count[rank] of them, one rank's behind the other's, are handed out
 * by the caller, the rest on request; even: to each rank about as many bytes, as where it
 * holds them in memory and has most of the work with them yet to do.
 */
void dj_claims_begin(struct dj_claims *claims, const struct dj_partition *items,
                     size_t nitems, int nranks, bool even, size_t *count);
/* Where the data of partition id begin in the export; -1: not known (yet). */
int64_t dj_claims_place(struct dj_claims *claims, int64_t id);
/* The first partition of the wave that was not handed out; -1: all were. */
int64_t dj_claims_rest(const struct dj_claims *claims);
/* The service's handler; context is the struct dj_claims. */
dj_comm_handler dj_claims_handle;

/*
 * Local, any rank. Reports what this rank finished and gets the places that became
 * known; sets exec->stopping and exec->pausing when some rank was asked to. The first
 * one also gets the next partitions of the wave into block; *count 0: none left;
 * further: and sends for those behind them, so that the next call need not wait.
 */
enum { DJ_CLAIM_BLOCK = 24 };
enum dj_status dj_claim_next(struct dj_exec *exec,
                             struct dj_partition block[DJ_CLAIM_BLOCK], size_t *count,
                             struct dj_error *err) DJ_MUST_CHECK;
enum dj_status dj_claim_report(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;
/* What a rank has asked for and not begun. */
struct dj_claim_ahead {
    bool asked;   /* the reply has not been taken */
    bool further; /* the last reply said that much more is left */
    size_t count; /* partitions of block that a reply gave */
    struct dj_partition block[DJ_CLAIM_BLOCK];
};

/* A partition that failed and is tried again. */
struct dj_retry {
    struct dj_partition partition;
    int64_t tries; /* that failed */
    double due;    /* monotonic */
};

struct dj_retries {
    struct dj_retry *items;
    size_t count, cap;
};

/* --- place.c --- */

/*
 * The data of finished partitions wait in memory until their place in the export is
 * known (all partitions before them are finished), then go straight there. Without a
 * growing export (shards), or when too much waits, they go to results/.
 */
enum { DJ_PLACE_ASKS = 32 }; /* runs that one message asks for */

struct dj_place_answer {
    int64_t id;
    int64_t offset;
};

/* What this rank finished since it last told rank 0. */
struct dj_finished {
    int64_t id;
    int64_t bytes; /* of its data; -1: it failed */
};

void dj_places_free(struct dj_places *places);
/* Rank 0, before records are read: the generation of the growing export to go on with. */
enum dj_status dj_places_choose(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;
/* Collective. Opens the growing export, or none for shards. */
enum dj_status dj_places_open(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;
/* Path of the growing export beside export_path, returns new; NULL with shards. */
char *dj_places_path(const struct dj_exec *exec);
bool dj_places_growing(const struct dj_exec *exec);

/* Bytes in exec->streams[DJ_RESULT_DATA] of the run of partitions that is growing. */
size_t dj_places_begun(const struct dj_exec *exec);
/* A partition has its record, the newest one in exec->records. */
enum dj_status dj_places_add(struct dj_exec *exec, const struct dj_part_result *result,
                             struct dj_error *err) DJ_MUST_CHECK;
/* Ends the run: its data wait for their place. Between partitions only. */
enum dj_status dj_places_end_run(struct dj_exec *exec,
                                 struct dj_error *err) DJ_MUST_CHECK;
/* First partitions of the runs that wait, at most max; returns how many. */
size_t dj_places_asks(const struct dj_exec *exec, int64_t *ids, size_t max);
/* The place of a run, if it still waits; offset -1 sends its data to results/. */
void dj_places_tell(struct dj_exec *exec, struct dj_place_answer answer);
/* Writes the runs whose place was told. */
enum dj_status dj_places_settle(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;
/* Collective, after the service has ended: settles all that waits. */
enum dj_status dj_places_settle_all(struct dj_exec *exec, enum dj_status status,
                                    struct dj_error *err) DJ_MUST_CHECK;
/* fsyncs what this rank put into the growing export. */
enum dj_status dj_places_sync(struct dj_exec *exec, struct dj_error *err) DJ_MUST_CHECK;
size_t dj_places_untold(const struct dj_exec *exec);
/* What is to be told to rank 0 next, at most max; it counts as told. */
size_t dj_places_finished(struct dj_exec *exec, struct dj_finished *out, size_t max);

/* --- progress.c (rank 0) --- */

/* Of the stage before this run began with it. */
struct dj_progress_start {
    int64_t total_bytes, done_bytes;
    int64_t total_parts, done_parts;
    int64_t done_rows, kept_rows;
    int64_t stage, stages; /* from 1 */
};

/* heart (borrowed) hears of the numbers too. */
struct dj_progress *dj_progress_new(int nranks, const struct dj_progress_start *start,
                                    double log_interval, struct dj_heart *heart);
void dj_progress_free(struct dj_progress *progress);
/* Numbers of one rank since the start of the stage; prints when a line is due. */
void dj_progress_update(struct dj_progress *progress, int rank,
                        const struct dj_rank_numbers *numbers);
void dj_progress_end(struct dj_progress *progress);

#endif

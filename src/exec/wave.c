/*
 * Waves: a share of the open partitions is scattered and worked on with claims, part
 * of the plan by part, and each part ends in a boundary at which results are
 * gathered, events merged and, when it is time, results and layers committed.
 */
#include "dj/clock.h"
#include "dj/fault.h"
#include "exec/heartbeat.h"
#include "exec/owed.h"

/*
 * A wave is so many bytes a rank. Without sets: seconds of work, so that the boundary
 * (some milliseconds) does not matter, and what a lost wave costs does not either.
 * With sets: what a rank may hold in memory, and what a kill may cost.
 */
static const int64_t wave_bytes_per_rank = 256 << 20;
static const int64_t wave_bytes_with_sets = 64 << 20;
/* Where the cost of sets decides when they are written: as many as a rank does in it. */
static const double wave_seconds = 2;
enum { WAVE_PARTITIONS_PER_RANK = 4096 };

/*
 * Seconds of work that are committed at once. A job shorter than this writes no
 * commit record at all: doing it again is cheaper than syncing it.
 */
static const double commit_interval = 10;
enum { COMMIT_BYTES = 4 << 20 }; /* or this much in records */

/* Seconds between merges of the ranks' events while a job runs. */
static const double merge_interval = 2;

static int64_t bytes_per_rank(const struct dj_exec *exec)
{
    double bytes;

    if (!exec->plan.sets) {
        return wave_bytes_per_rank;
    }
    if (!exec->plan.automatic) {
        return wave_bytes_with_sets;
    }
    bytes = exec->root->speed * wave_seconds / exec->size;
    return bytes > (double)wave_bytes_per_rank    ? wave_bytes_per_rank
           : bytes > (double)wave_bytes_with_sets ? (int64_t)bytes
                                                  : wave_bytes_with_sets;
}

/* Rank 0: the next open partitions, copied so that they are one after the other. */
static enum dj_status next_wave(struct dj_exec *exec, struct dj_partitions *wave,
                                struct dj_error *err)
{
    struct dj_exec_root *root = exec->root;
    const int64_t max_bytes = bytes_per_rank(exec) * exec->size;
    const size_t max_count = (size_t)WAVE_PARTITIONS_PER_RANK * (size_t)exec->size;
    int64_t bytes = 0;

    wave->count = 0;
    while (root->next < root->partitions.count && wave->count < max_count &&
           bytes < max_bytes) {
        const struct dj_partition *item = &root->partitions.items[root->next++];

        if (root->done[item->id].state != DJ_PART_OPEN) {
            continue;
        }
        bytes += item->bytes;
        if (dj_partitions_add(wave, item) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "out of memory for a wave");
        }
    }
    return DJ_OK;
}

/* Each rank's first block of the wave, in mine. */
static enum dj_status scatter(struct dj_exec *exec, const struct dj_partitions *wave,
                              struct dj_buf *mine, struct dj_error *err)
{
    const size_t size = (size_t)exec->size;
    struct dj_str all = { NULL, 0 };
    size_t *sizes = NULL;
    enum dj_status status;

    if (exec->root != NULL) {
        sizes = dj_xcalloc(size, sizeof(*sizes));
        dj_claims_begin(exec->root->claims, wave->items, wave->count, exec->size,
                        exec->stage->nparts > 1, sizes);
        for (size_t rank = 0; rank < size; rank++) {
            sizes[rank] *= sizeof(*wave->items);
            all.len += sizes[rank];
        }
        all.ptr = (const char *)wave->items;
    }
    dj_buf_reset(mine);
    status = dj_comm_scatter(exec->comm, all, sizes, mine, err);
    dj_xfree(sizes);
    return status;
}

/* --- the boundary ------------------------------------------------------------------- */

/* What is to be done at a boundary, the same on all ranks. */
struct wishes {
    bool stop;
    bool pause;
    bool commit; /* results */
    bool set;    /* layers */
    bool merge;  /* events */
};

enum { WISH_STOP, WISH_PAUSE, WISH_SET, WISH_COMMIT, WISH_MERGE, NWISHES };

/*
 * Rank 0: is it time for a commit record? The last wave is committed when others were:
 * the export may take long, and a failed partition is taken up by a later run. And it
 * is when verdicts will be made of it.
 */
static bool commit_due(const struct dj_exec *exec, bool asked)
{
    const struct dj_exec_root *root = exec->root;
    const bool done = root->next == root->partitions.count;

    return asked || (done && !exec->stage->last) || root->commit.bytes > COMMIT_BYTES ||
           (done && root->commits > 0) ||
           dj_clock_monotonic() - root->last_commit >= commit_interval;
}

static struct wishes agree_on_wishes(struct dj_exec *exec)
{
    struct dj_exec_root *root = exec->root;
    int64_t flags[NWISHES] = {
        [WISH_STOP] = exec->stopping || dj_preempt_requested(),
        [WISH_PAUSE] = exec->pausing || dj_preempt_pause_requested(),
        [WISH_SET] = dj_exec_set_due(exec, false),
        /* The next run takes up what failed, and nothing else. */
        [WISH_COMMIT] = exec->new_failures,
    };
    bool asked;

    dj_comm_max(exec->comm, flags, WISH_SET + 1); /* rank 0 decides with them */
    if (root != NULL && dj_preempt_asked() == DJ_PREEMPT_AFTER_CHECKPOINT &&
        (flags[WISH_SET] != 0 || commit_due(exec, false))) {
        flags[WISH_STOP] = 1;
    }
    asked = flags[WISH_STOP] != 0 || flags[WISH_PAUSE] != 0;
    flags[WISH_SET] |= dj_exec_set_due(exec, asked);
    if (root != NULL) {
        const double now = dj_clock_monotonic();

        flags[WISH_COMMIT] |= commit_due(exec, asked);
        flags[WISH_MERGE] = asked || now - root->last_merge >= merge_interval;
        if (flags[WISH_MERGE] != 0) {
            root->last_merge = now;
        }
    }
    dj_comm_max(exec->comm, flags, NWISHES);
    exec->new_failures = false;
    if (flags[WISH_PAUSE] != 0) {
        dj_preempt_pause_taken();
    }
    return (struct wishes){ flags[WISH_STOP] != 0, flags[WISH_PAUSE] != 0,
                            flags[WISH_COMMIT] != 0, flags[WISH_SET] != 0,
                            flags[WISH_MERGE] != 0 };
}

/* Gathers the results on rank 0 and commits them if due. */
static enum dj_status collect(struct dj_exec *exec, bool due, struct dj_error *err)
{
    struct dj_buf gathered;
    enum dj_status status;

    dj_buf_init(&gathered);
    status = dj_comm_gather(exec->comm, dj_buf_str(&exec->records), &gathered, NULL, err);
    dj_buf_reset(&exec->records);
    if (status == DJ_OK && exec->root != NULL) {
        status = dj_exec_take_results(exec, dj_buf_str(&gathered), err);
        if (status == DJ_OK && dj_job_lock_lost(exec->root->lock)) {
            status = dj_fail(err, DJ_LOCKED,
                             "job %s: the lock was taken by another run while this one "
                             "was not heard of; this one stops",
                             exec->job_id);
        } else if (status == DJ_OK && due) {
            status = dj_exec_commit(exec, err);
        }
    }
    dj_buf_release(&gathered);
    return dj_comm_agree(exec->comm, status, err);
}

/* Rank 0: what this took it may take once more, when the end of the time is near. */
static void expect_as_long(struct dj_exec *exec, double seconds)
{
    if (seconds > exec->root->commit_cost) {
        exec->root->commit_cost = seconds;
        dj_preempt_need(DJ_PREEMPT_GRACE + 2 * seconds);
    }
}

/* The collective end of a part. status is this rank's; the same for all comes out. */
static enum dj_status boundary(struct dj_exec *exec, enum dj_status status,
                               struct dj_error *err)
{
    struct wishes wishes;
    double began;

    dj_comm_serve_end(exec->comm);
    status = dj_places_settle_all(exec, status, err);
    wishes = agree_on_wishes(exec);
    began = dj_clock_monotonic();
    exec->stopping = wishes.stop;
    if (status == DJ_OK && wishes.commit) {
        status = dj_results_sync(exec->results, err);
        if (status == DJ_OK) {
            status = dj_places_sync(exec, err);
        }
    }
    if (status == DJ_OK && wishes.merge) {
        status = dj_events_turn(exec->events, err);
    }
    DJ_TRY(dj_comm_agree(exec->comm, status, err));
    DJ_TRY(collect(exec, wishes.commit, err));
    if (wishes.set) {
        dj_owed_pay(exec);
        DJ_TRY(dj_exec_set(exec, err));
    }
    if (exec->root != NULL && wishes.merge) {
        dj_exec_merge_events(exec);
    }
    if (exec->root != NULL) {
        expect_as_long(exec, dj_clock_monotonic() - began);
    }
    return DJ_OK;
}

/* --- waves ----------------------------------------------------------------------------
 */

static enum dj_status run_part(struct dj_exec *exec, size_t part, struct dj_str mine,
                               struct dj_error *err)
{
    enum dj_status status;

    exec->ahead.count = 0;
    exec->ahead.asked = false;
    DJ_TRY(dj_comm_serve(exec->comm, dj_claims_handle,
                         exec->root == NULL ? NULL : exec->root->claims, err));
    status = dj_exec_work(exec, part, mine, err);
    return boundary(exec, status, err);
}

/* Rank 0: after a wave that took so long. */
static void note_speed(struct dj_exec_root *root, const struct dj_partitions *wave,
                       double seconds)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < wave->count; i++) {
        bytes += wave->items[i].bytes;
    }
    root->speed = (double)bytes / (seconds + 1e-9);
}

static enum dj_status run_wave(struct dj_exec *exec, const struct dj_partitions *wave,
                               struct dj_error *err)
{
    const double began = dj_clock_monotonic();
    enum dj_status status;
    struct dj_buf mine;

    dj_buf_init(&mine);
    exec->pausing = false;
    status = dj_state_wave(exec, wave, err);
    if (status == DJ_OK) {
        status = scatter(exec, wave, &mine, err);
    }
    for (size_t part = 0;
         part < exec->stage->nparts && status == DJ_OK && !exec->stopping; part++) {
        status = run_part(exec, part, dj_buf_str(&mine), err);
    }
    dj_held_clear(exec->held);
    if (exec->root != NULL) { /* after a pause: what nobody had comes again */
        const int64_t rest = dj_claims_rest(exec->root->claims);

        if (rest >= 0) {
            exec->root->next = (size_t)rest;
        }
        note_speed(exec->root, wave, dj_clock_monotonic() - began);
    }
    dj_buf_release(&mine);
    return status;
}

static void begin_progress(struct dj_exec *exec)
{
    struct dj_exec_root *root = exec->root;
    struct dj_progress_start start = {
        .total_parts = dj_i64_from_size(root->partitions.count),
        .stage = dj_i64_from_size(exec->stage->number) + 1,
        .stages = dj_i64_from_size(exec->plan.nstages),
    };

    for (size_t i = 0; i < root->partitions.count; i++) {
        start.total_bytes += root->partitions.items[i].bytes;
        if (root->done[i].state == DJ_PART_DONE) {
            start.done_bytes += root->partitions.items[i].bytes;
            start.done_rows += root->partitions.items[i].rows;
            start.kept_rows += root->done[i].kept;
            start.done_parts++;
        } else {
            root->done[i].state = DJ_PART_OPEN; /* a run takes up what failed before */
        }
    }
    dj_exec_phase(exec, "running operators", NULL);
    root->progress =
        dj_progress_new(exec->size, &start, exec->config->progress.interval, root->heart);
    root->claims = dj_claims_new(root->partitions.count, root->progress);
    for (size_t i = 0; i < root->partitions.count; i++) {
        if (root->done[i].state == DJ_PART_DONE) {
            dj_claims_known(root->claims, (int64_t)i,
                            root->done[i].extents[DJ_RESULT_DATA].bytes);
        }
    }
}

enum dj_status dj_exec_waves(struct dj_exec *exec, bool *stopped, struct dj_error *err)
{
    struct dj_partitions wave = { 0 };
    enum dj_status status = DJ_OK;
    bool more = true;

    exec->numbers = (struct dj_rank_numbers){ 0 };
    if (exec->root != NULL) {
        begin_progress(exec);
    }
    while (status == DJ_OK && more && !exec->stopping) {
        if (exec->root != NULL) {
            status = next_wave(exec, &wave, err);
        }
        status = dj_comm_agree(exec->comm, status, err);
        more = status == DJ_OK &&
               dj_comm_any(exec->comm, wave.count > 0 || exec->retries.count > 0);
        if (more) {
            status = run_wave(exec, &wave, err);
        }
    }
    if (exec->root != NULL) {
        dj_progress_end(exec->root->progress);
    }
    if (exec->root != NULL) {
        dj_claims_free(exec->root->claims);
        dj_progress_free(exec->root->progress);
        exec->root->claims = NULL;
        exec->root->progress = NULL;
    }
    dj_partitions_release(&wave);
    dj_held_end(exec->held);
    *stopped = exec->stopping;
    return status;
}

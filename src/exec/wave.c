/*
 * Waves: a share of the open partitions is scattered, worked on with claims, and
 * ends in a boundary at which results are gathered, events merged and, when it is
 * time, the results committed to disk.
 */
#include "dj/clock.h"
#include "dj/fault.h"
#include "exec/exec_private.h"

/*
 * A wave is this many bytes a rank: seconds of work, so that the boundary (some
 * milliseconds) does not matter, and what a lost wave costs does not either.
 */
static const int64_t wave_bytes_per_rank = 256 << 20;
enum { WAVE_PARTITIONS_PER_RANK = 4096 };

/* More than a run of several partitions has, also when its texts have grown a little. */
enum { RUN_ROOM = 5 << 20 };

/*
 * Seconds of work that are committed at once. A job shorter than this writes no
 * commit record at all: doing it again is cheaper than syncing it.
 */
static const double commit_interval = 10;
enum { COMMIT_BYTES = 4 << 20 }; /* or this much in records */

/* Seconds between merges of the ranks' events while a job runs. */
static const double merge_interval = 2;

/* Rank 0: the next open partitions, copied so that they are one after the other. */
static enum dj_status next_wave(struct dj_exec *exec, struct dj_partitions *wave,
                                struct dj_error *err)
{
    struct dj_exec_root *root = exec->root;
    const int64_t max_bytes = wave_bytes_per_rank * exec->size;
    const size_t max_count = (size_t)WAVE_PARTITIONS_PER_RANK * (size_t)exec->size;
    int64_t bytes = 0;

    wave->count = 0;
    while (root->next < root->partitions.count && wave->count < max_count &&
           bytes < max_bytes) {
        const struct dj_partition *item = &root->partitions.items[root->next++];

        if (root->done[item->id].state == DJ_PART_DONE) {
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
        dj_claims_begin(exec->root->claims, wave->items, wave->count, exec->size, sizes);
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

/* Works off a block; *stop when the wave ends early. */
static enum dj_status run_block(struct dj_exec *exec, const struct dj_partition *items,
                                size_t count, bool *stop, struct dj_error *err)
{
    int64_t bytes = RUN_ROOM;

    /* Room for the whole run at once: a buffer that grows is copied again and again. */
    if (count == 1 && items[0].bytes > bytes) {
        bytes = items[0].bytes;
    }
    if (dj_places_growing(exec) && dj_buf_reserve(&exec->streams[DJ_RESULT_DATA],
                                                  dj_size_from_i64(bytes)) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for %lld bytes of results",
                       (long long)bytes);
    }
    for (size_t i = 0; i < count && !*stop; i++) {
        if (i > 0 && items[i].id != items[i - 1].id + 1) { /* some are done already */
            DJ_TRY(dj_places_end_run(exec, err));
        }
        DJ_TRY(dj_exec_step(exec, &items[i], stop, err));
    }
    return dj_places_end_run(exec, err);
}

/* The local part of a wave: nothing here waits for another rank. */
static enum dj_status work(struct dj_exec *exec, struct dj_str scattered, bool *stop,
                           struct dj_error *err)
{
    struct dj_partition block[DJ_CLAIM_BLOCK];
    size_t count = scattered.len / sizeof(block[0]);

    if (count > 0) {
        memcpy(block, scattered.ptr, count * sizeof(block[0]));
    }
    while (count > 0 && !*stop) {
        DJ_TRY(run_block(exec, block, count, stop, err));
        if (!*stop) {
            DJ_TRY(dj_claim_next(exec, block, &count, stop, err));
        }
    }
    if (*stop) { /* rank 0 has to know what was finished before */
        DJ_TRY(dj_claim_report(exec, stop, err));
        *stop = true;
    }
    return DJ_OK;
}

/*
 * Rank 0: is it time for a commit record? The others learn it from dj_comm_any. The
 * last wave is committed when others were: the export may take long, and a failed
 * partition is taken up by a later run.
 */
static bool commit_due(const struct dj_exec *exec, bool stopping)
{
    const struct dj_exec_root *root = exec->root;

    if (root == NULL) {
        return false;
    }
    return stopping || root->commit.bytes > COMMIT_BYTES ||
           (root->next == root->partitions.count && root->commits > 0) ||
           dj_clock_monotonic() - root->last_commit >= commit_interval;
}

/* Gathers the wave's results on rank 0 and commits them if due. */
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

/* What rank 0 wants done at a boundary, and whether anybody wants to stop. */
struct wishes {
    bool stop;
    bool commit;
    bool merge; /* events */
};

static struct wishes agree_on_wishes(struct dj_exec *exec, bool stop)
{
    struct dj_exec_root *root = exec->root;
    int64_t flags[3] = { stop || dj_preempt_requested() };

    dj_comm_max(exec->comm, flags, 1); /* rank 0 decides with it */
    if (root != NULL) {
        const double now = dj_clock_monotonic();

        flags[1] = commit_due(exec, flags[0] != 0);
        flags[2] = flags[1] != 0 || now - root->last_merge >= merge_interval;
        if (flags[2] != 0) {
            root->last_merge = now;
        }
    }
    dj_comm_max(exec->comm, flags, 3);
    return (struct wishes){ flags[0] != 0, flags[1] != 0, flags[2] != 0 };
}

/* The collective end of a wave. status is this rank's; the same for all comes out. */
static enum dj_status boundary(struct dj_exec *exec, enum dj_status status, bool *stop,
                               struct dj_error *err)
{
    struct wishes wishes;

    dj_comm_serve_end(exec->comm);
    status = dj_places_settle_all(exec, status, err);
    wishes = agree_on_wishes(exec, *stop);
    *stop = wishes.stop;
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
    if (exec->root != NULL && wishes.merge) {
        dj_exec_merge_events(exec);
    }
    return DJ_OK;
}

static enum dj_status run_wave(struct dj_exec *exec, const struct dj_partitions *wave,
                               bool *stop, struct dj_error *err)
{
    enum dj_status status;
    struct dj_buf mine;

    dj_buf_init(&mine);
    status = scatter(exec, wave, &mine, err);
    if (status == DJ_OK) {
        status = dj_comm_serve(exec->comm, dj_claims_handle,
                               exec->root == NULL ? NULL : exec->root->claims, err);
    }
    if (status == DJ_OK) {
        status = work(exec, dj_buf_str(&mine), stop, err);
        status = boundary(exec, status, stop, err);
    }
    dj_buf_release(&mine);
    return status;
}

static void begin_progress(struct dj_exec *exec)
{
    struct dj_exec_root *root = exec->root;
    int64_t total = 0;
    int64_t done = 0;

    for (size_t i = 0; i < root->partitions.count; i++) {
        total += root->partitions.items[i].bytes;
        if (root->done[i].state == DJ_PART_DONE) {
            done += root->partitions.items[i].bytes;
        }
    }
    root->progress =
        dj_progress_new(exec->size, total, done, exec->config->progress.interval);
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

    if (exec->root != NULL) {
        begin_progress(exec);
    }
    while (status == DJ_OK && more && !*stopped) {
        if (exec->root != NULL) {
            status = next_wave(exec, &wave, err);
        }
        status = dj_comm_agree(exec->comm, status, err);
        more = status == DJ_OK && dj_comm_any(exec->comm, wave.count > 0);
        if (more) {
            status = run_wave(exec, &wave, stopped, err);
        }
    }
    if (exec->root != NULL) {
        dj_progress_end(exec->root->progress);
    }
    dj_partitions_release(&wave);
    return status;
}

/*
 * A rank's work inside a wave: nothing here waits for another rank. Partitions come
 * from rank 0 in blocks; those that failed come back when their pause is over.
 */
#include "dj/clock.h"
#include "exec/exec_private.h"

#include <time.h>

/* More than a run of several partitions has, also when its texts have grown a little. */
enum { RUN_ROOM = 3 << 20 };
/* Finished partitions between two messages to rank 0, in number and in bytes. */
enum { WRITE_RUN_BYTES = 4 << 20 };

static const long nap_ns = 5000000;

/* Room for the whole run at once: a buffer that grows is copied again and again. */
static enum dj_status reserve(struct dj_exec *exec, const struct dj_partition *items,
                              size_t count, struct dj_error *err)
{
    int64_t bytes = RUN_ROOM;

    if (count == 1 && items[0].bytes > bytes) {
        bytes = items[0].bytes;
    }
    if (dj_places_growing(exec) && dj_buf_reserve(&exec->streams[DJ_RESULT_DATA],
                                                  dj_size_from_i64(bytes)) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for %lld bytes of results",
                       (long long)bytes);
    }
    return DJ_OK;
}

/* One partition of the first (or only) part. */
static enum dj_status run_one(struct dj_exec *exec, const struct dj_partition *item,
                              int64_t tries, size_t part, struct dj_error *err)
{
    return exec->stage->nparts == 1
               ? dj_exec_step(exec, item, tries, err)
               : dj_held_take(exec, item, tries, exec->stage->ends[part], err);
}

static enum dj_status run_block(struct dj_exec *exec, const struct dj_partition *items,
                                size_t count, struct dj_error *err)
{
    if (exec->stage->nparts == 1) {
        DJ_TRY(reserve(exec, items, count, err));
    }
    for (size_t i = 0; i < count && !exec->stopping; i++) {
        if (i > 0 && items[i].id != items[i - 1].id + 1) { /* some are done already */
            DJ_TRY(dj_places_end_run(exec, err));
        }
        DJ_TRY(run_one(exec, &items[i], 0, 0, err));
    }
    return dj_places_end_run(exec, err);
}

/* Partitions that wait and whose pause is over. */
static enum dj_status run_due(struct dj_exec *exec, size_t part, struct dj_error *err)
{
    struct dj_retry retry;

    while (!exec->stopping && dj_retry_next(exec, dj_clock_monotonic(), &retry)) {
        DJ_TRY(run_one(exec, &retry.partition, retry.tries, part, err));
        DJ_TRY(dj_places_end_run(exec, err));
        DJ_TRY(dj_claim_report(exec, err));
    }
    return DJ_OK;
}

/* Waits until nothing is left to be tried again. */
static enum dj_status drain(struct dj_exec *exec, size_t part, struct dj_error *err)
{
    while (exec->retries.count > 0 && !exec->stopping && !exec->pausing) {
        DJ_TRY(run_due(exec, part, err));
        if (exec->retries.count > 0) {
            (void)nanosleep(&(struct timespec){ .tv_nsec = nap_ns }, NULL);
            DJ_TRY(dj_exec_look_around(exec, err));
        }
    }
    return DJ_OK;
}

static enum dj_status take_blocks(struct dj_exec *exec, struct dj_str scattered,
                                  struct dj_error *err)
{
    struct dj_partition block[DJ_CLAIM_BLOCK];
    size_t count = scattered.len / sizeof(block[0]);

    if (count > 0) {
        memcpy(block, scattered.ptr, count * sizeof(block[0]));
    }
    while (count > 0 && !exec->stopping) {
        DJ_TRY(run_block(exec, block, count, err));
        DJ_TRY(run_due(exec, 0, err));
        count = 0;
        if (!exec->stopping) {
            DJ_TRY(dj_claim_next(exec, block, &count, err));
        }
    }
    return DJ_OK;
}

/* A later part: the next operators on what this rank holds. */
static enum dj_status run_held(struct dj_exec *exec, size_t part, struct dj_error *err)
{
    const size_t count = dj_held_count(exec->held);

    for (size_t i = 0; i < count && !exec->stopping; i++) {
        DJ_TRY(dj_held_part(exec, i, exec->stage->ends[part], err));
        DJ_TRY(run_due(exec, part, err));
    }
    return DJ_OK;
}

/* After the last part: results of all that this rank holds, in runs. */
static enum dj_status write_held(struct dj_exec *exec, struct dj_error *err)
{
    const size_t count = dj_held_count(exec->held);
    int64_t before = -2;
    size_t run = 0;

    for (size_t i = 0; i < count; i++) {
        const int64_t id = dj_held_id(exec->held, i);

        if (id < 0) {
            continue;
        }
        if (id != before + 1 || run == DJ_CLAIM_BLOCK ||
            dj_places_begun(exec) >= WRITE_RUN_BYTES) {
            DJ_TRY(dj_places_end_run(exec, err));
            DJ_TRY(dj_claim_report(exec, err));
            run = 0;
        }
        DJ_TRY(dj_held_write(exec, i, err));
        before = id;
        run++;
    }
    return dj_places_end_run(exec, err);
}

enum dj_status dj_exec_work(struct dj_exec *exec, size_t part, struct dj_str scattered,
                            struct dj_error *err)
{
    if (part == 0) {
        DJ_TRY(take_blocks(exec, scattered, err));
    } else {
        DJ_TRY(run_held(exec, part, err));
    }
    DJ_TRY(drain(exec, part, err));
    if (part + 1 == exec->stage->nparts && part > 0 && !exec->stage->global &&
        !exec->stopping) {
        DJ_TRY(write_held(exec, err));
    }
    return dj_claim_report(exec, err); /* rank 0 has to know what is finished */
}

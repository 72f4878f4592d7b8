/*
 * Trying again: a partition that failed waits on its rank until its pause is over,
 * while the rank goes on with others.
 */
#include "dj/clock.h"
#include "dj/log.h"
#include "exec/exec_private.h"

#include <inttypes.h>

static const double first_pause = 1;
static const double longest_pause = 60;

static double pause_before(const struct dj_exec *exec, int64_t tries)
{
    double pause = first_pause;

    switch ((enum dj_backoff)exec->config->fault_tolerance.retry_backoff) {
    case DJ_BACKOFF_EXPONENTIAL:
        for (int64_t i = 1; i < tries && pause < longest_pause; i++) {
            pause *= 2;
        }
        break;
    case DJ_BACKOFF_LINEAR:
        pause *= (double)tries;
        break;
    case DJ_BACKOFF_FIXED:
        break;
    }
    return pause < longest_pause ? pause : longest_pause;
}

void dj_retry_later(struct dj_exec *exec, const struct dj_partition *partition,
                    int64_t tries, const struct dj_error *err)
{
    struct dj_retries *retries = &exec->retries;
    const double pause = pause_before(exec, tries + 1);

    if (retries->count == retries->cap) {
        retries->cap = retries->cap == 0 ? 8 : 2 * retries->cap;
        retries->items =
            dj_xrealloc(retries->items, retries->cap * sizeof(*retries->items));
    }
    retries->items[retries->count++] = (struct dj_retry){
        .partition = *partition,
        .tries = tries + 1,
        .due = dj_clock_monotonic() + pause,
    };
    dj_event_emit(exec->events, &(struct dj_event){
                                    .type = DJ_EVENT_PROCESSING_ERROR,
                                    .partition_plus_1 = partition->id + 1,
                                    .status = "retry",
                                    .retry_count = tries + 1,
                                    .error_message = err->text,
                                    .error_type = dj_status_name(err->status),
                                });
    dj_log(DJ_LOG_WARNING,
           "partition %" PRId64 " failed and is tried again in %.0f s (%" PRId64
           " of %" PRId64 "): %s",
           partition->id, pause, tries + 1, exec->config->fault_tolerance.max_retries,
           err->text);
}

bool dj_retry_next(struct dj_exec *exec, double now, struct dj_retry *retry)
{
    struct dj_retries *retries = &exec->retries;

    for (size_t i = 0; i < retries->count; i++) {
        if (retries->items[i].due <= now) {
            *retry = retries->items[i];
            retries->count--;
            memmove(&retries->items[i], &retries->items[i + 1],
                    (retries->count - i) * sizeof(*retries->items));
            return true;
        }
    }
    return false;
}

void dj_retries_release(struct dj_retries *retries)
{
    dj_xfree(retries->items);
    *retries = (struct dj_retries){ 0 };
}

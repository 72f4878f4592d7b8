/*
 * What was added to an exchange, in an order in which neighbours come from different
 * places: were it in order already, all ranks would else fill the first rank's cells
 * first, and every round would move the bytes of one rank only.
 */
#include "exchange/exchange_private.h"

enum { BURST = 16 }; /* records from one place, half a KiB */

static size_t start_of(const struct dj_waiting *waiting, size_t group)
{
    return dj_notes_count(&waiting->exchange->added) * group / waiting->ngroups;
}

static size_t common_divisor(size_t a, size_t b)
{
    while (b != 0) {
        const size_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* Steps of this length come by all frames once. */
static size_t find_stride(size_t frames, size_t groups)
{
    size_t stride = frames / groups + 1;

    while (common_divisor(stride, frames) != 1) {
        stride++;
    }
    return stride;
}

enum dj_status dj_waiting_open(struct dj_waiting *waiting, struct dj_exchange *exchange,
                               size_t groups, struct dj_error *err)
{
    const size_t bytes = exchange->frame_records * sizeof(struct dj_note);

    *waiting = (struct dj_waiting){ .exchange = exchange, .ngroups = groups };
    waiting->groups = dj_xcalloc(groups, sizeof(*waiting->groups));
    for (size_t i = 0; i < groups; i++) {
        waiting->groups[i] = start_of(waiting, i);
    }
    waiting->group = groups * (size_t)exchange->rank / (size_t)exchange->size;
    waiting->stride = groups == 1 ? 1 : find_stride(exchange->waiting.count, groups);
    dj_buf_init(&waiting->buf);
    if (exchange->waiting.count > 0 && dj_buf_reserve(&waiting->buf, bytes) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "no memory for %zu bytes of records", bytes);
    }
    dj_exchange_weigh(exchange, waiting->buf.cap);
    return DJ_OK;
}

void dj_waiting_close(struct dj_waiting *waiting)
{
    dj_buf_release(&waiting->buf);
    dj_xfree(waiting->groups);
    waiting->groups = NULL;
}

enum dj_status dj_waiting_next(struct dj_waiting *waiting, const struct dj_note **records,
                               size_t *count, struct dj_error *err)
{
    const struct dj_exchange *exchange = waiting->exchange;
    const size_t frames = exchange->waiting.count;
    const size_t most = waiting->ngroups == 1 ? SIZE_MAX : BURST;

    for (size_t tried = 0; tried < waiting->ngroups; tried++) {
        const size_t group = waiting->group;
        const size_t at = waiting->groups[group];
        const size_t left = start_of(waiting, group + 1) - at;

        waiting->group = (group + 1) % waiting->ngroups;
        if (left > 0) {
            *count = left < most ? left : most;
            *records = dj_notes_of(&exchange->added) + at;
            waiting->groups[group] += *count;
            return DJ_OK;
        }
    }
    *count = 0;
    if (waiting->frame == frames) {
        return DJ_OK;
    }
    *records = dj_notes_of(&waiting->buf);
    return dj_spill_read(&waiting->exchange->waiting,
                         waiting->frame++ * waiting->stride % frames,
                         dj_notes_of(&waiting->buf), count, err);
}

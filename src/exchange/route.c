/*
 * Which rank a record goes to: by a hash of its key, or between splitters that a sample
 * of all records gives.
 */
#include "exchange/exchange_private.h"

/* Finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* --- the sample
 * -------------------------------------------------------------------------
 */

/* Within its stratum of `step` records, the place of the one that is taken. */
static uint64_t place_in(const struct dj_sample *sample, uint64_t stratum)
{
    return stratum * sample->step + mix(stratum * 2 + sample->step) % sample->step;
}

void dj_sample_init(struct dj_sample *sample, size_t limit)
{
    *sample = (struct dj_sample){ .limit = limit + limit % 2, .step = 1 };
    sample->notes = dj_xcalloc(sample->limit, sizeof(*sample->notes));
}

void dj_sample_release(struct dj_sample *sample)
{
    dj_xfree(sample->notes);
    *sample = (struct dj_sample){ 0 };
}

/* Of each two records one, at random. A last one without partner stays. */
static void thin(struct dj_sample *sample)
{
    size_t kept = 0;

    for (size_t i = 0; i < sample->count; i += 2) {
        const size_t second = mix(i + sample->step) % 2;

        sample->notes[kept++] = sample->notes[i + 1 < sample->count ? i + second : i];
    }
    sample->count = kept;
    sample->step *= 2;
}

void dj_sample_take(struct dj_sample *sample, const struct dj_note *record)
{
    if (sample->count == sample->limit) {
        uint64_t place;

        thin(sample);
        place = place_in(sample, sample->count);
        if (place > sample->next) {
            sample->next = place; /* the stratum is longer now and has a later one */
            return;
        }
    }
    sample->notes[sample->count++] = *record;
    sample->next = place_in(sample, sample->count);
}

/* --- the route
 * --------------------------------------------------------------------------
 */

void dj_route_by_key(struct dj_route *route, int ranks)
{
    *route = (struct dj_route){ .ranks = (uint64_t)ranks };
}

void dj_route_release(struct dj_route *route)
{
    dj_xfree(route->splitters);
    *route = (struct dj_route){ 0 };
}

/* The same share of each rank's records, and of all ranks together few enough. */
static void even_out(struct dj_sample *sample, struct dj_comm *comm, int64_t memory)
{
    int64_t most[2] = { (int64_t)sample->step, -memory };
    int64_t limit, total;

    dj_comm_max(comm, most, 2);
    limit = -most[1] / (int64_t)sizeof(struct dj_note);
    if (limit < 16 * (int64_t)dj_comm_size(comm)) {
        limit = 16 * (int64_t)dj_comm_size(comm);
    }
    while ((int64_t)sample->step < most[0]) {
        thin(sample);
    }
    for (;;) {
        total = (int64_t)sample->count;
        dj_comm_sum(comm, &total, 1);
        if (total <= limit) {
            return;
        }
        thin(sample);
    }
}

static void choose(const struct dj_buf *all, int ranks, struct dj_buf *splitters)
{
    const size_t count = dj_notes_count(all);
    struct dj_note *into = dj_notes_of(splitters);

    dj_notes_sort(dj_notes_of(all), count);
    for (int rank = 1; rank < ranks && count > 0; rank++) {
        into[rank - 1] = dj_notes_of(all)[count * (size_t)rank / (size_t)ranks];
        splitters->len += sizeof(*into);
    }
}

enum dj_status dj_route_in_order(struct dj_route *route, struct dj_comm *comm,
                                 struct dj_sample *sample, int64_t memory,
                                 struct dj_error *err)
{
    const int ranks = dj_comm_size(comm);
    struct dj_buf all, splitters;
    enum dj_status status;

    *route = (struct dj_route){ .ranks = (uint64_t)ranks };
    even_out(sample, comm, memory);
    dj_buf_init(&all);
    dj_buf_init(&splitters);
    status = dj_comm_gather(comm,
                            (struct dj_str){ (const char *)sample->notes,
                                             sample->count * sizeof(*sample->notes) },
                            &all, NULL, err);
    if (status != DJ_OK) {
        goto out;
    }
    status = dj_buf_reserve(&splitters, (size_t)ranks * sizeof(struct dj_note));
    if (status != DJ_OK) {
        dj_fail(err, status, "no memory for the borders between %d ranks", ranks);
    } else if (dj_comm_rank(comm) == 0) {
        choose(&all, ranks, &splitters);
    }
    status = dj_comm_agree(comm, status, err);
    if (status != DJ_OK) {
        goto out;
    }
    status = dj_comm_broadcast(comm, &splitters, err);
    route->splitters = dj_notes_of(&splitters);
    route->count = dj_notes_count(&splitters);
    dj_buf_init(&splitters); /* the route has it now */
out:
    dj_buf_release(&splitters);
    dj_buf_release(&all);
    return status;
}

/* How many splitters are not behind the record. */
static size_t find(const struct dj_route *route, const struct dj_note *record)
{
    size_t first = 0;
    size_t left = route->count;

    while (left > 0) {
        const size_t half = left / 2;

        if (dj_note_before(record, &route->splitters[first + half])) {
            left = half;
        } else {
            first += half + 1;
            left -= half + 1;
        }
    }
    return first;
}

void dj_route_of(const struct dj_route *route, const struct dj_note *records,
                 size_t count, uint32_t *ranks)
{
    if (route->splitters != NULL) {
        for (size_t i = 0; i < count; i++) {
            ranks[i] = (uint32_t)find(route, &records[i]);
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const uint64_t hash = mix(records[i].hi + mix(records[i].lo));

        ranks[i] = (uint32_t)((hash >> 32) * route->ranks >> 32);
    }
}

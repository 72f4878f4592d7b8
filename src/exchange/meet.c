/*
 * Meeting: rounds in which every rank gives every other at most a cell of records. What
 * comes is at most a cell from each rank, so memory is bounded however skewed the keys
 * are; what does not fit the budget becomes sorted runs in a file.
 */
#include "dj/fault.h"
#include "exchange/exchange_private.h"

enum { GROUPS_MAX = 256, CELL_MIN = 4 << 10, BURST = 256 };

/* Where the next record for a rank goes, and for how many there is room. */
struct place {
    char *at;
    size_t room;
};

struct meeting {
    struct dj_exchange *exchange;
    struct dj_waiting waiting;
    const struct dj_note *records; /* taken from there, not in a cell yet */
    size_t left;
    size_t limit;         /* bytes of got */
    struct place *places; /* by rank: in its cell, and in got for this one */
    struct dj_str *mine;
    size_t *sizes;
};

/*
 * A quarter more than the fullest rank has for each on average: small exchanges need less
 * memory than the budget grants, and one round all the same when keys are not skewed.
 */
static void choose_cell(struct dj_exchange *exchange)
{
    const size_t record = sizeof(struct dj_note);
    const size_t ranks = (size_t)exchange->size;
    int64_t most = (int64_t)exchange->added_count;
    int64_t all = most;
    size_t enough;

    dj_comm_max(exchange->options.comm, &most, 1);
    dj_comm_sum(exchange->options.comm, &all, 1);
    enough = (size_t)most / ranks * 5 / 4 * record + CELL_MIN;
    if (enough < exchange->cell) {
        exchange->cell = enough;
    }
    exchange->expected = (size_t)all / ranks * 17 / 16 * record;
}

static enum dj_status prepare(struct meeting *meeting, struct dj_exchange *exchange,
                              enum dj_meeting how, struct dj_error *err)
{
    const size_t ranks = (size_t)exchange->size;
    const size_t groups = ranks < GROUPS_MAX ? ranks : GROUPS_MAX;
    const size_t frame = exchange->frame_records * sizeof(struct dj_note);
    size_t used;

    *meeting = (struct meeting){ .exchange = exchange };
    meeting->mine = dj_xcalloc(ranks, sizeof(*meeting->mine));
    meeting->sizes = dj_xcalloc(ranks, sizeof(*meeting->sizes));
    meeting->places = dj_xcalloc(ranks, sizeof(*meeting->places));
    DJ_TRY(dj_waiting_open(&meeting->waiting, exchange,
                           how == DJ_MEET_BY_KEY ? 1 : groups, err));
    DJ_TRY(dj_exchange_room(exchange, &exchange->cells, ranks * exchange->cell,
                            ranks * exchange->cell, err));
    used = exchange->added.cap + exchange->cells.cap + frame +
           dj_packer_most(exchange->frame_records) + dj_spill_memory(&exchange->waiting);
    meeting->limit = used < exchange->memory ? exchange->memory - used : 0;
    return DJ_OK;
}

/*
 * Room for the fullest round there can be; at first, for all that is to be expected, if
 * the budget has it.
 */
static enum dj_status make_room(struct meeting *meeting, struct dj_error *err)
{
    struct dj_exchange *exchange = meeting->exchange;
    struct dj_buf *got = &exchange->got;
    const size_t most = (size_t)exchange->size * exchange->cell;
    const size_t all = exchange->expected + most;

    if (got->cap == 0) {
        return dj_exchange_room(exchange, got,
                                all < meeting->limit ? all : meeting->limit,
                                meeting->limit, err);
    }
    if (got->len > 0 && got->len + most > meeting->limit) {
        DJ_TRY(dj_exchange_spill(exchange, &exchange->sorted, got, err));
    }
    return dj_exchange_room(exchange, got, most, meeting->limit, err);
}

/* Behind what is there. */
static void open_own(struct meeting *meeting)
{
    const struct dj_buf *got = &meeting->exchange->got;

    meeting->places[meeting->exchange->rank] =
        (struct place){ got->ptr + got->len,
                        (got->cap - got->len) / sizeof(struct dj_note) };
}

static void close_own(struct meeting *meeting)
{
    struct dj_exchange *exchange = meeting->exchange;
    const size_t before = exchange->got.len;

    exchange->got.len = (size_t)(meeting->places[exchange->rank].at - exchange->got.ptr);
    exchange->count += (int64_t)((exchange->got.len - before) / sizeof(struct dj_note));
}

/* Room for another record that is here already. */
static enum dj_status room_for_own(struct meeting *meeting, struct dj_error *err)
{
    const size_t record = sizeof(struct dj_note);
    struct dj_exchange *exchange = meeting->exchange;
    struct dj_buf *got = &exchange->got;

    close_own(meeting);
    if (got->cap == 0) {
        DJ_TRY(make_room(meeting, err));
    }
    if (got->cap - got->len < record) {
        if (got->len > 0 && got->len + record > meeting->limit) {
            DJ_TRY(dj_exchange_spill(exchange, &exchange->sorted, got, err));
        }
        DJ_TRY(dj_exchange_room(exchange, got, record, meeting->limit, err));
    }
    open_own(meeting);
    return DJ_OK;
}

/*
 * Records to their places, as long as there is room. One that is here already does not
 * pass through a cell: where records lie in their order, few leave their rank, and cells
 * would make many rounds of it. *full: a cell is.
 */
static enum dj_status put_records(struct meeting *meeting, bool *full,
                                  struct dj_error *err)
{
    struct dj_exchange *exchange = meeting->exchange;
    uint32_t ranks[BURST];

    while (meeting->left > 0) {
        const size_t count = meeting->left < BURST ? meeting->left : BURST;

        dj_route_of(&exchange->route, meeting->records, count, ranks);
        for (size_t i = 0; i < count; i++) {
            struct place *place = &meeting->places[ranks[i]];

            if (place->room == 0) {
                if (ranks[i] != (uint32_t)exchange->rank) {
                    *full = true;
                    return DJ_OK;
                }
                DJ_TRY(room_for_own(meeting, err));
            }
            memcpy(place->at, meeting->records, sizeof(*meeting->records));
            place->at += sizeof(*meeting->records);
            place->room--;
            meeting->records++;
            meeting->left--;
        }
    }
    return DJ_OK;
}

/* Until one is full or nothing is left. */
static enum dj_status fill_cells(struct meeting *meeting, struct dj_error *err)
{
    struct dj_exchange *exchange = meeting->exchange;
    enum dj_status status = DJ_OK;
    bool full = false;

    for (size_t rank = 0; rank < (size_t)exchange->size; rank++) {
        meeting->places[rank] =
            (struct place){ exchange->cells.ptr + rank * exchange->cell,
                            exchange->cell / sizeof(struct dj_note) };
    }
    open_own(meeting);
    for (;;) {
        status = put_records(meeting, &full, err);
        if (status != DJ_OK || full) {
            break;
        }
        status =
            dj_waiting_next(&meeting->waiting, &meeting->records, &meeting->left, err);
        if (status != DJ_OK || meeting->left == 0) {
            break;
        }
    }
    for (size_t rank = 0; rank < (size_t)exchange->size; rank++) {
        if (rank != (size_t)exchange->rank) {
            meeting->mine[rank].ptr = exchange->cells.ptr + rank * exchange->cell;
            meeting->mine[rank].len =
                (size_t)(meeting->places[rank].at - meeting->mine[rank].ptr);
        }
    }
    close_own(meeting);
    return status;
}

static void count_round(struct meeting *meeting)
{
    struct dj_exchange *exchange = meeting->exchange;
    const int64_t record = sizeof(struct dj_note);

    exchange->cost.rounds++;
    for (int rank = 0; rank < exchange->size; rank++) {
        const int64_t came = (int64_t)meeting->sizes[rank];
        const int64_t went = (int64_t)meeting->mine[rank].len;

        exchange->count += came / record;
        if (rank == exchange->rank) {
            continue;
        }
        exchange->cost.messages += went > 0;
        exchange->cost.bytes_sent += went;
        exchange->cost.records_sent += went / record;
        exchange->cost.records_received += came / record;
    }
}

/* status: of what this rank did before. *more: some rank has records for another one. */
static enum dj_status round_of(struct meeting *meeting, enum dj_status status, bool *more,
                               struct dj_error *err)
{
    struct dj_exchange *exchange = meeting->exchange;
    struct dj_comm *comm = exchange->options.comm;

    if (status == DJ_OK) {
        status = fill_cells(meeting, err);
    }
    if (status == DJ_OK) { /* what is kept has taken some */
        status = make_room(meeting, err);
    }
    if (status == DJ_OK) {
        status = dj_fault_at(DJ_FAULT_EXCHANGE_ROUND, err);
    }
    DJ_TRY(dj_comm_agree(comm, status, err));
    DJ_TRY(dj_comm_alltoall(comm, meeting->mine, &exchange->got, meeting->sizes, err));
    count_round(meeting);
    *more = dj_comm_any(comm, meeting->left > 0);
    return DJ_OK;
}

/* Collective. */
static enum dj_status go_round(struct dj_exchange *exchange, enum dj_meeting how,
                               struct dj_error *err)
{
    struct meeting meeting;
    enum dj_status status;
    bool more = true;

    dj_route_by_key(&exchange->route, exchange->size);
    if (how == DJ_MEET_IN_ORDER) {
        DJ_TRY(dj_route_in_order(&exchange->route, exchange->options.comm,
                                 &exchange->sample, (int64_t)exchange->memory / 4, err));
    }
    dj_sample_release(&exchange->sample);
    choose_cell(exchange);
    status = prepare(&meeting, exchange, how, err);
    do {
        status = round_of(&meeting, status, &more, err);
    } while (status == DJ_OK && more);
    dj_waiting_close(&meeting.waiting);
    dj_xfree(meeting.places);
    dj_xfree(meeting.mine);
    dj_xfree(meeting.sizes);
    dj_pool_give(exchange->options.pool, &exchange->cells);
    dj_exchange_drop_added(exchange);
    return status;
}

/* With one rank nothing travels: what was added is what came. */
static enum dj_status stay(struct dj_exchange *exchange, struct dj_error *err)
{
    const struct dj_spill waiting = exchange->waiting;

    exchange->waiting = exchange->sorted;
    exchange->sorted = waiting;
    exchange->got = exchange->added;
    dj_buf_init(&exchange->added);
    exchange->count = (int64_t)exchange->added_count;
    return dj_comm_agree(exchange->options.comm,
                         dj_fault_at(DJ_FAULT_EXCHANGE_ROUND, err), err);
}

static void count_all(struct dj_exchange *exchange)
{
    int64_t *counts = dj_xcalloc((size_t)exchange->size, sizeof(*counts));

    counts[exchange->rank] = exchange->count;
    dj_comm_sum(exchange->options.comm, counts, (size_t)exchange->size);
    for (int rank = 0; rank < exchange->size; rank++) {
        exchange->total += counts[rank];
        exchange->before += rank < exchange->rank ? counts[rank] : 0;
    }
    dj_xfree(counts);
}

enum dj_status dj_exchange_meet(struct dj_exchange *exchange, enum dj_meeting how,
                                struct dj_error *err)
{
    enum dj_status status;

    if (exchange->size == 1) {
        DJ_TRY(stay(exchange, err));
    } else {
        DJ_TRY(go_round(exchange, how, err));
    }
    dj_notes_sort(dj_notes_of(&exchange->got), dj_notes_count(&exchange->got));
    status = dj_exchange_few_runs(exchange, err);
    DJ_TRY(dj_comm_agree(exchange->options.comm, status, err));
    count_all(exchange);
    dj_exchange_rewind(exchange);
    return DJ_OK;
}

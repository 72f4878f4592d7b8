/* An exchange from its first record to its last: adding, meeting in rounds, reading. */
#include "dj/fault.h"
#include "exchange/exchange_private.h"

enum {
    MEMORY_MIN = 1 << 20,
    MEMORY_RANK = 1 << 10, /* for each rank of the communicator */
    CELLS_MAX = 16 << 20,
    FRAME_MIN = 16 << 10,
    FRAME_MAX = 256 << 10,
    GROWTH_MIN = 4 << 10,
    SAMPLE_MIN = 256,
    SAMPLE_MAX = 8192
};

static size_t between(size_t low, size_t value, size_t high)
{
    return value < low ? low : value > high ? high : value;
}

/*
 * How the budget is divided, after what packing takes: one eighth for a round's cells,
 * three for what is added, the rest for what comes, which is at least as much. With one
 * rank what is added is what comes.
 */
static void divide_memory(struct dj_exchange *exchange, int64_t budget)
{
    const size_t record = sizeof(struct dj_note);
    const size_t ranks = (size_t)exchange->size;
    const size_t least = between(MEMORY_MIN, ranks * MEMORY_RANK, SIZE_MAX);
    const size_t memory = budget < (int64_t)least ? least : (size_t)budget;
    size_t sample, part;

    exchange->memory = memory;
    exchange->frame_records = between(FRAME_MIN, memory / 64, FRAME_MAX) / record;
    part = (memory - dj_packer_most(exchange->frame_records)) / 8;
    exchange->cell = between(record, between(1, part, CELLS_MAX) / ranks, SIZE_MAX);
    exchange->cell -= exchange->cell % record;
    exchange->add_limit = part * (ranks == 1 ? 5 : 3) / record * record;
    sample = between(SAMPLE_MIN, memory / 64 / record, SAMPLE_MAX);
    dj_sample_init(&exchange->sample, ranks == 1 ? 0 : sample);
}

struct dj_exchange *dj_exchange_new(const struct dj_exchange_options *options)
{
    struct dj_exchange *exchange = dj_xmalloc(sizeof(*exchange));

    exchange->options = *options;
    exchange->options.folder = dj_xstrdup(options->folder);
    exchange->options.name = dj_xstrdup(options->name);
    exchange->rank = dj_comm_rank(options->comm);
    exchange->size = dj_comm_size(options->comm);
    divide_memory(exchange, options->memory);
    dj_buf_init(&exchange->added);
    dj_buf_init(&exchange->cells);
    dj_buf_init(&exchange->got);
    dj_spill_init(&exchange->waiting, exchange);
    dj_spill_init(&exchange->sorted, exchange);
    return exchange;
}

void dj_exchange_free(struct dj_exchange *exchange)
{
    if (exchange == NULL) {
        return;
    }
    dj_merge_free(exchange->merge);
    dj_spill_release(&exchange->waiting);
    dj_spill_release(&exchange->sorted);
    dj_packer_release(&exchange->packer);
    dj_pool_give(exchange->options.pool, &exchange->added);
    dj_pool_give(exchange->options.pool, &exchange->cells);
    dj_pool_give(exchange->options.pool, &exchange->got);
    dj_sample_release(&exchange->sample);
    dj_route_release(&exchange->route);
    dj_xfree(exchange->runs);
    dj_xfree((char *)exchange->options.folder);
    dj_xfree((char *)exchange->options.name);
    dj_xfree(exchange);
}

void dj_exchange_weigh(struct dj_exchange *exchange, size_t more)
{
    const size_t held =
        more + dj_spill_memory(&exchange->waiting) + dj_spill_memory(&exchange->sorted) +
        dj_packer_memory(&exchange->packer) + exchange->added.cap + exchange->cells.cap +
        exchange->got.cap + exchange->sample.limit * sizeof(struct dj_note);

    if ((int64_t)held > exchange->cost.peak_memory) {
        exchange->cost.peak_memory = (int64_t)held;
    }
}

/* Half as much again is what dj_buf_reserve gives at least: no step may end beyond. */
enum dj_status dj_exchange_room(struct dj_exchange *exchange, struct dj_buf *buf,
                                size_t bytes, size_t limit, struct dj_error *err)
{
    const size_t need = buf->len + bytes;
    size_t cap = between(need, buf->cap * 3 / 2, SIZE_MAX);

    if (need <= buf->cap) {
        return DJ_OK;
    }
    cap = cap < GROWTH_MIN ? GROWTH_MIN : cap;
    cap = cap > limit / 3 * 2 && need <= limit ? limit : cap;
    dj_pool_take(exchange->options.pool, cap, limit, buf);
    if (dj_buf_reserve(buf, cap > buf->cap ? cap - buf->len : 0) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM,
                       "no memory for records of an exchange beyond %zu bytes: lower "
                       "global_ops.memory_mb",
                       buf->cap);
    }
    dj_exchange_weigh(exchange, 0);
    return DJ_OK;
}

/* --- adding
 * -----------------------------------------------------------------------------
 */

static void add_run(struct dj_exchange *exchange, size_t first, size_t end)
{
    const size_t count = exchange->nruns + 1;

    if ((count & (count - 1)) == 0) { /* room for the next power of two */
        exchange->runs = dj_xrealloc(exchange->runs, 2 * count * sizeof(*exchange->runs));
    }
    exchange->runs[exchange->nruns++] = (struct dj_run){ first, end };
}

enum dj_status dj_exchange_spill(struct dj_exchange *exchange, struct dj_spill *spill,
                                 struct dj_buf *buf, struct dj_error *err)
{
    const size_t first = spill->count;
    const int64_t before = spill->end;
    const bool sort = spill == &exchange->sorted || exchange->size == 1;
    enum dj_status status;

    if (sort) {
        dj_notes_sort(dj_notes_of(buf), dj_notes_count(buf));
    }
    status = dj_spill_write(spill, dj_notes_of(buf), dj_notes_count(buf), err);
    exchange->cost.spilled += spill->end - before;
    if (status != DJ_OK) {
        return dj_error_prefix(err, "records that do not fit into memory: ");
    }
    dj_exchange_weigh(exchange, 0);
    if (sort) {
        add_run(exchange, first, spill->count);
    }
    dj_buf_reset(buf);
    return DJ_OK;
}

/* Room for another one. */
static enum dj_status room_to_add(struct dj_exchange *exchange, struct dj_error *err)
{
    const size_t record = sizeof(struct dj_note);
    struct dj_buf *added = &exchange->added;

    if (added->len + record > exchange->add_limit) {
        return dj_exchange_spill(exchange, &exchange->waiting, added, err);
    }
    return dj_exchange_room(exchange, added, record, exchange->add_limit, err);
}

enum dj_status dj_exchange_add(struct dj_exchange *exchange, const struct dj_note *record,
                               struct dj_error *err)
{
    struct dj_buf *added = &exchange->added;

    if (added->cap - added->len < sizeof(*record)) {
        DJ_TRY(room_to_add(exchange, err));
    }
    memcpy(added->ptr + added->len, record, sizeof(*record));
    added->len += sizeof(*record);
    if (exchange->added_count++ == exchange->sample.next && exchange->size > 1) {
        dj_sample_take(&exchange->sample, record);
    }
    return DJ_OK;
}

enum dj_status dj_exchange_expect(struct dj_exchange *exchange, size_t count,
                                  struct dj_error *err)
{
    const size_t bytes = between(0, count, exchange->add_limit / sizeof(struct dj_note)) *
                         sizeof(struct dj_note);

    return bytes < GROWTH_MIN ? DJ_OK
                              : dj_exchange_room(exchange, &exchange->added, bytes,
                                                 exchange->add_limit, err);
}

enum dj_status dj_exchange_add_all(struct dj_exchange *exchange,
                                   const struct dj_note *records, size_t count,
                                   struct dj_error *err)
{
    struct dj_sample *sample = &exchange->sample;
    struct dj_buf *added = &exchange->added;

    while (count > 0) {
        size_t some = (added->cap - added->len) / sizeof(*records);

        if (some == 0) {
            DJ_TRY(room_to_add(exchange, err));
            continue;
        }
        some = some < count ? some : count;
        memcpy(added->ptr + added->len, records, some * sizeof(*records));
        added->len += some * sizeof(*records);
        while (exchange->size > 1 && sample->next < exchange->added_count + some) {
            dj_sample_take(sample, &records[sample->next - exchange->added_count]);
        }
        exchange->added_count += some;
        records += some;
        count -= some;
    }
    return DJ_OK;
}

void dj_exchange_drop_added(struct dj_exchange *exchange)
{
    dj_pool_give(exchange->options.pool, &exchange->added);
    dj_spill_release(&exchange->waiting);
}

static enum dj_status put(void *context, const struct dj_note *record,
                          struct dj_error *err)
{
    return dj_exchange_add(context, record, err);
}

struct dj_sink dj_exchange_sink(struct dj_exchange *exchange)
{
    return (struct dj_sink){ put, exchange };
}

/* --- reading
 * ----------------------------------------------------------------------------
 */

static void begin_reading(struct dj_exchange *exchange)
{
    dj_merge_free(exchange->merge);
    exchange->merge = NULL;
    exchange->next = 0;
    if (exchange->nruns > 0) {
        exchange->merge = dj_merge_new(&exchange->sorted, exchange->runs, exchange->nruns,
                                       &exchange->got);
        dj_exchange_weigh(exchange, dj_merge_memory(&exchange->sorted, exchange->nruns));
    }
}

void dj_exchange_rewind(struct dj_exchange *exchange)
{
    begin_reading(exchange);
}

enum dj_status dj_exchange_next(struct dj_exchange *exchange, struct dj_note *record,
                                bool *more, struct dj_error *err)
{
    const struct dj_note *here = NULL;

    if (exchange->merge != NULL) {
        DJ_TRY(dj_merge_next(exchange->merge, &here, err));
    } else if (exchange->next < dj_notes_count(&exchange->got)) {
        here = dj_notes_of(&exchange->got) + exchange->next++;
    }
    *more = here != NULL;
    if (here != NULL) {
        *record = *here;
    }
    return DJ_OK;
}

int64_t dj_exchange_count(const struct dj_exchange *exchange)
{
    return exchange->count;
}

int64_t dj_exchange_total(const struct dj_exchange *exchange)
{
    return exchange->total;
}

int64_t dj_exchange_before(const struct dj_exchange *exchange)
{
    return exchange->before;
}

void dj_exchange_cost(const struct dj_exchange *exchange, struct dj_exchange_cost *cost)
{
    *cost = exchange->cost;
}

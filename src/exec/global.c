/*
 * Global operators between two stages: the notes of all partitions meet, the operator
 * sees them round by round, and the verdicts are sorted by row, written, and recorded.
 * Everything here can be done again: until the record is there, nothing has happened.
 */
#include "dj/global.h"

#include "dj/clock.h"
#include "dj/fs.h"
#include "dj/log.h"
#include "exec/exec_private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

enum { READ_NOTES = 32768 };

struct run {
    struct dj_exec *exec;
    size_t op;
    const struct dj_global *global;
    struct dj_exchange_options options;
    int64_t rows; /* live rows of the dataset */
    struct dj_exchange_cost cost;
};

static struct dj_exchange *new_exchange(const struct run *run, const char *name)
{
    struct dj_exchange_options options = run->options;

    options.name = name;
    return dj_exchange_new(&options);
}

static void add_cost(struct run *run, const struct dj_exchange_cost *cost)
{
    run->cost.records_sent += cost->records_sent;
    run->cost.records_received += cost->records_received;
    run->cost.messages += cost->messages;
    run->cost.bytes_sent += cost->bytes_sent;
    run->cost.rounds += cost->rounds;
    run->cost.spilled += cost->spilled;
    if (cost->peak_memory > run->cost.peak_memory) {
        run->cost.peak_memory = cost->peak_memory;
    }
}

static void drop_exchange(struct run *run, struct dj_exchange *exchange)
{
    struct dj_exchange_cost cost = { 0 };

    if (exchange != NULL) {
        dj_exchange_cost(exchange, &cost);
        add_cost(run, &cost);
        dj_exchange_free(exchange);
    }
}

/* --- notes of the stage --- */

/* Rank 0: each rank's share of the partitions' notes, about equal in bytes. */
static enum dj_status share_out(struct dj_exec *exec, struct dj_buf *all, size_t *sizes)
{
    const struct dj_exec_root *root = exec->root;
    const size_t count = root->partitions.count;
    int64_t total = 0;
    int64_t given = 0;

    for (size_t i = 0; i < count; i++) {
        total += root->done[i].extents[DJ_RESULT_NOTES].bytes;
    }
    for (size_t i = 0; i < count; i++) {
        const struct dj_extent *extent = &root->done[i].extents[DJ_RESULT_NOTES];
        const int64_t rank = total == 0 ? 0 : given * exec->size / total;

        if (extent->bytes > 0) {
            DJ_TRY(dj_buf_append(
                all, (struct dj_str){ (const char *)extent, sizeof(*extent) }));
            sizes[rank < exec->size ? rank : exec->size - 1] += sizeof(*extent);
            given += extent->bytes;
        }
    }
    return DJ_OK;
}

static enum dj_status read_notes(struct dj_exec *exec, struct dj_extent extent,
                                 struct dj_exchange *into, struct dj_error *err)
{
    char *path = dj_segment_path(exec->stage_dir, extent.segment, DJ_RESULT_NOTES);
    const size_t count = (size_t)extent.bytes / sizeof(struct dj_note);
    struct dj_note *notes =
        dj_xcalloc(count < READ_NOTES ? count : READ_NOTES, sizeof(*notes));
    enum dj_status status;
    int64_t at = 0;
    int fd = -1;

    status = dj_fs_open(path, O_RDONLY, &fd, err);
    while (status == DJ_OK && at < extent.bytes) {
        const size_t most = READ_NOTES * sizeof(*notes);
        const size_t want =
            extent.bytes - at < (int64_t)most ? (size_t)(extent.bytes - at) : most;
        size_t got = 0;

        status = dj_fs_pread(fd, notes, want, extent.offset + at, &got, path, err);
        if (status == DJ_OK && (got == 0 || got % sizeof(*notes) != 0)) {
            status = dj_fail(err, DJ_DATA, "%s: ends early", path);
        }
        if (status == DJ_OK) {
            status = dj_exchange_add_all(into, notes, got / sizeof(*notes), err);
        }
        at += (int64_t)got;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    dj_xfree(notes);
    dj_xfree(path);
    return status;
}

/* extents: struct dj_extent, one behind the other. */
static enum dj_status read_share(struct dj_exec *exec, struct dj_str extents,
                                 struct dj_exchange *into, struct dj_error *err)
{
    const size_t count = extents.len / sizeof(struct dj_extent);
    const struct dj_extent *items = (const struct dj_extent *)(const void *)extents.ptr;
    int64_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        bytes += items[i].bytes;
    }
    DJ_TRY(dj_exchange_expect(into, (size_t)bytes / sizeof(struct dj_note), err));
    for (size_t i = 0; i < count; i++) {
        DJ_TRY(read_notes(exec, items[i], into, err));
    }
    return DJ_OK;
}

static enum dj_status gather_notes(struct run *run, struct dj_exchange *into,
                                   struct dj_error *err)
{
    struct dj_exec *exec = run->exec;
    size_t *sizes = dj_xcalloc((size_t)exec->size, sizeof(*sizes));
    enum dj_status status = DJ_OK;
    struct dj_buf all, mine;

    dj_buf_init(&all);
    dj_buf_init(&mine);
    if (exec->root != NULL && share_out(exec, &all, sizes) != DJ_OK) {
        status = dj_fail(err, DJ_NOMEM, "out of memory for the list of notes");
    }
    status = dj_comm_agree(exec->comm, status, err);
    if (status == DJ_OK) {
        status = dj_comm_scatter(exec->comm, dj_buf_str(&all), sizes, &mine, err);
    }
    if (status == DJ_OK) {
        status = read_share(exec, dj_buf_str(&mine), into, err);
        status = dj_comm_agree(exec->comm, status, err);
    }
    dj_buf_release(&mine);
    dj_buf_release(&all);
    dj_xfree(sizes);
    return status;
}

/* --- rounds
 * ----------------------------------------------------------------------------- */

/*
 * Shows this rank's notes to the operator. A row that was tried twice has noted twice;
 * equal notes count once.
 */
static enum dj_status show(const struct run *run, const struct dj_round *round,
                           struct dj_exchange *in, const struct dj_sink *out,
                           struct dj_error *err)
{
    struct dj_chain_meet *meet = dj_chain_meet_new(run->exec->chain, run->op, round);
    struct dj_met met = { .index = dj_exchange_before(in),
                          .total = dj_exchange_total(in),
                          .rows = run->rows };
    struct dj_note before = { 0 };
    enum dj_status status;
    bool any = false;
    bool more = true;

    for (;;) {
        status = dj_exchange_next(in, &met.record, &more, err);
        if (status != DJ_OK || !more) {
            break;
        }
        if (any && dj_note_compare(&met.record, &before) == 0) {
            met.index++;
            continue;
        }
        met.first = !any || met.record.hi != before.hi || met.record.lo != before.lo;
        status = dj_chain_meet(meet, &met, out, err);
        if (status != DJ_OK) {
            break;
        }
        before = met.record;
        any = true;
        met.index++;
    }
    if (status == DJ_OK) {
        status = dj_chain_meet(meet, NULL, out, err);
    }
    dj_chain_meet_free(meet);
    return status;
}

static enum dj_status put_turned(void *context, const struct dj_note *note,
                                 struct dj_error *err)
{
    const struct dj_note by_row = dj_verdict_turned(note);

    return dj_exchange_add(context, &by_row, err);
}

static bool is_last(const struct dj_global *global, size_t round)
{
    return round + 1 == DJ_GLOBAL_ROUNDS || global->rounds[round + 1].meet == NULL;
}

/* What the last round puts out needs neither places nor clusters. */
static bool gives_rows(const struct dj_global *global)
{
    return global->verdicts == DJ_VERDICT_ROWS || global->verdicts == DJ_VERDICT_GROUPS;
}

/*
 * *notes is what was noted; becomes what the last round put out, unless that are verdicts
 * of rows already.
 */
static enum dj_status run_rounds(struct run *run, struct dj_exchange **notes,
                                 struct dj_exchange *verdicts, struct dj_error *err)
{
    for (size_t i = 0; i < DJ_GLOBAL_ROUNDS && run->global->rounds[i].meet != NULL; i++) {
        const struct dj_round *round = &run->global->rounds[i];
        char *name = dj_xprintf("op%02zu_round%zu", run->op, i + 1);
        struct dj_exchange *out = new_exchange(run, name);
        const struct dj_sink sink = is_last(run->global, i) && gives_rows(run->global)
                                        ? (struct dj_sink){ put_turned, verdicts }
                                        : dj_exchange_sink(out);
        enum dj_status status;

        dj_xfree(name);
        status = dj_exchange_meet(*notes, round->how, err);
        if (status == DJ_OK) {
            status = show(run, round, *notes, &sink, err);
            status = dj_comm_agree(run->exec->comm, status, err);
        }
        drop_exchange(run, *notes);
        *notes = out;
        DJ_TRY(status);
    }
    return DJ_OK;
}

static void tell_round(void *context, int round, int64_t edges, int64_t changed)
{
    const struct run *run = context;

    dj_log(DJ_LOG_DEBUG, "%s: round %d: %" PRId64 " edges, %" PRId64 " changed",
           run->exec->config->recipe.ops[run->op].op->name, round, edges, changed);
}

/*
 * Places may be equal, and become unequal here: what has one place is in the order of the
 * dataset.
 */
static enum dj_status number_places(struct run *run, struct dj_exchange *out,
                                    struct dj_exchange *verdicts, struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    struct dj_note note;
    uint64_t place;
    bool more = true;

    DJ_TRY(dj_exchange_meet(out, DJ_MEET_IN_ORDER, err));
    place = (uint64_t)dj_exchange_before(out);
    while (status == DJ_OK) {
        status = dj_exchange_next(out, &note, &more, err);
        if (status != DJ_OK || !more) {
            break;
        }
        note.value = place++;
        status = put_turned(verdicts, &note, err);
    }
    return dj_comm_agree(run->exec->comm, status, err);
}

/* Makes verdicts of rows of what the last round put out. */
static enum dj_status by_row(struct run *run, struct dj_exchange *out,
                             struct dj_exchange *verdicts, struct dj_error *err)
{
    const struct dj_sink sink = { put_turned, verdicts };
    struct dj_exchange_cost cost = { 0 };
    enum dj_status status = DJ_OK;

    if (run->global->verdicts == DJ_VERDICT_ORDER) {
        status = number_places(run, out, verdicts, err);
    } else if (run->global->verdicts == DJ_VERDICT_EDGES) {
        status = dj_clusters(&run->options, out, sink, tell_round, run, &cost, err);
        add_cost(run, &cost);
    }
    return status;
}

/* --- the whole
 * ---------------------------------------------------------------------------- */

static void tell(const struct run *run, int64_t verdicts, double seconds)
{
    const struct dj_exec *exec = run->exec;
    const char *name = exec->config->recipe.ops[run->op].op->name;
    int64_t sums[5] = { run->cost.records_sent, run->cost.messages, run->cost.bytes_sent,
                        run->cost.spilled, 0 };
    int64_t peak = run->cost.peak_memory;

    dj_comm_sum(exec->comm, sums, 5);
    dj_comm_max(exec->comm, &peak, 1);
    if (exec->root == NULL) {
        return;
    }
    dj_log(DJ_LOG_INFO, "%s: %" PRId64 " rows, %" PRId64 " verdicts in %.1f s", name,
           run->rows, verdicts, seconds);
    dj_event_emit(
        exec->events,
        &(struct dj_event){
            .type = DJ_EVENT_INFO,
            .message = "rows of all ranks were compared",
            .op_name = name,
            .op_index_plus_1 = (int64_t)run->op + 1,
            .seconds = seconds,
            .extra =
                (const struct dj_event_extra[]){
                    { .key = "rows", .number = (double)run->rows, .whole = true },
                    { .key = "verdicts", .number = (double)verdicts, .whole = true },
                    { .key = "notes_sent", .number = (double)sums[0], .whole = true },
                    { .key = "messages", .number = (double)sums[1], .whole = true },
                    { .key = "bytes_sent", .number = (double)sums[2], .whole = true },
                    { .key = "rounds",
                      .number = (double)run->cost.rounds,
                      .whole = true },
                    { .key = "bytes_spilled", .number = (double)sums[3], .whole = true },
                    { .key = "peak_memory", .number = (double)peak, .whole = true },
                    { 0 },
                },
        });
}

static enum dj_status resolve(struct run *run, struct dj_exchange **notes,
                              struct dj_exchange *verdicts, struct dj_error *err)
{
    DJ_TRY(gather_notes(run, *notes, err));
    DJ_TRY(run_rounds(run, notes, verdicts, err));
    DJ_TRY(by_row(run, *notes, verdicts, err));
    DJ_TRY(dj_exchange_meet(verdicts, DJ_MEET_IN_ORDER, err));
    return dj_verdicts_keep(run->exec, verdicts, err);
}

enum dj_status dj_exec_global(struct dj_exec *exec, struct dj_error *err)
{
    const double start = dj_clock_monotonic();
    const size_t op = exec->stage->end - 1;
    struct run run = {
        .exec = exec,
        .op = op,
        .global = exec->config->recipe.ops[op].op->global,
        .options = { .comm = exec->comm,
                     .folder = exec->scratch_dir,
                     .memory = exec->config->global_ops.memory_mb << 20,
                     .pool = dj_exchange_pool_new() },
    };
    struct dj_exchange *notes, *verdicts;
    enum dj_status status;
    int64_t count = 0;

    if (exec->root != NULL) {
        for (size_t i = 0; i < exec->root->partitions.count; i++) {
            run.rows += exec->root->done[i].kept;
        }
    }
    dj_comm_sum(exec->comm, &run.rows, 1);
    run.options.name = "clusters";
    notes = new_exchange(&run, "notes");
    verdicts = new_exchange(&run, "verdicts");
    status = resolve(&run, &notes, verdicts, err);
    if (status == DJ_OK) {
        count = dj_exchange_total(verdicts);
    }
    drop_exchange(&run, notes);
    drop_exchange(&run, verdicts);
    dj_exchange_pool_free(run.options.pool);
    if (status == DJ_OK) {
        tell(&run, count, dj_clock_monotonic() - start);
    }
    return status;
}

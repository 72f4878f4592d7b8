/* The ledger from events; see cli_ledger.h. Memory grows with partitions, not with
 * events. */
#include "cli/cli_ledger.h"

#include "dj/op.h"

/* Partitions of one allocation, and bounds that keep damaged numbers from costing memory.
 */
enum { PAGE = 1024, MOST_PARTITIONS = 1 << 28, MOST_OPS = 10000 };

void dj_ledger_release(struct dj_ledger *ledger)
{
    for (size_t i = 0; i < ledger->npages; i++) {
        for (size_t k = 0; ledger->pages[i] != NULL && k < PAGE; k++) {
            dj_xfree(ledger->pages[i][k].ops);
        }
        dj_xfree(ledger->pages[i]);
    }
    for (int i = 0; i < ledger->most; i++) {
        dj_xfree(ledger->ops[i].name);
    }
    dj_xfree((void *)ledger->pages);
    dj_xfree(ledger->ops);
    *ledger = (struct dj_ledger){ .highest = -1 };
}

/* Calls for all partitions that are known. */
static struct dj_ledger_part *known(const struct dj_ledger *ledger, int64_t id)
{
    struct dj_ledger_part *page = ledger->pages[id / PAGE];

    return page == NULL ? NULL : &page[id % PAGE];
}

/* Room for more operators. */
static void grow(struct dj_ledger *ledger, int most)
{
    for (int64_t id = 0; id <= ledger->highest; id++) {
        struct dj_ledger_part *part = known(ledger, id);

        if (part == NULL || part->ops == NULL) {
            continue;
        }
        part->ops = dj_xrealloc(part->ops, (size_t)most * sizeof(*part->ops));
        for (int i = ledger->most; i < most; i++) {
            part->ops[i] = (struct dj_ledger_rows){ .in = -1 };
        }
    }
    ledger->ops = dj_xrealloc(ledger->ops, (size_t)most * sizeof(*ledger->ops));
    for (int i = ledger->most; i < most; i++) {
        ledger->ops[i] = (struct dj_ledger_op){ 0 };
    }
    ledger->most = most;
}

bool dj_ledger_begin(struct dj_ledger *ledger, int64_t nops, int64_t partitions)
{
    if (nops < 0 || nops > MOST_OPS || partitions < 0) {
        return false;
    }
    if (nops > ledger->most) {
        grow(ledger, (int)nops);
    }
    ledger->nops = (int)nops;
    if (ledger->source_partitions == 0) {
        ledger->source_partitions = partitions;
    }
    ledger->last_partitions = partitions;
    return true;
}

struct dj_ledger_part *dj_ledger_part(struct dj_ledger *ledger, int64_t id)
{
    const size_t page = id < 0 ? 0 : (size_t)id / PAGE;

    if (id < 0 || id >= MOST_PARTITIONS) {
        return NULL;
    }
    if (page >= ledger->npages) {
        const size_t count = page < 2 * ledger->npages ? 2 * ledger->npages : page + 1;

        ledger->pages =
            dj_xrealloc((void *)ledger->pages, count * sizeof(*ledger->pages));
        memset((void *)&ledger->pages[ledger->npages], 0,
               (count - ledger->npages) * sizeof(*ledger->pages));
        ledger->npages = count;
    }
    if (ledger->pages[page] == NULL) {
        ledger->pages[page] = dj_xcalloc(PAGE, sizeof(**ledger->pages));
        for (size_t i = 0; i < PAGE; i++) {
            ledger->pages[page][i].read = -1;
        }
    }
    ledger->highest = id > ledger->highest ? id : ledger->highest;
    return &ledger->pages[page][id % PAGE];
}

void dj_ledger_start(struct dj_ledger_part *part, const struct dj_event_view *view)
{
    part->state = DJ_LEDGER_AT_WORK;
    part->attempt = view->attempt;
    part->rank = view->rank;
    part->micros = view->micros;
    part->first = part->end = 0;
}

static bool take(const struct dj_json *object, const char *key, int64_t least,
                 int32_t *value)
{
    const int64_t number = dj_json_int(object, key, 0);

    *value = (int32_t)number;
    return number >= least && number <= INT32_MAX;
}

bool dj_ledger_op(struct dj_ledger *ledger, struct dj_ledger_part *part, int64_t op,
                  const char *name, const struct dj_json *event)
{
    const struct dj_json *more = dj_json_get(event, "metadata");
    struct dj_ledger_rows rows;
    struct dj_ledger_op *sum;

    if (op < 0 || op >= ledger->nops || !take(event, "input_rows", 0, &rows.in) ||
        !take(event, "output_rows", 0, &rows.out) ||
        !take(more, "dropped", 0, &rows.dropped) ||
        !take(more, "rejected", 0, &rows.rejected) ||
        !take(more, "derived", -INT32_MAX, &rows.derived)) {
        return false;
    }
    sum = &ledger->ops[op];
    if (sum->name == NULL || strcmp(sum->name, name) != 0) {
        dj_xfree(sum->name);
        *sum = (struct dj_ledger_op){ .name = dj_xstrdup(name) };
    }
    sum->seconds += dj_json_number(event, "duration", 0);
    if (part->ops == NULL) {
        part->ops = dj_xcalloc((size_t)ledger->most, sizeof(*part->ops));
        for (int i = 0; i < ledger->most; i++) {
            part->ops[i].in = -1;
        }
    }
    part->ops[op] = rows;
    if (part->end != (int)op || part->end == 0) {
        part->first = (int)op;
    }
    part->end = (int)op + 1;
    return true;
}

void dj_ledger_info(struct dj_ledger *ledger, const struct dj_json *event)
{
    const int64_t op = dj_json_int(event, "operation_idx", -1);

    if (op >= 0 && op < ledger->nops &&
        dj_json_get(dj_json_get(event, "metadata"), "verdicts") != NULL) {
        ledger->ops[op].global = true;
    }
}

void dj_ledger_done(struct dj_ledger_part *part, int64_t taken, int64_t kept)
{
    part->state = DJ_LEDGER_DONE;
    part->taken = taken;
    part->kept = kept;
    part->read = part->read < 0 ? taken : part->read;
}

/* --- adding up ------------------------------------------------------------------- */

static void add_part(struct dj_ledger *ledger, int64_t id,
                     const struct dj_ledger_part *part)
{
    ledger->done += part->state == DJ_LEDGER_DONE;
    ledger->failed += part->state == DJ_LEDGER_FAILED;
    ledger->at_work += part->state == DJ_LEDGER_AT_WORK || part->state == DJ_LEDGER_WAITS;
    if (part->state == DJ_LEDGER_FAILED) {
        return;
    }
    if (part->read >= 0 && id < ledger->source_partitions) {
        const bool through = part->ops != NULL && ledger->nops > 0;

        ledger->read += part->read;
        if (!through || part->ops[0].in >= 0) {
            ledger->at_load += part->read - (through ? part->ops[0].in : part->kept);
        }
    }
    if (part->state == DJ_LEDGER_DONE && id < ledger->last_partitions) {
        ledger->kept += part->kept;
    }
    for (int i = 0; part->ops != NULL && i < ledger->nops; i++) {
        const struct dj_ledger_rows *rows = &part->ops[i];
        struct dj_ledger_op *sum = &ledger->ops[i];

        if (rows->in >= 0) {
            sum->in += rows->in;
            sum->out += rows->out;
            sum->dropped += rows->dropped;
            sum->rejected += rows->rejected;
            sum->derived += rows->derived;
        }
    }
}

/* The rows that a comparison of all rows took away or made, once they are known. */
static void settle(struct dj_ledger_op *op, enum dj_op_kind kind, int64_t next)
{
    const int64_t gone = op->out - next;

    if (kind == DJ_OP_GROUPER || gone < 0) {
        op->derived -= gone;
    } else {
        op->dropped += gone;
    }
    op->out = next;
}

void dj_ledger_sum(struct dj_ledger *ledger, bool ended)
{
    ledger->read = ledger->kept = ledger->filtered = ledger->deduplicated = 0;
    ledger->rejected = ledger->derived = ledger->at_load = 0;
    ledger->done = ledger->failed = ledger->at_work = 0;
    for (int i = 0; i < ledger->nops; i++) {
        struct dj_ledger_op *op = &ledger->ops[i];

        op->in = op->out = op->dropped = op->rejected = op->derived = 0;
    }
    for (int64_t id = 0; id <= ledger->highest; id++) {
        const struct dj_ledger_part *part = known(ledger, id);

        if (part != NULL) {
            add_part(ledger, id, part);
        }
    }
    ledger->at_load =
        ledger->read - (ledger->nops > 0 ? ledger->ops[0].in : ledger->kept);
    ledger->rejected = ledger->at_load;
    for (int i = 0; i < ledger->nops; i++) {
        struct dj_ledger_op *op = &ledger->ops[i];
        const struct dj_op *known_op = op->name == NULL ? NULL : dj_op_find(op->name);
        const enum dj_op_kind kind = known_op == NULL ? DJ_OP_FILTER : known_op->kind;

        op->global = op->global || (known_op != NULL && known_op->global != NULL);
        if (op->global && ended) {
            settle(op, kind, i + 1 < ledger->nops ? ledger->ops[i + 1].in : ledger->kept);
        }
        ledger->rejected += op->rejected;
        ledger->derived += op->derived;
        *(kind == DJ_OP_DEDUPLICATOR ? &ledger->deduplicated : &ledger->filtered) +=
            op->dropped;
    }
}

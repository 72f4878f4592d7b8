/*
 * Connected components over exchanges. A step shows every vertex its neighbours in order,
 * the lowest one first, so it needs no memory of its own. Both steps keep the components,
 * and give out no more edges than there were:
 *
 *   large star: the neighbours above the vertex are joined to the lowest of all;
 *   small star: the vertex and its neighbours below it are joined to the lowest of them.
 *
 * When neither changes anything, each vertex but a root has one neighbour, its root.
 */
#include "exchange/exchange_private.h"

struct vertex {
    uint64_t weight, row;
};

struct step {
    bool large;
    struct dj_exchange *here, *next;
    int64_t edges, changed;
};

static struct vertex one_end(const struct dj_note *edge)
{
    return (struct vertex){ edge->hi, edge->lo };
}

static struct vertex other_end(const struct dj_note *edge)
{
    return (struct vertex){ edge->value, edge->row };
}

static bool below(struct vertex a, struct vertex b)
{
    return a.weight != b.weight ? a.weight < b.weight : a.row < b.row;
}

static bool same(struct vertex a, struct vertex b)
{
    return a.weight == b.weight && a.row == b.row;
}

static enum dj_status add(struct dj_exchange *exchange, struct vertex at,
                          struct vertex neighbour, struct dj_error *err)
{
    const struct dj_note edge = { at.weight, at.row, neighbour.weight, neighbour.row };

    return dj_exchange_add(exchange, &edge, err);
}

/* A large star is shown to both ends of an edge, a small star to the one above. */
static enum dj_status give(const struct step *step, struct vertex vertex,
                           struct vertex lowest, struct dj_error *err)
{
    if (!step->large) {
        DJ_TRY(add(step->next, lowest, vertex, err));
    }
    return add(step->next, vertex, lowest, err);
}

static enum dj_status large_star(struct step *step, struct vertex here,
                                 struct vertex lowest, struct vertex neighbour,
                                 struct dj_error *err)
{
    if (below(neighbour, here)) {
        return DJ_OK; /* the neighbour has this edge */
    }
    step->edges++;
    step->changed += below(lowest, here);
    return give(step, neighbour, below(lowest, here) ? lowest : here, err);
}

static enum dj_status small_star(struct step *step, struct vertex here,
                                 struct vertex lowest, struct vertex neighbour,
                                 struct dj_error *err)
{
    step->edges++;
    if (same(lowest, neighbour)) {
        return give(step, here, lowest, err);
    }
    step->changed++;
    return give(step, neighbour, lowest, err);
}

/* Local. All vertices that met on this rank. */
static enum dj_status take_step(struct step *step, struct dj_error *err)
{
    struct dj_note last = { 0 };
    struct vertex lowest = { 0 };

    for (bool first = true;; first = false) {
        struct dj_note edge;
        bool more;

        DJ_TRY(dj_exchange_next(step->here, &edge, &more, err));
        if (!more) {
            return DJ_OK;
        }
        if (!first && dj_note_equal(&edge, &last)) {
            continue;
        }
        if (first || !dj_note_same_key(&edge, &last)) {
            lowest = other_end(&edge);
        }
        last = edge;
        DJ_TRY((step->large ? large_star : small_star)(step, one_end(&edge), lowest,
                                                       other_end(&edge), err));
    }
}

/* Local. Of all vertices that met on this rank, those that have a neighbour below. */
static enum dj_status tell(struct dj_exchange *exchange, const struct dj_sink *sink,
                           struct dj_error *err)
{
    struct vertex last = { 0 };

    dj_exchange_rewind(exchange);
    for (bool first = true;; first = false) {
        struct dj_note edge;
        struct vertex here, root;
        bool more;

        DJ_TRY(dj_exchange_next(exchange, &edge, &more, err));
        if (!more) {
            return DJ_OK;
        }
        here = one_end(&edge);
        root = other_end(&edge);
        if (below(root, here) && (first || !same(here, last))) {
            const struct dj_note verdict = { root.weight, root.row, here.weight,
                                             here.row };

            DJ_TRY(dj_sink_put(sink, &verdict, err));
        }
        last = here;
    }
}

/* Local. Shows the edges that were added to both ends, and lets go of them. */
static enum dj_status take_edges(struct dj_exchange *edges, struct dj_exchange *into,
                                 struct dj_error *err)
{
    const struct step step = { .next = into };
    struct dj_waiting waiting;
    enum dj_status status = dj_waiting_open(&waiting, edges, 1, err);
    size_t count = 1;

    while (status == DJ_OK && count > 0) {
        const struct dj_note *records;

        status = dj_waiting_next(&waiting, &records, &count, err);
        for (size_t i = 0; i < count && status == DJ_OK; i++) {
            if (!same(one_end(&records[i]), other_end(&records[i]))) {
                status = give(&step, one_end(&records[i]), other_end(&records[i]), err);
            }
        }
    }
    dj_waiting_close(&waiting);
    dj_exchange_drop_added(edges);
    return status;
}

static void add_cost(struct dj_exchange_cost *sum, const struct dj_exchange *exchange)
{
    const struct dj_exchange_cost *cost = &exchange->cost;

    sum->records_sent += cost->records_sent;
    sum->records_received += cost->records_received;
    sum->messages += cost->messages;
    sum->bytes_sent += cost->bytes_sent;
    sum->rounds += cost->rounds;
    sum->spilled += cost->spilled;
}

/* The exchange that is read and the one that is filled hold memory together. */
static void add_peak(struct dj_exchange_cost *sum, const struct dj_exchange *here,
                     const struct dj_exchange *next)
{
    const int64_t peak = here->cost.peak_memory + next->cost.peak_memory;

    if (peak > sum->peak_memory) {
        sum->peak_memory = peak;
    }
}

/* Collective. The sums of all ranks are in step afterwards. */
static enum dj_status go(struct dj_comm *comm, struct step *step, struct dj_error *err)
{
    int64_t sums[2];

    DJ_TRY(dj_exchange_meet(step->here, DJ_MEET_BY_KEY, err));
    DJ_TRY(dj_comm_agree(comm, take_step(step, err), err));
    sums[0] = step->edges;
    sums[1] = step->changed;
    dj_comm_sum(comm, sums, 2);
    step->edges = sums[0];
    step->changed = sums[1];
    return DJ_OK;
}

enum dj_status dj_clusters(const struct dj_exchange_options *options,
                           struct dj_exchange *edges, struct dj_sink sink,
                           dj_cluster_round *log, void *context,
                           struct dj_exchange_cost *cost, struct dj_error *err)
{
    struct dj_exchange_options half = *options;
    struct step step = { 0 };
    enum dj_status status;
    int quiet = 0; /* steps in a row that changed nothing */

    half.memory /= 2;
    step.next = dj_exchange_new(&half);
    *cost = (struct dj_exchange_cost){ 0 };
    status = take_edges(edges, step.next, err);
    add_cost(cost, edges);
    add_peak(cost, edges, step.next);
    status = dj_comm_agree(options->comm, status, err);
    for (int round = 1; status == DJ_OK && quiet < 2; round++) {
        dj_exchange_free(step.here);
        step = (struct step){ .large = round % 2 == 1, .here = step.next };
        step.next = dj_exchange_new(&half);
        status = go(options->comm, &step, err);
        add_cost(cost, step.here);
        add_peak(cost, step.here, step.next);
        quiet = step.changed == 0 ? quiet + 1 : 0;
        if (status == DJ_OK && log != NULL && dj_comm_rank(options->comm) == 0) {
            log(context, round, step.edges, step.changed);
        }
    }
    if (status == DJ_OK) {
        status = dj_comm_agree(options->comm, tell(step.here, &sink, err), err);
    }
    dj_exchange_free(step.here);
    dj_exchange_free(step.next);
    return status;
}

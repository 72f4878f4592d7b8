/*
 * Clusters on however many ranks this program was started with: the same as those of a
 * union-find on one, for paths, stars, small pieces and random graphs, with weights.
 */
#include "djtest.h"

#include "dj/fault.h"
#include "support/notes.h"

#include <unistd.h>

static struct dj_comm *comm;
static struct dj_exchange_pool *pool;
static struct dj_error err;
static char folder[64];

/* Edge i of a graph, as two numbers of vertices. */
struct graph {
    const char *name;
    uint64_t vertices, edges;
    uint64_t weights; /* a vertex weighs its number modulo this */
    void (*edge)(const struct graph *graph, uint64_t i, uint64_t *a, uint64_t *b);
};

static void path(const struct graph *graph, uint64_t i, uint64_t *a, uint64_t *b)
{
    (void)graph;
    *a = i;
    *b = i + 1;
}

/* A path whose vertices are numbered as if shuffled. */
static void shuffled_path(const struct graph *graph, uint64_t i, uint64_t *a, uint64_t *b)
{
    *a = i * 7919 % graph->vertices;
    *b = (i + 1) * 7919 % graph->vertices;
}

static void star_of_first(const struct graph *graph, uint64_t i, uint64_t *a, uint64_t *b)
{
    (void)graph;
    *a = i + 1;
    *b = 0;
}

static void star_of_last(const struct graph *graph, uint64_t i, uint64_t *a, uint64_t *b)
{
    *a = graph->vertices - 1;
    *b = i;
}

/* Pieces of one to five vertices, in circles: with edges doubled, and loops. */
static void small_pieces(const struct graph *graph, uint64_t i, uint64_t *a, uint64_t *b)
{
    const uint64_t first = i - i % 5;

    (void)graph;
    *a = i;
    *b = first + (i + 1) % (first / 5 % 5 + 1);
}

static void random_pairs(const struct graph *graph, uint64_t i, uint64_t *a, uint64_t *b)
{
    *a = notes_mix(i) % graph->vertices;
    *b = notes_mix(~i) % graph->vertices;
}

/* Many to few, as band hashes give them. */
static void to_few(const struct graph *graph, uint64_t i, uint64_t *a, uint64_t *b)
{
    *a = notes_mix(i) % graph->vertices;
    *b = *a / 100 * 100 % 1000;
}

static const struct graph graphs[] = {
    { "path", 100000, 99999, 1, path },
    { "shuffled path", 30000, 29999, 1, shuffled_path },
    { "path with weights", 10000, 9999, 17, path },
    { "star of first", 50000, 49999, 1, star_of_first },
    { "star of last", 50000, 49999, 1, star_of_last },
    { "star with weights", 50000, 49999, 1000, star_of_last },
    { "small pieces", 50000, 49999, 3, small_pieces },
    { "sparse", 60000, 20000, 1, random_pairs },
    { "near the threshold", 60000, 31000, 5, random_pairs },
    { "dense", 3000, 60000, 1, random_pairs },
    { "to few", 20000, 40000, 2, to_few },
    { "one edge", 2, 1, 1, path },
    { "no edge", 2, 0, 1, path },
};

static uint64_t weight_of(const struct graph *graph, uint64_t vertex)
{
    return vertex % graph->weights;
}

static bool below(const struct graph *graph, uint64_t a, uint64_t b)
{
    const uint64_t wa = weight_of(graph, a);
    const uint64_t wb = weight_of(graph, b);

    return wa != wb ? wa < wb : a < b;
}

static uint64_t find(uint64_t *parent, uint64_t vertex)
{
    while (parent[vertex] != vertex) {
        parent[vertex] = parent[parent[vertex]];
        vertex = parent[vertex];
    }
    return vertex;
}

/* For each vertex the root of its cluster. */
static uint64_t *roots_of(const struct graph *graph)
{
    uint64_t *parent = dj_xcalloc(graph->vertices, sizeof(*parent));

    for (uint64_t i = 0; i < graph->vertices; i++) {
        parent[i] = i;
    }
    for (uint64_t i = 0; i < graph->edges; i++) {
        uint64_t a, b;

        graph->edge(graph, i, &a, &b);
        a = find(parent, a);
        b = find(parent, b);
        if (below(graph, a, b)) {
            parent[b] = a;
        } else {
            parent[a] = b;
        }
    }
    for (uint64_t i = 0; i < graph->vertices; i++) {
        parent[i] = find(parent, i);
    }
    return parent;
}

struct told {
    const struct graph *graph;
    uint64_t *roots;
    int64_t count, sum; /* of verdicts, and of mixed numbers of their vertices */
    int rounds;
    int64_t changed;
};

static int64_t mark(uint64_t vertex)
{
    return (int64_t)(notes_mix(vertex) >> 24);
}

static enum dj_status hear(void *context, const struct dj_note *verdict,
                           struct dj_error *error)
{
    struct told *told = context;

    (void)error;
    DJ_CHECK(verdict->row < told->graph->vertices);
    DJ_CHECK_INT(verdict->value, weight_of(told->graph, verdict->row));
    DJ_CHECK_INT(verdict->lo, told->roots[verdict->row]);
    DJ_CHECK_INT(verdict->hi, weight_of(told->graph, verdict->lo));
    DJ_CHECK(verdict->row != verdict->lo);
    told->count++;
    told->sum += mark(verdict->row);
    return DJ_OK;
}

static void count_round(void *context, int round, int64_t edges, int64_t changed)
{
    struct told *told = context;

    DJ_CHECK_INT(round, told->rounds + 1);
    DJ_CHECK(edges <= (int64_t)told->graph->edges && changed <= edges);
    told->rounds = round;
    told->changed = changed;
}

static enum dj_status join(struct told *told, int64_t memory,
                           struct dj_exchange_cost *cost)
{
    const struct dj_exchange_options options = { comm, folder, "clusters", memory, pool };
    const struct graph *graph = told->graph;
    struct dj_exchange *edges = dj_exchange_new(&options);
    enum dj_status status = DJ_OK;

    for (uint64_t i = (uint64_t)dj_comm_rank(comm); i < graph->edges && status == DJ_OK;
         i += (uint64_t)dj_comm_size(comm)) {
        uint64_t a, b;

        graph->edge(graph, i, &a, &b);
        status = dj_exchange_add(
            edges, &(struct dj_note){ weight_of(graph, a), a, weight_of(graph, b), b },
            &err);
    }
    status = dj_comm_agree(comm, status, &err);
    if (status == DJ_OK) {
        status = dj_clusters(&options, edges, (struct dj_sink){ hear, told }, count_round,
                             told, cost, &err);
    }
    dj_exchange_free(edges);
    return status;
}

static void check_graph(const struct graph *graph, int64_t memory)
{
    struct told told = { .graph = graph, .roots = roots_of(graph) };
    struct dj_exchange_cost cost;
    int64_t sums[2];

    DJ_CHECK_OK(join(&told, memory, &cost));
    for (uint64_t i = 0; i < graph->vertices; i++) {
        if (told.roots[i] != i && dj_comm_rank(comm) == 0) {
            told.count--;
            told.sum -= mark(i);
        }
    }
    sums[0] = told.count;
    sums[1] = told.sum;
    dj_comm_sum(comm, sums, 2);
    DJ_CHECK_INT(sums[0], 0);
    DJ_CHECK_INT(sums[1], 0);
    if (dj_comm_rank(comm) == 0) {
        (void)printf("  %s: %d rounds, %lld KiB at most\n", graph->name, told.rounds,
                     (long long)cost.peak_memory >> 10);
        DJ_CHECK_INT(told.changed, 0);
        DJ_CHECK(told.rounds < 60);
    }
    dj_xfree(told.roots);
}

static void clusters_are_those_of_one_rank(void)
{
    for (size_t i = 0; i < sizeof(graphs) / sizeof(graphs[0]); i++) {
        check_graph(&graphs[i], 64 << 20);
    }
}

static void they_are_the_same_in_little_memory(void)
{
    check_graph(&graphs[1], 1 << 20);
    check_graph(&graphs[4], 1 << 20);
}

#ifdef DJ_FAULTS

static void a_failure_in_any_round_ends_all_ranks(void)
{
    struct told told = { .graph = &graphs[0] };
    const int last = dj_comm_size(comm) - 1;
    struct dj_exchange_cost cost;

    told.roots = roots_of(told.graph);
    for (int nth = 1; nth < 12; nth += 5) {
        char *fault = dj_xprintf("exchange.round:rank=%d:nth=%d:fail", last, nth);

        DJ_CHECK(setenv("DJ_FAULT", fault, 1) == 0);
        DJ_CHECK_OK(dj_fault_init(dj_comm_rank(comm), &err));
        told.rounds = 0;
        DJ_CHECK_STATUS(join(&told, 64 << 20, &cost), DJ_IO);
        DJ_CHECK_CONTAINS(err.text, "exchange.round");
        DJ_CHECK_INT(told.count, 0);
        dj_xfree(fault);
    }
    DJ_CHECK(setenv("DJ_FAULT", "exchange.spill:rank=0:nth=2:enospc", 1) == 0);
    DJ_CHECK_OK(dj_fault_init(dj_comm_rank(comm), &err));
    told.rounds = 0;
    DJ_CHECK_STATUS(join(&told, 1 << 20, &cost), DJ_IO);
    DJ_CHECK(unsetenv("DJ_FAULT") == 0);
    dj_xfree(told.roots);
}

#else

static void a_failure_in_any_round_ends_all_ranks(void)
{
}

#endif

int main(void)
{
    const char *tmp = getenv("TMPDIR");

    DJ_CHECK_OK(dj_comm_open(&comm, &err));
    pool = dj_exchange_pool_new();
    (void)snprintf(folder, sizeof(folder), "%s", tmp == NULL ? "/tmp" : tmp);
    DJ_TEST(clusters_are_those_of_one_rank);
    DJ_TEST(they_are_the_same_in_little_memory);
    DJ_TEST(a_failure_in_any_round_ends_all_ranks);
    dj_exchange_pool_free(pool);
    dj_comm_close(comm);
    return 0;
}

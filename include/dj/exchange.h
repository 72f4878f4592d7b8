/*
 * The exchange: records of all ranks brought together by key or into one order, in
 * rounds of bounded size, sorted outside of memory when a rank's share is larger than
 * its budget; and clusters of rows joined by edges. Every declaration says Collective or
 * Local; a collective gives the same status on every rank.
 */
#ifndef DJ_EXCHANGE_H
#define DJ_EXCHANGE_H

#include "dj/comm.h"
#include "dj/note.h"

/* Memory that exchanges which follow each other hand on; on one rank. */
struct dj_exchange_pool;
struct dj_exchange_pool *dj_exchange_pool_new(void);
void dj_exchange_pool_free(struct dj_exchange_pool *pool);

struct dj_exchange_options {
    struct dj_comm *comm;
    const char *folder; /* for sorted runs that do not fit; on this rank's node, made
                           when it is needed; several ranks may share it */
    const char *name;   /* begins the names of its files */
    int64_t memory;     /* bytes on this rank, at least 1 MiB */
    struct dj_exchange_pool *pool; /* or NULL */
};

/* What an exchange cost, by this rank; for the log and for docs/scaling.md. */
struct dj_exchange_cost {
    int64_t records_sent, records_received; /* to and from other ranks */
    int64_t messages;                       /* to other ranks, in all rounds */
    int64_t bytes_sent;                     /* to other ranks */
    int64_t rounds;                         /* of dj_comm_alltoall */
    int64_t spilled;                        /* bytes written to files */
    int64_t peak_memory;                    /* bytes */
};

/*
 * One exchange: add records, bring them together once, read them once in order.
 * How they come together:
 */
enum dj_meeting {
    DJ_MEET_BY_KEY,  /* equal (hi, lo) on one rank; a rank's records in order */
    DJ_MEET_IN_ORDER /* all records in order: lower ranks have lower records, shares
                        are about equal, equal (hi, lo) may lie on two ranks */
};
struct dj_exchange;

struct dj_exchange *
dj_exchange_new(const struct dj_exchange_options *options); /* Local */
void dj_exchange_free(struct dj_exchange *exchange);        /* Local; its files go */

/*
 * Local. Full buffers wait in memory and, beyond the budget, in files, until
 * dj_exchange_meet.
 */
enum dj_status dj_exchange_add(struct dj_exchange *exchange, const struct dj_note *record,
                               struct dj_error *err) DJ_MUST_CHECK;
/* Local, before: so many will be added at least. */
enum dj_status dj_exchange_expect(struct dj_exchange *exchange, size_t count,
                                  struct dj_error *err) DJ_MUST_CHECK;
enum dj_status dj_exchange_add_all(struct dj_exchange *exchange,
                                   const struct dj_note *records, size_t count,
                                   struct dj_error *err) DJ_MUST_CHECK;
struct dj_sink dj_exchange_sink(struct dj_exchange *exchange);

/* Collective. No more is added afterwards. */
enum dj_status dj_exchange_meet(struct dj_exchange *exchange, enum dj_meeting how,
                                struct dj_error *err) DJ_MUST_CHECK;
/* Local, after it: records on this rank; and of all ranks, and of those before it. */
int64_t dj_exchange_count(const struct dj_exchange *exchange);
int64_t dj_exchange_total(const struct dj_exchange *exchange);
int64_t dj_exchange_before(const struct dj_exchange *exchange);
/* Local. The next record; *more is false behind the last one. */
enum dj_status dj_exchange_next(struct dj_exchange *exchange, struct dj_note *record,
                                bool *more, struct dj_error *err) DJ_MUST_CHECK;
/* Local. */
void dj_exchange_cost(const struct dj_exchange *exchange, struct dj_exchange_cost *cost);

/*
 * Clusters. An edge is a record: vertex (hi, lo) is joined to vertex (value, row), each
 * (weight, row id); vertices are ordered by weight, then row. A cluster is a connected
 * component, its root the lowest vertex.
 */
typedef void dj_cluster_round(void *context, int round, int64_t edges, int64_t changed);

/*
 * Collective. Reads edges (after dj_exchange_add, before dj_exchange_meet; it is used
 * up), and puts one record into sink for every vertex that is not its cluster's root,
 * on some rank: hi, lo the root, value, row the vertex. Rounds of large-star and
 * small-star steps (Kiveris et al., "Connected components in MapReduce and beyond",
 * SoCC 2014), by turns, go on until no edge changes; log, if given, hears of each on
 * rank 0: the edges it saw (each once), and those it changed. *cost is the sum of all
 * rounds.
 */
enum dj_status dj_clusters(const struct dj_exchange_options *options,
                           struct dj_exchange *edges, struct dj_sink sink,
                           dj_cluster_round *log, void *context,
                           struct dj_exchange_cost *cost,
                           struct dj_error *err) DJ_MUST_CHECK;

#endif

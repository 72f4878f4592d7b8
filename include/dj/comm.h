/*
 * The communicator. Every declaration says Collective (all ranks call it, in the
 * same order) or Local. A collective returns the same status on every rank.
 */
#ifndef DJ_COMM_H
#define DJ_COMM_H

#include <stdint.h>

#include "dj/mem.h"

struct dj_comm;

/*
 * Collective. MPI when a launcher started this process (or ranks are asked for
 * by its environment), else a communicator of one rank that never touches MPI.
 */
enum dj_status dj_comm_open(struct dj_comm **comm, struct dj_error *err) DJ_MUST_CHECK;
/* Collective. */
void dj_comm_close(struct dj_comm *comm);

/*
 * Local. Whether this launch went wrong in a way that makes N copies of one rank:
 * Slurm or mpirun announce more tasks than the communicator has. The text says
 * which line would work.
 */
enum dj_status dj_comm_check_launch(const struct dj_comm *comm,
                                    struct dj_error *err) DJ_MUST_CHECK;

int dj_comm_rank(const struct dj_comm *comm); /* Local */
int dj_comm_size(const struct dj_comm *comm); /* Local */
const char *
dj_comm_launcher(const struct dj_comm *comm); /* Local: "mpirun", "srun", "none" */
const char *dj_comm_version(void);            /* Local: of the MPI library */

/*
 * Collective. Gives every rank the worst status that any rank passed, and in *err
 * the text of the lowest rank that failed with it. Without a failure *err is
 * untouched. This is the only way a rank learns of another rank's failure.
 */
enum dj_status dj_comm_agree(struct dj_comm *comm, enum dj_status status,
                             struct dj_error *err) DJ_MUST_CHECK;

/* Collective. True when flag is true on any rank. */
bool dj_comm_any(struct dj_comm *comm, bool flag);
void dj_comm_barrier(struct dj_comm *comm);                            /* Collective */
void dj_comm_sum(struct dj_comm *comm, int64_t *values, size_t count); /* Collective */
void dj_comm_max(struct dj_comm *comm, int64_t *values, size_t count); /* Collective */
void dj_comm_sum_double(struct dj_comm *comm, double *values,
                        size_t count); /* Collective */

/* Collective. Rank 0's bytes in everybody's buf. Any size. */
enum dj_status dj_comm_broadcast(struct dj_comm *comm, struct dj_buf *buf,
                                 struct dj_error *err) DJ_MUST_CHECK;

/*
 * Collective. Rank 0 gets all ranks' bytes, back to back in rank order, in out, and
 * sizes[rank] (room for size values) when sizes is given; others get nothing.
 * Pieces travel in rounds, so counts do not overflow.
 */
enum dj_status dj_comm_gather(struct dj_comm *comm, struct dj_str mine,
                              struct dj_buf *out, size_t *sizes,
                              struct dj_error *err) DJ_MUST_CHECK;

/*
 * Collective. The opposite: rank 0 gives all (back to back in rank order) and
 * sizes; each rank gets its piece in out.
 */
enum dj_status dj_comm_scatter(struct dj_comm *comm, struct dj_str all,
                               const size_t *sizes, struct dj_buf *out,
                               struct dj_error *err) DJ_MUST_CHECK;

/*
 * Collective. Every rank gives mine[rank] to each rank, and gets in out what all of them
 * have for it, back to back in rank order, and sizes[rank] of each (room for size
 * values). Callers bound what one call moves: all of it is in out at once.
 */
enum dj_status dj_comm_alltoall(struct dj_comm *comm, const struct dj_str *mine,
                                struct dj_buf *out, size_t *sizes,
                                struct dj_error *err) DJ_MUST_CHECK;

/* --- the request service --------------------------------------------------------------
 */

/*
 * Answers requests on rank 0 while all ranks work: a helper thread there with a
 * communicator of its own, and rank 0 itself whenever it calls dj_comm_poll; where MPI
 * grants less than MPI_THREAD_MULTIPLE, rank 0 alone. handler runs on one thread at a
 * time. It fills reply (at most DJ_COMM_MESSAGE bytes) and returns its length.
 */
enum { DJ_COMM_MESSAGE = 4096 };
typedef size_t dj_comm_handler(void *context, int rank, struct dj_str message,
                               char *reply);

/* Collective. */
enum dj_status dj_comm_serve(struct dj_comm *comm, dj_comm_handler *handler,
                             void *context, struct dj_error *err) DJ_MUST_CHECK;
/* Collective. Every request sent before is answered; then the service ends. */
void dj_comm_serve_end(struct dj_comm *comm);

/*
 * Local. Sends a message to the service (rank 0: calls it) and does not wait. One may be
 * under way: dj_comm_answer comes before the next dj_comm_ask and the service's end.
 */
enum dj_status dj_comm_ask(struct dj_comm *comm, struct dj_str message,
                           struct dj_error *err) DJ_MUST_CHECK;
/* Local. Waits for the reply to it; returns its length. */
size_t dj_comm_answer(struct dj_comm *comm, char *reply);
/* Local. Lets rank 0 answer what has come; else does nothing. */
void dj_comm_poll(struct dj_comm *comm);

/* Local. Ends all ranks at once: only for a rank that cannot reach the boundary. */
_Noreturn void dj_comm_abort(struct dj_comm *comm, int exit_code);

#endif

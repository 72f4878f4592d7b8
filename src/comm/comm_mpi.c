/*
 * The communicator over MPI: the only file of the program that calls it, apart
 * from the checkpoint store, which hands the communicator to parallel HDF5.
 *
 * Errors stay fatal (MPI_ERRORS_ARE_FATAL): MPI 3 gives no way to go on after a
 * lost rank, and an abort with its message is better than a hang.
 */
#include "comm/comm_backend.h"

#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

/*
 * Largest piece of a message in an exchange of all with all (counts are int in MPI 3),
 * and with how many other ranks one exchanges at a time.
 */
enum { PIECE = 64 << 20, PEERS = 32 };

struct state {
    MPI_Comm world;   /* our own duplicate */
    MPI_Comm service; /* for requests, so that they never meet other messages */
    int rank, size;
    bool begun; /* MPI_Init was ours */
    /* Rank 0: the reply that each rank was sent last. */
    struct reply *replies;
};

struct reply {
    MPI_Request request;
    char *bytes;
};

/*
 * A rank that has to wait sleeps a little between looks: where ranks outnumber
 * cores, a spinning one takes the core from those that still work.
 */
static void wait_for(MPI_Request *requests, int count, MPI_Status *statuses)
{
    int done = 0;

    for (int look = 0; look < 500 && !done; look++) {
        (void)MPI_Testall(count, requests, &done, statuses);
    }
    for (long nap = 20000; !done; nap = nap < 200000 ? nap * 2 : nap) {
        const struct timespec pause_time = { 0, nap };

        (void)nanosleep(&pause_time, NULL);
        (void)MPI_Testall(count, requests, &done, statuses);
    }
}

static void close_mpi(void *p)
{
    struct state *state = p;

    for (int rank = 0; state->replies != NULL && rank < state->size; rank++) {
        (void)MPI_Wait(&state->replies[rank].request, MPI_STATUS_IGNORE);
        dj_xfree(state->replies[rank].bytes);
    }
    dj_xfree(state->replies);
    (void)MPI_Comm_free(&state->service);
    (void)MPI_Comm_free(&state->world);
    if (state->begun) {
        (void)MPI_Finalize();
    }
    dj_xfree(state);
}

static const void *handle(void *p)
{
    const struct state *state = p;

    return &state->world;
}

static void barrier(void *p)
{
    const struct state *state = p;
    MPI_Request request;

    (void)MPI_Ibarrier(state->world, &request);
    wait_for(&request, 1, MPI_STATUSES_IGNORE);
}

static void reduce_int(void *p, int64_t *values, int count, enum dj_reduce how)
{
    const struct state *state = p;

    barrier(p);
    (void)MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_INT64_T,
                        how == DJ_REDUCE_SUM ? MPI_SUM : MPI_MAX, state->world);
}

static void reduce_double(void *p, double *values, int count)
{
    const struct state *state = p;

    (void)MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_DOUBLE, MPI_SUM, state->world);
}

static void broadcast(void *p, void *bytes, int len, int root)
{
    const struct state *state = p;

    (void)MPI_Bcast(bytes, len, MPI_BYTE, root, state->world);
}

static void gather_size(void *p, size_t mine, size_t *sizes)
{
    const struct state *state = p;
    const uint64_t value = mine;

    _Static_assert(sizeof(size_t) == sizeof(uint64_t), "sizes travel as 64 bits");
    (void)MPI_Gather(&value, 1, MPI_UINT64_T, sizes, 1, MPI_UINT64_T, 0, state->world);
}

static void scatter_size(void *p, const size_t *sizes, size_t *mine)
{
    const struct state *state = p;

    (void)MPI_Scatter(sizes, 1, MPI_UINT64_T, mine, 1, MPI_UINT64_T, 0, state->world);
}

static void send_bytes(void *p, const void *bytes, int len, int to)
{
    const struct state *state = p;

    (void)MPI_Send(bytes, len, MPI_BYTE, to, 0, state->world);
}

static void receive_bytes(void *p, void *bytes, int len, int from)
{
    const struct state *state = p;

    (void)MPI_Recv(bytes, len, MPI_BYTE, from, 0, state->world, MPI_STATUS_IGNORE);
}

static void alltoall_size(void *p, const size_t *mine, size_t *sizes)
{
    const struct state *state = p;
    MPI_Request request;

    (void)MPI_Ialltoall(mine, 1, MPI_UINT64_T, sizes, 1, MPI_UINT64_T, state->world,
                        &request);
    wait_for(&request, 1, MPI_STATUSES_IGNORE);
}

static size_t pieces_of(size_t len)
{
    return (len + PIECE - 1) / PIECE;
}

static int piece_len(size_t len, size_t piece)
{
    const size_t left = len - piece * PIECE;

    return (int)(left < PIECE ? left : PIECE);
}

/* Peers at distances first..last on the ring, all at once. */
static void swap_with_peers(const struct state *state, const struct dj_str *mine,
                            char *const *into, const size_t *sizes, int first, int last)
{
    MPI_Request *requests;
    size_t count = 0;

    for (int step = first; step <= last; step++) {
        count += pieces_of(mine[(state->rank + step) % state->size].len) +
                 pieces_of(sizes[(state->rank - step + state->size) % state->size]);
    }
    requests = dj_xcalloc(count, sizeof(*requests));
    count = 0;
    for (int step = first; step <= last; step++) {
        const int from = (state->rank - step + state->size) % state->size;

        for (size_t i = 0; i < pieces_of(sizes[from]); i++) {
            (void)MPI_Irecv(into[from] + i * PIECE, piece_len(sizes[from], i), MPI_BYTE,
                            from, 0, state->world, &requests[count++]);
        }
    }
    for (int step = first; step <= last; step++) {
        const int to = (state->rank + step) % state->size;

        for (size_t i = 0; i < pieces_of(mine[to].len); i++) {
            (void)MPI_Isend(mine[to].ptr + i * PIECE, piece_len(mine[to].len, i),
                            MPI_BYTE, to, 0, state->world, &requests[count++]);
        }
    }
    wait_for(requests, dj_int_from_size(count), MPI_STATUSES_IGNORE);
    dj_xfree(requests);
}

static void alltoall(void *p, const struct dj_str *mine, char *into, const size_t *sizes)
{
    const struct state *state = p;
    char **place = dj_xcalloc((size_t)state->size, sizeof(*place));

    for (int rank = 0; rank < state->size; rank++) {
        place[rank] = into;
        into += sizes[rank];
    }
    for (int step = 1; step < state->size; step += PEERS) {
        const int last = step + PEERS - 1;

        swap_with_peers(state, mine, place, sizes, step,
                        last < state->size ? last : state->size - 1);
    }
    dj_xfree(place);
}

static void send_service(void *p, const void *bytes, int len, enum dj_message_tag tag)
{
    const struct state *state = p;

    (void)MPI_Send(bytes, len, MPI_BYTE, 0, (int)tag, state->service);
}

/* The rank has taken its last reply, or it would not have asked again. */
static void send_reply(void *p, const char *bytes, int len, int to)
{
    const struct state *state = p;
    struct reply *reply = &state->replies[to];

    (void)MPI_Wait(&reply->request, MPI_STATUS_IGNORE);
    reply->bytes = dj_xrealloc(reply->bytes, (size_t)len);
    memcpy(reply->bytes, bytes, (size_t)len);
    (void)MPI_Isend(reply->bytes, len, MPI_BYTE, to, DJ_TAG_REPLY, state->service,
                    &reply->request);
}

static bool receive_service(void *p, char *bytes, int *len, int *from,
                            enum dj_message_tag *tag)
{
    const struct state *state = p;
    MPI_Status status;
    MPI_Message message;
    int there = 0;

    (void)MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, state->service, &there, &message,
                      &status);
    if (!there) {
        return false;
    }
    (void)MPI_Get_count(&status, MPI_BYTE, len);
    (void)MPI_Mrecv(bytes, *len, MPI_BYTE, &message, MPI_STATUS_IGNORE);
    *from = status.MPI_SOURCE;
    *tag = (enum dj_message_tag)status.MPI_TAG;
    return true;
}

static void receive_reply(void *p, char *bytes, int *len)
{
    const struct state *state = p;
    MPI_Status status;
    MPI_Request request;

    (void)MPI_Irecv(bytes, DJ_COMM_MESSAGE, MPI_BYTE, 0, DJ_TAG_REPLY, state->service,
                    &request);
    wait_for(&request, 1, &status);
    (void)MPI_Get_count(&status, MPI_BYTE, len);
}

static void abort_mpi(void *p, int exit_code)
{
    const struct state *state = p;

    (void)MPI_Abort(state->world, exit_code);
}

static const struct dj_comm_backend backend = {
    .close = close_mpi,
    .handle = handle,
    .barrier = barrier,
    .reduce_int = reduce_int,
    .reduce_double = reduce_double,
    .broadcast = broadcast,
    .gather_size = gather_size,
    .scatter_size = scatter_size,
    .send = send_bytes,
    .receive = receive_bytes,
    .alltoall_size = alltoall_size,
    .alltoall = alltoall,
    .send_service = send_service,
    .send_reply = send_reply,
    .receive_service = receive_service,
    .receive_reply = receive_reply,
    .abort = abort_mpi,
};

enum dj_status dj_comm_open_mpi(struct dj_transport *transport, struct dj_error *err)
{
    struct state *state = dj_xmalloc(sizeof(*state));
    int provided = MPI_THREAD_SINGLE;
    int ready = 0;

    /* srun does not know that ranks outnumber cores and would let them spin. */
    (void)setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
    (void)MPI_Initialized(&ready);
    if (!ready) {
        if (MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &provided) != MPI_SUCCESS) {
            dj_xfree(state);
            return dj_fail(err, DJ_COMM, "MPI does not start: see the lines above");
        }
        state->begun = true;
    } else {
        (void)MPI_Query_thread(&provided);
    }
    (void)MPI_Comm_dup(MPI_COMM_WORLD, &state->world);
    (void)MPI_Comm_dup(MPI_COMM_WORLD, &state->service);
    (void)MPI_Comm_rank(state->world, &state->rank);
    (void)MPI_Comm_size(state->world, &state->size);
    if (state->rank == 0) {
        state->replies = dj_xcalloc((size_t)state->size, sizeof(*state->replies));
        for (int rank = 0; rank < state->size; rank++) {
            state->replies[rank].request = MPI_REQUEST_NULL;
        }
    }
    /* Else each nap of a waiting rank takes 50 us longer than it says. */
    (void)prctl(PR_SET_TIMERSLACK, 1000UL);
    *transport = (struct dj_transport){
        .backend = &backend,
        .state = state,
        .rank = state->rank,
        .size = state->size,
        .threads = provided == MPI_THREAD_MULTIPLE,
    };
    return DJ_OK;
}

const char *dj_comm_version(void)
{
#ifdef OPEN_MPI
#define DJ_TEXT_OF(x) #x
#define DJ_TEXT_OF_VALUE(x) DJ_TEXT_OF(x)
    return "Open MPI " DJ_TEXT_OF_VALUE(OMPI_MAJOR_VERSION) "." DJ_TEXT_OF_VALUE(
        OMPI_MINOR_VERSION) "." DJ_TEXT_OF_VALUE(OMPI_RELEASE_VERSION);
#else
    return "MPI";
#endif
}

/* The public communicator on top of a backend: bytes of any size, agreement. */
#include "comm/comm_mpi_handle.h"
#include "comm/comm_private.h"
#include "dj/fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Largest piece of one message: counts are int in MPI 3. */
enum { PIECE = 64 << 20 };

static bool has_env(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0';
}

static long env_number(const char *name)
{
    const char *value = getenv(name);

    return value == NULL ? 0 : strtol(value, NULL, 10);
}

/* Which launcher started this process, read from what each of them leaves behind. */
static const char *find_launcher(void)
{
    if (has_env("OMPI_COMM_WORLD_SIZE")) {
        return "mpirun";
    }
    if (has_env("PMIX_RANK") || has_env("PMIX_NAMESPACE")) {
        return has_env("SLURM_STEP_ID") ? "srun" : "pmix";
    }
    return "none";
}

enum dj_status dj_comm_open(struct dj_comm **out, struct dj_error *err)
{
    pthread_condattr_t clock;
    struct dj_comm *comm = dj_xmalloc(sizeof(*comm));
    enum dj_status status = DJ_OK;

    comm->launcher = find_launcher();
    if (strcmp(comm->launcher, "none") == 0) {
        dj_comm_open_self(&comm->transport);
    } else {
        status = dj_comm_open_mpi(&comm->transport, err);
    }
    if (status != DJ_OK) {
        dj_xfree(comm);
        return status;
    }
    (void)pthread_mutex_init(&comm->service.lock, NULL);
    (void)pthread_condattr_init(&clock);
    (void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&comm->service.wake, &clock);
    (void)pthread_condattr_destroy(&clock);
    *out = comm;
    return DJ_OK;
}

void dj_comm_close(struct dj_comm *comm)
{
    if (comm == NULL) {
        return;
    }
    comm->transport.backend->close(comm->transport.state);
    (void)pthread_cond_destroy(&comm->service.wake);
    (void)pthread_mutex_destroy(&comm->service.lock);
    dj_xfree(comm);
}

enum dj_status dj_comm_check_launch(const struct dj_comm *comm, struct dj_error *err)
{
    const long by_mpirun = env_number("OMPI_COMM_WORLD_SIZE");
    const long by_hydra = env_number("PMI_SIZE");
    const long by_srun = env_number("SLURM_STEP_NUM_TASKS");
    const int size = comm->transport.size;

    if (by_mpirun > size) {
        return dj_fail(err, DJ_USAGE,
                       "mpirun started %ld ranks, but MPI connects only %d of them: the "
                       "mpirun in PATH belongs to another MPI than %s; use the mpirun "
                       "that comes with it",
                       by_mpirun, size, dj_comm_version());
    }
    if (by_mpirun > 0) {
        return DJ_OK; /* under mpirun, Slurm's numbers speak of its daemons */
    }
    if (by_srun > size) {
        return dj_fail(err, DJ_USAGE,
                       "srun started %ld tasks, but they do not know of each other: each "
                       "would run the whole job; start them with\n    srun --mpi=pmix -n "
                       "%ld dj-mpi ...\n(srun --mpi=list shows what this cluster has; "
                       "mpirun inside sbatch works too)",
                       by_srun, by_srun);
    }
    if (by_hydra > size) {
        return dj_fail(err, DJ_USAGE,
                       "a launcher of another MPI started %ld processes that do not know "
                       "of each other: start them with the mpirun of %s",
                       by_hydra, dj_comm_version());
    }
    return DJ_OK;
}

int dj_comm_rank(const struct dj_comm *comm)
{
    return comm->transport.rank;
}

int dj_comm_size(const struct dj_comm *comm)
{
    return comm->transport.size;
}

const char *dj_comm_launcher(const struct dj_comm *comm)
{
    return comm->launcher;
}

const void *dj_comm_mpi_handle(const struct dj_comm *comm)
{
    const struct dj_transport *transport = &comm->transport;

    return transport->backend->handle == NULL
               ? NULL
               : transport->backend->handle(transport->state);
}

static void reduce(struct dj_comm *comm, int64_t *values, size_t count,
                   enum dj_reduce how)
{
    comm->transport.backend->reduce_int(comm->transport.state, values,
                                        dj_int_from_size(count), how);
}

void dj_comm_sum(struct dj_comm *comm, int64_t *values, size_t count)
{
    reduce(comm, values, count, DJ_REDUCE_SUM);
}

void dj_comm_max(struct dj_comm *comm, int64_t *values, size_t count)
{
    reduce(comm, values, count, DJ_REDUCE_MAX);
}

void dj_comm_sum_double(struct dj_comm *comm, double *values, size_t count)
{
    comm->transport.backend->reduce_double(comm->transport.state, values,
                                           dj_int_from_size(count));
}

void dj_comm_barrier(struct dj_comm *comm)
{
    comm->transport.backend->barrier(comm->transport.state);
}

bool dj_comm_any(struct dj_comm *comm, bool flag)
{
    int64_t value = flag;

    dj_comm_max(comm, &value, 1);
    return value != 0;
}

enum dj_status dj_comm_agree(struct dj_comm *comm, enum dj_status status,
                             struct dj_error *err)
{
    const struct dj_transport *transport = &comm->transport;
    struct dj_error injected;
    int64_t worst;
    int root;

    if (status == DJ_OK && dj_fault_at(DJ_FAULT_COMM_AGREE, &injected) != DJ_OK) {
        *err = injected;
        status = injected.status;
    }
    if (transport->size == 1) {
        return status;
    }
    /* One number: the status in the high half, and of its ranks the lowest. */
    worst = (int64_t)status << 32 | (int64_t)(INT32_MAX - transport->rank);
    dj_comm_max(comm, &worst, 1);
    status = (enum dj_status)(worst >> 32);
    if (status == DJ_OK) {
        return DJ_OK;
    }
    root = (int)(INT32_MAX - (worst & UINT32_MAX));
    transport->backend->broadcast(transport->state, err, (int)sizeof(*err), root);
    err->status = status;
    return status;
}

/* Makes room on rank root, and fails on every rank when there is none. */
static enum dj_status reserve_everywhere(struct dj_comm *comm, struct dj_buf *buf,
                                         size_t extra, struct dj_error *err)
{
    enum dj_status status = dj_buf_reserve(buf, extra);

    if (status != DJ_OK) {
        dj_fail(err, status, "no memory for a message of %zu bytes", extra);
    }
    return dj_comm_agree(comm, status, err);
}

enum dj_status dj_comm_broadcast(struct dj_comm *comm, struct dj_buf *buf,
                                 struct dj_error *err)
{
    const struct dj_transport *transport = &comm->transport;
    uint64_t len = buf->len;

    if (transport->size == 1) {
        return DJ_OK;
    }
    transport->backend->broadcast(transport->state, &len, (int)sizeof(len), 0);
    if (transport->rank != 0) {
        dj_buf_reset(buf);
    }
    DJ_TRY(reserve_everywhere(comm, buf, (size_t)len - buf->len, err));
    for (size_t done = 0; done < len; done += PIECE) {
        const size_t left = (size_t)len - done;

        transport->backend->broadcast(transport->state, buf->ptr + done,
                                      (int)(left < PIECE ? left : PIECE), 0);
    }
    buf->len = (size_t)len;
    return DJ_OK;
}

static void send_pieces(const struct dj_transport *transport, const char *bytes,
                        size_t len, int to)
{
    for (size_t done = 0; done < len; done += PIECE) {
        const size_t left = len - done;

        transport->backend->send(transport->state, bytes + done,
                                 (int)(left < PIECE ? left : PIECE), to);
    }
}

static void receive_pieces(const struct dj_transport *transport, char *bytes, size_t len,
                           int from)
{
    for (size_t done = 0; done < len; done += PIECE) {
        const size_t left = len - done;

        transport->backend->receive(transport->state, bytes + done,
                                    (int)(left < PIECE ? left : PIECE), from);
    }
}

enum dj_status dj_comm_gather(struct dj_comm *comm, struct dj_str mine,
                              struct dj_buf *out, size_t *sizes, struct dj_error *err)
{
    const struct dj_transport *transport = &comm->transport;
    const bool root = transport->rank == 0;
    size_t *all = root ? dj_xcalloc((size_t)transport->size, sizeof(*all)) : NULL;
    enum dj_status status;
    size_t total = 0;

    transport->backend->gather_size(transport->state, mine.len, all);
    for (int rank = 0; root && rank < transport->size; rank++) {
        total += all[rank];
    }
    status = reserve_everywhere(comm, out, total, err);
    if (status != DJ_OK) {
        goto out;
    }
    if (!root) {
        send_pieces(transport, mine.ptr, mine.len, 0);
        goto out;
    }
    status = dj_buf_append(out, mine); /* room was made above */
    for (int rank = 1; rank < transport->size; rank++) {
        receive_pieces(transport, out->ptr + out->len, all[rank], rank);
        out->len += all[rank];
    }
    if (sizes != NULL) {
        memcpy(sizes, all, (size_t)transport->size * sizeof(*all));
    }
out:
    dj_xfree(all);
    return status;
}

enum dj_status dj_comm_scatter(struct dj_comm *comm, struct dj_str all,
                               const size_t *sizes, struct dj_buf *out,
                               struct dj_error *err)
{
    const struct dj_transport *transport = &comm->transport;
    size_t mine = 0;
    size_t at;

    transport->backend->scatter_size(transport->state, sizes, &mine);
    DJ_TRY(reserve_everywhere(comm, out, mine, err));
    if (transport->rank != 0) {
        receive_pieces(transport, out->ptr + out->len, mine, 0);
        out->len += mine;
        return DJ_OK;
    }
    at = sizes[0];
    for (int rank = 1; rank < transport->size; rank++) {
        send_pieces(transport, all.ptr + at, sizes[rank], rank);
        at += sizes[rank];
    }
    return dj_buf_append(out, (struct dj_str){ all.ptr, mine });
}

enum dj_status dj_comm_alltoall(struct dj_comm *comm, const struct dj_str *mine,
                                struct dj_buf *out, size_t *sizes, struct dj_error *err)
{
    const struct dj_transport *transport = &comm->transport;
    size_t *give = dj_xcalloc((size_t)transport->size, sizeof(*give));
    size_t total = 0;
    size_t before = 0;

    for (int rank = 0; rank < transport->size; rank++) {
        give[rank] = mine[rank].len;
    }
    transport->backend->alltoall_size(transport->state, give, sizes);
    dj_xfree(give);
    for (int rank = 0; rank < transport->size; rank++) {
        before += rank < transport->rank ? sizes[rank] : 0;
        total += sizes[rank];
    }
    DJ_TRY(reserve_everywhere(comm, out, total, err));
    transport->backend->alltoall(transport->state, mine, out->ptr + out->len, sizes);
    if (sizes[transport->rank] > 0) {
        memcpy(out->ptr + out->len + before, mine[transport->rank].ptr,
               sizes[transport->rank]);
    }
    out->len += total;
    return DJ_OK;
}

void dj_comm_abort(struct dj_comm *comm, int exit_code)
{
    (void)fflush(NULL);
    comm->transport.backend->abort(comm->transport.state, exit_code);
    _exit(exit_code);
}

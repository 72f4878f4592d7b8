/* The communicator of a single process: nothing travels, MPI is never touched. */
#include "comm/comm_backend.h"

static void nothing(void *state)
{
    (void)state;
}

static void reduce_int(void *state, int64_t *values, int count, enum dj_reduce how)
{
    (void)state;
    (void)values;
    (void)count;
    (void)how;
}

static void reduce_double(void *state, double *values, int count)
{
    (void)state;
    (void)values;
    (void)count;
}

static void broadcast(void *state, void *bytes, int len, int root)
{
    (void)state;
    (void)bytes;
    (void)len;
    (void)root;
}

static void gather_size(void *state, size_t mine, size_t *sizes)
{
    (void)state;
    sizes[0] = mine;
}

static void scatter_size(void *state, const size_t *sizes, size_t *mine)
{
    (void)state;
    *mine = sizes[0];
}

static void alltoall(void *state, const struct dj_str *mine, char *into,
                     const size_t *sizes)
{
    (void)state;
    (void)mine;
    (void)into;
    (void)sizes;
}

static void alltoall_size(void *state, const size_t *mine, size_t *sizes)
{
    (void)state;
    sizes[0] = mine[0];
}

static void abort_self(void *state, int exit_code)
{
    (void)state;
    (void)exit_code;
}

/* Point to point and the service are never used by a single rank. */
static const struct dj_comm_backend backend = {
    .close = nothing,
    .barrier = nothing,
    .reduce_int = reduce_int,
    .reduce_double = reduce_double,
    .broadcast = broadcast,
    .gather_size = gather_size,
    .scatter_size = scatter_size,
    .alltoall_size = alltoall_size,
    .alltoall = alltoall,
    .abort = abort_self,
};

void dj_comm_open_self(struct dj_transport *transport)
{
    *transport = (struct dj_transport){ .backend = &backend, .rank = 0, .size = 1 };
}

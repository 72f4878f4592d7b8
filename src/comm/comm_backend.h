/*
 * What a transport has to provide. comm.c builds the public interface on it; there
 * is one backend for MPI and one for a single process.
 */
#ifndef DJ_COMM_BACKEND_H
#define DJ_COMM_BACKEND_H

#include "dj/comm.h"

enum dj_reduce { DJ_REDUCE_SUM, DJ_REDUCE_MAX };

/* One message of the request service as a transport delivers it. */
enum dj_message_tag { DJ_TAG_REQUEST = 1, DJ_TAG_END, DJ_TAG_REPLY };

struct dj_comm_backend {
    void (*close)(void *state);
    const void *(*handle)(void *state); /* see comm_mpi_handle.h; NULL: there is none */
    void (*barrier)(void *state);
    void (*reduce_int)(void *state, int64_t *values, int count, enum dj_reduce how);
    void (*reduce_double)(void *state, double *values, int count);
    /* root's bytes to everybody; len is the same everywhere and fits one message. */
    void (*broadcast)(void *state, void *bytes, int len, int root);
    /* sizes[rank] of everybody to rank 0 (sizes) and one value from rank 0 back. */
    void (*gather_size)(void *state, size_t mine, size_t *sizes);
    void (*scatter_size)(void *state, const size_t *sizes, size_t *mine);
    /*
     * Everybody's size for everybody, and then the bytes: mine[rank] goes there, into
     * gets sizes[rank] from each in rank order. What a rank has for itself stays out.
     */
    void (*alltoall_size)(void *state, const size_t *mine, size_t *sizes);
    void (*alltoall)(void *state, const struct dj_str *mine, char *into,
                     const size_t *sizes);
    /* Point to point, blocking; len fits one message. */
    void (*send)(void *state, const void *bytes, int len, int to);
    void (*receive)(void *state, void *bytes, int len, int from);
    /*
     * Service channel. receive_service: false when nothing is there. send_reply does not
     * wait for the rank it goes to, which may be at work; a rank gets one at a time.
     */
    void (*send_service)(void *state, const void *bytes, int len,
                         enum dj_message_tag tag); /* to rank 0 */
    void (*send_reply)(void *state, const char *bytes, int len, int to);
    bool (*receive_service)(void *state, char *bytes, int *len, int *from,
                            enum dj_message_tag *tag);
    void (*receive_reply)(void *state, char *bytes, int *len);
    void (*abort)(void *state, int exit_code); /* does not return */
};

/* A transport that is up. */
struct dj_transport {
    const struct dj_comm_backend *backend;
    void *state;
    int rank, size;
    bool threads; /* calls from a second thread are allowed */
};

/* Each fills *transport. */
enum dj_status dj_comm_open_mpi(struct dj_transport *transport, struct dj_error *err);
void dj_comm_open_self(struct dj_transport *transport);

#endif

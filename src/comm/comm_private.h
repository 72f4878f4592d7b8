/* The communicator's inside, shared by comm.c and service.c. */
#ifndef DJ_COMM_PRIVATE_H
#define DJ_COMM_PRIVATE_H

#include "comm/comm_backend.h"

#include <pthread.h>
#include <stdatomic.h>

struct dj_service {
    dj_comm_handler *handler;
    void *context;
    bool open;
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock; /* the handler runs on one thread at a time */
    pthread_cond_t wake;  /* the helper, when the service ends */
    bool ends;
    atomic_int ended;                /* ranks that have said they are done */
    char own_reply[DJ_COMM_MESSAGE]; /* rank 0's to itself */
    size_t own_len;
    bool asked; /* this rank, and has not taken the reply */
};

struct dj_comm {
    struct dj_transport transport;
    const char *launcher;
    struct dj_service service;
};

#endif

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
    int ended;            /* ranks that have said they are done */
};

struct dj_comm {
    struct dj_transport transport;
    const char *launcher;
    struct dj_service service;
};

#endif

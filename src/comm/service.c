/* The request service: rank 0 answers while all ranks work. */
#include "comm/comm_private.h"
#include "dj/clock.h"

#include <signal.h>

/*
 * How long rank 0's helper sleeps between looks. Where work is quick the other ranks ask
 * before they need the answer, and rank 0 itself looks between batches: this is for
 * batches that take longer.
 */
static const double nap = 500e-6;
/* And how long rank 0 itself does, when it has nothing else to do. */
static const double short_nap = 20e-6;

/* Handles one message if there is one; rank 0's main thread and its helper may both. */
static bool handle_one(struct dj_comm *comm)
{
    const struct dj_transport *transport = &comm->transport;
    struct dj_service *service = &comm->service;
    char message[DJ_COMM_MESSAGE];
    char reply[DJ_COMM_MESSAGE];
    enum dj_message_tag tag;
    size_t reply_len;
    int len, from;

    if (!transport->backend->receive_service(transport->state, message, &len, &from,
                                             &tag)) {
        return false;
    }
    (void)pthread_mutex_lock(&service->lock);
    if (tag == DJ_TAG_END) {
        service->ended++;
    } else {
        reply_len = service->handler(service->context, from,
                                     (struct dj_str){ message, (size_t)len }, reply);
        transport->backend->send_reply(transport->state, reply, (int)reply_len, from);
    }
    (void)pthread_mutex_unlock(&service->lock);
    return true;
}

/* Until every other rank has said that it is done. */
static void serve_all(struct dj_comm *comm)
{
    while (atomic_load(&comm->service.ended) < comm->transport.size - 1) {
        if (!handle_one(comm)) {
            dj_clock_sleep(short_nap);
        }
    }
}

/* Sleeps, or until the service ends. */
static bool sleep_or_end(struct dj_service *service)
{
    const struct timespec until = dj_clock_after(nap);
    bool ends;

    (void)pthread_mutex_lock(&service->lock);
    if (!service->ends) {
        (void)pthread_cond_timedwait(&service->wake, &service->lock, &until);
    }
    ends = service->ends;
    (void)pthread_mutex_unlock(&service->lock);
    return ends;
}

static void *serve_thread(void *p)
{
    struct dj_comm *comm = p;

    while (!sleep_or_end(&comm->service)) {
        while (handle_one(comm)) {
        }
    }
    return NULL;
}

static void end_thread(struct dj_service *service)
{
    (void)pthread_mutex_lock(&service->lock);
    service->ends = true;
    (void)pthread_cond_signal(&service->wake);
    (void)pthread_mutex_unlock(&service->lock);
    (void)pthread_join(service->thread, NULL);
}

enum dj_status dj_comm_serve(struct dj_comm *comm, dj_comm_handler *handler,
                             void *context, struct dj_error *err)
{
    struct dj_service *service = &comm->service;
    enum dj_status status = DJ_OK;

    service->handler = handler;
    service->context = context;
    atomic_store(&service->ended, 0);
    service->ends = false;
    service->open = true;
    service->has_thread = false;
    if (comm->transport.rank == 0 && comm->transport.size > 1 &&
        comm->transport.threads) {
        sigset_t all, before;

        /* Signals are for the main thread, which looks at their flag. */
        (void)sigfillset(&all);
        (void)pthread_sigmask(SIG_BLOCK, &all, &before);
        service->has_thread =
            pthread_create(&service->thread, NULL, serve_thread, comm) == 0;
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (!service->has_thread) {
            status = dj_fail(err, DJ_COMM, "the helper thread of rank 0 does not start");
        }
    }
    return dj_comm_agree(comm, status, err);
}

void dj_comm_serve_end(struct dj_comm *comm)
{
    const struct dj_transport *transport = &comm->transport;
    struct dj_service *service = &comm->service;

    if (!service->open) {
        return;
    }
    service->open = false;
    if (service->asked) { /* something failed in between */
        char unused[DJ_COMM_MESSAGE];

        (void)dj_comm_answer(comm, unused);
    }
    if (transport->rank != 0) {
        transport->backend->send_service(transport->state, "", 0, DJ_TAG_END);
        return;
    }
    if (transport->size > 1) {
        serve_all(comm);
    }
    if (service->has_thread) {
        end_thread(service);
    }
}

enum dj_status dj_comm_ask(struct dj_comm *comm, struct dj_str message,
                           struct dj_error *err)
{
    const struct dj_transport *transport = &comm->transport;
    struct dj_service *service = &comm->service;

    if (message.len > DJ_COMM_MESSAGE) {
        return dj_fail(err, DJ_INTERNAL, "a request of %zu bytes", message.len);
    }
    if (transport->rank == 0) {
        (void)pthread_mutex_lock(&service->lock);
        service->own_len =
            service->handler(service->context, 0, message, service->own_reply);
        (void)pthread_mutex_unlock(&service->lock);
    } else {
        transport->backend->send_service(transport->state, message.ptr, (int)message.len,
                                         DJ_TAG_REQUEST);
    }
    service->asked = true;
    return DJ_OK;
}

size_t dj_comm_answer(struct dj_comm *comm, char *reply)
{
    const struct dj_transport *transport = &comm->transport;
    struct dj_service *service = &comm->service;
    int len;

    service->asked = false;
    if (transport->rank == 0) {
        memcpy(reply, service->own_reply, service->own_len);
        return service->own_len;
    }
    transport->backend->receive_reply(transport->state, reply, &len);
    return (size_t)len;
}

void dj_comm_poll(struct dj_comm *comm)
{
    if (comm->transport.rank == 0 && comm->transport.size > 1 && comm->service.open) {
        while (handle_one(comm)) {
        }
    }
}

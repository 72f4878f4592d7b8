/* The request service: rank 0 answers while all ranks work. */
#include "comm/comm_private.h"
#include "dj/clock.h"

#include <signal.h>

/* How long rank 0's helper sleeps between looks; a claim waits half of it. */
static const double nap = 100e-6;

/* Handles one message if there is one. */
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
    if (tag == DJ_TAG_END) {
        service->ended++;
        return true;
    }
    (void)pthread_mutex_lock(&service->lock);
    reply_len = service->handler(service->context, from,
                                 (struct dj_str){ message, (size_t)len }, reply);
    (void)pthread_mutex_unlock(&service->lock);
    if (tag == DJ_TAG_REQUEST) {
        transport->backend->send_service(transport->state, reply, (int)reply_len, from,
                                         DJ_TAG_REPLY);
    }
    return true;
}

/* Until every other rank has said that it is done. */
static void serve_all(struct dj_comm *comm)
{
    while (comm->service.ended < comm->transport.size - 1) {
        if (!handle_one(comm)) {
            dj_clock_sleep(nap);
        }
    }
}

static void *serve_thread(void *p)
{
    serve_all(p);
    return NULL;
}

enum dj_status dj_comm_serve(struct dj_comm *comm, dj_comm_handler *handler,
                             void *context, struct dj_error *err)
{
    struct dj_service *service = &comm->service;
    enum dj_status status = DJ_OK;

    service->handler = handler;
    service->context = context;
    service->ended = 0;
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
    if (transport->rank != 0) {
        transport->backend->send_service(transport->state, "", 0, 0, DJ_TAG_END);
    } else if (service->has_thread) {
        (void)pthread_join(service->thread, NULL);
    } else if (transport->size > 1) {
        serve_all(comm);
    }
}

enum dj_status dj_comm_request(struct dj_comm *comm, struct dj_str message, char *reply,
                               size_t *reply_len, struct dj_error *err)
{
    const struct dj_transport *transport = &comm->transport;
    struct dj_service *service = &comm->service;
    int len;

    if (message.len > DJ_COMM_MESSAGE) {
        return dj_fail(err, DJ_INTERNAL, "a request of %zu bytes", message.len);
    }
    if (transport->rank == 0) {
        (void)pthread_mutex_lock(&service->lock);
        *reply_len = service->handler(service->context, 0, message, reply);
        (void)pthread_mutex_unlock(&service->lock);
        return DJ_OK;
    }
    transport->backend->send_service(transport->state, message.ptr, (int)message.len, 0,
                                     DJ_TAG_REQUEST);
    transport->backend->receive_reply(transport->state, reply, &len);
    *reply_len = (size_t)len;
    return DJ_OK;
}

void dj_comm_notify(struct dj_comm *comm, struct dj_str message)
{
    const struct dj_transport *transport = &comm->transport;
    struct dj_service *service = &comm->service;
    char unused[DJ_COMM_MESSAGE];

    if (message.len > DJ_COMM_MESSAGE) {
        return;
    }
    if (transport->rank == 0) {
        (void)pthread_mutex_lock(&service->lock);
        (void)service->handler(service->context, 0, message, unused);
        (void)pthread_mutex_unlock(&service->lock);
        return;
    }
    transport->backend->send_service(transport->state, message.ptr, (int)message.len, 0,
                                     DJ_TAG_NOTIFY);
}

void dj_comm_poll(struct dj_comm *comm)
{
    if (comm->transport.rank == 0 && comm->transport.size > 1 && comm->service.open &&
        !comm->service.has_thread) {
        while (handle_one(comm)) {
        }
    }
}

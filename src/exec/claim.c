/*
 * Who works on what inside a wave, and where results belong.
 *
 * Partitions are handed out in the order of the dataset, a few at a time, by rank 0's
 * request service: a rank that is fast, or has light partitions, asks more often. So
 * results become ready about in order too, and the place of a partition's data in
 * the export (the sum of all before it) is known soon after it is finished.
 *
 * Not fixed ranges with stealing: with them the second rank's first result would have
 * to wait for the first rank's last one, in memory or in a file that is copied later.
 */
#include "exec/exec_private.h"

struct dj_claims {
    size_t npartitions;
    int64_t *bytes; /* of each partition's data; -1: not known */
    int64_t *place; /* of each partition's data; -1: not known */
    size_t next_place;
    int64_t end_of_placed;

    const struct dj_partition *items; /* of the wave */
    size_t nitems;
    size_t next; /* first that was not handed out */
    int nranks;
    int64_t left;   /* bytes that were not handed out */
    int64_t all;    /* and all of the wave */
    int64_t *given; /* bytes by rank, where each gets its share; else NULL */
    bool stop;      /* some rank was asked to stop */
    bool pause;     /* or to make a set between two partitions */
    struct dj_progress *progress;
};

/* A message to the service: this, finished partitions, and asked places. */
struct request {
    int32_t wants; /* partitions are wanted */
    int32_t stop;  /* this rank was asked to stop (1) or to pause (2) */
    struct dj_rank_numbers numbers;
    int32_t nfinished;
    int32_t nasks;
};

enum { WISH_STOP = 1, WISH_PAUSE = 2 };

/* The reply: this, partitions, and places. */
struct reply {
    int32_t count;
    int32_t nplaces;
    int32_t stop;
    int32_t further; /* much more is left: it may be asked for at once */
};

_Static_assert(sizeof(struct reply) + DJ_CLAIM_BLOCK * sizeof(struct dj_partition) +
                       DJ_PLACE_ASKS * sizeof(struct dj_place_answer) <=
                   DJ_COMM_MESSAGE,
               "a reply fits one message");
_Static_assert(sizeof(struct request) +
                       2 * (size_t)DJ_CLAIM_BLOCK * sizeof(struct dj_finished) +
                       DJ_PLACE_ASKS * sizeof(int64_t) <=
                   DJ_COMM_MESSAGE,
               "a request fits one message");

/* A block is at least this much work, so that asking for it does not matter. */
static const int64_t least_bytes = 1 << 20;
static const int64_t most_bytes = 2 << 20; /* still in cache when they are written */

struct dj_claims *dj_claims_new(size_t npartitions, struct dj_progress *progress)
{
    struct dj_claims *claims = dj_xmalloc(sizeof(*claims));

    claims->npartitions = npartitions;
    claims->bytes = dj_xcalloc(npartitions, sizeof(*claims->bytes));
    claims->place = dj_xcalloc(npartitions, sizeof(*claims->place));
    memset(claims->bytes, -1, npartitions * sizeof(*claims->bytes));
    memset(claims->place, -1, npartitions * sizeof(*claims->place));
    claims->progress = progress;
    return claims;
}

void dj_claims_free(struct dj_claims *claims)
{
    if (claims != NULL) {
        dj_xfree(claims->bytes);
        dj_xfree(claims->place);
        dj_xfree(claims->given);
        dj_xfree(claims);
    }
}

void dj_claims_known(struct dj_claims *claims, int64_t id, int64_t bytes)
{
    claims->bytes[id] = bytes;
}

/* Places are known up to the first partition whose size is not. */
static void advance(struct dj_claims *claims)
{
    while (claims->next_place < claims->npartitions) {
        claims->place[claims->next_place] = claims->end_of_placed;
        if (claims->bytes[claims->next_place] < 0) {
            break;
        }
        claims->end_of_placed += claims->bytes[claims->next_place++];
    }
}

int64_t dj_claims_place(struct dj_claims *claims, int64_t id)
{
    advance(claims);
    return claims->place[id];
}

/* The next partitions: about a quarter of a fair share of what is left. */
static size_t take_block(struct dj_claims *claims, int rank)
{
    int64_t goal = claims->left / (4 * claims->nranks);
    size_t count = 0;
    int64_t bytes = 0;

    if (claims->given != NULL &&
        claims->given[rank] >= claims->all / claims->nranks + 1) {
        return 0; /* others have less, or nothing would be left */
    }
    goal = goal < least_bytes ? least_bytes : goal > most_bytes ? most_bytes : goal;
    while (claims->next < claims->nitems && count < DJ_CLAIM_BLOCK &&
           (count == 0 || bytes + claims->items[claims->next].bytes <= goal)) {
        bytes += claims->items[claims->next++].bytes;
        count++;
    }
    claims->left -= bytes;
    if (claims->given != NULL) {
        claims->given[rank] += bytes;
    }
    return count;
}

void dj_claims_begin(struct dj_claims *claims, const struct dj_partition *items,
                     size_t nitems, int nranks, bool even, size_t *count)
{
    claims->items = items;
    claims->nitems = nitems;
    claims->nranks = nranks;
    claims->next = 0;
    claims->pause = false;
    claims->left = 0;
    for (size_t i = 0; i < nitems; i++) {
        claims->left += items[i].bytes;
    }
    claims->all = claims->left;
    dj_xfree(claims->given);
    claims->given = even ? dj_xcalloc((size_t)nranks, sizeof(*claims->given)) : NULL;
    for (int rank = 0; rank < nranks; rank++) {
        count[rank] = take_block(claims, rank);
    }
}

int64_t dj_claims_rest(const struct dj_claims *claims)
{
    return claims->next < claims->nitems ? claims->items[claims->next].id : -1;
}

/* Takes in what a rank says; returns the ids that it asks the places of. */
static const char *read_request(struct dj_claims *claims, int rank, struct dj_str message,
                                struct request *request)
{
    const char *at = message.ptr + sizeof(*request);

    memcpy(request, message.ptr, sizeof(*request));
    claims->stop = claims->stop || request->stop == WISH_STOP;
    claims->pause = claims->pause || request->stop == WISH_PAUSE;
    dj_progress_update(claims->progress, rank, &request->numbers);
    for (int32_t i = 0; i < request->nfinished; i++) {
        struct dj_finished finished;

        memcpy(&finished, at, sizeof(finished));
        at += sizeof(finished);
        claims->bytes[finished.id] = finished.bytes;
    }
    advance(claims);
    return at;
}

size_t dj_claims_handle(void *context, int rank, struct dj_str message, char *out)
{
    struct dj_claims *claims = context;
    struct reply reply = { 0 };
    struct request request;
    const char *asks = read_request(claims, rank, message, &request);
    char *at = out + sizeof(reply);

    if (request.wants != 0 && !claims->stop && !claims->pause) {
        const size_t begin = claims->next;
        const int64_t left = claims->left;

        reply.count = (int32_t)take_block(claims, rank);
        reply.further = claims->left > 2 * claims->nranks * (left - claims->left);
        if (reply.count > 0) {
            memcpy(at, &claims->items[begin],
                   (size_t)reply.count * sizeof(struct dj_partition));
        }
        at += (size_t)reply.count * sizeof(struct dj_partition);
    }
    for (int32_t i = 0; i < request.nasks; i++) {
        struct dj_place_answer answer;

        memcpy(&answer.id, asks + (size_t)i * sizeof(answer.id), sizeof(answer.id));
        answer.offset = claims->place[answer.id];
        if (answer.offset >= 0) {
            memcpy(at, &answer, sizeof(answer));
            at += sizeof(answer);
            reply.nplaces++;
        }
    }
    reply.stop = claims->stop ? WISH_STOP : claims->pause ? WISH_PAUSE : 0;
    memcpy(out, &reply, sizeof(reply));
    return (size_t)(at - out);
}

/* --- the asking side ------------------------------------------------------------- */

static size_t write_request(struct dj_exec *exec, bool wants, char *out)
{
    /* With held partitions every part ends in a set: nobody has to pause for one. */
    const bool pause = exec->stage->nparts == 1 &&
                       (dj_preempt_pause_requested() || dj_exec_layers_full(exec));
    struct request request = {
        .wants = wants,
        .stop = dj_preempt_requested() ? WISH_STOP
                : pause                ? WISH_PAUSE
                                       : 0,
        .numbers = exec->numbers,
    };
    struct dj_finished finished[2 * DJ_CLAIM_BLOCK];
    int64_t asks[DJ_PLACE_ASKS];
    const size_t nfinished = dj_places_finished(exec, finished, 2 * DJ_CLAIM_BLOCK);
    const size_t nasks = dj_places_asks(exec, asks, DJ_PLACE_ASKS);
    char *at = out;

    request.nfinished = (int32_t)nfinished;
    request.nasks = (int32_t)nasks;
    memcpy(at, &request, sizeof(request));
    at += sizeof(request);
    memcpy(at, finished, nfinished * sizeof(finished[0]));
    at += nfinished * sizeof(finished[0]);
    memcpy(at, asks, nasks * sizeof(asks[0]));
    return (size_t)(at - out) + nasks * sizeof(asks[0]);
}

static enum dj_status send(struct dj_exec *exec, bool wants, struct dj_error *err)
{
    char message[DJ_COMM_MESSAGE];
    const size_t len = write_request(exec, wants, message);

    return dj_comm_ask(exec->comm, (struct dj_str){ message, len }, err);
}

/*
 * What was granted stands in exec->ahead; runs know their places, and are not written
 * yet.
 */
static void take_reply(struct dj_exec *exec)
{
    struct dj_claim_ahead *ahead = &exec->ahead;
    char bytes[DJ_COMM_MESSAGE];
    const char *at = bytes + sizeof(struct reply);
    struct reply reply;

    ahead->asked = false;
    ahead->further = false;
    (void)dj_comm_answer(exec->comm, bytes);
    memcpy(&reply, bytes, sizeof(reply));
    if (reply.count > 0) {
        ahead->count = (size_t)reply.count;
        memcpy(ahead->block, at, ahead->count * sizeof(ahead->block[0]));
        at += ahead->count * sizeof(ahead->block[0]);
        ahead->further = reply.further != 0;
    }
    for (int32_t i = 0; i < reply.nplaces; i++) {
        struct dj_place_answer answer;

        memcpy(&answer, at, sizeof(answer));
        at += sizeof(answer);
        dj_places_tell(exec, answer);
    }
    exec->stopping = exec->stopping || reply.stop == WISH_STOP;
    exec->pausing = exec->pausing || reply.stop == WISH_PAUSE;
}

/*
 * An answer takes rank 0 up to some milliseconds when it is at work. So the next block is
 * asked for before this one is begun, and written what waits for its place meanwhile; but
 * not at the end of a wave, where no rank shall sit on work that another one could do.
 */
enum dj_status dj_claim_next(struct dj_exec *exec,
                             struct dj_partition block[DJ_CLAIM_BLOCK], size_t *count,
                             struct dj_error *err)
{
    struct dj_claim_ahead *ahead = &exec->ahead;

    if (ahead->count == 0 && !ahead->asked) {
        DJ_TRY(send(exec, true, err));
        ahead->asked = true;
    }
    if (ahead->asked) {
        take_reply(exec);
    }
    *count = ahead->count;
    memcpy(block, ahead->block, ahead->count * sizeof(*block));
    ahead->count = 0;
    if (*count > 0 && ahead->further && exec->root == NULL && !exec->stopping) {
        DJ_TRY(send(exec, true, err));
        ahead->asked = true;
    }
    return dj_places_settle(exec, err);
}

enum dj_status dj_claim_report(struct dj_exec *exec, struct dj_error *err)
{
    do {
        if (exec->ahead.asked) {
            take_reply(exec);
        }
        DJ_TRY(send(exec, false, err));
        take_reply(exec);
        DJ_TRY(dj_places_settle(exec, err));
    } while (dj_places_untold(exec) > 0);
    return DJ_OK;
}

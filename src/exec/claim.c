/*
 * Who works on what inside a wave. Each rank has a contiguous range, of which it
 * gets half at once; the rest is handed out by rank 0's request service, smaller
 * and smaller pieces, and a rank whose range is empty takes from the end of the
 * range with most left. A claim changes who works, never what comes out.
 *
 * Contiguous ranges, not the largest partitions first: partitions are alike in
 * size because their rows and bytes are bounded, neighbours on one rank make long
 * sequential reads and few pieces to assemble, and claims even out the rest.
 */
#include "exec/exec_private.h"

struct range {
    size_t next, end; /* places in items that are still to be handed out */
    int64_t bytes;    /* of these */
};

struct dj_claims {
    int nranks;
    const struct dj_partition *items;
    struct range *ranges; /* a rank each */
    struct dj_progress *progress;
    bool stop; /* some rank was asked to stop */
};

/* A message to the service; the reply is a header and partitions. */
struct request {
    int32_t wants; /* partitions are wanted */
    int32_t stop;  /* this rank was asked to stop */
    int64_t rows, kept, bytes;
};

struct reply {
    int32_t count;
    int32_t stop;
};

_Static_assert(sizeof(struct reply) + DJ_CLAIM_BLOCK * sizeof(struct dj_partition) <=
                   DJ_COMM_MESSAGE,
               "a block of partitions fits one message");

struct dj_claims *dj_claims_new(int nranks, struct dj_progress *progress)
{
    struct dj_claims *claims = dj_xmalloc(sizeof(*claims));

    claims->nranks = nranks;
    claims->ranges = dj_xcalloc((size_t)nranks, sizeof(*claims->ranges));
    claims->progress = progress;
    return claims;
}

void dj_claims_free(struct dj_claims *claims)
{
    if (claims != NULL) {
        dj_xfree(claims->ranges);
        dj_xfree(claims);
    }
}

void dj_claims_begin(struct dj_claims *claims, const struct dj_partition *items,
                     size_t count, size_t *first, size_t *begin)
{
    int64_t total = 0;
    int64_t before = 0;
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        total += items[i].bytes;
    }
    claims->items = items;
    for (int rank = 0; rank < claims->nranks; rank++) {
        struct range *range = &claims->ranges[rank];
        const double goal = (double)total / claims->nranks * (rank + 1);
        const size_t start = at;
        int64_t bytes = 0;

        /* A partition belongs to the rank in whose share its middle lies. */
        while (at < count &&
               (rank == claims->nranks - 1 ||
                (double)(before + bytes) + (double)items[at].bytes / 2 <= goal)) {
            bytes += items[at++].bytes;
        }
        before += bytes;
        begin[rank] = start;
        first[rank] = (at - start + 1) / 2;
        range->next = start + first[rank];
        range->end = at;
        range->bytes = 0;
        for (size_t i = range->next; i < range->end; i++) {
            range->bytes += items[i].bytes;
        }
    }
}

/* The range to take from: the rank's own, else the one with most bytes left. */
static struct range *choose(const struct dj_claims *claims, int rank)
{
    struct range *best = &claims->ranges[rank];

    if (best->next < best->end) {
        return best;
    }
    for (int i = 0; i < claims->nranks; i++) {
        struct range *range = &claims->ranges[i];

        if (range->next < range->end &&
            (best->next == best->end || range->bytes > best->bytes)) {
            best = range;
        }
    }
    return best;
}

size_t dj_claims_handle(void *context, int rank, struct dj_str message, char *reply_bytes)
{
    struct dj_claims *claims = context;
    struct reply reply = { 0 };
    struct request request;

    memcpy(&request, message.ptr, sizeof(request));
    claims->stop = claims->stop || request.stop != 0;
    dj_progress_update(claims->progress, rank, request.rows, request.kept, request.bytes);
    if (request.wants != 0 && !claims->stop) {
        struct range *range = choose(claims, rank);
        const bool own = range == &claims->ranges[rank];
        size_t count = (range->end - range->next + 1) / 2;
        size_t at;

        if (count > DJ_CLAIM_BLOCK) {
            count = DJ_CLAIM_BLOCK;
        }
        /* The owner goes on from its front, others take from the back. */
        at = own ? range->next : range->end - count;
        for (size_t i = 0; i < count; i++) {
            range->bytes -= claims->items[at + i].bytes;
        }
        memcpy(reply_bytes + sizeof(reply), &claims->items[at],
               count * sizeof(struct dj_partition));
        if (own) {
            range->next += count;
        } else {
            range->end -= count;
        }
        reply.count = (int32_t)count;
    }
    reply.stop = claims->stop;
    memcpy(reply_bytes, &reply, sizeof(reply));
    return sizeof(reply) + (size_t)reply.count * sizeof(struct dj_partition);
}

static enum dj_status ask(struct dj_exec *exec, bool wants, struct dj_partition *block,
                          size_t *count, bool *stop, struct dj_error *err)
{
    const struct request request = {
        .wants = wants,
        .stop = dj_preempt_requested(),
        .rows = exec->rows_read,
        .kept = exec->rows_kept,
        .bytes = exec->bytes_done,
    };
    char bytes[DJ_COMM_MESSAGE];
    struct reply reply;
    size_t len;

    DJ_TRY(dj_comm_request(exec->comm,
                           (struct dj_str){ (const char *)&request, sizeof(request) },
                           bytes, &len, err));
    memcpy(&reply, bytes, sizeof(reply));
    if (block != NULL) {
        *count = (size_t)reply.count;
        memcpy(block, bytes + sizeof(reply), *count * sizeof(*block));
    }
    *stop = reply.stop != 0;
    return DJ_OK;
}

enum dj_status dj_claim_next(struct dj_exec *exec,
                             struct dj_partition block[DJ_CLAIM_BLOCK], size_t *count,
                             bool *stop, struct dj_error *err)
{
    return ask(exec, true, block, count, stop, err);
}

enum dj_status dj_claim_report(struct dj_exec *exec, bool *stop, struct dj_error *err)
{
    return ask(exec, false, NULL, NULL, stop, err);
}

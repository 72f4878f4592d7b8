/*
 * Memory that one exchange is done with and the next one takes: pages that are new cost
 * as much as what is written into them, and a global operator makes several exchanges of
 * about one size, one after the other.
 */
#include "exchange/exchange_private.h"

enum { POOL_BUFS = 4, POOL_LEAST = 1 << 20 };

struct dj_exchange_pool {
    struct dj_buf bufs[POOL_BUFS];
};

struct dj_exchange_pool *dj_exchange_pool_new(void)
{
    return dj_xcalloc(1, sizeof(struct dj_exchange_pool));
}

void dj_exchange_pool_free(struct dj_exchange_pool *pool)
{
    for (size_t i = 0; pool != NULL && i < POOL_BUFS; i++) {
        dj_buf_release(&pool->bufs[i]);
    }
    dj_xfree(pool);
}

void dj_pool_give(struct dj_exchange_pool *pool, struct dj_buf *buf)
{
    struct dj_buf *least = NULL;

    if (pool != NULL && buf->cap >= POOL_LEAST) {
        least = &pool->bufs[0];
        for (size_t i = 1; i < POOL_BUFS; i++) {
            least = pool->bufs[i].cap < least->cap ? &pool->bufs[i] : least;
        }
    }
    if (least != NULL && least->cap < buf->cap) {
        const struct dj_buf given = *buf;

        *buf = *least;
        *least = given;
        least->len = 0;
    }
    dj_buf_release(buf);
}

/*
 * The smallest that has cap, else the largest of those that growing by half, which is the
 * least that dj_buf_reserve grows by, does not bring beyond the limit.
 */
static struct dj_buf *find(struct dj_exchange_pool *pool, size_t cap, size_t limit)
{
    struct dj_buf *best = NULL;

    for (size_t i = 0; i < POOL_BUFS; i++) {
        struct dj_buf *here = &pool->bufs[i];

        if (here->cap == 0 || here->cap > limit ||
            (here->cap < cap && here->cap + here->cap / 2 > limit)) {
            continue;
        }
        if (best == NULL ||
            (best->cap < cap ? here->cap > best->cap
                             : here->cap >= cap && here->cap < best->cap)) {
            best = here;
        }
    }
    return best;
}

void dj_pool_take(struct dj_exchange_pool *pool, size_t cap, size_t limit,
                  struct dj_buf *buf)
{
    struct dj_buf *best = NULL;
    struct dj_buf old = *buf;

    if (pool != NULL && cap >= POOL_LEAST) {
        best = find(pool, cap, limit);
    }
    if (best == NULL || best->cap <= 2 * buf->cap) { /* growing is as good */
        return;
    }
    *buf = *best;
    dj_buf_init(best);
    if (old.len > 0) {
        memcpy(buf->ptr, old.ptr, old.len);
        buf->len = old.len;
    }
    dj_buf_release(&old);
}

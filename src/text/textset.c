/*
 * Set of texts: a table with open addressing that is at most half full. Its entries
 * say in which round they were made, so that emptying it touches none of them.
 */
#include "dj/textset.h"

#include "dj/hash.h"

enum { SLOTS_MIN = 64 };

struct slot {
    uint64_t hash;
    size_t start; /* in bytes */
    size_t len;
    uint64_t round; /* 0: never used */
};

struct dj_textset {
    struct dj_buf bytes; /* the texts, one behind the other */
    struct slot *slots;
    size_t nslots; /* a power of two */
    size_t used;
    uint64_t round;
};

struct dj_textset *dj_textset_new(void)
{
    struct dj_textset *set = dj_xmalloc(sizeof(*set));

    dj_buf_init(&set->bytes);
    set->nslots = SLOTS_MIN;
    set->slots = dj_xcalloc(set->nslots, sizeof(*set->slots));
    set->round = 1;
    return set;
}

void dj_textset_free(struct dj_textset *set)
{
    if (set != NULL) {
        dj_buf_release(&set->bytes);
        dj_xfree(set->slots);
        dj_xfree(set);
    }
}

void dj_textset_reset(struct dj_textset *set)
{
    dj_buf_reset(&set->bytes);
    set->used = 0;
    set->round++;
}

char *dj_textset_room(struct dj_textset *set, size_t cap)
{
    if (cap > SIZE_MAX - DJ_PADDING ||
        dj_buf_reserve(&set->bytes, cap + DJ_PADDING) != DJ_OK) {
        return NULL;
    }
    return set->bytes.ptr + set->bytes.len;
}

/* Where the text is, or the free slot where it belongs. */
static struct slot *find(const struct dj_textset *set, struct slot *slots, size_t nslots,
                         uint64_t hash, struct dj_str text)
{
    for (size_t i = hash & (nslots - 1);; i = (i + 1) & (nslots - 1)) {
        struct slot *slot = &slots[i];

        if (slot->round != set->round ||
            (slot->hash == hash &&
             dj_str_equal((struct dj_str){ set->bytes.ptr + slot->start, slot->len },
                          text))) {
            return slot;
        }
    }
}

static void grow(struct dj_textset *set)
{
    const size_t nslots = 2 * set->nslots;
    struct slot *slots = dj_xcalloc(nslots, sizeof(*slots));

    for (size_t i = 0; i < set->nslots; i++) {
        const struct slot *old = &set->slots[i];

        if (old->round == set->round) {
            const struct dj_str text = { set->bytes.ptr + old->start, old->len };

            *find(set, slots, nslots, old->hash, text) = *old;
        }
    }
    dj_xfree(set->slots);
    set->slots = slots;
    set->nslots = nslots;
}

bool dj_textset_add(struct dj_textset *set, size_t len)
{
    const struct dj_str text = { set->bytes.ptr + set->bytes.len, len };
    const uint64_t hash = dj_hash64(text);
    struct slot *slot = find(set, set->slots, set->nslots, hash, text);

    if (slot->round == set->round) {
        return false;
    }
    *slot = (struct slot){ hash, set->bytes.len, len, set->round };
    set->bytes.len += len;
    set->used++;
    if (2 * set->used >= set->nslots) {
        grow(set);
    }
    return true;
}

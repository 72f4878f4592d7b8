/*
 * Records for tests of the exchange: kinds of data, the same on every rank, of which each
 * rank adds a part, and what has to come out.
 */
#ifndef DJ_TESTS_SUPPORT_NOTES_H
#define DJ_TESTS_SUPPORT_NOTES_H

#include "dj/exchange.h"
#include "djtest.h"

enum notes_kind {
    NOTES_RANDOM, /* hashes as keys */
    NOTES_PAIRS,  /* each key twice or three times */
    NOTES_FEW,    /* seven keys, hi only */
    NOTES_ONE,    /* one key */
    NOTES_SAME,   /* one record, again and again */
    NOTES_RISING, /* in order as they are added */
    NOTES_FALLING,
    NOTES_WIDE, /* small numbers in all fields */
    NOTES_KINDS
};

static inline uint64_t notes_mix(uint64_t x)
{
    x = (x ^ x >> 31) * UINT64_C(0x9e3779b97f4a7c15) + 0x51ed270b;
    x = (x ^ x >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return x ^ x >> 32;
}

static inline struct dj_note notes_make(enum notes_kind kind, uint64_t i, uint64_t count)
{
    const uint64_t row = dj_row_id((int64_t)(i / 1000), i % 1000);

    switch (kind) {
    case NOTES_RANDOM:
        return (struct dj_note){ notes_mix(i), notes_mix(~i), i % 3, row };
    case NOTES_PAIRS:
        return (struct dj_note){ notes_mix(i % (count * 2 / 5 + 1)), 1, 0, row };
    case NOTES_FEW:
        return (struct dj_note){ notes_mix(i) % 7, 0, 0, row };
    case NOTES_ONE:
        return (struct dj_note){ 42, 42, notes_mix(i), row };
    case NOTES_SAME:
        return (struct dj_note){ 1, 2, 3, 4 };
    case NOTES_RISING:
        return (struct dj_note){ i, 0, 0, row };
    case NOTES_FALLING:
        return (struct dj_note){ 0, count - i, 0, row };
    default:
        return (struct dj_note){ notes_mix(i) % 300, notes_mix(i + 1) % 3,
                                 notes_mix(i + 2) % 5, notes_mix(i + 3) % 1000 };
    }
}

static inline int notes_compare(const void *a, const void *b)
{
    return dj_note_compare(a, b);
}

/* All records in order; free with dj_xfree. */
static inline struct dj_note *notes_sorted(enum notes_kind kind, size_t count)
{
    struct dj_note *notes = dj_xcalloc(count, sizeof(*notes));

    for (size_t i = 0; i < count; i++) {
        notes[i] = notes_make(kind, i, count);
    }
    qsort(notes, count, sizeof(*notes), notes_compare);
    return notes;
}

/* Adds every ranks-th record from the rank's own one on. */
static inline void notes_add(struct dj_exchange *exchange, enum notes_kind kind,
                             size_t count, size_t rank, size_t ranks)
{
    struct dj_error err;

    for (size_t i = rank; i < count; i += ranks) {
        const struct dj_note note = notes_make(kind, i, count);

        DJ_CHECK_OK(dj_exchange_add(exchange, &note, &err));
    }
}

static inline bool notes_same_key(const struct dj_note *a, const struct dj_note *b)
{
    return a->hi == b->hi && a->lo == b->lo;
}

/* The first of the sorted records that is not before the key. */
static inline size_t notes_find(const struct dj_note *sorted, size_t count,
                                const struct dj_note *key)
{
    size_t low = 0;
    size_t high = count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct dj_note *here = &sorted[middle];
        const bool before = here->hi != key->hi ? here->hi < key->hi : here->lo < key->lo;

        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    return low;
}

/*
 * Reads all of it. By key: every key that is here is here with all of its records, in
 * order. In order: the records of the places that this rank says it has.
 */
static inline void notes_check(struct dj_exchange *exchange, enum dj_meeting how,
                               const struct dj_note *sorted, size_t count)
{
    size_t at = how == DJ_MEET_IN_ORDER ? (size_t)dj_exchange_before(exchange) : count;
    struct dj_note last = { 0 };
    int64_t seen = 0;
    struct dj_error err;

    DJ_CHECK_INT(dj_exchange_total(exchange), count);
    for (;;) {
        struct dj_note note;
        bool more;

        DJ_CHECK_OK(dj_exchange_next(exchange, &note, &more, &err));
        if (!more) {
            break;
        }
        if (how == DJ_MEET_BY_KEY && (seen == 0 || !notes_same_key(&note, &last))) {
            DJ_CHECK(seen == 0 || dj_note_compare(&last, &note) < 0);
            DJ_CHECK(at == count || !notes_same_key(&sorted[at], &last));
            at = notes_find(sorted, count, &note);
        }
        DJ_CHECK(at < count && dj_note_compare(&sorted[at], &note) == 0);
        at++;
        seen++;
        last = note;
    }
    DJ_CHECK(how == DJ_MEET_IN_ORDER || seen == 0 || at == count ||
             !notes_same_key(&sorted[at], &last));
    DJ_CHECK_INT(seen, dj_exchange_count(exchange));
}

#endif

/*
 * Counts n-grams. Every hash value has an owner, the first n-gram that has it; the
 * owners are found without a branch, for whether an n-gram repeats is hard to
 * foretell. N-grams equal to their owner are its repeats; the few that are not go
 * through an open-addressing table. Short n-grams of ASCII text are compared as two
 * machine words, all others as sequences of numbers: code points, or words numbered
 * by first appearance.
 */
#include "dj/ngram.h"

#include <stdlib.h>

#include "dj/hash.h"
#include "text/ngram_hash.h"

enum {
    SMALL_COUNTS = 256,       /* counts below are kept as a histogram */
    OWNER_BITS = 22,          /* most owners, as a power of two */
    ORDINARY_LIMIT = 1 << 22, /* others in one pass */
    KEPT_BYTES = 8 << 20,     /* memory above is given back after a text */
    GENERATIONS = 0xffff,
};

/* An entry is the place where an n-gram stands first, and in the upper half its count. */
static const uint64_t one = (uint64_t)1 << 32;

struct dj_ngrams {
    size_t limit;
    struct dj_buf owners; /* uint32_t: entry + 1, 0 for none */
    struct dj_buf slots;  /* uint64_t: generation, 16 bits of hash, entry or word */
    size_t nslots;        /* those that hold a value, if an old one */
    uint64_t generation;
    struct dj_buf entries;  /* uint64_t */
    struct dj_buf repeated; /* uint32_t: entries with a count above 1 */
    struct dj_buf points;   /* uint32_t */
    struct dj_buf large;    /* uint32_t: counts that the histogram has no place for */
    int64_t small[SMALL_COUNTS];
};

/* One count at work. Values, so that they can live in registers. */
struct tally {
    uint32_t *owners;
    unsigned owner_shift;
    uint64_t *entries;
    size_t nentries;
    uint32_t *repeated;
    size_t nrepeated;
    uint64_t *slots;
    uint64_t generation;
    uint32_t mask;
    size_t room;      /* entries that may yet be made in slots */
    uint32_t npasses; /* a power of two */
    uint32_t pass;
};

struct dj_ngrams *dj_ngrams_new(size_t limit)
{
    struct dj_ngrams *ngrams = dj_xmalloc(sizeof(*ngrams));

    ngrams->limit = limit == 0 ? ORDINARY_LIMIT : limit;
    dj_buf_init(&ngrams->owners);
    dj_buf_init(&ngrams->slots);
    dj_buf_init(&ngrams->entries);
    dj_buf_init(&ngrams->repeated);
    dj_buf_init(&ngrams->points);
    dj_buf_init(&ngrams->large);
    return ngrams;
}

static void release_memory(struct dj_ngrams *ngrams)
{
    dj_buf_release(&ngrams->owners);
    dj_buf_release(&ngrams->slots);
    ngrams->nslots = 0;
    dj_buf_release(&ngrams->entries);
    dj_buf_release(&ngrams->repeated);
    dj_buf_release(&ngrams->points);
    dj_buf_release(&ngrams->large);
}

void dj_ngrams_free(struct dj_ngrams *ngrams)
{
    if (ngrams != NULL) {
        release_memory(ngrams);
        dj_xfree(ngrams);
    }
}

static unsigned bits_for(size_t count, unsigned least, unsigned most)
{
    unsigned bits = least;

    while (bits < most && ((size_t)1 << bits) < count) {
        bits++;
    }
    return bits;
}

/* Starts a generation in slots, with room for count entries at half its load. */
static enum dj_status begin_slots(struct dj_ngrams *ngrams, size_t count,
                                  struct tally *tally)
{
    const unsigned bits = bits_for(2 * count, 6, 32);
    size_t nslots = (size_t)1 << bits;

    if (ngrams->nslots < nslots || ngrams->generation == GENERATIONS) {
        nslots = ngrams->nslots > nslots ? ngrams->nslots : nslots;
        DJ_TRY(dj_buf_reserve(&ngrams->slots, nslots * sizeof(uint64_t)));
        memset(ngrams->slots.ptr, 0, nslots * sizeof(uint64_t));
        ngrams->nslots = nslots;
        ngrams->generation = 0;
    }
    ngrams->generation++;
    tally->slots = (void *)ngrams->slots.ptr;
    tally->generation = ngrams->generation;
    tally->mask = (uint32_t)(((uint64_t)1 << bits) - 1);
    tally->room = count;
    return DJ_OK;
}

/* --- counting ----------------------------------------------------------------------- */

static inline bool same(const struct dj_ngram_source *source, size_t a, size_t b)
{
    uint64_t low;
    uint64_t high;

    if (source->points != NULL) {
        return memcmp(source->points + a, source->points + b,
                      source->n * sizeof(uint32_t)) == 0;
    }
    low = dj_load64(source->bytes + a) ^ dj_load64(source->bytes + b);
    high = dj_load64(source->bytes + a + 8) ^ dj_load64(source->bytes + b + 8);
    return ((low & source->low_mask) | (high & source->high_mask)) == 0;
}

static inline void add_repeat(struct tally *tally, uint32_t number)
{
    uint64_t *entry = &tally->entries[number];

    tally->repeated[tally->nrepeated] = number;
    tally->nrepeated += *entry >> 32 == 1;
    *entry += one;
}

/* Counts an n-gram that has a hash in common with another. False: no room. */
static bool count_other(struct tally *tally, const struct dj_ngram_source *source,
                        uint32_t hash, size_t place)
{
    const uint64_t tag = tally->generation << 16 | (hash & 0xffff);
    uint32_t at = dj_ngram_mix(hash) & tally->mask;

    if ((hash & (tally->npasses - 1)) != tally->pass) {
        return true;
    }
    for (; tally->slots[at] >> 48 == tally->generation; at = (at + 1) & tally->mask) {
        const uint32_t number = (uint32_t)tally->slots[at];

        if (tally->slots[at] >> 32 == tag &&
            same(source, (uint32_t)tally->entries[number], place)) {
            add_repeat(tally, number);
            return true;
        }
    }
    if (tally->room == 0) {
        return false;
    }
    tally->room--;
    tally->slots[at] = tag << 32 | tally->nentries;
    tally->entries[tally->nentries++] = one | place;
    return true;
}

/* An n-gram whose hash has an owner: its place in the block, and the entry + 1. */
struct pick {
    uint32_t at;
    uint32_t owner;
};

/* Makes owners of the hashes that have none. Returns how many have one. */
static size_t find_owners(struct tally *tally, const uint32_t *hashes, size_t count,
                          size_t first, struct pick *picked)
{
    uint32_t *owners = tally->owners;
    uint64_t *entries = tally->entries;
    const unsigned shift = tally->owner_shift;
    size_t nentries = tally->nentries;
    size_t npicked = 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t *owner = &owners[hashes[i] >> shift];
        const uint32_t before = *owner;

        /* Written always, counted only when it is new. */
        entries[nentries] = one | (first + i);
        nentries += before == 0;
        *owner = before == 0 ? (uint32_t)nentries : before;
        picked[npicked] = (struct pick){ (uint32_t)i, before };
        npicked += before != 0;
    }
    tally->nentries = nentries;
    return npicked;
}

/* Makes owners, counts their repeats, and of the others those of the first pass. */
static bool count_first_pass(struct tally *tally, struct dj_ngram_source *source)
{
    uint32_t hashes[DJ_NGRAM_BLOCK];
    struct pick picked[DJ_NGRAM_BLOCK];

    for (size_t first = 0; first < source->total; first += DJ_NGRAM_BLOCK) {
        const size_t count = dj_ngram_hashes(source, first, hashes);
        const size_t npicked = find_owners(tally, hashes, count, first, picked);

        for (size_t i = 0; i < npicked; i++) {
            const size_t place = first + picked[i].at;
            const uint32_t number = picked[i].owner - 1;

            if (same(source, (uint32_t)tally->entries[number], place)) {
                add_repeat(tally, number);
            } else if (!count_other(tally, source, hashes[picked[i].at], place)) {
                return false;
            }
        }
    }
    return true;
}

/* Counts the others of a later pass: those that are not like their owner. */
static bool count_next_pass(struct tally *tally, struct dj_ngram_source *source)
{
    uint32_t hashes[DJ_NGRAM_BLOCK];

    for (size_t first = 0; first < source->total; first += DJ_NGRAM_BLOCK) {
        const size_t count = dj_ngram_hashes(source, first, hashes);

        for (size_t i = 0; i < count; i++) {
            const uint32_t number = tally->owners[hashes[i] >> tally->owner_shift] - 1;

            if (!same(source, (uint32_t)tally->entries[number], first + i) &&
                !count_other(tally, source, hashes[i], first + i)) {
                return false;
            }
        }
    }
    return true;
}

/* Adds the counts of a finished pass to the histogram. */
static enum dj_status add_up(struct dj_ngrams *ngrams, const struct tally *tally)
{
    for (size_t i = 0; i < tally->nrepeated; i++) {
        const uint32_t count = (uint32_t)(tally->entries[tally->repeated[i]] >> 32);

        if (count < SMALL_COUNTS) {
            ngrams->small[count]++;
        } else {
            DJ_TRY(dj_buf_append(&ngrams->large,
                                 (struct dj_str){ (const char *)&count, sizeof(count) }));
        }
    }
    return DJ_OK;
}

/*
 * All passes. *whole is false when one ran over: hashes spread unevenly, and then
 * all is counted again in more passes.
 */
static enum dj_status count_passes(struct dj_ngrams *ngrams,
                                   struct dj_ngram_source *source, struct tally *tally,
                                   struct dj_ngram_counts *counts, bool *whole)
{
    const size_t room = tally->room;

    memset(ngrams->small, 0, sizeof(ngrams->small));
    dj_buf_reset(&ngrams->large);
    memset(tally->owners, 0, sizeof(uint32_t) << (32 - tally->owner_shift));
    tally->nentries = 0;
    tally->nrepeated = 0;
    tally->pass = 0;
    DJ_TRY(begin_slots(ngrams, room, tally));
    *whole = count_first_pass(tally, source);
    DJ_TRY(add_up(ngrams, tally));
    counts->distinct = dj_i64_from_size(tally->nentries);
    counts->single = dj_i64_from_size(tally->nentries - tally->nrepeated);
    for (tally->pass = 1; tally->pass < tally->npasses && *whole; tally->pass++) {
        const size_t before = tally->nentries;

        tally->nrepeated = 0;
        DJ_TRY(begin_slots(ngrams, room, tally));
        *whole = count_next_pass(tally, source);
        DJ_TRY(add_up(ngrams, tally));
        counts->distinct += dj_i64_from_size(tally->nentries - before);
        counts->single += dj_i64_from_size(tally->nentries - before - tally->nrepeated);
        tally->nentries = before;
    }
    tally->room = room;
    return DJ_OK;
}

static int descending(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;

    return (x < y) - (x > y);
}

static int64_t root(int64_t value)
{
    int64_t result = 0;

    for (int64_t bit = (int64_t)1 << 30; bit > 0; bit >>= 1) {
        if ((result | bit) * (result | bit) <= value) {
            result |= bit;
        }
    }
    return result;
}

/* The k highest counts all lie above 1, for k is at most distinct - single. */
static int64_t sum_of_top(struct dj_ngrams *ngrams, const struct dj_ngram_counts *counts)
{
    const size_t nlarge = ngrams->large.len / sizeof(uint32_t);
    uint32_t *large = (void *)ngrams->large.ptr;
    int64_t k = root(counts->distinct);
    int64_t sum = 0;

    if (k > counts->distinct - counts->single) {
        k = counts->distinct - counts->single;
    }
    if (nlarge > 1) {
        qsort(large, nlarge, sizeof(*large), descending);
    }
    for (size_t i = 0; i < nlarge && k > 0; i++, k--) {
        sum += large[i];
    }
    for (int64_t count = SMALL_COUNTS - 1; count > 1 && k > 0; count--) {
        const int64_t many = ngrams->small[count] < k ? ngrams->small[count] : k;

        sum += many * count;
        k -= many;
    }
    return sum;
}

static enum dj_status count_all(struct dj_ngrams *ngrams, struct dj_ngram_source *source,
                                struct dj_ngram_counts *counts)
{
    const unsigned bits = bits_for(4 * source->total, 8, OWNER_BITS);
    const size_t nowners = (size_t)1 << bits;
    /* An eighth of the n-grams share their hash at most, if owners are not capped. */
    const size_t expected =
        4 * source->total <= nowners ? source->total / 4 + 16 : source->total;
    const size_t room = expected < ngrams->limit ? expected : ngrams->limit;
    const size_t most = (source->total < nowners ? source->total : nowners) + 2 * room;
    struct tally tally = { .owner_shift = 32 - bits, .npasses = 1, .room = room };
    bool whole;

    while (expected / tally.npasses > room) {
        tally.npasses *= 2;
    }
    DJ_TRY(dj_buf_reserve(&ngrams->owners, nowners * sizeof(uint32_t)));
    DJ_TRY(dj_buf_reserve(&ngrams->entries, (most + 1) * sizeof(uint64_t)));
    DJ_TRY(dj_buf_reserve(&ngrams->repeated, (most + 1) * sizeof(uint32_t)));
    tally.owners = (void *)ngrams->owners.ptr;
    tally.entries = (void *)ngrams->entries.ptr;
    tally.repeated = (void *)ngrams->repeated.ptr;
    counts->total = dj_i64_from_size(source->total);
    do {
        DJ_TRY(count_passes(ngrams, source, &tally, counts, &whole));
        tally.npasses *= 2;
    } while (!whole);
    counts->top = sum_of_top(ngrams, counts);
    if (ngrams->entries.cap + ngrams->slots.cap + ngrams->points.cap > KEPT_BYTES) {
        release_memory(ngrams);
    }
    return DJ_OK;
}

/* --- characters and words ----------------------------------------------------------- */

static enum dj_status to_points(struct dj_ngrams *ngrams, struct dj_str text,
                                size_t length)
{
    const char *at = text.ptr;
    const char *end = text.ptr + text.len;
    uint32_t *point;

    dj_buf_reset(&ngrams->points);
    DJ_TRY(dj_buf_reserve(&ngrams->points, dj_size_mul(length, sizeof(uint32_t))));
    point = (void *)ngrams->points.ptr;
    while (at < end) {
        *point++ = dj_utf8_next(&at);
    }
    return DJ_OK;
}

enum dj_status dj_ngrams_of_text(struct dj_ngrams *ngrams, struct dj_str text, size_t n,
                                 struct dj_ngram_counts *counts)
{
    const bool ascii = dj_utf8_ascii(text);
    const size_t length = ascii ? text.len : dj_utf8_length(text);
    struct dj_ngram_source source;

    *counts = (struct dj_ngram_counts){ 0 };
    if (length < n) {
        return DJ_OK;
    }
    if (ascii && n <= DJ_NGRAM_SHORT) {
        dj_ngram_from_bytes(&source, text.ptr, length, n);
    } else {
        DJ_TRY(to_points(ngrams, text, length));
        dj_ngram_from_points(&source, (void *)ngrams->points.ptr, length, n);
    }
    return count_all(ngrams, &source, counts);
}

/* The number of the word: the place of the first word equal to it. */
static uint32_t number_word(struct tally *tally, const struct dj_words *words, size_t at)
{
    const uint32_t hash = dj_ngram_hash_word(words->items[at]);
    const uint64_t tag = tally->generation << 16 | (hash & 0xffff);
    uint32_t place = dj_ngram_mix(hash) & tally->mask;

    while (tally->slots[place] >> 48 == tally->generation) {
        const uint32_t number = (uint32_t)tally->slots[place];

        if (tally->slots[place] >> 32 == tag &&
            dj_str_equal(words->items[number], words->items[at])) {
            return number;
        }
        place = (place + 1) & tally->mask;
    }
    tally->slots[place] = tag << 32 | at;
    return (uint32_t)at;
}

enum dj_status dj_ngrams_of_words(struct dj_ngrams *ngrams, const struct dj_words *words,
                                  size_t n, struct dj_ngram_counts *counts)
{
    struct dj_ngram_source source;
    struct tally tally = { 0 };
    uint32_t *points;

    *counts = (struct dj_ngram_counts){ 0 };
    if (words->count < n) {
        return DJ_OK;
    }
    DJ_TRY(begin_slots(ngrams, words->count, &tally));
    dj_buf_reset(&ngrams->points);
    DJ_TRY(dj_buf_reserve(&ngrams->points, dj_size_mul(words->count, sizeof(uint32_t))));
    points = (void *)ngrams->points.ptr;
    for (size_t i = 0; i < words->count; i++) {
        points[i] = number_word(&tally, words, i);
    }
    dj_ngram_from_points(&source, points, words->count, n);
    return count_all(ngrams, &source, counts);
}

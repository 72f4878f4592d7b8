/*
 * Counts n-grams. Every hash value has an owner, the first n-gram that has it; the
 * owners are found without a branch, for whether an n-gram repeats is hard to
 * foretell. N-grams equal to their owner are its repeats; the few that are not go
 * through an open-addressing table. Short n-grams of ASCII text are compared as two
 * machine words, all others as sequences of numbers: code points, or the hashes of
 * words and then the words.
 */
#include "dj/ngram.h"

#include "dj/hash.h"
#include "text/ngram_hash.h"
#include "text/ngram_many.h"

enum {
    NARROW_LIMIT = UINT16_MAX, /* n-grams whose owners fit into two bytes each */
    OWNER_BITS = 22,           /* most owners, as a power of two */
    ORDINARY_LIMIT = 1 << 22,  /* others in one pass */
    KEPT_BYTES = 8 << 20,      /* memory above is given back after a text */
    GENERATIONS = 0xffff,
};

/*
 * A different n-gram has a number. In a narrow count, of a text of ordinary length, it is
 * the place where the n-gram stands first, and a table has how often it stands further
 * on. In a wide one memory is spared: the number is that of an entry, which is the place,
 * and in the upper half the count.
 */
static const uint64_t one = (uint64_t)1 << 32;

struct dj_ngrams {
    size_t limit;
    struct dj_buf owners; /* uint16_t or uint32_t: number + 1, 0 for none */
    struct dj_buf slots;  /* uint64_t: generation, 16 bits of hash, number */
    size_t nslots;        /* those that hold a value, if an old one */
    uint64_t generation;
    struct dj_buf entries;  /* uint64_t, or in a narrow count uint16_t */
    struct dj_buf repeated; /* uint32_t: numbers of n-grams that stand more than once */
    struct dj_buf points;   /* uint32_t */
    struct dj_ngram_many many;
};

/* One count at work. Values, so that they can live in registers. */
struct tally {
    void *owners;
    bool narrow;
    unsigned owner_shift;
    uint64_t *entries; /* wide */
    uint16_t *further; /* narrow */
    size_t nentries;   /* different n-grams */
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
    dj_ngram_many_init(&ngrams->many);
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
    dj_ngram_many_release(&ngrams->many);
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

/*
 * Repeats stand side by side: where the n-grams before these two were the same, only what
 * is new at their ends is compared.
 */
static bool same_points(struct dj_ngram_source *source, size_t a, size_t b)
{
    const size_t n = source->n;
    const size_t from = a == source->same_a && b == source->same_b ? n - 1 : 0;

    if (memcmp(source->points + a + from, source->points + b + from,
               (n - from) * sizeof(uint32_t)) != 0) {
        return false;
    }
    for (size_t i = from; source->words != NULL && i < n; i++) {
        if (!dj_str_equal(source->words[a + i], source->words[b + i])) {
            return false;
        }
    }
    source->same_a = a + 1;
    source->same_b = b + 1;
    return true;
}

static inline bool same(struct dj_ngram_source *source, size_t a, size_t b)
{
    uint64_t low;
    uint64_t high;

    if (source->points != NULL) {
        return same_points(source, a, b);
    }
    low = dj_load64(source->bytes + a) ^ dj_load64(source->bytes + b);
    high = dj_load64(source->bytes + a + 8) ^ dj_load64(source->bytes + b + 8);
    return ((low & source->low_mask) | (high & source->high_mask)) == 0;
}

static inline uint32_t place_of(const struct tally *tally, uint32_t number, bool narrow)
{
    return narrow ? number : (uint32_t)tally->entries[number];
}

static inline uint32_t count_of(const struct tally *tally, uint32_t number, bool narrow)
{
    return narrow ? tally->further[number] + 1u
                  : (uint32_t)(tally->entries[number] >> 32);
}

/* times: 1, or 0 for nothing. */
static inline void add_repeat(struct tally *tally, uint32_t number, unsigned times,
                              bool narrow)
{
    tally->repeated[tally->nrepeated] = number;
    tally->nrepeated += (count_of(tally, number, narrow) == 1) & times;
    if (narrow) {
        tally->further[number] = (uint16_t)(tally->further[number] + times);
    } else {
        tally->entries[number] += (uint64_t)times << 32;
    }
}

/* Counts an n-gram that has a hash in common with another. False: no room. */
static bool count_other(struct tally *tally, struct dj_ngram_source *source,
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
            same(source, place_of(tally, number, tally->narrow), place)) {
            add_repeat(tally, number, 1, tally->narrow);
            return true;
        }
    }
    if (tally->room == 0) {
        return false;
    }
    tally->room--;
    tally->slots[at] = tag << 32 | (tally->narrow ? place : tally->nentries);
    if (!tally->narrow) {
        tally->entries[tally->nentries] = one | place;
    }
    tally->nentries++;
    return true;
}

static inline uint32_t owner_of(const struct tally *tally, uint32_t hash)
{
    const uint32_t place = hash >> tally->owner_shift;

    return tally->narrow ? ((const uint16_t *)tally->owners)[place]
                         : ((const uint32_t *)tally->owners)[place];
}

/*
 * Makes owners of the hashes that have none. Those that have one are picked: the place in
 * the block, and in the upper half the number + 1. Returns how many.
 */
static size_t find_narrow(struct tally *tally, const uint32_t *hashes, size_t count,
                          size_t first, uint64_t *picked)
{
    uint16_t *owners = tally->owners;
    const unsigned shift = tally->owner_shift;
    size_t npicked = 0;

    for (size_t i = 0; i < count; i++) {
        uint16_t *owner = &owners[hashes[i] >> shift];
        const uint16_t before = *owner;

        *owner = before == 0 ? (uint16_t)(first + i + 1) : before;
        picked[npicked] = (uint64_t)before << 32 | i;
        npicked += before != 0;
    }
    tally->nentries += count - npicked;
    return npicked;
}

static size_t find_wide(struct tally *tally, const uint32_t *hashes, size_t count,
                        size_t first, uint64_t *picked)
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
        picked[npicked] = (uint64_t)before << 32 | i;
        npicked += before != 0;
    }
    tally->nentries = nentries;
    return npicked;
}

/* Counts the picked that are like their owners; the others' places stay in picked. */
static inline size_t count_repeats(struct tally *tally, struct dj_ngram_source *source,
                                   size_t first, uint64_t *picked, size_t npicked,
                                   bool narrow)
{
    size_t nothers = 0;

    for (size_t i = 0; i < npicked; i++) {
        const uint32_t at = (uint32_t)picked[i];
        const uint32_t number = (uint32_t)(picked[i] >> 32) - 1;
        const bool repeats = same(source, place_of(tally, number, narrow), first + at);

        add_repeat(tally, number, repeats, narrow);
        picked[nothers] = at;
        nothers += !repeats;
    }
    return nothers;
}

/* Makes owners, counts their repeats, and of the others those of the first pass. */
static bool count_first_pass(struct tally *tally, struct dj_ngram_source *source)
{
    uint32_t hashes[DJ_NGRAM_BLOCK];
    uint64_t picked[DJ_NGRAM_BLOCK + 1];

    for (size_t first = 0; first < source->total; first += DJ_NGRAM_BLOCK) {
        const size_t count = dj_ngram_hashes(source, first, hashes);
        size_t nothers;

        if (tally->narrow) {
            nothers = find_narrow(tally, hashes, count, first, picked);
            nothers = count_repeats(tally, source, first, picked, nothers, true);
        } else {
            nothers = find_wide(tally, hashes, count, first, picked);
            nothers = count_repeats(tally, source, first, picked, nothers, false);
        }
        for (size_t i = 0; i < nothers; i++) {
            if (!count_other(tally, source, hashes[picked[i]], first + picked[i])) {
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
            const uint32_t number = owner_of(tally, hashes[i]) - 1;

            if (!same(source, place_of(tally, number, tally->narrow), first + i) &&
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
        DJ_TRY(dj_ngram_many_add(&ngrams->many,
                                 count_of(tally, tally->repeated[i], tally->narrow)));
    }
    return DJ_OK;
}

static size_t owner_size(const struct tally *tally)
{
    return tally->narrow ? sizeof(uint16_t) : sizeof(uint32_t);
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

    dj_ngram_many_reset(&ngrams->many);
    memset(tally->owners, 0, owner_size(tally) << (32 - tally->owner_shift));
    if (tally->narrow) {
        memset(tally->further, 0, source->total * sizeof(*tally->further));
    }
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
    struct tally tally = {
        .narrow = source->total < NARROW_LIMIT,
        .owner_shift = 32 - bits,
        .npasses = 1,
        .room = room,
    };
    bool whole;

    while (expected / tally.npasses > room) {
        tally.npasses *= 2;
    }
    DJ_TRY(dj_buf_reserve(&ngrams->owners, nowners * owner_size(&tally)));
    DJ_TRY(dj_buf_reserve(&ngrams->entries, tally.narrow
                                                ? source->total * sizeof(*tally.further)
                                                : (most + 1) * sizeof(*tally.entries)));
    DJ_TRY(dj_buf_reserve(&ngrams->repeated, (most + 1) * sizeof(uint32_t)));
    tally.owners = ngrams->owners.ptr;
    tally.entries = (void *)ngrams->entries.ptr;
    tally.further = (void *)ngrams->entries.ptr;
    tally.repeated = (void *)ngrams->repeated.ptr;
    counts->total = dj_i64_from_size(source->total);
    do {
        DJ_TRY(count_passes(ngrams, source, &tally, counts, &whole));
        tally.npasses *= 2;
    } while (!whole);
    counts->top = dj_ngram_many_top(&ngrams->many, counts->distinct, counts->single);
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

enum dj_status dj_ngrams_of_words(struct dj_ngrams *ngrams, const struct dj_words *words,
                                  size_t n, struct dj_ngram_counts *counts)
{
    struct dj_ngram_source source;
    uint32_t *points;

    *counts = (struct dj_ngram_counts){ 0 };
    if (words->count < n) {
        return DJ_OK;
    }
    dj_buf_reset(&ngrams->points);
    DJ_TRY(dj_buf_reserve(&ngrams->points, dj_size_mul(words->count, sizeof(uint32_t))));
    points = (void *)ngrams->points.ptr;
    for (size_t i = 0; i < words->count; i++) {
        points[i] = dj_ngram_hash_word(words->items[i]);
    }
    dj_ngram_from_points(&source, points, words->count, n);
    source.words = words->items;
    return count_all(ngrams, &source, counts);
}

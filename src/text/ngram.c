/*
 * Counts n-grams with an open-addressing table. A slot holds the generation of the
 * text it belongs to, so the table is never cleared between texts, a few bits of
 * the hash, and the number of the n-gram. Short n-grams of ASCII text are compared
 * as two machine words; all others as sequences of numbers: code points, or words
 * numbered by first appearance.
 */
#include "dj/ngram.h"

#include <stdlib.h>

#include "dj/hash.h"

enum {
    BLOCK = 64,               /* hashes computed ahead of the table */
    SMALL_COUNTS = 256,       /* counts below are kept as a histogram */
    SHORT_BYTES = 16,         /* longest n-gram of ASCII text in two words */
    ORDINARY_LIMIT = 1 << 22, /* n-grams of one pass */
    KEPT_BYTES = 8 << 20,     /* memory above is given back after a text */
    GENERATIONS = 0xffff,
};

static const uint64_t base = 0x9e3779b97f4a7c15;
static const uint64_t mix1 = 0xbf58476d1ce4e5b9;
static const uint64_t mix2 = 0x94d049bb133111eb;

struct entry {
    uint32_t first; /* where the n-gram stands for the first time */
    uint32_t count;
};

struct dj_ngrams {
    size_t limit;
    struct dj_buf slots; /* uint64_t: generation, 16 bits of hash, entry */
    size_t nslots;       /* those that hold a value, if an old one */
    uint64_t generation;
    struct dj_buf entries; /* struct entry */
    struct dj_buf points;  /* uint32_t */
    struct dj_buf large;   /* uint32_t: counts that the histogram has no place for */
    int64_t small[SMALL_COUNTS];
};

/* The n-grams to count: in bytes when points is NULL. */
struct source {
    const char *bytes;
    const uint32_t *points;
    size_t n;
    size_t total;
    uint64_t low_mask; /* of the first and second eight bytes */
    uint64_t high_mask;
    uint64_t rolling; /* hash of the points that were read last */
    uint64_t oldest;  /* factor of the oldest of them */
};

struct table {
    uint64_t *slots;
    struct entry *entries;
    uint64_t generation;
    uint64_t mask;
    unsigned shift;
    size_t used;
    size_t limit;
};

struct dj_ngrams *dj_ngrams_new(size_t limit)
{
    struct dj_ngrams *ngrams = dj_xmalloc(sizeof(*ngrams));

    ngrams->limit = limit == 0 ? ORDINARY_LIMIT : limit;
    dj_buf_init(&ngrams->slots);
    dj_buf_init(&ngrams->entries);
    dj_buf_init(&ngrams->points);
    dj_buf_init(&ngrams->large);
    return ngrams;
}

static void release_memory(struct dj_ngrams *ngrams)
{
    dj_buf_release(&ngrams->slots);
    ngrams->nslots = 0;
    dj_buf_release(&ngrams->entries);
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

/* --- the table -------------------------------------------------------------------- */

/* Starts a generation with room for up to count different entries. */
static enum dj_status table_begin(struct dj_ngrams *ngrams, size_t count,
                                  struct table *table)
{
    unsigned bits = 6;

    while (((size_t)1 << bits) < 2 * count) {
        bits++;
    }
    if (ngrams->nslots < (size_t)1 << bits || ngrams->generation == GENERATIONS) {
        const size_t nslots =
            ngrams->nslots > (size_t)1 << bits ? ngrams->nslots : (size_t)1 << bits;

        DJ_TRY(dj_buf_reserve(&ngrams->slots, nslots * sizeof(uint64_t)));
        memset(ngrams->slots.ptr, 0, nslots * sizeof(uint64_t));
        ngrams->nslots = nslots;
        ngrams->generation = 0;
    }
    DJ_TRY(dj_buf_reserve(&ngrams->entries, (count + 1) * sizeof(struct entry)));
    ngrams->generation++;
    *table = (struct table){
        .slots = (void *)ngrams->slots.ptr,
        .entries = (void *)ngrams->entries.ptr,
        .generation = ngrams->generation,
        .mask = ((uint64_t)1 << bits) - 1,
        .shift = 64 - bits,
        .limit = count,
    };
    return DJ_OK;
}

static inline uint64_t load64(const char *from)
{
    uint64_t value;

    memcpy(&value, from, sizeof(value));
    return value;
}

static inline uint64_t finish_hash(uint64_t hash)
{
    return (hash ^ hash >> 32) * mix1;
}

static inline bool same(const struct source *source, size_t a, size_t b)
{
    if (source->points != NULL) {
        return memcmp(source->points + a, source->points + b,
                      source->n * sizeof(uint32_t)) == 0;
    }
    return ((load64(source->bytes + a) ^ load64(source->bytes + b)) & source->low_mask) ==
               0 &&
           ((load64(source->bytes + a + 8) ^ load64(source->bytes + b + 8)) &
            source->high_mask) == 0;
}

/* Counts the n-gram at place; false when the table may not hold one more. */
static inline bool table_count(struct table *table, const struct source *source,
                               uint64_t hash, size_t place)
{
    const uint64_t tag = table->generation << 16 | (hash >> 8 & 0xffff);
    uint64_t at = hash >> table->shift;

    for (;;) {
        const uint64_t slot = table->slots[at];

        if (slot >> 32 == tag) {
            struct entry *entry = &table->entries[(uint32_t)slot];

            if (same(source, entry->first, place)) {
                entry->count++;
                return true;
            }
        } else if (slot >> 48 != table->generation) {
            break;
        }
        at = (at + 1) & table->mask;
    }
    if (table->used == table->limit) {
        return false;
    }
    table->slots[at] = tag << 32 | table->used;
    table->entries[table->used++] = (struct entry){ (uint32_t)place, 1 };
    return true;
}

/* --- hashes ------------------------------------------------------------------------- */

static void hash_bytes(const struct source *source, size_t first, size_t count,
                       uint64_t *hashes)
{
    for (size_t i = 0; i < count; i++) {
        const char *at = source->bytes + first + i;
        const uint64_t low = load64(at) & source->low_mask;
        const uint64_t high = load64(at + 8) & source->high_mask;

        hashes[i] = finish_hash(low * base + high * mix2);
    }
}

/* Goes on from the n-gram before first, whose hash is source->rolling. */
static void hash_points(struct source *source, size_t first, size_t count,
                        uint64_t *hashes)
{
    const uint32_t *points = source->points + first;
    const size_t n = source->n;
    uint64_t rolling = source->rolling;
    size_t i = 0;

    if (first == 0) {
        rolling = 0;
        source->oldest = 1;
        for (size_t j = 0; j < n; j++) {
            rolling = rolling * base + points[j];
            source->oldest *= base;
        }
        hashes[i++] = finish_hash(rolling);
    }
    for (; i < count; i++) {
        const uint64_t gone = (points + i)[-1];

        rolling = rolling * base + points[i + n - 1] - gone * source->oldest;
        hashes[i] = finish_hash(rolling);
    }
    source->rolling = rolling;
}

/* --- counting -------------------------------------------------------------------------
 */

/* Counts the n-grams whose hash falls to this pass of npasses (a power of two). */
static bool count_pass(struct table *table, struct source *source, uint64_t pass,
                       uint64_t npasses)
{
    uint64_t hashes[BLOCK];

    for (size_t first = 0; first < source->total; first += BLOCK) {
        const size_t left = source->total - first;
        const size_t count = left < BLOCK ? left : BLOCK;

        if (source->points == NULL) {
            hash_bytes(source, first, count, hashes);
        } else {
            hash_points(source, first, count, hashes);
        }
        for (size_t i = 0; i < count; i++) {
            if ((hashes[i] & (npasses - 1)) == pass &&
                !table_count(table, source, hashes[i], first + i)) {
                return false;
            }
        }
    }
    return true;
}

/* Adds the counts of a finished pass to the histogram. */
static enum dj_status add_up(struct dj_ngrams *ngrams, const struct table *table)
{
    for (size_t i = 0; i < table->used; i++) {
        const uint32_t count = table->entries[i].count;

        if (count < SMALL_COUNTS) {
            ngrams->small[count]++;
        } else {
            DJ_TRY(dj_buf_append(&ngrams->large,
                                 (struct dj_str){ (const char *)&count, sizeof(count) }));
        }
    }
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

static enum dj_status count_all(struct dj_ngrams *ngrams, struct source *source,
                                struct dj_ngram_counts *counts)
{
    uint64_t npasses = 1;
    bool whole;

    while (source->total / npasses > ngrams->limit) {
        npasses *= 2;
    }
    /* Hashes spread unevenly; when a pass runs over, all is counted in more passes. */
    do {
        whole = true;
        memset(ngrams->small, 0, sizeof(ngrams->small));
        dj_buf_reset(&ngrams->large);
        for (uint64_t pass = 0; pass < npasses && whole; pass++) {
            const size_t room =
                source->total < ngrams->limit ? source->total : ngrams->limit;
            struct table table;

            DJ_TRY(table_begin(ngrams, room, &table));
            whole = count_pass(&table, source, pass, npasses);
            DJ_TRY(add_up(ngrams, &table));
        }
        npasses *= 2;
    } while (!whole);

    counts->total = dj_i64_from_size(source->total);
    counts->single = ngrams->small[1];
    counts->distinct = dj_i64_from_size(ngrams->large.len / sizeof(uint32_t));
    for (size_t i = 1; i < SMALL_COUNTS; i++) {
        counts->distinct += ngrams->small[i];
    }
    counts->top = sum_of_top(ngrams, counts);
    if (ngrams->slots.cap + ngrams->entries.cap + ngrams->points.cap > KEPT_BYTES) {
        release_memory(ngrams);
    }
    return DJ_OK;
}

/* --- characters and words ----------------------------------------------------------- */

static uint64_t mask_of(size_t bytes)
{
    return bytes >= 8 ? UINT64_MAX : ((uint64_t)1 << 8 * bytes) - 1;
}

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
    struct source source = { .n = n };

    *counts = (struct dj_ngram_counts){ 0 };
    if (length < n) {
        return DJ_OK;
    }
    source.total = length - n + 1;
    if (ascii && n <= SHORT_BYTES && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
        source.bytes = text.ptr;
        source.low_mask = mask_of(n);
        source.high_mask = n <= 8 ? 0 : mask_of(n - 8);
    } else {
        DJ_TRY(to_points(ngrams, text, length));
        source.points = (void *)ngrams->points.ptr;
    }
    return count_all(ngrams, &source, counts);
}

static uint64_t hash_word(struct dj_str word)
{
    if (word.len > SHORT_BYTES) {
        return finish_hash(dj_hash64(word));
    }
    return finish_hash(
        (load64(word.ptr) & mask_of(word.len)) * base +
        (word.len <= 8 ? 0 : (load64(word.ptr + 8) & mask_of(word.len - 8)) * mix2) +
        word.len * mix1);
}

/* The number of the word: that of the first word equal to it. */
static uint32_t word_number(struct table *table, const struct dj_words *words, size_t at)
{
    const uint64_t hash = hash_word(words->items[at]);
    const uint64_t tag = table->generation << 16 | (hash >> 8 & 0xffff);
    uint64_t place = hash >> table->shift;

    for (;;) {
        const uint64_t slot = table->slots[place];

        if (slot >> 32 == tag &&
            dj_str_equal(words->items[(uint32_t)slot], words->items[at])) {
            return (uint32_t)slot;
        }
        if (slot >> 48 != table->generation) {
            table->slots[place] = tag << 32 | at;
            return (uint32_t)at;
        }
        place = (place + 1) & table->mask;
    }
}

enum dj_status dj_ngrams_of_words(struct dj_ngrams *ngrams, const struct dj_words *words,
                                  size_t n, struct dj_ngram_counts *counts)
{
    struct source source = { .n = n };
    struct table table;
    uint32_t *points;

    *counts = (struct dj_ngram_counts){ 0 };
    if (words->count < n) {
        return DJ_OK;
    }
    DJ_TRY(table_begin(ngrams, words->count, &table));
    dj_buf_reset(&ngrams->points);
    DJ_TRY(dj_buf_reserve(&ngrams->points, dj_size_mul(words->count, sizeof(uint32_t))));
    points = (void *)ngrams->points.ptr;
    for (size_t i = 0; i < words->count; i++) {
        points[i] = word_number(&table, words, i);
    }
    source.points = points;
    source.total = words->count - n + 1;
    return count_all(ngrams, &source, counts);
}

/*
 * Sorting records in place, by digits from the most significant one. Keys are mostly
 * hashes, so two digits leave groups of a few records, which are sorted by insertion;
 * what all records of a group have in common is skipped, so long keys cost no passes.
 * tests/bench/exchange.c has its speed beside that of qsort.
 */
#include "exchange/exchange_private.h"

_Static_assert(sizeof(struct dj_note) == 4 * sizeof(uint64_t), "hi, lo, value, row");

enum { WORDS = 4, BITS_MAX = 10, DIGITS_MAX = 1 << BITS_MAX, SMALL = 20, AHEAD = 6 };

static uint64_t word_of(const struct dj_note *note, int word)
{
    uint64_t value;

    memcpy(&value, (const char *)note + (size_t)word * sizeof(value), sizeof(value));
    return value;
}

static void insertion_sort(struct dj_note *notes, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct dj_note here = notes[i];
        size_t at = i;

        for (; at > 0 && dj_note_before(&here, &notes[at - 1]); at--) {
            notes[at] = notes[at - 1];
        }
        notes[at] = here;
    }
}

/* The first word from *word on in which records differ, and the bits that do. */
static uint64_t find_difference(const struct dj_note *notes, size_t count, int *word)
{
    for (; *word < WORDS; (*word)++) {
        const uint64_t first = word_of(&notes[0], *word);
        uint64_t bits = 0;

        for (size_t i = 1; i < count; i++) {
            bits |= word_of(&notes[i], *word) ^ first;
        }
        if (bits != 0) {
            return bits;
        }
    }
    return 0;
}

/* Some bits of a word. */
struct digit {
    int word, shift;
    size_t count; /* of digits, a power of two */
};

static size_t digit_of(const struct dj_note *note, struct digit digit)
{
    return (size_t)(word_of(note, digit.word) >> digit.shift) & (digit.count - 1);
}

/*
 * The highest of the bits that differ, as many as leave groups of a few records: more
 * would cost more for empty groups than they sort.
 */
static struct digit choose_digit(size_t count, int word, uint64_t difference)
{
    const int top = 64 - __builtin_clzll(difference);
    int bits = 64 - __builtin_clzll(count) - 3;

    bits = bits > BITS_MAX ? BITS_MAX : bits;
    bits = bits > top ? top : bits;
    return (struct digit){ word, top - bits, (size_t)1 << bits };
}

/*
 * Brings each record into its digit's range, along the cycles of the permutation. Where
 * the next one of a range will be looked for is told to the cache well before.
 */
static void distribute(struct dj_note *notes, size_t *heads, const size_t *ends,
                       struct digit digit)
{
    for (size_t group = 0; group < digit.count; group++) {
        while (heads[group] < ends[group]) {
            struct dj_note here = notes[heads[group]];
            size_t to = digit_of(&here, digit);

            while (to != group) {
                struct dj_note *const place = &notes[heads[to]++];
                const struct dj_note there = *place;

                __builtin_prefetch(place + AHEAD, 1);
                *place = here;
                here = there;
                to = digit_of(&here, digit);
            }
            notes[heads[group]++] = here;
        }
    }
}

/* All of the notes are the same before this word. */
static void sort_from(struct dj_note *notes, size_t count, int word)
{
    size_t heads[DIGITS_MAX];
    size_t ends[DIGITS_MAX];
    struct digit digit;
    uint64_t difference;
    size_t at = 0;

    if (count <= SMALL) {
        insertion_sort(notes, count);
        return;
    }
    difference = find_difference(notes, count, &word);
    if (difference == 0) {
        return;
    }
    digit = choose_digit(count, word, difference);
    memset(ends, 0, digit.count * sizeof(*ends));
    for (size_t i = 0; i < count; i++) {
        ends[digit_of(&notes[i], digit)]++;
    }
    for (size_t group = 0; group < digit.count; group++) {
        heads[group] = at;
        at += ends[group];
        ends[group] = at;
    }
    distribute(notes, heads, ends, digit);
    at = 0;
    for (size_t group = 0; group < digit.count; group++) {
        sort_from(notes + at, ends[group] - at, word);
        at = ends[group];
    }
}

void dj_notes_sort(struct dj_note *notes, size_t count)
{
    sort_from(notes, count, 0);
}

/*
 * Sorting records in place, by digits from the most significant one. Keys are mostly
 * hashes, so two digits leave groups of a few records, which are sorted by insertion;
 * what all records of a group have in common is skipped, so long keys cost no passes.
 */
#include "exchange/exchange_private.h"

enum { WORDS = 4, DIGITS = 256, SMALL = 24 };

static uint64_t word_of(const struct dj_note *note, int word)
{
    switch (word) {
    case 0:
        return note->hi;
    case 1:
        return note->lo;
    case 2:
        return note->value;
    default:
        return note->row;
    }
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

static size_t digit_of(const struct dj_note *note, int word, int shift)
{
    return (size_t)(word_of(note, word) >> shift) % DIGITS;
}

/* Brings each record into its digit's range, along the cycles of the permutation. */
static void distribute(struct dj_note *notes, size_t *heads, const size_t *ends, int word,
                       int shift)
{
    for (size_t digit = 0; digit < DIGITS; digit++) {
        while (heads[digit] < ends[digit]) {
            struct dj_note here = notes[heads[digit]];
            size_t to = digit_of(&here, word, shift);

            while (to != digit) {
                const struct dj_note there = notes[heads[to]];

                notes[heads[to]++] = here;
                here = there;
                to = digit_of(&here, word, shift);
            }
            notes[heads[digit]++] = here;
        }
    }
}

/* All of the notes are the same before this word. */
static void sort_from(struct dj_note *notes, size_t count, int word)
{
    size_t heads[DIGITS];
    size_t ends[DIGITS] = { 0 };
    uint64_t bits;
    size_t at = 0;
    int shift;

    if (count <= SMALL) {
        insertion_sort(notes, count);
        return;
    }
    bits = find_difference(notes, count, &word);
    if (bits == 0) {
        return;
    }
    shift = 64 - __builtin_clzll(bits) - 8;
    shift = shift < 0 ? 0 : shift;
    for (size_t i = 0; i < count; i++) {
        ends[digit_of(&notes[i], word, shift)]++;
    }
    for (size_t digit = 0; digit < DIGITS; digit++) {
        heads[digit] = at;
        at += ends[digit];
        ends[digit] = at;
    }
    distribute(notes, heads, ends, word, shift);
    at = 0;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        sort_from(notes + at, ends[digit] - at, word);
        at = ends[digit];
    }
}

void dj_notes_sort(struct dj_note *notes, size_t count)
{
    sort_from(notes, count, 0);
}

/*
 * Edits from one text to another. From the first difference on, the nearest place is
 * looked for where both go on alike: a character that was replaced, a stretch that was
 * taken out or put in, and then any pair of places. What is found is not always the
 * shortest, and need not be.
 */
#include "data/layer_diff.h"

#include <endian.h>

enum {
    WORD = 8,        /* bytes that must be alike to go on from there */
    KEEP_LEAST = 12, /* bytes between two edits that are worth the second one */
    NEAR = 64,       /* how far a place to go on from is looked for first */
    NEAR_BITS = 8,
    FAR = 2048, /* and then */
    FAR_BITS = 12,
};

static uint64_t word_at(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

/* The byte is not the first one of its character. */
static bool is_inside(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

static size_t common_begin(const char *a, const char *b, size_t most)
{
    size_t n = 0;

    /* Most of a text is alike: four words a step as long as they are. */
    for (; n + 4 * WORD <= most; n += 4 * WORD) {
        if (((word_at(a + n) ^ word_at(b + n)) |
             (word_at(a + n + WORD) ^ word_at(b + n + WORD)) |
             (word_at(a + n + 2 * WORD) ^ word_at(b + n + 2 * WORD)) |
             (word_at(a + n + 3 * WORD) ^ word_at(b + n + 3 * WORD))) != 0) {
            break;
        }
    }
    for (; n + WORD <= most; n += WORD) {
        const uint64_t differ = word_at(a + n) ^ word_at(b + n);

        if (differ != 0) {
            return n + (size_t)__builtin_ctzll(htole64(differ)) / 8;
        }
    }
    while (n < most && a[n] == b[n]) {
        n++;
    }
    return n;
}

/* The same backwards from two ends. */
static size_t common_end(const char *a, const char *b, size_t most)
{
    size_t n = 0;

    for (; n + WORD <= most; n += WORD) {
        const uint64_t differ = word_at(a - n - WORD) ^ word_at(b - n - WORD);

        if (differ != 0) {
            return n + (size_t)__builtin_clzll(htole64(differ)) / 8;
        }
    }
    while (n < most && a[-1 - (ptrdiff_t)n] == b[-1 - (ptrdiff_t)n]) {
        n++;
    }
    return n;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t left(const char *p, const char *end)
{
    return (size_t)(end - p);
}

/* So many bytes from p on, or less, so that no character is cut in half. */
static size_t whole_characters(const char *p, const char *end, size_t n)
{
    while (n > 0 && p + n < end && is_inside(p[n])) {
        n--;
    }
    return n;
}

void layer_diff_init(struct layer_diff *diff, struct dj_str old, struct dj_str new)
{
    const size_t most = smaller(old.len, new.len);
    size_t end;

    diff->old = old.ptr;
    diff->new = new.ptr;
    diff->old_end = old.ptr + old.len;
    diff->new_end = new.ptr + new.len;
    diff->same =
        whole_characters(new.ptr, diff->new_end, common_begin(old.ptr, new.ptr, most));
    end = common_end(diff->old_end, diff->new_end, most - diff->same);
    while (end > 0 && is_inside(diff->new_end[-(ptrdiff_t)end])) {
        end--;
    }
    diff->old_end -= end;
    diff->new_end -= end;
}

/* --- where both go on alike -----------------------------------------------------------
 */

/* How many bytes of each stand before such a place. */
struct gap {
    size_t old, new;
};

/* A character was replaced by another one, or a few bytes were taken out. */
static bool find_replaced(const struct layer_diff *diff, struct gap *gap)
{
    static const struct gap known[] = { { 1, 1 }, { 1, 0 }, { 2, 0 }, { 3, 0 },
                                        { 4, 0 }, { 2, 1 }, { 3, 1 }, { 2, 2 },
                                        { 3, 3 }, { 4, 1 }, { 4, 4 }, { 3, 2 } };
    const size_t old_left = left(diff->old, diff->old_end);
    const size_t new_left = left(diff->new, diff->new_end);

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].old + WORD <= old_left && known[i].new + WORD <= new_left &&
            !is_inside(diff->new[known[i].new]) &&
            word_at(diff->old + known[i].old) == word_at(diff->new + known[i].new)) {
            *gap = known[i];
            return true;
        }
    }
    return false;
}

/* The first place in [p, end) where the word stands, not beyond most bytes. */
static bool find_word(const char *p, const char *end, uint64_t word, size_t most,
                      size_t *at)
{
    const size_t places = left(p, end) < WORD ? 0 : left(p, end) - WORD + 1;
    const size_t stop = smaller(places, most);

    for (size_t i = 0; i < stop; i++) {
        if (word_at(p + i) == word) {
            *at = i;
            return true;
        }
    }
    return false;
}

/* Something was taken out, not more than most bytes. */
static bool find_cut(const struct layer_diff *diff, size_t most, struct gap *gap)
{
    gap->new = 0;
    return left(diff->new, diff->new_end) >= WORD && !is_inside(diff->new[0]) &&
           find_word(diff->old, diff->old_end, word_at(diff->new), most, &gap->old);
}

/* Something was put in. */
static bool find_put(const struct layer_diff *diff, struct gap *gap)
{
    gap->old = 0;
    return left(diff->old, diff->old_end) >= WORD && !is_inside(diff->old[0]) &&
           find_word(diff->new, diff->new_end, word_at(diff->old), FAR, &gap->new);
}

static size_t slot_of(uint64_t word, unsigned bits)
{
    return (size_t)((word * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - bits));
}

/*
 * Any pair of places: the words of the old text are entered in a table of 2^bits
 * noughts, those of the new one looked up.
 */
static bool find_pair(const struct layer_diff *diff, size_t most, uint16_t *table,
                      unsigned bits, struct gap *gap)
{
    const size_t old_left = left(diff->old, diff->old_end);
    const size_t new_left = left(diff->new, diff->new_end);

    if (old_left < WORD || new_left < WORD) {
        return false;
    }
    for (size_t i = smaller(old_left - WORD + 1, most); i-- > 0;) {
        table[slot_of(word_at(diff->old + i), bits)] = (uint16_t)(i + 1);
    }
    for (size_t i = 0; i < smaller(new_left - WORD + 1, most); i++) {
        const uint64_t word = word_at(diff->new + i);
        const size_t place = table[slot_of(word, bits)];

        if (place > 0 && word_at(diff->old + place - 1) == word &&
            !is_inside(diff->new[i])) {
            *gap = (struct gap){ place - 1, i };
            return true;
        }
    }
    return false;
}

static bool find_pair_near(const struct layer_diff *diff, struct gap *gap)
{
    uint16_t table[1 << NEAR_BITS] = { 0 };

    return find_pair(diff, NEAR, table, NEAR_BITS, gap);
}

static bool find_pair_far(const struct layer_diff *diff, struct gap *gap)
{
    uint16_t table[1 << FAR_BITS] = { 0 };

    return find_pair(diff, FAR, table, FAR_BITS, gap);
}

/* The nearest place where both go on alike, or the ends. */
static struct gap find_gap(const struct layer_diff *diff)
{
    struct gap gap;

    if (diff->old < diff->old_end && diff->new < diff->new_end &&
        (find_replaced(diff, &gap) || find_cut(diff, NEAR, &gap) ||
         find_pair_near(diff, &gap) || find_cut(diff, FAR, &gap) ||
         find_put(diff, &gap) || find_pair_far(diff, &gap))) {
        return gap;
    }
    return (struct gap){ left(diff->old, diff->old_end), left(diff->new, diff->new_end) };
}

bool layer_diff_next(struct layer_diff *diff, struct layer_edit *edit)
{
    const char *old, *new;

    edit->keep = whole_characters(diff->new, diff->new_end, diff->same);
    old = diff->old += edit->keep;
    new = diff->new += edit->keep;
    if (old == diff->old_end && new == diff->new_end) {
        return false;
    }
    do {
        const struct gap gap = find_gap(diff);

        diff->old += gap.old;
        diff->new += gap.new;
        edit->cut = left(old, diff->old);
        edit->put = (struct dj_str){ new, left(new, diff->new) };
        diff->same = common_begin(
            diff->old, diff->new,
            smaller(left(diff->old, diff->old_end), left(diff->new, diff->new_end)));
        /* Too little to end the edit here, and more differences behind it. */
        if (diff->same >= KEEP_LEAST || (left(diff->old, diff->old_end) == diff->same &&
                                         left(diff->new, diff->new_end) == diff->same)) {
            return true;
        }
        diff->old += diff->same;
        diff->new += diff->same;
    } while (true);
}

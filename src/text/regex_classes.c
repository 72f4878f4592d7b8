/*
 * Sets of characters: what \w \d \s mean in each flavour, spelt out from the
 * project's tables so that the Unicode version of PCRE2 does not decide, and what
 * ignoring case adds beyond PCRE2's folding.
 */
#include <stdlib.h>

#include "dj/text.h"

#include "text/regex_private.h"

/* --- ranges ------------------------------------------------------------------------- */

void dj_rx_ranges_add(struct dj_rx_ranges *ranges, uint32_t lo, uint32_t hi)
{
    if (ranges->count == ranges->cap) {
        ranges->cap = ranges->cap * 2 + 8;
        ranges->items =
            dj_xrealloc(ranges->items, ranges->cap * sizeof(struct dj_rx_range));
    }
    ranges->items[ranges->count++] = (struct dj_rx_range){ lo, hi };
}

void dj_rx_ranges_release(struct dj_rx_ranges *ranges)
{
    dj_xfree(ranges->items);
    *ranges = (struct dj_rx_ranges){ 0 };
}

static int by_start(const void *a, const void *b)
{
    const struct dj_rx_range *left = a;
    const struct dj_rx_range *right = b;

    return left->lo < right->lo ? -1 : left->lo > right->lo;
}

/* A text holds no surrogates, and PCRE2 takes none. */
static void drop_surrogates(struct dj_rx_ranges *ranges)
{
    const size_t count = ranges->count;

    for (size_t i = 0; i < count; i++) {
        struct dj_rx_range *range = &ranges->items[i];

        if (range->hi < 0xd800 || range->lo > 0xdfff) {
            continue;
        }
        if (range->lo < 0xd800 && range->hi > 0xdfff) {
            const uint32_t hi = range->hi;

            range->hi = 0xd7ff;
            dj_rx_ranges_add(ranges, 0xe000, hi);
        } else if (range->lo < 0xd800) {
            range->hi = 0xd7ff;
        } else if (range->hi > 0xdfff) {
            range->lo = 0xe000;
        } else {
            range->lo = DJ_RX_MAX + 1; /* sorts behind all, then goes */
            range->hi = DJ_RX_MAX + 1;
        }
    }
}

void dj_rx_ranges_join(struct dj_rx_ranges *ranges)
{
    size_t kept = 0;

    drop_surrogates(ranges);
    if (ranges->count > 1) {
        qsort(ranges->items, ranges->count, sizeof(struct dj_rx_range), by_start);
    }
    for (size_t i = 0; i < ranges->count; i++) {
        const struct dj_rx_range next = ranges->items[i];

        if (next.lo > DJ_RX_MAX) {
            break;
        }
        if (kept > 0 && next.lo <= ranges->items[kept - 1].hi + 1) {
            if (next.hi > ranges->items[kept - 1].hi) {
                ranges->items[kept - 1].hi = next.hi;
            }
        } else {
            ranges->items[kept++] = next;
        }
    }
    ranges->count = kept;
}

bool dj_rx_ranges_have(const struct dj_rx_ranges *ranges, uint32_t c)
{
    size_t low = 0;
    size_t high = ranges->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (ranges->items[middle].hi < c) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < ranges->count && ranges->items[low].lo <= c;
}

/* --- classes --------------------------------------------------------------------------
 */

void dj_rx_set_release(struct dj_rx_set *set)
{
    dj_rx_ranges_release(&set->ranges);
    dj_xfree(set->properties.ptr);
    *set = (struct dj_rx_set){ 0 };
}

static void add_list(struct dj_rx_ranges *ranges, const struct dj_rx_range *list,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        dj_rx_ranges_add(ranges, list[i].lo, list[i].hi);
    }
}

/* narrow: under the flag (?a), where re's blanks are fewer than its ASCII blanks. */
static bool is_member(uint32_t c, enum dj_rx_class kind, enum dj_regex_flavor flavor,
                      bool narrow)
{
    const unsigned bits = dj_char_class(c);

    switch (kind) {
    case DJ_RX_WORD:
        return flavor == DJ_REGEX_RE ? (bits & DJ_CHAR_ALNUM) != 0 || c == '_'
                                     : (bits & DJ_CHAR_REGEX_WORD) != 0;
    case DJ_RX_DIGIT:
        /* All digits of 14.0 are alphanumeric in 14.0, no later one is. */
        return (bits & DJ_CHAR_REGEX_DIGIT) != 0 &&
               (flavor == DJ_REGEX_REGEX || (bits & DJ_CHAR_ALNUM) != 0);
    case DJ_RX_SPACE:
        return (bits & DJ_CHAR_SPACE) != 0 &&
               ((flavor == DJ_REGEX_RE && !narrow) || c < 0x1c || c > 0x1f);
    case DJ_RX_BLANK:
        return c == '\t' || (c != 0x85 && c != 0x2028 && c != 0x2029 && c >= 0x20 &&
                             (bits & DJ_CHAR_SPACE) != 0);
    case DJ_RX_PUNCT:
        return (bits & DJ_CHAR_REGEX_PUNCT) != 0;
    }
    return false;
}

static void gather(struct dj_rx_ranges *ranges, enum dj_rx_class kind,
                   struct dj_rx_style style, uint32_t from, uint32_t end)
{
    bool inside = false;
    uint32_t start = from;

    for (uint32_t c = from; c < end; c++) {
        if (is_member(c, kind, style.flavor, style.ascii) != inside) {
            if (inside) {
                dj_rx_ranges_add(ranges, start, c - 1);
            }
            inside = !inside;
            start = c;
        }
    }
    if (inside) {
        dj_rx_ranges_add(ranges, start, end - 1);
    }
}

/* The planes between these hold no member of any class; a unit test looks. */
static const struct dj_rx_ranges *whole_class(enum dj_rx_class kind,
                                              struct dj_rx_style style)
{
    struct dj_rx_ranges *ranges = &style.cache[kind];

    if (ranges->count == 0) {
        gather(ranges, kind, style, 0, 0x40000);
        gather(ranges, kind, style, 0xe0000, 0xe1000);
    }
    return ranges;
}

static void add_complement(struct dj_rx_ranges *into, struct dj_rx_ranges *from,
                           uint32_t last)
{
    uint32_t next = 0;

    dj_rx_ranges_join(from);
    for (size_t i = 0; i < from->count && from->items[i].lo <= last; i++) {
        if (from->items[i].lo > next) {
            dj_rx_ranges_add(into, next, from->items[i].lo - 1);
        }
        next = from->items[i].hi + 1;
    }
    if (next <= last) {
        dj_rx_ranges_add(into, next, last);
    }
}

void dj_rx_set_add(struct dj_rx_set *set, struct dj_rx_ranges *members, bool negated,
                   enum dj_rx_form form)
{
    if (negated) {
        add_complement(&set->ranges, members, form == DJ_RX_ASCII ? 0x7f : DJ_RX_MAX);
    } else {
        add_list(&set->ranges, members->items, members->count);
    }
}

/*
 * The short form of \w. It holds for any PCRE2 whose Unicode version is from 14.0 up
 * to that of the regex module's table (regex.c asks before it uses this form).
 */
static void add_compact_word(struct dj_rx_set *set, enum dj_regex_flavor flavor)
{
    if (flavor == DJ_REGEX_RE) {
        dj_rx_puts(&set->properties, "\\p{L}\\p{N}");
        dj_rx_ranges_add(&set->ranges, '_', '_');
        return;
    }
    dj_rx_puts(&set->properties, "\\p{L}\\p{Nl}\\p{Nd}");
    for (uint32_t c = 0; c < 0xe1000; c = c == 0x3ffff ? 0xe0000 : c + 1) {
        if ((dj_char_class(c) & (DJ_CHAR_REGEX_WORD | DJ_CHAR_ALNUM)) ==
            DJ_CHAR_REGEX_WORD) {
            dj_rx_ranges_add(&set->ranges, c, c);
        }
    }
}

void dj_rx_set_class(struct dj_rx_set *set, enum dj_rx_class kind, bool negated,
                     struct dj_rx_style style)
{
    const bool ascii = style.form == DJ_RX_ASCII || style.ascii;
    struct dj_rx_ranges members = { 0 };

    set->members++;
    if (style.form == DJ_RX_COMPACT && kind == DJ_RX_WORD && !negated && !ascii) {
        add_compact_word(set, style.flavor);
        return;
    }
    if (ascii) {
        gather(&members, kind, style, 0, 0x80);
    } else {
        const struct dj_rx_ranges *whole = whole_class(kind, style);

        add_list(&members, whole->items, whole->count);
    }
    dj_rx_set_add(set, &members, negated, style.form);
    dj_rx_ranges_release(&members);
}

/* --- ignoring case ------------------------------------------------------------------ */

/*
 * Pairs that Python takes for the same letter and PCRE2 10.42 (Unicode 14.0) does
 * not: count pairs from (a, b) on, step apart. Those of both modules come first.
 */
static const struct pair {
    uint32_t a, b;
    uint16_t count, step;
} pairs[] = {
    { 0x390, 0x1fd3, 1, 1 },     { 0x3b0, 0x1fe3, 1, 1 },    { 0xfb05, 0xfb06, 1, 1 },
    { 0xdf, 0x1df95, 1, 1 },     { 0x1e9e, 0x1df95, 1, 1 },  { 0x19b, 0xa7dc, 1, 1 },
    { 0x264, 0xa7cb, 1, 1 },     { 0x277, 0xa7dd, 1, 1 },    { 0x27c, 0xa7e2, 1, 1 },
    { 0x1c89, 0x1c8a, 1, 1 },    { 0xa7cc, 0xa7cd, 2, 2 },   { 0xa7d2, 0xa7d3, 2, 2 },
    { 0xa7da, 0xa7db, 1, 1 },    { 0xab4b, 0xab6c, 2, 1 },   { 0x10d50, 0x10d70, 22, 1 },
    { 0x16ea0, 0x16ebb, 25, 1 }, { 0x1df40, 0x1df41, 1, 1 }, { 0x1df48, 0x1df49, 2, 2 },
    { 0x1df4d, 0x1df4e, 1, 1 },  { 0x1df51, 0x1df52, 1, 1 }, { 0x1df68, 0x1df69, 4, 2 },
    { 0x1df72, 0x1df73, 7, 2 },
};

enum {
    PAIRS_OF_RE = 3, /* the first ones */
    DOTTED_CAPITAL = 0x130,
    DOTLESS_SMALL = 0x131,
};

static size_t pair_count(enum dj_regex_flavor flavor)
{
    return flavor == DJ_REGEX_RE ? PAIRS_OF_RE : sizeof(pairs) / sizeof(pairs[0]);
}

bool dj_rx_folds_more(uint32_t c, enum dj_regex_flavor flavor)
{
    if (c == 'i' || c == 'I' || c == DOTTED_CAPITAL || c == DOTLESS_SMALL) {
        return true;
    }
    for (size_t i = 0; c >= 0x80 && i < pair_count(flavor); i++) {
        const struct pair *pair = &pairs[i];

        for (uint32_t k = 0; k < pair->count; k++) {
            if (c == pair->a + k * pair->step || c == pair->b + k * pair->step) {
                return true;
            }
        }
    }
    return false;
}

/*
 * re takes i, I, U+0130 and U+0131 for one letter. In regex i goes with U+0130 and
 * I with U+0131, but not the other way round, and U+0130 does not match I.
 */
static bool fold_dotted(struct dj_rx_set *set, enum dj_regex_flavor flavor, bool *exact)
{
    struct dj_rx_ranges *ranges = &set->ranges;
    const bool small = dj_rx_ranges_have(ranges, 'i');
    const bool capital = dj_rx_ranges_have(ranges, 'I');
    const bool dotted = dj_rx_ranges_have(ranges, DOTTED_CAPITAL);
    const bool dotless = dj_rx_ranges_have(ranges, DOTLESS_SMALL);

    if (!small && !capital && !dotted && !dotless) {
        return true;
    }
    if (flavor == DJ_REGEX_RE) {
        dj_rx_ranges_add(ranges, 'i', 'i');
        dj_rx_ranges_add(ranges, DOTTED_CAPITAL, DOTLESS_SMALL);
        return true;
    }
    if (!small && !capital && dotted != dotless) {
        *exact = true;
        dj_rx_ranges_add(ranges, dotted ? 'i' : 'I', dotted ? 'i' : 'I');
        return ranges->count == 2 && set->members == 1;
    }
    if (small || dotted) {
        dj_rx_ranges_add(ranges, small ? DOTTED_CAPITAL : 'i',
                         small ? DOTTED_CAPITAL : 'i');
    }
    if (capital) {
        dj_rx_ranges_add(ranges, DOTLESS_SMALL, DOTLESS_SMALL);
    }
    return true;
}

bool dj_rx_set_fold(struct dj_rx_set *set, enum dj_regex_flavor flavor, bool *exact)
{
    struct dj_rx_ranges *ranges = &set->ranges;
    struct dj_rx_ranges more = { 0 };
    bool possible;

    *exact = false;
    dj_rx_ranges_join(ranges);
    for (size_t i = 0; i < pair_count(flavor); i++) {
        for (uint32_t k = 0; k < pairs[i].count; k++) {
            const uint32_t a = pairs[i].a + k * pairs[i].step;
            const uint32_t b = pairs[i].b + k * pairs[i].step;

            if (dj_rx_ranges_have(ranges, a) != dj_rx_ranges_have(ranges, b)) {
                dj_rx_ranges_add(&more, a, a);
                dj_rx_ranges_add(&more, b, b);
            }
        }
    }
    possible = fold_dotted(set, flavor, exact);
    add_list(ranges, more.items, more.count);
    dj_rx_ranges_release(&more);
    return possible;
}

void dj_rx_set_fold_ascii(struct dj_rx_set *set)
{
    dj_rx_ranges_join(&set->ranges);
    for (uint32_t c = 'A'; c <= 'Z'; c++) {
        const uint32_t small = c + ('a' - 'A');
        const bool has_capital = dj_rx_ranges_have(&set->ranges, c);

        if (has_capital != dj_rx_ranges_have(&set->ranges, small)) {
            dj_rx_ranges_add(&set->ranges, has_capital ? small : c,
                             has_capital ? small : c);
            dj_rx_ranges_join(&set->ranges);
        }
    }
}

/* --- writing --------------------------------------------------------------------------
 */

/*
 * PCRE2 looks for a character above 255 through the ranges in the order they were
 * written: those that hold most of the text of today come first.
 */
static int by_use(const void *a, const void *b)
{
    const struct dj_rx_range *left = a;
    const struct dj_rx_range *right = b;
    const bool left_basic = left->lo < 0x10000;
    const bool right_basic = right->lo < 0x10000;
    const uint32_t left_size = left->hi - left->lo;
    const uint32_t right_size = right->hi - right->lo;

    if (left_basic != right_basic) {
        return left_basic ? -1 : 1;
    }
    if (left_size != right_size) {
        return left_size > right_size ? -1 : 1;
    }
    return by_start(a, b);
}

static void write_ranges(const struct dj_rx_ranges *ranges, struct dj_rx_text *out,
                         bool *utf)
{
    for (size_t i = 0; i < ranges->count; i++) {
        const struct dj_rx_range *range = &ranges->items[i];

        dj_rx_put_char(out, range->lo, utf);
        if (range->hi > range->lo) {
            dj_rx_puts(out, "-");
            dj_rx_put_char(out, range->hi, utf);
        }
    }
}

/* Letters in circles are symbols, but alphabetic: not [:punct:]. */
#define CIRCLED                                                               \
    "\\x{24b6}-\\x{24e9}\\x{1f130}-\\x{1f149}\\x{1f150}-\\x{1f169}\\x{1f170}" \
    "-\\x{1f189}"

void dj_rx_set_write(struct dj_rx_set *set, struct dj_rx_text *out, bool *utf)
{
    bool circled;

    dj_rx_ranges_join(&set->ranges);
    if (set->ranges.count == 0 && set->properties.len == 0) {
        dj_rx_puts(out, set->negated ? "." : "(?!)"); /* compiled with PCRE2_DOTALL */
        return;
    }
    circled = set->symbols && !dj_rx_ranges_have(&set->ranges, 0x24b6);
    if (circled) {
        dj_rx_puts(out, set->negated ? "(?:[" CIRCLED "]|" : "(?:(?![" CIRCLED "])");
        *utf = true;
    }
    if (set->ranges.count > 1) {
        qsort(set->ranges.items, set->ranges.count, sizeof(struct dj_rx_range), by_use);
    }
    dj_rx_puts(out, set->negated ? "[^" : "[");
    write_ranges(&set->ranges, out, utf);
    dj_rx_put(out, set->properties.len == 0 ? "" : set->properties.ptr,
              set->properties.len);
    dj_rx_puts(out, circled ? "])" : "]");
}

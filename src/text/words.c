/*
 * Data-Juicer's word list: cut at blank, line feed and tab only, lower case if asked,
 * each word stripped of special characters, empty ones dropped. Data-Juicer lowers
 * word by word; lowering the whole text gives the same, since the three separators
 * are neither cased nor case-ignorable and so end the context of a final sigma as the
 * end of the text does.
 */
#include "dj/text.h"

#include "text/char_tables.h"
#include "text/separators.h"
#include "text/text_private.h"

/* --- pieces between separators, empty ones left out ------------------------------------
 */

static size_t count_plain(struct dj_str text)
{
    bool before = true;
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        const bool now = dj_separates(text.ptr[i]);

        n += before && !now;
        before = now;
    }
    return n;
}

size_t dj_words_split_plain(struct dj_str text, struct dj_str *words)
{
    size_t n = 0;
    size_t i = 0;

    while (i < text.len) {
        size_t start;

        while (i < text.len && dj_separates(text.ptr[i])) {
            i++;
        }
        start = i;
        while (i < text.len && !dj_separates(text.ptr[i])) {
            i++;
        }
        if (i > start) {
            words[n++] = (struct dj_str){ text.ptr + start, i - start };
        }
    }
    return n;
}

#if defined(DJ_SIMD_AVX2)

DJ_AVX2 static size_t count_avx2(struct dj_str text)
{
    uint64_t before = 1; /* does a separator stand before the block? */
    size_t n = 0;
    size_t i = 0;

    for (; text.len - i >= 64; i += 64) {
        const uint64_t found = dj_separators64(text.ptr + i);

        n += (size_t)__builtin_popcountll(~found & (found << 1 | before));
        before = found >> 63;
    }
    if (text.len > i) {
        const uint64_t found = dj_last_separators(text.ptr + i, text.len - i);

        n += (size_t)__builtin_popcountll(~found & (found << 1 | before));
    }
    return n;
}

/* Words that begin and words that end are filled in independently. */
struct split {
    struct dj_str *words;
    size_t begun;
    size_t ended;
    uint64_t before;
};

DJ_AVX2 static inline void split64(struct split *split, const char *p, uint64_t found)
{
    const uint64_t behind = found << 1 | split->before;
    uint64_t begins = ~found & behind;
    uint64_t ends = found & ~behind;

    for (; begins != 0; begins &= begins - 1) {
        split->words[split->begun++].ptr = p + __builtin_ctzll(begins);
    }
    for (; ends != 0; ends &= ends - 1) {
        struct dj_str *word = &split->words[split->ended++];

        word->len = (size_t)(p + __builtin_ctzll(ends) - word->ptr);
    }
    split->before = found >> 63;
}

DJ_AVX2 static size_t split_avx2(struct dj_str text, struct dj_str *words)
{
    struct split split = { .words = words, .before = 1 };
    const char *p = text.ptr;
    size_t left = text.len;

    for (; left >= 64; left -= 64, p += 64) {
        split64(&split, p, dj_separators64(p));
    }
    split64(&split, p, dj_last_separators(p, left));
    return split.ended;
}

#endif

static size_t count_words(struct dj_str text)
{
#if defined(DJ_SIMD_AVX2)
    if (text.len >= 32 && dj_simd_avx2()) {
        return count_avx2(text);
    }
#endif
    return count_plain(text);
}

static size_t split_words(struct dj_str text, struct dj_str *words)
{
#if defined(DJ_SIMD_AVX2)
    if (text.len >= 32 && dj_simd_avx2()) {
        return split_avx2(text, words);
    }
#endif
    return dj_words_split_plain(text, words);
}

/* --- the list ------------------------------------------------------------------------
 */

/* ASCII and not special: then there is nothing to strip on this side. */
static inline bool stays(char edge)
{
    const unsigned char byte = (unsigned char)edge;

    return byte < 0x80 && (dj_class_bits(byte) & DJ_CHAR_SPECIAL) == 0;
}

struct dj_str dj_text_strip_special(struct dj_str word)
{
    if (word.len == 0 || (stays(word.ptr[0]) && stays(word.ptr[word.len - 1]))) {
        return word;
    }
    return dj_text_strip_class(word, DJ_CHAR_SPECIAL);
}

/* Strips the words in place; returns how many are left. */
static size_t refine(struct dj_str *words, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        words[kept] = dj_text_strip_special(words[i]);
        kept += words[kept].len > 0;
    }
    return kept;
}

static enum dj_status lower_to_arena(struct dj_str *text, struct dj_arena *arena)
{
    char *copy = dj_arena_alloc(arena, dj_lower_room(text->len));

    if (copy == NULL) {
        return DJ_NOMEM;
    }
    text->len = dj_lower_into(*text, copy);
    text->ptr = copy;
    (void)dj_arena_resize_last(arena, copy, text->len);
    return DJ_OK;
}

enum dj_status dj_text_words(struct dj_str text, bool lower, struct dj_arena *arena,
                             struct dj_words *words)
{
    size_t size;

    *words = (struct dj_words){ 0 };
    if (lower) {
        DJ_TRY(lower_to_arena(&text, arena));
    }
    size = dj_size_mul(count_words(text), sizeof(*words->items));
    words->items = dj_arena_alloc(arena, size);
    if (words->items == NULL) {
        return DJ_NOMEM;
    }
    words->count = refine(words->items, split_words(text, words->items));
    (void)dj_arena_resize_last(arena, words->items, words->count * sizeof(*words->items));
    return DJ_OK;
}

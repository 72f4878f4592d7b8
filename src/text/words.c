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

/* Words found so far; the last of them may go on in the next block. */
struct split {
    struct dj_str *words;
    size_t count;
    bool between;      /* nothing of a word has come since the last separator */
    uint64_t all_wide; /* wide bytes of all blocks */
};

/* What a block of 64 bytes has, a bit a byte. */
struct block {
    uint64_t separators;
    uint64_t inner; /* stays at the edge of a word; wide bytes too, for now */
};

DJ_AVX2 static inline uint32_t inner32(__m256i v)
{
    const __m256i lower = _mm256_or_si256(v, _mm256_set1_epi8(0x20));

    /* Of ASCII all but letters and some control characters are special. */
    return ~((dj_range32(v, ' ', '~') & ~dj_range32(lower, 'a', 'z')) |
             dj_range32(v, '\t', '\r'));
}

/*
 * A word goes from the first to the last inner byte of a piece between separators. The
 * sum carries the beginning of each piece over what is neither, to the first that is
 * either.
 */
DJ_AVX2 static inline void split_block(struct split *split, const char *p,
                                       struct block block)
{
    const uint64_t others = ~(block.separators | block.inner);
    const uint64_t begins = block.separators << 1 | split->between;
    unsigned long long sum;
    const bool runs_out = __builtin_add_overflow(begins & others, others, &sum);
    uint64_t firsts = (sum | begins) & block.inner;
    struct dj_str *word = split->words + split->count;

    if (!split->between) {
        const uint64_t more =
            _bzhi_u64(block.inner, (unsigned)_tzcnt_u64(block.separators));

        if (more != 0) {
            word[-1].len = (size_t)(p + 64 - __builtin_clzll(more) - word[-1].ptr);
        }
    }
    split->count += (size_t)__builtin_popcountll(firsts);
    for (; firsts != 0; firsts &= firsts - 1, word++) {
        const uint64_t up_to_first = firsts ^ (firsts - 1);
        const uint64_t piece =
            _bzhi_u64(block.inner, (unsigned)_tzcnt_u64(block.separators & ~up_to_first));

        word->ptr = p + __builtin_ctzll(firsts);
        word->len = (size_t)(p + 64 - __builtin_clzll(piece) - word->ptr);
    }
    split->between = runs_out || block.separators >> 63 != 0;
}

DJ_AVX2 static inline void split64(struct split *split, const char *at, const char *p)
{
    const __m256i low = dj_load32(p);
    const __m256i high = dj_load32(p + 32);

    split->all_wide |= dj_mask32(_mm256_or_si256(low, high));
    split_block(split, at,
                (struct block){
                    .separators = dj_separators64(p),
                    .inner = inner32(low) | (uint64_t)inner32(high) << 32,
                });
}

/* Words without ASCII special characters at their ends; *wide: some may have others. */
DJ_AVX2 static size_t split_avx2(struct dj_str text, struct dj_str *words, bool *wide)
{
    struct split split = { .words = words, .between = true };
    const char *p = text.ptr;
    size_t left = text.len;
    char rest[64];

    for (; left >= 64; left -= 64, p += 64) {
        split64(&split, p, p);
    }
    memset(rest, ' ', sizeof(rest));
    memcpy(rest, p, left);
    split64(&split, p, rest);
    *wide = split.all_wide != 0;
    return split.count;
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

/* The list, into words, which has room for all pieces between separators. */
static size_t list_words(struct dj_str text, struct dj_str *words)
{
#if defined(DJ_SIMD_AVX2)
    if (text.len >= 32 && dj_simd_avx2()) {
        bool wide;
        const size_t count = split_avx2(text, words, &wide);

        return wide ? refine(words, count) : count;
    }
#endif
    return refine(words, dj_words_split_plain(text, words));
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
    words->count = list_words(text, words->items);
    (void)dj_arena_resize_last(arena, words->items, words->count * sizeof(*words->items));
    return DJ_OK;
}

/*
 * Counts that several filters share, in one pass. The vector version counts ASCII by
 * masks and looks up only characters whose first byte does not settle them.
 */
#include "dj/text.h"

#include "text/char_tables.h"
#include "text/simd.h"
#include "text/text_private.h"

/* Where the pass stands; characters are counted from the beginning of the text. */
struct pass {
    struct dj_text_counts *counts;
    int64_t line_start; /* characters before the current line */
    bool after_cr;      /* the last character was a CR: a LF now belongs to it */
    bool in_word;       /* the piece between separators has been counted as a word */
};

static inline void end_line(struct pass *pass, int64_t characters_before)
{
    const int64_t length = characters_before - pass->line_start;

    pass->counts->lines++;
    if (length > pass->counts->longest_line) {
        pass->counts->longest_line = length;
    }
    pass->line_start = characters_before + 1;
}

static void count_plain(struct pass *pass, const char *p, const char *end)
{
    struct dj_text_counts *counts = pass->counts;

    while (p < end) {
        const uint32_t c = dj_utf8_next(&p);
        const unsigned bits = dj_class_bits(c);

        counts->alnum += (bits & DJ_CHAR_ALNUM) != 0;
        counts->special += (bits & DJ_CHAR_SPECIAL) != 0;
        if ((bits & DJ_CHAR_LINE_END) != 0) {
            if (c == '\n' && pass->after_cr) {
                pass->line_start++;
            } else {
                end_line(pass, counts->characters);
            }
        }
        if ((bits & DJ_CHAR_SPECIAL) == 0) {
            counts->words += !pass->in_word;
            pass->in_word = true;
        } else if (c == ' ' || c == '\n' || c == '\t') {
            pass->in_word = false;
        }
        pass->after_cr = c == '\r';
        counts->characters++;
    }
}

#if defined(DJ_SIMD_AVX2)

/* Characters that begin at the set bits of leads, looked up: which are line ends, which
 * are special. */
DJ_AVX2 static void look_up(struct dj_text_counts *counts, const char *block,
                            uint32_t leads, uint32_t *ends, uint32_t *special)
{
    unsigned alnum = 0;

    for (; leads != 0; leads &= leads - 1) {
        const char *p = block + __builtin_ctz(leads);
        const unsigned bits = dj_class_bits(dj_utf8_next(&p));

        alnum += bits / DJ_CHAR_ALNUM & 1;
        if ((bits & DJ_CHAR_SPECIAL) != 0) {
            *special |= leads & -leads;
        }
        if ((bits & DJ_CHAR_LINE_END) != 0) {
            *ends |= leads & -leads;
        }
    }
    counts->alnum += alnum;
}

/*
 * A word is a piece between separators with a character in it that is not special. The
 * sum carries the beginning of each piece over what is neither, to the first that is
 * either.
 */
DJ_AVX2 static void count_words(struct pass *pass, uint32_t separators, uint32_t ordinary)
{
    const uint32_t others = ~(separators | ordinary);
    const uint32_t begins = separators << 1 | (pass->in_word ? 0 : 1);
    const uint64_t sum = (uint64_t)(begins & others) + others;

    pass->counts->words += __builtin_popcount(((uint32_t)sum | begins) & ordinary);
    pass->in_word = (sum >> 32 | separators >> 31) == 0;
}

/* ends: line ends in the block; crs and lfs: CR and LF; starts: beginnings. */
DJ_AVX2 static void count_ends(struct pass *pass, uint32_t ends, uint32_t lfs,
                               uint32_t crs, uint32_t starts)
{
    const uint32_t joined = lfs & (crs << 1 | (pass->after_cr ? 1 : 0));

    for (; ends != 0; ends &= ends - 1) {
        const uint32_t bit = ends & -ends;
        const int before = __builtin_popcount(starts & (bit - 1));

        if ((joined & bit) != 0) {
            pass->line_start++;
        } else {
            end_line(pass, pass->counts->characters + before);
        }
    }
}

DJ_AVX2 static void count_block(struct pass *pass, const char *block, __m256i row)
{
    struct dj_text_counts *counts = pass->counts;
    const __m256i v = dj_load32(block);
    const uint32_t letters =
        dj_range32(_mm256_or_si256(v, _mm256_set1_epi8(0x20)), 'a', 'z');
    const uint32_t breaks = dj_range32(v, '\t', '\r');
    const uint32_t tabs = dj_equal32(v, '\t');
    const uint32_t feeds = dj_equal32(v, '\n');
    const uint32_t wide = dj_mask32(v);
    uint32_t starts = UINT32_MAX;
    uint32_t alnum = letters | dj_range32(v, '0', '9');
    uint32_t ends = (breaks & ~tabs) | dj_range32(v, 0x1c, 0x1e);
    uint32_t special = breaks | (dj_range32(v, ' ', '~') & ~letters);

    if (wide != 0) {
        const uint32_t unsettled = dj_leads32(v, row);

        starts = dj_starts32(v);
        alnum |= starts & wide & ~unsettled;
        look_up(counts, block, unsettled, &ends, &special);
    }
    counts->alnum += __builtin_popcount(alnum);
    counts->special += __builtin_popcount(special);
    count_words(pass, dj_equal32(v, ' ') | feeds | tabs, starts & ~special);
    if (ends != 0) {
        count_ends(pass, ends, feeds, dj_equal32(v, '\r'), starts);
    }
    pass->after_cr = block[31] == '\r';
    counts->characters += __builtin_popcount(starts);
}

/* Whole blocks; returns the first character that begins behind them. */
DJ_AVX2 static const char *count_blocks(struct pass *pass, const char *p, const char *end)
{
    const __m256i row = dj_lead_row(DJ_LEAD_ALNUM);

    for (; end - p >= 32; p += 32) {
        count_block(pass, p, row);
    }
    while (p < end && (*p & 0xc0) == 0x80) {
        p++;
    }
    return p;
}

#endif

static void count(struct dj_str text, struct dj_text_counts *counts, bool plain)
{
    struct pass pass = { .counts = counts };
    const char *p = text.ptr;
    const char *end = dj_str_end(text);

    *counts = (struct dj_text_counts){ 0 };
#if defined(DJ_SIMD_AVX2)
    if (!plain && text.len >= 32 && dj_simd_avx2()) {
        p = count_blocks(&pass, p, end);
    }
#else
    (void)plain;
#endif
    count_plain(&pass, p, end);
    if (counts->characters > pass.line_start) {
        end_line(&pass, counts->characters); /* a last line without an end */
    }
}

void dj_text_count_plain(struct dj_str text, struct dj_text_counts *counts)
{
    count(text, counts, true);
}

void dj_text_count(struct dj_str text, struct dj_text_counts *counts)
{
    count(text, counts, false);
}

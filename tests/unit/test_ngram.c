/* The counts of n-grams, against counting by comparison of all pairs. */
#include "djtest.h"

#include "dj/ngram.h"

enum { TEXT_MAX = 4096 };

/* A text with DJ_PADDING bytes behind it. */
struct text {
    char bytes[TEXT_MAX + DJ_PADDING];
    struct dj_str str;
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

static void set(struct text *text, const char *literal)
{
    memset(text->bytes, 0, sizeof(text->bytes));
    text->str = (struct dj_str){ text->bytes, strlen(literal) };
    memcpy(text->bytes, literal, text->str.len);
}

static void add(struct text *text, uint32_t c)
{
    text->str.len += dj_utf8_put(text->bytes + text->str.len, c);
}

/* What the header promises, by comparing every n-gram with every other. */
static void by_pairs(const uint32_t *items, size_t count, size_t n,
                     struct dj_ngram_counts *counts)
{
    static int64_t found[TEXT_MAX];
    const size_t total = count < n ? 0 : count - n + 1;
    int64_t k = 0;

    *counts = (struct dj_ngram_counts){ .total = (int64_t)total };
    memset(found, 0, sizeof(found));
    for (size_t i = 0; i < total; i++) {
        size_t j = 0;

        while (memcmp(items + j, items + i, n * sizeof(*items)) != 0) {
            j++;
        }
        counts->distinct += found[j]++ == 0;
    }
    for (size_t i = 0; i < total; i++) {
        counts->single += found[i] == 1;
    }
    while ((k + 1) * (k + 1) <= counts->distinct) {
        k++;
    }
    if (k > counts->distinct - counts->single) {
        k = counts->distinct - counts->single;
    }
    for (; k > 0; k--) {
        size_t best = 0;

        for (size_t i = 1; i < total; i++) {
            best = found[i] > found[best] ? i : best;
        }
        counts->top += found[best];
        found[best] = 0;
    }
}

static void check_equal(const struct dj_ngram_counts *got,
                        const struct dj_ngram_counts *want)
{
    DJ_CHECK_INT(got->total, want->total);
    DJ_CHECK_INT(got->distinct, want->distinct);
    DJ_CHECK_INT(got->single, want->single);
    DJ_CHECK_INT(got->top, want->top);
}

static void check_text(struct dj_ngrams *ngrams, struct dj_str text, size_t n)
{
    static uint32_t points[TEXT_MAX];
    struct dj_ngram_counts got;
    struct dj_ngram_counts want;
    const char *at = text.ptr;
    size_t count = 0;

    while (at < text.ptr + text.len) {
        points[count++] = dj_utf8_next(&at);
    }
    by_pairs(points, count, n, &want);
    DJ_CHECK_OK(dj_ngrams_of_text(ngrams, text, n, &got));
    check_equal(&got, &want);
}

static void texts_shorter_than_n_have_no_ngrams(void)
{
    struct dj_ngrams *ngrams = dj_ngrams_new(0);
    struct dj_ngram_counts counts;
    struct text text;

    set(&text, "abcd");
    DJ_CHECK_OK(dj_ngrams_of_text(ngrams, text.str, 5, &counts));
    DJ_CHECK_INT(counts.total, 0);
    DJ_CHECK_INT(counts.distinct, 0);
    DJ_CHECK_OK(dj_ngrams_of_text(ngrams, text.str, SIZE_MAX, &counts));
    DJ_CHECK_INT(counts.total, 0);
    set(&text, "");
    DJ_CHECK_OK(dj_ngrams_of_text(ngrams, text.str, 1, &counts));
    DJ_CHECK_INT(counts.total, 0);
    dj_ngrams_free(ngrams);
}

static void the_highest_counts_are_summed(void)
{
    struct dj_ngrams *ngrams = dj_ngrams_new(0);
    struct dj_ngram_counts counts;
    struct text text;

    /* aaaa bbb cc d: 4 different, 1 single, k = min(2, 3). */
    set(&text, "aaaabbbccd");
    DJ_CHECK_OK(dj_ngrams_of_text(ngrams, text.str, 1, &counts));
    DJ_CHECK_INT(counts.total, 10);
    DJ_CHECK_INT(counts.distinct, 4);
    DJ_CHECK_INT(counts.single, 1);
    DJ_CHECK_INT(counts.top, 7);
    dj_ngrams_free(ngrams);
}

/* Alphabets of one to four bytes a character, short enough for many repeats. */
static void random_text(struct text *text, uint32_t *state)
{
    static const uint32_t alphabets[][4] = {
        { 'a', 'b', ' ', 0 },
        { 'a', 0xe9, 0x4e2d, 0x1f600 },
        { 0x4e00, 0x4e01, 0x3002, 'x' },
        { 0x10ffff, 0xffff, 0x7f, 0x80 },
    };
    const uint32_t *alphabet = alphabets[next_random(state) % 4];
    const size_t length = next_random(state) % 300;
    const uint32_t letters = 1 + next_random(state) % 4;

    memset(text->bytes, 0x55, sizeof(text->bytes));
    text->str = (struct dj_str){ text->bytes, 0 };
    for (size_t i = 0; i < length; i++) {
        add(text, alphabet[next_random(state) % letters]);
    }
}

static void random_texts_are_counted_exactly(void)
{
    struct dj_ngrams *ngrams = dj_ngrams_new(0);
    uint32_t state = 1;

    for (int i = 0; i < 1000; i++) {
        static const size_t lengths[] = { 1, 2, 3, 7, 8, 9, 10, 15, 16, 17, 40 };
        struct text text;

        random_text(&text, &state);
        check_text(ngrams, text.str, lengths[next_random(&state) % 11]);
    }
    dj_ngrams_free(ngrams);
}

static void a_small_limit_only_takes_more_passes(void)
{
    uint32_t state = 7;

    for (size_t limit = 1; limit < 40; limit += 3) {
        struct dj_ngrams *ngrams = dj_ngrams_new(limit);

        for (size_t n = 1; n < 20; n += 4) {
            struct text text;

            random_text(&text, &state);
            check_text(ngrams, text.str, n);
        }
        dj_ngrams_free(ngrams);
    }
}

static void high_counts_are_summed_in_order(void)
{
    struct dj_ngrams *ngrams = dj_ngrams_new(0);
    struct text text;

    /* Counts of 255, 256, 257 and 900 lie on both sides of the histogram's end. */
    set(&text, "");
    for (int i = 0; i < 900; i++) {
        static const int many[] = { 900, 255, 257, 256, 2, 1 };

        for (size_t letter = 0; letter < 6; letter++) {
            if (i < many[letter]) {
                add(&text, 'a' + (uint32_t)letter);
            }
        }
    }
    check_text(ngrams, text.str, 1);
    check_text(ngrams, text.str, 3);
    dj_ngrams_free(ngrams);
}

/* The generation number of the table comes round after 65,535 texts. */
static void old_texts_are_forgotten(void)
{
    struct dj_ngrams *ngrams = dj_ngrams_new(0);
    struct text text;

    for (int i = 0; i < 140000; i++) {
        struct dj_ngram_counts counts;

        set(&text, "");
        memcpy(text.bytes, i % 2 == 0 ? "abcabc" : "cbacba", 6);
        text.str.len = 6;
        DJ_CHECK_OK(dj_ngrams_of_text(ngrams, text.str, 2, &counts));
        DJ_CHECK_INT(counts.distinct, 3);
        DJ_CHECK_INT(counts.single, 1);
    }
    dj_ngrams_free(ngrams);
}

static void words_are_counted_exactly(void)
{
    static const char vocabulary[] = "a b ab aaaaaaab aaaaaaac aaaaaaaab "
                                     "a-rather-long-word-1 a-rather-long-word-2 "
                                     "a-rather-long-word";
    static char padded[sizeof(vocabulary) + DJ_PADDING];
    static struct dj_str list[9];
    static struct dj_str items[500];
    static uint32_t numbers[500];
    struct dj_ngrams *ngrams = dj_ngrams_new(100);
    uint32_t state = 3;
    size_t count = 0;

    memcpy(padded, vocabulary, sizeof(vocabulary));
    for (char *at = padded; count < 9; count++) {
        list[count] = (struct dj_str){ at, strcspn(at, " ") };
        at += list[count].len + 1;
    }
    for (int round = 0; round < 200; round++) {
        const struct dj_words words = { next_random(&state) % 500, items };
        const size_t n = 1 + next_random(&state) % 4;
        struct dj_ngram_counts got;
        struct dj_ngram_counts want;

        for (size_t i = 0; i < words.count; i++) {
            numbers[i] = next_random(&state) % 9;
            items[i] = list[numbers[i]];
        }
        by_pairs(numbers, words.count, n, &want);
        DJ_CHECK_OK(dj_ngrams_of_words(ngrams, &words, n, &got));
        check_equal(&got, &want);
    }
    dj_ngrams_free(ngrams);
}

int main(void)
{
    DJ_TEST(texts_shorter_than_n_have_no_ngrams);
    DJ_TEST(the_highest_counts_are_summed);
    DJ_TEST(random_texts_are_counted_exactly);
    DJ_TEST(a_small_limit_only_takes_more_passes);
    DJ_TEST(high_counts_are_summed_in_order);
    DJ_TEST(old_texts_are_forgotten);
    DJ_TEST(words_are_counted_exactly);
    return 0;
}

/* The arithmetic of partition.auto_configure. */
#include "dj/autosize.h"

#include "djtest.h"

static const int64_t plenty = INT64_C(64) << 30;

static struct dj_autosize choose(struct dj_autosize_facts facts)
{
    struct dj_autosize sizes;

    dj_autosize_from(&facts, &sizes);
    return sizes;
}

static void each_modality_has_its_size(void)
{
    static const int64_t expected[DJ_MODALITY_COUNT] = { 200, 50, 30, 10, 20 };

    for (int m = 0; m < DJ_MODALITY_COUNT; m++) {
        struct dj_autosize_facts facts = {
            .text_chars = 500, .row_bytes = 600, .samples = 50000, .memory = plenty
        };

        facts.votes[m] = 10;
        facts.votes[(m + 1) % DJ_MODALITY_COUNT] = 3;
        DJ_CHECK_INT(choose(facts).modality, m);
        DJ_CHECK_INT(choose(facts).size, expected[m]);
    }
}

static void long_texts_and_dear_operators_make_it_smaller(void)
{
    struct dj_autosize_facts facts = { .votes = { 10 },
                                       .text_chars = 500,
                                       .row_bytes = 600,
                                       .samples = 50000,
                                       .memory = plenty };
    const int64_t usual = choose(facts).size;

    facts.text_chars = 20000;
    DJ_CHECK_INT(choose(facts).size, 60);
    facts.text_chars = 500;
    facts.noperators[DJ_COST_HIGH] = 4;
    DJ_CHECK_INT(choose(facts).size, usual / 2);
    facts.noperators[DJ_COST_HIGH] = 0;
    facts.samples = 2e6;
    DJ_CHECK_INT(choose(facts).size, 300);
}

static void never_above_the_most_nor_below_ten(void)
{
    struct dj_autosize_facts facts = { .votes = { 0, 0, 0, 9, 0 },
                                       .text_chars = 50,
                                       .row_bytes = 100,
                                       .samples = 5e6,
                                       .memory = plenty };

    DJ_CHECK_INT(choose(facts).size, 22); /* 10 x 1.5 x 1.5 */
    facts.noperators[DJ_COST_HIGH] = 100;
    DJ_CHECK_INT(choose(facts).size, 10);
}

static void a_partition_fits_into_memory(void)
{
    struct dj_autosize_facts facts = { .votes = { 10 },
                                       .text_chars = 500,
                                       .row_bytes = 1 << 20,
                                       .samples = 50000,
                                       .memory = INT64_C(256) << 20 };
    const struct dj_autosize sizes = choose(facts);

    DJ_CHECK_INT(sizes.max_size_mb, 32);
    DJ_CHECK_INT(sizes.size, 32);
    facts.memory = INT64_C(64) << 20;
    DJ_CHECK_INT(choose(facts).max_size_mb, 8);
    DJ_CHECK_INT(choose(facts).size, 8);
    DJ_CHECK(sizes.nreasons >= 5);
}

int main(void)
{
    DJ_TEST(each_modality_has_its_size);
    DJ_TEST(long_texts_and_dear_operators_make_it_smaller);
    DJ_TEST(never_above_the_most_nor_below_ten);
    DJ_TEST(a_partition_fits_into_memory);
    return 0;
}

/* Digests of many texts are those of one text at a time, whatever the machine's vectors.
 */
#include "djtest.h"
#include "text/digests_private.h"

enum { LONGEST = 400 };

static char bytes[LONGEST + DJ_PADDING];
static struct dj_str texts[DJ_DIGESTS_MOST];

/* Every length, mixed. */
static void make_texts(void)
{
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i * i + 5 * i + 1);
    }
    for (size_t i = 0; i < DJ_DIGESTS_MOST; i++) {
        const size_t len = i * 37 % LONGEST;

        texts[i] = (struct dj_str){ bytes + (LONGEST - len) * (i & 1), len };
    }
}

static void check_count(const struct dj_digests *digests, size_t count)
{
    static struct dj_hash128 md5[DJ_DIGESTS_MOST];
    static uint32_t sha1[DJ_DIGESTS_MOST];

    memset(md5, 0, sizeof(md5));
    memset(sha1, 0, sizeof(sha1));
    digests->md5(texts, count, md5);
    digests->sha1(texts, count, sha1);
    for (size_t i = 0; i < DJ_DIGESTS_MOST; i++) {
        const struct dj_hash128 expected =
            i < count ? dj_md5(texts[i]) : (struct dj_hash128){ 0, 0 };

        DJ_CHECK_INT(md5[i].hi, expected.hi);
        DJ_CHECK_INT(md5[i].lo, expected.lo);
        DJ_CHECK_INT(sha1[i], i < count ? dj_sha1_32(texts[i]) : 0);
    }
}

static void check(const struct dj_digests *digests)
{
    for (size_t count = 0; digests != NULL && count < DJ_DIGESTS_MOST;
         count += count < 40 ? 1 : count + 3) {
        check_count(digests, count);
    }
    if (digests != NULL) {
        check_count(digests, DJ_DIGESTS_MOST);
    }
}

static void lanes_give_what_one_gives(void)
{
    check(&dj_digests_plain);
    check(dj_digests_avx2());
    check(dj_digests_avx512());
}

static void any_number_of_texts(void)
{
    enum { MANY = 2 * DJ_DIGESTS_MOST + 100 };
    static struct dj_str many[MANY];
    static struct dj_hash128 md5[MANY];
    static uint32_t sha1[MANY];

    for (size_t i = 0; i < MANY; i++) {
        many[i] = texts[i % DJ_DIGESTS_MOST];
    }
    dj_md5_many(many, MANY, md5);
    dj_sha1_32_many(many, MANY, sha1);
    for (size_t i = 0; i < MANY; i++) {
        DJ_CHECK_INT(md5[i].lo, dj_md5(many[i]).lo);
        DJ_CHECK_INT(sha1[i], dj_sha1_32(many[i]));
    }
}

int main(void)
{
    make_texts();
    DJ_TEST(lanes_give_what_one_gives);
    DJ_TEST(any_number_of_texts);
    return 0;
}

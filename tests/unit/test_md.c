/* Digests against published values, and against each other at every length. */
#include "dj/hash.h"
#include "djtest.h"

static void check_md5(const char *text, uint64_t hi, uint64_t lo)
{
    const struct dj_hash128 got = dj_md5(dj_str_from(text));

    DJ_CHECK_INT(got.hi, hi);
    DJ_CHECK_INT(got.lo, lo);
}

static void md5_of_rfc_1321(void)
{
    check_md5("", 0xd41d8cd98f00b204, 0xe9800998ecf8427e);
    check_md5("abc", 0x900150983cd24fb0, 0xd6963f7d28e17f72);
    check_md5("message digest", 0xf96b697d7cb7938d, 0x525a2f31aaf161d0);
    check_md5("1234567890123456789012345678901234567890"
              "1234567890123456789012345678901234567890",
              0x57edf4a22be3c955, 0xac49da2e2107b67a);
}

static void sha1_of_rfc_3174(void)
{
    DJ_CHECK_INT(dj_sha1_32(DJ_STR("")), 0xeea339da);
    DJ_CHECK_INT(dj_sha1_32(DJ_STR("abc")), 0x363e99a9);
    DJ_CHECK_INT(dj_sha1_32(DJ_STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnop"
                                   "nopq")),
                 0x443e9884);
}

/* The digests of all beginnings of a text, added up; made with Python's hashlib. */
static void every_length_ends_rightly(void)
{
    char text[300];
    uint64_t md5 = 0;
    uint64_t sha1 = 0;

    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (char)(i * 7 + 3);
    }
    for (size_t len = 0; len <= sizeof(text); len++) {
        const struct dj_hash128 got = dj_md5((struct dj_str){ text, len });

        md5 = md5 * 31 + got.hi + 3 * got.lo;
        sha1 = sha1 * 31 + dj_sha1_32((struct dj_str){ text, len });
    }
    DJ_CHECK_INT(md5, 0xaef08ab177deaa04);
    DJ_CHECK_INT(sha1, 0xd94c120c27202a3);
}

static void hash128_depends_on_bytes_and_seed(void)
{
    const struct dj_hash128 a = dj_hash128(DJ_STR("abc"), 0);
    const struct dj_hash128 b = dj_hash128(DJ_STR("abc"), 1);
    const struct dj_hash128 c = dj_hash128(DJ_STR("abd"), 0);

    DJ_CHECK(a.hi != b.hi && a.lo != b.lo && a.hi != c.hi && a.lo != c.lo);
    DJ_CHECK_INT(a.hi, 0x06b05ab6733a6185);
    DJ_CHECK_INT(a.lo, 0x78af5f94892f3950);
}

int main(void)
{
    DJ_TEST(md5_of_rfc_1321);
    DJ_TEST(sha1_of_rfc_3174);
    DJ_TEST(every_length_ends_rightly);
    DJ_TEST(hash128_depends_on_bytes_and_seed);
    return 0;
}

/* Statuses, messages, times and hashes: the small things everything rests on. */
#include "djtest.h"

#include "dj/clock.h"
#include "dj/hash.h"

#include <errno.h>

static void every_status_has_an_exit_code_and_a_text(void)
{
    for (int i = 0; i < DJ_STATUS_COUNT; i++) {
        const enum dj_status status = (enum dj_status)i;
        const int code = dj_status_exit(status);

        DJ_CHECK(strlen(dj_status_name(status)) > 0 &&
                 strlen(dj_status_text(status)) > 0);
        DJ_CHECK(code == 0 || code == 1 || code == 2 || code == 3 || code == 75);
        DJ_CHECK((code == 0) == (status == DJ_OK));
    }
    DJ_CHECK_INT(dj_status_exit(DJ_STOPPED), 75);
    DJ_CHECK_INT(dj_status_exit(DJ_PARTIAL), 3);
    DJ_CHECK_INT(dj_status_exit(DJ_CONFIG), 2);
}

static void messages_are_cut_not_overrun(void)
{
    struct dj_error err;
    char longer[2 * DJ_ERROR_TEXT];

    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    DJ_CHECK_STATUS(dj_fail(&err, DJ_DATA, "%s", longer), DJ_DATA);
    DJ_CHECK_INT(strlen(err.text), DJ_ERROR_TEXT - 1);
    DJ_CHECK_STATUS(dj_fail_errno(&err, DJ_IO, ENOSPC, "file"), DJ_IO);
    DJ_CHECK_TEXT(err.text, "file: No space left on device");
    DJ_CHECK_STATUS(dj_error_prefix(&err, "writing: "), DJ_IO);
    DJ_CHECK_TEXT(err.text, "writing: file: No space left on device");
}

static void times_are_printed_as_utc(void)
{
    char text[DJ_CLOCK_TEXT];

    dj_clock_iso(0, text);
    DJ_CHECK_TEXT(text, "1970-01-01T00:00:00.000000Z");
    dj_clock_iso(1767225599.9999999, text); /* rounds up into the next year */
    DJ_CHECK_TEXT(text, "2026-01-01T00:00:00.000000Z");
    DJ_CHECK(dj_clock_monotonic() <= dj_clock_monotonic());
}

static void hashes_go_to_text_and_back(void)
{
    struct dj_hasher *hasher = dj_hasher_new();
    char text[DJ_HASH64_TEXT];
    uint64_t back;

    dj_hasher_add(hasher, DJ_STR("two "));
    dj_hasher_add(hasher, DJ_STR("parts"));
    DJ_CHECK(dj_hasher_value(hasher) == dj_hash64(DJ_STR("two parts")));
    dj_hasher_reset(hasher);
    DJ_CHECK(dj_hasher_value(hasher) == dj_hash64(DJ_STR("")));
    dj_hasher_free(hasher);
    dj_hash64_text(0x0123456789abcdefU, text);
    DJ_CHECK_TEXT(text, "0123456789abcdef");
    DJ_CHECK(dj_hash64_parse(text, &back) && back == 0x0123456789abcdefU);
    DJ_CHECK(!dj_hash64_parse("0123", &back));
    DJ_CHECK(!dj_hash64_parse("0123456789abcdeg", &back));
    DJ_CHECK(!dj_hash64_parse(NULL, &back));
}

int main(void)
{
    DJ_TEST(every_status_has_an_exit_code_and_a_text);
    DJ_TEST(messages_are_cut_not_overrun);
    DJ_TEST(times_are_printed_as_utc);
    DJ_TEST(hashes_go_to_text_and_back);
    return 0;
}

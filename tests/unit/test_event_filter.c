/* Options of dj-mpi events: points in time, and names of types and levels. */
#include "djtest.h"

#include "cli/cli_events.h"

static const double now = 1800000000;
static struct dj_error err;

static void is_time(const char *text, double expected)
{
    int64_t micros;

    DJ_CHECK_OK(dj_event_time_parse(text, now, &micros, &err));
    DJ_CHECK_INT(micros, expected * 1e6);
}

static void is_no_time(const char *text)
{
    int64_t micros;

    if (dj_event_time_parse(text, now, &micros, &err) != DJ_USAGE) {
        (void)fprintf(stderr, "  \"%s\" was taken\n", text);
        DJ_CHECK(false);
    }
}

static void times(void)
{
    static const char *const bad[] = { "",
                                       "5",
                                       "-5s",
                                       "1x",
                                       "s",
                                       "1h30",
                                       "2026",
                                       "2026-13-01",
                                       "nan",
                                       "2026-01-00",
                                       "2026-01-01x",
                                       "1e99s",
                                       "inf",
                                       "2026-01-01 25:00",
                                       "2026-01-01T12:34:99" };

    is_time("90s", now - 90);
    is_time("1.5h", now - 5400);
    is_time("1h30m", now - 5400);
    is_time("2d", now - 2 * 86400);
    is_time("1795844348.25", 1795844348.25);
    is_time("2026-11-28T05:39:08Z", 1795844348);
    is_time("2026-11-28 05:39:08.5Z", 1795844348.5);
    is_time("2026-11-28T05:39Z", 1795844340);
    is_time("2026-11-28Z", 1795824000);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is_no_time(bad[i]);
    }
}

static enum dj_status take(const char *option, const char *value,
                           struct dj_event_filter *filter)
{
    char first[32], second[64];
    char *words[] = { first, second };
    struct dj_cli cli = { .argc = 2, .argv = words };

    (void)snprintf(first, sizeof(first), "%s", option);
    (void)snprintf(second, sizeof(second), "%s", value);
    return dj_event_filter_take(&cli, now, filter, &err);
}

static void names(void)
{
    struct dj_event_filter filter;

    DJ_CHECK_OK(take("--type", "op_start,job_failed", &filter));
    DJ_CHECK(filter.any && filter.types[DJ_EVENT_OP_START] &&
             filter.types[DJ_EVENT_JOB_FAILED] && !filter.types[DJ_EVENT_INFO]);
    DJ_CHECK_INT(take("--type", "op_start,", &filter), DJ_USAGE);
    DJ_CHECK_INT(take("--type", "op_strat", &filter), DJ_USAGE);
    DJ_CHECK(strstr(err.text, "op_start") != NULL);
    DJ_CHECK_OK(take("--level", "warning", &filter));
    DJ_CHECK_INT(take("--rank", "-1", &filter), DJ_USAGE);
    DJ_CHECK_INT(take("--partition", "3x", &filter), DJ_USAGE);
}

int main(void)
{
    DJ_TEST(times);
    DJ_TEST(names);
    return 0;
}

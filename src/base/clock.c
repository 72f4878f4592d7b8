/* Time, as numbers and as text. */
#include "dj/clock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

static double read_clock(clockid_t id)
{
    struct timespec now;

    (void)clock_gettime(id, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double dj_clock_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

double dj_clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

double dj_clock_cpu(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

struct timespec dj_clock_after(double seconds)
{
    enum { NANOSECONDS = 1000000000 };
    struct timespec then;

    (void)clock_gettime(CLOCK_MONOTONIC, &then);
    then.tv_sec += (time_t)seconds;
    then.tv_nsec += (long)(fmod(seconds, 1.0) * NANOSECONDS);
    if (then.tv_nsec >= NANOSECONDS) {
        then.tv_nsec -= NANOSECONDS;
        then.tv_sec++;
    }
    return then;
}

void dj_clock_sleep(double seconds)
{
    struct timespec left = { (time_t)seconds, (long)(fmod(seconds, 1.0) * 1e9) };

    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

/* Whole seconds and the rest in microseconds, rounded so that text sorts as time. */
static time_t split(double seconds, int *micros)
{
    const double micro = floor(seconds * 1e6 + 0.5);
    const time_t whole = (time_t)(micro / 1e6);

    *micros = (int)(micro - (double)whole * 1e6);
    return whole;
}

void dj_clock_iso(double seconds, char *text)
{
    struct tm parts;
    int micros;
    const time_t whole = split(seconds, &micros);

    (void)gmtime_r(&whole, &parts);
    (void)snprintf(text, DJ_CLOCK_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
                   (parts.tm_year + 1900) % 10000, parts.tm_mon + 1, parts.tm_mday,
                   parts.tm_hour, parts.tm_min, parts.tm_sec, micros);
}

void dj_clock_local(double seconds, char *text)
{
    struct tm parts;
    int micros;
    const time_t whole = split(seconds, &micros);

    (void)localtime_r(&whole, &parts);
    (void)snprintf(text, DJ_CLOCK_TEXT, "%04d-%02d-%02d %02d:%02d:%02d.%03d",
                   (parts.tm_year + 1900) % 10000, parts.tm_mon + 1, parts.tm_mday,
                   parts.tm_hour, parts.tm_min, parts.tm_sec, micros / 1000);
}

void dj_clock_compact(double seconds, char *text)
{
    struct tm parts;
    const time_t whole = (time_t)seconds;

    (void)localtime_r(&whole, &parts);
    (void)snprintf(text, DJ_CLOCK_TEXT, "%04d%02d%02d_%02d%02d%02d",
                   (parts.tm_year + 1900) % 10000, parts.tm_mon + 1, parts.tm_mday,
                   parts.tm_hour, parts.tm_min, parts.tm_sec);
}

/* Time: wall clock for records, monotonic clock for durations. */
#ifndef DJ_CLOCK_H
#define DJ_CLOCK_H

#include <stddef.h>
#include <time.h>

double dj_clock_now(void);       /* seconds since 1970, microsecond resolution */
double dj_clock_monotonic(void); /* seconds since some start; only differences count */
double dj_clock_cpu(void);       /* CPU seconds of this process, user and system */
void dj_clock_sleep(double seconds);
/* So many seconds from now, on CLOCK_MONOTONIC: for waits that have an end. */
struct timespec dj_clock_after(double seconds);

enum { DJ_CLOCK_TEXT = 96 }; /* room that every text below fits in */

/* "2026-01-31T12:34:56.123456Z"; text has DJ_CLOCK_TEXT bytes. */
void dj_clock_iso(double seconds, char *text);
/* "2026-01-31 12:34:56.123", local time: for events.log and people. */
void dj_clock_local(double seconds, char *text);
/* "20260131_123456", local time: for job ids. */
void dj_clock_compact(double seconds, char *text);

#endif

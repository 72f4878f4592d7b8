/* The parts of dj-mpi events. */
#ifndef DJ_CLI_EVENTS_H
#define DJ_CLI_EVENTS_H

#include "cli/cli_private.h"
#include "dj/event_log.h"

/* Which events are wanted; what was not said lets all through. */
struct dj_event_filter {
    bool any;                   /* something was said */
    bool has_types;             /* types was given: */
    bool types[DJ_EVENT_COUNT]; /* the wanted ones */
    int level;                  /* least, in the order of dj_event_level_rank */
    int64_t rank, partition;    /* -1: any */
    const char *op;
    int64_t since; /* microseconds since 1970 */
    const char *grep;
};

/* Takes the filters out of the words. now: seconds since 1970. */
enum dj_status dj_event_filter_take(struct dj_cli *cli, double now,
                                    struct dj_event_filter *filter,
                                    struct dj_error *err) DJ_MUST_CHECK;
/* text: the readable line. */
bool dj_event_filter_lets(const struct dj_event_filter *filter,
                          const struct dj_event_line *line, struct dj_str text);

/*
 * A point in time: "2026-01-31 12:34:56" (or with T; seconds, minutes and the time may be
 * missing; with Z at its end UTC, else local), seconds since 1970, or how long before
 * now: "90s", "15m", "2h", "1d", also "1h30m".
 */
enum dj_status dj_event_time_parse(const char *text, double now, int64_t *micros,
                                   struct dj_error *err) DJ_MUST_CHECK;

/* Reads all of the log and checks it; *sound tells whether nothing is wrong. */
enum dj_status dj_events_check(const struct dj_cli_job *job, bool json,
                               struct dj_buf *out, bool *sound,
                               struct dj_error *err) DJ_MUST_CHECK;

#endif

/* The check of an event log: what is found, and what is remembered of lines that were
 * read. */
#ifndef DJ_CLI_EVENTS_CHECK_H
#define DJ_CLI_EVENTS_CHECK_H

#include "cli/cli_events.h"
#include "cli/cli_ledger.h"

/*    name           what is looked at */
#define DJ_CHECK_LIST(X)                                                             \
    X(LINES, "lines", "every line is one JSON event with the fields of its type")    \
    X(ORDER, "order", "events are in time order, those of a rank without exception") \
    X(IDS, "ids", "no event_id is there twice, and none is missing in between")      \
    X(PARTITIONS, "partitions", "what was started has an end, or its rank died")     \
    X(LEDGER, "ledger", "samples that were read are all accounted for")              \
    X(SUMMARY, "summary", "job_summary.json has the same figures")

enum dj_check {
#define DJ_CHECK_ENUM(name, text, meaning) DJ_CHECK_##name,
    DJ_CHECK_LIST(DJ_CHECK_ENUM)
#undef DJ_CHECK_ENUM
        DJ_CHECK_COUNT
};

/* Findings that are kept in words; of the others only how many there are. */
enum { DJ_CHECK_KEPT = 100 };

struct dj_check_finding {
    enum dj_check check;
    bool wrong; /* else a note */
    char *text;
};

enum dj_attempt_end { DJ_END_NONE, DJ_END_COMPLETE, DJ_END_STOPPED, DJ_END_FAILED };

struct dj_check_rank {
    int64_t seq; /* of its last event; 0: none */
    int64_t micros, first_micros;
};

struct dj_check_attempt {
    int64_t number;
    enum dj_attempt_end end;
    int64_t total, successful, failed, read, kept; /* as its end says */
    int64_t unended; /* partitions that it started and left */
    size_t nranks;
    struct dj_check_rank *ranks;
};

struct dj_check_run {
    const struct dj_cli_job *job;
    struct dj_ledger ledger;
    size_t nattempts;
    struct dj_check_attempt *attempts;
    int64_t events; /* without the headers of files */
    bool cut;       /* the oldest events were rotated away */
    int64_t newest; /* micros of the newest event */
    double late;    /* seconds that an event is behind a newer one of another rank */
    int64_t wrong[DJ_CHECK_COUNT];
    bool skipped[DJ_CHECK_COUNT]; /* not possible with this log */
    size_t nfindings;
    struct dj_check_finding findings[DJ_CHECK_KEPT];
};

void dj_check_wrong(struct dj_check_run *run, enum dj_check check, const char *fmt, ...)
    DJ_PRINTF(3, 4);
void dj_check_note(struct dj_check_run *run, enum dj_check check, const char *fmt, ...)
    DJ_PRINTF(3, 4);

/* --- cli_events_line.c ----------------------------------------------------------- */

void dj_check_line(struct dj_check_run *run, const struct dj_event_line *line);

/* --- cli_events_part.c ----------------------------------------------------------- */

/* What an event says of partitions, operators and attempts. attempt is borrowed. */
void dj_check_content(struct dj_check_run *run, const struct dj_event_line *line,
                      struct dj_check_attempt *attempt, const struct dj_json *event);
/* When all lines are read: what has no end, whether the counts balance. */
void dj_check_end(struct dj_check_run *run);

#endif

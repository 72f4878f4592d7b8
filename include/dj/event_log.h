/*
 * Reading the events of a job, while it runs or later: events.jsonl with its rotated
 * files, then what ranks have written and nobody has merged yet. Writes nothing, takes
 * no lock, and does not need more memory for a longer log.
 */
#ifndef DJ_EVENT_LOG_H
#define DJ_EVENT_LOG_H

#include "dj/event.h"

/* What can be told of a line without reading all of it. */
struct dj_event_view {
    struct dj_str type, message, op; /* as they stand, with escapes; may be empty */
    int64_t micros;                  /* since 1970 */
    int64_t rank;
    int64_t partition;    /* -1: none */
    int64_t attempt, seq; /* with rank out of the event_id; attempt 0: a file's header */
};

/* False when the line is not one whole event. */
bool dj_event_look(struct dj_str line, struct dj_event_view *view);

/* DJ_EVENT_COUNT: there is no such type. */
enum dj_event_type dj_event_type_of(struct dj_str name);
const char *dj_event_level(enum dj_event_type type); /* "INFO" */

/* The line of events.log with its line end; view NULL: for a line nobody can read. */
enum dj_status dj_event_text_line(const struct dj_event_view *view,
                                  struct dj_buf *out) DJ_MUST_CHECK;

/* A line of the log; everything in it is borrowed until the next call. */
struct dj_event_line {
    struct dj_str text;        /* without its end */
    bool good;                 /* it is one whole event, and view tells of it */
    bool part;                 /* it is in a file of its rank's own */
    const char *file;          /* where it stands */
    int64_t number;            /* and in which line, from 1 */
    struct dj_event_view view; /* of a bad one: what is known of its file */
};

struct dj_event_log;

/* folder: event_logs. It need not have any events yet. */
enum dj_status dj_event_log_open(const char *folder, struct dj_event_log **log,
                                 struct dj_error *err) DJ_MUST_CHECK;
void dj_event_log_close(struct dj_event_log *log);

/*
 * The next line. The merged ones come in the order of the file, the others behind them in
 * time order; each comes once, also when it is merged in between. *more is false when
 * there is nothing more for now; the next call then looks for what has been added
 * meanwhile.
 */
enum dj_status dj_event_log_next(struct dj_event_log *log, struct dj_event_line *line,
                                 bool *more, struct dj_error *err) DJ_MUST_CHECK;

/* What the last round, up to *more == false, has met. */
struct dj_event_log_found {
    int64_t files;    /* that were read, in all rounds */
    int64_t halves;   /* last lines that are not whole, at the end of a file */
    int64_t repeated; /* lines of a rank that are merged already, in all rounds */
    bool moved;       /* a rank's file went while it was read: look once more */
    bool lost;        /* files were rotated away before they were read */
};
struct dj_event_log_found dj_event_log_found(const struct dj_event_log *log);

#endif

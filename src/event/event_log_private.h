/* The parts of a log's reader. */
#ifndef DJ_EVENT_LOG_PRIVATE_H
#define DJ_EVENT_LOG_PRIVATE_H

#include "event/event_private.h"

/* --- event_log_merged.c: events.jsonl and its rotated files, oldest first -------- */

struct dj_event_log_merged {
    const char *folder; /* borrowed */
    struct dj_event_reader reader;
    char *path;    /* of the file being read, as it was called when it was opened */
    bool open;     /* there is one */
    bool finished; /* it was rotated: nothing is added to it any more */
    bool lost;     /* files went before they were read */
    int64_t files, lines;
};

void dj_event_log_merged_init(struct dj_event_log_merged *merged, const char *folder,
                              size_t window);
void dj_event_log_merged_release(struct dj_event_log_merged *merged);
enum dj_status dj_event_log_merged_next(struct dj_event_log_merged *merged,
                                        struct dj_str *line, bool *more,
                                        struct dj_error *err) DJ_MUST_CHECK;

/* --- event_log_parts.c: how far the files of the ranks are read ------------------ */

struct dj_event_log_part {
    int64_t rank, attempt, turn;
    char *path;
    int64_t offset; /* of the first line that was not given */
    int64_t lines;  /* before it */
    bool done;      /* nothing more will be read of it */
};

struct dj_event_log_parts {
    size_t count;
    struct dj_event_log_part *items; /* by attempt, rank, turn */
};

/* Lists the folder anew; what is known of files that are still there stays. */
enum dj_status dj_event_log_parts_look(struct dj_event_log_parts *parts,
                                       const char *folder,
                                       struct dj_error *err) DJ_MUST_CHECK;
void dj_event_log_parts_release(struct dj_event_log_parts *parts);

/* Which lines of an attempt of a rank were given. */
struct dj_event_log_mark {
    int64_t attempt, rank;
    int64_t given;      /* number of the last line */
    int64_t from_parts; /* the same in the rounds before: the merge will repeat them */
};

struct dj_event_log_marks {
    size_t count, cap;
    struct dj_event_log_mark *items; /* by attempt and rank */
    size_t last;                     /* found last */
};

/* Borrowed until the next call; new ones are 0. */
struct dj_event_log_mark *dj_event_log_mark(struct dj_event_log_marks *marks,
                                            int64_t attempt, int64_t rank);
/* Before a round: all that was given counts as known. */
void dj_event_log_marks_settle(struct dj_event_log_marks *marks);
void dj_event_log_marks_release(struct dj_event_log_marks *marks);

#endif

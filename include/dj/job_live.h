/*
 * What a running job shows to those who look at its folder, and hears from them: who
 * holds its lock, how far it is, and requests to stop. All of it are small files, so
 * that any node that shares the file system will do.
 */
#ifndef DJ_JOB_LIVE_H
#define DJ_JOB_LIVE_H

#include <stdint.h>

#include "dj/mem.h"

struct dj_job_lock;

enum { DJ_TOKEN_TEXT = 33, DJ_LIVE_NAME = 256 };

/* --- the holder of a lock ----------------------------------------------------------- */

/* Texts are "" where they are not known. */
struct dj_holder {
    bool there;                /* there is a lock */
    bool alive;                /* and its holder lives, as far as can be told from here */
    bool seen;                 /* its process is of this host, and was looked at */
    char token[DJ_TOKEN_TEXT]; /* of this lock, nobody else's */
    char host[DJ_LIVE_NAME];
    char slurm_job_id[DJ_LIVE_NAME];
    int64_t pid;
    double since; /* when the lock was taken, seconds since 1970 */
    double heard; /* when it was last renewed; clocks of hosts may differ */
};

/*
 * Looks at a lock and changes nothing. A holder on another host lives when the lock was
 * renewed in the last DJ_LOCK_STALE seconds, by the clock of this host.
 */
enum dj_status dj_job_holder(const char *path, struct dj_holder *holder,
                             struct dj_error *err) DJ_MUST_CHECK;

/* Whether a run holds the lock; false when that cannot be told. */
bool dj_job_is_running(const char *path);

/* The token of a lock that we have; borrowed. */
const char *dj_job_lock_token(const struct dj_job_lock *lock);
/*
 * beat is called about once a second by the thread that renews the lock, until the lock
 * is lost or released, or another one (NULL: none) takes its place; when this returns
 * the one before is not running any more.
 */
typedef void dj_job_beat(void *context);
void dj_job_lock_on_beat(struct dj_job_lock *lock, dj_job_beat *beat, void *context);

/* --- how far it is ------------------------------------------------------------------ */

enum { DJ_PHASE_TEXT = 96 };

/* What rank 0 knows of a run that is under way. Counts are those of the stage. */
struct dj_job_progress {
    char token[DJ_TOKEN_TEXT]; /* of the run's lock */
    int64_t attempt;
    double time;               /* when this was written, seconds since 1970 */
    char phase[DJ_PHASE_TEXT]; /* what it does, for people */
    int64_t stage, stages;     /* from 1 */
    double seconds;            /* that this stage's partitions have been at work */
    int64_t rows, kept;        /* samples of finished partitions */
    int64_t rows_before;       /* of these, what earlier runs had finished */
    int64_t bytes;             /* of input, in this run */
    int64_t bytes_before, bytes_total;
    int64_t parts_done, parts_failed, parts_total; /* done: by earlier runs too */
};

/* Not synced: a watcher that misses one sees the next. */
enum dj_status dj_job_progress_write(const char *path,
                                     const struct dj_job_progress *progress,
                                     struct dj_error *err) DJ_MUST_CHECK;
/* False: there is none that can be read. */
bool dj_job_progress_read(const char *path, struct dj_job_progress *progress);
/* How much of the run's stages is done, 0 to 1, as if all took as long. */
double dj_job_progress_share(const struct dj_job_progress *progress);
/* Seconds until the stage's partitions are done; negative: not known. */
double dj_job_progress_left(const struct dj_job_progress *progress);

/* --- a request to stop -------------------------------------------------------------- */

struct dj_stop_request {
    char token[DJ_TOKEN_TEXT]; /* of the lock of the run that is meant, and no other */
    bool after_checkpoint;     /* not before the next set or commit is written */
    char user[DJ_LIVE_NAME];
    char host[DJ_LIVE_NAME];
    double time; /* seconds since 1970 */
};

enum dj_status dj_stop_request_write(const char *path,
                                     const struct dj_stop_request *request,
                                     struct dj_error *err) DJ_MUST_CHECK;
/* False: there is none that can be read. */
bool dj_stop_request_read(const char *path, struct dj_stop_request *request);

#endif

/* A job as it is now, for the words list, status and stop. */
#ifndef DJ_CLI_JOBS_H
#define DJ_CLI_JOBS_H

#include "cli/cli_private.h"
#include "dj/job_live.h"
#include "dj/json.h"

enum dj_job_state {
    DJ_JOB_RUNNING,
    DJ_JOB_COMPLETE,
    DJ_JOB_PARTIAL, /* complete, except for partitions that failed */
    DJ_JOB_FAILED,
    DJ_JOB_STOPPED,
    DJ_JOB_DEAD,    /* its summary says that it runs, and nobody holds its lock */
    DJ_JOB_DAMAGED, /* there is no summary that can be read */
    DJ_JOB_NSTATES
};
extern const char *const dj_job_state_names[DJ_JOB_NSTATES];

struct dj_job_view {
    enum dj_job_state state;
    struct dj_summary *summary; /* NULL when damaged */
    struct dj_holder holder;
    bool has_progress; /* of the run that holds the lock, as has_request */
    struct dj_job_progress progress;
    bool has_request;
    struct dj_stop_request request;
    double started;    /* its first attempt; seconds since 1970, 0: not known */
    double seen;       /* the last sign of life */
    double share;      /* that is done, 0 to 1 */
    char *export_path; /* or NULL */
    char remark[512];  /* why it is damaged, or how it is known to be dead; else "" */
};

/* Looks at all of it; changes nothing, and takes damage as an answer. */
void dj_job_view_make(const struct dj_job_paths *paths, struct dj_job_view *view);
void dj_job_view_release(struct dj_job_view *view);
/* Its newest attempt, or NULL. */
const struct dj_attempt *dj_job_view_attempt(const struct dj_job_view *view);

/* --- status --- */

/* A checkpoint set that is in the job's folder of sets. */
struct dj_status_set {
    char *name; /* checkpoint_000012 */
    double time;
};

struct dj_job_status {
    struct dj_cli_job job;
    struct dj_job_view view;
    size_t nsets;
    struct dj_status_set *sets; /* oldest first */
};

/* --json of it. */
enum dj_status dj_job_status_json(const struct dj_job_status *status,
                                  struct dj_buf *out) DJ_MUST_CHECK;

/* --- texts --- */

/* "2026-01-31 12:34:56" and "3 min ago"; "-" without a time. Both return text. */
const char *dj_cli_when(double time, char text[DJ_NUMBER_TEXT]);
const char *dj_cli_ago(double time, char text[DJ_NUMBER_TEXT]);
/* A number and, as key_iso, text; nothing without a time. */
void dj_cli_time_json(struct dj_jsonw *w, const char *key, double time);

#endif

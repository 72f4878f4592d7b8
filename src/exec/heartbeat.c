/*
 * The run as others see it. Rank 0 notes what it does and how far all ranks are; the
 * thread that renews the job's lock puts that into progress.json every few seconds, and
 * looks each second whether dj-mpi stop has left a request. So both work while rank 0 is
 * deep in a batch, and neither costs the ranks anything.
 */
#include "exec/heartbeat.h"

#include "dj/clock.h"
#include "dj/fs.h"
#include "dj/log.h"

#include <pthread.h>
#include <stdio.h>

/* Seconds between two versions of the file; a job that is shorter writes none. */
static const double show_interval = 3;

struct dj_heart {
    struct dj_job_lock *lock;
    const char *progress_path, *stop_path; /* borrowed from the executor */
    const char *job_id;
    pthread_mutex_t mutex;
    struct dj_job_progress shown; /* under it */
    bool changed;                 /* so is this */
    double due;                   /* monotonic; the thread's own, as the rest */
    enum dj_preempt_wish told;    /* what the log says of requests */
};

/* --- the thread --------------------------------------------------------------------- */

static void show(struct dj_heart *heart)
{
    struct dj_job_progress now;
    struct dj_error ignored;
    bool changed;

    if (dj_clock_monotonic() < heart->due) {
        return;
    }
    (void)pthread_mutex_lock(&heart->mutex);
    now = heart->shown;
    changed = heart->changed;
    heart->changed = false;
    (void)pthread_mutex_unlock(&heart->mutex);
    if (changed) {
        now.time = dj_clock_now();
        /* For watchers only: a full disk is told of by what the job itself writes. */
        (void)!dj_job_progress_write(heart->progress_path, &now, &ignored);
        heart->due = dj_clock_monotonic() + show_interval;
    }
}

static void obey(struct dj_heart *heart, const struct dj_stop_request *request)
{
    const enum dj_preempt_wish wish =
        request->after_checkpoint ? DJ_PREEMPT_AFTER_CHECKPOINT : DJ_PREEMPT_NOW;
    char time[DJ_CLOCK_TEXT];
    char by[400];

    dj_clock_local(request->time, time);
    time[strcspn(time, ".")] = '\0';
    (void)snprintf(by, sizeof(by), "dj-mpi stop (%.100s on %.100s, %s)", request->user,
                   request->host, time);
    dj_preempt_ask(wish, by);
    if (heart->told != wish) {
        dj_log(DJ_LOG_INFO, "%s asks job %s to stop%s", by, heart->job_id,
               request->after_checkpoint ? " after the next checkpoint" : "");
    }
    heart->told = wish;
}

/* A request that names this run. */
static bool is_asked(const struct dj_heart *heart, struct dj_stop_request *request)
{
    return dj_stop_request_read(heart->stop_path, request) &&
           strcmp(request->token, dj_job_lock_token(heart->lock)) == 0;
}

/*
 * A network file system may remember for a while that there is no such file; as
 * progress.json gets its name anew it looks at the folder again.
 */
static void listen(struct dj_heart *heart)
{
    struct dj_stop_request request;

    if (dj_preempt_asked() == DJ_PREEMPT_NOW) {
        return;
    }
    if (is_asked(heart, &request)) {
        obey(heart, &request);
    } else if (heart->told != DJ_PREEMPT_GO_ON && !dj_fs_exists(heart->stop_path)) {
        dj_preempt_ask(DJ_PREEMPT_GO_ON, "");
        dj_log(DJ_LOG_INFO, "the request to stop job %s was taken back", heart->job_id);
        heart->told = DJ_PREEMPT_GO_ON;
    }
}

static void beat(void *context)
{
    struct dj_heart *heart = context;

    listen(heart);
    show(heart);
}

/* --- the rank ----------------------------------------------------------------------- */

static void forget(const char *path)
{
    struct dj_error err;

    if (dj_fs_remove(path, &err) != DJ_OK) {
        dj_log(DJ_LOG_WARNING, "%s", err.text);
    }
}

void dj_heart_start(struct dj_exec *exec)
{
    struct dj_heart *heart = dj_xmalloc(sizeof(*heart));
    struct dj_stop_request old;

    heart->lock = exec->root->lock;
    heart->progress_path = exec->paths.progress;
    heart->stop_path = exec->paths.stop_request;
    heart->job_id = exec->job_id;
    heart->due = dj_clock_monotonic() + show_interval;
    heart->shown.attempt = exec->attempt;
    (void)snprintf(heart->shown.token, sizeof(heart->shown.token), "%s",
                   dj_job_lock_token(heart->lock));
    (void)pthread_mutex_init(&heart->mutex, NULL);
    /* Naming a lock makes old files harmless; deleting them leaves no riddles. */
    forget(heart->progress_path);
    if (dj_fs_exists(heart->stop_path) && !is_asked(heart, &old)) {
        forget(heart->stop_path);
    }
    exec->root->heart = heart;
    dj_job_lock_on_beat(heart->lock, beat, heart);
}

void dj_heart_end(struct dj_exec_root *root)
{
    struct dj_heart *heart = root->heart;

    if (heart == NULL) {
        return;
    }
    dj_job_lock_on_beat(heart->lock, NULL, NULL);
    if (!dj_job_lock_lost(heart->lock)) {
        forget(heart->progress_path);
        forget(heart->stop_path);
    }
    (void)pthread_mutex_destroy(&heart->mutex);
    dj_xfree(heart);
    root->heart = NULL;
}

void dj_exec_phase(struct dj_exec *exec, const char *what, const char *op)
{
    struct dj_heart *heart = exec->root == NULL ? NULL : exec->root->heart;

    if (heart == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&heart->mutex);
    (void)snprintf(heart->shown.phase, sizeof(heart->shown.phase), "%s%s%s", what,
                   op == NULL ? "" : " for ", op == NULL ? "" : op);
    heart->changed = true;
    (void)pthread_mutex_unlock(&heart->mutex);
}

void dj_heart_show(struct dj_heart *heart, const struct dj_job_progress *numbers)
{
    struct dj_job_progress *shown;

    if (heart == NULL) {
        return;
    }
    shown = &heart->shown;
    (void)pthread_mutex_lock(&heart->mutex);
    shown->stage = numbers->stage;
    shown->stages = numbers->stages;
    shown->seconds = numbers->seconds;
    shown->rows = numbers->rows;
    shown->kept = numbers->kept;
    shown->rows_before = numbers->rows_before;
    shown->bytes = numbers->bytes;
    shown->bytes_before = numbers->bytes_before;
    shown->bytes_total = numbers->bytes_total;
    shown->parts_done = numbers->parts_done;
    shown->parts_failed = numbers->parts_failed;
    shown->parts_total = numbers->parts_total;
    heart->changed = true;
    (void)pthread_mutex_unlock(&heart->mutex);
}

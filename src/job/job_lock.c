/*
 * The lock of a job: who may have it, and the thread that shows that its holder lives
 * by touching the file. The file itself is job_lock_file.c's.
 */
#include "dj/clock.h"
#include "dj/fs.h"
#include "dj/job.h"
#include "dj/job_live.h"
#include "dj/log.h"
#include "job/job_lock_private.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { BEAT_SECONDS = 1, RENEW_BEATS = DJ_LOCK_STALE / 6 / BEAT_SECONDS, TRIES = 100 };

struct dj_job_lock {
    char *path;
    struct dj_lock_owner self;
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stop; /* under the mutex */
    atomic_bool lost;
    pthread_mutex_t beating; /* held while beat runs or changes */
    dj_job_beat *beat;
    void *context;
};

/* The last look at a holder that cannot be seen from here. */
struct watch {
    bool any;
    char token[DJ_LOCK_TOKEN];
    struct stat info;
};

/* What one call of take has at hand. */
struct attempt {
    char *temporary; /* our finished lock file, under a name of its own */
    struct dj_buf text;
    struct watch watch;
    int tries;
};

/* What to do about a holder; UNKNOWN: look again later, it may show that it lives. */
static enum dj_lock_life judge(const struct dj_lock_seen *seen, struct watch *watch,
                               const struct dj_lock_owner *self, const char *temporary)
{
    const enum dj_lock_life life = dj_lock_owner_life(&seen->owner, self);
    const bool again = watch->any && strcmp(watch->token, seen->owner.token) == 0;

    if (life != DJ_LOCK_UNKNOWN) {
        return life; /* a living one however long ago it was heard of: maybe suspended */
    }
    if (dj_lock_age(temporary, seen) > DJ_LOCK_STALE) {
        return DJ_LOCK_DEAD;
    }
    if (again && !dj_lock_same_time(&watch->info, &seen->info)) {
        return DJ_LOCK_ALIVE;
    }
    if (!again && seen->owner.token[0] == '\0') {
        dj_log(DJ_LOG_INFO,
               "the job's lock cannot be read; waiting until it is %d seconds old",
               DJ_LOCK_STALE);
    } else if (!again) {
        dj_log(DJ_LOG_INFO,
               "the job is held by process %lld on host %s, which cannot be seen from "
               "here; waiting for a sign of life, at most %d seconds",
               (long long)seen->owner.pid, seen->owner.host, DJ_LOCK_STALE);
    }
    watch->any = true;
    memcpy(watch->token, seen->owner.token, sizeof(watch->token));
    watch->info = seen->info;
    return DJ_LOCK_UNKNOWN;
}

static enum dj_status refuse(const char *path, const struct dj_lock_seen *seen,
                             struct dj_error *err)
{
    const struct dj_lock_owner *owner = &seen->owner;
    char *folder = dj_fs_dirname(path);
    const char *job = dj_fs_basename(folder);
    char time[DJ_CLOCK_TEXT];
    char slurm[DJ_LOCK_NAME + 16] = "";

    dj_clock_local(owner->time, time);
    time[strcspn(time, ".")] = '\0';
    if (owner->slurm_job_id[0] != '\0') {
        (void)snprintf(slurm, sizeof(slurm), " (Slurm job %s)", owner->slurm_job_id);
    }
    dj_fail(
        err, DJ_LOCKED,
        "job %s is held by process %lld on host %s%s, since %s; wait for it, stop it, "
        "or choose another --job_id",
        job, (long long)owner->pid, owner->host, slurm, time);
    dj_xfree(folder);
    return DJ_LOCKED;
}

/* One try: *placed when the lock is ours; DJ_LOCKED when somebody living has it. */
static enum dj_status try_once(struct dj_job_lock *lock, struct attempt *attempt,
                               bool *placed, bool *took_over, struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    struct dj_lock_seen seen;
    bool there;
    bool gone = false;

    DJ_TRY(dj_lock_place(attempt->temporary, lock->path, dj_buf_str(&attempt->text),
                         placed, err));
    if (*placed) {
        return DJ_OK;
    }
    DJ_TRY(dj_lock_look(lock->path, &seen, &there, err));
    if (!there) {
        return DJ_OK; /* released in between */
    }
    switch (judge(&seen, &attempt->watch, &lock->self, attempt->temporary)) {
    case DJ_LOCK_ALIVE:
        status = refuse(lock->path, &seen, err);
        break;
    case DJ_LOCK_UNKNOWN:
        dj_clock_sleep(0.5);
        break;
    case DJ_LOCK_DEAD:
        attempt->tries++;
        status = dj_lock_remove_stale(lock->path, &seen, lock->self.token, &gone, err);
        *took_over = *took_over || (status == DJ_OK && gone);
        if (status == DJ_OK && !gone) {
            dj_clock_sleep(0.02); /* another is taking over: let it finish */
        }
        break;
    }
    close(seen.fd);
    return status;
}

static enum dj_status acquire(struct dj_job_lock *lock, bool *took_over,
                              struct dj_error *err)
{
    struct attempt attempt = { .temporary =
                                   dj_xprintf("%s.%s", lock->path, lock->self.token) };
    enum dj_status status;
    bool placed = false;
    int fd = -1;

    status = dj_lock_owner_write(&lock->self, &attempt.text);
    if (status != DJ_OK) {
        dj_fail(err, status, "%s: out of memory", lock->path);
        goto out;
    }
    status = dj_fs_open(attempt.temporary, O_WRONLY | O_CREAT | O_EXCL, &fd, err);
    if (status != DJ_OK) {
        goto out;
    }
    status = dj_fs_write(fd, dj_buf_str(&attempt.text), attempt.temporary, err);
    if (status == DJ_OK) {
        status = dj_fs_sync_fd(fd, attempt.temporary, err);
    }
    while (status == DJ_OK && !placed) {
        status = try_once(lock, &attempt, &placed, took_over, err);
        if (status == DJ_OK && !placed && attempt.tries >= TRIES) {
            status =
                dj_fail(err, DJ_LOCKED,
                        "%s: a stale lock cannot be taken away; delete it, or choose "
                        "another --job_id",
                        lock->path);
        }
    }
    *took_over = *took_over && placed;
out:
    if (fd >= 0) {
        close(fd);
        (void)unlink(attempt.temporary);
    }
    dj_xfree(attempt.temporary);
    dj_buf_release(&attempt.text);
    return status;
}

static void check(struct dj_job_lock *lock, bool touch)
{
    if (!dj_lock_is_own(lock->path, &lock->self, touch)) {
        atomic_store(&lock->lost, true);
    }
}

/* Until the next beat or the end. A host that slept makes up for no beats. */
static void await_beat(struct dj_job_lock *lock)
{
    const struct timespec next = dj_clock_after(BEAT_SECONDS);

    while (!lock->stop &&
           pthread_cond_timedwait(&lock->wake, &lock->mutex, &next) != ETIMEDOUT) {
    }
}

static void beat(struct dj_job_lock *lock, int count)
{
    if (count % RENEW_BEATS == 0) {
        check(lock, true);
    }
    (void)pthread_mutex_lock(&lock->beating);
    if (lock->beat != NULL && !atomic_load(&lock->lost)) {
        lock->beat(lock->context);
    }
    (void)pthread_mutex_unlock(&lock->beating);
}

static void *keep_alive(void *argument)
{
    struct dj_job_lock *lock = argument;
    int count = 0;

    (void)pthread_mutex_lock(&lock->mutex);
    while (!lock->stop && !atomic_load(&lock->lost)) {
        await_beat(lock);
        if (!lock->stop) {
            (void)pthread_mutex_unlock(&lock->mutex);
            count = count % RENEW_BEATS + 1;
            beat(lock, count);
            (void)pthread_mutex_lock(&lock->mutex);
        }
    }
    (void)pthread_mutex_unlock(&lock->mutex);
    return NULL;
}

/* All signals stay with the threads that were there before. */
static enum dj_status start_thread(struct dj_job_lock *lock, struct dj_error *err)
{
    pthread_condattr_t attributes;
    sigset_t all, before;
    int failed;

    (void)pthread_mutex_init(&lock->mutex, NULL);
    (void)pthread_mutex_init(&lock->beating, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&lock->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&lock->thread, NULL, keep_alive, lock);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        return dj_fail_errno(err, DJ_NOMEM, failed, "%s: starting a thread", lock->path);
    }
    lock->has_thread = true;
    return DJ_OK;
}

enum dj_status dj_job_lock_take(const char *path, struct dj_job_lock **lock,
                                bool *took_over, struct dj_error *err)
{
    struct dj_job_lock *made = dj_xmalloc(sizeof(*made));
    enum dj_status status;

    *lock = NULL;
    *took_over = false;
    made->path = dj_xstrdup(path);
    dj_lock_owner_self(&made->self);
    status = acquire(made, took_over, err);
    if (status != DJ_OK) {
        dj_xfree(made->path);
        dj_xfree(made);
        return status;
    }
    status = start_thread(made, err);
    if (status != DJ_OK) {
        dj_job_lock_release(made);
        return status;
    }
    *lock = made;
    return DJ_OK;
}

void dj_job_lock_release(struct dj_job_lock *lock)
{
    if (lock == NULL) {
        return;
    }
    if (lock->has_thread) {
        (void)pthread_mutex_lock(&lock->mutex);
        lock->stop = true;
        (void)pthread_cond_signal(&lock->wake);
        (void)pthread_mutex_unlock(&lock->mutex);
        (void)pthread_join(lock->thread, NULL);
    }
    (void)pthread_cond_destroy(&lock->wake);
    (void)pthread_mutex_destroy(&lock->mutex);
    (void)pthread_mutex_destroy(&lock->beating);
    dj_lock_remove_own(lock->path, &lock->self);
    dj_xfree(lock->path);
    dj_xfree(lock);
}

bool dj_job_lock_lost(struct dj_job_lock *lock)
{
    if (lock == NULL) {
        return false;
    }
    /* The thread may have slept as long as the rest of us. */
    if (!atomic_load(&lock->lost)) {
        check(lock, false);
    }
    return atomic_load(&lock->lost);
}

const char *dj_job_lock_token(const struct dj_job_lock *lock)
{
    return lock->self.token;
}

void dj_job_lock_on_beat(struct dj_job_lock *lock, dj_job_beat *on_beat, void *context)
{
    (void)pthread_mutex_lock(&lock->beating);
    lock->beat = on_beat;
    lock->context = context;
    (void)pthread_mutex_unlock(&lock->beating);
}

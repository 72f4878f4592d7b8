/* What is seen of a running job from its folder: holder, progress, requests to stop. */
#include "djtest.h"

#include "dj/clock.h"
#include "dj/fs.h"
#include "dj/job.h"
#include "dj/job_live.h"
#include "job/job_lock_private.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static struct dj_error err;
static char folder[] = "/tmp/dj_test_live_XXXXXX";

static char *path_of(const char *name)
{
    return dj_fs_join(folder, name);
}

/* --- the holder --------------------------------------------------------------------- */

/* A lock file of another process, last renewed so many seconds ago. */
static void leave_lock(const char *path, const struct dj_lock_owner *owner, double age)
{
    const double then = dj_clock_now() - age;
    const struct timespec times[2] = { { (time_t)then, 0 }, { (time_t)then, 0 } };
    struct dj_buf text;

    dj_buf_init(&text);
    DJ_CHECK_OK(dj_lock_owner_write(owner, &text));
    DJ_CHECK_OK(dj_fs_replace(path, dj_buf_str(&text), &err));
    DJ_CHECK(utimensat(AT_FDCWD, path, times, 0) == 0);
    dj_buf_release(&text);
}

static void a_holder_is_seen_and_nothing_changes(void)
{
    char *path = path_of("job.lock");
    struct dj_job_lock *lock;
    struct dj_lock_owner other;
    struct dj_holder holder;
    bool took_over;

    DJ_CHECK_OK(dj_job_holder(path, &holder, &err));
    DJ_CHECK(!holder.there && !holder.alive);

    DJ_CHECK_OK(dj_job_lock_take(path, &lock, &took_over, &err));
    DJ_CHECK_OK(dj_job_holder(path, &holder, &err));
    DJ_CHECK(holder.there && holder.alive && holder.seen);
    DJ_CHECK_INT(holder.pid, getpid());
    DJ_CHECK_TEXT(holder.token, dj_job_lock_token(lock));
    DJ_CHECK(dj_clock_now() - holder.heard < 60);
    dj_job_lock_release(lock);

    /* Of another host only the age of its sign is known. */
    dj_lock_owner_self(&other);
    (void)snprintf(other.host, sizeof(other.host), "elsewhere");
    leave_lock(path, &other, DJ_LOCK_STALE / 2);
    DJ_CHECK_OK(dj_job_holder(path, &holder, &err));
    DJ_CHECK(holder.there && holder.alive && !holder.seen);
    DJ_CHECK_TEXT(holder.host, "elsewhere");
    leave_lock(path, &other, 2 * DJ_LOCK_STALE);
    DJ_CHECK_OK(dj_job_holder(path, &holder, &err));
    DJ_CHECK(holder.there && !holder.alive && !holder.seen);

    /* A process of this host that is gone, however new its lock is. */
    dj_lock_owner_self(&other);
    other.process_start++;
    leave_lock(path, &other, 0);
    DJ_CHECK_OK(dj_job_holder(path, &holder, &err));
    DJ_CHECK(holder.there && !holder.alive && holder.seen);

    /* Looking took nothing away. */
    DJ_CHECK(dj_fs_exists(path));
    DJ_CHECK_OK(dj_fs_remove(path, &err));
    dj_xfree(path);
}

/* --- beats -------------------------------------------------------------------------- */

struct beats {
    pthread_mutex_t mutex;
    pthread_cond_t beaten;
    int count;
};

static void count_beat(void *context)
{
    struct beats *beats = context;

    (void)pthread_mutex_lock(&beats->mutex);
    beats->count++;
    (void)pthread_cond_signal(&beats->beaten);
    (void)pthread_mutex_unlock(&beats->mutex);
}

static void a_lock_beats_until_it_is_told_not_to(void)
{
    struct beats beats = { .mutex = PTHREAD_MUTEX_INITIALIZER,
                           .beaten = PTHREAD_COND_INITIALIZER };
    char *path = path_of("job.lock");
    struct dj_job_lock *lock;
    bool took_over;
    int before;

    DJ_CHECK_OK(dj_job_lock_take(path, &lock, &took_over, &err));
    dj_job_lock_on_beat(lock, count_beat, &beats);
    (void)pthread_mutex_lock(&beats.mutex);
    while (beats.count < 2) {
        (void)pthread_cond_wait(&beats.beaten, &beats.mutex);
    }
    (void)pthread_mutex_unlock(&beats.mutex);
    dj_job_lock_on_beat(lock, NULL, NULL);
    before = beats.count;
    dj_job_lock_release(lock);
    DJ_CHECK_INT(beats.count, before);
    dj_xfree(path);
}

/* --- progress ----------------------------------------------------------------------- */

static void progress_is_read_as_it_was_written(void)
{
    struct dj_job_progress progress = {
        .token = "0123456789abcdef0123456789abcdef",
        .attempt = 2,
        .time = 1700000000.5,
        .phase = "running operators",
        .stage = 2,
        .stages = 4,
        .seconds = 10,
        .rows = 700,
        .kept = 600,
        .rows_before = 200,
        .bytes = 3000,
        .bytes_before = 1000,
        .bytes_total = 8000,
        .parts_done = 7,
        .parts_failed = 1,
        .parts_total = 20,
    };
    char *path = path_of("progress.json");
    struct dj_job_progress read;

    DJ_CHECK(!dj_job_progress_read(path, &read));
    DJ_CHECK_OK(dj_job_progress_write(path, &progress, &err));
    DJ_CHECK(dj_job_progress_read(path, &read));
    DJ_CHECK_TEXT(read.token, progress.token);
    DJ_CHECK_TEXT(read.phase, progress.phase);
    DJ_CHECK_INT(read.attempt, 2);
    DJ_CHECK(read.time == progress.time && read.seconds == 10);
    DJ_CHECK_INT(read.rows, 700);
    DJ_CHECK_INT(read.kept, 600);
    DJ_CHECK_INT(read.rows_before, 200);
    DJ_CHECK_INT(read.bytes_before + read.bytes, 4000);
    DJ_CHECK_INT(read.bytes_total, 8000);
    DJ_CHECK_INT(read.parts_done, 7);
    DJ_CHECK_INT(read.parts_failed, 1);
    DJ_CHECK_INT(read.parts_total, 20);

    /* One of four stages is over, and half of the second; 4000 bytes at 300 a second. */
    DJ_CHECK(dj_job_progress_share(&read) == 0.375);
    DJ_CHECK((int)dj_job_progress_left(&read) == 13);
    read.bytes = 0;
    DJ_CHECK(dj_job_progress_left(&read) < 0);
    read.bytes = 9000; /* a file that grew meanwhile */
    DJ_CHECK(dj_job_progress_left(&read) == 0);
    DJ_CHECK(dj_job_progress_share(&read) == 0.5);
    DJ_CHECK(dj_job_progress_share(&(struct dj_job_progress){ .attempt = 1 }) == 0);

    DJ_CHECK_OK(dj_fs_replace(path, DJ_STR("{\"token\": \"0123"), &err));
    DJ_CHECK(!dj_job_progress_read(path, &read));
    DJ_CHECK_OK(dj_fs_remove(path, &err));
    dj_xfree(path);
}

/* --- requests ----------------------------------------------------------------------- */

static void a_request_names_the_run_it_is_for(void)
{
    struct dj_stop_request request = { .token = "00ff",
                                       .after_checkpoint = true,
                                       .user = "mia",
                                       .host = "login1",
                                       .time = 1700000000 };
    char *path = path_of("stop_request.json");
    struct dj_stop_request read;
    struct stat info;
    mode_t before;

    DJ_CHECK(!dj_stop_request_read(path, &read));
    DJ_CHECK_OK(dj_stop_request_write(path, &request, &err));
    DJ_CHECK(dj_stop_request_read(path, &read));
    DJ_CHECK(read.after_checkpoint && read.time == request.time);
    DJ_CHECK_TEXT(read.token, "00ff");
    DJ_CHECK_TEXT(read.user, "mia");
    DJ_CHECK_TEXT(read.host, "login1");
    /* The job's own user can read what another one has written. */
    request.after_checkpoint = false;
    before = umask(077);
    DJ_CHECK_OK(dj_stop_request_write(path, &request, &err));
    (void)umask(before);
    DJ_CHECK(stat(path, &info) == 0 && (info.st_mode & 0777) == 0644);
    DJ_CHECK(dj_stop_request_read(path, &read) && !read.after_checkpoint);

    /* One that names no run is none. */
    DJ_CHECK_OK(dj_fs_replace(path, DJ_STR("{\"after\": \"now\"}"), &err));
    DJ_CHECK(!dj_stop_request_read(path, &read));
    DJ_CHECK_OK(dj_fs_remove(path, &err));
    dj_xfree(path);
}

int main(void)
{
    DJ_CHECK(mkdtemp(folder) != NULL);
    DJ_TEST(a_holder_is_seen_and_nothing_changes);
    DJ_TEST(a_lock_beats_until_it_is_told_not_to);
    DJ_TEST(progress_is_read_as_it_was_written);
    DJ_TEST(a_request_names_the_run_it_is_for);
    DJ_CHECK(rmdir(folder) == 0);
    return 0;
}

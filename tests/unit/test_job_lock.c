/* The lock of a job, with processes that live, race and are killed. */
#include "djtest.h"

#include "dj/clock.h"
#include "dj/fs.h"
#include "dj/job.h"
#include "dj/log.h"
#include "job/job_lock_private.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct dj_error err;
static char folder[] = "/tmp/dj_test_lock_XXXXXX";
static char *path;

/* Only the lock itself may remain in its folder. */
static void check_clean(bool locked)
{
    char *job_dir = dj_fs_dirname(path);
    DIR *dir = opendir(job_dir);
    const struct dirent *entry;
    int count = 0;

    DJ_CHECK(dir != NULL);
    while ((entry = readdir(dir)) != NULL) {
        count += entry->d_name[0] != '.';
    }
    (void)closedir(dir);
    DJ_CHECK_INT(count, locked ? 1 : 0);
    DJ_CHECK_INT(dj_fs_exists(path), locked);
    dj_xfree(job_dir);
}

static void take_and_release(bool expect_took_over)
{
    struct dj_job_lock *lock;
    bool took_over;

    DJ_CHECK_OK(dj_job_lock_take(path, &lock, &took_over, &err));
    DJ_CHECK_INT(took_over, expect_took_over);
    DJ_CHECK(!dj_job_lock_lost(lock));
    check_clean(true);
    dj_job_lock_release(lock);
    check_clean(false);
}

/* A lock file as another process would have left it. */
static void leave_lock(const struct dj_lock_owner *owner, double seconds_ago)
{
    const double then = dj_clock_now() - seconds_ago;
    const struct timespec times[2] = { { (time_t)then, 0 }, { (time_t)then, 0 } };
    struct dj_buf text;

    dj_buf_init(&text);
    if (owner != NULL) {
        DJ_CHECK_OK(dj_lock_owner_write(owner, &text));
    }
    DJ_CHECK_OK(dj_fs_replace(path, dj_buf_str(&text), &err));
    DJ_CHECK(utimensat(AT_FDCWD, path, times, 0) == 0);
    dj_buf_release(&text);
}

/* A child that holds the lock until it is killed. */
static pid_t start_holder(void)
{
    int ready[2];
    pid_t child;
    char byte;

    DJ_CHECK(pipe(ready) == 0);
    child = fork();
    DJ_CHECK(child >= 0);
    if (child == 0) {
        struct dj_job_lock *lock;
        bool took_over;

        if (dj_job_lock_take(path, &lock, &took_over, &err) != DJ_OK ||
            write(ready[1], "x", 1) != 1) {
            _exit(1);
        }
        for (;;) {
            (void)pause();
        }
    }
    close(ready[1]);
    DJ_CHECK(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
    return child;
}

static void end_holder(pid_t child)
{
    int state;

    DJ_CHECK(kill(child, SIGKILL) == 0);
    DJ_CHECK(waitpid(child, &state, 0) == child);
}

static void a_free_lock_is_taken_and_given_back(void)
{
    take_and_release(false);
    take_and_release(false);
    dj_job_lock_release(NULL);
}

static void a_living_holder_is_named(void)
{
    const pid_t child = start_holder();
    struct dj_job_lock *lock;
    char host[256];
    bool took_over;
    char *expected;

    (void)gethostname(host, sizeof(host));
    DJ_CHECK_STATUS(dj_job_lock_take(path, &lock, &took_over, &err), DJ_LOCKED);
    DJ_CHECK(lock == NULL);
    DJ_CHECK(!took_over);
    expected = dj_xprintf("job job_7 is held by process %d on host %s, since 20",
                          (int)child, host);
    DJ_CHECK_CONTAINS(err.text, expected);
    DJ_CHECK_CONTAINS(err.text, "choose another --job_id");
    dj_xfree(expected);
    check_clean(true);

    /* Suspended for long, it still lives: taking over would make two writers. */
    {
        const struct timespec times[2] = { { 1000, 0 }, { 1000, 0 } };

        DJ_CHECK(utimensat(AT_FDCWD, path, times, 0) == 0);
        DJ_CHECK_STATUS(dj_job_lock_take(path, &lock, &took_over, &err), DJ_LOCKED);
    }
    end_holder(child);
    take_and_release(true);
}

static void a_killed_holder_is_followed(void)
{
    const pid_t child = start_holder();
    int state;

    /* As a zombie first: killed, and nobody has asked for its status yet. */
    DJ_CHECK(kill(child, SIGKILL) == 0);
    DJ_CHECK(waitid(P_PID, (id_t)child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT) == 0);
    take_and_release(true);
    DJ_CHECK(waitpid(child, &state, 0) == child);
    end_holder(start_holder());
    take_and_release(true);
}

static void another_process_with_the_number_is_not_the_holder(void)
{
    struct dj_lock_owner owner;

    dj_lock_owner_self(&owner);
    owner.process_start--;
    leave_lock(&owner, 0);
    take_and_release(true);
}

static void an_earlier_start_of_our_slurm_job_is_over(void)
{
    struct dj_lock_owner owner;
    struct dj_job_lock *lock;
    bool took_over;

    DJ_CHECK(setenv("SLURM_JOB_ID", "4711", 1) == 0);
    dj_lock_owner_self(&owner);
    DJ_CHECK(setenv("SLURM_RESTART_COUNT", "1", 1) == 0);
    (void)snprintf(owner.host, sizeof(owner.host), "another_node");
    leave_lock(&owner, 0);
    take_and_release(true);

    dj_lock_owner_self(&owner); /* restart count 1, and we are alive */
    leave_lock(&owner, 0);
    DJ_CHECK_STATUS(dj_job_lock_take(path, &lock, &took_over, &err), DJ_LOCKED);
    DJ_CHECK_CONTAINS(err.text, "(Slurm job 4711)");
    DJ_CHECK(unlink(path) == 0);
    DJ_CHECK(unsetenv("SLURM_JOB_ID") == 0);
    DJ_CHECK(unsetenv("SLURM_RESTART_COUNT") == 0);
}

static void what_cannot_be_seen_is_judged_by_its_age(void)
{
    struct dj_lock_owner owner;
    struct dj_job_lock *lock;
    bool took_over;
    pid_t child;
    double begin;

    dj_lock_owner_self(&owner);
    (void)snprintf(owner.host, sizeof(owner.host), "another_node");
    leave_lock(&owner, DJ_LOCK_STALE + 2);
    take_and_release(true);

    begin = dj_clock_monotonic(); /* nearly stale: the call waits for it */
    leave_lock(&owner, DJ_LOCK_STALE - 1);
    take_and_release(true);
    DJ_CHECK(dj_clock_monotonic() - begin < 30);

    leave_lock(&owner, 20); /* and one that shows that it lives */
    child = fork();
    DJ_CHECK(child >= 0);
    if (child == 0) {
        for (;;) {
            (void)utimensat(AT_FDCWD, path, NULL, 0);
            dj_clock_sleep(0.05);
        }
    }
    DJ_CHECK_STATUS(dj_job_lock_take(path, &lock, &took_over, &err), DJ_LOCKED);
    DJ_CHECK_CONTAINS(err.text, "on host another_node");
    end_holder(child);
    DJ_CHECK(unlink(path) == 0);

    leave_lock(NULL, DJ_LOCK_STALE + 2); /* empty: a holder died while writing */
    take_and_release(true);

    dj_lock_owner_self(&owner); /* same name, another kernel: another machine */
    owner.boot_id[0] ^= 1;
    leave_lock(&owner, DJ_LOCK_STALE + 2);
    take_and_release(true);
    check_clean(false);
}

/* Children that all see the same dead holder: one gets the lock. */
static void one_of_many_takers_wins(void)
{
    enum { ROUNDS = 25, TAKERS = 6 };

    for (int round = 0; round < ROUNDS; round++) {
        int start[2], result[2], finish[2];
        pid_t children[TAKERS];
        int winners = 0;

        if (round % 5 != 0) { /* and without a lock at all */
            end_holder(start_holder());
        }
        DJ_CHECK(pipe(start) == 0 && pipe(result) == 0 && pipe(finish) == 0);
        for (int i = 0; i < TAKERS; i++) {
            children[i] = fork();
            DJ_CHECK(children[i] >= 0);
            if (children[i] == 0) {
                struct dj_job_lock *lock;
                enum dj_status status;
                bool took_over;
                char byte;

                close(start[1]);
                close(finish[1]);
                (void)!read(start[0], &byte, 1); /* until all are there */
                status = dj_job_lock_take(path, &lock, &took_over, &err);
                byte = status == DJ_OK ? 'w' : status == DJ_LOCKED ? 'l' : 'e';
                (void)!write(result[1], &byte, 1);
                (void)!read(finish[0], &byte, 1); /* all have tried */
                dj_job_lock_release(lock);
                _exit(0);
            }
        }
        close(start[0]);
        close(start[1]);
        for (int i = 0; i < TAKERS; i++) {
            char byte;

            DJ_CHECK(read(result[0], &byte, 1) == 1);
            DJ_CHECK(byte != 'e');
            winners += byte == 'w';
        }
        DJ_CHECK_INT(winners, 1);
        close(finish[0]);
        close(finish[1]);
        for (int i = 0; i < TAKERS; i++) {
            int state;

            DJ_CHECK(waitpid(children[i], &state, 0) == children[i]);
            DJ_CHECK_INT(state, 0);
        }
        close(result[0]);
        close(result[1]);
        check_clean(false);
    }
}

static void a_lock_that_others_took_is_lost(void)
{
    struct dj_job_lock *lock;
    struct dj_lock_owner other;
    bool took_over;

    DJ_CHECK_OK(dj_job_lock_take(path, &lock, &took_over, &err));
    dj_lock_owner_self(&other);
    leave_lock(&other, 0);
    DJ_CHECK(dj_job_lock_lost(lock));
    dj_job_lock_release(lock);
    DJ_CHECK(dj_fs_exists(path)); /* not ours, so it stays */
    DJ_CHECK(unlink(path) == 0);

    DJ_CHECK_OK(dj_job_lock_take(path, &lock, &took_over, &err));
    DJ_CHECK(unlink(path) == 0);
    DJ_CHECK(dj_job_lock_lost(lock));
    dj_job_lock_release(lock);
    DJ_CHECK(!dj_job_lock_lost(NULL));
}

static void renewing_touches_our_own_file_only(void)
{
    struct dj_lock_owner self, other;
    struct stat info;

    dj_lock_owner_self(&self);
    dj_lock_owner_self(&other);
    DJ_CHECK(strcmp(self.token, other.token) != 0);
    leave_lock(&self, 1000);
    DJ_CHECK(!dj_lock_is_own(path, &other, true));
    DJ_CHECK(stat(path, &info) == 0);
    DJ_CHECK(dj_clock_now() - (double)info.st_mtim.tv_sec > 900);
    DJ_CHECK(dj_lock_is_own(path, &self, true));
    DJ_CHECK(stat(path, &info) == 0);
    DJ_CHECK(dj_clock_now() - (double)info.st_mtim.tv_sec < 900);
    dj_lock_remove_own(path, &other);
    DJ_CHECK(dj_fs_exists(path));
    dj_lock_remove_own(path, &self);
    DJ_CHECK(!dj_fs_exists(path));
}

static int count_threads(void)
{
    DIR *dir = opendir("/proc/self/task");
    const struct dirent *entry;
    int count = 0;

    DJ_CHECK(dir != NULL);
    while ((entry = readdir(dir)) != NULL) {
        count += entry->d_name[0] != '.';
    }
    (void)closedir(dir);
    return count;
}

static void signals_are_for_the_main_thread(void)
{
    const int before = count_threads();
    struct dj_job_lock *lock;
    sigset_t one, pending;
    bool took_over;
    int number;

    DJ_CHECK_OK(dj_job_lock_take(path, &lock, &took_over, &err));
    DJ_CHECK_INT(count_threads(), before + 1);
    (void)sigemptyset(&one);
    (void)sigaddset(&one, SIGUSR1);
    DJ_CHECK(pthread_sigmask(SIG_BLOCK, &one, NULL) == 0);
    DJ_CHECK(kill(getpid(), SIGUSR1) == 0); /* the other thread would die of it */
    DJ_CHECK(sigpending(&pending) == 0);
    DJ_CHECK(sigismember(&pending, SIGUSR1) == 1);
    DJ_CHECK(sigwait(&one, &number) == 0);
    DJ_CHECK_INT(number, SIGUSR1);
    dj_job_lock_release(lock);
    DJ_CHECK_INT(count_threads(), before);
}

static void a_folder_that_is_missing_is_an_error(void)
{
    struct dj_job_lock *lock;
    bool took_over;

    DJ_CHECK_STATUS(
        dj_job_lock_take("/tmp/dj_no_such_folder/job.lock", &lock, &took_over, &err),
        DJ_IO);
    DJ_CHECK_CONTAINS(err.text, "dj_no_such_folder");
}

int main(void)
{
    char *job_dir;

    DJ_CHECK(mkdtemp(folder) != NULL);
    dj_log_set_level(DJ_LOG_ERROR);
    job_dir = dj_fs_join(folder, "job_7");
    DJ_CHECK_OK(dj_fs_make_dirs(job_dir, &err));
    path = dj_fs_join(job_dir, "job.lock");
    DJ_TEST(a_free_lock_is_taken_and_given_back);
    DJ_TEST(a_living_holder_is_named);
    DJ_TEST(a_killed_holder_is_followed);
    DJ_TEST(another_process_with_the_number_is_not_the_holder);
    DJ_TEST(an_earlier_start_of_our_slurm_job_is_over);
    DJ_TEST(what_cannot_be_seen_is_judged_by_its_age);
    DJ_TEST(one_of_many_takers_wins);
    DJ_TEST(a_lock_that_others_took_is_lost);
    DJ_TEST(renewing_touches_our_own_file_only);
    DJ_TEST(signals_are_for_the_main_thread);
    DJ_TEST(a_folder_that_is_missing_is_an_error);
    DJ_CHECK_OK(dj_fs_remove_tree(folder, &err));
    dj_xfree(job_dir);
    dj_xfree(path);
    return 0;
}

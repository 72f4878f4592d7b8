/*
 * When the Slurm allocation ends: newer versions say it in the environment, the others
 * have to be asked. Slurm that does not answer is waited for a few seconds, no more.
 */
#include "dj/clock.h"
#include "dj/mem.h"
#include "exec/exec_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const double patience = 15;
enum { MOST_BYTES = 64 << 10 };

/* The environment, with times to be given as seconds since 1970; free the list alone. */
static char **environment(void)
{
    static char format[] = "SLURM_TIME_FORMAT=%s";
    size_t count = 0;
    char **list;

    while (environ[count] != NULL) {
        count++;
    }
    list = dj_xcalloc(count + 2, sizeof(*list));
    list[0] = format; /* the first of two counts */
    memcpy(list + 1, environ, count * sizeof(*list));
    return list;
}

/* Starts scontrol with its output into fd; 0 when that is not possible. */
static pid_t start(const char *job, int fd)
{
    static char program[] = "scontrol", one_line[] = "--oneliner", show[] = "show",
                what[] = "job";
    char *id = dj_xstrdup(job);
    char *const argv[] = { program, one_line, show, what, id, NULL };
    char **env = environment();
    posix_spawn_file_actions_t files;
    pid_t pid = 0;

    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY,
                                           0);
    (void)posix_spawn_file_actions_adddup2(&files, fd, STDOUT_FILENO);
    (void)posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY,
                                           0);
    if (posix_spawnp(&pid, program, &files, NULL, argv, env) != 0) {
        pid = 0;
    }
    (void)posix_spawn_file_actions_destroy(&files);
    dj_xfree(env);
    dj_xfree(id);
    return pid;
}

/* Reads to the end, which comes when the other side has closed; false: it did not. */
static bool read_all(int fd, struct dj_buf *text)
{
    const double end = dj_clock_monotonic() + patience;

    while (text->len < MOST_BYTES) {
        struct pollfd ready = { .fd = fd, .events = POLLIN };
        const double left = end - dj_clock_monotonic();
        ssize_t got;

        if (left <= 0 || dj_buf_reserve(text, 4096) != DJ_OK) {
            return false;
        }
        if (poll(&ready, 1, (int)(left * 1000) + 1) <= 0) {
            continue;
        }
        got = read(fd, text->ptr + text->len, 4096);
        if (got == 0) {
            return true;
        }
        if (got < 0 && errno != EINTR) {
            return false;
        }
        text->len += got > 0 ? (size_t)got : 0;
    }
    return true;
}

static void ask_slurm(const char *job, struct dj_buf *text)
{
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return;
    }
    pid = start(job, ends[1]);
    (void)close(ends[1]);
    if (pid > 0 && !read_all(ends[0], text)) {
        (void)kill(pid, SIGKILL);
    }
    (void)close(ends[0]);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

double dj_slurm_end(bool ask)
{
    const char *job = getenv("SLURM_JOB_ID");
    const char *known = getenv("SLURM_JOB_END_TIME");
    double end = known == NULL ? 0 : strtod(known, NULL);
    struct dj_buf text;
    const char *found;

    if (end > 0 || !ask || job == NULL) {
        return end;
    }
    dj_buf_init(&text);
    ask_slurm(job, &text);
    if (text.len > 0 && dj_buf_cstr(&text, &found) == DJ_OK) {
        found = strstr(found, " EndTime=");
        end = found == NULL ? 0 : strtod(found + strlen(" EndTime="), NULL);
    }
    dj_buf_release(&text);
    return end;
}

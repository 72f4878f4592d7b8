/* Injected faults: which passage of which rank is hit, and what each action does. */
#include "djtest.h"

#include "dj/fault.h"
#include "dj/fs.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct dj_error err;

#ifdef DJ_FAULTS

static void prepare(const char *faults, int rank)
{
    DJ_CHECK(setenv("DJ_FAULT", faults, 1) == 0);
    DJ_CHECK_OK(dj_fault_init(rank, &err));
}

static void every_point_can_be_named(void)
{
    char text[64];

    for (int point = 0; point < DJ_FAULT_COUNT; point++) {
        const char *name = dj_fault_name((enum dj_fault_point)point);

        DJ_CHECK(name != NULL && strpbrk(name, ":, ") == NULL);
        (void)snprintf(text, sizeof(text), "%s:fail", name);
        prepare(text, 0);
        DJ_CHECK_STATUS(dj_fault_at((enum dj_fault_point)point, &err), DJ_IO);
        DJ_CHECK_CONTAINS(err.text, name);
    }
}

static void without_the_variable_nothing_fails(void)
{
    DJ_CHECK(unsetenv("DJ_FAULT") == 0);
    DJ_CHECK_OK(dj_fault_init(0, &err));
    DJ_CHECK_OK(dj_fault_at(DJ_FAULT_SCAN, &err));
    prepare("", 0);
    DJ_CHECK_OK(dj_fault_at(DJ_FAULT_SCAN, &err));
    DJ_CHECK_INT(dj_fault_short(10), 10);
}

static void rank_and_passage_are_chosen(void)
{
    prepare("scan:rank=1:nth=2:fail", 0);
    DJ_CHECK_OK(dj_fault_at(DJ_FAULT_SCAN, &err));
    DJ_CHECK_OK(dj_fault_at(DJ_FAULT_SCAN, &err));
    prepare("scan:rank=1:nth=2:fail", 1);
    DJ_CHECK_OK(dj_fault_at(DJ_FAULT_SCAN, &err));
    DJ_CHECK_OK(dj_fault_at(DJ_FAULT_SOURCE_READ, &err));
    DJ_CHECK_STATUS(dj_fault_at(DJ_FAULT_SCAN, &err), DJ_IO);
    DJ_CHECK_OK(dj_fault_at(DJ_FAULT_SCAN, &err));
    /* Without a number every passage is meant; several faults stand side by side. */
    prepare("scan:fail,op.process:nth=1:nomem,scan:rank=7:nomem", 0);
    DJ_CHECK_STATUS(dj_fault_at(DJ_FAULT_SCAN, &err), DJ_IO);
    DJ_CHECK_STATUS(dj_fault_at(DJ_FAULT_SCAN, &err), DJ_IO);
    DJ_CHECK_STATUS(dj_fault_at(DJ_FAULT_OP_PROCESS, &err), DJ_NOMEM);
    DJ_CHECK_OK(dj_fault_at(DJ_FAULT_OP_PROCESS, &err));
}

static void failures_say_what_the_system_would(void)
{
    prepare("scan:nth=1:enospc,scan:nth=2:eio,scan:nth=3:nomem", 0);
    DJ_CHECK_STATUS(dj_fault_at(DJ_FAULT_SCAN, &err), DJ_IO);
    DJ_CHECK_TEXT(err.text, "injected at scan: No space left on device");
    DJ_CHECK_STATUS(dj_fault_at(DJ_FAULT_SCAN, &err), DJ_IO);
    DJ_CHECK_TEXT(err.text, "injected at scan: Input/output error");
    DJ_CHECK_STATUS(dj_fault_at(DJ_FAULT_SCAN, &err), DJ_NOMEM);
}

static void mistakes_are_refused(void)
{
    static const char *const wrong[] = {
        "nowhere:kill", "scan:explode", "scan", "scan:rank=1", ":kill",
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        DJ_CHECK(setenv("DJ_FAULT", wrong[i], 1) == 0);
        DJ_CHECK_STATUS(dj_fault_init(0, &err), DJ_USAGE);
        DJ_CHECK_CONTAINS(err.text, "DJ_FAULT");
    }
    DJ_CHECK(setenv("DJ_FAULT",
                    "scan:fail,scan:fail,scan:fail,scan:fail,scan:fail,scan:fail,"
                    "scan:fail,scan:fail,scan:fail",
                    1) == 0);
    DJ_CHECK_STATUS(dj_fault_init(0, &err), DJ_USAGE);
}

static void content_is(const char *path, const char *expected)
{
    struct dj_buf buf;

    dj_buf_init(&buf);
    DJ_CHECK_OK(dj_fs_read(path, &buf, &err));
    DJ_CHECK_STR(dj_buf_str(&buf), expected);
    dj_buf_release(&buf);
}

static void a_short_write_leaves_its_first_half(void)
{
    int fd;

    prepare("result.write:nth=2:short", 0);
    DJ_CHECK_OK(dj_fs_open("short", O_RDWR | O_CREAT | O_TRUNC, &fd, &err));
    DJ_CHECK_OK(dj_fault_at(DJ_FAULT_RESULT_WRITE, &err));
    DJ_CHECK_OK(dj_fs_write(fd, DJ_STR("12345678"), "short", &err));
    DJ_CHECK_OK(dj_fault_at(DJ_FAULT_RESULT_WRITE, &err));
    DJ_CHECK_OK(dj_fs_write(fd, DJ_STR(""), "short", &err)); /* nothing to cut */
    DJ_CHECK_STATUS(dj_fs_write(fd, DJ_STR("abcdefgh"), "short", &err), DJ_IO);
    DJ_CHECK_TEXT(err.text, "short: writing: No space left on device");
    content_is("short", "12345678abcd");
    DJ_CHECK_OK(dj_fs_write(fd, DJ_STR("!"), "short", &err)); /* once only */
    content_is("short", "12345678abcd!");

    prepare("result.write:short", 0);
    DJ_CHECK_OK(dj_fault_at(DJ_FAULT_RESULT_WRITE, &err));
    DJ_CHECK_STATUS(dj_fs_pwrite(fd, DJ_STR("WXYZ"), 2, "short", &err), DJ_IO);
    content_is("short", "12WX5678abcd!");
    DJ_CHECK_OK(dj_fault_at(DJ_FAULT_RESULT_WRITE, &err));
    DJ_CHECK_STATUS(dj_fs_copy_range(fd, 8, fd, 0, 4, "short", &err), DJ_IO);
    content_is("short", "abWX5678abcd!");
    DJ_CHECK_OK(dj_fault_at(DJ_FAULT_RESULT_WRITE, &err));
    DJ_CHECK_STATUS(dj_fs_replace("other", DJ_STR("whole"), &err), DJ_IO);
    DJ_CHECK(!dj_fs_exists("other") && !dj_fs_exists("other.tmp"));
    close(fd);
}

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    caught = number;
}

static void soft_signals_come_back(void)
{
    static const struct {
        const char *fault;
        int number;
    } cases[] = { { "scan:term", SIGTERM },
                  { "scan:usr1", SIGUSR1 },
                  { "scan:usr2", SIGUSR2 } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        prepare(cases[i].fault, 0);
        caught = 0;
        DJ_CHECK(signal(cases[i].number, on_signal) != SIG_ERR);
        DJ_CHECK_OK(dj_fault_at(DJ_FAULT_SCAN, &err));
        DJ_CHECK_INT(caught, cases[i].number);
        DJ_CHECK(signal(cases[i].number, SIG_DFL) != SIG_ERR);
    }
}

/* Passes the point in a child of its own. */
static pid_t child_at(const char *fault)
{
    const pid_t child = fork();

    DJ_CHECK(child >= 0);
    if (child == 0) {
        prepare(fault, 0);
        DJ_CHECK_OK(dj_fault_at(DJ_FAULT_SCAN, &err));
        _exit(7);
    }
    return child;
}

static void a_kill_does_not_come_back(void)
{
    const pid_t child = child_at("scan:kill");
    int status;

    DJ_CHECK(waitpid(child, &status, 0) == child);
    DJ_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void a_stopped_process_goes_on(void)
{
    const pid_t child = child_at("scan:stop");
    int status;

    DJ_CHECK(waitpid(child, &status, WUNTRACED) == child);
    DJ_CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    DJ_CHECK(waitpid(child, &status, 0) == child); /* somebody wakes it up */
    DJ_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

static void a_stall_stays_until_it_is_killed(void)
{
    int pipes[2];
    char byte;
    pid_t child;
    int status;

    DJ_CHECK(pipe(pipes) == 0);
    child = fork();
    DJ_CHECK(child >= 0);
    if (child == 0) {
        (void)dup2(pipes[1], STDERR_FILENO); /* what it injects is told there */
        prepare("scan:stall", 0);
        (void)dj_fault_at(DJ_FAULT_SCAN, &err);
        _exit(7);
    }
    close(pipes[1]);
    DJ_CHECK_INT(read(pipes[0], &byte, 1), 1);
    DJ_CHECK(kill(child, SIGTERM) == 0); /* without a handler it ends the child */
    DJ_CHECK(waitpid(child, &status, 0) == child);
    DJ_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    close(pipes[0]);
}

int main(void)
{
    char folder[] = "/tmp/dj-fault.XXXXXX";

    DJ_CHECK(mkdtemp(folder) != NULL && chdir(folder) == 0);
    DJ_TEST(every_point_can_be_named);
    DJ_TEST(without_the_variable_nothing_fails);
    DJ_TEST(rank_and_passage_are_chosen);
    DJ_TEST(failures_say_what_the_system_would);
    DJ_TEST(mistakes_are_refused);
    DJ_TEST(a_short_write_leaves_its_first_half);
    DJ_TEST(soft_signals_come_back);
    DJ_TEST(a_kill_does_not_come_back);
    DJ_TEST(a_stopped_process_goes_on);
    DJ_TEST(a_stall_stays_until_it_is_killed);
    DJ_CHECK(chdir("/") == 0);
    DJ_CHECK_OK(dj_fs_remove_tree(folder, &err));
    return 0;
}

#else

static void points_do_nothing(void)
{
    DJ_CHECK(setenv("DJ_FAULT", "scan:kill", 1) == 0);
    DJ_CHECK_OK(dj_fault_init(0, &err));
    DJ_CHECK_OK(dj_fault_at(DJ_FAULT_SCAN, &err));
    DJ_CHECK_INT(dj_fault_short(10), 10);
    DJ_CHECK_TEXT(dj_fault_name(DJ_FAULT_SCAN), "scan");
}

int main(void)
{
    DJ_TEST(points_do_nothing);
    return 0;
}

#endif

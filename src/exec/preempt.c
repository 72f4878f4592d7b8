/*
 * Stop requests: a signal sets a flag, and the executor looks at it between
 * batches. What a rank does then is agreed with the others.
 */
#include "exec/exec_private.h"

#include <signal.h>

static volatile sig_atomic_t stop_signal;

static const struct {
    int number;
    const char *name;
} watched[] = {
    { SIGTERM, "SIGTERM" }, { SIGINT, "SIGINT" }, { SIGUSR1, "SIGUSR1" },
    { SIGUSR2, "SIGUSR2" }, { SIGHUP, "SIGHUP" },
};

enum { NWATCHED = sizeof(watched) / sizeof(watched[0]) };

static void on_signal(int number)
{
    stop_signal = number;
}

void dj_preempt_watch(void)
{
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < NWATCHED; i++) {
        (void)sigaction(watched[i].number, &action, NULL);
    }
}

bool dj_preempt_requested(void)
{
    return stop_signal != 0;
}

const char *dj_preempt_signal(void)
{
    for (size_t i = 0; i < NWATCHED; i++) {
        if (watched[i].number == stop_signal) {
            return watched[i].name;
        }
    }
    return NULL;
}

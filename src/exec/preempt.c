/*
 * Stop requests: a signal sets a flag, and the executor looks at it between
 * batches; the end of the allocation is a request too, and so is what heartbeat.c
 * finds in the job's folder. What a rank does then is agreed with the others.
 */
#include "dj/clock.h"
#include "exec/exec_private.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t pause_wanted;

static struct {
    bool usr2_continues;
    double deadline; /* seconds since 1970; 0: none */
    double total;    /* seconds there were until then at the start */
    const char *deadline_name;
    double grace; /* a request is made so many seconds before */
} rules;

static atomic_int asked; /* enum dj_preempt_wish */
static pthread_mutex_t asking = PTHREAD_MUTEX_INITIALIZER;
static char asked_by[512]; /* under it */

static const struct {
    int number;
    const char *name;
} watched[] = {
    { SIGTERM, "SIGTERM" }, { SIGINT, "SIGINT" }, { SIGUSR1, "SIGUSR1" },
    { SIGUSR2, "SIGUSR2" }, { SIGHUP, "SIGHUP" },
};

enum { NWATCHED = sizeof(watched) / sizeof(watched[0]) };

/* The first request counts; a second one changes nothing. */
static void on_signal(int number)
{
    if (number == SIGUSR2 && rules.usr2_continues) {
        pause_wanted = 1;
    } else if (stop_signal == 0) {
        stop_signal = number;
    }
}

void dj_preempt_watch(bool usr2_continues)
{
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

    rules.usr2_continues = usr2_continues;
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < NWATCHED; i++) {
        (void)sigaction(watched[i].number, &action, NULL);
    }
}

void dj_preempt_deadline(int64_t time_limit, bool ask)
{
    const double end = dj_slurm_end(ask);
    const double now = dj_clock_now();

    if (end > now) {
        rules.deadline = end;
        rules.deadline_name = "the end of the Slurm allocation";
    }
    if (time_limit > 0 &&
        (rules.deadline <= 0 || now + (double)time_limit < rules.deadline)) {
        rules.deadline = now + (double)time_limit;
        rules.deadline_name = "the time limit";
    }
    rules.total = rules.deadline - now;
    dj_preempt_need(DJ_PREEMPT_GRACE);
}

double dj_preempt_time_left(void)
{
    return rules.deadline > 0 ? rules.deadline - rules.grace - dj_clock_now()
                              : DJ_PREEMPT_NO_END;
}

void dj_preempt_need(double seconds)
{
    /* Of a short allocation one half is for work. */
    rules.grace = seconds < rules.total / 2 ? seconds : rules.total / 2;
}

bool dj_preempt_requested(void)
{
    return stop_signal != 0 || dj_preempt_asked() == DJ_PREEMPT_NOW ||
           dj_preempt_time_left() <= 0;
}

bool dj_preempt_pause_requested(void)
{
    return pause_wanted != 0;
}

void dj_preempt_pause_taken(void)
{
    pause_wanted = 0;
}

void dj_preempt_ask(enum dj_preempt_wish wish, const char *by)
{
    (void)pthread_mutex_lock(&asking);
    if (atomic_load(&asked) != DJ_PREEMPT_NOW) {
        (void)snprintf(asked_by, sizeof(asked_by), "%s", by);
        atomic_store(&asked, wish);
    }
    (void)pthread_mutex_unlock(&asking);
}

enum dj_preempt_wish dj_preempt_asked(void)
{
    return (enum dj_preempt_wish)atomic_load(&asked);
}

/* Of one that waits for a checkpoint another cause may have come first. */
const char *dj_preempt_reason(void)
{
    static char reason[sizeof(asked_by)];

    for (size_t i = 0; i < NWATCHED; i++) {
        if (watched[i].number == stop_signal) {
            return watched[i].name;
        }
    }
    if (dj_preempt_asked() == DJ_PREEMPT_GO_ON ||
        (dj_preempt_asked() == DJ_PREEMPT_AFTER_CHECKPOINT && dj_preempt_requested())) {
        return dj_preempt_requested() ? rules.deadline_name : NULL;
    }
    (void)pthread_mutex_lock(&asking);
    memcpy(reason, asked_by, sizeof(reason));
    (void)pthread_mutex_unlock(&asking);
    return reason;
}

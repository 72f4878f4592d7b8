/* Requests to stop this run, from signals, clocks and people; see preempt.c. */
#ifndef DJ_EXEC_PREEMPT_H
#define DJ_EXEC_PREEMPT_H

#include <stdbool.h>
#include <stdint.h>

/* Catches the stop signals. */
void dj_preempt_watch(bool usr2_continues);
/*
 * The end of the Slurm allocation, and the time limit in seconds (0: none). ask: Slurm
 * is asked when the environment does not tell; one rank is enough.
 */
void dj_preempt_deadline(int64_t time_limit, bool ask);
/* Seconds until a stop is requested because the end is near; very many without one. */
double dj_preempt_time_left(void);
/* A stop is requested so many seconds before the end. */
void dj_preempt_need(double seconds);
#define DJ_PREEMPT_NO_END 1e18
#define DJ_PREEMPT_GRACE 10.0
bool dj_preempt_requested(void);
bool dj_preempt_pause_requested(void); /* SIGUSR2 that shall not stop the run */
void dj_preempt_pause_taken(void);
/* "SIGTERM", "the time limit", …, or NULL; borrowed until the next call. */
const char *dj_preempt_reason(void);

/* What somebody asked of a run from outside. */
enum dj_preempt_wish {
    DJ_PREEMPT_GO_ON,
    DJ_PREEMPT_AFTER_CHECKPOINT, /* stop when a set or record is written anyway */
    DJ_PREEMPT_NOW,              /* cannot be taken back */
};
/* From any thread. by: for the reason. */
void dj_preempt_ask(enum dj_preempt_wish wish, const char *by);
enum dj_preempt_wish dj_preempt_asked(void);

#endif

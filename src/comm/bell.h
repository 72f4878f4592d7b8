/*
 * Bells: ranks of one node wake each other with them, so that whoever waits for a message
 * sleeps and does not have to look all the time. A wakeup from a timer takes some 15 us
 * of a core in virtual machines; every 100 us that is a tenth of what rank 0 could do.
 * Nothing depends on a bell being heard: whoever waits also looks after a while.
 */
#ifndef DJ_COMM_BELL_H
#define DJ_COMM_BELL_H

#include <stdbool.h>

enum { DJ_BELL_NAME = 33 };

struct dj_bell {
    char name[DJ_BELL_NAME]; /* the same for all ranks of a job; "": there is none */
    int fd;                  /* heard, and rung with */
};

/* A name that nobody else has, on any node; "" without random numbers. */
void dj_bell_choose(char name[DJ_BELL_NAME]);
/* This rank's bell of that name. false: there will be none. */
bool dj_bell_hang(struct dj_bell *bell, int rank);
void dj_bell_take_down(struct dj_bell *bell);

/* That of another rank. false: it has none that can be reached from here. */
bool dj_bell_ring(const struct dj_bell *bell, int rank);
/* Until one's own is rung, or was since the last time, but at most so long. */
void dj_bell_wait(const struct dj_bell *bell, int milliseconds);

#endif

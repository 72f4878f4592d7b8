/* Lock files: what is in one, who may still hold it, and how it is put and taken away. */
#ifndef DJ_JOB_LOCK_PRIVATE_H
#define DJ_JOB_LOCK_PRIVATE_H

#include "dj/mem.h"

#include <sys/stat.h>

enum { DJ_LOCK_TOKEN = 33, DJ_LOCK_NAME = 256 };

/* The process that holds a lock. Texts are "" where they are not known. */
struct dj_lock_owner {
    char token[DJ_LOCK_TOKEN]; /* "": the file could not be read as a lock */
    char host[DJ_LOCK_NAME];
    char boot_id[DJ_LOCK_NAME]; /* of the running kernel */
    char pid_space[DJ_LOCK_NAME];
    int64_t pid;
    int64_t process_start; /* clock ticks since boot; 0: not known */
    char slurm_job_id[DJ_LOCK_NAME];
    char slurm_cluster[DJ_LOCK_NAME];
    int64_t slurm_restart_count;
    double time; /* when the lock was taken */
};

/* This process, with a token that nobody else has. */
void dj_lock_owner_self(struct dj_lock_owner *owner);
enum dj_status dj_lock_owner_write(const struct dj_lock_owner *owner,
                                   struct dj_buf *out) DJ_MUST_CHECK;
void dj_lock_owner_parse(struct dj_str text, struct dj_lock_owner *owner);

/* What is known of a holder from here. */
enum dj_lock_life { DJ_LOCK_ALIVE, DJ_LOCK_DEAD, DJ_LOCK_UNKNOWN };
enum dj_lock_life dj_lock_owner_life(const struct dj_lock_owner *holder,
                                     const struct dj_lock_owner *self);

/* --- job_lock_file.c -------------------------------------------------------------- */

/* A lock file that is open: what its name stood for when it was looked at. */
struct dj_lock_seen {
    int fd;
    struct stat info;
    struct dj_lock_owner owner;
};

/* *there is false when there is no such file (any more); else seen->fd is open. */
enum dj_status dj_lock_look(const char *path, struct dj_lock_seen *seen, bool *there,
                            struct dj_error *err) DJ_MUST_CHECK;
bool dj_lock_same_time(const struct stat *a, const struct stat *b);
/* Seconds since the holder's last sign of life, by the clock of the file server. */
double dj_lock_age(const char *temporary, const struct dj_lock_seen *seen);
/* Gives the finished file temporary, which holds text, the name path if that is free. */
enum dj_status dj_lock_place(const char *temporary, const char *path, struct dj_str text,
                             bool *placed, struct dj_error *err) DJ_MUST_CHECK;
/*
 * Takes the stale file away. *gone: we did. A file that turns out to be another holder's
 * is put back. token makes a name that is ours.
 */
enum dj_status dj_lock_remove_stale(const char *path, const struct dj_lock_seen *seen,
                                    const char *token, bool *gone,
                                    struct dj_error *err) DJ_MUST_CHECK;
/* False when the file is gone or another's. touch: shows that we live. */
bool dj_lock_is_own(const char *path, const struct dj_lock_owner *self, bool touch);
void dj_lock_remove_own(const char *path, const struct dj_lock_owner *self);

#endif

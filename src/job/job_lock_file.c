/*
 * The file of a lock: how it gets its name at once and complete, and how a stale one is
 * taken away without taking a living one by mistake. Links and times work on network
 * file systems, where locks of the kernel may not; those are a help only.
 */
#include "dj/fs.h"
#include "dj/log.h"
#include "job/job_lock_private.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

enum dj_status dj_lock_look(const char *path, struct dj_lock_seen *seen, bool *there,
                            struct dj_error *err)
{
    enum { MOST = 64 << 10 };
    char *text = dj_xmalloc(MOST);
    enum dj_status status = DJ_OK;
    size_t got = 0;

    *there = false;
    /* For writing, because a lock of the kernel on it wants that. */
    do {
        seen->fd = open(path, O_RDWR | O_CLOEXEC);
    } while (seen->fd < 0 && errno == EINTR);
    if (seen->fd < 0 && (errno == EACCES || errno == EPERM || errno == EROFS)) {
        seen->fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (seen->fd < 0) {
        /* ESTALE: a network file system noticed late that the file is gone. */
        status = errno == ENOENT || errno == ESTALE
                     ? DJ_OK
                     : dj_fail_errno(err, DJ_IO, errno, "%s", path);
        goto out;
    }
    if (fstat(seen->fd, &seen->info) != 0) {
        status = dj_fail_errno(err, DJ_IO, errno, "%s", path);
    } else {
        status = dj_fs_pread(seen->fd, text, MOST, 0, &got, path, err);
    }
    if (status != DJ_OK) {
        close(seen->fd);
        seen->fd = -1;
        goto out;
    }
    dj_lock_owner_parse((struct dj_str){ text, got }, &seen->owner);
    *there = true;
out:
    dj_xfree(text);
    return status;
}

bool dj_lock_same_time(const struct stat *a, const struct stat *b)
{
    return a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Whether path still stands for the file that was seen, not renewed since. */
static bool is_same(const char *path, const struct dj_lock_seen *seen)
{
    struct stat now;

    return stat(path, &now) == 0 && now.st_dev == seen->info.st_dev &&
           now.st_ino == seen->info.st_ino && dj_lock_same_time(&now, &seen->info);
}

/*
 * Keeps others from taking the same stale file away at the same time. False: another
 * process is at it. Where the file system has no such locks, all go on, and the token
 * of the file that was taken away decides.
 */
static bool hold(const struct dj_lock_seen *seen)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    return fcntl(seen->fd, F_SETLK, &whole) == 0 || (errno != EACCES && errno != EAGAIN);
}

/* Without links: the name appears before what is in it. */
static enum dj_status place_exclusively(const char *path, struct dj_str text,
                                        bool *placed, struct dj_error *err)
{
    enum dj_status status;
    int fd;

    if (dj_fs_open(path, O_WRONLY | O_CREAT | O_EXCL, &fd, err) != DJ_OK) {
        return dj_fs_exists(path) ? DJ_OK : err->status;
    }
    status = dj_fs_write(fd, text, path, err);
    if (status == DJ_OK) {
        status = dj_fs_sync_fd(fd, path, err);
    }
    close(fd);
    *placed = status == DJ_OK;
    if (!*placed) {
        (void)unlink(path);
    }
    return status;
}

enum dj_status dj_lock_place(const char *temporary, const char *path, struct dj_str text,
                             bool *placed, struct dj_error *err)
{
    struct stat info;
    int failure;

    *placed = link(temporary, path) == 0;
    if (*placed) {
        return DJ_OK;
    }
    failure = errno;
    /* A network file system may have done it, lost the answer and asked again. */
    if (stat(temporary, &info) == 0 && info.st_nlink == 2) {
        *placed = true;
        return DJ_OK;
    }
    if (failure == EEXIST) {
        return DJ_OK;
    }
    if (failure == EPERM || failure == EOPNOTSUPP || failure == ENOSYS) {
        return place_exclusively(path, text, placed, err);
    }
    return dj_fail_errno(err, DJ_IO, failure, "%s: taking the lock", path);
}

double dj_lock_age(const char *temporary, const struct dj_lock_seen *seen)
{
    struct stat now;

    if (utimensat(AT_FDCWD, temporary, NULL, 0) != 0 || stat(temporary, &now) != 0) {
        return 0;
    }
    return difftime(now.st_mtim.tv_sec, seen->info.st_mtim.tv_sec) +
           1e-9 * (double)(now.st_mtim.tv_nsec - seen->info.st_mtim.tv_nsec);
}

enum dj_status dj_lock_remove_stale(const char *path, const struct dj_lock_seen *seen,
                                    const char *token, bool *gone, struct dj_error *err)
{
    char *aside = dj_xprintf("%s.stale.%s", path, token);
    enum dj_status status = DJ_OK;
    struct dj_lock_seen moved;
    char *left;
    bool there;

    *gone = false;
    if (!hold(seen) || !is_same(path, seen)) {
        goto out;
    }
    /*
     * Nothing may open and close this file here: a process loses its locks on a file
     * with the first descriptor of it that it closes.
     */
    status = dj_fs_rename(path, aside, err);
    if (status != DJ_OK) {
        status = dj_fs_exists(path) ? status : DJ_OK; /* another was faster */
        goto out;
    }
    *gone = true;
    status = dj_lock_look(aside, &moved, &there, err);
    if (status != DJ_OK || !there) {
        goto out;
    }
    if (strcmp(moved.owner.token, seen->owner.token) != 0) {
        *gone = false;
        if (link(aside, path) != 0) {
            status = dj_fail_errno(err, errno == EEXIST ? DJ_LOCKED : DJ_IO, errno,
                                   "%s: giving a lock back", path);
        }
    }
    close(moved.fd);
    if (status == DJ_OK) {
        status = dj_fs_remove(aside, err);
    }
    if (status == DJ_OK && *gone && seen->owner.token[0] != '\0') {
        /* Killed at the wrong moment, the holder left its other name behind too. */
        left = dj_xprintf("%s.%s", path, seen->owner.token);
        status = dj_fs_remove(left, err);
        dj_xfree(left);
    }
out:
    dj_xfree(aside);
    return status;
}

bool dj_lock_is_own(const char *path, const struct dj_lock_owner *self, bool touch)
{
    struct dj_lock_seen seen;
    struct dj_error err;
    bool there, own;

    if (dj_lock_look(path, &seen, &there, &err) != DJ_OK) {
        return true; /* the file system has a bad moment; a later look decides */
    }
    if (!there) {
        return false;
    }
    own = strcmp(seen.owner.token, self->token) == 0;
    if (own && touch) {
        (void)futimens(seen.fd, NULL);
    }
    close(seen.fd);
    return own;
}

void dj_lock_remove_own(const char *path, const struct dj_lock_owner *self)
{
    struct dj_lock_seen seen;
    struct dj_error err;
    bool there;

    if (dj_lock_look(path, &seen, &there, &err) != DJ_OK || !there) {
        return;
    }
    if (strcmp(seen.owner.token, self->token) == 0 && hold(&seen) &&
        is_same(path, &seen) && dj_fs_remove(path, &err) != DJ_OK) {
        dj_log(DJ_LOG_WARNING, "%s", err.text);
    }
    close(seen.fd);
}

/* Whether a job runs, for those who only look. */
#include "dj/clock.h"
#include "dj/job.h"
#include "job/job_lock_private.h"

#include <unistd.h>

bool dj_job_is_running(const char *path)
{
    struct dj_lock_owner self;
    struct dj_lock_seen seen;
    enum dj_lock_life life;
    struct dj_error err;
    bool there;

    if (dj_lock_look(path, &seen, &there, &err) != DJ_OK || !there) {
        return false;
    }
    close(seen.fd);
    dj_lock_owner_self(&self);
    life = dj_lock_owner_life(&seen.owner, &self);
    return life == DJ_LOCK_UNKNOWN
               ? dj_clock_now() - (double)seen.info.st_mtim.tv_sec <= DJ_LOCK_STALE
               : life == DJ_LOCK_ALIVE;
}

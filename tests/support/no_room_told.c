/*
 * Loaded before a program: makes its disk one of those that neither set room aside nor
 * tell how much there is, as with quotas on some cluster file systems.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>

int fallocate(int fd, int mode, off_t offset, off_t len)
{
    (void)fd;
    (void)mode;
    (void)offset;
    (void)len;
    errno = EOPNOTSUPP;
    return -1;
}

int statvfs(const char *path, struct statvfs *info)
{
    (void)path;
    (void)info;
    errno = ENOSYS;
    return -1;
}

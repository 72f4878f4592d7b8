/*
 * The growing export: the temporary file beside export_path, into which ranks put
 * results at their final place as soon as that is known.
 */
#include "dj/dataset.h"

#include "dj/fault.h"
#include "dj/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { WRITEBACK_BYTES = 8 << 20 };

struct dj_growing {
    char *path;
    int fd;
    int64_t dirty_from,
        dirty_to; /* written since the kernel was last told to write back */
    bool synced;
};

enum dj_status dj_growing_open(const char *path, struct dj_growing **growing,
                               struct dj_error *err)
{
    struct dj_growing *g = dj_xmalloc(sizeof(*g));
    enum dj_status status = dj_fs_open(path, O_RDWR | O_CREAT, &g->fd, err);

    if (status != DJ_OK) {
        dj_xfree(g);
        return status;
    }
    g->path = dj_xstrdup(path);
    g->synced = true;
    *growing = g;
    return DJ_OK;
}

void dj_growing_close(struct dj_growing *growing)
{
    if (growing != NULL) {
        close(growing->fd);
        dj_xfree(growing->path);
        dj_xfree(growing);
    }
}

enum dj_status dj_growing_put(struct dj_growing *growing, int64_t offset,
                              struct dj_str bytes, struct dj_error *err)
{
    const int64_t end = offset + (int64_t)bytes.len;

    DJ_TRY(dj_fault_at(DJ_FAULT_RESULT_WRITE, err));
    if (bytes.len == 0) {
        return DJ_OK;
    }
    growing->synced = false;
    DJ_TRY(dj_fs_pwrite(growing->fd, bytes, offset, growing->path, err));
    if (growing->dirty_from == growing->dirty_to) {
        growing->dirty_from = offset;
    }
    growing->dirty_to = end;
#ifdef SYNC_FILE_RANGE_WRITE
    if (growing->dirty_to - growing->dirty_from >= WRITEBACK_BYTES) {
        /* Only a hint, so that the fsync of a commit has little left to do. */
        (void)sync_file_range(growing->fd, growing->dirty_from,
                              growing->dirty_to - growing->dirty_from,
                              SYNC_FILE_RANGE_WRITE);
        growing->dirty_from = growing->dirty_to;
    }
#endif
    return DJ_OK;
}

enum dj_status dj_growing_sync(struct dj_growing *growing, struct dj_error *err)
{
    if (!growing->synced) {
        DJ_TRY(dj_fs_sync_fd(growing->fd, growing->path, err));
        growing->synced = true;
    }
    return DJ_OK;
}

enum dj_status dj_growing_cut(const char *path, int64_t bytes, struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    int fd;

    DJ_TRY(dj_fs_open(path, O_RDWR | O_CREAT, &fd, err));
    if (ftruncate(fd, (off_t)bytes) != 0) {
        status = dj_fail_errno(err, DJ_IO, errno, "%s: making it %lld bytes long", path,
                               (long long)bytes);
    }
    close(fd);
    return status;
}

/* The file of a set as plain bytes: room for it, its way to the disk, its digest. */
#include "checkpoint/store_file.h"
#include "dj/fs.h"
#include "dj/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { PIECE = 128 << 10 };

static enum dj_status check_room(const char *path, int64_t bytes, struct dj_error *err)
{
    char *folder = dj_fs_dirname(path);
    struct statvfs room;
    /* Some file systems do not tell, and say 0 of 0. */
    const bool full = statvfs(folder, &room) == 0 && room.f_blocks > 0 &&
                      (double)room.f_bavail * (double)room.f_frsize < (double)bytes;

    dj_xfree(folder);
    return full ? dj_fail_errno(err, DJ_IO, ENOSPC, "%s: room for %lld bytes", path,
                                (long long)bytes)
                : DJ_OK;
}

enum dj_status dj_store_file_try(const char *path, int64_t bytes, struct dj_error *err)
{
    const struct dj_str nothing = { dj_xmalloc(PIECE), PIECE };
    enum dj_status status;
    int fd;

    status = dj_fs_open(path, O_WRONLY | O_CREAT | O_TRUNC, &fd, err);
    if (status == DJ_OK) {
        status = dj_fs_write(fd, nothing, path, err);
        if (close(fd) != 0 && status == DJ_OK) {
            status = dj_fail_errno(err, DJ_IO, errno, "%s: closing", path);
        }
    }
    dj_xfree((char *)nothing.ptr);
    return status == DJ_OK ? check_room(path, bytes, err) : status;
}

void dj_store_file_empty(const char *path)
{
    if (truncate(path, 0) != 0) {
        return; /* it is deleted next */
    }
}

enum dj_status dj_store_file_reserve(const char *path, int64_t bytes,
                                     struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    int fd;

    DJ_TRY(dj_fs_open(path, O_RDWR, &fd, err));
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, bytes) != 0 &&
        (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)) {
        status = dj_fail_errno(err, DJ_IO, errno, "%s: room for %lld bytes", path,
                               (long long)bytes);
    } /* other failures: not every file system can */
    close(fd);
    return status;
}

enum dj_status dj_store_file_sync(const char *path, struct dj_error *err)
{
    enum dj_status status;
    int fd;

    DJ_TRY(dj_fs_open(path, O_RDWR, &fd, err));
    status = dj_fs_sync_fd(fd, path, err);
    if (close(fd) != 0 && status == DJ_OK) {
        status = dj_fail_errno(err, DJ_IO, errno, "%s: closing", path);
    }
    return status;
}

enum dj_status dj_store_file_read(int fd, const char *path, int64_t offset, void *into,
                                  size_t len, struct dj_error *err)
{
    size_t got;

    DJ_TRY(dj_fs_pread(fd, into, len, offset, &got, path, err));
    if (got < len) {
        return dj_fail(err, DJ_DATA, "%s: ends at byte %lld", dj_fs_basename(path),
                       (long long)offset + (long long)got);
    }
    return DJ_OK;
}

static enum dj_status add_range(int fd, const char *path, int64_t from, int64_t to,
                                struct dj_hasher *hasher, char *piece,
                                struct dj_error *err)
{
    while (from < to) {
        const size_t len = to - from < PIECE ? (size_t)(to - from) : PIECE;

        DJ_TRY(dj_store_file_read(fd, path, from, piece, len, err));
        dj_hasher_add(hasher, (struct dj_str){ piece, len });
        from += (int64_t)len;
    }
    return DJ_OK;
}

enum dj_status dj_store_file_digest(const char *path, const struct dj_ckpt_file *file,
                                    uint64_t *hash, struct dj_error *err)
{
    struct dj_hasher *hasher;
    enum dj_status status;
    char *piece;
    int fd;

    DJ_TRY(dj_fs_open(path, O_RDONLY, &fd, err));
    hasher = dj_hasher_new();
    piece = dj_xmalloc(PIECE);
    status = add_range(fd, path, 0, file->data_offset, hasher, piece, err);
    if (status == DJ_OK) {
        status = add_range(fd, path, file->data_offset + file->data_bytes, file->bytes,
                           hasher, piece, err);
    }
    *hash = dj_hasher_value(hasher);
    dj_xfree(piece);
    dj_hasher_free(hasher);
    close(fd);
    return status;
}

/* Reading and writing whole files, and the way a file gets its final name. */
#include "dj/fs.h"

#include "dj/fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum dj_status dj_fs_open(const char *path, int flags, int *fd, struct dj_error *err)
{
    do {
        *fd = open(path, flags | O_CLOEXEC, 0666);
    } while (*fd < 0 && errno == EINTR);
    if (*fd < 0) {
        return dj_fail_errno(err, DJ_IO, errno, "%s", path);
    }
    return DJ_OK;
}

/* What an injected fault made of a write. */
static enum dj_status cut_short(const char *path, struct dj_error *err)
{
    return dj_fail_errno(err, DJ_IO, ENOSPC, "%s: writing", path);
}

enum dj_status dj_fs_write(int fd, struct dj_str bytes, const char *path,
                           struct dj_error *err)
{
    const size_t len = dj_fault_short(bytes.len);
    size_t done = 0;

    while (done < len) {
        const ssize_t wrote = write(fd, bytes.ptr + done, len - done);

        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote < 0) {
            return dj_fail_errno(err, DJ_IO, errno, "%s: writing", path);
        }
        done += (size_t)wrote;
    }
    return len < bytes.len ? cut_short(path, err) : DJ_OK;
}

enum dj_status dj_fs_pwrite(int fd, struct dj_str bytes, int64_t offset, const char *path,
                            struct dj_error *err)
{
    const size_t len = dj_fault_short(bytes.len);
    size_t done = 0;

    while (done < len) {
        const ssize_t wrote =
            pwrite(fd, bytes.ptr + done, len - done, offset + (off_t)done);

        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote < 0) {
            return dj_fail_errno(err, DJ_IO, errno, "%s: writing", path);
        }
        done += (size_t)wrote;
    }
    return len < bytes.len ? cut_short(path, err) : DJ_OK;
}

enum dj_status dj_fs_pread(int fd, void *into, size_t size, int64_t offset, size_t *got,
                           const char *path, struct dj_error *err)
{
    *got = 0;
    while (*got < size) {
        const ssize_t n =
            pread(fd, (char *)into + *got, size - *got, offset + (off_t)*got);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return dj_fail_errno(err, DJ_IO, errno, "%s: reading", path);
        }
        if (n == 0) {
            break;
        }
        *got += (size_t)n;
    }
    return DJ_OK;
}

enum dj_status dj_fs_read(const char *path, struct dj_buf *out, struct dj_error *err)
{
    enum dj_status status;
    struct stat info;
    int fd;

    DJ_TRY(dj_fs_open(path, O_RDONLY, &fd, err));
    if (fstat(fd, &info) != 0) {
        status = dj_fail_errno(err, DJ_IO, errno, "%s", path);
        goto out;
    }
    if (S_ISDIR(info.st_mode)) {
        status = dj_fail(err, DJ_IO, "%s: is a folder", path);
        goto out;
    }
    /* Read until the end, not st_size bytes: pipes and /proc say 0. */
    for (;;) {
        ssize_t n;

        status = dj_buf_reserve(out, info.st_size > 0 ? (size_t)info.st_size + 1 : 65536);
        if (status != DJ_OK) {
            dj_fail(err, status, "%s: out of memory", path);
            goto out;
        }
        n = read(fd, out->ptr + out->len, out->cap - out->len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            status = dj_fail_errno(err, DJ_IO, errno, "%s: reading", path);
            goto out;
        }
        if (n == 0) {
            break;
        }
        out->len += (size_t)n;
        info.st_size = 0;
    }
out:
    close(fd);
    return status;
}

enum dj_status dj_fs_sync_fd(int fd, const char *path, struct dj_error *err)
{
    while (fsync(fd) != 0) {
        if (errno == EINTR) {
            continue;
        }
        return dj_fail_errno(err, DJ_IO, errno, "%s: fsync", path);
    }
    return DJ_OK;
}

enum dj_status dj_fs_sync_dir(const char *path, struct dj_error *err)
{
    enum dj_status status;
    int fd;

    DJ_TRY(dj_fs_open(path, O_RDONLY | O_DIRECTORY, &fd, err));
    status = dj_fs_sync_fd(fd, path, err);
    close(fd);
    return status;
}

enum dj_status dj_fs_rename(const char *from, const char *to, struct dj_error *err)
{
    if (rename(from, to) != 0) {
        return dj_fail_errno(err, DJ_IO, errno, "%s: renaming to %s", from, to);
    }
    return DJ_OK;
}

static enum dj_status rename_durably(const char *temporary, const char *path,
                                     struct dj_error *err)
{
    enum dj_status status;
    char *folder;

    DJ_TRY(dj_fs_rename(temporary, path, err));
    folder = dj_fs_dirname(path);
    status = dj_fs_sync_dir(folder, err);
    dj_xfree(folder);
    return status;
}

enum dj_status dj_fs_publish(const char *temporary, const char *path,
                             struct dj_error *err)
{
    enum dj_status status;
    int fd;

    DJ_TRY(dj_fs_open(temporary, O_RDWR, &fd, err));
    status = dj_fs_sync_fd(fd, temporary, err);
    if (close(fd) != 0 && status == DJ_OK) {
        status = dj_fail_errno(err, DJ_IO, errno, "%s: closing", temporary);
    }
    DJ_TRY(status);
    return rename_durably(temporary, path, err);
}

enum dj_status dj_fs_replace_with(const char *path, dj_fs_writer *write, void *context,
                                  struct dj_error *err)
{
    enum dj_status status;
    char *temporary = dj_xprintf("%s.tmp", path);
    int fd = -1;

    status = dj_fs_open(temporary, O_WRONLY | O_CREAT | O_TRUNC, &fd, err);
    if (status == DJ_OK) {
        status = write(context, fd, temporary, err);
    }
    if (status == DJ_OK) {
        status = dj_fs_sync_fd(fd, temporary, err);
    }
    if (fd >= 0 && close(fd) != 0 && status == DJ_OK) {
        status = dj_fail_errno(err, DJ_IO, errno, "%s: closing", temporary);
    }
    if (status == DJ_OK) {
        status = rename_durably(temporary, path, err);
    } else if (fd >= 0) {
        (void)unlink(temporary);
    }
    dj_xfree(temporary);
    return status;
}

static enum dj_status write_bytes(void *context, int fd, const char *path,
                                  struct dj_error *err)
{
    const struct dj_str *bytes = context;

    return dj_fs_write(fd, *bytes, path, err);
}

enum dj_status dj_fs_replace(const char *path, struct dj_str bytes, struct dj_error *err)
{
    return dj_fs_replace_with(path, write_bytes, &bytes, err);
}

enum dj_status dj_fs_make_dirs(const char *path, struct dj_error *err)
{
    char *copy = dj_xstrdup(path);
    enum dj_status status = DJ_OK;
    char *slash = copy;

    for (;;) {
        slash = strchr(slash + 1, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
        if (mkdir(copy, 0777) != 0 && !dj_fs_is_dir(copy)) {
            status = dj_fail_errno(err, DJ_IO, errno == EEXIST ? ENOTDIR : errno,
                                   "%s: making the folder", copy);
            break;
        }
        if (slash == NULL) {
            break;
        }
        *slash = '/';
    }
    dj_xfree(copy);
    return status;
}

bool dj_fs_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool dj_fs_is_dir(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

double dj_fs_time(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0
               ? (double)info.st_mtim.tv_sec + (double)info.st_mtim.tv_nsec / 1e9
               : 0;
}

enum dj_status dj_fs_remove(const char *path, struct dj_error *err)
{
    if (unlink(path) != 0 && errno != ENOENT) {
        return dj_fail_errno(err, DJ_IO, errno, "%s: deleting", path);
    }
    return DJ_OK;
}

enum dj_status dj_fs_remove_tree(const char *path, struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    DIR *folder;
    const struct dirent *entry;

    folder = opendir(path);
    if (folder == NULL) {
        return errno == ENOTDIR || errno == ENOENT
                   ? dj_fs_remove(path, err)
                   : dj_fail_errno(err, DJ_IO, errno, "%s", path);
    }
    while (status == DJ_OK && (entry = readdir(folder)) != NULL) {
        char *child;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        child = dj_fs_join(path, entry->d_name);
        if (entry->d_type == DT_DIR) {
            status = dj_fs_remove_tree(child, err);
        } else {
            status = dj_fs_remove(child, err);
            if (status != DJ_OK && dj_fs_is_dir(child)) { /* d_type was unknown */
                status = dj_fs_remove_tree(child, err);
            }
        }
        dj_xfree(child);
    }
    (void)closedir(folder);
    if (status == DJ_OK && rmdir(path) != 0 && errno != ENOENT) {
        status = dj_fail_errno(err, DJ_IO, errno, "%s: deleting", path);
    }
    return status;
}

/* The way without help from the kernel: through a buffer. */
static enum dj_status copy_by_hand(int from, int64_t from_offset, int to,
                                   int64_t to_offset, int64_t len, const char *path,
                                   struct dj_error *err)
{
    enum { PIECE = 1 << 20 };
    enum dj_status status = DJ_OK;
    char *piece = dj_xmalloc(PIECE);

    while (len > 0 && status == DJ_OK) {
        const size_t want = len < PIECE ? (size_t)len : PIECE;
        size_t got;

        status = dj_fs_pread(from, piece, want, from_offset, &got, path, err);
        if (status == DJ_OK && got < want) {
            status = dj_fail(err, DJ_IO, "%s: shorter than it was", path);
        }
        if (status == DJ_OK) {
            status =
                dj_fs_pwrite(to, (struct dj_str){ piece, got }, to_offset, path, err);
        }
        from_offset += (int64_t)want;
        to_offset += (int64_t)want;
        len -= (int64_t)want;
    }
    dj_xfree(piece);
    return status;
}

enum dj_status dj_fs_copy_range(int from, int64_t from_offset, int to, int64_t to_offset,
                                int64_t len, const char *path, struct dj_error *err)
{
    const int64_t whole = len;

    len = dj_i64_from_size(dj_fault_short(dj_size_from_i64(len)));
    if (len < whole) {
        DJ_TRY(dj_fs_copy_range(from, from_offset, to, to_offset, len, path, err));
        return cut_short(path, err);
    }
    while (len > 0) {
        off_t source = from_offset;
        off_t target = to_offset;
        const ssize_t done =
            copy_file_range(from, &source, to, &target, dj_size_from_i64(len), 0);

        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) { /* other file systems, old kernels: EXDEV, EINVAL, ENOSYS, 0 */
            return copy_by_hand(from, from_offset, to, to_offset, len, path, err);
        }
        from_offset += done;
        to_offset += done;
        len -= done;
    }
    return DJ_OK;
}

char *dj_fs_join(const char *folder, const char *name)
{
    const size_t len = strlen(folder);

    if (name[0] == '/' || len == 0) {
        return dj_xstrdup(name);
    }
    return dj_xprintf("%s%s%s", folder, folder[len - 1] == '/' ? "" : "/", name);
}

const char *dj_fs_basename(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

char *dj_fs_dirname(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL) {
        return dj_xstrdup(".");
    }
    return slash == path ? dj_xstrdup("/") : dj_xstrndup(path, (size_t)(slash - path));
}

char *dj_fs_absolute(const char *path)
{
    char *here;
    char *joined;

    if (path[0] == '/') {
        return dj_xstrdup(path);
    }
    here = getcwd(NULL, 0);
    if (here == NULL) {
        return dj_xstrdup(path);
    }
    while (strncmp(path, "./", 2) == 0) {
        path += 2;
    }
    joined = dj_fs_join(here, path);
    free(here);
    return joined;
}

char *dj_fs_real(const char *path)
{
    char *real = realpath(path, NULL);
    char *copy = real == NULL ? NULL : dj_xstrdup(real);

    free(real);
    return copy;
}

char *dj_fs_program_folder(void)
{
    char path[4096];
    const ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (len <= 0) {
        return NULL;
    }
    path[len] = '\0';
    return dj_fs_dirname(path);
}

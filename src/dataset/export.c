/*
 * The export: final files that take shape under a temporary name, from pieces that
 * any rank copies in any order, and then get their name.
 */
#include "dj/dataset.h"

#include "dj/fault.h"
#include "dj/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/magic.h>
#include <sys/vfs.h>
#endif

/* Segments held open while copying; there may be more than a process may open. */
enum { OPEN_SEGMENTS = 32 };

struct source {
    int64_t segment;
    int64_t stage;
    int64_t kind;
    int fd;
    char *path;
};

struct copier {
    const char *results_dir;
    const char *growing;
    struct source sources[OPEN_SEGMENTS];
    size_t nsources;
    size_t next; /* the one to close when all places are taken */
    const struct dj_export_target *target;
    int target_fd;
};

/* Gives the file its size and, where that is possible, its blocks. */
static enum dj_status reserve(int fd, int64_t bytes, const char *path,
                              struct dj_error *err)
{
    if (ftruncate(fd, (off_t)bytes) != 0) {
        return dj_fail_errno(err, DJ_IO, errno, "%s: making it %lld bytes long", path,
                             (long long)bytes);
    }
#ifdef __linux__
    struct statfs system;

    /* In memory, reserving is writing: it would cost as much as the copy itself. */
    if (fstatfs(fd, &system) == 0 && system.f_type == TMPFS_MAGIC) {
        return DJ_OK;
    }
    /* Not posix_fallocate: where there is no such call it writes the whole file. */
    if (bytes > 0 && fallocate(fd, 0, 0, (off_t)bytes) != 0 && errno == ENOSPC) {
        return dj_fail_errno(err, DJ_IO, errno, "%s: %lld bytes are needed", path,
                             (long long)bytes);
    }
#endif
    return DJ_OK;
}

enum dj_status dj_export_create(const struct dj_export_target *target,
                                struct dj_error *err)
{
    char *folder = dj_fs_dirname(target->temporary);
    enum dj_status status = dj_fs_make_dirs(folder, err);
    int fd = -1;

    /* A new file: what an interrupted export left may be a link to a segment. */
    if (status == DJ_OK) {
        status = dj_fs_remove(target->temporary, err);
    }
    if (status == DJ_OK) {
        status = dj_fs_open(target->temporary, O_WRONLY | O_CREAT | O_EXCL, &fd, err);
    }
    if (status == DJ_OK) {
        status = reserve(fd, target->bytes, target->temporary, err);
    }
    if (fd >= 0) {
        close(fd);
    }
    if (status != DJ_OK && fd >= 0) {
        (void)unlink(target->temporary);
    }
    dj_xfree(folder);
    return status;
}

static void close_source(struct source *source)
{
    close(source->fd);
    dj_xfree(source->path);
}

static enum dj_status find_source(struct copier *copier,
                                  const struct dj_export_piece *piece,
                                  const struct source **found, struct dj_error *err)
{
    struct source fresh = { piece->from.segment, piece->stage, piece->kind, -1, NULL };
    struct source *place;
    enum dj_status status;
    char *folder;

    *found = NULL;
    for (size_t i = 0; i < copier->nsources; i++) {
        if (copier->sources[i].segment == fresh.segment &&
            copier->sources[i].stage == fresh.stage &&
            copier->sources[i].kind == fresh.kind) {
            *found = &copier->sources[i];
            return DJ_OK;
        }
    }
    folder = dj_stage_path(copier->results_dir, fresh.stage);
    fresh.path =
        fresh.segment == DJ_SEGMENT_GROWING
            ? dj_xstrdup(copier->growing)
            : dj_segment_path(folder, fresh.segment, (enum dj_stream_kind)fresh.kind);
    dj_xfree(folder);
    status = dj_fs_open(fresh.path, O_RDONLY, &fresh.fd, err);
    if (status != DJ_OK) {
        dj_xfree(fresh.path);
        return status;
    }
    if (copier->nsources < OPEN_SEGMENTS) {
        place = &copier->sources[copier->nsources++];
    } else {
        place = &copier->sources[copier->next];
        copier->next = (copier->next + 1) % OPEN_SEGMENTS;
        close_source(place);
    }
    *place = fresh;
    *found = place;
    return DJ_OK;
}

/* Syncs and closes the target that is open. */
static enum dj_status leave_target(struct copier *copier, struct dj_error *err)
{
    enum dj_status status = DJ_OK;

    if (copier->target_fd >= 0) {
        status = dj_fs_sync_fd(copier->target_fd, copier->target->temporary, err);
        close(copier->target_fd);
        copier->target_fd = -1;
    }
    return status;
}

static enum dj_status copy_piece(struct copier *copier,
                                 const struct dj_export_target *target,
                                 const struct dj_export_piece *piece,
                                 struct dj_error *err)
{
    const struct source *source;

    DJ_TRY(dj_fault_at(DJ_FAULT_EXPORT_WRITE, err));
    if (copier->target_fd < 0 || copier->target != target) {
        DJ_TRY(leave_target(copier, err));
        DJ_TRY(dj_fs_open(target->temporary, O_WRONLY, &copier->target_fd, err));
        copier->target = target;
    }
    DJ_TRY(find_source(copier, piece, &source, err));
    if (dj_fs_copy_range(source->fd, piece->from.offset, copier->target_fd, piece->offset,
                         piece->from.bytes, target->temporary, err) != DJ_OK) {
        return dj_error_prefix(err, "copying from %s: ", source->path);
    }
    return DJ_OK;
}

static int by_target(const void *a, const void *b)
{
    const struct dj_export_piece *left = a;
    const struct dj_export_piece *right = b;

    if (left->target != right->target) {
        return left->target < right->target ? -1 : 1;
    }
    return left->offset < right->offset ? -1 : left->offset > right->offset;
}

static bool follows(const struct dj_export_piece *a, const struct dj_export_piece *b)
{
    return a->kind == b->kind && a->stage == b->stage && a->target == b->target &&
           a->from.segment == b->from.segment &&
           a->from.offset + a->from.bytes == b->from.offset &&
           a->offset + a->from.bytes == b->offset;
}

/* Makes one piece of those that follow each other in both files. */
static size_t merge(struct dj_export_piece *pieces, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && follows(&pieces[kept - 1], &pieces[i])) {
            pieces[kept - 1].from.bytes += pieces[i].from.bytes;
        } else {
            pieces[kept++] = pieces[i];
        }
    }
    return kept;
}

enum dj_status dj_export_copy(const char *results_dir, const char *growing,
                              const struct dj_export_targets *targets,
                              const struct dj_export_piece *pieces, size_t count,
                              struct dj_error *err)
{
    struct copier copier = {
        .results_dir = results_dir,
        .growing = growing,
        .target_fd = -1,
    };
    struct dj_export_piece *sorted = dj_xcalloc(count, sizeof(*sorted));
    enum dj_status status = DJ_OK;

    if (count > 0) {
        memcpy(sorted, pieces, count * sizeof(*sorted));
        qsort(sorted, count, sizeof(*sorted), by_target);
    }
    count = merge(sorted, count);
    for (size_t i = 0; status == DJ_OK && i < count; i++) {
        status = copy_piece(&copier, &targets->items[sorted[i].target], &sorted[i], err);
    }
    if (status == DJ_OK) {
        status = leave_target(&copier, err);
    }
    if (copier.target_fd >= 0) {
        close(copier.target_fd);
    }
    for (size_t i = 0; i < copier.nsources; i++) {
        close_source(&copier.sources[i]);
    }
    dj_xfree(sorted);
    return status;
}

enum dj_status dj_export_adopt(const char *results_dir, struct dj_extent extent,
                               enum dj_stream_kind kind,
                               const struct dj_export_target *target, bool *adopted,
                               struct dj_error *err)
{
    char *path = dj_segment_path(results_dir, extent.segment, kind);
    char *folder = dj_fs_dirname(target->temporary);
    enum dj_status status = dj_fs_make_dirs(folder, err);
    struct stat info;

    *adopted = false;
    if (status == DJ_OK) {
        status = dj_fs_remove(target->temporary, err);
    }
    /* Whatever does not work here, copying may. */
    if (status == DJ_OK && extent.offset == 0 && extent.bytes == target->bytes &&
        stat(path, &info) == 0 && (int64_t)info.st_size == extent.bytes) {
        *adopted = link(path, target->temporary) == 0;
    }
    dj_xfree(folder);
    dj_xfree(path);
    return status;
}

enum dj_status dj_export_publish(const struct dj_export_target *target,
                                 struct dj_error *err)
{
    struct stat info;

    DJ_TRY(dj_fault_at(DJ_FAULT_EXPORT_RENAME, err));
    if (stat(target->temporary, &info) != 0) {
        return dj_fail_errno(err, DJ_IO, errno, "%s", target->temporary);
    }
    if ((int64_t)info.st_size != target->bytes) {
        return dj_fail(err, DJ_IO,
                       "%s: has %lld bytes, not %lld: the export of %s is not "
                       "complete",
                       target->temporary, (long long)info.st_size,
                       (long long)target->bytes, target->path);
    }
    return dj_fs_publish(target->temporary, target->path, err);
}

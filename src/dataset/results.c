/*
 * A rank's segment files: partitions' results one behind the other. Small writes
 * are gathered, large ones go straight to the file, and the kernel is told early to
 * begin with writing back, so that the fsync of a commit has little left to do.
 */
#include "dj/dataset.h"

#include "dj/fault.h"
#include "dj/fs.h"
#include "dj/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    GATHER_BYTES = 256 << 10,
    WRITEBACK_BYTES = 8 << 20 /* so much is new before writing back begins */
};

/* One segment file. Its bytes are those in the file and behind them those in buf. */
struct segment {
    int fd; /* -1 until the first byte */
    char *path;
    struct dj_buf buf;
    int64_t written;   /* bytes in the file */
    int64_t ended;     /* bytes of partitions that have ended */
    int64_t writeback; /* bytes that the kernel was told of */
    bool synced;
    struct dj_hasher *hasher; /* over what the partition has written so far */
    uint64_t digest;          /* of the partition that ended last */
};

struct dj_results {
    char *folder;
    int64_t number;
    bool folder_synced;
    struct segment segments[DJ_RESULT_STREAMS];
};

enum dj_status dj_results_open(const char *results_dir, int64_t segment,
                               struct dj_results **results, struct dj_error *err)
{
    struct dj_results *r;

    *results = NULL;
    DJ_TRY(dj_fs_make_dirs(results_dir, err));
    r = dj_xmalloc(sizeof(*r));
    r->folder = dj_xstrdup(results_dir);
    r->number = segment;
    r->folder_synced = true;
    for (int kind = 0; kind < DJ_RESULT_STREAMS; kind++) {
        r->segments[kind].fd = -1;
        r->segments[kind].synced = true;
        r->segments[kind].path =
            dj_segment_path(results_dir, segment, (enum dj_stream_kind)kind);
        dj_buf_init(&r->segments[kind].buf);
        r->segments[kind].hasher = dj_hasher_new();
    }
    *results = r;
    return DJ_OK;
}

void dj_results_close(struct dj_results *results)
{
    if (results == NULL) {
        return;
    }
    for (int kind = 0; kind < DJ_RESULT_STREAMS; kind++) {
        if (results->segments[kind].fd >= 0) {
            close(results->segments[kind].fd);
        }
        dj_xfree(results->segments[kind].path);
        dj_buf_release(&results->segments[kind].buf);
        dj_hasher_free(results->segments[kind].hasher);
    }
    dj_xfree(results->folder);
    dj_xfree(results);
}

/*
 * A file that is there already is added to: whatever it holds may be part of a
 * committed result.
 */
static enum dj_status open_segment(struct dj_results *results, struct segment *segment,
                                   struct dj_error *err)
{
    struct stat info;

    DJ_TRY(dj_fs_open(segment->path, O_RDWR | O_CREAT, &segment->fd, err));
    if (fstat(segment->fd, &info) != 0) {
        close(segment->fd);
        segment->fd = -1;
        return dj_fail_errno(err, DJ_IO, errno, "%s", segment->path);
    }
    segment->written = segment->ended = segment->writeback = (int64_t)info.st_size;
    results->folder_synced = false;
    return DJ_OK;
}

static enum dj_status put(struct segment *segment, struct dj_str bytes,
                          struct dj_error *err)
{
    segment->synced = false;
    DJ_TRY(dj_fs_pwrite(segment->fd, bytes, segment->written, segment->path, err));
    segment->written += (int64_t)bytes.len;
#ifdef SYNC_FILE_RANGE_WRITE
    if (segment->written - segment->writeback >= WRITEBACK_BYTES) {
        /* Only a hint: fsync tells of a failure. */
        (void)sync_file_range(segment->fd, segment->writeback,
                              segment->written - segment->writeback,
                              SYNC_FILE_RANGE_WRITE);
        segment->writeback = segment->written;
    }
#endif
    return DJ_OK;
}

static enum dj_status put_buffer(struct segment *segment, struct dj_error *err)
{
    if (segment->buf.len > 0) {
        DJ_TRY(put(segment, dj_buf_str(&segment->buf), err));
        dj_buf_reset(&segment->buf);
    }
    return DJ_OK;
}

enum dj_status dj_results_write(struct dj_results *results, enum dj_stream_kind kind,
                                struct dj_str bytes, struct dj_error *err)
{
    struct segment *segment = &results->segments[kind];

    DJ_TRY(dj_fault_at(DJ_FAULT_RESULT_WRITE, err));
    if (bytes.len == 0) {
        return DJ_OK;
    }
    if (segment->fd < 0) {
        DJ_TRY(open_segment(results, segment, err));
    }
    dj_hasher_add(segment->hasher, bytes);
    if (segment->buf.len + bytes.len > GATHER_BYTES) {
        DJ_TRY(put_buffer(segment, err));
    }
    if (bytes.len >= GATHER_BYTES / 2) {
        DJ_TRY(put_buffer(segment, err));
        return put(segment, bytes, err);
    }
    /* All the room at once: the buffer never grows afterwards. */
    if (dj_buf_reserve(&segment->buf, GATHER_BYTES - segment->buf.len) != DJ_OK ||
        dj_buf_append(&segment->buf, bytes) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory", segment->path);
    }
    return DJ_OK;
}

enum dj_status dj_results_end(struct dj_results *results,
                              struct dj_extent extents[DJ_RESULT_STREAMS],
                              struct dj_error *err)
{
    (void)err;
    for (int kind = 0; kind < DJ_RESULT_STREAMS; kind++) {
        struct segment *segment = &results->segments[kind];
        const int64_t end = segment->written + (int64_t)segment->buf.len;

        extents[kind] = (struct dj_extent){ .segment = results->number,
                                            .offset = segment->ended,
                                            .bytes = end - segment->ended };
        segment->ended = end;
        segment->digest = dj_hasher_value(segment->hasher);
        dj_hasher_reset(segment->hasher);
    }
    return DJ_OK;
}

uint64_t dj_results_digest(const struct dj_results *results, enum dj_stream_kind kind)
{
    return results->segments[kind].digest;
}

enum dj_status dj_results_undo(struct dj_results *results, struct dj_error *err)
{
    for (int kind = 0; kind < DJ_RESULT_STREAMS; kind++) {
        struct segment *segment = &results->segments[kind];

        dj_hasher_reset(segment->hasher);
        if (segment->fd < 0) {
            continue;
        }
        if (segment->ended >= segment->written) {
            segment->buf.len = (size_t)(segment->ended - segment->written);
        } else {
            segment->buf.len = 0;
            segment->written = segment->ended;
            segment->synced = false;
        }
        /* Always: a write that failed may have left bytes behind the end. */
        if (ftruncate(segment->fd, (off_t)segment->written) != 0) {
            return dj_fail_errno(err, DJ_IO, errno, "%s: cutting off a failed result",
                                 segment->path);
        }
        if (segment->writeback > segment->written) {
            segment->writeback = segment->written;
        }
    }
    return DJ_OK;
}

enum dj_status dj_results_flush(struct dj_results *results, struct dj_error *err)
{
    for (int kind = 0; kind < DJ_RESULT_STREAMS; kind++) {
        DJ_TRY(put_buffer(&results->segments[kind], err));
    }
    return DJ_OK;
}

enum dj_status dj_results_sync(struct dj_results *results, struct dj_error *err)
{
    DJ_TRY(dj_results_flush(results, err));
    for (int kind = 0; kind < DJ_RESULT_STREAMS; kind++) {
        struct segment *segment = &results->segments[kind];

        if (!segment->synced) {
            DJ_TRY(dj_fs_sync_fd(segment->fd, segment->path, err));
            segment->synced = true;
        }
    }
    if (!results->folder_synced) {
        DJ_TRY(dj_fs_sync_dir(results->folder, err));
        results->folder_synced = true;
    }
    return DJ_OK;
}

/*
 * Scanning a compressed file, which one rank decodes. First the partitions are given
 * the frame they begin in; when reading them so would cost too much, the file is
 * decoded anew into a spool file, which is read like a plain one.
 */
#include "dataset/damage.h"
#include "dataset/scan_private.h"

#include "dj/fault.h"
#include "dj/fs.h"

/* Decoding twice what a frame may hold at most is what a claim out of order costs. */
enum { FRAME_BLOCKS = 2 };

/*
 * Bytes to pass over before partitions, as a multiple of all bytes, above which a
 * spool file is cheaper. A reader goes on from one partition to the next without
 * passing over anything, so the sum overstates the cost.
 */
enum { SKIP_FACTOR = 4, SKIP_SLACK = 16 << 20 };

static bool too_costly(const struct dj_cutter *cutter, int64_t in_frame)
{
    const int64_t max_bytes = cutter->cut.max_bytes;
    const bool big_frame = max_bytes > 0 && in_frame / FRAME_BLOCKS > max_bytes;

    /* A large file in one frame that makes one partition is read from its start. */
    return cutter->skipped > 0 &&
           (big_frame || cutter->skipped / SKIP_FACTOR > cutter->at + SKIP_SLACK);
}

/* Decodes the file; *fits is false when it was given up because of too_costly. */
static enum dj_status scan_frames(struct dj_scan *scan, struct dj_stream *stream,
                                  bool *fits, struct dj_error *err)
{
    struct dj_cutter *cutter = &scan->cutter;
    struct dj_place place = { .in_frame = true };
    bool done;

    *fits = true;
    for (;;) {
        struct dj_str bytes = { scan->buffer, 0 };

        DJ_TRY(dj_fault_at(DJ_FAULT_SCAN, err));
        dj_stream_position(stream, &place.offset, &place.skip);
        DJ_TRY(dj_stream_read(stream, scan->buffer, DJ_SCAN_BYTES, &bytes.len, err));
        if (bytes.len == 0) {
            return dj_cutter_end(cutter);
        }
        DJ_TRY(dj_cutter_feed(cutter, bytes, place, &done));
        if (too_costly(cutter, place.skip + (int64_t)bytes.len)) {
            *fits = false;
            return DJ_OK;
        }
    }
}

/* A scan and the decoded bytes that pass through it. */
struct spooling {
    struct dj_scan *scan;
    struct dj_stream *stream;
};

static enum dj_status spool_into(void *context, int fd, const char *path,
                                 struct dj_error *err)
{
    const struct spooling *spooling = context;
    struct dj_scan *scan = spooling->scan;
    struct dj_cutter *cutter = &scan->cutter;
    bool done;

    for (;;) {
        struct dj_str bytes = { scan->buffer, 0 };

        DJ_TRY(dj_fault_at(DJ_FAULT_SCAN, err));
        DJ_TRY(dj_stream_read(spooling->stream, scan->buffer, DJ_SCAN_BYTES, &bytes.len,
                              err));
        if (bytes.len == 0) {
            return dj_cutter_end(cutter);
        }
        DJ_TRY(dj_cutter_feed(cutter, bytes, (struct dj_place){ .offset = cutter->at },
                              &done));
        DJ_TRY(dj_fs_write(fd, bytes, path, err));
    }
}

static enum dj_status spool(struct dj_scan *scan, struct dj_stream *stream,
                            const char *path, struct dj_error *err)
{
    struct spooling spooling = { scan, stream };

    DJ_TRY(dj_fs_make_dirs(scan->spool_dir, err));
    return dj_fs_replace_with(path, spool_into, &spooling, err);
}

/* One pass over the file with what is known of its damage; *offset: where it failed. */
static enum dj_status pass(struct dj_scan *scan, struct dj_source_file *file,
                           size_t index, const char *spool_path, bool *fits,
                           int64_t *offset, struct dj_error *err)
{
    struct dj_damage damage;
    struct dj_stream *stream;
    enum dj_status status;
    int64_t in_frame;

    *offset = -1;
    *fits = true;
    DJ_TRY(dj_stream_open(file->path, file->codec, 0, &stream, err));
    dj_damage_read(file, &damage);
    dj_stream_leave_out(stream, damage.gaps, damage.count);
    dj_cutter_begin(&scan->cutter, index, 0);
    if (spool_path == NULL) {
        status = scan_frames(scan, stream, fits, err);
    } else {
        status = spool(scan, stream, spool_path, err);
    }
    dj_stream_position(stream, offset, &in_frame);
    dj_stream_close(stream);
    dj_damage_release(&damage);
    return status;
}

/* The same again without a frame that turned out to be damaged, until there is none. */
static enum dj_status pass_damage(struct dj_scan *scan, struct dj_source_file *file,
                                  size_t index, const char *spool_path, bool *fits,
                                  struct dj_error *err)
{
    const size_t before = scan->cutter.partitions->count;
    enum dj_status status;
    int64_t offset;

    do {
        scan->cutter.partitions->count = before;
        status = pass(scan, file, index, spool_path, fits, &offset, err);
        if (status != DJ_DATA || offset < 0) {
            return status;
        }
        status = dj_damage_note(file, offset, err);
    } while (status == DJ_OK);
    return status;
}

enum dj_status dj_scan_compressed(struct dj_scan *scan, struct dj_sources *sources,
                                  size_t index, struct dj_error *err)
{
    struct dj_source_file *file = &sources->files[index];
    const size_t before = scan->cutter.partitions->count;
    enum dj_status status;
    char *path;
    bool fits;

    dj_xfree(file->layout);
    file->layout = NULL;
    status = pass_damage(scan, file, index, NULL, &fits, err);
    if (status != DJ_OK || fits) {
        return status;
    }
    scan->cutter.partitions->count = before;
    path = dj_spool_path(scan->spool_dir, index);
    status = pass_damage(scan, file, index, path, &fits, err);
    if (status != DJ_OK) {
        dj_xfree(path);
        return status;
    }
    dj_xfree(file->spool_path);
    file->spool_path = path;
    return DJ_OK;
}

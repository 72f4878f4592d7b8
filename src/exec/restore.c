/* Reading commit records: for a resumed run, and for the report at the end. */
#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/json.h"
#include "dj/log.h"
#include "exec/exec_private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static double number_at(const struct dj_json *array, size_t index)
{
    return dj_json_as_number(dj_json_at(array, index), 0);
}

static int64_t int_at(const struct dj_json *array, size_t index)
{
    return (int64_t)number_at(array, index);
}

/*
 * In a record a place in the growing export has the negative number of the file's
 * generation instead of a segment.
 */
int64_t dj_segment_name(const struct dj_exec *exec, int64_t segment)
{
    return segment == DJ_SEGMENT_GROWING ? -exec->generation : segment;
}

static int64_t segment_of(const struct dj_exec *exec, int64_t name)
{
    return name == -exec->generation ? DJ_SEGMENT_GROWING
           : name < 0                ? DJ_SEGMENT_LOST
                                     : name;
}

static enum dj_status read_result(const struct dj_exec *exec, struct dj_str line,
                                  const char *path, struct dj_part_result *result,
                                  struct dj_op_tally *tally, struct dj_error *err)
{
    const struct dj_json *extents;
    struct dj_json *doc;

    DJ_TRY(dj_json_parse(line, path, &doc, err));
    *result = (struct dj_part_result){
        .id = dj_json_int(doc, "partition", -1),
        .state = dj_json_bool(doc, "done", false) ? DJ_PART_DONE : DJ_PART_FAILED,
        .rank = dj_json_int(doc, "rank", 0),
        .attempt = dj_json_int(doc, "attempt", 0),
        .rows = dj_json_int(doc, "rows", 0),
        .kept = dj_json_int(doc, "kept", 0),
        .rejected = dj_json_int(doc, "rejected", 0),
        .rejected_at_load = dj_json_int(doc, "rejected_at_load", 0),
        .start = dj_json_number(doc, "start", 0),
        .seconds = dj_json_number(doc, "seconds", 0),
    };
    (void)snprintf(result->error, sizeof(result->error), "%s",
                   dj_json_text(doc, "error", ""));
    extents = dj_json_get(doc, "extents");
    for (size_t kind = 0; kind < DJ_RESULT_STREAMS; kind++) {
        result->extents[kind] =
            (struct dj_extent){ segment_of(exec, int_at(extents, 3 * kind)),
                                int_at(extents, 3 * kind + 1),
                                int_at(extents, 3 * kind + 2) };
    }
    if (result->state == DJ_PART_DONE &&
        !dj_tally_read(dj_json_get(doc, "operators"), tally, exec->nops)) {
        dj_json_free(doc);
        return dj_fail(err, DJ_RESUME, "%s: a partition without its counts", path);
    }
    dj_json_free(doc);
    return DJ_OK;
}

/* --- lines of a record -------------------------------------------------------------- */

/* Reads a file line by line; a line is borrowed until the next one. */
struct lines {
    int fd;
    const char *path;
    int64_t offset; /* of the next read */
    struct dj_buf buf;
    size_t at; /* of the next line in buf */
};

enum { READ_BYTES = 64 << 10 };

/* Moves what is left to the front and reads on; *more is false at the end. */
static enum dj_status read_on(struct lines *lines, bool *more, struct dj_error *err)
{
    const size_t left = lines->buf.len - lines->at;
    size_t got;

    if (left > 0) {
        memmove(lines->buf.ptr, lines->buf.ptr + lines->at, left);
    }
    lines->buf.len = left;
    lines->at = 0;
    if (dj_buf_reserve(&lines->buf, READ_BYTES) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory", lines->path);
    }
    DJ_TRY(dj_fs_pread(lines->fd, lines->buf.ptr + left, READ_BYTES, lines->offset, &got,
                       lines->path, err));
    lines->buf.len += got;
    lines->offset += (int64_t)got;
    *more = got > 0;
    return DJ_OK;
}

/* The next line with its line end; empty at the end of the file. */
static enum dj_status next_line(struct lines *lines, struct dj_str *line,
                                struct dj_error *err)
{
    bool more = true;

    for (;;) {
        const char *begin = lines->buf.ptr + lines->at;
        const size_t left = lines->buf.len - lines->at;
        const char *end = left == 0 ? NULL : memchr(begin, '\n', left);

        if (end != NULL || !more) {
            line->ptr = begin;
            line->len = end == NULL ? left : (size_t)(end - begin) + 1;
            lines->at += line->len;
            return DJ_OK;
        }
        DJ_TRY(read_on(lines, &more, err));
    }
}

/* A record of another partition map says nothing about this one's partitions. */
static enum dj_status check_head(const struct dj_exec *exec, struct dj_str line,
                                 const char *path, struct dj_error *err)
{
    char map[DJ_HASH64_TEXT];

    dj_hash64_text(exec->map_digest, map);
    if (line.len > 0 && memmem(line.ptr, line.len, map, strlen(map)) != NULL) {
        return DJ_OK;
    }
    return dj_fail(err, DJ_RESUME,
                   "%s: written for other partitions than metadata/dataset_mapping.json "
                   "has; choose another --job_id, or delete the job's folder to start "
                   "over",
                   path);
}

/* Calls each for every record line of the file. */
static enum dj_status each_line(struct dj_exec *exec, const char *path,
                                dj_result_fn *each, void *context, struct dj_error *err)
{
    struct dj_op_tally *tally = dj_xcalloc(exec->nops, sizeof(*tally));
    struct lines lines = { .path = path, .fd = -1 };
    struct dj_part_result result;
    enum dj_status status;
    struct dj_str line;

    dj_buf_init(&lines.buf);
    status = dj_fs_open(path, O_RDONLY, &lines.fd, err);
    if (status == DJ_OK) {
        status = next_line(&lines, &line, err);
    }
    if (status == DJ_OK) {
        status = check_head(exec, line, path, err);
    }
    while (status == DJ_OK) {
        status = next_line(&lines, &line, err);
        if (status != DJ_OK || line.len < 3 || memcmp(line.ptr, "null", 4) == 0) {
            break;
        }
        line.len -= 2; /* a comma and the line end */
        status = read_result(exec, line, path, &result, tally, err);
        if (status == DJ_OK) {
            status = each(context, &result, tally, err);
        }
    }
    if (lines.fd >= 0) {
        close(lines.fd);
    }
    dj_buf_release(&lines.buf);
    dj_xfree(tally);
    return status;
}

/* The digest in the last line is that of all lines before it? */
static enum dj_status check_digest(const char *path, struct dj_error *err)
{
    static const char mark[] = "null], \"digest\": \"";
    struct lines lines = { .path = path, .fd = -1 };
    struct dj_hasher *hasher = dj_hasher_new();
    enum dj_status status;
    bool good = false;
    struct dj_str line;

    dj_buf_init(&lines.buf);
    status = dj_fs_open(path, O_RDONLY, &lines.fd, err);
    while (status == DJ_OK) {
        char text[DJ_HASH64_TEXT];

        status = next_line(&lines, &line, err);
        if (status != DJ_OK || line.len == 0) {
            break;
        }
        if (line.len >= sizeof(mark) + DJ_HASH64_TEXT &&
            memcmp(line.ptr, mark, sizeof(mark) - 1) == 0) {
            dj_hash64_text(dj_hasher_value(hasher), text);
            good = memcmp(line.ptr + sizeof(mark) - 1, text, DJ_HASH64_TEXT - 1) == 0;
            break;
        }
        dj_hasher_add(hasher, line);
    }
    if (lines.fd >= 0) {
        close(lines.fd);
    }
    dj_buf_release(&lines.buf);
    dj_hasher_free(hasher);
    if (status == DJ_OK && !good) {
        status = dj_fail(err, DJ_RESUME,
                         "%s: damaged; delete it to do again what it records, or choose "
                         "another --job_id",
                         path);
    }
    return status;
}

static enum dj_status each_committed(struct dj_exec *exec, int64_t number, bool check,
                                     dj_result_fn *each, void *context,
                                     struct dj_error *err)
{
    char *path = dj_commit_path(exec, number);
    enum dj_status status = check ? check_digest(path, err) : DJ_OK;

    if (status == DJ_OK) {
        status = each_line(exec, path, each, context, err);
    }
    dj_xfree(path);
    return status;
}

enum dj_status dj_exec_each_result(struct dj_exec *exec, dj_result_fn *each,
                                   void *context, struct dj_error *err)
{
    for (int64_t i = 1; i <= exec->root->commits; i++) {
        DJ_TRY(each_committed(exec, i, false, each, context, err));
    }
    if (exec->root->commit.fd < 0) {
        return DJ_OK;
    }
    DJ_TRY(dj_exec_flush_record(exec, err));
    return each_line(exec, exec->root->commit.path, each, context, err);
}

/* A segment file that is as long as the extents in it say? Remembers the last one. */
struct sizes {
    const char *results_dir;
    char *growing; /* path of the growing export, or NULL */
    int64_t segment[DJ_RESULT_STREAMS];
    int64_t bytes[DJ_RESULT_STREAMS];
};

static bool extent_there(struct sizes *sizes, enum dj_stream_kind kind,
                         struct dj_extent extent)
{
    if (extent.segment == DJ_SEGMENT_LOST) {
        return false;
    }
    if (extent.bytes == 0) {
        return true;
    }
    if (sizes->segment[kind] != extent.segment) {
        char *path = extent.segment == DJ_SEGMENT_GROWING
                         ? dj_xstrdup(sizes->growing)
                         : dj_segment_path(sizes->results_dir, extent.segment, kind);
        struct stat info;

        sizes->bytes[kind] =
            path != NULL && stat(path, &info) == 0 ? (int64_t)info.st_size : -1;
        sizes->segment[kind] = extent.segment;
        dj_xfree(path);
    }
    return extent.offset + extent.bytes <= sizes->bytes[kind];
}

struct restore {
    struct dj_exec *exec;
    struct sizes sizes;
    int64_t lost;
};

static enum dj_status restore_one(void *context, const struct dj_part_result *result,
                                  const struct dj_op_tally *tally, struct dj_error *err)
{
    struct restore *restore = context;

    if (result->id < 0 || result->id >= (int64_t)restore->exec->root->partitions.count) {
        return dj_fail(err, DJ_RESUME,
                       "a commit record names partition %" PRId64
                       ", which the partition map does not have; choose another --job_id",
                       result->id);
    }
    for (int kind = 0; kind < DJ_RESULT_STREAMS; kind++) {
        if (result->state == DJ_PART_DONE &&
            !extent_there(&restore->sizes, (enum dj_stream_kind)kind,
                          result->extents[kind])) {
            restore->lost++;
            return DJ_OK;
        }
    }
    dj_exec_take(restore->exec, result, tally);
    return DJ_OK;
}

static enum dj_status restore_all(struct dj_exec *exec, struct restore *restore,
                                  struct dj_error *err)
{
    struct dj_exec_root *root = exec->root;

    for (;;) {
        char *path = dj_commit_path(exec, root->commits + 1);
        const bool there = dj_fs_exists(path);

        dj_xfree(path);
        if (!there) {
            return DJ_OK;
        }
        root->commits++;
        DJ_TRY(each_committed(exec, root->commits, true, restore_one, restore, err));
    }
}

enum dj_status dj_exec_restore(struct dj_exec *exec, struct dj_error *err)
{
    struct restore restore = { .exec = exec };
    struct dj_exec_root *root = exec->root;
    enum dj_status status;

    restore.sizes.results_dir = exec->paths.results_dir;
    restore.sizes.growing = dj_places_path(exec);
    memset(restore.sizes.segment, -1, sizeof(restore.sizes.segment));
    status = restore_all(exec, &restore, err);
    dj_xfree(restore.sizes.growing);
    DJ_TRY(status);
    if (restore.lost > 0) {
        dj_log(DJ_LOG_WARNING,
               "%" PRId64 " finished partitions are no longer in %s; they are done again",
               restore.lost, exec->paths.results_dir);
    }
    dj_log(DJ_LOG_INFO,
           "resuming job %s: %" PRId64 " of %" PRId64 " partitions are finished",
           exec->job_id, root->summary->partitions_done, root->summary->partitions_total);
    return DJ_OK;
}

/* Segment files by number: their names, and where a row stands in one. */
#include "dj/dataset.h"

#include "dj/fs.h"

#include <fcntl.h>
#include <unistd.h>

/* A segment number is attempt * RANKS + rank, so both can be read off it. */
enum { RANKS = 1000000, READ_BYTES = 256 << 10 };

static const char *const stream_names[DJ_RESULT_STREAMS] = {
    [DJ_RESULT_DATA] = "data",         [DJ_RESULT_STATS] = "stats",
    [DJ_RESULT_REJECTED] = "rejected", [DJ_RESULT_REASONS] = "reasons",
    [DJ_RESULT_PLACES] = "places",     [DJ_RESULT_TRACE] = "trace",
};

const char *dj_stream_name(enum dj_stream_kind kind)
{
    return stream_names[kind];
}

int64_t dj_segment_id(int64_t attempt, int rank)
{
    return attempt * RANKS + rank;
}

char *dj_stage_path(const char *results_dir, int64_t stage)
{
    return stage == 0 ? dj_xstrdup(results_dir)
                      : dj_xprintf("%s/stage_%02lld", results_dir, (long long)stage);
}

char *dj_segment_path(const char *results_dir, int64_t segment, enum dj_stream_kind kind)
{
    char *name = dj_xprintf("a%04lld_r%05lld_%s.jsonl.part", (long long)(segment / RANKS),
                            (long long)(segment % RANKS), stream_names[kind]);
    char *path = dj_fs_join(results_dir, name);

    dj_xfree(name);
    return path;
}

/* The bytes up to and with the n-th LF at or behind begin. */
static enum dj_status pass_lines(int fd, const char *path, int64_t begin, int64_t bytes,
                                 int64_t n, int64_t *offset, struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    char *piece = dj_xmalloc(READ_BYTES);
    int64_t done = 0;

    *offset = 0;
    while (status == DJ_OK && n > 0) {
        const int64_t left = bytes - done;
        const char *p = piece;
        size_t got;

        status = dj_fs_pread(fd, piece, left < READ_BYTES ? (size_t)left : READ_BYTES,
                             begin + done, &got, path, err);
        if (status == DJ_OK && got == 0) {
            status =
                dj_fail(err, DJ_DATA, "%s: %lld lines are missing", path, (long long)n);
        }
        while (status == DJ_OK && n > 0 &&
               (p = memchr(p, '\n', got - (size_t)(p - piece))) != NULL) {
            p++;
            n--;
            *offset = done + (p - piece);
        }
        done += (int64_t)got;
    }
    dj_xfree(piece);
    return status;
}

enum dj_status dj_extent_row_offset(const char *results_dir, struct dj_extent extent,
                                    enum dj_stream_kind kind, int64_t n, int64_t *offset,
                                    struct dj_error *err)
{
    char *path = dj_segment_path(results_dir, extent.segment, kind);
    enum dj_status status;
    int fd = -1;

    *offset = 0;
    status = n > 0 ? dj_fs_open(path, O_RDONLY, &fd, err) : DJ_OK;
    if (status == DJ_OK && n > 0) {
        status = pass_lines(fd, path, extent.offset, extent.bytes, n, offset, err);
    }
    if (fd >= 0) {
        close(fd);
    }
    dj_xfree(path);
    return status;
}

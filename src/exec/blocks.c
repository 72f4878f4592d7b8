/* The lines of a file by blocks: each line belongs to the block in which it begins. */
#include "dj/fs.h"
#include "exec/convert.h"

#include <fcntl.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 20 };

void dj_block_lines_init(struct dj_block_lines *lines)
{
    *lines = (struct dj_block_lines){ .fd = -1 };
    dj_buf_init(&lines->bytes);
}

void dj_block_lines_release(struct dj_block_lines *lines)
{
    if (lines->fd >= 0) {
        (void)close(lines->fd);
    }
    lines->fd = -1;
    dj_buf_release(&lines->bytes);
}

enum dj_status dj_block_lines_open(struct dj_block_lines *lines, const char *path,
                                   int64_t from, int64_t end, struct dj_error *err)
{
    if (lines->fd >= 0) {
        (void)close(lines->fd);
    }
    lines->path = path;
    lines->at = from > 0 ? from - 1 : 0; /* a line begins behind a line end */
    lines->end = end;
    lines->in_line = from > 0;
    lines->last = false;
    lines->used = 0;
    dj_buf_reset(&lines->bytes);
    return dj_fs_open(path, O_RDONLY, &lines->fd, err);
}

/* Reads on; *ended: there is nothing behind. */
static enum dj_status read_more(struct dj_block_lines *lines, bool *ended,
                                struct dj_error *err)
{
    struct dj_buf *bytes = &lines->bytes;
    size_t got;

    if (dj_buf_reserve(bytes, READ_BYTES) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for a line of the export");
    }
    DJ_TRY(dj_fs_pread(lines->fd, bytes->ptr + bytes->len, READ_BYTES, lines->at, &got,
                       lines->path, err));
    bytes->len += got;
    lines->at += dj_i64_from_size(got);
    *ended = got < READ_BYTES;
    return DJ_OK;
}

/* Where the bytes at hand begin in the file. */
static int64_t begin_of(const struct dj_block_lines *lines)
{
    return lines->at - dj_i64_from_size(lines->bytes.len);
}

/* How many of the bytes at hand are whole lines of this block. */
static size_t count_whole(struct dj_block_lines *lines, bool ended)
{
    const struct dj_buf *bytes = &lines->bytes;
    const char *stop = bytes->len == 0 ? NULL : memrchr(bytes->ptr, '\n', bytes->len);
    size_t whole = ended          ? bytes->len
                   : stop == NULL ? 0
                                  : (size_t)(stop - bytes->ptr) + 1;
    const int64_t left = lines->end - begin_of(lines);

    /* The first line end at end - 1 or later is that of the last line of the block. */
    if (left <= 0) {
        whole = 0;
        lines->last = true;
    } else if ((uint64_t)left <= whole) {
        const size_t before = (size_t)left - 1;

        stop = memchr(bytes->ptr + before, '\n', whole - before);
        whole = stop == NULL ? whole : (size_t)(stop - bytes->ptr) + 1;
        lines->last = stop != NULL || ended;
    } else {
        lines->last = ended;
    }
    return whole;
}

/* Drops the end of a line that began in the block before. */
static bool leave_line(struct dj_block_lines *lines, bool ended)
{
    struct dj_buf *bytes = &lines->bytes;
    const char *stop = bytes->len == 0 ? NULL : memchr(bytes->ptr, '\n', bytes->len);
    const size_t gone = stop == NULL ? bytes->len : (size_t)(stop - bytes->ptr) + 1;

    bytes->len -= gone;
    memmove(bytes->ptr, bytes->ptr + gone, bytes->len);
    lines->in_line = stop == NULL && !ended;
    return !lines->in_line;
}

enum dj_status dj_block_lines_next(struct dj_block_lines *lines, struct dj_str *some,
                                   struct dj_error *err)
{
    struct dj_buf *bytes = &lines->bytes;
    bool ended = false;

    bytes->len -= lines->used;
    if (lines->used > 0) {
        memmove(bytes->ptr, bytes->ptr + lines->used, bytes->len);
    }
    lines->used = 0;
    while (!lines->last && lines->used == 0) {
        DJ_TRY(read_more(lines, &ended, err));
        if (!lines->in_line || leave_line(lines, ended)) {
            lines->used = count_whole(lines, ended);
        }
    }
    *some = (struct dj_str){ bytes->ptr, lines->used };
    return DJ_OK;
}

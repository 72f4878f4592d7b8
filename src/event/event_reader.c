/*
 * The lines of a file through a small window. A merge reads from hundreds of parts at
 * once, so a file can be closed between two reads.
 */
#include "dj/fs.h"
#include "event/event_private.h"

#include <fcntl.h>
#include <unistd.h>

void dj_event_reader_init(struct dj_event_reader *reader, size_t window)
{
    *reader = (struct dj_event_reader){ .fd = -1, .window = window, .at_end = true };
}

void dj_event_reader_pause(struct dj_event_reader *reader)
{
    if (reader->fd >= 0) {
        close(reader->fd);
        reader->fd = -1;
    }
}

void dj_event_reader_release(struct dj_event_reader *reader)
{
    dj_event_reader_pause(reader);
    dj_buf_release(&reader->bytes);
}

void dj_event_reader_start(struct dj_event_reader *reader, const char *path)
{
    dj_event_reader_pause(reader);
    reader->path = path;
    reader->offset = 0;
    reader->pos = 0;
    reader->at_end = false;
    dj_buf_reset(&reader->bytes);
}

/*
 * Nothing more for now: the next call begins with the line that is not whole yet. Nothing
 * of it is kept, because a recovery may cut it off and write another one there.
 */
static void give_back(struct dj_event_reader *reader, size_t left)
{
    reader->half = left;
    reader->offset -= dj_i64_from_size(left);
    reader->pos = 0;
    reader->at_end = false;
    dj_buf_reset(&reader->bytes);
}

/* Moves what is left to the front and reads one more window behind it. */
static enum dj_status refill(struct dj_event_reader *reader, struct dj_error *err)
{
    struct dj_buf *bytes = &reader->bytes;
    size_t got;

    if (reader->pos > 0) {
        bytes->len -= reader->pos;
        memmove(bytes->ptr, bytes->ptr + reader->pos, bytes->len);
        reader->pos = 0;
    }
    if (dj_buf_reserve(bytes, reader->window) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory", reader->path);
    }
    if (reader->fd < 0) {
        DJ_TRY(dj_fs_open(reader->path, O_RDONLY, &reader->fd, err));
    }
    DJ_TRY(dj_fs_pread(reader->fd, bytes->ptr + bytes->len, reader->window,
                       reader->offset, &got, reader->path, err));
    bytes->len += got;
    reader->offset += (int64_t)got;
    reader->at_end = got < reader->window;
    return DJ_OK;
}

enum dj_status dj_event_reader_next(struct dj_event_reader *reader, bool keep_open,
                                    struct dj_str *line, bool *more, struct dj_error *err)
{
    size_t seen = 0; /* bytes of this line that hold no line end */

    *more = true;
    for (;;) {
        const size_t left = reader->bytes.len - reader->pos;
        const char *begin = left == 0 ? "" : reader->bytes.ptr + reader->pos;
        const char *end = left == seen ? NULL : memchr(begin + seen, '\n', left - seen);

        if (end != NULL) {
            *line = (struct dj_str){ begin, (size_t)(end - begin) };
            reader->pos += line->len + 1;
            return DJ_OK;
        }
        if (reader->at_end && reader->growing) {
            *more = false;
            give_back(reader, left);
            return DJ_OK;
        }
        if (reader->at_end) {
            *line = (struct dj_str){ begin, left };
            *more = left > 0;
            reader->pos = reader->bytes.len;
            dj_event_reader_pause(reader);
            return DJ_OK;
        }
        seen = left;
        DJ_TRY(refill(reader, err));
        if (!keep_open || (reader->at_end && !reader->growing)) {
            dj_event_reader_pause(reader);
        }
    }
}

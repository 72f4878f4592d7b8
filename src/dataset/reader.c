/*
 * Reads the lines of a partition: from a plain or spooled file by pread, from a
 * compressed one by decoding from the frame that the partition begins in.
 */
#include "dataset/damage.h"
#include "dataset/format.h"
#include "dataset/selection.h"

#include "dj/fault.h"
#include "dj/fs.h"
#include "dj/hash.h"

#include <fcntl.h>
#include <unistd.h>

enum {
    PIECE_BYTES = 256 << 10, /* from the read to the digest in cache */
    KEPT_BYTES = 32 << 20    /* a buffer that one huge line made larger is given back */
};

struct dj_reader {
    const struct dj_sources *sources;
    int64_t file;                   /* of what is open, -1: nothing is */
    int fd;                         /* plain or spooled, or -1 */
    struct dj_stream *stream;       /* compressed, or NULL */
    struct dj_damage damage;        /* of its file */
    const struct dj_format *format; /* of the partition; NULL: lines as they are */
    void *states[DJ_SOURCE_COUNT];  /* what each format keeps */
    struct dj_hasher *hasher;
    struct dj_buf buf;
    size_t used; /* bytes of buf that were given out */

    struct dj_partition partition;
    struct dj_buf selected; /* which rows, when not all of them */
    int64_t line, row;      /* passed, when not all rows are wanted */
    int64_t pos;            /* plain: file offset of the next byte */
    int64_t left;           /* bytes of the partition that are not in buf yet */
};

struct dj_reader *dj_reader_new(const struct dj_sources *sources)
{
    struct dj_reader *reader = dj_xcalloc(1, sizeof(*reader));

    reader->sources = sources;
    reader->file = -1;
    reader->fd = -1;
    reader->hasher = dj_hasher_new();
    dj_buf_init(&reader->buf);
    dj_buf_init(&reader->selected);
    return reader;
}

static void close_file(struct dj_reader *reader)
{
    if (reader->fd >= 0) {
        close(reader->fd);
    }
    dj_stream_close(reader->stream);
    dj_damage_release(&reader->damage);
    reader->fd = -1;
    reader->stream = NULL;
    reader->file = -1;
}

void dj_reader_free(struct dj_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    close_file(reader);
    for (int i = 0; i < DJ_SOURCE_COUNT; i++) {
        const struct dj_format *format = dj_format_of((enum dj_source_format)i);

        if (format != NULL) {
            format->close(reader->states[i]);
        }
    }
    dj_hasher_free(reader->hasher);
    dj_buf_release(&reader->buf);
    dj_buf_release(&reader->selected);
    dj_xfree(reader);
}

static const struct dj_source_file *source_of(const struct dj_reader *reader)
{
    return &reader->sources->files[reader->partition.file];
}

static enum dj_status changed(const struct dj_reader *reader, const char *how,
                              struct dj_error *err)
{
    const struct dj_partition *partition = &reader->partition;

    return dj_fail(err, DJ_DATA,
                   "%s: changed since it was cut into partitions: partition %lld (lines "
                   "%lld to %lld) %s; put the file back as it was, or start a new job",
                   source_of(reader)->path, (long long)partition->id,
                   (long long)partition->first_line,
                   (long long)(partition->first_line + partition->lines - 1), how);
}

/* Decodes up to the partition's first byte. buf is empty and serves as the bin. */
static enum dj_status pass_over(struct dj_reader *reader, int64_t skip,
                                struct dj_error *err)
{
    while (skip > 0) {
        size_t got;

        DJ_TRY(dj_stream_read(reader->stream, reader->buf.ptr,
                              skip < PIECE_BYTES ? (size_t)skip : PIECE_BYTES, &got,
                              err));
        if (got == 0) {
            return changed(reader, "begins behind the end", err);
        }
        skip -= (int64_t)got;
    }
    return DJ_OK;
}

/* Opens the stream, or goes on with the open one when that has come so far. */
static enum dj_status start_compressed(struct dj_reader *reader, struct dj_error *err)
{
    const struct dj_partition *partition = &reader->partition;
    const struct dj_source_file *source = source_of(reader);
    int64_t offset = -1;
    int64_t in_frame = 0;

    if (reader->stream != NULL && reader->file == partition->file) {
        dj_stream_position(reader->stream, &offset, &in_frame);
    }
    if (offset != partition->offset || in_frame > partition->skip) {
        close_file(reader);
        DJ_TRY(dj_stream_open(source->path, source->codec, partition->offset,
                              &reader->stream, err));
        dj_damage_read(source, &reader->damage);
        dj_stream_leave_out(reader->stream, reader->damage.gaps, reader->damage.count);
        reader->file = partition->file;
        in_frame = 0;
    }
    return pass_over(reader, partition->skip - in_frame, err);
}

static enum dj_status start_plain(struct dj_reader *reader, struct dj_error *err)
{
    const struct dj_source_file *source = source_of(reader);

    if (reader->fd < 0 || reader->file != reader->partition.file) {
        close_file(reader);
        DJ_TRY(dj_fs_open(source->spool_path != NULL ? source->spool_path : source->path,
                          O_RDONLY, &reader->fd, err));
        reader->file = reader->partition.file;
    }
    reader->pos = reader->partition.offset;
    return DJ_OK;
}

enum dj_status dj_reader_start(struct dj_reader *reader,
                               const struct dj_partition *partition, struct dj_error *err)
{
    const struct dj_source_file *source;
    enum dj_status status;

    if (partition->file < 0 || (size_t)partition->file >= reader->sources->count) {
        return dj_fail(err, DJ_INTERNAL, "partition %lld is of file %lld of %zu",
                       (long long)partition->id, (long long)partition->file,
                       reader->sources->count);
    }
    if (reader->buf.cap > KEPT_BYTES) {
        dj_buf_release(&reader->buf);
    }
    dj_buf_reset(&reader->buf);
    if (dj_buf_reserve(&reader->buf, PIECE_BYTES) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for reading");
    }
    dj_hasher_reset(reader->hasher);
    reader->used = 0;
    reader->partition = *partition;
    reader->left = partition->bytes;
    reader->line = partition->first_line - 1;
    reader->row = 0;
    if (partition->select != 0) {
        DJ_TRY(dj_selection_read(reader->sources->selection, partition, &reader->selected,
                                 err));
    }
    source = source_of(reader);
    reader->format = dj_format_of(source->format);
    if (reader->format != NULL) {
        close_file(reader);
        return reader->format->start(&reader->states[source->format], reader->sources,
                                     partition, err);
    }
    status = source->codec == DJ_CODEC_NONE || source->spool_path != NULL
                 ? start_plain(reader, err)
                 : start_compressed(reader, err);
    if (status != DJ_OK) {
        close_file(reader);
    }
    return status;
}

/* Appends up to size of the partition's bytes to buf. */
static enum dj_status load(struct dj_reader *reader, size_t size, struct dj_error *err)
{
    struct dj_buf *buf = &reader->buf;
    const char *path = source_of(reader)->path;
    size_t got;

    if (reader->left < (int64_t)size) {
        size = (size_t)reader->left;
    }
    DJ_TRY(dj_fault_at(DJ_FAULT_SOURCE_READ, err));
    if (dj_buf_reserve(buf, size) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory for a line of %zu bytes", path,
                       buf->len + size);
    }
    if (reader->stream != NULL) {
        DJ_TRY(dj_stream_read(reader->stream, buf->ptr + buf->len, size, &got, err));
    } else {
        DJ_TRY(dj_fs_pread(reader->fd, buf->ptr + buf->len, size, reader->pos, &got, path,
                           err));
    }
    if (got == 0) {
        return changed(reader, "ends early", err);
    }
    dj_hasher_add(reader->hasher, (struct dj_str){ buf->ptr + buf->len, got });
    buf->len += got;
    reader->pos += (int64_t)got;
    reader->left -= (int64_t)got;
    return DJ_OK;
}

/* Fills buf with about want bytes and at least one whole line; *cut is its end. */
static enum dj_status fill(struct dj_reader *reader, size_t want, size_t *cut,
                           struct dj_error *err)
{
    struct dj_buf *buf = &reader->buf;
    size_t searched = buf->len; /* what was kept is the beginning of a line */

    while (reader->left > 0) {
        if (buf->len < want) {
            const size_t missing = want - buf->len;

            DJ_TRY(load(reader, missing < PIECE_BYTES ? missing : PIECE_BYTES, err));
        } else {
            const char *lf =
                memrchr(buf->ptr + searched, '\n', (size_t)(buf->len - searched));

            if (lf != NULL) {
                *cut = (size_t)(lf + 1 - buf->ptr);
                return DJ_OK;
            }
            searched = buf->len;
            DJ_TRY(load(reader, buf->len, err)); /* a long line: twice as much */
        }
    }
    *cut = buf->len;
    return DJ_OK;
}

/* Takes out the lines that are not wanted of the len bytes at block. */
static size_t keep_wanted(struct dj_reader *reader, char *block, size_t len)
{
    return reader->partition.select == 0
               ? len
               : dj_selection_apply(&reader->selected, block, len, &reader->line,
                                    &reader->row);
}

enum dj_status dj_reader_next(struct dj_reader *reader, size_t want, struct dj_str *block,
                              struct dj_error *err)
{
    struct dj_buf *buf = &reader->buf;
    enum dj_status status;
    size_t cut;

    if (reader->used > 0) {
        buf->len -= reader->used;
        memmove(buf->ptr, buf->ptr + reader->used, buf->len);
        reader->used = 0;
    }
    *block = (struct dj_str){ buf->ptr, 0 };
    if (reader->format != NULL) {
        DJ_TRY(dj_fault_at(DJ_FAULT_SOURCE_READ, err));
        DJ_TRY(reader->format->next(reader->states[source_of(reader)->format],
                                    want == 0 ? 1 : want, buf, err));
        reader->used = buf->len;
        *block = (struct dj_str){ buf->ptr, keep_wanted(reader, buf->ptr, buf->len) };
        return DJ_OK;
    }
    status = fill(reader, want == 0 ? 1 : want, &cut, err);
    if (status == DJ_OK && cut == 0 &&
        dj_hasher_value(reader->hasher) != reader->partition.digest) {
        status = changed(reader, "holds other bytes", err);
    }
    if (status != DJ_OK) {
        close_file(reader);
        return status;
    }
    reader->used = cut;
    *block = (struct dj_str){ buf->ptr, keep_wanted(reader, buf->ptr, cut) };
    return DJ_OK;
}

/* All lines that a format gives. */
static enum dj_status all_of_format(struct dj_reader *reader, struct dj_buf *lines,
                                    struct dj_error *err)
{
    void *state = reader->states[source_of(reader)->format];
    size_t before;

    DJ_TRY(dj_fault_at(DJ_FAULT_SOURCE_READ, err));
    do {
        before = lines->len;
        DJ_TRY(reader->format->next(state, PIECE_BYTES, lines, err));
    } while (lines->len > before);
    lines->len = keep_wanted(reader, lines->ptr, lines->len);
    return DJ_OK;
}

enum dj_status dj_reader_all(struct dj_reader *reader, struct dj_buf *lines,
                             struct dj_error *err)
{
    const size_t bytes = dj_size_from_i64(reader->partition.bytes);
    const struct dj_buf own = reader->buf;
    enum dj_status status;
    struct dj_str block;

    dj_buf_reset(lines);
    if (dj_buf_reserve(lines, bytes) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for %zu bytes of input", bytes);
    }
    if (reader->format != NULL) {
        return all_of_format(reader, lines, err);
    }
    reader->buf = *lines;
    status = dj_reader_next(reader, bytes, &block, err);
    *lines = reader->buf; /* it has not moved: there was room for all */
    lines->len = block.len;
    if (status == DJ_OK) {
        status = dj_reader_next(reader, 1, &block, err); /* the digest */
    }
    reader->buf = own;
    dj_buf_reset(&reader->buf);
    reader->used = 0;
    return status;
}

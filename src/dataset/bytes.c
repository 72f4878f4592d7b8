/* Decoded bytes: a plain or spooled file by pread, a compressed one by its stream. */
#include "dataset/bytes.h"

#include "dj/fault.h"
#include "dj/fs.h"
#include "dj/hash.h"

#include <fcntl.h>
#include <unistd.h>

enum { PIECE_BYTES = 256 << 10, KEPT_BYTES = 32 << 20 };

struct dj_bytes {
    const struct dj_source_file *file; /* of what is open */
    int fd;                            /* plain or spooled, or -1 */
    struct dj_stream *stream;          /* compressed, or NULL */
    struct dj_hasher *hasher;
    struct dj_buf buf;
    size_t used; /* bytes of buf that are forgotten */
    int64_t at, pos, left;
    bool last;
};

struct dj_bytes *dj_bytes_new(void)
{
    struct dj_bytes *bytes = dj_xcalloc(1, sizeof(*bytes));

    bytes->fd = -1;
    bytes->hasher = dj_hasher_new();
    dj_buf_init(&bytes->buf);
    return bytes;
}

static void close_file(struct dj_bytes *bytes)
{
    if (bytes->fd >= 0) {
        close(bytes->fd);
    }
    dj_stream_close(bytes->stream);
    bytes->fd = -1;
    bytes->stream = NULL;
    bytes->file = NULL;
}

void dj_bytes_free(struct dj_bytes *bytes)
{
    if (bytes != NULL) {
        close_file(bytes);
        dj_hasher_free(bytes->hasher);
        dj_buf_release(&bytes->buf);
        dj_xfree(bytes);
    }
}

static bool is_plain(const struct dj_source_file *file)
{
    return file->codec == DJ_CODEC_NONE || file->spool_path != NULL;
}

/* Decodes up to the first byte that is wanted. */
static enum dj_status pass_over(struct dj_bytes *bytes, int64_t skip,
                                struct dj_error *err)
{
    if (skip > 0 && dj_buf_reserve(&bytes->buf, PIECE_BYTES) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for reading");
    }
    while (skip > 0) {
        size_t got;

        DJ_TRY(dj_stream_read(bytes->stream, bytes->buf.ptr,
                              skip < PIECE_BYTES ? (size_t)skip : PIECE_BYTES, &got,
                              err));
        if (got == 0) {
            return dj_fail(err, DJ_DATA, "%s: became shorter while it was read",
                           bytes->file->path);
        }
        skip -= (int64_t)got;
    }
    return DJ_OK;
}

static enum dj_status open_stream(struct dj_bytes *bytes,
                                  const struct dj_source_file *file, int64_t offset,
                                  int64_t skip, struct dj_error *err)
{
    int64_t frame = -1;
    int64_t in_frame = 0;

    if (bytes->stream != NULL && bytes->file == file) {
        dj_stream_position(bytes->stream, &frame, &in_frame);
    }
    if (frame != offset || in_frame > skip) {
        close_file(bytes);
        DJ_TRY(dj_stream_open(file->path, file->codec, offset, &bytes->stream, err));
        bytes->file = file;
        in_frame = 0;
    }
    return pass_over(bytes, skip - in_frame, err);
}

enum dj_status dj_bytes_start(struct dj_bytes *bytes, const struct dj_source_file *file,
                              int64_t offset, int64_t skip, int64_t length,
                              struct dj_error *err)
{
    enum dj_status status = DJ_OK;

    if (bytes->buf.cap > KEPT_BYTES) {
        dj_buf_release(&bytes->buf);
    }
    dj_buf_reset(&bytes->buf);
    dj_hasher_reset(bytes->hasher);
    bytes->used = 0;
    bytes->at = 0;
    bytes->left = length;
    bytes->last = length == 0;
    bytes->pos = offset;
    if (!is_plain(file)) {
        status = open_stream(bytes, file, offset, skip, err);
    } else if (bytes->fd < 0 || bytes->file != file) {
        close_file(bytes);
        status = dj_fs_open(file->spool_path != NULL ? file->spool_path : file->path,
                            O_RDONLY, &bytes->fd, err);
        bytes->file = file;
    }
    if (status != DJ_OK) {
        close_file(bytes);
    }
    return status;
}

static enum dj_status read_piece(struct dj_bytes *bytes, size_t size, size_t *got,
                                 struct dj_error *err)
{
    char *into = bytes->buf.ptr + bytes->buf.len;

    return bytes->stream != NULL ? dj_stream_read(bytes->stream, into, size, got, err)
                                 : dj_fs_pread(bytes->fd, into, size, bytes->pos, got,
                                               bytes->file->path, err);
}

enum dj_status dj_bytes_more(struct dj_bytes *bytes, struct dj_error *err)
{
    struct dj_buf *buf = &bytes->buf;
    size_t want;

    buf->len -= bytes->used;
    if (buf->len > 0) {
        memmove(buf->ptr, buf->ptr + bytes->used, buf->len);
    }
    bytes->used = 0;
    want = buf->len > PIECE_BYTES ? buf->len : PIECE_BYTES;
    while (want > 0 && !bytes->last) {
        const size_t piece = want < PIECE_BYTES ? want : PIECE_BYTES;
        const size_t size = bytes->left < (int64_t)piece ? (size_t)bytes->left : piece;
        size_t got;

        if (dj_buf_reserve(buf, size) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "%s: out of memory for a sample of %zu bytes",
                           bytes->file->path, buf->len + size);
        }
        DJ_TRY(dj_fault_at(DJ_FAULT_SOURCE_READ, err));
        DJ_TRY(read_piece(bytes, size, &got, err));
        dj_hasher_add(bytes->hasher, (struct dj_str){ buf->ptr + buf->len, got });
        buf->len += got;
        bytes->pos += (int64_t)got;
        bytes->left -= (int64_t)got;
        want -= got;
        bytes->last = got == 0 || bytes->left == 0;
    }
    return DJ_OK;
}

struct dj_str dj_bytes_held(const struct dj_bytes *bytes)
{
    static const char nothing[DJ_PADDING];

    return bytes->buf.len == bytes->used
               ? (struct dj_str){ nothing, 0 }
               : (struct dj_str){ bytes->buf.ptr + bytes->used,
                                  bytes->buf.len - bytes->used };
}

bool dj_bytes_last(const struct dj_bytes *bytes)
{
    return bytes->last;
}

int64_t dj_bytes_at(const struct dj_bytes *bytes)
{
    return bytes->at;
}

uint64_t dj_bytes_digest(const struct dj_bytes *bytes)
{
    return dj_hasher_value(bytes->hasher);
}

void dj_bytes_take(struct dj_bytes *bytes, size_t len)
{
    bytes->used += len;
    bytes->at += (int64_t)len;
}

/* The decoded bytes of a stream into a file. */
static enum dj_status copy_stream(void *context, int fd, const char *path,
                                  struct dj_error *err)
{
    struct dj_stream *stream = context;
    char *piece = dj_xmalloc(PIECE_BYTES);
    enum dj_status status;
    size_t got = 0;

    do {
        status = dj_fault_at(DJ_FAULT_SCAN, err);
        if (status == DJ_OK) {
            status = dj_stream_read(stream, piece, PIECE_BYTES, &got, err);
        }
        if (status == DJ_OK) {
            status = dj_fs_write(fd, (struct dj_str){ piece, got }, path, err);
        }
    } while (status == DJ_OK && got > 0);
    dj_xfree(piece);
    return status;
}

enum dj_status dj_bytes_spool(const struct dj_source_file *file, const char *path,
                              struct dj_error *err)
{
    char *folder = dj_fs_dirname(path);
    struct dj_stream *stream = NULL;
    enum dj_status status = dj_fs_make_dirs(folder, err);

    if (status == DJ_OK) {
        status = dj_stream_open(file->path, file->codec, 0, &stream, err);
    }
    if (status == DJ_OK) {
        status = dj_fs_replace_with(path, copy_stream, stream, err);
    }
    dj_stream_close(stream);
    dj_xfree(folder);
    return status;
}

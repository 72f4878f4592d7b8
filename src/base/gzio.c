/* gzip, member after member, in and out; the only user of zlib.h. */
#include "base/stream_private.h"

#include <limits.h>
#include <zlib.h>

/* zlib's code for "gzip only, the largest window". */
enum { GZIP_WINDOW = 16 + MAX_WBITS };

struct gzip {
    z_stream z;
    bool began; /* a member was decoded, what follows is another or an error */
};

static enum dj_status gzip_open(struct dj_stream *stream, struct dj_error *err)
{
    struct gzip *gzip = dj_xmalloc(sizeof(*gzip));

    if (inflateInit2(&gzip->z, GZIP_WINDOW) != Z_OK) {
        dj_xfree(gzip);
        return dj_fail(err, DJ_NOMEM, "%s: out of memory for gzip", stream->path);
    }
    stream->state = gzip;
    return DJ_OK;
}

static void gzip_close(struct dj_stream *stream)
{
    struct gzip *gzip = stream->state;

    if (gzip != NULL) {
        (void)inflateEnd(&gzip->z);
        dj_xfree(gzip);
    }
}

/* Between members: true when another one begins, false at the end of the file. */
static enum dj_status next_member(struct dj_stream *stream, bool *more,
                                  struct dj_error *err)
{
    const struct gzip *gzip = stream->state;
    bool padded = false;

    for (;;) {
        DJ_TRY(dj_stream_fill(stream, err));
        *more = stream->next < stream->end;
        if (!*more) {
            return DJ_OK;
        }
        /* Zero bytes up to the end are padding to a block size, as tapes leave it. */
        if (!gzip->began || stream->input[stream->next] != '\0') {
            break;
        }
        padded = true;
        stream->next++;
    }
    if (gzip->began && (padded || stream->input[stream->next] != '\x1f')) {
        return dj_fail(err, DJ_DATA,
                       "%s: bytes that are not gzip follow the compressed data at byte "
                       "%lld; cut them off or write the file again",
                       stream->path, (long long)dj_stream_place(stream));
    }
    return DJ_OK;
}

static enum dj_status damaged(const struct dj_stream *stream, int code,
                              struct dj_error *err)
{
    const struct gzip *gzip = stream->state;

    if (code == Z_MEM_ERROR) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory for gzip", stream->path);
    }
    return dj_fail(err, DJ_DATA, "%s: damaged at byte %lld: %s", stream->path,
                   (long long)dj_stream_place(stream),
                   gzip->z.msg == NULL ? "not gzip data" : gzip->z.msg);
}

static enum dj_status gzip_read(struct dj_stream *stream, void *into, size_t size,
                                size_t *got, struct dj_error *err)
{
    struct gzip *gzip = stream->state;
    z_stream *z = &gzip->z;
    const uInt room = size < INT_MAX ? (uInt)size : INT_MAX;

    z->next_out = into;
    z->avail_out = room;
    while (z->avail_out == room) {
        bool more = true;
        int code;

        if (!stream->inside) {
            DJ_TRY(next_member(stream, &more, err));
            if (!more) {
                break;
            }
            stream->inside = true;
        }
        DJ_TRY(dj_stream_fill(stream, err));
        z->next_in = (Bytef *)stream->input + stream->next;
        z->avail_in = (uInt)(stream->end - stream->next);
        code = inflate(z, Z_NO_FLUSH);
        stream->next = stream->end - z->avail_in;
        if (code == Z_STREAM_END) {
            stream->inside = false;
            gzip->began = true;
            (void)inflateReset(z);
        } else if (code == Z_BUF_ERROR) { /* no progress: nothing left to read */
            return dj_stream_truncated(stream, err);
        } else if (code != Z_OK) {
            return damaged(stream, code, err);
        }
    }
    *got = room - z->avail_out;
    stream->in_frame += (int64_t)*got;
    return DJ_OK;
}

const struct dj_stream_codec dj_gzip_codec = {
    .open = gzip_open,
    .close = gzip_close,
    .read = gzip_read,
};

enum dj_status dj_gzip_compress(struct dj_str content, int level, struct dj_buf *out,
                                struct dj_error *err)
{
    enum { LARGEST_MEMORY = 9 };
    z_stream z = { 0 };
    size_t room;
    int code;

    if (content.len > UINT_MAX) {
        return dj_fail(err, DJ_UNSUPPORTED, "%zu bytes are too much for a gzip member",
                       content.len);
    }
    if (deflateInit2(&z, level, Z_DEFLATED, GZIP_WINDOW, LARGEST_MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for gzip");
    }
    room = deflateBound(&z, (uLong)content.len);
    if (room > UINT_MAX || dj_buf_reserve(out, room) != DJ_OK) {
        (void)deflateEnd(&z);
        return dj_fail(err, DJ_NOMEM, "out of memory for %zu bytes of gzip", room);
    }
    z.next_in = (z_const Bytef *)(uintptr_t)content.ptr;
    z.avail_in = (uInt)content.len;
    z.next_out = (Bytef *)out->ptr + out->len;
    z.avail_out = (uInt)room;
    code = deflate(&z, Z_FINISH);
    if (code == Z_STREAM_END) {
        out->len += room - z.avail_out;
    }
    (void)deflateEnd(&z);
    return code == Z_STREAM_END ? DJ_OK
                                : dj_fail(err, DJ_INTERNAL, "gzip: code %d", code);
}

/* zstd streams, frame after frame, and frames in memory; the only user of zstd.h. */
#include "base/stream_private.h"

#include <zstd.h>
#include <zstd_errors.h>

static enum dj_status zstd_open(struct dj_stream *stream, struct dj_error *err)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    const int widest = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax).upperBound;

    stream->state = context;
    if (context == NULL) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory for zstd", stream->path);
    }
    /* Files of zstd --long need windows above the default limit of 128 MiB. */
    (void)ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, widest);
    return DJ_OK;
}

static void zstd_close(struct dj_stream *stream)
{
    (void)ZSTD_freeDCtx(stream->state);
}

static enum dj_status damaged(const struct dj_stream *stream, size_t code,
                              struct dj_error *err)
{
    if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory for the window of a zstd frame",
                       stream->path);
    }
    return dj_fail(err, DJ_DATA,
                   "%s: damaged at byte %lld (zstd frame from byte %lld): %s",
                   stream->path, (long long)dj_stream_place(stream),
                   (long long)stream->frame_offset, ZSTD_getErrorName(code));
}

static enum dj_status zstd_read(struct dj_stream *stream, void *into, size_t size,
                                size_t *got, struct dj_error *err)
{
    ZSTD_outBuffer out = { into, size, 0 };

    while (out.pos == 0) {
        ZSTD_inBuffer in;
        size_t left;
        bool at_end;

        if (!stream->inside && dj_stream_read_gap(stream, into, size, &out.pos)) {
            break;
        }
        DJ_TRY(dj_stream_fill(stream, err));
        at_end = stream->next == stream->end;
        if (at_end && !stream->inside) {
            break;
        }
        /* At the end too: the decoder may still hold decoded bytes. */
        in = (ZSTD_inBuffer){ stream->input + stream->next, stream->end - stream->next,
                              0 };
        left = ZSTD_decompressStream(stream->state, &out, &in);
        stream->next += in.pos;
        if (ZSTD_isError(left)) {
            return damaged(stream, left, err);
        }
        stream->inside = left != 0;
        stream->in_frame += (int64_t)out.pos;
        if (!stream->inside) {
            stream->frame_offset = dj_stream_place(stream);
            stream->in_frame = 0;
        } else if (at_end && out.pos == 0) {
            return dj_stream_truncated(stream, err);
        }
    }
    *got = out.pos;
    return DJ_OK;
}

const struct dj_stream_codec dj_zstd_codec = {
    .open = zstd_open,
    .close = zstd_close,
    .read = zstd_read,
};

/* --- frames in memory -----------------------------------------------------------------
 */

struct dj_zstd {
    ZSTD_CCtx *compressor; /* each made when first used */
    ZSTD_DCtx *decompressor;
};

struct dj_zstd *dj_zstd_new(void)
{
    return dj_xmalloc(sizeof(struct dj_zstd));
}

void dj_zstd_free(struct dj_zstd *zstd)
{
    if (zstd != NULL) {
        (void)ZSTD_freeCCtx(zstd->compressor);
        (void)ZSTD_freeDCtx(zstd->decompressor);
        dj_xfree(zstd);
    }
}

enum dj_status dj_zstd_compress(struct dj_zstd *zstd, struct dj_str content, int level,
                                struct dj_buf *out, struct dj_error *err)
{
    const size_t bound = ZSTD_compressBound(content.len);
    size_t size;

    if (zstd->compressor == NULL) {
        zstd->compressor = ZSTD_createCCtx();
    }
    if (zstd->compressor == NULL || dj_buf_reserve(out, bound) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for a zstd frame of %zu bytes",
                       content.len);
    }
    size = ZSTD_compressCCtx(zstd->compressor, out->ptr + out->len, bound, content.ptr,
                             content.len, level);
    if (ZSTD_isError(size)) {
        return dj_fail(err,
                       ZSTD_getErrorCode(size) == ZSTD_error_memory_allocation
                           ? DJ_NOMEM
                           : DJ_INTERNAL,
                       "zstd: %s", ZSTD_getErrorName(size));
    }
    out->len += size;
    return DJ_OK;
}

enum dj_status dj_zstd_decompress(struct dj_zstd *zstd, struct dj_str frame, size_t len,
                                  struct dj_buf *out, struct dj_error *err)
{
    size_t size;

    if (ZSTD_getFrameContentSize(frame.ptr, frame.len) != len) {
        return dj_fail(err, DJ_DATA, "no zstd frame of %zu bytes", len);
    }
    if (zstd->decompressor == NULL) {
        zstd->decompressor = ZSTD_createDCtx();
    }
    if (zstd->decompressor == NULL || dj_buf_reserve(out, len) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for %zu bytes from a zstd frame",
                       len);
    }
    size = ZSTD_decompressDCtx(zstd->decompressor, out->ptr + out->len, len, frame.ptr,
                               frame.len);
    if (ZSTD_isError(size) || size != len) {
        return dj_fail(err, DJ_DATA, "damaged zstd frame: %s",
                       ZSTD_isError(size) ? ZSTD_getErrorName(size) : "wrong length");
    }
    out->len += len;
    return DJ_OK;
}

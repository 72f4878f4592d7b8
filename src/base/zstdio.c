/* zstd streams, frame after frame; the only user of zstd.h. */
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

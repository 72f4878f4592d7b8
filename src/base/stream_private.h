/* What the codecs of compressed streams share; only stream.c and they see it. */
#ifndef DJ_BASE_STREAM_PRIVATE_H
#define DJ_BASE_STREAM_PRIVATE_H

#include "dj/stream.h"

struct dj_stream_codec {
    enum dj_status (*open)(struct dj_stream *stream, struct dj_error *err);
    void (*close)(struct dj_stream *stream);
    enum dj_status (*read)(struct dj_stream *stream, void *into, size_t size, size_t *got,
                           struct dj_error *err);
};

extern const struct dj_stream_codec dj_zstd_codec;
extern const struct dj_stream_codec dj_gzip_codec;

struct dj_stream {
    const struct dj_stream_codec *codec;
    char *path;
    int fd;
    char *input; /* stored bytes, of which [next, end) are not decoded yet */
    size_t next, end;
    int64_t read_to;      /* stored offset of input[end] */
    int64_t frame_offset; /* of the frame that the next decoded byte belongs to */
    int64_t in_frame;     /* decoded bytes of it that were given out */
    bool inside;          /* a frame (member) has begun and not ended */
    void *state;          /* the codec's */
    const struct dj_stream_gap *gaps;
    size_t ngaps;
};

/* Stored offset of the next byte to decode. */
static inline int64_t dj_stream_place(const struct dj_stream *stream)
{
    return stream->read_to - (int64_t)(stream->end - stream->next);
}

/* Reads the next stored bytes when none are left; next == end then means the end. */
enum dj_status dj_stream_fill(struct dj_stream *stream,
                              struct dj_error *err) DJ_MUST_CHECK;

/*
 * Between frames: when a gap begins here, some bytes of its text; the stream goes on
 * behind it when all were given.
 */
bool dj_stream_read_gap(struct dj_stream *stream, void *into, size_t size, size_t *got);

/* "x.zst: truncated: …": the input ended inside a frame. */
enum dj_status dj_stream_truncated(const struct dj_stream *stream, struct dj_error *err);

#endif

/* Compressed streams: opening, stored bytes, and the way to the codec. */
#include "base/stream_private.h"

#include "dj/fs.h"

#include <fcntl.h>
#include <strings.h>
#include <unistd.h>

enum { INPUT_BYTES = 256 << 10 };

static const struct {
    const char *name;
    const char *suffix;
    const struct dj_stream_codec *codec;
} codecs[DJ_CODEC_COUNT] = {
    [DJ_CODEC_NONE] = { "none", "", NULL },
    [DJ_CODEC_ZSTD] = { "zstd", ".zst", &dj_zstd_codec },
    [DJ_CODEC_GZIP] = { "gzip", ".gz", &dj_gzip_codec },
};

const char *dj_codec_name(enum dj_codec codec)
{
    return codecs[codec].name;
}

enum dj_codec dj_codec_of_name(const char *path)
{
    const char *dot = strrchr(dj_fs_basename(path), '.');

    for (int codec = DJ_CODEC_NONE + 1; dot != NULL && codec < DJ_CODEC_COUNT; codec++) {
        if (strcasecmp(dot, codecs[codec].suffix) == 0) {
            return (enum dj_codec)codec;
        }
    }
    return DJ_CODEC_NONE;
}

enum dj_status dj_stream_open(const char *path, enum dj_codec codec, int64_t offset,
                              struct dj_stream **stream, struct dj_error *err)
{
    struct dj_stream *s;
    enum dj_status status;
    int fd;

    *stream = NULL;
    if (codecs[codec].codec == NULL) {
        return dj_fail(err, DJ_INTERNAL, "%s: a plain file opened as a compressed one",
                       path);
    }
    DJ_TRY(dj_fs_open(path, O_RDONLY, &fd, err));
    s = dj_xmalloc(sizeof(*s));
    s->codec = codecs[codec].codec;
    s->path = dj_xstrdup(path);
    s->fd = fd;
    s->input = dj_xmalloc(INPUT_BYTES);
    s->read_to = offset;
    s->frame_offset = offset;
    status = s->codec->open(s, err);
    if (status != DJ_OK) {
        dj_stream_close(s);
        return status;
    }
    *stream = s;
    return DJ_OK;
}

void dj_stream_close(struct dj_stream *stream)
{
    if (stream == NULL) {
        return;
    }
    stream->codec->close(stream);
    close(stream->fd);
    dj_xfree(stream->input);
    dj_xfree(stream->path);
    dj_xfree(stream);
}

enum dj_status dj_stream_fill(struct dj_stream *stream, struct dj_error *err)
{
    size_t got;

    if (stream->next < stream->end) {
        return DJ_OK;
    }
    DJ_TRY(dj_fs_pread(stream->fd, stream->input, INPUT_BYTES, stream->read_to, &got,
                       stream->path, err));
    stream->next = 0;
    stream->end = got;
    stream->read_to += (int64_t)got;
    return DJ_OK;
}

enum dj_status dj_stream_truncated(const struct dj_stream *stream, struct dj_error *err)
{
    return dj_fail(err, DJ_DATA,
                   "%s: truncated: ends at byte %lld within compressed data that begins "
                   "at byte %lld; fetch or write the file again",
                   stream->path, (long long)dj_stream_place(stream),
                   (long long)stream->frame_offset);
}

enum dj_status dj_stream_read(struct dj_stream *stream, void *into, size_t size,
                              size_t *got, struct dj_error *err)
{
    *got = 0;
    return size == 0 ? DJ_OK : stream->codec->read(stream, into, size, got, err);
}

void dj_stream_leave_out(struct dj_stream *stream, const struct dj_stream_gap *gaps,
                         size_t count)
{
    stream->gaps = gaps;
    stream->ngaps = count;
}

bool dj_stream_read_gap(struct dj_stream *stream, void *into, size_t size, size_t *got)
{
    size_t i = 0;
    size_t len, begin;

    while (i < stream->ngaps && stream->gaps[i].begin < stream->frame_offset) {
        i++;
    }
    if (i == stream->ngaps || stream->gaps[i].begin != stream->frame_offset) {
        return false;
    }
    len = strlen(stream->gaps[i].text);
    begin = (size_t)stream->in_frame;
    *got = len - begin < size ? len - begin : size;
    memcpy(into, stream->gaps[i].text + begin, *got);
    stream->in_frame += (int64_t)*got;
    if (begin + *got == len) {
        stream->next = stream->end = 0;
        stream->read_to = stream->frame_offset = stream->gaps[i].end;
        stream->in_frame = 0;
    }
    return true;
}

void dj_stream_position(const struct dj_stream *stream, int64_t *frame_offset,
                        int64_t *in_frame)
{
    *frame_offset = stream->frame_offset;
    *in_frame = stream->in_frame;
}

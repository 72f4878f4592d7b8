/*
 * Compressed input as a stream of bytes: zstd (one frame or many, any window the
 * library allows) and gzip (one member or many). And zstd frames in memory, whole.
 */
#ifndef DJ_STREAM_H
#define DJ_STREAM_H

#include <stdint.h>

#include "dj/mem.h"

enum dj_codec { DJ_CODEC_NONE, DJ_CODEC_ZSTD, DJ_CODEC_GZIP, DJ_CODEC_COUNT };

const char *dj_codec_name(enum dj_codec codec);
/* From the last suffix of the name: .zst, .gz; else none. */
enum dj_codec dj_codec_of_name(const char *path);

struct dj_stream;

/*
 * Opens path at a byte offset of the file as stored: 0, or for zstd the start of
 * a frame.
 */
enum dj_status dj_stream_open(const char *path, enum dj_codec codec, int64_t offset,
                              struct dj_stream **stream,
                              struct dj_error *err) DJ_MUST_CHECK;
void dj_stream_close(struct dj_stream *stream);

/*
 * Reads up to size decoded bytes, never from two frames at once; *got is 0 only at
 * the end. Truncated or damaged input is DJ_DATA with the place in the stored file.
 */
enum dj_status dj_stream_read(struct dj_stream *stream, void *into, size_t size,
                              size_t *got, struct dj_error *err) DJ_MUST_CHECK;

/*
 * Stored offset of the frame (zstd) that the next decoded byte belongs to, and
 * how many decoded bytes of it were already given out. gzip: 0 and all of them.
 */
void dj_stream_position(const struct dj_stream *stream, int64_t *frame_offset,
                        int64_t *in_frame);

/*
 * Stored bytes that are not decoded, from the start of a frame to another one: text
 * stands for what they held. The list is in order and borrowed while the stream is open.
 */
struct dj_stream_gap {
    int64_t begin, end;
    char *text;
};
void dj_stream_leave_out(struct dj_stream *stream, const struct dj_stream_gap *gaps,
                         size_t count);

/*
 * Where the zstd frame at offset ends, by its blocks' headers; where they are damaged,
 * the next place where a frame begins, or the end of the file.
 */
enum dj_status dj_zstd_frame_end(const char *path, int64_t offset, int64_t *end,
                                 struct dj_error *err) DJ_MUST_CHECK;

/* --- frames in memory --------------------------------------------------------------- */

/* Working memory of the compressor and decompressor, kept from frame to frame. */
struct dj_zstd;
struct dj_zstd *dj_zstd_new(void);
void dj_zstd_free(struct dj_zstd *zstd);

/* Appends one frame, which says how long its content is. On failure out is unchanged. */
enum dj_status dj_zstd_compress(struct dj_zstd *zstd, struct dj_str content, int level,
                                struct dj_buf *out, struct dj_error *err) DJ_MUST_CHECK;
/*
 * Appends the content of one frame, which is len bytes long; anything else is DJ_DATA
 * and leaves out unchanged.
 */
enum dj_status dj_zstd_decompress(struct dj_zstd *zstd, struct dj_str frame, size_t len,
                                  struct dj_buf *out, struct dj_error *err) DJ_MUST_CHECK;

/* Appends one gzip member, the same for the same content. On failure out is unchanged. */
enum dj_status dj_gzip_compress(struct dj_str content, int level, struct dj_buf *out,
                                struct dj_error *err) DJ_MUST_CHECK;

#endif

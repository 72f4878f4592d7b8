/*
 * The export as compressed lines, and as one JSON array. Compressed lines are frames
 * (zstd) or members (gzip) of a few MiB that each can be decoded alone, as dj-mpi and
 * others that read in parallel like them.
 */
#include "exec/convert.h"

/* Of lines in a frame. */
enum { FRAME_BYTES = 4 << 20, ZSTD_LEVEL = 3, GZIP_LEVEL = 6 };

enum packing { ZSTD_FRAMES, GZIP_MEMBERS, ONE_ARRAY };

struct packed {
    enum packing packing;
    struct dj_zstd *zstd;
    struct dj_buf lines; /* not compressed yet */
    struct dj_buf piece;
    struct dj_str whole; /* of the piece that was closed last */
    bool first;          /* nothing stands before the next sample of the array */
    bool told_any;       /* rank 0: the file has a piece */
};

static enum dj_status begin(struct dj_convert *convert, enum packing packing)
{
    struct packed *packed = dj_xcalloc(1, sizeof(*packed));

    packed->packing = packing;
    packed->zstd = dj_zstd_new();
    dj_buf_init(&packed->lines);
    dj_buf_init(&packed->piece);
    convert->state = packed;
    return DJ_OK;
}

static enum dj_status begin_zstd(struct dj_convert *convert, struct dj_error *err)
{
    (void)err;
    return begin(convert, ZSTD_FRAMES);
}

static enum dj_status begin_gzip(struct dj_convert *convert, struct dj_error *err)
{
    (void)err;
    return begin(convert, GZIP_MEMBERS);
}

static enum dj_status begin_array(struct dj_convert *convert, struct dj_error *err)
{
    (void)err;
    return begin(convert, ONE_ARRAY);
}

static void end(struct dj_convert *convert)
{
    struct packed *packed = convert->state;

    if (packed != NULL) {
        dj_zstd_free(packed->zstd);
        dj_buf_release(&packed->lines);
        dj_buf_release(&packed->piece);
        dj_xfree(packed);
    }
    convert->state = NULL;
}

/* One frame or member with what waits. */
static enum dj_status compress(struct packed *packed, struct dj_buf *out,
                               struct dj_error *err)
{
    const struct dj_str lines = dj_buf_str(&packed->lines);

    DJ_TRY(packed->packing == ZSTD_FRAMES
               ? dj_zstd_compress(packed->zstd, lines, ZSTD_LEVEL, out, err)
               : dj_gzip_compress(lines, GZIP_LEVEL, out, err));
    dj_buf_reset(&packed->lines);
    return DJ_OK;
}

static enum dj_status open_block(struct dj_convert *convert, bool first,
                                 struct dj_error *err)
{
    struct packed *packed = convert->state;

    (void)err;
    dj_buf_reset(&packed->lines);
    dj_buf_reset(&packed->piece);
    packed->first = first;
    return DJ_OK;
}

static enum dj_status add_elements(struct packed *packed, struct dj_str lines)
{
    int64_t number = 1; /* no byte order mark is looked for */
    struct dj_str line;

    while (dj_block_line(&lines, &line, &number)) {
        if (!packed->first) {
            DJ_TRY(dj_buf_putc(&packed->piece, ','));
        }
        packed->first = false;
        DJ_TRY(dj_buf_append(&packed->piece, line));
    }
    return DJ_OK;
}

static enum dj_status add_lines(struct dj_convert *convert, struct dj_str lines,
                                struct dj_error *err)
{
    struct packed *packed = convert->state;
    const enum dj_status status = packed->packing == ONE_ARRAY
                                      ? add_elements(packed, lines)
                                      : dj_buf_append(&packed->lines, lines);

    if (status != DJ_OK) {
        return dj_fail(err, status, "out of memory for the export");
    }
    return packed->lines.len >= FRAME_BYTES ? compress(packed, &packed->piece, err)
                                            : DJ_OK;
}

static enum dj_status close_block(struct dj_convert *convert,
                                  struct dj_convert_parts *piece, struct dj_str *told,
                                  struct dj_error *err)
{
    struct packed *packed = convert->state;

    if (packed->lines.len > 0) {
        DJ_TRY(compress(packed, &packed->piece, err));
    }
    packed->whole = dj_buf_str(&packed->piece);
    *piece = (struct dj_convert_parts){ &packed->whole, 1 };
    *told = (struct dj_str){ NULL, 0 };
    return DJ_OK;
}

static enum dj_status head(struct dj_convert *convert, struct dj_buf *out,
                           struct dj_error *err)
{
    struct packed *packed = convert->state;

    packed->told_any = false;
    if (packed->packing == ONE_ARRAY && dj_buf_putc(out, '[') != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for the export");
    }
    return DJ_OK;
}

static enum dj_status hear(struct dj_convert *convert, struct dj_str told, int64_t offset,
                           struct dj_error *err)
{
    struct packed *packed = convert->state;

    (void)told;
    (void)offset;
    (void)err;
    packed->told_any = true;
    return DJ_OK;
}

static enum dj_status tail(struct dj_convert *convert, struct dj_buf *out,
                           struct dj_error *err)
{
    struct packed *packed = convert->state;

    if (packed->packing == ONE_ARRAY) {
        return dj_buf_append(out, DJ_STR("]\n")) == DJ_OK
                   ? DJ_OK
                   : dj_fail(err, DJ_NOMEM, "out of memory for the export");
    }
    if (packed->told_any) {
        return DJ_OK;
    }
    dj_buf_reset(&packed->lines); /* a file without samples is a frame without lines */
    return compress(packed, out, err);
}

#define PACKED_FORM(begin_)                                                           \
    {                                                                                 \
        .begin = (begin_), .end = end, .open = open_block, .add = add_lines,          \
        .close = close_block, .head = head, .hear = hear, .tail = tail, .check = NULL \
    }

const struct dj_convert_form dj_convert_zstd = PACKED_FORM(begin_zstd);
const struct dj_convert_form dj_convert_gzip = PACKED_FORM(begin_gzip);
const struct dj_convert_form dj_convert_array = PACKED_FORM(begin_array);

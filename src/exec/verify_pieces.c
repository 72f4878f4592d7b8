/*
 * Checks an export that is no JSON lines: the mapping report has the digests of the
 * pieces that its files are made of, one behind the other.
 */
#include "dj/fs.h"
#include "exec/verify.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

enum dj_status dj_verify_take_piece(struct dj_convert_pieces *pieces, struct dj_str line,
                                    bool *good, struct dj_error *err)
{
    struct dj_convert_piece piece;
    struct dj_json *doc;

    line.len -= line.len > 1 && line.ptr[line.len - 2] == ',' ? 2 : 1;
    if (dj_json_parse(line, "the mapping report", &doc, err) != DJ_OK) {
        *good = false;
        return err->status == DJ_NOMEM ? DJ_NOMEM : DJ_OK;
    }
    piece.file = dj_json_int(doc, "file", -1);
    piece.offset = dj_json_int(doc, "offset", -1);
    piece.bytes = dj_json_int(doc, "bytes", -1);
    *good = piece.file >= 0 && piece.offset >= 0 && piece.bytes >= 0 &&
            dj_hash64_parse(dj_json_text(doc, "digest", NULL), &piece.digest);
    dj_json_free(doc);
    if (*good) {
        if (pieces->count == pieces->cap) {
            pieces->cap = pieces->cap == 0 ? 64 : 2 * pieces->cap;
            pieces->items =
                dj_xrealloc(pieces->items, pieces->cap * sizeof(*pieces->items));
        }
        pieces->items[pieces->count++] = piece;
    }
    return DJ_OK;
}

static enum dj_status check_piece(struct dj_verifying *v, int fd,
                                  const struct dj_output *output,
                                  const struct dj_convert_piece *piece,
                                  struct dj_error *err)
{
    int64_t got = 0;

    dj_hasher_reset(v->hasher);
    DJ_TRY(dj_verify_hash(v, fd, output->path, piece->offset, piece->bytes, &got, err));
    if (got != piece->bytes || dj_hasher_value(v->hasher) != piece->digest) {
        dj_verify_say(v, DJ_FINDING_DAMAGE, -1, -1,
                      "%s: bytes %" PRId64 " to %" PRId64 " are not what was written",
                      dj_verify_short(v, output->path), piece->offset,
                      piece->offset + piece->bytes);
    }
    return DJ_OK;
}

/* The pieces of one file; heads, groups and tails leave no gap. */
static enum dj_status check_file(struct dj_verifying *v, const struct dj_output *output,
                                 const struct dj_convert_pieces *pieces, int64_t file,
                                 struct dj_error *err)
{
    enum dj_status status;
    int64_t bytes = 0;
    int fd;

    if (dj_fs_open(output->path, O_RDONLY, &fd, err) != DJ_OK) {
        return DJ_OK; /* that it is missing has been said */
    }
    status = DJ_OK;
    for (size_t i = 0; i < pieces->count && status == DJ_OK; i++) {
        if (pieces->items[i].file == file) {
            bytes += pieces->items[i].bytes;
            status = check_piece(v, fd, output, &pieces->items[i], err);
        }
    }
    (void)close(fd);
    if (status == DJ_OK && bytes != output->bytes) {
        dj_verify_say(v, DJ_FINDING_DAMAGE, -1, -1,
                      "%s: its pieces have %" PRId64
                      " bytes, but job_summary.json has %" PRId64,
                      dj_verify_short(v, v->paths->mapping_report), bytes, output->bytes);
    }
    return status;
}

enum dj_status dj_verify_check_pieces(struct dj_verifying *v,
                                      const struct dj_convert_pieces *pieces,
                                      struct dj_error *err)
{
    const char *data = dj_stream_name(DJ_RESULT_DATA);
    int64_t file = 0;

    for (size_t i = 0; i < v->summary->noutputs; i++) {
        const struct dj_output *output = &v->summary->outputs[i];

        if (output->stream != NULL && strcmp(output->stream, data) == 0) {
            DJ_TRY(check_file(v, output, pieces, file++, err));
        }
    }
    return DJ_OK;
}

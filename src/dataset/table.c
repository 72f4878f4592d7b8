/* JSON lines into files of other forms; see dj/table.h. */
#include "dj/table.h"

#include "dj/columns.h"
#include "dj/dataset.h"
#include "dj/fs.h"

#include <fcntl.h>
#include <unistd.h>

enum {
    PIECE_BYTES = 4 << 20, /* of lines, in one frame or member */
    ZSTD_LEVEL = 3,
    GZIP_LEVEL = 6
};

/* The lines of a file, piece by piece. */
struct pieces {
    int fd;
    const char *path;
    int64_t at;
    struct dj_buf text;
    size_t used;
};

static enum dj_status pieces_open(struct pieces *pieces, const char *path,
                                  struct dj_error *err)
{
    *pieces = (struct pieces){ .fd = -1, .path = path };
    dj_buf_init(&pieces->text);
    return dj_fs_open(path, O_RDONLY, &pieces->fd, err);
}

static void pieces_close(struct pieces *pieces)
{
    if (pieces->fd >= 0) {
        (void)close(pieces->fd);
    }
    dj_buf_release(&pieces->text);
}

/* Reads size more bytes; *got is 0 at the end of the file. */
static enum dj_status read_more(struct pieces *pieces, size_t size, size_t *got,
                                struct dj_error *err)
{
    struct dj_buf *text = &pieces->text;

    if (dj_buf_reserve(text, size) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory for a line", pieces->path);
    }
    DJ_TRY(dj_fs_pread(pieces->fd, text->ptr + text->len, size, pieces->at, got,
                       pieces->path, err));
    text->len += *got;
    pieces->at += (int64_t)*got;
    return DJ_OK;
}

/* Whole lines, about PIECE_BYTES of them, borrowed until the next call; empty at the end.
 */
static enum dj_status pieces_next(struct pieces *pieces, struct dj_str *lines,
                                  struct dj_error *err)
{
    struct dj_buf *text = &pieces->text;
    const char *lf = NULL;
    size_t got = 1;

    if (pieces->used > 0) {
        text->len -= pieces->used;
        memmove(text->ptr, text->ptr + pieces->used, text->len);
        pieces->used = 0;
    }
    while (lf == NULL && got > 0) {
        DJ_TRY(read_more(pieces, PIECE_BYTES, &got, err));
        lf = text->len == 0 ? NULL : memrchr(text->ptr, '\n', text->len);
    }
    pieces->used = lf == NULL ? text->len : (size_t)(lf + 1 - text->ptr);
    *lines = (struct dj_str){ text->ptr, pieces->used };
    return DJ_OK;
}

const char *dj_table_suffix(const struct dj_table_options *options)
{
    switch (options->form) {
    case DJ_TABLE_PARQUET:
        return ".parquet";
    case DJ_TABLE_ARROW:
        return ".arrow";
    case DJ_TABLE_LINES:
    default:
        break;
    }
    if (options->compression == DJ_ARROW_ZSTD) {
        return ".jsonl.zst";
    }
    return options->compression == DJ_ARROW_GZIP ? ".jsonl.gz" : ".jsonl";
}

enum dj_status dj_table_check(const struct dj_table_options *options,
                              struct dj_error *err)
{
    const struct dj_arrow_api *api;

    return options->form == DJ_TABLE_LINES ? DJ_OK : dj_arrow(&api, err);
}

/* --- compressed lines --------------------------------------------------------------- */

static enum dj_status write_compressed(const struct dj_table_options *options,
                                       struct pieces *pieces, int fd, const char *path,
                                       struct dj_error *err)
{
    struct dj_zstd *zstd = dj_zstd_new();
    enum dj_status status;
    struct dj_str lines;
    struct dj_buf out;
    bool first = true;

    dj_buf_init(&out);
    do { /* of no lines one empty frame: an empty file is none of that format */
        status = pieces_next(pieces, &lines, err);
        if (status == DJ_OK && (lines.len > 0 || first)) {
            dj_buf_reset(&out);
            status = options->compression == DJ_ARROW_ZSTD
                         ? dj_zstd_compress(zstd, lines, ZSTD_LEVEL, &out, err)
                         : dj_gzip_compress(lines, GZIP_LEVEL, &out, err);
            if (status == DJ_OK) {
                status = dj_fs_write(fd, dj_buf_str(&out), path, err);
            }
        }
        first = false;
    } while (status == DJ_OK && lines.len > 0);
    dj_buf_release(&out);
    dj_zstd_free(zstd);
    return status;
}

static enum dj_status write_lines(const struct dj_table_options *options,
                                  struct pieces *pieces, const char *path,
                                  struct dj_error *err)
{
    enum dj_status status;
    int fd;

    if (options->compression == DJ_ARROW_SNAPPY ||
        options->compression == DJ_ARROW_NONE) {
        return dj_fs_rename(pieces->path, path, err);
    }
    DJ_TRY(dj_fs_open(path, O_WRONLY | O_CREAT | O_TRUNC, &fd, err));
    status = write_compressed(options, pieces, fd, path, err);
    if (close(fd) != 0 && status == DJ_OK) {
        status = dj_fail(err, DJ_IO, "%s: closing", path);
    }
    return status;
}

/* --- Arrow -------------------------------------------------------------------------- */

/* Calls add with each line of the file, from its beginning. */
typedef enum dj_status line_fn(void *context, struct dj_str line, struct dj_error *err);

static enum dj_status for_each_line(struct pieces *pieces, line_fn *add, void *context,
                                    struct dj_error *err)
{
    struct dj_str lines, line;
    int64_t number = 0;

    pieces->at = 0;
    pieces->used = 0;
    dj_buf_reset(&pieces->text);
    do {
        DJ_TRY(pieces_next(pieces, &lines, err));
        struct dj_str rest = lines;

        while (dj_block_line(&rest, &line, &number)) {
            DJ_TRY(add(context, line, err));
        }
    } while (lines.len > 0);
    return DJ_OK;
}

static enum dj_status guess_line(void *context, struct dj_str line, struct dj_error *err)
{
    return dj_guess_add(context, line, err);
}

struct filling {
    const struct dj_arrow_api *api;
    struct dj_columns *columns;
    struct dj_arrow_writer *writer; /* NULL before the first batch */
    const struct ArrowSchema *schema;
    const struct dj_table_options *options;
    const char *path;
};

static enum dj_status arrow_failed(const struct filling *filling, const char *why,
                                   struct dj_error *err)
{
    return dj_fail(err, DJ_IO, "%s: %s", filling->path, why);
}

static enum dj_status create(struct filling *filling, struct dj_error *err)
{
    char why[DJ_ARROW_WHY];
    struct ArrowSchema schema;
    const char *const *plain;
    const size_t nplain = dj_columns_plain(filling->columns, &plain);
    bool good;

    dj_schema_copy(filling->schema, &schema);
    good = filling->options->form == DJ_TABLE_PARQUET
               ? filling->api->parquet_create(filling->path, &schema,
                                              filling->options->compression, plain,
                                              (int64_t)nplain, &filling->writer, why)
               : filling->api->ipc_create(filling->path, &schema,
                                          filling->options->compression, &filling->writer,
                                          why);
    return good ? DJ_OK : arrow_failed(filling, why, err);
}

static enum dj_status write_batch(struct filling *filling, struct dj_error *err)
{
    char why[DJ_ARROW_WHY];
    struct ArrowArray batch;

    if (filling->writer == NULL) {
        DJ_TRY(create(filling, err));
    }
    if (dj_columns_take(filling->columns, &batch) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory for its columns", filling->path);
    }
    return filling->api->writer_add(filling->writer, &batch, why)
               ? DJ_OK
               : arrow_failed(filling, why, err);
}

static enum dj_status fill_line(void *context, struct dj_str line, struct dj_error *err)
{
    struct filling *filling = context;

    DJ_TRY(dj_columns_add(filling->columns, line, err));
    return filling->options->form == DJ_TABLE_ARROW && filling->options->batch_rows > 0 &&
                   dj_columns_rows(filling->columns) >= filling->options->batch_rows
               ? write_batch(filling, err)
               : DJ_OK;
}

static enum dj_status fill(struct filling *filling, struct pieces *pieces,
                           struct dj_error *err)
{
    char why[DJ_ARROW_WHY];
    enum dj_status status = for_each_line(pieces, fill_line, filling, err);

    if (status == DJ_OK &&
        (filling->writer == NULL || dj_columns_rows(filling->columns) > 0)) {
        status = write_batch(filling, err);
    }
    if (status == DJ_OK && !filling->api->writer_finish(filling->writer, why)) {
        status = arrow_failed(filling, why, err);
    }
    if (filling->writer != NULL) {
        filling->api->writer_close(filling->writer);
    }
    return status;
}

static enum dj_status write_arrow(const struct dj_table_options *options,
                                  struct pieces *pieces, const char *path,
                                  struct dj_error *err)
{
    struct filling filling = { .options = options, .path = path };
    struct ArrowSchema schema = { 0 };
    struct dj_guess *guess;
    enum dj_status status;

    DJ_TRY(dj_arrow(&filling.api, err));
    guess = dj_guess_new();
    status = for_each_line(pieces, guess_line, guess, err);
    if (status == DJ_OK) {
        dj_guess_schema(guess, NULL, NULL, &schema);
        status = dj_columns_new(&schema, &filling.columns, err);
    }
    if (status == DJ_OK) {
        filling.schema = &schema;
        status = fill(&filling, pieces, err);
        dj_columns_free(filling.columns);
    }
    dj_schema_release(&schema);
    dj_guess_free(guess);
    return status;
}

enum dj_status dj_table_write(const struct dj_table_options *options,
                              const char *lines_path, const char *path,
                              struct dj_error *err)
{
    char *temporary = dj_xprintf("%s.tmp", path);
    struct pieces pieces;
    enum dj_status status = pieces_open(&pieces, lines_path, err);

    if (status == DJ_OK) {
        status = options->form == DJ_TABLE_LINES
                     ? write_lines(options, &pieces, temporary, err)
                     : write_arrow(options, &pieces, temporary, err);
    }
    pieces_close(&pieces);
    if (status == DJ_OK) {
        status = dj_fs_publish(temporary, path, err);
    }
    if (status != DJ_OK) {
        (void)unlink(temporary);
    }
    dj_xfree(temporary);
    return status;
}

/*
 * The export in another form than JSON lines. Its rows are assembled as lines first, in
 * temporary files; these are cut into blocks, the lines that begin in one stretch of
 * partition.max_size_mb, and all ranks make pieces of the final file of them. What a
 * piece is depends on its block alone, so the file is the same for any number of ranks.
 */
#ifndef DJ_EXEC_CONVERT_H
#define DJ_EXEC_CONVERT_H

#include "dj/columns.h"
#include "exec/exec_private.h"

/* --- blocks.c: lines of a file by blocks ---------------------------------------------
 */

struct dj_block_lines {
    int fd;
    const char *path; /* borrowed */
    int64_t at;       /* in the file, behind what was read */
    int64_t end;      /* lines that begin here or later are of the next block */
    bool in_line;     /* what comes first belongs to a line of the block before */
    bool last;        /* nothing more is to be read */
    struct dj_buf bytes;
    size_t used; /* of bytes: given out */
};

void dj_block_lines_init(struct dj_block_lines *lines);
void dj_block_lines_release(struct dj_block_lines *lines);
/* The lines that begin in [from, end) of a file that begins at 0. */
enum dj_status dj_block_lines_open(struct dj_block_lines *lines, const char *path,
                                   int64_t from, int64_t end,
                                   struct dj_error *err) DJ_MUST_CHECK;
/*
 * Some whole lines; empty at the end. The last line of a file may lack its line end.
 * Borrowed until the next call, with DJ_PADDING bytes behind.
 */
enum dj_status dj_block_lines_next(struct dj_block_lines *lines, struct dj_str *some,
                                   struct dj_error *err) DJ_MUST_CHECK;

/* --- forms ---------------------------------------------------------------------------
 */

/* The files that are converted. */
struct dj_convert {
    struct dj_exec *exec;
    struct dj_export_targets *targets; /* of all streams */
    int64_t block;                     /* bytes */
    size_t count;                      /* files */
    size_t *files;                     /* their indices among the targets */
    int64_t *sizes;                    /* of the lines */
    int64_t *blocks;                   /* of all files before; [count + 1] */
    void *state;                       /* the form's */
};

/* One way to make a final file of lines. Local but where it says Collective. */
/* Bytes that stand one behind the other. */
struct dj_convert_parts {
    const struct dj_str *items;
    size_t count;
};

static inline int64_t dj_convert_bytes(const struct dj_convert_parts *parts)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < parts->count; i++) {
        bytes += dj_i64_from_size(parts->items[i].len);
    }
    return bytes;
}

struct dj_convert_form {
    /* Collective. Makes convert->state. */
    enum dj_status (*begin)(struct dj_convert *convert, struct dj_error *err);
    void (*end)(struct dj_convert *convert); /* also after a failed begin */

    /* A block: its lines in their order, then the parts of its piece, and what rank 0 has
     * to be told of it; both borrowed until the next block. first: of its file. */
    enum dj_status (*open)(struct dj_convert *convert, bool first, struct dj_error *err);
    enum dj_status (*add)(struct dj_convert *convert, struct dj_str lines,
                          struct dj_error *err);
    enum dj_status (*close)(struct dj_convert *convert, struct dj_convert_parts *piece,
                            struct dj_str *told, struct dj_error *err);

    /* Rank 0, for each file in order: the bytes before its pieces, what was told of each
     * piece and where it lies, the bytes behind them. */
    enum dj_status (*head)(struct dj_convert *convert, struct dj_buf *out,
                           struct dj_error *err);
    enum dj_status (*hear)(struct dj_convert *convert, struct dj_str told, int64_t offset,
                           struct dj_error *err);
    enum dj_status (*tail)(struct dj_convert *convert, struct dj_buf *out,
                           struct dj_error *err);

    /* Collective, after all pieces. *again: it has to be done once more. May be NULL. */
    enum dj_status (*check)(struct dj_convert *convert, bool *again,
                            struct dj_error *err);
};

extern const struct dj_convert_form dj_convert_parquet;
extern const struct dj_convert_form dj_convert_zstd, dj_convert_gzip; /* of lines */
extern const struct dj_convert_form dj_convert_array;

/* NULL: the export is JSON lines. */
const struct dj_convert_form *dj_convert_form_of(const struct dj_config *config);

/* --- convert_form.c, convert.c -------------------------------------------------------
 */

/* Local. Whether this export can be written here; asked before any work. */
enum dj_status dj_convert_possible(const struct dj_exec *exec,
                                   struct dj_error *err) DJ_MUST_CHECK;
/* Collective. Makes other temporary files of those with samples, if that is to be done.
 */
enum dj_status dj_convert_export(struct dj_exec *exec, struct dj_export_targets *targets,
                                 struct dj_error *err) DJ_MUST_CHECK;
/* Rank 0. After the export is published: removes lines that are no longer needed. */
void dj_convert_clean_up(const struct dj_exec *exec);

/* Appends them to the report: lines that end with a comma. */
enum dj_status dj_convert_report(const struct dj_convert_pieces *pieces,
                                 struct dj_buf *out) DJ_MUST_CHECK;

/* --- convert_guess.c ------------------------------------------------------------------
 */

/* Collective. The types in all lines; rank 0 gets a guess of the whole. */
enum dj_status dj_convert_guess(struct dj_convert *convert, struct dj_guess **guess,
                                struct dj_error *err) DJ_MUST_CHECK;

#endif

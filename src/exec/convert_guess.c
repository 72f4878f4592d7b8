/*
 * The types in all lines that are exported: each rank looks at a stretch of blocks, and
 * the guesses are joined in the order of the ranks, which is that of the lines.
 */
#include "exec/convert.h"

static enum dj_status look_at(struct dj_guess *guess, struct dj_str lines,
                              struct dj_error *err)
{
    const char *end = lines.ptr + lines.len;

    while (lines.ptr < end) {
        const char *stop = memchr(lines.ptr, '\n', (size_t)(end - lines.ptr));

        stop = stop == NULL ? end : stop;
        DJ_TRY(dj_guess_add(
            guess, (struct dj_str){ lines.ptr, (size_t)(stop - lines.ptr) }, err));
        lines.ptr = stop + 1;
    }
    return DJ_OK;
}

/* Blocks [from, end) of one file are one stretch of lines. */
static enum dj_status look_at_file(struct dj_convert *convert, size_t file, int64_t from,
                                   int64_t end, struct dj_guess *guess,
                                   struct dj_error *err)
{
    const struct dj_export_target *target =
        &convert->targets->items[convert->files[file]];
    struct dj_block_lines lines;
    enum dj_status status;

    dj_block_lines_init(&lines);
    status = dj_block_lines_open(&lines, target->temporary, from * convert->block,
                                 end * convert->block, err);
    while (status == DJ_OK) {
        struct dj_str some;

        status = dj_block_lines_next(&lines, &some, err);
        if (status != DJ_OK || some.len == 0) {
            break;
        }
        status = look_at(guess, some, err);
    }
    dj_block_lines_release(&lines);
    return status;
}

static enum dj_status look_at_share(struct dj_convert *convert, struct dj_guess *guess,
                                    struct dj_error *err)
{
    const int64_t blocks = convert->blocks[convert->count];
    const int64_t first = blocks * convert->exec->rank / convert->exec->size;
    const int64_t end = blocks * (convert->exec->rank + 1) / convert->exec->size;

    for (size_t i = 0; i < convert->count; i++) {
        const int64_t begin = convert->blocks[i];
        const int64_t from = first > begin ? first : begin;
        const int64_t to = end < convert->blocks[i + 1] ? end : convert->blocks[i + 1];

        if (from < to) {
            DJ_TRY(look_at_file(convert, i, from - begin, to - begin, guess, err));
        }
    }
    return DJ_OK;
}

static enum dj_status join_all(const struct dj_convert *convert, struct dj_guess *guess,
                               const struct dj_buf *all, const size_t *sizes,
                               struct dj_error *err)
{
    size_t at = 0;

    for (int rank = 0; rank < convert->exec->size; rank++) {
        if (rank > 0) {
            DJ_TRY(
                dj_guess_join(guess, (struct dj_str){ all->ptr + at, sizes[rank] }, err));
        }
        at += sizes[rank];
    }
    return DJ_OK;
}

enum dj_status dj_convert_guess(struct dj_convert *convert, struct dj_guess **guess,
                                struct dj_error *err)
{
    struct dj_exec *exec = convert->exec;
    size_t *sizes = dj_xcalloc((size_t)exec->size, sizeof(*sizes));
    struct dj_buf mine, all;
    enum dj_status status;

    dj_buf_init(&mine);
    dj_buf_init(&all);
    *guess = dj_guess_new();
    status = look_at_share(convert, *guess, err);
    if (status == DJ_OK && dj_guess_pack(*guess, &mine) != DJ_OK) {
        status = dj_fail(err, DJ_NOMEM, "out of memory for the types of the export");
    }
    status = dj_comm_agree(exec->comm, status, err);
    if (status == DJ_OK) {
        status = dj_comm_gather(exec->comm, dj_buf_str(&mine), &all, sizes, err);
    }
    if (status == DJ_OK) {
        if (exec->root != NULL) {
            status = join_all(convert, *guess, &all, sizes, err);
        }
        status = dj_comm_agree(exec->comm, status, err);
    }
    dj_buf_release(&all);
    dj_buf_release(&mine);
    dj_xfree(sizes);
    return status;
}

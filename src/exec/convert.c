/*
 * The export in another form: rounds in which each rank makes the piece of one block, the
 * sizes of all say where each lies, and every rank writes its own. Memory is bounded by a
 * block; nothing is written twice.
 */
#include "exec/convert.h"

#include "dj/fault.h"
#include "dj/fs.h"
#include "dj/hash.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A column of a row group has at most 2 GiB. */
static const int64_t most_block = (int64_t)1 << 30;

/* Of a piece, in front of what is told of it. */
struct told {
    int64_t block; /* of all files */
    int64_t bytes;
    uint64_t digest;
};

/* What goes on in one pass over all files. */
struct pass {
    struct dj_convert *convert;
    const struct dj_convert_form *form;
    char **paths;   /* of the files that take shape */
    int64_t *ends;  /* bytes that each has so far */
    int64_t *sizes; /* of the pieces of a round, by rank */
    struct dj_block_lines lines;
    struct dj_buf message, messages;
    struct dj_hasher *hasher; /* of a piece */
    int fd;                   /* of the file that this rank writes */
    size_t open;
    size_t done; /* rank 0: files that have their tail */
    bool begun;  /* rank 0: the next one has its head */
    struct dj_convert_pieces *pieces;
};

/* --- rank 0: heads, tails, and the list of pieces ------------------------------------
 */

static void note_piece(struct pass *pass, size_t file, int64_t offset, int64_t bytes,
                       uint64_t digest)
{
    struct dj_convert_pieces *pieces = pass->pieces;

    if (pieces->count == pieces->cap) {
        pieces->cap = pieces->cap == 0 ? 16 : 2 * pieces->cap;
        pieces->items = dj_xrealloc(pieces->items, pieces->cap * sizeof(*pieces->items));
    }
    pieces->items[pieces->count++] =
        (struct dj_convert_piece){ (int64_t)file, offset, bytes, digest };
}

static enum dj_status open_file(struct pass *pass, size_t file, struct dj_error *err)
{
    if (pass->fd >= 0 && pass->open == file) {
        return DJ_OK;
    }
    if (pass->fd >= 0) {
        DJ_TRY(dj_fs_sync_fd(pass->fd, pass->paths[pass->open], err));
        (void)close(pass->fd);
        pass->fd = -1;
    }
    pass->open = file;
    return dj_fs_open(pass->paths[file], O_WRONLY, &pass->fd, err);
}

static enum dj_status write_piece(struct pass *pass, size_t file,
                                  const struct dj_convert_parts *parts, int64_t offset,
                                  struct dj_error *err)
{
    DJ_TRY(dj_fault_at(DJ_FAULT_EXPORT_CONVERT, err));
    DJ_TRY(open_file(pass, file, err));
    for (size_t i = 0; i < parts->count; i++) {
        DJ_TRY(dj_fs_pwrite(pass->fd, parts->items[i], offset, pass->paths[file], err));
        offset += dj_i64_from_size(parts->items[i].len);
    }
    return DJ_OK;
}

/* Head or tail. */
static enum dj_status write_end(struct pass *pass, size_t file,
                                const struct dj_buf *bytes, int64_t offset,
                                struct dj_error *err)
{
    const struct dj_str whole = dj_buf_str(bytes);
    const struct dj_convert_parts parts = { &whole, 1 };

    note_piece(pass, file, offset, dj_i64_from_size(whole.len), dj_hash64(whole));
    return write_piece(pass, file, &parts, offset, err);
}

static enum dj_status begin_file(struct pass *pass, struct dj_error *err)
{
    enum dj_status status;
    struct dj_buf head;

    if (pass->begun) {
        return DJ_OK;
    }
    dj_buf_init(&head);
    status = pass->form->head(pass->convert, &head, err);
    if (status == DJ_OK) {
        status = write_end(pass, pass->done, &head, 0, err);
    }
    dj_buf_release(&head);
    pass->begun = status == DJ_OK;
    return status;
}

/* Ends all files before this one. */
static enum dj_status end_files(struct pass *pass, size_t before, struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    struct dj_buf tail;

    dj_buf_init(&tail);
    while (pass->done < before && status == DJ_OK) {
        dj_buf_reset(&tail);
        status = begin_file(pass, err);
        if (status == DJ_OK) {
            status = pass->form->tail(pass->convert, &tail, err);
        }
        if (status == DJ_OK) {
            status = write_end(pass, pass->done, &tail, pass->ends[pass->done], err);
            pass->ends[pass->done] += dj_i64_from_size(tail.len);
            pass->done++;
            pass->begun = false;
        }
    }
    dj_buf_release(&tail);
    return status;
}

static size_t file_of(const struct dj_convert *convert, int64_t block)
{
    size_t low = 0;
    size_t high = convert->count;

    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;

        if (convert->blocks[middle] <= block) {
            low = middle;
        } else {
            high = middle;
        }
    }
    while (convert->blocks[low + 1] <= block) {
        low++; /* files without a block */
    }
    return low;
}

/* Rank 0: what all ranks tell of a round; offsets are known by now. */
static enum dj_status hear_round(struct pass *pass, const int64_t *offsets,
                                 const size_t *lengths, struct dj_error *err)
{
    const char *at = pass->messages.ptr;

    for (int rank = 0; rank < pass->convert->exec->size; rank++) {
        struct told told;
        size_t file;

        if (lengths[rank] == 0) {
            continue;
        }
        memcpy(&told, at, sizeof(told));
        file = file_of(pass->convert, told.block);
        DJ_TRY(end_files(pass, file, err));
        DJ_TRY(begin_file(pass, err));
        if (told.bytes > 0) {
            note_piece(pass, file, offsets[rank], told.bytes, told.digest);
            DJ_TRY(pass->form->hear(
                pass->convert,
                (struct dj_str){ at + sizeof(told), lengths[rank] - sizeof(told) },
                offsets[rank], err));
        }
        at += lengths[rank];
    }
    return DJ_OK;
}

/* --- all ranks: a round --------------------------------------------------------------
 */

/* This rank's block: its piece, and the message about it. */
static enum dj_status make_piece(struct pass *pass, int64_t block,
                                 struct dj_convert_parts *piece, struct dj_error *err)
{
    struct dj_convert *convert = pass->convert;
    const size_t file = file_of(convert, block);
    const int64_t from = (block - convert->blocks[file]) * convert->block;
    const struct dj_export_target *target =
        &convert->targets->items[convert->files[file]];
    struct told told = { .block = block };
    struct dj_str lines, more;

    dj_hasher_reset(pass->hasher);
    DJ_TRY(dj_block_lines_open(&pass->lines, target->temporary, from,
                               from + convert->block, err));
    DJ_TRY(pass->form->open(convert, from == 0, err));
    for (;;) {
        DJ_TRY(dj_block_lines_next(&pass->lines, &lines, err));
        if (lines.len == 0) {
            break;
        }
        DJ_TRY(pass->form->add(convert, lines, err));
    }
    DJ_TRY(pass->form->close(convert, piece, &more, err));
    told.bytes = dj_convert_bytes(piece);
    for (size_t i = 0; i < piece->count; i++) {
        dj_hasher_add(pass->hasher, piece->items[i]);
    }
    told.digest = dj_hasher_value(pass->hasher);
    dj_buf_reset(&pass->message);
    if (dj_buf_append(&pass->message,
                      (struct dj_str){ (const char *)&told, sizeof(told) }) != DJ_OK ||
        dj_buf_append(&pass->message, more) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for the export");
    }
    return DJ_OK;
}

/* Where the pieces of a round lie. */
static void place_round(struct pass *pass, int64_t first, int64_t *offsets)
{
    const struct dj_convert *convert = pass->convert;
    const int64_t blocks = convert->blocks[convert->count];

    for (int rank = 0; rank < convert->exec->size; rank++) {
        if (first + rank < blocks) {
            int64_t *end = &pass->ends[file_of(convert, first + rank)];

            offsets[rank] = *end;
            *end += pass->sizes[rank];
        }
    }
}

static enum dj_status run_round(struct pass *pass, int64_t first, int64_t *offsets,
                                size_t *lengths, struct dj_error *err)
{
    struct dj_exec *exec = pass->convert->exec;
    const int64_t block = first + exec->rank;
    const bool mine = block < pass->convert->blocks[pass->convert->count];
    struct dj_convert_parts piece = { NULL, 0 };
    enum dj_status status = DJ_OK;

    dj_buf_reset(&pass->message);
    if (mine) {
        status = make_piece(pass, block, &piece, err);
    }
    DJ_TRY(dj_comm_agree(exec->comm, status, err));
    for (int rank = 0; rank < exec->size; rank++) {
        pass->sizes[rank] = rank == exec->rank ? dj_convert_bytes(&piece) : 0;
    }
    dj_comm_sum(exec->comm, pass->sizes, (size_t)exec->size);
    place_round(pass, first, offsets);
    dj_buf_reset(&pass->messages);
    DJ_TRY(dj_comm_gather(exec->comm, dj_buf_str(&pass->message), &pass->messages,
                          lengths, err));
    if (dj_convert_bytes(&piece) > 0) {
        status = write_piece(pass, file_of(pass->convert, block), &piece,
                             offsets[exec->rank], err);
    }
    if (status == DJ_OK && exec->root != NULL) {
        status = hear_round(pass, offsets, lengths, err);
    }
    return dj_comm_agree(exec->comm, status, err);
}

/* --- a pass --------------------------------------------------------------------------
 */

/* Rank 0 makes the files new: an earlier pass may have left longer ones. */
static enum dj_status create_files(struct pass *pass, struct dj_error *err)
{
    const struct dj_convert *convert = pass->convert;

    for (size_t i = 0; i < convert->count; i++) {
        struct dj_export_target *target = &convert->targets->items[convert->files[i]];
        char *folder = dj_fs_dirname(target->path);

        pass->paths[i] = dj_xprintf("%s/.%s.%s.form.tmp", folder,
                                    dj_fs_basename(target->path), convert->exec->job_id);
        dj_xfree(folder);
        if (convert->exec->root != NULL) {
            const struct dj_export_target made = { .temporary = pass->paths[i] };

            DJ_TRY(dj_export_create(&made, err));
        }
    }
    return DJ_OK;
}

/* The bytes of all heads: they come before the first piece. */
static enum dj_status begin_pass(struct pass *pass, struct dj_error *err)
{
    struct dj_exec *exec = pass->convert->exec;
    enum dj_status status = create_files(pass, err);
    int64_t head = 0;
    struct dj_buf bytes;

    dj_buf_init(&bytes);
    if (status == DJ_OK && exec->root != NULL) {
        status = pass->form->head(pass->convert, &bytes, err);
        head = dj_i64_from_size(bytes.len);
    }
    dj_buf_release(&bytes);
    dj_comm_max(exec->comm, &head, 1);
    for (size_t i = 0; i < pass->convert->count; i++) {
        pass->ends[i] = head;
    }
    return dj_comm_agree(exec->comm, status, err);
}

static enum dj_status end_pass(struct pass *pass, struct dj_error *err)
{
    struct dj_exec *exec = pass->convert->exec;
    enum dj_status status = DJ_OK;

    if (exec->root != NULL) {
        status = end_files(pass, pass->convert->count, err);
    }
    if (status == DJ_OK && pass->fd >= 0) {
        status = dj_fs_sync_fd(pass->fd, pass->paths[pass->open], err);
    }
    return dj_comm_agree(exec->comm, status, err);
}

static enum dj_status run_pass(struct pass *pass, bool *again, struct dj_error *err)
{
    const struct dj_convert *convert = pass->convert;
    const int64_t blocks = convert->blocks[convert->count];
    const size_t nranks = (size_t)convert->exec->size;
    int64_t *offsets = dj_xcalloc(nranks, sizeof(*offsets));
    size_t *lengths = dj_xcalloc(nranks, sizeof(*lengths));
    enum dj_status status = begin_pass(pass, err);

    *again = false;
    for (int64_t first = 0; first < blocks && status == DJ_OK;
         first += convert->exec->size) {
        status = run_round(pass, first, offsets, lengths, err);
    }
    if (status == DJ_OK && pass->form->check != NULL) {
        status = pass->form->check(pass->convert, again, err);
    }
    if (status == DJ_OK && !*again) {
        status = end_pass(pass, err);
    }
    dj_xfree(lengths);
    dj_xfree(offsets);
    return status;
}

/* The new files take the place of the lines, which go unless they are the growing file.
 */
static enum dj_status take_over(struct pass *pass, struct dj_error *err)
{
    const struct dj_convert *convert = pass->convert;
    char *growing = dj_places_path(convert->exec);
    enum dj_status status = DJ_OK;

    for (size_t i = 0; i < convert->count && status == DJ_OK; i++) {
        struct dj_export_target *target = &convert->targets->items[convert->files[i]];

        if (convert->exec->root != NULL &&
            (growing == NULL || strcmp(growing, target->temporary) != 0)) {
            status = dj_fs_remove(target->temporary, err);
        }
        dj_xfree(target->temporary);
        target->temporary = pass->paths[i];
        target->bytes = pass->ends[i];
        pass->paths[i] = NULL;
    }
    dj_xfree(growing);
    return dj_comm_agree(convert->exec->comm, status, err);
}

static enum dj_status one_pass(struct dj_convert *convert,
                               const struct dj_convert_form *form, bool *again,
                               struct dj_convert_pieces *pieces, struct dj_error *err)
{
    struct pass pass = { .convert = convert, .form = form, .fd = -1, .pieces = pieces };
    enum dj_status status;

    pieces->count = 0;
    pass.paths = dj_xcalloc(convert->count, sizeof(*pass.paths));
    pass.ends = dj_xcalloc(convert->count, sizeof(*pass.ends));
    pass.sizes = dj_xcalloc((size_t)convert->exec->size, sizeof(*pass.sizes));
    pass.hasher = dj_hasher_new();
    dj_block_lines_init(&pass.lines);
    dj_buf_init(&pass.message);
    dj_buf_init(&pass.messages);
    status = run_pass(&pass, again, err);
    if (status == DJ_OK && !*again) {
        status = take_over(&pass, err);
    }
    if (pass.fd >= 0) {
        (void)close(pass.fd);
    }
    dj_buf_release(&pass.messages);
    dj_buf_release(&pass.message);
    dj_block_lines_release(&pass.lines);
    dj_hasher_free(pass.hasher);
    for (size_t i = 0; i < convert->count; i++) {
        dj_xfree(pass.paths[i]);
    }
    dj_xfree(pass.sizes);
    dj_xfree(pass.ends);
    dj_xfree(pass.paths);
    return status;
}

/* --- the whole -----------------------------------------------------------------------
 */

/* Rank 0 knows how long the lines are, and how the dataset was cut. */
static void lay_out(struct dj_convert *convert)
{
    const struct dj_exec *exec = convert->exec;

    for (size_t i = 0; i < convert->targets->count; i++) {
        const struct dj_export_target *target = &convert->targets->items[i];

        if (target->kind == DJ_RESULT_DATA) {
            convert->files[convert->count] = i;
            convert->sizes[convert->count++] = exec->root != NULL ? target->bytes : 0;
        }
    }
    if (exec->root != NULL) {
        convert->block = exec->root->summary->partition_max_size_mb << 20;
        convert->block = convert->block > most_block ? most_block : convert->block;
    }
    dj_comm_max(exec->comm, convert->sizes, convert->count);
    dj_comm_max(exec->comm, &convert->block, 1);
    for (size_t i = 0; i < convert->count; i++) {
        convert->blocks[i + 1] =
            convert->blocks[i] +
            (convert->sizes[i] + convert->block - 1) / convert->block;
    }
}

enum dj_status dj_convert_export(struct dj_exec *exec, struct dj_export_targets *targets,
                                 struct dj_error *err)
{
    const struct dj_convert_form *form = dj_convert_form_of(exec->config);
    struct dj_convert convert = { .exec = exec, .targets = targets };
    struct dj_convert_pieces none = { 0 };
    struct dj_convert_pieces *pieces = exec->root != NULL ? &exec->root->pieces : &none;
    enum dj_status status;
    bool again = true;

    if (form == NULL) {
        return DJ_OK;
    }
    convert.files = dj_xcalloc(targets->count, sizeof(*convert.files));
    convert.sizes = dj_xcalloc(targets->count, sizeof(*convert.sizes));
    convert.blocks = dj_xcalloc(targets->count + 1, sizeof(*convert.blocks));
    lay_out(&convert);
    status = form->begin(&convert, err);
    while (status == DJ_OK && again) {
        status = one_pass(&convert, form, &again, pieces, err);
    }
    form->end(&convert);
    dj_xfree(none.items);
    dj_xfree(convert.blocks);
    dj_xfree(convert.sizes);
    dj_xfree(convert.files);
    return status;
}

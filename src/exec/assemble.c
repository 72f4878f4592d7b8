/*
 * The export: rank 0 lays the partitions' bytes out in the order of the dataset,
 * all ranks copy their share of the pieces to its place, rank 0 gives the final
 * names. The stats file and rejected/ are put together in the same way.
 */
#include "dj/fs.h"
#include "exec/convert.h"
#include "exec/exec_private.h"
#include "exec/pieces.h"
#include "exec/rows.h"

/* path is taken. */
static struct dj_export_target *add_target(struct dj_export_targets *targets,
                                           enum dj_stream_kind kind, const char *job_id,
                                           char *path)
{
    char *folder = dj_fs_dirname(path);
    struct dj_export_target *target;

    targets->items =
        dj_xrealloc(targets->items, (targets->count + 1) * sizeof(*targets->items));
    target = &targets->items[targets->count++];
    *target = (struct dj_export_target){
        .path = path,
        .kind = (int64_t)kind,
        .temporary =
            dj_xprintf("%s/.%s.%s.copy.tmp", folder, dj_fs_basename(path), job_id),
    };
    dj_xfree(folder);
    return target;
}

/* What partitions have given to a stream, at the end of the last target. */
static void lay_out_parts(const struct dj_part_done *done, size_t count,
                          enum dj_stream_kind kind, int64_t stage,
                          struct dj_export_targets *targets, struct dj_pieces *pieces)
{
    const size_t index = targets->count - 1;
    struct dj_export_target *target = &targets->items[index];

    for (size_t i = 0; i < count; i++) {
        if (done[i].state == DJ_PART_DONE && done[i].extents[kind].bytes > 0) {
            dj_pieces_add(pieces, (struct dj_export_piece){ .from = done[i].extents[kind],
                                                            .stage = stage,
                                                            .kind = (int64_t)kind,
                                                            .target = (int64_t)index,
                                                            .offset = target->bytes });
            target->bytes += done[i].extents[kind].bytes;
        }
        if (done[i].state == DJ_PART_DONE) {
            target->rows += done[i].kept;
        }
    }
}

/* A whole stream into one file. */
static void lay_out_file(const struct dj_exec *exec, enum dj_stream_kind kind, char *path,
                         struct dj_export_targets *targets, struct dj_pieces *pieces)
{
    (void)add_target(targets, kind, exec->job_id, path);
    lay_out_parts(exec->root->done, exec->root->partitions.count, kind, 0, targets,
                  pieces);
}

/* What was set aside, also by stages whose rows took the place of the dataset. */
static void lay_out_aside(const struct dj_exec *exec, enum dj_stream_kind kind,
                          const char *name, struct dj_export_targets *targets,
                          struct dj_pieces *pieces)
{
    const struct dj_exec_root *root = exec->root;

    (void)add_target(targets, kind, exec->job_id,
                     dj_fs_join(exec->paths.rejected_dir, name));
    for (size_t i = 0; i < root->nrows; i++) {
        lay_out_parts(root->rows[i].done, root->rows[i].count, kind,
                      (int64_t)root->rows[i].stage + 1, targets, pieces);
    }
    lay_out_parts(root->done, root->partitions.count, kind, 0, targets, pieces);
    targets->items[targets->count - 1].rows = root->summary->rows_rejected;
}

/* Where the row that shard borders speak of lies: partition, and bytes before it. */
struct cursor {
    size_t partition;
    int64_t row;    /* within the partition */
    int64_t offset; /* of that row within the partition's extent */
};

/* Adds the next rows of the kept samples to a shard. */
static enum dj_status fill_shard(const struct dj_exec *exec, struct cursor *cursor,
                                 int64_t rows, size_t index,
                                 struct dj_export_target *target,
                                 struct dj_pieces *pieces, struct dj_error *err)
{
    while (rows > 0) {
        const struct dj_part_done *done = &exec->root->done[cursor->partition];
        const int64_t left = done->state == DJ_PART_DONE ? done->kept - cursor->row : 0;
        struct dj_extent from = done->extents[DJ_RESULT_DATA];
        int64_t end = from.bytes;

        if (left == 0) {
            *cursor = (struct cursor){ .partition = cursor->partition + 1 };
            continue;
        }
        if (rows < left) {
            DJ_TRY(dj_extent_row_offset(exec->paths.results_dir, from, DJ_RESULT_DATA,
                                        cursor->row + rows, &end, err));
        }
        from.offset += cursor->offset;
        from.bytes = end - cursor->offset;
        dj_pieces_add(pieces, (struct dj_export_piece){ .from = from,
                                                        .kind = DJ_RESULT_DATA,
                                                        .target = (int64_t)index,
                                                        .offset = target->bytes });
        target->bytes += from.bytes;
        target->rows += rows < left ? rows : left;
        cursor->row += rows < left ? rows : left;
        cursor->offset = end;
        rows -= rows < left ? rows : left;
    }
    return DJ_OK;
}

static enum dj_status lay_out_shards(const struct dj_exec *exec, int64_t bytes,
                                     struct dj_export_targets *targets,
                                     struct dj_pieces *pieces, struct dj_error *err)
{
    const int64_t rows = exec->root->summary->rows_kept;
    const size_t count =
        dj_export_shard_count(bytes, exec->config->export_shard_size, rows);
    const char *suffix = dj_export_form_suffix(dj_config_export_form(exec->config));
    char *absolute = dj_fs_absolute(exec->config->export_path);
    struct cursor cursor = { 0 };
    enum dj_status status = DJ_OK;

    for (size_t i = 0; i < count && status == DJ_OK; i++) {
        int64_t first, number;

        dj_export_shard_rows(rows, i, count, &first, &number);
        (void)add_target(targets, DJ_RESULT_DATA, exec->job_id,
                         dj_export_shard_path(absolute, suffix, i, count));
        status = fill_shard(exec, &cursor, number, targets->count - 1,
                            &targets->items[targets->count - 1], pieces, err);
    }
    dj_xfree(absolute);
    return status;
}

static int64_t stream_bytes(const struct dj_exec *exec, enum dj_stream_kind kind)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < exec->root->partitions.count; i++) {
        if (exec->root->done[i].state == DJ_PART_DONE) {
            bytes += exec->root->done[i].extents[kind].bytes;
        }
    }
    return bytes;
}

/*
 * The one file of a complete job is the growing export itself: only what went to
 * results/ is copied into it. When partitions failed, it stays as it is for the next
 * run, and the export is a copy.
 */
static enum dj_status lay_out_growing(const struct dj_exec *exec,
                                      struct dj_export_targets *targets,
                                      struct dj_pieces *pieces, struct dj_error *err)
{
    struct dj_export_target *target;
    size_t kept = 0;

    lay_out_file(exec, DJ_RESULT_DATA, dj_fs_absolute(exec->config->export_path), targets,
                 pieces);
    if (!dj_places_growing(exec) || exec->root->summary->nfailed > 0) {
        return DJ_OK;
    }
    target = &targets->items[0];
    dj_xfree(target->temporary);
    target->temporary = dj_places_path(exec);
    for (size_t i = 0; i < pieces->count; i++) {
        const struct dj_export_piece *piece = &pieces->items[i];

        if (piece->from.segment != DJ_SEGMENT_GROWING) {
            pieces->items[kept++] = *piece;
        } else if (piece->from.offset != piece->offset) {
            return dj_fail(err, DJ_INTERNAL, "%s: bytes at %lld belong at %lld",
                           target->temporary, (long long)piece->from.offset,
                           (long long)piece->offset);
        }
    }
    pieces->count = kept;
    return dj_growing_cut(target->temporary, target->bytes, err);
}

/* The other files: statistics, and what was set aside. */
static void lay_out_rest(const struct dj_exec *exec, struct dj_export_targets *targets,
                         struct dj_pieces *pieces)
{
    const int64_t rejected = exec->root->summary->rows_rejected;

    if (dj_chain_measures(exec->chain)) {
        char *absolute = dj_fs_absolute(exec->config->export_path);

        lay_out_file(exec, DJ_RESULT_STATS, dj_export_stats_path(absolute), targets,
                     pieces);
        dj_xfree(absolute);
    }
    if (rejected > 0) {
        lay_out_aside(exec, DJ_RESULT_REJECTED, "rejected.jsonl", targets, pieces);
        lay_out_aside(exec, DJ_RESULT_REASONS, "reasons.jsonl", targets, pieces);
    }
}

/*
 * Makes the temporary files. One segment that is the whole target already is linked
 * instead of copied: the usual case of a run with one rank. Not when partitions
 * failed: then results/ stays for the next run, and must not share a file with the
 * export.
 */
static enum dj_status create_targets(const struct dj_exec *exec,
                                     const struct dj_export_targets *targets,
                                     struct dj_pieces *pieces, struct dj_error *err)
{
    const bool may_link = exec->root->summary->nfailed == 0;
    bool *made = dj_xcalloc(targets->count, sizeof(*made));
    enum dj_status status = DJ_OK;
    size_t kept = 0;
    char *growing = dj_places_path(exec);

    for (size_t i = 0; i < targets->count && growing != NULL; i++) {
        made[i] = strcmp(targets->items[i].temporary, growing) == 0;
    }
    for (size_t i = 0; i < pieces->count && status == DJ_OK; i++) {
        const struct dj_export_piece *piece = &pieces->items[i];
        const size_t index = dj_size_from_i64(piece->target);
        bool linked = false;

        if (may_link && !made[index] && piece->stage == 0 &&
            piece->from.bytes == targets->items[index].bytes) {
            status = dj_export_adopt(exec->paths.results_dir, piece->from,
                                     (enum dj_stream_kind)piece->kind,
                                     &targets->items[index], &linked, err);
            made[index] = linked;
        }
        if (!linked) {
            pieces->items[kept++] = *piece;
        }
    }
    pieces->count = kept;
    for (size_t i = 0; i < targets->count && status == DJ_OK; i++) {
        if (!made[i]) {
            status = dj_export_create(&targets->items[i], err);
        }
    }
    dj_xfree(growing);
    dj_xfree(made);
    return status;
}

/* --- all ranks ------------------------------------------------------------------ */

static enum dj_status pack_targets(const struct dj_export_targets *targets,
                                   struct dj_buf *out)
{
    for (size_t i = 0; i < targets->count; i++) {
        DJ_TRY(dj_buf_append(out, dj_str_from(targets->items[i].path)));
        DJ_TRY(dj_buf_putc(out, '\0'));
        DJ_TRY(dj_buf_append(out, dj_str_from(targets->items[i].temporary)));
        DJ_TRY(dj_buf_putc(out, '\0'));
        DJ_TRY(dj_buf_putc(out, (char)targets->items[i].kind));
    }
    return DJ_OK;
}

static void unpack_targets(struct dj_str bytes, struct dj_export_targets *targets)
{
    const char *at = bytes.ptr;

    while (at < bytes.ptr + bytes.len) {
        struct dj_export_target *target;

        targets->items =
            dj_xrealloc(targets->items, (targets->count + 1) * sizeof(*targets->items));
        target = &targets->items[targets->count++];
        *target = (struct dj_export_target){ .path = dj_xstrdup(at) };
        at += strlen(at) + 1;
        target->temporary = dj_xstrdup(at);
        at += strlen(at) + 1;
        target->kind = *at++;
    }
}

/* Bytes of pieces for each rank: contiguous shares of about the same size. */
static void share_pieces(const struct dj_exec *exec, const struct dj_pieces *pieces,
                         size_t *sizes)
{
    int64_t total = 0;
    int64_t before = 0;
    size_t at = 0;

    for (size_t i = 0; i < pieces->count; i++) {
        total += pieces->items[i].from.bytes;
    }
    for (int rank = 0; rank < exec->size; rank++) {
        const int64_t goal = (int64_t)((double)total / exec->size * (rank + 1));
        const size_t start = at;

        while (at < pieces->count && (rank == exec->size - 1 || before < goal)) {
            before += pieces->items[at++].from.bytes;
        }
        sizes[rank] = (at - start) * sizeof(*pieces->items);
    }
}

static enum dj_status copy_share(struct dj_exec *exec, struct dj_export_targets *targets,
                                 const struct dj_pieces *pieces, struct dj_error *err)
{
    size_t *sizes = dj_xcalloc((size_t)exec->size, sizeof(*sizes));
    char *growing = dj_places_path(exec);
    struct dj_buf packed, mine;
    enum dj_status status = DJ_OK;

    dj_buf_init(&packed);
    dj_buf_init(&mine);
    if (exec->rank == 0) {
        share_pieces(exec, pieces, sizes);
        if (pack_targets(targets, &packed) != DJ_OK) {
            status = dj_fail(err, DJ_NOMEM, "out of memory for the export");
        }
    }
    status = dj_comm_agree(exec->comm, status, err);
    if (status == DJ_OK) {
        status = dj_comm_broadcast(exec->comm, &packed, err);
    }
    if (status == DJ_OK) {
        if (exec->rank != 0) {
            unpack_targets(dj_buf_str(&packed), targets);
        }
        status =
            dj_comm_scatter(exec->comm,
                            (struct dj_str){ (const char *)pieces->items,
                                             pieces->count * sizeof(*pieces->items) },
                            sizes, &mine, err);
    }
    if (status == DJ_OK) {
        status = dj_export_copy(exec->paths.results_dir, growing, targets,
                                (const struct dj_export_piece *)(const void *)mine.ptr,
                                mine.len / sizeof(struct dj_export_piece), err);
        status = dj_comm_agree(exec->comm, status, err);
    }
    dj_buf_release(&mine);
    dj_buf_release(&packed);
    dj_xfree(growing);
    dj_xfree(sizes);
    return status;
}

static bool is_target(const struct dj_export_targets *targets, const char *path)
{
    for (size_t i = 0; i < targets->count; i++) {
        if (strcmp(targets->items[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

/* Gives the final names; files of an earlier, partial export that are none now go. */
static enum dj_status publish(struct dj_exec *exec,
                              const struct dj_export_targets *targets,
                              struct dj_error *err)
{
    struct dj_summary *summary = exec->root->summary;

    for (size_t i = 0; i < targets->count; i++) {
        DJ_TRY(dj_export_publish(&targets->items[i], err));
    }
    for (size_t i = 0; i < summary->noutputs; i++) {
        if (!is_target(targets, summary->outputs[i].path)) {
            DJ_TRY(dj_fs_remove(summary->outputs[i].path, err));
        }
        dj_xfree(summary->outputs[i].path);
        dj_xfree(summary->outputs[i].stream);
    }
    summary->noutputs = targets->count;
    summary->bytes_written = 0;
    summary->outputs =
        dj_xrealloc(summary->outputs, targets->count * sizeof(*summary->outputs));
    for (size_t i = 0; i < targets->count; i++) {
        const enum dj_stream_kind kind = (enum dj_stream_kind)targets->items[i].kind;

        summary->outputs[i].path = dj_xstrdup(targets->items[i].path);
        summary->outputs[i].stream = dj_xstrdup(dj_stream_name(kind));
        summary->outputs[i].bytes = targets->items[i].bytes;
        summary->outputs[i].rows = targets->items[i].rows;
        summary->bytes_written += targets->items[i].bytes;
    }
    return DJ_OK;
}

/* Rank 0: what goes where, and the files it goes to. */
static enum dj_status plan(const struct dj_exec *exec, struct dj_export_targets *targets,
                           struct dj_pieces *pieces, struct dj_error *err)
{
    if (exec->config->export_shard_size > 0) {
        DJ_TRY(lay_out_shards(exec, stream_bytes(exec, DJ_RESULT_DATA), targets, pieces,
                              err));
    } else {
        DJ_TRY(lay_out_growing(exec, targets, pieces, err));
    }
    lay_out_rest(exec, targets, pieces);
    if (exec->plan.ordered) {
        dj_pieces_leave_ordered(pieces);
    }
    DJ_TRY(create_targets(exec, targets, pieces, err));
    dj_pieces_split(pieces, exec->size);
    return DJ_OK;
}

enum dj_status dj_exec_assemble(struct dj_exec *exec, struct dj_error *err)
{
    struct dj_export_targets targets = { 0 };
    struct dj_pieces pieces = { 0 };
    enum dj_status status;

    /* What other ranks wrote must be visible to whoever copies it. */
    status = dj_results_flush(exec->results, err);
    if (status == DJ_OK) {
        status = dj_places_sync(exec, err);
    }
    status = dj_comm_agree(exec->comm, status, err);
    if (status == DJ_OK) {
        if (exec->rank == 0) {
            status = plan(exec, &targets, &pieces, err);
        }
        status = dj_comm_agree(exec->comm, status, err);
    }
    if (status == DJ_OK) {
        status = copy_share(exec, &targets, &pieces, err);
    }
    if (status == DJ_OK && exec->plan.ordered) {
        status = dj_exec_order(exec, &targets, err);
    }
    if (status == DJ_OK) {
        status = dj_convert_export(exec, &targets, err);
    }
    if (status == DJ_OK) {
        if (exec->rank == 0) {
            status = publish(exec, &targets, err);
        }
        status = dj_comm_agree(exec->comm, status, err);
    }
    dj_export_targets_release(&targets);
    dj_xfree(pieces.items);
    return status;
}

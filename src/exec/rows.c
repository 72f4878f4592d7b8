/*
 * Rows that a stage has written become a dataset of their own: in the order that a
 * selector wants, joined as a grouper wants, or as a splitting operator has made them.
 * The file is results/stage_02/rows.jsonl, the map beside it is the commit. Cut as any
 * dataset is, it takes the place of the one before, and all that follows reads it. Its
 * bytes, and so its partitions, are the same for any number of ranks.
 */
#include "dj/clock.h"
#include "dj/fault.h"
#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/log.h"
#include "exec/order.h"

#include <inttypes.h>
#include <sys/stat.h>

/* Rows that a stage of an earlier run has written. */
struct found {
    size_t stage;
    struct dj_sources sources;
    struct dj_partitions partitions;
    bool there; /* the file too, as long as it was */
};

static char *file_of(const struct dj_exec *exec, const struct dj_stage *stage,
                     const char *name)
{
    char *dir = dj_stage_dir(exec, stage);
    char *path = dj_fs_join(dir, name);

    dj_xfree(dir);
    return path;
}

/* Binds rows to what they were made of: partitions, and operators with all they read. */
static uint64_t binding(const struct dj_exec *exec, const struct dj_stage *stage,
                        uint64_t map_digest)
{
    const uint64_t parts[3] = { map_digest, dj_exec_ops_hash(exec, stage->end),
                                stage->number };

    return dj_hash64((struct dj_str){ (const char *)parts, sizeof(parts) });
}

const char *dj_split_path(const struct dj_exec *exec)
{
    const struct dj_recipe_op *op = &exec->config->recipe.ops[exec->stage->end - 1];
    const struct dj_param *param = dj_param_find(op->op->params, op->op->splits->param);

    return *(const char *const *)((const char *)op->conf + param->offset);
}

/* --- entering -------------------------------------------------------------------------
 */

/* Rank 0: what was known of the partitions so far is kept for the end. */
static void leave_partitions(struct dj_exec *exec)
{
    struct dj_exec_root *root = exec->root;
    int64_t rows = 0;

    for (size_t i = 0; i < root->partitions.count; i++) {
        rows += root->partitions.items[i].rows;
    }
    if (exec->stage->source == 0) {
        root->source_rows = rows;
    } else {
        root->rows_written += rows;
    }
    root->rows = dj_xrealloc(root->rows, (root->nrows + 1) * sizeof(*root->rows));
    root->rows[root->nrows++] = (struct dj_part_rows){ .stage = exec->stage->number,
                                                       .count = root->partitions.count,
                                                       .done = root->done };
    root->done = NULL;
    dj_xfree(root->base);
    root->base = NULL;
    dj_verdicts_release(&root->verdicts);
    dj_partitions_release(&root->partitions);
    root->summary->partitions_done = 0;
}

/* An export with columns has those of the input, unless groupers made others of them. */
static bool has_fields_of_input(const struct dj_exec *exec, size_t nstages)
{
    for (size_t i = 0; i < nstages; i++) {
        if (exec->plan.stages[i].joins || exec->plan.stages[i].splits) {
            return false;
        }
    }
    return true;
}

static void leave_sources(struct dj_exec *exec)
{
    const bool same = has_fields_of_input(exec, exec->stage->number + 1);

    dj_reader_free(exec->reader);
    exec->reader = NULL;
    if (same && exec->origin.count == 0) {
        exec->origin = exec->sources;
    } else {
        dj_sources_release(&exec->sources);
    }
    if (!same) {
        dj_sources_release(&exec->origin);
    }
    exec->sources = (struct dj_sources){ 0 };
}

static void leave(struct dj_exec *exec)
{
    if (exec->root != NULL) {
        leave_partitions(exec);
    }
    leave_sources(exec);
    dj_xfree(exec->base_dir);
    exec->base_dir = NULL;
}

/* For dj-mpi verify, when results/ is gone. */
static enum dj_status keep_map(const struct dj_exec *exec, struct dj_error *err)
{
    char *path = file_of(exec, exec->stage, "rows.json");
    enum dj_status status;
    struct dj_buf bytes;

    dj_buf_init(&bytes);
    status = dj_fs_read(path, &bytes, err);
    if (status == DJ_OK) {
        status = dj_fs_replace(exec->paths.rows_mapping, dj_buf_str(&bytes), err);
    }
    dj_buf_release(&bytes);
    dj_xfree(path);
    return status;
}

/* Collective. Rank 0 has the partitions, all ranks the sources. */
static enum dj_status enter(struct dj_exec *exec, struct dj_error *err)
{
    enum dj_status status = DJ_OK;

    if (exec->root != NULL) {
        exec->map_digest = dj_map_digest(&exec->root->partitions);
        exec->root->summary->partitions_total = (int64_t)exec->root->partitions.count;
        status = keep_map(exec, err);
    }
    DJ_TRY(dj_comm_agree(exec->comm, status, err));
    exec->reader = dj_reader_new(&exec->sources);
    dj_chain_require_nothing(exec->chain);
    return dj_exec_ckpt_reopen(exec, err);
}

/* --- writing --------------------------------------------------------------------------
 */

static struct dj_export_target target_at(const struct dj_exec *exec, char *path,
                                         enum dj_stream_kind kind)
{
    char *folder = dj_fs_dirname(path);
    const struct dj_export_target target = {
        .path = path,
        .temporary =
            dj_xprintf("%s/.%s.%s.tmp", folder, dj_fs_basename(path), exec->job_id),
        .kind = (int64_t)kind,
    };

    dj_xfree(folder);
    return target;
}

static enum dj_status create(struct dj_exec *exec, const struct dj_export_target *target,
                             struct dj_error *err)
{
    const enum dj_status status =
        exec->root == NULL ? DJ_OK : dj_export_create(target, err);

    return dj_comm_agree(exec->comm, status, err);
}

static enum dj_status publish(struct dj_exec *exec, const struct dj_export_target *target,
                              struct dj_error *err)
{
    const enum dj_status status =
        exec->root == NULL ? DJ_OK : dj_export_publish(target, err);

    return dj_comm_agree(exec->comm, status, err);
}

/* One stream of the stage to the file at path, which is taken. */
static enum dj_status write_stream(struct dj_exec *exec,
                                   const struct dj_order_shares *shares,
                                   enum dj_stream_kind kind, char *path,
                                   struct dj_error *err)
{
    struct dj_export_target target = target_at(exec, path, kind);
    const bool joins = exec->stage->joins && kind == DJ_RESULT_DATA;
    enum dj_status status = create(exec, &target, err);

    if (status == DJ_OK) {
        status = joins ? dj_join_copy(exec, shares, &target, err)
                       : dj_order_copy(exec, shares, &target, err);
    }
    if (status == DJ_OK) {
        status = publish(exec, &target, err);
    }
    dj_xfree(target.path);
    dj_xfree(target.temporary);
    return status;
}

static enum dj_status write_streams(struct dj_exec *exec, struct dj_error *err)
{
    const char *left_out = exec->stage->splits ? dj_split_path(exec) : NULL;
    struct dj_order_shares shares;
    enum dj_status status;

    /* What other ranks wrote must be visible to whoever copies it. */
    status = dj_comm_agree(exec->comm, dj_results_flush(exec->results, err), err);
    DJ_TRY(status);
    status = dj_order_share(exec, &shares, err);
    if (status == DJ_OK) {
        status = write_stream(exec, &shares, DJ_RESULT_DATA,
                              file_of(exec, exec->stage, "rows.jsonl"), err);
    }
    if (status == DJ_OK && left_out != NULL) {
        status =
            write_stream(exec, &shares, DJ_RESULT_STATS, dj_fs_absolute(left_out), err);
    }
    dj_order_shares_release(&shares);
    return status;
}

/* Rank 0: the rows' file as the only source. */
static enum dj_status find_source(struct dj_exec *exec, struct dj_error *err)
{
    const size_t maker = exec->stage->maker;
    struct dj_source_file *file = dj_xcalloc(1, sizeof(*file));
    struct stat info;

    *file = (struct dj_source_file){
        .path = file_of(exec, exec->stage, "rows.jsonl"),
        .name = dj_xprintf("behind process[%zu] %s", maker,
                           exec->config->recipe.ops[maker].op->name),
        .format = DJ_SOURCE_JSONL,
        .codec = DJ_CODEC_NONE,
    };
    exec->sources = (struct dj_sources){ .count = 1, .files = file };
    if (stat(file->path, &info) != 0) {
        return dj_fail(err, DJ_IO, "%s: is gone", file->path);
    }
    file->size = (int64_t)info.st_size;
    file->mtime = (double)info.st_mtime;
    return dj_fault_at(DJ_FAULT_ROWS_COMMIT, err);
}

/* Rank 0: the bytes are in the rows' file, and those of earlier stages in later ones. */
static void tidy(struct dj_exec *exec)
{
    const struct dj_part_rows *rows = &exec->root->rows[exec->root->nrows - 1];
    static const enum dj_stream_kind kinds[] = { DJ_RESULT_DATA, DJ_RESULT_STATS,
                                                 DJ_RESULT_PLACES };
    int64_t before = -1;
    struct dj_error err;

    for (size_t i = 0; i < rows->count; i++) {
        const int64_t segment = rows->done[i].extents[DJ_RESULT_DATA].segment;

        for (size_t k = 0; k < 3 && segment != before; k++) {
            char *path = dj_segment_path(exec->stage_dir, segment, kinds[k]);

            if (dj_fs_remove(path, &err) != DJ_OK) {
                dj_log(DJ_LOG_WARNING, "%s", err.text);
            }
            dj_xfree(path);
        }
        before = segment;
    }
    if (exec->root->nrows > 1) {
        const size_t stage = exec->root->rows[exec->root->nrows - 2].stage;
        char *path = file_of(exec, &exec->plan.stages[stage], "rows.jsonl");

        if (dj_fs_remove(path, &err) != DJ_OK) {
            dj_log(DJ_LOG_WARNING, "%s", err.text);
        }
        dj_xfree(path);
    }
}

static void tell(struct dj_exec *exec, double seconds)
{
    const size_t maker = exec->stage->maker;
    const char *name = exec->config->recipe.ops[maker].op->name;
    const int64_t partitions = (int64_t)exec->root->partitions.count;
    int64_t rows = 0;

    for (int64_t i = 0; i < partitions; i++) {
        rows += exec->root->partitions.items[i].rows;
    }
    dj_log(DJ_LOG_INFO, "%s: %" PRId64 " rows were written as a dataset in %.1f s", name,
           rows, seconds);
    dj_event_emit(
        exec->events,
        &(struct dj_event){
            .type = DJ_EVENT_INFO,
            .message = "rows were written as a dataset",
            .op_name = name,
            .op_index_plus_1 = (int64_t)maker + 1,
            .seconds = seconds,
            .extra =
                (const struct dj_event_extra[]){
                    { .key = "rows", .number = (double)rows, .whole = true },
                    { .key = "bytes",
                      .number = (double)exec->sources.files[0].size,
                      .whole = true },
                    { .key = "partitions", .number = (double)partitions, .whole = true },
                    { 0 },
                },
        });
}

enum dj_status dj_exec_rows(struct dj_exec *exec, struct dj_error *err)
{
    const double start = dj_clock_monotonic();
    uint64_t fingerprint = 0;
    enum dj_status status = DJ_OK;
    char *map;

    DJ_TRY(write_streams(exec, err));
    if (exec->root != NULL) {
        fingerprint = binding(exec, exec->stage, exec->map_digest);
    }
    leave(exec);
    if (exec->root != NULL) {
        status = find_source(exec, err);
    }
    DJ_TRY(dj_comm_agree(exec->comm, status, err));
    DJ_TRY(dj_exec_share_sources(exec, err));
    map = file_of(exec, exec->stage, "rows.json");
    status = dj_exec_cut(exec, map, fingerprint, err);
    dj_xfree(map);
    DJ_TRY(status);
    DJ_TRY(enter(exec, err));
    if (exec->root != NULL) {
        tidy(exec);
        tell(exec, dj_clock_monotonic() - start);
    }
    return DJ_OK;
}

/* --- in a resumed job
 * -------------------------------------------------------------------
 */

static void release(struct found *found)
{
    dj_sources_release(&found->sources);
    dj_partitions_release(&found->partitions);
}

/* False: there are no such rows, or others. */
static bool look(const struct dj_exec *exec, const struct dj_stage *stage,
                 uint64_t map_digest, struct found *found)
{
    char *path = file_of(exec, stage, "rows.json");
    char want[DJ_HASH64_TEXT], fingerprint[DJ_HASH64_TEXT];
    struct dj_mapping_info info;
    struct dj_error ignored;
    struct stat file;
    bool good;

    *found = (struct found){ .stage = stage->number };
    dj_hash64_text(binding(exec, stage, map_digest), want);
    good =
        dj_fs_exists(path) && dj_mapping_read(path, &found->sources, &found->partitions,
                                              &info, fingerprint, &ignored) == DJ_OK;
    dj_xfree(path);
    if (good && (strcmp(fingerprint, want) != 0 || found->sources.count != 1)) {
        release(found);
        good = false;
    }
    if (good) {
        dj_xfree(found->sources.files[0].path); /* the job's folder may have moved */
        found->sources.files[0].path = file_of(exec, stage, "rows.jsonl");
        found->there = stat(found->sources.files[0].path, &file) == 0 &&
                       (int64_t)file.st_size == found->sources.files[0].size;
    }
    return good;
}

/* All rows in a chain that leads to the newest ones that are whole. */
static size_t look_for_all(const struct dj_exec *exec, struct found *found)
{
    uint64_t digest = exec->map_digest;
    size_t count = 0;

    for (size_t i = 0; i < exec->plan.nstages; i++) {
        if (!exec->plan.stages[i].rows) {
            continue;
        }
        if (!look(exec, &exec->plan.stages[i], digest, &found[count])) {
            break;
        }
        digest = dj_map_digest(&found[count].partitions);
        count++;
    }
    while (count > 0 && !found[count - 1].there) {
        release(&found[--count]);
    }
    return count;
}

/* Rank 0: the counts of the stage that wrote the rows, and its samples set aside. */
static enum dj_status restore(struct dj_exec *exec, const struct dj_stage *stage,
                              struct dj_error *err)
{
    enum dj_status status;

    dj_stage_begin(exec, stage);
    exec->root->in_rows = true;
    status = dj_exec_restore(exec, err);
    exec->root->in_rows = false;
    if (status == DJ_OK && !dj_stage_is_done(exec->root)) {
        status =
            dj_fail(err, DJ_RESUME,
                    "%s: its records do not tell of all partitions any more; delete the "
                    "folder %s to do the job again from its beginning",
                    exec->stage_dir, exec->paths.results_dir);
    }
    return status;
}

static enum dj_status take_up(struct dj_exec *exec, struct found *found, size_t count,
                              struct dj_error *err)
{
    for (size_t i = 0; i < count; i++) {
        DJ_TRY(restore(exec, &exec->plan.stages[found[i].stage], err));
        leave_partitions(exec);
        exec->root->partitions = found[i].partitions;
        found[i].partitions = (struct dj_partitions){ 0 };
        exec->map_digest = dj_map_digest(&exec->root->partitions);
    }
    dj_log(DJ_LOG_INFO, "job %s goes on with the rows of %s", exec->job_id,
           found[count - 1].sources.files[0].name);
    return DJ_OK;
}

enum dj_status dj_exec_find_rows(struct dj_exec *exec, size_t *first,
                                 struct dj_error *err)
{
    struct found *found = dj_xcalloc(exec->plan.nstages, sizeof(*found));
    enum dj_status status = DJ_OK;
    int64_t stage = 0;
    size_t count = 0;

    if (exec->root != NULL && exec->resuming) {
        count = look_for_all(exec, found);
    }
    if (count > 0) {
        status = take_up(exec, found, count, err);
        stage = (int64_t)found[count - 1].stage + 1;
    }
    status = dj_comm_agree(exec->comm, status, err);
    dj_comm_max(exec->comm, &stage, 1);
    *first = (size_t)stage;
    if (status == DJ_OK && stage > 0) {
        dj_stage_begin(exec, &exec->plan.stages[stage - 1]);
        leave_sources(exec);
        if (count > 0) {
            exec->sources = found[count - 1].sources;
            found[count - 1].sources = (struct dj_sources){ 0 };
        }
        status = dj_exec_share_sources(exec, err);
        if (status == DJ_OK) {
            status = enter(exec, err);
        }
    }
    for (size_t i = 0; i < count; i++) {
        release(&found[i]);
    }
    dj_xfree(found);
    return status;
}

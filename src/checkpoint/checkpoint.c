/*
 * Layers wait on each rank until a commit makes a set of them, a few megabytes as they
 * are: a job that ends before its first set has compressed nothing for it. The commit: a
 * file under a temporary name, written by all ranks, synced, given its name; then the
 * record. The ranks agree after each step, so that all of them see the same outcome, and
 * until the record has its name nothing of what was before is touched.
 */
#include "checkpoint/ckpt_private.h"
#include "dj/clock.h"
#include "dj/hash.h"
#include "dj/log.h"

#include <inttypes.h>

enum {
    LEVEL = 1,
    RAW_BYTES = 8 << 20, /* that wait uncompressed */
};

struct dj_ckpt *dj_ckpt_open_with(struct dj_comm *comm, struct dj_store *store,
                                  const struct dj_ckpt_options *options)
{
    struct dj_ckpt *ckpt = dj_xmalloc(sizeof(*ckpt));

    *ckpt = (struct dj_ckpt){
        .comm = comm,
        .rank = dj_comm_rank(comm),
        .size = dj_comm_size(comm),
        .store = store,
        .folder = dj_xstrdup(options->folder),
        .job_id = dj_xstrdup(options->job_id),
        .fingerprint = dj_xstrdup(options->dataset_fingerprint),
        .npartitions = options->npartitions,
        .nops = options->nops,
        .op_hashes = dj_xcalloc(options->nops, sizeof(*ckpt->op_hashes)),
        .keep_last = options->keep_last < 1 ? 1 : options->keep_last,
        .attempt = options->attempt,
        .zstd = dj_zstd_new(),
    };
    for (size_t i = 0; i < options->nops; i++) {
        ckpt->op_hashes[i] = options->op_hashes[i];
    }
    dj_buf_init(&ckpt->frames);
    dj_buf_init(&ckpt->raw);
    dj_buf_init(&ckpt->stored);
    if (ckpt->rank == 0) {
        ckpt->root = dj_xmalloc(sizeof(*ckpt->root));
        dj_ckpt_table_init(&ckpt->root->table, options->npartitions);
    }
    return ckpt;
}

enum dj_status dj_ckpt_open(struct dj_comm *comm, const struct dj_ckpt_options *options,
                            struct dj_ckpt **ckpt, struct dj_error *err)
{
    (void)err;
    *ckpt = dj_ckpt_open_with(comm, dj_store_hdf5(comm), options);
    return DJ_OK;
}

static void drop_waiting(struct dj_ckpt *ckpt)
{
    for (size_t i = 0; i < ckpt->nwaiting; i++) {
        dj_xfree(ckpt->waiting[i].info);
    }
    ckpt->nwaiting = 0;
    dj_buf_reset(&ckpt->frames);
    dj_buf_reset(&ckpt->raw);
}

void dj_ckpt_close(struct dj_ckpt *ckpt)
{
    if (ckpt == NULL) {
        return;
    }
    if (ckpt->root != NULL) {
        dj_ckpt_table_release(&ckpt->root->table);
        for (size_t i = 0; i < ckpt->root->nseen; i++) {
            dj_xfree(ckpt->root->seen[i].names);
        }
        dj_xfree(ckpt->root->seen);
        dj_xfree(ckpt->root);
    }
    drop_waiting(ckpt);
    dj_xfree(ckpt->waiting);
    dj_buf_release(&ckpt->frames);
    dj_buf_release(&ckpt->raw);
    dj_buf_release(&ckpt->stored);
    dj_xfree(ckpt->files);
    dj_zstd_free(ckpt->zstd);
    ckpt->store->ops->destroy(ckpt->store);
    dj_xfree(ckpt->folder);
    dj_xfree(ckpt->job_id);
    dj_xfree(ckpt->fingerprint);
    dj_xfree(ckpt->op_hashes);
    dj_xfree(ckpt);
}

void dj_ckpt_add_file(struct dj_ckpt *ckpt, const struct dj_ckpt_file *file)
{
    ckpt->files =
        dj_xrealloc(ckpt->files, dj_size_mul(ckpt->nfiles + 1, sizeof(*ckpt->files)));
    ckpt->files[ckpt->nfiles++] = *file;
}

/* A layer takes the place of those that wait here and reach beyond its beginning. */
static void replace_waiting(struct dj_ckpt *ckpt, int64_t partition, int64_t op_first)
{
    size_t kept = 0;

    for (size_t i = 0; i < ckpt->nwaiting; i++) {
        struct dj_ckpt_waiting *waiting = &ckpt->waiting[i];

        if (waiting->ref.partition == partition && waiting->ref.op_end > op_first) {
            dj_xfree(waiting->info); /* its bytes stay, and nothing refers to them */
        } else {
            ckpt->waiting[kept++] = *waiting;
        }
    }
    ckpt->nwaiting = kept;
}

/* Compresses what waits as it is. */
static enum dj_status pack_waiting(struct dj_ckpt *ckpt, struct dj_error *err)
{
    for (size_t i = 0; i < ckpt->nwaiting; i++) {
        struct dj_ckpt_waiting *waiting = &ckpt->waiting[i];
        const struct dj_str raw = { ckpt->raw.ptr + waiting->raw_at,
                                    (size_t)waiting->ref.raw };
        const size_t begins = ckpt->frames.len;
        struct dj_str frame;

        if (waiting->packed) {
            continue;
        }
        DJ_TRY(dj_zstd_compress(ckpt->zstd, raw, LEVEL, &ckpt->frames, err));
        frame = (struct dj_str){ ckpt->frames.ptr + begins, ckpt->frames.len - begins };
        waiting->ref.offset = (int64_t)begins;
        waiting->ref.stored = (int64_t)frame.len;
        waiting->ref.stored_hash = dj_hash64(frame);
        waiting->ref.raw_hash = dj_hash64(raw);
        waiting->packed = true;
    }
    dj_buf_reset(&ckpt->raw);
    return DJ_OK;
}

enum dj_status dj_ckpt_put(struct dj_ckpt *ckpt, const struct dj_ckpt_put *put,
                           struct dj_error *err)
{
    struct dj_ckpt_waiting *waiting;
    size_t begins;

    if (put->partition < 0 || put->partition >= (int64_t)ckpt->npartitions ||
        put->op_first < 0 || put->op_end <= put->op_first ||
        put->op_end > (int64_t)ckpt->nops ||
        (put->info.len > 0 && memchr(put->info.ptr, '\n', put->info.len) != NULL)) {
        return dj_fail(err, DJ_INTERNAL,
                       "no layer: partition %" PRId64 ", operators %" PRId64
                       " to %" PRId64,
                       put->partition, put->op_first + 1, put->op_end);
    }
    if (ckpt->raw.len > RAW_BYTES) {
        DJ_TRY(pack_waiting(ckpt, err));
    }
    begins = ckpt->raw.len;
    if (dj_buf_append(&ckpt->raw, put->raw) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "no memory for a layer of %zu bytes", put->raw.len);
    }
    replace_waiting(ckpt, put->partition, put->op_first);
    if (ckpt->nwaiting == ckpt->waiting_room) {
        ckpt->waiting_room = ckpt->waiting_room * 2 + 16;
        ckpt->waiting = dj_xrealloc(
            ckpt->waiting, dj_size_mul(ckpt->waiting_room, sizeof(*ckpt->waiting)));
    }
    waiting = &ckpt->waiting[ckpt->nwaiting++];
    waiting->ref = (struct dj_ckpt_ref){
        .partition = put->partition,
        .op_first = put->op_first,
        .op_end = put->op_end,
        .live = put->live,
        .raw = (int64_t)put->raw.len,
        .rank = ckpt->rank,
    };
    waiting->raw_at = begins;
    waiting->packed = false;
    waiting->commits = ckpt->commits;
    waiting->info = put->info.len == 0 ? NULL : dj_xstrndup(put->info.ptr, put->info.len);
    return DJ_OK;
}

int64_t dj_ckpt_waiting(const struct dj_ckpt *ckpt)
{
    return (int64_t)(ckpt->frames.len + ckpt->raw.len);
}

/* Nothing has happened: the layers wait, the table is as before, no file is left. */
static void take_back(struct dj_ckpt *ckpt, int64_t set, size_t frames_len)
{
    struct dj_error err;

    ckpt->frames.len = frames_len;
    if (ckpt->root == NULL) {
        return;
    }
    dj_ckpt_table_undo(&ckpt->root->table);
    if (set == 0) {
        return;
    }
    dj_ckpt_forget_set(ckpt->root, set);
    if (dj_ckpt_remove_set(ckpt->folder, set, &err) != DJ_OK) {
        ckpt->root->next_set = set + 1; /* what is left keeps its number */
        dj_log(DJ_LOG_WARNING, "left over of a checkpoint that failed: %s", err.text);
    }
}

static void settle(struct dj_ckpt *ckpt, const struct dj_ckpt_file *file)
{
    struct dj_error err;

    dj_ckpt_add_file(ckpt, file);
    drop_waiting(ckpt);
    if (ckpt->root == NULL) {
        return;
    }
    ckpt->root->next_set = file->set + 1;
    dj_ckpt_table_keep(&ckpt->root->table);
    if (dj_ckpt_prune(ckpt, &err) != DJ_OK) {
        dj_log(DJ_LOG_WARNING, "old checkpoints are not deleted: %s", err.text);
    }
}

enum dj_status dj_ckpt_commit(struct dj_ckpt *ckpt, struct dj_ckpt_result *result,
                              struct dj_error *err)
{
    const double begin = dj_clock_monotonic();
    int64_t layers = (int64_t)ckpt->nwaiting;
    struct dj_ckpt_file file = { 0 };
    struct dj_ckpt_plan plan = { 0 };
    enum dj_status status;
    size_t frames_len;
    int64_t base = 0;

    *result = (struct dj_ckpt_result){ 0 };
    dj_comm_sum(ckpt->comm, &layers, 1);
    if (layers == 0) {
        return DJ_OK;
    }
    status = pack_waiting(ckpt, err);
    DJ_TRY(dj_comm_agree(ckpt->comm, status, err));
    frames_len = ckpt->frames.len;
    ckpt->commits++;
    status = dj_ckpt_make_plan(ckpt, &plan, &base, err);
    ckpt->store->ops->idle(ckpt->store);
    if (status == DJ_OK) {
        status = dj_ckpt_write_file(ckpt, &plan, base, &file.data_offset, err);
    }
    if (status == DJ_OK) {
        file.set = plan.set;
        file.data_bytes = plan.data_bytes;
        file.rows = plan.rows;
        file.index_hash = plan.index_hash;
        status = dj_ckpt_publish(ckpt, &file, err);
    }
    if (status != DJ_OK) {
        take_back(ckpt, plan.set, frames_len);
        return status;
    }
    settle(ckpt, &file);
    *result = (struct dj_ckpt_result){
        .set = plan.set,
        .layers = plan.layers,
        .raw = plan.raw,
        .stored = plan.stored,
        .file = file.bytes,
        .seconds = dj_clock_monotonic() - begin,
    };
    return DJ_OK;
}

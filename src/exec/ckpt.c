/*
 * The executor's side of checkpoint sets: opening the store, telling each rank what
 * the newest set knows of its partitions, putting layers, and committing. A set that
 * cannot be written is a warning: the one before stands, and the job goes on.
 */
#include "dj/clock.h"
#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/json.h"
#include "dj/log.h"
#include "exec/exec_private.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* Before the first set was measured, auto takes one to cost so many seconds. */
static const double first_guess = 0.1;
static const double least_interval = 10;
/* So many bytes of layers wait on a rank at most. */
enum { WAITING_BYTES = 64 << 20 };

/* --- opening -------------------------------------------------------------------- */

static bool has_sets(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    bool found = false;

    while (dir != NULL && !found && (entry = readdir(dir)) != NULL) {
        found = strncmp(entry->d_name, "checkpoint_", 11) == 0;
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return found;
}

/* What decides whether a set speaks of these partitions: the map, byte for byte. */
static void map_digest(const struct dj_exec *exec, char text[DJ_HASH64_TEXT])
{
    dj_hash64_text(exec->map_digest, text);
}

static void tell_load(struct dj_exec *exec, struct dj_str notes)
{
    int64_t restorable = 0;

    while (notes.len > 0) {
        const char *end = memchr(notes.ptr, '\n', notes.len);
        const size_t len = end == NULL ? notes.len : (size_t)(end - notes.ptr);

        if (len > 0) {
            dj_exec_warn(exec, "%.*s", (int)len, notes.ptr);
        }
        notes.ptr += len + (end != NULL);
        notes.len -= len + (end != NULL);
    }
    for (size_t i = 0; i < exec->root->partitions.count; i++) {
        struct dj_ckpt_state state;

        dj_ckpt_state(exec->ckpt, (int64_t)i, &state);
        restorable += state.op_end > 0;
    }
    if (restorable > 0) {
        dj_log(DJ_LOG_INFO, "the newest set holds the state of %" PRId64 " partitions",
               restorable);
    }
    dj_event_emit(
        exec->events,
        &(struct dj_event){
            .type = DJ_EVENT_CHECKPOINT_LOAD,
            .status = restorable > 0 ? "success" : "empty",
            .checkpoint_path = exec->paths.checkpoint_dir,
            .extra =
                (const struct dj_event_extra[]){
                    { .key = "partitions", .number = (double)restorable, .whole = true },
                    { 0 },
                },
        });
}

static enum dj_status load(struct dj_exec *exec, struct dj_error *err)
{
    struct dj_buf notes;
    enum dj_status status;

    dj_buf_init(&notes);
    status = dj_ckpt_load(exec->ckpt, &notes, err);
    if (status == DJ_OK && exec->root != NULL) {
        tell_load(exec, dj_buf_str(&notes));
    }
    dj_buf_release(&notes);
    return status;
}

/* Sets that were written before are looked for, whatever the strategy is now. */
static enum dj_status look_for_sets(struct dj_exec *exec, bool *found,
                                    struct dj_error *err)
{
    const struct dj_summary *summary;

    *found = false;
    if (exec->root == NULL || !exec->resuming) {
        return DJ_OK;
    }
    summary = exec->root->summary;
    *found = has_sets(exec->paths.checkpoint_dir);
    if (!*found && summary->sets_written > 0) {
        dj_exec_warn(exec,
                     "the checkpoint sets of job %s are no longer in %s: what they held "
                     "is done again%s",
                     exec->job_id, exec->paths.checkpoint_dir,
                     summary->partitions_done > 0 ? ", partitions in results/ are not"
                                                  : "; the job starts over");
    }
    return exec->plan.sets ? dj_fs_make_dirs(exec->paths.checkpoint_dir, err) : DJ_OK;
}

enum dj_status dj_exec_ckpt_open(struct dj_exec *exec, struct dj_error *err)
{
    const struct dj_recipe *recipe = &exec->config->recipe;
    int64_t shape[3] = { 0 }; /* partitions, map digest in two halves */
    char digest[DJ_HASH64_TEXT];
    struct dj_ckpt_options options;
    uint64_t *hashes;
    enum dj_status status;
    bool found;

    status = look_for_sets(exec, &found, err);
    DJ_TRY(dj_comm_agree(exec->comm, status, err));
    found = dj_comm_any(exec->comm, found);
    exec->layers_on = exec->plan.sets;
    if (!found && !exec->plan.sets) {
        return DJ_OK;
    }
    if (exec->root != NULL) {
        shape[0] = (int64_t)exec->root->partitions.count;
        shape[1] = (int64_t)(exec->map_digest >> 32);
        shape[2] = (int64_t)(exec->map_digest & UINT32_MAX);
    }
    dj_comm_max(exec->comm, shape, 3);
    exec->map_digest = ((uint64_t)shape[1] << 32) | (uint64_t)shape[2];
    map_digest(exec, digest);
    hashes = dj_xcalloc(exec->nops + 1, sizeof(*hashes));
    for (size_t i = 0; i < exec->nops; i++) {
        /* What it read from files decides its result as its parameters do. */
        hashes[i] = recipe->ops[i].hash ^ dj_chain_data(exec->chain)[i];
    }
    options = (struct dj_ckpt_options){
        .folder = exec->paths.checkpoint_dir,
        .job_id = exec->job_id,
        .dataset_fingerprint = digest,
        .npartitions = (size_t)shape[0],
        .nops = exec->nops,
        .op_hashes = hashes,
        .keep_last = exec->config->checkpoint.keep_last,
        .attempt = exec->attempt,
    };
    status = dj_ckpt_open(exec->comm, &options, &exec->ckpt, err);
    dj_xfree(hashes);
    DJ_TRY(status);
    exec->layers = dj_layers_new(dj_chain_layout(exec->chain));
    exec->writer = dj_layer_writer_new(dj_chain_layout(exec->chain));
    return found ? load(exec, err) : DJ_OK;
}

void dj_exec_ckpt_close(struct dj_exec *exec)
{
    dj_ckpt_close(exec->ckpt);
    dj_layers_free(exec->layers);
    dj_layer_writer_free(exec->writer);
    dj_buf_release(&exec->layer);
    dj_buf_release(&exec->restores);
    dj_buf_release(&exec->restored);
}

/* --- restores of a wave --------------------------------------------------------------
 */

/* In exec->restores: this, its references, and its tallies. */
struct head {
    int64_t partition;
    int64_t op_end;
    int64_t nrefs;
    int64_t size; /* bytes of all three */
};

static bool read_info(const char *info, size_t count, struct dj_op_tally *tally)
{
    struct dj_json *doc;
    struct dj_error err;
    bool good;

    if (info == NULL || dj_json_parse(dj_str_from(info), "layer", &doc, &err) != DJ_OK) {
        return false;
    }
    good = dj_tally_read(dj_json_get(doc, "operators"), tally, count);
    dj_json_free(doc);
    return good;
}

/* Rank 0: appends what the newest set knows of a partition. */
static enum dj_status pack_restore(struct dj_exec *exec, int64_t id)
{
    struct dj_op_tally *tally = exec->tally;
    struct dj_ckpt_state state;
    struct head head;

    dj_ckpt_state(exec->ckpt, id, &state);
    if (state.op_end <= 0) {
        return DJ_OK;
    }
    if (!read_info(state.info, (size_t)state.op_end, tally)) {
        dj_exec_warn(exec,
                     "the set's note on partition %" PRId64
                     " is damaged; the partition is done anew",
                     id);
        return DJ_OK;
    }
    head = (struct head){ id, state.op_end, (int64_t)state.nrefs, 0 };
    head.size = (int64_t)(sizeof(head) + state.nrefs * sizeof(*state.refs) +
                          (size_t)state.op_end * sizeof(*tally));
    DJ_TRY(dj_buf_append(&exec->restores,
                         (struct dj_str){ (const char *)&head, sizeof(head) }));
    DJ_TRY(dj_buf_append(
        &exec->restores,
        (struct dj_str){ (const char *)state.refs, state.nrefs * sizeof(*state.refs) }));
    return dj_buf_append(
        &exec->restores,
        (struct dj_str){ (const char *)tally, (size_t)state.op_end * sizeof(*tally) });
}

enum dj_status dj_exec_ckpt_wave(struct dj_exec *exec, const struct dj_partitions *wave,
                                 struct dj_error *err)
{
    enum dj_status status = DJ_OK;

    dj_buf_reset(&exec->restores);
    if (exec->ckpt == NULL) {
        return DJ_OK;
    }
    if (exec->root != NULL) {
        for (size_t i = 0; i < wave->count && status == DJ_OK; i++) {
            status = pack_restore(exec, wave->items[i].id);
        }
        if (status != DJ_OK) {
            (void)dj_fail(err, status, "out of memory for the states of a wave");
        }
    }
    DJ_TRY(dj_comm_agree(exec->comm, status, err));
    return dj_comm_broadcast(exec->comm, &exec->restores, err);
}

/* --- a partition from its layers ------------------------------------------------------
 */

static bool find(const struct dj_exec *exec, int64_t id, struct head *head, size_t *at)
{
    for (*at = 0; *at < exec->restores.len; *at += (size_t)head->size) {
        memcpy(head, exec->restores.ptr + *at, sizeof(*head));
        if (head->partition == id) {
            *at += sizeof(*head);
            return true;
        }
    }
    return false;
}

static enum dj_status read_layers(struct dj_exec *exec, const struct head *head,
                                  size_t at, struct dj_error *err)
{
    const size_t nrefs = (size_t)head->nrefs;
    size_t *begins = dj_xcalloc(nrefs + 1, sizeof(*begins));
    enum dj_status status = DJ_OK;

    dj_buf_reset(&exec->restored);
    for (size_t i = 0; i < nrefs && status == DJ_OK; i++) {
        struct dj_ckpt_ref ref;

        memcpy(&ref, exec->restores.ptr + at + i * sizeof(ref), sizeof(ref));
        status = dj_ckpt_read(exec->ckpt, &ref, &exec->restored, err);
        begins[i + 1] = exec->restored.len;
    }
    dj_layers_reset(exec->layers); /* the bytes may have moved: only now */
    for (size_t i = 0; i < nrefs && status == DJ_OK; i++) {
        status = dj_layers_push(
            exec->layers,
            (struct dj_str){ exec->restored.ptr + begins[i], begins[i + 1] - begins[i] },
            err);
    }
    dj_xfree(begins);
    return status;
}

size_t dj_exec_restore_begin(struct dj_exec *exec, int64_t id)
{
    struct head head;
    struct dj_error err;
    enum dj_status status;
    size_t at;

    if (!find(exec, id, &head, &at)) {
        return 0;
    }
    status = read_layers(exec, &head, at, &err);
    if (status != DJ_OK) {
        dj_exec_restore_failed(exec, id, &err);
        return 0;
    }
    memcpy(exec->tally,
           exec->restores.ptr + at + (size_t)head.nrefs * sizeof(struct dj_ckpt_ref),
           (size_t)head.op_end * sizeof(*exec->tally));
    dj_event_emit(exec->events, &(struct dj_event){ .type = DJ_EVENT_PARTITION_RESUME,
                                                    .partition_plus_1 = id + 1,
                                                    .op_index_plus_1 = head.op_end });
    return (size_t)head.op_end;
}

void dj_exec_restore_failed(struct dj_exec *exec, int64_t id, const struct dj_error *why)
{
    struct head head;
    size_t at;

    dj_exec_warn(exec, "partition %" PRId64 " is done anew: %s", id, why->text);
    if (find(exec, id, &head, &at)) { /* not to be tried again */
        head.partition = -1;
        memcpy(exec->restores.ptr + at - sizeof(head), &head, sizeof(head));
    }
}

/* --- putting layers ---------------------------------------------------------------- */

void dj_exec_layer_begin(struct dj_exec *exec, int64_t id, size_t first, size_t end)
{
    size_t *columns =
        dj_xcalloc(dj_chain_layout(exec->chain)->nstats + 1, sizeof(*columns));
    const size_t count = dj_chain_stats(exec->chain, first, end, columns);

    dj_layer_begin(exec->writer, id, (int64_t)first, (int64_t)end, columns, count);
    dj_xfree(columns);
}

enum dj_status dj_exec_layer_put(struct dj_exec *exec, int64_t id, size_t first,
                                 size_t end, const struct dj_op_tally *tally,
                                 struct dj_error *err)
{
    struct dj_ckpt_put put = { .partition = id,
                               .op_first = (int64_t)first,
                               .op_end = (int64_t)end };
    enum dj_status status;
    struct dj_buf info;
    struct dj_jsonw w;

    dj_buf_reset(&exec->layer);
    if (dj_layer_end(exec->writer, &exec->layer, &put.live) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for a layer");
    }
    dj_buf_init(&info);
    dj_jsonw_init(&w, &info, 0);
    dj_jsonw_open(&w, '{');
    dj_jsonw_key(&w, "operators");
    dj_tally_write(&w, tally, end);
    dj_jsonw_close(&w, '}');
    status = dj_jsonw_end(&w);
    if (status == DJ_OK) {
        put.raw = dj_buf_str(&exec->layer);
        put.info = dj_buf_str(&info);
        status = dj_ckpt_put(exec->ckpt, &put, err);
    } else {
        (void)dj_fail(err, status, "out of memory for a layer");
    }
    dj_buf_release(&info);
    return status;
}

/* --- committing ----------------------------------------------------------------------
 */

/* Young's and Daly's interval: sqrt(2 x cost of a set x time between failures). */
static double interval(const struct dj_exec *exec)
{
    const double cost = exec->root->set_cost > 0 ? exec->root->set_cost : first_guess;
    const double best = sqrt(2 * cost * exec->config->checkpoint.mtbf);

    return best > least_interval ? best : least_interval;
}

bool dj_exec_set_due(const struct dj_exec *exec, bool stopping)
{
    if (exec->ckpt == NULL || !exec->plan.sets) {
        return false;
    }
    if (dj_ckpt_waiting(exec->ckpt) > WAITING_BYTES) {
        return true;
    }
    return exec->root != NULL &&
           (!exec->plan.automatic || stopping ||
            (dj_clock_monotonic() - exec->root->last_set >= interval(exec) &&
             dj_preempt_time_left() > least_interval)); /* the stop makes one anyway */
}

static void tell_set(struct dj_exec *exec, const struct dj_ckpt_result *result)
{
    char name[64];
    char *path;

    (void)snprintf(name, sizeof(name), "checkpoint_%06" PRId64 ".h5", result->set);
    path = dj_fs_join(exec->paths.checkpoint_dir, name);
    dj_event_emit(
        exec->events,
        &(struct dj_event){
            .type = DJ_EVENT_CHECKPOINT_SAVE,
            .status = "success",
            .seconds = result->seconds,
            .checkpoint_path = path,
            .extra =
                (const struct dj_event_extra[]){
                    { .key = "set", .number = (double)result->set, .whole = true },
                    { .key = "layers", .number = (double)result->layers, .whole = true },
                    { .key = "raw_bytes", .number = (double)result->raw, .whole = true },
                    { .key = "stored_bytes",
                      .number = (double)result->stored,
                      .whole = true },
                    { .key = "file_bytes",
                      .number = (double)result->file,
                      .whole = true },
                    { 0 },
                },
        });
    dj_xfree(path);
}

enum dj_status dj_exec_set(struct dj_exec *exec, struct dj_error *err)
{
    struct dj_exec_root *root = exec->root;
    struct dj_ckpt_result result = { 0 };
    struct dj_error set_err;
    const enum dj_status status = dj_ckpt_commit(exec->ckpt, &result, &set_err);

    if (status == DJ_COMM) {
        *err = set_err;
        return status;
    }
    if (root != NULL) {
        root->last_set = dj_clock_monotonic();
    }
    if (root != NULL && status != DJ_OK) {
        dj_exec_warn(exec,
                     "no checkpoint set: %s; the one before stands, the job goes on",
                     set_err.text);
    } else if (root != NULL && result.layers > 0) {
        root->set_cost = result.seconds;
        root->summary->sets_written++;
        root->summary->set_seconds += result.seconds;
        root->summary->set_bytes += result.stored;
        tell_set(exec, &result);
    }
    return DJ_OK;
}

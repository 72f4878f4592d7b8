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

/* Sets speak of the partitions of one dataset: each has its own folder. */
static const char *sets_dir(const struct dj_exec *exec)
{
    return exec->sets_dir == NULL ? exec->paths.checkpoint_dir : exec->sets_dir;
}

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
            .checkpoint_path = sets_dir(exec),
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
    if (exec->root == NULL) {
        return DJ_OK;
    }
    if (!exec->resuming) {
        return exec->sets_dir == NULL || !exec->plan.sets
                   ? DJ_OK
                   : dj_fs_make_dirs(exec->sets_dir, err);
    }
    summary = exec->root->summary;
    *found = has_sets(sets_dir(exec));
    if (!*found && summary->sets_written > 0 && exec->sets_dir == NULL) {
        dj_exec_warn(exec,
                     "the checkpoint sets of job %s are no longer in %s: what they held "
                     "is done again%s",
                     exec->job_id, exec->paths.checkpoint_dir,
                     summary->partitions_done > 0 ? ", partitions in results/ are not"
                                                  : "; the job starts over");
    }
    return exec->plan.sets ? dj_fs_make_dirs(sets_dir(exec), err) : DJ_OK;
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
        hashes[i] = recipe->ops[i].hash ^ dj_chain_data(exec->chain)[i] ^
                    dj_trace_hash(exec->config);
    }
    options = (struct dj_ckpt_options){
        .folder = sets_dir(exec),
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
    return found ? load(exec, err) : DJ_OK;
}

void dj_exec_ckpt_close(struct dj_exec *exec)
{
    dj_ckpt_close(exec->ckpt);
    dj_layer_writer_free(exec->writer);
    dj_buf_release(&exec->layer);
}

enum dj_status dj_exec_ckpt_reopen(struct dj_exec *exec, struct dj_error *err)
{
    dj_ckpt_close(exec->ckpt);
    exec->ckpt = NULL;
    dj_xfree(exec->sets_dir);
    exec->sets_dir =
        dj_xprintf("%s/stage_%02zu", exec->paths.checkpoint_dir, exec->stage->number + 1);
    return dj_exec_ckpt_open(exec, err);
}

/* --- putting layers ---------------------------------------------------------------- */

/* Where a layer of operators [first, ...) begins: rows that were written are a source. */
static size_t layer_first(const struct dj_exec *exec, size_t first)
{
    return first == exec->stage->source ? 0 : first;
}

void dj_exec_layer_begin(struct dj_exec *exec, int64_t id, size_t first, size_t end)
{
    size_t *columns =
        dj_xcalloc(dj_chain_layout(exec->chain)->nstats + 1, sizeof(*columns));
    const size_t count = dj_chain_stats(exec->chain, first, end, columns);

    dj_layer_begin(exec->writer, id, (int64_t)layer_first(exec, first), (int64_t)end,
                   columns, count);
    dj_xfree(columns);
}

enum dj_status dj_exec_tally_json(const struct dj_op_tally *tally, size_t count,
                                  struct dj_buf *out)
{
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 0);
    dj_jsonw_open(&w, '{');
    dj_jsonw_key(&w, "operators");
    dj_tally_write(&w, tally, count);
    dj_jsonw_close(&w, '}');
    return dj_jsonw_end(&w);
}

/* One layer to the store, if there is one. */
static enum dj_status put(struct dj_exec *exec, struct dj_ckpt_put *what,
                          const struct dj_op_tally *tally, struct dj_error *err)
{
    enum dj_status status;
    struct dj_buf info;

    dj_buf_init(&info);
    status = dj_exec_tally_json(tally, (size_t)what->op_end, &info);
    if (status == DJ_OK) {
        what->info = dj_buf_str(&info);
        status = dj_ckpt_put(exec->ckpt, what, err);
    } else {
        (void)dj_fail(err, status, "out of memory for a layer");
    }
    dj_buf_release(&info);
    return status;
}

/* What earlier stages did, as the first layer of the partition's chain in the store. */
static enum dj_status put_base(struct dj_exec *exec, int64_t id, struct dj_error *err)
{
    struct dj_state *state = &exec->state;
    struct dj_ckpt_put what = { .partition = id,
                                .op_first = 0,
                                .op_end = (int64_t)state->op_end,
                                .live = state->live };
    enum dj_status status;
    struct dj_buf merged;

    dj_buf_init(&merged);
    status = dj_state_merge(exec, (struct dj_str){ NULL, 0 }, &merged, err);
    if (status == DJ_OK) {
        what.raw = dj_buf_str(&merged);
        status = put(exec, &what, state->tally, err);
    }
    dj_buf_release(&merged);
    state->base_owed = false;
    return status;
}

enum dj_status dj_exec_layer_end(struct dj_exec *exec, int64_t id, size_t first,
                                 size_t end, const struct dj_op_tally *tally,
                                 struct dj_error *err)
{
    struct dj_ckpt_put what = { .partition = id,
                                .op_first = (int64_t)layer_first(exec, first),
                                .op_end = (int64_t)end };

    dj_buf_reset(&exec->layer);
    if (dj_layer_trace(exec->writer, dj_trace_lines(exec)) != DJ_OK ||
        dj_layer_end(exec->writer, &exec->layer, &what.live) != DJ_OK ||
        dj_buf_reserve(&exec->layer, DJ_PADDING) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for a layer");
    }
    if (!exec->layers_on) {
        return DJ_OK;
    }
    if (exec->state.base_owed) {
        DJ_TRY(put_base(exec, id, err));
    }
    what.raw = dj_buf_str(&exec->layer);
    return put(exec, &what, tally, err);
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

bool dj_exec_layers_full(const struct dj_exec *exec)
{
    return exec->ckpt != NULL && exec->plan.sets &&
           dj_ckpt_waiting(exec->ckpt) > WAITING_BYTES;
}

bool dj_exec_set_due(const struct dj_exec *exec, bool stopping)
{
    if (exec->ckpt == NULL || !exec->plan.sets) {
        return false;
    }
    if (dj_exec_layers_full(exec)) {
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
    path = dj_fs_join(sets_dir(exec), name);
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
                    /* auto: seconds to the next one, from what this one cost */
                    { .key = exec->plan.automatic ? "interval" : NULL,
                      .number = interval(exec) },
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

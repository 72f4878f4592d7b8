/*
 * Commit records: results/commit_000001.json says which partitions are finished
 * and where their bytes lie. A record is written as waves end and gets its name after
 * these bytes are on disk, so what it names can be trusted; what no record names is
 * done again. record.c reads them.
 *
 * One line a partition, so that neither side needs more memory than a line.
 */
#include "dj/clock.h"
#include "dj/fault.h"
#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/json.h"
#include "dj/log.h"
#include "exec/exec_private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* So much is gathered before it is written to the record. */
enum { GATHER_BYTES = 64 << 10 };

/* --- taking results in --------------------------------------------------------- */

static void remember_failure(struct dj_summary *summary,
                             const struct dj_part_result *result)
{
    struct dj_failed_partition *failed = NULL;

    for (size_t i = 0; i < summary->nfailed; i++) {
        if (summary->failed[i].id == result->id) {
            failed = &summary->failed[i];
        }
    }
    if (failed == NULL) {
        summary->failed = dj_xrealloc(summary->failed,
                                      (summary->nfailed + 1) * sizeof(*summary->failed));
        failed = &summary->failed[summary->nfailed++];
        *failed = (struct dj_failed_partition){ .id = result->id };
    }
    dj_xfree(failed->error);
    failed->error = dj_xstrdup(result->error);
    failed->attempts++;
}

static void forget_failure(struct dj_summary *summary, int64_t id)
{
    for (size_t i = 0; i < summary->nfailed; i++) {
        if (summary->failed[i].id == id) {
            dj_xfree(summary->failed[i].error);
            summary->failed[i] = summary->failed[--summary->nfailed];
            return;
        }
    }
}

/* It was read from the dataset, and not from rows that a stage has written. */
static void take_read(struct dj_exec *exec, const struct dj_part_result *result)
{
    struct dj_summary *summary = exec->root->summary;

    summary->rows_read += result->rows;
    summary->bytes_read += exec->root->partitions.items[result->id].bytes;
    if (result->attempt == exec->attempt) {
        summary->attempts[summary->nattempts - 1].rows_done += result->rows;
    }
}

void dj_exec_take(struct dj_exec *exec, const struct dj_part_result *result,
                  const struct dj_op_tally *tally)
{
    struct dj_part_done *done = &exec->root->done[result->id];
    struct dj_summary *summary = exec->root->summary;

    if (done->state == DJ_PART_DONE) {
        return;
    }
    if (result->state == DJ_PART_FAILED) {
        done->state = DJ_PART_FAILED;
        remember_failure(summary, result);
        return;
    }
    forget_failure(summary, result->id);
    done->state = DJ_PART_DONE;
    done->kept = result->kept;
    memcpy(done->extents, result->extents, sizeof(done->extents));
    done->state_digest = result->digests[DJ_RESULT_STATES];
    if (exec->stage->global) { /* its samples are not finished yet */
        return;
    }
    summary->partitions_done++;
    if (exec->stage->last) {
        summary->rows_kept += result->kept;
    }
    summary->rows_rejected += result->rejected;
    summary->rows_rejected_at_load += result->rejected_at_load;
    if (exec->stage->source == 0) {
        take_read(exec, result);
    } else {
        exec->root->rows_again += result->rows;
    }
    for (size_t i = 0; i < exec->nops; i++) {
        struct dj_op_tally *sum = &summary->tally[i];

        sum->rows_in += tally[i].rows_in;
        sum->rows_out += tally[i].rows_out;
        sum->dropped += tally[i].dropped;
        sum->rejected += tally[i].rejected;
        sum->derived += tally[i].derived;
        sum->bytes_in += tally[i].bytes_in;
        sum->seconds += tally[i].seconds;
        summary->rows_derived += tally[i].derived;
        if (exec->config->recipe.ops[i].op->kind == DJ_OP_DEDUPLICATOR) {
            summary->rows_deduplicated += tally[i].dropped;
        } else {
            summary->rows_filtered += tally[i].dropped;
        }
    }
}

static int by_id(const void *a, const void *b)
{
    const struct dj_part_result *const *x = a;
    const struct dj_part_result *const *y = b;

    return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

static void write_result(const struct dj_exec *exec, const struct dj_part_result *result,
                         const struct dj_op_tally *tally, struct dj_buf *out)
{
    char digest[DJ_HASH64_TEXT];
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 0);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_int(&w, "partition", result->id);
    dj_jsonw_kv_bool(&w, "done", result->state == DJ_PART_DONE);
    dj_jsonw_kv_int(&w, "rank", result->rank);
    dj_jsonw_kv_int(&w, "attempt", result->attempt);
    dj_jsonw_kv_double(&w, "start", result->start);
    dj_jsonw_kv_double(&w, "seconds", result->seconds);
    if (result->state != DJ_PART_DONE) {
        dj_jsonw_kv_text(&w, "error", result->error);
    } else {
        dj_jsonw_kv_int(&w, "rows", result->rows);
        dj_jsonw_kv_int(&w, "kept", result->kept);
        dj_jsonw_kv_int(&w, "rejected", result->rejected);
        dj_jsonw_kv_int(&w, "rejected_at_load", result->rejected_at_load);
        dj_jsonw_key(&w, "extents");
        dj_jsonw_open(&w, '[');
        for (int kind = 0; kind < DJ_RESULT_STREAMS; kind++) {
            dj_jsonw_int(&w, dj_segment_name(exec, result->extents[kind].segment));
            dj_jsonw_int(&w, result->extents[kind].offset);
            dj_jsonw_int(&w, result->extents[kind].bytes);
        }
        dj_jsonw_close(&w, ']');
        dj_jsonw_key(&w, "digests");
        dj_jsonw_open(&w, '[');
        for (int kind = 0; kind < DJ_RESULT_STREAMS; kind++) {
            dj_hash64_text(result->digests[kind], digest);
            dj_jsonw_text(&w, digest);
        }
        dj_jsonw_close(&w, ']');
        dj_jsonw_key(&w, "operators");
        dj_tally_write(&w, tally, exec->nops);
    }
    dj_jsonw_close(&w, '}');
    /* Without memory for its own bookkeeping rank 0 cannot go on. */
    if (dj_jsonw_end(&w) != DJ_OK || dj_buf_append(out, DJ_STR(",\n")) != DJ_OK) {
        dj_log(DJ_LOG_ERROR, "out of memory for the records of partitions");
        dj_comm_abort(exec->comm, DJ_EXIT_FAILED);
    }
}

/* Opens the record that is being written; a killed run's unfinished one goes. */
static enum dj_status begin_record(struct dj_exec *exec, struct dj_error *err)
{
    struct dj_commit *commit = &exec->root->commit;
    char *path = dj_record_path(exec->stage_dir, exec->root->commits + 1);
    const struct dj_record_head head = {
        .job_id = exec->job_id,
        .map_digest = exec->map_digest,
        .nops = exec->nops,
        .generation = exec->generation,
        .growing = dj_places_path(exec),
    };
    enum dj_status status;

    dj_xfree(commit->path);
    commit->path = dj_xprintf("%s.tmp", path);
    dj_xfree(path);
    if (commit->hasher == NULL) {
        commit->hasher = dj_hasher_new();
    }
    dj_hasher_reset(commit->hasher);
    status = dj_fs_open(commit->path, O_RDWR | O_CREAT | O_TRUNC, &commit->fd, err);
    commit->bytes = 0;
    if (status == DJ_OK && dj_record_write_head(&head, &commit->text) != DJ_OK) {
        status = dj_fail(err, DJ_NOMEM, "out of memory for a commit record");
    }
    dj_xfree(head.growing);
    return status;
}

static enum dj_status write_text(struct dj_commit *commit, struct dj_error *err)
{
    const struct dj_str text = dj_buf_str(&commit->text);

    dj_hasher_add(commit->hasher, text);
    commit->bytes += (int64_t)text.len;
    DJ_TRY(dj_fs_write(commit->fd, text, commit->path, err));
    dj_buf_reset(&commit->text);
    return DJ_OK;
}

enum dj_status dj_exec_take_results(struct dj_exec *exec, struct dj_str records,
                                    struct dj_error *err)
{
    struct dj_commit *commit = &exec->root->commit;
    enum dj_status status = DJ_OK;
    const size_t size = dj_record_size(exec);
    const size_t count = records.len / size;
    const struct dj_part_result **order = dj_xcalloc(count, sizeof(*order));

    /* Records start at multiples of 8 bytes in a buffer from malloc. */
    for (size_t i = 0; i < count; i++) {
        order[i] = (const void *)(records.ptr + i * size);
    }
    qsort(order, count, sizeof(*order), by_id);
    if (count > 0 && commit->fd < 0) {
        status = begin_record(exec, err);
    }
    for (size_t i = 0; i < count && status == DJ_OK; i++) {
        const struct dj_op_tally *tally = (const void *)(order[i] + 1);

        dj_exec_take(exec, order[i], tally);
        write_result(exec, order[i], tally, &commit->text);
        if (commit->text.len >= GATHER_BYTES) {
            status = write_text(commit, err);
        }
    }
    dj_xfree(order);
    return status;
}

enum dj_status dj_exec_commit(struct dj_exec *exec, struct dj_error *err)
{
    struct dj_exec_root *root = exec->root;
    struct dj_commit *commit = &root->commit;
    enum dj_status status;
    char *path;

    if (commit->fd < 0) {
        return DJ_OK;
    }
    DJ_TRY(dj_fault_at(DJ_FAULT_RESULT_COMMIT, err));
    DJ_TRY(write_text(commit, err));
    if (dj_record_write_end(commit->hasher, &commit->text) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for a commit record");
    }
    DJ_TRY(write_text(commit, err));
    close(commit->fd);
    commit->fd = -1;
    path = dj_record_path(exec->stage_dir, root->commits + 1);
    status = dj_fs_publish(commit->path, path, err);
    dj_xfree(path);
    DJ_TRY(status);
    root->commits++;
    root->last_commit = dj_clock_monotonic();
    dj_summary_saved(root->summary, dj_clock_now());
    return dj_summary_write(root->summary, &exec->paths, err);
}

enum dj_status dj_exec_flush_record(struct dj_exec *exec, struct dj_error *err)
{
    return exec->root->commit.fd < 0 ? DJ_OK : write_text(&exec->root->commit, err);
}

void dj_commit_release(struct dj_commit *commit)
{
    if (commit->fd >= 0) {
        close(commit->fd);
    }
    dj_xfree(commit->path);
    dj_hasher_free(commit->hasher);
    dj_buf_release(&commit->text);
}

/*
 * Commit records: results/commit_000001.json says which partitions are finished
 * and where their bytes lie in the segment files. A record is written after these
 * are on disk, so what it names can be trusted; what no record names is done again.
 *
 * One line a partition, so that reading needs no more memory than a line.
 */
#include "dj/clock.h"
#include "dj/fault.h"
#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/json.h"
#include "dj/log.h"
#include "exec/exec_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static char *commit_path(const struct dj_exec *exec, int64_t number)
{
    return dj_xprintf("%s/commit_%06" PRId64 ".json", exec->paths.results_dir, number);
}

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

/* Adds one result to what rank 0 knows: the done table and the summary's counts. */
static void take(struct dj_exec *exec, const struct dj_part_result *result,
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
    if (done->state == DJ_PART_FAILED) {
        forget_failure(summary, result->id);
    }
    done->state = DJ_PART_DONE;
    done->kept = result->kept;
    memcpy(done->extents, result->extents, sizeof(done->extents));
    summary->partitions_done++;
    summary->rows_read += result->rows;
    summary->rows_kept += result->kept;
    summary->rows_rejected += result->rejected;
    summary->rows_rejected_at_load += result->rejected_at_load;
    summary->bytes_read += exec->root->partitions.items[result->id].bytes;
    if (result->attempt == exec->attempt) {
        summary->attempts[summary->nattempts - 1].rows_done += result->rows;
    }
    for (size_t i = 0; i < exec->nops; i++) {
        struct dj_op_tally *sum = &summary->tally[i];

        sum->rows_in += tally[i].rows_in;
        sum->rows_out += tally[i].rows_out;
        sum->dropped += tally[i].dropped;
        sum->rejected += tally[i].rejected;
        sum->bytes_in += tally[i].bytes_in;
        sum->seconds += tally[i].seconds;
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
            dj_jsonw_int(&w, result->extents[kind].segment);
            dj_jsonw_int(&w, result->extents[kind].offset);
            dj_jsonw_int(&w, result->extents[kind].bytes);
        }
        dj_jsonw_close(&w, ']');
        dj_jsonw_key(&w, "operators");
        dj_jsonw_open(&w, '[');
        for (size_t i = 0; i < exec->nops; i++) {
            dj_jsonw_int(&w, tally[i].rows_in);
            dj_jsonw_int(&w, tally[i].rows_out);
            dj_jsonw_int(&w, tally[i].dropped);
            dj_jsonw_int(&w, tally[i].rejected);
            dj_jsonw_int(&w, tally[i].bytes_in);
            dj_jsonw_double(&w, tally[i].seconds);
        }
        dj_jsonw_close(&w, ']');
    }
    dj_jsonw_close(&w, '}');
    /* Without memory for its own bookkeeping rank 0 cannot go on. */
    if (dj_jsonw_end(&w) != DJ_OK || dj_buf_append(out, DJ_STR(",\n")) != DJ_OK) {
        dj_log(DJ_LOG_ERROR, "out of memory for the records of partitions");
        dj_comm_abort(exec->comm, DJ_EXIT_FAILED);
    }
}

void dj_exec_take_results(struct dj_exec *exec, struct dj_str records)
{
    const size_t size = dj_record_size(exec);
    const size_t count = records.len / size;
    const struct dj_part_result **order = dj_xcalloc(count, sizeof(*order));

    /* Records start at multiples of 8 bytes in a buffer from malloc. */
    for (size_t i = 0; i < count; i++) {
        order[i] = (const void *)(records.ptr + i * size);
    }
    qsort(order, count, sizeof(*order), by_id);
    for (size_t i = 0; i < count; i++) {
        const struct dj_op_tally *tally = (const void *)(order[i] + 1);

        take(exec, order[i], tally);
        write_result(exec, order[i], tally, &exec->root->pending);
    }
    dj_xfree(order);
}

/* --- writing ------------------------------------------------------------------- */

enum dj_status dj_exec_commit(struct dj_exec *exec, struct dj_error *err)
{
    struct dj_exec_root *root = exec->root;
    char digest[DJ_HASH64_TEXT];
    enum dj_status status;
    struct dj_buf text;
    char *path;

    if (root->pending.len == 0) {
        return DJ_OK;
    }
    DJ_TRY(dj_fault_at(DJ_FAULT_RESULT_COMMIT, err));
    path = commit_path(exec, root->commits + 1);
    dj_buf_init(&text);
    dj_hash64_text(dj_hash64(dj_buf_str(&root->pending)), digest);
    status = dj_buf_printf(&text,
                           "{\"version\": 1, \"job_id\": \"%s\", \"operators\": %zu, "
                           "\"digest\": \"%s\", \"partitions\": [\n",
                           exec->job_id, exec->nops, digest);
    if (status == DJ_OK) {
        status = dj_buf_append(&text, dj_buf_str(&root->pending));
    }
    if (status == DJ_OK) {
        status = dj_buf_append(&text, DJ_STR("null]}\n"));
    }
    if (status == DJ_OK) {
        status = dj_fs_replace(path, dj_buf_str(&text), err);
    } else {
        dj_fail(err, status, "out of memory for a commit record");
    }
    if (status == DJ_OK) {
        root->commits++;
        dj_buf_reset(&root->pending);
        root->last_commit = dj_clock_monotonic();
        status = dj_summary_write(root->summary, &exec->paths, err);
    }
    dj_buf_release(&text);
    dj_xfree(path);
    return status;
}

/* --- reading ------------------------------------------------------------------- */

static double number_at(const struct dj_json *array, size_t index)
{
    return dj_json_as_number(dj_json_at(array, index), 0);
}

static int64_t int_at(const struct dj_json *array, size_t index)
{
    return (int64_t)number_at(array, index);
}

static enum dj_status read_result(struct dj_str line, const char *path, size_t nops,
                                  struct dj_part_result *result,
                                  struct dj_op_tally *tally, struct dj_error *err)
{
    const struct dj_json *extents, *operators;
    struct dj_json *doc;

    DJ_TRY(dj_json_parse(line, path, &doc, err));
    *result = (struct dj_part_result){
        .id = dj_json_int(doc, "partition", -1),
        .state = dj_json_bool(doc, "done", false) ? DJ_PART_DONE : DJ_PART_FAILED,
        .rank = dj_json_int(doc, "rank", 0),
        .attempt = dj_json_int(doc, "attempt", 0),
        .rows = dj_json_int(doc, "rows", 0),
        .kept = dj_json_int(doc, "kept", 0),
        .rejected = dj_json_int(doc, "rejected", 0),
        .rejected_at_load = dj_json_int(doc, "rejected_at_load", 0),
        .start = dj_json_number(doc, "start", 0),
        .seconds = dj_json_number(doc, "seconds", 0),
    };
    (void)snprintf(result->error, sizeof(result->error), "%s",
                   dj_json_text(doc, "error", ""));
    extents = dj_json_get(doc, "extents");
    for (size_t kind = 0; kind < DJ_RESULT_STREAMS; kind++) {
        result->extents[kind] =
            (struct dj_extent){ int_at(extents, 3 * kind), int_at(extents, 3 * kind + 1),
                                int_at(extents, 3 * kind + 2) };
    }
    operators = dj_json_get(doc, "operators");
    for (size_t i = 0; i < nops; i++) {
        tally[i] = (struct dj_op_tally){
            .rows_in = int_at(operators, 6 * i),
            .rows_out = int_at(operators, 6 * i + 1),
            .dropped = int_at(operators, 6 * i + 2),
            .rejected = int_at(operators, 6 * i + 3),
            .bytes_in = int_at(operators, 6 * i + 4),
            .seconds = number_at(operators, 6 * i + 5),
        };
    }
    dj_json_free(doc);
    return DJ_OK;
}

/* Calls each for the lines of one text of records, every one ended by ",\n". */
static enum dj_status each_line(struct dj_exec *exec, struct dj_str text,
                                const char *path, dj_result_fn *each, void *context,
                                struct dj_error *err)
{
    struct dj_op_tally *tally = dj_xcalloc(exec->nops, sizeof(*tally));
    enum dj_status status = DJ_OK;
    struct dj_part_result result;

    while (text.len > 0 && status == DJ_OK) {
        const char *end = memchr(text.ptr, '\n', text.len);
        const size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);

        status = read_result((struct dj_str){ text.ptr, len > 0 ? len - 1 : 0 }, path,
                             exec->nops, &result, tally, err);
        if (status == DJ_OK) {
            status = each(context, &result, tally, err);
        }
        text.ptr += len < text.len ? len + 1 : len;
        text.len -= len < text.len ? len + 1 : len;
    }
    dj_xfree(tally);
    return status;
}

/* The records between the first and the last line, after comparing the digest. */
static enum dj_status open_records(const struct dj_buf *file, const char *path,
                                   struct dj_str *records, struct dj_error *err)
{
    const struct dj_str tail = DJ_STR("null]}\n");
    const char *begin = file->len == 0 ? NULL : memchr(file->ptr, '\n', file->len);
    const char *digest;
    char text[DJ_HASH64_TEXT];
    size_t head;

    if (begin != NULL && file->len >= tail.len) {
        head = (size_t)(begin - file->ptr) + 1;
        digest = memmem(file->ptr, head, "\"digest\": \"", 11);
        if (digest != NULL && file->len >= head + tail.len) {
            *records = (struct dj_str){ file->ptr + head, file->len - head - tail.len };
            dj_hash64_text(dj_hash64(*records), text);
            if (memcmp(digest + 11, text, DJ_HASH64_TEXT - 1) == 0) {
                return DJ_OK;
            }
        }
    }
    return dj_fail(
        err, DJ_RESUME,
        "%s: damaged; delete it to do again what it records, or choose another "
        "--job_id",
        path);
}

static enum dj_status each_committed(struct dj_exec *exec, int64_t number,
                                     dj_result_fn *each, void *context,
                                     struct dj_error *err)
{
    char *path = commit_path(exec, number);
    struct dj_str records;
    enum dj_status status;
    struct dj_buf file;

    dj_buf_init(&file);
    status = dj_fs_read(path, &file, err);
    if (status == DJ_OK) {
        status = open_records(&file, path, &records, err);
    }
    if (status == DJ_OK) {
        status = each_line(exec, records, path, each, context, err);
    }
    dj_buf_release(&file);
    dj_xfree(path);
    return status;
}

enum dj_status dj_exec_each_result(struct dj_exec *exec, dj_result_fn *each,
                                   void *context, struct dj_error *err)
{
    for (int64_t i = 1; i <= exec->root->commits; i++) {
        DJ_TRY(each_committed(exec, i, each, context, err));
    }
    return each_line(exec, dj_buf_str(&exec->root->pending), "pending records", each,
                     context, err);
}

/* A segment file that is as long as the extents in it say? Remembers the last one. */
struct sizes {
    const char *results_dir;
    int64_t segment[DJ_RESULT_STREAMS];
    int64_t bytes[DJ_RESULT_STREAMS];
};

static bool extent_there(struct sizes *sizes, enum dj_stream_kind kind,
                         struct dj_extent extent)
{
    if (extent.bytes == 0) {
        return true;
    }
    if (sizes->segment[kind] != extent.segment) {
        char *path = dj_segment_path(sizes->results_dir, extent.segment, kind);
        struct stat info;

        sizes->bytes[kind] = stat(path, &info) == 0 ? info.st_size : -1;
        sizes->segment[kind] = extent.segment;
        dj_xfree(path);
    }
    return extent.offset + extent.bytes <= sizes->bytes[kind];
}

struct restore {
    struct dj_exec *exec;
    struct sizes sizes;
    int64_t lost;
};

static enum dj_status restore_one(void *context, const struct dj_part_result *result,
                                  const struct dj_op_tally *tally, struct dj_error *err)
{
    struct restore *restore = context;

    if (result->id < 0 || result->id >= (int64_t)restore->exec->root->partitions.count) {
        return dj_fail(err, DJ_RESUME,
                       "a commit record names partition %" PRId64
                       ", which the partition map does not have; choose another --job_id",
                       result->id);
    }
    for (int kind = 0; kind < DJ_RESULT_STREAMS; kind++) {
        if (result->state == DJ_PART_DONE &&
            !extent_there(&restore->sizes, (enum dj_stream_kind)kind,
                          result->extents[kind])) {
            restore->lost++;
            return DJ_OK;
        }
    }
    take(restore->exec, result, tally);
    return DJ_OK;
}

enum dj_status dj_exec_restore(struct dj_exec *exec, struct dj_error *err)
{
    struct restore restore = { .exec = exec };
    struct dj_exec_root *root = exec->root;

    restore.sizes.results_dir = exec->paths.results_dir;
    memset(restore.sizes.segment, -1, sizeof(restore.sizes.segment));
    for (;;) {
        char *path = commit_path(exec, root->commits + 1);
        const bool there = dj_fs_exists(path);

        dj_xfree(path);
        if (!there) {
            break;
        }
        root->commits++;
        DJ_TRY(each_committed(exec, root->commits, restore_one, &restore, err));
    }
    if (restore.lost > 0) {
        dj_log(DJ_LOG_WARNING,
               "%" PRId64 " finished partitions are no longer in %s; they are done again",
               restore.lost, exec->paths.results_dir);
    }
    dj_log(DJ_LOG_INFO,
           "resuming job %s: %" PRId64 " of %" PRId64 " partitions are finished",
           exec->job_id, root->summary->partitions_done, root->summary->partitions_total);
    return DJ_OK;
}

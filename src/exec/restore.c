/* What commit records say: for a resumed run, and for the report at the end. */
#include "dj/fs.h"
#include "dj/log.h"
#include "exec/exec_private.h"

#include <inttypes.h>
#include <sys/stat.h>

/*
 * In a record a place in the growing export has the negative number of the file's
 * generation instead of a segment.
 */
int64_t dj_segment_name(const struct dj_exec *exec, int64_t segment)
{
    return segment == DJ_SEGMENT_GROWING ? -exec->generation : segment;
}

/* A record of another partition map says nothing about this one's partitions. */
static enum dj_status check_head(const struct dj_exec *exec,
                                 const struct dj_record *record, struct dj_error *err)
{
    if (record->map_digest == exec->map_digest) {
        return DJ_OK;
    }
    return dj_fail(err, DJ_RESUME,
                   "%s: written for other partitions than metadata/dataset_mapping.json "
                   "has; choose another --job_id, or delete the job's folder to start "
                   "over",
                   record->lines.path);
}

/* Calls each for every partition of the record. */
static enum dj_status each_line(struct dj_exec *exec, const char *path,
                                dj_result_fn *each, void *context, struct dj_error *err)
{
    struct dj_record record;
    enum dj_status status;
    bool more = true;

    DJ_TRY(dj_record_open(&record, path, err));
    status = check_head(exec, &record, err);
    record.generation = exec->generation; /* what is of others is lost */
    while (status == DJ_OK) {
        status = dj_record_next(&record, &more, err);
        if (status != DJ_OK || !more) {
            break;
        }
        if (record.result.state == DJ_PART_DONE && record.nops != exec->nops) {
            status = dj_fail(err, DJ_RESUME, "%s: of a recipe with %zu operators", path,
                             record.nops);
        } else {
            status = each(context, &record.result, record.tally, err);
        }
    }
    dj_record_close(&record);
    return status;
}

static enum dj_status each_committed(struct dj_exec *exec, int64_t number, bool check,
                                     dj_result_fn *each, void *context,
                                     struct dj_error *err)
{
    char *path = dj_record_path(exec->stage_dir, number);
    enum dj_status status = check ? dj_record_check(path, err) : DJ_OK;

    if (status == DJ_OK) {
        status = each_line(exec, path, each, context, err);
    }
    dj_xfree(path);
    return status;
}

enum dj_status dj_exec_each_result(struct dj_exec *exec, dj_result_fn *each,
                                   void *context, struct dj_error *err)
{
    for (int64_t i = 1; i <= exec->root->commits; i++) {
        DJ_TRY(each_committed(exec, i, false, each, context, err));
    }
    if (exec->root->commit.fd < 0) {
        return DJ_OK;
    }
    DJ_TRY(dj_exec_flush_record(exec, err));
    return each_line(exec, exec->root->commit.path, each, context, err);
}

/* A segment file that is as long as the extents in it say? Remembers the last one. */
struct sizes {
    const char *results_dir;
    char *growing; /* path of the growing export, or NULL */
    int64_t segment[DJ_RESULT_STREAMS];
    int64_t bytes[DJ_RESULT_STREAMS];
};

static bool extent_there(struct sizes *sizes, enum dj_stream_kind kind,
                         struct dj_extent extent)
{
    if (extent.segment == DJ_SEGMENT_LOST) {
        return false;
    }
    if (extent.bytes == 0) {
        return true;
    }
    if (sizes->segment[kind] != extent.segment) {
        char *path = extent.segment == DJ_SEGMENT_GROWING
                         ? dj_xstrdup(sizes->growing)
                         : dj_segment_path(sizes->results_dir, extent.segment, kind);
        struct stat info;

        sizes->bytes[kind] =
            path != NULL && stat(path, &info) == 0 ? (int64_t)info.st_size : -1;
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

/* A stream that is no longer needed when the stage's rows are written as a dataset. */
static bool is_in_rows(enum dj_stream_kind kind)
{
    return kind == DJ_RESULT_DATA || kind == DJ_RESULT_STATS || kind == DJ_RESULT_PLACES;
}

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
            !(restore->exec->root->in_rows && is_in_rows((enum dj_stream_kind)kind)) &&
            !extent_there(&restore->sizes, (enum dj_stream_kind)kind,
                          result->extents[kind])) {
            restore->lost++;
            return DJ_OK;
        }
    }
    dj_exec_take(restore->exec, result, tally);
    return DJ_OK;
}

static enum dj_status restore_all(struct dj_exec *exec, struct restore *restore,
                                  struct dj_error *err)
{
    struct dj_exec_root *root = exec->root;

    for (;;) {
        char *path = dj_record_path(exec->stage_dir, root->commits + 1);
        const bool there = dj_fs_exists(path);

        dj_xfree(path);
        if (!there) {
            return DJ_OK;
        }
        root->commits++;
        DJ_TRY(each_committed(exec, root->commits, true, restore_one, restore, err));
    }
}

enum dj_status dj_exec_restore(struct dj_exec *exec, struct dj_error *err)
{
    struct restore restore = { .exec = exec };
    struct dj_exec_root *root = exec->root;
    enum dj_status status;

    restore.sizes.results_dir = exec->stage_dir;
    restore.sizes.growing = dj_places_path(exec);
    memset(restore.sizes.segment, -1, sizeof(restore.sizes.segment));
    status = restore_all(exec, &restore, err);
    dj_xfree(restore.sizes.growing);
    DJ_TRY(status);
    if (restore.lost > 0) {
        dj_log(DJ_LOG_WARNING,
               "%" PRId64 " finished partitions are no longer in %s; they are done again",
               restore.lost, exec->stage_dir);
    }
    dj_log(DJ_LOG_INFO,
           "resuming job %s: %" PRId64 " of %" PRId64 " partitions are finished",
           exec->job_id, root->summary->partitions_done, root->summary->partitions_total);
    return DJ_OK;
}

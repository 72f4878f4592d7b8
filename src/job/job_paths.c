/* Every path of a job, in one place, and the folders that every job has. */
#include "dj/fs.h"
#include "dj/job.h"

/* {folder}/{job_id} where a folder is set, else {job_dir}/{name}. */
static char *place(const char *folder, const char *job_id, const char *job_dir,
                   const char *name)
{
    char *absolute, *path;

    if (folder == NULL || folder[0] == '\0') {
        return dj_fs_join(job_dir, name);
    }
    absolute = dj_fs_absolute(folder);
    path = dj_fs_join(absolute, job_id);
    dj_xfree(absolute);
    return path;
}

/* The recipe keeps its name, unless a file or folder of the job has it. */
static char *backup_path(const char *config_path, const char *job_dir)
{
    static const char *const taken[] = {
        "job_summary.json", "job.lock", "metadata",      "partitions",
        "intermediate",     "results",  "rejected",      "event_logs",
        "checkpoints",      "trace",    "progress.json", "stop_request.json"
    };
    const char *name = config_path == NULL ? "recipe.yaml" : dj_fs_basename(config_path);
    char *renamed, *path;

    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        if (strcmp(name, taken[i]) == 0) {
            renamed = dj_xprintf("recipe_%s", name);
            path = dj_fs_join(job_dir, renamed);
            dj_xfree(renamed);
            return path;
        }
    }
    return dj_fs_join(job_dir, name);
}

enum dj_status dj_job_paths_make(const struct dj_config *config, const char *job_id,
                                 struct dj_job_paths *paths, struct dj_error *err)
{
    const char *work_dir = config->work_dir == NULL ? "./outputs" : config->work_dir;
    char *work, *events;

    *paths = (struct dj_job_paths){ 0 };
    DJ_TRY(dj_job_id_check(job_id, err));
    work = dj_fs_absolute(work_dir);
    if (work[0] != '/') {
        dj_xfree(work);
        return dj_fail(err, DJ_IO,
                       "work_dir: the current folder has no name any more (was it "
                       "deleted?); change to another one");
    }
    paths->job_dir = dj_fs_join(work, job_id);
    dj_xfree(work);
    paths->summary = dj_fs_join(paths->job_dir, "job_summary.json");
    paths->lock = dj_fs_join(paths->job_dir, "job.lock");
    paths->progress = dj_fs_join(paths->job_dir, "progress.json");
    paths->stop_request = dj_fs_join(paths->job_dir, "stop_request.json");
    paths->config_backup = backup_path(config->config_path, paths->job_dir);
    paths->metadata_dir = dj_fs_join(paths->job_dir, "metadata");
    paths->identity = dj_fs_join(paths->metadata_dir, "identity.json");
    paths->dataset_mapping = dj_fs_join(paths->metadata_dir, "dataset_mapping.json");
    paths->rows_mapping = dj_fs_join(paths->metadata_dir, "rows_mapping.json");
    paths->mapping_report = dj_fs_join(paths->metadata_dir, "final_mapping_report.json");
    paths->partitions_dir = dj_fs_join(paths->job_dir, "partitions");
    paths->intermediate_dir = dj_fs_join(paths->job_dir, "intermediate");
    paths->results_dir = dj_fs_join(paths->job_dir, "results");
    paths->rejected_dir = dj_fs_join(paths->job_dir, "rejected");
    paths->trace_dir = dj_fs_join(paths->job_dir, "trace");
    events = place(config->event_log_dir, job_id, paths->job_dir, "");
    paths->event_dir = dj_fs_join(events, "event_logs");
    dj_xfree(events);
    paths->checkpoint_dir =
        place(config->checkpoint_dir, job_id, paths->job_dir, "checkpoints");
    return DJ_OK;
}

void dj_job_paths_release(struct dj_job_paths *paths)
{
    dj_xfree(paths->job_dir);
    dj_xfree(paths->summary);
    dj_xfree(paths->lock);
    dj_xfree(paths->progress);
    dj_xfree(paths->stop_request);
    dj_xfree(paths->config_backup);
    dj_xfree(paths->identity);
    dj_xfree(paths->metadata_dir);
    dj_xfree(paths->dataset_mapping);
    dj_xfree(paths->rows_mapping);
    dj_xfree(paths->mapping_report);
    dj_xfree(paths->partitions_dir);
    dj_xfree(paths->intermediate_dir);
    dj_xfree(paths->results_dir);
    dj_xfree(paths->rejected_dir);
    dj_xfree(paths->trace_dir);
    dj_xfree(paths->event_dir);
    dj_xfree(paths->checkpoint_dir);
    *paths = (struct dj_job_paths){ 0 };
}

static enum dj_status make_dir(const char *setting, const char *path,
                               struct dj_error *err)
{
    const enum dj_status status = dj_fs_make_dirs(path, err);

    return status == DJ_OK ? DJ_OK : dj_error_prefix(err, "%s: ", setting);
}

enum dj_status dj_job_make_dirs(const struct dj_job_paths *paths, struct dj_error *err)
{
    DJ_TRY(make_dir("work_dir", paths->job_dir, err));
    DJ_TRY(make_dir("work_dir", paths->metadata_dir, err));
    DJ_TRY(make_dir("work_dir", paths->results_dir, err));
    DJ_TRY(make_dir("work_dir", paths->rejected_dir, err));
    DJ_TRY(make_dir("event_log_dir", paths->event_dir, err));
    return make_dir("checkpoint_dir", paths->checkpoint_dir, err);
}

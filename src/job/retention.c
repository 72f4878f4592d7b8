/* What of a job's folder may go; see dj/retention.h. */
#include "dj/retention.h"

#include "dj/fs.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

static const double day = 86400;

/* Bytes of all files below path. */
static int64_t bytes_below(const char *path)
{
    const struct dirent *entry;
    struct stat info;
    int64_t bytes = 0;
    DIR *folder;

    if (lstat(path, &info) != 0) {
        return 0;
    }
    folder = S_ISDIR(info.st_mode) ? opendir(path) : NULL;
    if (folder == NULL) {
        return (int64_t)info.st_size;
    }
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            char *child = dj_fs_join(path, entry->d_name);

            bytes += bytes_below(child);
            dj_xfree(child);
        }
    }
    (void)closedir(folder);
    return bytes;
}

static void add(struct dj_reclaims *found, const char *path, const char *why)
{
    if (!dj_fs_exists(path)) {
        return;
    }
    found->items = dj_xrealloc(found->items, (found->count + 1) * sizeof(*found->items));
    found->items[found->count] =
        (struct dj_reclaim){ dj_xstrdup(path), bytes_below(path), why };
    found->bytes += found->items[found->count++].bytes;
}

static bool is_state(const struct dj_summary *summary, const char *state)
{
    return summary->state != NULL && strcmp(summary->state, state) == 0;
}

static bool has_failed(const struct dj_summary *summary, int64_t partition)
{
    for (size_t i = 0; i < summary->nfailed; i++) {
        if (summary->failed[i].id == partition) {
            return true;
        }
    }
    return false;
}

/* Folders of intermediate/, one a partition. */
static void find_partitions(const struct dj_job_paths *paths,
                            const struct dj_summary *summary,
                            const struct dj_retention_rules *rules, bool ended,
                            struct dj_reclaims *found)
{
    static const char prefix[] = "partition_";
    DIR *folder = opendir(paths->intermediate_dir);
    const struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        char *path;
        char *end;
        int64_t id;

        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0) {
            continue;
        }
        id = strtoll(entry->d_name + strlen(prefix), &end, 10);
        path = dj_fs_join(paths->intermediate_dir, entry->d_name);
        if (*end == '\0' && ended && rules->policy == DJ_RETENTION_KEEP_FAILED &&
            !has_failed(summary, id)) {
            add(found, path, "of a partition that is done (keep_failed_only)");
        } else if (rules->now - dj_fs_time(path) >= (double)rules->days * day) {
            add(found, path, "older than max_retention_days");
        }
        dj_xfree(path);
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
}

void dj_retention_find(const struct dj_job_paths *paths, const struct dj_summary *summary,
                       const struct dj_retention_rules *rules, struct dj_reclaims *found)
{
    const bool complete = is_state(summary, "completed");
    const bool ended = complete || is_state(summary, "partial");
    const bool nothing = rules->policy == DJ_RETENTION_CLEANUP;
    const bool old = rules->later && summary->end_time > 0 &&
                     rules->now - summary->end_time >= (double)rules->days * day;

    *found = (struct dj_reclaims){ 0 };
    if (!ended && !(old && rules->incomplete)) {
        return;
    }
    if ((complete && rules->temporary) || !ended) {
        const char *why =
            complete ? "only a running job needs it" : "of a job that was given up";

        add(found, paths->results_dir, why);
        add(found, paths->partitions_dir, why);
    }
    if (complete && rules->on_success) {
        add(found, paths->intermediate_dir, "the job is complete (cleanup_on_success)");
    } else if (ended && nothing) {
        add(found, paths->intermediate_dir, "the job has ended (cleanup_all)");
    } else {
        find_partitions(paths, summary, rules, ended, found);
    }
    if (complete && nothing) {
        add(found, paths->checkpoint_dir, "the job is complete (cleanup_all)");
    } else if (old && (complete || !ended)) {
        add(found, paths->checkpoint_dir, "older than max_retention_days");
    }
}

enum dj_status dj_reclaims_delete(const struct dj_reclaims *found, struct dj_error *err)
{
    for (size_t i = 0; i < found->count; i++) {
        DJ_TRY(dj_fs_remove_tree(found->items[i].path, err));
    }
    return DJ_OK;
}

void dj_reclaims_release(struct dj_reclaims *found)
{
    for (size_t i = 0; i < found->count; i++) {
        dj_xfree(found->items[i].path);
    }
    dj_xfree(found->items);
    *found = (struct dj_reclaims){ 0 };
}

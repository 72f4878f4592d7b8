/*
 * What is known of a job from its folder: summary, lock, progress, request. Other
 * processes change all of them meanwhile, so what looks dead is looked at twice.
 */
#include "cli/cli_jobs.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "dj/clock.h"
#include "dj/fs.h"
#include "dj/hash.h"

const char *const dj_job_state_names[DJ_JOB_NSTATES] = {
    [DJ_JOB_RUNNING] = "running", [DJ_JOB_COMPLETE] = "complete",
    [DJ_JOB_PARTIAL] = "partial", [DJ_JOB_FAILED] = "failed",
    [DJ_JOB_STOPPED] = "stopped", [DJ_JOB_DEAD] = "dead",
    [DJ_JOB_DAMAGED] = "damaged",
};

/* --- texts ----------------------------------------------------------------------------
 */

const char *dj_cli_when(double time, char text[DJ_NUMBER_TEXT])
{
    char local[DJ_CLOCK_TEXT];

    if (time <= 0) {
        return "-";
    }
    dj_clock_local(time, local);
    local[strcspn(local, ".")] = '\0';
    (void)snprintf(text, DJ_NUMBER_TEXT, "%.*s", DJ_NUMBER_TEXT - 1, local);
    return text;
}

const char *dj_cli_ago(double time, char text[DJ_NUMBER_TEXT])
{
    static const struct {
        double seconds;
        const char *name;
    } units[] = { { 172800, "days" }, { 86400, "day" }, { 3600, "h" }, { 60, "min" } };
    const double age = dj_clock_now() - time;

    if (time <= 0) {
        return "-";
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (age >= units[i].seconds) {
            const double unit = i == 0 ? 86400 : units[i].seconds;

            (void)snprintf(text, DJ_NUMBER_TEXT, "%.0f %s ago", age / unit - 0.499,
                           units[i].name);
            return text;
        }
    }
    (void)snprintf(text, DJ_NUMBER_TEXT, "%.0f s ago", age < 0 ? 0 : age);
    return text;
}

void dj_cli_time_json(struct dj_jsonw *w, const char *key, double time)
{
    char iso[DJ_CLOCK_TEXT];
    char iso_key[64];

    if (time > 0) {
        dj_jsonw_kv_double(w, key, time);
        dj_clock_iso(time, iso);
        (void)snprintf(iso_key, sizeof(iso_key), "%s_iso", key);
        dj_jsonw_kv_text(w, iso_key, iso);
    }
}

/* --- all jobs -------------------------------------------------------------------------
 */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_job(const char *work_dir, const char *name)
{
    static const char *const signs[] = { "job_summary.json", "metadata/identity.json" };
    struct dj_error ignored;
    bool found = false;

    if (name[0] == '.' || dj_job_id_check(name, &ignored) != DJ_OK) {
        return false;
    }
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]) && !found; i++) {
        char *path = dj_xprintf("%s/%s/%s", work_dir, name, signs[i]);

        found = dj_fs_exists(path);
        dj_xfree(path);
    }
    return found;
}

enum dj_status dj_cli_job_ids(const char *work_dir, char ***ids, size_t *count,
                              struct dj_error *err)
{
    const struct dirent *entry;
    DIR *folder = opendir(work_dir);

    *ids = NULL;
    *count = 0;
    if (folder == NULL) {
        return dj_fail(err, DJ_USAGE,
                       "there is no folder %s; --work_dir DIR says where jobs are",
                       work_dir);
    }
    while ((entry = readdir(folder)) != NULL) {
        if (is_job(work_dir, entry->d_name)) {
            *ids = dj_xrealloc((void *)*ids, (*count + 1) * sizeof(char *));
            (*ids)[(*count)++] = dj_xstrdup(entry->d_name);
        }
    }
    (void)closedir(folder);
    if (*count > 1) {
        qsort((void *)*ids, *count, sizeof(char *), by_name);
    }
    return DJ_OK;
}

void dj_cli_job_ids_free(char **ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        dj_xfree(ids[i]);
    }
    dj_xfree((void *)ids);
}

struct names {
    char **ids;
    size_t count;
};

static const char *next_name(void *context, size_t index)
{
    const struct names *names = context;

    return index < names->count ? names->ids[index] : NULL;
}

/* Ids are long: whoever types a part of one wants the ones that have it. */
char *dj_cli_near_jobs(const char *work_dir, const char *id)
{
    enum { MOST = 3 };
    struct names names;
    struct dj_error ignored;
    const char *near[MOST + 1];
    char *text = dj_xstrdup("");
    size_t found = 0;

    if (dj_cli_job_ids(work_dir, &names.ids, &names.count, &ignored) != DJ_OK) {
        return text;
    }
    near[0] = dj_nearest_name(id, next_name, &names);
    found = near[0] != NULL;
    for (size_t i = 0; i < names.count && found < MOST; i++) {
        if (strstr(names.ids[i], id) != NULL && names.ids[i] != near[0]) {
            near[found++] = names.ids[i];
        }
    }
    for (size_t i = 0; i < found; i++) {
        char *more = dj_xprintf("%s%s%s", text,
                                i == 0           ? ""
                                : i + 1 == found ? " or "
                                                 : ", ",
                                near[i]);

        dj_xfree(text);
        text = more;
    }
    dj_cli_job_ids_free(names.ids, names.count);
    return text;
}

/* --- one job --------------------------------------------------------------------------
 */

/* A summary that was changed or cut would tell something that never was. */
static enum dj_status read_summary(const char *path, struct dj_summary **summary,
                                   struct dj_error *err)
{
    struct dj_buf text;
    enum dj_status status;
    bool holds;

    *summary = NULL;
    if (!dj_fs_exists(path)) {
        return dj_fail(err, DJ_DATA,
                       "job_summary.json is missing: the job has just begun, or the file "
                       "was deleted");
    }
    dj_buf_init(&text);
    status = dj_fs_read(path, &text, err);
    holds = status == DJ_OK && dj_seal_holds(dj_buf_str(&text));
    dj_buf_release(&text);
    DJ_TRY(status);
    if (!holds) {
        return dj_fail(err, DJ_DATA,
                       "job_summary.json is damaged: it is not what a run has written");
    }
    return dj_summary_read(path, summary, err);
}

static enum dj_job_state state_of(const struct dj_job_view *view)
{
    static const struct {
        const char *text;
        enum dj_job_state state;
    } states[] = {
        { "completed", DJ_JOB_COMPLETE }, { "partial", DJ_JOB_PARTIAL },
        { "failed", DJ_JOB_FAILED },      { "stopped", DJ_JOB_STOPPED },
        { "killed", DJ_JOB_DEAD },
    };

    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (strcmp(view->summary->state, states[i].text) == 0) {
            return states[i].state;
        }
    }
    return view->holder.alive ? DJ_JOB_RUNNING : DJ_JOB_DEAD;
}

static void tell_dead(struct dj_job_view *view)
{
    const struct dj_holder *holder = &view->holder;
    char ago[DJ_NUMBER_TEXT];

    if (!holder->there) {
        (void)snprintf(view->remark, sizeof(view->remark),
                       "the run is gone, and so is its lock");
    } else if (holder->seen) {
        (void)snprintf(view->remark, sizeof(view->remark),
                       "process %lld on host %s is gone", (long long)holder->pid,
                       holder->host);
    } else {
        (void)snprintf(view->remark, sizeof(view->remark),
                       "process %lld on host %s was last heard of %s",
                       (long long)holder->pid, holder->host,
                       dj_cli_ago(holder->heard, ago));
    }
}

static void look(const struct dj_job_paths *paths, struct dj_job_view *view)
{
    struct dj_error err;

    dj_summary_free(view->summary);
    view->remark[0] = '\0';
    if (dj_job_holder(paths->lock, &view->holder, &err) != DJ_OK) {
        view->holder = (struct dj_holder){ 0 };
    }
    view->state = DJ_JOB_DAMAGED;
    if (read_summary(paths->summary, &view->summary, &err) != DJ_OK) {
        (void)snprintf(view->remark, sizeof(view->remark), "%.*s",
                       (int)sizeof(view->remark) - 1, err.text);
        return;
    }
    view->state = state_of(view);
    if (view->state == DJ_JOB_DEAD) {
        tell_dead(view);
    }
}

const struct dj_attempt *dj_job_view_attempt(const struct dj_job_view *view)
{
    return view->summary == NULL || view->summary->nattempts == 0
               ? NULL
               : &view->summary->attempts[view->summary->nattempts - 1];
}

static void later(double *time, double candidate)
{
    *time = candidate > *time ? candidate : *time;
}

static void find_times(struct dj_job_view *view)
{
    const struct dj_attempt *last = dj_job_view_attempt(view);

    view->started = view->summary == NULL ? 0 : view->summary->start_time;
    later(&view->seen, view->holder.heard);
    later(&view->seen, view->has_progress ? view->progress.time : 0);
    if (last != NULL) {
        later(&view->seen, last->start);
        later(&view->seen, last->end);
        later(&view->seen, last->saved);
        later(&view->seen, last->seen);
    }
    /* So that what the runs cost has all of the time until now. */
    if (last != NULL && last->end <= 0) {
        view->summary->attempts[view->summary->nattempts - 1].seen = view->seen;
    }
}

static char *read_export(const struct dj_job_paths *paths)
{
    struct dj_json *doc;
    struct dj_error ignored;
    char *path;

    if (!dj_fs_exists(paths->identity) ||
        dj_json_read(paths->identity, &doc, &ignored) != DJ_OK) {
        return NULL;
    }
    path = dj_xstrdup(dj_json_text(doc, "export_path", NULL));
    dj_json_free(doc);
    return path;
}

static double share_of(const struct dj_job_view *view)
{
    const struct dj_summary *summary = view->summary;

    if (view->has_progress) {
        return dj_job_progress_share(&view->progress);
    }
    return summary == NULL || summary->partitions_total <= 0
               ? view->state == DJ_JOB_COMPLETE
               : (double)summary->partitions_done / (double)summary->partitions_total;
}

void dj_job_view_make(const struct dj_job_paths *paths, struct dj_job_view *view)
{
    *view = (struct dj_job_view){ 0 };
    look(paths, view);
    if (view->state == DJ_JOB_DEAD) { /* or it has ended, or begun, in between */
        look(paths, view);
    }
    view->has_progress = dj_job_progress_read(paths->progress, &view->progress) &&
                         strcmp(view->progress.token, view->holder.token) == 0;
    view->has_request = dj_stop_request_read(paths->stop_request, &view->request) &&
                        strcmp(view->request.token, view->holder.token) == 0;
    find_times(view);
    view->share = share_of(view);
    view->export_path = read_export(paths);
}

void dj_job_view_release(struct dj_job_view *view)
{
    dj_summary_free(view->summary);
    dj_xfree(view->export_path);
    *view = (struct dj_job_view){ 0 };
}

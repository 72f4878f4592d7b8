/* dj-mpi status: all that is known of one job, while it runs and afterwards. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli_jobs.h"
#include "dj/fs.h"

enum { LABEL = 12, MOST_ATTEMPTS = 8 };

/* --- sets -----------------------------------------------------------------------------
 */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct dj_status_set *)a)->name,
                  ((const struct dj_status_set *)b)->name);
}

/* The record makes a set; the file beside it may be in work. */
static void find_sets(struct dj_job_status *status)
{
    static const char begin[] = "checkpoint_", end[] = ".json";
    const char *path = status->job.paths.checkpoint_dir;
    DIR *folder = opendir(path);
    const struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        const size_t len = strlen(entry->d_name);
        char *file;

        if (strncmp(entry->d_name, begin, strlen(begin)) != 0 || len < sizeof(end) ||
            strcmp(entry->d_name + len - strlen(end), end) != 0) {
            continue;
        }
        file = dj_fs_join(path, entry->d_name);
        status->sets =
            dj_xrealloc(status->sets, (status->nsets + 1) * sizeof(*status->sets));
        status->sets[status->nsets++] =
            (struct dj_status_set){ dj_xstrndup(entry->d_name, len - strlen(end)),
                                    dj_fs_time(file) };
        dj_xfree(file);
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    if (status->nsets > 1) {
        qsort(status->sets, status->nsets, sizeof(*status->sets), by_name);
    }
}

/* --- text -----------------------------------------------------------------------------
 */

static enum dj_status put_head(const struct dj_job_status *status, struct dj_buf *out)
{
    const struct dj_job_view *view = &status->view;
    const struct dj_attempt *last = dj_job_view_attempt(view);
    const char *reason = view->remark[0] != '\0' ? view->remark
                         : view->summary == NULL ? NULL
                                                 : view->summary->error_message;

    DJ_TRY(dj_buf_printf(out, "job %s: %s", status->job.id,
                         dj_job_state_names[view->state]));
    if (last != NULL) {
        DJ_TRY(dj_buf_printf(out, " (attempt %lld, %lld rank%s)", (long long)last->number,
                             (long long)last->ranks, last->ranks == 1 ? "" : "s"));
    }
    DJ_TRY(dj_buf_putc(out, '\n'));
    return reason == NULL ? DJ_OK
                          : dj_buf_printf(out, "  %-*s  %s\n", LABEL, "reason", reason);
}

static enum dj_status put_holder(const struct dj_job_status *status, struct dj_buf *out)
{
    const struct dj_holder *holder = &status->view.holder;
    char when[DJ_NUMBER_TEXT], ago[DJ_NUMBER_TEXT];

    if (!holder->there) {
        return DJ_OK;
    }
    DJ_TRY(dj_buf_printf(out, "  %-*s  process %lld on host %s", LABEL,
                         holder->alive ? "held by" : "was held by",
                         (long long)holder->pid, holder->host));
    if (holder->slurm_job_id[0] != '\0') {
        DJ_TRY(dj_buf_printf(out, " (Slurm job %s)", holder->slurm_job_id));
    }
    return dj_buf_printf(out, " since %s, last heard of %s\n",
                         dj_cli_when(holder->since, when),
                         dj_cli_ago(holder->heard, ago));
}

static enum dj_status put_speed(const struct dj_job_progress *progress,
                                struct dj_buf *out)
{
    const double left = dj_job_progress_left(progress);
    char number[DJ_NUMBER_TEXT], bytes[DJ_CLI_BYTES_TEXT];

    if (left < 0) {
        return DJ_OK;
    }
    dj_cli_bytes((int64_t)((double)progress->bytes / progress->seconds), bytes);
    DJ_TRY(dj_buf_printf(
        out, "  %-*s  %s samples/s, %s/s; ", LABEL, "speed",
        dj_job_text_count((int64_t)((double)(progress->rows - progress->rows_before) /
                                    progress->seconds),
                          number),
        bytes));
    return dj_buf_printf(out, "about %s left%s\n", dj_job_text_seconds(left, number),
                         progress->stage < progress->stages ? " of this stage" : "");
}

static enum dj_status put_progress(const struct dj_job_status *status, struct dj_buf *out)
{
    const struct dj_job_progress *progress = &status->view.progress;
    char rows[DJ_NUMBER_TEXT], kept[DJ_NUMBER_TEXT];

    if (!status->view.has_progress) {
        return status->view.state == DJ_JOB_RUNNING
                   ? dj_buf_printf(out, "  %-*s  it has just begun\n", LABEL, "progress")
                   : DJ_OK;
    }
    DJ_TRY(dj_buf_printf(out, "  %-*s  %s", LABEL, "doing", progress->phase));
    if (progress->stages > 1) {
        DJ_TRY(dj_buf_printf(out, " (stage %lld of %lld)", (long long)progress->stage,
                             (long long)progress->stages));
    }
    DJ_TRY(dj_buf_putc(out, '\n'));
    if (progress->stages < 1) {
        return DJ_OK; /* the input is not counted yet */
    }
    DJ_TRY(dj_buf_printf(
        out, "  %-*s  %.1f %%: %lld of %lld partitions, %s samples, %s kept", LABEL,
        "progress", status->view.share * 100, (long long)progress->parts_done,
        (long long)progress->parts_total, dj_job_text_count(progress->rows, rows),
        dj_job_text_count(progress->kept, kept)));
    if (progress->parts_failed > 0) {
        DJ_TRY(dj_buf_printf(out, ", %lld failed", (long long)progress->parts_failed));
    }
    DJ_TRY(dj_buf_putc(out, '\n'));
    return put_speed(progress, out);
}

static enum dj_status put_request(const struct dj_job_status *status, struct dj_buf *out)
{
    const struct dj_stop_request *request = &status->view.request;
    char when[DJ_NUMBER_TEXT];

    if (!status->view.has_request) {
        return DJ_OK;
    }
    return dj_buf_printf(out, "  %-*s  asked for by %s on %s at %s%s\n", LABEL, "stop",
                         request->user, request->host, dj_cli_when(request->time, when),
                         request->after_checkpoint ? ", when a checkpoint is written"
                                                   : "");
}

/* Counts of a running job are those that are on disk for good; at first there are none.
 */
static bool has_counts(const struct dj_job_status *status)
{
    return status->view.state != DJ_JOB_RUNNING || status->view.summary->rows_read > 0;
}

static enum dj_status put_counted(const struct dj_job_status *status, struct dj_buf *out)
{
    const struct dj_attempt *last = dj_job_view_attempt(&status->view);
    char ago[DJ_NUMBER_TEXT];

    if (status->view.state != DJ_JOB_RUNNING || last == NULL) {
        return DJ_OK;
    }
    return last->saved <= 0
               ? dj_buf_printf(out, "  %-*s  nothing by this run yet\n", LABEL,
                               "committed")
               : dj_buf_printf(out, "  %-*s  %s%s\n", LABEL, "committed",
                               dj_cli_ago(last->saved, ago),
                               has_counts(status) ? "; the counts below are of then"
                                                  : "");
}

static enum dj_status put_attempts(const struct dj_job_status *status, struct dj_buf *out)
{
    const struct dj_summary *summary = status->view.summary;
    const size_t count = summary->nattempts;
    const size_t first = count > MOST_ATTEMPTS ? count - MOST_ATTEMPTS : 0;

    if (first > 0) {
        DJ_TRY(
            dj_buf_printf(out, "  %-*s  %zu earlier ones\n", LABEL, "attempts", first));
    }
    for (size_t i = first; i < count; i++) {
        const struct dj_attempt *attempt = &summary->attempts[i];
        const double end = attempt->end > 0 ? attempt->end : attempt->seen;
        const bool dead = attempt->end <= 0 && status->view.state == DJ_JOB_DEAD;
        char when[DJ_NUMBER_TEXT], lasted[DJ_NUMBER_TEXT];

        DJ_TRY(dj_buf_printf(
            out, "  %-*s  %lld: %s, %s, %s, %lld rank%s", LABEL, i == 0 ? "attempts" : "",
            (long long)attempt->number, dead ? "killed" : attempt->state,
            dj_cli_when(attempt->start, when),
            end > attempt->start ? dj_job_text_seconds(end - attempt->start, lasted)
                                 : "no sign of life",
            (long long)attempt->ranks, attempt->ranks == 1 ? "" : "s"));
        if (attempt->host != NULL) {
            DJ_TRY(dj_buf_printf(
                out, " on %s", attempt->nodes == NULL ? attempt->host : attempt->nodes));
        }
        if (attempt->slurm_job_id != NULL) {
            DJ_TRY(dj_buf_printf(out, " (Slurm job %s)", attempt->slurm_job_id));
        }
        DJ_TRY(dj_buf_printf(out, "%s%s\n", attempt->reason == NULL ? "" : ": ",
                             attempt->reason == NULL ? "" : attempt->reason));
    }
    return DJ_OK;
}

static enum dj_status put_sets(const struct dj_job_status *status, struct dj_buf *out)
{
    const struct dj_summary *summary = status->view.summary;
    const struct dj_status_set *newest =
        status->nsets == 0 ? NULL : &status->sets[status->nsets - 1];
    char bytes[DJ_CLI_BYTES_TEXT], ago[DJ_NUMBER_TEXT];

    if (newest == NULL && summary->sets_written == 0) {
        return DJ_OK;
    }
    dj_cli_bytes(summary->set_bytes, bytes);
    DJ_TRY(dj_buf_printf(out, "  %-*s  %lld written (%s)", LABEL, "sets",
                         (long long)summary->sets_written, bytes));
    if (newest != NULL) {
        DJ_TRY(dj_buf_printf(out, ", the newest %s, %s", newest->name,
                             dj_cli_ago(newest->time, ago)));
    }
    return dj_buf_printf(out, ", in %s\n", status->job.paths.checkpoint_dir);
}

/* It was noted as "/home/mia/." */
static enum dj_status put_folder(const char *folder, struct dj_buf *out)
{
    const size_t len = strlen(folder);
    char *plain = dj_xstrndup(
        folder, len > 2 && strcmp(folder + len - 2, "/.") == 0 ? len - 2 : len);
    const enum dj_status status = dj_shell_quote(out, plain);

    dj_xfree(plain);
    return status;
}

static enum dj_status put_resume(const struct dj_job_status *status, struct dj_buf *out)
{
    const struct dj_summary *summary = status->view.summary;

    if (summary->resume_command == NULL || status->view.state == DJ_JOB_COMPLETE ||
        status->view.state == DJ_JOB_RUNNING) {
        return DJ_OK;
    }
    DJ_TRY(dj_buf_printf(out, "  to %s",
                         status->view.state == DJ_JOB_PARTIAL
                             ? "try the failed partitions again"
                             : "resume"));
    if (summary->folder != NULL) {
        DJ_TRY(dj_buf_append(out, DJ_STR(", in ")));
        DJ_TRY(put_folder(summary->folder, out));
    }
    return dj_buf_printf(out, ":\n    %s\n", summary->resume_command);
}

static enum dj_status put_log(const struct dj_job_status *status, struct dj_buf *out)
{
    return dj_buf_printf(out, "  %-*s  %s/events.log\n", LABEL, "log",
                         status->job.paths.event_dir);
}

static enum dj_status status_text(const struct dj_job_status *status, struct dj_buf *out)
{
    DJ_TRY(put_head(status, out));
    DJ_TRY(put_holder(status, out));
    DJ_TRY(put_progress(status, out));
    DJ_TRY(put_request(status, out));
    if (status->view.summary == NULL) {
        return put_log(status, out);
    }
    DJ_TRY(put_counted(status, out));
    DJ_TRY(has_counts(status)
               ? dj_summary_details(status->view.summary, &status->job.paths, out)
               : put_log(status, out));
    if (status->view.export_path != NULL && status->view.summary->noutputs == 0) {
        DJ_TRY(dj_buf_printf(out, "  %-*s  %s, when it is complete\n", LABEL, "output",
                             status->view.export_path));
    }
    DJ_TRY(put_attempts(status, out));
    DJ_TRY(put_sets(status, out));
    return put_resume(status, out);
}

int dj_cli_status(struct dj_cli *cli)
{
    struct dj_job_status status = { .nsets = 0 };
    struct dj_error err;
    struct dj_buf out;
    const enum dj_status found = dj_cli_job_find(cli, "status", &status.job, &err);
    int code;

    dj_buf_init(&out);
    if (found == DJ_OK) {
        dj_job_view_make(&status.job.paths, &status.view);
        find_sets(&status);
        code = dj_cli_print(cli->json ? dj_job_status_json(&status, &out)
                                      : status_text(&status, &out),
                            &out);
    } else {
        code = dj_cli_fail(found, &err);
    }
    for (size_t i = 0; i < status.nsets; i++) {
        dj_xfree(status.sets[i].name);
    }
    dj_xfree(status.sets);
    dj_job_view_release(&status.view);
    dj_cli_job_release(&status.job);
    return code;
}

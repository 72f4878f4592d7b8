/* dj-mpi status --json: everything, also what the text leaves out. */
#include "cli/cli_jobs.h"
#include "dj/fs.h"

static void holder(const struct dj_holder *lock, struct dj_jsonw *w)
{
    dj_jsonw_key(w, "lock");
    if (!lock->there) {
        dj_jsonw_null(w);
        return;
    }
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_bool(w, "alive", lock->alive);
    dj_jsonw_kv_text(w, "host", lock->host);
    dj_jsonw_kv_int(w, "process_id", lock->pid);
    dj_jsonw_kv_text(w, "slurm_job_id",
                     lock->slurm_job_id[0] == '\0' ? NULL : lock->slurm_job_id);
    dj_cli_time_json(w, "since", lock->since);
    dj_cli_time_json(w, "heartbeat", lock->heard);
    dj_jsonw_close(w, '}');
}

static void request(const struct dj_job_view *view, struct dj_jsonw *w)
{
    dj_jsonw_key(w, "stop_request");
    if (!view->has_request) {
        dj_jsonw_null(w);
        return;
    }
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_text(w, "after", view->request.after_checkpoint ? "checkpoint" : "now");
    dj_jsonw_kv_text(w, "user", view->request.user);
    dj_jsonw_kv_text(w, "host", view->request.host);
    dj_cli_time_json(w, "time", view->request.time);
    dj_jsonw_close(w, '}');
}

static void progress(const struct dj_job_view *view, struct dj_jsonw *w)
{
    const struct dj_job_progress *now = &view->progress;
    const double left = dj_job_progress_left(now);

    dj_jsonw_key(w, "progress");
    if (!view->has_progress) {
        dj_jsonw_null(w);
        return;
    }
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_text(w, "phase", now->phase);
    dj_jsonw_kv_int(w, "stage", now->stage);
    dj_jsonw_kv_int(w, "stages", now->stages);
    dj_jsonw_kv_int(w, "partitions_done", now->parts_done);
    dj_jsonw_kv_int(w, "partitions_failed", now->parts_failed);
    dj_jsonw_kv_int(w, "partitions_total", now->parts_total);
    dj_jsonw_kv_int(w, "samples_read", now->rows);
    dj_jsonw_kv_int(w, "samples_kept", now->kept);
    dj_jsonw_kv_int(w, "bytes_done", now->bytes_before + now->bytes);
    dj_jsonw_kv_int(w, "bytes_total", now->bytes_total);
    if (left >= 0) {
        dj_jsonw_kv_double(w, "samples_per_second",
                           (double)(now->rows - now->rows_before) / now->seconds);
        dj_jsonw_kv_double(w, "bytes_per_second", (double)now->bytes / now->seconds);
        dj_jsonw_kv_double(w, "seconds_left", left);
    }
    dj_cli_time_json(w, "time", now->time);
    dj_jsonw_close(w, '}');
}

static void attempts(const struct dj_job_view *view, struct dj_jsonw *w)
{
    const struct dj_summary *summary = view->summary;

    dj_jsonw_key(w, "attempts");
    dj_jsonw_open(w, '[');
    for (size_t i = 0; i < summary->nattempts; i++) {
        const struct dj_attempt *attempt = &summary->attempts[i];
        const bool dead = attempt->end <= 0 && view->state == DJ_JOB_DEAD;

        dj_jsonw_open(w, '{');
        dj_jsonw_kv_int(w, "attempt", attempt->number);
        dj_jsonw_kv_text(w, "status", dead ? "killed" : attempt->state);
        dj_jsonw_kv_text(w, "reason", dead ? view->remark : attempt->reason);
        dj_cli_time_json(w, "start_time", attempt->start);
        dj_cli_time_json(w, "end_time", attempt->end);
        dj_cli_time_json(w, "saved_time", attempt->saved);
        dj_cli_time_json(w, "seen_time", attempt->seen);
        dj_jsonw_kv_int(w, "ranks", attempt->ranks);
        dj_jsonw_kv_text(w, "launcher", attempt->launcher);
        dj_jsonw_kv_text(w, "host", attempt->host);
        dj_jsonw_kv_text(w, "nodes", attempt->nodes);
        dj_jsonw_kv_text(w, "slurm_job_id", attempt->slurm_job_id);
        dj_jsonw_kv_int(w, "samples_done", attempt->rows_done);
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
}

static void counts(const struct dj_summary *summary, struct dj_jsonw *w)
{
    const struct dj_account account = dj_summary_account(summary);

    dj_jsonw_key(w, "ledger");
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_int(w, "read", summary->rows_read);
    dj_jsonw_kv_int(w, "derived", summary->rows_derived);
    dj_jsonw_kv_int(w, "kept", summary->rows_kept);
    dj_jsonw_kv_int(w, "filtered", summary->rows_filtered);
    dj_jsonw_kv_int(w, "deduplicated", summary->rows_deduplicated);
    dj_jsonw_kv_int(w, "rejected", summary->rows_rejected);
    dj_jsonw_close(w, '}');
    dj_jsonw_kv_int(w, "bytes_read", summary->bytes_read);
    dj_jsonw_key(w, "partitions");
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_int(w, "total", summary->partitions_total);
    dj_jsonw_kv_int(w, "done", summary->partitions_done);
    dj_jsonw_kv_int(w, "failed", dj_i64_from_size(summary->nfailed));
    dj_jsonw_close(w, '}');
    dj_jsonw_key(w, "accounting");
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_double(w, "seconds", account.seconds);
    dj_jsonw_kv_double(w, "core_hours", account.core_hours);
    dj_jsonw_kv_double(w, "samples_per_second", account.samples_per_second);
    dj_jsonw_kv_double(w, "lost_core_hours", account.lost_core_hours);
    dj_jsonw_close(w, '}');
    dj_jsonw_key(w, "operators");
    dj_jsonw_open(w, '[');
    for (size_t i = 0; i < summary->nops; i++) {
        const struct dj_op_tally *tally = &summary->tally[i];

        dj_jsonw_open(w, '{');
        dj_cli_put_tally(w, summary->op_names[i], tally);
        dj_jsonw_kv_double(w, "seconds", tally->seconds);
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
}

static void sets(const struct dj_job_status *status, struct dj_jsonw *w)
{
    const struct dj_summary *summary = status->view.summary;

    dj_jsonw_key(w, "checkpoints");
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_text(w, "folder", status->job.paths.checkpoint_dir);
    if (summary != NULL) {
        dj_jsonw_kv_int(w, "written", summary->sets_written);
        dj_jsonw_kv_int(w, "bytes", summary->set_bytes);
        dj_jsonw_kv_double(w, "seconds", summary->set_seconds);
    }
    dj_jsonw_key(w, "sets");
    dj_jsonw_open(w, '[');
    for (size_t i = 0; i < status->nsets; i++) {
        dj_jsonw_open(w, '{');
        dj_jsonw_kv_text(w, "name", status->sets[i].name);
        dj_cli_time_json(w, "time", status->sets[i].time);
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
    dj_jsonw_close(w, '}');
}

static void places(const struct dj_job_paths *paths, struct dj_jsonw *w)
{
    char *log = dj_fs_join(paths->event_dir, "events.log");
    char *events = dj_fs_join(paths->event_dir, "events.jsonl");

    dj_jsonw_kv_text(w, "job_dir", paths->job_dir);
    dj_jsonw_kv_text(w, "summary", paths->summary);
    dj_jsonw_kv_text(w, "log", log);
    dj_jsonw_kv_text(w, "events", events);
    dj_jsonw_kv_text(w, "rejected_dir", paths->rejected_dir);
    dj_xfree(log);
    dj_xfree(events);
}

enum dj_status dj_job_status_json(const struct dj_job_status *status, struct dj_buf *out)
{
    const struct dj_job_view *view = &status->view;
    const struct dj_attempt *last = dj_job_view_attempt(view);
    const struct dj_summary *summary = view->summary;
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_text(&w, "job_id", status->job.id);
    dj_jsonw_kv_text(&w, "state", dj_job_state_names[view->state]);
    dj_jsonw_kv_text(&w, "remark", view->remark[0] == '\0' ? NULL : view->remark);
    dj_jsonw_kv_text(&w, "error_message",
                     summary == NULL ? NULL : summary->error_message);
    dj_jsonw_kv_double(&w, "share_done", view->share);
    if (last != NULL) {
        dj_jsonw_kv_int(&w, "ranks", last->ranks);
    }
    dj_cli_time_json(&w, "started", view->started);
    dj_cli_time_json(&w, "last_sign", view->seen);
    holder(&view->holder, &w);
    progress(view, &w);
    request(view, &w);
    if (summary != NULL) {
        attempts(view, &w);
        counts(summary, &w);
        dj_summary_put_troubles(&w, summary);
        dj_summary_put_outputs(&w, summary);
        dj_jsonw_kv_text(&w, "resumption_command",
                         view->state == DJ_JOB_COMPLETE ? NULL : summary->resume_command);
        dj_jsonw_kv_text(&w, "folder", summary->folder);
    }
    sets(status, &w);
    dj_jsonw_kv_text(&w, "export_path", view->export_path);
    places(&status->job.paths, &w);
    dj_jsonw_close(&w, '}');
    return dj_jsonw_end(&w);
}

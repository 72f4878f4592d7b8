/*
 * dj-mpi stop: asks a running job to stop. A file in the job's folder says it, so that no
 * signal has to reach the job's node; rank 0 looks for it each second. The request names
 * the lock of the run that is meant: a run that begins later has another one.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli_jobs.h"
#include "dj/clock.h"
#include "dj/fs.h"

/* Seconds between two looks at a job that is waited for. */
static const double look_again = 0.3;

struct stop {
    struct dj_cli *cli;
    struct dj_cli_job job;
    struct dj_job_view view;
    struct dj_stop_request request; /* that the job has */
    bool after_checkpoint;
    bool cancel;
    bool wait;
    double patience; /* seconds to wait at most; 0: without end */
    bool ended;      /* with wait: what the job was asked for has come */
};

/* --- the words ------------------------------------------------------------------------
 */

static enum dj_status take_after(struct dj_cli *cli, struct stop *stop,
                                 struct dj_error *err)
{
    const char *text = "now";

    DJ_TRY(dj_cli_take_value(cli, "--after", &text, err));
    stop->after_checkpoint = strcmp(text, "checkpoint") == 0;
    return stop->after_checkpoint || strcmp(text, "now") == 0
               ? DJ_OK
               : dj_fail(err, DJ_USAGE,
                         "--after: \"%s\" is neither checkpoint (when the next set or "
                         "commit is written) nor now",
                         text);
}

static bool is_number(const char *text)
{
    return text[0] != '\0' && strspn(text, "0123456789.") == strlen(text);
}

/* --wait, --wait SECONDS, --wait=SECONDS */
static enum dj_status take_wait(struct dj_cli *cli, struct stop *stop,
                                struct dj_error *err)
{
    int kept = 0;

    for (int i = 0; i < cli->argc; i++) {
        const char *word = cli->argv[i];
        const char *seconds = NULL;

        if (strcmp(word, "--wait") == 0) {
            stop->wait = true;
            if (i + 1 < cli->argc && is_number(cli->argv[i + 1])) {
                seconds = cli->argv[++i];
            }
        } else if (strncmp(word, "--wait=", 7) == 0) {
            stop->wait = true;
            seconds = word + 7;
        } else {
            cli->argv[kept++] = cli->argv[i];
        }
        if (seconds != NULL && (!is_number(seconds) || strtod(seconds, NULL) <= 0)) {
            return dj_fail(err, DJ_USAGE, "--wait: \"%s\" is no number of seconds",
                           seconds);
        }
        stop->patience = seconds == NULL ? stop->patience : strtod(seconds, NULL);
    }
    cli->argc = kept;
    return DJ_OK;
}

static enum dj_status take_words(struct stop *stop, struct dj_error *err)
{
    struct dj_cli *cli = stop->cli;

    stop->cancel = dj_cli_take(cli, "--cancel");
    DJ_TRY(take_after(cli, stop, err));
    DJ_TRY(take_wait(cli, stop, err));
    if (stop->cancel && (stop->after_checkpoint || stop->wait)) {
        return dj_fail(err, DJ_USAGE,
                       "--cancel takes a request back; it goes with neither --after nor "
                       "--wait");
    }
    return dj_cli_job_find(cli, "stop", &stop->job, err);
}

/* --- the request ----------------------------------------------------------------------
 */

static void fill_request(struct stop *stop)
{
    struct dj_stop_request *request = &stop->request;
    const struct passwd *user = getpwuid(geteuid());

    *request = (struct dj_stop_request){ .after_checkpoint = stop->after_checkpoint,
                                         .time = dj_clock_now() };
    memcpy(request->token, stop->view.holder.token, sizeof(request->token));
    if (user != NULL) {
        (void)snprintf(request->user, sizeof(request->user), "%s", user->pw_name);
    } else {
        (void)snprintf(request->user, sizeof(request->user), "user %u",
                       (unsigned)geteuid());
    }
    (void)gethostname(request->host, sizeof(request->host) - 1);
}

static enum dj_status check_running(const struct stop *stop, struct dj_error *err)
{
    const struct dj_job_view *view = &stop->view;
    char when[DJ_NUMBER_TEXT];

    if (view->holder.alive && view->holder.token[0] != '\0') {
        return DJ_OK;
    }
    if (view->state == DJ_JOB_DEAD || view->state == DJ_JOB_DAMAGED) {
        return dj_fail(err, DJ_USAGE, "job %s does not run: %s", stop->job.id,
                       view->remark);
    }
    return dj_fail(err, DJ_USAGE, "job %s does not run: it is %s since %s", stop->job.id,
                   dj_job_state_names[view->state], dj_cli_when(view->seen, when));
}

static enum dj_status ask(struct stop *stop, struct dj_error *err)
{
    stop->request = stop->view.request;
    if (stop->view.has_request && !stop->request.after_checkpoint) {
        return DJ_OK; /* it stops already */
    }
    fill_request(stop);
    return dj_stop_request_write(stop->job.paths.stop_request, &stop->request, err);
}

static enum dj_status take_back(struct stop *stop, struct dj_error *err)
{
    if (!stop->view.has_request) {
        return dj_fail(err, DJ_USAGE, "nobody has asked job %s to stop", stop->job.id);
    }
    if (!stop->view.request.after_checkpoint) {
        return dj_fail(
            err, DJ_USAGE,
            "job %s was told to stop at once: that cannot be taken back; to go "
            "on with it, run it again",
            stop->job.id);
    }
    return dj_fs_remove(stop->job.paths.stop_request, err);
}

/* --- the wait -------------------------------------------------------------------------
 */

/* The run that was asked holds the lock no more. */
static bool has_ended(const struct stop *stop)
{
    struct dj_holder holder;
    struct dj_error ignored;

    return dj_job_holder(stop->job.paths.lock, &holder, &ignored) == DJ_OK &&
           (!holder.alive || strcmp(holder.token, stop->view.holder.token) != 0);
}

static void await_end(struct stop *stop)
{
    const double end = dj_clock_monotonic() + stop->patience;

    while (!has_ended(stop)) {
        if (stop->patience > 0 && dj_clock_monotonic() >= end) {
            return;
        }
        dj_clock_sleep(look_again);
    }
    stop->ended = true;
    dj_job_view_release(&stop->view);
    dj_job_view_make(&stop->job.paths, &stop->view);
}

/* --- the answer -----------------------------------------------------------------------
 */

static const char *reason_of(const struct dj_job_view *view)
{
    const struct dj_attempt *last = dj_job_view_attempt(view);

    return view->remark[0] != '\0' ? view->remark : last == NULL ? NULL : last->reason;
}

static enum dj_status answer_text(const struct stop *stop, struct dj_buf *out)
{
    const struct dj_job_view *view = &stop->view;
    const char *id = stop->job.id;
    const char *reason = reason_of(view);

    if (stop->cancel) {
        return dj_buf_printf(out, "job %s: the request to stop is taken back\n", id);
    }
    if (stop->ended) {
        return dj_buf_printf(out, "job %s: %s%s%s\n", id, dj_job_state_names[view->state],
                             reason == NULL ? "" : "; ", reason == NULL ? "" : reason);
    }
    return dj_buf_printf(
        out, "job %s, process %lld on host %s, is asked to stop%s%s\n", id,
        (long long)view->holder.pid, view->holder.host,
        stop->request.after_checkpoint ? " when its next checkpoint is written" : "",
        stop->wait ? "; it has not ended in the time given" : "");
}

static enum dj_status answer_json(const struct stop *stop, struct dj_buf *out)
{
    const struct dj_job_view *view = &stop->view;
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_text(&w, "job_id", stop->job.id);
    dj_jsonw_kv_text(&w, "state", dj_job_state_names[view->state]);
    dj_jsonw_kv_bool(&w, "asked", !stop->cancel);
    dj_jsonw_kv_text(&w, "after",
                     stop->cancel                     ? NULL
                     : stop->request.after_checkpoint ? "checkpoint"
                                                      : "now");
    dj_jsonw_kv_bool(&w, "ended", stop->ended);
    dj_jsonw_kv_text(&w, "reason", stop->ended ? reason_of(view) : NULL);
    dj_jsonw_close(&w, '}');
    return dj_jsonw_end(&w);
}

/* When waited for: did it end, and as something that was finished or can go on? */
static bool is_good(const struct stop *stop)
{
    const enum dj_job_state state = stop->view.state;

    return !stop->wait || (stop->ended && state != DJ_JOB_FAILED &&
                           state != DJ_JOB_DEAD && state != DJ_JOB_DAMAGED);
}

static enum dj_status run(struct stop *stop, struct dj_error *err)
{
    DJ_TRY(take_words(stop, err));
    dj_job_view_make(&stop->job.paths, &stop->view);
    DJ_TRY(check_running(stop, err));
    DJ_TRY(stop->cancel ? take_back(stop, err) : ask(stop, err));
    if (stop->wait) {
        await_end(stop);
    }
    return DJ_OK;
}

int dj_cli_stop(struct dj_cli *cli)
{
    struct stop stop = { .cli = cli };
    struct dj_error err;
    struct dj_buf out;
    const enum dj_status status = run(&stop, &err);
    int code;

    dj_buf_init(&out);
    if (status != DJ_OK) {
        code = dj_cli_fail(status, &err);
    } else {
        code = dj_cli_print(
            cli->json ? answer_json(&stop, &out) : answer_text(&stop, &out), &out);
        code = code == DJ_EXIT_COMPLETE && !is_good(&stop) ? DJ_EXIT_FAILED : code;
    }
    dj_job_view_release(&stop.view);
    dj_cli_job_release(&stop.job);
    return code;
}

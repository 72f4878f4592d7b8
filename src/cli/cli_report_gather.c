/* All that a report tells, from the files of a job; what cannot be read is told too. */
#include "cli/cli_report.h"

#include <stdio.h>

#include "dj/clock.h"
#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/job_live.h"

/* More of a recipe is no reading for people. */
enum { MOST_RECIPE = 1 << 20 };

void dj_report_missing(struct dj_report *report, const char *fmt, ...)
{
    struct dj_error text;
    va_list args;

    va_start(args, fmt);
    (void)dj_vfail(&text, DJ_OK, fmt, args);
    va_end(args);
    report->missing =
        dj_xrealloc((void *)report->missing, (report->nmissing + 1) * sizeof(char *));
    report->missing[report->nmissing++] = dj_xstrdup(text.text);
}

static void free_parts(struct dj_report_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        dj_xfree(parts[i].text);
    }
}

void dj_report_release(struct dj_report *report)
{
    for (size_t i = 0; i < report->nops; i++) {
        dj_xfree(report->ops[i].name);
    }
    for (size_t i = 0; i < report->nattempts; i++) {
        dj_xfree(report->attempts[i].state);
        dj_xfree(report->attempts[i].reason);
        dj_xfree(report->attempts[i].nodes);
    }
    for (size_t i = 0; i < report->nreasons; i++) {
        dj_xfree(report->reasons[i].op);
        dj_xfree(report->reasons[i].text);
    }
    for (size_t i = 0; i < report->nmissing; i++) {
        dj_xfree(report->missing[i]);
    }
    free_parts(report->slow, report->nslow);
    free_parts(report->failed, report->nfailed);
    dj_xfree((void *)report->missing);
    dj_xfree(report->ops);
    dj_xfree(report->attempts);
    dj_xfree(report->recipe_name);
    dj_xfree(report->recipe);
    dj_series_release(&report->series);
    dj_ledger_release(&report->ledger);
    dj_summary_free(report->summary);
    dj_json_free(report->doc);
}

/* --- the summary ----------------------------------------------------------------- */

static void read_summary(struct dj_report *report)
{
    const char *path = report->job->paths.summary;
    struct dj_error err;
    struct dj_buf text;

    if (!dj_fs_exists(path)) {
        dj_report_missing(report, "job_summary.json is not there: what follows is by the "
                                  "events alone");
        return;
    }
    dj_buf_init(&text);
    if (dj_fs_read(path, &text, &err) != DJ_OK ||
        dj_json_parse(dj_buf_str(&text), path, &report->doc, &err) != DJ_OK ||
        dj_summary_read(path, &report->summary, &err) != DJ_OK) {
        report->summary = NULL;
        dj_report_missing(report,
                          "job_summary.json cannot be used: %s; what follows is by "
                          "the events alone",
                          err.text);
    } else if (!dj_seal_holds(dj_buf_str(&text))) {
        dj_report_missing(report,
                          "job_summary.json was changed since it was written, or is "
                          "damaged: its digest does not fit");
    }
    dj_buf_release(&text);
}

static void attempts_by_summary(struct dj_report *report)
{
    const struct dj_summary *summary = report->summary;

    report->nattempts = summary->nattempts;
    report->attempts = dj_xcalloc(summary->nattempts + 1, sizeof(*report->attempts));
    for (size_t i = 0; i < summary->nattempts; i++) {
        const struct dj_attempt *from = &summary->attempts[i];
        const bool killed = from->state != NULL && strcmp(from->state, "running") == 0 &&
                            !(report->running && i + 1 == summary->nattempts);

        report->attempts[i] = (struct dj_report_attempt){
            .number = from->number,
            .ranks = from->ranks,
            .rows = from->rows_done,
            .start = from->start,
            .end = from->end > 0 ? from->end : from->seen,
            .state = dj_xstrdup(killed ? "killed" : from->state),
            .reason = dj_xstrdup(from->reason),
            .nodes = dj_xstrdup(from->nodes),
        };
    }
}

static void failed_by_summary(struct dj_report *report)
{
    const struct dj_summary *summary = report->summary;

    free_parts(report->failed, report->nfailed);
    report->nfailed = 0;
    for (size_t i = 0; i < summary->nfailed && i < DJ_REPORT_FAILED; i++) {
        report->failed[report->nfailed++] = (struct dj_report_part){
            .id = summary->failed[i].id,
            .rank = -1,
            .attempt = summary->failed[i].attempts,
            .text = dj_xstrdup(summary->failed[i].error),
        };
    }
}

static void figures_by_summary(struct dj_report *report)
{
    const struct dj_summary *summary = report->summary;

    report->nops = summary->nops;
    report->ops = dj_xcalloc(summary->nops + 1, sizeof(*report->ops));
    for (size_t i = 0; i < summary->nops; i++) {
        const struct dj_op_tally *tally = &summary->tally[i];

        report->ops[i] = (struct dj_report_op){
            dj_xstrdup(summary->op_names[i]),
            tally->rows_in,
            tally->rows_out,
            tally->dropped,
            tally->rejected,
            tally->derived,
            tally->seconds,
            (double)tally->bytes_in,
        };
    }
    report->read = summary->rows_read;
    report->kept = summary->rows_kept;
    report->filtered = summary->rows_filtered;
    report->deduplicated = summary->rows_deduplicated;
    report->rejected = summary->rows_rejected;
    report->at_load = summary->rows_rejected_at_load;
    report->derived = summary->rows_derived;
    report->bytes_read = summary->bytes_read;
    report->parts_done = summary->partitions_done;
    report->parts_failed = dj_i64_from_size(summary->nfailed);
    report->parts_total = summary->partitions_total;
    failed_by_summary(report);
}

/* --- the events ------------------------------------------------------------------ */

static void figures_by_events(struct dj_report *report)
{
    struct dj_ledger *ledger = &report->ledger;

    report->by_events = true;
    dj_ledger_sum(ledger, false);
    report->nops = (size_t)ledger->nops;
    report->ops = dj_xcalloc(report->nops + 1, sizeof(*report->ops));
    for (size_t i = 0; i < report->nops; i++) {
        const struct dj_ledger_op *op = &ledger->ops[i];

        report->ops[i] = (struct dj_report_op){
            dj_xstrdup(op->name), op->in,      op->out,     op->dropped,
            op->rejected,         op->derived, op->seconds, op->bytes,
        };
    }
    report->read = ledger->read;
    report->kept = ledger->kept;
    report->filtered = ledger->filtered;
    report->deduplicated = ledger->deduplicated;
    report->rejected = ledger->rejected > 0 ? ledger->rejected : 0;
    report->at_load = ledger->at_load > 0 ? ledger->at_load : 0;
    report->derived = ledger->derived;
    report->parts_done = ledger->done;
    report->parts_failed = ledger->failed;
    report->parts_at_work = report->running ? ledger->at_work : 0;
}

static bool is_over(const struct dj_report *report)
{
    const char *state = dj_report_state(report);

    return strcmp(state, "completed") == 0 || strcmp(state, "partial") == 0;
}

/* --- the recipe ------------------------------------------------------------------ */

static void read_recipe(struct dj_report *report)
{
    const char *backup = dj_json_text(report->doc, "backed_up_config_path", NULL);
    const struct dj_job_paths *paths = &report->job->paths;
    struct dj_error err;
    struct dj_buf text;
    char *path = backup == NULL ? dj_xstrdup(paths->config_backup)
                                : dj_fs_join(paths->job_dir, dj_fs_basename(backup));

    dj_buf_init(&text);
    report->recipe_name = dj_xstrdup(dj_fs_basename(path));
    if (!dj_fs_exists(path)) {
        dj_report_missing(report, "the recipe is not there: %s", path);
    } else if (dj_fs_read(path, &text, &err) != DJ_OK) {
        dj_report_missing(report, "the recipe: %s", err.text);
    } else {
        report->recipe = dj_xstrndup(text.ptr == NULL ? "" : text.ptr,
                                     text.len < MOST_RECIPE ? text.len : MOST_RECIPE);
        if (text.len > MOST_RECIPE) {
            dj_report_missing(report, "of the recipe only the first MiB is shown");
        }
    }
    dj_buf_release(&text);
    dj_xfree(path);
}

enum dj_status dj_report_gather(struct dj_report *report, const struct dj_cli_job *job,
                                struct dj_error *err)
{
    *report = (struct dj_report){ .job = job, .made = dj_clock_now() };
    report->ledger.highest = -1;
    dj_series_init(&report->series);
    report->running = dj_job_is_running(job->paths.lock);
    read_summary(report);
    if (report->summary != NULL) {
        attempts_by_summary(report);
    }
    DJ_TRY(dj_report_events(report, err));
    if (report->summary != NULL && (is_over(report) || report->events == 0)) {
        figures_by_summary(report);
    } else {
        figures_by_events(report);
        if (report->summary != NULL && report->summary->partitions_total > 0) {
            report->parts_total = report->summary->partitions_total;
        }
    }
    if (report->summary != NULL && report->summary->sets_written > report->nsets) {
        report->nsets = 0; /* the events of some are gone: no list */
        report->set_seconds = report->summary->set_seconds;
        report->set_bytes = report->summary->set_bytes;
    }
    read_recipe(report);
    dj_report_reasons(report);
    return DJ_OK;
}

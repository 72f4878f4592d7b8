/* What a report takes from the events of a job, in one pass. */
#include "cli/cli_report.h"

/* Rounds of a look that is disturbed by a merge. */
enum { ROUNDS = 20 };

/* Names of source files that are remembered; partitions of others are told without. */
enum { MOST_FILES = 1000 };

struct pass {
    struct dj_report *report;
    int64_t bad;
    size_t nfiles;
    char *files[MOST_FILES];
};

/* Number of the file that an event names, plus one; 0: none. */
static int file_of(struct pass *pass, const struct dj_json *event)
{
    const char *name = dj_json_text(dj_json_get(event, "metadata"), "source_file", NULL);

    for (size_t i = pass->nfiles; name != NULL && i-- > 0;) {
        if (strcmp(pass->files[i], name) == 0) {
            return (int)i + 1;
        }
    }
    if (name == NULL || pass->nfiles == MOST_FILES) {
        return 0;
    }
    pass->files[pass->nfiles++] = dj_xstrdup(name);
    return (int)pass->nfiles;
}

/* --- partitions ------------------------------------------------------------------ */

static void note_slow(struct pass *pass, const struct dj_event_view *view, int file,
                      int64_t rows, double seconds)
{
    struct dj_report *report = pass->report;
    size_t at = report->nslow;

    while (at > 0 && report->slow[at - 1].seconds < seconds) {
        at--;
    }
    if (at == DJ_REPORT_PARTS) {
        return;
    }
    if (report->nslow == DJ_REPORT_PARTS) {
        dj_xfree(report->slow[--report->nslow].text);
    }
    memmove(&report->slow[at + 1], &report->slow[at],
            (report->nslow - at) * sizeof(report->slow[0]));
    report->nslow++;
    report->slow[at] = (struct dj_report_part){
        .id = view->partition,
        .rank = view->rank,
        .attempt = view->attempt,
        .rows = rows,
        .seconds = seconds,
        .text = dj_xstrdup(file == 0 ? NULL : pass->files[file - 1]),
    };
}

static void note_failed(struct dj_report *report, const struct dj_event_view *view,
                        const struct dj_json *event)
{
    const char *why = dj_json_text(event, "error_message", "the event does not say why");

    for (size_t i = 0; i < report->nfailed; i++) {
        if (report->failed[i].id == view->partition) {
            dj_xfree(report->failed[i].text);
            report->failed[i].text = dj_xstrdup(why);
            report->failed[i].attempt = view->attempt;
            return;
        }
    }
    if (report->nfailed < DJ_REPORT_FAILED) {
        report->failed[report->nfailed++] = (struct dj_report_part){
            .id = view->partition,
            .rank = view->rank,
            .attempt = view->attempt,
            .text = dj_xstrdup(why),
        };
    }
}

static void forget_failed(struct dj_report *report, int64_t id)
{
    for (size_t i = 0; i < report->nfailed; i++) {
        if (report->failed[i].id == id) {
            dj_xfree(report->failed[i].text);
            report->failed[i] = report->failed[--report->nfailed];
            return;
        }
    }
}

static void partition_event(struct pass *pass, enum dj_event_type type,
                            const struct dj_event_view *view, const struct dj_json *event)
{
    struct dj_report *report = pass->report;
    struct dj_ledger_part *part = dj_ledger_part(&report->ledger, view->partition);
    const int64_t rows = dj_json_int(event, "input_rows", 0);
    const double seconds = dj_json_number(event, "duration", 0);
    const int64_t op = dj_json_int(event, "operation_idx", -1);

    if (part == NULL) {
        return;
    }
    if (type == DJ_EVENT_PARTITION_START) {
        dj_ledger_start(part, view);
        part->file = file_of(pass, event);
    } else if (type == DJ_EVENT_OP_COMPLETE) {
        (void)dj_ledger_op(&report->ledger, part, op,
                           dj_json_text(event, "operation_name", "?"), event);
    } else if (type == DJ_EVENT_PARTITION_FAILED) {
        part->state = DJ_LEDGER_FAILED;
        note_failed(report, view, event);
    } else if (type == DJ_EVENT_PARTITION_COMPLETE) {
        dj_ledger_done(part, rows, dj_json_int(event, "output_rows", 0));
        forget_failed(report, view->partition);
        dj_series_done(&report->series, view->rank, rows, seconds,
                       part->attempt == view->attempt ? (double)part->micros / 1e6 : 0);
        note_slow(pass, view, part->file, rows, seconds);
    } else if (op >= 0 && op < report->ledger.nops) { /* performance_metric */
        report->ledger.ops[op].bytes +=
            1e6 * seconds *
            dj_json_number(dj_json_get(event, "metadata"), "mb_per_second", 0);
    }
}

/* --- runs ------------------------------------------------------------------------ */

/* The attempt of an event, where the summary does not tell of attempts. */
static struct dj_report_attempt *attempt_of(struct dj_report *report, int64_t number)
{
    for (size_t i = report->nattempts; i-- > 0;) {
        if (report->attempts[i].number == number) {
            return &report->attempts[i];
        }
    }
    report->attempts = dj_xrealloc(report->attempts,
                                   (report->nattempts + 1) * sizeof(*report->attempts));
    report->attempts[report->nattempts] = (struct dj_report_attempt){ .number = number };
    return &report->attempts[report->nattempts++];
}

static void end_attempt(struct dj_report_attempt *attempt, const struct dj_json *event)
{
    dj_xfree(attempt->state);
    dj_xfree(attempt->reason);
    attempt->state = dj_xstrdup(dj_json_text(event, "status", "ended"));
    attempt->reason = dj_xstrdup(dj_json_text(event, "error_message", NULL));
}

static void follow_attempt(struct dj_report *report, enum dj_event_type type,
                           const struct dj_event_view *view, const struct dj_json *event)
{
    struct dj_report_attempt *attempt;

    attempt = attempt_of(report, view->attempt);
    if (report->summary != NULL) { /* it knows better, but not when a run was killed */
        if (attempt->state != NULL && strcmp(attempt->state, "killed") == 0 &&
            (double)view->micros / 1e6 > attempt->end) {
            attempt->end = (double)view->micros / 1e6;
        }
        return;
    }
    attempt->end = (double)view->micros / 1e6;
    if (attempt->start <= 0) {
        attempt->start = attempt->end;
    }
    if (type == DJ_EVENT_JOB_START || type == DJ_EVENT_JOB_RESTART) {
        attempt->ranks = dj_json_int(dj_json_get(event, "metadata"), "ranks", 0);
    } else if (type == DJ_EVENT_JOB_COMPLETE || type == DJ_EVENT_JOB_FAILED ||
               (type == DJ_EVENT_WARNING &&
                strcmp(dj_json_text(event, "status", ""), "stopped") == 0)) {
        end_attempt(attempt, event);
    }
}

static void note_set(struct dj_report *report, const struct dj_event_view *view,
                     const struct dj_json *event)
{
    const struct dj_json *more = dj_json_get(event, "metadata");
    const struct dj_report_set set = {
        .set = dj_json_int(more, "set", 0),
        .bytes = dj_json_int(more, "file_bytes", 0),
        .seconds = dj_json_number(event, "duration", 0),
        .time = (double)view->micros / 1e6,
    };

    report->sets[report->nsets++ % DJ_REPORT_SETS] = set;
    report->set_seconds += set.seconds;
    report->set_bytes += set.bytes;
}

static void note_usage(struct dj_report *report, const struct dj_event_view *view,
                       const struct dj_json *event)
{
    const struct dj_json *more = dj_json_get(event, "metadata");

    dj_series_usage(
        &report->series, view->rank, dj_json_number(more, "elapsed_seconds", -1),
        dj_json_number(more, "cpu_seconds", -1), dj_json_number(more, "resident_kb", 0));
}

static void take(struct pass *pass, const struct dj_event_view *view,
                 const struct dj_json *event)
{
    const enum dj_event_type type = dj_event_type_of(view->type);
    const char *level = type == DJ_EVENT_COUNT ? "INFO" : dj_event_level(type);
    struct dj_report *report = pass->report;

    report->events++;
    report->warnings += strcmp(level, "WARNING") == 0;
    report->errors += strcmp(level, "ERROR") == 0;
    dj_series_event(&report->series, view);
    follow_attempt(report, type, view, event);
    if (type == DJ_EVENT_JOB_START || type == DJ_EVENT_JOB_RESTART) {
        const int64_t total = dj_json_int(event, "total_partitions", 0);

        (void)dj_ledger_begin(&report->ledger,
                              dj_json_int(dj_json_get(event, "metadata"), "operators", 0),
                              total);
        report->parts_total = total > 0 ? total : report->parts_total;
    } else if (type == DJ_EVENT_INFO) {
        dj_ledger_info(&report->ledger, event);
    } else if (type == DJ_EVENT_CHECKPOINT_SAVE) {
        note_set(report, view, event);
    } else if (type == DJ_EVENT_RESOURCE_USAGE) {
        note_usage(report, view, event);
    } else if (view->partition >= 0 &&
               (type == DJ_EVENT_PARTITION_START || type == DJ_EVENT_PARTITION_COMPLETE ||
                type == DJ_EVENT_PARTITION_FAILED || type == DJ_EVENT_OP_COMPLETE ||
                type == DJ_EVENT_PERFORMANCE_METRIC)) {
        partition_event(pass, type, view, event);
    }
}

/* --- all ------------------------------------------------------------------------- */

static void take_line(struct pass *pass, const struct dj_event_line *line)
{
    struct dj_json *event;
    struct dj_error ignored;

    if (!line->good || dj_json_parse(line->text, "event", &event, &ignored) != DJ_OK) {
        pass->bad++;
        return;
    }
    if (line->view.attempt > 0) {
        if (pass->report->events == 0 && line->view.seq > 1) {
            dj_report_missing(
                pass->report,
                "the oldest events were rotated away: what they told is not "
                "in charts and lists");
        }
        take(pass, &line->view, event);
    }
    dj_json_free(event);
}

static enum dj_status read_log(struct pass *pass, struct dj_event_log *log,
                               struct dj_error *err)
{
    int rounds = 0;

    do {
        struct dj_event_line line;
        bool more = true;

        DJ_TRY(dj_event_log_next(log, &line, &more, err));
        while (more) {
            take_line(pass, &line);
            DJ_TRY(dj_event_log_next(log, &line, &more, err));
        }
    } while (dj_event_log_found(log).moved && ++rounds < ROUNDS);
    return DJ_OK;
}

enum dj_status dj_report_events(struct dj_report *report, struct dj_error *err)
{
    struct pass *pass;
    struct dj_event_log *log;
    enum dj_status status;

    if (dj_event_log_open(report->job->paths.event_dir, &log, err) != DJ_OK) {
        dj_report_missing(report, "events: %s", err->text);
        return DJ_OK;
    }
    pass = dj_xmalloc(sizeof(*pass));
    pass->report = report;
    status = read_log(pass, log, err);
    if (pass->bad > 0) {
        dj_report_missing(report,
                          "%lld lines of the event log are no events; dj-mpi events %s "
                          "--check says where they are",
                          (long long)pass->bad, report->job->id);
    }
    if (status == DJ_OK && report->events == 0) {
        dj_report_missing(report, "there are no events in %s",
                          report->job->paths.event_dir);
    }
    for (size_t i = 0; i < pass->nfiles; i++) {
        dj_xfree(pass->files[i]);
    }
    dj_xfree(pass);
    dj_event_log_close(log);
    return status;
}

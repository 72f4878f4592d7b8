/* dj-mpi report --json: what the page shows, for programs. */
#include "cli/cli_report.h"

static void key_list(struct dj_jsonw *w, const char *key)
{
    dj_jsonw_key(w, key);
    dj_jsonw_open(w, '[');
}

static void time_of(struct dj_jsonw *w, const char *key, double time)
{
    if (time > 0) {
        dj_jsonw_kv_double(w, key, time);
    }
}

static void write_counts(struct dj_jsonw *w, const struct dj_report *report)
{
    dj_jsonw_key(w, "ledger");
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_int(w, "read", report->read);
    dj_jsonw_kv_int(w, "derived", report->derived);
    dj_jsonw_kv_int(w, "kept", report->kept);
    dj_jsonw_kv_int(w, "filtered", report->filtered);
    dj_jsonw_kv_int(w, "deduplicated", report->deduplicated);
    dj_jsonw_kv_int(w, "rejected", report->rejected);
    dj_jsonw_kv_int(w, "rejected_at_load", report->at_load);
    dj_jsonw_close(w, '}');
    key_list(w, "operators");
    for (size_t i = 0; i < report->nops; i++) {
        const struct dj_report_op *op = &report->ops[i];

        dj_jsonw_open(w, '{');
        dj_cli_put_tally(w, op->name,
                         &(struct dj_op_tally){ .rows_in = op->in,
                                                .rows_out = op->out,
                                                .dropped = op->dropped,
                                                .rejected = op->rejected,
                                                .derived = op->derived });
        dj_jsonw_kv_double(w, "seconds", op->seconds);
        dj_jsonw_kv_double(w, "mb_per_second",
                           op->seconds > 0 ? op->bytes / op->seconds / 1e6 : 0);
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
    dj_jsonw_key(w, "partitions");
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_int(w, "total", report->parts_total);
    dj_jsonw_kv_int(w, "done", report->parts_done);
    dj_jsonw_kv_int(w, "failed", report->parts_failed);
    dj_jsonw_kv_int(w, "at_work", report->parts_at_work);
    dj_jsonw_close(w, '}');
}

static void write_runs(struct dj_jsonw *w, const struct dj_report *report)
{
    key_list(w, "attempts");
    for (size_t i = 0; i < report->nattempts; i++) {
        const struct dj_report_attempt *attempt = &report->attempts[i];

        dj_jsonw_open(w, '{');
        dj_jsonw_kv_int(w, "attempt", attempt->number);
        dj_jsonw_kv_text(w, "status", attempt->state);
        dj_jsonw_kv_text(w, "reason", attempt->reason);
        time_of(w, "start_time", attempt->start);
        time_of(w, "end_time", attempt->end);
        dj_jsonw_kv_int(w, "ranks", attempt->ranks);
        dj_jsonw_kv_int(w, "rows_done", attempt->rows);
        dj_jsonw_kv_text(w, "nodes", attempt->nodes);
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
}

static void gauge(struct dj_jsonw *w, const char *most, const char *mean,
                  const struct dj_series_gauge *value)
{
    if (value->count > 0) {
        dj_jsonw_kv_double(w, most, value->most);
        dj_jsonw_kv_double(w, mean, value->sum / (double)value->count);
    }
}

/* What the charts draw. */
static void write_series(struct dj_jsonw *w, const struct dj_report *report)
{
    const struct dj_series *series = &report->series;

    dj_jsonw_key(w, "over_time");
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_double(w, "seconds", dj_series_length(series));
    dj_jsonw_kv_double(w, "piece_seconds", series->width);
    key_list(w, "pieces");
    for (size_t i = 0; report->events > 0 && i < dj_series_pieces(series); i++) {
        const struct dj_series_time *time = &series->times[i];

        dj_jsonw_open(w, '{');
        dj_jsonw_kv_double(w, "samples", time->rows);
        dj_jsonw_kv_double(w, "partitions", time->partitions);
        gauge(w, "resident_kb_most", "resident_kb_mean", &time->memory);
        gauge(w, "cores_most", "cores_mean", &time->cpu);
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
    key_list(w, "ranks");
    for (size_t i = 0; i < dj_series_used_rows(series); i++) {
        const struct dj_series_row *row = &series->rows[i];

        dj_jsonw_open(w, '{');
        dj_jsonw_kv_int(w, "first_rank", dj_i64_from_size(i) * series->group);
        dj_jsonw_kv_int(w, "ranks", series->group);
        dj_jsonw_kv_int(w, "partitions", row->partitions);
        dj_jsonw_kv_int(w, "samples", row->rows);
        dj_jsonw_kv_double(w, "seconds_at_work", row->busy);
        dj_jsonw_kv_double(w, "cpu_seconds", row->cpu);
        dj_jsonw_kv_double(w, "resident_kb_most", row->memory);
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
    dj_jsonw_close(w, '}');
}

static void write_sets(struct dj_jsonw *w, const struct dj_report *report)
{
    const int64_t shown = report->nsets < DJ_REPORT_SETS ? report->nsets : DJ_REPORT_SETS;

    dj_jsonw_key(w, "checkpoints");
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_int(w, "bytes", report->set_bytes);
    dj_jsonw_kv_double(w, "seconds", report->set_seconds);
    key_list(w, "newest");
    for (int64_t i = report->nsets - shown; i < report->nsets; i++) {
        const struct dj_report_set *set = &report->sets[i % DJ_REPORT_SETS];

        dj_jsonw_open(w, '{');
        dj_jsonw_kv_int(w, "set", set->set);
        dj_jsonw_kv_double(w, "time", set->time);
        dj_jsonw_kv_int(w, "bytes", set->bytes);
        dj_jsonw_kv_double(w, "seconds", set->seconds);
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
    dj_jsonw_close(w, '}');
}

static void write_parts(struct dj_jsonw *w, const struct dj_report *report)
{
    key_list(w, "failed_partitions");
    for (size_t i = 0; i < report->nfailed; i++) {
        dj_jsonw_open(w, '{');
        dj_jsonw_kv_int(w, "partition_id", report->failed[i].id);
        dj_jsonw_kv_text(w, "error", report->failed[i].text);
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
    key_list(w, "slowest_partitions");
    for (size_t i = 0; i < report->nslow; i++) {
        const struct dj_report_part *part = &report->slow[i];

        dj_jsonw_open(w, '{');
        dj_jsonw_kv_int(w, "partition_id", part->id);
        dj_jsonw_kv_double(w, "seconds", part->seconds);
        dj_jsonw_kv_int(w, "samples", part->rows);
        dj_jsonw_kv_int(w, "rank", part->rank);
        dj_jsonw_kv_int(w, "attempt", part->attempt);
        dj_jsonw_kv_text(w, "file", part->text);
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
    key_list(w, "rejected_samples");
    for (size_t i = 0; i < report->nreasons; i++) {
        dj_jsonw_open(w, '{');
        dj_jsonw_kv_text(w, "operator", report->reasons[i].op);
        dj_jsonw_kv_text(w, "reason", report->reasons[i].text);
        dj_jsonw_kv_int(w, "samples", report->reasons[i].count);
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
    dj_jsonw_kv_int(w, "rejected_for_other_reasons", report->other_reasons);
}

static void write_ends(struct dj_jsonw *w, const struct dj_report *report)
{
    const struct dj_summary *summary = report->summary;

    dj_jsonw_kv_text(w, "recipe_file", report->recipe_name);
    dj_jsonw_kv_text(w, "recipe", report->recipe);
    dj_jsonw_key(w, "versions");
    dj_jsonw_open(w, '{');
    for (size_t i = 0; summary != NULL && i < summary->nversions; i++) {
        dj_jsonw_kv_text(w, summary->versions[i].name, summary->versions[i].version);
    }
    dj_jsonw_close(w, '}');
    dj_jsonw_kv_text(w, "resumption_command",
                     summary == NULL ? NULL : summary->resume_command);
    dj_jsonw_kv_text(w, "folder", summary == NULL ? NULL : summary->folder);
    key_list(w, "missing");
    for (size_t i = 0; i < report->nmissing; i++) {
        dj_jsonw_text(w, report->missing[i]);
    }
    dj_jsonw_close(w, ']');
}

enum dj_status dj_report_json(const struct dj_report *report, struct dj_buf *out)
{
    char *sentence = dj_report_sentence(report);
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_text(&w, "job_id", report->job->id);
    dj_jsonw_kv_text(&w, "job_dir", report->job->paths.job_dir);
    dj_jsonw_kv_double(&w, "time", report->made);
    dj_jsonw_kv_text(&w, "status", dj_report_state(report));
    dj_jsonw_kv_text(&w, "outcome", sentence);
    dj_jsonw_kv_text(&w, "reason",
                     report->summary == NULL ? NULL : report->summary->error_message);
    dj_jsonw_kv_text(&w, "figures_by", report->by_events ? "events" : "job_summary.json");
    write_counts(&w, report);
    write_runs(&w, report);
    write_series(&w, report);
    write_sets(&w, report);
    write_parts(&w, report);
    dj_jsonw_kv_int(&w, "events", report->events);
    dj_jsonw_kv_int(&w, "warnings", report->warnings);
    dj_jsonw_kv_int(&w, "errors", report->errors);
    write_ends(&w, report);
    dj_jsonw_close(&w, '}');
    dj_xfree(sentence);
    return dj_jsonw_end(&w);
}

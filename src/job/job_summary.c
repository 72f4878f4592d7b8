/*
 * job_summary.json: everything about a job that outlives a run. The first fields are
 * those of Data-Juicer's summary; what is derived (texts of times, speeds, paths) is
 * written for readers and not read back.
 */
#include "dj/clock.h"
#include "dj/fault.h"
#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/job.h"
#include "dj/json.h"
#include "dj/version.h"

#include <math.h>

enum { SUMMARY_SCHEMA = 1 };

struct dj_summary *dj_summary_new(void)
{
    return dj_xmalloc(sizeof(struct dj_summary));
}

static void free_attempt(struct dj_attempt *attempt)
{
    dj_xfree(attempt->state);
    dj_xfree(attempt->reason);
    dj_xfree(attempt->launcher);
    dj_xfree(attempt->host);
    dj_xfree(attempt->nodes);
    dj_xfree(attempt->slurm_job_id);
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        dj_xfree(texts[i]);
    }
    dj_xfree((void *)texts);
}

void dj_summary_free(struct dj_summary *summary)
{
    if (summary == NULL) {
        return;
    }
    dj_xfree(summary->job_id);
    dj_xfree(summary->project_name);
    dj_xfree(summary->state);
    dj_xfree(summary->config_file);
    dj_xfree(summary->resume_command);
    free_texts(summary->words, summary->nwords);
    dj_xfree(summary->folder);
    dj_xfree(summary->error_message);
    dj_xfree(summary->recipe_hash);
    dj_xfree(summary->dataset_fingerprint);
    for (size_t i = 0; i < summary->nattempts; i++) {
        free_attempt(&summary->attempts[i]);
    }
    for (size_t i = 0; i < summary->nops; i++) {
        dj_xfree(summary->op_names[i]);
    }
    for (size_t i = 0; i < summary->nfailed; i++) {
        dj_xfree(summary->failed[i].error);
    }
    for (size_t i = 0; i < summary->noutputs; i++) {
        dj_xfree(summary->outputs[i].path);
        dj_xfree(summary->outputs[i].stream);
    }
    for (size_t i = 0; i < summary->nversions; i++) {
        dj_xfree(summary->versions[i].name);
        dj_xfree(summary->versions[i].version);
    }
    free_texts(summary->notes, summary->nnotes);
    free_texts(summary->sizing, summary->nsizing);
    dj_xfree(summary->modality);
    dj_xfree(summary->attempts);
    dj_xfree(summary->tally);
    dj_xfree(summary->op_names);
    dj_xfree(summary->failed);
    dj_xfree(summary->suspects);
    dj_xfree(summary->outputs);
    dj_xfree(summary->versions);
    dj_xfree(summary);
}

void dj_summary_set_version(struct dj_summary *summary, const char *name,
                            const char *version)
{
    struct dj_version_of *added;

    for (size_t i = 0; i < summary->nversions; i++) {
        if (strcmp(summary->versions[i].name, name) == 0) {
            dj_xfree(summary->versions[i].version);
            summary->versions[i].version = dj_xstrdup(version);
            return;
        }
    }
    summary->versions = dj_xrealloc(summary->versions, (summary->nversions + 1) *
                                                           sizeof(*summary->versions));
    added = &summary->versions[summary->nversions++];
    *added = (struct dj_version_of){ dj_xstrdup(name), dj_xstrdup(version) };
}

/* --- writing ---------------------------------------------------------------------- */

/* JSON has no word for what is not finite. */
static void number(struct dj_jsonw *w, const char *key, double value)
{
    dj_jsonw_kv_double(w, key, isfinite(value) ? value : 0);
}

/* As a number for programs and as text for people; a time that is not set is left out. */
static void time_of(struct dj_jsonw *w, const char *key, const char *iso_key, double time)
{
    char iso[DJ_CLOCK_TEXT];

    if (time > 0 && isfinite(time)) {
        dj_jsonw_kv_double(w, key, time);
        dj_clock_iso(time, iso);
        dj_jsonw_kv_text(w, iso_key, iso);
    }
}

static void text_if_set(struct dj_jsonw *w, const char *key, const char *text)
{
    if (text != NULL) {
        dj_jsonw_kv_text(w, key, text);
    }
}

/* Most recipes make no rows, and what is not there need not be understood. */
static void derived(struct dj_jsonw *w, int64_t rows)
{
    if (rows != 0) {
        dj_jsonw_kv_int(w, "derived", rows);
    }
}

static void texts(struct dj_jsonw *w, const char *key, char *const *items, size_t count)
{
    dj_jsonw_key(w, key);
    dj_jsonw_open(w, '[');
    for (size_t i = 0; i < count; i++) {
        dj_jsonw_text(w, items[i]);
    }
    dj_jsonw_close(w, ']');
}

static void write_identity(struct dj_jsonw *w, const struct dj_summary *summary,
                           const struct dj_job_paths *paths)
{
    char *work_dir = dj_fs_dirname(paths->job_dir);
    char *events = dj_fs_join(paths->event_dir, "events.jsonl");

    dj_jsonw_kv_text(w, "job_id", summary->job_id);
    text_if_set(w, "project_name", summary->project_name);
    dj_jsonw_kv_text(w, "status", summary->state);
    time_of(w, "start_time", "start_time_iso", summary->start_time);
    time_of(w, "end_time", "end_time_iso", summary->end_time);
    if (summary->duration > 0) {
        number(w, "duration", summary->duration);
    }
    text_if_set(w, "error_message", summary->error_message);
    dj_jsonw_kv_text(w, "executor_type", "mpi");
    dj_jsonw_kv_text(w, "work_dir", work_dir);
    dj_jsonw_kv_text(w, "job_dir", paths->job_dir);
    dj_jsonw_kv_text(w, "config_file", summary->config_file);
    dj_jsonw_kv_text(w, "backed_up_config_path", paths->config_backup);
    dj_jsonw_kv_text(w, "resumption_command", summary->resume_command);
    dj_jsonw_kv_text(w, "folder", summary->folder);
    texts(w, "command_line", summary->words, summary->nwords);
    dj_jsonw_kv_text(w, "event_log_file", events);
    dj_jsonw_kv_text(w, "event_log_dir", paths->event_dir);
    dj_jsonw_kv_text(w, "checkpoint_dir", paths->checkpoint_dir);
    dj_jsonw_kv_text(w, "metadata_dir", paths->metadata_dir);
    dj_jsonw_kv_text(w, "recipe_hash", summary->recipe_hash);
    dj_jsonw_kv_text(w, "dataset_fingerprint", summary->dataset_fingerprint);
    dj_xfree(work_dir);
    dj_xfree(events);
}

static void write_versions(struct dj_jsonw *w, const struct dj_summary *summary)
{
    dj_jsonw_key(w, "versions");
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_text(w, "dj-mpi", DJ_VERSION); /* who writes this */
    for (size_t i = 0; i < summary->nversions; i++) {
        if (strcmp(summary->versions[i].name, "dj-mpi") != 0) {
            dj_jsonw_kv_text(w, summary->versions[i].name, summary->versions[i].version);
        }
    }
    dj_jsonw_close(w, '}');
}

static void write_attempts(struct dj_jsonw *w, const struct dj_summary *summary)
{
    if (summary->nattempts > 0) {
        const struct dj_attempt *last = &summary->attempts[summary->nattempts - 1];

        dj_jsonw_kv_text(w, "launcher", last->launcher);
        dj_jsonw_kv_int(w, "ranks", last->ranks);
    }
    dj_jsonw_key(w, "attempts");
    dj_jsonw_open(w, '[');
    for (size_t i = 0; i < summary->nattempts; i++) {
        const struct dj_attempt *attempt = &summary->attempts[i];

        dj_jsonw_open(w, '{');
        dj_jsonw_kv_int(w, "attempt", attempt->number);
        dj_jsonw_kv_text(w, "status", attempt->state);
        text_if_set(w, "reason", attempt->reason);
        time_of(w, "start_time", "start_time_iso", attempt->start);
        time_of(w, "end_time", "end_time_iso", attempt->end);
        dj_jsonw_kv_int(w, "ranks", attempt->ranks);
        text_if_set(w, "launcher", attempt->launcher);
        text_if_set(w, "host", attempt->host);
        text_if_set(w, "nodes", attempt->nodes);
        if (attempt->slurm_job_id != NULL) {
            dj_jsonw_kv_text(w, "slurm_job_id", attempt->slurm_job_id);
            dj_jsonw_kv_int(w, "slurm_restart_count", attempt->slurm_restart_count);
        }
        dj_jsonw_kv_int(w, "rows_done", attempt->rows_done);
        time_of(w, "saved_time", "saved_time_iso", attempt->saved);
        time_of(w, "seen_time", "seen_time_iso", attempt->seen);
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
}

static void write_account(struct dj_jsonw *w, const struct dj_summary *summary)
{
    const struct dj_account account = dj_summary_account(summary);

    dj_jsonw_key(w, "accounting");
    dj_jsonw_open(w, '{');
    number(w, "seconds", account.seconds);
    number(w, "core_hours", account.core_hours);
    number(w, "samples_per_second", account.samples_per_second);
    number(w, "lost_core_hours", account.lost_core_hours);
    dj_jsonw_kv_int(w, "redone_samples_estimate", account.redone_samples);
    dj_jsonw_close(w, '}');
}

static void write_operators(struct dj_jsonw *w, const struct dj_summary *summary)
{
    dj_jsonw_key(w, "operators");
    dj_jsonw_open(w, '[');
    for (size_t i = 0; i < summary->nops; i++) {
        const struct dj_op_tally *tally = &summary->tally[i];
        const double seconds = tally->seconds;

        dj_jsonw_open(w, '{');
        dj_jsonw_kv_int(w, "index", dj_i64_from_size(i));
        dj_jsonw_kv_text(w, "name", summary->op_names[i]);
        dj_jsonw_kv_int(w, "rows_in", tally->rows_in);
        dj_jsonw_kv_int(w, "rows_out", tally->rows_out);
        dj_jsonw_kv_int(w, "dropped", tally->dropped);
        dj_jsonw_kv_int(w, "rejected", tally->rejected);
        derived(w, tally->derived);
        dj_jsonw_kv_int(w, "bytes_in", tally->bytes_in);
        number(w, "seconds", seconds);
        number(w, "rows_per_second", seconds > 0 ? (double)tally->rows_in / seconds : 0);
        number(w, "mb_per_second",
               seconds > 0 ? (double)tally->bytes_in / seconds / 1e6 : 0);
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
}

static void write_counts(struct dj_jsonw *w, const struct dj_summary *summary)
{
    dj_jsonw_key(w, "ledger");
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_int(w, "read", summary->rows_read);
    derived(w, summary->rows_derived);
    dj_jsonw_kv_int(w, "kept", summary->rows_kept);
    dj_jsonw_kv_int(w, "filtered", summary->rows_filtered);
    dj_jsonw_kv_int(w, "deduplicated", summary->rows_deduplicated);
    dj_jsonw_kv_int(w, "rejected", summary->rows_rejected);
    dj_jsonw_kv_int(w, "rejected_at_load", summary->rows_rejected_at_load);
    dj_jsonw_kv_bool(w, "balanced", summary->ledger_balanced);
    dj_jsonw_close(w, '}');
    dj_jsonw_kv_int(w, "bytes_read", summary->bytes_read);
    dj_jsonw_kv_int(w, "bytes_written", summary->bytes_written);
    dj_jsonw_key(w, "partitions");
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_int(w, "total", summary->partitions_total);
    dj_jsonw_kv_int(w, "done", summary->partitions_done);
    dj_jsonw_kv_int(w, "failed", dj_i64_from_size(summary->nfailed));
    dj_jsonw_kv_int(w, "size", summary->partition_size);
    dj_jsonw_kv_int(w, "max_size_mb", summary->partition_max_size_mb);
    if (summary->modality != NULL) {
        dj_jsonw_kv_text(w, "modality", summary->modality);
        texts(w, "reasons", summary->sizing, summary->nsizing);
    }
    dj_jsonw_close(w, '}');
    dj_jsonw_key(w, "checkpoints");
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_int(w, "sets", summary->sets_written);
    dj_jsonw_kv_int(w, "bytes", summary->set_bytes);
    number(w, "seconds", summary->set_seconds);
    dj_jsonw_close(w, '}');
}

void dj_summary_put_troubles(struct dj_jsonw *w, const struct dj_summary *summary)
{
    dj_jsonw_key(w, "failed_partitions");
    dj_jsonw_open(w, '[');
    for (size_t i = 0; i < summary->nfailed; i++) {
        dj_jsonw_open(w, '{');
        dj_jsonw_kv_int(w, "partition_id", summary->failed[i].id);
        dj_jsonw_kv_text(w, "error", summary->failed[i].error);
        dj_jsonw_kv_int(w, "attempts", summary->failed[i].attempts);
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
    dj_jsonw_key(w, "suspects");
    dj_jsonw_open(w, '[');
    for (size_t i = 0; i < summary->nsuspects; i++) {
        dj_jsonw_open(w, '{');
        dj_jsonw_kv_int(w, "partition_id", summary->suspects[i].id);
        dj_jsonw_kv_int(w, "deaths", summary->suspects[i].deaths);
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
}

void dj_summary_put_outputs(struct dj_jsonw *w, const struct dj_summary *summary)
{
    dj_jsonw_key(w, "outputs");
    dj_jsonw_open(w, '[');
    for (size_t i = 0; i < summary->noutputs; i++) {
        dj_jsonw_open(w, '{');
        dj_jsonw_kv_text(w, "path", summary->outputs[i].path);
        text_if_set(w, "stream", summary->outputs[i].stream);
        dj_jsonw_kv_int(w, "bytes", summary->outputs[i].bytes);
        dj_jsonw_kv_int(w, "rows", summary->outputs[i].rows);
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
}

static void write_lists(struct dj_jsonw *w, const struct dj_summary *summary)
{
    dj_summary_put_troubles(w, summary);
    dj_summary_put_outputs(w, summary);
    texts(w, "notes", summary->notes, summary->nnotes);
}

enum dj_status dj_summary_write(const struct dj_summary *summary,
                                const struct dj_job_paths *paths, struct dj_error *err)
{
    enum dj_status status;
    struct dj_buf text;
    struct dj_jsonw w;

    dj_buf_init(&text);
    dj_jsonw_init(&w, &text, 2);
    dj_jsonw_open(&w, '{');
    write_identity(&w, summary, paths);
    write_versions(&w, summary);
    write_attempts(&w, summary);
    write_account(&w, summary);
    write_operators(&w, summary);
    write_counts(&w, summary);
    write_lists(&w, summary);
    dj_jsonw_kv_int(&w, "schema", SUMMARY_SCHEMA);
    status = w.status;
    if (status == DJ_OK) {
        status = dj_buf_append(&text, DJ_STR(",\n  "));
    }
    if (status == DJ_OK) {
        status = dj_seal(&text);
    }
    if (status != DJ_OK) {
        dj_fail(err, status, "%s: out of memory", paths->summary);
        goto out;
    }
    status = dj_fault_at(DJ_FAULT_SUMMARY_WRITE, err);
    if (status == DJ_OK) {
        status = dj_fs_replace(paths->summary, dj_buf_str(&text), err);
    }
out:
    dj_buf_release(&text);
    return status;
}

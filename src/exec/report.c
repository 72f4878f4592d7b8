/*
 * How a run ended: the ledger, metadata/final_mapping_report.json, the summary, the
 * last events, and the lines that a person reads.
 */
#include "dj/clock.h"
#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/json.h"
#include "dj/log.h"
#include "dj/retention.h"
#include "exec/convert.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum dj_status dj_exec_check_ledger(struct dj_exec *exec, struct dj_error *err)
{
    const struct dj_exec_root *root = exec->root;
    struct dj_summary *summary = root->summary;
    int64_t rows = 0;

    for (size_t i = 0; i < root->partitions.count; i++) {
        if (root->done[i].state == DJ_PART_DONE) {
            rows += root->partitions.items[i].rows;
        }
    }
    if (root->nrows > 0) {
        if (root->rows_written + rows != root->rows_again) {
            summary->ledger_balanced = false;
            return dj_fail(err, DJ_LEDGER,
                           "stages have written %lld samples, but %lld of them were read",
                           (long long)(root->rows_written + rows),
                           (long long)root->rows_again);
        }
        rows = root->source_rows;
    }
    summary->ledger_balanced = dj_summary_balance(summary, err);
    if (summary->ledger_balanced && rows != summary->rows_read) {
        summary->ledger_balanced = false;
        return dj_fail(err, DJ_LEDGER,
                       "the finished partitions have %lld samples in the partition map, "
                       "but %lld were read",
                       (long long)rows, (long long)summary->rows_read);
    }
    return summary->ledger_balanced ? DJ_OK : DJ_LEDGER;
}

/* --- final_mapping_report.json --------------------------------------------------- */

struct report {
    struct dj_exec *exec;
    struct dj_hasher *hasher;
    int64_t *first_row; /* of each partition, in the dataset */
    struct dj_buf text;
    int fd;
    const char *path;
    bool any;
};

static enum dj_status write_text(struct report *report, struct dj_error *err)
{
    enum dj_status status;

    dj_hasher_add(report->hasher, dj_buf_str(&report->text));
    status = dj_fs_write(report->fd, dj_buf_str(&report->text), report->path, err);

    dj_buf_reset(&report->text);
    return status;
}

/* What it gave, for whoever checks the export. */
static void streams(const struct dj_part_result *result, struct dj_jsonw *w)
{
    char digest[DJ_HASH64_TEXT];

    dj_jsonw_key(w, "streams");
    dj_jsonw_open(w, '{');
    for (int kind = 0; kind < DJ_RESULT_STREAMS; kind++) {
        if (result->state == DJ_PART_DONE && result->extents[kind].bytes > 0) {
            dj_hash64_text(result->digests[kind], digest);
            dj_jsonw_key(w, dj_stream_name((enum dj_stream_kind)kind));
            dj_jsonw_open(w, '{');
            dj_jsonw_kv_int(w, "bytes", result->extents[kind].bytes);
            dj_jsonw_kv_text(w, "digest", digest);
            dj_jsonw_close(w, '}');
        }
    }
    dj_jsonw_close(w, '}');
}

static void detail(struct report *report, const struct dj_part_result *result,
                   const struct dj_op_tally *tally, struct dj_jsonw *w)
{
    const struct dj_exec *exec = report->exec;
    const struct dj_partition *partition = &exec->root->partitions.items[result->id];
    const int64_t first = report->first_row[result->id];
    char range[64];

    (void)snprintf(range, sizeof(range), "%lld-%lld", (long long)first,
                   (long long)(first + partition->rows - 1));
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_int(w, "partition_id", result->id);
    dj_jsonw_kv_text(w, "original_range", range);
    dj_jsonw_kv_int(w, "original_samples", partition->rows);
    dj_jsonw_kv_int(w, "processed_samples", result->kept);
    dj_jsonw_kv_int(w, "rejected_samples", result->rejected);
    dj_jsonw_kv_bool(w, "status", result->state == DJ_PART_DONE);
    dj_jsonw_kv_double(w, "processing_start_time", result->start);
    dj_jsonw_kv_double(w, "processing_time", result->seconds);
    dj_jsonw_kv_int(w, "attempt", result->attempt);
    dj_jsonw_kv_int(w, "rank", result->rank);
    dj_jsonw_key(w, "error");
    dj_jsonw_text(w, result->state == DJ_PART_DONE ? NULL : result->error);
    dj_jsonw_key(w, "operators");
    dj_jsonw_open(w, '[');
    for (size_t i = 0; i < exec->nops && result->state == DJ_PART_DONE; i++) {
        dj_jsonw_open(w, '{');
        dj_jsonw_kv_text(w, "name", exec->config->recipe.ops[i].op->name);
        dj_jsonw_kv_int(w, "rows_in", tally[i].rows_in);
        dj_jsonw_kv_int(w, "rows_out", tally[i].rows_out);
        dj_jsonw_kv_int(w, "dropped", tally[i].dropped);
        dj_jsonw_kv_int(w, "rejected", tally[i].rejected);
        if (tally[i].derived != 0) {
            dj_jsonw_kv_int(w, "derived", tally[i].derived);
        }
        dj_jsonw_kv_double(w, "seconds", tally[i].seconds);
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
    streams(result, w);
    dj_jsonw_close(w, '}');
}

static enum dj_status report_one(void *context, const struct dj_part_result *result,
                                 const struct dj_op_tally *tally, struct dj_error *err)
{
    struct report *report = context;
    const struct dj_exec *exec = report->exec;
    enum dj_status status;
    struct dj_jsonw w;

    /* A failure that a later attempt made good, or repeated, is not the last word. */
    if (result->state == DJ_PART_FAILED &&
        (exec->root->done[result->id].state == DJ_PART_DONE ||
         result->attempt != exec->attempt)) {
        return DJ_OK;
    }
    /* Nor is a result that got lost and was made again. */
    if (result->state == DJ_PART_DONE &&
        memcmp(result->extents, exec->root->done[result->id].extents,
               sizeof(result->extents)) != 0) {
        return DJ_OK;
    }
    status =
        dj_buf_append(&report->text, report->any ? DJ_STR(",\n    ") : DJ_STR("\n    "));
    report->any = true;
    dj_jsonw_init(&w, &report->text, 0);
    detail(report, result, tally, &w);
    if (status == DJ_OK) {
        status = dj_jsonw_end(&w);
    }
    if (status != DJ_OK) {
        return dj_fail(err, status, "out of memory for the mapping report");
    }
    return report->text.len > (64 << 10) ? write_text(report, err) : DJ_OK;
}

static enum dj_status report_head(struct report *report, struct dj_error *err)
{
    const struct dj_exec *exec = report->exec;
    const struct dj_summary *summary = exec->root->summary;
    const struct dj_strs *paths = &exec->config->input.paths;
    int64_t samples = 0;
    struct dj_jsonw w;

    for (size_t i = 0; i < exec->root->partitions.count; i++) {
        report->first_row[i] = samples;
        samples += exec->root->partitions.items[i].rows;
    }
    dj_jsonw_init(&w, &report->text, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_text(&w, "job_id", exec->job_id);
    dj_jsonw_key(&w, "original_dataset");
    dj_jsonw_open(&w, '{');
    dj_jsonw_key(&w, "path");
    if (paths->count == 1) {
        dj_jsonw_text(&w, paths->items[0]);
    } else {
        dj_jsonw_open(&w, '[');
        for (size_t i = 0; i < paths->count; i++) {
            dj_jsonw_text(&w, paths->items[i]);
        }
        dj_jsonw_close(&w, ']');
    }
    dj_jsonw_kv_int(&w, "total_samples", samples);
    dj_jsonw_kv_int(&w, "partition_count", (int64_t)exec->root->partitions.count);
    dj_jsonw_close(&w, '}');
    dj_jsonw_key(&w, "processing_summary");
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_int(&w, "total_partitions", (int64_t)exec->root->partitions.count);
    dj_jsonw_kv_int(&w, "successful_partitions", summary->partitions_done);
    dj_jsonw_kv_int(&w, "failed_partitions", (int64_t)summary->nfailed);
    dj_jsonw_kv_int(&w, "total_processed_samples", summary->rows_kept);
    dj_jsonw_close(&w, '}');
    dj_jsonw_key(&w, "partition_details");
    dj_jsonw_raw(&w, DJ_STR("["));
    if (w.status != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for the mapping report");
    }
    return DJ_OK;
}

enum dj_status dj_report_write_end(const struct dj_hasher *hasher, struct dj_buf *out)
{
    char digest[DJ_HASH64_TEXT];

    dj_hash64_text(dj_hasher_value(hasher), digest);
    return dj_buf_printf(out, "  \"content_checksum\": \"%s\"\n}\n", digest);
}

static enum dj_status write_report(struct report *report, struct dj_error *err)
{
    DJ_TRY(report_head(report, err));
    DJ_TRY(dj_exec_each_result(report->exec, report_one, report, err));
    if (dj_buf_append(&report->text, DJ_STR("\n  ],\n")) != DJ_OK ||
        dj_convert_report(&report->exec->root->pieces, &report->text) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for the mapping report");
    }
    DJ_TRY(write_text(report, err));
    if (dj_report_write_end(report->hasher, &report->text) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for the mapping report");
    }
    return write_text(report, err);
}

enum dj_status dj_exec_mapping_report(struct dj_exec *exec, struct dj_error *err)
{
    char *temporary = dj_xprintf("%s.tmp", exec->paths.mapping_report);
    struct report report = { .exec = exec, .path = temporary, .fd = -1 };
    enum dj_status status;

    dj_buf_init(&report.text);
    report.first_row = dj_xcalloc(exec->root->partitions.count, sizeof(int64_t));
    report.hasher = dj_hasher_new();
    status = dj_fs_open(temporary, O_WRONLY | O_CREAT | O_TRUNC, &report.fd, err);
    if (status == DJ_OK) {
        status = write_report(&report, err);
        (void)close(report.fd);
    }
    if (status == DJ_OK) {
        status = dj_fs_publish(temporary, exec->paths.mapping_report, err);
    }
    dj_hasher_free(report.hasher);
    dj_xfree(report.first_row);
    dj_buf_release(&report.text);
    dj_xfree(temporary);
    return status;
}

/* --- the end of an attempt ---------------------------------------------------------- */

static const char *state_of(enum dj_status outcome)
{
    switch (outcome) {
    case DJ_OK:
        return "completed";
    case DJ_PARTIAL:
        return "partial";
    case DJ_STOPPED:
        return "stopped";
    default:
        return "failed";
    }
}

static void emit_end(struct dj_exec *exec, enum dj_status outcome, double seconds,
                     const struct dj_error *err)
{
    const struct dj_summary *summary = exec->root->summary;
    const bool good = outcome == DJ_OK || outcome == DJ_PARTIAL;
    const bool failed = !good && outcome != DJ_STOPPED;
    struct dj_event event = {
        .type = failed ? DJ_EVENT_PROCESSING_ERROR
                : good ? DJ_EVENT_PROCESSING_COMPLETE
                       : DJ_EVENT_WARNING,
        .status = state_of(outcome),
        .seconds = seconds,
        .error_message = outcome == DJ_OK ? NULL : err->text,
        .error_type = failed ? dj_status_name(outcome) : NULL,
        .has_rows = true,
        .rows_in = summary->rows_read,
        .rows_out = summary->rows_kept,
        .total_partitions = summary->partitions_total,
        .successful_partitions = summary->partitions_done,
        .failed_partitions = (int64_t)summary->nfailed,
        .output_path = good ? exec->config->export_path : NULL,
    };

    dj_event_emit(exec->events, &event);
    if (outcome != DJ_STOPPED) {
        event.type = failed ? DJ_EVENT_JOB_FAILED : DJ_EVENT_JOB_COMPLETE;
        dj_event_emit(exec->events, &event);
    }
}

static void set_text(char **field, const char *value)
{
    dj_xfree(*field);
    *field = dj_xstrdup(value);
}

enum dj_status dj_exec_finish(struct dj_exec *exec, enum dj_status outcome,
                              struct dj_error *err)
{
    struct dj_summary *summary = exec->root->summary;
    struct dj_attempt *attempt = &summary->attempts[summary->nattempts - 1];
    const double now = dj_clock_now();
    struct dj_error write_err;
    enum dj_status status;

    if (outcome == DJ_OK && summary->nfailed > 0) {
        outcome = dj_fail(err, DJ_PARTIAL,
                          "%zu of %lld partitions failed; the first: partition %lld: %s",
                          summary->nfailed, (long long)summary->partitions_total,
                          (long long)summary->failed[0].id, summary->failed[0].error);
    }
    if (outcome == DJ_STOPPED && dj_preempt_reason() != NULL) {
        dj_fail(err, DJ_STOPPED, "stopped by %s", dj_preempt_reason());
    }
    attempt->end = now;
    set_text(&attempt->state, state_of(outcome));
    set_text(&attempt->reason, outcome == DJ_OK ? NULL : err->text);
    set_text(&summary->state, state_of(outcome));
    set_text(&summary->error_message, outcome == DJ_OK ? NULL : err->text);
    summary->end_time = now;
    summary->duration = now - summary->start_time;
    if (exec->events != NULL) {
        emit_end(exec, outcome, now - attempt->start, err);
    }
    status = dj_summary_write(summary, &exec->paths, &write_err);
    if (status != DJ_OK && dj_status_exit(outcome) != DJ_EXIT_FAILED) {
        *err = write_err;
        outcome = status;
    }
    return outcome;
}

void dj_exec_print_end(struct dj_exec *exec)
{
    struct dj_buf text;

    dj_buf_init(&text);
    if (dj_summary_text(exec->root->summary, &exec->paths, &text) == DJ_OK) {
        (void)fwrite(text.ptr, 1, text.len, stdout);
        (void)fflush(stdout);
    }
    dj_buf_release(&text);
}

void dj_exec_clean_up(const struct dj_exec *exec)
{
    const struct dj_config *config = exec->config;
    const struct dj_retention_rules rules = {
        .policy = (enum dj_retention)config->intermediate_storage.retention_policy,
        .days = config->intermediate_storage.max_retention_days,
        .temporary = config->intermediate_storage.cleanup_temp_files,
        .on_success = config->intermediate_storage.cleanup_on_success,
        .now = dj_clock_now(),
    };
    struct dj_reclaims found;
    struct dj_error err;

    dj_retention_find(&exec->paths, exec->root->summary, &rules, &found);
    if (dj_reclaims_delete(&found, &err) != DJ_OK) {
        dj_log(DJ_LOG_WARNING, "cleaning up: %s", err.text);
    }
    dj_reclaims_release(&found);
    if (strcmp(exec->root->summary->state, "completed") == 0) {
        dj_convert_clean_up(exec);
    }
}

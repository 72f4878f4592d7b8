/* The end of a run for the person at the terminal. */
#include "dj/fs.h"
#include "dj/job.h"

#include <stdio.h>

/* Outputs and failed partitions that are named; of the others, how many there are. */
enum { MOST_NAMED = 3 };

enum { NUMBER = DJ_NUMBER_TEXT };

const char *dj_job_text_count(int64_t value, char text[NUMBER])
{
    char digits[24];
    const int len = snprintf(digits, sizeof(digits), "%lld", (long long)value);
    size_t at = 0;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0 && digits[i - 1] != '-') {
            text[at++] = ',';
        }
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

/* 1234567 bytes as "1.2 MB". */
static const char *sized(int64_t bytes, char text[NUMBER])
{
    static const char *const units[] = { "kB", "MB", "GB", "TB", "PB" };
    double value = (double)bytes / 1000;
    size_t unit = 0;

    if (bytes < 1000) {
        (void)snprintf(text, NUMBER, "%lld bytes", (long long)bytes);
        return text;
    }
    while (value >= 999.95 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1000;
        unit++;
    }
    (void)snprintf(text, NUMBER, "%.1f %s", value, units[unit]);
    return text;
}

const char *dj_job_text_seconds(double seconds, char text[NUMBER])
{
    const long whole = seconds > 0 && seconds < 1e9 ? (long)(seconds + 0.5) : 0;

    if (seconds < 100) {
        (void)snprintf(text, NUMBER, "%.1f s", seconds < 0 ? 0 : seconds);
    } else if (whole < 3600) {
        (void)snprintf(text, NUMBER, "%ld min %02ld s", whole / 60, whole % 60);
    } else {
        (void)snprintf(text, NUMBER, "%ld h %02ld min", whole / 3600, whole / 60 % 60);
    }
    return text;
}

static bool is_state(const struct dj_summary *summary, const char *state)
{
    return summary->state != NULL && strcmp(summary->state, state) == 0;
}

static enum dj_status put_state(const struct dj_summary *summary, struct dj_buf *out)
{
    const struct dj_attempt *last =
        summary->nattempts == 0 ? NULL : &summary->attempts[summary->nattempts - 1];
    char number[NUMBER];

    DJ_TRY(dj_buf_printf(out, "job %s: %s", summary->job_id, summary->state));
    if (last != NULL && last->end > 0) {
        DJ_TRY(dj_buf_printf(out, " in %s",
                             dj_job_text_seconds(last->end - last->start, number)));
    }
    if (last != NULL) {
        DJ_TRY(dj_buf_printf(out, " (%lld rank%s", (long long)last->ranks,
                             last->ranks == 1 ? "" : "s"));
        if (last->number > 1) {
            DJ_TRY(dj_buf_printf(out, ", attempt %lld", (long long)last->number));
        }
        DJ_TRY(dj_buf_printf(out, ")"));
    }
    DJ_TRY(dj_buf_putc(out, '\n'));
    if (summary->error_message != NULL) {
        DJ_TRY(dj_buf_printf(out, "  %-12s  %s\n", "reason", summary->error_message));
    }
    return DJ_OK;
}

static enum dj_status put_share(const char *word, int64_t rows, int64_t all,
                                struct dj_buf *out)
{
    char number[NUMBER];

    return dj_buf_printf(out, "  %-12s  %15s  %5.1f%%\n", word,
                         dj_job_text_count(rows, number),
                         all == 0 ? 0 : 100.0 * (double)rows / (double)all);
}

static enum dj_status put_counts(const struct dj_summary *summary, struct dj_buf *out)
{
    const int64_t all = summary->rows_read + summary->rows_derived;
    char number[NUMBER], size[NUMBER];

    DJ_TRY(dj_buf_printf(out, "  %-12s  %15s  samples, %s\n", "read",
                         dj_job_text_count(summary->rows_read, number),
                         sized(summary->bytes_read, size)));
    if (summary->rows_derived != 0) { /* fewer: they are in lists of others */
        const bool more = summary->rows_derived > 0;

        DJ_TRY(dj_buf_printf(
            out, "  %-12s  %15s  samples%s\n", more ? "derived" : "grouped",
            dj_job_text_count(more ? summary->rows_derived : -summary->rows_derived,
                              number),
            more ? "" : " into others"));
    }
    DJ_TRY(put_share("kept", summary->rows_kept, all, out));
    DJ_TRY(put_share("filtered", summary->rows_filtered, all, out));
    if (summary->rows_deduplicated != 0) {
        DJ_TRY(put_share("deduplicated", summary->rows_deduplicated, all, out));
    }
    DJ_TRY(put_share("rejected", summary->rows_rejected, all, out));
    if (summary->partitions_done < summary->partitions_total) {
        DJ_TRY(dj_buf_printf(out, "  %-12s  %lld of %lld done\n", "partitions",
                             (long long)summary->partitions_done,
                             (long long)summary->partitions_total));
    }
    for (size_t i = 0; i < summary->nfailed && i < MOST_NAMED; i++) {
        DJ_TRY(dj_buf_printf(out, "  %-12s  partition %lld: %s\n", "failed",
                             (long long)summary->failed[i].id, summary->failed[i].error));
    }
    if (summary->nfailed > MOST_NAMED) {
        DJ_TRY(dj_buf_printf(out, "  %-12s  and %zu more\n", "",
                             summary->nfailed - MOST_NAMED));
    }
    return DJ_OK;
}

/* What all runs cost; what was lost only when something was. */
static enum dj_status put_account(const struct dj_summary *summary, struct dj_buf *out)
{
    const struct dj_account account = dj_summary_account(summary);
    char number[NUMBER];

    if (account.seconds <= 0) {
        return DJ_OK;
    }
    DJ_TRY(dj_buf_printf(out, "  %-12s  %.3g core-hours, %s samples/s", "cost",
                         account.core_hours,
                         dj_job_text_count((int64_t)account.samples_per_second, number)));
    if (summary->nattempts > 1) {
        DJ_TRY(dj_buf_printf(out, ", in %zu runs", summary->nattempts));
    }
    if (account.lost_core_hours > 0) {
        DJ_TRY(dj_buf_printf(out, "; lost %.3g core-hours (about %s samples twice)",
                             account.lost_core_hours,
                             dj_job_text_count(account.redone_samples, number)));
    }
    return dj_buf_putc(out, '\n');
}

static enum dj_status put_operators(const struct dj_summary *summary, struct dj_buf *out)
{
    int width = 8;

    if (summary->nops == 0) {
        return DJ_OK;
    }
    for (size_t i = 0; i < summary->nops; i++) {
        const int len = (int)strlen(summary->op_names[i]);

        width = len > width && len < 60 ? len : width;
    }
    DJ_TRY(dj_buf_printf(out, "  %-*s  %13s  %13s  %9s  %8s\n", width, "operator",
                         "samples in", "samples out", "seconds", "MB/s"));
    for (size_t i = 0; i < summary->nops; i++) {
        const struct dj_op_tally *tally = &summary->tally[i];
        char in[NUMBER], kept[NUMBER], speed[NUMBER] = "-";

        if (tally->seconds > 0) {
            (void)snprintf(speed, sizeof(speed), "%.1f",
                           (double)tally->bytes_in / tally->seconds / 1e6);
        }
        DJ_TRY(dj_buf_printf(out, "  %-*s  %13s  %13s  %9.2f  %8s\n", width,
                             summary->op_names[i], dj_job_text_count(tally->rows_in, in),
                             dj_job_text_count(tally->rows_out, kept), tally->seconds,
                             speed));
    }
    return DJ_OK;
}

static enum dj_status put_places(const struct dj_summary *summary,
                                 const struct dj_job_paths *paths, struct dj_buf *out)
{
    char rows[NUMBER], bytes[NUMBER];

    for (size_t i = 0; i < summary->noutputs && i < MOST_NAMED; i++) {
        DJ_TRY(dj_buf_printf(out, "  %-12s  %s (%s samples, %s)\n",
                             i == 0 ? "output" : "", summary->outputs[i].path,
                             dj_job_text_count(summary->outputs[i].rows, rows),
                             sized(summary->outputs[i].bytes, bytes)));
    }
    if (summary->noutputs > MOST_NAMED) {
        DJ_TRY(dj_buf_printf(out, "  %-12s  and %zu more\n", "",
                             summary->noutputs - MOST_NAMED));
    }
    if (summary->rows_rejected > 0) {
        DJ_TRY(dj_buf_printf(out, "  %-12s  %s\n", "set aside", paths->rejected_dir));
    }
    if (dj_fs_is_dir(paths->trace_dir)) {
        DJ_TRY(dj_buf_printf(out, "  %-12s  %s\n", "trace", paths->trace_dir));
    }
    DJ_TRY(dj_buf_printf(out, "  %-12s  %s/events.log\n", "log", paths->event_dir));
    DJ_TRY(dj_buf_printf(out, "  %-12s  %s\n", "summary", paths->summary));
    if (!summary->ledger_balanced && is_state(summary, "completed")) {
        DJ_TRY(dj_buf_printf(out, "  %-12s  the counts do not balance\n", "warning"));
    }
    return DJ_OK;
}

enum dj_status dj_summary_details(const struct dj_summary *summary,
                                  const struct dj_job_paths *paths, struct dj_buf *out)
{
    DJ_TRY(put_counts(summary, out));
    DJ_TRY(put_account(summary, out));
    DJ_TRY(put_operators(summary, out));
    return put_places(summary, paths, out);
}

enum dj_status dj_summary_text(const struct dj_summary *summary,
                               const struct dj_job_paths *paths, struct dj_buf *out)
{
    DJ_TRY(put_state(summary, out));
    DJ_TRY(dj_summary_details(summary, paths, out));
    if (summary->resume_command != NULL && !is_state(summary, "completed") &&
        !is_state(summary, "running")) {
        const char *what =
            is_state(summary, "partial") ? "try the failed partitions again" : "resume";

        DJ_TRY(dj_buf_printf(out, "  to %s:\n    %s\n", what, summary->resume_command));
    }
    return DJ_OK;
}

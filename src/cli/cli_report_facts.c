/* The outcome in words, reasons of rejected samples, and numbers for people. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cli_report.h"
#include "dj/clock.h"
#include "dj/fs.h"

/* --- numbers --------------------------------------------------------------------- */

const char *dj_report_seconds(double seconds, char text[DJ_REPORT_NUMBER])
{
    const long whole = seconds > 0 && seconds < 1e9 ? lround(seconds) : 0;

    if (!(seconds >= 0.1)) {
        (void)snprintf(text, DJ_REPORT_NUMBER, "%.3f s", seconds > 0 ? seconds : 0);
    } else if (seconds < 100) {
        (void)snprintf(text, DJ_REPORT_NUMBER, "%.1f s", seconds);
    } else if (whole < 3600) {
        (void)snprintf(text, DJ_REPORT_NUMBER, "%ld min %02ld s", whole / 60, whole % 60);
    } else {
        (void)snprintf(text, DJ_REPORT_NUMBER, "%ld h %02ld min", whole / 3600,
                       whole / 60 % 60);
    }
    return text;
}

const char *dj_report_bytes(double bytes, char text[DJ_REPORT_NUMBER])
{
    static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB", "PB" };
    size_t unit = 0;

    while (bytes >= 999.95 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        bytes /= 1000;
        unit++;
    }
    (void)snprintf(text, DJ_REPORT_NUMBER, unit == 0 ? "%.0f %s" : "%.1f %s", bytes,
                   units[unit]);
    return text;
}

const char *dj_report_time(double time, char text[DJ_REPORT_NUMBER])
{
    if (time > 0 && time < 1e11) {
        dj_clock_local(time, text);
        text[strlen(text) > 4 ? strlen(text) - 4 : 0] = '\0'; /* without milliseconds */
    } else {
        (void)snprintf(text, DJ_REPORT_NUMBER, "–");
    }
    return text;
}

_Static_assert((int)DJ_REPORT_NUMBER >= (int)DJ_CLOCK_TEXT, "a time fits");

/* --- the outcome ----------------------------------------------------------------- */

const char *dj_report_state(const struct dj_report *report)
{
    const char *state = report->summary == NULL ? NULL : report->summary->state;

    if (report->running) {
        return "running";
    }
    if (state == NULL && report->nattempts > 0) {
        state = report->attempts[report->nattempts - 1].state;
    }
    if (state == NULL || strcmp(state, "running") == 0) {
        return report->nattempts == 0 ? "not begun" : "dead";
    }
    return state;
}

static enum dj_status put_samples(const struct dj_report *report, struct dj_buf *text)
{
    const int64_t all = report->read + report->derived;
    char kept[DJ_REPORT_NUMBER], read[DJ_REPORT_NUMBER];

    return dj_buf_printf(text, "%s of %s samples kept (%.1f %%)",
                         dj_job_text_count(report->kept, kept),
                         dj_job_text_count(all, read),
                         all == 0 ? 0 : 100.0 * (double)report->kept / (double)all);
}

static enum dj_status put_partitions(const struct dj_report *report, struct dj_buf *text)
{
    char done[DJ_REPORT_NUMBER], total[DJ_REPORT_NUMBER];

    DJ_TRY(dj_buf_printf(text, "%s of %s partitions are done",
                         dj_job_text_count(report->parts_done, done),
                         dj_job_text_count(report->parts_total, total)));
    return report->parts_failed == 0
               ? DJ_OK
               : dj_buf_printf(text, ", %s failed",
                               dj_job_text_count(report->parts_failed, done));
}

static enum dj_status put_sentence(const struct dj_report *report, struct dj_buf *text)
{
    const char *state = dj_report_state(report);
    const struct dj_report_attempt *last =
        report->nattempts == 0 ? NULL : &report->attempts[report->nattempts - 1];
    char seconds[DJ_REPORT_NUMBER];

    DJ_TRY(dj_buf_printf(text, "Job %s ", report->job->id));
    if (strcmp(state, "completed") == 0) {
        DJ_TRY(dj_buf_printf(text, "is complete: "));
        DJ_TRY(put_samples(report, text));
    } else if (strcmp(state, "partial") == 0) {
        DJ_TRY(dj_buf_printf(text, "is complete except for partitions that failed: "));
        DJ_TRY(put_samples(report, text));
        DJ_TRY(dj_buf_printf(text, "; "));
        DJ_TRY(put_partitions(report, text));
    } else {
        DJ_TRY(dj_buf_printf(text, "%s: ",
                             strcmp(state, "running") == 0 ? "is running"
                             : strcmp(state, "dead") == 0
                                 ? "is dead (its run was killed, or its node failed)"
                             : strcmp(state, "stopped") == 0 ? "was stopped early"
                             : strcmp(state, "failed") == 0  ? "failed"
                                                             : "has not begun"));
        DJ_TRY(put_partitions(report, text));
    }
    if (last != NULL && last->end > last->start && !report->running) {
        DJ_TRY(dj_buf_printf(text, ", after %s on %lld rank%s",
                             dj_report_seconds(last->end - last->start, seconds),
                             (long long)last->ranks, last->ranks == 1 ? "" : "s"));
    }
    if (report->nattempts > 1) {
        DJ_TRY(dj_buf_printf(text, " in the last of %zu runs", report->nattempts));
    }
    return dj_buf_putc(text, '.');
}

char *dj_report_sentence(const struct dj_report *report)
{
    const char *text = "";
    struct dj_buf buf;
    char *sentence;

    dj_buf_init(&buf);
    if (put_sentence(report, &buf) == DJ_OK && dj_buf_cstr(&buf, &text) == DJ_OK) {
        sentence = dj_xstrdup(text);
    } else {
        sentence = dj_xstrdup("");
    }
    dj_buf_release(&buf);
    return sentence;
}

/* --- rejected samples ------------------------------------------------------------ */

/* Numbers in reasons (places, sizes) make too many of them: each becomes N. */
static char *without_numbers(const char *text)
{
    char *out = dj_xstrdup(text);
    size_t at = 0;

    for (size_t i = 0; out[i] != '\0'; i++) {
        const bool digit = out[i] >= '0' && out[i] <= '9';

        if (!digit) {
            out[at++] = out[i];
        } else if (at == 0 || out[at - 1] != 'N') {
            out[at++] = 'N';
        }
    }
    out[at] = '\0';
    return out;
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void count_reason(struct dj_report *report, const struct dj_json *line)
{
    const char *op = dj_json_text(line, "operator", NULL);
    char *text = without_numbers(dj_json_text(line, "reason", "no reason is told"));
    size_t at = 0;

    while (at < report->nreasons && !(is_same(report->reasons[at].op, op) &&
                                      strcmp(report->reasons[at].text, text) == 0)) {
        at++;
    }
    if (at < report->nreasons) {
        report->reasons[at].count++;
    } else if (at < DJ_REPORT_REASONS) {
        report->reasons[report->nreasons++] =
            (struct dj_report_reason){ dj_xstrdup(op), text, 1 };
        return;
    } else {
        report->other_reasons++;
    }
    dj_xfree(text);
}

/* The whole lines of text; gives how many bytes they are. */
static size_t count_lines(struct dj_report *report, struct dj_str text)
{
    size_t at = 0;

    for (;;) {
        const char *end =
            text.len == at ? NULL : memchr(text.ptr + at, '\n', text.len - at);
        struct dj_error ignored;
        struct dj_json *line;

        if (end == NULL) {
            return at;
        }
        if (dj_json_parse((struct dj_str){ text.ptr + at, (size_t)(end - text.ptr) - at },
                          "reason", &line, &ignored) == DJ_OK) {
            count_reason(report, line);
            dj_json_free(line);
        }
        at = (size_t)(end - text.ptr) + 1;
    }
}

static enum dj_status read_reasons(struct dj_report *report, const char *path,
                                   struct dj_error *err)
{
    enum { WINDOW = 256 << 10 };
    enum dj_status status = DJ_OK;
    struct dj_buf bytes;
    int64_t offset = 0;
    size_t got = 1;
    int fd;

    DJ_TRY(dj_fs_open(path, O_RDONLY, &fd, err));
    dj_buf_init(&bytes);
    while (status == DJ_OK && got > 0) {
        size_t used;

        if (dj_buf_reserve(&bytes, WINDOW) != DJ_OK) {
            status = dj_fail(err, DJ_NOMEM, "%s: out of memory", path);
            break;
        }
        status = dj_fs_pread(fd, bytes.ptr + bytes.len, WINDOW, offset, &got, path, err);
        got = status == DJ_OK ? got : 0;
        offset += (int64_t)got;
        bytes.len += got;
        used = count_lines(report, dj_buf_str(&bytes));
        bytes.len -= used;
        memmove(bytes.ptr, bytes.ptr + used, bytes.len);
    }
    dj_buf_release(&bytes);
    close(fd);
    return status;
}

void dj_report_reasons(struct dj_report *report)
{
    char *path = dj_fs_join(report->job->paths.rejected_dir, "reasons.jsonl");
    struct dj_error err;

    if (dj_fs_exists(path)) {
        if (read_reasons(report, path, &err) != DJ_OK) {
            dj_report_missing(report, "reasons of rejected samples: %s", err.text);
        }
    } else if (report->rejected > 0) {
        dj_report_missing(report, "why samples were rejected is known when the job is "
                                  "complete (rejected/reasons.jsonl)");
    }
    for (size_t i = 1; i < report->nreasons; i++) { /* most first */
        const struct dj_report_reason moving = report->reasons[i];
        size_t at = i;

        for (; at > 0 && report->reasons[at - 1].count < moving.count; at--) {
            report->reasons[at] = report->reasons[at - 1];
        }
        report->reasons[at] = moving;
    }
    dj_xfree(path);
}

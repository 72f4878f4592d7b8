/*
 * How far the job is, for the person who waits: on a terminal a line that moves, in
 * a batch log a plain line now and then. Numbers come from all ranks.
 */
#include "dj/clock.h"
#include "dj/log.h"
#include "exec/exec_private.h"

#include <stdio.h>
#include <unistd.h>

struct numbers {
    int64_t rows, kept, bytes;
};

struct dj_progress {
    int nranks;
    struct numbers *ranks; /* a rank each */
    int64_t total_bytes;
    int64_t done_before; /* bytes that earlier runs finished */
    double started;
    double next;
    double interval; /* 0: silent */
};

struct dj_progress *dj_progress_new(int nranks, int64_t total_bytes, int64_t done_bytes,
                                    double log_interval)
{
    struct dj_progress *progress = dj_xmalloc(sizeof(*progress));

    progress->nranks = nranks;
    progress->ranks = dj_xcalloc((size_t)nranks, sizeof(*progress->ranks));
    progress->total_bytes = total_bytes;
    progress->done_before = done_bytes;
    progress->started = dj_clock_monotonic();
    progress->interval =
        log_interval > 0 && isatty(STDERR_FILENO) != 0 ? 0.5 : log_interval;
    progress->next = progress->started + progress->interval;
    return progress;
}

void dj_progress_free(struct dj_progress *progress)
{
    if (progress != NULL) {
        dj_xfree(progress->ranks);
        dj_xfree(progress);
    }
}

/* "1h02m", "3m07s", "12s" */
static void format_eta(double seconds, char *text, size_t size)
{
    const int64_t whole = (int64_t)(seconds + 0.5);

    if (whole >= 3600) {
        (void)snprintf(text, size, "%lldh%02lldm", (long long)(whole / 3600),
                       (long long)(whole / 60 % 60));
    } else if (whole >= 60) {
        (void)snprintf(text, size, "%lldm%02llds", (long long)(whole / 60),
                       (long long)(whole % 60));
    } else {
        (void)snprintf(text, size, "%llds", (long long)whole);
    }
}

static void print_line(const struct dj_progress *progress, double now)
{
    const double elapsed = now - progress->started;
    struct numbers sum = { 0 };
    char line[160];
    char eta[64] = "?";
    double rate, share;

    for (int i = 0; i < progress->nranks; i++) {
        sum.rows += progress->ranks[i].rows;
        sum.kept += progress->ranks[i].kept;
        sum.bytes += progress->ranks[i].bytes;
    }
    rate = elapsed > 0 ? (double)sum.bytes / elapsed : 0;
    share = progress->total_bytes > 0 ? (double)(progress->done_before + sum.bytes) /
                                            (double)progress->total_bytes
                                      : 1;
    if (rate > 0) {
        format_eta((double)(progress->total_bytes - progress->done_before - sum.bytes) /
                       rate,
                   eta, sizeof(eta));
    }
    (void)snprintf(line, sizeof(line),
                   "%5.1f %%  %lld samples  %.1f MB/s  kept %.1f %%  left %s",
                   share * 100, (long long)sum.rows, rate / 1e6,
                   sum.rows > 0 ? (double)sum.kept * 100 / (double)sum.rows : 100.0, eta);
    dj_log_status(line);
}

void dj_progress_update(struct dj_progress *progress, int rank, int64_t rows,
                        int64_t kept, int64_t bytes)
{
    double now;

    progress->ranks[rank] = (struct numbers){ rows, kept, bytes };
    if (progress->interval <= 0) {
        return;
    }
    now = dj_clock_monotonic();
    if (now >= progress->next) {
        print_line(progress, now);
        progress->next = now + progress->interval;
    }
}

void dj_progress_end(struct dj_progress *progress)
{
    (void)progress;
    dj_log_status_done();
}

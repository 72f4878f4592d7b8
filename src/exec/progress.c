/*
 * How far the job is, for the person who waits: on a terminal a line that moves, in
 * a batch log a plain line now and then. Numbers come from all ranks.
 */
#include "dj/clock.h"
#include "dj/log.h"
#include "exec/heartbeat.h"

#include <stdio.h>
#include <unistd.h>

struct dj_progress {
    int nranks;
    struct dj_rank_numbers *ranks; /* a rank each */
    struct dj_progress_start start;
    struct dj_heart *heart;
    double started;
    double next;
    double interval; /* 0: silent */
    double next_show;
};

/* Seconds between two times that the heart hears of it. */
static const double show_interval = 1;

static struct dj_rank_numbers sum_up(const struct dj_progress *progress)
{
    struct dj_rank_numbers sum = { 0 };

    for (int i = 0; i < progress->nranks; i++) {
        sum.rows += progress->ranks[i].rows;
        sum.kept += progress->ranks[i].kept;
        sum.bytes += progress->ranks[i].bytes;
        sum.parts_done += progress->ranks[i].parts_done;
        sum.parts_failed += progress->ranks[i].parts_failed;
    }
    return sum;
}

static void show(struct dj_progress *progress, double now)
{
    const struct dj_progress_start *start = &progress->start;
    const struct dj_rank_numbers sum = sum_up(progress);

    dj_heart_show(progress->heart, &(struct dj_job_progress){
                                       .stage = start->stage,
                                       .stages = start->stages,
                                       .seconds = now - progress->started,
                                       .rows = start->done_rows + sum.rows,
                                       .kept = start->kept_rows + sum.kept,
                                       .rows_before = start->done_rows,
                                       .bytes = sum.bytes,
                                       .bytes_before = start->done_bytes,
                                       .bytes_total = start->total_bytes,
                                       .parts_done = start->done_parts + sum.parts_done,
                                       .parts_failed = sum.parts_failed,
                                       .parts_total = start->total_parts,
                                   });
    progress->next_show = now + show_interval;
}

struct dj_progress *dj_progress_new(int nranks, const struct dj_progress_start *start,
                                    double log_interval, struct dj_heart *heart)
{
    struct dj_progress *progress = dj_xmalloc(sizeof(*progress));

    progress->nranks = nranks;
    progress->ranks = dj_xcalloc((size_t)nranks, sizeof(*progress->ranks));
    progress->start = *start;
    progress->heart = heart;
    progress->started = dj_clock_monotonic();
    progress->interval =
        log_interval > 0 && isatty(STDERR_FILENO) != 0 ? 0.5 : log_interval;
    progress->next = progress->started + progress->interval;
    show(progress, progress->started);
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
    const struct dj_rank_numbers sum = sum_up(progress);
    const int64_t total = progress->start.total_bytes;
    const int64_t done = progress->start.done_bytes + sum.bytes;
    char line[160];
    char eta[64] = "?";
    double rate, share;

    rate = elapsed > 0 ? (double)sum.bytes / elapsed : 0;
    share = total > 0 ? (double)done / (double)total : 1;
    if (rate > 0) {
        format_eta((double)(total - done) / rate, eta, sizeof(eta));
    }
    (void)snprintf(line, sizeof(line),
                   "%5.1f %%  %lld samples  %.1f MB/s  kept %.1f %%  left %s",
                   share * 100, (long long)sum.rows, rate / 1e6,
                   sum.rows > 0 ? (double)sum.kept * 100 / (double)sum.rows : 100.0, eta);
    dj_log_status(line);
}

void dj_progress_update(struct dj_progress *progress, int rank,
                        const struct dj_rank_numbers *numbers)
{
    const double now = dj_clock_monotonic();

    progress->ranks[rank] = *numbers;
    if (now >= progress->next_show) {
        show(progress, now);
    }
    if (progress->interval > 0 && now >= progress->next) {
        print_line(progress, now);
        progress->next = now + progress->interval;
    }
}

void dj_progress_end(struct dj_progress *progress)
{
    show(progress, dj_clock_monotonic());
    dj_log_status_done();
}

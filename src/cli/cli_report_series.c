/* Figures over the time of all runs; see cli_report.h. */
#include "cli/cli_report.h"

static const double first_width = 0.001;

/* The start of a process costs CPU time that is before its first second here. */
static const double first_usage = 1;

/* Ranks whose usage is remembered; no job has more. */
enum { MOST_RANKS = 1 << 22 };

void dj_series_init(struct dj_series *series)
{
    *series = (struct dj_series){ .width = first_width, .group = 1, .attempt = -1 };
}

void dj_series_release(struct dj_series *series)
{
    dj_xfree(series->usage);
}

static void join_gauges(struct dj_series_gauge *a, const struct dj_series_gauge *b)
{
    a->sum += b->sum;
    a->count += b->count;
    a->most = b->most > a->most ? b->most : a->most;
}

static void widen(struct dj_series *series)
{
    for (size_t i = 0; i < DJ_SERIES_TIMES; i++) {
        struct dj_series_time sum = { 0 };

        for (size_t k = 2 * i; k < 2 * i + 2 && k < DJ_SERIES_TIMES; k++) {
            const struct dj_series_time *half = &series->times[k];

            sum.rows += half->rows;
            sum.partitions += half->partitions;
            join_gauges(&sum.memory, &half->memory);
            join_gauges(&sum.cpu, &half->cpu);
            for (size_t row = 0; row < DJ_SERIES_ROWS; row++) {
                sum.busy[row] += half->busy[row];
            }
        }
        series->times[i] = sum;
    }
    series->width *= 2;
}

static void join_rows(struct dj_series *series)
{
    for (size_t i = 0; i < DJ_SERIES_ROWS; i++) {
        struct dj_series_row sum = { 0 };

        for (size_t k = 2 * i; k < 2 * i + 2 && k < DJ_SERIES_ROWS; k++) {
            const struct dj_series_row *half = &series->rows[k];

            sum.partitions += half->partitions;
            sum.rows += half->rows;
            sum.busy += half->busy;
            sum.cpu += half->cpu;
            sum.memory = half->memory > sum.memory ? half->memory : sum.memory;
        }
        series->rows[i] = sum;
        for (size_t t = 0; t < DJ_SERIES_TIMES; t++) {
            double *busy = series->times[t].busy;

            busy[i] = 2 * i < DJ_SERIES_ROWS ? busy[2 * i] + busy[2 * i + 1] : 0;
        }
    }
    series->group *= 2;
}

/* The row of a rank. */
static size_t row_of(struct dj_series *series, int64_t rank)
{
    while (rank / series->group >= DJ_SERIES_ROWS) {
        join_rows(series);
    }
    series->ranks = rank >= series->ranks ? rank + 1 : series->ranks;
    return (size_t)(rank / series->group);
}

/* The place of the newest event on the axis. */
static double place(const struct dj_series *series)
{
    return series->before + series->newest - series->begin;
}

static struct dj_series_time *time_at(struct dj_series *series, double at)
{
    size_t piece;

    while (at >= series->width * DJ_SERIES_TIMES) {
        widen(series);
    }
    piece = at <= 0 ? 0 : (size_t)(at / series->width);
    return &series->times[piece < DJ_SERIES_TIMES ? piece : DJ_SERIES_TIMES - 1];
}

void dj_series_event(struct dj_series *series, const struct dj_event_view *view)
{
    const double time = (double)view->micros / 1e6;

    if (view->attempt > series->attempt) {
        if (series->attempt >= 0) {
            series->before += series->newest - series->begin;
        }
        series->attempt = view->attempt;
        series->begin = series->newest = time;
        if (series->nruns < DJ_SERIES_RUNS) {
            series->attempts[series->nruns] = view->attempt;
            series->runs[series->nruns++] = series->before;
        }
    }
    series->newest = time > series->newest ? time : series->newest;
}

void dj_series_done(struct dj_series *series, int64_t rank, int64_t rows, double seconds,
                    double since)
{
    const size_t row = row_of(series, rank);
    const double end = place(series);
    const double took = since > 0 ? series->newest - since : seconds;
    double begin = end - (took > 0 ? took : 0);
    double length;

    (void)time_at(series, end); /* makes the axis long enough */
    begin = begin < series->before ? series->before : begin;
    length = end - begin;
    series->rows[row].partitions++;
    series->rows[row].rows += rows;
    series->rows[row].busy += seconds;
    for (double at = begin;;) { /* spread over the time that it was in work */
        struct dj_series_time *time = time_at(series, at);
        const double border = ((double)(time - series->times) + 1) * series->width;
        const double until = border < end && border > at ? border : end;
        const double share = length > 0 ? (until - at) / length : 1;

        time->rows += share * (double)rows;
        time->partitions += share;
        time->busy[row] += share * seconds;
        if (until >= end) {
            return;
        }
        at = until;
    }
}

static struct dj_series_usage *usage_of(struct dj_series *series, int64_t rank)
{
    if ((size_t)rank >= series->nusage) {
        const size_t count = 2 * (size_t)rank + 8;

        series->usage = dj_xrealloc(series->usage, count * sizeof(*series->usage));
        memset(&series->usage[series->nusage], 0,
               (count - series->nusage) * sizeof(*series->usage));
        series->nusage = count;
    }
    return &series->usage[rank];
}

static void add(struct dj_series_gauge *gauge, double value)
{
    join_gauges(gauge, &(struct dj_series_gauge){ value, value, 1 });
}

void dj_series_usage(struct dj_series *series, int64_t rank, double elapsed, double cpu,
                     double memory)
{
    struct dj_series_time *time = time_at(series, place(series));
    struct dj_series_usage *before;
    size_t row;

    if (rank >= MOST_RANKS ||
        !(elapsed >= 0 && elapsed < 1e12 && cpu >= 0 && cpu < 1e12)) {
        return;
    }
    before = usage_of(series, rank);
    row = row_of(series, rank);
    if (before->attempt != series->attempt) {
        *before = (struct dj_series_usage){ .attempt = series->attempt };
    }
    if (elapsed > before->elapsed && cpu >= before->cpu) {
        if (before->elapsed > 0 || elapsed >= first_usage) {
            add(&time->cpu, (cpu - before->cpu) / (elapsed - before->elapsed));
        }
        series->rows[row].cpu += cpu - before->cpu;
        before->elapsed = elapsed;
        before->cpu = cpu;
    }
    if (memory > 0 && memory < 1e15) {
        add(&time->memory, memory);
        series->rows[row].memory =
            memory > series->rows[row].memory ? memory : series->rows[row].memory;
    }
}

double dj_series_length(const struct dj_series *series)
{
    return series->attempt < 0 ? 0 : place(series);
}

size_t dj_series_pieces(const struct dj_series *series)
{
    const size_t pieces = (size_t)(dj_series_length(series) / series->width) + 1;

    return pieces < DJ_SERIES_TIMES ? pieces : DJ_SERIES_TIMES;
}

size_t dj_series_used_rows(const struct dj_series *series)
{
    return (size_t)((series->ranks + series->group - 1) / series->group);
}

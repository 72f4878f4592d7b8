/* The parts of dj-mpi report: what is known of a job, and how it is shown. */
#ifndef DJ_CLI_REPORT_H
#define DJ_CLI_REPORT_H

#include "cli/cli_ledger.h"
#include "cli/cli_private.h"
#include "dj/event_log.h"

/* --- cli_report_series.c: figures over time, in memory that does not grow -------- */

/* Pieces of the time axis, and lines that ranks share when there are more of them. */
enum { DJ_SERIES_TIMES = 240, DJ_SERIES_ROWS = 32, DJ_SERIES_RUNS = 200 };

/* A sum, its number of values and the largest of them. */
struct dj_series_gauge {
    double sum, most;
    int64_t count;
};

/* What happened in one piece of time. */
struct dj_series_time {
    double rows, partitions;            /* that were done */
    struct dj_series_gauge memory, cpu; /* KiB resident; cores in use, of a rank */
    double busy[DJ_SERIES_ROWS];        /* seconds of partitions */
};

struct dj_series_row {
    int64_t partitions, rows;
    double busy, memory, cpu; /* seconds; KiB at most; CPU seconds */
};

/* The newest usage of a rank. */
struct dj_series_usage {
    int64_t attempt;
    double elapsed, cpu;
};

/*
 * Runs stand on the axis one behind the other, without the time between them. When there
 * is more time or more ranks than room, two pieces become one.
 */
struct dj_series {
    double width;  /* seconds of a piece */
    int64_t group; /* ranks of a row */
    int64_t ranks; /* that have told something */
    struct dj_series_time times[DJ_SERIES_TIMES];
    struct dj_series_row rows[DJ_SERIES_ROWS];
    int64_t attempt;      /* that is on the axis last */
    double begin, newest; /* of it, seconds since 1970 */
    double before;        /* seconds of all before it */
    size_t nruns;         /* where attempts begin on the axis */
    double runs[DJ_SERIES_RUNS];
    int64_t attempts[DJ_SERIES_RUNS];
    size_t nusage;
    struct dj_series_usage *usage; /* by rank */
};

void dj_series_init(struct dj_series *series);
void dj_series_release(struct dj_series *series);
/* Every event, in order; the other calls are about the newest one. */
void dj_series_event(struct dj_series *series, const struct dj_event_view *view);
/* A partition that was begun at since (0: not known) and took so many seconds of work. */
void dj_series_done(struct dj_series *series, int64_t rank, int64_t rows, double seconds,
                    double since);
void dj_series_usage(struct dj_series *series, int64_t rank, double elapsed, double cpu,
                     double memory);
double dj_series_length(const struct dj_series *series); /* seconds of all runs */
size_t dj_series_pieces(const struct dj_series *series); /* in use */
size_t dj_series_used_rows(const struct dj_series *series);

/* --- what is known --------------------------------------------------------------- */

struct dj_report_op {
    char *name;
    int64_t in, out, dropped, rejected, derived;
    double seconds, bytes;
};

struct dj_report_attempt {
    int64_t number, ranks, rows;
    double start, end; /* 0: not known */
    char *state, *reason, *nodes;
};

struct dj_report_set {
    int64_t set, bytes;
    double seconds, time;
};

struct dj_report_part {
    int64_t id, rank, attempt, rows;
    double seconds;
    char *text; /* file, or why it failed */
};

struct dj_report_reason {
    char *op, *text; /* op NULL: when it was read */
    int64_t count;
};

enum {
    DJ_REPORT_SETS = 20,
    DJ_REPORT_PARTS = 10,
    DJ_REPORT_FAILED = 50,
    DJ_REPORT_REASONS = 40
};

struct dj_report {
    const struct dj_cli_job *job;
    double made; /* when this is written */
    bool running;
    struct dj_summary *summary; /* NULL: not there */
    struct dj_json *doc;        /* the same as it stands in its file */
    bool by_events;             /* figures are by the events, not by the summary */
    struct dj_ledger ledger;
    size_t nops;
    struct dj_report_op *ops;
    int64_t read, kept, filtered, deduplicated, rejected, at_load, derived;
    int64_t parts_total, parts_done, parts_failed, parts_at_work;
    int64_t bytes_read;
    size_t nattempts;
    struct dj_report_attempt *attempts;
    struct dj_series series;
    int64_t nsets; /* that were written, of which the newest are in sets */
    double set_seconds;
    int64_t set_bytes;
    struct dj_report_set sets[DJ_REPORT_SETS];
    size_t nslow;
    struct dj_report_part slow[DJ_REPORT_PARTS]; /* slowest first */
    size_t nfailed;
    struct dj_report_part failed[DJ_REPORT_FAILED];
    size_t nreasons;
    struct dj_report_reason reasons[DJ_REPORT_REASONS];
    int64_t other_reasons;    /* samples with reasons that found no room */
    int64_t warnings, errors; /* events */
    int64_t events;
    char *recipe_name, *recipe; /* as it ran; NULL: not there */
    size_t nmissing;
    char **missing; /* what could not be told, and why */
};

/* --- cli_report_gather.c --- */

enum dj_status dj_report_gather(struct dj_report *report, const struct dj_cli_job *job,
                                struct dj_error *err) DJ_MUST_CHECK;
void dj_report_release(struct dj_report *report);
void dj_report_missing(struct dj_report *report, const char *fmt, ...) DJ_PRINTF(2, 3);

/* --- cli_report_events.c: what the events say --- */

enum dj_status dj_report_events(struct dj_report *report,
                                struct dj_error *err) DJ_MUST_CHECK;

/* --- cli_report_facts.c --- */

/* The samples that were set aside, by reason. */
void dj_report_reasons(struct dj_report *report);
/* The outcome in one sentence; new. */
char *dj_report_sentence(const struct dj_report *report);
/* running, dead, completed, …, as dj-mpi status has it; borrowed. */
const char *dj_report_state(const struct dj_report *report);

/* --- pages --- */

enum dj_status dj_report_json(const struct dj_report *report,
                              struct dj_buf *out) DJ_MUST_CHECK;
enum dj_status dj_report_html(const struct dj_report *report,
                              struct dj_buf *out) DJ_MUST_CHECK;

/* What tells that a file is such a page, near its beginning. */
#define DJ_REPORT_MARK "<meta name=\"generator\" content=\"dj-mpi report\">"

/* Appends to a page; after a failure nothing more happens. */
struct dj_html {
    struct dj_buf *out;
    enum dj_status status;
};

void dj_html_raw(struct dj_html *html, const char *markup);
/* Text of anybody: what means something in HTML is escaped. NULL: a dash. */
void dj_html_text(struct dj_html *html, const char *text);
/* Markup with numbers in it, no text. */
void dj_html_format(struct dj_html *html, const char *fmt, ...) DJ_PRINTF(2, 3);

/* --- cli_report_svg.c: charts --- */

void dj_report_charts(const struct dj_report *report, struct dj_html *html);

/* Numbers for people: 1,234,567; 12.3 MB; 1 h 02 min; a point in time. */
enum { DJ_REPORT_NUMBER = 96 };
const char *dj_report_seconds(double seconds, char text[DJ_REPORT_NUMBER]);
const char *dj_report_bytes(double bytes, char text[DJ_REPORT_NUMBER]);
const char *dj_report_time(double time, char text[DJ_REPORT_NUMBER]);

#endif

/* dj-mpi report: the page. It needs no scripts and nothing but itself. */
#include "cli/cli_report.h"

#include <stdio.h>

static const char style[] =
    "<style>\n"
    ":root{color-scheme:light "
    "dark;--ink:#1b1f24;--dim:#5b6470;--line:#d8dde3;--paper:#fff;"
    "--soft:#f4f6f8;--one:#2b6cb0;--two:#b7791f;--bad:#b42318;--good:#1a7f37}\n"
    "@media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--dim:#9aa4b0;--line:#363d46;"
    "--paper:#14171b;--soft:#1d2228;--one:#6aaaf0;--two:#e0b050;--bad:#ff8a80;"
    "--good:#6bd08a}}\n"
    "body{margin:0 auto;padding:1.5rem;max-width:60rem;background:var(--paper);"
    "color:var(--ink);font:15px/1.45 system-ui,sans-serif}\n"
    "h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem;"
    "border-bottom:1px solid var(--line)}h3{font-size:1rem;margin:1rem 0 .2rem}\n"
    ".sentence{font-size:1.1rem}.hint{color:var(--dim);font-size:.9rem}"
    ".missing{border-left:4px solid var(--two);padding:.1rem "
    ".8rem;background:var(--soft)}\n"
    ".scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem}"
    "th,td{padding:.2rem .7rem .2rem 0;text-align:left;vertical-align:top;"
    "border-bottom:1px solid var(--line)}td.n,th.n{text-align:right;"
    "font-variant-numeric:tabular-nums}\n"
    "pre{overflow-x:auto;background:var(--soft);padding:.7rem;font-size:.85rem}"
    "code{overflow-wrap:anywhere}\n"
    ".bar{display:flex;align-items:center;gap:.5rem;margin:.2rem 0;font-size:.9rem}"
    ".bar b{font-weight:400;flex:0 0 17rem;overflow-wrap:anywhere}"
    ".bar i{height:.9rem;background:var(--two);flex:none;min-width:1px}"
    ".bar i.kept{background:var(--good)}.bar i.rejected{background:var(--bad)}\n"
    "svg{width:100%;height:auto;display:block}svg text{fill:var(--dim);font-size:10px}"
    ".grid{stroke:var(--line)}.run{stroke:var(--two);stroke-dasharray:3 2}"
    ".area{fill:var(--one);fill-opacity:.75}.busy,circle{fill:var(--one)}"
    ".most{stroke:var(--one);stroke-width:2;fill:none}"
    ".mean{stroke:var(--two);fill:none}\n"
    "</style>\n";

/* --- pieces ---------------------------------------------------------------------- */

static void heading(struct dj_html *html, const char *text)
{
    dj_html_raw(html, "<h2>");
    dj_html_text(html, text);
    dj_html_raw(html, "</h2>\n");
}

/* heads: the titles of the columns; one that begins with '#' is of numbers. */
static void open_table(struct dj_html *html, const char *const *heads)
{
    dj_html_raw(html, "<div class=\"scroll\"><table><thead><tr>");
    for (; *heads != NULL; heads++) {
        const bool number = **heads == '#';

        dj_html_raw(html, number ? "<th class=\"n\">" : "<th>");
        dj_html_text(html, *heads + number);
        dj_html_raw(html, "</th>");
    }
    dj_html_raw(html, "</tr></thead><tbody>\n");
}

static void close_table(struct dj_html *html)
{
    dj_html_raw(html, "</tbody></table></div>\n");
}

static void cell(struct dj_html *html, const char *text)
{
    dj_html_raw(html, "<td>");
    dj_html_text(html, text);
    dj_html_raw(html, "</td>");
}

static void number_cell(struct dj_html *html, const char *text)
{
    dj_html_raw(html, "<td class=\"n\">");
    dj_html_text(html, text);
    dj_html_raw(html, "</td>");
}

static void count_cell(struct dj_html *html, int64_t value)
{
    char text[DJ_REPORT_NUMBER];

    number_cell(html, dj_job_text_count(value, text));
}

static void seconds_cell(struct dj_html *html, double seconds)
{
    char text[DJ_REPORT_NUMBER];

    number_cell(html, dj_report_seconds(seconds, text));
}

static void row_of(struct dj_html *html, const char *name, int64_t value)
{
    dj_html_raw(html, "<tr>");
    cell(html, name);
    count_cell(html, value);
    dj_html_raw(html, "</tr>\n");
}

/* --- sections -------------------------------------------------------------------- */

static void head(const struct dj_report *report, struct dj_html *html)
{
    char *sentence = dj_report_sentence(report);
    char time[DJ_REPORT_NUMBER];

    dj_html_raw(html,
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "" DJ_REPORT_MARK "\n<meta name=\"viewport\" content=\"width=device-"
                "width, initial-scale=1\">\n<title>");
    dj_html_text(html, report->job->id);
    dj_html_raw(html, "</title>\n");
    dj_html_raw(html, style);
    dj_html_raw(html, "</head>\n<body>\n<h1>");
    dj_html_text(html, report->job->id);
    dj_html_raw(html, "</h1>\n<p class=\"sentence\">");
    dj_html_text(html, sentence);
    dj_html_raw(html, "</p>\n");
    if (report->summary != NULL && report->summary->error_message != NULL) {
        dj_html_raw(html, "<p>Reason: <code>");
        dj_html_text(html, report->summary->error_message);
        dj_html_raw(html, "</code></p>\n");
    }
    dj_html_raw(html, "<p class=\"hint\">As of ");
    dj_html_text(html, dj_report_time(report->made, time));
    dj_html_raw(html, "; ");
    dj_html_text(html, report->job->paths.job_dir);
    dj_html_raw(html, "</p>\n");
    dj_xfree(sentence);
}

static void missing(const struct dj_report *report, struct dj_html *html)
{
    if (report->nmissing == 0) {
        return;
    }
    dj_html_raw(html, "<div class=\"missing\"><h3>What is missing here</h3><ul>\n");
    for (size_t i = 0; i < report->nmissing; i++) {
        dj_html_raw(html, "<li>");
        dj_html_text(html, report->missing[i]);
        dj_html_raw(html, "</li>\n");
    }
    dj_html_raw(html, "</ul></div>\n");
}

static void counts(const struct dj_report *report, struct dj_html *html)
{
    static const char *const heads[] = { "samples", "#number", NULL };

    heading(html, "Samples");
    if (report->by_events) {
        dj_html_raw(html,
                    "<p class=\"hint\">Counted by the events so far; what operators "
                    "that compare samples of all ranks have dropped is known when "
                    "the job is complete.</p>\n");
    }
    open_table(html, heads);
    row_of(html, "read", report->read);
    if (report->derived != 0) {
        row_of(html, "derived", report->derived);
    }
    row_of(html, "kept", report->kept);
    row_of(html, "filtered", report->filtered);
    row_of(html, "deduplicated", report->deduplicated);
    row_of(html, "rejected", report->rejected);
    close_table(html);
}

static void operators(const struct dj_report *report, struct dj_html *html)
{
    static const char *const heads[] = { "#",        "operator",  "#in",      "#out",
                                         "#dropped", "#rejected", "#derived", "#seconds",
                                         "#MB/s",    NULL };
    char text[DJ_REPORT_NUMBER];

    heading(html, "Operators");
    open_table(html, heads);
    for (size_t i = 0; i < report->nops; i++) {
        const struct dj_report_op *op = &report->ops[i];

        dj_html_raw(html, "<tr>");
        count_cell(html, (int64_t)i + 1);
        cell(html, op->name);
        count_cell(html, op->in);
        count_cell(html, op->out);
        count_cell(html, op->dropped);
        count_cell(html, op->rejected);
        count_cell(html, op->derived);
        (void)snprintf(text, sizeof(text), "%.3f", op->seconds);
        number_cell(html, text);
        (void)snprintf(text, sizeof(text), "%.1f",
                       op->seconds > 0 ? op->bytes / op->seconds / 1e6 : 0);
        number_cell(html, text);
        dj_html_raw(html, "</tr>\n");
    }
    close_table(html);
}

static void bar(struct dj_html *html, const char *name, const char *class, int64_t rows,
                int64_t all)
{
    const double share = all <= 0 ? 0 : (double)rows / (double)all;
    char text[DJ_REPORT_NUMBER];

    dj_html_raw(html, "<div class=\"bar\"><b>");
    dj_html_text(html, name);
    dj_html_raw(html, "</b><i class=\"");
    dj_html_raw(html, class);
    dj_html_format(html, "\" style=\"width:%.2f%%\"></i><span>",
                   55 * (share > 1   ? 1
                         : share < 0 ? 0
                                     : share));
    dj_html_text(html, dj_job_text_count(rows, text));
    dj_html_format(html, " (%.1f %%)</span></div>\n", 100 * share);
}

static void bars(const struct dj_report *report, struct dj_html *html)
{
    const int64_t all = report->read + report->derived;

    heading(html, "Where samples went");
    bar(html, "kept", "kept", report->kept, all);
    for (size_t i = 0; i < report->nops; i++) {
        if (report->ops[i].dropped > 0) {
            bar(html, report->ops[i].name, "dropped", report->ops[i].dropped, all);
        }
    }
    if (report->rejected > 0) {
        bar(html, "rejected", "rejected", report->rejected, all);
    }
}

static void attempts(const struct dj_report *report, struct dj_html *html)
{
    static const char *const heads[] = { "#run",   "began",    "ended", "#lasted",
                                         "#ranks", "#samples", "end",   "why",
                                         "nodes",  NULL };
    char text[DJ_REPORT_NUMBER];

    heading(html, "Runs");
    open_table(html, heads);
    for (size_t i = 0; i < report->nattempts; i++) {
        const struct dj_report_attempt *attempt = &report->attempts[i];

        dj_html_raw(html, "<tr>");
        count_cell(html, attempt->number);
        cell(html, dj_report_time(attempt->start, text));
        cell(html, dj_report_time(attempt->end, text));
        seconds_cell(html, attempt->end - attempt->start);
        count_cell(html, attempt->ranks);
        count_cell(html, attempt->rows);
        cell(html, attempt->state == NULL ? "died" : attempt->state);
        cell(html, attempt->reason);
        cell(html, attempt->nodes);
        dj_html_raw(html, "</tr>\n");
    }
    close_table(html);
    dj_html_raw(html, "<p class=\"hint\">");
    dj_html_text(html, dj_job_text_count(report->events, text));
    dj_html_raw(html, " events, of which ");
    dj_html_text(html, dj_job_text_count(report->warnings, text));
    dj_html_raw(html, " warnings and ");
    dj_html_text(html, dj_job_text_count(report->errors, text));
    dj_html_raw(html, " errors (<code>dj-mpi events ID --level WARNING</code>).</p>\n");
}

static void ranks(const struct dj_report *report, struct dj_html *html)
{
    static const char *const heads[] = { "ranks", "#partitions", "#samples", "#at work",
                                         "#CPU",  "#memory",     NULL };
    const struct dj_series *series = &report->series;
    char text[DJ_REPORT_NUMBER];

    heading(html, "Ranks over time");
    dj_report_charts(report, html);
    if (series->ranks == 0) {
        return;
    }
    open_table(html, heads);
    for (size_t i = 0; i < dj_series_used_rows(series); i++) {
        const struct dj_series_row *row = &series->rows[i];
        const long long first = (long long)i * series->group;

        dj_html_raw(html, "<tr>");
        (void)snprintf(text, sizeof(text), series->group == 1 ? "%lld" : "%lld to %lld",
                       first, first + (long long)series->group - 1);
        cell(html, text);
        count_cell(html, row->partitions);
        count_cell(html, row->rows);
        seconds_cell(html, row->busy);
        seconds_cell(html, row->cpu);
        number_cell(html, dj_report_bytes(row->memory * 1024, text));
        dj_html_raw(html, "</tr>\n");
    }
    close_table(html);
}

static void sets(const struct dj_report *report, struct dj_html *html)
{
    static const char *const heads[] = { "#set", "written", "#bytes", "#took", NULL };
    const int64_t shown = report->nsets < DJ_REPORT_SETS ? report->nsets : DJ_REPORT_SETS;
    char text[DJ_REPORT_NUMBER];

    heading(html, "Checkpoint sets");
    if (report->nsets == 0 && report->set_bytes == 0) {
        dj_html_raw(html, "<p>None were written.</p>\n");
        return;
    }
    dj_html_raw(html, "<p>In all ");
    dj_html_text(html, dj_report_bytes((double)report->set_bytes, text));
    dj_html_raw(html, " in ");
    dj_html_text(html, dj_report_seconds(report->set_seconds, text));
    dj_html_raw(html, ".</p>\n");
    if (shown == 0) {
        return;
    }
    open_table(html, heads);
    for (int64_t i = report->nsets - shown; i < report->nsets; i++) {
        const struct dj_report_set *set = &report->sets[i % DJ_REPORT_SETS];

        dj_html_raw(html, "<tr>");
        count_cell(html, set->set);
        cell(html, dj_report_time(set->time, text));
        number_cell(html, dj_report_bytes((double)set->bytes, text));
        seconds_cell(html, set->seconds);
        dj_html_raw(html, "</tr>\n");
    }
    close_table(html);
}

static void failed(const struct dj_report *report, struct dj_html *html)
{
    static const char *const heads[] = { "#partition", "why", NULL };

    heading(html, "Failed partitions");
    if (report->nfailed == 0) {
        dj_html_raw(html, "<p>None.</p>\n");
        return;
    }
    open_table(html, heads);
    for (size_t i = 0; i < report->nfailed; i++) {
        dj_html_raw(html, "<tr>");
        count_cell(html, report->failed[i].id);
        cell(html, report->failed[i].text);
        dj_html_raw(html, "</tr>\n");
    }
    close_table(html);
    if (report->parts_failed > dj_i64_from_size(report->nfailed)) {
        dj_html_format(
            html, "<p>And %lld more.</p>\n",
            (long long)(report->parts_failed - dj_i64_from_size(report->nfailed)));
    }
}

static void rejected(const struct dj_report *report, struct dj_html *html)
{
    static const char *const heads[] = { "#samples", "operator", "reason", NULL };

    heading(html, "Rejected samples");
    if (report->nreasons == 0) {
        dj_html_raw(html, report->rejected == 0 ? "<p>None.</p>\n"
                                                : "<p>Reasons are not known yet.</p>\n");
        return;
    }
    open_table(html, heads);
    for (size_t i = 0; i < report->nreasons; i++) {
        dj_html_raw(html, "<tr>");
        count_cell(html, report->reasons[i].count);
        cell(html,
             report->reasons[i].op == NULL ? "when it was read" : report->reasons[i].op);
        cell(html, report->reasons[i].text);
        dj_html_raw(html, "</tr>\n");
    }
    close_table(html);
    if (report->other_reasons > 0) {
        dj_html_format(html, "<p>And %lld for other reasons.</p>\n",
                       (long long)report->other_reasons);
    }
    dj_html_raw(html,
                "<p class=\"hint\">In reasons, N stands for a number. Each sample is in "
                "rejected/rejected.jsonl, its reason in the same line of "
                "rejected/reasons.jsonl.</p>\n");
}

static void slowest(const struct dj_report *report, struct dj_html *html)
{
    static const char *const heads[] = { "#partition", "#took", "#samples", "#rank",
                                         "#run",       "file",  NULL };

    heading(html, "Slowest partitions");
    open_table(html, heads);
    for (size_t i = 0; i < report->nslow; i++) {
        const struct dj_report_part *part = &report->slow[i];

        dj_html_raw(html, "<tr>");
        count_cell(html, part->id);
        seconds_cell(html, part->seconds);
        count_cell(html, part->rows);
        count_cell(html, part->rank);
        count_cell(html, part->attempt);
        cell(html, part->text);
        dj_html_raw(html, "</tr>\n");
    }
    close_table(html);
}

static void recipe(const struct dj_report *report, struct dj_html *html)
{
    const struct dj_summary *summary = report->summary;

    heading(html, "Recipe");
    if (summary != NULL && summary->nwords > 0) {
        dj_html_raw(html, "<p>Command line of the newest run: <code>");
        for (size_t i = 0; i < summary->nwords; i++) {
            dj_html_raw(html, i == 0 ? "" : " ");
            dj_html_text(html, summary->words[i]);
        }
        dj_html_raw(html, "</code></p>\n");
    }
    dj_html_raw(html, "<p>");
    dj_html_text(html, report->recipe_name);
    dj_html_raw(html, report->recipe == NULL ? " is not there.</p>\n" : ":</p>\n<pre>");
    if (report->recipe != NULL) {
        dj_html_text(html, report->recipe);
        dj_html_raw(html, "</pre>\n");
    }
}

static void end(const struct dj_report *report, struct dj_html *html)
{
    static const char *const heads[] = { "program", "version", NULL };
    const struct dj_summary *summary = report->summary;
    const bool complete = strcmp(dj_report_state(report), "completed") == 0;

    if (summary != NULL && summary->nnotes > 0) {
        heading(html, "Notes");
        dj_html_raw(html, "<ul>\n");
        for (size_t i = 0; i < summary->nnotes; i++) {
            dj_html_raw(html, "<li>");
            dj_html_text(html, summary->notes[i]);
            dj_html_raw(html, "</li>\n");
        }
        dj_html_raw(html, "</ul>\n");
    }
    heading(html, "Versions");
    open_table(html, heads);
    for (size_t i = 0; summary != NULL && i < summary->nversions; i++) {
        dj_html_raw(html, "<tr>");
        cell(html, summary->versions[i].name);
        cell(html, summary->versions[i].version);
        dj_html_raw(html, "</tr>\n");
    }
    close_table(html);
    if (summary != NULL && summary->resume_command != NULL) {
        heading(html, complete ? "The command" : "How to resume");
        dj_html_raw(html, "<pre>");
        if (summary->folder != NULL) {
            dj_html_raw(html, "cd ");
            dj_html_text(html, summary->folder);
            dj_html_raw(html, "\n");
        }
        dj_html_text(html, summary->resume_command);
        dj_html_raw(html, "</pre>\n");
    }
    dj_html_raw(html, "</body>\n</html>\n");
}

enum dj_status dj_report_html(const struct dj_report *report, struct dj_buf *out)
{
    struct dj_html html = { out, DJ_OK };

    head(report, &html);
    missing(report, &html);
    counts(report, &html);
    operators(report, &html);
    bars(report, &html);
    attempts(report, &html);
    ranks(report, &html);
    sets(report, &html);
    failed(report, &html);
    rejected(report, &html);
    slowest(report, &html);
    recipe(report, &html);
    end(report, &html);
    return html.status;
}

/* Charts of a report: SVG in the page, in its colours, readable without scripts. */
#include <math.h>
#include <stdio.h>

#include "cli/cli_report.h"

enum { WIDTH = 720, HEIGHT = 150, LEFT = 64, BOTTOM = 20, TOP = 14 };

static const double inner_width = WIDTH - LEFT - 8;
static const double inner_height = HEIGHT - TOP - BOTTOM;

/* A number of the next round size, so that marks on the axis are readable. */
static double round_up(double value)
{
    double size = 1;

    if (!(value > 0)) {
        return 1;
    }
    size = pow(10, floor(log10(value)));
    return value <= size       ? size
           : value <= 2 * size ? 2 * size
           : value <= 5 * size ? 5 * size
                               : 10 * size;
}

static double x_of(const struct dj_report *report, double at)
{
    const double length =
        report->series.width * (double)dj_series_pieces(&report->series);

    return LEFT + inner_width * at / length;
}

typedef const char *number_text(double value, char text[DJ_REPORT_NUMBER]);

static const char *plain(double value, char text[DJ_REPORT_NUMBER])
{
    if (value >= 1000 || value == floor(value)) {
        return dj_job_text_count((int64_t)llround(value), text);
    }
    (void)snprintf(text, DJ_REPORT_NUMBER, "%.2g", value);
    return text;
}

static void label(struct dj_html *html, double x, double y, const char *anchor,
                  const char *text)
{
    dj_html_format(html, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"", x, y);
    dj_html_raw(html, anchor);
    dj_html_raw(html, "\">");
    dj_html_text(html, text);
    dj_html_raw(html, "</text>");
}

/* Begin of a chart: its name for those who hear it, the grid, and where runs begin. */
static void open_chart(const struct dj_report *report, struct dj_html *html,
                       const char *title, double most, number_text *number)
{
    const struct dj_series *series = &report->series;
    char text[DJ_REPORT_NUMBER];

    dj_html_format(html, "<svg viewBox=\"0 0 %d %d\" role=\"img\"><title>", WIDTH,
                   HEIGHT);
    dj_html_text(html, title);
    dj_html_raw(html, "</title>");
    for (int i = 0; i <= 2; i++) {
        const double y = TOP + inner_height * (1 - i / 2.0);

        dj_html_format(html, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>", LEFT, y,
                       WIDTH - 8);
        label(html, LEFT - 6, y + 4, "end", number(most * i / 2, text));
    }
    for (size_t i = 1; i < series->nruns; i++) {
        dj_html_format(html, "<path class=\"run\" d=\"M%.1f %dV%d\"/>",
                       x_of(report, series->runs[i]), TOP, HEIGHT - BOTTOM);
    }
    label(html, LEFT, HEIGHT - 5, "start", "0");
    label(html, WIDTH - 8, HEIGHT - 5, "end",
          dj_report_seconds(series->width * (double)dj_series_pieces(series), text));
}

typedef double value_at(const struct dj_report *report, size_t piece); /* NAN: none */

static double rows_per_second(const struct dj_report *report, size_t piece)
{
    return report->series.times[piece].rows / report->series.width;
}

static double mean_of(const struct dj_series_gauge *gauge)
{
    return gauge->count == 0 ? NAN : gauge->sum / (double)gauge->count;
}

static double memory_most(const struct dj_report *report, size_t piece)
{
    const struct dj_series_gauge *gauge = &report->series.times[piece].memory;

    return gauge->count == 0 ? NAN : gauge->most * 1024;
}

static double memory_mean(const struct dj_report *report, size_t piece)
{
    return mean_of(&report->series.times[piece].memory) * 1024;
}

static double cpu_most(const struct dj_report *report, size_t piece)
{
    const struct dj_series_gauge *gauge = &report->series.times[piece].cpu;

    return gauge->count == 0 ? NAN : gauge->most;
}

static double cpu_mean(const struct dj_report *report, size_t piece)
{
    return mean_of(&report->series.times[piece].cpu);
}

static double most_of(const struct dj_report *report, value_at *value)
{
    double most = NAN;

    for (size_t i = 0; i < dj_series_pieces(&report->series); i++) {
        const double here = value(report, i);

        most = isnan(most) || here > most ? here : most;
    }
    return most;
}

static void area(const struct dj_report *report, struct dj_html *html, value_at *value,
                 double most)
{
    const size_t pieces = dj_series_pieces(&report->series);
    const double bottom = HEIGHT - BOTTOM;

    dj_html_format(html, "<path class=\"area\" d=\"M%d %.1f", LEFT, bottom);
    for (size_t i = 0; i < pieces; i++) {
        const double y = bottom - inner_height * value(report, i) / most;

        dj_html_format(html, "V%.1fH%.1f", y,
                       x_of(report, (double)(i + 1) * report->series.width));
    }
    dj_html_format(html, "V%.1fZ\"/>", bottom);
}

static void curve(const struct dj_report *report, struct dj_html *html, const char *class,
                  value_at *value, double most)
{
    double x = 0, y = 0;
    int points = 0;

    dj_html_raw(html, "<path class=\"");
    dj_html_raw(html, class);
    dj_html_raw(html, "\" d=\"");
    for (size_t i = 0; i < dj_series_pieces(&report->series); i++) {
        const double here = value(report, i);

        if (isnan(here)) {
            continue;
        }
        x = x_of(report, ((double)i + 0.5) * report->series.width);
        y = HEIGHT - BOTTOM - inner_height * here / most;
        dj_html_format(html, "%c%.1f %.1f", points++ == 0 ? 'M' : 'L', x, y);
    }
    dj_html_raw(html, "\"/>");
    if (points == 1) {
        dj_html_format(html, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2\"/>", x, y);
    }
}

static void throughput(const struct dj_report *report, struct dj_html *html)
{
    const double most = round_up(most_of(report, rows_per_second));

    dj_html_raw(html, "<h3>Samples a second</h3>");
    open_chart(report, html, "samples a second over the time of all runs", most, plain);
    area(report, html, rows_per_second, most);
    dj_html_raw(html, "</svg>\n");
}

static void gauges(const struct dj_report *report, struct dj_html *html,
                   const char *heading, value_at *largest, value_at *mean,
                   number_text *number)
{
    const double found = most_of(report, largest);
    const double most = round_up(found);

    if (isnan(found)) {
        return;
    }
    dj_html_raw(html, "<h3>");
    dj_html_text(html, heading);
    dj_html_raw(html, "</h3>");
    open_chart(report, html, heading, most, number);
    curve(report, html, "most", largest, most);
    curve(report, html, "mean", mean, most);
    dj_html_raw(html, "</svg>\n");
}

/* When ranks were at work: a strip a rank, darker where it was busier. */
static void strips(const struct dj_report *report, struct dj_html *html)
{
    const struct dj_series *series = &report->series;
    const size_t rows = dj_series_used_rows(series);
    const size_t pieces = dj_series_pieces(series);
    const double line = 13;
    char text[DJ_REPORT_NUMBER];

    dj_html_raw(html, "<h3>Ranks at work on partitions</h3>");
    dj_html_format(html,
                   "<svg viewBox=\"0 0 %d %.0f\" role=\"img\"><title>when ranks were "
                   "at work</title>",
                   WIDTH, line * (double)rows + 6);
    for (size_t row = 0; row < rows; row++) {
        const int64_t first = (int64_t)row * series->group;
        const double y = 2 + line * (double)row;

        (void)snprintf(text, sizeof(text),
                       series->group == 1 ? "rank %lld" : "ranks %lld…",
                       (long long)first);
        label(html, LEFT - 6, y + 10, "end", text);
        for (size_t i = 0; i < pieces; i++) {
            const double share =
                series->times[i].busy[row] / (series->width * (double)series->group);

            if (share > 0.005) {
                dj_html_format(
                    html,
                    "<rect class=\"busy\" x=\"%.1f\" y=\"%.1f\" width=\"%.2f\" "
                    "height=\"%.0f\" fill-opacity=\"%.2f\"/>",
                    x_of(report, (double)i * series->width), y,
                    inner_width / (double)pieces + 0.1, line - 2, share > 1 ? 1 : share);
            }
        }
    }
    dj_html_raw(html, "</svg>\n");
}

void dj_report_charts(const struct dj_report *report, struct dj_html *html)
{
    if (report->events == 0 || dj_series_used_rows(&report->series) == 0) {
        dj_html_raw(html, "<p>There are no events to draw.</p>\n");
        return;
    }
    dj_html_raw(html,
                "<p class=\"hint\">Time is that of all runs, one behind the other; an "
                "upright line is where another run begins. A partition counts in "
                "each stage of the job, and twice where it was done twice.</p>\n");
    throughput(report, html);
    strips(report, html);
    gauges(report, html, "Memory of a rank: largest, and mean (thin)", memory_most,
           memory_mean, dj_report_bytes);
    gauges(report, html, "Cores in use by a rank: most, and mean (thin)", cpu_most,
           cpu_mean, plain);
}

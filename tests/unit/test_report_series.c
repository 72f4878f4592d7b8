/*
 * Figures over time of a report: nothing is lost when pieces of time or ranks are joined,
 * runs stand one behind the other; and text in its page.
 */
#include "djtest.h"

#include "cli/cli_report.h"

static struct dj_series series;

/* The newest event is of this attempt and time. */
static void at(int64_t attempt, double time)
{
    dj_series_event(&series, &(struct dj_event_view){ .attempt = attempt,
                                                      .micros = (int64_t)(time * 1e6) });
}

static double all_rows(void)
{
    double sum = 0;

    for (size_t i = 0; i < DJ_SERIES_TIMES; i++) {
        sum += series.times[i].rows;
    }
    return sum;
}

static double all_busy(size_t row)
{
    double sum = 0;

    for (size_t i = 0; i < DJ_SERIES_TIMES; i++) {
        sum += series.times[i].busy[row];
    }
    return sum;
}

static void close_to(double value, double expected)
{
    if (value < expected - 1e-6 || value > expected + 1e-6) {
        (void)fprintf(stderr, "  %.9f is not %.9f\n", value, expected);
        DJ_CHECK(false);
    }
}

static void time_is_joined(void)
{
    dj_series_init(&series);
    at(1, 1000);
    for (int i = 1; i <= 1000; i++) {
        at(1, 1000 + i);
        dj_series_done(&series, 0, 10, 0.5, 0);
    }
    close_to(all_rows(), 10000);
    close_to(all_busy(0), 500);
    close_to(dj_series_length(&series), 1000);
    DJ_CHECK(series.width * DJ_SERIES_TIMES > 1000 && series.width < 10);
    DJ_CHECK_INT(series.rows[0].partitions, 1000);
    dj_series_release(&series);
}

static void runs_stand_side_by_side(void)
{
    dj_series_init(&series);
    at(1, 1000);
    at(1, 1010);
    at(2, 5000); /* an hour later */
    at(2, 5010);
    dj_series_done(&series, 0, 100, 30, 0); /* more than the run is long: it is cut */
    close_to(dj_series_length(&series), 20);
    DJ_CHECK_INT(series.nruns, 2);
    close_to(series.runs[1], 10);
    close_to(all_rows(), 100);
    for (size_t i = 0; (double)(i + 1) * series.width <= 10; i++) {
        close_to(series.times[i].rows, 0);
    }
    dj_series_release(&series);
}

static void ranks_are_joined(void)
{
    enum { RANKS = 1000 };

    dj_series_init(&series);
    at(1, 1000);
    for (int rank = 0; rank < RANKS; rank++) {
        at(1, 1000 + rank);
        dj_series_done(&series, rank, rank, 0.25, 0);
        dj_series_usage(&series, rank, 5, 2.5, 1000 + rank);
    }
    DJ_CHECK_INT(series.group, 32);
    DJ_CHECK_INT(dj_series_used_rows(&series), 32);
    close_to(all_rows(), RANKS * (RANKS - 1) / 2);
    for (size_t row = 0; row < 31; row++) {
        DJ_CHECK_INT(series.rows[row].partitions, 32);
        close_to(series.rows[row].memory, 1000 + 32 * (double)row + 31);
        close_to(series.rows[row].cpu, 32 * 2.5);
        close_to(all_busy(row), 32 * 0.25);
    }
    DJ_CHECK_INT(series.rows[31].partitions, RANKS - 31 * 32);
    dj_series_release(&series);
}

static void text_is_no_markup(void)
{
    struct dj_buf out;
    struct dj_html html = { &out, DJ_OK };

    dj_buf_init(&out);
    dj_html_text(&html, "a<b>&\"'\x01\xff é\n");
    dj_html_text(&html, NULL);
    DJ_CHECK_INT(html.status, DJ_OK);
    DJ_CHECK_STR(dj_buf_str(&out),
                 "a&lt;b&gt;&amp;&quot;&#39;\xef\xbf\xbd\xef\xbf\xbd é\n–");
    dj_buf_release(&out);
}

int main(void)
{
    DJ_TEST(time_is_joined);
    DJ_TEST(runs_stand_side_by_side);
    DJ_TEST(ranks_are_joined);
    DJ_TEST(text_is_no_markup);
    return 0;
}

/* dj-mpi list: the jobs of a folder, newest first. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli_jobs.h"
#include "dj/fs.h"

struct row {
    char *id;
    struct dj_job_paths paths;
    struct dj_job_view view;
};

enum order { BY_START, BY_SIGN, BY_ID, BY_STATE };
static const char *const order_names[] = { "started", "seen", "id", "state", NULL };

struct list {
    const char *work_dir;
    bool wanted[DJ_JOB_NSTATES];
    enum order order;
    size_t limit; /* rows that are shown */
    size_t count;
    struct row *rows;
};

/* --- the words ------------------------------------------------------------------------
 */

static bool take_state(struct list *list, const char *name, size_t len)
{
    for (int state = 0; state < DJ_JOB_NSTATES; state++) {
        const char *known = dj_job_state_names[state];

        /* Summaries say "completed". */
        if ((strlen(known) == len && strncmp(known, name, len) == 0) ||
            (state == DJ_JOB_COMPLETE && len == 9 &&
             strncmp("completed", name, 9) == 0)) {
            list->wanted[state] = true;
            return true;
        }
    }
    return false;
}

/* NAME[,NAME]... */
static enum dj_status take_states(struct dj_cli *cli, struct list *list,
                                  struct dj_error *err)
{
    const char *text = NULL;

    DJ_TRY(dj_cli_take_value(cli, "--state", &text, err));
    for (int state = 0; text == NULL && state < DJ_JOB_NSTATES; state++) {
        list->wanted[state] = true;
    }
    while (text != NULL) {
        const size_t len = strcspn(text, ",");

        if (!take_state(list, text, len)) {
            return dj_fail(err, DJ_USAGE,
                           "--state: \"%.*s\" is none of running, complete, partial, "
                           "failed, stopped, dead, damaged",
                           (int)len, text);
        }
        text = text[len] == ',' ? text + len + 1 : NULL;
    }
    return DJ_OK;
}

static enum dj_status take_order(struct dj_cli *cli, enum order *order,
                                 struct dj_error *err)
{
    const char *text = NULL;

    DJ_TRY(dj_cli_take_value(cli, "--sort", &text, err));
    for (int i = 0; text != NULL && order_names[i] != NULL; i++) {
        if (strcmp(order_names[i], text) == 0) {
            *order = (enum order)i;
            return DJ_OK;
        }
    }
    return text == NULL
               ? DJ_OK
               : dj_fail(err, DJ_USAGE,
                         "--sort: \"%s\" is none of started, seen, id, state", text);
}

static enum dj_status take_limit(struct dj_cli *cli, size_t *limit, struct dj_error *err)
{
    const char *text = NULL;
    long long number;
    char *end;

    DJ_TRY(dj_cli_take_value(cli, "--limit", &text, err));
    *limit = SIZE_MAX;
    if (text != NULL) {
        number = strtoll(text, &end, 10);
        if (*end != '\0' || end == text || number < 1) {
            return dj_fail(err, DJ_USAGE, "--limit: \"%s\" is no number from 1 on", text);
        }
        *limit = (size_t)number;
    }
    return DJ_OK;
}

static enum dj_status take_words(struct dj_cli *cli, struct list *list,
                                 struct dj_error *err)
{
    list->work_dir = "./outputs";
    DJ_TRY(dj_cli_take_value(cli, "--work_dir", &list->work_dir, err));
    DJ_TRY(take_states(cli, list, err));
    DJ_TRY(take_order(cli, &list->order, err));
    DJ_TRY(take_limit(cli, &list->limit, err));
    return cli->argc == 0
               ? DJ_OK
               : dj_fail(err, DJ_USAGE,
                         "\"%s\" is not expected here: dj-mpi list [--work_dir DIR] "
                         "[--state NAME[,NAME]] [--sort started|seen|id|state] "
                         "[--limit N]; dj-mpi status ID tells of one job",
                         cli->argv[0]);
}

/* --- the jobs -------------------------------------------------------------------------
 */

static void release_row(struct row *row)
{
    dj_job_view_release(&row->view);
    dj_job_paths_release(&row->paths);
    dj_xfree(row->id);
}

static enum dj_status add_row(struct list *list, const char *id, struct dj_error *err)
{
    struct row *row = &list->rows[list->count];

    *row = (struct row){ .id = dj_xstrdup(id) };
    list->count++;
    DJ_TRY(dj_job_paths_make(&(struct dj_config){ .work_dir = list->work_dir }, id,
                             &row->paths, err));
    dj_job_view_make(&row->paths, &row->view);
    if (!list->wanted[row->view.state]) {
        release_row(row);
        list->count--;
    }
    return DJ_OK;
}

/* Newest first; what has no time comes last. */
static int by_time(double a, double b)
{
    return (a < b) - (a > b);
}

static int by_start(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;
    const int order = by_time(x->view.started, y->view.started);

    return order != 0 ? order : strcmp(x->id, y->id);
}

static int by_sign(const void *a, const void *b)
{
    const int order =
        by_time(((const struct row *)a)->view.seen, ((const struct row *)b)->view.seen);

    return order != 0 ? order : by_start(a, b);
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->id, ((const struct row *)b)->id);
}

static int by_state(const void *a, const void *b)
{
    const int x = (int)((const struct row *)a)->view.state;
    const int y = (int)((const struct row *)b)->view.state;

    return x != y ? x - y : by_start(a, b);
}

static enum dj_status find_rows(struct list *list, struct dj_error *err)
{
    static int (*const orders[])(const void *, const void *) = {
        [BY_START] = by_start, [BY_SIGN] = by_sign, [BY_ID] = by_id, [BY_STATE] = by_state
    };
    enum dj_status status = DJ_OK;
    size_t count;
    char **ids;

    DJ_TRY(dj_cli_job_ids(list->work_dir, &ids, &count, err));
    list->rows = dj_xcalloc(count, sizeof(*list->rows));
    for (size_t i = 0; i < count && status == DJ_OK; i++) {
        status = add_row(list, ids[i], err);
    }
    dj_cli_job_ids_free(ids, count);
    if (list->count > 1) {
        qsort(list->rows, list->count, sizeof(*list->rows), orders[list->order]);
    }
    return status;
}

/* --- the table ------------------------------------------------------------------------
 */

enum { COLUMNS = 9, NAME_COLUMN = 0, LAST_COLUMN = COLUMNS - 1 };

struct cells {
    char *text[COLUMNS];
};

/* Numbers stand at the right of their column. */
static const struct {
    const char *head;
    bool number;
} columns[COLUMNS] = {
    { "job", false },     { "state", false },
    { "done", true },     { "read", true },
    { "kept", true },     { "ranks", true },
    { "started", false }, { "last sign of life", false },
    { "export", false },
};

static char *done_text(const struct dj_job_view *view)
{
    const struct dj_summary *summary = view->summary;
    const struct dj_job_progress *progress = &view->progress;

    if (view->has_progress && progress->stages > 1) {
        return dj_xprintf("%.0f %%", view->share * 100);
    }
    if (view->has_progress && progress->parts_total > 0) {
        return dj_xprintf("%lld/%lld", (long long)progress->parts_done,
                          (long long)progress->parts_total);
    }
    if (summary == NULL || summary->partitions_total <= 0) {
        return dj_xstrdup("-");
    }
    return dj_xprintf("%lld/%lld", (long long)summary->partitions_done,
                      (long long)summary->partitions_total);
}

/* Of a running job as it is now, else as the summary has it. */
static int64_t samples(const struct dj_job_view *view, bool kept)
{
    if (view->has_progress && view->progress.stages > 0) {
        return kept ? view->progress.kept : view->progress.rows;
    }
    return view->summary == NULL ? 0
           : kept                ? view->summary->rows_kept
                                 : view->summary->rows_read;
}

static struct cells cells_of(const struct row *row)
{
    const struct dj_attempt *last = dj_job_view_attempt(&row->view);
    const bool known = row->view.summary != NULL;
    char read[DJ_NUMBER_TEXT], kept[DJ_NUMBER_TEXT];
    char when[DJ_NUMBER_TEXT], ago[DJ_NUMBER_TEXT];

    return (struct cells){ {
        dj_xstrdup(row->id),
        dj_xstrdup(dj_job_state_names[row->view.state]),
        done_text(&row->view),
        dj_xstrdup(known ? dj_job_text_count(samples(&row->view, false), read) : "-"),
        dj_xstrdup(known ? dj_job_text_count(samples(&row->view, true), kept) : "-"),
        last == NULL ? dj_xstrdup("-") : dj_xprintf("%lld", (long long)last->ranks),
        dj_xstrdup(dj_cli_when(row->view.started, when)),
        dj_xstrdup(dj_cli_ago(row->view.seen, ago)),
        dj_xstrdup(row->view.state == DJ_JOB_DAMAGED ? row->view.remark
                   : row->view.export_path == NULL   ? "-"
                                                     : row->view.export_path),
    } };
}

static enum dj_status put_line(const struct cells *line, const int *widths,
                               struct dj_buf *out)
{
    for (int i = 0; i < LAST_COLUMN; i++) {
        DJ_TRY(dj_buf_printf(out, columns[i].number ? "%*s  " : "%-*s  ", widths[i],
                             line->text[i]));
    }
    return dj_buf_printf(out, "%s\n", line->text[LAST_COLUMN]);
}

static enum dj_status table(const struct list *list, size_t shown, struct dj_buf *out)
{
    struct cells *lines = dj_xcalloc(shown + 1, sizeof(*lines));
    int widths[COLUMNS] = { 0 };
    enum dj_status status = DJ_OK;

    for (size_t i = 0; i <= shown; i++) {
        if (i > 0) {
            lines[i] = cells_of(&list->rows[i - 1]);
        }
        for (int column = 0; column < COLUMNS; column++) {
            char **text = &lines[i].text[column];
            int len;

            *text = i == 0 ? dj_xstrdup(columns[column].head) : *text;
            len = (int)strlen(*text);
            widths[column] = len > widths[column] ? len : widths[column];
        }
    }
    for (size_t i = 0; i <= shown; i++) {
        status = status == DJ_OK ? put_line(&lines[i], widths, out) : status;
        for (int column = 0; column < COLUMNS; column++) {
            dj_xfree(lines[i].text[column]);
        }
    }
    dj_xfree(lines);
    return status;
}

static enum dj_status list_text(const struct list *list, size_t shown, struct dj_buf *out)
{
    if (list->count == 0) {
        return dj_buf_printf(out, "no jobs in %s%s\n", list->work_dir,
                             "; --work_dir DIR and --state NAME choose others");
    }
    DJ_TRY(table(list, shown, out));
    return shown == list->count ? DJ_OK
                                : dj_buf_printf(out, "and %zu more (--limit %zu)\n",
                                                list->count - shown, list->limit);
}

/* --- JSON -----------------------------------------------------------------------------
 */

static void row_json(const struct row *row, struct dj_jsonw *w)
{
    const struct dj_job_view *view = &row->view;
    const struct dj_attempt *last = dj_job_view_attempt(view);

    dj_jsonw_open(w, '{');
    dj_jsonw_kv_text(w, "job_id", row->id);
    dj_jsonw_kv_text(w, "state", dj_job_state_names[view->state]);
    dj_jsonw_kv_text(w, "remark", view->remark[0] == '\0' ? NULL : view->remark);
    if (view->summary != NULL) {
        dj_jsonw_kv_int(w, "partitions_done",
                        view->has_progress && view->progress.stages == 1
                            ? view->progress.parts_done
                            : view->summary->partitions_done);
        dj_jsonw_kv_int(w, "partitions_total",
                        view->summary->partitions_total > 0
                            ? view->summary->partitions_total
                            : view->progress.parts_total);
        dj_jsonw_kv_int(w, "partitions_failed", dj_i64_from_size(view->summary->nfailed));
        dj_jsonw_kv_double(w, "share_done", view->share);
        dj_jsonw_kv_int(w, "samples_read", samples(view, false));
        dj_jsonw_kv_int(w, "samples_kept", samples(view, true));
        dj_jsonw_kv_int(w, "attempts", dj_i64_from_size(view->summary->nattempts));
    }
    if (last != NULL) {
        dj_jsonw_kv_int(w, "ranks", last->ranks);
    }
    dj_cli_time_json(w, "started", view->started);
    dj_cli_time_json(w, "last_sign", view->seen);
    dj_jsonw_kv_text(w, "export_path", view->export_path);
    dj_jsonw_kv_text(w, "job_dir", row->paths.job_dir);
    dj_jsonw_close(w, '}');
}

static enum dj_status list_json(const struct list *list, size_t shown, struct dj_buf *out)
{
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_text(&w, "work_dir", list->work_dir);
    dj_jsonw_kv_int(&w, "count", dj_i64_from_size(list->count));
    dj_jsonw_key(&w, "jobs");
    dj_jsonw_open(&w, '[');
    for (size_t i = 0; i < shown; i++) {
        row_json(&list->rows[i], &w);
    }
    dj_jsonw_close(&w, ']');
    dj_jsonw_close(&w, '}');
    return dj_jsonw_end(&w);
}

int dj_cli_list(struct dj_cli *cli)
{
    struct list list = { .count = 0 };
    struct dj_error err;
    struct dj_buf out;
    enum dj_status status = take_words(cli, &list, &err);
    size_t shown;
    int code;

    dj_buf_init(&out);
    if (status == DJ_OK) {
        status = find_rows(&list, &err);
    }
    if (status == DJ_OK) {
        shown = list.count < list.limit ? list.count : list.limit;
        code = dj_cli_print(cli->json ? list_json(&list, shown, &out)
                                      : list_text(&list, shown, &out),
                            &out);
    } else {
        code = dj_cli_fail(status, &err);
    }
    for (size_t i = 0; i < list.count; i++) {
        release_row(&list.rows[i]);
    }
    dj_xfree(list.rows);
    return code;
}

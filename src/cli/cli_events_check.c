/* dj-mpi events ID --check: reads all events of a job once and tells what is wrong. */
#include "cli/cli_events_check.h"

#include "dj/clock.h"
#include "dj/fs.h"

static const struct {
    const char *name, *meaning;
} checks[DJ_CHECK_COUNT] = {
#define DJ_CHECK_ROW(name, text, meaning) [DJ_CHECK_##name] = { text, meaning },
    DJ_CHECK_LIST(DJ_CHECK_ROW)
#undef DJ_CHECK_ROW
};

static void keep(struct dj_check_run *run, enum dj_check check, bool wrong,
                 const char *fmt, va_list args) __attribute__((format(printf, 4, 0)));

static void keep(struct dj_check_run *run, enum dj_check check, bool wrong,
                 const char *fmt, va_list args)
{
    struct dj_error text;

    if (run->nfindings < DJ_CHECK_KEPT) {
        (void)dj_vfail(&text, DJ_OK, fmt, args);
        run->findings[run->nfindings++] =
            (struct dj_check_finding){ check, wrong, dj_xstrdup(text.text) };
    }
}

void dj_check_wrong(struct dj_check_run *run, enum dj_check check, const char *fmt, ...)
{
    va_list args;

    run->wrong[check]++;
    va_start(args, fmt);
    keep(run, check, true, fmt, args);
    va_end(args);
}

void dj_check_note(struct dj_check_run *run, enum dj_check check, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    keep(run, check, false, fmt, args);
    va_end(args);
}

/* --- reading --------------------------------------------------------------------- */

static enum dj_status read_all(struct dj_check_run *run, struct dj_event_log_found *found,
                               struct dj_error *err)
{
    enum { ROUNDS = 20 };
    struct dj_event_log *log;
    enum dj_status status;
    int rounds = 0;

    DJ_TRY(dj_event_log_open(run->job->paths.event_dir, &log, err));
    do {
        struct dj_event_line line;
        bool more = true;

        status = dj_event_log_next(log, &line, &more, err);
        while (status == DJ_OK && more) {
            dj_check_line(run, &line);
            status = dj_event_log_next(log, &line, &more, err);
        }
        *found = dj_event_log_found(log);
    } while (status == DJ_OK && found->moved && ++rounds < ROUNDS);
    dj_event_log_close(log);
    return status;
}

/* --- the report ------------------------------------------------------------------ */

static int64_t all_wrong(const struct dj_check_run *run)
{
    int64_t sum = 0;

    for (int i = 0; i < DJ_CHECK_COUNT; i++) {
        sum += run->wrong[i];
    }
    return sum;
}

static enum dj_status ledger_text(const struct dj_ledger *ledger, struct dj_buf *out)
{
    return dj_buf_printf(
        out,
        "  by the events: %lld read + %lld derived; %lld kept, %lld filtered, %lld "
        "deduplicated, %lld rejected; partitions: %lld done, %lld failed, %lld at work\n",
        (long long)ledger->read, (long long)ledger->derived, (long long)ledger->kept,
        (long long)ledger->filtered, (long long)ledger->deduplicated,
        (long long)ledger->rejected, (long long)ledger->done, (long long)ledger->failed,
        (long long)ledger->at_work);
}

static enum dj_status report_text(const struct dj_check_run *run,
                                  const struct dj_event_log_found *found,
                                  struct dj_buf *out)
{
    const int64_t wrong = all_wrong(run);

    DJ_TRY(dj_buf_printf(out, "%lld events in %lld file%s of %s\n",
                         (long long)run->events, (long long)found->files,
                         found->files == 1 ? "" : "s", run->job->paths.event_dir));
    for (int i = 0; i < DJ_CHECK_COUNT; i++) {
        DJ_TRY(dj_buf_printf(out, "%-10s %s: %s\n",
                             run->wrong[i] > 0 ? "wrong"
                             : run->skipped[i] ? "skipped"
                                               : "ok",
                             checks[i].name, checks[i].meaning));
        for (size_t k = 0; k < run->nfindings; k++) {
            const struct dj_check_finding *finding = &run->findings[k];

            if ((int)finding->check == i) {
                DJ_TRY(dj_buf_printf(out, "  %-8s %s\n",
                                     finding->wrong ? "wrong" : "note", finding->text));
            }
        }
    }
    DJ_TRY(ledger_text(&run->ledger, out));
    if (run->nfindings == DJ_CHECK_KEPT) {
        DJ_TRY(dj_buf_printf(out, "  of many findings, the first %d are named\n",
                             DJ_CHECK_KEPT));
    }
    return wrong == 0
               ? dj_buf_printf(out, "job %s: its event log is sound\n", run->job->id)
               : dj_buf_printf(out, "job %s: %lld wrong in its event log\n", run->job->id,
                               (long long)wrong);
}

static void ledger_json(struct dj_jsonw *w, const struct dj_ledger *ledger)
{
    dj_jsonw_key(w, "ledger");
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_int(w, "read", ledger->read);
    dj_jsonw_kv_int(w, "derived", ledger->derived);
    dj_jsonw_kv_int(w, "kept", ledger->kept);
    dj_jsonw_kv_int(w, "filtered", ledger->filtered);
    dj_jsonw_kv_int(w, "deduplicated", ledger->deduplicated);
    dj_jsonw_kv_int(w, "rejected", ledger->rejected);
    dj_jsonw_kv_int(w, "rejected_at_load", ledger->at_load);
    dj_jsonw_close(w, '}');
    dj_jsonw_key(w, "operators");
    dj_jsonw_open(w, '[');
    for (int i = 0; i < ledger->nops; i++) {
        const struct dj_ledger_op *op = &ledger->ops[i];

        dj_jsonw_open(w, '{');
        dj_cli_put_tally(w, op->name,
                         &(struct dj_op_tally){ .rows_in = op->in,
                                                .rows_out = op->out,
                                                .dropped = op->dropped,
                                                .rejected = op->rejected,
                                                .derived = op->derived });
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
    dj_jsonw_key(w, "partitions");
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_int(w, "done", ledger->done);
    dj_jsonw_kv_int(w, "failed", ledger->failed);
    dj_jsonw_kv_int(w, "at_work", ledger->at_work);
    dj_jsonw_close(w, '}');
}

static enum dj_status report_json(const struct dj_check_run *run,
                                  const struct dj_event_log_found *found,
                                  struct dj_buf *out)
{
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_text(&w, "job_id", run->job->id);
    dj_jsonw_kv_bool(&w, "sound", all_wrong(run) == 0);
    dj_jsonw_kv_int(&w, "events", run->events);
    dj_jsonw_kv_int(&w, "files", found->files);
    dj_jsonw_kv_int(&w, "half_written", found->halves);
    dj_jsonw_key(&w, "checks");
    dj_jsonw_open(&w, '[');
    for (int i = 0; i < DJ_CHECK_COUNT; i++) {
        dj_jsonw_open(&w, '{');
        dj_jsonw_kv_text(&w, "check", checks[i].name);
        dj_jsonw_kv_text(&w, "meaning", checks[i].meaning);
        dj_jsonw_kv_bool(&w, "skipped", run->skipped[i]);
        dj_jsonw_kv_int(&w, "wrong", run->wrong[i]);
        dj_jsonw_close(&w, '}');
    }
    dj_jsonw_close(&w, ']');
    dj_jsonw_key(&w, "findings");
    dj_jsonw_open(&w, '[');
    for (size_t i = 0; i < run->nfindings; i++) {
        dj_jsonw_open(&w, '{');
        dj_jsonw_kv_text(&w, "check", checks[run->findings[i].check].name);
        dj_jsonw_kv_text(&w, "kind", run->findings[i].wrong ? "wrong" : "note");
        dj_jsonw_kv_text(&w, "text", run->findings[i].text);
        dj_jsonw_close(&w, '}');
    }
    dj_jsonw_close(&w, ']');
    ledger_json(&w, &run->ledger);
    dj_jsonw_close(&w, '}');
    return dj_jsonw_end(&w);
}

enum dj_status dj_events_check(const struct dj_cli_job *job, bool json,
                               struct dj_buf *out, bool *sound, struct dj_error *err)
{
    struct dj_check_run *run = dj_xmalloc(sizeof(*run));
    struct dj_event_log_found found;
    enum dj_status status;

    run->job = job;
    run->ledger.highest = -1;
    status = read_all(run, &found, err);
    if (status == DJ_OK) {
        if (found.halves > 0) {
            dj_check_note(run, DJ_CHECK_LINES,
                          "%lld last lines are half-written, as a kill leaves them",
                          (long long)found.halves);
        }
        dj_check_end(run);
        status = json ? report_json(run, &found, out) : report_text(run, &found, out);
        if (status != DJ_OK) {
            dj_fail(err, status, "out of memory");
        }
    }
    *sound = all_wrong(run) == 0;
    for (size_t i = 0; i < run->nfindings; i++) {
        dj_xfree(run->findings[i].text);
    }
    for (size_t i = 0; i < run->nattempts; i++) {
        dj_xfree(run->attempts[i].ranks);
    }
    dj_xfree(run->attempts);
    dj_ledger_release(&run->ledger);
    dj_xfree(run);
    return status;
}

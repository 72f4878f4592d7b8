/* dj-mpi events: what happened to a job, for people or as JSON lines, while it goes on
 * too. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli_events.h"
#include "dj/clock.h"
#include "dj/fs.h"
#include "dj/job_live.h"
#include "dj/log.h"

/* Most lines that --last can keep, and what is written at once. */
enum { MOST_LAST = 1000000, WRITE = 64 << 10 };

/* Rounds of a look that is disturbed by a merge. */
enum { ROUNDS = 20 };

static const double follow_pause = 0.2;

struct events {
    const struct dj_cli *cli;
    struct dj_event_filter filter;
    bool follow, check;
    int64_t last; /* -1: all */
    struct dj_event_log *log;
    struct dj_buf out, text; /* text: one readable line */
    int64_t bad;             /* lines that are no events */
    struct dj_buf *ring;     /* the last lines, when only they are wanted */
    int64_t kept;            /* lines that went into it */
};

/* --- the words ------------------------------------------------------------------- */

static enum dj_status take_words(struct dj_cli *cli, struct events *events,
                                 struct dj_error *err)
{
    const char *last = NULL;
    char *end;

    events->follow = dj_cli_take(cli, "--follow");
    events->check = dj_cli_take(cli, "--check");
    DJ_TRY(dj_event_filter_take(cli, dj_clock_now(), &events->filter, err));
    DJ_TRY(dj_cli_take_value(cli, "--last", &last, err));
    events->last = -1;
    if (last != NULL) {
        events->last = strtoll(last, &end, 10);
        if (*end != '\0' || end == last || events->last < 0 || events->last > MOST_LAST) {
            return dj_fail(err, DJ_USAGE, "--last: \"%s\" is no number from 0 to %d",
                           last, MOST_LAST);
        }
    }
    if (events->check && (events->follow || last != NULL || events->filter.any)) {
        return dj_fail(err, DJ_USAGE,
                       "--check reads all of the log: it takes neither filters nor "
                       "--last nor --follow");
    }
    return DJ_OK;
}

/* --- printing -------------------------------------------------------------------- */

static enum dj_status flush(struct events *events, struct dj_error *err)
{
    const struct dj_str text = dj_buf_str(&events->out);

    if (text.len > 0 &&
        (fwrite(text.ptr, 1, text.len, stdout) != text.len || fflush(stdout) != 0)) {
        return dj_fail(err, DJ_IO, "standard output cannot be written");
    }
    dj_buf_reset(&events->out);
    return DJ_OK;
}

static enum dj_status put(struct events *events, struct dj_buf *out,
                          const struct dj_event_line *line)
{
    if (!events->cli->json) {
        return dj_buf_append(out, dj_buf_str(&events->text));
    }
    DJ_TRY(dj_buf_append(out, line->text));
    return dj_buf_putc(out, '\n');
}

/* A line that passed, to where it belongs. */
static enum dj_status print(struct events *events, const struct dj_event_line *line,
                            struct dj_error *err)
{
    enum dj_status status;

    if (events->ring == NULL) {
        status = put(events, &events->out, line);
    } else if (events->last == 0) {
        return DJ_OK;
    } else {
        struct dj_buf *slot = &events->ring[events->kept++ % events->last];

        dj_buf_reset(slot);
        status = put(events, slot, line);
    }
    if (status != DJ_OK) {
        return dj_fail(err, status, "out of memory");
    }
    return events->out.len >= WRITE ? flush(events, err) : DJ_OK;
}

static enum dj_status take_line(struct events *events, const struct dj_event_line *line,
                                struct dj_error *err)
{
    dj_buf_reset(&events->text);
    if (!line->good) {
        events->bad++;
        if (events->cli->json) {
            return DJ_OK; /* only JSON is printed; how many there are is told at the end
                           */
        }
    }
    if (dj_event_text_line(line->good ? &line->view : NULL, &events->text) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory");
    }
    return dj_event_filter_lets(&events->filter, line, dj_buf_str(&events->text))
               ? print(events, line, err)
               : DJ_OK;
}

/* All that there is now. */
static enum dj_status one_round(struct events *events, struct dj_error *err)
{
    struct dj_event_line line;
    bool more = true;

    for (;;) {
        DJ_TRY(dj_event_log_next(events->log, &line, &more, err));
        if (!more) {
            return DJ_OK;
        }
        DJ_TRY(take_line(events, &line, err));
    }
}

/* Prints what --last has kept; from now on lines go their direct way. */
static enum dj_status end_ring(struct events *events, struct dj_error *err)
{
    const int64_t first = events->kept > events->last ? events->kept - events->last : 0;

    for (int64_t i = first; events->ring != NULL && i < events->kept; i++) {
        struct dj_buf *slot = &events->ring[i % events->last];

        if (dj_buf_append(&events->out, dj_buf_str(slot)) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "out of memory");
        }
        if (events->out.len >= WRITE) {
            DJ_TRY(flush(events, err));
        }
    }
    for (int64_t i = 0; events->ring != NULL && i < events->last; i++) {
        dj_buf_release(&events->ring[i]);
    }
    dj_xfree(events->ring);
    events->ring = NULL;
    return flush(events, err);
}

/* --- following ------------------------------------------------------------------- */

static void tell_end(const struct dj_cli_job *job)
{
    struct dj_summary *summary = NULL;
    struct dj_error err;
    const char *state = "it has no summary";

    if (dj_summary_read(job->paths.summary, &summary, &err) != DJ_OK) {
        state = err.text;
    } else if (summary != NULL && summary->state != NULL) {
        state = summary->state;
        state = strcmp(state, "running") == 0 ? "it is dead, its run was killed" : state;
    }
    dj_log(DJ_LOG_INFO, "job %s does not run (any more): %s", job->id, state);
    dj_summary_free(summary);
}

/* The lock goes after the last events are merged, so one more round has them all. */
static enum dj_status follow(struct events *events, const struct dj_cli_job *job,
                             struct dj_error *err)
{
    bool running = true;

    while (running) {
        running = dj_job_is_running(job->paths.lock);
        DJ_TRY(one_round(events, err));
        DJ_TRY(flush(events, err));
        if (running) {
            dj_clock_sleep(follow_pause);
        }
    }
    tell_end(job);
    return DJ_OK;
}

/* --- all ------------------------------------------------------------------------- */

static void tell_found(const struct events *events)
{
    const struct dj_event_log_found found = dj_event_log_found(events->log);

    if (found.halves > 0) {
        dj_log(DJ_LOG_INFO, "event log: %lld half-written last lines were passed over",
               (long long)found.halves);
    }
    if (events->bad > 0) {
        dj_log(DJ_LOG_WARNING,
               "event log: %lld lines are no events; --check says where they are",
               (long long)events->bad);
    }
    if (found.lost) {
        dj_log(DJ_LOG_INFO,
               "event log: files may have been rotated away before they were "
               "read");
    }
}

static enum dj_status print_all(struct events *events, const struct dj_cli_job *job,
                                struct dj_error *err)
{
    int rounds = 0;

    DJ_TRY(dj_event_log_open(job->paths.event_dir, &events->log, err));
    if (events->last >= 0) {
        events->ring = dj_xcalloc((size_t)events->last + 1, sizeof(*events->ring));
    }
    do {
        DJ_TRY(one_round(events, err));
    } while (dj_event_log_found(events->log).moved && ++rounds < ROUNDS);
    DJ_TRY(end_ring(events, err));
    if (events->follow) {
        DJ_TRY(follow(events, job, err));
    }
    tell_found(events);
    return DJ_OK;
}

static enum dj_status run(struct dj_cli *cli, struct events *events, bool *sound,
                          struct dj_error *err)
{
    struct dj_cli_job job = { 0 };
    enum dj_status status;

    DJ_TRY(take_words(cli, events, err));
    status = dj_cli_job_find(cli, "events", &job, err);
    if (status == DJ_OK && events->check) {
        status = dj_events_check(&job, cli->json, &events->out, sound, err);
        if (status == DJ_OK) {
            status = flush(events, err);
        }
    } else if (status == DJ_OK) {
        status = print_all(events, &job, err);
    }
    dj_cli_job_release(&job);
    return status;
}

int dj_cli_events(struct dj_cli *cli)
{
    struct events events = { .cli = cli };
    bool sound = true;
    struct dj_error err;
    enum dj_status status;

    if (!dj_cli_is_first_rank()) {
        return DJ_EXIT_COMPLETE; /* once is enough */
    }
    dj_buf_init(&events.out);
    dj_buf_init(&events.text);
    status = run(cli, &events, &sound, &err);
    for (int64_t i = 0; events.ring != NULL && i < events.last; i++) {
        dj_buf_release(&events.ring[i]);
    }
    dj_xfree(events.ring);
    dj_event_log_close(events.log);
    dj_buf_release(&events.out);
    dj_buf_release(&events.text);
    if (status != DJ_OK) {
        return dj_cli_fail(status, &err);
    }
    return sound ? DJ_EXIT_COMPLETE : DJ_EXIT_FAILED;
}

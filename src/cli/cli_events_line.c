/* One line of an event log: is it an event, and does it stand where it should? */
#include <math.h>
#include <stdio.h>

#include "cli/cli_events_check.h"
#include "dj/fs.h"

/* More ranks or attempts than any job has: a damaged number. */
enum { MOST_RANKS = 1 << 22, MOST_ATTEMPTS = 1 << 20 };

static bool has_number(const struct dj_json *event, const char *key)
{
    return !isnan(dj_json_number(event, key, NAN));
}

static void lacks(struct dj_check_run *run, const struct dj_event_line *line,
                  const char *key)
{
    dj_check_wrong(run, DJ_CHECK_LINES, "%s:%lld: %s is missing, or not of its type",
                   dj_fs_basename(line->file), (long long)line->number, key);
}

static void check_fields(struct dj_check_run *run, const struct dj_event_line *line,
                         const struct dj_json *event, enum dj_event_type type)
{
    static const char *const texts[] = { "event_type", "message", "event_id", "job_id" };
    static const char *const numbers[] = { "timestamp", "rank", "process_id" };
    const char *name = type == DJ_EVENT_COUNT ? "" : dj_event_name(type);
    const bool header = line->view.attempt == 0;
    const bool op = strncmp(name, "op_", 3) == 0;
    const bool complete =
        type == DJ_EVENT_OP_COMPLETE || type == DJ_EVENT_PARTITION_COMPLETE;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (dj_json_text(event, texts[i], NULL) == NULL) {
            lacks(run, line, texts[i]);
        }
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) - header; i++) {
        if (!has_number(event, numbers[i])) {
            lacks(run, line, numbers[i]);
        }
    }
    if ((op || strncmp(name, "partition_", 10) == 0) &&
        !has_number(event, "partition_id")) {
        lacks(run, line, "partition_id");
    }
    if (op && (!has_number(event, "operation_idx") ||
               dj_json_text(event, "operation_name", NULL) == NULL)) {
        lacks(run, line, "operation_idx or operation_name");
    }
    if (complete &&
        (!has_number(event, "input_rows") || !has_number(event, "output_rows"))) {
        lacks(run, line, "input_rows or output_rows");
    }
}

/* What the fields say of each other. */
static void check_agreement(struct dj_check_run *run, const struct dj_event_line *line,
                            const struct dj_json *event, enum dj_event_type type)
{
    const char *id = dj_json_text(event, "event_id", "");
    const char *name = dj_json_text(event, "event_type", "");
    const char *job = dj_json_text(event, "job_id", run->job->id);
    const char *file = dj_fs_basename(line->file);
    const size_t len = strlen(name);

    if (type == DJ_EVENT_COUNT) {
        dj_check_wrong(run, DJ_CHECK_LINES, "%s:%lld: there is no event type \"%s\"",
                       file, (long long)line->number, name);
    }
    if (strncmp(id, name, len) != 0 || id[len] != '_' ||
        dj_json_int(event, "rank", -1) != line->view.rank) {
        dj_check_wrong(run, DJ_CHECK_LINES,
                       "%s:%lld: event_id \"%s\" is not of this event's type and rank",
                       file, (long long)line->number, id);
    }
    if (strcmp(job, run->job->id) != 0) {
        dj_check_wrong(run, DJ_CHECK_LINES, "%s:%lld: is an event of job \"%s\"", file,
                       (long long)line->number, job);
    }
}

/* --- order and numbers ----------------------------------------------------------- */

static struct dj_check_attempt *find_attempt(struct dj_check_run *run, int64_t number)
{
    struct dj_check_attempt *made;

    for (size_t i = run->nattempts; i-- > 0;) { /* it is nearly always the last one */
        if (run->attempts[i].number == number) {
            return &run->attempts[i];
        }
    }
    if (run->nattempts == MOST_ATTEMPTS) {
        return NULL;
    }
    run->attempts =
        dj_xrealloc(run->attempts, (run->nattempts + 1) * sizeof(*run->attempts));
    made = &run->attempts[run->nattempts++];
    *made = (struct dj_check_attempt){ .number = number };
    return made;
}

static struct dj_check_rank *find_rank(struct dj_check_attempt *attempt, int64_t rank)
{
    if ((size_t)rank >= attempt->nranks) {
        const size_t count = 2 * (size_t)rank + 8;

        attempt->ranks = dj_xrealloc(attempt->ranks, count * sizeof(*attempt->ranks));
        memset(&attempt->ranks[attempt->nranks], 0,
               (count - attempt->nranks) * sizeof(*attempt->ranks));
        attempt->nranks = count;
    }
    return &attempt->ranks[rank];
}

/* The folder of a job whose summary was deleted keeps its events; attempts count anew. */
static void begin_anew(struct dj_check_run *run)
{
    for (size_t i = 0; i < run->nattempts; i++) {
        dj_xfree(run->attempts[i].ranks);
    }
    run->nattempts = 0;
    dj_ledger_release(&run->ledger);
    dj_check_note(run, DJ_CHECK_IDS,
                  "the job was started over in between; what was before does not count");
}

static void check_number(struct dj_check_run *run, const struct dj_event_line *line,
                         const struct dj_check_attempt *attempt,
                         struct dj_check_rank *rank)
{
    const struct dj_event_view *view = &line->view;
    const char *file = dj_fs_basename(line->file);

    if (rank->seq == 0) {
        rank->first_micros = view->micros;
        if (run->events == 1) {
            run->cut = view->seq > 1 || attempt->number > 1;
        }
    }
    if (view->seq <= rank->seq) {
        dj_check_wrong(run, DJ_CHECK_IDS,
                       "%s:%lld: event %lld of rank %lld in attempt %lld is there twice, "
                       "or too late",
                       file, (long long)line->number, (long long)view->seq,
                       (long long)view->rank, (long long)attempt->number);
        return;
    }
    if (view->seq > rank->seq + 1 && (rank->seq > 0 || !run->cut)) {
        dj_check_wrong(run, DJ_CHECK_IDS,
                       "%s:%lld: before this line, events %lld to %lld of rank %lld in "
                       "attempt %lld are missing",
                       file, (long long)line->number, (long long)rank->seq + 1,
                       (long long)view->seq - 1, (long long)view->rank,
                       (long long)attempt->number);
    }
    rank->seq = view->seq;
}

/*
 * Ranks that are faster to the end of a run than rank 0 to the end of a merge get into
 * that merge, and clocks of hosts differ: between ranks, how much it is can be told, not
 * more.
 */
static void check_time(struct dj_check_run *run, const struct dj_event_line *line,
                       struct dj_check_rank *rank)
{
    const int64_t micros = line->view.micros;
    const double late = (double)(run->newest - micros) / 1e6;

    if (micros < rank->micros) {
        dj_check_wrong(run, DJ_CHECK_ORDER,
                       "%s:%lld: is older than an event of its rank before it",
                       dj_fs_basename(line->file), (long long)line->number);
    }
    run->late = late > run->late ? late : run->late;
    rank->micros = micros > rank->micros ? micros : rank->micros;
    run->newest = micros > run->newest ? micros : run->newest;
}

static void check_event(struct dj_check_run *run, const struct dj_event_line *line,
                        const struct dj_json *event)
{
    const struct dj_event_view *view = &line->view;
    const enum dj_event_type type = dj_event_type_of(view->type);
    struct dj_check_attempt *attempt;
    struct dj_check_rank *rank;

    check_fields(run, line, event, type);
    check_agreement(run, line, event, type);
    if (view->attempt == 0) { /* the header of a file */
        return;
    }
    run->events++;
    attempt = find_attempt(run, view->attempt);
    if (attempt == NULL || view->rank >= MOST_RANKS) {
        lacks(run, line, "a possible event_id");
        return;
    }
    rank = find_rank(attempt, view->rank);
    if (view->attempt == 1 && view->rank == 0 && view->seq == 1 && rank->seq > 0 &&
        view->micros > rank->first_micros) {
        begin_anew(run);
        attempt = find_attempt(run, view->attempt);
        rank = find_rank(attempt, view->rank);
    }
    check_time(run, line, rank);
    check_number(run, line, attempt, rank);
    dj_check_content(run, line, attempt, event);
}

/* JSON as its definition has it: UTF-8, without control characters. */
static bool is_clean(struct dj_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] < 0x20) {
            return false;
        }
    }
    return dj_json_utf8_prefix(text) == text.len;
}

void dj_check_line(struct dj_check_run *run, const struct dj_event_line *line)
{
    struct dj_json *event = NULL;
    struct dj_error err;
    char place[64];

    (void)snprintf(place, sizeof(place), "%.40s:%lld", dj_fs_basename(line->file),
                   (long long)line->number);
    if (dj_json_parse(line->text, place, &event, &err) != DJ_OK) {
        dj_check_wrong(run, DJ_CHECK_LINES, "%s", err.text);
    } else if (!is_clean(line->text)) {
        dj_check_wrong(run, DJ_CHECK_LINES,
                       "%s: has control characters, or bytes that are no UTF-8", place);
    } else if (!line->good) {
        dj_check_wrong(run, DJ_CHECK_LINES,
                       "%s: is no event: event_type, timestamp or event_id is missing",
                       place);
    } else {
        check_event(run, line, event);
    }
    dj_json_free(event);
}

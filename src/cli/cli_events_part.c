/* What events say of partitions and samples, and whether it adds up. */
#include "cli/cli_events_check.h"
#include "dj/fs.h"

#include <stdio.h>

enum { DERIVED_TEXT = 40 };

static const char *derived(int64_t rows, char text[DERIVED_TEXT])
{
    text[0] = '\0';
    if (rows != 0) {
        (void)snprintf(text, DERIVED_TEXT, " + %lld derived", (long long)rows);
    }
    return text;
}

static struct dj_check_attempt *attempt_of(struct dj_check_run *run, int64_t number)
{
    for (size_t i = 0; i < run->nattempts; i++) {
        if (run->attempts[i].number == number) {
            return &run->attempts[i];
        }
    }
    return NULL;
}

/* --- partitions ------------------------------------------------------------------ */

static void left_behind(struct dj_check_run *run, int64_t number)
{
    struct dj_check_attempt *attempt = attempt_of(run, number);

    if (attempt != NULL) {
        attempt->unended++;
    }
}

static void start(struct dj_check_run *run, const struct dj_event_line *line,
                  struct dj_ledger_part *part)
{
    const struct dj_event_view *view = &line->view;

    if (part->state == DJ_LEDGER_AT_WORK && part->attempt != view->attempt) {
        left_behind(run, part->attempt);
    } else if (part->state == DJ_LEDGER_AT_WORK && part->rank != view->rank) {
        dj_check_wrong(
            run, DJ_CHECK_PARTITIONS,
            "%s:%lld: partition %lld is started by rank %lld, but rank %lld has "
            "it and no end of that is told",
            dj_fs_basename(line->file), (long long)line->number,
            (long long)view->partition, (long long)view->rank, (long long)part->rank);
    }
    dj_ledger_start(part, view);
}

/* Whether the partition is at work on the rank that tells something of it. */
static void must_be_at_work(struct dj_check_run *run, const struct dj_event_line *line,
                            const struct dj_ledger_part *part)
{
    const struct dj_event_view *view = &line->view;

    if (!run->cut && (part->state != DJ_LEDGER_AT_WORK ||
                      part->attempt != view->attempt || part->rank != view->rank)) {
        dj_check_wrong(run, DJ_CHECK_PARTITIONS,
                       "%s:%lld: %.*s of partition %lld, which rank %lld has not started",
                       dj_fs_basename(line->file), (long long)line->number,
                       (int)view->type.len, view->type.ptr, (long long)view->partition,
                       (long long)view->rank);
    }
}

static void op_complete(struct dj_check_run *run, const struct dj_event_line *line,
                        struct dj_ledger_part *part, const struct dj_json *event)
{
    const int64_t op = dj_json_int(event, "operation_idx", -1);
    const char *name = dj_json_text(event, "operation_name", "");
    const struct dj_ledger_rows *rows;
    char more[DERIVED_TEXT];

    must_be_at_work(run, line, part);
    if (!dj_ledger_op(&run->ledger, part, op, name, event)) {
        if (run->ledger.nops > 0) {
            dj_check_wrong(run, DJ_CHECK_LINES,
                           "%s:%lld: no such operator, or no possible number of samples",
                           dj_fs_basename(line->file), (long long)line->number);
        }
        return;
    }
    rows = &part->ops[op];
    if ((int64_t)rows->in + rows->derived !=
        (int64_t)rows->out + rows->dropped + rows->rejected) {
        dj_check_wrong(
            run, DJ_CHECK_LEDGER,
            "%s:%lld: %s on partition %lld: %d in%s is not %d out + %d dropped + "
            "%d rejected",
            dj_fs_basename(line->file), (long long)line->number, name,
            (long long)line->view.partition, rows->in, derived(rows->derived, more),
            rows->out, rows->dropped, rows->rejected);
    }
}

/* What the operators of a partition say of each other. */
static void partition_complete(struct dj_check_run *run, const struct dj_event_line *line,
                               struct dj_ledger_part *part, const struct dj_json *event)
{
    const int64_t taken = dj_json_int(event, "input_rows", 0);
    const int64_t kept = dj_json_int(event, "output_rows", 0);
    const char *file = dj_fs_basename(line->file);
    const long long number = (long long)line->number;

    must_be_at_work(run, line, part);
    for (int i = part->first; i < part->end; i++) {
        const bool last = i + 1 == part->end;
        const int64_t next = last ? kept : part->ops[i + 1].in;

        if (part->ops[i].out != next) {
            dj_check_wrong(run, DJ_CHECK_LEDGER,
                           "%s:%lld: partition %lld: %s gave %d samples, but %s %lld",
                           file, number, (long long)line->view.partition,
                           run->ledger.ops[i].name == NULL ? "?"
                                                           : run->ledger.ops[i].name,
                           part->ops[i].out, last ? "the partition kept" : "the next had",
                           (long long)next);
        }
    }
    dj_ledger_done(part, taken, kept);
}

static void partition_event(struct dj_check_run *run, const struct dj_event_line *line,
                            enum dj_event_type type, const struct dj_json *event)
{
    struct dj_ledger_part *part = dj_ledger_part(&run->ledger, line->view.partition);

    if (part == NULL) {
        dj_check_wrong(run, DJ_CHECK_LINES, "%s:%lld: no partition has such a number",
                       dj_fs_basename(line->file), (long long)line->number);
    } else if (type == DJ_EVENT_PARTITION_START) {
        start(run, line, part);
    } else if (type == DJ_EVENT_OP_COMPLETE) {
        op_complete(run, line, part, event);
    } else if (type == DJ_EVENT_PARTITION_COMPLETE) {
        partition_complete(run, line, part, event);
    } else if (type == DJ_EVENT_PARTITION_FAILED) {
        must_be_at_work(run, line, part);
        part->state = DJ_LEDGER_FAILED;
    } else if (strcmp(dj_json_text(event, "status", ""), "retry") == 0) {
        part->state = DJ_LEDGER_WAITS;
    }
}

static void attempt_ends(struct dj_check_attempt *attempt, enum dj_attempt_end end,
                         const struct dj_json *event)
{
    attempt->end = end;
    attempt->total = dj_json_int(event, "total_partitions", 0);
    attempt->successful = dj_json_int(event, "successful_partitions", 0);
    attempt->failed = dj_json_int(event, "failed_partitions", 0);
    attempt->read = dj_json_int(event, "input_rows", 0);
    attempt->kept = dj_json_int(event, "output_rows", 0);
}

void dj_check_content(struct dj_check_run *run, const struct dj_event_line *line,
                      struct dj_check_attempt *attempt, const struct dj_json *event)
{
    const enum dj_event_type type = dj_event_type_of(line->view.type);

    switch (type) {
    case DJ_EVENT_JOB_START:
    case DJ_EVENT_JOB_RESTART:
        if (!dj_ledger_begin(&run->ledger,
                             dj_json_int(dj_json_get(event, "metadata"), "operators", -1),
                             dj_json_int(event, "total_partitions", 0))) {
            dj_check_wrong(run, DJ_CHECK_LINES,
                           "%s:%lld: no possible number of operators",
                           dj_fs_basename(line->file), (long long)line->number);
        }
        break;
    case DJ_EVENT_JOB_COMPLETE:
        attempt_ends(attempt, DJ_END_COMPLETE, event);
        break;
    case DJ_EVENT_JOB_FAILED:
        attempt_ends(attempt, DJ_END_FAILED, event);
        break;
    case DJ_EVENT_WARNING:
        if (strcmp(dj_json_text(event, "status", ""), "stopped") == 0) {
            attempt_ends(attempt, DJ_END_STOPPED, event);
        }
        break;
    case DJ_EVENT_INFO:
        dj_ledger_info(&run->ledger, event);
        break;
    case DJ_EVENT_PARTITION_START:
    case DJ_EVENT_PARTITION_COMPLETE:
    case DJ_EVENT_PARTITION_FAILED:
    case DJ_EVENT_OP_COMPLETE:
        partition_event(run, line, type, event);
        break;
    case DJ_EVENT_PROCESSING_ERROR:
        if (line->view.partition >= 0) {
            partition_event(run, line, type, event);
        }
        break;
    default:
        break;
    }
}

/* The end of a check of events: what has no end, and whether all samples are accounted
 * for. */
#include "cli/cli_events_check.h"

#include <stdio.h>

#include "dj/job_live.h"

static const char *op_name(const struct dj_ledger *ledger, int i)
{
    return ledger->ops[i].name == NULL ? "?" : ledger->ops[i].name;
}

/* A partition that is still at work when the log ends. */
static void end_of_part(struct dj_check_run *run, int64_t id,
                        const struct dj_ledger_part *part)
{
    for (size_t i = 0; i < run->nattempts; i++) {
        struct dj_check_attempt *attempt = &run->attempts[i];

        if (attempt->number != part->attempt) {
            continue;
        }
        attempt->unended++;
        if (attempt->end == DJ_END_COMPLETE) {
            dj_check_wrong(
                run, DJ_CHECK_PARTITIONS,
                "partition %lld was started by rank %lld in attempt %lld, which "
                "came to its end, but nothing tells how that ended",
                (long long)id, (long long)part->rank, (long long)part->attempt);
        }
    }
}

static void check_ends(struct dj_check_run *run, bool running)
{
    for (int64_t id = 0; id <= run->ledger.highest; id++) {
        const struct dj_ledger_part *part = dj_ledger_part(&run->ledger, id);

        if (part->state == DJ_LEDGER_AT_WORK || part->state == DJ_LEDGER_WAITS) {
            end_of_part(run, id, part);
        }
    }
    for (size_t i = 0; i < run->nattempts; i++) {
        const struct dj_check_attempt *attempt = &run->attempts[i];
        const bool last = i + 1 == run->nattempts;

        if (attempt->unended > 0 && attempt->end != DJ_END_COMPLETE) {
            dj_check_note(run, DJ_CHECK_PARTITIONS,
                          "%lld partitions were at work when attempt %lld %s",
                          (long long)attempt->unended, (long long)attempt->number,
                          attempt->end != DJ_END_NONE ? "was stopped"
                          : last && running           ? "was looked at; it runs"
                                                      : "died");
        } else if (attempt->end == DJ_END_NONE && !(last && running)) {
            dj_check_note(run, DJ_CHECK_PARTITIONS, "attempt %lld died: it has no end",
                          (long long)attempt->number);
        }
    }
}

/* --- the ledger ------------------------------------------------------------------ */

static void must_be(struct dj_check_run *run, enum dj_check check, const char *what,
                    int64_t here, const char *who, int64_t there)
{
    if (here != there) {
        dj_check_wrong(run, check, "%s: %lld by the events, but %lld by %s", what,
                       (long long)here, (long long)there, who);
    }
}

/* One operator after the other: each was given what the one before has left. */
static void check_chain(struct dj_check_run *run)
{
    const struct dj_ledger *ledger = &run->ledger;

    for (int i = 0; i < ledger->nops; i++) {
        const struct dj_ledger_op *op = &ledger->ops[i];
        const int64_t next = i + 1 < ledger->nops ? ledger->ops[i + 1].in : ledger->kept;

        if (op->out != next) {
            dj_check_wrong(run, DJ_CHECK_LEDGER,
                           "%s (operator %d) gave %lld samples, but %lld came to %s",
                           op_name(ledger, i), i, (long long)op->out, (long long)next,
                           i + 1 < ledger->nops ? op_name(ledger, i + 1) : "the result");
        }
        if (op->in + op->derived != op->out + op->dropped + op->rejected) {
            dj_check_wrong(
                run, DJ_CHECK_LEDGER,
                "%s (operator %d): %lld in + %lld derived is not %lld out + %lld "
                "dropped + %lld rejected",
                op_name(ledger, i), i, (long long)op->in, (long long)op->derived,
                (long long)op->out, (long long)op->dropped, (long long)op->rejected);
        }
    }
    if (ledger->at_load < 0 ||
        ledger->read + ledger->derived !=
            ledger->kept + ledger->filtered + ledger->deduplicated + ledger->rejected) {
        dj_check_wrong(run, DJ_CHECK_LEDGER,
                       "%lld read + %lld derived is not %lld kept + %lld filtered + %lld "
                       "deduplicated + %lld rejected",
                       (long long)ledger->read, (long long)ledger->derived,
                       (long long)ledger->kept, (long long)ledger->filtered,
                       (long long)ledger->deduplicated, (long long)ledger->rejected);
    }
}

static void compare_op(struct dj_check_run *run, int i, const struct dj_op_tally *tally)
{
    const struct dj_ledger_op *op = &run->ledger.ops[i];
    char what[200];

    (void)snprintf(what, sizeof(what), "samples into %.150s", op_name(&run->ledger, i));
    must_be(run, DJ_CHECK_SUMMARY, what, op->in, "job_summary.json", tally->rows_in);
    (void)snprintf(what, sizeof(what), "samples out of %.150s", op_name(&run->ledger, i));
    must_be(run, DJ_CHECK_SUMMARY, what, op->out, "job_summary.json", tally->rows_out);
    (void)snprintf(what, sizeof(what), "samples dropped by %.150s",
                   op_name(&run->ledger, i));
    /* What a comparison repeats and what it drops cannot be told apart by the events. */
    must_be(run, DJ_CHECK_SUMMARY, what, op->dropped - op->derived, "job_summary.json",
            tally->dropped - tally->derived);
    (void)snprintf(what, sizeof(what), "samples rejected by %.150s",
                   op_name(&run->ledger, i));
    must_be(run, DJ_CHECK_SUMMARY, what, op->rejected, "job_summary.json",
            tally->rejected);
}

static void compare(struct dj_check_run *run, const struct dj_summary *summary)
{
    const struct dj_ledger *ledger = &run->ledger;
    const int64_t gone = ledger->filtered + ledger->deduplicated - ledger->derived;
    const char *who = "job_summary.json";

    must_be(run, DJ_CHECK_SUMMARY, "samples read", ledger->read, who, summary->rows_read);
    must_be(run, DJ_CHECK_SUMMARY, "samples kept", ledger->kept, who, summary->rows_kept);
    must_be(run, DJ_CHECK_SUMMARY, "samples rejected", ledger->rejected, who,
            summary->rows_rejected);
    must_be(run, DJ_CHECK_SUMMARY, "samples filtered or deduplicated", gone, who,
            summary->rows_filtered + summary->rows_deduplicated - summary->rows_derived);
    must_be(run, DJ_CHECK_SUMMARY, "partitions that failed", ledger->failed, who,
            dj_i64_from_size(summary->nfailed));
    must_be(run, DJ_CHECK_SUMMARY, "operators", ledger->nops, who,
            dj_i64_from_size(summary->nops));
    for (int i = 0; i < ledger->nops && (size_t)i < summary->nops; i++) {
        compare_op(run, i, &summary->tally[i]);
    }
}

static void skip(struct dj_check_run *run, const char *why)
{
    run->skipped[DJ_CHECK_LEDGER] = run->cut || run->events == 0;
    run->skipped[DJ_CHECK_SUMMARY] = true;
    dj_check_note(run, DJ_CHECK_SUMMARY, "%s", why);
}

static bool is_over(const struct dj_summary *summary)
{
    return summary != NULL && (strcmp(summary->state, "completed") == 0 ||
                               strcmp(summary->state, "partial") == 0);
}

static void check_against(struct dj_check_run *run, const struct dj_summary *summary,
                          const struct dj_check_attempt *last)
{
    if (summary == NULL) {
        skip(run, "job_summary.json is not there or cannot be read");
    } else if (last == NULL || last->number < dj_i64_from_size(summary->nattempts)) {
        skip(run, "the newest attempt has no events: the log is not all of the job's");
    } else if (run->cut) {
        skip(run, "the oldest events were rotated away, so samples cannot be counted "
                  "(event_logging.backup_count)");
    } else if (!is_over(summary)) {
        skip(run, "the job is not complete, so its counts are not compared");
    } else if (last->end != DJ_END_COMPLETE) {
        dj_check_wrong(run, DJ_CHECK_SUMMARY,
                       "job_summary.json says that the job is %s, but job_complete is "
                       "missing",
                       summary->state);
    } else {
        compare(run, summary);
    }
}

void dj_check_end(struct dj_check_run *run)
{
    struct dj_check_attempt *last =
        run->nattempts == 0 ? NULL : &run->attempts[run->nattempts - 1];
    const bool ended = last != NULL && last->end == DJ_END_COMPLETE;
    const bool running = dj_job_is_running(run->job->paths.lock);
    struct dj_summary *summary = NULL;
    struct dj_error ignored;

    check_ends(run, running);
    if (ended && last->total > 0) {
        run->ledger.last_partitions = last->total;
    }
    dj_ledger_sum(&run->ledger, ended);
    if (ended && !run->cut) {
        check_chain(run);
        must_be(run, DJ_CHECK_LEDGER, "samples read", run->ledger.read, "job_complete",
                last->read);
        must_be(run, DJ_CHECK_LEDGER, "samples kept", run->ledger.kept, "job_complete",
                last->kept);
        must_be(run, DJ_CHECK_LEDGER, "partitions that failed", run->ledger.failed,
                "job_complete", last->failed);
    }
    if (run->late > 0) {
        dj_check_note(
            run, DJ_CHECK_ORDER,
            "events of different ranks are up to %.6f s out of order: ranks that "
            "end while others are merged, or clocks of hosts",
            run->late);
    }
    if (dj_summary_read(run->job->paths.summary, &summary, &ignored) != DJ_OK) {
        summary = NULL;
    }
    check_against(run, summary, last);
    dj_summary_free(summary);
}

/* The ledger: whether every sample that was read is accounted for. */
#include "dj/job.h"

#include <stdio.h>

/* What does not add up, one clause after the other. */
struct findings {
    char text[DJ_ERROR_TEXT - 64];
    size_t len;
};

static void complain(struct findings *findings, const char *fmt, ...) DJ_PRINTF(2, 3);

static void complain(struct findings *findings, const char *fmt, ...)
{
    const size_t room = sizeof(findings->text) - findings->len;
    va_list args;
    int len;

    if (findings->len > 0) {
        (void)snprintf(findings->text + findings->len, room, "; ");
        findings->len = strlen(findings->text);
    }
    va_start(args, fmt);
    len = vsnprintf(findings->text + findings->len,
                    sizeof(findings->text) - findings->len, fmt, args);
    va_end(args);
    if (len > 0) {
        findings->len = strlen(findings->text); /* cut where the room ends */
    }
}

enum { DERIVED_TEXT = 40 };

/* What is added to rows that came, where there is any. */
static const char *derived(int64_t rows, char text[DERIVED_TEXT])
{
    text[0] = '\0';
    if (rows != 0) {
        (void)snprintf(text, DERIVED_TEXT, " + %lld derived", (long long)rows);
    }
    return text;
}

static void check_operator(const struct dj_summary *summary, size_t i, int64_t came,
                           struct findings *findings)
{
    const struct dj_op_tally *tally = &summary->tally[i];
    const char *name = summary->op_names[i] == NULL ? "?" : summary->op_names[i];
    char more[DERIVED_TEXT];

    if (tally->rows_in != came) {
        complain(findings, "%s (operator %zu) took %lld rows in, but %lld came%s", name,
                 i, (long long)tally->rows_in, (long long)came,
                 i == 0 ? " from the input" : " out of the operator before");
    }
    if (tally->rows_in + tally->derived !=
        tally->rows_out + tally->dropped + tally->rejected) {
        complain(findings,
                 "%s (operator %zu): %lld in%s is not %lld out + %lld dropped + "
                 "%lld rejected",
                 name, i, (long long)tally->rows_in, derived(tally->derived, more),
                 (long long)tally->rows_out, (long long)tally->dropped,
                 (long long)tally->rejected);
    }
}

static void check_total(const struct dj_summary *summary, struct findings *findings)
{
    const int64_t gone = summary->rows_filtered + summary->rows_deduplicated;
    int64_t dropped = 0, made = 0;
    int64_t rejected = summary->rows_rejected_at_load;
    char more[DERIVED_TEXT];

    if (summary->rows_read + summary->rows_derived !=
        summary->rows_kept + gone + summary->rows_rejected) {
        complain(findings,
                 "%lld read%s is not %lld kept + %lld filtered + %lld "
                 "deduplicated + %lld rejected",
                 (long long)summary->rows_read, derived(summary->rows_derived, more),
                 (long long)summary->rows_kept, (long long)summary->rows_filtered,
                 (long long)summary->rows_deduplicated,
                 (long long)summary->rows_rejected);
    }
    for (size_t i = 0; i < summary->nops; i++) {
        dropped += summary->tally[i].dropped;
        rejected += summary->tally[i].rejected;
        made += summary->tally[i].derived;
    }
    if (summary->rows_derived != made) {
        complain(findings, "%lld derived in all, but the operators made %lld",
                 (long long)summary->rows_derived, (long long)made);
    }
    if (gone != dropped) {
        complain(findings,
                 "%lld filtered or deduplicated in all, but the operators "
                 "dropped %lld",
                 (long long)gone, (long long)dropped);
    }
    if (summary->rows_rejected != rejected) {
        complain(findings, "%lld rejected in all, but %lld at load and by the operators",
                 (long long)summary->rows_rejected, (long long)rejected);
    }
}

bool dj_summary_balance(const struct dj_summary *summary, struct dj_error *err)
{
    int64_t came = summary->rows_read - summary->rows_rejected_at_load;
    struct findings findings = { .len = 0 };

    check_total(summary, &findings);
    for (size_t i = 0; i < summary->nops; i++) {
        check_operator(summary, i, came, &findings);
        came = summary->tally[i].rows_out;
    }
    if (came != summary->rows_kept) {
        complain(&findings, "%lld came out of the last operator, but %lld are kept",
                 (long long)came, (long long)summary->rows_kept);
    }
    if (findings.len == 0) {
        return true;
    }
    dj_fail(err, DJ_LEDGER, "the counts do not balance: %s", findings.text);
    return false;
}

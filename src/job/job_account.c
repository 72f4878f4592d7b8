/* What a job cost, over all its runs: time, cores, and work that had to be done again. */
#include "dj/job.h"

static const double hour = 3600;

/* When it was last known to work; a killed run did not say when it ended. */
static double end_of(const struct dj_attempt *attempt)
{
    double end = attempt->end;

    if (end <= 0) {
        end = attempt->seen > attempt->saved ? attempt->seen : attempt->saved;
    }
    return end > attempt->start ? end : attempt->start;
}

/* A run that came to its end lost nothing, and one that goes on has not yet. */
static double lost_seconds(const struct dj_attempt *attempt)
{
    static const char *const kept[] = { "completed", "partial", "running" };
    const double saved =
        attempt->saved > attempt->start ? attempt->saved : attempt->start;

    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (attempt->state == NULL || strcmp(attempt->state, kept[i]) == 0) {
            return 0;
        }
    }
    return end_of(attempt) > saved ? end_of(attempt) - saved : 0;
}

struct dj_account dj_summary_account(const struct dj_summary *summary)
{
    struct dj_account account = { 0 };
    double kept;

    for (size_t i = 0; i < summary->nattempts; i++) {
        const struct dj_attempt *attempt = &summary->attempts[i];
        const double seconds = end_of(attempt) - attempt->start;

        account.seconds += seconds;
        account.core_hours += (double)attempt->ranks * seconds / hour;
        account.lost_core_hours += (double)attempt->ranks * lost_seconds(attempt) / hour;
    }
    if (account.seconds > 0) {
        account.samples_per_second = (double)summary->rows_read / account.seconds;
    }
    kept = account.core_hours - account.lost_core_hours;
    if (kept > 0) { /* lost work was about as fast as kept work, and a run reads no */
        double times = account.lost_core_hours / kept; /* sample twice */

        times = times < (double)summary->nattempts ? times : (double)summary->nattempts;
        account.redone_samples = (int64_t)((double)summary->rows_read * times);
    }
    return account;
}

void dj_summary_saved(struct dj_summary *summary, double time)
{
    if (summary->nattempts > 0) {
        summary->attempts[summary->nattempts - 1].saved = time;
    }
}

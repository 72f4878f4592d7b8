/*
 * What of an ended job's folder may go: at its end, as its settings say, and by dj-mpi
 * clean. The export, the summary, the event logs, metadata and rejected samples never do.
 */
#ifndef DJ_RETENTION_H
#define DJ_RETENTION_H

#include "dj/job.h"

struct dj_retention_rules {
    enum dj_retention policy;
    int64_t days;    /* that intermediate data stay */
    bool temporary;  /* results/ and partitions/ of a complete job go */
    bool on_success; /* so does intermediate/ of one */
    bool later;      /* the job ended a while ago: its age counts for all that is left */
    bool incomplete; /* and that of one that can still be resumed: it then cannot */
    double now;
};

struct dj_reclaim {
    char *path;
    int64_t bytes;
    const char *why; /* for people */
};

struct dj_reclaims {
    size_t count;
    struct dj_reclaim *items;
    int64_t bytes; /* of all */
};

/* What would go. */
void dj_retention_find(const struct dj_job_paths *paths, const struct dj_summary *summary,
                       const struct dj_retention_rules *rules, struct dj_reclaims *found);
/* Deletes it; the first failure ends it. */
enum dj_status dj_reclaims_delete(const struct dj_reclaims *found,
                                  struct dj_error *err) DJ_MUST_CHECK;
void dj_reclaims_release(struct dj_reclaims *found);

#endif

/*
 * Verdicts of a global operator on disk: struct dj_note sorted by row in one file a
 * rank, and a record that names which partition's lie where. The record is the commit.
 */
#ifndef DJ_EXEC_VERDICTS_H
#define DJ_EXEC_VERDICTS_H

#include "dj/mem.h"
#include "exec/state.h"

struct dj_verdict_list {
    struct dj_verdict_extent *items; /* by partition, then file, then place */
    size_t count;
};
void dj_verdicts_release(struct dj_verdict_list *verdicts);

/* The partition's extents; returns how many. */
size_t dj_verdicts_of(const struct dj_verdict_list *verdicts, int64_t partition,
                      const struct dj_verdict_extent **first);

/* Returns new. */
char *dj_verdicts_path(const char *stage_dir, int64_t file);
char *dj_verdicts_record_path(const char *stage_dir);

/* What binds a record to a job: the map, the operators up to the global one. */
struct dj_verdicts_head {
    uint64_t map_digest;
    uint64_t ops_hash;
};
enum dj_status dj_verdicts_write(const char *stage_dir,
                                 const struct dj_verdicts_head *head,
                                 const struct dj_verdict_list *verdicts,
                                 struct dj_error *err) DJ_MUST_CHECK;
/*
 * *found is false when there is none, or one that is damaged or of another job or
 * whose files are not whole: the exchange is then done again.
 */
enum dj_status dj_verdicts_read(const char *stage_dir,
                                const struct dj_verdicts_head *head,
                                struct dj_verdict_list *verdicts, bool *found,
                                struct dj_error *err) DJ_MUST_CHECK;

#endif

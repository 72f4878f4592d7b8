/* Checking what a job left behind: shared by the files verify*.c. */
#ifndef DJ_EXEC_VERIFY_H
#define DJ_EXEC_VERIFY_H

#include "dj/exec.h"
#include "exec/convert.h"
#include "exec/record.h"

struct dj_verifying {
    const struct dj_verify *request;
    const struct dj_job_paths *paths;
    struct dj_verify_counts counts;
    struct dj_summary *summary; /* NULL: none that can be read */
    bool summary_good;          /* what it says can be held against other files */
    bool completed;             /* so the summary says */
    bool ended;                 /* with an export: completed or partial */
    bool map_good;
    bool rows; /* the partitions are those of rows that a stage has written */
    struct dj_partitions partitions; /* with a good map */
    uint64_t map_digest;
    struct dj_buf piece; /* of a file */
    struct dj_hasher *hasher;
};

/* first -1: no partition in particular. */
void dj_verify_say(struct dj_verifying *v, enum dj_finding_kind kind, int64_t first,
                   int64_t last, const char *fmt, ...) DJ_PRINTF(5, 6);
/* A message or a path without the job's folder before it. */
const char *dj_verify_short(const struct dj_verifying *v, const char *text);
/*
 * Adds bytes of a file to v->hasher. *got is less than bytes where it ends early or
 * cannot be read.
 */
enum dj_status dj_verify_hash(struct dj_verifying *v, int fd, const char *path,
                              int64_t offset, int64_t bytes, int64_t *got,
                              struct dj_error *err) DJ_MUST_CHECK;

/* --- verify_results.c --- */

/* Records and what they name; forgets what is damaged when that is asked for. */
enum dj_status dj_verify_results(struct dj_verifying *v,
                                 struct dj_error *err) DJ_MUST_CHECK;
/* The number of the last record in the folder; 0: none. */
int64_t dj_verify_last_record(const char *results_dir);

/* --- verify_forget.c --- */

/* A partition whose result is damaged, or a whole record: partition -1. */
struct dj_verify_bad {
    int64_t record;
    int64_t partition;
    int64_t findings; /* that it caused */
};

/* Writes the records anew without these; they are in the order of records. */
enum dj_status dj_verify_forget(struct dj_verifying *v, const struct dj_verify_bad *bad,
                                size_t count, struct dj_error *err) DJ_MUST_CHECK;

/* --- verify_pieces.c --- */

/* A line of the report's "export_pieces". */
enum dj_status dj_verify_take_piece(struct dj_convert_pieces *pieces, struct dj_str line,
                                    bool *good, struct dj_error *err) DJ_MUST_CHECK;
/* The files with samples against them. */
enum dj_status dj_verify_check_pieces(struct dj_verifying *v,
                                      const struct dj_convert_pieces *pieces,
                                      struct dj_error *err) DJ_MUST_CHECK;

/* --- verify_export.c --- */

/* The mapping report and the files of the export. */
enum dj_status dj_verify_export(struct dj_verifying *v,
                                struct dj_error *err) DJ_MUST_CHECK;

#endif

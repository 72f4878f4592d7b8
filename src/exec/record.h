/*
 * What became of a partition, and the records in results/ that say so: as they travel,
 * as they are written, and as they are read back.
 */
#ifndef DJ_EXEC_RECORD_H
#define DJ_EXEC_RECORD_H

#include "dj/chain.h"
#include "dj/dataset.h"
#include "dj/hash.h"
#include "dj/json.h"

/* What became of a partition. */
enum dj_part_state { DJ_PART_OPEN, DJ_PART_DONE, DJ_PART_FAILED };

enum { DJ_PART_ERROR = 512 };

/*
 * The result of one partition, as it travels to rank 0: plain data, followed by one
 * struct dj_op_tally an operator.
 */
struct dj_part_result {
    int64_t id;
    int64_t state; /* enum dj_part_state */
    int64_t rank;
    int64_t attempt; /* of the job, that made it */
    int64_t rows;    /* samples read */
    int64_t kept;
    int64_t rejected; /* at load and by operators */
    int64_t rejected_at_load;
    double start; /* seconds since 1970 */
    double seconds;
    struct dj_extent extents[DJ_RESULT_STREAMS];
    uint64_t digests[DJ_RESULT_STREAMS]; /* XXH3-64 of these bytes */
    char error[DJ_PART_ERROR];           /* of a failed one */
};

/* --- map.c --- */

/* What tells the partitions of one map from those of another. */
uint64_t dj_map_digest(const struct dj_partitions *partitions);

/* --- report.c --- */

/* The last lines of the mapping report; hasher: over all that was written before. */
enum dj_status dj_report_write_end(const struct dj_hasher *hasher,
                                   struct dj_buf *out) DJ_MUST_CHECK;

/* --- tally.c --- */

void dj_tally_write(struct dj_jsonw *w, const struct dj_op_tally *tally, size_t count);
/* False when array is not what dj_tally_write makes of count tallies. */
bool dj_tally_read(const struct dj_json *array, struct dj_op_tally *tally, size_t count);

/* --- record.c --- */

/* The lines of a file; the next one is borrowed until the one after it. */
struct dj_file_lines {
    int fd;
    const char *path; /* borrowed */
    int64_t offset;   /* of the next read */
    struct dj_buf buf;
    size_t at; /* of the next line in buf */
};

/* Close it also after a failure. */
enum dj_status dj_file_lines_open(struct dj_file_lines *lines, const char *path,
                                  struct dj_error *err) DJ_MUST_CHECK;
/* With its line end; empty at the end of the file. */
enum dj_status dj_file_lines_next(struct dj_file_lines *lines, struct dj_str *line,
                                  struct dj_error *err) DJ_MUST_CHECK;
void dj_file_lines_close(struct dj_file_lines *lines);

enum { DJ_RECORD_VERSION = 5 };

/* The first line of a commit record. */
struct dj_record_head {
    const char *job_id;
    uint64_t map_digest;
    size_t nops;
    int64_t generation; /* of the growing export that its places are in */
    char *growing;      /* path of that file; NULL: there is none */
};

/* A commit record that is read. */
struct dj_record {
    struct dj_file_lines lines;
    uint64_t map_digest;
    size_t nops;
    int64_t generation; /* as the head has it; places of others are lost */
    char *growing;
    /* Of dj_record_next: */
    struct dj_str line; /* as it stands in the file */
    struct dj_part_result result;
    struct dj_op_tally *tally; /* [nops] */
};

/* Returns new. */
char *dj_record_path(const char *results_dir, int64_t number);
enum dj_status dj_record_write_head(const struct dj_record_head *head,
                                    struct dj_buf *out) DJ_MUST_CHECK;
/* hasher: over all that was written before. */
enum dj_status dj_record_write_end(const struct dj_hasher *hasher,
                                   struct dj_buf *out) DJ_MUST_CHECK;
/* The digest holds, else DJ_RESUME. Reads all of it; open it afterwards. */
enum dj_status dj_record_check(const char *path, struct dj_error *err) DJ_MUST_CHECK;
enum dj_status dj_record_open(struct dj_record *record, const char *path,
                              struct dj_error *err) DJ_MUST_CHECK;
enum dj_status dj_record_next(struct dj_record *record, bool *more,
                              struct dj_error *err) DJ_MUST_CHECK;
void dj_record_close(struct dj_record *record);

#endif

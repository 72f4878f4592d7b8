/* The parts of dj-mpi inspect. */
#ifndef DJ_CLI_INSPECT_H
#define DJ_CLI_INSPECT_H

#include "cli/cli_private.h"

/* What is asked for; -1 and NULL: nothing was said. */
struct dj_inspect {
    const struct dj_cli *cli;
    int64_t partition;
    int64_t row;      /* of the partition, from 0 */
    int64_t line;     /* of a source file, from 1 */
    const char *file; /* its name in the partition map */
    const char *op;   /* name, or number from 1 */
    int64_t rows;     /* samples shown of a file */
};

/* A data file: its format, its columns and its first samples. */
enum dj_status dj_inspect_file(const struct dj_inspect *inspect, const char *path,
                               struct dj_buf *out, struct dj_error *err) DJ_MUST_CHECK;

/* One sample on its way through the operators of the job. */
enum dj_status dj_inspect_sample(const struct dj_inspect *inspect,
                                 const struct dj_cli_job *job, struct dj_buf *out,
                                 struct dj_error *err) DJ_MUST_CHECK;

#endif

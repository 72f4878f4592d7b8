/* Shared by the files of the command line. */
#ifndef DJ_CLI_PRIVATE_H
#define DJ_CLI_PRIVATE_H

#include "dj/config.h"

/* The words after "dj-mpi WORD". */
struct dj_cli {
    int argc;
    char **argv;
    bool json; /* --json was among them, and is taken out */
};

/* A word: returns the exit code. */
typedef int dj_cli_word(struct dj_cli *cli);

dj_cli_word dj_cli_ops, dj_cli_validate, dj_cli_plan, dj_cli_docs, dj_cli_run;

void dj_cli_help(void);
void dj_cli_version(void);

/* Takes --name out of the words; true when it was there. */
bool dj_cli_take(struct dj_cli *cli, const char *name);

/* Prints a failure on standard error and gives its exit code. */
int dj_cli_fail(enum dj_status status, const struct dj_error *err);

/* Writes text to standard output; gives 0, or 1 when it cannot. */
int dj_cli_print(enum dj_status status, struct dj_buf *text);

/* Loads the configuration from the words; *doc is NULL after a failure. */
enum dj_status dj_cli_load(const struct dj_cli *cli, struct dj_config_doc **doc,
                           struct dj_error *err) DJ_MUST_CHECK;

#endif

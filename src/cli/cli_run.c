/* A run: the configuration is checked before MPI starts. */
#include "cli/cli_private.h"
#include "dj/comm.h"
#include "dj/exec.h"
#include "dj/log.h"

#include <stdio.h>

static enum dj_status run(struct dj_comm *comm, const struct dj_config_doc *doc,
                          struct dj_error *err)
{
    DJ_TRY(dj_comm_check_launch(comm, err));
    return dj_exec_run(comm, doc, err);
}

/* A stop and a partial result are no errors. */
static void report(enum dj_status status, const struct dj_error *err)
{
    const bool warning = status == DJ_STOPPED || status == DJ_PARTIAL;

    dj_log_status_done();
    if (!warning) { /* tasks that do not know of each other are all the first in MPI */
        (void)dj_cli_fail(status, err);
        return;
    }
    (void)fprintf(stderr, "dj-mpi: warning: %s\n", err->text);
}

int dj_cli_run(struct dj_cli *cli)
{
    struct dj_config_doc *doc;
    struct dj_comm *comm;
    struct dj_error err;
    enum dj_status status = dj_cli_load(cli, &doc, &err);

    if (status == DJ_OK) {
        status = dj_cli_check_job_id(doc, &err);
    }
    if (status != DJ_OK) {
        dj_config_free(doc);
        return dj_cli_fail(status, &err);
    }
    if (dj_config_get(doc)->debug) {
        dj_log_set_level(DJ_LOG_DEBUG);
    }
    status = dj_comm_open(&comm, &err);
    if (status == DJ_OK) {
        status = run(comm, doc, &err);
        if (status != DJ_OK && dj_comm_rank(comm) == 0) {
            report(status, &err);
        }
        dj_comm_close(comm);
    } else {
        (void)dj_cli_fail(status, &err);
    }
    dj_config_free(doc);
    return dj_status_exit(status);
}

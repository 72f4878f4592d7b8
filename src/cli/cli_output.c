/* What all words share: failures, results, options of their own. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli_private.h"
#include "dj/chain.h"
#include "dj/clock.h"
#include "dj/json.h"
#include "dj/log.h"

/* The first of these that is set, or NULL: the launcher's word, before MPI is up. */
static const char *launcher_says(const char *const *names)
{
    for (; *names != NULL; names++) {
        const char *value = getenv(*names);

        if (value != NULL && value[0] != '\0') {
            return value;
        }
    }
    return NULL;
}

static const char *rank_text(void)
{
    static const char *const names[] = { "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
                                         "SLURM_PROCID", NULL };

    return launcher_says(names);
}

bool dj_cli_is_first_rank(void)
{
    const char *rank = rank_text();

    return rank == NULL || strcmp(rank, "0") == 0;
}

/*
 * mpirun ends all processes as soon as one fails, so the first rank has to be that one. A
 * rank that is still there afterwards has found what the first has not, as a file that
 * its node lacks; or srun lets it go on, and then one rank of a node says so for all. The
 * ranks of a node fail one after the other: mpirun lets no second one speak. The words
 * and the launch are the same for all of them.
 */
static void fail_later(enum dj_status status, const struct dj_error *err)
{
    static const char *const names[] = { "OMPI_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID",
                                         NULL };
    const double patience = 1.0, between = 0.5, most = 10.0;
    const char *text = launcher_says(names);
    const double local = text == NULL ? 0 : strtod(text, NULL);
    char host[256] = "?";

    dj_clock_sleep(patience + (local * between < most ? local * between : most));
    if (status != DJ_USAGE && (local == 0 || getenv("OMPI_COMM_WORLD_RANK") != NULL)) {
        (void)gethostname(host, sizeof(host) - 1);
        (void)fprintf(stderr, "dj-mpi: error: rank %s on %s: %s\n", rank_text(), host,
                      err->text);
    }
}

int dj_cli_fail(enum dj_status status, const struct dj_error *err)
{
    if (dj_cli_is_first_rank()) {
        (void)fprintf(stderr, "dj-mpi: error: %s\n", err->text);
    } else {
        fail_later(status, err);
    }
    return dj_status_exit(status);
}

int dj_cli_usage(const char *fmt, ...)
{
    struct dj_error err;
    va_list args;

    va_start(args, fmt);
    (void)dj_vfail(&err, DJ_USAGE, fmt, args);
    va_end(args);
    return dj_cli_fail(DJ_USAGE, &err);
}

int dj_cli_print(enum dj_status status, struct dj_buf *text)
{
    struct dj_error err;
    int code = DJ_EXIT_COMPLETE;

    if (status != DJ_OK) {
        dj_fail(&err, status, "out of memory");
        code = dj_cli_fail(status, &err);
    } else if (!dj_cli_is_first_rank()) {
        code = DJ_EXIT_COMPLETE; /* once is enough */
    } else if (fwrite(text->ptr, 1, text->len, stdout) != text->len ||
               fflush(stdout) != 0) {
        dj_fail(&err, DJ_IO, "standard output cannot be written");
        code = dj_cli_fail(DJ_IO, &err);
    }
    dj_buf_release(text);
    return code;
}

bool dj_cli_take(struct dj_cli *cli, const char *name)
{
    bool found = false;
    int kept = 0;

    for (int i = 0; i < cli->argc; i++) {
        if (strcmp(cli->argv[i], name) == 0) {
            found = true;
        } else {
            cli->argv[kept++] = cli->argv[i];
        }
    }
    cli->argc = kept;
    return found;
}

enum dj_status dj_cli_take_value(struct dj_cli *cli, const char *name, const char **value,
                                 struct dj_error *err)
{
    const size_t len = strlen(name);
    int kept = 0;

    for (int i = 0; i < cli->argc; i++) {
        const char *word = cli->argv[i];

        if (strncmp(word, name, len) != 0 || (word[len] != '\0' && word[len] != '=')) {
            cli->argv[kept++] = cli->argv[i];
        } else if (word[len] == '=') {
            *value = word + len + 1;
        } else if (i + 1 < cli->argc) {
            *value = cli->argv[++i];
        } else {
            return dj_fail(err, DJ_USAGE, "%s: a value is missing", name);
        }
    }
    cli->argc = kept;
    return DJ_OK;
}

enum dj_status dj_cli_load(const struct dj_cli *cli, struct dj_config_doc **doc,
                           struct dj_error *err)
{
    const struct dj_config_args args = { cli->argc, cli->argv };

    *doc = NULL;
    return dj_config_load(&args, doc, err);
}

void dj_cli_notes(const struct dj_config_doc *doc)
{
    for (size_t i = 0; i < dj_config_note_count(doc) && dj_cli_is_first_rank(); i++) {
        dj_log(DJ_LOG_INFO, "%s", dj_config_note_at(doc, i)->text);
    }
}

void dj_cli_put_tally(struct dj_jsonw *w, const char *name,
                      const struct dj_op_tally *tally)
{
    dj_jsonw_kv_text(w, "name", name);
    dj_jsonw_kv_int(w, "rows_in", tally->rows_in);
    dj_jsonw_kv_int(w, "rows_out", tally->rows_out);
    dj_jsonw_kv_int(w, "dropped", tally->dropped);
    dj_jsonw_kv_int(w, "rejected", tally->rejected);
    dj_jsonw_kv_int(w, "derived", tally->derived);
}

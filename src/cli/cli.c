/* From argv to the word that does it. Words never start MPI; only a run does. */
#include "dj/cli.h"

#include "cli/cli_private.h"
#include "dj/log.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name;
    dj_cli_word *word; /* NULL: not yet */
} words[] = {
    { "ops", dj_cli_ops },   { "validate", dj_cli_validate },
    { "plan", dj_cli_plan }, { "docs", dj_cli_docs },
    { "list", NULL },        { "status", NULL },
    { "events", NULL },      { "inspect", NULL },
    { "verify", NULL },      { "report", NULL },
    { "schema", NULL },      { "sbatch", NULL },
    { "stop", NULL },        { "clean", NULL },
};

enum { NWORDS = sizeof(words) / sizeof(words[0]) };

/*
 * Before MPI is up every rank finds the same mistake; only the first one says so.
 */
static bool is_first_rank(void)
{
    static const char *const names[] = { "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
                                         "SLURM_PROCID" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *rank = getenv(names[i]);

        if (rank != NULL && rank[0] != '\0') {
            return strcmp(rank, "0") == 0;
        }
    }
    return true;
}

int dj_cli_fail(enum dj_status status, const struct dj_error *err)
{
    if (is_first_rank()) {
        dj_log(DJ_LOG_ERROR, "%s", err->text);
    }
    return dj_status_exit(status);
}

int dj_cli_print(enum dj_status status, struct dj_buf *text)
{
    int code = DJ_EXIT_COMPLETE;

    if (status != DJ_OK) {
        dj_log(DJ_LOG_ERROR, "out of memory");
        code = DJ_EXIT_FAILED;
    } else if (fwrite(text->ptr, 1, text->len, stdout) != text->len ||
               fflush(stdout) != 0) {
        code = DJ_EXIT_FAILED;
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

enum dj_status dj_cli_load(const struct dj_cli *cli, struct dj_config_doc **doc,
                           struct dj_error *err)
{
    const struct dj_config_args args = { cli->argc, cli->argv };

    *doc = NULL;
    return dj_config_load(&args, doc, err);
}

static const char *next_word(void *context, size_t index)
{
    (void)context;
    return index < NWORDS ? words[index].name : NULL;
}

static int run_word(struct dj_cli *cli)
{
    const char *name = cli->argv[0];
    const char *nearest;

    for (size_t i = 0; i < NWORDS; i++) {
        if (strcmp(words[i].name, name) != 0) {
            continue;
        }
        if (words[i].word == NULL) {
            (void)fprintf(stderr,
                          "dj-mpi: error: %s: not yet; dj-mpi --help lists what is "
                          "there\n",
                          name);
            return DJ_EXIT_USAGE;
        }
        cli->argv++;
        cli->argc--;
        cli->json = dj_cli_take(cli, "--json");
        return words[i].word(cli);
    }
    nearest = dj_nearest_name(name, next_word, NULL);
    if (strstr(name, ".yaml") != NULL || strstr(name, ".yml") != NULL) {
        (void)fprintf(stderr, "dj-mpi: error: did you mean dj-mpi --config %s?\n", name);
    } else if (nearest != NULL) {
        (void)fprintf(stderr,
                      "dj-mpi: error: there is no word \"%s\"; did you mean %s?\n", name,
                      nearest);
    } else {
        (void)fprintf(
            stderr, "dj-mpi: error: there is no word \"%s\"; dj-mpi --help lists them\n",
            name);
    }
    return DJ_EXIT_USAGE;
}

static int print_config(const struct dj_cli *cli)
{
    struct dj_config_doc *doc;
    struct dj_error err;
    struct dj_buf text;
    enum dj_status status = dj_cli_load(cli, &doc, &err);
    int code;

    if (status != DJ_OK) {
        return dj_cli_fail(status, &err);
    }
    dj_buf_init(&text);
    code = dj_cli_print(dj_config_print(doc, cli->json, &text), &text);
    dj_config_free(doc);
    return code;
}

int dj_cli_main(int argc, char **argv)
{
    struct dj_cli cli = { .argc = argc - 1, .argv = argv + 1 };

    if (cli.argc > 0 && strncmp(cli.argv[0], "-", 1) != 0) {
        return run_word(&cli);
    }
    if (cli.argc == 0 || dj_cli_take(&cli, "--help") || dj_cli_take(&cli, "-h")) {
        if (is_first_rank()) {
            dj_cli_help();
        }
        return argc == 1 ? DJ_EXIT_USAGE : DJ_EXIT_COMPLETE;
    }
    if (dj_cli_take(&cli, "--version")) {
        dj_cli_version();
        return DJ_EXIT_COMPLETE;
    }
    if (dj_cli_take(&cli, "--print_config") || dj_cli_take(&cli, "--print-config")) {
        cli.json = dj_cli_take(&cli, "--json");
        return print_config(&cli);
    }
    return dj_cli_run(&cli);
}

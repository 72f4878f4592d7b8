/* From argv to the word that does it. Words never start MPI; only a run does. */
#include "dj/cli.h"

#include <stdio.h>

#include "cli/cli_private.h"

static const struct {
    const char *name;
    dj_cli_word *word;
} words[] = {
    { "ops", dj_cli_ops },         { "validate", dj_cli_validate },
    { "plan", dj_cli_plan },       { "verify", dj_cli_verify },
    { "docs", dj_cli_docs },       { "list", dj_cli_list },
    { "status", dj_cli_status },   { "events", dj_cli_events },
    { "inspect", dj_cli_inspect }, { "report", dj_cli_report },
    { "schema", dj_cli_schema },   { "sbatch", dj_cli_sbatch },
    { "stop", dj_cli_stop },       { "clean", dj_cli_clean },
};

enum { NWORDS = sizeof(words) / sizeof(words[0]) };

static const char *next_word(void *context, size_t index)
{
    (void)context;
    return index < NWORDS ? words[index].name : NULL;
}

static int unknown_word(const char *name)
{
    const char *nearest = dj_nearest_name(name, next_word, NULL);
    const char *dot = strrchr(name, '.');

    if (dot != NULL && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0)) {
        return dj_cli_usage("\"%s\" stands alone; was --config %s meant?", name, name);
    }
    if (nearest != NULL) {
        return dj_cli_usage("there is no word \"%s\"; was %s meant?", name, nearest);
    }
    return dj_cli_usage("there is no word \"%s\"; dj-mpi --help lists them", name);
}

static int run_word(struct dj_cli *cli)
{
    const char *name = cli->argv[0];

    if (strcmp(name, "help") == 0 || dj_cli_take(cli, "--help") ||
        dj_cli_take(cli, "-h")) {
        return dj_cli_help();
    }
    for (size_t i = 0; i < NWORDS; i++) {
        if (strcmp(words[i].name, name) != 0) {
            continue;
        }
        cli->argv++;
        cli->argc--;
        cli->json = dj_cli_take(cli, "--json");
        return words[i].word(cli);
    }
    return unknown_word(name);
}

static int print_config(struct dj_cli *cli)
{
    struct dj_config_doc *doc;
    struct dj_error err;
    struct dj_buf text;
    enum dj_status status;
    int code;

    cli->json = dj_cli_take(cli, "--json");
    status = dj_cli_load(cli, &doc, &err);
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

    if (cli.argc <= 0) {
        return dj_cli_usage("no recipe is given: dj-mpi --config FILE (dj-mpi --help "
                            "says more)");
    }
    if (cli.argv[0][0] != '-') {
        return run_word(&cli);
    }
    if (dj_cli_take(&cli, "--help") || dj_cli_take(&cli, "-h")) {
        return dj_cli_help();
    }
    if (dj_cli_take(&cli, "--version")) {
        return dj_cli_version();
    }
    if (dj_cli_take(&cli, "--cflags")) {
        return dj_cli_cflags();
    }
    if (strcmp(cli.argv[0], "--help-op") == 0) {
        cli.argv++;
        cli.argc--;
        return dj_cli_ops(&cli);
    }
    if (dj_cli_take(&cli, "--print_config") || dj_cli_take(&cli, "--print-config")) {
        return print_config(&cli);
    }
    return dj_cli_run(&cli);
}

/* What operators of one's own are built with, how words learn of them, and the schema. */
#include "cli/cli_private.h"
#include "dj/fs.h"

/* The folder with the headers, in a build folder as in an installed one; returns new. */
static char *header_folder(void)
{
    char *folder = dj_fs_program_folder();
    char *above = dj_fs_dirname(folder == NULL ? "/" : folder);
    char *include = dj_fs_join(above, "include");

    dj_xfree(above);
    dj_xfree(folder);
    return include;
}

int dj_cli_cflags(void)
{
    char *include = header_folder();
    char *header = dj_fs_join(include, "dj/op_library.h");
    const bool found = dj_fs_exists(header);
    enum dj_status status = DJ_OK;
    struct dj_buf text;
    int code;

    dj_buf_init(&text);
    if (found) {
        status = dj_buf_printf(&text, "-I%s -fPIC\n", include);
        code = dj_cli_print(status, &text);
    } else {
        code = dj_cli_usage("there is no %s, which operators of your own are compiled "
                            "with: install all of dj-mpi (cmake --install)",
                            header);
    }
    dj_xfree(header);
    dj_xfree(include);
    return code;
}

enum dj_status dj_cli_load_operators(struct dj_cli *cli, struct dj_error *err)
{
    static char config_option[] = "--config";
    static char paths_option[] = "--custom_operator_paths";
    const char *config = NULL;
    const char *paths = NULL;
    char *words[4];
    struct dj_config_args args = { 0, words };
    enum dj_status status;

    DJ_TRY(dj_cli_take_value(cli, config_option, &config, err));
    DJ_TRY(dj_cli_take_value(cli, "--custom-operator-paths", &paths, err));
    DJ_TRY(dj_cli_take_value(cli, paths_option, &paths, err));
    if (config != NULL) {
        words[args.argc++] = config_option;
        words[args.argc++] = dj_xstrdup(config);
    }
    if (paths != NULL) {
        words[args.argc++] = paths_option;
        words[args.argc++] = dj_xstrdup(paths);
    }
    status = dj_config_operators(&args, err);
    for (int i = 1; i < args.argc; i += 2) {
        dj_xfree(words[i]);
    }
    return status;
}

/* It is JSON as it is: --json changes nothing. */
int dj_cli_schema(struct dj_cli *cli)
{
    enum dj_status status;
    struct dj_error err;
    struct dj_buf text;

    status = dj_cli_load_operators(cli, &err);
    if (status != DJ_OK) {
        return dj_cli_fail(status, &err);
    }
    if (cli->argc > 0) {
        return dj_cli_usage("schema takes no words but --config FILE and "
                            "--custom_operator_paths PATH, for operators of your own");
    }
    dj_buf_init(&text);
    return dj_cli_print(dj_config_schema(&text), &text);
}

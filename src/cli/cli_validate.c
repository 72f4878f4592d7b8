/* dj-mpi validate: would a run with this configuration start? */
#include "cli/cli_private.h"
#include "dj/json.h"

static enum dj_status good_json(const struct dj_cli_recipe *recipe, struct dj_buf *out)
{
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_bool(&w, "valid", true);
    dj_jsonw_kv_text(&w, "config", recipe->config->config_path);
    dj_jsonw_kv_int(&w, "operators", dj_i64_from_size(recipe->config->recipe.count));
    dj_jsonw_kv_int(&w, "files", dj_i64_from_size(recipe->sources.count));
    dj_jsonw_kv_int(&w, "bytes", recipe->bytes);
    dj_jsonw_key(&w, "notes");
    dj_jsonw_open(&w, '[');
    for (size_t i = 0; i < dj_config_note_count(recipe->doc); i++) {
        dj_jsonw_text(&w, dj_config_note_at(recipe->doc, i)->text);
    }
    dj_jsonw_close(&w, ']');
    dj_jsonw_close(&w, '}');
    return dj_jsonw_end(&w);
}

static enum dj_status good_text(const struct dj_cli_recipe *recipe, struct dj_buf *out)
{
    const struct dj_config *config = recipe->config;
    char size[DJ_CLI_BYTES_TEXT];

    dj_cli_bytes(recipe->bytes, size);
    return dj_buf_printf(
        out, "%s is valid: %zu operator%s, %zu input file%s (%s)\n",
        config->config_path == NULL ? "the command line" : config->config_path,
        config->recipe.count, config->recipe.count == 1 ? "" : "s", recipe->sources.count,
        recipe->sources.count == 1 ? "" : "s", size);
}

/* Each line of the message is a problem; the first may be the number of them. */
static enum dj_status bad_json(const char *problems, struct dj_buf *out)
{
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_bool(&w, "valid", false);
    dj_jsonw_key(&w, "problems");
    dj_jsonw_open(&w, '[');
    if (strstr(problems, " problems:\n") != NULL) {
        problems = strchr(problems, '\n') + 1;
    }
    while (*problems != '\0') {
        const size_t len = strcspn(problems, "\n");
        char *line = dj_xstrndup(problems, len);

        dj_jsonw_text(&w, line + strspn(line, " "));
        dj_xfree(line);
        problems += len + (problems[len] == '\n');
    }
    dj_jsonw_close(&w, ']');
    dj_jsonw_close(&w, '}');
    return dj_jsonw_end(&w);
}

int dj_cli_validate(struct dj_cli *cli)
{
    struct dj_cli_recipe recipe;
    struct dj_error err;
    struct dj_buf text;
    const enum dj_status status = dj_cli_check(cli, &recipe, &err);
    int code;

    dj_buf_init(&text);
    if (status == DJ_OK) {
        if (!cli->json) {
            dj_cli_notes(recipe.doc);
        }
        code = dj_cli_print(
            cli->json ? good_json(&recipe, &text) : good_text(&recipe, &text), &text);
    } else if (cli->json) {
        code = dj_cli_print(bad_json(err.text, &text), &text);
        code = code == DJ_EXIT_COMPLETE ? dj_status_exit(status) : code;
    } else {
        code = dj_cli_fail(status, &err);
    }
    dj_cli_recipe_release(&recipe);
    return code;
}

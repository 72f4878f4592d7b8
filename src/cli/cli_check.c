/* What validate and plan look at: the configuration, the operators, the input files. */
#include <stdio.h>

#include "cli/cli_private.h"
#include "dj/chain.h"
#include "dj/job.h"

enum dj_status dj_cli_check_job_id(const struct dj_config_doc *doc, struct dj_error *err)
{
    const char *job_id = dj_config_get(doc)->job_id;
    char place[DJ_CONFIG_PLACE];

    if (job_id == NULL || dj_job_id_check(job_id, err) == DJ_OK) {
        return DJ_OK;
    }
    dj_config_place(doc, "job_id", place);
    return dj_error_prefix(err, "%s", place);
}

static enum dj_status check_operators(const struct dj_config *config,
                                      struct dj_error *err)
{
    const char *name = config->config_path;
    struct dj_chain *chain;

    DJ_TRY(dj_chain_open(&config->recipe, &config->text_keys,
                         name == NULL ? "command line" : name, &chain, err));
    dj_chain_close(chain);
    return DJ_OK;
}

static enum dj_status find_input(struct dj_cli_recipe *recipe, struct dj_error *err)
{
    char place[DJ_CONFIG_PLACE];

    if (dj_sources_find(&recipe->config->input.paths, &recipe->config->suffixes,
                        &recipe->sources, err) == DJ_OK) {
        return DJ_OK;
    }
    dj_config_place(recipe->doc, "dataset_path", place);
    return dj_error_prefix(err, "%s", place);
}

enum dj_status dj_cli_check(const struct dj_cli *cli, struct dj_cli_recipe *recipe,
                            struct dj_error *err)
{
    *recipe = (struct dj_cli_recipe){ 0 };
    DJ_TRY(dj_cli_load(cli, &recipe->doc, err));
    recipe->config = dj_config_get(recipe->doc);
    DJ_TRY(dj_cli_check_job_id(recipe->doc, err));
    DJ_TRY(check_operators(recipe->config, err));
    DJ_TRY(find_input(recipe, err));
    for (size_t i = 0; i < recipe->sources.count; i++) {
        recipe->bytes += recipe->sources.files[i].size;
    }
    return DJ_OK;
}

void dj_cli_recipe_release(struct dj_cli_recipe *recipe)
{
    dj_sources_release(&recipe->sources);
    dj_config_free(recipe->doc);
}

void dj_cli_bytes(int64_t bytes, char text[DJ_CLI_BYTES_TEXT])
{
    static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB", "PB" };
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1000;
        unit++;
    }
    (void)snprintf(text, DJ_CLI_BYTES_TEXT, unit == 0 ? "%.0f %s" : "%.1f %s", value,
                   units[unit]);
}

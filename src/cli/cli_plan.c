/*
 * dj-mpi validate and dj-mpi plan: is this recipe right, and what would it do?
 * Both open the operators, so that a bad pattern is found, and look for the input
 * files; neither reads them.
 */
#include "cli/cli_private.h"
#include "dj/chain.h"
#include "dj/dataset.h"
#include "dj/job.h"
#include "dj/json.h"
#include "dj/log.h"

#include <stdio.h>

/* Everything that the two words look at. */
struct plan {
    struct dj_config_doc *doc;
    const struct dj_config *config;
    struct dj_sources sources;
    int64_t bytes;
};

static enum dj_status make_plan(const struct dj_cli *cli, struct plan *plan,
                                struct dj_error *err)
{
    struct dj_chain *chain;
    const char *name;

    DJ_TRY(dj_cli_load(cli, &plan->doc, err));
    plan->config = dj_config_get(plan->doc);
    name = plan->config->config_path;
    if (plan->config->job_id != NULL) {
        DJ_TRY(dj_job_id_check(plan->config->job_id, err));
    }
    DJ_TRY(dj_chain_open(&plan->config->recipe, &plan->config->text_keys,
                         name == NULL ? "command line" : name, &chain, err));
    dj_chain_close(chain);
    DJ_TRY(dj_sources_find(&plan->config->dataset_path, &plan->config->suffixes,
                           &plan->sources, err));
    for (size_t i = 0; i < plan->sources.count; i++) {
        plan->bytes += plan->sources.files[i].size;
    }
    return DJ_OK;
}

static void release(struct plan *plan)
{
    dj_sources_release(&plan->sources);
    dj_config_free(plan->doc);
}

static void print_notes(const struct plan *plan)
{
    for (size_t i = 0; i < dj_config_note_count(plan->doc); i++) {
        dj_log(DJ_LOG_INFO, "%s", dj_config_note_at(plan->doc, i)->text);
    }
}

/* 12.3 MB, for people. */
static void format_bytes(int64_t bytes, char *text, size_t size)
{
    static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB", "PB" };
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1000;
        unit++;
    }
    (void)snprintf(text, size, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

/*
 * At least one partition a file and one a max_size_mb; the number of samples is
 * known only after the scan.
 */
static int64_t fewest_partitions(const struct plan *plan)
{
    const int64_t limit = plan->config->partition.max_size_mb << 20;
    int64_t count = 0;

    for (size_t i = 0; i < plan->sources.count; i++) {
        count += (plan->sources.files[i].size + limit - 1) / limit;
    }
    return count;
}

static enum dj_status plan_text(const struct plan *plan, struct dj_buf *out)
{
    enum { SHOWN = 10 };
    const struct dj_config *config = plan->config;
    char size[64];

    format_bytes(plan->bytes, size, sizeof(size));
    DJ_TRY(dj_buf_printf(out, "input: %zu file%s, %s\n", plan->sources.count,
                         plan->sources.count == 1 ? "" : "s", size));
    for (size_t i = 0; i < plan->sources.count && i < SHOWN; i++) {
        const struct dj_source_file *file = &plan->sources.files[i];

        format_bytes(file->size, size, sizeof(size));
        DJ_TRY(dj_buf_printf(out, "  %s (%s%s%s)\n", file->name, size,
                             file->codec == DJ_CODEC_NONE ? "" : ", ",
                             file->codec == DJ_CODEC_NONE ? ""
                                                          : dj_codec_name(file->codec)));
    }
    if (plan->sources.count > SHOWN) {
        DJ_TRY(dj_buf_printf(out, "  and %zu more\n", plan->sources.count - SHOWN));
    }
    DJ_TRY(dj_buf_printf(out,
                         "partitions: at most %lld samples or %lld MiB each, so at least "
                         "%lld\n",
                         (long long)config->partition.size,
                         (long long)config->partition.max_size_mb,
                         (long long)fewest_partitions(plan)));
    DJ_TRY(dj_buf_printf(out, "operators: %zu\n", config->recipe.count));
    for (size_t i = 0; i < config->recipe.count; i++) {
        DJ_TRY(dj_buf_printf(out, "  %2zu  %s %s\n", i, config->recipe.ops[i].op->name,
                             config->recipe.ops[i].args));
    }
    DJ_TRY(dj_buf_printf(out, "output: %s%s\n", config->export_path,
                         config->export_shard_size > 0 ? " (in shards)" : ""));
    return dj_buf_printf(out, "job: %s in %s\n",
                         config->job_id == NULL ? "a new id" : config->job_id,
                         config->work_dir);
}

static enum dj_status plan_json(const struct plan *plan, struct dj_buf *out)
{
    const struct dj_config *config = plan->config;
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_int(&w, "bytes", plan->bytes);
    dj_jsonw_key(&w, "files");
    dj_jsonw_open(&w, '[');
    for (size_t i = 0; i < plan->sources.count; i++) {
        dj_jsonw_open(&w, '{');
        dj_jsonw_kv_text(&w, "name", plan->sources.files[i].name);
        dj_jsonw_kv_text(&w, "path", plan->sources.files[i].path);
        dj_jsonw_kv_int(&w, "bytes", plan->sources.files[i].size);
        dj_jsonw_kv_text(&w, "codec", dj_codec_name(plan->sources.files[i].codec));
        dj_jsonw_close(&w, '}');
    }
    dj_jsonw_close(&w, ']');
    dj_jsonw_key(&w, "partition");
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_int(&w, "size", config->partition.size);
    dj_jsonw_kv_int(&w, "max_size_mb", config->partition.max_size_mb);
    dj_jsonw_kv_int(&w, "at_least", fewest_partitions(plan));
    dj_jsonw_close(&w, '}');
    dj_jsonw_key(&w, "operators");
    dj_jsonw_open(&w, '[');
    for (size_t i = 0; i < config->recipe.count; i++) {
        dj_jsonw_open(&w, '{');
        dj_jsonw_kv_text(&w, "name", config->recipe.ops[i].op->name);
        dj_jsonw_key(&w, "params");
        dj_jsonw_raw(&w, dj_str_from(config->recipe.ops[i].args));
        dj_jsonw_close(&w, '}');
    }
    dj_jsonw_close(&w, ']');
    dj_jsonw_kv_text(&w, "export_path", config->export_path);
    dj_jsonw_kv_text(&w, "work_dir", config->work_dir);
    dj_jsonw_kv_text(&w, "job_id", config->job_id);
    dj_jsonw_close(&w, '}');
    return dj_jsonw_end(&w);
}

int dj_cli_plan(struct dj_cli *cli)
{
    struct plan plan = { 0 };
    struct dj_error err;
    struct dj_buf text;
    const enum dj_status status = make_plan(cli, &plan, &err);
    int code;

    if (status != DJ_OK) {
        release(&plan);
        return dj_cli_fail(status, &err);
    }
    print_notes(&plan);
    dj_buf_init(&text);
    code = dj_cli_print(cli->json ? plan_json(&plan, &text) : plan_text(&plan, &text),
                        &text);
    release(&plan);
    return code;
}

int dj_cli_validate(struct dj_cli *cli)
{
    struct plan plan = { 0 };
    struct dj_error err;
    const enum dj_status status = make_plan(cli, &plan, &err);

    if (status != DJ_OK) {
        release(&plan);
        if (cli->json) {
            struct dj_jsonw w;
            struct dj_buf text;

            dj_buf_init(&text);
            dj_jsonw_init(&w, &text, 2);
            dj_jsonw_open(&w, '{');
            dj_jsonw_kv_bool(&w, "valid", false);
            dj_jsonw_kv_text(&w, "error", err.text);
            dj_jsonw_close(&w, '}');
            (void)dj_cli_print(dj_jsonw_end(&w), &text);
            return dj_status_exit(status);
        }
        return dj_cli_fail(status, &err);
    }
    print_notes(&plan);
    if (cli->json) {
        (void)printf("{\"valid\": true}\n");
    } else {
        (void)printf("%s is valid: %zu operators, %zu input files\n",
                     plan.config->config_path == NULL ? "the command line"
                                                      : plan.config->config_path,
                     plan.config->recipe.count, plan.sources.count);
    }
    release(&plan);
    return DJ_EXIT_COMPLETE;
}

/*
 * dj-mpi plan: what a run would do. Reads the beginning of some input files to
 * estimate how many samples and partitions there are; starts nothing.
 */
#include <stdio.h>

#include "cli/cli_private.h"
#include "dj/autosize.h"
#include "dj/json.h"

struct estimate {
    struct dj_autosize sizes;
    double partitions;
};

/* For one rank: how many there will be is not known yet. */
static struct estimate make_estimate(const struct dj_cli_recipe *recipe)
{
    struct estimate estimate;

    dj_autosize_choose(&recipe->sources, recipe->config, 1, &estimate.sizes);
    estimate.partitions = dj_look_partitions(
        &estimate.sizes.look, &recipe->sources,
        (struct dj_cut){ estimate.sizes.size, estimate.sizes.max_size_mb << 20 });
    return estimate;
}

/* --- text ------------------------------------------------------------------------- */

/* Parameters that have a field: all of the operator's own, common ones if unusual. */
static enum dj_status write_params(const struct dj_param *table, const void *conf,
                                   bool all, bool *first, struct dj_buf *out)
{
    struct dj_buf value, preset;
    enum dj_status status = DJ_OK;

    dj_buf_init(&value);
    dj_buf_init(&preset);
    for (const struct dj_param *p = table;
         p != NULL && p->name != NULL && status == DJ_OK; p++) {
        if ((p->flags & (DJ_PARAM_NO_EFFECT | DJ_PARAM_NOT_YET)) != 0) {
            continue;
        }
        dj_buf_reset(&value);
        dj_buf_reset(&preset);
        status = dj_param_to_json(p, conf, &value);
        if (status == DJ_OK) {
            status = dj_param_preset_json(p, &preset);
        }
        if (status == DJ_OK &&
            (all || !dj_str_equal(dj_buf_str(&value), dj_buf_str(&preset)))) {
            status = dj_buf_printf(out, "%s\"%s\": %.*s", *first ? "" : ", ", p->name,
                                   (int)value.len, value.ptr);
            *first = false;
        }
    }
    dj_buf_release(&preset);
    dj_buf_release(&value);
    return status;
}

static enum dj_status params_json(const struct dj_recipe_op *op, struct dj_buf *out)
{
    bool first = true;

    DJ_TRY(dj_buf_putc(out, '{'));
    DJ_TRY(write_params(op->op->params, op->conf, true, &first, out));
    DJ_TRY(write_params(dj_op_common_params(), &op->common, false, &first, out));
    return dj_buf_putc(out, '}');
}

static enum dj_status files_text(const struct dj_cli_recipe *recipe, struct dj_buf *out)
{
    enum { SHOWN = 10 };
    const size_t count = recipe->sources.count;
    char size[DJ_CLI_BYTES_TEXT];

    dj_cli_bytes(recipe->bytes, size);
    DJ_TRY(dj_buf_printf(out, "input: %zu file%s, %s\n", count, count == 1 ? "" : "s",
                         size));
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        const struct dj_source_file *file = &recipe->sources.files[i];
        const bool plain = file->codec == DJ_CODEC_NONE;

        dj_cli_bytes(file->size, size);
        DJ_TRY(dj_buf_printf(out, "  %s (%s%s%s)\n", file->name, size, plain ? "" : ", ",
                             plain ? "" : dj_codec_name(file->codec)));
    }
    return count > SHOWN ? dj_buf_printf(out, "  and %zu more\n", count - SHOWN) : DJ_OK;
}

static enum dj_status plan_text(const struct dj_cli_recipe *recipe, struct dj_buf *out)
{
    const struct dj_config *config = recipe->config;
    const struct estimate estimate = make_estimate(recipe);
    char size[DJ_CLI_BYTES_TEXT];

    DJ_TRY(files_text(recipe, out));
    DJ_TRY(dj_buf_printf(out,
                         "partitions: about %.0f of at most %lld samples and %lld MiB, "
                         "for about %.0f samples%s\n",
                         estimate.partitions, (long long)estimate.sizes.size,
                         (long long)estimate.sizes.max_size_mb, estimate.sizes.samples,
                         estimate.sizes.look.guessed
                             ? " (compressed input taken for 4 times its size)"
                             : ""));
    for (size_t i = 0; i < estimate.sizes.nreasons; i++) {
        DJ_TRY(dj_buf_printf(out, "  %s\n", estimate.sizes.reasons[i]));
    }
    DJ_TRY(dj_buf_printf(out, "operators: %zu\n", config->recipe.count));
    for (size_t i = 0; i < config->recipe.count; i++) {
        DJ_TRY(dj_buf_printf(out, "  %zu. %s ", i + 1, config->recipe.ops[i].op->name));
        DJ_TRY(params_json(&config->recipe.ops[i], out));
        DJ_TRY(dj_buf_putc(out, '\n'));
    }
    DJ_TRY(dj_buf_printf(out, "output: %s", config->export_path));
    if (config->export_shard_size > 0) {
        dj_cli_bytes(config->export_shard_size, size);
        DJ_TRY(dj_buf_printf(out, ", in files of about %s", size));
    }
    return dj_buf_printf(out, "\njob: %s in %s\n",
                         config->job_id == NULL ? "a new one" : config->job_id,
                         config->work_dir);
}

/* --- JSON ------------------------------------------------------------------------- */

static void files_json(const struct dj_cli_recipe *recipe, struct dj_jsonw *w)
{
    dj_jsonw_key(w, "files");
    dj_jsonw_open(w, '[');
    for (size_t i = 0; i < recipe->sources.count; i++) {
        const struct dj_source_file *file = &recipe->sources.files[i];

        dj_jsonw_open(w, '{');
        dj_jsonw_kv_text(w, "name", file->name);
        dj_jsonw_kv_text(w, "path", file->path);
        dj_jsonw_kv_int(w, "bytes", file->size);
        dj_jsonw_kv_text(w, "codec", dj_codec_name(file->codec));
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
}

static void operators_json(const struct dj_config *config, struct dj_jsonw *w)
{
    struct dj_buf params;

    dj_buf_init(&params);
    dj_jsonw_key(w, "operators");
    dj_jsonw_open(w, '[');
    for (size_t i = 0; i < config->recipe.count; i++) {
        dj_buf_reset(&params);
        if (params_json(&config->recipe.ops[i], &params) != DJ_OK) {
            w->status = DJ_NOMEM;
        }
        dj_jsonw_open(w, '{');
        dj_jsonw_kv_text(w, "name", config->recipe.ops[i].op->name);
        dj_jsonw_key(w, "params");
        dj_jsonw_raw(w, dj_buf_str(&params));
        dj_jsonw_close(w, '}');
    }
    dj_jsonw_close(w, ']');
    dj_buf_release(&params);
}

static enum dj_status plan_json(const struct dj_cli_recipe *recipe, struct dj_buf *out)
{
    const struct dj_config *config = recipe->config;
    const struct estimate estimate = make_estimate(recipe);
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_int(&w, "bytes", recipe->bytes);
    files_json(recipe, &w);
    dj_jsonw_key(&w, "partitions");
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_int(&w, "size", estimate.sizes.size);
    dj_jsonw_kv_int(&w, "max_size_mb", estimate.sizes.max_size_mb);
    if (estimate.sizes.nreasons > 0) {
        dj_jsonw_kv_text(&w, "modality", dj_modality_name(estimate.sizes.modality));
        dj_jsonw_key(&w, "reasons");
        dj_jsonw_open(&w, '[');
        for (size_t i = 0; i < estimate.sizes.nreasons; i++) {
            dj_jsonw_text(&w, estimate.sizes.reasons[i]);
        }
        dj_jsonw_close(&w, ']');
    }
    dj_jsonw_kv_int(&w, "estimate", (int64_t)estimate.partitions);
    dj_jsonw_kv_int(&w, "samples_estimate", (int64_t)estimate.sizes.samples);
    dj_jsonw_close(&w, '}');
    operators_json(config, &w);
    dj_jsonw_kv_text(&w, "export_path", config->export_path);
    dj_jsonw_kv_int(&w, "export_shard_size", config->export_shard_size);
    dj_jsonw_kv_text(&w, "work_dir", config->work_dir);
    dj_jsonw_kv_text(&w, "job_id", config->job_id);
    dj_jsonw_close(&w, '}');
    return dj_jsonw_end(&w);
}

int dj_cli_plan(struct dj_cli *cli)
{
    struct dj_cli_recipe recipe;
    struct dj_error err;
    struct dj_buf text;
    const enum dj_status status = dj_cli_check(cli, &recipe, &err);
    int code;

    if (status != DJ_OK) {
        code = dj_cli_fail(status, &err);
    } else {
        dj_cli_notes(recipe.doc);
        dj_buf_init(&text);
        code = dj_cli_print(
            cli->json ? plan_json(&recipe, &text) : plan_text(&recipe, &text), &text);
    }
    dj_cli_recipe_release(&recipe);
    return code;
}

/* Printing the settings: values with their sources, defaults as a recipe, a page. */
#include "config/config_private.h"

#include "dj/fs.h"
#include "dj/json.h"

#include <stdio.h>

static void source_text(const struct dj_config_doc *doc, size_t key, char *text,
                        size_t size)
{
    const struct dj_setting_source *source = &doc->sources[key];

    if (source->command_line) {
        (void)snprintf(text, size, "command line");
    } else if (source->given) {
        (void)snprintf(text, size, "%s:%d%s", doc->config.config_path, source->line,
                       source->by_alias ? " (legacy key)" : "");
    } else {
        (void)snprintf(text, size, "default");
    }
}

static enum dj_status print_text(const struct dj_config_doc *doc, struct dj_buf *out)
{
    const struct dj_param *params = dj_config_params();

    for (size_t i = 0; params[i].name != NULL; i++) {
        const size_t begin = out->len;
        char source[512];
        int width;

        DJ_TRY(dj_buf_printf(out, "%s: ", params[i].name));
        DJ_TRY(dj_param_to_json(&params[i], &doc->config, out));
        source_text(doc, i, source, sizeof(source));
        width = (int)(out->len - begin);
        DJ_TRY(
            dj_buf_printf(out, "%*s  # %s%s\n", width < 52 ? 52 - width : 0, "", source,
                          (params[i].flags & DJ_PARAM_NOT_YET) != 0 ? ", not yet" : ""));
    }
    DJ_TRY(dj_buf_append(out, DJ_STR("process:\n")));
    for (size_t i = 0; i < doc->config.recipe.count; i++) {
        const struct dj_recipe_op *op = &doc->config.recipe.ops[i];

        DJ_TRY(dj_buf_printf(out, "  - %s: %s  # %s:%d\n", op->op->name, op->args,
                             doc->process_origin, op->line));
    }
    return DJ_OK;
}

static enum dj_status print_json(const struct dj_config_doc *doc, struct dj_buf *out)
{
    const struct dj_param *params = dj_config_params();
    struct dj_buf value;
    struct dj_jsonw w;
    enum dj_status status = DJ_OK;

    dj_buf_init(&value);
    dj_jsonw_init(&w, out, 2);
    dj_jsonw_open(&w, '{');
    for (size_t i = 0; params[i].name != NULL && status == DJ_OK; i++) {
        char source[512];

        dj_buf_reset(&value);
        status = dj_param_to_json(&params[i], &doc->config, &value);
        source_text(doc, i, source, sizeof(source));
        dj_jsonw_key(&w, params[i].name);
        dj_jsonw_open(&w, '{');
        dj_jsonw_key(&w, "value");
        dj_jsonw_raw(&w, dj_buf_str(&value));
        dj_jsonw_kv_text(&w, "source", source);
        dj_jsonw_close(&w, '}');
    }
    dj_jsonw_key(&w, "process");
    dj_jsonw_open(&w, '[');
    for (size_t i = 0; i < doc->config.recipe.count; i++) {
        const struct dj_recipe_op *op = &doc->config.recipe.ops[i];

        dj_jsonw_open(&w, '{');
        dj_jsonw_key(&w, op->op->name);
        dj_jsonw_raw(&w, dj_str_from(op->args));
        dj_jsonw_close(&w, '}');
    }
    dj_jsonw_close(&w, ']');
    dj_jsonw_close(&w, '}');
    dj_buf_release(&value);
    return status == DJ_OK ? dj_jsonw_end(&w) : status;
}

enum dj_status dj_config_print(const struct dj_config_doc *doc, bool json,
                               struct dj_buf *out)
{
    return json ? print_json(doc, out) : print_text(doc, out);
}

/* --- pages from the table ------------------------------------------------------------
 */

/* Length of the section in a dotted name, 0 without one. */
static size_t section_len(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot == NULL ? 0 : (size_t)(dot - name);
}

enum dj_status dj_config_reference(struct dj_buf *out)
{
    const struct dj_param *params = dj_config_params();
    struct dj_config config = { 0 };
    struct dj_arena *arena = dj_arena_new(4096);
    const char *before = "";
    enum dj_status status;
    struct dj_error err;

    status = dj_param_defaults(params, &config, arena, &err);
    if (status == DJ_OK) {
        status = dj_buf_append(
            out,
            DJ_STR(
                "# Every setting with its default; made by \"dj-mpi docs reference\".\n"
                "# A recipe needs dataset_path, export_path and process.\n"));
    }
    for (size_t i = 0; params[i].name != NULL && status == DJ_OK; i++) {
        const char *name = params[i].name;
        const size_t len = section_len(name);

        if (len > 0 && (section_len(before) != len || strncmp(before, name, len) != 0)) {
            status = dj_buf_printf(out, "\n%.*s:\n", (int)len, name);
        }
        before = name;
        if (status == DJ_OK) {
            status = dj_buf_printf(
                out, "%s# %s%s\n%s%s: ", len > 0 ? "  " : "\n", params[i].help,
                (params[i].flags & DJ_PARAM_NOT_YET) != 0 ? " (not yet)" : "",
                len > 0 ? "  " : "", name + (len > 0 ? len + 1 : 0));
        }
        if (status == DJ_OK) {
            status = dj_param_to_json(&params[i], &config, out);
        }
        if (status == DJ_OK) {
            status = dj_buf_putc(out, '\n');
        }
    }
    if (status == DJ_OK) {
        status = dj_buf_append(out, DJ_STR("\nprocess: []\n"));
    }
    dj_arena_free(arena);
    return status;
}

enum dj_status dj_config_page(struct dj_buf *out)
{
    const struct dj_param *params = dj_config_params();

    DJ_TRY(dj_buf_append(
        out,
        DJ_STR(
            "# Settings\n\nMade from the table of settings by `dj-mpi docs settings`. "
            "Each "
            "key stands in the recipe\n(nested: `partition:` and below it `size:`) or on "
            "the "
            "command line (`--partition.size 500`).\nLast wins: default, legacy key, "
            "nested "
            "key, command line. *Frozen* settings may not change\nbetween a job and its "
            "resume; *not yet* marks what a later version will honour.\n\n"
            "| key | value | what it does |\n|---|---|---|\n")));
    for (size_t i = 0; params[i].name != NULL; i++) {
        const struct dj_param *p = &params[i];

        DJ_TRY(dj_buf_printf(out, "| `%s`", p->name));
        if (p->aliases != NULL) {
            DJ_TRY(dj_buf_printf(out, " (also `%s`)", p->aliases));
        }
        DJ_TRY(dj_buf_append(out, DJ_STR(" | ")));
        DJ_TRY(dj_param_describe(p, out));
        DJ_TRY(dj_buf_printf(out, " | %s%s%s |\n", p->help,
                             (p->flags & DJ_PARAM_FROZEN) != 0 ? "; frozen" : "",
                             (p->flags & DJ_PARAM_NOT_YET) != 0 ? "; not yet" : ""));
    }
    DJ_TRY(dj_buf_append(
        out,
        DJ_STR(
            "\n## Keys of Data-Juicer that have no effect here\n\nThey are accepted and "
            "named once in the log.\n\n| key | because |\n|---|---|\n")));
    for (size_t i = 0; dj_legacy_name(i) != NULL; i++) {
        DJ_TRY(dj_buf_printf(out, "| `%s` | %s |\n", dj_legacy_name(i),
                             dj_legacy_why(dj_legacy_name(i))));
    }
    return DJ_OK;
}

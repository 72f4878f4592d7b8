/*
 * Printing a configuration: every value with where it came from, as a recipe that can
 * be used again, or as JSON.
 */
#include "config/config_private.h"

#include <stdio.h>

#include "dj/json.h"

enum { SOURCE_TEXT = 400, COMMENT_COLUMN = 48 };

static void source_text(const char *origin, const struct dj_setting_source *source,
                        char text[SOURCE_TEXT])
{
    if (!source->given) {
        (void)snprintf(text, SOURCE_TEXT, "default");
    } else if (source->command_line || source->key == NULL || source->key->line == 0) {
        (void)snprintf(text, SOURCE_TEXT, "command line");
    } else {
        (void)snprintf(text, SOURCE_TEXT, "%.256s:%d%s%.80s", origin, source->key->line,
                       source->rank > 0 ? ", as " : "",
                       source->rank > 0 ? source->name : "");
    }
}

/* Length of the section in a dotted name, 0 without one. */
static size_t section_len(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot == NULL ? 0 : (size_t)(dot - name);
}

/* Ends a line with its comment, in a column of its own where there is room. */
static enum dj_status end_line(struct dj_buf *out, size_t begin, const char *comment)
{
    const size_t width = out->len - begin;

    return dj_buf_printf(out, "%*s  # %s\n",
                         width < COMMENT_COLUMN ? (int)(COMMENT_COLUMN - width) : 0, "",
                         comment);
}

/*
 * "name: value  # source". A default of what is not possible yet is a comment: given
 * in a recipe it would be a promise.
 */
static enum dj_status print_value(struct dj_buf *out, int indent, const char *name,
                                  const struct dj_param *param, const void *conf,
                                  const char *origin,
                                  const struct dj_setting_source *source)
{
    const bool later = (param->flags & DJ_PARAM_NOT_YET) != 0 && !source->given;
    const size_t begin = out->len;
    char comment[SOURCE_TEXT + 16];
    char text[SOURCE_TEXT];

    source_text(origin, source, text);
    (void)snprintf(comment, sizeof(comment), "%s%s", text, later ? ", not yet" : "");
    DJ_TRY(dj_buf_printf(out, "%*s%s%s: ", indent, "", later ? "# " : "", name));
    DJ_TRY(dj_param_to_json(param, conf, out));
    return end_line(out, begin, comment);
}

static enum dj_status print_settings(const struct dj_config_doc *doc, struct dj_buf *out)
{
    const struct dj_param *params = dj_config_params();
    const char *before = "";

    for (size_t i = 0; params[i].name != NULL; i++) {
        const char *name = params[i].name;
        const size_t len = section_len(name);

        if (len > 0 && (section_len(before) != len || strncmp(before, name, len) != 0)) {
            DJ_TRY(dj_buf_printf(out, "%.*s:\n", (int)len, name));
        }
        before = name;
        DJ_TRY(print_value(out, len > 0 ? 2 : 0, name + (len > 0 ? len + 1 : 0),
                           &params[i], &doc->config, dj_config_origin(doc),
                           &doc->sources[i]));
    }
    return DJ_OK;
}

static enum dj_status print_params(const struct dj_config_doc *doc,
                                   const struct dj_param *table, const void *conf,
                                   const struct dj_setting_source *sources, bool given,
                                   struct dj_buf *out)
{
    for (size_t i = 0; table != NULL && table[i].name != NULL; i++) {
        if (sources[i].given || (!given && (table[i].flags & DJ_PARAM_NO_EFFECT) == 0)) {
            DJ_TRY(print_value(out, 6, table[i].name, &table[i], conf,
                               doc->process_origin, &sources[i]));
        }
    }
    return DJ_OK;
}

static enum dj_status print_process(const struct dj_config_doc *doc, struct dj_buf *out)
{
    const struct dj_recipe *recipe = &doc->config.recipe;

    if (recipe->count == 0) {
        return dj_buf_append(out, DJ_STR("process: []\n"));
    }
    DJ_TRY(dj_buf_append(out, DJ_STR("process:\n")));
    for (size_t i = 0; i < recipe->count; i++) {
        const struct dj_recipe_op *op = &recipe->ops[i];
        const size_t begin = out->len;
        char comment[SOURCE_TEXT];

        DJ_TRY(dj_buf_printf(out, "  - %s:", op->op->name));
        (void)snprintf(comment, sizeof(comment), "%.256s:%d", doc->process_origin,
                       op->line);
        DJ_TRY(end_line(out, begin, comment));
        DJ_TRY(print_params(doc, op->op->params, op->conf, doc->op_sources[i].own, false,
                            out));
        DJ_TRY(print_params(doc, dj_op_common_params(), &op->common,
                            doc->op_sources[i].common, true, out));
    }
    return DJ_OK;
}

/* --- JSON ------------------------------------------------------------------------- */

static void json_value(struct dj_jsonw *w, const char *name, const struct dj_param *param,
                       const void *conf, const char *origin,
                       const struct dj_setting_source *source)
{
    enum dj_status status;
    struct dj_buf value;
    char text[SOURCE_TEXT];

    dj_buf_init(&value);
    status = dj_param_to_json(param, conf, &value);
    if (status != DJ_OK) {
        w->status = status;
    }
    source_text(origin, source, text);
    dj_jsonw_key(w, name);
    dj_jsonw_open(w, '{');
    dj_jsonw_key(w, "value");
    dj_jsonw_raw(w, dj_buf_str(&value));
    dj_jsonw_kv_text(w, "source", text);
    if ((param->flags & DJ_PARAM_NOT_YET) != 0) {
        dj_jsonw_kv_bool(w, "not_yet", true);
    }
    dj_jsonw_close(w, '}');
    dj_buf_release(&value);
}

static void json_params(struct dj_jsonw *w, const struct dj_config_doc *doc,
                        const struct dj_param *table, const void *conf,
                        const struct dj_setting_source *sources)
{
    for (size_t i = 0; table != NULL && table[i].name != NULL; i++) {
        if ((table[i].flags & DJ_PARAM_NO_EFFECT) == 0) {
            json_value(w, table[i].name, &table[i], conf, doc->process_origin,
                       &sources[i]);
        }
    }
}

static void json_op(struct dj_jsonw *w, const struct dj_config_doc *doc, size_t i)
{
    const struct dj_recipe_op *op = &doc->config.recipe.ops[i];

    dj_jsonw_open(w, '{');
    dj_jsonw_kv_text(w, "name", op->op->name);
    dj_jsonw_kv_int(w, "line", op->line);
    dj_jsonw_key(w, "params");
    dj_jsonw_open(w, '{');
    json_params(w, doc, op->op->params, op->conf, doc->op_sources[i].own);
    json_params(w, doc, dj_op_common_params(), &op->common, doc->op_sources[i].common);
    dj_jsonw_close(w, '}');
    dj_jsonw_close(w, '}');
}

static enum dj_status print_json(const struct dj_config_doc *doc, struct dj_buf *out)
{
    const struct dj_param *params = dj_config_params();
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_key(&w, "settings");
    dj_jsonw_open(&w, '{');
    for (size_t i = 0; params[i].name != NULL; i++) {
        json_value(&w, params[i].name, &params[i], &doc->config, dj_config_origin(doc),
                   &doc->sources[i]);
    }
    dj_jsonw_close(&w, '}');
    dj_jsonw_key(&w, "process");
    dj_jsonw_open(&w, '[');
    for (size_t i = 0; i < doc->config.recipe.count; i++) {
        json_op(&w, doc, i);
    }
    dj_jsonw_close(&w, ']');
    dj_jsonw_key(&w, "notes");
    dj_jsonw_open(&w, '[');
    for (size_t i = 0; i < doc->nnotes; i++) {
        dj_jsonw_text(&w, doc->notes[i].text);
    }
    dj_jsonw_close(&w, ']');
    dj_jsonw_close(&w, '}');
    return dj_jsonw_end(&w);
}

enum dj_status dj_config_print(const struct dj_config_doc *doc, bool json,
                               struct dj_buf *out)
{
    if (json) {
        return print_json(doc, out);
    }
    DJ_TRY(print_settings(doc, out));
    return print_process(doc, out);
}

/* Checks that concern several keys, or more than a key's type. */
#include "config/config_private.h"

#include <stdlib.h>

static const struct dj_setting_source *source_of(const struct dj_config_doc *doc,
                                                 const char *key)
{
    return &doc->sources[dj_key_index(dj_param_find(dj_config_params(), key))];
}

static bool ends_with(const char *text, const char *suffix)
{
    const size_t len = strlen(text);
    const size_t end = strlen(suffix);

    return len >= end && strcmp(text + len - end, suffix) == 0;
}

/* --- input and output ----------------------------------------------------------------
 */

static void check_input(const struct dj_config_doc *doc, struct dj_problems *problems)
{
    const struct dj_config *config = &doc->config;
    const struct dj_strs *paths = &config->input.paths;
    const struct dj_setting_source *source = source_of(doc, "dataset_path");
    char place[DJ_CONFIG_PLACE];

    dj_config_place(doc, "dataset_path", place);
    if (source->refused) {
        return;
    }
    if (paths->count == 0 && config->dataset == NULL) {
        dj_problem(problems, source->key,
                   "%sdataset_path is missing: say what to read, such as "
                   "\"dataset_path: in.jsonl\"",
                   place);
    }
    for (size_t i = 0; i < paths->count; i++) {
        if (paths->items[i][0] == '\0') {
            dj_problem(problems, source->key,
                       "%sdataset_path: an empty path names nothing: give a file, a "
                       "folder or a pattern",
                       place);
        } else if (config->export_path != NULL &&
                   strcmp(paths->items[i], config->export_path) == 0) {
            dj_problem(problems, source->key,
                       "%sdataset_path: %s is also the export_path: name another file "
                       "for the result",
                       place, config->export_path);
        }
    }
}

/* What export forms are called by, first in export_type, and where a path shows them. */
static const struct {
    const char *type;
    const char *suffix;
} forms[] = {
    [DJ_FORM_JSONL] = { "jsonl", ".jsonl" },
    [DJ_FORM_PARQUET] = { "parquet", ".parquet" },
    [DJ_FORM_JSON] = { "json", ".json" },
    [DJ_FORM_JSONL_ZSTD] = { NULL, ".jsonl.zst" },
    [DJ_FORM_JSONL_GZIP] = { NULL, ".jsonl.gz" },
};

enum { NFORMS = sizeof(forms) / sizeof(forms[0]) };

/* NFORMS: the suffix tells none. */
static int form_of_path(const char *path)
{
    int form = 0;

    while (form < NFORMS && !ends_with(path, forms[form].suffix)) {
        form++;
    }
    return form;
}

/* NFORMS: neither the type nor, without one, the path tells. */
static int form_of(const struct dj_config *config)
{
    const int by_path = form_of_path(config->export_path);
    int form = 0;

    if (config->export_type == NULL) {
        return by_path;
    }
    while (form < NFORMS && (forms[form].type == NULL ||
                             strcmp(forms[form].type, config->export_type) != 0)) {
        form++;
    }
    /* Lines under a name that says that they are compressed are. */
    return form == DJ_FORM_JSONL && by_path > DJ_FORM_JSON && by_path < NFORMS ? by_path
                                                                               : form;
}

enum dj_export_form dj_config_export_form(const struct dj_config *config)
{
    const int form = form_of(config);

    return form == NFORMS ? DJ_FORM_JSONL : (enum dj_export_form)form;
}

const char *dj_export_form_suffix(enum dj_export_form form)
{
    return forms[form].suffix;
}

static void check_export(const struct dj_config_doc *doc, struct dj_problems *problems)
{
    const struct dj_config *config = &doc->config;
    const bool by_suffix = config->export_type == NULL;
    const char *key = by_suffix ? "export_path" : "export_type";
    const struct dj_setting_source *source = source_of(doc, key);
    char place[DJ_CONFIG_PLACE];

    if (source_of(doc, "export_path")->refused || source->refused) {
        return;
    }
    if (config->export_path == NULL || config->export_path[0] == '\0') {
        dj_config_place(doc, "export_path", place);
        dj_problem(problems, source_of(doc, "export_path")->key,
                   "%sexport_path is missing: say where the result goes, such as "
                   "\"export_path: out.jsonl\"",
                   place);
        return;
    }
    dj_config_place(doc, key, place);
    if (form_of(config) == NFORMS) {
        dj_problem(problems, source->key,
                   "%s%s: \"%s\" %s: end export_path in .jsonl, .jsonl.zst, .jsonl.gz, "
                   ".json or .parquet%s",
                   place, key, by_suffix ? config->export_path : config->export_type,
                   by_suffix ? "does not tell the format" : "is no format of a result",
                   by_suffix ? ", or set export_type" : "");
    }
}

static void check_texts(const struct dj_config_doc *doc, struct dj_problems *problems)
{
    const struct dj_strs *keys = &doc->config.text_keys;
    const struct dj_setting_source *source = source_of(doc, "text_keys");
    bool empty = keys->count == 0;
    char place[DJ_CONFIG_PLACE];

    for (size_t i = 0; i < keys->count; i++) {
        empty = empty || keys->items[i][0] == '\0';
    }
    if (empty) {
        dj_config_place(doc, "text_keys", place);
        dj_problem(problems, source->key,
                   "%stext_keys: the name of a field is needed, such as \"text_keys: "
                   "text\"",
                   place);
    }
}

void dj_config_check(struct dj_config_doc *doc, struct dj_problems *problems)
{
    dj_config_mix(doc, problems);
    dj_config_read_validators(doc, problems);
    check_input(doc, problems);
    check_export(doc, problems);
    check_texts(doc, problems);
}

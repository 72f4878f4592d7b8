/* Checks that concern several keys, or more than a key's type. */
#include "config/config_private.h"

static void problem(struct dj_problems *problems, const char *fmt, ...) DJ_PRINTF(2, 3);

static void problem(struct dj_problems *problems, const char *fmt, ...)
{
    struct dj_error err;
    va_list args;

    va_start(args, fmt);
    (void)dj_vfail(&err, DJ_CONFIG, fmt, args);
    va_end(args);
    dj_problems_add(problems, &err);
}

static bool ends_with(const char *text, const char *suffix)
{
    const size_t len = strlen(text);
    const size_t end = strlen(suffix);

    return len >= end && strcmp(text + len - end, suffix) == 0;
}

/* "recipe.yaml: " or nothing. */
static const char *file_of(const struct dj_config_doc *doc)
{
    return doc->config.config_path == NULL ? "command line" : doc->config.config_path;
}

static void check_export(const struct dj_config_doc *doc, struct dj_problems *problems)
{
    static const char *const later[] = { "json", "parquet" };
    const struct dj_config *config = &doc->config;
    const char *type = config->export_type;

    if (config->export_path == NULL || config->export_path[0] == '\0') {
        problem(problems,
                "%s: export_path is missing; say where the result goes, such as "
                "\"export_path: out.jsonl\"",
                file_of(doc));
        return;
    }
    if (type == NULL) {
        const char *dot = strrchr(config->export_path, '.');
        const char *slash = strrchr(config->export_path, '/');

        if (dot == NULL || (slash != NULL && dot < slash)) {
            problem(problems,
                    "export_path: %s has no suffix that tells its format; end it in "
                    ".jsonl, or set export_type: jsonl",
                    config->export_path);
            return;
        }
        type = dot + 1;
    }
    if (strcmp(type, "jsonl") == 0) {
        return;
    }
    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
        if (strcmp(type, later[i]) == 0) {
            problem(problems,
                    "export_type: not yet: %s files are not written yet; the "
                    "value that works today is jsonl",
                    type);
            return;
        }
    }
    if (ends_with(config->export_path, ".zst") || ends_with(config->export_path, ".gz")) {
        problem(
            problems,
            "export_path: not yet: %s would be compressed, which is not done yet; end "
            "it in .jsonl",
            config->export_path);
        return;
    }
    problem(
        problems,
        "export_path: \"%s\" is no format of a result (in %s); end it in .jsonl, or set "
        "export_type: jsonl",
        type, config->export_path);
}

static void check_texts(const struct dj_config_doc *doc, struct dj_problems *problems)
{
    const struct dj_strs *keys = &doc->config.text_keys;

    if (keys->count == 0) {
        problem(problems,
                "%s: text_keys: at least one field is needed, such as \"text_keys: "
                "text\"",
                file_of(doc));
    }
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->items[i][0] == '\0') {
            problem(problems, "%s: text_keys: an empty name is no field", file_of(doc));
        }
    }
}

void dj_config_check(struct dj_config_doc *doc, struct dj_problems *problems)
{
    const struct dj_config *config = &doc->config;

    if (config->dataset == NULL &&
        (config->dataset_path.count == 0 || config->dataset_path.items[0][0] == '\0')) {
        problem(problems,
                "%s: dataset_path is missing; say what to read, such as \"dataset_path: "
                "in.jsonl\"",
                file_of(doc));
    }
    check_export(doc, problems);
    check_texts(doc, problems);
    for (size_t i = 0; i < config->dataset_path.count; i++) {
        if (config->export_path != NULL &&
            strcmp(config->dataset_path.items[i], config->export_path) == 0) {
            problem(problems, "export_path: %s is also the input; name another file",
                    config->export_path);
        }
    }
}

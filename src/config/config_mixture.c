/*
 * Mixtures of datasets: dataset.configs, and weights before the paths of dataset_path.
 * Both become a list of paths with a weight each. As in Data-Juicer weights count only
 * where max_sample_num says how many samples there shall be.
 */
#include "config/config_private.h"

#include "dj/mem.h"

#include <ctype.h>
#include <stdlib.h>

struct entries {
    size_t count;
    const char **paths;
    double *weights;
};

static void add_entry(struct dj_config_doc *doc, struct entries *entries,
                      const char *path, size_t len, double weight)
{
    char *copy = dj_arena_alloc(doc->arena, len + 1);
    const char **paths =
        dj_arena_alloc(doc->arena, (entries->count + 1) * sizeof(*paths));
    double *weights = dj_arena_alloc(doc->arena, (entries->count + 1) * sizeof(*weights));

    if (copy == NULL || paths == NULL || weights == NULL) {
        return;
    }
    memcpy(copy, path, len);
    copy[len] = '\0';
    if (entries->count > 0) {
        memcpy(paths, entries->paths, entries->count * sizeof(*paths));
        memcpy(weights, entries->weights, entries->count * sizeof(*weights));
    }
    paths[entries->count] = copy;
    weights[entries->count++] = weight;
    entries->paths = paths;
    entries->weights = weights;
}

/* The next word, as a shell divides them; false at the end. */
static bool next_word(const char **rest, struct dj_buf *word)
{
    const char *p = *rest;
    char quote = '\0';

    while (isspace((unsigned char)*p)) {
        p++;
    }
    dj_buf_reset(word);
    if (*p == '\0') {
        return false;
    }
    for (; *p != '\0' && (quote != '\0' || !isspace((unsigned char)*p)); p++) {
        if (*p == quote || (quote == '\0' && (*p == '"' || *p == '\''))) {
            quote = quote == '\0' ? *p : '\0';
        } else if (dj_buf_putc(word, *p) != DJ_OK) {
            return false;
        }
    }
    *rest = p;
    return true;
}

/* "0.3 a.jsonl 0.7 b.jsonl"; a path without a weight has 1. */
static void split_text(struct dj_config_doc *doc, const char *text,
                       struct entries *entries)
{
    double weight = 1;
    struct dj_buf word;

    dj_buf_init(&word);
    while (next_word(&text, &word)) {
        const char *written;
        double number;
        char *end;

        if (dj_buf_cstr(&word, &written) != DJ_OK) {
            break;
        }
        number = strtod(written, &end);
        if (end != written && *end == '\0') {
            weight = number < 0 ? 0 : number;
        } else {
            add_entry(doc, entries, written, word.len, weight);
            weight = 1;
        }
    }
    dj_buf_release(&word);
}

static void complain(const struct dj_config_doc *doc, struct dj_problems *problems,
                     const struct dj_yaml_node *node, const char *text)
{
    char place[DJ_CONFIG_PLACE];

    dj_place(dj_config_origin(doc), node, place);
    dj_problem(problems, node, "%sdataset: %s", place, text);
}

static bool is_text(const struct dj_yaml_node *node)
{
    return node != NULL && node->kind == DJ_YAML_SCALAR && node->len > 0;
}

/* One of dataset.configs. */
static void read_entry(struct dj_config_doc *doc, struct dj_problems *problems,
                       const struct dj_yaml_node *node, struct entries *entries)
{
    const struct dj_yaml_node *type, *path, *weight_node;
    double weight = 1;

    if (node->kind != DJ_YAML_MAPPING) {
        complain(doc, problems, node,
                 "an entry of configs is a mapping with type and path");
        return;
    }
    type = dj_yaml_get(node, "type");
    path = dj_yaml_get(node, "path");
    weight_node = dj_yaml_get(node, "weight");
    for (size_t i = 0; i < node->count; i++) {
        const struct dj_yaml_node *key = node->pairs[i].key;

        if (strcmp(key->text, "type") != 0 && strcmp(key->text, "path") != 0 &&
            strcmp(key->text, "weight") != 0) {
            dj_config_note(doc, "dataset",
                           "dataset.configs: %s has no effect for local files",
                           key->text);
        }
    }
    if (!is_text(type) || strcmp(type->text, "local") != 0) {
        complain(doc, problems, type == NULL ? node : type,
                 "an entry of configs has \"type: local\"; dj-mpi reads files and "
                 "downloads nothing");
    }
    if (!is_text(path)) {
        complain(doc, problems, path == NULL ? node : path,
                 "an entry of configs has a path: a file, a folder or a pattern");
        return;
    }
    if (weight_node != NULL && (!dj_yaml_as_double(weight_node, &weight) || weight < 0)) {
        complain(doc, problems, weight_node, "weight is a number that is not negative");
    }
    add_entry(doc, entries, path->text, path->len, weight);
}

static void read_dataset(struct dj_config_doc *doc, struct dj_problems *problems,
                         struct entries *entries)
{
    const struct dj_yaml_node *node = doc->config.dataset;
    const struct dj_yaml_node *configs = dj_yaml_get(node, "configs");
    const struct dj_yaml_node *most = dj_yaml_get(node, "max_sample_num");
    int64_t number = 0;
    double sum = 0;

    if (configs == NULL || configs->kind != DJ_YAML_SEQUENCE || configs->count == 0) {
        complain(doc, problems, configs == NULL ? node : configs,
                 "configs is a list of what to read, such as "
                 "\"- {type: local, path: in.jsonl, weight: 0.5}\"");
        return;
    }
    for (size_t i = 0; i < configs->count; i++) {
        read_entry(doc, problems, configs->items[i], entries);
        sum += entries->count > 0 ? entries->weights[entries->count - 1] : 0;
    }
    if (most != NULL && !dj_yaml_as_null(most)) {
        if (!dj_yaml_as_int(most, &number) || number < 1) {
            complain(doc, problems, most, "max_sample_num is a number above 0");
        } else if (sum <= 0) {
            complain(doc, problems, configs, "a weight must be above 0");
        }
    }
    doc->config.input.max_sample_num = number;
}

static bool is_empty(const struct dj_yaml_node *node)
{
    return node == NULL || dj_yaml_as_null(node) ||
           (node->kind != DJ_YAML_SCALAR && node->count == 0);
}

/* A number and a blank in front. */
static bool has_weight(const char *path)
{
    char *end;

    (void)strtod(path, &end);
    return end != path && isspace((unsigned char)*end);
}

void dj_config_mix(struct dj_config_doc *doc, struct dj_problems *problems)
{
    struct dj_config *config = &doc->config;
    const struct dj_strs *paths = &config->dataset_path;
    struct entries entries = { 0 };

    if (paths->count > 0 && !is_empty(config->dataset)) {
        dj_config_note(doc, "dataset",
                       "dataset has no effect here, because dataset_path is set");
    }
    if (paths->count == 1 && has_weight(paths->items[0])) {
        split_text(doc, paths->items[0], &entries);
        dj_config_note(doc, "dataset_path",
                       "the weights in dataset_path have no effect, because only "
                       "dataset.max_sample_num says how many samples they divide (with "
                       "dataset.configs instead of dataset_path)");
    } else if (paths->count == 0 && !is_empty(config->dataset)) {
        read_dataset(doc, problems, &entries);
    }
    if (is_empty(config->dataset)) {
        config->dataset = NULL;
    }
    config->input.paths = *paths;
    if (entries.count > 0) {
        config->input.paths = (struct dj_strs){ true, entries.count, entries.paths };
        config->input.weights = entries.weights;
    }
}

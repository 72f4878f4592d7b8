/*
 * What a recipe file gives: each key of the table with the place of its value, as
 * nested maps, with dots, or under an older name. Values are set later.
 */
#include "config/config_private.h"

#include <stdio.h>
#include <sys/stat.h>

#include "dj/fs.h"

/* A recipe is small; what is larger is somebody's data. */
enum { MAX_RECIPE = 16 << 20 };

struct file {
    struct dj_config_doc *doc;
    struct dj_problems *problems;
};

bool dj_config_is_section(const char *name)
{
    const size_t len = strlen(name);
    const struct dj_param *params = dj_config_params();

    for (size_t i = 0; params[i].name != NULL; i++) {
        if (strncmp(params[i].name, name, len) == 0 && params[i].name[len] == '.') {
            return true;
        }
    }
    return false;
}

/* --- unknown keys --------------------------------------------------------------------
 */

static const char *const sections[] = { "partition",     "fault_tolerance",
                                        "checkpoint",    "intermediate_storage",
                                        "event_logging", "progress" };

enum { NSECTIONS = sizeof(sections) / sizeof(sections[0]) };

static const char *next_key_name(void *context, size_t index)
{
    const size_t count = dj_key_count();
    const struct dj_legacy *legacy;

    (void)context;
    if (index < count) {
        return dj_config_params()[index].name;
    }
    index -= count;
    if (index < NSECTIONS) {
        return sections[index];
    }
    index -= NSECTIONS;
    if (index == 0) {
        return "process";
    }
    legacy = dj_legacy_at(index - 1);
    return legacy == NULL ? NULL : legacy->name;
}

/* "max_size_mb" alone: the key that ends so. */
static const char *key_that_ends(const char *key)
{
    const struct dj_param *params = dj_config_params();

    for (size_t i = 0; params[i].name != NULL; i++) {
        const char *dot = strrchr(params[i].name, '.');

        if (dot != NULL && strcmp(dot + 1, key) == 0) {
            return params[i].name;
        }
    }
    return NULL;
}

/* Whoever means a key does not lack it: no second complaint. */
static void mean(struct dj_config_doc *doc, const char *name)
{
    const struct dj_param *param = dj_param_find(dj_config_params(), name);

    if (param != NULL) {
        doc->sources[dj_key_index(param)].refused = true;
    }
    doc->process_meant = doc->process_meant || strcmp(name, "process") == 0;
}

void dj_config_unknown_key(struct dj_config_doc *doc, const struct dj_yaml_node *node,
                           const char *place, const char *key, const char *dashes,
                           struct dj_problems *problems)
{
    const char *nearest = key_that_ends(key);

    if (nearest == NULL) {
        nearest = dj_nearest_name(key, next_key_name, NULL);
    }
    if (dj_op_find(key) != NULL) {
        mean(doc, "process");
        dj_problem(problems, node,
                   "%s%s%.200s is an operator: it belongs into the list process, as an "
                   "entry that begins with \"- \"",
                   place, dashes, key);
    } else if (nearest != NULL) {
        mean(doc, nearest);
        dj_problem(problems, node, "%sunknown key %s%.200s; was %s%s meant?", place,
                   dashes, key, dashes, nearest);
    } else {
        dj_problem(problems, node,
                   "%sunknown key %s%.200s; dj-mpi docs reference lists all keys", place,
                   dashes, key);
    }
}

/* --- keys --------------------------------------------------------------------------- */

/* 0 for the key itself, else the place of the alias in the entry's list, from 1. */
static size_t rank_of(const struct dj_param *param, const char *name)
{
    const char *word = param->aliases;
    size_t rank = 1;

    if (strcmp(param->name, name) == 0) {
        return 0;
    }
    while (strncmp(word, name, strlen(name)) != 0 ||
           (word[strlen(name)] != ' ' && word[strlen(name)] != '\0')) {
        word += strcspn(word, " ") + 1;
        rank++;
    }
    return rank;
}

static void take(const struct file *file, const struct dj_param *param, const char *name,
                 const struct dj_yaml_pair *pair)
{
    struct dj_setting_source *source = &file->doc->sources[dj_key_index(param)];
    const char *origin = dj_yaml_origin(file->doc->yaml);
    const size_t rank = rank_of(param, name);
    const struct dj_setting_source fresh = {
        .given = true,
        .name = rank == 0 ? param->name : pair->key->text,
        .key = pair->key,
        .node = pair->value,
        .rank = rank,
    };
    struct dj_setting_source winner = fresh;
    struct dj_setting_source loser = *source;
    char place[DJ_CONFIG_PLACE];

    if (source->given && source->rank == rank) {
        dj_place(origin, pair->key, place);
        dj_problem(file->problems, pair->key,
                   "%s%s stands here a second time (first at line %d): remove one of the "
                   "two",
                   place, name, source->key->line);
        return;
    }
    if (source->given && source->rank < rank) {
        winner = *source;
        loser = fresh;
    }
    if (source->given) {
        dj_config_note(file->doc, loser.name,
                       "%s (%s:%d) has no effect, because %s is given too (line %d)",
                       loser.name, origin, loser.key->line, winner.name,
                       winner.key->line);
    }
    *source = winner;
}

static void take_legacy(const struct file *file, const struct dj_legacy *legacy,
                        const struct dj_yaml_pair *pair)
{
    bool on = true;
    char place[DJ_CONFIG_PLACE];

    if (dj_legacy_is_refused(legacy) && !dj_yaml_as_null(pair->value) &&
        (!dj_yaml_as_bool(pair->value, &on) || on)) {
        dj_place(dj_yaml_origin(file->doc->yaml), pair->key, place);
        dj_problem(file->problems, pair->key,
                   "%s%s is not possible here, because %s: leave it out", place,
                   legacy->name, legacy->why);
        return;
    }
    dj_config_note(file->doc, legacy->name, "%s has no effect here, because %s",
                   legacy->name, legacy->why);
}

static void read_leaf(const struct file *file, const char *name,
                      const struct dj_yaml_pair *pair)
{
    const struct dj_param *param = dj_param_find(dj_config_params(), name);
    const struct dj_legacy *legacy = dj_legacy_find(name);
    char place[DJ_CONFIG_PLACE];

    if (param != NULL) {
        if (!dj_yaml_as_null(pair->value)) { /* null leaves the default, as nothing */
            take(file, param, name, pair);
        }
    } else if (legacy != NULL) {
        take_legacy(file, legacy, pair);
    } else {
        dj_place(dj_yaml_origin(file->doc->yaml), pair->key, place);
        dj_config_unknown_key(file->doc, pair->key, place, name, "", file->problems);
    }
}

static void read_map(const struct file *file, const struct dj_yaml_node *map,
                     const char *prefix)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct dj_yaml_pair *pair = &map->pairs[i];
        char *name =
            dj_xprintf("%s%s%s", prefix, prefix[0] == '\0' ? "" : ".", pair->key->text);

        if (strcmp(name, "process") == 0) {
            file->doc->process = pair->value;
            file->doc->process_origin = dj_yaml_origin(file->doc->yaml);
        } else if (!dj_config_is_section(name)) {
            read_leaf(file, name, pair);
        } else if (pair->value->kind == DJ_YAML_MAPPING) {
            read_map(file, pair->value, name);
        } else if (pair->value->kind != DJ_YAML_NULL) {
            char place[DJ_CONFIG_PLACE];

            dj_place(dj_yaml_origin(file->doc->yaml), pair->value, place);
            dj_problem(file->problems, pair->value,
                       "%s%s is a section: write its keys on the lines below it, "
                       "indented by two blanks",
                       place, name);
        }
        dj_xfree(name);
    }
}

/* --- the file ----------------------------------------------------------------------- */

static enum dj_status look(const char *path, struct dj_error *err)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        return dj_fail(err, DJ_CONFIG,
                       "--config: there is no file %s (seen from the current folder)",
                       path);
    }
    if (S_ISDIR(info.st_mode)) {
        return dj_fail(err, DJ_CONFIG, "--config: %s is a folder; name the recipe in it",
                       path);
    }
    if (info.st_size > MAX_RECIPE) {
        return dj_fail(err, DJ_CONFIG,
                       "--config: %s has %lld MB, too much for a recipe; data are named "
                       "by --dataset_path",
                       path, (long long)info.st_size / 1000000);
    }
    return DJ_OK;
}

/* The dataset given for the recipe: its name tells. */
static void suspect_dataset(const char *path, struct dj_error *err)
{
    static const char *const data[] = { ".jsonl", ".json", ".zst", ".gz", ".parquet" };
    const size_t len = strlen(err->text);

    for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++) {
        const size_t suffix = strlen(data[i]);

        if (strlen(path) > suffix && strcmp(path + strlen(path) - suffix, data[i]) == 0) {
            (void)snprintf(err->text + len, sizeof(err->text) - len,
                           " (if %s is the dataset: --dataset_path names it)", path);
            return;
        }
    }
}

static enum dj_status parse(struct dj_config_doc *doc, const char *path,
                            struct dj_error *err)
{
    enum dj_status status;
    struct dj_buf bytes;

    dj_buf_init(&bytes);
    status = dj_fs_read(path, &bytes, err);
    if (status == DJ_OK) {
        status = dj_yaml_parse(dj_buf_str(&bytes), path, &doc->yaml, err);
        if (status == DJ_CONFIG) {
            suspect_dataset(path, err);
        }
    } else if (status == DJ_IO) { /* for a recipe that is a fault of the request */
        err->status = status = DJ_CONFIG;
        dj_error_prefix(err, "--config: ");
    }
    dj_buf_release(&bytes);
    return status;
}

enum dj_status dj_config_read_file(struct dj_config_doc *doc, const char *path,
                                   struct dj_problems *problems, struct dj_error *err)
{
    const struct file file = { doc, problems };
    const struct dj_yaml_node *root;

    DJ_TRY(look(path, err));
    DJ_TRY(parse(doc, path, err));
    root = dj_yaml_root(doc->yaml);
    if (root->kind == DJ_YAML_NULL) {
        return dj_fail(err, DJ_CONFIG,
                       "%s: the recipe is empty; it needs at least dataset_path, "
                       "export_path and process",
                       path);
    }
    if (root->kind != DJ_YAML_MAPPING) {
        return dj_fail(err, DJ_CONFIG,
                       "%s:%d:%d: a recipe consists of keys with values, such as "
                       "\"dataset_path: in.jsonl\"; this is %s",
                       path, root->line, root->column,
                       root->kind == DJ_YAML_SEQUENCE ? "a list" : "a single value");
    }
    read_map(&file, root, "");
    return DJ_OK;
}

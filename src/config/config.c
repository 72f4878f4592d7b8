/*
 * Loading a configuration: defaults, then aliases and canonical keys of the recipe
 * file, then the command line. Every problem that is found is reported.
 */
#include "config/config_private.h"

#include "dj/fs.h"
#include "dj/json.h"

#include <stdio.h>

size_t dj_key_count(void)
{
    size_t count = 0;

    while (dj_config_params()[count].name != NULL) {
        count++;
    }
    return count;
}

void dj_problems_add(struct dj_problems *problems, const struct dj_error *err)
{
    struct dj_error *out = problems->out;
    const size_t len = strlen(out->text);

    if (problems->count++ == 0 || err->status == DJ_NOMEM) {
        *out = *err;
        return;
    }
    (void)snprintf(out->text + len, sizeof(out->text) - len, "\n%s", err->text);
}

void dj_place(const char *origin, const struct dj_yaml_node *node,
              char text[DJ_PLACE_TEXT])
{
    if (node->line > 0) {
        (void)snprintf(text, DJ_PLACE_TEXT, "%.256s:%d:%d: ", origin, node->line,
                       node->column);
    } else {
        (void)snprintf(text, DJ_PLACE_TEXT, "%.256s: ", origin);
    }
}

static const char *copy_text(struct dj_config_doc *doc, const char *text)
{
    const struct dj_str copy =
        dj_arena_copy(doc->arena, (struct dj_str){ text, strlen(text) + 1 });

    return copy.ptr == NULL ? "" : copy.ptr;
}

void dj_config_add_note(struct dj_config_doc *doc, const char *key, const char *text)
{
    for (size_t i = 0; i < doc->nnotes; i++) {
        if (strcmp(doc->notes[i].text, text) == 0) {
            return;
        }
    }
    doc->notes = dj_xrealloc(doc->notes, (doc->nnotes + 1) * sizeof(*doc->notes));
    doc->notes[doc->nnotes++] =
        (struct dj_config_note){ copy_text(doc, key), copy_text(doc, text) };
}

/* --- one key ------------------------------------------------------------------------ */

static const char *next_key_name(void *context, size_t index)
{
    const size_t count = dj_key_count();

    (void)context;
    if (index < count) {
        return dj_config_params()[index].name;
    }
    return index == count ? "process" : dj_legacy_name(index - count - 1);
}

static void unknown_key(const char *place, const char *key, const char *dashes,
                        struct dj_problems *problems)
{
    const char *nearest = dj_nearest_name(key, next_key_name, NULL);
    struct dj_error err;

    if (nearest != NULL) {
        dj_fail(&err, DJ_CONFIG, "%sunknown key %s%.200s; did you mean %s%s?", place,
                dashes, key, dashes, nearest);
    } else {
        dj_fail(&err, DJ_CONFIG,
                "%sunknown key %s%.200s; dj-mpi --print_config lists all keys", place,
                dashes, key);
    }
    dj_problems_add(problems, &err);
}

/* Is this one of the values that a not-yet key takes today? */
static bool taken_today(const struct dj_param *param, const void *conf)
{
    const char *today = param->today;
    struct dj_buf value;
    bool found = false;

    dj_buf_init(&value);
    if (dj_param_to_json(param, conf, &value) == DJ_OK) {
        while (today != NULL && *today != '\0' && !found) {
            const size_t len = strcspn(today, " ");

            found = dj_str_equal((struct dj_str){ today, len }, dj_buf_str(&value));
            today += len;
            today += strspn(today, " ");
        }
    }
    dj_buf_release(&value);
    return found;
}

static void set_key(struct dj_config_doc *doc, const struct dj_param *param,
                    const struct dj_yaml_node *node, const char *place, const char *label,
                    struct dj_problems *problems)
{
    struct dj_error err;

    if (dj_param_set(param, &doc->config, node, doc->arena, place, label, &err) !=
        DJ_OK) {
        dj_problems_add(problems, &err);
        return;
    }
    if ((param->flags & DJ_PARAM_NOT_YET) != 0 && !taken_today(param, &doc->config)) {
        if (param->today == NULL) {
            dj_fail(&err, DJ_CONFIG, "%s%s: not yet: %s; take the key out", place, label,
                    param->why);
        } else {
            dj_fail(&err, DJ_CONFIG, "%s%s: not yet: %s; what works today is %s", place,
                    label, param->why, param->today);
        }
        dj_problems_add(problems, &err);
    }
}

/* --- the recipe file -------------------------------------------------------------------
 */

/* One leaf of the file: the settings table's key it names, or what else it is. */
static void read_leaf(struct dj_config_doc *doc, const char *name,
                      const struct dj_yaml_node *key, const struct dj_yaml_node *value,
                      bool aliases, struct dj_problems *problems)
{
    const char *origin = dj_yaml_origin(doc->yaml);
    const struct dj_param *param = dj_param_find(dj_config_params(), name);
    struct dj_setting_source *source;
    char place[DJ_PLACE_TEXT];
    const char *why;
    bool by_alias;

    dj_place(origin, key, place);
    if (param == NULL) {
        if (aliases) { /* the first of two passes says it once */
            why = dj_legacy_why(name);
            if (why != NULL) {
                char text[512];

                (void)snprintf(text, sizeof(text), "%s has no effect here, because %s",
                               name, why);
                dj_config_add_note(doc, name, text);
            } else {
                unknown_key(place, name, "", problems);
            }
        }
        return;
    }
    by_alias = strcmp(param->name, name) != 0;
    if (by_alias != aliases) {
        return;
    }
    source = &doc->sources[dj_key_index(param)];
    if (by_alias && source->given) {
        return; /* an alias that comes earlier in the table's order wins */
    }
    *source = (struct dj_setting_source){ .given = true,
                                          .by_alias = by_alias,
                                          .line = key->line };
    dj_place(origin, value->line > 0 ? value : key, place);
    set_key(doc, param, value, place, name, problems);
}

/* True when the table or the legacy list has keys "section.…". */
static bool is_section(const char *name)
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

static void read_map(struct dj_config_doc *doc, const struct dj_yaml_node *map,
                     const char *prefix, bool aliases, struct dj_problems *problems)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct dj_yaml_node *key = map->pairs[i].key;
        const struct dj_yaml_node *value = map->pairs[i].value;
        char *name =
            dj_xprintf("%s%s%s", prefix, prefix[0] == '\0' ? "" : ".", key->text);

        if (prefix[0] == '\0' && strcmp(name, "process") == 0) {
            doc->process = value;
            doc->process_origin = dj_yaml_origin(doc->yaml);
        } else if (is_section(name) && value->kind != DJ_YAML_NULL) {
            if (value->kind == DJ_YAML_MAPPING) {
                read_map(doc, value, name, aliases, problems);
            } else if (aliases) {
                struct dj_error err;
                char place[DJ_PLACE_TEXT];

                dj_place(dj_yaml_origin(doc->yaml), value, place);
                dj_fail(&err, DJ_CONFIG,
                        "%s%s is a section: write its keys below it, "
                        "indented",
                        place, name);
                dj_problems_add(problems, &err);
            }
        } else if (!is_section(name)) {
            read_leaf(doc, name, key, value, aliases, problems);
        }
        dj_xfree(name);
    }
}

static enum dj_status read_file(struct dj_config_doc *doc, const char *path,
                                struct dj_problems *problems, struct dj_error *err)
{
    const struct dj_yaml_node *root;
    enum dj_status status;
    struct dj_buf bytes;

    dj_buf_init(&bytes);
    status = dj_fs_read(path, &bytes, err);
    if (status != DJ_OK) {
        dj_error_prefix(err, "the recipe cannot be read: ");
        err->status = status = DJ_CONFIG;
    } else {
        status = dj_yaml_parse(dj_buf_str(&bytes), path, &doc->yaml, err);
    }
    dj_buf_release(&bytes);
    DJ_TRY(status);
    root = dj_yaml_root(doc->yaml);
    if (root == NULL || root->kind == DJ_YAML_NULL) {
        return dj_fail(err, DJ_CONFIG,
                       "%s:1:1: the recipe is empty; it needs at least dataset_path, "
                       "export_path and process",
                       path);
    }
    if (root->kind != DJ_YAML_MAPPING) {
        return dj_fail(err, DJ_CONFIG,
                       "%s:%d:%d: a recipe is a map of keys, such as \"dataset_path: "
                       "in.jsonl\"; this is %s",
                       path, root->line, root->column,
                       root->kind == DJ_YAML_SEQUENCE ? "a list" : "a single value");
    }
    read_map(doc, root, "", true, problems);
    read_map(doc, root, "", false, problems);
    return DJ_OK;
}

/* --- the command line
 * -------------------------------------------------------------------- */

/*
 * The value of an option as a YAML node. A text is taken as it stands, so that
 * "*.jsonl" needs no quotes for YAML; "a,b" is a list where a list is wanted.
 */
static enum dj_status parse_value(struct dj_config_doc *doc, const struct dj_param *param,
                                  const char *label, const char *text,
                                  const struct dj_yaml_node **node, struct dj_error *err)
{
    const bool list = param != NULL && param->type == DJ_PARAM_TEXTS && text[0] != '[' &&
                      strcmp(text, "null") != 0;
    const bool raw =
        param != NULL && param->type == DJ_PARAM_TEXT && strcmp(text, "null") != 0;
    enum dj_status status = DJ_OK;
    struct dj_yaml *value;
    struct dj_buf yaml;

    dj_buf_init(&yaml);
    if (list || raw) { /* JSON strings are YAML */
        const char *p = text;

        status = list ? dj_buf_putc(&yaml, '[') : DJ_OK;
        while (status == DJ_OK) {
            const size_t len = list ? strcspn(p, ",") : strlen(p);

            status = dj_json_quote_any(&yaml, (struct dj_str){ p, len });
            p += len;
            if (status != DJ_OK || *p == '\0') {
                break;
            }
            status = dj_buf_putc(&yaml, ',');
            p++;
        }
        status = status == DJ_OK && list ? dj_buf_putc(&yaml, ']') : status;
    } else {
        status = dj_buf_append(&yaml, dj_str_from(text));
    }
    if (status != DJ_OK) {
        dj_fail(err, status, "out of memory");
    } else {
        status = dj_yaml_parse(dj_buf_str(&yaml), label, &value, err);
    }
    dj_buf_release(&yaml);
    DJ_TRY(status);
    doc->values = dj_xrealloc(doc->values, (doc->nvalues + 1) * sizeof(*doc->values));
    doc->values[doc->nvalues++] = value;
    *node = dj_yaml_root(value);
    if (*node == NULL) {
        return dj_fail(err, DJ_USAGE, "%s: the value is empty; write null for none",
                       label);
    }
    return DJ_OK;
}

static enum dj_status read_option(struct dj_config_doc *doc, const char *name,
                                  const char *text, struct dj_problems *problems,
                                  struct dj_error *err)
{
    const struct dj_param *param = dj_param_find(dj_config_params(), name);
    char *label = dj_xprintf("--%s", name);
    const struct dj_yaml_node *node;
    const char *why = dj_legacy_why(name);
    enum dj_status status = DJ_OK;

    if (param == NULL && strcmp(name, "process") != 0) {
        if (why != NULL) {
            char *note = dj_xprintf("%s has no effect here, because %s", label, why);

            dj_config_add_note(doc, name, note);
            dj_xfree(note);
        } else {
            unknown_key("", name, "--", problems);
        }
        dj_xfree(label);
        return DJ_OK;
    }
    status = parse_value(doc, param, label, text, &node, err);
    if (status != DJ_OK && status != DJ_NOMEM) {
        dj_problems_add(problems, err);
        status = DJ_OK;
    } else if (status == DJ_OK && param == NULL) {
        doc->process = node;
        doc->process_origin = "--process";
    } else if (status == DJ_OK) {
        doc->sources[dj_key_index(param)] =
            (struct dj_setting_source){ .given = true, .command_line = true };
        set_key(doc, param, node, "", label, problems);
    }
    dj_xfree(label);
    return status;
}

/* Words after the program's name: only --config FILE and --KEY VALUE are left here. */
static enum dj_status read_words(struct dj_config_doc *doc, bool config_only,
                                 struct dj_problems *problems, struct dj_error *err)
{
    const struct dj_config_args *args = &doc->args;

    for (int i = 0; i < args->argc; i++) {
        const char *word = args->argv[i];
        const char *equals = strchr(word, '=');
        const char *value = equals == NULL ? NULL : equals + 1;
        char *name;
        enum dj_status status = DJ_OK;

        if (strncmp(word, "--", 2) != 0 || word[2] == '\0') {
            return dj_fail(err, DJ_USAGE,
                           "\"%s\" is no option; options are --config FILE and --KEY "
                           "VALUE%s%s",
                           word,
                           strstr(word, ".y") == NULL ? "" : "; did you mean --config ",
                           strstr(word, ".y") == NULL ? "" : word);
        }
        if (value == NULL) {
            if (i + 1 == args->argc || strncmp(args->argv[i + 1], "--", 2) == 0) {
                return dj_fail(err, DJ_USAGE,
                               "%s needs a value: %s VALUE, or %s=VALUE for one that "
                               "begins with --",
                               word, word, word);
            }
            value = args->argv[++i];
        }
        name = dj_xstrndup(word + 2, equals == NULL ? strlen(word + 2)
                                                    : (size_t)(equals - word - 2));
        if (strcmp(name, "config") == 0) {
            if (config_only && doc->config.config_path != NULL) {
                status =
                    dj_fail(err, DJ_USAGE,
                            "--config is given twice (%s and %s); a run has one recipe",
                            doc->config.config_path, value);
            } else {
                doc->config.config_path = value;
            }
        } else if (!config_only) {
            status = read_option(doc, name, value, problems, err);
        }
        dj_xfree(name);
        DJ_TRY(status);
    }
    return DJ_OK;
}

static enum dj_status load(struct dj_config_doc *doc, struct dj_problems *problems,
                           struct dj_error *err)
{
    const char *path;

    DJ_TRY(dj_param_defaults(dj_config_params(), &doc->config, doc->arena, err));
    DJ_TRY(read_words(doc, true, problems, err));
    path = doc->config.config_path;
    if (path != NULL) {
        DJ_TRY(read_file(doc, path, problems, err));
    } else if (doc->args.argc == 0) {
        return dj_fail(err, DJ_USAGE,
                       "no recipe: dj-mpi --config FILE; dj-mpi --help says more");
    }
    DJ_TRY(read_words(doc, false, problems, err));
    dj_recipe_read(doc, problems);
    dj_config_check(doc, problems);
    return DJ_OK;
}

enum dj_status dj_config_load(const struct dj_config_args *args,
                              struct dj_config_doc **out, struct dj_error *err)
{
    struct dj_config_doc *doc = dj_xmalloc(sizeof(*doc));
    struct dj_error collected = { .text = "" };
    struct dj_problems problems = { .out = &collected };
    enum dj_status status;

    doc->args = *args;
    doc->arena = dj_arena_new(65536);
    doc->sources = dj_xcalloc(dj_key_count(), sizeof(*doc->sources));
    status = load(doc, &problems, err);
    if (status == DJ_OK && problems.count > 0) {
        *err = collected;
        status = collected.status;
    }
    if (status != DJ_OK) {
        dj_config_free(doc);
        return status;
    }
    *out = doc;
    return DJ_OK;
}

void dj_config_free(struct dj_config_doc *doc)
{
    if (doc == NULL) {
        return;
    }
    for (size_t i = 0; i < doc->nvalues; i++) {
        dj_yaml_free(doc->values[i]);
    }
    dj_xfree(doc->values);
    dj_yaml_free(doc->yaml);
    dj_xfree(doc->sources);
    dj_xfree(doc->notes);
    dj_arena_free(doc->arena);
    dj_xfree(doc);
}

const struct dj_config *dj_config_get(const struct dj_config_doc *doc)
{
    return &doc->config;
}

const struct dj_config_args *dj_config_command_line(const struct dj_config_doc *doc)
{
    return &doc->args;
}

size_t dj_config_note_count(const struct dj_config_doc *doc)
{
    return doc->nnotes;
}

const struct dj_config_note *dj_config_note_at(const struct dj_config_doc *doc, size_t i)
{
    return &doc->notes[i];
}

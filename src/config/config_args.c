/*
 * What the command line gives: --config FILE, --KEY VALUE, --KEY=VALUE, and
 * --OPERATOR.PARAMETER VALUE for operators of the recipe.
 */
#include "config/config_private.h"

#include "dj/json.h"

/* One option, taken apart. */
struct option {
    char *name;        /* without dashes, with _ for - where that makes it known */
    char *label;       /* as it was given: "--partition.size" */
    const char *value; /* borrowed from argv */
};

/* --- values ------------------------------------------------------------------------ */

/* A text as JSON string, which is YAML; a list of them for "a,b". */
static enum dj_status quote_text(const char *text, bool list, bool divide,
                                 struct dj_buf *yaml)
{
    if (!list) {
        return dj_json_quote_any(yaml, dj_str_from(text));
    }
    DJ_TRY(dj_buf_putc(yaml, '['));
    for (;;) {
        const size_t len = divide ? strcspn(text, ",") : strlen(text);

        DJ_TRY(dj_json_quote_any(yaml, (struct dj_str){ text, len }));
        if (text[len] == '\0') {
            break;
        }
        DJ_TRY(dj_buf_putc(yaml, ','));
        text += len + 1;
    }
    return dj_buf_putc(yaml, ']');
}

enum dj_status dj_config_parse_value(struct dj_config_doc *doc,
                                     const struct dj_param *param, const char *label,
                                     const char *text, const struct dj_yaml_node **node,
                                     struct dj_error *err)
{
    const bool null = strcmp(text, "null") == 0 || text[0] == '\0';
    const bool list = param != NULL && param->type == DJ_PARAM_TEXTS && text[0] != '[';
    const bool raw = param != NULL && param->type == DJ_PARAM_TEXT;
    enum dj_status status;
    struct dj_yaml *value;
    struct dj_buf yaml;

    dj_buf_init(&yaml);
    if (!null && (list || raw)) {
        status = quote_text(text, list, (param->flags & DJ_PARAM_PATHS) == 0, &yaml);
    } else {
        status = dj_buf_append(&yaml, dj_str_from(text));
    }
    if (status == DJ_OK) {
        status = dj_yaml_parse(dj_buf_str(&yaml), label, &value, err);
    } else {
        dj_fail(err, status, "%s: out of memory", label);
    }
    dj_buf_release(&yaml);
    DJ_TRY(status);
    doc->values = dj_xrealloc(doc->values, (doc->nvalues + 1) * sizeof(*doc->values));
    doc->values[doc->nvalues++] = value;
    *node = dj_yaml_root(value);
    return DJ_OK;
}

/* --- options ------------------------------------------------------------------------ */

static bool is_known(const char *name)
{
    return strcmp(name, "config") == 0 || strcmp(name, "process") == 0 ||
           dj_param_find(dj_config_params(), name) != NULL ||
           dj_legacy_find(name) != NULL;
}

/* --job-id is --job_id, and so is --custom-operator-paths. */
static void underscore(char *name)
{
    char *other = dj_xstrdup(name);

    for (char *p = other; *p != '\0'; p++) {
        if (*p == '-') {
            *p = '_';
        }
    }
    if (!is_known(name) && is_known(other)) {
        memcpy(name, other, strlen(other));
    }
    dj_xfree(other);
}

/* --debug alone is --debug true. */
static bool is_switch(const char *name)
{
    const struct dj_param *param = dj_param_find(dj_config_params(), name);

    return param == NULL ? dj_legacy_find(name) != NULL : param->type == DJ_PARAM_BOOL;
}

static enum dj_status refuse_word(const char *word, struct dj_error *err)
{
    const size_t len = strlen(word);
    const bool recipe = (len > 5 && strcmp(word + len - 5, ".yaml") == 0) ||
                        (len > 4 && strcmp(word + len - 4, ".yml") == 0);

    if (recipe) {
        return dj_fail(err, DJ_USAGE, "\"%s\" stands alone; was --config %s meant?", word,
                       word);
    }
    return dj_fail(err, DJ_USAGE,
                   "\"%s\" is not expected here: settings are given as --KEY VALUE, the "
                   "recipe as --config FILE (a value with blanks needs quotes)",
                   word);
}

/* The option at argv[*i]; *i moves on to its last word. */
static enum dj_status next_option(const struct dj_config_args *args, int *i,
                                  struct option *option, struct dj_error *err)
{
    const char *word = args->argv[*i];
    const char *equals = strchr(word, '=');
    const size_t len = equals == NULL ? strlen(word) : (size_t)(equals - word);
    const char *next = *i + 1 < args->argc ? args->argv[*i + 1] : NULL;

    if (strncmp(word, "--", 2) != 0 || len == 2) {
        return refuse_word(word, err);
    }
    option->label = dj_xstrndup(word, len);
    option->name = dj_xstrdup(option->label + 2);
    underscore(option->name);
    if (equals != NULL) {
        option->value = equals + 1;
        return DJ_OK;
    }
    if (next != NULL && strncmp(next, "--", 2) != 0) {
        option->value = next;
        ++*i;
        return DJ_OK;
    }
    if (is_switch(option->name) || !is_known(option->name)) {
        option->value = "true"; /* what is not known is refused anyway */
        return DJ_OK;
    }
    return dj_fail(err, DJ_USAGE,
                   "%s needs a value: %s VALUE (or %s=VALUE for one that begins with --)",
                   option->label, option->label, option->label);
}

static void release(struct option *option)
{
    dj_xfree(option->name);
    dj_xfree(option->label);
    *option = (struct option){ 0 };
}

static const char *keep(struct dj_config_doc *doc, const char *text)
{
    return dj_arena_copy(doc->arena, (struct dj_str){ text, strlen(text) + 1 }).ptr;
}

/* --text_length_filter.min_len 10 */
static bool take_override(struct dj_config_doc *doc, const struct option *option)
{
    const char *dot = strchr(option->name, '.');
    char *name =
        dj_xstrndup(option->name, dot == NULL ? 0 : (size_t)(dot - option->name));
    const struct dj_op *op = dj_op_find(name);

    dj_xfree(name);
    if (op == NULL) {
        return false;
    }
    doc->overrides =
        dj_xrealloc(doc->overrides, (doc->noverrides + 1) * sizeof(*doc->overrides));
    doc->overrides[doc->noverrides++] = (struct dj_override){
        .op = op,
        .param = keep(doc, dot + 1),
        .text = option->value,
        .label = keep(doc, option->label),
    };
    return true;
}

static void take_unknown(struct dj_config_doc *doc, const struct option *option,
                         struct dj_problems *problems)
{
    const struct dj_legacy *legacy = dj_legacy_find(option->name);

    if (legacy != NULL && dj_legacy_is_refused(legacy) &&
        strcmp(option->value, "false") != 0) {
        dj_problem(problems, NULL, "%s is not possible here, because %s: leave it out",
                   option->label, legacy->why);
    } else if (legacy != NULL) {
        dj_config_note(doc, legacy->name, "%s has no effect here, because %s",
                       option->label, legacy->why);
    } else if (dj_config_is_section(option->name)) {
        dj_problem(problems, NULL,
                   "%s is a section: give one of its keys, as in %s.KEY VALUE",
                   option->label, option->label);
    } else if (!take_override(doc, option) &&
               (!doc->operators_lack || strchr(option->name, '.') == NULL)) {
        dj_config_unknown_key(doc, NULL, "", option->name, "--", problems);
    }
}

static enum dj_status take_option(struct dj_config_doc *doc, const struct option *option,
                                  enum dj_word_pass which, struct dj_problems *problems,
                                  struct dj_error *err)
{
    const struct dj_param *param = dj_param_find(dj_config_params(), option->name);
    const bool process = strcmp(option->name, "process") == 0;
    const bool setting = param != NULL || process;
    const struct dj_yaml_node *node;
    enum dj_status status;

    if (strcmp(option->name, "config") == 0 || setting != (which == DJ_WORDS_SETTINGS)) {
        return DJ_OK;
    }
    if (!setting) {
        take_unknown(doc, option, problems);
        return DJ_OK;
    }
    status = dj_config_parse_value(doc, param, option->label, option->value, &node, err);
    if (status == DJ_CONFIG) {
        dj_problem_error(problems, NULL, err);
        return DJ_OK;
    }
    DJ_TRY(status);
    if (process) {
        doc->process = node;
        doc->process_origin = "--process";
        return DJ_OK;
    }
    doc->sources[dj_key_index(param)] = (struct dj_setting_source){
        .given = true,
        .command_line = true,
        .name = keep(doc, option->label),
        .node = dj_yaml_as_null(node) ? NULL : node,
    };
    return DJ_OK;
}

enum dj_status dj_config_find_file(struct dj_config_doc *doc, struct dj_error *err)
{
    for (int i = 0; i < doc->args.argc; i++) {
        struct option option = { 0 };
        enum dj_status status = next_option(&doc->args, &i, &option, err);

        if (status == DJ_OK && strcmp(option.name, "config") == 0) {
            if (doc->config.config_path != NULL) {
                status = dj_fail(err, DJ_USAGE,
                                 "--config is given twice (%s and %s), and a run has one "
                                 "recipe",
                                 doc->config.config_path, option.value);
            } else if (option.value[0] == '\0') {
                status = dj_fail(err, DJ_USAGE,
                                 "--config needs the name of a recipe: --config FILE");
            }
            doc->config.config_path = keep(doc, option.value);
        }
        release(&option);
        DJ_TRY(status);
    }
    return DJ_OK;
}

enum dj_status dj_config_read_words(struct dj_config_doc *doc, enum dj_word_pass which,
                                    struct dj_problems *problems, struct dj_error *err)
{
    for (int i = 0; i < doc->args.argc; i++) {
        struct option option = { 0 };
        enum dj_status status = next_option(&doc->args, &i, &option, err);

        if (status == DJ_OK) {
            status = take_option(doc, &option, which, problems, err);
        }
        release(&option);
        DJ_TRY(status);
    }
    return DJ_OK;
}

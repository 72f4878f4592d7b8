/*
 * Loading a configuration: the recipe file and the command line say which keys are
 * given; then every key is set, the process list is read, and what concerns several
 * keys is checked. Every problem that is found is reported.
 */
#include "config/config_private.h"

enum { ARENA_BLOCK = 64 << 10 };

size_t dj_key_count(void)
{
    size_t count = 0;

    while (dj_config_params()[count].name != NULL) {
        count++;
    }
    return count;
}

static void set_key(struct dj_config_doc *doc, const struct dj_param *param,
                    struct dj_problems *problems)
{
    struct dj_setting_source *source = &doc->sources[dj_key_index(param)];
    char place[DJ_CONFIG_PLACE] = "";
    struct dj_error err;

    if (!source->given || source->node == NULL) {
        return;
    }
    if (!source->command_line) {
        dj_place(dj_yaml_origin(doc->yaml), source->node, place);
    }
    if (dj_param_set(param, &doc->config, source->node, doc->arena, place, source->name,
                     &err) != DJ_OK) {
        dj_problem_error(problems, source->key, &err);
        source->refused = true;
    }
}

static enum dj_status load(struct dj_config_doc *doc, struct dj_problems *problems,
                           struct dj_error *err)
{
    const struct dj_param *params = dj_config_params();

    DJ_TRY(dj_param_defaults(params, &doc->config, doc->arena, err));
    DJ_TRY(dj_config_find_file(doc, err));
    if (doc->args.argc == 0) {
        return dj_fail(err, DJ_USAGE,
                       "no recipe is given: --config FILE (dj-mpi --help says more)");
    }
    if (doc->config.config_path != NULL) {
        DJ_TRY(dj_config_read_file(doc, doc->config.config_path, problems, err));
    }
    DJ_TRY(dj_config_read_words(doc, DJ_WORDS_SETTINGS, problems, err));
    for (size_t i = 0; params[i].name != NULL; i++) {
        set_key(doc, &params[i], problems);
    }
    dj_config_load_operators(doc, problems);
    DJ_TRY(dj_config_read_words(doc, DJ_WORDS_REST, problems, err));
    dj_recipe_read(doc, problems);
    dj_config_check(doc, problems);
    doc->config.recipe.keep_hashes = doc->config.keep_hashes_in_res_ds;
    return DJ_OK;
}

static struct dj_config_doc *new_doc(const struct dj_config_args *args)
{
    struct dj_config_doc *doc = dj_xmalloc(sizeof(*doc));

    doc->args = *args;
    doc->arena = dj_arena_new(ARENA_BLOCK);
    doc->sources = dj_xcalloc(dj_key_count(), sizeof(*doc->sources));
    return doc;
}

/* Other keys may be missing or wrong: nobody asked for them. */
static enum dj_status load_operators(struct dj_config_doc *doc,
                                     struct dj_problems *problems, struct dj_error *err)
{
    const struct dj_param *param =
        dj_param_find(dj_config_params(), "custom_operator_paths");
    struct dj_problems others = { 0 };
    enum dj_status status;

    DJ_TRY(dj_config_find_file(doc, err));
    status = doc->config.config_path == NULL
                 ? DJ_OK
                 : dj_config_read_file(doc, doc->config.config_path, &others, err);
    if (status == DJ_OK) {
        status = dj_config_read_words(doc, DJ_WORDS_SETTINGS, &others, err);
    }
    dj_problems_release(&others);
    DJ_TRY(status);
    set_key(doc, param, problems);
    dj_config_load_operators(doc, problems);
    return DJ_OK;
}

enum dj_status dj_config_operators(const struct dj_config_args *args,
                                   struct dj_error *err)
{
    struct dj_config_doc *doc = new_doc(args);
    struct dj_problems problems = { 0 };
    enum dj_status status = load_operators(doc, &problems, err);

    if (status == DJ_OK && problems.count > 0) {
        status = dj_problems_fail(&problems, err);
    }
    dj_problems_release(&problems);
    dj_config_free(doc);
    return status;
}

enum dj_status dj_config_load(const struct dj_config_args *args,
                              struct dj_config_doc **out, struct dj_error *err)
{
    struct dj_config_doc *doc = new_doc(args);
    struct dj_problems problems = { 0 };
    enum dj_status status;

    *out = NULL;
    status = load(doc, &problems, err);
    if (status == DJ_OK && problems.count > 0) {
        status = dj_problems_fail(&problems, err);
    }
    dj_problems_release(&problems);
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
    dj_xfree(doc->overrides);
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

/* The process list: names of operators and their parameters, checked. */
#include "config/config_private.h"

#include "dj/custom.h"
#include "dj/hash.h"

/* --- names of operators ----------------------------------------------------------------
 */

static const char *next_op_name(void *context, size_t index)
{
    (void)context;
    if (index < dj_op_count()) {
        return dj_op_at(index)->name;
    }
    return dj_op_of_data_juicer(index - dj_op_count()); /* some come twice: no matter */
}

static bool is_foreign(const char *name)
{
    const char *known;

    for (size_t i = 0; (known = dj_op_of_data_juicer(i)) != NULL; i++) {
        if (strcmp(known, name) == 0) {
            return dj_op_find(name) == NULL;
        }
    }
    return false;
}

/* "TextLengthFilter" and "text-length filter" are text_length_filter. Returns new. */
static char *plain_name(const char *name)
{
    char *plain = dj_xmalloc(2 * strlen(name) + 1);
    size_t len = 0;

    for (size_t i = 0; name[i] != '\0'; i++) {
        const bool upper = name[i] >= 'A' && name[i] <= 'Z';

        if (upper && i > 0 && name[i - 1] >= 'a' && name[i - 1] <= 'z') {
            plain[len++] = '_';
        }
        if (upper) {
            plain[len++] = (char)(name[i] - 'A' + 'a');
        } else {
            plain[len++] = name[i] == '-' || name[i] == ' ' ? '_' : name[i];
        }
    }
    return plain;
}

static void unknown_op(struct dj_config_doc *doc, const struct dj_yaml_node *name,
                       struct dj_problems *problems)
{
    char *plain = plain_name(name->text);
    const char *nearest = dj_nearest_name(plain, next_op_name, NULL);
    char place[DJ_CONFIG_PLACE];

    dj_place(doc->process_origin, name, place);
    if (dj_op_find(plain) != NULL && strcmp(plain, name->text) != 0) {
        dj_problem(problems, name,
                   "%sthere is no operator %.200s; operators are written in small "
                   "letters, with _ between words: %s",
                   place, name->text, plain);
    } else if (nearest == NULL) {
        dj_problem(problems, name,
                   "%sthere is no operator %.200s; dj-mpi ops lists those that there are",
                   place, name->text);
    } else {
        dj_problem(problems, name, "%sthere is no operator %.200s; was %s meant?%s",
                   place, name->text, nearest,
                   dj_op_find(nearest) == NULL ? " (dj-mpi does not have that one either)"
                                               : "");
    }
    dj_xfree(plain);
}

/* An operator that is not in the table. */
static void missing_op(struct dj_config_doc *doc, const struct dj_yaml_node *name,
                       struct dj_problems *problems)
{
    char place[DJ_CONFIG_PLACE];

    if (!is_foreign(name->text)) {
        unknown_op(doc, name, problems);
    } else if (doc->config.skip_unsupported_ops) {
        dj_config_note(doc, name->text,
                       "%s is left out, because dj-mpi does not have this operator of "
                       "Data-Juicer",
                       name->text);
    } else {
        dj_place(doc->process_origin, name, place);
        dj_problem(problems, name,
                   "%s%s is an operator of Data-Juicer that dj-mpi does not have: take "
                   "it out, or go on without it by --skip_unsupported_ops true",
                   place, name->text);
    }
}

/* --- the shape of an entry -------------------------------------------------------------
 */

/* An entry with several keys is most often a slip of the indentation. */
static void two_in_one(struct dj_config_doc *doc, const struct dj_yaml_node *item,
                       struct dj_problems *problems)
{
    const struct dj_yaml_node *first = item->pairs[0].key;
    const struct dj_yaml_node *second = item->pairs[1].key;
    const struct dj_op *op = dj_op_find(first->text);
    char place[DJ_CONFIG_PLACE];

    dj_place(doc->process_origin, second, place);
    if (dj_op_find(second->text) != NULL || is_foreign(second->text)) {
        dj_problem(problems, second,
                   "%s%.200s is a second operator in one entry of process: begin an "
                   "entry of its own with \"- \"",
                   place, second->text);
    } else if (op != NULL &&
               (dj_param_find(op->params, second->text) != NULL ||
                dj_param_find(dj_op_common_params(), second->text) != NULL)) {
        dj_problem(problems, second,
                   "%s%s is a parameter of %s: indent it by two more blanks, so that it "
                   "stands below the name",
                   place, second->text, op->name);
    } else {
        dj_problem(problems, second,
                   "%s%.200s stands beside %.200s in one entry of process: indent it by "
                   "two more blanks if it is a parameter, or begin an entry of its own "
                   "with \"- \" if it is an operator",
                   place, second->text, first->text);
    }
}

/* Name and parameters (NULL: none) of an entry; false when it has another shape. */
static bool take_apart(struct dj_config_doc *doc, const struct dj_yaml_node *item,
                       struct dj_problems *problems, const struct dj_yaml_node **name,
                       const struct dj_yaml_node **params)
{
    const struct dj_yaml_node *value;
    char place[DJ_CONFIG_PLACE];

    *name = item;
    *params = NULL;
    if (item->kind == DJ_YAML_SCALAR) {
        return true;
    }
    if (item->kind != DJ_YAML_MAPPING || item->count == 0) {
        dj_place(doc->process_origin, item, place);
        dj_problem(problems, item,
                   "%san entry of process is the name of an operator, with its "
                   "parameters below it, such as \"- text_length_filter:\"",
                   place);
        return false;
    }
    if (item->count > 1) {
        two_in_one(doc, item, problems);
        return false;
    }
    *name = item->pairs[0].key;
    value = item->pairs[0].value;
    if (value->kind != DJ_YAML_NULL && value->kind != DJ_YAML_MAPPING) {
        dj_place(doc->process_origin, value, place);
        dj_problem(problems, value,
                   "%sthe parameters of %.200s are names with values, such as \"min_len: "
                   "10\" on a line of its own; this is %s",
                   place, (*name)->text,
                   value->kind == DJ_YAML_SEQUENCE ? "a list" : "a single value");
        return false;
    }
    *params = value->kind == DJ_YAML_MAPPING ? value : NULL;
    return true;
}

/* --- the list ----------------------------------------------------------------------- */

static void read_entry(struct dj_config_doc *doc, const struct dj_yaml_node *item,
                       struct dj_problems *problems)
{
    struct dj_recipe *recipe = &doc->config.recipe;
    struct dj_recipe_op *out = &recipe->ops[recipe->count];
    const struct dj_yaml_node *name;
    const struct dj_yaml_node *params;
    struct dj_error err;

    if (!take_apart(doc, item, problems, &name, &params)) {
        return;
    }
    *out = (struct dj_recipe_op){ .op = dj_op_find(name->text),
                                  .line = name->line,
                                  .column = name->column };
    if (out->op == NULL && doc->operators_lack) {
        return; /* a library may have it */
    }
    if (out->op == NULL) {
        missing_op(doc, name, problems);
    } else if (dj_recipe_params(doc, params, out, &doc->op_sources[recipe->count],
                                problems, &err) != DJ_OK) {
        dj_problem_error(problems, name, &err);
    } else {
        recipe->count++;
    }
}

static bool has_list(struct dj_config_doc *doc, struct dj_problems *problems)
{
    const struct dj_yaml_node *list = doc->process;
    char place[DJ_CONFIG_PLACE];

    if (list == NULL && doc->process_meant) {
        return false;
    }
    if (list == NULL) {
        dj_problem(problems, NULL,
                   "%s: process is missing: list the operators, or write \"process: []\" "
                   "to copy the samples as they are",
                   dj_config_origin(doc));
        return false;
    }
    if (list->kind == DJ_YAML_SEQUENCE) {
        return true;
    }
    dj_place(doc->process_origin, list, place);
    if (list->kind == DJ_YAML_NULL) {
        dj_problem(problems, list,
                   "%sprocess is empty: list the operators, or write \"process: []\" to "
                   "copy the samples as they are",
                   place);
    } else {
        dj_problem(problems, list,
                   "%sprocess is a list: put \"- \" in front of each operator", place);
    }
    return false;
}

bool dj_recipe_counts(const struct dj_param *param)
{
    return (param->flags & (DJ_PARAM_NO_EFFECT | DJ_PARAM_NOT_YET)) == 0 &&
           strcmp(param->name, "skip_op_error") != 0;
}

static enum dj_status hash_params(const struct dj_param *table, const void *conf,
                                  struct dj_buf *text)
{
    for (const struct dj_param *p = table; p != NULL && p->name != NULL; p++) {
        if (dj_recipe_counts(p)) {
            DJ_TRY(dj_buf_printf(text, ", \"%s\": ", p->name));
            DJ_TRY(dj_param_to_json(p, conf, text));
        }
    }
    return DJ_OK;
}

/* The library of an operator counts as its version does. */
static enum dj_status hash_version(const struct dj_op *op, struct dj_buf *text)
{
    const uint64_t library = dj_custom_digest(op);
    char digest[DJ_HASH64_TEXT];

    DJ_TRY(
        dj_buf_printf(text, "{\"op\": \"%s\", \"version\": %d", op->name, op->version));
    if (library == 0) {
        return DJ_OK;
    }
    dj_hash64_text(library, digest);
    return dj_buf_printf(text, ", \"library\": \"%s\"", digest);
}

static enum dj_status hash_recipe(struct dj_recipe *recipe, struct dj_buf *text)
{
    for (size_t i = 0; i < recipe->count; i++) {
        struct dj_recipe_op *op = &recipe->ops[i];
        const size_t begin = text->len;

        DJ_TRY(hash_version(op->op, text));
        DJ_TRY(hash_params(op->op->params, op->conf, text));
        DJ_TRY(hash_params(dj_op_common_params(), &op->common, text));
        DJ_TRY(dj_buf_append(text, DJ_STR("}\n")));
        op->hash = dj_hash64((struct dj_str){ text->ptr + begin, text->len - begin });
    }
    recipe->hash = dj_hash64(dj_buf_str(text));
    return DJ_OK;
}

static void read_list(struct dj_config_doc *doc, struct dj_problems *problems)
{
    struct dj_recipe *recipe = &doc->config.recipe;
    const size_t count = doc->process->count;
    struct dj_error err;
    struct dj_buf text;

    recipe->ops =
        dj_arena_alloc(doc->arena, dj_size_mul(count + 1, sizeof(*recipe->ops)));
    doc->op_sources =
        dj_arena_alloc(doc->arena, dj_size_mul(count + 1, sizeof(*doc->op_sources)));
    dj_buf_init(&text);
    if (recipe->ops == NULL || doc->op_sources == NULL) {
        dj_fail(&err, DJ_NOMEM, "process: out of memory");
        dj_problem_error(problems, NULL, &err);
    } else {
        for (size_t i = 0; i < count; i++) {
            read_entry(doc, doc->process->items[i], problems);
        }
        if (hash_recipe(recipe, &text) != DJ_OK) {
            dj_fail(&err, DJ_NOMEM, "process: out of memory");
            dj_problem_error(problems, NULL, &err);
        }
    }
    dj_buf_release(&text);
}

void dj_recipe_read(struct dj_config_doc *doc, struct dj_problems *problems)
{
    if (has_list(doc, problems)) {
        read_list(doc, problems);
    }
    for (size_t i = 0; i < doc->noverrides; i++) {
        if (!doc->overrides[i].used) {
            dj_problem(problems, NULL, "%s: the recipe does not use %s: leave it out",
                       doc->overrides[i].label, doc->overrides[i].op->name);
        }
    }
}

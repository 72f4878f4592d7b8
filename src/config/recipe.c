/* The process list: names of operators and their parameters, checked. */
#include "config/config_private.h"

#include "dj/hash.h"
#include "dj/json.h"

#include <stdio.h>

/* What reading one operator needs. */
struct entry {
    struct dj_config_doc *doc;
    struct dj_problems *problems;
    const struct dj_yaml_node *name;
    const struct dj_yaml_node *params; /* NULL: none */
};

static void problem(const struct entry *entry, const struct dj_yaml_node *node,
                    const char *fmt, ...) DJ_PRINTF(3, 4);

static void problem(const struct entry *entry, const struct dj_yaml_node *node,
                    const char *fmt, ...)
{
    char place[DJ_PLACE_TEXT];
    struct dj_error err;
    va_list args;

    va_start(args, fmt);
    (void)dj_vfail(&err, DJ_CONFIG, fmt, args);
    va_end(args);
    dj_place(entry->doc->process_origin, node, place);
    (void)dj_error_prefix(&err, "%s", place);
    dj_problems_add(entry->problems, &err);
}

static const char *next_op_name(void *context, size_t index)
{
    (void)context;
    if (index < dj_op_count()) {
        return dj_op_at(index)->name;
    }
    return dj_op_foreign(index - dj_op_count());
}

static bool is_foreign(const char *name)
{
    const char *foreign;

    for (size_t i = 0; (foreign = dj_op_foreign(i)) != NULL; i++) {
        if (strcmp(foreign, name) == 0) {
            return true;
        }
    }
    return false;
}

/* An operator that is not in the table; true when the recipe goes on without it. */
static bool missing_op(const struct entry *entry)
{
    const char *name = entry->name->text;
    const char *nearest;

    if (is_foreign(name)) {
        if (entry->doc->config.skip_unsupported_ops) {
            char *text = dj_xprintf(
                "%s is left out: dj-mpi does not have this operator of Data-Juicer",
                name);

            dj_config_add_note(entry->doc, name, text);
            dj_xfree(text);
            return true;
        }
        problem(
            entry, entry->name,
            "%s is an operator of Data-Juicer that dj-mpi does not have; take it out, or "
            "run without it by --skip_unsupported_ops true (dj-mpi ops lists those that "
            "are there)",
            name);
        return false;
    }
    nearest = dj_nearest_name(name, next_op_name, NULL);
    if (nearest == NULL) {
        problem(entry, entry->name,
                "there is no operator %.200s; dj-mpi ops lists those that are there",
                name);
    } else {
        problem(entry, entry->name, "there is no operator %.200s; did you mean %s?", name,
                nearest);
    }
    return false;
}

/* --- parameters ----------------------------------------------------------------------
 */

static const char *next_param_name(void *context, size_t index)
{
    const struct dj_op *op = context;
    const struct dj_param *common = dj_op_common_params();
    size_t own = 0;

    while (op->params != NULL && op->params[own].name != NULL) {
        own++;
    }
    return index < own ? op->params[index].name : common[index - own].name;
}

static void set_param(const struct entry *entry, struct dj_recipe_op *out,
                      const struct dj_yaml_node *key, const struct dj_yaml_node *value)
{
    const struct dj_param *param = dj_param_find(out->op->params, key->text);
    void *conf = out->conf;
    char place[DJ_PLACE_TEXT];
    struct dj_error err;
    char *label;

    if (param == NULL) {
        param = dj_param_find(dj_op_common_params(), key->text);
        conf = &out->common;
    }
    if (param == NULL) {
        const char *nearest =
            dj_nearest_name(key->text, next_param_name, (void *)(uintptr_t)out->op);

        if (nearest == NULL) {
            problem(entry, key, "%s has no parameter %.200s; dj-mpi ops %s lists them",
                    out->op->name, key->text, out->op->name);
        } else {
            problem(entry, key, "%s has no parameter %.200s; did you mean %s?",
                    out->op->name, key->text, nearest);
        }
        return;
    }
    label = dj_xprintf("%s.%s", out->op->name, key->text);
    if ((param->flags & DJ_PARAM_NO_EFFECT) != 0) {
        char *text = dj_xprintf("%s of operators has no effect here, because %s",
                                param->name, param->why);

        dj_config_add_note(entry->doc, param->name, text);
        dj_xfree(text);
    } else {
        dj_place(entry->doc->process_origin, value->line > 0 ? value : key, place);
        if (dj_param_set(param, conf, value, entry->doc->arena, place, label, &err) !=
            DJ_OK) {
            dj_problems_add(entry->problems, &err);
        }
    }
    dj_xfree(label);
}

static enum dj_status store_args(const struct entry *entry, struct dj_recipe_op *out)
{
    enum dj_status status = DJ_OK;
    struct dj_buf json;

    dj_buf_init(&json);
    if (entry->params == NULL) {
        status = dj_buf_append(&json, DJ_STR("{}"));
    } else {
        status = dj_yaml_to_json(entry->params, &json);
    }
    if (status == DJ_OK) {
        status = dj_buf_putc(&json, '\0');
    }
    if (status == DJ_OK) {
        out->args = dj_arena_copy(entry->doc->arena, dj_buf_str(&json)).ptr;
    }
    dj_buf_release(&json);
    return out->args == NULL ? DJ_NOMEM : status;
}

/* Fills one operator; false when there is nothing to add. */
static bool read_op(const struct entry *entry, struct dj_recipe_op *out)
{
    struct dj_config_doc *doc = entry->doc;
    struct dj_error err;

    *out = (struct dj_recipe_op){ .op = dj_op_find(entry->name->text),
                                  .line = entry->name->line,
                                  .column = entry->name->column };
    if (out->op == NULL) {
        (void)missing_op(entry);
        return false;
    }
    out->conf = dj_arena_alloc(doc->arena, out->op->conf_size);
    if (out->conf == NULL || store_args(entry, out) != DJ_OK) {
        dj_fail(&err, DJ_NOMEM, "out of memory");
        dj_problems_add(entry->problems, &err);
        return false;
    }
    memset(out->conf, 0, out->op->conf_size);
    if (dj_param_defaults(out->op->params, out->conf, doc->arena, &err) != DJ_OK ||
        dj_param_defaults(dj_op_common_params(), &out->common, doc->arena, &err) !=
            DJ_OK) {
        dj_problems_add(entry->problems, &err);
        return false;
    }
    out->common.skip_op_error = doc->config.skip_op_error;
    for (size_t i = 0; entry->params != NULL && i < entry->params->count; i++) {
        set_param(entry, out, entry->params->pairs[i].key, entry->params->pairs[i].value);
    }
    return true;
}

/* --- the list
 * --------------------------------------------------------------------------- */

/* Name and parameters of an item; false when it has another shape. */
static bool take_apart(struct entry *entry, const struct dj_yaml_node *item)
{
    entry->name = item;
    entry->params = NULL;
    if (item->kind == DJ_YAML_SCALAR) {
        return true;
    }
    if (item->kind != DJ_YAML_MAPPING || item->count == 0) {
        problem(entry, item,
                "an item of process is the name of an operator with its parameters below "
                "it, such as \"- text_length_filter:\"");
        return false;
    }
    entry->name = item->pairs[0].key;
    if (item->count > 1) {
        problem(
            entry, item->pairs[1].key,
            "%s stands beside %s in one item: indent it by two more blanks if it is a "
            "parameter, or begin a new item with \"- \" if it is an operator",
            item->pairs[1].key->text, entry->name->text);
        return false;
    }
    if (item->pairs[0].value->kind == DJ_YAML_NULL) {
        return true;
    }
    if (item->pairs[0].value->kind != DJ_YAML_MAPPING) {
        problem(
            entry, item->pairs[0].value,
            "the parameters of %s are a map, such as \"min_len: 10\" on a line of its "
            "own; this is %s",
            entry->name->text,
            item->pairs[0].value->kind == DJ_YAML_SEQUENCE ? "a list" : "a single value");
        return false;
    }
    entry->params = item->pairs[0].value;
    return true;
}

/* The effective parameters of an operator as one line of JSON. */
enum dj_status dj_recipe_op_json(const struct dj_recipe_op *op, struct dj_buf *out)
{
    const struct dj_param *tables[] = { op->op->params, dj_op_common_params() };
    const void *confs[] = { op->conf, &op->common };
    bool first = true;

    DJ_TRY(dj_buf_printf(out, "{\"version\": %d, \"params\": {", op->op->version));
    for (size_t t = 0; t < 2; t++) {
        for (const struct dj_param *p = tables[t]; p != NULL && p->name != NULL; p++) {
            if ((p->flags & DJ_PARAM_NO_EFFECT) != 0) {
                continue;
            }
            DJ_TRY(dj_buf_printf(out, "%s\"%s\": ", first ? "" : ", ", p->name));
            DJ_TRY(dj_param_to_json(p, confs[t], out));
            first = false;
        }
    }
    return dj_buf_append(out, DJ_STR("}}"));
}

static enum dj_status hash_recipe(struct dj_recipe *recipe)
{
    enum dj_status status = DJ_OK;
    struct dj_buf text;

    dj_buf_init(&text);
    for (size_t i = 0; i < recipe->count && status == DJ_OK; i++) {
        status = dj_buf_printf(&text, "%s ", recipe->ops[i].op->name);
        if (status == DJ_OK) {
            status = dj_recipe_op_json(&recipe->ops[i], &text);
        }
    }
    recipe->hash = dj_hash64(dj_buf_str(&text));
    dj_buf_release(&text);
    return status;
}

void dj_recipe_read(struct dj_config_doc *doc, struct dj_problems *problems)
{
    struct entry entry = { .doc = doc, .problems = problems };
    struct dj_recipe *recipe = &doc->config.recipe;
    const struct dj_yaml_node *list = doc->process;
    struct dj_error err;

    if (list == NULL) {
        dj_fail(&err, DJ_CONFIG,
                "%s: process is missing; list the operators, or write \"process: []\" to "
                "copy the samples",
                doc->config.config_path == NULL ? "command line"
                                                : doc->config.config_path);
        dj_problems_add(problems, &err);
        return;
    }
    if (list->kind != DJ_YAML_SEQUENCE && list->kind != DJ_YAML_NULL) {
        problem(&entry, list,
                "process is a list: each operator on a line of its own that begins with "
                "\"- \"");
        return;
    }
    recipe->ops = dj_arena_alloc(doc->arena, (list->count + 1) * sizeof(*recipe->ops));
    if (recipe->ops == NULL) {
        dj_fail(&err, DJ_NOMEM, "out of memory");
        dj_problems_add(problems, &err);
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (take_apart(&entry, list->items[i])) {
            recipe->count += read_op(&entry, &recipe->ops[recipe->count]);
        }
    }
    if (hash_recipe(recipe) != DJ_OK) {
        dj_fail(&err, DJ_NOMEM, "out of memory");
        dj_problems_add(problems, &err);
    }
}

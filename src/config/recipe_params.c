/* The parameters of one operator: from the recipe, then from the command line. */
#include "config/config_private.h"

#include "dj/json.h"

/* What reading one operator's parameters needs. */
struct reading {
    struct dj_config_doc *doc;
    struct dj_problems *problems;
    struct dj_recipe_op *op;
    struct dj_op_sources *sources;
    const struct dj_yaml_node *params; /* as written in the recipe, or NULL */
};

static size_t count_params(const struct dj_param *params)
{
    size_t count = 0;

    while (params != NULL && params[count].name != NULL) {
        count++;
    }
    return count;
}

static const char *next_param_name(void *context, size_t index)
{
    const struct dj_op *op = context;
    const size_t own = count_params(op->params);

    return index < own ? op->params[index].name : dj_op_common_params()[index - own].name;
}

static void unknown_param(struct reading *r, const struct dj_yaml_node *node,
                          const char *place, const char *name)
{
    const char *op = r->op->op->name;
    const char *nearest =
        dj_nearest_name(name, next_param_name, (void *)(uintptr_t)r->op->op);

    if (nearest != NULL) {
        dj_problem(r->problems, node, "%s%s has no parameter %.200s; was %s meant?",
                   place, op, name, nearest);
    } else {
        dj_problem(r->problems, node,
                   "%s%s has no parameter %.200s; dj-mpi ops %s lists them", place, op,
                   name, op);
    }
}

/* The entry of a parameter, the struct it fills and its source; NULL without one. */
static const struct dj_param *find(struct reading *r, const char *name, void **conf,
                                   struct dj_setting_source **source)
{
    const struct dj_param *param = dj_param_find(r->op->op->params, name);

    if (param != NULL) {
        *conf = r->op->conf;
        *source = &r->sources->own[param - r->op->op->params];
        return param;
    }
    param = dj_param_find(dj_op_common_params(), name);
    if (param != NULL) {
        *conf = &r->op->common;
        *source = &r->sources->common[param - dj_op_common_params()];
    }
    return param;
}

static void set_written(struct reading *r, const struct dj_yaml_pair *pair)
{
    const char *origin = r->doc->process_origin;
    const char *name = pair->key->text;
    struct dj_setting_source *source;
    const struct dj_param *param;
    char place[DJ_CONFIG_PLACE];
    struct dj_error err;
    void *conf;
    char *label;

    param = find(r, name, &conf, &source);
    if (param == NULL) {
        dj_place(origin, pair->key, place);
        unknown_param(r, pair->key, place, name);
        return;
    }
    if ((param->flags & DJ_PARAM_NO_EFFECT) != 0) {
        label = dj_xprintf("process.%s", param->name);
        dj_config_note(r->doc, label,
                       "the parameter %s of operators has no effect here, because %s",
                       param->name, param->why);
        dj_xfree(label);
        return;
    }
    *source = (struct dj_setting_source){
        .given = true, .name = param->name, .key = pair->key, .node = pair->value
    };
    dj_place(origin, pair->value->line > 0 ? pair->value : pair->key, place);
    label = dj_xprintf("%s.%s", r->op->op->name, name);
    if (dj_param_set(param, conf, pair->value, r->doc->arena, place, label, &err) !=
        DJ_OK) {
        dj_problem_error(r->problems, pair->value, &err);
    }
    dj_xfree(label);
}

static void set_override(struct reading *r, struct dj_override *override)
{
    const bool first = !override->used;
    struct dj_setting_source *source;
    const struct dj_yaml_node *node;
    const struct dj_param *param;
    struct dj_error err;
    enum dj_status status;
    void *conf;
    char *place;

    override->used = true;
    param = find(r, override->param, &conf, &source);
    if (param == NULL) {
        if (first) {
            place = dj_xprintf("%s: ", override->label);
            unknown_param(r, NULL, place, override->param);
            dj_xfree(place);
        }
        return;
    }
    status = dj_config_parse_value(r->doc, param, override->label, override->text, &node,
                                   &err);
    if (status == DJ_OK && (param->flags & DJ_PARAM_NO_EFFECT) == 0) {
        *source = (struct dj_setting_source){
            .given = true, .command_line = true, .name = param->name, .node = node
        };
        status =
            dj_param_set(param, conf, node, r->doc->arena, "", override->label, &err);
    }
    if (status != DJ_OK && first) {
        dj_problem_error(r->problems, NULL, &err);
    }
}

/* --- the parameters as written ---------------------------------------------------------
 */

static enum dj_status write_node(struct dj_jsonw *w, const char *name,
                                 const struct dj_yaml_node *node)
{
    enum dj_status status;
    struct dj_buf value;

    dj_buf_init(&value);
    status = dj_yaml_to_json(node, &value);
    dj_jsonw_key(w, name);
    dj_jsonw_raw(w, dj_buf_str(&value));
    dj_buf_release(&value);
    return status;
}

/* Those of the command line, which stand for a name of the recipe or come after it. */
static enum dj_status write_overrides(const struct dj_param *table,
                                      const struct dj_setting_source *sources,
                                      struct dj_jsonw *w)
{
    for (size_t i = 0; table != NULL && table[i].name != NULL; i++) {
        if (sources[i].command_line) {
            DJ_TRY(write_node(w, table[i].name, sources[i].node));
        }
    }
    return DJ_OK;
}

static enum dj_status write_args(struct reading *r, struct dj_buf *out)
{
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 0);
    dj_jsonw_open(&w, '{');
    for (size_t i = 0; r->params != NULL && i < r->params->count; i++) {
        const struct dj_yaml_pair *pair = &r->params->pairs[i];
        struct dj_setting_source *source;
        void *conf;

        if (find(r, pair->key->text, &conf, &source) == NULL || !source->command_line) {
            DJ_TRY(write_node(&w, pair->key->text, pair->value));
        }
    }
    DJ_TRY(write_overrides(r->op->op->params, r->sources->own, &w));
    DJ_TRY(write_overrides(dj_op_common_params(), r->sources->common, &w));
    dj_jsonw_close(&w, '}');
    DJ_TRY(dj_jsonw_end(&w));
    return dj_buf_putc(out, '\0');
}

static enum dj_status store_args(struct reading *r)
{
    enum dj_status status;
    struct dj_buf json;

    dj_buf_init(&json);
    status = write_args(r, &json);
    if (status == DJ_OK) {
        r->op->args = dj_arena_copy(r->doc->arena, dj_buf_str(&json)).ptr;
    }
    dj_buf_release(&json);
    return r->op->args == NULL ? DJ_NOMEM : status;
}

/* --- all of it ---------------------------------------------------------------------- */

static struct dj_setting_source *new_sources(struct dj_config_doc *doc,
                                             const struct dj_param *params)
{
    const size_t size =
        dj_size_mul(count_params(params) + 1, sizeof(struct dj_setting_source));
    struct dj_setting_source *sources = dj_arena_alloc(doc->arena, size);

    if (sources != NULL) {
        memset(sources, 0, size);
    }
    return sources;
}

static enum dj_status prepare(struct reading *r, struct dj_error *err)
{
    const struct dj_op *op = r->op->op;
    struct dj_arena *arena = r->doc->arena;

    r->op->conf = dj_arena_alloc(arena, op->conf_size);
    r->sources->own = new_sources(r->doc, op->params);
    r->sources->common = new_sources(r->doc, dj_op_common_params());
    if (r->op->conf == NULL || r->sources->own == NULL || r->sources->common == NULL) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory", op->name);
    }
    memset(r->op->conf, 0, op->conf_size);
    DJ_TRY(dj_param_defaults(op->params, r->op->conf, arena, err));
    DJ_TRY(dj_param_defaults(dj_op_common_params(), &r->op->common, arena, err));
    r->op->common.skip_op_error = r->doc->config.skip_op_error;
    return DJ_OK;
}

enum dj_status dj_recipe_params(struct dj_config_doc *doc,
                                const struct dj_yaml_node *params,
                                struct dj_recipe_op *op, struct dj_op_sources *sources,
                                struct dj_problems *problems, struct dj_error *err)
{
    struct reading r = { doc, problems, op, sources, params };

    DJ_TRY(prepare(&r, err));
    for (size_t i = 0; params != NULL && i < params->count; i++) {
        set_written(&r, &params->pairs[i]);
    }
    for (size_t i = 0; i < doc->noverrides; i++) {
        if (doc->overrides[i].op == op->op) {
            set_override(&r, &doc->overrides[i]);
        }
    }
    if (store_args(&r) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory", op->op->name);
    }
    return DJ_OK;
}

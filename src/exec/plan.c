/* Checkpoint strategy and recipe to stages and parts: arithmetic, tested as such. */
#include "exec/plan.h"

#include "dj/global.h"
#include "dj/mem.h"

static bool is_named(const struct dj_strs *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_in_recipe(const struct dj_recipe *recipe, const char *name)
{
    for (size_t i = 0; i < recipe->count; i++) {
        if (strcmp(recipe->ops[i].op->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static enum dj_status check_names(const struct dj_config_doc *doc, struct dj_error *err)
{
    const struct dj_config *config = dj_config_get(doc);
    const struct dj_strs *names = &config->checkpoint.op_names;
    char place[DJ_CONFIG_PLACE];

    dj_config_place(doc, "checkpoint.op_names", place);
    if (names->count == 0) {
        return dj_fail(err, DJ_CONFIG,
                       "%scheckpoint.strategy manual needs checkpoint.op_names: the "
                       "operators after which a set is written",
                       place);
    }
    for (size_t i = 0; i < names->count; i++) {
        if (!is_in_recipe(&config->recipe, names->items[i])) {
            return dj_fail(err, DJ_CONFIG,
                           "%scheckpoint.op_names: the recipe has no operator '%s'; "
                           "name one that is in its process list",
                           place, names->items[i]);
        }
    }
    return DJ_OK;
}

/* A part ends after operator index op? */
static bool ends_after(const struct dj_config *config, size_t op)
{
    if (op + 1 == config->recipe.count) {
        return true;
    }
    switch ((enum dj_ckpt_strategy)config->checkpoint.strategy) {
    case DJ_CKPT_EVERY_OP:
        return true;
    case DJ_CKPT_EVERY_N_OPS:
        return (op + 1) % (size_t)config->checkpoint.n_ops == 0;
    case DJ_CKPT_MANUAL:
        return is_named(&config->checkpoint.op_names, config->recipe.ops[op].op->name);
    case DJ_CKPT_EVERY_PARTITION:
    case DJ_CKPT_DISABLED:
    case DJ_CKPT_AUTO:
        break;
    }
    return false;
}

/* Cuts operators [begin, end), of which only the last one may be global, into parts. */
static struct dj_stage make_stage(const struct dj_config *config, bool sets,
                                  size_t number, size_t begin, size_t end)
{
    struct dj_stage stage = {
        .number = number, .begin = begin, .end = end, .last = end == config->recipe.count
    };

    stage.ends = dj_xcalloc(end - begin + 1, sizeof(*stage.ends));
    for (size_t op = begin; op < end; op++) {
        if (op + 1 == end || (sets && ends_after(config, op))) {
            stage.ends[stage.nparts++] = op + 1;
        }
    }
    if (begin == end) { /* no operator is left: verdicts alone, or nothing at all */
        stage.ends[stage.nparts++] = end;
    }
    return stage;
}

/* Operators for which the order of rows, or which row a row is, would matter. */
static enum dj_status check_order(const struct dj_config_doc *doc, struct dj_plan *plan,
                                  struct dj_error *err)
{
    const struct dj_recipe *recipe = &dj_config_get(doc)->recipe;
    const struct dj_recipe_op *selector = NULL;

    for (size_t i = 0; i < recipe->count; i++) {
        const struct dj_recipe_op *op = &recipe->ops[i];
        char place[DJ_CONFIG_PLACE];

        if (selector != NULL &&
            (op->op->global != NULL || (op->op->flags & DJ_OP_MAKES_ROWS) != 0)) {
            dj_config_place(doc, "process", place);
            return dj_fail(err, DJ_CONFIG,
                           "%sprocess[%zu]: %s is not possible yet behind %s, which puts "
                           "the samples in another order: put it before",
                           place, i, op->op->name, selector->op->name);
        }
        if (op->op->global != NULL && op->op->global->verdicts == DJ_VERDICT_ORDER) {
            selector = op;
        }
    }
    if (selector != NULL && dj_config_get(doc)->export_shard_size > 0) {
        char place[DJ_CONFIG_PLACE];

        dj_config_place(doc, "export_shard_size", place);
        return dj_fail(err, DJ_CONFIG,
                       "%sexport_shard_size: shards are not possible yet with %s, which "
                       "puts the samples in another order: leave it out",
                       place, selector->op->name);
    }
    plan->ordered = selector != NULL;
    return DJ_OK;
}

enum dj_status dj_plan_make(const struct dj_config_doc *doc, struct dj_plan *plan,
                            struct dj_error *err)
{
    const struct dj_config *config = dj_config_get(doc);
    const struct dj_recipe *recipe = &config->recipe;
    const int strategy = config->checkpoint.strategy;
    const bool sets = config->checkpoint.enabled && strategy != DJ_CKPT_DISABLED;
    size_t begin = 0;

    *plan =
        (struct dj_plan){ .sets = sets, .automatic = sets && strategy == DJ_CKPT_AUTO };
    if (sets && strategy == DJ_CKPT_MANUAL) {
        DJ_TRY(check_names(doc, err));
    }
    DJ_TRY(check_order(doc, plan, err));
    plan->stages = dj_xcalloc(recipe->count + 1, sizeof(*plan->stages));
    for (size_t op = 0; op < recipe->count; op++) {
        if (recipe->ops[op].op->global != NULL) {
            struct dj_stage *stage = &plan->stages[plan->nstages];

            *stage = make_stage(config, sets, plan->nstages, begin, op + 1);
            stage->last = false;
            plan->nstages++;
            begin = op + 1;
        }
    }
    plan->stages[plan->nstages] =
        make_stage(config, sets, plan->nstages, begin, recipe->count);
    plan->nstages++;
    return DJ_OK;
}

void dj_plan_release(struct dj_plan *plan)
{
    for (size_t i = 0; i < plan->nstages; i++) {
        dj_xfree(plan->stages[i].ends);
    }
    dj_xfree(plan->stages);
    *plan = (struct dj_plan){ 0 };
}

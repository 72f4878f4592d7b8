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
static void cut_parts(const struct dj_config *config, bool sets, struct dj_stage *stage)
{
    stage->ends = dj_xcalloc(stage->end - stage->begin + 1, sizeof(*stage->ends));
    for (size_t op = stage->begin; op < stage->end; op++) {
        if (op + 1 == stage->end || (sets && ends_after(config, op))) {
            stage->ends[stage->nparts++] = op + 1;
        }
    }
    if (stage->begin == stage->end) { /* verdicts alone, or nothing at all */
        stage->ends[stage->nparts++] = stage->end;
    }
}

/* The stages so far, and what is owed to the rows that come next. */
struct planner {
    const struct dj_config *config;
    struct dj_plan *plan;
    size_t begin;  /* first operator that no stage has */
    size_t source; /* of the stages that follow */
    /* The selector or grouper whose order rows are not in yet; NULL: they are. */
    const struct dj_op *pending;
    size_t maker;
};

static bool groups(const struct dj_op *op)
{
    return op != NULL && op->global->verdicts == DJ_VERDICT_GROUPS;
}

static struct dj_stage *add_stage(struct planner *p, size_t end)
{
    struct dj_stage *stage = &p->plan->stages[p->plan->nstages];

    *stage = (struct dj_stage){ .number = p->plan->nstages,
                                .begin = p->begin,
                                .end = end,
                                .source = p->source,
                                .maker = p->maker };
    cut_parts(p->config, p->plan->sets, stage);
    p->plan->nstages++;
    p->begin = end;
    return stage;
}

static void add_rows(struct planner *p, size_t end, bool splits)
{
    struct dj_stage *stage = add_stage(p, end);

    stage->rows = true;
    stage->ordered = p->pending != NULL;
    stage->joins = groups(p->pending);
    stage->splits = splits;
    if (splits) {
        stage->maker = end - 1;
    }
    p->source = end;
    p->pending = NULL;
}

/* An operator to which it matters which row stands where, or what a row is. */
static bool needs_rows(const struct planner *p, const struct dj_op *op)
{
    if (p->pending == NULL) {
        return false;
    }
    return groups(p->pending) || p->pending->global->repeats || op->global != NULL ||
           (op->flags & DJ_OP_MAKES_ROWS) != 0;
}

static void plan_op(struct planner *p, size_t index)
{
    const struct dj_op *op = p->config->recipe.ops[index].op;

    if (needs_rows(p, op)) {
        add_rows(p, index, false);
    }
    if (op->global != NULL) {
        add_stage(p, index + 1)->global = true;
        if (op->global->verdicts == DJ_VERDICT_ORDER || groups(op)) {
            p->pending = op;
            p->maker = index;
        }
    } else if (op->splits != NULL) {
        add_rows(p, index + 1, true);
    }
}

enum dj_status dj_plan_make(const struct dj_config_doc *doc, struct dj_plan *plan,
                            struct dj_error *err)
{
    const struct dj_config *config = dj_config_get(doc);
    const struct dj_recipe *recipe = &config->recipe;
    const int strategy = config->checkpoint.strategy;
    const bool sets = config->checkpoint.enabled && strategy != DJ_CKPT_DISABLED;
    struct planner p = { .config = config, .plan = plan };
    struct dj_stage *last;

    *plan =
        (struct dj_plan){ .sets = sets, .automatic = sets && strategy == DJ_CKPT_AUTO };
    if (sets && strategy == DJ_CKPT_MANUAL) {
        DJ_TRY(check_names(doc, err));
    }
    plan->stages = dj_xcalloc(2 * recipe->count + 2, sizeof(*plan->stages));
    for (size_t op = 0; op < recipe->count; op++) {
        plan_op(&p, op);
    }
    if (groups(p.pending) || (p.pending != NULL && config->export_shard_size > 0)) {
        add_rows(&p, recipe->count, false);
    }
    last = add_stage(&p, recipe->count);
    last->last = true;
    last->ordered = p.pending != NULL;
    plan->ordered = last->ordered;
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

/* dj-mpi ops: the catalogue of operators, from the registry. */
#include "cli/cli_private.h"
#include "dj/custom.h"
#include "dj/json.h"

static const char *cost_name(enum dj_op_cost cost)
{
    static const char *const names[] = { "low", "medium", "high" };

    return names[cost];
}

static enum dj_status list_text(struct dj_buf *out)
{
    for (size_t i = 0; i < dj_op_count(); i++) {
        const struct dj_op *op = dj_op_at(i);

        DJ_TRY(dj_buf_printf(out, "%-40s %-13s %s\n", op->name, dj_op_kind_name(op->kind),
                             op->summary));
    }
    return DJ_OK;
}

static enum dj_status params_text(const struct dj_param *params, struct dj_buf *out)
{
    for (const struct dj_param *p = params; p != NULL && p->name != NULL; p++) {
        if ((p->flags & DJ_PARAM_NO_EFFECT) != 0) {
            continue;
        }
        DJ_TRY(dj_buf_printf(out, "  %-22s %s\n  %-22s (", p->name, p->help, ""));
        DJ_TRY(dj_param_describe(p, out));
        DJ_TRY(dj_buf_printf(out, ")%s\n",
                             (p->flags & DJ_PARAM_NOT_YET) != 0 ? ", not yet" : ""));
    }
    return DJ_OK;
}

/* The operator in a recipe, with the defaults of its parameters. */
static enum dj_status example_text(const struct dj_op *op, struct dj_buf *out)
{
    DJ_TRY(dj_buf_printf(out, "\nexample:\n  process:\n    - %s:\n", op->name));
    for (const struct dj_param *p = op->params; p != NULL && p->name != NULL; p++) {
        if ((p->flags & (DJ_PARAM_NOT_YET | DJ_PARAM_NO_EFFECT)) == 0) {
            DJ_TRY(dj_buf_printf(out, "        %s: ", p->name));
            DJ_TRY(dj_param_preset_json(p, out));
            DJ_TRY(dj_buf_putc(out, '\n'));
        }
    }
    return DJ_OK;
}

static enum dj_status one_text(const struct dj_op *op, struct dj_buf *out)
{
    const char *kind = dj_op_kind_name(op->kind);

    DJ_TRY(dj_buf_printf(out, "%s (%s, version %d): %s\n", op->name, kind, op->version,
                         op->summary));
    if (dj_custom_path(op) != NULL) {
        DJ_TRY(dj_buf_printf(out, "from %s\n", dj_custom_path(op)));
    }
    for (size_t i = 0; op->stats != NULL && op->stats[i] != NULL; i++) {
        DJ_TRY(dj_buf_printf(out, "%s%s", i == 0 ? "records in __dj__stats__: " : ", ",
                             op->stats[i]));
    }
    if (op->stat_param != NULL) {
        DJ_TRY(dj_buf_printf(out,
                             "records in __dj__stats__: a value with the name that %s "
                             "gives\n",
                             op->stat_param));
    }
    DJ_TRY(dj_buf_printf(out, "%scost: %s\n\nparameters:\n",
                         op->stats == NULL || op->stats[0] == NULL ? "" : "\n",
                         cost_name(op->cost)));
    if (op->params == NULL || op->params[0].name == NULL) {
        DJ_TRY(dj_buf_append(out, DJ_STR("  none of its own\n")));
    }
    DJ_TRY(params_text(op->params, out));
    DJ_TRY(dj_buf_append(out, DJ_STR("\nparameters of all operators:\n")));
    DJ_TRY(params_text(dj_op_common_params(), out));
    return example_text(op, out);
}

static void params_json(const struct dj_param *params, struct dj_jsonw *w,
                        struct dj_buf *scratch)
{
    for (const struct dj_param *p = params; p != NULL && p->name != NULL; p++) {
        if ((p->flags & DJ_PARAM_NO_EFFECT) != 0) {
            continue;
        }
        dj_buf_reset(scratch);
        if (dj_param_describe(p, scratch) != DJ_OK) {
            w->status = DJ_NOMEM;
            return;
        }
        dj_jsonw_open(w, '{');
        dj_jsonw_kv_text(w, "name", p->name);
        dj_jsonw_kv_str(w, "value", dj_buf_str(scratch));
        dj_jsonw_kv_text(w, "help", p->help);
        dj_jsonw_close(w, '}');
    }
}

static void op_json(const struct dj_op *op, struct dj_jsonw *w, struct dj_buf *scratch)
{
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_text(w, "name", op->name);
    dj_jsonw_kv_text(w, "kind", dj_op_kind_name(op->kind));
    dj_jsonw_kv_text(w, "summary", op->summary);
    dj_jsonw_kv_text(w, "cost", cost_name(op->cost));
    dj_jsonw_kv_int(w, "version", op->version);
    if (dj_custom_path(op) != NULL) {
        dj_jsonw_kv_text(w, "library", dj_custom_path(op));
    }
    dj_jsonw_key(w, "stats");
    dj_jsonw_open(w, '[');
    for (size_t i = 0; op->stats != NULL && op->stats[i] != NULL; i++) {
        dj_jsonw_text(w, op->stats[i]);
    }
    dj_jsonw_close(w, ']');
    dj_jsonw_key(w, "params");
    dj_jsonw_open(w, '[');
    params_json(op->params, w, scratch);
    params_json(dj_op_common_params(), w, scratch);
    dj_jsonw_close(w, ']');
    dj_jsonw_close(w, '}');
}

static enum dj_status print_json(const struct dj_op *one, struct dj_buf *out)
{
    struct dj_buf scratch;
    struct dj_jsonw w;

    dj_buf_init(&scratch);
    dj_jsonw_init(&w, out, 2);
    if (one != NULL) {
        op_json(one, &w, &scratch);
    } else {
        dj_jsonw_open(&w, '[');
        for (size_t i = 0; i < dj_op_count(); i++) {
            op_json(dj_op_at(i), &w, &scratch);
        }
        dj_jsonw_close(&w, ']');
    }
    dj_buf_release(&scratch);
    return dj_jsonw_end(&w);
}

static const char *next_op(void *context, size_t index)
{
    (void)context;
    return index < dj_op_count() ? dj_op_at(index)->name
                                 : dj_op_foreign(index - dj_op_count());
}

static int unknown_op(const char *name)
{
    const char *nearest = dj_nearest_name(name, next_op, NULL);

    if (nearest == NULL) {
        return dj_cli_usage("there is no operator %s; dj-mpi ops lists them", name);
    }
    if (strcmp(nearest, name) == 0) {
        return dj_cli_usage("%s is an operator of Data-Juicer that dj-mpi does not have",
                            name);
    }
    return dj_cli_usage(
        "there is no operator %s; was %s meant?%s", name, nearest,
        dj_op_find(nearest) == NULL ? " (dj-mpi does not have that one either)" : "");
}

int dj_cli_ops(struct dj_cli *cli)
{
    const struct dj_op *op = NULL;
    enum dj_status status;
    struct dj_error err;
    struct dj_buf text;

    status = dj_cli_load_operators(cli, &err);
    if (status != DJ_OK) {
        return dj_cli_fail(status, &err);
    }
    if (cli->argc > 1) {
        return dj_cli_usage("ops takes one name at most: dj-mpi ops [NAME] [--json] "
                            "[--config FILE] [--custom_operator_paths PATH]");
    }
    if (cli->argc == 1) {
        op = dj_op_find(cli->argv[0]);
        if (op == NULL) {
            return unknown_op(cli->argv[0]);
        }
    }
    dj_buf_init(&text);
    if (cli->json) {
        status = print_json(op, &text);
    } else {
        status = op == NULL ? list_text(&text) : one_text(op, &text);
    }
    return dj_cli_print(status, &text);
}

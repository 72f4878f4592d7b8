/* Whether the descriptor of an operator keeps the contract of dj/op.h. */
#include "dj/custom.h"
#include "dj/global.h"

enum {
    KNOWN_FLAGS = DJ_OP_NO_TEXT | DJ_OP_SETS_TEXT | DJ_OP_MAKES_ROWS | DJ_OP_READS_FIELDS
};

static bool is_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

    return text != NULL && text[0] != '\0' && strchr(letters, text[0]) != NULL &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static bool is_line(const char *text)
{
    return text != NULL && text[0] != '\0' && strchr(text, '\n') == NULL;
}

/* --- parameters --------------------------------------------------------------------- */

static size_t size_of_field(enum dj_param_type type)
{
    switch (type) {
    case DJ_PARAM_BOOL:
        return sizeof(bool);
    case DJ_PARAM_INT:
    case DJ_PARAM_BYTES:
        return sizeof(int64_t);
    case DJ_PARAM_FLOAT:
        return sizeof(double);
    case DJ_PARAM_NUMBER:
        return sizeof(struct dj_number);
    case DJ_PARAM_TEXT:
    case DJ_PARAM_ANY:
        return sizeof(const char *);
    case DJ_PARAM_ENUM:
        return sizeof(int);
    case DJ_PARAM_TEXTS:
        return sizeof(struct dj_strs);
    case DJ_PARAM_END_TYPE:
        break;
    }
    return 0;
}

static bool is_choice(const struct dj_param *param)
{
    int64_t count = 0;

    while (param->choices != NULL && param->choices[count] != NULL) {
        count++;
    }
    return param->preset.i >= 0 && param->preset.i < count;
}

/* What is wrong with it, or NULL. */
static const char *fault_of(const struct dj_param *param, const struct dj_op *op)
{
    const size_t size = size_of_field(param->type);

    if (!is_line(param->help)) {
        return "help is missing: one line that says what it does";
    }
    if (dj_param_find(op->params, param->name) != param) {
        return "another parameter has this name";
    }
    if ((param->flags & (DJ_PARAM_NO_EFFECT | DJ_PARAM_NOT_YET)) != 0 &&
        param->why == NULL) {
        return "why is missing";
    }
    if ((param->flags & DJ_PARAM_NO_EFFECT) != 0) {
        return NULL;
    }
    if (size == 0) {
        return "type is none of enum dj_param_type";
    }
    if (size > op->conf_size || param->offset > op->conf_size - size) {
        return "its field lies outside of the struct that conf_size gives";
    }
    if (param->type == DJ_PARAM_ENUM && !is_choice(param)) {
        return "choices (ended by NULL) do not have the default";
    }
    return NULL;
}

static enum dj_status check_params(const struct dj_op *op, struct dj_error *err)
{
    if ((op->params == NULL) != (op->conf_size == 0)) {
        return dj_fail(err, DJ_CONFIG,
                       "operator %s: params and conf_size belong together: the table of "
                       "parameters, and the size of the struct that it fills",
                       op->name);
    }
    for (const struct dj_param *p = op->params; p != NULL && p->name != NULL; p++) {
        const char *fault =
            is_name(p->name) ? fault_of(p, op) : "a name has small letters, digits and _";

        if (fault != NULL) {
            return dj_fail(err, DJ_CONFIG, "operator %s: parameter %.100s: %s", op->name,
                           p->name, fault);
        }
    }
    return DJ_OK;
}

/* That defaults are among what is taken is seen by setting them. */
static enum dj_status check_defaults(const struct dj_op *op, struct dj_error *err)
{
    struct dj_arena *arena = dj_arena_new(4096);
    void *conf = dj_xcalloc(1, op->conf_size + 1);
    enum dj_status status = dj_param_defaults(op->params, conf, arena, err);

    dj_xfree(conf);
    dj_arena_free(arena);
    return status == DJ_OK ? DJ_OK : dj_error_prefix(err, "operator %s: ", op->name);
}

/* --- the rest ----------------------------------------------------------------------- */

static bool is_text_param(const struct dj_op *op, const char *name)
{
    const struct dj_param *param = dj_param_find(op->params, name);

    return param != NULL && param->type == DJ_PARAM_TEXT;
}

/* What is wrong with it, or NULL. */
static const char *fault_of_parts(const struct dj_op *op)
{
    const bool groups = op->kind == DJ_OP_GROUPER;
    const bool meets =
        op->kind == DJ_OP_DEDUPLICATOR || op->kind == DJ_OP_SELECTOR || groups;

    if (op->kind > DJ_OP_GROUPER || op->cost > DJ_COST_HIGH) {
        return "kind or cost is none of its enum";
    }
    if (op->version < 1) {
        return "version is missing: 1, and one more whenever results change";
    }
    if (!is_line(op->summary)) {
        return "summary is missing: one line that says what it does";
    }
    if (op->process == NULL) {
        return "process is missing: the function that sees a batch";
    }
    if ((op->open == NULL) != (op->close == NULL)) {
        return "open and close belong together";
    }
    if (op->data != NULL && op->open == NULL) {
        return "data is of what open() read, and there is no open";
    }
    if ((op->flags & ~(unsigned)KNOWN_FLAGS) != 0) {
        return "flags has a bit that dj/op.h does not name";
    }
    if (op->stat_param != NULL && !is_text_param(op, op->stat_param)) {
        return "stat_param names no parameter that is a text";
    }
    if (op->splits != NULL && !is_text_param(op, op->splits->param)) {
        return "splits->param names no parameter that is a text";
    }
    if (op->global != NULL && !meets) {
        return "only a deduplicator, selector or grouper has global";
    }
    if (op->global == NULL && meets && !(groups && op->splits != NULL)) {
        return "a deduplicator, selector or grouper needs global (dj/global.h)";
    }
    if (op->global != NULL && op->global->records == NULL) {
        return "global->records is missing: what is noted of a sample";
    }
    return NULL;
}

enum dj_status dj_custom_check(const struct dj_op *op, struct dj_error *err)
{
    const char *fault;

    if (!is_name(op->name)) {
        return dj_fail(err, DJ_CONFIG,
                       "operator %.100s: a name has small letters, digits and _, such as "
                       "my_words_mapper",
                       op->name == NULL ? "without a name" : op->name);
    }
    fault = fault_of_parts(op);
    if (fault != NULL) {
        return dj_fail(err, DJ_CONFIG, "operator %s: %s", op->name, fault);
    }
    DJ_TRY(check_params(op, err));
    return check_defaults(op, err);
}

/*
 * A condition into a tree, by recursive descent. What Python's grammar has and a
 * condition has not (arithmetic, calls, subscripts, ...) is refused with its place, where
 * Data-Juicer would fail on every sample.
 */
#include "op/py_expr_private.h"

struct parser {
    struct dj_tokens tokens;
    struct dj_token token; /* the next one */
    int depth;
};

/* Operands that are being collected. */
struct nodes {
    const struct dj_py_expr **items;
    enum dj_expr_op *ops;
    size_t count;
};

static enum dj_status parse_or(struct parser *p, const struct dj_py_expr **out);

static enum dj_status fail_at(struct parser *p, const char *what)
{
    return dj_fail(p->tokens.err, DJ_CONFIG, "column %zu: %s", p->token.column, what);
}

static enum dj_status unexpected(struct parser *p)
{
    const struct dj_str text = p->token.text;

    if (p->token.kind == TOKEN_END) {
        return fail_at(p, "the condition ends too early");
    }
    if (text.len == 0) {
        return fail_at(p, "a value where an operator is expected");
    }
    return dj_fail(p->tokens.err, DJ_CONFIG,
                   "column %zu: %.*s is not possible here: a condition has names, texts, "
                   "numbers, lists, comparisons, in, and, or, not",
                   p->token.column, (int)text.len, text.ptr);
}

static enum dj_status out_of_memory(struct parser *p)
{
    return dj_fail(p->tokens.err, DJ_NOMEM, "out of memory");
}

static enum dj_status advance(struct parser *p)
{
    return dj_tokens_next(&p->tokens, &p->token);
}

static enum dj_status new_node(struct parser *p, enum dj_expr_kind kind, size_t column,
                               struct dj_py_expr **node)
{
    *node = dj_arena_alloc(p->tokens.arena, sizeof(**node));
    if (*node == NULL) {
        return out_of_memory(p);
    }
    **node = (struct dj_py_expr){ .kind = kind, .column = column };
    return DJ_OK;
}

static enum dj_status add_node(struct parser *p, struct nodes *nodes, enum dj_expr_op op,
                               const struct dj_py_expr *node)
{
    const size_t n = nodes->count;

    if ((n & (n - 1)) == 0) { /* full: 0, 1, 2, 4, ... */
        const size_t cap = n == 0 ? 1 : 2 * n;
        const struct dj_py_expr **items =
            dj_arena_alloc(p->tokens.arena, cap * sizeof(*items));
        enum dj_expr_op *ops = dj_arena_alloc(p->tokens.arena, cap * sizeof(*ops));

        if (items == NULL || ops == NULL) {
            return out_of_memory(p);
        }
        if (n > 0) {
            memcpy(items, nodes->items, n * sizeof(*items));
            memcpy(ops, nodes->ops, n * sizeof(*ops));
        }
        nodes->items = items;
        nodes->ops = ops;
    }
    nodes->items[n] = node;
    nodes->ops[n] = op;
    nodes->count++;
    return DJ_OK;
}

static enum dj_status node_of(struct parser *p, enum dj_expr_kind kind, size_t column,
                              const struct nodes *nodes, const struct dj_py_expr **out)
{
    struct dj_py_expr *node;

    DJ_TRY(new_node(p, kind, column, &node));
    node->items = nodes->items;
    node->ops =
        nodes->ops == NULL ? NULL : nodes->ops + 1; /* before the second operand */
    node->count = nodes->count;
    *out = node;
    return DJ_OK;
}

static enum dj_status enter(struct parser *p)
{
    if (p->depth == DJ_PY_EXPR_DEPTH) {
        return fail_at(p, "the condition is nested too deeply");
    }
    p->depth++;
    return DJ_OK;
}

/* --- values ------------------------------------------------------------------------ */

static enum dj_status parse_const(struct parser *p, const struct dj_py_expr **out)
{
    struct dj_py_expr *node;

    DJ_TRY(new_node(p, EXPR_CONST, p->token.column, &node));
    node->value = p->token.value;
    if (p->token.kind == TOKEN_TRUE || p->token.kind == TOKEN_FALSE) {
        node->value =
            (struct dj_py){ .kind = DJ_PY_BOOL, .b = p->token.kind == TOKEN_TRUE };
    } else if (p->token.kind == TOKEN_NONE) {
        node->value = (struct dj_py){ .kind = DJ_PY_NONE };
    }
    *out = node;
    return advance(p);
}

/* Texts side by side are one. */
static enum dj_status parse_string(struct parser *p, const struct dj_py_expr **out)
{
    struct dj_py_expr *node;

    DJ_TRY(new_node(p, EXPR_CONST, p->token.column, &node));
    node->value = p->token.value;
    DJ_TRY(advance(p));
    while (p->token.kind == TOKEN_STRING) {
        const struct dj_str left = node->value.s, right = p->token.value.s;
        char *both = dj_arena_alloc(p->tokens.arena, left.len + right.len);

        if (both == NULL) {
            return out_of_memory(p);
        }
        memcpy(both, left.ptr, left.len);
        memcpy(both + left.len, right.ptr, right.len);
        node->value.s = (struct dj_str){ both, left.len + right.len };
        DJ_TRY(advance(p));
    }
    *out = node;
    return DJ_OK;
}

static enum dj_status parse_name(struct parser *p, const struct dj_py_expr **out)
{
    struct dj_py_expr *node;

    DJ_TRY(new_node(p, EXPR_FIELD, p->token.column, &node));
    node->names = dj_arena_alloc(p->tokens.arena, sizeof(*node->names));
    if (node->names == NULL) {
        return out_of_memory(p);
    }
    node->names[0] = p->token.value.s;
    node->nnames = 1;
    *out = node;
    return advance(p);
}

/* Elements up to the closing bracket; *comma: there was one. */
static enum dj_status parse_elements(struct parser *p, enum dj_token_kind close,
                                     struct nodes *nodes, bool *comma)
{
    *comma = false;
    while (p->token.kind != close) {
        const struct dj_py_expr *item;

        DJ_TRY(parse_or(p, &item));
        DJ_TRY(add_node(p, nodes, EXPR_EQ, item));
        if (p->token.kind != TOKEN_COMMA) {
            break;
        }
        *comma = true;
        DJ_TRY(advance(p));
    }
    return p->token.kind == close ? DJ_OK : unexpected(p);
}

/* (a) is a; (), (a,) and (a, b) are tuples. */
static enum dj_status parse_brackets(struct parser *p, const struct dj_py_expr **out)
{
    const size_t column = p->token.column;
    struct nodes nodes = { 0 };
    bool comma;

    DJ_TRY(enter(p));
    DJ_TRY(advance(p));
    DJ_TRY(parse_elements(p, TOKEN_CLOSE, &nodes, &comma));
    DJ_TRY(advance(p));
    p->depth--;
    if (nodes.count == 1 && !comma) {
        *out = nodes.items[0];
        return DJ_OK;
    }
    return node_of(p, EXPR_TUPLE, column, &nodes, out);
}

static enum dj_status parse_display(struct parser *p, enum dj_expr_kind kind,
                                    enum dj_token_kind close,
                                    const struct dj_py_expr **out)
{
    const size_t column = p->token.column;
    struct nodes nodes = { 0 };
    bool comma;

    DJ_TRY(enter(p));
    DJ_TRY(advance(p));
    if (kind == EXPR_SET && p->token.kind == close) {
        return fail_at(p, "{} is no set but a dict, and dicts are not possible");
    }
    DJ_TRY(parse_elements(p, close, &nodes, &comma));
    DJ_TRY(advance(p));
    p->depth--;
    return node_of(p, kind, column, &nodes, out);
}

static enum dj_status parse_atom(struct parser *p, const struct dj_py_expr **out)
{
    switch (p->token.kind) {
    case TOKEN_NAME:
        return parse_name(p, out);
    case TOKEN_STRING:
        return parse_string(p, out);
    case TOKEN_NUMBER:
    case TOKEN_TRUE:
    case TOKEN_FALSE:
    case TOKEN_NONE:
        return parse_const(p, out);
    case TOKEN_OPEN:
        return parse_brackets(p, out);
    case TOKEN_OPEN_LIST:
        return parse_display(p, EXPR_LIST, TOKEN_CLOSE_LIST, out);
    case TOKEN_OPEN_SET:
        return parse_display(p, EXPR_SET, TOKEN_CLOSE_SET, out);
    default:
        return unexpected(p);
    }
}

/* node.name; a chain of names is one node. */
static enum dj_status add_attribute(struct parser *p, const struct dj_py_expr *inner,
                                    const struct dj_py_expr **out)
{
    const size_t before = inner->kind == EXPR_FIELD ? inner->nnames : 0;
    struct dj_py_expr *node;

    DJ_TRY(new_node(p, before > 0 ? EXPR_FIELD : EXPR_ATTR, inner->column, &node));
    node->names = dj_arena_alloc(p->tokens.arena, (before + 1) * sizeof(*node->names));
    node->items = dj_arena_alloc(p->tokens.arena, sizeof(const struct dj_py_expr *));
    if (node->names == NULL || node->items == NULL) {
        return out_of_memory(p);
    }
    if (before > 0) {
        memcpy(node->names, inner->names, before * sizeof(*node->names));
    } else {
        node->items[0] = inner;
        node->count = 1;
    }
    node->names[before] = p->token.value.s;
    node->nnames = before + 1;
    *out = node;
    return DJ_OK;
}

static enum dj_status parse_primary(struct parser *p, const struct dj_py_expr **out)
{
    int attributes = 0;

    DJ_TRY(parse_atom(p, out));
    while (p->token.kind == TOKEN_DOT) {
        DJ_TRY(advance(p));
        if (p->token.kind != TOKEN_NAME) {
            return unexpected(p);
        }
        if (++attributes > DJ_PY_EXPR_DEPTH) {
            return fail_at(p, "the condition is nested too deeply");
        }
        DJ_TRY(add_attribute(p, *out, out));
        DJ_TRY(advance(p));
    }
    return DJ_OK;
}

/* --- operators --------------------------------------------------------------------- */

static enum dj_status
parse_prefixed(struct parser *p, enum dj_expr_kind kind,
               enum dj_status (*operand)(struct parser *, const struct dj_py_expr **),
               const struct dj_py_expr **out)
{
    const size_t column = p->token.column;
    struct nodes nodes = { 0 };
    const struct dj_py_expr *inner;

    DJ_TRY(enter(p));
    DJ_TRY(advance(p));
    DJ_TRY(operand(p, &inner));
    p->depth--;
    DJ_TRY(add_node(p, &nodes, EXPR_EQ, inner));
    return node_of(p, kind, column, &nodes, out);
}

static enum dj_status parse_sign(struct parser *p, const struct dj_py_expr **out)
{
    if (p->token.kind == TOKEN_MINUS) {
        return parse_prefixed(p, EXPR_MINUS, parse_sign, out);
    }
    if (p->token.kind == TOKEN_PLUS) {
        return parse_prefixed(p, EXPR_PLUS, parse_sign, out);
    }
    return parse_primary(p, out);
}

/* Takes a comparison's operator; *found: there was one. */
static enum dj_status take_comparison(struct parser *p, enum dj_expr_op *op, bool *found)
{
    static const struct {
        enum dj_token_kind token;
        enum dj_expr_op op;
    } simple[] = {
        { TOKEN_LT, EXPR_LT }, { TOKEN_LE, EXPR_LE }, { TOKEN_GT, EXPR_GT },
        { TOKEN_GE, EXPR_GE }, { TOKEN_EQ, EXPR_EQ }, { TOKEN_NE, EXPR_NE },
        { TOKEN_IN, EXPR_IN },
    };

    *found = true;
    for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++) {
        if (p->token.kind == simple[i].token) {
            *op = simple[i].op;
            return advance(p);
        }
    }
    if (p->token.kind == TOKEN_IS) {
        DJ_TRY(advance(p));
        *op = p->token.kind == TOKEN_NOT ? EXPR_IS_NOT : EXPR_IS;
        return *op == EXPR_IS ? DJ_OK : advance(p);
    }
    if (p->token.kind == TOKEN_NOT) {
        DJ_TRY(advance(p));
        *op = EXPR_NOT_IN;
        return p->token.kind == TOKEN_IN ? advance(p) : unexpected(p);
    }
    *found = false;
    return DJ_OK;
}

static enum dj_status parse_comparison(struct parser *p, const struct dj_py_expr **out)
{
    const size_t column = p->token.column;
    struct nodes nodes = { 0 };
    bool found;

    DJ_TRY(parse_sign(p, out));
    DJ_TRY(add_node(p, &nodes, EXPR_EQ, *out));
    do {
        enum dj_expr_op op = EXPR_EQ;
        const struct dj_py_expr *right;

        DJ_TRY(take_comparison(p, &op, &found));
        if (found) {
            DJ_TRY(parse_sign(p, &right));
            DJ_TRY(add_node(p, &nodes, op, right));
        }
    } while (found);
    return nodes.count == 1 ? DJ_OK : node_of(p, EXPR_COMPARE, column, &nodes, out);
}

static enum dj_status parse_not(struct parser *p, const struct dj_py_expr **out)
{
    return p->token.kind == TOKEN_NOT ? parse_prefixed(p, EXPR_NOT, parse_not, out)
                                      : parse_comparison(p, out);
}

static enum dj_status parse_and(struct parser *p, const struct dj_py_expr **out)
{
    const size_t column = p->token.column;
    struct nodes nodes = { 0 };

    DJ_TRY(parse_not(p, out));
    DJ_TRY(add_node(p, &nodes, EXPR_EQ, *out));
    while (p->token.kind == TOKEN_AND) {
        DJ_TRY(advance(p));
        DJ_TRY(parse_not(p, out));
        DJ_TRY(add_node(p, &nodes, EXPR_EQ, *out));
    }
    return nodes.count == 1 ? DJ_OK : node_of(p, EXPR_AND, column, &nodes, out);
}

static enum dj_status parse_or(struct parser *p, const struct dj_py_expr **out)
{
    const size_t column = p->token.column;
    struct nodes nodes = { 0 };

    DJ_TRY(parse_and(p, out));
    DJ_TRY(add_node(p, &nodes, EXPR_EQ, *out));
    while (p->token.kind == TOKEN_OR) {
        DJ_TRY(advance(p));
        DJ_TRY(parse_and(p, out));
        DJ_TRY(add_node(p, &nodes, EXPR_EQ, *out));
    }
    return nodes.count == 1 ? DJ_OK : node_of(p, EXPR_OR, column, &nodes, out);
}

/* --- the whole --------------------------------------------------------------------- */

/* A tuple needs no brackets at the top. */
static enum dj_status parse_all(struct parser *p, const struct dj_py_expr **out)
{
    const size_t column = p->token.column;
    struct nodes nodes = { 0 };
    bool comma;

    if (p->token.kind == TOKEN_END) {
        return fail_at(p, "there is no condition");
    }
    DJ_TRY(parse_elements(p, TOKEN_END, &nodes, &comma));
    if (!comma) {
        *out = nodes.items[0];
        return DJ_OK;
    }
    return node_of(p, EXPR_TUPLE, column, &nodes, out);
}

enum dj_status dj_py_expr_parse(struct dj_str text, struct dj_arena *arena,
                                const struct dj_py_expr **expr, struct dj_error *err)
{
    struct parser p = { .tokens = { .arena = arena, .err = err } };

    if (text.len > DJ_PY_EXPR_LENGTH) {
        return dj_fail(err, DJ_CONFIG, "the condition is longer than %d bytes",
                       DJ_PY_EXPR_LENGTH);
    }
    DJ_TRY(dj_tokens_begin(&p.tokens, text));
    DJ_TRY(advance(&p));
    return parse_all(&p, expr);
}

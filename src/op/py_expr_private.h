/* Private to conditions: tokens and the tree. */
#ifndef DJ_PY_EXPR_PRIVATE_H
#define DJ_PY_EXPR_PRIVATE_H

#include "dj/py_expr.h"

enum dj_expr_kind {
    EXPR_CONST,
    EXPR_FIELD, /* a chain of names */
    EXPR_ATTR,  /* of another kind of value */
    EXPR_NOT,
    EXPR_MINUS,
    EXPR_PLUS,
    EXPR_AND,
    EXPR_OR,
    EXPR_COMPARE,
    EXPR_LIST,
    EXPR_TUPLE,
    EXPR_SET,
};

enum dj_expr_op {
    EXPR_LT,
    EXPR_LE,
    EXPR_GT,
    EXPR_GE,
    EXPR_EQ,
    EXPR_NE,
    EXPR_IN,
    EXPR_NOT_IN,
    EXPR_IS,
    EXPR_IS_NOT,
};

struct dj_py_expr {
    enum dj_expr_kind kind;
    size_t column;
    size_t count;                    /* of items */
    const struct dj_py_expr **items; /* operands, elements */
    const enum dj_expr_op *ops;      /* EXPR_COMPARE: one less */
    struct dj_py value;              /* EXPR_CONST */
    struct dj_str *names;            /* EXPR_FIELD: nnames; EXPR_ATTR: one */
    size_t nnames;
};

/* Keywords and signs that a condition can have; TOKEN_OTHER is any other sign or word. */
enum dj_token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_NUMBER,
    TOKEN_STRING,
    TOKEN_OR,
    TOKEN_AND,
    TOKEN_NOT,
    TOKEN_IN,
    TOKEN_IS,
    TOKEN_TRUE,
    TOKEN_FALSE,
    TOKEN_NONE,
    TOKEN_LT,
    TOKEN_LE,
    TOKEN_GT,
    TOKEN_GE,
    TOKEN_EQ,
    TOKEN_NE,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_DOT,
    TOKEN_COMMA,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_OPEN_LIST,
    TOKEN_CLOSE_LIST,
    TOKEN_OPEN_SET,
    TOKEN_CLOSE_SET,
    TOKEN_OTHER,
};

struct dj_token {
    enum dj_token_kind kind;
    size_t column;      /* in characters, from 1 */
    struct dj_str text; /* as it stands */
    struct dj_py value; /* of a number or a string; the name */
};

struct dj_tokens {
    struct dj_str text;
    const char *p;
    int brackets; /* line ends count as blanks inside */
    struct dj_arena *arena;
    struct dj_error *err;
};

/* arena and err are set. The text is copied. */
enum dj_status dj_tokens_begin(struct dj_tokens *tokens,
                               struct dj_str text) DJ_MUST_CHECK;
enum dj_status dj_tokens_next(struct dj_tokens *tokens,
                              struct dj_token *token) DJ_MUST_CHECK;

/* "column 3: " and what is wrong there; DJ_CONFIG. */
enum dj_status dj_tokens_fail(const struct dj_tokens *tokens, const char *at,
                              const char *fmt, ...) DJ_PRINTF(3, 4);

/* --- py_literal.c --- */

/* The number or text at tokens->p, which moves behind it. */
enum dj_status dj_tokens_number(struct dj_tokens *tokens,
                                struct dj_py *value) DJ_MUST_CHECK;
enum dj_status dj_tokens_string(struct dj_tokens *tokens,
                                struct dj_str *text) DJ_MUST_CHECK;
/* Bytes of the prefix (r, u, b, f and pairs) if a string begins at p, else SIZE_MAX. */
size_t dj_tokens_prefix(const struct dj_tokens *tokens, const char *p);

#endif

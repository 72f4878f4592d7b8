/*
 * Passes over JSON values by their structure: brackets, strings, and what may follow
 * what. A fault is found where it stands, not at the end of the file.
 */
#include "dataset/json_scan.h"

/* Deeper values are taken for broken ones; the decoder of samples allows less. */
enum { MAX_DEPTH = 1024, WORD = 64 };

/* What comes next. */
enum want { VALUE, VALUE_OR_END, KEY, KEY_OR_END, COLON, COMMA_OR_END };

struct stack {
    uint64_t objects[MAX_DEPTH / WORD]; /* a bit a level: it is an object */
    int depth;
};

static bool in_object(const struct stack *stack)
{
    const int level = stack->depth - 1;

    return (stack->objects[level / WORD] >> level % WORD & 1) != 0;
}

static bool push(struct stack *stack, bool object)
{
    const int level = stack->depth;
    const uint64_t bit = (uint64_t)1 << level % WORD;

    if (level == MAX_DEPTH) {
        return false;
    }
    stack->depth++;
    stack->objects[level / WORD] =
        object ? stack->objects[level / WORD] | bit : stack->objects[level / WORD] & ~bit;
    return true;
}

const char *dj_value_blanks(const char *p, const char *stop)
{
    while (p < stop && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
        p++;
    }
    return p;
}

/* Bytes that end the plain part of a string. */
static const bool special[256] = {
    [0] = true,  [1] = true,  [2] = true,   [3] = true,    [4] = true,  [5] = true,
    [6] = true,  [7] = true,  [8] = true,   [9] = true,    [10] = true, [11] = true,
    [12] = true, [13] = true, [14] = true,  [15] = true,   [16] = true, [17] = true,
    [18] = true, [19] = true, [20] = true,  [21] = true,   [22] = true, [23] = true,
    [24] = true, [25] = true, [26] = true,  [27] = true,   [28] = true, [29] = true,
    [30] = true, [31] = true, ['"'] = true, ['\\'] = true,
};

/* *p is behind the opening quote, and then behind the closing one. */
static enum dj_value_end pass_string(const char **p, const char *stop)
{
    const char *q = *p;

    for (;;) {
        while (q < stop && !special[(unsigned char)*q]) {
            q++;
        }
        *p = q;
        if (q == stop) {
            return DJ_VALUE_OPEN;
        }
        if (*q == '"') {
            *p = q + 1;
            return DJ_VALUE_ENDS;
        }
        if (*q != '\\') {
            return DJ_VALUE_BROKEN;
        }
        q += 2;
        if (q > stop) {
            return DJ_VALUE_OPEN;
        }
    }
}

/* A number or a literal: its end is the first byte that belongs to neither. */
static enum dj_value_end pass_word(const char **p, const char *stop)
{
    const char *q = *p;

    while (q < stop &&
           ((*q >= '0' && *q <= '9') || (*q >= 'a' && *q <= 'z') ||
            (*q >= 'A' && *q <= 'Z') || *q == '-' || *q == '+' || *q == '.')) {
        q++;
    }
    if (q == *p) {
        return DJ_VALUE_BROKEN;
    }
    *p = q;
    return q == stop ? DJ_VALUE_OPEN : DJ_VALUE_ENDS;
}

/* What is wanted at p when a value may stand there. */
static enum dj_value_end pass_value(struct stack *stack, const char **p, const char *stop,
                                    enum want *want)
{
    const char first = **p;

    if (first == '{' || first == '[') {
        if (!push(stack, first == '{')) {
            return DJ_VALUE_BROKEN;
        }
        ++*p;
        *want = first == '{' ? KEY_OR_END : VALUE_OR_END;
        return DJ_VALUE_ENDS;
    }
    *want = COMMA_OR_END;
    if (first == '"') {
        ++*p;
        return pass_string(p, stop);
    }
    return pass_word(p, stop);
}

static bool ends_here(struct stack *stack, const char **p, enum want *want)
{
    const char bracket = in_object(stack) ? '}' : ']';

    if (*want == VALUE || *want == KEY || *want == COLON || **p != bracket) {
        return false;
    }
    ++*p;
    stack->depth--;
    *want = COMMA_OR_END;
    return true;
}

static enum dj_value_end pass_token(struct stack *stack, const char **p, const char *stop,
                                    enum want *want)
{
    if (stack->depth > 0 && ends_here(stack, p, want)) {
        return DJ_VALUE_ENDS;
    }
    switch (*want) {
    case VALUE:
    case VALUE_OR_END:
        return pass_value(stack, p, stop, want);
    case KEY:
    case KEY_OR_END:
        if (**p != '"') {
            return DJ_VALUE_BROKEN;
        }
        ++*p;
        *want = COLON;
        return pass_string(p, stop);
    case COLON:
        if (**p != ':') {
            return DJ_VALUE_BROKEN;
        }
        ++*p;
        *want = VALUE;
        return DJ_VALUE_ENDS;
    case COMMA_OR_END:
    default:
        if (**p != ',') {
            return DJ_VALUE_BROKEN;
        }
        ++*p;
        *want = in_object(stack) ? KEY : VALUE;
        return DJ_VALUE_ENDS;
    }
}

enum dj_value_end dj_value_pass(const char *p, const char *stop, const char **end)
{
    struct stack stack = { .depth = 0 };
    enum want want = VALUE;
    enum dj_value_end found;

    do {
        p = dj_value_blanks(p, stop);
        *end = p;
        if (p == stop) {
            return DJ_VALUE_OPEN;
        }
        found = pass_token(&stack, &p, stop, &want);
        *end = p;
    } while (found == DJ_VALUE_ENDS && stack.depth > 0);
    return found;
}

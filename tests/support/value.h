/*
 * JSON values for tests: strings keep U+0000, whole numbers are told from others, and
 * every value knows the bytes it was read from. For well-formed documents.
 */
#ifndef DJ_TEST_VALUE_H
#define DJ_TEST_VALUE_H

#include "dj/mem.h"

enum dj_value_kind {
    DJ_VALUE_NULL,
    DJ_VALUE_BOOL,
    DJ_VALUE_INT, /* within int64_t */
    DJ_VALUE_FLOAT,
    DJ_VALUE_STRING,
    DJ_VALUE_ARRAY,
    DJ_VALUE_OBJECT
};

struct dj_value {
    enum dj_value_kind kind;
    bool boolean;
    int64_t integer;
    double number;        /* of whole numbers too */
    struct dj_str string; /* decoded */
    struct dj_str raw;    /* as it stands in the document */
    size_t count;
    struct dj_value *items; /* of an array; the values of an object */
    struct dj_str *keys;    /* of an object, decoded */
};

/* Returns the value at the beginning of bytes, or NULL; lives in the arena. */
struct dj_value *dj_value_parse(struct dj_str bytes, struct dj_arena *arena);

/* The member of an object, or NULL; NULL in, NULL out. */
struct dj_value *dj_value_get(const struct dj_value *object, const char *key);

/*
 * How Data-Juicer's results are compared: null equals an absent member, 1 equals 1.0,
 * the order of members does not matter. Numbers that are not whole may differ by
 * slack, relative to their size.
 */
bool dj_value_equal(const struct dj_value *a, const struct dj_value *b, double slack);

/*
 * Appends the value in a form that both JSON and YAML 1.1 read alike: no character
 * that YAML folds or refuses stands unescaped.
 */
enum dj_status dj_value_write(const struct dj_value *value,
                              struct dj_buf *out) DJ_MUST_CHECK;

#endif

/* Private: what is known of a value's type, as a tree. */
#ifndef DJ_DATASET_GUESS_H
#define DJ_DATASET_GUESS_H

#include "dj/columns.h"

/* In the order in which they are packed. */
enum dj_guess_kind {
    DJ_GUESS_NULL, /* no value yet */
    DJ_GUESS_BOOL,
    DJ_GUESS_INT,
    DJ_GUESS_FLOAT,
    DJ_GUESS_STRING,
    DJ_GUESS_LIST,
    DJ_GUESS_STRUCT,
    DJ_GUESS_JSON, /* several kinds, or what no type has room for */
};

/* Of the whole numbers seen. */
enum {
    DJ_GUESS_NEGATIVE = 1,
    DJ_GUESS_BEYOND_SIGNED = 2,
    DJ_GUESS_BEYOND_FLOAT = 4, /* not exact as a double */
};

/*
 * More fields or levels become JSON: such objects are maps with words as keys, and a file
 * with a column for each of them is of use to nobody.
 */
enum { DJ_GUESS_FIELDS = 1000, DJ_GUESS_DEPTH = 24 };

struct dj_guess_type {
    enum dj_guess_kind kind;
    unsigned flags;
    struct dj_str name; /* of a field; its memory is its own */
    size_t nchildren, cap;
    size_t next;                    /* the field that is expected next */
    int64_t stamp;                  /* of the last object that had the field */
    struct dj_guess_type *children; /* fields, or one for the items */
};

void dj_guess_type_release(struct dj_guess_type *type);
/* What both are; more is used up. */
void dj_guess_type_join(struct dj_guess_type *type, struct dj_guess_type *more);
/* Anything with that becomes JSON. */
void dj_guess_type_mix(struct dj_guess_type *type);
/* The field with that name, made when it is new; NULL: there would be too many. */
struct dj_guess_type *dj_guess_field(struct dj_guess_type *type, struct dj_str name);
const struct dj_guess_type *dj_guess_top(const struct dj_guess *guess);

#endif

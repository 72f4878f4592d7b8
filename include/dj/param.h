/*
 * Declared settings: one entry gives name, type, default, range and help, and
 * serves reading, checking, comparing and documenting. Program settings and
 * operator parameters use the same entries.
 */
#ifndef DJ_PARAM_H
#define DJ_PARAM_H

#include <stddef.h>
#include <stdint.h>

#include "dj/mem.h"
#include "dj/yaml.h"

/* A number as Python has it: whole or not, or none (null). */
enum dj_number_kind { DJ_NUMBER_NONE, DJ_NUMBER_INT, DJ_NUMBER_FLOAT };
struct dj_number {
    enum dj_number_kind kind;
    int64_t i;
    double d;
};

#define DJ_INT(value) ((struct dj_number){ .kind = DJ_NUMBER_INT, .i = (value) })
#define DJ_FLOAT(value) ((struct dj_number){ .kind = DJ_NUMBER_FLOAT, .d = (value) })
#define DJ_NONE ((struct dj_number){ .kind = DJ_NUMBER_NONE })

/* The same in a static table, where C11 takes no compound literal. */
#define DJ_PRESET_INT(value)                \
    {                                       \
        .kind = DJ_NUMBER_INT, .i = (value) \
    }
#define DJ_PRESET_FLOAT(value)                \
    {                                         \
        .kind = DJ_NUMBER_FLOAT, .d = (value) \
    }
#define DJ_PRESET_NONE         \
    {                          \
        .kind = DJ_NUMBER_NONE \
    }

/* <0, 0, >0; exact between whole and other numbers, as Python compares them. A NaN
 * or none on either side gives DJ_UNORDERED, which is none of the three. */
enum { DJ_UNORDERED = 2 };
int dj_number_compare(struct dj_number a, struct dj_number b);

/* Strings; items are NUL-terminated. present tells [] from null. */
struct dj_strs {
    bool present;
    size_t count;
    const char **items;
};

enum dj_param_type {
    DJ_PARAM_END_TYPE,
    DJ_PARAM_BOOL,   /* bool */
    DJ_PARAM_INT,    /* int64_t */
    DJ_PARAM_FLOAT,  /* double */
    DJ_PARAM_NUMBER, /* struct dj_number; null allowed */
    DJ_PARAM_TEXT,   /* const char *; NULL for null */
    DJ_PARAM_ENUM,   /* int, index into choices */
    DJ_PARAM_TEXTS,  /* struct dj_strs; one string stands for a list of one */
    DJ_PARAM_BYTES,  /* int64_t; "64MB", "1 GiB", 4096 */
    DJ_PARAM_ANY,    /* const struct dj_yaml_node *; read by its owner */
};

enum {
    DJ_PARAM_FROZEN = 1 << 0,   /* may not change between a job and its resume */
    DJ_PARAM_NULLABLE = 1 << 1, /* null is a value (TEXT, TEXTS, INT as min - 1) */
    DJ_PARAM_NOT_YET = 1 << 2,  /* known, not yet effective: any other value is refused */
    DJ_PARAM_NO_EFFECT = 1 << 3, /* accepted, named once, because of .why */
    DJ_PARAM_REQUIRED = 1 << 4,
    DJ_PARAM_HIDDEN = 1 << 5, /* not in --help: only in the reference pages */
    DJ_PARAM_PATHS = 1 << 6,  /* TEXTS: a comma on the command line divides nothing */
};

struct dj_param {
    const char *name; /* dotted for program settings */
    enum dj_param_type type;
    size_t offset; /* of the field in the struct that the table fills */
    struct {
        int64_t i;          /* BOOL, INT, ENUM, BYTES */
        double d;           /* FLOAT */
        const char *s;      /* TEXT; TEXTS: words divided by blanks;
                             * ANY: what NULL stands for, as JSON */
        struct dj_number n; /* NUMBER */
    } preset;
    int64_t min, max;           /* INT, BYTES; both 0: any */
    double fmin, fmax;          /* FLOAT, NUMBER; both 0: any */
    const char *const *choices; /* ENUM: ended by NULL */
    const char *aliases;        /* other names, divided by blanks, tried in order */
    unsigned flags;
    const char *why;   /* NOT_YET: what is not there yet; NO_EFFECT: why not */
    const char *today; /* NOT_YET: values that are taken, as JSON, divided by blanks;
                        * NULL: the default. The first is what happens today. */
    const char *help;
};

/* Compile-time check that a field has the type that its entry says. */
#define DJ_FIELD(type, field, expected) \
    (offsetof(type, field) +            \
     0 * sizeof(char[_Generic(((type *)0)->field, expected: 1, default: -1)]))

#define DJ_PARAM_BOOL_(conf_, field, preset_, help_)                                   \
    {                                                                                  \
        .name = #field, .type = DJ_PARAM_BOOL, .offset = DJ_FIELD(conf_, field, bool), \
        .preset.i = (preset_), .help = (help_)                                         \
    }
#define DJ_PARAM_INT_(conf_, field, preset_, min_, max_, help_)                          \
    {                                                                                    \
        .name = #field, .type = DJ_PARAM_INT, .offset = DJ_FIELD(conf_, field, int64_t), \
        .preset.i = (preset_), .min = (min_), .max = (max_), .help = (help_)             \
    }
#define DJ_PARAM_FLOAT_(conf_, field, preset_, min_, max_, help_)                        \
    {                                                                                    \
        .name = #field, .type = DJ_PARAM_FLOAT,                                          \
        .offset = DJ_FIELD(conf_, field, double), .preset.d = (preset_), .fmin = (min_), \
        .fmax = (max_), .help = (help_)                                                  \
    }
/* preset_ is DJ_PRESET_INT(..), DJ_PRESET_FLOAT(..) or DJ_PRESET_NONE. */
#define DJ_PARAM_NUMBER_(conf_, field, preset_, help_)                           \
    {                                                                            \
        .name = #field, .type = DJ_PARAM_NUMBER,                                 \
        .offset = DJ_FIELD(conf_, field, struct dj_number), .preset.n = preset_, \
        .flags = DJ_PARAM_NULLABLE, .help = (help_)                              \
    }
#define DJ_PARAM_TEXT_(conf_, field, preset_, help_)                           \
    {                                                                          \
        .name = #field, .type = DJ_PARAM_TEXT,                                 \
        .offset = DJ_FIELD(conf_, field, const char *), .preset.s = (preset_), \
        .flags = DJ_PARAM_NULLABLE, .help = (help_)                            \
    }
#define DJ_PARAM_ENUM_(conf_, field, preset_, choices_, help_)                        \
    {                                                                                 \
        .name = #field, .type = DJ_PARAM_ENUM, .offset = DJ_FIELD(conf_, field, int), \
        .preset.i = (preset_), .choices = (choices_), .help = (help_)                 \
    }
/* Accepted and named once; it has no field. */
#define DJ_PARAM_NO_EFFECT_(name_, why_)                                    \
    {                                                                       \
        .name = (name_), .type = DJ_PARAM_ANY, .flags = DJ_PARAM_NO_EFFECT, \
        .why = (why_), .help = "no effect",                                 \
    }
#define DJ_PARAM_END                            \
    {                                           \
        .name = NULL, .type = DJ_PARAM_END_TYPE \
    }

/* Entry of a table by name or alias, or NULL. A table may be NULL: it is empty. */
const struct dj_param *dj_param_find(const struct dj_param *params, const char *name);

/* Gives every field of conf its default. Strings are borrowed from the table. */
enum dj_status dj_param_defaults(const struct dj_param *params, void *conf,
                                 struct dj_arena *arena,
                                 struct dj_error *err) DJ_MUST_CHECK;

/*
 * Sets one field from a YAML node after checking type, range and choices. place
 * ("recipe.yaml:4:7: ") and label ("clean_links_mapper.repl") begin the message.
 * Strings are copied to the arena, which must live as long as conf.
 */
enum dj_status dj_param_set(const struct dj_param *param, void *conf,
                            const struct dj_yaml_node *node, struct dj_arena *arena,
                            const char *place, const char *label,
                            struct dj_error *err) DJ_MUST_CHECK;

/* The value of a field as JSON, for --print_config, hashes and comparisons. */
enum dj_status dj_param_to_json(const struct dj_param *param, const void *conf,
                                struct dj_buf *out) DJ_MUST_CHECK;

/* The default of a field as JSON. */
enum dj_status dj_param_preset_json(const struct dj_param *param,
                                    struct dj_buf *out) DJ_MUST_CHECK;

/* One line of documentation pieces: "whole number, 0 to 100, default 3". */
enum dj_status dj_param_describe(const struct dj_param *param,
                                 struct dj_buf *out) DJ_MUST_CHECK;

/*
 * Keywords of JSON Schema, which an open object of w gets: description, type or choices,
 * range, default. null: null is a value even if the entry does not say so.
 */
struct dj_jsonw;
enum dj_status dj_param_schema(const struct dj_param *param, bool null,
                               struct dj_jsonw *w) DJ_MUST_CHECK;

/*
 * The known name nearest to a mistyped one (edit distance with transpositions, at
 * most a third of its length), or NULL. next() gives names until NULL.
 */
const char *dj_nearest_name(const char *mistyped,
                            const char *(*next)(void *context, size_t index),
                            void *context);

#endif

/* Shared by the files of this module. */
#ifndef DJ_CONFIG_PRIVATE_H
#define DJ_CONFIG_PRIVATE_H

#include "dj/config.h"

/* Where a value came from. */
struct dj_setting_source {
    bool given;
    bool command_line;
    bool refused;                    /* its value was no good, which has been said */
    const char *name;                /* as it was written: the key or an alias of it */
    const struct dj_yaml_node *key;  /* in the recipe file; else NULL */
    const struct dj_yaml_node *node; /* the value; NULL: the default was asked for */
    size_t rank; /* in the file: 0 for the key itself, then its aliases in order */
};

/* --OPERATOR.PARAMETER VALUE */
struct dj_override {
    const struct dj_op *op;
    const char *param;
    const char *text;
    const char *label; /* "--text_length_filter.min_len" */
    bool used;
};

/* Sources of an operator's own and common parameters, in the order of their tables. */
struct dj_op_sources {
    struct dj_setting_source *own;
    struct dj_setting_source *common;
};

struct dj_config_doc {
    struct dj_config config;
    struct dj_arena *arena;  /* strings, notes, operator parameters */
    struct dj_yaml *yaml;    /* of the recipe file */
    struct dj_yaml **values; /* of the command line */
    size_t nvalues;
    struct dj_config_args args;
    struct dj_setting_source *sources; /* an entry a key of the table */
    struct dj_op_sources *op_sources;  /* an entry an operator of the recipe */
    struct dj_override *overrides;
    size_t noverrides;
    size_t nnotes;
    struct dj_config_note *notes;
    const struct dj_yaml_node *process;
    const char *process_origin; /* recipe file or "--process" */
    bool process_meant;         /* a key was taken for it, which has been said */
    bool operators_lack;        /* a library was no good, which has been said */
};

/* --- problems.c --------------------------------------------------------------------- */

/* All problems of a configuration. */
struct dj_problem {
    int line, column; /* 0: no place in the recipe file */
    char *text;
};
struct dj_problems {
    size_t count;
    struct dj_problem *items;
    enum dj_status status; /* DJ_NOMEM once memory ran out, else DJ_CONFIG */
};

/* node (or NULL) tells where in the recipe file the problem is, for their order. */
void dj_problem(struct dj_problems *problems, const struct dj_yaml_node *node,
                const char *fmt, ...) DJ_PRINTF(3, 4);
void dj_problem_error(struct dj_problems *problems, const struct dj_yaml_node *node,
                      const struct dj_error *err);
/* Fails with all of them in the order of the file, as far as they fit. */
enum dj_status dj_problems_fail(const struct dj_problems *problems, struct dj_error *err);
void dj_problems_release(struct dj_problems *problems);

/* "file:line:column: " of a node, "origin: " without one. */
void dj_place(const char *origin, const struct dj_yaml_node *node,
              char text[DJ_CONFIG_PLACE]);
/* What a missing key is missing from: the recipe file or "command line". */
const char *dj_config_origin(const struct dj_config_doc *doc);

/* Adds a remark once. */
void dj_config_note(struct dj_config_doc *doc, const char *key, const char *fmt, ...)
    DJ_PRINTF(3, 4);

/* --- reading ---------------------------------------------------------------------- */

/* Takes note of what the file gives; the values are set later. */
enum dj_status dj_config_read_file(struct dj_config_doc *doc, const char *path,
                                   struct dj_problems *problems,
                                   struct dj_error *err) DJ_MUST_CHECK;

/* Finds --config among the words. */
enum dj_status dj_config_find_file(struct dj_config_doc *doc,
                                   struct dj_error *err) DJ_MUST_CHECK;
/*
 * Takes note of what the command line gives, over what the file gave: of the settings,
 * and, when operators are known, of the rest, which may be parameters of theirs.
 */
enum dj_word_pass { DJ_WORDS_SETTINGS, DJ_WORDS_REST };
enum dj_status dj_config_read_words(struct dj_config_doc *doc, enum dj_word_pass which,
                                    struct dj_problems *problems,
                                    struct dj_error *err) DJ_MUST_CHECK;
/* Loads what custom_operator_paths names. */
void dj_config_load_operators(struct dj_config_doc *doc, struct dj_problems *problems);
/*
 * The value of an option as a YAML node. A text is taken as it stands, so that
 * "*.jsonl" needs no quotes for YAML; "a,b" is a list where a list is wanted.
 */
enum dj_status dj_config_parse_value(struct dj_config_doc *doc,
                                     const struct dj_param *param, const char *label,
                                     const char *text, const struct dj_yaml_node **node,
                                     struct dj_error *err) DJ_MUST_CHECK;

/* A key that is in no table: a problem that names the nearest one. */
void dj_config_unknown_key(struct dj_config_doc *doc, const struct dj_yaml_node *node,
                           const char *place, const char *key, const char *dashes,
                           struct dj_problems *problems);
/* True for "partition" and the like: the table has keys below it. */
bool dj_config_is_section(const char *name);

/* A key of Data-Juicer that has no effect here. */
struct dj_legacy {
    const char *name;
    const char *why;
};
const struct dj_legacy *dj_legacy_find(const char *name);
const struct dj_legacy *dj_legacy_at(size_t index); /* NULL after the last */
/* To go on without it would be wrong: only false or null is taken. */
bool dj_legacy_is_refused(const struct dj_legacy *legacy);

/* Reads doc->process into doc->config.recipe. */
void dj_recipe_read(struct dj_config_doc *doc, struct dj_problems *problems);
/* Fills conf, common and args of an operator; params is NULL when it has none. */
enum dj_status dj_recipe_params(struct dj_config_doc *doc,
                                const struct dj_yaml_node *params,
                                struct dj_recipe_op *op, struct dj_op_sources *sources,
                                struct dj_problems *problems,
                                struct dj_error *err) DJ_MUST_CHECK;

/* Fills config.input from dataset_path and dataset. */
void dj_config_mix(struct dj_config_doc *doc, struct dj_problems *problems);

/* Fills config.validation from validators. */
void dj_config_read_validators(struct dj_config_doc *doc, struct dj_problems *problems);

/* Checks that concern more than one key's type. */
void dj_config_check(struct dj_config_doc *doc, struct dj_problems *problems);

/* Whether a parameter of operators is part of what makes two recipes equal. */
bool dj_recipe_counts(const struct dj_param *param);

/* --- the table --------------------------------------------------------------------- */

static inline size_t dj_key_index(const struct dj_param *param)
{
    return (size_t)(param - dj_config_params());
}

size_t dj_key_count(void);

/* The test, below tests/, that fails when the setting does nothing; NULL: there is none.
 */
const char *dj_config_test(const char *key);

#endif

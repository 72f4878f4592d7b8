/* Shared by the files of this module. */
#ifndef DJ_CONFIG_PRIVATE_H
#define DJ_CONFIG_PRIVATE_H

#include "dj/config.h"

/* Where a setting's value came from. */
struct dj_setting_source {
    bool given;
    bool by_alias;
    bool command_line;
    int line;
};

struct dj_config_doc {
    struct dj_config config;
    struct dj_arena *arena;  /* strings, notes, operator parameters */
    struct dj_yaml *yaml;    /* of the recipe file */
    struct dj_yaml **values; /* of the command line */
    size_t nvalues;
    struct dj_config_args args;
    struct dj_setting_source *sources; /* an entry a key of the table */
    size_t nnotes;
    struct dj_config_note *notes;
    const struct dj_yaml_node *process;
    const char *process_origin; /* recipe file or "--process" */
};

/* All problems of a configuration, a line each, up to the room of a dj_error. */
struct dj_problems {
    size_t count;
    struct dj_error *out;
};

/* Adds err's text. DJ_NOMEM replaces what was there. */
void dj_problems_add(struct dj_problems *problems, const struct dj_error *err);

/* "file:line:column: " of a node; room for any. */
enum { DJ_PLACE_TEXT = 320 };
void dj_place(const char *origin, const struct dj_yaml_node *node,
              char text[DJ_PLACE_TEXT]);

void dj_config_add_note(struct dj_config_doc *doc, const char *key, const char *text);

/* Why a key of Data-Juicer has no effect here, or NULL when it is not one of these. */
const char *dj_legacy_why(const char *key);
/* Names of these keys, for "did you mean"; NULL after the last. */
const char *dj_legacy_name(size_t index);

/* Reads doc->process into doc->config.recipe. */
void dj_recipe_read(struct dj_config_doc *doc, struct dj_problems *problems);

/* Version and effective parameters of an operator as one line of JSON. */
enum dj_status dj_recipe_op_json(const struct dj_recipe_op *op,
                                 struct dj_buf *out) DJ_MUST_CHECK;

/* Checks that concern more than one key's type. */
void dj_config_check(struct dj_config_doc *doc, struct dj_problems *problems);

/* Index of an entry in the table. */
static inline size_t dj_key_index(const struct dj_param *param)
{
    return (size_t)(param - dj_config_params());
}

size_t dj_key_count(void);

#endif

/* What the parts of the YAML reader share. None of it knows libyaml. */
#ifndef DJ_BASE_YAML_PRIVATE_H
#define DJ_BASE_YAML_PRIVATE_H

#include "dj/yaml.h"

/* A complaint of libyaml's; lines and columns from 1. */
struct dj_yaml_problem {
    const char *text;    /* libyaml's words; may be NULL */
    const char *context; /* what it was doing; may be NULL */
    char found;          /* the byte at line and column; 0 at the end */
    int line, column;
    int context_line, context_column; /* where that began; 0 when unknown */
};

/* Line and column, in characters from 1, of a byte offset. */
void dj_yaml_place(struct dj_str bytes, size_t offset, int *line, int *column);
/* First byte of a character by its number from 0; 0 behind the last one. */
char dj_yaml_character(struct dj_str bytes, size_t index);

/* Fails with the problem in words that name the remedy. */
enum dj_status dj_yaml_explain(const struct dj_yaml_problem *problem, const char *origin,
                               struct dj_error *err);

/* Refuses a key that stands twice, then resolves the merge key "<<". */
enum dj_status dj_yaml_finish_mapping(struct dj_arena *arena, struct dj_yaml_node *node,
                                      const char *origin,
                                      struct dj_error *err) DJ_MUST_CHECK;

/* True when a plain scalar means null. */
bool dj_yaml_text_is_null(struct dj_str text);

#endif

/*
 * YAML documents as a tree in which every node knows its file, line and column.
 * Over libyaml. Aliases and merge keys are resolved; tags other than the core
 * schema's are refused. Scalars keep their text and whether they were quoted, so
 * that the reader of a setting decides what "1e3" or "on" means (YAML 1.1 rules
 * as PyYAML has them: yes/no/on/off are booleans when plain).
 */
#ifndef DJ_YAML_H
#define DJ_YAML_H

#include "dj/mem.h"

enum dj_yaml_kind { DJ_YAML_NULL, DJ_YAML_SCALAR, DJ_YAML_SEQUENCE, DJ_YAML_MAPPING };

struct dj_yaml_node;

struct dj_yaml_pair {
    struct dj_yaml_node *key; /* a scalar */
    struct dj_yaml_node *value;
};

struct dj_yaml_node {
    enum dj_yaml_kind kind;
    int line, column; /* from 1; 0 when it did not come from a file */
    const char *text; /* scalar: its characters, NUL-terminated */
    size_t len;       /* scalar: bytes of text */
    bool quoted;      /* scalar: was in quotes or a block; then always a string */
    size_t count;     /* sequence, mapping: entries */
    struct dj_yaml_node **items; /* sequence */
    struct dj_yaml_pair *pairs;  /* mapping, in the order of the file */
};

struct dj_yaml; /* owns all nodes of a document */

/*
 * Reads one document. Messages begin with "origin:line:column: ". A key that
 * stands twice in one mapping is an error with both places.
 */
enum dj_status dj_yaml_parse(struct dj_str bytes, const char *origin,
                             struct dj_yaml **doc, struct dj_error *err) DJ_MUST_CHECK;
void dj_yaml_free(struct dj_yaml *doc);
const struct dj_yaml_node *dj_yaml_root(const struct dj_yaml *doc);
const char *dj_yaml_origin(const struct dj_yaml *doc);

/* Value of key in a mapping, or NULL. */
const struct dj_yaml_node *dj_yaml_get(const struct dj_yaml_node *mapping,
                                       const char *key);

/* What a plain scalar means (a quoted one is never any of these). */
bool dj_yaml_as_null(const struct dj_yaml_node *node);
bool dj_yaml_as_bool(const struct dj_yaml_node *node, bool *value);
bool dj_yaml_as_int(const struct dj_yaml_node *node, int64_t *value);
bool dj_yaml_as_double(const struct dj_yaml_node *node, double *value); /* ints too */

/* The node as JSON on one line, for hashes and events (op_args). */
enum dj_status dj_yaml_to_json(const struct dj_yaml_node *node,
                               struct dj_buf *out) DJ_MUST_CHECK;

#endif

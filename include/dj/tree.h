/*
 * A sample as a tree of JSON values, and changes to it. Whoever looks at more of a sample
 * than its text reads it so (dj_batch_sample), lists what is to change, and gives the
 * result back (dj_batch_set_sample). What is not changed keeps its bytes.
 */
#ifndef DJ_TREE_H
#define DJ_TREE_H

#include <stdint.h>

#include "dj/mem.h"

enum dj_node_kind {
    DJ_NODE_NULL,
    DJ_NODE_BOOL,
    DJ_NODE_INT,   /* within int64_t */
    DJ_NODE_FLOAT, /* also whole numbers beyond it */
    DJ_NODE_STRING,
    DJ_NODE_LIST,
    DJ_NODE_OBJECT,
};

struct dj_node {
    enum dj_node_kind kind;
    union {
        bool truth;
        int64_t integer;
        double number;
        struct dj_str text; /* decoded */
        size_t count;       /* of a list's items or an object's members */
    };
    struct dj_str raw; /* as it stands in the sample */
    struct dj_str key; /* of a member, decoded */
    bool changed;      /* who changes text says so here, for dj_edits_texts */
    struct dj_node *first, *last;
    struct dj_node *next; /* behind it in the same list or object */
};

/*
 * Reads one valid value (dj_batch_sample gives one). The tree is in the arena; strings
 * without escapes are borrowed from json.
 */
enum dj_status dj_node_read(struct dj_str json, struct dj_arena *arena,
                            struct dj_node **root) DJ_MUST_CHECK;

/* The same for text from elsewhere; *root is NULL when it is no JSON. */
enum dj_status dj_node_parse(struct dj_str json, struct dj_arena *arena,
                             struct dj_node **root) DJ_MUST_CHECK;

#define DJ_FOR_EACH_NODE(node, parent)                                                   \
    for (struct dj_node *node = (parent) == NULL ? NULL : (parent)->first; node != NULL; \
         node = node->next)

/* The member of an object; NULL: there is none, or no object. The last of equal keys. */
struct dj_node *dj_node_get(const struct dj_node *object, const char *key);
/* The same, but null is as good as none: Python's dict.get(). */
struct dj_node *dj_node_value(const struct dj_node *object, const char *key);

static inline bool dj_node_is(const struct dj_node *node, enum dj_node_kind kind)
{
    return node != NULL && node->kind == kind;
}

/* Python's truth: false for NULL, null, false, 0 and what is empty. */
bool dj_node_true(const struct dj_node *node);

/* float(node) of a number or truth value; false when it is neither. */
bool dj_node_number(const struct dj_node *node, double *number);

/* str(node): strings as they are, None, True, 1.0, ['a'], {'b': 1}. */
enum dj_status dj_node_str(const struct dj_node *node, struct dj_buf *out) DJ_MUST_CHECK;
/* repr(node). */
enum dj_status dj_node_repr(const struct dj_node *node, struct dj_buf *out) DJ_MUST_CHECK;
/* json.dumps(node, ensure_ascii=False). */
enum dj_status dj_node_dumps(const struct dj_node *node,
                             struct dj_buf *out) DJ_MUST_CHECK;

/* --- changes ----------------------------------------------------------------------- */

/* Places of one JSON text that are to be written otherwise. */
struct dj_edits {
    struct dj_arena *arena;
    struct dj_str whole;
    struct dj_edit *first, *last;
};

void dj_edits_init(struct dj_edits *edits, struct dj_arena *arena, struct dj_str whole);

/* Puts json in the place of a part of the whole; it is borrowed until the end. */
enum dj_status dj_edits_replace(struct dj_edits *edits, struct dj_str part,
                                struct dj_str json) DJ_MUST_CHECK;

/* Gives a member of an object another value, or the object another member. */
enum dj_status dj_edits_set(struct dj_edits *edits, const struct dj_node *object,
                            const char *key, struct dj_str json) DJ_MUST_CHECK;

/* Puts the texts of all strings that are marked as changed in the place of the old. */
enum dj_status dj_edits_texts(struct dj_edits *edits,
                              const struct dj_node *root) DJ_MUST_CHECK;

/* Appends the changed text. Places must not overlap. */
enum dj_status dj_edits_apply(const struct dj_edits *edits,
                              struct dj_buf *out) DJ_MUST_CHECK;

#endif

/* What is done with a mapping once it is read: no key twice, merge keys resolved. */
#include "base/yaml_private.h"

#include <stdlib.h>

static struct dj_str text_of(const struct dj_yaml_node *node)
{
    return (struct dj_str){ node->text, node->len };
}

/* By text, then by place. */
static int compare_keys(const void *a, const void *b)
{
    const struct dj_yaml_node *left = *(struct dj_yaml_node *const *)a;
    const struct dj_yaml_node *right = *(struct dj_yaml_node *const *)b;
    const int order = dj_str_compare(text_of(left), text_of(right));

    if (order != 0) {
        return order;
    }
    if (left->line != right->line) {
        return left->line < right->line ? -1 : 1;
    }
    return (left->column > right->column) - (left->column < right->column);
}

/* The keys as they were written: a merged key may be written again. */
static enum dj_status check_twice(const struct dj_yaml_node *node, const char *origin,
                                  struct dj_error *err)
{
    struct dj_yaml_node **keys = dj_xcalloc(node->count, sizeof(*keys));
    enum dj_status status = DJ_OK;

    for (size_t i = 0; i < node->count; i++) {
        keys[i] = node->pairs[i].key;
    }
    if (node->count > 1) {
        qsort(keys, node->count, sizeof(*keys), compare_keys);
    }
    for (size_t i = 1; i < node->count && status == DJ_OK; i++) {
        if (dj_str_equal(text_of(keys[i - 1]), text_of(keys[i]))) {
            status = dj_fail(err, DJ_CONFIG,
                             "%s:%d:%d: \"%s\" stands here a second time (first at line "
                             "%d, column %d): remove one of the two",
                             origin, keys[i]->line, keys[i]->column, keys[i]->text,
                             keys[i - 1]->line, keys[i - 1]->column);
        }
    }
    dj_xfree(keys);
    return status;
}

/* Adds those pairs of from that into does not have. */
static enum dj_status merge_one(struct dj_arena *arena, const struct dj_yaml_node *from,
                                struct dj_yaml_node *into, const char *origin,
                                struct dj_error *err)
{
    struct dj_yaml_pair *pairs;

    if (from->kind != DJ_YAML_MAPPING) {
        return dj_fail(err, DJ_CONFIG,
                       "%s:%d:%d: << merges mappings only: mark one with &name and write "
                       "<<: *name",
                       origin, from->line, from->column);
    }
    pairs = dj_arena_alloc(arena, dj_size_mul(into->count + from->count, sizeof(*pairs)));
    if (pairs == NULL) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory", origin);
    }
    if (into->count > 0) {
        memcpy(pairs, into->pairs, into->count * sizeof(*pairs));
    }
    into->pairs = pairs;
    for (size_t i = 0; i < from->count; i++) {
        if (dj_yaml_get(into, from->pairs[i].key->text) == NULL) {
            into->pairs[into->count++] = from->pairs[i];
        }
    }
    return DJ_OK;
}

/* Takes the pair with the merge key out; NULL when there is none. */
static const struct dj_yaml_node *take_merge(struct dj_yaml_node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        const struct dj_yaml_pair pair = node->pairs[i];

        if (!pair.key->quoted && strcmp(pair.key->text, "<<") == 0) {
            memmove(node->pairs + i, node->pairs + i + 1,
                    (node->count - i - 1) * sizeof(*node->pairs));
            node->count--;
            return pair.value;
        }
    }
    return NULL;
}

enum dj_status dj_yaml_finish_mapping(struct dj_arena *arena, struct dj_yaml_node *node,
                                      const char *origin, struct dj_error *err)
{
    const struct dj_yaml_node *from;

    DJ_TRY(check_twice(node, origin, err));
    from = take_merge(node);
    if (from == NULL) {
        return DJ_OK;
    }
    if (from->kind != DJ_YAML_SEQUENCE) {
        return merge_one(arena, from, node, origin, err);
    }
    for (size_t i = 0; i < from->count; i++) {
        DJ_TRY(merge_one(arena, from->items[i], node, origin, err));
    }
    return DJ_OK;
}

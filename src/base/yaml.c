/*
 * Reads a YAML document into a tree of nodes, over libyaml's events. Aliases share
 * the node they name; merge keys are resolved when a mapping is complete.
 */
#include "dj/yaml.h"

#include "base/yaml_private.h"

#include <yaml.h>

enum {
    ARENA_BLOCK = 64 << 10,
    MAX_DEPTH = 100,
    MAX_UNFOLDED = 1000000 /* values when every alias is written out */
};

#define CORE_TAG "tag:yaml.org,2002:"

struct dj_yaml {
    struct dj_arena *arena;
    const char *origin;
    struct dj_yaml_node *root;
};

struct anchor {
    const char *name;
    struct dj_yaml_node *node;
    size_t weight; /* nodes below and with it, aliases unfolded */
    bool open;     /* its value is still being read */
};

/* The state of one dj_yaml_parse. */
struct reading {
    yaml_parser_t parser;
    yaml_event_t event; /* the newest; zeroed when there is none */
    struct dj_yaml *doc;
    struct dj_str bytes;
    struct dj_error *err;
    struct anchor *anchors;
    size_t nanchors;
    struct dj_yaml_node **stack; /* children of collections that are not complete */
    size_t nstack, stack_cap;
    size_t weight;
};

static enum dj_status out_of_memory(struct reading *r)
{
    return dj_fail(r->err, DJ_NOMEM, "%s: out of memory", r->doc->origin);
}

static enum dj_status fail_at(struct reading *r, const struct dj_yaml_node *node,
                              const char *what)
{
    return dj_fail(r->err, DJ_CONFIG, "%s:%d:%d: %s", r->doc->origin, node->line,
                   node->column, what);
}

/* --- problems of libyaml ------------------------------------------------------------ */

static int from_one(size_t mark)
{
    return mark >= INT32_MAX ? INT32_MAX : (int)mark + 1;
}

static enum dj_status explain(struct reading *r)
{
    const yaml_parser_t *parser = &r->parser;
    struct dj_yaml_problem problem = {
        .text = parser->problem,
        .context = parser->context,
        .line = from_one(parser->problem_mark.line),
        .column = from_one(parser->problem_mark.column),
    };

    if (parser->error == YAML_MEMORY_ERROR) {
        return out_of_memory(r);
    }
    if (parser->error == YAML_READER_ERROR) {
        dj_yaml_place(r->bytes, parser->problem_offset, &problem.line, &problem.column);
    } else {
        problem.found = dj_yaml_character(r->bytes, parser->problem_mark.index);
    }
    if (parser->context != NULL) {
        problem.context_line = from_one(parser->context_mark.line);
        problem.context_column = from_one(parser->context_mark.column);
    }
    return dj_yaml_explain(&problem, r->doc->origin, r->err);
}

static enum dj_status next_event(struct reading *r)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event) == 0) {
        return explain(r);
    }
    return DJ_OK;
}

/* --- nodes ------------------------------------------------------------------------ */

static const char *copy_text(struct reading *r, const char *text, size_t len)
{
    char *copy = dj_arena_alloc(r->doc->arena, len + 1);

    if (copy != NULL) {
        memcpy(copy, text, len);
        copy[len] = '\0';
    }
    return copy;
}

static enum dj_status new_node(struct reading *r, enum dj_yaml_kind kind,
                               struct dj_yaml_node **node)
{
    *node = dj_arena_alloc(r->doc->arena, sizeof(**node));
    if (*node == NULL) {
        return out_of_memory(r);
    }
    **node = (struct dj_yaml_node){
        .kind = kind,
        .line = from_one(r->event.start_mark.line),
        .column = from_one(r->event.start_mark.column),
        .text = "",
    };
    r->weight++;
    return DJ_OK;
}

static void push(struct reading *r, struct dj_yaml_node *node)
{
    if (r->nstack == r->stack_cap) {
        r->stack_cap = r->stack_cap == 0 ? 64 : 2 * r->stack_cap;
        r->stack = dj_xrealloc(r->stack, dj_size_mul(r->stack_cap, sizeof(*r->stack)));
    }
    r->stack[r->nstack++] = node;
}

static struct anchor *find_anchor(struct reading *r, const char *name)
{
    for (size_t i = r->nanchors; i > 0; i--) { /* the newest of a name counts */
        if (strcmp(r->anchors[i - 1].name, name) == 0) {
            return &r->anchors[i - 1];
        }
    }
    return NULL;
}

/* Notes the anchor of a node that begins; *index is SIZE_MAX without one. */
static enum dj_status open_anchor(struct reading *r, const yaml_char_t *name,
                                  struct dj_yaml_node *node, size_t *index)
{
    *index = SIZE_MAX;
    if (name == NULL) {
        return DJ_OK;
    }
    r->anchors =
        dj_xrealloc(r->anchors, dj_size_mul(r->nanchors + 1, sizeof(*r->anchors)));
    r->anchors[r->nanchors] = (struct anchor){
        .name = copy_text(r, (const char *)name, strlen((const char *)name)),
        .node = node,
        .weight = r->weight - 1,
        .open = true,
    };
    if (r->anchors[r->nanchors].name == NULL) {
        return out_of_memory(r);
    }
    *index = r->nanchors++;
    return DJ_OK;
}

static void close_anchor(struct reading *r, size_t index)
{
    if (index != SIZE_MAX) {
        r->anchors[index].weight = r->weight - r->anchors[index].weight;
        r->anchors[index].open = false;
    }
}

static enum dj_status read_alias(struct reading *r, struct dj_yaml_node **node)
{
    const char *name = (const char *)r->event.data.alias.anchor;
    const struct anchor *anchor = find_anchor(r, name);
    const int line = from_one(r->event.start_mark.line);
    const int column = from_one(r->event.start_mark.column);

    if (anchor == NULL) {
        return dj_fail(r->err, DJ_CONFIG,
                       "%s:%d:%d: *%s names no value: mark one before with &%s, or put "
                       "text that begins with * in quotes",
                       r->doc->origin, line, column, name, name);
    }
    if (anchor->open) {
        return dj_fail(r->err, DJ_CONFIG,
                       "%s:%d:%d: *%s stands inside the value that it names, which would "
                       "never end: write the value out",
                       r->doc->origin, line, column, name);
    }
    r->weight += anchor->weight;
    if (r->weight > MAX_UNFOLDED) {
        return dj_fail(r->err, DJ_CONFIG,
                       "%s:%d:%d: the aliases of this file unfold to more than %d "
                       "values: write fewer of them",
                       r->doc->origin, line, column, MAX_UNFOLDED);
    }
    *node = anchor->node;
    return DJ_OK;
}

/* --- tags ------------------------------------------------------------------------- */

static enum dj_status refuse_tag(struct reading *r, const struct dj_yaml_node *node,
                                 const char *tag)
{
    const size_t prefix = strlen(CORE_TAG);
    const bool core = strncmp(tag, CORE_TAG, prefix) == 0;

    return dj_fail(r->err, DJ_CONFIG,
                   "%s:%d:%d: the tag %s%s is not possible here: write a plain value "
                   "(text that begins with ! needs quotes)",
                   r->doc->origin, node->line, node->column, core ? "!!" : "",
                   core ? tag + prefix : tag);
}

/* A collection's tag may say only what it is. */
static enum dj_status check_tag(struct reading *r, const struct dj_yaml_node *node,
                                const yaml_char_t *tag)
{
    const char *own = node->kind == DJ_YAML_SEQUENCE ? CORE_TAG "seq" : CORE_TAG "map";
    const char *text = (const char *)tag;

    if (text == NULL || strcmp(text, "!") == 0 || strcmp(text, own) == 0) {
        return DJ_OK;
    }
    return refuse_tag(r, node, text);
}

/* Sets kind and quoted of a scalar from its style and tag. */
static enum dj_status classify(struct reading *r, struct dj_yaml_node *node,
                               const char *tag, bool plain)
{
    const char *type = NULL;
    int64_t whole;
    double number;
    bool truth;

    node->quoted = !plain;
    if (tag != NULL && strncmp(tag, CORE_TAG, strlen(CORE_TAG)) == 0) {
        type = tag + strlen(CORE_TAG);
    } else if (tag != NULL && strcmp(tag, "!") != 0) {
        return refuse_tag(r, node, tag);
    }
    if (tag != NULL) {
        node->quoted = type == NULL || strcmp(type, "str") == 0;
    }
    if (!node->quoted && dj_yaml_text_is_null((struct dj_str){ node->text, node->len })) {
        node->kind = DJ_YAML_NULL;
    }
    if (type == NULL || strcmp(type, "str") == 0 ||
        (strcmp(type, "null") == 0 && node->kind == DJ_YAML_NULL) ||
        (strcmp(type, "bool") == 0 && dj_yaml_as_bool(node, &truth)) ||
        (strcmp(type, "int") == 0 && dj_yaml_as_int(node, &whole)) ||
        (strcmp(type, "float") == 0 && dj_yaml_as_double(node, &number))) {
        return DJ_OK;
    }
    return refuse_tag(r, node, tag);
}

static enum dj_status read_scalar(struct reading *r, struct dj_yaml_node **out)
{
    const char *tag = (const char *)r->event.data.scalar.tag;
    const bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    struct dj_yaml_node *node;
    size_t anchor;

    DJ_TRY(new_node(r, DJ_YAML_SCALAR, &node));
    node->len = r->event.data.scalar.length;
    node->text = copy_text(r, (const char *)r->event.data.scalar.value, node->len);
    if (node->text == NULL) {
        return out_of_memory(r);
    }
    DJ_TRY(open_anchor(r, r->event.data.scalar.anchor, node, &anchor));
    close_anchor(r, anchor);
    *out = node;
    return classify(r, node, tag, plain);
}

/* --- collections ------------------------------------------------------------------ */

static enum dj_status read_node(struct reading *r, int depth, struct dj_yaml_node **out);

/* Takes what lies above base off the stack. */
static enum dj_status take_items(struct reading *r, size_t base,
                                 struct dj_yaml_node *node)
{
    const size_t size = dj_size_mul(r->nstack - base, sizeof(*node->items));

    node->count = r->nstack - base;
    node->items = dj_arena_alloc(r->doc->arena, size);
    if (node->items == NULL) {
        return out_of_memory(r);
    }
    if (size > 0) {
        memcpy(node->items, r->stack + base, size);
    }
    r->nstack = base;
    return DJ_OK;
}

static enum dj_status read_sequence(struct reading *r, int depth,
                                    struct dj_yaml_node **out)
{
    const size_t base = r->nstack;
    struct dj_yaml_node *node;
    size_t anchor;

    DJ_TRY(new_node(r, DJ_YAML_SEQUENCE, &node));
    DJ_TRY(check_tag(r, node, r->event.data.sequence_start.tag));
    DJ_TRY(open_anchor(r, r->event.data.sequence_start.anchor, node, &anchor));
    DJ_TRY(next_event(r));
    while (r->event.type != YAML_SEQUENCE_END_EVENT) {
        struct dj_yaml_node *item;

        DJ_TRY(read_node(r, depth + 1, &item));
        push(r, item);
        DJ_TRY(next_event(r));
    }
    close_anchor(r, anchor);
    *out = node;
    return take_items(r, base, node);
}

static enum dj_status read_pairs(struct reading *r, int depth)
{
    DJ_TRY(next_event(r));
    while (r->event.type != YAML_MAPPING_END_EVENT) {
        struct dj_yaml_node *key;
        struct dj_yaml_node *value;

        DJ_TRY(read_node(r, depth + 1, &key));
        if (key->kind == DJ_YAML_SEQUENCE || key->kind == DJ_YAML_MAPPING) {
            return fail_at(r, key,
                           "a list or mapping cannot be a key: put text that begins "
                           "with [ or { in quotes");
        }
        DJ_TRY(next_event(r));
        DJ_TRY(read_node(r, depth + 1, &value));
        push(r, key);
        push(r, value);
        DJ_TRY(next_event(r));
    }
    return DJ_OK;
}

static enum dj_status read_mapping(struct reading *r, int depth,
                                   struct dj_yaml_node **out)
{
    const size_t base = r->nstack;
    struct dj_yaml_node *node;
    size_t anchor;

    DJ_TRY(new_node(r, DJ_YAML_MAPPING, &node));
    DJ_TRY(check_tag(r, node, r->event.data.mapping_start.tag));
    DJ_TRY(open_anchor(r, r->event.data.mapping_start.anchor, node, &anchor));
    DJ_TRY(read_pairs(r, depth));
    close_anchor(r, anchor);
    node->count = (r->nstack - base) / 2;
    node->pairs =
        dj_arena_alloc(r->doc->arena, dj_size_mul(node->count, sizeof(*node->pairs)));
    if (node->pairs == NULL) {
        return out_of_memory(r);
    }
    for (size_t i = 0; i < node->count; i++) {
        node->pairs[i] =
            (struct dj_yaml_pair){ r->stack[base + 2 * i], r->stack[base + 2 * i + 1] };
    }
    r->nstack = base;
    *out = node;
    return dj_yaml_finish_mapping(r->doc->arena, node, r->doc->origin, r->err);
}

/* The node that the newest event begins. */
static enum dj_status read_node(struct reading *r, int depth, struct dj_yaml_node **out)
{
    *out = NULL;
    if (depth > MAX_DEPTH) {
        return dj_fail(r->err, DJ_CONFIG,
                       "%s:%d:%d: lists and mappings stand in each other more than %d "
                       "deep: is this file a recipe?",
                       r->doc->origin, from_one(r->event.start_mark.line),
                       from_one(r->event.start_mark.column), MAX_DEPTH);
    }
    switch (r->event.type) {
    case YAML_ALIAS_EVENT:
        return read_alias(r, out);
    case YAML_SCALAR_EVENT:
        return read_scalar(r, out);
    case YAML_SEQUENCE_START_EVENT:
        return read_sequence(r, depth, out);
    case YAML_MAPPING_START_EVENT:
        return read_mapping(r, depth, out);
    default:
        return dj_fail(r->err, DJ_INTERNAL, "%s: unexpected event %d of the YAML library",
                       r->doc->origin, (int)r->event.type);
    }
}

/* An empty stream is a null. */
static enum dj_status read_document(struct reading *r)
{
    DJ_TRY(next_event(r)); /* the stream's start */
    DJ_TRY(next_event(r));
    if (r->event.type == YAML_STREAM_END_EVENT) {
        DJ_TRY(new_node(r, DJ_YAML_NULL, &r->doc->root));
        return DJ_OK;
    }
    DJ_TRY(next_event(r));
    DJ_TRY(read_node(r, 0, &r->doc->root));
    DJ_TRY(next_event(r)); /* the document's end */
    DJ_TRY(next_event(r));
    if (r->event.type != YAML_STREAM_END_EVENT) {
        return dj_fail(r->err, DJ_CONFIG,
                       "%s:%d:%d: a second document begins here: a recipe is one "
                       "document, so remove the line ---",
                       r->doc->origin, from_one(r->event.start_mark.line),
                       from_one(r->event.start_mark.column));
    }
    return DJ_OK;
}

enum dj_status dj_yaml_parse(struct dj_str bytes, const char *origin,
                             struct dj_yaml **doc, struct dj_error *err)
{
    struct reading r = { .bytes = bytes, .err = err };
    enum dj_status status;

    *doc = NULL;
    r.doc = dj_xmalloc(sizeof(*r.doc));
    r.doc->arena = dj_arena_new(ARENA_BLOCK);
    r.doc->origin = dj_xstrdup(origin);
    if (yaml_parser_initialize(&r.parser) == 0) {
        status = out_of_memory(&r);
    } else {
        const char *text = bytes.len == 0 ? "" : bytes.ptr; /* it takes no NULL */

        yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, bytes.len);
        status = read_document(&r);
        yaml_event_delete(&r.event);
        yaml_parser_delete(&r.parser);
    }
    dj_xfree(r.anchors);
    dj_xfree(r.stack);
    if (status != DJ_OK) {
        dj_yaml_free(r.doc);
        return status;
    }
    *doc = r.doc;
    return DJ_OK;
}

void dj_yaml_free(struct dj_yaml *doc)
{
    if (doc != NULL) {
        dj_arena_free(doc->arena);
        dj_xfree((void *)doc->origin);
        dj_xfree(doc);
    }
}

const struct dj_yaml_node *dj_yaml_root(const struct dj_yaml *doc)
{
    return doc->root;
}

const char *dj_yaml_origin(const struct dj_yaml *doc)
{
    return doc->origin;
}

const struct dj_yaml_node *dj_yaml_get(const struct dj_yaml_node *mapping,
                                       const char *key)
{
    if (mapping == NULL || mapping->kind != DJ_YAML_MAPPING) {
        return NULL;
    }
    for (size_t i = 0; i < mapping->count; i++) {
        if (strcmp(mapping->pairs[i].key->text, key) == 0) {
            return mapping->pairs[i].value;
        }
    }
    return NULL;
}

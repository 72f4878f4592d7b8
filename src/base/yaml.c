/*
 * YAML documents as trees of nodes with their places; the only user of libyaml.
 * Nodes live in one arena. Aliases share the node that they name.
 */
#include "dj/yaml.h"

#include <stdio.h>
#include <yaml.h>

enum { MAX_DEPTH = 64, MAX_ANCHORS = 256 };

struct dj_yaml {
    struct dj_arena *arena;
    char *origin;
    struct dj_yaml_node *root;
};

struct anchor {
    const char *name;
    struct dj_yaml_node *node;
};

/* A collection that is being read. */
struct level {
    struct dj_yaml_node *node;
    struct dj_yaml_node *key; /* mapping: read, its value is still to come */
    size_t cap;
};

struct reader {
    struct dj_yaml *doc;
    struct dj_str bytes;
    struct level levels[MAX_DEPTH];
    int depth;
    struct anchor anchors[MAX_ANCHORS];
    size_t nanchors;
    struct dj_error *err;
};

static enum dj_status fail_at(struct reader *reader, int line, int column,
                              const char *text)
{
    return dj_fail(reader->err, DJ_CONFIG, "%s:%d:%d: %s", reader->doc->origin, line,
                   column, text);
}

static enum dj_status no_memory(struct reader *reader)
{
    return dj_fail(reader->err, DJ_NOMEM, "%s: out of memory", reader->doc->origin);
}

/* True when the line (from 1) begins with blanks and a tab. */
static bool tab_indents(struct dj_str bytes, int line)
{
    const char *p = bytes.ptr;
    const char *end = bytes.ptr + bytes.len;

    for (int i = 1; i < line && p < end; i++) {
        const char *feed = memchr(p, '\n', (size_t)(end - p));

        p = feed == NULL ? end : feed + 1;
    }
    while (p < end && *p == ' ') {
        p++;
    }
    return p < end && *p == '\t';
}

/* libyaml's complaint with its place, and a remedy where the cause is a common one. */
static enum dj_status parser_failed(struct reader *reader, const yaml_parser_t *parser)
{
    const int line = (int)parser->problem_mark.line + 1;
    const int column = (int)parser->problem_mark.column + 1;
    const char *problem = parser->problem == NULL ? "not YAML" : parser->problem;
    char text[512];

    if (parser->error == YAML_MEMORY_ERROR) {
        return no_memory(reader);
    }
    if (parser->error == YAML_READER_ERROR) {
        int at = 1;

        for (size_t i = 0; i < parser->problem_offset && i < reader->bytes.len; i++) {
            at += reader->bytes.ptr[i] == '\n';
        }
        (void)snprintf(text, sizeof(text),
                       "the file is not plain UTF-8 text here (%s); save it as UTF-8",
                       problem);
        return fail_at(reader, at, 1, text);
    }
    if (tab_indents(reader->bytes, line) || tab_indents(reader->bytes, line - 1)) {
        (void)snprintf(text, sizeof(text),
                       "a tab indents this line; YAML wants blanks for indentation");
    } else if (parser->context != NULL) {
        (void)snprintf(text, sizeof(text),
                       "%s, %s that begins in line %d; check quotes, colons and "
                       "indentation",
                       problem, parser->context, (int)parser->context_mark.line + 1);
    } else {
        (void)snprintf(text, sizeof(text), "%s; check quotes, colons and indentation",
                       problem);
    }
    return fail_at(reader, line, column, text);
}

static struct dj_yaml_node *new_node(struct reader *reader, enum dj_yaml_kind kind,
                                     yaml_mark_t mark)
{
    struct dj_yaml_node *node = dj_arena_alloc(reader->doc->arena, sizeof(*node));

    if (node != NULL) {
        *node = (struct dj_yaml_node){ .kind = kind,
                                       .line = (int)mark.line + 1,
                                       .column = (int)mark.column + 1 };
    }
    return node;
}

/* Doubles an array in the arena; the old one stays there until the document goes. */
static void *grow(struct reader *reader, const void *old, size_t count, size_t *cap,
                  size_t size)
{
    const size_t wider = *cap == 0 ? 8 : 2 * *cap;
    void *array = dj_arena_alloc(reader->doc->arena, dj_size_mul(wider, size));

    if (array != NULL) {
        if (count > 0) {
            memcpy(array, old, count * size);
        }
        *cap = wider;
    }
    return array;
}

static enum dj_status append_item(struct reader *reader, struct level *level,
                                  struct dj_yaml_node *node)
{
    struct dj_yaml_node *list = level->node;

    if (list->count == level->cap) {
        list->items =
            grow(reader, list->items, list->count, &level->cap, sizeof(*list->items));
        if (list->items == NULL) {
            return no_memory(reader);
        }
    }
    list->items[list->count++] = node;
    return DJ_OK;
}

static enum dj_status append_pair(struct reader *reader, struct level *level,
                                  struct dj_yaml_node *value)
{
    struct dj_yaml_node *map = level->node;
    char text[512];

    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->pairs[i].key->text, level->key->text) == 0) {
            (void)snprintf(text, sizeof(text),
                           "the key %.100s stands here for the second time; the first is "
                           "in line %d; keep one of them",
                           level->key->text, map->pairs[i].key->line);
            return fail_at(reader, level->key->line, level->key->column, text);
        }
    }
    if (map->count == level->cap) {
        map->pairs =
            grow(reader, map->pairs, map->count, &level->cap, sizeof(*map->pairs));
        if (map->pairs == NULL) {
            return no_memory(reader);
        }
    }
    map->pairs[map->count++] = (struct dj_yaml_pair){ level->key, value };
    level->key = NULL;
    return DJ_OK;
}

/* Puts a finished or begun node where it belongs. */
static enum dj_status place(struct reader *reader, struct dj_yaml_node *node)
{
    struct level *level;

    if (reader->depth == 0) {
        reader->doc->root = node;
        return DJ_OK;
    }
    level = &reader->levels[reader->depth - 1];
    if (level->node->kind == DJ_YAML_SEQUENCE) {
        return append_item(reader, level, node);
    }
    if (level->key == NULL) {
        if (node->kind == DJ_YAML_NULL) { /* a key such as "null" or "~" is its text */
            node->kind = DJ_YAML_SCALAR;
        }
        if (node->kind != DJ_YAML_SCALAR) {
            return fail_at(reader, node->line, node->column,
                           "a key must be a word, not a list or a map");
        }
        level->key = node;
        return DJ_OK;
    }
    return append_pair(reader, level, node);
}

static enum dj_status open_level(struct reader *reader, struct dj_yaml_node *node)
{
    if (reader->depth == MAX_DEPTH) {
        return fail_at(reader, node->line, node->column, "nested too deeply");
    }
    reader->levels[reader->depth++] = (struct level){ .node = node };
    return DJ_OK;
}

/* Closes the newest collection; in a mapping, "<<" takes in the maps it names. */
static enum dj_status close_level(struct reader *reader)
{
    struct level level = reader->levels[--reader->depth];
    struct dj_yaml_node *map = level.node;

    if (map->kind != DJ_YAML_MAPPING) {
        return DJ_OK;
    }
    for (size_t i = 0; i < map->count; i++) {
        const struct dj_yaml_pair pair = map->pairs[i];

        if (strcmp(pair.key->text, "<<") != 0 || pair.key->quoted) {
            continue;
        }
        if (pair.value->kind != DJ_YAML_MAPPING) {
            return fail_at(reader, pair.value->line, pair.value->column,
                           "<< must name a map (an alias such as *defaults)");
        }
        memmove(&map->pairs[i], &map->pairs[i + 1],
                (map->count - i - 1) * sizeof(*map->pairs));
        map->count--;
        for (size_t k = 0; k < pair.value->count; k++) {
            const struct dj_yaml_pair *other = &pair.value->pairs[k];

            if (dj_yaml_get(map, other->key->text) == NULL) {
                level.key = other->key;
                DJ_TRY(append_pair(reader, &level, other->value));
            }
        }
        break;
    }
    return DJ_OK;
}

static enum dj_status remember(struct reader *reader, const yaml_char_t *name,
                               struct dj_yaml_node *node)
{
    const char *text = (const char *)name;
    struct dj_str copy;

    if (text == NULL) {
        return DJ_OK;
    }
    if (reader->nanchors == MAX_ANCHORS) {
        return fail_at(reader, node->line, node->column, "too many anchors");
    }
    copy = dj_arena_copy(reader->doc->arena, (struct dj_str){ text, strlen(text) + 1 });
    if (copy.ptr == NULL) {
        return no_memory(reader);
    }
    reader->anchors[reader->nanchors++] = (struct anchor){ copy.ptr, node };
    return DJ_OK;
}

static enum dj_status read_alias(struct reader *reader, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    const int line = (int)event->start_mark.line + 1;
    const int column = (int)event->start_mark.column + 1;
    char text[512];

    for (size_t i = reader->nanchors; i-- > 0;) {
        if (strcmp(reader->anchors[i].name, name) != 0) {
            continue;
        }
        for (int d = 0; d < reader->depth; d++) {
            if (reader->levels[d].node == reader->anchors[i].node) {
                (void)snprintf(text, sizeof(text),
                               "the alias *%.100s stands inside what it names", name);
                return fail_at(reader, line, column, text);
            }
        }
        return place(reader, reader->anchors[i].node);
    }
    (void)snprintf(
        text, sizeof(text),
        "the alias *%.100s names no anchor (&%.100s) above it; put a text that "
        "begins with * in quotes",
        name, name);
    return fail_at(reader, line, column, text);
}

/* A tag that only says what the text is anyway, or makes it a string. */
static enum dj_status read_tag(struct reader *reader, const yaml_char_t *tag,
                               yaml_mark_t mark, bool *is_text)
{
    static const char *const known[] = { "int", "float", "bool", "null", "seq", "map" };
    static const char prefix[] = "tag:yaml.org,2002:";
    const char *text = (const char *)tag;
    char message[512];

    if (text == NULL) {
        return DJ_OK;
    }
    if (strncmp(text, prefix, sizeof(prefix) - 1) == 0) {
        const char *name = text + sizeof(prefix) - 1;

        if (strcmp(name, "str") == 0) {
            *is_text = true;
            return DJ_OK;
        }
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            if (strcmp(name, known[i]) == 0) {
                return DJ_OK;
            }
        }
    }
    (void)snprintf(message, sizeof(message),
                   "the tag %.100s is not supported; write the value without it", text);
    return fail_at(reader, (int)mark.line + 1, (int)mark.column + 1, message);
}

static enum dj_status read_scalar(struct reader *reader, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    const size_t len = event->data.scalar.length;
    struct dj_yaml_node *node = new_node(reader, DJ_YAML_SCALAR, event->start_mark);
    struct dj_str copy;
    bool is_text = false;

    if (node == NULL) {
        return no_memory(reader);
    }
    DJ_TRY(read_tag(reader, event->data.scalar.tag, event->start_mark, &is_text));
    if (memchr(text, '\0', len) != NULL) {
        return fail_at(reader, node->line, node->column,
                       "a value must not hold a zero character (\\0)");
    }
    copy = dj_arena_copy(reader->doc->arena, (struct dj_str){ text, len + 1 });
    if (copy.ptr == NULL) {
        return no_memory(reader);
    }
    node->text = copy.ptr;
    node->len = len;
    node->quoted = is_text || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (dj_yaml_as_null(node)) {
        node->kind = DJ_YAML_NULL;
    }
    DJ_TRY(remember(reader, event->data.scalar.anchor, node));
    return place(reader, node);
}

static enum dj_status read_begin(struct reader *reader, const yaml_event_t *event,
                                 enum dj_yaml_kind kind)
{
    struct dj_yaml_node *node = new_node(reader, kind, event->start_mark);
    const bool list = kind == DJ_YAML_SEQUENCE;
    bool is_text = false;

    if (node == NULL) {
        return no_memory(reader);
    }
    DJ_TRY(read_tag(reader,
                    list ? event->data.sequence_start.tag : event->data.mapping_start.tag,
                    event->start_mark, &is_text));
    DJ_TRY(remember(reader,
                    list ? event->data.sequence_start.anchor
                         : event->data.mapping_start.anchor,
                    node));
    DJ_TRY(place(reader, node));
    return open_level(reader, node);
}

static enum dj_status read_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (reader->doc->root != NULL) {
            return fail_at(reader, (int)event->start_mark.line + 1, 1,
                           "a second document begins here; a recipe is one document");
        }
        return DJ_OK;
    case YAML_ALIAS_EVENT:
        return read_alias(reader, event);
    case YAML_SCALAR_EVENT:
        return read_scalar(reader, event);
    case YAML_SEQUENCE_START_EVENT:
        return read_begin(reader, event, DJ_YAML_SEQUENCE);
    case YAML_MAPPING_START_EVENT:
        return read_begin(reader, event, DJ_YAML_MAPPING);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_level(reader);
    default:
        return DJ_OK;
    }
}

static enum dj_status read_all(struct reader *reader, yaml_parser_t *parser)
{
    enum dj_status status = DJ_OK;
    bool more = true;

    while (more && status == DJ_OK) {
        yaml_event_t event;

        if (yaml_parser_parse(parser, &event) == 0) {
            return parser_failed(reader, parser);
        }
        more = event.type != YAML_STREAM_END_EVENT;
        status = read_event(reader, &event);
        yaml_event_delete(&event);
    }
    return status;
}

enum dj_status dj_yaml_parse(struct dj_str bytes, const char *origin,
                             struct dj_yaml **out, struct dj_error *err)
{
    struct dj_yaml *doc = dj_xmalloc(sizeof(*doc));
    struct reader *reader = dj_xmalloc(sizeof(*reader));
    enum dj_status status;
    yaml_parser_t parser;

    doc->arena = dj_arena_new(16384);
    doc->origin = dj_xstrdup(origin);
    reader->doc = doc;
    reader->bytes = bytes;
    reader->err = err;
    if (yaml_parser_initialize(&parser) == 0) {
        status = no_memory(reader);
    } else {
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser, (const unsigned char *)bytes.ptr,
                                     bytes.len);
        status = read_all(reader, &parser);
        yaml_parser_delete(&parser);
    }
    dj_xfree(reader);
    if (status != DJ_OK) {
        dj_yaml_free(doc);
        return status;
    }
    *out = doc;
    return DJ_OK;
}

void dj_yaml_free(struct dj_yaml *doc)
{
    if (doc != NULL) {
        dj_arena_free(doc->arena);
        dj_xfree(doc->origin);
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

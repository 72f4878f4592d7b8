/* Schemas in the structs of Arrow's C data interface, made without its library. */
#include "dj/columns.h"

/* Key and value of the mark as that interface encodes metadata: counts and texts. */
static const char mark_key[] = "dj-mpi";
static const char mark_value[] = "json";

static void release(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        dj_schema_release(schema->children[i]);
        dj_xfree(schema->children[i]);
    }
    dj_xfree(schema->children);
    if (schema->dictionary != NULL) {
        dj_schema_release(schema->dictionary);
        dj_xfree(schema->dictionary);
    }
    dj_xfree(schema->private_data); /* format, name and metadata */
    schema->release = NULL;
}

void dj_schema_release(struct ArrowSchema *schema)
{
    if (schema != NULL && schema->release != NULL) {
        schema->release(schema);
    }
}

static size_t put_text(char *to, const char *text, size_t len)
{
    const int32_t count = (int32_t)len;

    memcpy(to, &count, sizeof(count));
    memcpy(to + sizeof(count), text, len);
    return sizeof(count) + len;
}

enum { MARK_BYTES = 3 * sizeof(int32_t) + sizeof(mark_key) + sizeof(mark_value) - 2 };

void dj_schema_make(struct ArrowSchema *schema, const char *format, const char *name,
                    int64_t flags, int64_t n_children)
{
    const size_t format_size = strlen(format) + 1;
    const size_t name_size = name == NULL ? 1 : strlen(name) + 1;
    const size_t n = dj_size_from_i64(n_children);
    char *texts = dj_xmalloc(MARK_BYTES + format_size + name_size);

    memcpy(texts + MARK_BYTES, format, format_size);
    memcpy(texts + MARK_BYTES + format_size, name == NULL ? "" : name, name_size);
    *schema = (struct ArrowSchema){
        .format = texts + MARK_BYTES,
        .name = texts + MARK_BYTES + format_size,
        .flags = flags,
        .n_children = n_children,
        .children = n == 0 ? NULL : dj_xcalloc(n, sizeof(struct ArrowSchema *)),
        .release = release,
        .private_data = texts,
    };
    for (size_t i = 0; i < n; i++) {
        schema->children[i] = dj_xcalloc(1, sizeof(struct ArrowSchema));
    }
}

void dj_schema_mark_json(struct ArrowSchema *schema)
{
    const int32_t pairs = 1;
    char *at = schema->private_data;

    schema->metadata = at;
    memcpy(at, &pairs, sizeof(pairs));
    at += sizeof(pairs);
    at += put_text(at, mark_key, sizeof(mark_key) - 1);
    (void)put_text(at, mark_value, sizeof(mark_value) - 1);
}

/* Steps over one text of metadata. */
static struct dj_str take_text(const char **at)
{
    struct dj_str text;
    int32_t len;

    memcpy(&len, *at, sizeof(len));
    text = (struct dj_str){ *at + sizeof(len), len < 0 ? 0 : (size_t)len };
    *at = text.ptr + text.len;
    return text;
}

bool dj_schema_is_json(const struct ArrowSchema *schema)
{
    const char *at = schema->metadata;
    int32_t pairs;

    if (at == NULL || schema->dictionary != NULL ||
        (strcmp(schema->format, "u") != 0 && strcmp(schema->format, "U") != 0)) {
        return false;
    }
    memcpy(&pairs, at, sizeof(pairs));
    at += sizeof(pairs);
    for (; pairs > 0; pairs--) {
        const struct dj_str key = take_text(&at);
        const struct dj_str value = take_text(&at);

        if (dj_str_is(key, mark_key) && dj_str_is(value, mark_value)) {
            return true;
        }
    }
    return false;
}

void dj_schema_copy(const struct ArrowSchema *from, struct ArrowSchema *to)
{
    dj_schema_make(to, from->format, from->name, from->flags, from->n_children);
    if (dj_schema_is_json(from)) {
        dj_schema_mark_json(to);
    }
    for (int64_t i = 0; i < from->n_children; i++) {
        dj_schema_copy(from->children[i], to->children[i]);
    }
    if (from->dictionary != NULL) {
        to->dictionary = dj_xcalloc(1, sizeof(*to->dictionary));
        dj_schema_copy(from->dictionary, to->dictionary);
    }
}

static const char *name_of(const struct ArrowSchema *schema)
{
    return schema->name == NULL ? "" : schema->name;
}

bool dj_schema_same(const struct ArrowSchema *a, const struct ArrowSchema *b)
{
    bool same = strcmp(a->format, b->format) == 0 &&
                strcmp(name_of(a), name_of(b)) == 0 && a->flags == b->flags &&
                a->n_children == b->n_children &&
                (a->dictionary == NULL) == (b->dictionary == NULL) &&
                dj_schema_is_json(a) == dj_schema_is_json(b);

    for (int64_t i = 0; i < a->n_children && same; i++) {
        same = dj_schema_same(a->children[i], b->children[i]);
    }
    if (same && a->dictionary != NULL) {
        same = dj_schema_same(a->dictionary, b->dictionary);
    }
    return same;
}

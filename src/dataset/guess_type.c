/* Types as trees: joining them, as bytes, and as Arrow's schemas. */
#include "dataset/guess.h"

void dj_guess_type_release(struct dj_guess_type *type)
{
    for (size_t i = 0; i < type->nchildren; i++) {
        dj_guess_type_release(&type->children[i]);
    }
    dj_xfree(type->children);
    dj_xfree((char *)(uintptr_t)type->name.ptr);
    *type = (struct dj_guess_type){ 0 };
}

static void drop_children(struct dj_guess_type *type)
{
    for (size_t i = 0; i < type->nchildren; i++) {
        dj_guess_type_release(&type->children[i]);
    }
    dj_xfree(type->children);
    type->children = NULL;
    type->nchildren = type->cap = type->next = 0;
}

void dj_guess_type_mix(struct dj_guess_type *type)
{
    drop_children(type);
    type->kind = DJ_GUESS_JSON;
    type->flags = 0;
}

struct dj_guess_type *dj_guess_field(struct dj_guess_type *type, struct dj_str name)
{
    struct dj_guess_type *field;

    for (size_t i = 0; i < type->nchildren; i++) {
        const size_t at = (type->next + i) % type->nchildren;

        if (dj_str_equal(type->children[at].name, name)) {
            type->next = at + 1;
            return &type->children[at];
        }
    }
    if (type->nchildren == DJ_GUESS_FIELDS) {
        return NULL;
    }
    if (type->nchildren == type->cap) {
        type->cap = type->cap == 0 ? 4 : 2 * type->cap;
        type->children = dj_xrealloc(type->children, type->cap * sizeof(*type->children));
    }
    field = &type->children[type->nchildren++];
    *field = (struct dj_guess_type){
        .name = { dj_xstrndup(name.len == 0 ? "" : name.ptr, name.len), name.len },
    };
    return field;
}

static void join_children(struct dj_guess_type *type, struct dj_guess_type *more)
{
    for (size_t i = 0; i < more->nchildren; i++) {
        struct dj_guess_type *field = dj_guess_field(type, more->children[i].name);

        if (field == NULL) {
            dj_guess_type_mix(type);
            break;
        }
        dj_guess_type_join(field, &more->children[i]);
    }
}

static bool is_number(const struct dj_guess_type *type)
{
    return type->kind == DJ_GUESS_INT || type->kind == DJ_GUESS_FLOAT;
}

void dj_guess_type_join(struct dj_guess_type *type, struct dj_guess_type *more)
{
    const struct dj_str name = type->name;

    if (type->kind == DJ_GUESS_NULL && more->kind != DJ_GUESS_NULL) {
        dj_xfree((char *)(uintptr_t)more->name.ptr);
        *type = *more;
        type->name = name;
        *more = (struct dj_guess_type){ 0 };
        return;
    }
    if (more->kind != DJ_GUESS_NULL) {
        type->flags |= more->flags;
        if (is_number(type) && is_number(more)) {
            type->kind = type->kind > more->kind ? type->kind : more->kind;
        } else if (type->kind != more->kind) {
            dj_guess_type_mix(type);
        } else {
            join_children(type, more);
        }
    }
    dj_guess_type_release(more);
}

/* --- as bytes ----------------------------------------------------------------------- */

struct packed {
    unsigned char kind, flags;
    uint32_t nchildren, name_len;
};

static enum dj_status pack(const struct dj_guess_type *type, struct dj_buf *out)
{
    struct packed head;

    memset(&head, 0, sizeof(head));
    head.kind = (unsigned char)type->kind;
    head.flags = (unsigned char)type->flags;
    head.nchildren = (uint32_t)type->nchildren;
    head.name_len = (uint32_t)type->name.len;
    DJ_TRY(dj_buf_append(out, (struct dj_str){ (const char *)&head, sizeof(head) }));
    DJ_TRY(dj_buf_append(out, type->name));
    for (size_t i = 0; i < type->nchildren; i++) {
        DJ_TRY(pack(&type->children[i], out));
    }
    return DJ_OK;
}

static bool unpack(struct dj_str *bytes, int depth, struct dj_guess_type *type)
{
    struct packed head;
    bool good = true;

    if (bytes->len < sizeof(head) || depth > DJ_GUESS_DEPTH + 2) {
        return false;
    }
    memcpy(&head, bytes->ptr, sizeof(head));
    bytes->ptr += sizeof(head);
    bytes->len -= sizeof(head);
    if (head.kind > DJ_GUESS_JSON || bytes->len < head.name_len ||
        head.nchildren > DJ_GUESS_FIELDS) {
        return false;
    }
    type->kind = (enum dj_guess_kind)head.kind;
    type->flags = head.flags;
    type->name.ptr = dj_xstrndup(bytes->ptr, head.name_len);
    type->name.len = head.name_len;
    bytes->ptr += head.name_len;
    bytes->len -= head.name_len;
    type->cap = head.nchildren;
    type->children = dj_xcalloc(type->cap, sizeof(*type->children));
    for (size_t i = 0; i < type->cap && good; i++) {
        type->nchildren++;
        good = unpack(bytes, depth + 1, &type->children[i]);
    }
    return good;
}

enum dj_status dj_guess_pack(const struct dj_guess *guess, struct dj_buf *out)
{
    return pack(dj_guess_top(guess), out);
}

enum dj_status dj_guess_join(struct dj_guess *guess, struct dj_str packed,
                             struct dj_error *err)
{
    struct dj_guess_type *top = (struct dj_guess_type *)(uintptr_t)dj_guess_top(guess);
    struct dj_guess_type more = { 0 };
    const bool good = unpack(&packed, 0, &more) && packed.len == 0;

    if (good) {
        dj_guess_type_join(top, &more);
    }
    dj_guess_type_release(&more);
    return good ? DJ_OK : dj_fail(err, DJ_INTERNAL, "the types of a stretch are damaged");
}

/* --- as schemas --------------------------------------------------------------------- */

static const char *number_format(const struct dj_guess_type *type)
{
    if (type->kind == DJ_GUESS_FLOAT) {
        return (type->flags & DJ_GUESS_BEYOND_FLOAT) != 0 ? NULL : "g";
    }
    if ((type->flags & DJ_GUESS_BEYOND_SIGNED) == 0) {
        return "l";
    }
    return (type->flags & DJ_GUESS_NEGATIVE) != 0 ? NULL : "L";
}

/* NULL: as JSON. */
static const char *format_of(const struct dj_guess_type *type)
{
    switch (type->kind) {
    case DJ_GUESS_NULL:
        return "n";
    case DJ_GUESS_BOOL:
        return "b";
    case DJ_GUESS_INT:
    case DJ_GUESS_FLOAT:
        return number_format(type);
    case DJ_GUESS_STRING:
        return "u";
    case DJ_GUESS_LIST:
        return "+l";
    case DJ_GUESS_STRUCT:
        return type->nchildren == 0 ? NULL : "+s"; /* Parquet has no empty structs */
    case DJ_GUESS_JSON:
        break;
    }
    return NULL;
}

static void make_schema(const struct dj_guess_type *type, const char *name,
                        struct ArrowSchema *schema)
{
    const char *format = format_of(type);

    if (format == NULL) {
        dj_schema_make(schema, "u", name, ARROW_FLAG_NULLABLE, 0);
        dj_schema_mark_json(schema);
        return;
    }
    dj_schema_make(schema, format, name, ARROW_FLAG_NULLABLE, (int64_t)type->nchildren);
    for (size_t i = 0; i < type->nchildren; i++) {
        make_schema(&type->children[i],
                    type->kind == DJ_GUESS_LIST ? "item" : type->children[i].name.ptr,
                    schema->children[i]);
    }
}

/* Null may be where it may not be now; not as keys of maps. */
static void allow_null(struct ArrowSchema *schema)
{
    schema->flags |= ARROW_FLAG_NULLABLE;
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (strcmp(schema->format, "+m") == 0) {
            struct ArrowSchema *pair = schema->children[0];

            allow_null(pair->children[1]);
        } else {
            allow_null(schema->children[i]);
        }
    }
}

static const struct ArrowSchema *find(const struct ArrowSchema *base, struct dj_str name)
{
    for (int64_t i = 0; base != NULL && i < base->n_children; i++) {
        if (dj_str_is(name, base->children[i]->name)) {
            return base->children[i];
        }
    }
    return NULL;
}

void dj_guess_schema(const struct dj_guess *guess, const struct ArrowSchema *base,
                     const int *misfits, struct ArrowSchema *schema)
{
    const struct dj_guess_type *top = dj_guess_top(guess);
    const int64_t known = base == NULL ? 0 : base->n_children;
    int64_t at = known;

    for (size_t i = 0; i < top->nchildren; i++) {
        at += find(base, top->children[i].name) == NULL;
    }
    dj_schema_make(schema, "+s", "", 0, at);
    for (int64_t i = 0; i < known; i++) {
        const struct ArrowSchema *column = base->children[i];
        const int misfit = misfits == NULL ? 0 : misfits[i];
        const struct dj_guess_type *seen = NULL;

        for (size_t k = 0; k < top->nchildren && (misfit & DJ_MISFIT_TYPE) != 0; k++) {
            if (dj_str_is(top->children[k].name, column->name)) {
                seen = &top->children[k];
            }
        }
        if (seen != NULL) {
            make_schema(seen, column->name, schema->children[i]);
        } else {
            dj_schema_copy(column, schema->children[i]);
            if (misfit != 0) {
                allow_null(schema->children[i]);
            }
        }
    }
    at = known;
    for (size_t i = 0; i < top->nchildren; i++) {
        if (find(base, top->children[i].name) == NULL) {
            make_schema(&top->children[i], top->children[i].name.ptr,
                        schema->children[at++]);
        }
    }
}

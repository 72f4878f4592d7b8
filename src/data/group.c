/*
 * Rows to lists and back, on the bytes of their lines: a value is a span of a line, found
 * by one scan and written where it belongs.
 */
#include "dj/group.h"

#include "data/sample_scan.h"

#include <assert.h>

static struct dj_str span(const char *begin, const char *end)
{
    return (struct dj_str){ begin, (size_t)(end - begin) };
}

/* --- together -------------------------------------------------------------------------
 */

/* A value in a line; len 0: the line does not have it. */
struct cell {
    uint32_t at, len;
};

struct column {
    struct dj_str key;   /* as it stands in a line, with its quotes */
    struct dj_str name;  /* what that means; in the arena, if need be */
    struct dj_buf cells; /* struct cell, of each line */
};

struct join {
    const struct dj_str *lines;
    size_t count;
    const struct dj_string_ops *strings;
    struct dj_arena *arena; /* of names */
    struct column *columns;
    size_t ncolumns, cap;
    size_t next; /* the column that comes next when lines are alike */
};

static enum dj_status name_of(struct join *join, const struct dj_member *member,
                              struct dj_str *name)
{
    const char *end = member->key.ptr + member->key.len + 1; /* behind the quote */
    char *copy, *out;

    *name = member->key;
    if (!member->escaped) {
        return DJ_OK;
    }
    copy = dj_arena_alloc(join->arena, member->key.len + 1 + DJ_PADDING);
    if (copy == NULL) {
        return DJ_NOMEM;
    }
    out = copy;
    (void)join->strings->decode(member->key.ptr, end, &out);
    *name = span(copy, out);
    return DJ_OK;
}

static enum dj_status add_column(struct join *join, const struct dj_member *member,
                                 struct dj_str name)
{
    const size_t size = join->count * sizeof(struct cell);
    struct column *column;

    if (join->ncolumns == join->cap) {
        join->cap = 2 * join->cap + 16;
        join->columns = dj_xrealloc(join->columns, join->cap * sizeof(*join->columns));
    }
    column = &join->columns[join->ncolumns];
    *column = (struct column){ .key = { member->key.ptr - 1, member->key.len + 2 },
                               .name = name };
    join->ncolumns++;
    dj_buf_init(&column->cells);
    DJ_TRY(dj_buf_reserve(&column->cells, size));
    memset(column->cells.ptr, 0, size);
    return DJ_OK;
}

/* Lines mostly have their fields in the same order, so the search begins there. */
static enum dj_status find_column(struct join *join, const struct dj_member *member,
                                  struct column **found)
{
    struct dj_str name;

    DJ_TRY(name_of(join, member, &name));
    for (size_t i = 0; i < join->ncolumns; i++) {
        const size_t at = (join->next + i) % join->ncolumns;

        if (dj_str_equal(join->columns[at].name, name)) {
            *found = &join->columns[at];
            join->next = at + 1;
            return DJ_OK;
        }
    }
    DJ_TRY(add_column(join, member, name));
    *found = &join->columns[join->ncolumns - 1];
    join->next = join->ncolumns;
    return DJ_OK;
}

static enum dj_status read_line(struct join *join, size_t index)
{
    struct dj_member member;
    struct dj_scan scan;
    const char *p;

    dj_scan_init(&scan, join->lines[index], join->strings);
    p = dj_scan_blanks(&scan, scan.begin) + 1;
    join->next = 0;
    for (bool first = true;
         p != NULL && dj_scan_next(&scan, &p, first, &member) == DJ_SCAN_MEMBER;
         first = false) {
        struct column *column;
        struct cell *cells;

        p = dj_scan_value(&scan, member.value);
        DJ_TRY(find_column(join, &member, &column));
        assert(p != NULL);
        cells = (void *)column->cells.ptr;
        cells[index] = (struct cell){ (uint32_t)(member.value - scan.begin),
                                      (uint32_t)(p - member.value) };
    }
    return DJ_OK;
}

static enum dj_status write_list(const struct join *join, const struct column *column,
                                 struct dj_buf *out)
{
    const struct cell *cells = (const void *)column->cells.ptr;

    DJ_TRY(dj_buf_append(out, column->key));
    DJ_TRY(dj_buf_append(out, DJ_STR(": [")));
    for (size_t i = 0; i < join->count; i++) {
        const struct cell cell = cells[i];
        const struct dj_str value = { join->lines[i].ptr + cell.at, cell.len };

        DJ_TRY(dj_buf_append(out, i > 0 ? DJ_STR(", ") : DJ_STR("")));
        DJ_TRY(dj_buf_append(out, cell.len > 0 ? value : DJ_STR("null")));
    }
    return dj_buf_putc(out, ']');
}

static enum dj_status join_all(struct join *join, struct dj_buf *out)
{
    for (size_t i = 0; i < join->count; i++) {
        DJ_TRY(read_line(join, i));
    }
    DJ_TRY(dj_buf_putc(out, '{'));
    for (size_t i = 0; i < join->ncolumns; i++) {
        DJ_TRY(dj_buf_append(out, i > 0 ? DJ_STR(", ") : DJ_STR("")));
        DJ_TRY(write_list(join, &join->columns[i], out));
    }
    return dj_buf_append(out, DJ_STR("}\n"));
}

enum dj_status dj_group_join(const struct dj_str *lines, size_t count, struct dj_buf *out)
{
    struct join join = { .lines = lines,
                         .count = count,
                         .strings = dj_string_ops_best(),
                         .arena = dj_arena_new(4096) };
    const size_t before = out->len;
    const enum dj_status status = join_all(&join, out);

    if (status != DJ_OK) {
        out->len = before;
    }
    for (size_t i = 0; i < join.ncolumns; i++) {
        dj_buf_release(&join.columns[i].cells);
    }
    dj_xfree(join.columns);
    dj_arena_free(join.arena);
    return status;
}

/* --- apart ----------------------------------------------------------------------------
 */

struct dj_split_field {
    struct dj_str key; /* with its quotes */
    struct dj_str list;
    const char *at; /* the next value */
};

static bool is_own(struct dj_str key)
{
    return key.len >= 6 && memcmp(key.ptr, "__dj__", 6) == 0;
}

static struct dj_scan scan_of(struct dj_str value)
{
    struct dj_scan scan;

    dj_scan_init(&scan, value, dj_string_ops_best());
    return scan;
}

/* The value behind the one that begins at p, or the end of the list. */
static const char *next_value(struct dj_scan *scan, const char *p)
{
    p = dj_scan_blanks(scan, dj_scan_value(scan, p));
    return *p == ',' ? dj_scan_blanks(scan, p + 1) : p;
}

static size_t count_values(struct dj_str list, const char *first)
{
    struct dj_scan scan = scan_of(list);
    size_t count = 0;

    for (const char *p = first; *p != ']'; p = next_value(&scan, p)) {
        count++;
    }
    return count;
}

static struct dj_split_field *new_field(struct dj_split *split)
{
    enum { AT_FIRST = 16 };
    const size_t n = split->nfields;

    if (n == 0 || (n >= AT_FIRST && (n & (n - 1)) == 0)) {
        const size_t cap = n == 0 ? AT_FIRST : 2 * n;
        struct dj_split_field *fields =
            dj_arena_alloc(split->arena, cap * sizeof(*fields));

        if (fields == NULL) {
            return NULL;
        }
        if (n > 0) {
            memcpy(fields, split->fields, n * sizeof(*fields));
        }
        split->fields = fields;
    }
    return &split->fields[split->nfields++];
}

static enum dj_status add_list(struct dj_split *split, const struct dj_member *member,
                               struct dj_str list, struct dj_error *err)
{
    struct dj_scan scan = scan_of(list);
    struct dj_split_field field = { .key = { member->key.ptr - 1, member->key.len + 2 },
                                    .list = list,
                                    .at = dj_scan_blanks(&scan, list.ptr + 1) };
    const size_t count = count_values(list, field.at);
    struct dj_split_field *place;

    if (split->nfields == 0) {
        split->count = count;
    } else if (count < split->count) {
        return dj_fail(err, DJ_OP, "the list %.*s has %zu values and %.*s has %zu",
                       (int)field.key.len, field.key.ptr, count,
                       (int)split->fields[0].key.len, split->fields[0].key.ptr,
                       split->count);
    }
    place = new_field(split);
    if (place == NULL) {
        return dj_fail(err, DJ_NOMEM, "out of memory for a sample of lists");
    }
    *place = field;
    return DJ_OK;
}

static enum dj_status add_field(struct dj_split *split, const struct dj_member *member,
                                struct dj_str value, const char *left_out,
                                struct dj_error *err)
{
    if (left_out != NULL && dj_str_is(member->key, left_out)) {
        split->left_out = value;
        return DJ_OK;
    }
    if (value.ptr[0] == '[') {
        return add_list(split, member, value, err);
    }
    if (value.ptr[0] == 'n' || is_own(member->key)) {
        return DJ_OK;
    }
    return dj_fail(err, DJ_OP, "the field \"%.*s\" is no list", (int)member->key.len,
                   member->key.ptr);
}

enum dj_status dj_split_begin(struct dj_split *split, struct dj_str sample,
                              const char *left_out, struct dj_arena *arena,
                              struct dj_error *err)
{
    struct dj_scan scan = scan_of(sample);
    const char *p = dj_scan_blanks(&scan, scan.begin) + 1;
    struct dj_member member;

    *split = (struct dj_split){ .arena = arena };
    for (bool first = true;
         p != NULL && dj_scan_next(&scan, &p, first, &member) == DJ_SCAN_MEMBER;
         first = false) {
        p = dj_scan_value(&scan, member.value);
        assert(p != NULL);
        DJ_TRY(add_field(split, &member, span(member.value, p), left_out, err));
    }
    return split->nfields > 0 ? DJ_OK : dj_fail(err, DJ_OP, "there is no list in it");
}

enum dj_status dj_split_next(struct dj_split *split, struct dj_buf *out)
{
    assert(split->next < split->count);
    split->next++;
    DJ_TRY(dj_buf_putc(out, '{'));
    for (size_t i = 0; i < split->nfields; i++) {
        struct dj_split_field *field = &split->fields[i];
        struct dj_scan scan = scan_of(field->list);
        const char *end = dj_scan_value(&scan, field->at);

        DJ_TRY(dj_buf_append(out, i > 0 ? DJ_STR(", ") : DJ_STR("")));
        DJ_TRY(dj_buf_append(out, field->key));
        DJ_TRY(dj_buf_append(out, DJ_STR(": ")));
        DJ_TRY(dj_buf_append(out, span(field->at, end)));
        field->at = next_value(&scan, field->at);
    }
    return dj_buf_append(out, DJ_STR("}\n"));
}

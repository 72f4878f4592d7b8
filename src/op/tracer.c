/*
 * Writes down what operators do to the rows of a batch. What a mapper is going to change
 * is not known before, so the texts of all rows are copied while entries are missing;
 * afterwards nothing is done.
 */
#include "dj/tracer.h"

#include "dj/json.h"
#include "op/chain_private.h"

/* A row before a mapper: bytes of the first members of its entry, and of its text. */
struct before {
    bool live;
    size_t begin, members, text;
};

struct dj_tracer {
    int64_t most;
    struct dj_str *keys;
    size_t nkeys;
    size_t nops;
    bool *wanted;
    int64_t *counts; /* entries of each operator */
    struct dj_buf lines;
    struct before *rows;
    size_t nrows, row_cap;
    struct dj_buf bytes; /* of all rows before a mapper */
};

/* Keys of an entry come once, and those that every entry has at their place. */
static bool is_taken(const struct dj_tracer *tracer, const char *key)
{
    bool taken = strcmp(key, "original_text") == 0 || strcmp(key, "processed_text") == 0;

    for (size_t i = 0; i < tracer->nkeys; i++) {
        taken = taken || dj_str_is(tracer->keys[i], key);
    }
    return taken;
}

struct dj_tracer *dj_tracer_new(size_t nops, int64_t most, const struct dj_strs *keys)
{
    struct dj_tracer *tracer = dj_xmalloc(sizeof(*tracer));

    tracer->most = most;
    tracer->keys = dj_xcalloc(keys->count + 1, sizeof(*tracer->keys));
    for (size_t i = 0; i < keys->count; i++) {
        if (!is_taken(tracer, keys->items[i])) {
            tracer->keys[tracer->nkeys++] = dj_str_from(keys->items[i]);
        }
    }
    tracer->nops = nops;
    tracer->wanted = dj_xcalloc(nops + 1, sizeof(*tracer->wanted));
    tracer->counts = dj_xcalloc(nops + 1, sizeof(*tracer->counts));
    dj_buf_init(&tracer->lines);
    dj_buf_init(&tracer->bytes);
    return tracer;
}

void dj_tracer_free(struct dj_tracer *tracer)
{
    if (tracer != NULL) {
        dj_buf_release(&tracer->lines);
        dj_buf_release(&tracer->bytes);
        dj_xfree(tracer->rows);
        dj_xfree(tracer->counts);
        dj_xfree(tracer->wanted);
        dj_xfree(tracer->keys);
        dj_xfree(tracer);
    }
}

void dj_chain_trace(struct dj_chain *chain, struct dj_tracer *tracer)
{
    chain->tracer = tracer;
}

void dj_tracer_begin(struct dj_tracer *tracer, const bool *wanted)
{
    memcpy(tracer->wanted, wanted, tracer->nops * sizeof(*wanted));
    memset(tracer->counts, 0, tracer->nops * sizeof(*tracer->counts));
    dj_buf_reset(&tracer->lines);
}

struct dj_str dj_tracer_lines(const struct dj_tracer *tracer)
{
    return dj_buf_str(&tracer->lines);
}

/* --- lines ----------------------------------------------------------------------------
 */

static const struct dj_str line_start = { "{\"trace\": ", 10 };
static const struct dj_str entry_start = { ", \"entry\": ", 11 };

static enum dj_status begin_line(struct dj_tracer *tracer, size_t op)
{
    tracer->counts[op]++;
    DJ_TRY(dj_buf_append(&tracer->lines, line_start));
    DJ_TRY(dj_buf_printf(&tracer->lines, "%zu", op));
    return dj_buf_append(&tracer->lines, entry_start);
}

static bool begins(struct dj_str text, struct dj_str with)
{
    return text.len >= with.len && memcmp(text.ptr, with.ptr, with.len) == 0;
}

bool dj_tracer_next(struct dj_str *lines, size_t *op, struct dj_str *entry)
{
    const char *end = lines->len == 0 ? NULL : memchr(lines->ptr, '\n', lines->len);
    struct dj_str rest = { lines->ptr + line_start.len, 0 };

    if (end == NULL || !begins(*lines, line_start)) {
        return false;
    }
    rest.len = (size_t)(end - rest.ptr);
    for (*op = 0; rest.len > 0 && *rest.ptr >= '0' && *rest.ptr <= '9'; rest.len--) {
        *op = 10 * *op + (size_t)(*rest.ptr++ - '0');
    }
    if (!begins(rest, entry_start) || end[-1] != '}') {
        return false;
    }
    entry->ptr = rest.ptr + entry_start.len;
    entry->len = rest.len - entry_start.len - 1;
    lines->len -= (size_t)(end + 1 - lines->ptr);
    lines->ptr = end + 1;
    return true;
}

/* --- mappers --------------------------------------------------------------------------
 */

/* "id": 17, of each key; null where the sample has none. */
static enum dj_status copy_members(struct dj_tracer *tracer, struct dj_chain *chain,
                                   struct dj_batch *batch, size_t row)
{
    struct dj_buf *out = &tracer->bytes;

    for (size_t i = 0; i < tracer->nkeys; i++) {
        const struct dj_arena_mark mark = dj_arena_mark(chain->scratch);
        /* Before the first filter samples have no such field. */
        const char *none = dj_str_is(tracer->keys[i], "__dj__stats__") ? "{}" : "";
        struct dj_str value;
        size_t used;

        DJ_TRY(dj_batch_field(batch, row, &tracer->keys[i], 1, chain->scratch, &value,
                              &used));
        DJ_TRY(dj_json_quote(out, tracer->keys[i]));
        DJ_TRY(dj_buf_append(out, DJ_STR(": ")));
        DJ_TRY(dj_buf_append(out, used == 1 && !dj_str_is(value, none) ? value
                                                                       : DJ_STR("null")));
        DJ_TRY(dj_buf_append(out, DJ_STR(", ")));
        dj_arena_rollback(chain->scratch, mark);
    }
    return DJ_OK;
}

static struct dj_str text_of(const struct dj_batch *batch, size_t row)
{
    return dj_batch_has_text(batch, row) ? dj_batch_text(batch, row)
                                         : (struct dj_str){ NULL, 0 };
}

static enum dj_status copy_rows(struct dj_tracer *tracer, struct dj_chain *chain,
                                struct dj_batch *batch)
{
    const size_t count = dj_batch_count(batch);

    if (count > tracer->row_cap) {
        tracer->row_cap = count + count / 2;
        dj_xfree(tracer->rows);
        tracer->rows = dj_xcalloc(tracer->row_cap, sizeof(*tracer->rows));
    }
    tracer->nrows = count;
    dj_buf_reset(&tracer->bytes);
    for (size_t row = 0; row < count; row++) {
        struct before *before = &tracer->rows[row];

        *before = (struct before){ .live = dj_batch_live(batch, row),
                                   .begin = tracer->bytes.len };
        if (before->live) {
            const struct dj_str text = text_of(batch, row);

            DJ_TRY(copy_members(tracer, chain, batch, row));
            before->members = tracer->bytes.len - before->begin;
            before->text = text.len;
            DJ_TRY(dj_buf_append(&tracer->bytes, text));
        }
    }
    return DJ_OK;
}

static enum dj_status put_change(struct dj_tracer *tracer, size_t op,
                                 const struct before *before, struct dj_str text)
{
    const char *bytes = tracer->bytes.ptr + before->begin;
    struct dj_buf *out = &tracer->lines;

    DJ_TRY(begin_line(tracer, op));
    DJ_TRY(dj_buf_putc(out, '{'));
    DJ_TRY(dj_buf_append(out, (struct dj_str){ bytes, before->members }));
    DJ_TRY(dj_buf_append(out, DJ_STR("\"original_text\": ")));
    DJ_TRY(dj_json_quote(out, (struct dj_str){ bytes + before->members, before->text }));
    DJ_TRY(dj_buf_append(out, DJ_STR(", \"processed_text\": ")));
    DJ_TRY(dj_json_quote(out, text));
    return dj_buf_append(out, DJ_STR("}}\n"));
}

/* Of a row of which several were made, the first one stands where it stood. */
static enum dj_status put_changes(struct dj_tracer *tracer, size_t op,
                                  const struct dj_batch *batch)
{
    for (size_t row = 0; row < tracer->nrows && tracer->counts[op] < tracer->most;
         row++) {
        const struct before *before = &tracer->rows[row];
        struct dj_str was, text;

        if (!before->live || !dj_batch_live(batch, row)) {
            continue;
        }
        was = (struct dj_str){ tracer->bytes.ptr + before->begin + before->members,
                               before->text };
        text = text_of(batch, row);
        if (!dj_str_equal(was, text)) {
            DJ_TRY(put_change(tracer, op, before, text));
        }
    }
    return DJ_OK;
}

/* --- filters --------------------------------------------------------------------------
 */

static enum dj_status put_dropped(struct dj_tracer *tracer, size_t op,
                                  const struct dj_batch *batch)
{
    const size_t count = dj_batch_count(batch);
    struct dj_buf *out = &tracer->lines;

    for (size_t row = 0; row < count && tracer->counts[op] < tracer->most; row++) {
        if (dj_batch_dropped_by(batch, row) == dj_int_from_size(op)) {
            DJ_TRY(begin_line(tracer, op));
            DJ_TRY(dj_batch_encode(batch, row, DJ_ENCODE_STATS | DJ_ENCODE_HASHES, out));
            out->len--; /* its line end */
            DJ_TRY(dj_buf_append(out, DJ_STR("}\n")));
        }
    }
    return DJ_OK;
}

/* --- the chain's calls ----------------------------------------------------------------
 */

static bool is_wanted(const struct dj_tracer *tracer, const struct link *link)
{
    const size_t op = (size_t)link->index;

    return tracer->wanted[op] && tracer->counts[op] < tracer->most &&
           link->op->op->global == NULL;
}

enum dj_status dj_tracer_before(struct dj_chain *chain, const struct link *link,
                                struct dj_batch *batch, struct dj_error *err)
{
    struct dj_tracer *tracer = chain->tracer;
    enum dj_status status = DJ_OK;

    tracer->nrows = 0;
    if (link->op->op->kind == DJ_OP_MAPPER && is_wanted(tracer, link)) {
        status = copy_rows(tracer, chain, batch);
        dj_arena_reset(chain->scratch);
    }
    return status == DJ_OK ? DJ_OK : dj_fail(err, status, "out of memory for the tracer");
}

enum dj_status dj_tracer_after(struct dj_chain *chain, const struct link *link,
                               const struct dj_batch *batch, struct dj_error *err)
{
    struct dj_tracer *tracer = chain->tracer;
    const size_t before = tracer->lines.len;
    enum dj_status status = DJ_OK;

    if (!is_wanted(tracer, link)) {
        return DJ_OK;
    }
    if (link->op->op->kind == DJ_OP_FILTER) {
        status = put_dropped(tracer, (size_t)link->index, batch);
    } else {
        status = put_changes(tracer, (size_t)link->index, batch);
    }
    if (status == DJ_OK) {
        return DJ_OK;
    }
    tracer->lines.len = before;
    return dj_fail(err, status, "out of memory for the tracer");
}

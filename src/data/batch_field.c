/*
 * What operators see of a sample besides its texts: the value at any path, as JSON, and
 * statistics that are no numbers. Such a statistic is kept as its JSON text, and so is
 * the hash of a deduplicator, in a column of its own.
 */
#include "data/batch_private.h"

static const struct dj_str stats_field = { "__dj__stats__", 13 };

/* --- fields ------------------------------------------------------------------------ */

/* The value of a member; of equal keys the last one counts, as in Python. */
static enum dj_status find_member(const struct dj_batch *batch, struct dj_scan *scan,
                                  const char *object, struct dj_str key,
                                  const char **value)
{
    struct dj_member member;
    const char *p = object + 1;

    *value = NULL;
    for (bool first = true;
         p != NULL && dj_scan_next(scan, &p, first, &member) == DJ_SCAN_MEMBER;
         first = false) {
        struct dj_str name;

        DJ_TRY(dj_member_key(batch, &member, &name));
        if (dj_str_equal(name, key)) {
            *value = member.value;
        }
        p = dj_scan_value(scan, member.value);
    }
    return DJ_OK;
}

/* Follows the path into the JSON value; *used of it lead to *value. */
static enum dj_status follow(const struct dj_batch *batch, struct dj_str json,
                             const struct dj_str *path, size_t count,
                             struct dj_str *value, size_t *used)
{
    struct dj_scan scan;
    const char *at, *next;

    dj_scan_init(&scan, json, batch->strings);
    at = dj_scan_blanks(&scan, json.ptr);
    *used = 0;
    while (*used < count && *at == '{') {
        DJ_TRY(find_member(batch, &scan, at, path[*used], &next));
        if (next == NULL) {
            break;
        }
        at = next;
        ++*used;
    }
    *value = (struct dj_str){ at, (size_t)(dj_scan_value(&scan, at) - at) };
    return DJ_OK;
}

/* A text below this top-level field is not the one in the line. */
static bool is_changed(const struct dj_batch *batch, size_t row, struct dj_str field)
{
    const size_t ntexts = batch->layout->ntexts;

    for (size_t i = 0; i < ntexts; i++) {
        const struct dj_str key = batch->keys[i].name;

        if (batch->texts[row * ntexts + i].changed && key.len >= field.len &&
            memcmp(key.ptr, field.ptr, field.len) == 0 &&
            (key.len == field.len || key.ptr[field.len] == '.')) {
            return true;
        }
    }
    return false;
}

/* What is written to out and moves to the arena with padding behind it. */
static enum dj_status keep(struct dj_buf *out, struct dj_arena *arena,
                           struct dj_str *copy)
{
    *copy = dj_arena_copy(arena, dj_buf_str(out));
    dj_buf_release(out);
    return copy->ptr == NULL ? DJ_NOMEM : DJ_OK;
}

static enum dj_status sample_now(struct dj_batch *batch, size_t row,
                                 struct dj_arena *arena, struct dj_str *json)
{
    struct dj_buf out;
    enum dj_status status;

    dj_buf_init(&out);
    status = dj_batch_encode(batch, row, DJ_ENCODE_STATS | DJ_ENCODE_HASHES, &out);
    if (status != DJ_OK) {
        dj_buf_release(&out);
        return status;
    }
    return keep(&out, arena, json);
}

static enum dj_status stats_now(struct dj_batch *batch, size_t row,
                                struct dj_arena *arena, struct dj_str *json)
{
    struct dj_buf out;
    enum dj_status status;

    dj_buf_init(&out);
    status = dj_stats_write(batch, row, &out);
    if (status != DJ_OK) {
        dj_buf_release(&out);
        return status;
    }
    return keep(&out, arena, json);
}

static enum dj_status find_field(struct dj_batch *batch, size_t row,
                                 const struct dj_str *path, size_t count,
                                 struct dj_arena *arena, struct dj_str *value,
                                 size_t *used)
{
    struct dj_str json = batch->rows[row].line;

    if (dj_str_equal(path[0], stats_field)) {
        DJ_TRY(stats_now(batch, row, arena, &json));
        DJ_TRY(follow(batch, json, path + 1, count - 1, value, used));
        ++*used;
        return DJ_OK;
    }
    if (is_changed(batch, row, path[0])) {
        DJ_TRY(sample_now(batch, row, arena, &json));
    }
    return follow(batch, json, path, count, value, used);
}

enum dj_status dj_batch_field(struct dj_batch *batch, size_t row,
                              const struct dj_str *path, size_t count,
                              struct dj_arena *arena, struct dj_str *value, size_t *used)
{
    const struct dj_arena_mark mark = dj_arena_mark(batch->scratch);
    const enum dj_status status = find_field(batch, row, path, count, arena, value, used);

    dj_arena_rollback(batch->scratch, mark);
    return status;
}

/* --- statistics of any kind, and hashes --------------------------------------------- */

enum dj_status dj_batch_stat_json(struct dj_batch *batch, size_t row, size_t stat,
                                  struct dj_arena *arena, struct dj_str *json)
{
    const size_t column = batch->stat_column[stat];
    const struct stat_cell *cell = &batch->stats[row * batch->layout->nstats + column];
    const struct dj_str path[] = { stats_field,
                                   dj_str_from(batch->layout->stats[column]) };
    char text[DJ_JSON_DOUBLE_TEXT];
    size_t used;

    *json = (struct dj_str){ NULL, 0 };
    if (!cell->present) {
        return DJ_OK;
    }
    if (cell->kind == STAT_JSON) {
        *json = dj_str_from(cell->value.text);
        return DJ_OK;
    }
    if (cell->input && !cell->changed) {
        return dj_batch_field(batch, row, path, 2, arena, json, &used);
    }
    *json = dj_arena_copy(arena, (struct dj_str){ text, dj_stats_text(cell, text) });
    return json->ptr == NULL ? DJ_NOMEM : DJ_OK;
}

/* Numbers are cells like those that were measured. */
static bool is_number(struct dj_str json)
{
    return json.ptr[0] == '-' || json.ptr[0] == 'N' || json.ptr[0] == 'I' ||
           (json.ptr[0] >= '0' && json.ptr[0] <= '9');
}

static enum dj_status put_json(struct dj_batch *batch, size_t row, size_t column,
                               struct dj_str json)
{
    char *copy = dj_arena_alloc(batch->row_arena, json.len + 1);
    struct stat_cell next = { .kind = STAT_JSON, .value.text = copy };

    if (copy == NULL) {
        return DJ_NOMEM;
    }
    memcpy(copy, json.ptr, json.len);
    copy[json.len] = '\0';
    if (is_number(json)) {
        next = dj_stats_cell((struct dj_str){ copy, json.len });
    }
    dj_stats_put(batch, row, column, next);
    return DJ_OK;
}

enum dj_status dj_batch_set_stat_json(struct dj_batch *batch, size_t row, size_t stat,
                                      struct dj_str json)
{
    return put_json(batch, row, batch->stat_column[stat], json);
}

bool dj_batch_keeps_hash(const struct dj_batch *batch)
{
    return batch->hash_column != SIZE_MAX;
}

enum dj_status dj_batch_set_hash(struct dj_batch *batch, size_t row, struct dj_str json)
{
    return dj_batch_keeps_hash(batch) ? put_json(batch, row, batch->hash_column, json)
                                      : DJ_OK;
}

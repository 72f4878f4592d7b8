/*
 * One set as its record and its table say. Both have a digest, and they have to say
 * the same.
 */
#include "checkpoint/ckpt_private.h"

#include <inttypes.h>

/* The lines of a record on their way into a set. */
struct lines {
    struct dj_ckpt_set *set;
    struct dj_ckpt_line *lines; /* without info */
    size_t nlines, room;
};

static enum dj_status take_line(void *context, const struct dj_ckpt_line *line,
                                struct dj_error *err)
{
    struct lines *lines = context;
    struct dj_ckpt_set *set = lines->set;

    (void)err;
    if (lines->nlines == lines->room) {
        lines->room = lines->room * 2 + 64;
        lines->lines =
            dj_xrealloc(lines->lines, dj_size_mul(lines->room, sizeof(*lines->lines)));
        set->infos =
            dj_xrealloc(set->infos, dj_size_mul(lines->room, sizeof(*set->infos)));
    }
    set->infos[lines->nlines] =
        line->info.len == 0 ? NULL : dj_xstrndup(line->info.ptr, line->info.len);
    lines->lines[lines->nlines++] = *line;
    set->nrows = lines->nlines;
    return DJ_OK;
}

static bool row_fits(struct dj_ckpt_record *record, const struct dj_ckpt_ref *row,
                     const struct dj_ckpt_ref *before)
{
    const struct dj_ckpt_file *file =
        dj_ckpt_find_file(record->files, record->nfiles, row->set);
    const bool follows = before != NULL && before->partition == row->partition;

    return row->partition >= (before == NULL ? 0 : before->partition) &&
           row->partition < record->partitions &&
           row->op_first == (follows ? before->op_end : 0) &&
           row->op_end > row->op_first && row->op_end <= (int64_t)record->nops &&
           file != NULL && row->offset >= 0 && row->stored >= 0 && row->raw >= 0 &&
           row->offset <= file->data_bytes &&
           row->stored <= file->data_bytes - row->offset;
}

/* The rows are those that were written, follow each other, and agree with the record? */
static enum dj_status check_rows(struct dj_ckpt_set *set, const struct lines *lines,
                                 struct dj_error *err)
{
    struct dj_hasher *hasher = dj_hasher_new();
    uint64_t hash;

    dj_ckpt_hash_rows(hasher, set->rows, set->nrows);
    hash = dj_hasher_value(hasher);
    dj_hasher_free(hasher);
    if (hash != dj_ckpt_own_file(&set->record)->index_hash) {
        return dj_fail(err, DJ_DATA, "its table of layers does not match its digest");
    }
    for (size_t i = 0; i < set->nrows; i++) {
        const struct dj_ckpt_ref *row = &set->rows[i];
        const struct dj_ckpt_line *line = &lines->lines[i];

        if (!row_fits(&set->record, row, i == 0 ? NULL : row - 1)) {
            return dj_fail(err, DJ_DATA, "its table of layers is wrong in row %zu", i);
        }
        if (row->partition != line->partition || row->op_first != line->op_first ||
            row->op_end != line->op_end || row->live != line->live) {
            return dj_fail(err, DJ_DATA,
                           "record and table differ about partition %" PRId64,
                           row->partition);
        }
    }
    return DJ_OK;
}

static enum dj_status read_table(struct dj_store *store, const char *folder,
                                 struct dj_ckpt_set *set, const struct lines *lines,
                                 struct dj_error *err)
{
    const struct dj_store_head head = dj_ckpt_head(&set->record);
    enum dj_status status;
    char *path;

    if (head.rows != (int64_t)lines->nlines) {
        return dj_fail(err, DJ_DATA, "its record has %zu lines about %" PRId64 " layers",
                       lines->nlines, head.rows);
    }
    path = dj_ckpt_path(folder, set->record.set, ".h5");
    status = store->ops->read_index(store, path, &head, &set->table, err);
    dj_xfree(path);
    DJ_TRY(status);
    /* Rows begin at a multiple of 8 bytes: the buffer comes from malloc. */
    set->rows = (const void *)set->table.ptr;
    return check_rows(set, lines, err);
}

enum dj_status dj_ckpt_set_read(struct dj_store *store, const char *folder, int64_t set,
                                struct dj_ckpt_set *out, struct dj_error *err)
{
    struct lines lines = { .set = out };
    enum dj_status status;

    *out = (struct dj_ckpt_set){ 0 };
    dj_buf_init(&out->table);
    status = dj_ckpt_record_read(folder, set, &out->record, take_line, &lines, err);
    if (status == DJ_OK) {
        status =
            dj_ckpt_check_file(store, folder, dj_ckpt_own_file(&out->record), false, err);
    }
    if (status == DJ_OK) {
        status = read_table(store, folder, out, &lines, err);
    }
    dj_xfree(lines.lines);
    return status;
}

void dj_ckpt_set_release(struct dj_ckpt_set *set)
{
    for (size_t i = 0; i < set->nrows; i++) {
        dj_xfree(set->infos[i]);
    }
    dj_xfree(set->infos);
    dj_buf_release(&set->table);
    dj_ckpt_record_release(&set->record);
    *set = (struct dj_ckpt_set){ 0 };
}

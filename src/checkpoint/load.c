/* Finding the newest set that holds, and what it says of each partition (rank 0). */
#include "checkpoint/ckpt_private.h"

#include <inttypes.h>

/* Is it a set of this job over this dataset? */
static enum dj_status check_owner(const struct dj_ckpt *ckpt,
                                  const struct dj_ckpt_record *record,
                                  struct dj_error *err)
{
    if (strcmp(record->job_id, ckpt->job_id) != 0) {
        return dj_fail(err, DJ_DATA, "it belongs to job %s", record->job_id);
    }
    if (strcmp(record->fingerprint, ckpt->fingerprint) != 0) {
        return dj_fail(err, DJ_DATA, "the dataset is another one now");
    }
    if (record->partitions != (int64_t)ckpt->npartitions) {
        return dj_fail(err, DJ_DATA, "the dataset was cut into %" PRId64 " partitions",
                       record->partitions);
    }
    return DJ_OK;
}

/* The table becomes that of the set. */
static void take_rows(struct dj_ckpt_table *table, struct dj_ckpt_set *set)
{
    for (size_t i = 0; i < set->nrows; i++) {
        dj_ckpt_part_add(&table->parts[set->rows[i].partition], &set->rows[i],
                         set->infos[i]);
        set->infos[i] = NULL;
    }
}

/* Fills the table from one set; nothing is in it after a failure. */
static enum dj_status load_set(struct dj_ckpt *ckpt, int64_t number,
                               struct dj_ckpt_set *set, struct dj_error *err)
{
    enum dj_status status = dj_ckpt_set_read(ckpt->store, ckpt->folder, number, set, err);
    struct dj_ckpt_record *record = &set->record;

    if (status == DJ_OK) {
        status = check_owner(ckpt, record, err);
    }
    for (size_t i = 0; i + 1 < record->nfiles && status == DJ_OK; i++) {
        /* Of other sets only layers are needed, which have their hashes. */
        status =
            dj_ckpt_check_file(ckpt->store, ckpt->folder, &record->files[i], true, err);
    }
    if (status == DJ_OK || status == DJ_DATA) {
        record->set = number;
        dj_ckpt_remember(ckpt, record, status == DJ_OK);
    }
    if (status == DJ_OK) {
        take_rows(&ckpt->root->table, set);
    }
    return status;
}

static void note(struct dj_buf *notes, const char *fmt, ...) DJ_PRINTF(2, 3);

static void note(struct dj_buf *notes, const char *fmt, ...)
{
    struct dj_error text;
    va_list args;

    va_start(args, fmt);
    dj_vfail(&text, DJ_DATA, fmt, args);
    va_end(args);
    if (notes != NULL && dj_buf_printf(notes, "%s\n", text.text) != DJ_OK) {
        return; /* without memory there are no notes */
    }
}

/* Takes out layers of operators that this recipe does not begin with. */
static void fit_recipe(struct dj_ckpt *ckpt, const struct dj_ckpt_record *record,
                       struct dj_buf *notes)
{
    struct dj_ckpt_table *table = &ckpt->root->table;
    int64_t common = 0;
    int64_t changed = 0;

    while (common < (int64_t)ckpt->nops && common < (int64_t)record->nops &&
           ckpt->op_hashes[common] == record->op_hashes[common]) {
        common++;
    }
    for (size_t i = 0; i < table->nparts; i++) {
        struct dj_ckpt_part *part = &table->parts[i];
        uint32_t keep = 0;

        while (keep < part->nrefs && part->refs[keep].op_end <= common) {
            keep++;
        }
        changed += keep < part->nrefs;
        dj_ckpt_part_cut(part, keep);
    }
    if (changed > 0) {
        note(notes,
             "checkpoint_%06" PRId64 ": the recipe has changed from operator %" PRId64
             " on: of %" PRId64 " partitions only what came before is used",
             record->set, common + 1, changed);
    }
}

static void take_files(struct dj_ckpt *ckpt, const struct dj_ckpt_record *record)
{
    ckpt->nfiles = 0;
    for (size_t i = 0; i < record->nfiles; i++) {
        dj_ckpt_add_file(ckpt, &record->files[i]);
    }
}

static enum dj_status load_newest(struct dj_ckpt *ckpt, const struct dj_ckpt_found *found,
                                  size_t count, struct dj_buf *notes,
                                  struct dj_error *err)
{
    enum dj_status status = DJ_DATA;

    for (size_t i = count; i-- > 0 && status != DJ_OK && status != DJ_NOMEM;) {
        struct dj_ckpt_set set;

        if (!found[i].record) {
            continue;
        }
        status = load_set(ckpt, found[i].set, &set, err);
        if (status == DJ_OK) {
            take_files(ckpt, &set.record);
            fit_recipe(ckpt, &set.record, notes);
        } else if (status != DJ_NOMEM) { /* an older set would need as much */
            note(notes, "checkpoint_%06" PRId64 ": not used: %s", found[i].set,
                 err->text);
        }
        dj_ckpt_set_release(&set);
    }
    return status == DJ_NOMEM ? status : DJ_OK;
}

static enum dj_status load_root(struct dj_ckpt *ckpt, struct dj_buf *notes,
                                struct dj_error *err)
{
    struct dj_ckpt_found *found;
    enum dj_status status;
    size_t count;

    dj_ckpt_table_clear(&ckpt->root->table);
    ckpt->nfiles = 0;
    status = dj_ckpt_scan(ckpt->folder, &found, &count, err);
    if (status == DJ_OK) {
        status = load_newest(ckpt, found, count, notes, err);
    }
    if (status == DJ_OK && dj_ckpt_clean(ckpt, found, count, err) != DJ_OK) {
        note(notes, "left over from a stopped run: %s", err->text);
    }
    dj_xfree(found);
    ckpt->store->ops->idle(ckpt->store);
    return status;
}

enum dj_status dj_ckpt_load(struct dj_ckpt *ckpt, struct dj_buf *notes,
                            struct dj_error *err)
{
    const size_t size = sizeof(struct dj_ckpt_file);
    enum dj_status status = DJ_OK;
    struct dj_buf files;

    dj_buf_init(&files);
    if (ckpt->root != NULL) {
        status = load_root(ckpt, notes, err);
        if (status == DJ_OK &&
            dj_buf_append(&files, (struct dj_str){ (const char *)ckpt->files,
                                                   ckpt->nfiles * size }) != DJ_OK) {
            status = dj_fail(err, DJ_NOMEM, "out of memory for the list of sets");
        }
    }
    status = dj_comm_agree(ckpt->comm, status, err);
    if (status == DJ_OK) {
        status = dj_comm_broadcast(ckpt->comm, &files, err);
    }
    if (status == DJ_OK && ckpt->root == NULL) {
        ckpt->nfiles = 0;
        for (size_t at = 0; at < files.len; at += size) {
            struct dj_ckpt_file file;

            memcpy(&file, files.ptr + at, size);
            dj_ckpt_add_file(ckpt, &file);
        }
    }
    dj_buf_release(&files);
    return status;
}

void dj_ckpt_state(const struct dj_ckpt *ckpt, int64_t partition,
                   struct dj_ckpt_state *state)
{
    const struct dj_ckpt_part *part = &ckpt->root->table.parts[partition];

    *state = (struct dj_ckpt_state){
        .op_end = part->nrefs == 0 ? 0 : part->refs[part->nrefs - 1].op_end,
        .nrefs = part->nrefs,
        .refs = part->refs,
        .info = part->nrefs == 0 ? NULL : part->infos[part->nrefs - 1],
    };
}

void dj_ckpt_forget(struct dj_ckpt *ckpt, int64_t partition)
{
    dj_ckpt_part_cut(&ckpt->root->table.parts[partition], 0);
}

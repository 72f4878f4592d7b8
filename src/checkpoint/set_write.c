/*
 * The second half of a commit: all ranks write the file of the set under a temporary
 * name; it gets its name when it is on disk, and then the record, which is the commit.
 */
#include "checkpoint/ckpt_private.h"
#include "dj/clock.h"
#include "dj/fault.h"
#include "dj/fs.h"

#include <errno.h>
#include <sys/stat.h>

enum { ROWS_AT_ONCE = 4096 };

static enum dj_status write_index(struct dj_ckpt *ckpt, struct dj_error *err)
{
    const struct dj_ckpt_table *table = &ckpt->root->table;
    struct dj_ckpt_ref *rows = dj_xcalloc(ROWS_AT_ONCE, sizeof(*rows));
    enum dj_status status = DJ_OK;
    int64_t first = 0;
    size_t count = 0;

    for (size_t i = 0; i < table->nparts && status == DJ_OK; i++) {
        for (uint32_t k = 0; k < table->parts[i].nrefs && status == DJ_OK; k++) {
            rows[count++] = table->parts[i].refs[k];
            if (count == ROWS_AT_ONCE) {
                status =
                    ckpt->store->ops->write_index(ckpt->store, first, rows, count, err);
                first += (int64_t)count;
                count = 0;
            }
        }
    }
    if (status == DJ_OK && count > 0) {
        status = ckpt->store->ops->write_index(ckpt->store, first, rows, count, err);
    }
    dj_xfree(rows);
    return status;
}

/* Local. What this rank has to write. */
static enum dj_status write_mine(struct dj_ckpt *ckpt, int64_t base, struct dj_error *err)
{
    if (ckpt->frames.len == 0 && ckpt->root == NULL) {
        return DJ_OK;
    }
    DJ_TRY(dj_fault_at(DJ_FAULT_CKPT_WRITE, err));
    DJ_TRY(
        ckpt->store->ops->write_data(ckpt->store, base, dj_buf_str(&ckpt->frames), err));
    return ckpt->root == NULL ? DJ_OK : write_index(ckpt, err);
}

enum dj_status dj_ckpt_write_file(struct dj_ckpt *ckpt, const struct dj_ckpt_plan *plan,
                                  int64_t base, int64_t *data_offset,
                                  struct dj_error *err)
{
    const struct dj_store_head head = {
        .set = plan->set,
        .attempt = ckpt->attempt,
        .partitions = (int64_t)ckpt->npartitions,
        .ranks = ckpt->size,
        .rows = plan->rows,
        .data_bytes = plan->data_bytes,
        .index_hash = plan->index_hash,
        .job_id = ckpt->job_id,
        .fingerprint = ckpt->fingerprint,
        .op_hashes = ckpt->op_hashes,
        .nops = ckpt->nops,
    };
    const struct dj_store_ops *ops = ckpt->store->ops;
    char *path = dj_ckpt_path(ckpt->folder, plan->set, ".h5.tmp");
    enum dj_status status, closed;
    struct dj_error close_err;

    status = ops->create(ckpt->store, path, &head, err);
    if (status == DJ_OK) {
        status = dj_comm_agree(ckpt->comm, write_mine(ckpt, base, err), err);
        closed = ops->close(ckpt->store, status == DJ_OK, data_offset, &close_err);
        if (status == DJ_OK && closed != DJ_OK) {
            *err = close_err;
            status = closed;
        }
    }
    if (status == DJ_OK) {
        status = dj_fault_at(DJ_FAULT_CKPT_SYNC, err);
        if (status == DJ_OK) {
            status = ops->sync(ckpt->store, path, err);
        }
        status = dj_comm_agree(ckpt->comm, status, err);
    }
    dj_xfree(path);
    return status;
}

/* Rank 0: the file gets its name. */
static enum dj_status name_file(struct dj_ckpt *ckpt, struct dj_ckpt_file *file,
                                struct dj_error *err)
{
    char *temporary = dj_ckpt_path(ckpt->folder, file->set, ".h5.tmp");
    char *path = dj_ckpt_path(ckpt->folder, file->set, ".h5");
    enum dj_status status = DJ_OK;
    struct stat info;

    if (stat(temporary, &info) != 0) {
        status = dj_fail_errno(err, DJ_IO, errno, "%s", temporary);
    } else {
        file->bytes = info.st_size;
        status = ckpt->store->ops->digest(ckpt->store, temporary, file,
                                          &file->around_hash, err);
    }
    if (status == DJ_OK) {
        status = dj_fault_at(DJ_FAULT_CKPT_RENAME, err);
    }
    if (status == DJ_OK) {
        status = dj_fs_rename(temporary, path, err);
    }
    if (status == DJ_OK) {
        status = dj_fs_sync_dir(ckpt->folder, err);
    }
    dj_xfree(path);
    dj_xfree(temporary);
    return status;
}

/* Rank 0: the record, which is the commit. */
static enum dj_status write_record(struct dj_ckpt *ckpt, const struct dj_ckpt_file *file,
                                   struct dj_error *err)
{
    const struct dj_ckpt_table *table = &ckpt->root->table;
    bool *used = dj_xcalloc(ckpt->nfiles, sizeof(*used));
    char created[DJ_CLOCK_TEXT];
    struct dj_ckpt_record record = {
        .set = file->set,
        .attempt = ckpt->attempt,
        .partitions = (int64_t)ckpt->npartitions,
        .ranks = ckpt->size,
        .created = created,
        .job_id = ckpt->job_id,
        .fingerprint = ckpt->fingerprint,
        .op_hashes = ckpt->op_hashes,
        .nops = ckpt->nops,
        .files = dj_xcalloc(ckpt->nfiles + 1, sizeof(*record.files)),
    };
    enum dj_status status;

    dj_clock_iso(dj_clock_now(), created);
    for (size_t i = 0; i < table->nparts; i++) {
        for (uint32_t k = 0; k < table->parts[i].nrefs; k++) {
            const struct dj_ckpt_file *named =
                dj_ckpt_find_file(ckpt->files, ckpt->nfiles, table->parts[i].refs[k].set);

            if (named != NULL) {
                used[named - ckpt->files] = true;
            }
        }
    }
    for (size_t i = 0; i < ckpt->nfiles; i++) {
        if (used[i]) {
            record.files[record.nfiles++] = ckpt->files[i];
        }
    }
    record.files[record.nfiles++] = *file;
    status = dj_ckpt_record_write(ckpt->folder, &record, table, err);
    if (status == DJ_OK) {
        dj_ckpt_remember(ckpt, &record, true);
    }
    dj_xfree(record.files);
    dj_xfree(used);
    return status;
}

enum dj_status dj_ckpt_publish(struct dj_ckpt *ckpt, struct dj_ckpt_file *file,
                               struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    struct dj_buf bytes;

    dj_buf_init(&bytes);
    if (ckpt->root != NULL) {
        status = name_file(ckpt, file, err);
        if (status == DJ_OK &&
            dj_buf_append(&bytes, (struct dj_str){ (char *)file, sizeof(*file) }) !=
                DJ_OK) {
            status = dj_fail(err, DJ_NOMEM, "out of memory for the list of sets");
        }
    }
    status = dj_comm_agree(ckpt->comm, status, err);
    if (status == DJ_OK) {
        status = dj_comm_broadcast(ckpt->comm, &bytes, err);
    }
    if (status == DJ_OK) {
        memcpy(file, bytes.ptr, sizeof(*file));
        if (ckpt->root != NULL) {
            status = write_record(ckpt, file, err);
        }
        status = dj_comm_agree(ckpt->comm, status, err);
    }
    dj_buf_release(&bytes);
    return status;
}

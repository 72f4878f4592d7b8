/*
 * Reading sets. Nothing that was read is used before its hash was checked, HDF5's own
 * structures included: a damaged file never gets as far as the HDF5 library.
 */
#include "checkpoint/ckpt_private.h"
#include "dj/fault.h"
#include "dj/fs.h"
#include "dj/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

struct dj_ckpt_file *dj_ckpt_own_file(const struct dj_ckpt_record *record)
{
    return &record->files[record->nfiles - 1];
}

struct dj_store_head dj_ckpt_head(const struct dj_ckpt_record *record)
{
    const struct dj_ckpt_file *file = dj_ckpt_own_file(record);

    return (struct dj_store_head){
        .set = record->set,
        .attempt = record->attempt,
        .partitions = record->partitions,
        .ranks = record->ranks,
        .rows = file->rows,
        .data_bytes = file->data_bytes,
        .index_hash = file->index_hash,
        .job_id = record->job_id,
        .fingerprint = record->fingerprint,
        .op_hashes = record->op_hashes,
        .nops = record->nops,
    };
}

static int by_set(const void *a, const void *b)
{
    const struct dj_ckpt_file *x = a;
    const struct dj_ckpt_file *y = b;

    return (x->set > y->set) - (x->set < y->set);
}

struct dj_ckpt_file *dj_ckpt_find_file(struct dj_ckpt_file *files, size_t nfiles,
                                       int64_t set)
{
    const struct dj_ckpt_file key = { .set = set };

    return nfiles == 0 ? NULL : bsearch(&key, files, nfiles, sizeof(*files), by_set);
}

enum dj_status dj_ckpt_check_file(struct dj_store *store, const char *folder,
                                  const struct dj_ckpt_file *file, bool size_only,
                                  struct dj_error *err)
{
    char *path = dj_ckpt_path(folder, file->set, ".h5");
    const char *name = dj_fs_basename(path);
    enum dj_status status = DJ_OK;
    struct stat info;
    uint64_t hash;

    if (stat(path, &info) != 0) {
        status = dj_fail_errno(err, errno == ENOENT ? DJ_DATA : DJ_IO, errno, "%s", name);
    } else if (info.st_size != file->bytes) {
        status =
            dj_fail(err, DJ_DATA, "%s: is %" PRId64 " bytes long instead of %" PRId64,
                    name, (int64_t)info.st_size, file->bytes);
    } else if (!size_only) {
        status = store->ops->digest(store, path, file, &hash, err);
        if (status == DJ_OK && hash != file->around_hash) {
            status = dj_fail(err, DJ_DATA,
                             "%s: damaged outside of the layers: its structure and its "
                             "table of layers cannot be trusted",
                             name);
        }
    }
    dj_xfree(path);
    return status;
}

enum dj_status dj_ckpt_read_stored(struct dj_store *store, const char *folder,
                                   const struct dj_ckpt_file *file,
                                   const struct dj_ckpt_ref *ref, struct dj_buf *stored,
                                   struct dj_error *err)
{
    const size_t len = dj_size_from_i64(ref->stored);
    char *path;
    enum dj_status status;

    dj_buf_reset(stored);
    if (dj_buf_reserve(stored, len) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for a layer of %zu bytes", len);
    }
    path = dj_ckpt_path(folder, ref->set, ".h5");
    status = store->ops->read_data(store, path, file, ref->offset, stored->ptr, len, err);
    dj_xfree(path);
    DJ_TRY(status);
    stored->len = len;
    if (dj_hash64(dj_buf_str(stored)) != ref->stored_hash) {
        return dj_fail(err, DJ_DATA,
                       "checkpoint_%06" PRId64 ".h5: damaged: the %" PRId64
                       " bytes from byte %" PRId64 " of its data",
                       ref->set, ref->stored, ref->offset);
    }
    return DJ_OK;
}

enum dj_status dj_ckpt_unpack(struct dj_zstd *zstd, const struct dj_ckpt_ref *ref,
                              struct dj_str stored, struct dj_buf *out,
                              struct dj_error *err)
{
    const size_t before = out->len;
    const size_t len = dj_size_from_i64(ref->raw);

    DJ_TRY(dj_zstd_decompress(zstd, stored, len, out, err));
    if (dj_hash64((struct dj_str){ out->ptr + before, len }) != ref->raw_hash) {
        out->len = before;
        return dj_fail(err, DJ_DATA, "what the frame holds does not match its digest");
    }
    return DJ_OK;
}

enum dj_status dj_ckpt_read(struct dj_ckpt *ckpt, const struct dj_ckpt_ref *ref,
                            struct dj_buf *out, struct dj_error *err)
{
    const struct dj_ckpt_file *file =
        dj_ckpt_find_file(ckpt->files, ckpt->nfiles, ref->set);
    enum dj_status status;

    if (file == NULL || ref->offset < 0 || ref->stored < 0 || ref->raw < 0 ||
        ref->offset > file->data_bytes || ref->stored > file->data_bytes - ref->offset) {
        return dj_fail(err, DJ_DATA, "no set has such a layer");
    }
    status = dj_fault_at(DJ_FAULT_CKPT_READ, err);
    if (status == DJ_OK) {
        status =
            dj_ckpt_read_stored(ckpt->store, ckpt->folder, file, ref, &ckpt->stored, err);
    }
    if (status == DJ_OK) {
        status = dj_ckpt_unpack(ckpt->zstd, ref, dj_buf_str(&ckpt->stored), out, err);
    }
    if (status != DJ_OK) {
        dj_error_prefix(err,
                        "partition %" PRId64 ", operators %" PRId64 " to %" PRId64 ": ",
                        ref->partition, ref->op_first + 1, ref->op_end);
    }
    return status;
}

/*
 * The inside of a set's HDF5 file: one row type, attributes of fixed size, and the
 * table of layers. See docs/checkpoint-format.md.
 */
#include "checkpoint/hdf5_format.h"
#include "dj/fs.h"

#include <stddef.h>
#include <stdio.h>

enum { CAUSE = 400 };

/* --- errors ----------------------------------------------------------------------------
 */

/* The first entry of HDF5's stack is the cause; of its text the system's own words. */
static herr_t take_cause(unsigned n, const H5E_error2_t *entry, void *context)
{
    static const char lead[] = "error message = '";
    const char *begin = entry->desc == NULL ? NULL : strstr(entry->desc, lead);

    if (n != 0 || entry->desc == NULL) {
        return 0;
    }
    if (begin == NULL) {
        (void)snprintf(context, CAUSE, "%s", entry->desc);
    } else {
        begin += sizeof(lead) - 1;
        (void)snprintf(context, CAUSE, "%.*s", (int)strcspn(begin, "'"), begin);
    }
    return 0;
}

enum dj_status dj_h5_fail(const char *path, const char *what, struct dj_error *err)
{
    char cause[CAUSE] = "HDF5 does not say why";

    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_cause, cause);
    if (strcmp(cause, "file write failed") == 0) { /* MPI-IO has no more to say */
        return dj_fail(err, DJ_IO,
                       "%s: %s: the file system takes no more (full, or a quota?)", path,
                       what);
    }
    return dj_fail(err, DJ_IO, "%s: %s: %s", path, what, cause);
}

/* --- types -----------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    size_t offset;
    bool hash; /* an unsigned number */
} columns[] = {
    { "partition", offsetof(struct dj_ckpt_ref, partition), false },
    { "op_first", offsetof(struct dj_ckpt_ref, op_first), false },
    { "op_end", offsetof(struct dj_ckpt_ref, op_end), false },
    { "live", offsetof(struct dj_ckpt_ref, live), false },
    { "set", offsetof(struct dj_ckpt_ref, set), false },
    { "offset", offsetof(struct dj_ckpt_ref, offset), false },
    { "stored", offsetof(struct dj_ckpt_ref, stored), false },
    { "raw", offsetof(struct dj_ckpt_ref, raw), false },
    { "stored_hash", offsetof(struct dj_ckpt_ref, stored_hash), true },
    { "raw_hash", offsetof(struct dj_ckpt_ref, raw_hash), true },
    { "rank", offsetof(struct dj_ckpt_ref, rank), false },
};

hid_t dj_h5_row_type(bool in_file)
{
    const hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(struct dj_ckpt_ref));

    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        const hid_t number = in_file ? H5T_STD_I64LE : H5T_NATIVE_INT64;
        const hid_t hash = in_file ? H5T_STD_U64LE : H5T_NATIVE_UINT64;

        (void)H5Tinsert(type, columns[i].name, columns[i].offset,
                        columns[i].hash ? hash : number);
    }
    return type;
}

hid_t dj_h5_access_alone(void)
{
    const hid_t list = H5Pcreate(H5P_FILE_ACCESS);

    (void)H5Pset_libver_bounds(list, H5F_LIBVER_V110, H5F_LIBVER_V110);
    (void)H5Pset_fapl_sec2(list);
#if H5_VERSION_GE(1, 10, 7)
    /* The job has its own lock; some file systems have none to give. */
    (void)H5Pset_file_locking(list, false, true);
#endif
    return list;
}

/* --- attributes ------------------------------------------------------------------------
 */

static bool put_attribute(hid_t file, const char *name, hid_t stored, hid_t memory,
                          hsize_t count, const void *values)
{
    const hid_t space = count == 1   ? H5Screate(H5S_SCALAR)
                        : count == 0 ? H5Screate(H5S_NULL)
                                     : H5Screate_simple(1, &count, NULL);
    const hid_t attribute =
        H5Acreate2(file, name, stored, space, H5P_DEFAULT, H5P_DEFAULT);
    bool good =
        attribute >= 0 && (count == 0 || H5Awrite(attribute, memory, values) >= 0);

    if (attribute >= 0) {
        good = H5Aclose(attribute) >= 0 && good;
    }
    (void)H5Sclose(space);
    return good;
}

static bool put_number(hid_t file, const char *name, hid_t stored, uint64_t value)
{
    return put_attribute(file, name, stored, H5T_NATIVE_UINT64, 1, &value);
}

static bool put_text(hid_t file, const char *name, const char *text)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    bool good;

    (void)H5Tset_size(type, text[0] == '\0' ? 1 : strlen(text));
    (void)H5Tset_strpad(type, H5T_STR_NULLPAD);
    (void)H5Tset_cset(type, H5T_CSET_UTF8);
    good = put_attribute(file, name, type, type, 1, text);
    (void)H5Tclose(type);
    return good;
}

bool dj_h5_put_head(hid_t file, const struct dj_store_head *head)
{
    return put_text(file, "format", DJ_CKPT_FORMAT) &&
           put_number(file, "version", H5T_STD_U32LE, DJ_CKPT_VERSION) &&
           put_text(file, "job_id", head->job_id) &&
           put_text(file, "dataset_fingerprint", head->fingerprint) &&
           put_attribute(file, "op_hashes", H5T_STD_U64LE, H5T_NATIVE_UINT64, head->nops,
                         head->op_hashes) &&
           put_text(file, "codec", "zstd") &&
           put_number(file, "set_id", H5T_STD_U64LE, (uint64_t)head->set) &&
           put_number(file, "attempt", H5T_STD_U64LE, (uint64_t)head->attempt) &&
           put_number(file, "partitions", H5T_STD_U64LE, (uint64_t)head->partitions) &&
           put_number(file, "ranks", H5T_STD_U32LE, (uint64_t)head->ranks) &&
           put_number(file, "data_bytes", H5T_STD_U64LE, (uint64_t)head->data_bytes) &&
           put_number(file, "index_hash", H5T_STD_U64LE, head->index_hash) &&
           put_number(file, "complete", H5T_STD_U8LE, 0);
}

bool dj_h5_put_complete(hid_t file)
{
    const uint64_t yes = 1;
    const hid_t attribute = H5Aopen(file, "complete", H5P_DEFAULT);
    bool good = attribute >= 0 && H5Awrite(attribute, H5T_NATIVE_UINT64, &yes) >= 0;

    if (attribute >= 0) {
        good = H5Aclose(attribute) >= 0 && good;
    }
    return good;
}

static bool get_number(hid_t file, const char *name, uint64_t *value)
{
    const hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
    bool good;

    if (attribute < 0) {
        return false;
    }
    good = H5Aread(attribute, H5T_NATIVE_UINT64, value) >= 0;
    return H5Aclose(attribute) >= 0 && good;
}

static bool same_text(hid_t file, const char *name, const char *text)
{
    const size_t len = strlen(text);
    const hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
    const hid_t type = attribute < 0 ? -1 : H5Aget_type(attribute);
    bool same = false;

    if (type >= 0 && H5Tget_size(type) == (len == 0 ? 1 : len)) {
        char *there = dj_xmalloc(len + 1);

        same = H5Aread(attribute, type, there) >= 0 && memcmp(there, text, len) == 0;
        dj_xfree(there);
    }
    if (type >= 0) {
        (void)H5Tclose(type);
    }
    if (attribute >= 0) {
        (void)H5Aclose(attribute);
    }
    return same;
}

/* --- reading ---------------------------------------------------------------------------
 */

static enum dj_status check_head(const char *path, hid_t file,
                                 const struct dj_store_head *head, struct dj_error *err)
{
    const struct {
        const char *name;
        uint64_t value;
    } expected[] = {
        { "complete", 1 },
        { "version", DJ_CKPT_VERSION },
        { "set_id", (uint64_t)head->set },
        { "partitions", (uint64_t)head->partitions },
        { "data_bytes", (uint64_t)head->data_bytes },
        { "index_hash", head->index_hash },
    };

    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        uint64_t value;

        if (!get_number(file, expected[i].name, &value) || value != expected[i].value) {
            return dj_fail(err, DJ_DATA, "%s: attribute %s is not what the record says",
                           dj_fs_basename(path), expected[i].name);
        }
    }
    if (!same_text(file, "job_id", head->job_id)) {
        return dj_fail(err, DJ_DATA, "%s: belongs to another job", dj_fs_basename(path));
    }
    return DJ_OK;
}

static enum dj_status read_rows(const char *path, hid_t file,
                                const struct dj_store_head *head, struct dj_buf *rows,
                                struct dj_error *err)
{
    const size_t bytes = dj_size_mul((size_t)head->rows, sizeof(struct dj_ckpt_ref));
    const hid_t index = H5Dopen2(file, "index", H5P_DEFAULT);
    const hid_t space = index < 0 ? -1 : H5Dget_space(index);
    const hid_t type = dj_h5_row_type(false);
    enum dj_status status = DJ_OK;

    if (space < 0 || H5Sget_simple_extent_npoints(space) != head->rows) {
        status = dj_fail(err, DJ_DATA, "%s: has another table than its record says",
                         dj_fs_basename(path));
    } else if (dj_buf_reserve(rows, bytes) != DJ_OK) {
        status = dj_fail(err, DJ_NOMEM, "out of memory for the table of layers");
    } else if (H5Dread(index, type, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                       rows->ptr + rows->len) < 0) {
        status = dj_h5_fail(path, "reading the table of layers", err);
    } else {
        rows->len += bytes;
    }
    (void)H5Tclose(type);
    if (space >= 0) {
        (void)H5Sclose(space);
    }
    if (index >= 0) {
        (void)H5Dclose(index);
    }
    return status;
}

enum dj_status dj_h5_read_index(const char *path, const struct dj_store_head *head,
                                struct dj_buf *rows, struct dj_error *err)
{
    const hid_t access = dj_h5_access_alone();
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, access);
    enum dj_status status;

    if (file < 0) {
        status = dj_h5_fail(path, "opening", err);
    } else {
        status = check_head(path, file, head, err);
        if (status == DJ_OK) {
            status = read_rows(path, file, head, rows, err);
        }
        (void)H5Fclose(file);
    }
    (void)H5Pclose(access);
    return status;
}

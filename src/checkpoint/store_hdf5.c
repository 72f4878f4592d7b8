/*
 * Sets as HDF5 files, the store of jobs. With several ranks the file is created and
 * closed by all of them together over MPI-IO, while data are written independently, in
 * rounds. One rank alone uses HDF5's ordinary driver and never touches MPI. Layers are
 * read without HDF5, at the place in the file that the record names.
 *
 * HDF5 is not thread-safe here: the main thread alone comes this way.
 */
#include "checkpoint/hdf5_format.h"
#include "checkpoint/store_file.h"
#include "comm/comm_mpi_handle.h"
#include "dj/fault.h"
#include "dj/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <mpi.h>
#include <unistd.h>

/* Larger independent transfers than 2 GiB fail in MPI-IO. */
enum { ROUND_BYTES = 64 << 20 };

struct hdf5 {
    struct dj_store base;
    struct dj_comm *comm; /* NULL: a single process */
    const MPI_Comm *mpi;  /* NULL: one rank, the ordinary driver */
    bool root;            /* of all ranks */
    bool first_of_node;   /* of the ranks on this node */
    bool stuck;           /* HDF5 could not let go of a file */
    char *path;           /* of the file that is being written */
    hid_t file, index, data;
    int64_t data_offset;
    int read_fd; /* of the set whose layers were read last */
    int64_t read_set;
};

static enum dj_status agree(struct hdf5 *store, enum dj_status status,
                            struct dj_error *err)
{
    return store->comm == NULL ? status : dj_comm_agree(store->comm, status, err);
}

/* How the file is opened: over MPI-IO by all ranks, or by this one alone. */
static hid_t access_list(const MPI_Comm *mpi)
{
    hid_t list;

    if (mpi == NULL) {
        return dj_h5_access_alone();
    }
    list = H5Pcreate(H5P_FILE_ACCESS);
    (void)H5Pset_libver_bounds(list, H5F_LIBVER_V110, H5F_LIBVER_V110);
    (void)H5Pset_fapl_mpio(list, *mpi, MPI_INFO_NULL);
    (void)H5Pset_all_coll_metadata_ops(list, true);
    (void)H5Pset_coll_metadata_write(list, true);
    return list;
}

/* --- writing ---------------------------------------------------------------------------
 */

static hid_t make_dataset(hid_t file, const char *name, hid_t type, int64_t count)
{
    const hsize_t size = (hsize_t)count;
    const hid_t space = H5Screate_simple(1, &size, NULL);
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    hid_t dataset;

    (void)H5Pset_layout(list, H5D_CONTIGUOUS);
    (void)H5Pset_fill_time(list, H5D_FILL_TIME_NEVER);
    (void)H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY);
    dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    (void)H5Pclose(list);
    (void)H5Sclose(space);
    return dataset;
}

static hid_t make_file(const struct hdf5 *store)
{
    const hid_t access = access_list(store->mpi);
    const hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    hid_t file;

    /* All attributes stay in the root's header, where old readers find them too. */
    (void)H5Pset_attr_phase_change(creation, 32, 16);
    file = H5Fcreate(store->path, H5F_ACC_TRUNC, creation, access);
    (void)H5Pclose(creation);
    (void)H5Pclose(access);
    return file;
}

/* Collective. The contents of a file that is open. */
static enum dj_status fill_file(struct hdf5 *store, const struct dj_store_head *head,
                                struct dj_error *err)
{
    const hid_t type = dj_h5_row_type(true);
    haddr_t place;

    store->index = make_dataset(store->file, "index", type, head->rows);
    (void)H5Tclose(type);
    if (store->index < 0) {
        return dj_h5_fail(store->path, "making /index", err);
    }
    store->data = make_dataset(store->file, "data", H5T_STD_U8LE, head->data_bytes);
    if (store->data < 0) {
        return dj_h5_fail(store->path, "making /data", err);
    }
    if (!dj_h5_put_head(store->file, head)) {
        return dj_h5_fail(store->path, "making attributes", err);
    }
    place = H5Dget_offset(store->data);
    if (place == HADDR_UNDEF && head->data_bytes > 0) {
        return dj_h5_fail(store->path, "placing /data", err);
    }
    store->data_offset = place == HADDR_UNDEF ? 0 : (int64_t)place;
    /* From here on HDF5 only writes where it has written before: see close_all. */
    if (H5Fflush(store->file, H5F_SCOPE_LOCAL) < 0) {
        return dj_h5_fail(store->path, "writing its structure", err);
    }
    return store->root ? dj_store_file_reserve(store->path,
                                               store->data_offset + head->data_bytes, err)
                       : DJ_OK;
}

static void let_go(hid_t *id, herr_t (*how)(hid_t))
{
    if (*id >= 0) {
        (void)how(*id);
    }
    *id = -1;
}

/*
 * Collective. Closes whatever is open; agreed. HDF5 must not run out of disk here: a
 * rank that cannot write its part of the structure leaves the others waiting for ever.
 * A file that is not good gives its room back first.
 */
static enum dj_status close_all(struct hdf5 *store, bool good, struct dj_error *err)
{
    enum dj_status status = DJ_OK;

    if (!good) {
        if (store->root) {
            dj_store_file_empty(store->path);
        }
        if (store->comm != NULL) {
            dj_comm_barrier(store->comm);
        }
    }

    let_go(&store->index, H5Dclose);
    let_go(&store->data, H5Dclose);
    if (store->file >= 0 && H5Fclose(store->file) < 0) {
        status = dj_h5_fail(store->path, "closing", err);
        store->stuck = true;
    }
    store->file = -1;
    return agree(store, status, err);
}

static enum dj_status create(struct dj_store *base, const char *path,
                             const struct dj_store_head *head, struct dj_error *err)
{
    /* HDF5's own structures, generously. */
    const int64_t room = head->data_bytes + (64 << 10) + (int64_t)head->nops * 8 +
                         head->rows * (int64_t)sizeof(struct dj_ckpt_ref);
    struct hdf5 *store = (struct hdf5 *)base;
    struct dj_error ignored;
    enum dj_status status;

    dj_xfree(store->path);
    store->path = dj_xstrdup(path);
    if (store->stuck) {
        status = dj_fail(err, DJ_IO,
                         "%s: HDF5 still holds an earlier file that could "
                         "not be closed",
                         path);
    } else {
        status = store->root ? dj_store_file_try(path, room, err) : DJ_OK;
    }
    DJ_TRY(agree(store, status, err));

    store->file = make_file(store);
    status = store->file < 0 ? dj_h5_fail(store->path, "creating", err) : DJ_OK;
    status = agree(store, status, err);
    if (status != DJ_OK) {
        /* Closing is collective, and some rank has nothing to close. */
        store->stuck = store->file >= 0;
        store->file = -1;
        return status;
    }
    status = agree(store, fill_file(store, head, err), err);
    if (status != DJ_OK) {
        (void)close_all(store, false, &ignored);
    }
    return status;
}

/* One round of an independent transfer. */
static bool write_round(hid_t dataset, hid_t type, hsize_t first, hsize_t count,
                        const void *from)
{
    const hid_t target = H5Dget_space(dataset);
    const hid_t source = H5Screate_simple(1, &count, NULL);
    const bool good =
        H5Sselect_hyperslab(target, H5S_SELECT_SET, &first, NULL, &count, NULL) >= 0 &&
        H5Dwrite(dataset, type, source, target, H5P_DEFAULT, from) >= 0;

    /* The error stack stays that of the write: closing these does not fail. */
    if (good) {
        (void)H5Sclose(source);
        (void)H5Sclose(target);
    }
    return good;
}

static enum dj_status write_data(struct dj_store *base, int64_t offset,
                                 struct dj_str bytes, struct dj_error *err)
{
    struct hdf5 *store = (struct hdf5 *)base;
    const size_t len = dj_fault_short(bytes.len);

    for (size_t done = 0; done < len; done += ROUND_BYTES) {
        const size_t count = len - done < ROUND_BYTES ? len - done : ROUND_BYTES;

        if (!write_round(store->data, H5T_NATIVE_UINT8, (hsize_t)offset + done, count,
                         bytes.ptr + done)) {
            return dj_h5_fail(store->path, "writing layers", err);
        }
    }
    if (len < bytes.len) {
        return dj_fail_errno(err, DJ_IO, ENOSPC, "%s: writing layers", store->path);
    }
    return DJ_OK;
}

static enum dj_status write_index(struct dj_store *base, int64_t first,
                                  const struct dj_ckpt_ref *rows, size_t count,
                                  struct dj_error *err)
{
    struct hdf5 *store = (struct hdf5 *)base;
    const hid_t type = dj_h5_row_type(false);
    enum dj_status status = DJ_OK;

    if (!write_round(store->index, type, (hsize_t)first, count, rows)) {
        status = dj_h5_fail(store->path, "writing the table of layers", err);
    }
    (void)H5Tclose(type);
    return status;
}

static enum dj_status close_set(struct dj_store *base, bool good, int64_t *data_offset,
                                struct dj_error *err)
{
    struct hdf5 *store = (struct hdf5 *)base;
    enum dj_status status = DJ_OK;
    enum dj_status closed;
    struct dj_error later;

    if (good && !dj_h5_put_complete(store->file)) {
        status = dj_h5_fail(store->path, "marking it complete", err);
    }
    status = agree(store, status, err);
    closed = close_all(store, good && status == DJ_OK, &later);
    if (status == DJ_OK && closed != DJ_OK) {
        *err = later;
        status = closed;
    }
    *data_offset = store->data_offset;
    return status;
}

static enum dj_status sync_set(struct dj_store *base, const char *path,
                               struct dj_error *err)
{
    return ((struct hdf5 *)base)->first_of_node ? dj_store_file_sync(path, err) : DJ_OK;
}

/* --- reading ---------------------------------------------------------------------------
 */

static enum dj_status read_index(struct dj_store *base, const char *path,
                                 const struct dj_store_head *head, struct dj_buf *rows,
                                 struct dj_error *err)
{
    (void)base;
    return dj_h5_read_index(path, head, rows, err);
}

static void idle(struct dj_store *base)
{
    struct hdf5 *store = (struct hdf5 *)base;

    if (store->read_fd >= 0) {
        close(store->read_fd);
    }
    store->read_fd = -1;
}

static enum dj_status read_data(struct dj_store *base, const char *path,
                                const struct dj_ckpt_file *file, int64_t offset,
                                void *into, size_t len, struct dj_error *err)
{
    struct hdf5 *store = (struct hdf5 *)base;

    if (store->read_fd < 0 || store->read_set != file->set) {
        idle(base);
        DJ_TRY(dj_fs_open(path, O_RDONLY, &store->read_fd, err));
        store->read_set = file->set;
    }
    return dj_store_file_read(store->read_fd, path, file->data_offset + offset, into, len,
                              err);
}

static enum dj_status digest(struct dj_store *base, const char *path,
                             const struct dj_ckpt_file *file, uint64_t *hash,
                             struct dj_error *err)
{
    (void)base;
    return dj_store_file_digest(path, file, hash, err);
}

/* --- the store -------------------------------------------------------------------------
 */

static void free_store(struct dj_store *base)
{
    struct hdf5 *store = (struct hdf5 *)base;

    idle(base);
    dj_xfree(store->path);
    dj_xfree(store);
}

static const struct dj_store_ops ops = {
    .destroy = free_store,
    .create = create,
    .write_data = write_data,
    .write_index = write_index,
    .close = close_set,
    .sync = sync_set,
    .digest = digest,
    .read_index = read_index,
    .read_data = read_data,
    .idle = idle,
};

static bool is_first_of_node(MPI_Comm comm)
{
    MPI_Comm node;
    int rank;

    (void)MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    (void)MPI_Comm_rank(node, &rank);
    (void)MPI_Comm_free(&node);
    return rank == 0;
}

struct dj_store *dj_store_hdf5(struct dj_comm *comm)
{
    struct hdf5 *store = dj_xmalloc(sizeof(*store));

    *store = (struct hdf5){
        .base = { &ops },
        .comm = comm,
        .root = comm == NULL || dj_comm_rank(comm) == 0,
        .first_of_node = true,
        .file = -1,
        .index = -1,
        .data = -1,
        .read_fd = -1,
    };
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* failures are told by h5_fail */
    if (comm != NULL && dj_comm_size(comm) > 1) {
        store->mpi = dj_comm_mpi_handle(comm);
        store->first_of_node = is_first_of_node(*store->mpi);
    }
    return &store->base;
}

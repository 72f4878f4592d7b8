/*
 * Where the bytes of a set go: a table of functions. store_hdf5.c is what jobs use;
 * store_memory.c is for tests of the commit protocol. Names are given, and files are
 * deleted, by the callers: a store writes a file under its temporary name.
 */
#ifndef DJ_CHECKPOINT_STORE_H
#define DJ_CHECKPOINT_STORE_H

#include "dj/checkpoint.h"

/* Stored in every set and record; a reader refuses what it does not know. */
#define DJ_CKPT_FORMAT "dj-mpi-ckpt"
enum { DJ_CKPT_VERSION = 1 };

/* What the file of a set says of itself. Strings and hashes are borrowed. */
struct dj_store_head {
    int64_t set, attempt, partitions, ranks;
    int64_t rows; /* of the index */
    int64_t data_bytes;
    uint64_t index_hash;
    const char *job_id;
    const char *fingerprint;
    const uint64_t *op_hashes;
    size_t nops;
};

/* The file of a set as records describe it; plain data, the same on every rank. */
struct dj_ckpt_file {
    int64_t set;
    int64_t bytes;
    int64_t data_offset, data_bytes; /* where /data lies in the file */
    int64_t rows;
    uint64_t index_hash;
    uint64_t around_hash; /* of all bytes of the file that are not in /data */
};

struct dj_store;

struct dj_store_ops {
    void (*destroy)(struct dj_store *store);

    /* Collective. Begins the file of a set. After a failure there is none open. */
    enum dj_status (*create)(struct dj_store *store, const char *path,
                             const struct dj_store_head *head, struct dj_error *err);
    /* Local. */
    enum dj_status (*write_data)(struct dj_store *store, int64_t offset,
                                 struct dj_str bytes, struct dj_error *err);
    enum dj_status (*write_index)(struct dj_store *store, int64_t first,
                                  const struct dj_ckpt_ref *rows, size_t count,
                                  struct dj_error *err);
    /*
     * Collective. good: everything was written, on all ranks; the set is marked
     * complete, and *data_offset is where its data begin.
     */
    enum dj_status (*close)(struct dj_store *store, bool good, int64_t *data_offset,
                            struct dj_error *err);
    /* Local, on every rank. One of each node puts what the node has written on disk. */
    enum dj_status (*sync)(struct dj_store *store, const char *path,
                           struct dj_error *err);

    /* Local. Hash of the file's bytes around its data. */
    enum dj_status (*digest)(struct dj_store *store, const char *path,
                             const struct dj_ckpt_file *file, uint64_t *hash,
                             struct dj_error *err);
    /*
     * Local. Appends the rows of the index; DJ_DATA when the file does not say the same
     * of itself as head (of which set, rows, data_bytes, index_hash, job_id count).
     */
    enum dj_status (*read_index)(struct dj_store *store, const char *path,
                                 const struct dj_store_head *head, struct dj_buf *rows,
                                 struct dj_error *err);
    /* Local. The file of the last call stays open until idle. */
    enum dj_status (*read_data)(struct dj_store *store, const char *path,
                                const struct dj_ckpt_file *file, int64_t offset,
                                void *into, size_t len, struct dj_error *err);
    void (*idle)(struct dj_store *store);
};

/* Each store begins with this. */
struct dj_store {
    const struct dj_store_ops *ops;
};

/* Collective. comm NULL: a single process that never touches MPI. */
struct dj_store *dj_store_hdf5(struct dj_comm *comm);

/* One process only. Bytes stay in memory; the files themselves are there, but empty. */
struct dj_store *dj_store_memory(void);

enum dj_store_step {
    DJ_STORE_CREATE,
    DJ_STORE_WRITE_DATA,
    DJ_STORE_WRITE_INDEX,
    DJ_STORE_CLOSE,
    DJ_STORE_SYNC,
    DJ_STORE_DIGEST,
    DJ_STORE_READ_INDEX,
    DJ_STORE_READ_DATA,
    DJ_STORE_STEPS
};
/* The next call of that step fails; DJ_STORE_STEPS: none does. */
void dj_store_memory_fail(struct dj_store *store, enum dj_store_step step);
/* The data of a set, to be damaged; NULL: there is no such set. */
struct dj_buf *dj_store_memory_data(struct dj_store *store, int64_t set);

/* Collective. As dj_ckpt_open, with that store, which it takes. */
struct dj_ckpt *dj_ckpt_open_with(struct dj_comm *comm, struct dj_store *store,
                                  const struct dj_ckpt_options *options);

#endif

/*
 * Checkpoint sets: the state of partitions between two operators, written by all ranks
 * together into one HDF5 file a set, whole or absent. docs/checkpoint-format.md has the
 * layout; dj/layer.h what a layer holds.
 *
 * A set is a file checkpoint_000012.h5 and a record checkpoint_000012.json. The record
 * is the commit: without it the set does not exist. A set names older ones for what
 * has not changed since.
 */
#ifndef DJ_CHECKPOINT_H
#define DJ_CHECKPOINT_H

#include "dj/comm.h"

struct dj_ckpt;

struct dj_ckpt_options {
    const char *folder; /* {checkpoint_dir}/{job_id}; exists */
    const char *job_id;
    const char *dataset_fingerprint; /* 16 hex digits */
    size_t npartitions;
    size_t nops;
    const uint64_t *op_hashes; /* [nops]: name, version and parameters of each operator */
    int64_t keep_last;
    int64_t attempt;
};

/* Collective. Opens, without reading anything yet. options' strings are copied. */
enum dj_status dj_ckpt_open(struct dj_comm *comm, const struct dj_ckpt_options *options,
                            struct dj_ckpt **ckpt, struct dj_error *err) DJ_MUST_CHECK;
void dj_ckpt_close(struct dj_ckpt *ckpt); /* Local */

/* What operators [op_first, op_end) did to a partition. */
struct dj_ckpt_put {
    int64_t partition;
    int64_t op_first, op_end;
    int64_t live;       /* rows that are live after op_end */
    struct dj_str raw;  /* the layer, JSON lines (dj/layer.h) */
    struct dj_str info; /* one line of JSON that the executor wants back */
};

/*
 * Local. Keeps the layer for the next commit, which compresses it. Copies. It takes the
 * place of all layers of its partition that reach beyond op_first: with op_first 0 the
 * chain begins anew. One that no layer ends before is left out of the set.
 */
enum dj_status dj_ckpt_put(struct dj_ckpt *ckpt, const struct dj_ckpt_put *put,
                           struct dj_error *err) DJ_MUST_CHECK;
/* Local. Bytes that wait for the next commit. */
int64_t dj_ckpt_waiting(const struct dj_ckpt *ckpt);

struct dj_ckpt_result {
    int64_t set;
    int64_t layers; /* stored in this set, by all ranks */
    int64_t raw;    /* bytes of these before compression */
    int64_t stored; /* and after */
    int64_t file;   /* bytes of the HDF5 file */
    double seconds;
};

/*
 * Collective. Makes a set of all layers that were put since the last one, on all ranks.
 * After a failure (the same on every rank) nothing has changed on disk but a temporary
 * file that is gone, the older sets stand, and the layers wait for the next commit.
 * Nothing was put anywhere: DJ_OK and result->layers 0, no set is made.
 */
enum dj_status dj_ckpt_commit(struct dj_ckpt *ckpt, struct dj_ckpt_result *result,
                              struct dj_error *err) DJ_MUST_CHECK;

/* Where one layer lies; plain data that rank 0 gives to whoever needs the partition. */
struct dj_ckpt_ref {
    int64_t set;
    int64_t partition;
    int64_t op_first, op_end;
    int64_t live;
    int64_t offset, stored; /* of the zstd frame in /data of the set that holds it */
    int64_t raw;            /* bytes of its content */
    int64_t rank;           /* that wrote it */
    uint64_t stored_hash, raw_hash;
};

/* State of a partition in the newest set. */
struct dj_ckpt_state {
    int64_t op_end; /* operators that are done; 0: none, the partition begins anew */
    size_t nrefs;   /* layers, in order; borrowed until the next commit or load */
    const struct dj_ckpt_ref *refs;
    const char *info; /* of the newest layer; borrowed, NULL without one */
};

/*
 * Collective. Finds the newest set that holds: record and table agree with their
 * digests, every file that it names is there with its size. If none holds, every
 * partition begins anew. What was passed over is described in *notes, a line each
 * (rank 0). Layers of operators that differ from this recipe are not used: when only
 * the end of the recipe changed, partitions begin at the first changed operator.
 */
enum dj_status dj_ckpt_load(struct dj_ckpt *ckpt, struct dj_buf *notes,
                            struct dj_error *err) DJ_MUST_CHECK;
/* Local, rank 0. */
void dj_ckpt_state(const struct dj_ckpt *ckpt, int64_t partition,
                   struct dj_ckpt_state *state);
/*
 * Local, any rank. Appends the raw layer to out after checking both hashes; DJ_DATA
 * when it is damaged (the partition is then done anew).
 */
enum dj_status dj_ckpt_read(struct dj_ckpt *ckpt, const struct dj_ckpt_ref *ref,
                            struct dj_buf *out, struct dj_error *err) DJ_MUST_CHECK;
/* Local, rank 0. The partition's layers in the newest set are not to be used again. */
void dj_ckpt_forget(struct dj_ckpt *ckpt, int64_t partition);

/* --- without a job ----------------------------------------------------------------- */

/* One finding of dj_ckpt_verify: what, and whether it is damage. */
typedef void dj_ckpt_finding(void *context, bool damaged, const char *text);

/*
 * Local, never touches MPI. Checks all sets in a folder: record, file, table, every
 * layer's hashes. found gets a line a set and a line for everything that is damaged,
 * down to the partition. *damaged counts them.
 */
enum dj_status dj_ckpt_verify(const char *folder, dj_ckpt_finding *found, void *context,
                              int64_t *damaged, struct dj_error *err) DJ_MUST_CHECK;

#endif

/*
 * The checkpoint module's inside. All ranks have a struct dj_ckpt; the table of
 * partitions and what is known of sets on disk is with rank 0 (struct dj_ckpt_root).
 */
#ifndef DJ_CHECKPOINT_PRIVATE_H
#define DJ_CHECKPOINT_PRIVATE_H

#include "checkpoint/store.h"
#include "dj/hash.h"
#include "dj/stream.h"

/*
 * A layer that was put and waits. Until it is packed it is in raw, at raw_at, and then in
 * frames: ref.offset counts within the rank's frames.
 */
struct dj_ckpt_waiting {
    struct dj_ckpt_ref ref;
    size_t raw_at;
    bool packed;
    uint64_t commits; /* that had been tried before it was put */
    char *info;
};

/* --- table.c: the state of partitions (rank 0) ---------------------------------------
 */

struct dj_ckpt_part {
    struct dj_ckpt_ref *refs; /* the chain: each begins where the one before ends */
    char **infos;             /* [nrefs]; NULL: none */
    uint32_t nrefs;
    bool saved; /* the state before this commit is in the undo list */
};

struct dj_ckpt_undo {
    size_t partition;
    struct dj_ckpt_part before;
};

struct dj_ckpt_table {
    struct dj_ckpt_part *parts;
    size_t nparts;
    struct dj_ckpt_undo *undo;
    size_t nundo, undo_room;
};

void dj_ckpt_table_init(struct dj_ckpt_table *table, size_t nparts);
void dj_ckpt_table_release(struct dj_ckpt_table *table);
void dj_ckpt_table_clear(struct dj_ckpt_table *table); /* no partition has layers */
/* Only the first nrefs layers of the chain stay. */
void dj_ckpt_part_cut(struct dj_ckpt_part *part, uint32_t nrefs);
/* Adds a layer to the end of the chain. Takes info. */
void dj_ckpt_part_add(struct dj_ckpt_part *part, const struct dj_ckpt_ref *ref,
                      char *info);
/*
 * Takes a new layer in, with everything from its first operator on taken out. False,
 * and nothing has changed: it does not begin where a layer ends. Copies info.
 */
bool dj_ckpt_table_put(struct dj_ckpt_table *table, const struct dj_ckpt_ref *ref,
                       const char *info);
/* The same layer lies in another set now. */
void dj_ckpt_table_move(struct dj_ckpt_table *table, const struct dj_ckpt_ref *ref);
/* Ends a commit: changes since the last end stay, or are taken back. */
void dj_ckpt_table_keep(struct dj_ckpt_table *table);
void dj_ckpt_table_undo(struct dj_ckpt_table *table);
/* Hash of rows as they lie in the index (little endian), chained by the hasher. */
void dj_ckpt_hash_rows(struct dj_hasher *hasher, const struct dj_ckpt_ref *rows,
                       size_t count);

/* --- record.c --------------------------------------------------------------------------
 */

/* What a record says apart from the partitions. */
struct dj_ckpt_record {
    int64_t set, attempt, partitions, ranks;
    char *created;
    char *job_id;
    char *fingerprint;
    uint64_t *op_hashes;
    size_t nops;
    struct dj_ckpt_file *files; /* in order of sets: those it refers to, then its own */
    size_t nfiles;
};

/* One layer of a record. info is borrowed; empty: none. */
struct dj_ckpt_line {
    int64_t partition, op_first, op_end, live;
    struct dj_str info;
};
typedef enum dj_status dj_ckpt_line_fn(void *context, const struct dj_ckpt_line *line,
                                       struct dj_error *err);

void dj_ckpt_record_release(struct dj_ckpt_record *record);
/* Writes the record beside its temporary name, which is synced and then given up. */
enum dj_status dj_ckpt_record_write(const char *folder,
                                    const struct dj_ckpt_record *record,
                                    const struct dj_ckpt_table *table,
                                    struct dj_error *err) DJ_MUST_CHECK;
/*
 * Reads a record whose digest holds (else DJ_DATA), needing memory for one line. each
 * (NULL: none) gets its layers. Release the record, after a failure too.
 */
enum dj_status dj_ckpt_record_read(const char *folder, int64_t set,
                                   struct dj_ckpt_record *record, dj_ckpt_line_fn *each,
                                   void *context, struct dj_error *err) DJ_MUST_CHECK;

/* --- the module ------------------------------------------------------------------------
 */

/* A set on disk that has a record, as far as rank 0 has looked at it. */
struct dj_ckpt_known {
    int64_t set;
    bool good;      /* the record is whole and of this job */
    bool foreign;   /* another job's: never touched */
    int64_t *names; /* sets whose files it needs */
    size_t nnames;
};

struct dj_ckpt_root {
    struct dj_ckpt_table table;
    int64_t next_set; /* 0: the folder was not looked at yet */
    struct dj_ckpt_known *seen;
    size_t nseen;
};

struct dj_ckpt {
    struct dj_comm *comm;
    int rank, size;
    struct dj_store *store;
    char *folder;
    char *job_id;
    char *fingerprint;
    size_t npartitions;
    size_t nops;
    uint64_t *op_hashes;
    int64_t keep_last;
    int64_t attempt;
    struct dj_zstd *zstd;

    struct dj_buf frames; /* of the layers that wait, back to back */
    struct dj_buf raw;    /* those that are not compressed yet */
    struct dj_ckpt_waiting *waiting;
    size_t nwaiting, waiting_room;
    uint64_t commits; /* that were tried, the same on every rank */

    struct dj_ckpt_file *files; /* that refs may name, in order of sets */
    size_t nfiles;
    struct dj_buf stored; /* the frame that is being read */

    struct dj_ckpt_root *root; /* NULL on other ranks */
};

/* "{folder}/checkpoint_000012{suffix}", returns new. */
char *dj_ckpt_path(const char *folder, int64_t set, const char *suffix);
/* The file of a set, or NULL; files are in order of sets. */
struct dj_ckpt_file *dj_ckpt_find_file(struct dj_ckpt_file *files, size_t nfiles,
                                       int64_t set);
void dj_ckpt_add_file(struct dj_ckpt *ckpt, const struct dj_ckpt_file *file);
/* The record's own file: the last. */
struct dj_ckpt_file *dj_ckpt_own_file(const struct dj_ckpt_record *record);
/* The head that the file of a record has. */
struct dj_store_head dj_ckpt_head(const struct dj_ckpt_record *record);

/* --- set_plan.c and set_write.c --------------------------------------------------------
 */

/* A set that is being made; from rank 0, the same on every rank. */
struct dj_ckpt_plan {
    int64_t set;
    int64_t layers, raw, stored; /* that were put */
    int64_t rows, data_bytes;
    uint64_t index_hash;
};

/*
 * Collective. Rank 0's table becomes that of the new set (to be kept or undone); *base
 * is the place of this rank's frames in /data.
 */
enum dj_status dj_ckpt_make_plan(struct dj_ckpt *ckpt, struct dj_ckpt_plan *plan,
                                 int64_t *base, struct dj_error *err) DJ_MUST_CHECK;
/* Collective. The file under its temporary name, complete and on disk. */
enum dj_status dj_ckpt_write_file(struct dj_ckpt *ckpt, const struct dj_ckpt_plan *plan,
                                  int64_t base, int64_t *data_offset,
                                  struct dj_error *err) DJ_MUST_CHECK;
/*
 * Collective. Names file and record: after it the set exists. Fills what file does not
 * have yet, on every rank.
 */
enum dj_status dj_ckpt_publish(struct dj_ckpt *ckpt, struct dj_ckpt_file *file,
                               struct dj_error *err) DJ_MUST_CHECK;

/* --- carry.c ---------------------------------------------------------------------------
 */

/*
 * Collective, within a commit. Layers of sets that are mostly dead are read as they
 * are stored and appended to frames, by all ranks, and rank 0's table names set for
 * them. What cannot be read stays where it is. *count: how many, of all ranks.
 */
enum dj_status dj_ckpt_carry(struct dj_ckpt *ckpt, int64_t set, int64_t *count,
                             struct dj_error *err) DJ_MUST_CHECK;

/* --- read.c ----------------------------------------------------------------------------
 */

/* The file is there, with its size, and its bytes around the data are what they were. */
enum dj_status dj_ckpt_check_file(struct dj_store *store, const char *folder,
                                  const struct dj_ckpt_file *file, bool size_only,
                                  struct dj_error *err) DJ_MUST_CHECK;
/* A set as record and table say, all layers in order of partitions. */
struct dj_ckpt_set {
    struct dj_ckpt_record record;
    struct dj_buf table; /* holds rows */
    const struct dj_ckpt_ref *rows;
    char **infos; /* a row each; NULL: none */
    size_t nrows;
};
/*
 * Reads a set and checks everything but the layers and the files of other sets.
 * Release it, after a failure too; as much of the record as was read is there then.
 */
enum dj_status dj_ckpt_set_read(struct dj_store *store, const char *folder, int64_t set,
                                struct dj_ckpt_set *out,
                                struct dj_error *err) DJ_MUST_CHECK;
void dj_ckpt_set_release(struct dj_ckpt_set *set);
/* Reads the stored bytes of a layer into stored (emptied first) and checks their hash. */
enum dj_status dj_ckpt_read_stored(struct dj_store *store, const char *folder,
                                   const struct dj_ckpt_file *file,
                                   const struct dj_ckpt_ref *ref, struct dj_buf *stored,
                                   struct dj_error *err) DJ_MUST_CHECK;
/* Appends the content of a layer's stored bytes to out after checking its hash. */
enum dj_status dj_ckpt_unpack(struct dj_zstd *zstd, const struct dj_ckpt_ref *ref,
                              struct dj_str stored, struct dj_buf *out,
                              struct dj_error *err) DJ_MUST_CHECK;

/* --- prune.c (rank 0) ------------------------------------------------------------------
 */

/* What lies in a folder under the number of one set. */
struct dj_ckpt_found {
    int64_t set;
    bool record, file, record_tmp, file_tmp;
};
/* In order of sets. Free *found with dj_xfree. */
enum dj_status dj_ckpt_scan(const char *folder, struct dj_ckpt_found **found,
                            size_t *count, struct dj_error *err) DJ_MUST_CHECK;
/* Looks the set's record up, or reads it. DJ_IO: it cannot be read at all. */
enum dj_status dj_ckpt_know(struct dj_ckpt *ckpt, int64_t set,
                            struct dj_ckpt_known **known,
                            struct dj_error *err) DJ_MUST_CHECK;
/* Remembers a set whose record was just written or read. */
void dj_ckpt_remember(struct dj_ckpt *ckpt, const struct dj_ckpt_record *record,
                      bool good);
void dj_ckpt_forget_set(struct dj_ckpt_root *root, int64_t set);
/* Finds the number of the next set; removes what killed commits left behind. */
enum dj_status dj_ckpt_clean(struct dj_ckpt *ckpt, const struct dj_ckpt_found *found,
                             size_t count, struct dj_error *err) DJ_MUST_CHECK;
/* Deletes what the newest keep_last sets do not need. */
enum dj_status dj_ckpt_prune(struct dj_ckpt *ckpt, struct dj_error *err) DJ_MUST_CHECK;
/* Deletes all files of one set, the record first. */
enum dj_status dj_ckpt_remove_set(const char *folder, int64_t set,
                                  struct dj_error *err) DJ_MUST_CHECK;

#endif

/*
 * The exchange's inside: an array of records that grows up to a limit, sorting, files of
 * frames, where a record goes, and merging.
 */
#ifndef DJ_EXCHANGE_PRIVATE_H
#define DJ_EXCHANGE_PRIVATE_H

#include "dj/exchange.h"

/* --- records in memory
 * ------------------------------------------------------------------
 */

static inline struct dj_note *dj_notes_of(const struct dj_buf *buf)
{
    return (struct dj_note *)(void *)buf->ptr;
}

static inline size_t dj_notes_count(const struct dj_buf *buf)
{
    return buf->len / sizeof(struct dj_note);
}

/* dj_note_compare(a, b) < 0, where speed counts. */
static inline bool dj_note_before(const struct dj_note *a, const struct dj_note *b)
{
    if (a->hi != b->hi) {
        return a->hi < b->hi;
    }
    if (a->lo != b->lo) {
        return a->lo < b->lo;
    }
    return a->value != b->value ? a->value < b->value : a->row < b->row;
}

static inline bool dj_note_same_key(const struct dj_note *a, const struct dj_note *b)
{
    return a->hi == b->hi && a->lo == b->lo;
}

static inline bool dj_note_equal(const struct dj_note *a, const struct dj_note *b)
{
    return dj_note_same_key(a, b) && a->value == b->value && a->row == b->row;
}

/* Into the order of dj_note_compare, in place. */
void dj_notes_sort(struct dj_note *notes, size_t count);

/* --- memory that exchanges hand on ----------------------------------------------------
 */

/* Keeps the buffer, which is empty afterwards, or lets go of it. */
void dj_pool_give(struct dj_exchange_pool *pool, struct dj_buf *buf);
/*
 * A larger buffer with what is in buf, if there is one: of cap bytes or, else, as many as
 * there are, at most limit.
 */
void dj_pool_take(struct dj_exchange_pool *pool, size_t cap, size_t limit,
                  struct dj_buf *buf);

/* --- records in a file
 * ------------------------------------------------------------------
 */

/* Packs records, and holds what that takes; released, it can be used again. */
struct dj_packer {
    struct dj_zstd *zstd; /* NULL: nothing was packed yet */
    struct dj_buf planes;
    struct dj_buf packed;
};

void dj_packer_release(struct dj_packer *packer);
size_t dj_packer_memory(const struct dj_packer *packer); /* bytes it holds now */
size_t dj_packer_most(size_t frame_records);             /* and with such frames */
/* Into packed. */
enum dj_status dj_pack(struct dj_packer *packer, const struct dj_note *notes,
                       size_t count, struct dj_error *err);
/* From packed; notes: room for count, which are there. */
enum dj_status dj_unpack(struct dj_packer *packer, size_t count, struct dj_note *notes,
                         struct dj_error *err);

/* Records that were written together, and are read together. */
struct dj_frame {
    int64_t offset;
    uint32_t bytes, count;
    uint64_t hash; /* of the bytes */
};

/*
 * A file of frames, made when the first one is written. It has no name any more by then,
 * so that nothing of it is left whatever ends the program.
 */
struct dj_spill {
    char *folder, *path;
    size_t frame_records; /* at most, in a frame */
    struct dj_frame *frames;
    size_t count, room; /* of frames */
    int64_t end;
    int fd;
    struct dj_packer *packer;
};

void dj_spill_init(struct dj_spill *spill, struct dj_exchange *exchange);
void dj_spill_release(struct dj_spill *spill);
/* Appends frames. */
enum dj_status dj_spill_write(struct dj_spill *spill, const struct dj_note *notes,
                              size_t count, struct dj_error *err);
/* into: room for frame_records; *count of them are there. */
enum dj_status dj_spill_read(struct dj_spill *spill, size_t frame, struct dj_note *into,
                             size_t *count, struct dj_error *err);
size_t dj_spill_memory(const struct dj_spill *spill); /* bytes it holds now */

/* --- sorted runs ----------------------------------------------------------------------
 */

struct dj_run {
    size_t first, end; /* frames */
};

/* Sorted runs of a file and sorted records in memory, read as one. */
struct dj_merge;
struct dj_merge *dj_merge_new(struct dj_spill *spill, const struct dj_run *runs,
                              size_t count, const struct dj_buf *memory);
void dj_merge_free(struct dj_merge *merge);
/* The next record, borrowed until the next call; NULL behind the last one. */
enum dj_status dj_merge_next(struct dj_merge *merge, const struct dj_note **record,
                             struct dj_error *err);
/* Bytes that a merge of count runs needs. */
size_t dj_merge_memory(const struct dj_spill *spill, size_t count);

/* --- where records go
 * --------------------------------------------------------------------
 */

/*
 * A sample of a sequence of unknown length: of each `step` records one, chosen at
 * random; the step doubles when the sample has grown too large.
 */
struct dj_sample {
    struct dj_note *notes;
    size_t count, limit;
    uint64_t step, next; /* next: the number of the record that comes in */
};

void dj_sample_init(struct dj_sample *sample, size_t limit);
void dj_sample_release(struct dj_sample *sample);
void dj_sample_take(struct dj_sample *sample, const struct dj_note *record);

/* The rank for each record. */
struct dj_route {
    uint64_t ranks;
    struct dj_note *splitters; /* DJ_MEET_IN_ORDER: the first record of each rank but 0 */
    size_t count;
};

void dj_route_by_key(struct dj_route *route, int ranks);
/* Collective. memory: bytes that rank 0 may spend on it. */
enum dj_status dj_route_in_order(struct dj_route *route, struct dj_comm *comm,
                                 struct dj_sample *sample, int64_t memory,
                                 struct dj_error *err);
void dj_route_release(struct dj_route *route);
/* The rank of each record. */
void dj_route_of(const struct dj_route *route, const struct dj_note *records,
                 size_t count, uint32_t *ranks);

/* --- an exchange
 * ------------------------------------------------------------------------
 */

struct dj_exchange {
    struct dj_exchange_options options;
    int rank, size;
    size_t memory; /* bytes */
    size_t frame_records;
    size_t cell;      /* bytes for one rank in one round */
    size_t add_limit; /* bytes of added */
    size_t expected;  /* bytes of got, when keys are not skewed */
    struct dj_buf added;
    struct dj_packer packer;
    struct dj_spill waiting; /* what was added and did not fit; with one rank sorted */
    struct dj_sample sample;
    uint64_t added_count;
    struct dj_buf cells; /* for each rank what goes there in the next round */
    struct dj_route route;
    struct dj_buf got; /* what came; sorted in the end */
    struct dj_spill sorted;
    int files; /* opened so far */
    struct dj_run *runs;
    size_t nruns;
    struct dj_merge *merge; /* reading; NULL: all is in got */
    size_t next;            /* reading, in got */
    int64_t count, total, before;
    struct dj_exchange_cost cost;
};

/* What was added, in some order, before or while it meets. */
struct dj_waiting {
    struct dj_exchange *exchange;
    size_t *groups; /* places in memory at which to go on, in turn */
    size_t ngroups, group;
    size_t frame; /* that many were read */
    size_t stride;
    struct dj_buf buf; /* a frame */
};

/* groups: how many places in memory and in the file take turns. */
enum dj_status dj_waiting_open(struct dj_waiting *waiting, struct dj_exchange *exchange,
                               size_t groups, struct dj_error *err);
void dj_waiting_close(struct dj_waiting *waiting);
/* Some records; *count is 0 behind the last ones. */
enum dj_status dj_waiting_next(struct dj_waiting *waiting, const struct dj_note **records,
                               size_t *count, struct dj_error *err);

/* Room for `bytes` in buf, which grows to `limit` at most. */
enum dj_status dj_exchange_room(struct dj_exchange *exchange, struct dj_buf *buf,
                                size_t bytes, size_t limit, struct dj_error *err);
/* Sorts buf and writes it as a run of spill, or fails and leaves it. */
enum dj_status dj_exchange_spill(struct dj_exchange *exchange, struct dj_spill *spill,
                                 struct dj_buf *buf, struct dj_error *err);
/* Lets go of what was added, in memory and in the file. */
void dj_exchange_drop_added(struct dj_exchange *exchange);
/* Looks whether more memory is held than ever before. */
void dj_exchange_weigh(struct dj_exchange *exchange, size_t more);
/* Runs become few enough to be merged while reading. */
enum dj_status dj_exchange_few_runs(struct dj_exchange *exchange, struct dj_error *err);
/* Local, after dj_exchange_meet: reads from the first record on. */
void dj_exchange_rewind(struct dj_exchange *exchange);

#endif

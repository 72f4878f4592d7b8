/*
 * Lines that have places: of the samples that a stage has written, and of their
 * statistics. They meet in order, and each rank has a stretch of them.
 */
#ifndef DJ_EXEC_ORDER_H
#define DJ_EXEC_ORDER_H

#include "exec/rows.h"

/* This rank's share of the partitions of the stage in work. */
struct dj_order_shares {
    struct dj_buf bytes;
};

/* Collective. Release it in any case. */
enum dj_status dj_order_share(struct dj_exec *exec, struct dj_order_shares *shares,
                              struct dj_error *err) DJ_MUST_CHECK;
void dj_order_shares_release(struct dj_order_shares *shares);

/* A line is a record: its place, its row, its offset, and segment and length. */
static inline size_t dj_order_len(const struct dj_note *line)
{
    return (size_t)(line->row & UINT32_MAX);
}

/*
 * Collective. Lines of a stream in the order of their places; equal places in that of
 * their rows. Free it in any case.
 */
enum dj_status dj_order_meet(struct dj_exec *exec, const struct dj_order_shares *shares,
                             enum dj_stream_kind kind, const char *name,
                             struct dj_exchange **lines,
                             struct dj_error *err) DJ_MUST_CHECK;

/* Reads lines; keeps the segment open from one to the next. */
struct dj_order_reader {
    const struct dj_exec *exec;
    enum dj_stream_kind kind;
    int64_t segment; /* -1: none */
    char *path;
    int fd;
};
void dj_order_reader_init(struct dj_order_reader *reader, const struct dj_exec *exec,
                          enum dj_stream_kind kind);
void dj_order_reader_release(struct dj_order_reader *reader);
enum dj_status dj_order_read(struct dj_order_reader *reader, const struct dj_note *line,
                             struct dj_buf *out, struct dj_error *err) DJ_MUST_CHECK;

/*
 * Collective. Fills target->temporary, which is there, with the lines of the stream in
 * their order, and syncs it; sets target->bytes.
 */
enum dj_status dj_order_copy(struct dj_exec *exec, const struct dj_order_shares *shares,
                             struct dj_export_target *target,
                             struct dj_error *err) DJ_MUST_CHECK;

/* Collective. The sum on the ranks before this one, and *total of all. */
int64_t dj_order_before(struct dj_exec *exec, int64_t mine, int64_t *total);

/* --- join.c --- */

/* Collective. The same for groups: lines with the same place become one. */
enum dj_status dj_join_copy(struct dj_exec *exec, const struct dj_order_shares *shares,
                            struct dj_export_target *target,
                            struct dj_error *err) DJ_MUST_CHECK;

#endif

/*
 * Named points at which tests make things fail. A build with DJ_FAULTS obeys
 *
 *     DJ_FAULT=POINT[:rank=R][:nth=N][:text=WORD]:ACTION
 *
 * N counts passages of the point on that rank, from 1 (without nth, every passage).
 * With a WORD only passages with a sample count whose line has it (op.sample).
 * Several faults are separated by commas; each says so on standard error when it
 * strikes first. `dj-mpi docs faults` lists points and actions. Without DJ_FAULTS a
 * point costs nothing.
 */
#ifndef DJ_FAULT_H
#define DJ_FAULT_H

#include <stddef.h>

#include "dj/error.h"

/*
 *    name, text, what goes on there, place
 *
 * reads: a file is read; writes: bytes are written next; names: a finished file gets
 * its name; works: none of these. Tests choose fitting actions by it.
 */
#define DJ_FAULT_LIST(X)                                                              \
    X(SOURCE_READ, "source.read", reads, "before a block of input is read")           \
    X(SCAN, "scan", reads, "while lines are counted")                                 \
    X(MAP_WRITE, "map.write", writes, "before the partition map is written")          \
    X(OP_PROCESS, "op.process", works, "before an operator runs on a batch")          \
    X(OP_SAMPLE, "op.sample", works, "before an operator looks at a sample")          \
    X(MEM_GROW, "mem.grow", works, "a buffer or arena grows")                         \
    X(RESULT_WRITE, "result.write", writes, "before a partition's result is written") \
    X(RESULT_COMMIT, "result.commit", writes, "before the record of a wave is ended") \
    X(ROWS_COMMIT, "rows.commit", names, "before rows that were written count")       \
    X(CKPT_WRITE, "ckpt.write", writes, "before a rank writes its part of a set")     \
    X(CKPT_SYNC, "ckpt.sync", names, "before the file of a set is synced")            \
    X(CKPT_RENAME, "ckpt.rename", names, "before the file of a set gets its name")    \
    X(CKPT_RECORD, "ckpt.record", writes, "before the record of a set is written")    \
    X(CKPT_PRUNE, "ckpt.prune", names, "before an old set is deleted")                \
    X(CKPT_READ, "ckpt.read", reads, "before a layer is read")                        \
    X(COMM_AGREE, "comm.agree", works, "at a boundary")                               \
    X(EXCHANGE_SPILL, "exchange.spill", writes, "before records go to a file")        \
    X(EXCHANGE_ROUND, "exchange.round", works, "before records go to other ranks")    \
    X(EXCHANGE_READ, "exchange.read", reads, "before records are read from a file")   \
    X(EVENT_APPEND, "event.append", writes, "before an event line is written")        \
    X(EVENT_MERGE, "event.merge", writes, "while rank 0 merges events")               \
    X(SUMMARY_WRITE, "summary.write", writes, "before job_summary.json is written")   \
    X(EXPORT_WRITE, "export.write", writes, "before a part of the export is copied")  \
    X(EXPORT_CONVERT, "export.convert", writes, "before a row group is written")      \
    X(EXPORT_RENAME, "export.rename", names, "before an export gets its final name")  \
    X(JOB_FINISH, "job.finish", works, "after the export, before the last summary")

enum dj_fault_point {
#define DJ_FAULT_ENUM(name, text, kind, place) DJ_FAULT_##name,
    DJ_FAULT_LIST(DJ_FAULT_ENUM)
#undef DJ_FAULT_ENUM
        DJ_FAULT_COUNT
};

/*    name, text, what it does                                                       */
#define DJ_FAULT_ACTION_LIST(X)                                                         \
    X(FAIL, "fail", "the point fails as input and output do")                           \
    X(NOMEM, "nomem", "the point fails for lack of memory")                             \
    X(FULL, "enospc", "the point fails as on a full disk")                              \
    X(BROKEN, "eio", "the point fails as on a broken disk")                             \
    X(SHORT, "short", "of this thread's next write one half arrives: the disk is full") \
    X(KILL, "kill", "SIGKILL")                                                          \
    X(TERM, "term", "SIGTERM")                                                          \
    X(USR1, "usr1", "SIGUSR1")                                                          \
    X(USR2, "usr2", "SIGUSR2")                                                          \
    X(STOP, "stop", "SIGSTOP, and SIGCONT two seconds later")                           \
    X(NAP, "nap", "the rank sleeps for a second")                                       \
    X(STALL, "stall", "the rank never goes on")

const char *dj_fault_name(enum dj_fault_point point);

#ifdef DJ_FAULTS
/* Reads DJ_FAULT; a malformed one is DJ_USAGE. rank is this process's. */
enum dj_status dj_fault_init(int rank, struct dj_error *err);
/* DJ_OK, or the injected failure. Kills and stalls do not return. */
enum dj_status dj_fault_at(enum dj_fault_point point, struct dj_error *err);
/* The same for a passage with a line of a sample (len bytes). */
enum dj_status dj_fault_with(enum dj_fault_point point, const char *line, size_t len,
                             struct dj_error *err);
bool dj_fault_armed(void); /* some fault is set on this rank */
/*
 * For whoever writes len bytes: how many of them it shall write. Fewer: it then fails
 * with ENOSPC. Once for each `short` that struck on this thread.
 */
size_t dj_fault_short(size_t len);
#else
static inline enum dj_status dj_fault_init(int rank, struct dj_error *err)
{
    (void)rank;
    (void)err;
    return DJ_OK;
}
static inline enum dj_status dj_fault_at(enum dj_fault_point point, struct dj_error *err)
{
    (void)point;
    (void)err;
    return DJ_OK;
}
static inline enum dj_status dj_fault_with(enum dj_fault_point point, const char *line,
                                           size_t len, struct dj_error *err)
{
    (void)line;
    (void)len;
    return dj_fault_at(point, err);
}
static inline bool dj_fault_armed(void)
{
    return false;
}
static inline size_t dj_fault_short(size_t len)
{
    return len;
}
#endif

#endif

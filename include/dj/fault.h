/*
 * Named points at which tests make things fail. A build with DJ_FAULTS obeys
 *
 *     DJ_FAULT=POINT[:rank=R][:nth=N]:ACTION
 *
 * ACTION is fail, nomem, kill, term, usr1, usr2 or stall; N counts passages of
 * the point on that rank, from 1 (without nth, every passage). Several faults
 * are separated by commas. Without DJ_FAULTS a point costs nothing.
 */
#ifndef DJ_FAULT_H
#define DJ_FAULT_H

#include "dj/error.h"

/*   name           place                                                      */
#define DJ_FAULT_LIST(X)                                                           \
    X(SOURCE_READ, "source.read")     /* before a block of input is read */        \
    X(SCAN, "scan")                   /* while lines are counted */                \
    X(MAP_WRITE, "map.write")         /* before the partition map is written */    \
    X(OP_PROCESS, "op.process")       /* before an operator runs on a batch */     \
    X(MEM_GROW, "mem.grow")           /* a buffer or arena grows */                \
    X(RESULT_WRITE, "result.write")   /* before a partition's result is written */ \
    X(RESULT_COMMIT, "result.commit") /* before the record of a wave is written */ \
    X(COMM_AGREE, "comm.agree")       /* at a boundary */                          \
    X(EVENT_APPEND, "event.append")   /* before an event line is written */        \
    X(EVENT_MERGE, "event.merge")     /* while rank 0 merges events */             \
    X(SUMMARY_WRITE, "summary.write") /* before job_summary.json is written */     \
    X(EXPORT_WRITE, "export.write")   /* before a part of the export is copied */  \
    X(EXPORT_RENAME, "export.rename") /* before the export gets its final name */  \
    X(JOB_FINISH, "job.finish")       /* after the export, before the last summary */

enum dj_fault_point {
#define DJ_FAULT_ENUM(name, text) DJ_FAULT_##name,
    DJ_FAULT_LIST(DJ_FAULT_ENUM)
#undef DJ_FAULT_ENUM
        DJ_FAULT_COUNT
};

const char *dj_fault_name(enum dj_fault_point point);

#ifdef DJ_FAULTS
/* Reads DJ_FAULT; a malformed one is DJ_USAGE. rank is this process's. */
enum dj_status dj_fault_init(int rank, struct dj_error *err);
/* DJ_OK, or the injected failure. Kills and stalls do not return. */
enum dj_status dj_fault_at(enum dj_fault_point point, struct dj_error *err);
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
#endif

#endif

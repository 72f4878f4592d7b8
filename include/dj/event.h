/*
 * Events: what happened to a job, as JSON lines for programs (events.jsonl) and as
 * readable lines for people (events.log). Field names are Data-Juicer's, with
 * rank and host added.
 *
 * Each rank appends to a part file of its own, one write a line, so that nothing
 * is lost when it is killed; rank 0 merges the parts in time order at boundaries.
 *
 * Parts are events.rank00003.0001.000002.part (rank, attempt, turn). Every merged file
 * begins with an info event that carries {"schema": 1} as its metadata; line i of
 * events.log is line i of events.jsonl. event_id is {type}_{attempt}_{rank}_{seq}.
 */
#ifndef DJ_EVENT_H
#define DJ_EVENT_H

#include <stdint.h>

#include "dj/mem.h"

/*    type                 level    sentence for events.log when message is NULL    */
#define DJ_EVENT_LIST(X)                                                       \
    X(JOB_START, "job_start", INFO, "job started")                             \
    X(JOB_COMPLETE, "job_complete", INFO, "job complete")                      \
    X(JOB_FAILED, "job_failed", ERROR, "job failed")                           \
    X(JOB_RESTART, "job_restart", INFO, "job restarted")                       \
    X(PARTITION_START, "partition_start", INFO, "partition started")           \
    X(PARTITION_COMPLETE, "partition_complete", INFO, "partition complete")    \
    X(PARTITION_FAILED, "partition_failed", ERROR, "partition failed")         \
    X(PARTITION_RESUME, "partition_resume", INFO, "partition resumed")         \
    X(OP_START, "op_start", INFO, "operator started")                          \
    X(OP_COMPLETE, "op_complete", INFO, "operator complete")                   \
    X(OP_FAILED, "op_failed", ERROR, "operator failed")                        \
    X(CHECKPOINT_SAVE, "checkpoint_save", INFO, "checkpoint saved")            \
    X(CHECKPOINT_LOAD, "checkpoint_load", INFO, "checkpoint loaded")           \
    X(PROCESSING_START, "processing_start", INFO, "processing started")        \
    X(PROCESSING_COMPLETE, "processing_complete", INFO, "processing complete") \
    X(PROCESSING_ERROR, "processing_error", ERROR, "processing failed")        \
    X(RESOURCE_USAGE, "resource_usage", INFO, "resources")                     \
    X(PERFORMANCE_METRIC, "performance_metric", INFO, "speed")                 \
    X(WARNING, "warning", WARNING, "warning")                                  \
    X(INFO, "info", INFO, "note")                                              \
    X(DEBUG, "debug", DEBUG, "detail")

enum dj_event_type {
#define DJ_EVENT_ENUM(name, text, level, sentence) DJ_EVENT_##name,
    DJ_EVENT_LIST(DJ_EVENT_ENUM)
#undef DJ_EVENT_ENUM
        DJ_EVENT_COUNT
};

const char *dj_event_name(enum dj_event_type type);

/* A number or text that has no field of its own; goes into "metadata". */
struct dj_event_extra {
    const char *key;  /* NULL ends the list */
    const char *text; /* or, when NULL: */
    double number;
    bool whole; /* print the number without a fraction */
};

/*
 * One event. Fields at their zero value are left out of the line; partition and
 * op_index count from 0, so they are stored plus one.
 */
struct dj_event {
    enum dj_event_type type;
    const char *message; /* NULL: the sentence of the type with the fields */
    int64_t partition_plus_1;
    const char *op_name;
    int64_t op_index_plus_1;
    const char *op_args; /* JSON */
    const char *status;
    double seconds; /* duration */
    const char *error_message;
    const char *error_type;
    int64_t retry_count;
    const char *checkpoint_path;
    const char *output_path;
    bool has_rows; /* rows_in and rows_out are meant, also when 0; in a …_start event
                      a rows_out of 0 is left out: there is nothing yet */
    int64_t rows_in, rows_out;
    int64_t total_partitions, successful_partitions, failed_partitions;
    const char *config; /* JSON object, job_start */
    const struct dj_event_extra *extra;
};

struct dj_event_options {
    const char *folder; /* {event_log_dir}/{job_id}/event_logs; exists */
    const char *job_id;
    const char *host;
    int rank;
    int64_t attempt;      /* runs of this job, from 1 */
    bool enabled;         /* false: everything below does nothing */
    bool debug;           /* debug events are written too */
    int64_t max_bytes;    /* rotation of the merged files; 0: never */
    int64_t backup_count; /* rotated files kept */
};

struct dj_events;

/* One handle a rank. Its part file is made by the first event. */
enum dj_status dj_events_open(const struct dj_event_options *options,
                              struct dj_events **events,
                              struct dj_error *err) DJ_MUST_CHECK;
void dj_events_close(struct dj_events *events);

/*
 * Writes one event now. A failing disk does not stop a job: the first failure is
 * reported by dj_log, later ones are counted.
 */
void dj_event_emit(struct dj_events *events, const struct dj_event *event);

/*
 * The rank's part for the next merge: closes the present part file; the next event
 * begins a new one. Every rank calls it before a boundary at which rank 0 merges.
 */
enum dj_status dj_events_turn(struct dj_events *events,
                              struct dj_error *err) DJ_MUST_CHECK;

/*
 * Rank 0, after a boundary: merges all closed parts in the folder into events.jsonl
 * and events.log in time order, rotates, fsyncs, deletes the parts. Torn lines are
 * skipped and counted; lines that were merged before (a merge that was cut off)
 * are not repeated. Memory does not grow with the parts' size. After a failure all is
 * still there, and the next merge makes up for it.
 */
struct dj_event_merge {
    int64_t merged;
    int64_t torn;
    int64_t repeated;
};
enum dj_status dj_events_merge(struct dj_events *events, struct dj_event_merge *result,
                               struct dj_error *err) DJ_MUST_CHECK;

/*
 * Rank 0, before dj_events_recover: calls found with every partition that a rank of the
 * run before was at work on when it died.
 */
typedef void dj_event_flight(void *context, int64_t partition);
enum dj_status dj_events_in_flight(const struct dj_event_options *options,
                                   dj_event_flight *found, void *context,
                                   struct dj_error *err) DJ_MUST_CHECK;

/* Rank 0 at the start of a run: the same for parts that a killed run left open. */
enum dj_status dj_events_recover(const struct dj_event_options *options,
                                 struct dj_event_merge *result,
                                 struct dj_error *err) DJ_MUST_CHECK;

#endif

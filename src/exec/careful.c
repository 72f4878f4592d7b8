/*
 * Partitions that were at work whenever their process died, more often than they may
 * fail: an operator is run on their rows in a child process first. A row with which
 * the child dies is set aside as any bad sample is, and the rest is kept.
 */
#include "dj/fault.h"
#include "dj/log.h"
#include "exec/exec_private.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Half-open. */
struct rows {
    size_t first;
    size_t end;
};

struct trial {
    struct dj_exec *exec;
    const struct dj_partition *partition;
    struct dj_batch *batch;
    size_t op;
};

bool dj_exec_is_suspect(const struct dj_exec *exec, int64_t partition)
{
    for (size_t i = 0; i < exec->nsuspects; i++) {
        if (exec->suspects[i] == partition) {
            return true;
        }
    }
    return false;
}

/* In the child: only these rows, through the operator; a failure is no death. */
_Noreturn static void child(const struct trial *trial, struct rows rows)
{
    struct dj_op_tally tally[1] = { { 0 } };
    const size_t count = dj_batch_count(trial->batch);
    struct dj_error err;

    for (size_t row = 0; row < count; row++) {
        if (row < rows.first || row >= rows.end) {
            dj_batch_drop(trial->batch, row);
        }
    }
    (void)signal(SIGTERM, SIG_DFL);
    /* The chain adds to tally[op]. */
    (void)(dj_chain_run(trial->exec->chain, trial->op, trial->op + 1, trial->batch,
                        tally - trial->op, &err) == DJ_OK);
    _exit(0);
}

/* *cause: the signal, or 0 when the rows are harmless. */
static enum dj_status try_rows(const struct trial *trial, struct rows rows, int *cause,
                               struct dj_error *err)
{
    const pid_t pid = fork();
    int status = 0;

    if (pid < 0) {
        return dj_fail_errno(err, DJ_NOMEM, errno, "no process to try samples in");
    }
    if (pid == 0) {
        child(trial, rows);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    *cause = WIFSIGNALED(status)        ? WTERMSIG(status)
             : WEXITSTATUS(status) != 0 ? SIGABRT
                                        : 0;
    return DJ_OK;
}

/* The row is the operator's, with its counts, as if it had rejected it. */
static enum dj_status set_aside(const struct trial *trial, size_t row, int cause,
                                struct dj_op_tally *tally, struct dj_error *err)
{
    const struct dj_recipe_op *op = &trial->exec->config->recipe.ops[trial->op];
    const int64_t line = dj_batch_origin(trial->batch, row).line;

    if (!op->common.skip_op_error) {
        return dj_fail(err, DJ_OP,
                       "line %" PRId64 " of the source: %s: its process dies "
                       "with this sample (%s)",
                       line, op->op->name, strsignal(cause));
    }
    tally->rows_in++;
    tally->rejected++;
    tally->bytes_in += dj_i64_from_size(dj_batch_line(trial->batch, row).len);
    dj_batch_select(trial->batch, dj_int_from_size(trial->op), 0, NULL);
    dj_batch_reject(trial->batch, row, "the process dies with this sample: %s",
                    strsignal(cause));
    dj_exec_warn(trial->exec,
                 "partition %" PRId64 ", line %" PRId64
                 ": %s dies with this sample (%s); it is set aside",
                 trial->partition->id, line, op->op->name, strsignal(cause));
    return DJ_OK;
}

/* Halves until single rows are known: few children for few bad rows. */
static enum dj_status search(const struct trial *trial, struct rows rows,
                             struct dj_op_tally *tally, struct dj_error *err)
{
    const size_t middle = rows.first + (rows.end - rows.first) / 2;
    int cause = 0;

    DJ_TRY(try_rows(trial, rows, &cause, err));
    if (cause == 0) {
        return DJ_OK;
    }
    if (rows.end - rows.first == 1) {
        return set_aside(trial, rows.first, cause, tally, err);
    }
    DJ_TRY(search(trial, (struct rows){ rows.first, middle }, tally, err));
    return search(trial, (struct rows){ middle, rows.end }, tally, err);
}

enum dj_status dj_exec_run_ops(struct dj_exec *exec, const struct dj_partition *partition,
                               struct dj_batch *batch, size_t first, size_t end,
                               struct dj_op_tally *tally, struct dj_error *err)
{
    const bool suspect = dj_exec_is_suspect(exec, partition->id);

    if (!suspect && exec->keep == NULL) {
        return dj_chain_run(exec->chain, first, end, batch, tally, err);
    }
    for (size_t op = first; op < end; op++) {
        const struct trial trial = { exec, partition, batch, op };
        const struct rows all = { 0, dj_batch_count(batch) };

        if (suspect && dj_batch_live_count(batch) > 0) {
            DJ_TRY(search(&trial, all, &tally[op], err));
        }
        DJ_TRY(dj_chain_run(exec->chain, op, op + 1, batch, tally, err));
        /* What a global operator leaves is known in the next stage (state_rows.c). */
        if (exec->config->recipe.ops[op].op->global == NULL) {
            DJ_TRY(dj_keep_add(exec->keep, partition->id, op, batch, err));
        }
    }
    return DJ_OK;
}

/* --- who is a suspect ----------------------------------------------------------------
 */

static void count_death(void *context, int64_t partition)
{
    struct dj_summary *summary = context;

    for (size_t i = 0; i < summary->nsuspects; i++) {
        if (summary->suspects[i].id == partition) {
            summary->suspects[i].deaths++;
            return;
        }
    }
    summary->suspects = dj_xrealloc(summary->suspects, (summary->nsuspects + 1) *
                                                           sizeof(*summary->suspects));
    summary->suspects[summary->nsuspects++] =
        (struct dj_suspect){ .id = partition, .deaths = 1 };
}

void dj_exec_count_deaths(struct dj_exec *exec)
{
    struct dj_error err;

    if (dj_events_in_flight(&exec->event_options, count_death, exec->root->summary,
                            &err) != DJ_OK) {
        dj_log(DJ_LOG_WARNING, "event log: %s", err.text);
    }
}

enum dj_status dj_exec_share_suspects(struct dj_exec *exec, struct dj_error *err)
{
    const int64_t allowed = exec->config->fault_tolerance.max_retries;
    enum dj_status status = DJ_OK;
    struct dj_buf ids;

    dj_buf_init(&ids);
    if (exec->root != NULL) {
        const struct dj_summary *summary = exec->root->summary;

        for (size_t i = 0; i < summary->nsuspects && status == DJ_OK; i++) {
            const struct dj_suspect *suspect = &summary->suspects[i];

            if (suspect->deaths > allowed) {
                status = dj_buf_append(&ids, (struct dj_str){ (const char *)&suspect->id,
                                                              sizeof(suspect->id) });
                dj_log(DJ_LOG_WARNING,
                       "partition %" PRId64 " was at work when %" PRId64
                       " runs died: its samples are tried in a process of their own",
                       suspect->id, suspect->deaths);
            }
        }
        if (status != DJ_OK) {
            (void)dj_fail(err, status, "out of memory");
        }
    }
    status = dj_comm_agree(exec->comm, status, err);
    if (status == DJ_OK) {
        status = dj_comm_broadcast(exec->comm, &ids, err);
    }
    if (status == DJ_OK) {
        exec->nsuspects = ids.len / sizeof(*exec->suspects);
        exec->suspects = dj_xcalloc(exec->nsuspects + 1, sizeof(*exec->suspects));
        if (ids.len > 0) {
            memcpy(exec->suspects, ids.ptr, ids.len);
        }
    }
    dj_buf_release(&ids);
    return status;
}

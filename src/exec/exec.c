/*
 * The executor: one run of a job, from its lock to its summary. Every rank takes
 * the same way through this file; what a rank alone finds out is agreed on before
 * anybody acts on it.
 */
#include "dj/exec.h"

#include "dj/clock.h"
#include "dj/custom.h"
#include "dj/fault.h"
#include "dj/fs.h"
#include "dj/log.h"
#include "exec/convert.h"
#include "exec/heartbeat.h"
#include "exec/rows.h"

#include <unistd.h>

static void release(struct dj_exec *exec)
{
    struct dj_exec_root *root = exec->root;

    if (root != NULL) {
        dj_heart_end(root);
    }
    dj_exec_ckpt_close(exec);
    dj_state_close(exec);
    dj_xfree(exec->stage_dir);
    dj_xfree(exec->base_dir);
    dj_xfree(exec->sets_dir);
    dj_arena_free(exec->split_arena);
    dj_xfree(exec->scratch_dir);
    dj_held_free(exec->held);
    dj_partitions_release(&exec->owed);
    dj_keep_close(exec->keep);
    dj_retries_release(&exec->retries);
    dj_plan_release(&exec->plan);
    dj_xfree(exec->suspects);
    dj_batch_free(exec->batch);
    dj_batch_work_free(exec->work);
    dj_trace_close(exec);
    dj_chain_close(exec->chain);
    dj_reader_free(exec->reader);
    dj_results_close(exec->results);
    dj_places_free(exec->places);
    dj_events_close(exec->events);
    dj_sources_release(&exec->sources);
    dj_sources_release(&exec->origin);
    dj_job_paths_release(&exec->paths);
    for (int kind = 0; kind < DJ_RESULT_STREAMS; kind++) {
        dj_buf_release(&exec->streams[kind]);
    }
    dj_buf_release(&exec->records);
    dj_xfree(exec->tally);
    dj_xfree(exec->job_id);
    if (root != NULL) {
        dj_claims_free(root->claims);
        dj_progress_free(root->progress);
        dj_partitions_release(&root->partitions);
        dj_commit_release(&root->commit);
        dj_xfree(root->done);
        dj_xfree(root->base);
        dj_verdicts_release(&root->verdicts);
        for (size_t i = 0; i < root->nrows; i++) {
            dj_xfree(root->rows[i].done);
        }
        dj_xfree(root->rows);
        dj_summary_free(root->summary);
        dj_xfree(root->nodes);
        dj_xfree(root->pieces.items);
        dj_job_lock_release(root->lock);
        dj_xfree(root);
    }
}

/* Operators, batch and result files of this rank. */
static enum dj_status open_rank(struct dj_exec *exec, struct dj_error *err)
{
    DJ_TRY(dj_events_open(&exec->event_options, &exec->events, err));
    DJ_TRY(dj_keep_open(exec->config, exec->paths.intermediate_dir, &exec->keep, err));
    exec->work = dj_batch_work_new();
    exec->batch = dj_batch_new(dj_chain_layout(exec->chain));
    exec->tally = dj_xcalloc(exec->nops, sizeof(*exec->tally));
    return DJ_OK;
}

/* Collective. Whether all ranks have the same number. */
static bool is_common(const struct dj_exec *exec, uint64_t number)
{
    int64_t most[2];

    most[0] = (int64_t)(number >> 1); /* not negative, and the largest of all ranks */
    most[1] = INT64_MAX - most[0];    /* and the smallest */
    dj_comm_max(exec->comm, most, 2);
    return most[0] == INT64_MAX - most[1];
}

/*
 * Collective. Files that operators read, such as word lists, and those that they are
 * from must be the same for all ranks, else the result would depend on who does which
 * partition.
 */
static enum dj_status compare_data(struct dj_exec *exec, struct dj_error *err)
{
    const uint64_t *data = dj_chain_data(exec->chain);
    uint64_t sum = 0;
    uint64_t libraries = 0;

    for (size_t i = 0; i < exec->nops; i++) {
        sum = 31 * sum + data[i];
        libraries = 31 * libraries + dj_custom_digest(exec->config->recipe.ops[i].op);
    }
    if (!is_common(exec, libraries)) {
        return dj_fail(err, DJ_CONFIG,
                       "the libraries of custom_operator_paths are not the same on all "
                       "nodes; put them into a folder that all nodes share");
    }
    if (!is_common(exec, sum)) {
        return dj_fail(err, DJ_CONFIG,
                       "the files that operators read (word lists) are not the same on "
                       "all nodes; put them into a folder that all nodes share");
    }
    return DJ_OK;
}

static enum dj_status open_chain(struct dj_exec *exec, struct dj_error *err)
{
    const char *name = exec->config->config_path;
    enum dj_status status;

    exec->nops = exec->config->recipe.count;
    status = dj_plan_make(exec->doc, &exec->plan, err);
    DJ_TRY(dj_comm_agree(exec->comm, status, err));
    status = dj_chain_open(&exec->config->recipe, &exec->config->text_keys,
                           name == NULL ? "command line" : name, &exec->chain, err);
    DJ_TRY(dj_comm_agree(exec->comm, status, err));
    return compare_data(exec, err);
}

static void emit_job_start(struct dj_exec *exec)
{
    dj_event_emit(
        exec->events,
        &(struct dj_event){
            .type = exec->resuming ? DJ_EVENT_JOB_RESTART : DJ_EVENT_JOB_START,
            .total_partitions = (int64_t)exec->root->partitions.count,
            .extra =
                (const struct dj_event_extra[]){
                    { .key = "attempt", .number = (double)exec->attempt, .whole = true },
                    { .key = "ranks", .number = (double)exec->size, .whole = true },
                    { .key = "operators", .number = (double)exec->nops, .whole = true },
                    { .key = "launcher", .text = dj_comm_launcher(exec->comm) },
                    { 0 },
                },
        });
}

/* From the partition map to the finished export. */
static enum dj_status process(struct dj_exec *exec, struct dj_error *err)
{
    enum dj_status status = DJ_OK;

    if (exec->root != NULL) {
        emit_job_start(exec);
        dj_exec_tell_limits(exec);
    }
    exec->reader = dj_reader_new(&exec->sources);
    exec->held = dj_held_new();
    dj_state_open(exec);
    dj_trace_open(exec);
    DJ_TRY(dj_exec_stages(exec, err));
    if (exec->root != NULL) {
        status = dj_exec_check_ledger(exec, err);
    }
    DJ_TRY(dj_comm_agree(exec->comm, status, err));
    dj_exec_phase(exec, "writing the export", NULL);
    DJ_TRY(dj_trace_publish(exec, err));
    DJ_TRY(dj_exec_assemble(exec, err));
    if (exec->root != NULL) {
        status = dj_exec_mapping_report(exec, err);
    }
    if (status == DJ_OK) {
        status = dj_fault_at(DJ_FAULT_JOB_FINISH, err);
    }
    return dj_comm_agree(exec->comm, status, err);
}

/* The last events of all ranks, merged. */
static void close_events(struct dj_exec *exec)
{
    struct dj_error err;

    if (exec->events != NULL && dj_events_turn(exec->events, &err) != DJ_OK) {
        dj_log(DJ_LOG_WARNING, "event log: %s", err.text);
    }
    dj_comm_barrier(exec->comm);
    if (exec->root != NULL && exec->events != NULL) {
        dj_exec_merge_events(exec);
    }
}

/* The job is locked and its folders are there: run it and write how it ended. */
static enum dj_status run_prepared(struct dj_exec *exec, struct dj_error *err)
{
    enum dj_status outcome;

    outcome = dj_comm_agree(exec->comm, open_rank(exec, err), err);
    if (outcome == DJ_OK) {
        dj_exec_phase(exec, "looking at the input", NULL);
        outcome = dj_exec_map(exec, err);
    }
    if (outcome == DJ_OK) {
        outcome = dj_exec_ckpt_open(exec, err);
    }
    if (outcome == DJ_OK) {
        outcome = dj_exec_share_suspects(exec, err);
    }
    if (outcome == DJ_OK) {
        outcome = process(exec, err);
    }
    if (exec->events != NULL) {
        dj_exec_usage(exec, true);
    }
    if (exec->root != NULL) {
        outcome = dj_exec_finish(exec, outcome, err);
    }
    close_events(exec);
    outcome = dj_comm_agree(exec->comm, outcome, err);
    if (exec->root != NULL) {
        dj_exec_print_end(exec);
        dj_exec_clean_up(exec);
    }
    return outcome;
}

enum dj_status dj_exec_run(struct dj_comm *comm, const struct dj_config_doc *config,
                           struct dj_error *err)
{
    struct dj_exec exec = {
        .comm = comm,
        .rank = dj_comm_rank(comm),
        .size = dj_comm_size(comm),
        .doc = config,
        .config = dj_config_get(config),
        .started = dj_clock_monotonic(),
    };
    enum dj_status status;

    dj_log_set_rank(exec.rank);
    dj_preempt_watch(exec.config->checkpoint.on_sigusr2 == DJ_SIGUSR2_CONTINUE);
    dj_preempt_deadline(exec.config->time_limit, exec.rank == 0);
    status = dj_comm_agree(comm, dj_fault_init(exec.rank, err), err);
    if (status == DJ_OK) {
        status = open_chain(&exec, err);
    }
    if (status == DJ_OK) {
        status = dj_comm_agree(comm, dj_convert_possible(&exec, err), err);
    }
    if (exec.rank == 0) {
        exec.root = dj_xmalloc(sizeof(*exec.root));
        exec.root->commit.fd = -1;
    }
    if (status == DJ_OK) {
        status = dj_exec_prepare(&exec, err);
    }
    if (status == DJ_OK && !exec.already_complete) {
        status = run_prepared(&exec, err);
    }
    release(&exec);
    return status;
}

/*
 * Stages: up to each global operator all partitions are done, then their rows are
 * compared, and the next stage begins with the verdicts. A stage that is not the last one
 * leaves in results/stage_01/ what a partition was and what was noted, with commit
 * records as the last one's in results/; once the verdicts are recorded, a resumed job
 * goes on behind them.
 */
#include "dj/fs.h"
#include "dj/log.h"
#include "exec/exec_private.h"

#include <inttypes.h>

static char *dir_of(const struct dj_exec *exec, const struct dj_stage *stage)
{
    return stage->last
               ? dj_xstrdup(exec->paths.results_dir)
               : dj_xprintf("%s/stage_%02zu", exec->paths.results_dir, stage->number + 1);
}

static void begin_stage(struct dj_exec *exec, const struct dj_stage *stage)
{
    struct dj_exec_root *root = exec->root;

    exec->stage = stage;
    dj_xfree(exec->stage_dir);
    exec->stage_dir = dir_of(exec, stage);
    if (root != NULL) {
        dj_xfree(root->done);
        root->done = dj_xcalloc(root->partitions.count, sizeof(*root->done));
        root->commits = 0;
        root->next = 0;
    }
}

/* Rank 0: what the stage left is what the next one begins with. */
static void take_base(struct dj_exec *exec)
{
    struct dj_exec_root *root = exec->root;

    if (root != NULL) {
        const size_t count = root->partitions.count;

        dj_xfree(root->base);
        root->base = dj_xcalloc(count, sizeof(*root->base));
        for (size_t i = 0; i < count; i++) {
            root->base[i] = (struct dj_part_base){
                .state = root->done[i].extents[DJ_RESULT_STATES],
                .digest = root->done[i].state_digest,
            };
        }
    }
    dj_xfree(exec->base_dir);
    exec->base_dir = dj_xstrdup(exec->stage_dir);
}

static bool all_done(const struct dj_exec_root *root)
{
    for (size_t i = 0; i < root->partitions.count; i++) {
        if (root->done[i].state != DJ_PART_DONE) {
            return false;
        }
    }
    return true;
}

/* --- where a resumed job goes on
 * -------------------------------------------------------- */

/* Rank 0: the verdicts that end this stage are there, and all that they are about. */
static enum dj_status is_over(struct dj_exec *exec, const struct dj_stage *stage,
                              bool *over, struct dj_error *err)
{
    const struct dj_verdicts_head head = {
        .map_digest = exec->map_digest,
        .ops_hash = dj_exec_ops_hash(exec, stage->end),
    };

    begin_stage(exec, stage);
    *over = false;
    DJ_TRY(dj_verdicts_read(exec->stage_dir, &head, &exec->root->verdicts, over, err));
    if (*over) {
        DJ_TRY(dj_exec_restore(exec, err));
        *over = all_done(exec->root);
    }
    return DJ_OK;
}

static enum dj_status find_first(struct dj_exec *exec, int64_t *first,
                                 struct dj_error *err)
{
    enum dj_status status = DJ_OK;

    *first = 0;
    if (exec->root != NULL && exec->resuming) {
        for (size_t i = exec->plan.nstages - 1; i > 0 && status == DJ_OK; i--) {
            bool over = false;

            status = is_over(exec, &exec->plan.stages[i - 1], &over, err);
            if (status == DJ_OK && over) {
                *first = (int64_t)i;
                break;
            }
        }
        if (status == DJ_OK && *first == 0) {
            dj_verdicts_release(&exec->root->verdicts);
        }
    }
    status = dj_comm_agree(exec->comm, status, err);
    dj_comm_max(exec->comm, first, 1);
    if (status == DJ_OK && *first > 0) {
        if (exec->root == NULL) {
            begin_stage(exec, &exec->plan.stages[*first - 1]);
        }
        take_base(exec);
    }
    return status;
}

/* --- a stage
 * ----------------------------------------------------------------------------- */

/* Folder, records of earlier runs, segments, and places of this run. */
static enum dj_status open_stage(struct dj_exec *exec, const struct dj_stage *stage,
                                 struct dj_error *err)
{
    enum dj_status status = DJ_OK;

    begin_stage(exec, stage);
    if (exec->root != NULL) {
        status = dj_fs_make_dirs(exec->stage_dir, err);
        if (status == DJ_OK && exec->resuming) {
            status = dj_exec_restore(exec, err);
        }
    }
    DJ_TRY(dj_comm_agree(exec->comm, status, err));
    dj_results_close(exec->results);
    exec->results = NULL;
    status = dj_results_open(exec->stage_dir, dj_segment_id(exec->attempt, exec->rank),
                             &exec->results, err);
    DJ_TRY(dj_comm_agree(exec->comm, status, err));
    return dj_places_open(exec, err);
}

/* A global operator judges rows by all others: with some missing it would judge wrongly.
 */
static enum dj_status check_whole(struct dj_exec *exec, struct dj_error *err)
{
    enum dj_status status = DJ_OK;

    if (exec->root != NULL && exec->root->summary->nfailed > 0) {
        const struct dj_summary *summary = exec->root->summary;
        const size_t op = exec->stage->end - 1;

        status = dj_fail(err, DJ_PARTIAL,
                         "%zu of %" PRId64 " partitions failed, and %s needs the rows of "
                         "all; the first: partition %" PRId64 ": %s",
                         summary->nfailed, summary->partitions_total,
                         exec->config->recipe.ops[op].op->name, summary->failed[0].id,
                         summary->failed[0].error);
    }
    return dj_comm_agree(exec->comm, status, err);
}

/* What the stage before the last base held is in its layers: it can go. */
static void forget_stage(const struct dj_exec *exec, const struct dj_stage *stage)
{
    struct dj_error err;
    char *dir = dir_of(exec, stage);

    if (exec->root != NULL && dj_fs_remove_tree(dir, &err) != DJ_OK) {
        dj_log(DJ_LOG_WARNING, "%s", err.text);
    }
    dj_xfree(dir);
}

static enum dj_status run_stage(struct dj_exec *exec, const struct dj_stage *stage,
                                struct dj_error *err)
{
    bool stopped = false;

    DJ_TRY(open_stage(exec, stage, err));
    DJ_TRY(dj_trace_pairs(exec, err));
    DJ_TRY(dj_exec_waves(exec, &stopped, err));
    if (stopped) {
        return dj_fail(err, DJ_STOPPED, "stopped on request");
    }
    if (stage->last) {
        return DJ_OK;
    }
    DJ_TRY(check_whole(exec, err));
    DJ_TRY(dj_exec_global(exec, err));
    take_base(exec);
    if (stage->number > 0) {
        forget_stage(exec, stage - 1);
    }
    return DJ_OK;
}

enum dj_status dj_exec_stages(struct dj_exec *exec, struct dj_error *err)
{
    const char *scratch = exec->config->global_ops.scratch_dir;
    int64_t first;

    exec->scratch_dir = scratch == NULL ? dj_fs_join(exec->paths.results_dir, "scratch")
                                        : dj_fs_absolute(scratch);
    DJ_TRY(find_first(exec, &first, err));
    for (size_t i = (size_t)first; i < exec->plan.nstages; i++) {
        DJ_TRY(run_stage(exec, &exec->plan.stages[i], err));
    }
    return DJ_OK;
}

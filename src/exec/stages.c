/*
 * Stages: up to each global operator all partitions are done, then their rows are
 * compared, and the next stage begins with the verdicts. A stage that is not the last one
 * leaves in results/stage_01/ what a partition was and what was noted, with commit
 * records as the last one's in results/; once the verdicts are recorded, a resumed job
 * goes on behind them. Where rows need another order or shape, a stage writes them as a
 * dataset (rows.c), and a resumed job begins with the newest of these.
 */
#include "dj/fs.h"
#include "dj/log.h"
#include "exec/heartbeat.h"
#include "exec/rows.h"

#include <inttypes.h>

char *dj_stage_dir(const struct dj_exec *exec, const struct dj_stage *stage)
{
    return stage->last
               ? dj_xstrdup(exec->paths.results_dir)
               : dj_stage_path(exec->paths.results_dir, (int64_t)stage->number + 1);
}

void dj_stage_begin(struct dj_exec *exec, const struct dj_stage *stage)
{
    struct dj_exec_root *root = exec->root;

    exec->stage = stage;
    dj_xfree(exec->stage_dir);
    exec->stage_dir = dj_stage_dir(exec, stage);
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

bool dj_stage_is_done(const struct dj_exec_root *root)
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

    dj_stage_begin(exec, stage);
    *over = false;
    DJ_TRY(dj_verdicts_read(exec->stage_dir, &head, &exec->root->verdicts, over, err));
    if (*over) {
        DJ_TRY(dj_exec_restore(exec, err));
        *over = dj_stage_is_done(exec->root);
    }
    return DJ_OK;
}

/* Rank 0: the newest global operator, from this stage on, whose verdicts are there. */
static enum dj_status find_verdicts(struct dj_exec *exec, size_t from, int64_t *first,
                                    struct dj_error *err)
{
    const struct dj_stage *stages = exec->plan.stages;

    for (size_t i = exec->plan.nstages - 1; i > from; i--) {
        bool over = false;

        if (!stages[i - 1].global || stages[i - 1].source != stages[from].source) {
            continue;
        }
        DJ_TRY(is_over(exec, &stages[i - 1], &over, err));
        if (over) {
            *first = (int64_t)i;
            return DJ_OK;
        }
    }
    dj_verdicts_release(&exec->root->verdicts);
    return DJ_OK;
}

static enum dj_status find_first(struct dj_exec *exec, size_t *first,
                                 struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    int64_t found = 0;

    DJ_TRY(dj_exec_find_rows(exec, first, err));
    if (exec->root != NULL && exec->resuming) {
        status = find_verdicts(exec, *first, &found, err);
    }
    status = dj_comm_agree(exec->comm, status, err);
    dj_comm_max(exec->comm, &found, 1);
    if (status == DJ_OK && found > 0) {
        *first = (size_t)found;
        if (exec->root == NULL) {
            dj_stage_begin(exec, &exec->plan.stages[found - 1]);
        }
        take_base(exec);
    }
    return status;
}

/* --- a stage
 * ----------------------------------------------------------------------------- */

/*
 * Whether a stage looks at texts alone: what it leaves of a sample are verdicts, and
 * edits of its texts. Tracer and intermediate data show whole samples.
 */
static bool looks_at_texts(const struct dj_exec *exec, const struct dj_stage *stage)
{
    const unsigned more = DJ_OP_NO_TEXT | DJ_OP_SETS_TEXT | DJ_OP_READS_FIELDS;

    for (size_t op = stage->begin; op < stage->end; op++) {
        if ((exec->config->recipe.ops[op].op->flags & more) != 0) {
            return false;
        }
    }
    return stage->global && exec->keep == NULL && !exec->config->open_tracer;
}

/* Folder, records of earlier runs, segments, and places of this run. */
static enum dj_status open_stage(struct dj_exec *exec, const struct dj_stage *stage,
                                 struct dj_error *err)
{
    const struct dj_batch_layout *layout = dj_chain_layout(exec->chain);
    enum dj_status status = DJ_OK;

    dj_stage_begin(exec, stage);
    exec->sources.texts = looks_at_texts(exec, stage) ? layout->texts : NULL;
    exec->sources.ntexts = layout->ntexts;
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

/*
 * A global operator judges rows by all others, and rows that a stage writes have to be
 * all of them. Rows that were written are no partitions of the dataset: an export without
 * some could not be told from one without others.
 */
static enum dj_status check_whole(struct dj_exec *exec, struct dj_error *err)
{
    enum dj_status status = DJ_OK;

    if (exec->root != NULL && exec->root->summary->nfailed > 0) {
        const struct dj_summary *summary = exec->root->summary;
        const struct dj_stage *stage = exec->stage;
        const size_t op = stage->global ? stage->end - 1 : stage->maker;

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
    char *dir = dj_stage_dir(exec, stage);

    if (exec->root != NULL && dj_fs_remove_tree(dir, &err) != DJ_OK) {
        dj_log(DJ_LOG_WARNING, "%s", err.text);
    }
    dj_xfree(dir);
}

/* What a stage that is not the last one is for. */
static enum dj_status end_stage(struct dj_exec *exec, const struct dj_stage *stage,
                                struct dj_error *err)
{
    if (stage->global) {
        dj_exec_phase(exec, "comparing samples",
                      exec->config->recipe.ops[stage->end - 1].op->name);
        DJ_TRY(dj_exec_global(exec, err));
        take_base(exec);
    } else {
        dj_exec_phase(exec, "writing samples in their new order", NULL);
        DJ_TRY(dj_exec_rows(exec, err));
    }
    if (stage->number > 0 && stage[-1].global) { /* others tell what was set aside */
        forget_stage(exec, stage - 1);
    }
    return DJ_OK;
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
    if (!stage->last || stage->source > 0) {
        DJ_TRY(check_whole(exec, err));
    }
    return stage->last ? DJ_OK : end_stage(exec, stage, err);
}

enum dj_status dj_exec_stages(struct dj_exec *exec, struct dj_error *err)
{
    const char *scratch = exec->config->global_ops.scratch_dir;
    size_t first;

    exec->scratch_dir = scratch == NULL ? dj_fs_join(exec->paths.results_dir, "scratch")
                                        : dj_fs_absolute(scratch);
    DJ_TRY(find_first(exec, &first, err));
    for (size_t i = first; i < exec->plan.nstages; i++) {
        DJ_TRY(run_stage(exec, &exec->plan.stages[i], err));
    }
    return DJ_OK;
}

/*
 * Layers that are put off. Under auto a job that ends within its first second writes no
 * set unless it is stopped, so the partitions it has finished until then are remembered,
 * not their layers. When a set is written after all, the operators are run over them
 * once more: that costs no more than this second.
 */
#include "exec/owed.h"

#include "dj/clock.h"

#include <inttypes.h>

/* Seconds from the start of the run. */
static const double put_off = 1;
/* Of lines in one batch, as in step.c. */
enum { BATCH_BYTES = 512 << 10 };

/*
 * Only where the first and only stage of a new job streams, so that a partition's source
 * is all that its layer follows from, and operators leave nothing but their samples.
 */
bool dj_owed_allows(const struct dj_exec *exec)
{
    return exec->plan.automatic && !exec->resuming && exec->plan.nstages == 1 &&
           !exec->stage->global && exec->keep == NULL && !exec->config->open_tracer &&
           dj_clock_monotonic() - exec->started < put_off;
}

enum dj_status dj_owed_add(struct dj_exec *exec, const struct dj_partition *partition,
                           struct dj_error *err)
{
    return dj_partitions_add(&exec->owed, partition) == DJ_OK
               ? DJ_OK
               : dj_fail(err, DJ_NOMEM, "out of memory for partitions without layers");
}

static enum dj_status pay_one(struct dj_exec *exec, const struct dj_partition *partition,
                              struct dj_error *err)
{
    const struct dj_stage *stage = exec->stage;
    struct dj_batch *batch = exec->batch;
    int64_t lines = partition->first_line - 1;
    int64_t rows = 0;
    struct dj_str block;

    memset(exec->tally, 0, exec->nops * sizeof(*exec->tally));
    dj_exec_layer_begin(exec, partition->id, stage->begin, stage->end);
    DJ_TRY(dj_reader_start(exec->reader, partition, err));
    for (;;) {
        DJ_TRY(dj_reader_next(exec->reader, BATCH_BYTES, &block, err));
        if (block.len == 0) {
            return dj_exec_layer_end(exec, partition->id, stage->begin, stage->end,
                                     exec->tally, err);
        }
        dj_batch_reset(batch);
        DJ_TRY(dj_exec_fill(batch, block, &rows, &lines, err));
        DJ_TRY(dj_exec_run_ops(exec, partition, batch, stage->begin, stage->end,
                               exec->tally, err));
        if (dj_layer_add(exec->writer, batch) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "out of memory for a layer");
        }
    }
}

void dj_owed_pay(struct dj_exec *exec)
{
    for (size_t i = 0; i < exec->owed.count; i++) {
        struct dj_error err;

        if (pay_one(exec, &exec->owed.items[i], &err) != DJ_OK) {
            dj_exec_warn(exec, "partition %" PRId64 " is in no checkpoint set: %s",
                         exec->owed.items[i].id, err.text);
        }
    }
    dj_partitions_release(&exec->owed);
}

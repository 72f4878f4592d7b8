/*
 * Samples of duplicates for the tracer, as they were before the verdicts: read again from
 * their partitions, with the layers that the stage before has left.
 */
#include "exec/trace_pairs.h"

#include "dj/fs.h"
#include "dj/global.h"

enum { BATCH_BYTES = 512 << 10 };

/* --- their samples --------------------------------------------------------------------
 */

/* One of a pair, on its way to rank 0: this, then the bytes. */
struct found {
    int64_t place; /* 2 * pair, and 1 for the second one */
    int64_t bytes;
};

static bool is_of(const struct dj_pairs *pairs, size_t place, int64_t partition)
{
    const struct dj_pair *list = (const void *)pairs->list.ptr;

    return dj_row_partition(list[place / 2].rows[place % 2]) == partition;
}

/* The sample, or where samples stay its text, as JSON. */
static enum dj_status encode(const struct dj_pairs *pairs, struct dj_batch *batch,
                             size_t row, struct dj_buf *out)
{
    const struct dj_config *config = pairs->exec->config;
    const struct dj_batch_layout *layout = dj_chain_layout(pairs->exec->chain);
    const char *key = config->recipe.ops[pairs->op].common.text_key;
    size_t text = 0;

    if (pairs->rule != DJ_PAIRS_LINES) {
        DJ_TRY(dj_batch_encode(batch, row, DJ_ENCODE_STATS | DJ_ENCODE_HASHES, out));
        out->len--; /* its line end */
        return DJ_OK;
    }
    key = key == NULL ? config->text_keys.items[0] : key;
    while (strcmp(layout->texts[text], key) != 0) {
        text++;
    }
    dj_batch_select(batch, (int)pairs->op, text, NULL);
    return dj_json_quote(out, dj_batch_text(batch, row));
}

/* Those of the pairs that are among the rows of the batch; first: rows before it. */
static enum dj_status take_samples(const struct dj_pairs *pairs, int64_t id,
                                   struct dj_batch *batch, size_t first,
                                   struct dj_buf *out)
{
    const struct dj_pair *list = (const void *)pairs->list.ptr;

    for (size_t place = 0; place < 2 * dj_pairs_count(pairs); place++) {
        const uint64_t index = dj_row_index(list[place / 2].rows[place % 2]);
        const size_t before = out->len;
        struct found found = { .place = dj_i64_from_size(place) };

        if (!is_of(pairs, place, id) || index < first ||
            index >= first + dj_batch_count(batch)) {
            continue;
        }
        DJ_TRY(
            dj_buf_append(out, (struct dj_str){ (const char *)&found, sizeof(found) }));
        DJ_TRY(encode(pairs, batch, (size_t)index - first, out));
        found.bytes = dj_i64_from_size(out->len - before - sizeof(found));
        memcpy(out->ptr + before, &found, sizeof(found));
    }
    return DJ_OK;
}

/* The partition as the stage before has left it. */
static enum dj_status read_partition(const struct dj_pairs *pairs,
                                     const struct dj_partition *partition,
                                     struct dj_buf *out, struct dj_error *err)
{
    struct dj_exec *exec = pairs->exec;
    int64_t lines = partition->first_line - 1;
    int64_t rows = 0;
    size_t first = 0;
    bool damaged;
    size_t op_end;

    DJ_TRY(dj_state_begin(exec, partition->id, &op_end, err));
    exec->state.pending = false; /* its verdicts */
    DJ_TRY(dj_reader_start(exec->reader, partition, err));
    for (;;) {
        struct dj_str block;

        DJ_TRY(dj_reader_next(exec->reader, BATCH_BYTES, &block, err));
        if (block.len == 0) {
            return dj_state_finish(exec, &damaged, err);
        }
        dj_batch_reset(exec->batch);
        DJ_TRY(dj_exec_fill(exec->batch, block, &rows, &lines, err));
        DJ_TRY(dj_state_apply(exec, partition->id, exec->batch, first, exec->tally,
                              &damaged, err));
        if (take_samples(pairs, partition->id, exec->batch, first, out) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "out of memory for duplicates");
        }
        first += dj_batch_count(exec->batch);
    }
}

/* An operator of a user's own may give what is no row: its pair is then not found. */
static void need(bool *needed, size_t count, uint64_t row)
{
    const uint64_t partition = (uint64_t)dj_row_partition(row);

    if (partition < count) {
        needed[partition] = true;
    }
}

/* Rank 0: the partitions that have rows of pairs. */
static enum dj_status list_partitions(const struct dj_pairs *pairs,
                                      struct dj_partitions *wave, struct dj_error *err)
{
    const struct dj_partitions *all = &pairs->exec->root->partitions;
    const struct dj_pair *list = (const void *)pairs->list.ptr;
    bool *needed = dj_xcalloc(all->count + 1, sizeof(*needed));
    enum dj_status status = DJ_OK;

    for (size_t i = 0; i < dj_pairs_count(pairs); i++) {
        need(needed, all->count, list[i].rows[0]);
        need(needed, all->count, list[i].rows[1]);
    }
    for (size_t i = 0; i < all->count && status == DJ_OK; i++) {
        if (needed[i] && dj_partitions_add(wave, &all->items[i]) != DJ_OK) {
            status = dj_fail(err, DJ_NOMEM, "out of memory for a list of partitions");
        }
    }
    dj_xfree(needed);
    return status;
}

/* Collective. Each rank's share of the partitions, and where their states lie. */
static enum dj_status share_out(const struct dj_pairs *pairs, struct dj_buf *mine,
                                struct dj_error *err)
{
    struct dj_exec *exec = pairs->exec;
    size_t *sizes = dj_xcalloc((size_t)exec->size, sizeof(*sizes));
    struct dj_partitions wave = { 0 };
    enum dj_status status = DJ_OK;
    struct dj_str all;

    if (exec->root != NULL) {
        status = list_partitions(pairs, &wave, err);
    }
    for (size_t i = 0; i < wave.count; i++) {
        sizes[i * (size_t)exec->size / wave.count] += sizeof(*wave.items);
    }
    all = (struct dj_str){ (const char *)wave.items, wave.count * sizeof(*wave.items) };
    status = dj_comm_agree(exec->comm, status, err);
    if (status == DJ_OK) {
        status = dj_state_wave(exec, &wave, err);
    }
    if (status == DJ_OK) {
        status = dj_comm_scatter(exec->comm, all, sizes, mine, err);
    }
    dj_partitions_release(&wave);
    dj_xfree(sizes);
    return status;
}

/* Collective. Rank 0 gets the samples, in any order. */
static enum dj_status fetch(const struct dj_pairs *pairs, struct dj_buf *samples,
                            struct dj_error *err)
{
    struct dj_exec *exec = pairs->exec;
    struct dj_ckpt *ckpt = exec->ckpt;
    enum dj_status status;
    struct dj_buf mine, out;

    dj_buf_init(&mine);
    dj_buf_init(&out);
    exec->ckpt = NULL; /* sets may know what came behind the verdicts */
    status = share_out(pairs, &mine, err);
    exec->ckpt = ckpt;
    if (status == DJ_OK) {
        for (size_t at = 0; at < mine.len && status == DJ_OK;
             at += sizeof(struct dj_partition)) {
            struct dj_partition partition;

            memcpy(&partition, mine.ptr + at, sizeof(partition));
            status = read_partition(pairs, &partition, &out, err);
        }
        status = dj_comm_agree(exec->comm, status, err);
    }
    if (status == DJ_OK) {
        status = dj_comm_gather(exec->comm, dj_buf_str(&out), samples, NULL, err);
    }
    dj_buf_release(&mine);
    dj_buf_release(&out);
    return status;
}

/* --- the file -------------------------------------------------------------------------
 */

static enum dj_status put_lines(const struct dj_str *samples, size_t count,
                                struct dj_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        DJ_TRY(dj_buf_append(out, DJ_STR("{\"dup1\": ")));
        DJ_TRY(dj_buf_append(out, samples[2 * i]));
        DJ_TRY(dj_buf_append(out, DJ_STR(", \"dup2\": ")));
        DJ_TRY(dj_buf_append(out, samples[2 * i + 1]));
        DJ_TRY(dj_buf_append(out, DJ_STR("}\n")));
    }
    return DJ_OK;
}

/* Rank 0. */
static enum dj_status write_lines(const struct dj_pairs *pairs, struct dj_str found,
                                  const char *path, struct dj_error *err)
{
    const size_t count = dj_pairs_count(pairs);
    struct dj_str *samples = dj_xcalloc(2 * count + 1, sizeof(*samples));
    enum dj_status status;
    struct dj_buf text;

    while (found.len > 0) {
        struct found head;

        memcpy(&head, found.ptr, sizeof(head));
        found.ptr += sizeof(head);
        samples[head.place] = (struct dj_str){ found.ptr, (size_t)head.bytes };
        found.ptr += head.bytes;
        found.len -= sizeof(head) + (size_t)head.bytes;
    }
    dj_buf_init(&text);
    status = put_lines(samples, count, &text);
    if (status == DJ_OK) {
        status = dj_fs_replace(path, dj_buf_str(&text), err);
    } else {
        (void)dj_fail(err, status, "%s: out of memory", path);
    }
    dj_buf_release(&text);
    dj_xfree(samples);
    return status;
}

static enum dj_status write_pairs(struct dj_pairs *pairs, const char *path,
                                  struct dj_error *err)
{
    struct dj_exec *exec = pairs->exec;
    enum dj_status status = DJ_OK;
    struct dj_buf samples;

    DJ_TRY(dj_pairs_find(pairs, err));
    dj_buf_init(&samples);
    if (pairs->list.len > 0) {
        status = fetch(pairs, &samples, err);
    }
    if (status == DJ_OK && exec->root != NULL) {
        status = write_lines(pairs, dj_buf_str(&samples), path, err);
    }
    dj_buf_release(&samples);
    return dj_comm_agree(exec->comm, status, err);
}

enum dj_status dj_trace_pairs(struct dj_exec *exec, struct dj_error *err)
{
    const size_t op = exec->stage->begin - 1;
    struct dj_pairs pairs = { .exec = exec, .op = op };
    enum dj_status status = DJ_OK;
    const struct dj_op *kind;
    char *path;

    if (exec->stage->begin == exec->stage->source || !dj_trace_lists(exec->config, op)) {
        return DJ_OK;
    }
    kind = exec->config->recipe.ops[op].op;
    if (kind->kind != DJ_OP_DEDUPLICATOR) {
        return DJ_OK;
    }
    pairs.rule = kind->global->verdicts == DJ_VERDICT_EDGES ? DJ_PAIRS_FIRST
                 : kind->global->apply == NULL              ? DJ_PAIRS_LARGEST
                                                            : DJ_PAIRS_LINES;
    dj_buf_init(&pairs.list);
    dj_buf_init(&pairs.verdicts);
    path = dj_trace_pairs_path(exec, op);
    if (!dj_comm_any(exec->comm, exec->root != NULL && dj_fs_exists(path))) {
        status = write_pairs(&pairs, path, err);
    }
    dj_xfree(path);
    dj_buf_release(&pairs.list);
    dj_buf_release(&pairs.verdicts);
    return status;
}

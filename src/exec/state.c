/*
 * Bringing a partition up to where it was: rank 0 tells all ranks, wave by wave, where
 * the states of its partitions lie; a rank reads them when their turn comes.
 */
#include "exec/state.h"

#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/log.h"
#include "exec/exec_private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

/* In exec->restores: this, its layers' references, its verdicts, its tallies. */
struct head {
    int64_t partition;
    int64_t op_end; /* of the newest set's layers; 0: they are not used */
    int64_t nrefs;
    int64_t nverdicts;
    struct dj_extent base; /* in the stage before */
    uint64_t base_digest;
    int64_t size; /* bytes of all */
};

/* What it reads was not written as rows: a stage before has left it, with verdicts. */
static bool follows_stage(const struct dj_stage *stage)
{
    return stage->begin > stage->source;
}

void dj_state_open(struct dj_exec *exec)
{
    exec->state.layers = dj_layers_new(dj_chain_layout(exec->chain));
    exec->state.tally = dj_xcalloc(exec->nops + 1, sizeof(*exec->state.tally));
    exec->writer = dj_layer_writer_new(dj_chain_layout(exec->chain));
}

void dj_state_close(struct dj_exec *exec)
{
    struct dj_state *state = &exec->state;

    dj_layers_free(state->layers);
    dj_buf_release(&state->bytes);
    dj_buf_release(&state->verdicts);
    dj_xfree(state->ends);
    dj_xfree(state->tally);
    dj_buf_release(&exec->restores);
}

/* --- rank 0 tells --------------------------------------------------------------------
 */

static bool read_tally(struct dj_str text, size_t count, struct dj_op_tally *tally)
{
    struct dj_json *doc;
    struct dj_error err;
    bool good;

    if (dj_json_parse(text, "layer", &doc, &err) != DJ_OK) {
        return false;
    }
    good = dj_tally_read(dj_json_get(doc, "operators"), tally, count);
    dj_json_free(doc);
    return good;
}

static enum dj_status append(struct dj_exec *exec, const void *from, size_t size)
{
    return dj_buf_append(&exec->restores, (struct dj_str){ from, size });
}

/* A set helps when it tells of this stage: not of the one before, nor of later ones. */
static bool set_helps(const struct dj_exec *exec, const struct dj_ckpt_state *state)
{
    const int64_t begin = (int64_t)exec->stage->begin;

    return state->op_end > 0 && state->op_end >= begin &&
           state->op_end <= (int64_t)exec->stage->end;
}

static enum dj_status pack(struct dj_exec *exec, int64_t id)
{
    const struct dj_exec_root *root = exec->root;
    struct dj_ckpt_state set = { 0 };
    struct head head = { .partition = id, .base.bytes = 0 };
    const struct dj_verdict_extent *verdicts = NULL;
    struct dj_op_tally *tally = exec->tally;

    if (exec->ckpt != NULL) {
        dj_ckpt_state(exec->ckpt, id, &set);
    }
    if (set_helps(exec, &set) && set.info != NULL) {
        if (read_tally(dj_str_from(set.info), (size_t)set.op_end, tally)) {
            head.op_end = set.op_end;
            head.nrefs = (int64_t)set.nrefs;
        } else {
            dj_exec_warn(exec, "the set's note on partition %" PRId64 " is damaged", id);
        }
    }
    if (root->base != NULL) {
        head.base = root->base[id].state;
        head.base_digest = root->base[id].digest;
    }
    head.nverdicts = (int64_t)dj_verdicts_of(&root->verdicts, id, &verdicts);
    head.size = (int64_t)(sizeof(head) + (size_t)head.nrefs * sizeof(*set.refs) +
                          (size_t)head.nverdicts * sizeof(*verdicts) +
                          (size_t)head.op_end * sizeof(*tally));
    if (head.op_end == 0 && head.base.bytes == 0 && head.nverdicts == 0) {
        return DJ_OK;
    }
    DJ_TRY(append(exec, &head, sizeof(head)));
    DJ_TRY(append(exec, set.refs, (size_t)head.nrefs * sizeof(*set.refs)));
    DJ_TRY(append(exec, verdicts, (size_t)head.nverdicts * sizeof(*verdicts)));
    return append(exec, tally, (size_t)head.op_end * sizeof(*tally));
}

enum dj_status dj_state_wave(struct dj_exec *exec, const struct dj_partitions *wave,
                             struct dj_error *err)
{
    enum dj_status status = DJ_OK;

    dj_buf_reset(&exec->restores);
    exec->state.found = 0;
    if (exec->ckpt == NULL && !follows_stage(exec->stage)) {
        return DJ_OK;
    }
    if (exec->root != NULL) {
        for (size_t i = 0; i < wave->count && status == DJ_OK; i++) {
            status = pack(exec, wave->items[i].id);
        }
        if (status != DJ_OK) {
            (void)dj_fail(err, status, "out of memory for the states of a wave");
        }
    }
    DJ_TRY(dj_comm_agree(exec->comm, status, err));
    return dj_comm_broadcast(exec->comm, &exec->restores, err);
}

/* --- a rank reads ---------------------------------------------------------------------
 */

/* Partitions come about in order, so the next one is looked for behind the last. */
static bool find(struct dj_exec *exec, int64_t id, struct head *head, size_t *at)
{
    const size_t len = exec->restores.len;
    size_t looked = 0;

    *at = exec->state.found < len ? exec->state.found : 0;
    while (looked < len) {
        memcpy(head, exec->restores.ptr + *at, sizeof(*head));
        if (head->partition == id) {
            exec->state.found = *at;
            return true;
        }
        looked += (size_t)head->size;
        *at += (size_t)head->size;
        if (*at == len) {
            *at = 0;
        }
    }
    return false;
}

static void add_end(struct dj_state *state)
{
    if (state->count == state->cap) {
        state->cap = state->cap == 0 ? 8 : 2 * state->cap;
        state->ends = dj_xrealloc(state->ends, state->cap * sizeof(*state->ends));
    }
    state->ends[state->count++] = state->bytes.len;
}

/* Appends size bytes of a file. */
static enum dj_status read_piece(const char *path, int64_t offset, size_t size,
                                 struct dj_buf *out, struct dj_error *err)
{
    enum dj_status status;
    size_t got = 0;
    int fd;

    if (dj_buf_reserve(out, size + DJ_PADDING) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory", path);
    }
    DJ_TRY(dj_fs_open(path, O_RDONLY, &fd, err));
    status = dj_fs_pread(fd, out->ptr + out->len, size, offset, &got, path, err);
    (void)close(fd);
    DJ_TRY(status);
    if (got != size) {
        return dj_fail(err, DJ_DATA, "%s: ends early", path);
    }
    out->len += size;
    return DJ_OK;
}

static enum dj_status push_all(struct dj_state *state, struct dj_error *err)
{
    size_t begin = 0;

    dj_layers_reset(state->layers);
    for (size_t i = 0; i < state->count; i++) {
        DJ_TRY(dj_layers_push(
            state->layers,
            (struct dj_str){ state->bytes.ptr + begin, state->ends[i] - begin }, err));
        begin = state->ends[i];
    }
    return DJ_OK;
}

/* The layers of the newest set. */
static enum dj_status read_set(struct dj_exec *exec, const struct head *head, size_t at,
                               struct dj_error *err)
{
    struct dj_state *state = &exec->state;

    for (int64_t i = 0; i < head->nrefs; i++) {
        struct dj_ckpt_ref ref;

        memcpy(&ref, exec->restores.ptr + at + sizeof(*head) + (size_t)i * sizeof(ref),
               sizeof(ref));
        DJ_TRY(dj_ckpt_read(exec->ckpt, &ref, &state->bytes, err));
        add_end(state);
        state->live = ref.live;
    }
    if (dj_buf_reserve(&state->bytes, DJ_PADDING) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for layers");
    }
    DJ_TRY(push_all(state, err));
    memcpy(state->tally,
           exec->restores.ptr + at + (size_t)head->size -
               (size_t)head->op_end * sizeof(*state->tally),
           (size_t)head->op_end * sizeof(*state->tally));
    state->op_end = (size_t)head->op_end;
    state->from_set = true;
    return DJ_OK;
}

/* The layer of the stage before: a line of counts, and the layer. */
static enum dj_status read_base(struct dj_exec *exec, const struct head *head,
                                struct dj_error *err)
{
    struct dj_state *state = &exec->state;
    char *path = dj_segment_path(exec->base_dir, head->base.segment, DJ_RESULT_DATA);
    enum dj_status status =
        read_piece(path, head->base.offset, (size_t)head->base.bytes, &state->bytes, err);
    const char *line_end;
    size_t len = 0;

    if (status == DJ_OK && dj_hash64(dj_buf_str(&state->bytes)) != head->base_digest) {
        status = dj_fail(err, DJ_DATA,
                         "%s: damaged; delete the folder %s to do that "
                         "stage of the job again",
                         path, exec->base_dir);
    }
    line_end = status == DJ_OK ? memchr(state->bytes.ptr, '\n', state->bytes.len) : NULL;
    if (status == DJ_OK) {
        len = line_end == NULL ? 0 : (size_t)(line_end - state->bytes.ptr) + 1;
        if (!read_tally((struct dj_str){ state->bytes.ptr, len }, exec->stage->begin,
                        state->tally)) {
            status = dj_fail(err, DJ_DATA, "%s: a partition without its counts", path);
        }
    }
    dj_xfree(path);
    DJ_TRY(status);
    memmove(state->bytes.ptr, state->bytes.ptr + len, state->bytes.len - len);
    state->bytes.len -= len;
    add_end(state);
    DJ_TRY(push_all(state, err));
    state->op_end = exec->stage->begin;
    state->base_owed = true;
    return DJ_OK;
}

static enum dj_status read_verdicts(struct dj_exec *exec, const struct head *head,
                                    size_t at, struct dj_error *err)
{
    const char *from = exec->restores.ptr + at + sizeof(*head) +
                       (size_t)head->nrefs * sizeof(struct dj_ckpt_ref);

    for (int64_t i = 0; i < head->nverdicts; i++) {
        struct dj_buf *out = &exec->state.verdicts;
        const size_t before = out->len;
        struct dj_verdict_extent extent;
        enum dj_status status;
        char *path;

        memcpy(&extent, from + (size_t)i * sizeof(extent), sizeof(extent));
        path = dj_verdicts_path(exec->base_dir, extent.file);
        status = read_piece(path, extent.first * (int64_t)sizeof(struct dj_note),
                            (size_t)extent.count * sizeof(struct dj_note), out, err);
        if (status == DJ_OK &&
            dj_hash64((struct dj_str){ out->ptr + before, out->len - before }) !=
                extent.digest) {
            status = dj_fail(err, DJ_DATA,
                             "%s: damaged; delete it to do the exchange again", path);
        }
        dj_xfree(path);
        DJ_TRY(status);
    }
    return DJ_OK;
}

static void clear(struct dj_exec *exec)
{
    struct dj_state *state = &exec->state;

    state->op_end = exec->stage->source;
    state->live = 0;
    state->from_set = state->base_owed = state->pending = false;
    state->count = 0;
    dj_buf_reset(&state->bytes);
    dj_buf_reset(&state->verdicts);
    dj_layers_reset(state->layers);
    memset(state->tally, 0, exec->nops * sizeof(*state->tally));
}

enum dj_status dj_state_begin(struct dj_exec *exec, int64_t id, size_t *op_end,
                              struct dj_error *err)
{
    struct dj_state *state = &exec->state;
    struct head head;
    size_t at;

    clear(exec);
    *op_end = state->op_end;
    if (!find(exec, id, &head, &at)) {
        return DJ_OK;
    }
    if (head.op_end > 0 && read_set(exec, &head, at, err) != DJ_OK) {
        dj_state_damaged(exec, id, err);
        clear(exec);
    }
    if (!state->from_set && head.base.bytes > 0) {
        DJ_TRY(read_base(exec, &head, err));
    }
    if (follows_stage(exec->stage) && state->op_end == exec->stage->begin) {
        state->pending = true;
    }
    if (state->pending || exec->stage->ordered) {
        DJ_TRY(read_verdicts(exec, &head, at, err));
    }
    memcpy(exec->tally, state->tally, exec->nops * sizeof(*exec->tally));
    if (state->from_set) {
        dj_event_emit(exec->events, &(struct dj_event){ .type = DJ_EVENT_PARTITION_RESUME,
                                                        .partition_plus_1 = id + 1,
                                                        .op_index_plus_1 = head.op_end });
    }
    *op_end = state->op_end;
    return DJ_OK;
}

void dj_state_damaged(struct dj_exec *exec, int64_t id, const struct dj_error *why)
{
    struct head head;
    size_t at;

    dj_exec_warn(exec, "partition %" PRId64 " begins anew: %s", id, why->text);
    if (find(exec, id, &head, &at)) { /* the set's layers are not to be tried again */
        head.op_end = 0;
        memcpy(exec->restores.ptr + at, &head, sizeof(head));
    }
}

/* --- what a stage leaves ---------------------------------------------------------------
 */

enum dj_status dj_layers_in_one(const struct dj_buf *bytes, const size_t *ends,
                                size_t count, struct dj_str more, struct dj_buf *out,
                                struct dj_error *err)
{
    struct dj_str *list = dj_xcalloc(count + 1, sizeof(*list));
    enum dj_status status = DJ_OK;
    size_t begin = 0;
    size_t n = 0;

    for (; n < count; n++) {
        list[n] = (struct dj_str){ bytes->ptr + begin, ends[n] - begin };
        begin = ends[n];
    }
    if (more.len > 0) {
        list[n++] = more;
    }
    if (n > 1) {
        status = dj_layers_merge(list, n, out, err);
    } else if (n == 1 && dj_buf_append(out, list[0]) != DJ_OK) {
        status = dj_fail(err, DJ_NOMEM, "out of memory for layers");
    }
    dj_xfree(list);
    return status;
}

enum dj_status dj_state_merge(struct dj_exec *exec, struct dj_str more,
                              struct dj_buf *out, struct dj_error *err)
{
    const struct dj_state *state = &exec->state;

    return dj_layers_in_one(&state->bytes, state->ends, state->count, more, out, err);
}

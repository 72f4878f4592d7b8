/*
 * The export of samples that a selector has put in another order: the places of all
 * lines meet in order, each rank copies the lines of its stretch, and what comes before
 * is the sum of the ranks before. Memory: a record of 32 bytes a line, on scratch space
 * when there are many.
 */
#include "dj/exchange.h"
#include "dj/fs.h"
#include "exec/exec_private.h"

#include <fcntl.h>
#include <unistd.h>

enum { GATHER_BYTES = 4 << 20, READ_PLACES = 4096 };

/* What a rank is given of a partition. */
struct share {
    struct dj_extent places, data, stats;
};

/* Lines of one stream on their way: place, segment, offset, length. */
static struct dj_note line_at(uint64_t place, int64_t segment, int64_t offset,
                              uint32_t len)
{
    return (struct dj_note){
        .hi = place, .lo = (uint64_t)segment, .value = (uint64_t)offset, .row = len
    };
}

/* --- what there is --------------------------------------------------------------------
 */

static enum dj_status share_out(const struct dj_exec *exec, struct dj_buf *all,
                                size_t *sizes)
{
    const size_t count = exec->root->partitions.count;
    const size_t nranks = (size_t)exec->size;

    for (size_t i = 0; i < count; i++) {
        const struct dj_part_done *done = &exec->root->done[i];
        const struct share share = { done->extents[DJ_RESULT_PLACES],
                                     done->extents[DJ_RESULT_DATA],
                                     done->extents[DJ_RESULT_STATS] };

        if (done->state == DJ_PART_DONE && share.places.bytes > 0) {
            DJ_TRY(dj_buf_append(all,
                                 (struct dj_str){ (const char *)&share, sizeof(share) }));
            sizes[i * nranks / count] += sizeof(share);
        }
    }
    return DJ_OK;
}

/* One partition's lines of a stream into the exchange. */
static enum dj_status add_lines(struct dj_exec *exec, const struct share *share,
                                enum dj_stream_kind kind, struct dj_exchange *into,
                                struct dj_error *err)
{
    const bool data = kind == DJ_RESULT_DATA;
    const struct dj_extent *from = data ? &share->data : &share->stats;
    char *path =
        dj_segment_path(exec->stage_dir, share->places.segment, DJ_RESULT_PLACES);
    struct dj_row_place *places = dj_xcalloc(READ_PLACES, sizeof(*places));
    int64_t begin = from->offset;
    int64_t end = from->offset;
    int64_t at = 0;
    enum dj_status status;
    int fd = -1;

    status = dj_fs_open(path, O_RDONLY, &fd, err);
    while (status == DJ_OK && at < share->places.bytes) {
        const int64_t left = share->places.bytes - at;
        const int64_t most = (int64_t)(READ_PLACES * sizeof(*places));
        size_t got = 0;

        status = dj_fs_pread(fd, places, (size_t)(left < most ? left : most),
                             share->places.offset + at, &got, path, err);
        if (status == DJ_OK && (got == 0 || got % sizeof(*places) != 0)) {
            status = dj_fail(err, DJ_DATA, "%s: ends early", path);
        }
        for (size_t i = 0; i < got / sizeof(*places) && status == DJ_OK; i++) {
            const uint32_t len = data ? places[i].data_len : places[i].stats_len;
            struct dj_note line;

            if (places[i].data_len > 0) { /* not the same line once more */
                begin = end;
                end += len;
            }
            line =
                line_at(places[i].place, from->segment, begin, (uint32_t)(end - begin));
            status = dj_exchange_add(into, &line, err);
        }
        at += (int64_t)got;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    dj_xfree(places);
    dj_xfree(path);
    return status;
}

static enum dj_status add_all(struct dj_exec *exec, struct dj_str shares,
                              enum dj_stream_kind kind, struct dj_exchange *into,
                              struct dj_error *err)
{
    for (size_t at = 0; at < shares.len; at += sizeof(struct share)) {
        struct share share;

        memcpy(&share, shares.ptr + at, sizeof(share));
        DJ_TRY(add_lines(exec, &share, kind, into, err));
    }
    return DJ_OK;
}

/* --- copying
 * ---------------------------------------------------------------------------- */

struct copier {
    const struct dj_exec *exec;
    enum dj_stream_kind kind;
    const char *path; /* of the target */
    int fd;
    int64_t offset; /* of bytes in the target */
    struct dj_buf bytes;
    int64_t segment; /* that is open for reading; -1: none */
    char *from_path;
    int from;
};

static enum dj_status write_out(struct copier *copier, struct dj_error *err)
{
    DJ_TRY(dj_fs_pwrite(copier->fd, dj_buf_str(&copier->bytes), copier->offset,
                        copier->path, err));
    copier->offset += dj_i64_from_size(copier->bytes.len);
    dj_buf_reset(&copier->bytes);
    return DJ_OK;
}

static enum dj_status copy_line(struct copier *copier, const struct dj_note *line,
                                struct dj_error *err)
{
    const size_t len = (size_t)line->row;
    size_t got = 0;

    if (copier->segment != (int64_t)line->lo) {
        if (copier->from >= 0) {
            (void)close(copier->from);
        }
        dj_xfree(copier->from_path);
        copier->from = -1;
        copier->segment = (int64_t)line->lo;
        copier->from_path =
            dj_segment_path(copier->exec->stage_dir, copier->segment, copier->kind);
        DJ_TRY(dj_fs_open(copier->from_path, O_RDONLY, &copier->from, err));
    }
    if (dj_buf_reserve(&copier->bytes, len) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for the export");
    }
    DJ_TRY(dj_fs_pread(copier->from, copier->bytes.ptr + copier->bytes.len, len,
                       (int64_t)line->value, &got, copier->from_path, err));
    if (got != len) {
        return dj_fail(err, DJ_DATA, "%s: ends early", copier->from_path);
    }
    copier->bytes.len += len;
    return copier->bytes.len >= GATHER_BYTES ? write_out(copier, err) : DJ_OK;
}

/* lines: met in order, read twice would be needed for their sum, so lens has it. */
static enum dj_status copy_lines(struct dj_exec *exec, struct dj_exchange *lines,
                                 enum dj_stream_kind kind, const char *path,
                                 int64_t offset, struct dj_error *err)
{
    struct copier copier = { .exec = exec,
                             .kind = kind,
                             .path = path,
                             .offset = offset,
                             .segment = -1,
                             .from = -1 };
    enum dj_status status;
    struct dj_note line;
    bool more = true;

    dj_buf_init(&copier.bytes);
    status = dj_fs_open(path, O_WRONLY, &copier.fd, err);
    while (status == DJ_OK) {
        status = dj_exchange_next(lines, &line, &more, err);
        if (status != DJ_OK || !more) {
            break;
        }
        status = copy_line(&copier, &line, err);
    }
    if (status == DJ_OK) {
        status = write_out(&copier, err);
    }
    if (status == DJ_OK) {
        status = dj_fs_sync_fd(copier.fd, path, err);
    }
    if (copier.fd >= 0) {
        (void)close(copier.fd);
    }
    if (copier.from >= 0) {
        (void)close(copier.from);
    }
    dj_xfree(copier.from_path);
    dj_buf_release(&copier.bytes);
    return status;
}

/* --- one stream
 * ------------------------------------------------------------------------- */

static struct dj_exchange *new_exchange(const struct dj_exec *exec, const char *name)
{
    return dj_exchange_new(&(struct dj_exchange_options){
        .comm = exec->comm,
        .folder = exec->scratch_dir,
        .name = name,
        .memory = exec->config->global_ops.memory_mb << 20,
    });
}

/* Bytes on the ranks before this one, and of all. */
static int64_t bytes_before(struct dj_exec *exec, int64_t mine, int64_t *total)
{
    int64_t *all = dj_xcalloc((size_t)exec->size, sizeof(*all));
    int64_t sum = 0;

    all[exec->rank] = mine;
    dj_comm_sum(exec->comm, all, (size_t)exec->size);
    *total = 0;
    for (int rank = 0; rank < exec->size; rank++) {
        sum += rank < exec->rank ? all[rank] : 0;
        *total += all[rank];
    }
    dj_xfree(all);
    return sum;
}

/*
 * Lengths first, in an exchange of their own whose order is the same: an exchange is
 * read once, and where a rank's stretch begins is needed before its first line.
 */
static enum dj_status put_in_order(struct dj_exec *exec, struct dj_str shares,
                                   struct dj_export_target *target, struct dj_error *err)
{
    const enum dj_stream_kind kind = (enum dj_stream_kind)target->kind;
    struct dj_exchange *lengths = new_exchange(exec, "order_lengths");
    struct dj_exchange *lines = new_exchange(exec, "order_lines");
    enum dj_status status;
    int64_t mine = 0;
    struct dj_note line;
    bool more = true;

    status = add_all(exec, shares, kind, lengths, err);
    if (status == DJ_OK) {
        status = add_all(exec, shares, kind, lines, err);
    }
    status = dj_comm_agree(exec->comm, status, err);
    if (status == DJ_OK) {
        status = dj_exchange_meet(lengths, DJ_MEET_IN_ORDER, err);
    }
    if (status == DJ_OK) {
        status = dj_exchange_meet(lines, DJ_MEET_IN_ORDER, err);
    }
    if (status == DJ_OK) {
        while (status == DJ_OK && more) {
            status = dj_exchange_next(lengths, &line, &more, err);
            mine += status == DJ_OK && more ? (int64_t)line.row : 0;
        }
        status = dj_comm_agree(exec->comm, status, err);
    }
    if (status == DJ_OK) {
        const int64_t before = bytes_before(exec, mine, &target->bytes);

        status = copy_lines(exec, lines, kind, target->temporary, before, err);
        status = dj_comm_agree(exec->comm, status, err);
    }
    dj_exchange_free(lengths);
    dj_exchange_free(lines);
    return status;
}

enum dj_status dj_exec_order(struct dj_exec *exec, struct dj_export_targets *targets,
                             struct dj_error *err)
{
    size_t *sizes = dj_xcalloc((size_t)exec->size, sizeof(*sizes));
    enum dj_status status = DJ_OK;
    struct dj_buf all, mine;

    dj_buf_init(&all);
    dj_buf_init(&mine);
    if (exec->root != NULL && share_out(exec, &all, sizes) != DJ_OK) {
        status = dj_fail(err, DJ_NOMEM, "out of memory for the export");
    }
    status = dj_comm_agree(exec->comm, status, err);
    if (status == DJ_OK) {
        status = dj_comm_scatter(exec->comm, dj_buf_str(&all), sizes, &mine, err);
    }
    for (size_t i = 0; i < targets->count && status == DJ_OK; i++) {
        struct dj_export_target *target = &targets->items[i];

        if (target->kind == DJ_RESULT_DATA || target->kind == DJ_RESULT_STATS) {
            status = put_in_order(exec, dj_buf_str(&mine), target, err);
        }
    }
    dj_buf_release(&mine);
    dj_buf_release(&all);
    dj_xfree(sizes);
    return status;
}

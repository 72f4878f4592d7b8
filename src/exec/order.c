/*
 * Samples in another order than the dataset's: the places of all lines meet in order,
 * each rank copies the lines of its stretch, and what comes before is the sum of the
 * ranks before. Memory: a record of 32 bytes a line, on scratch space when there are
 * many.
 */
#include "exec/order.h"

#include "dj/fs.h"

#include <fcntl.h>
#include <unistd.h>

enum { GATHER_BYTES = 4 << 20, READ_PLACES = 4096 };

/* What a rank is given of a partition. */
struct share {
    int64_t partition;
    struct dj_extent places, data, stats;
};

static struct dj_note line_at(uint64_t place, uint64_t row, int64_t segment,
                              int64_t offset, uint32_t len)
{
    return (struct dj_note){ .hi = place,
                             .lo = row,
                             .value = (uint64_t)offset,
                             .row = (uint64_t)segment << 32 | len };
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
        const struct share share = { (int64_t)i, done->extents[DJ_RESULT_PLACES],
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

enum dj_status dj_order_share(struct dj_exec *exec, struct dj_order_shares *shares,
                              struct dj_error *err)
{
    size_t *sizes = dj_xcalloc((size_t)exec->size, sizeof(*sizes));
    enum dj_status status = DJ_OK;
    struct dj_buf all;

    dj_buf_init(&shares->bytes);
    dj_buf_init(&all);
    if (exec->root != NULL && share_out(exec, &all, sizes) != DJ_OK) {
        status = dj_fail(err, DJ_NOMEM, "out of memory for the order of samples");
    }
    status = dj_comm_agree(exec->comm, status, err);
    if (status == DJ_OK) {
        status =
            dj_comm_scatter(exec->comm, dj_buf_str(&all), sizes, &shares->bytes, err);
    }
    dj_buf_release(&all);
    dj_xfree(sizes);
    return status;
}

void dj_order_shares_release(struct dj_order_shares *shares)
{
    dj_buf_release(&shares->bytes);
}

/* --- their places ---------------------------------------------------------------------
 */

/* A walk through a partition's places and its lines of one stream. */
struct walk {
    const struct share *share;
    bool data;
    int64_t begin, end; /* of the line in its segment */
    uint32_t index;     /* of the place */
};

static enum dj_status add_line(struct walk *walk, const struct dj_row_place *place,
                               struct dj_exchange *into, struct dj_error *err)
{
    const struct dj_extent *from = walk->data ? &walk->share->data : &walk->share->stats;
    struct dj_note line;

    if (place->data_len > 0 || place->stats_len > 0) { /* not the same line once more */
        walk->begin = walk->end;
        walk->end += walk->data ? place->data_len : place->stats_len;
    }
    if (from->segment > UINT32_MAX) {
        return dj_fail(err, DJ_UNSUPPORTED, "the job has had too many runs");
    }
    line = line_at(place->place, dj_row_id(walk->share->partition, walk->index++),
                   from->segment, walk->begin, (uint32_t)(walk->end - walk->begin));
    return walk->end > walk->begin ? dj_exchange_add(into, &line, err) : DJ_OK;
}

/* One partition's lines of a stream into the exchange. */
static enum dj_status add_lines(struct dj_exec *exec, const struct share *share,
                                enum dj_stream_kind kind, struct dj_exchange *into,
                                struct dj_error *err)
{
    const bool data = kind == DJ_RESULT_DATA;
    const int64_t offset = data ? share->data.offset : share->stats.offset;
    struct walk walk = { share, data, offset, offset, 0 };
    char *path =
        dj_segment_path(exec->stage_dir, share->places.segment, DJ_RESULT_PLACES);
    struct dj_row_place *places = dj_xcalloc(READ_PLACES, sizeof(*places));
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
            status = add_line(&walk, &places[i], into, err);
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

static enum dj_status add_all(struct dj_exec *exec, const struct dj_order_shares *shares,
                              enum dj_stream_kind kind, struct dj_exchange *into,
                              struct dj_error *err)
{
    for (size_t at = 0; at < shares->bytes.len; at += sizeof(struct share)) {
        struct share share;

        memcpy(&share, shares->bytes.ptr + at, sizeof(share));
        DJ_TRY(add_lines(exec, &share, kind, into, err));
    }
    return DJ_OK;
}

enum dj_status dj_order_meet(struct dj_exec *exec, const struct dj_order_shares *shares,
                             enum dj_stream_kind kind, const char *name,
                             struct dj_exchange **lines, struct dj_error *err)
{
    enum dj_status status;

    *lines = dj_exchange_new(&(struct dj_exchange_options){
        .comm = exec->comm,
        .folder = exec->scratch_dir,
        .name = name,
        .memory = exec->config->global_ops.memory_mb << 20,
    });
    status = add_all(exec, shares, kind, *lines, err);
    DJ_TRY(dj_comm_agree(exec->comm, status, err));
    return dj_exchange_meet(*lines, DJ_MEET_IN_ORDER, err);
}

/* --- reading
 * ----------------------------------------------------------------------------
 */

void dj_order_reader_init(struct dj_order_reader *reader, const struct dj_exec *exec,
                          enum dj_stream_kind kind)
{
    *reader =
        (struct dj_order_reader){ .exec = exec, .kind = kind, .segment = -1, .fd = -1 };
}

void dj_order_reader_release(struct dj_order_reader *reader)
{
    if (reader->fd >= 0) {
        (void)close(reader->fd);
    }
    dj_xfree(reader->path);
    reader->fd = -1;
    reader->path = NULL;
}

enum dj_status dj_order_read(struct dj_order_reader *reader, const struct dj_note *line,
                             struct dj_buf *out, struct dj_error *err)
{
    const int64_t segment = (int64_t)(line->row >> 32);
    const size_t len = dj_order_len(line);
    size_t got = 0;

    if (reader->segment != segment) {
        dj_order_reader_release(reader);
        reader->segment = segment;
        reader->path = dj_segment_path(reader->exec->stage_dir, segment, reader->kind);
        DJ_TRY(dj_fs_open(reader->path, O_RDONLY, &reader->fd, err));
    }
    if (dj_buf_reserve(out, len) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for samples");
    }
    DJ_TRY(dj_fs_pread(reader->fd, out->ptr + out->len, len, (int64_t)line->value, &got,
                       reader->path, err));
    if (got != len) {
        return dj_fail(err, DJ_DATA, "%s: ends early", reader->path);
    }
    out->len += len;
    return DJ_OK;
}

/* --- copying
 * ---------------------------------------------------------------------------- */

struct copier {
    struct dj_order_reader reader;
    const char *path; /* of the target */
    int fd;
    int64_t offset; /* of bytes in the target */
    struct dj_buf bytes;
};

static enum dj_status write_out(struct copier *copier, struct dj_error *err)
{
    DJ_TRY(dj_fs_pwrite(copier->fd, dj_buf_str(&copier->bytes), copier->offset,
                        copier->path, err));
    copier->offset += dj_i64_from_size(copier->bytes.len);
    dj_buf_reset(&copier->bytes);
    return DJ_OK;
}

static enum dj_status copy_all(struct copier *copier, struct dj_exchange *lines,
                               struct dj_error *err)
{
    struct dj_note line;
    bool more = true;

    for (;;) {
        DJ_TRY(dj_exchange_next(lines, &line, &more, err));
        if (!more) {
            break;
        }
        DJ_TRY(dj_order_read(&copier->reader, &line, &copier->bytes, err));
        if (copier->bytes.len >= GATHER_BYTES) {
            DJ_TRY(write_out(copier, err));
        }
    }
    DJ_TRY(write_out(copier, err));
    return dj_fs_sync_fd(copier->fd, copier->path, err);
}

static enum dj_status copy_lines(struct dj_exec *exec, struct dj_exchange *lines,
                                 const struct dj_export_target *target, int64_t offset,
                                 struct dj_error *err)
{
    struct copier copier = { .path = target->temporary, .offset = offset };
    enum dj_status status;

    dj_order_reader_init(&copier.reader, exec, (enum dj_stream_kind)target->kind);
    dj_buf_init(&copier.bytes);
    status = dj_fs_open(copier.path, O_WRONLY, &copier.fd, err);
    if (status == DJ_OK) {
        status = copy_all(&copier, lines, err);
        (void)close(copier.fd);
    }
    dj_order_reader_release(&copier.reader);
    dj_buf_release(&copier.bytes);
    return status;
}

int64_t dj_order_before(struct dj_exec *exec, int64_t mine, int64_t *total)
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

static enum dj_status sum_lengths(struct dj_exchange *lines, int64_t *sum,
                                  struct dj_error *err)
{
    struct dj_note line;
    bool more = true;

    *sum = 0;
    for (;;) {
        DJ_TRY(dj_exchange_next(lines, &line, &more, err));
        if (!more) {
            return DJ_OK;
        }
        *sum += (int64_t)dj_order_len(&line);
    }
}

/*
 * Lengths first, in an exchange of their own whose order is the same: an exchange is
 * read once, and where a rank's stretch begins is needed before its first line.
 */
enum dj_status dj_order_copy(struct dj_exec *exec, const struct dj_order_shares *shares,
                             struct dj_export_target *target, struct dj_error *err)
{
    const enum dj_stream_kind kind = (enum dj_stream_kind)target->kind;
    struct dj_exchange *lines = NULL;
    enum dj_status status;
    int64_t mine = 0;

    status = dj_order_meet(exec, shares, kind, "order_lengths", &lines, err);
    if (status == DJ_OK) {
        status = dj_comm_agree(exec->comm, sum_lengths(lines, &mine, err), err);
    }
    dj_exchange_free(lines);
    DJ_TRY(status);
    status = dj_order_meet(exec, shares, kind, "order_lines", &lines, err);
    if (status == DJ_OK) {
        const int64_t before = dj_order_before(exec, mine, &target->bytes);

        status = copy_lines(exec, lines, target, before, err);
        status = dj_comm_agree(exec->comm, status, err);
    }
    dj_exchange_free(lines);
    return status;
}

enum dj_status dj_exec_order(struct dj_exec *exec, struct dj_export_targets *targets,
                             struct dj_error *err)
{
    struct dj_order_shares shares;
    enum dj_status status = dj_order_share(exec, &shares, err);

    for (size_t i = 0; i < targets->count && status == DJ_OK; i++) {
        struct dj_export_target *target = &targets->items[i];

        if (target->kind == DJ_RESULT_DATA || target->kind == DJ_RESULT_STATS) {
            status = dj_order_copy(exec, &shares, target, err);
        }
    }
    dj_order_shares_release(&shares);
    return status;
}

/*
 * Groups: lines with the same place become one line of lists. They meet in order, so a
 * rank joins one group after the other and has the lines of one in memory. The lines of
 * a group that began on an earlier rank go to a file, and the rank where it began takes
 * them from there.
 */
#include "dj/exchange.h"
#include "dj/fs.h"
#include "dj/group.h"
#include "exec/order.h"

#include <fcntl.h>
#include <unistd.h>

enum { GATHER_BYTES = 4 << 20 };
/* A group is a sample, which a rank has in memory several times over. */
static const size_t most_bytes = (size_t)1 << 30;

/* Which groups a rank has. */
struct borders {
    int64_t *any; /* [ranks] */
    int64_t *first, *last;
};

/* A file that grows. */
struct out {
    char *path;
    int fd;
    int64_t bytes; /* in the file */
    struct dj_buf buf;
};

struct join {
    struct dj_exec *exec;
    struct borders borders;
    struct dj_order_reader reader;
    struct dj_buf lines; /* of the group in work */
    struct dj_buf spans; /* struct dj_str, while it is joined */
    bool open;           /* there is one */
    uint64_t group;
    struct out joined, border;
};

/* --- files ----------------------------------------------------------------------------
 */

static char *path_of(const struct dj_exec *exec, const char *name, int rank)
{
    return dj_xprintf("%s/%s_r%05d.tmp", exec->stage_dir, name, rank);
}

static void out_init(struct out *out, const struct dj_exec *exec, const char *name)
{
    *out = (struct out){ .path = path_of(exec, name, exec->rank), .fd = -1 };
    dj_buf_init(&out->buf);
}

static enum dj_status out_write(struct out *out, size_t least, struct dj_error *err)
{
    if (out->buf.len <= least) {
        return DJ_OK;
    }
    if (out->fd < 0) {
        DJ_TRY(dj_fs_open(out->path, O_RDWR | O_CREAT | O_TRUNC, &out->fd, err));
    }
    DJ_TRY(dj_fs_write(out->fd, dj_buf_str(&out->buf), out->path, err));
    out->bytes += dj_i64_from_size(out->buf.len);
    dj_buf_reset(&out->buf);
    if (out->buf.cap > GATHER_BYTES * (size_t)4) {
        dj_buf_release(&out->buf); /* a large group has passed */
    }
    return DJ_OK;
}

static void out_release(struct out *out)
{
    struct dj_error ignored;

    if (out->fd >= 0) {
        (void)close(out->fd);
        (void)(dj_fs_remove(out->path, &ignored) == DJ_OK);
    }
    dj_buf_release(&out->buf);
    dj_xfree(out->path);
}

/* --- borders -------------------------------------------------------------------------
 */

/* Collective. One pass through the lines: the first and the last group of each rank. */
static enum dj_status find_borders(struct dj_exec *exec, struct dj_exchange *lines,
                                   struct borders *borders, struct dj_error *err)
{
    const size_t size = (size_t)exec->size;
    const size_t me = (size_t)exec->rank;
    enum dj_status status = DJ_OK;
    struct dj_note line;
    bool more = true;

    borders->any = dj_xcalloc(3 * size, sizeof(int64_t));
    borders->first = borders->any + size;
    borders->last = borders->first + size;
    while (status == DJ_OK && more) {
        status = dj_exchange_next(lines, &line, &more, err);
        if (status == DJ_OK && more) {
            borders->first[me] =
                borders->any[me] == 0 ? (int64_t)line.hi : borders->first[me];
            borders->last[me] = (int64_t)line.hi;
            borders->any[me] = 1;
        }
    }
    dj_comm_sum(exec->comm, borders->any, 3 * size);
    return dj_comm_agree(exec->comm, status, err);
}

/* The first group of this rank began on an earlier one. */
static bool begins_before(const struct join *join)
{
    const struct borders *b = &join->borders;
    const int me = join->exec->rank;
    int rank = me - 1;

    while (rank >= 0 && b->any[rank] == 0) {
        rank--;
    }
    return b->any[me] != 0 && rank >= 0 && b->last[rank] == b->first[me];
}

/* --- groups --------------------------------------------------------------------------
 */

static enum dj_status check_size(const struct join *join, size_t more,
                                 struct dj_error *err)
{
    const struct dj_exec *exec = join->exec;

    if (join->lines.len + more <= most_bytes) {
        return DJ_OK;
    }
    return dj_fail(
        err, DJ_DATA,
        "%s: a group has more than 1 GiB of samples, and it becomes one sample, "
        "which must fit in memory: group by values that fewer samples share, "
        "or drop samples or fields before",
        exec->config->recipe.ops[exec->stage->maker].op->name);
}

/* The lines of the group, each without its end, into spans. */
static enum dj_status find_spans(struct join *join)
{
    const char *p = join->lines.ptr;
    const char *end = p + join->lines.len;

    dj_buf_reset(&join->spans);
    while (p < end) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        const struct dj_str line = { p, (size_t)(stop - p) };

        DJ_TRY(dj_buf_append(&join->spans,
                             (struct dj_str){ (const char *)&line, sizeof(line) }));
        p = stop + 1;
    }
    return DJ_OK;
}

static enum dj_status end_group(struct join *join, struct dj_error *err)
{
    enum dj_status status;

    if (!join->open) {
        return DJ_OK;
    }
    join->open = false;
    status = find_spans(join);
    if (status == DJ_OK) {
        status =
            dj_group_join((const void *)join->spans.ptr,
                          join->spans.len / sizeof(struct dj_str), &join->joined.buf);
    }
    if (status != DJ_OK) {
        return dj_fail(err, status, "out of memory for a group of samples");
    }
    dj_buf_reset(&join->lines);
    return out_write(&join->joined, GATHER_BYTES, err);
}

static enum dj_status take_line(struct join *join, const struct dj_note *line,
                                bool elsewhere, struct dj_error *err)
{
    if (elsewhere) {
        DJ_TRY(dj_order_read(&join->reader, line, &join->border.buf, err));
        return out_write(&join->border, GATHER_BYTES, err);
    }
    if (join->open && join->group != line->hi) {
        DJ_TRY(end_group(join, err));
    }
    join->open = true;
    join->group = line->hi;
    DJ_TRY(check_size(join, dj_order_len(line), err));
    return dj_order_read(&join->reader, line, &join->lines, err);
}

static enum dj_status take_lines(struct join *join, struct dj_exchange *lines,
                                 struct dj_error *err)
{
    const bool before = begins_before(join);
    const uint64_t first = (uint64_t)join->borders.first[join->exec->rank];
    struct dj_note line;
    bool more = true;

    for (;;) {
        DJ_TRY(dj_exchange_next(lines, &line, &more, err));
        if (!more) {
            return out_write(&join->border, 0, err);
        }
        DJ_TRY(take_line(join, &line, before && line.hi == first, err));
    }
}

/* What later ranks have of the last group. */
static enum dj_status take_border(struct join *join, int rank, struct dj_error *err)
{
    char *path = path_of(join->exec, "border", rank);
    enum dj_status status;
    struct dj_buf bytes;

    dj_buf_init(&bytes);
    status = dj_fs_read(path, &bytes, err);
    if (status == DJ_OK) {
        status = check_size(join, bytes.len, err);
    }
    if (status == DJ_OK && dj_buf_append(&join->lines, dj_buf_str(&bytes)) != DJ_OK) {
        status = dj_fail(err, DJ_NOMEM, "out of memory for a group of samples");
    }
    dj_buf_release(&bytes);
    dj_xfree(path);
    return status;
}

static enum dj_status finish(struct join *join, struct dj_error *err)
{
    const struct borders *b = &join->borders;
    bool goes_on = join->open;

    for (int rank = join->exec->rank + 1; rank < join->exec->size && goes_on; rank++) {
        if (b->any[rank] == 0) {
            continue;
        }
        if ((uint64_t)b->first[rank] == join->group) {
            DJ_TRY(take_border(join, rank, err));
        }
        goes_on = (uint64_t)b->last[rank] == join->group;
    }
    DJ_TRY(end_group(join, err));
    return out_write(&join->joined, 0, err);
}

/* --- all of it -----------------------------------------------------------------------
 */

static enum dj_status put(struct join *join, const struct dj_export_target *target,
                          int64_t offset, struct dj_error *err)
{
    enum dj_status status;
    int fd;

    if (join->joined.bytes == 0) {
        return DJ_OK;
    }
    DJ_TRY(dj_fs_open(target->temporary, O_WRONLY, &fd, err));
    status = dj_fs_copy_range(join->joined.fd, 0, fd, offset, join->joined.bytes,
                              target->temporary, err);
    if (status == DJ_OK) {
        status = dj_fs_sync_fd(fd, target->temporary, err);
    }
    (void)close(fd);
    return status;
}

static enum dj_status join_all(struct join *join, const struct dj_order_shares *shares,
                               struct dj_export_target *target, struct dj_error *err)
{
    struct dj_exec *exec = join->exec;
    struct dj_exchange *lines = NULL;
    enum dj_status status;
    int64_t before;

    status = dj_order_meet(exec, shares, DJ_RESULT_DATA, "group_borders", &lines, err);
    if (status == DJ_OK) {
        status = find_borders(exec, lines, &join->borders, err);
    }
    dj_exchange_free(lines);
    DJ_TRY(status);
    status = dj_order_meet(exec, shares, DJ_RESULT_DATA, "group_lines", &lines, err);
    if (status == DJ_OK) {
        status = dj_comm_agree(exec->comm, take_lines(join, lines, err), err);
    }
    dj_exchange_free(lines);
    DJ_TRY(status);
    DJ_TRY(dj_comm_agree(exec->comm, finish(join, err), err));
    before = dj_order_before(exec, join->joined.bytes, &target->bytes);
    return dj_comm_agree(exec->comm, put(join, target, before, err), err);
}

enum dj_status dj_join_copy(struct dj_exec *exec, const struct dj_order_shares *shares,
                            struct dj_export_target *target, struct dj_error *err)
{
    struct join join = { .exec = exec };
    enum dj_status status;

    dj_order_reader_init(&join.reader, exec, DJ_RESULT_DATA);
    dj_buf_init(&join.lines);
    dj_buf_init(&join.spans);
    out_init(&join.joined, exec, "joined");
    out_init(&join.border, exec, "border");
    status = join_all(&join, shares, target, err);
    out_release(&join.border);
    out_release(&join.joined);
    dj_buf_release(&join.spans);
    dj_buf_release(&join.lines);
    dj_order_reader_release(&join.reader);
    dj_xfree(join.borders.any);
    return status;
}

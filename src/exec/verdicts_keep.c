/* Verdicts that have met in the order of their rows: to a file a rank, and a record. */
#include "dj/exchange.h"
#include "dj/fs.h"
#include "dj/hash.h"
#include "exec/exec_private.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Verdicts travel to where their rows are in order: the row comes first. Fields are
 * turned round, and turned back when they have arrived.
 */
struct dj_note dj_verdict_turned(const struct dj_note *note)
{
    return (struct dj_note){
        .hi = note->row, .lo = note->hi, .value = note->lo, .row = note->value
    };
}

static struct dj_note turned_back(const struct dj_note *note)
{
    return (struct dj_note){
        .row = note->hi, .hi = note->lo, .lo = note->value, .value = note->row
    };
}

struct writer {
    const char *path;
    int fd;
    int64_t rank;
    struct dj_buf bytes; /* of the partition in work */
    int64_t first;       /* its first note in the file */
    int64_t partition;   /* -1: none yet */
    struct dj_buf extents;
};

static enum dj_status end_partition(struct writer *writer, struct dj_error *err)
{
    const int64_t count = (int64_t)(writer->bytes.len / sizeof(struct dj_note));
    struct dj_verdict_extent extent = {
        .partition = writer->partition,
        .file = writer->rank,
        .first = writer->first,
        .count = count,
        .digest = dj_hash64(dj_buf_str(&writer->bytes)),
    };

    if (count == 0) {
        return DJ_OK;
    }
    DJ_TRY(dj_fs_write(writer->fd, dj_buf_str(&writer->bytes), writer->path, err));
    writer->first += count;
    dj_buf_reset(&writer->bytes);
    if (dj_buf_append(&writer->extents, (struct dj_str){ (const char *)&extent,
                                                         sizeof(extent) }) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for the list of verdicts");
    }
    return DJ_OK;
}

static enum dj_status write_all(struct writer *writer, struct dj_exchange *verdicts,
                                struct dj_error *err)
{
    struct dj_note by_row;
    bool more = true;

    for (;;) {
        struct dj_note note;

        DJ_TRY(dj_exchange_next(verdicts, &by_row, &more, err));
        if (!more) {
            return end_partition(writer, err);
        }
        note = turned_back(&by_row);
        if (dj_row_partition(note.row) != writer->partition) {
            DJ_TRY(end_partition(writer, err));
            writer->partition = dj_row_partition(note.row);
        }
        if (dj_buf_append(&writer->bytes, (struct dj_str){ (const char *)&note,
                                                           sizeof(note) }) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "out of memory for verdicts");
        }
    }
}

/* This rank's file; its extents in extents. */
static enum dj_status write_file(struct dj_exec *exec, struct dj_exchange *verdicts,
                                 struct dj_buf *extents, struct dj_error *err)
{
    char *path = dj_verdicts_path(exec->stage_dir, exec->rank);
    char *temporary = dj_xprintf("%s.tmp", path);
    struct writer writer = { .path = temporary, .rank = exec->rank, .partition = -1 };
    enum dj_status status;

    dj_buf_init(&writer.bytes);
    dj_buf_init(&writer.extents);
    status = dj_fs_open(temporary, O_WRONLY | O_CREAT | O_TRUNC, &writer.fd, err);
    if (status == DJ_OK) {
        status = write_all(&writer, verdicts, err);
        (void)close(writer.fd);
    }
    if (status == DJ_OK) {
        status = dj_fs_publish(temporary, path, err);
    }
    dj_buf_release(&writer.bytes);
    *extents = writer.extents;
    dj_xfree(temporary);
    dj_xfree(path);
    return status;
}

static int by_place(const void *a, const void *b)
{
    const struct dj_verdict_extent *x = a;
    const struct dj_verdict_extent *y = b;

    if (x->partition != y->partition) {
        return (x->partition > y->partition) - (x->partition < y->partition);
    }
    return (x->file > y->file) - (x->file < y->file);
}

uint64_t dj_exec_ops_hash(const struct dj_exec *exec, size_t end)
{
    uint64_t hash = end;

    for (size_t i = 0; i < end; i++) {
        const uint64_t parts[2] = { hash, exec->config->recipe.ops[i].hash ^
                                              dj_chain_data(exec->chain)[i] };

        hash = dj_hash64((struct dj_str){ (const char *)parts, sizeof(parts) });
    }
    return hash;
}

static enum dj_status record(struct dj_exec *exec, struct dj_str extents,
                             struct dj_error *err)
{
    struct dj_verdict_list *verdicts = &exec->root->verdicts;
    const struct dj_verdicts_head head = {
        .map_digest = exec->map_digest,
        .ops_hash = dj_exec_ops_hash(exec, exec->stage->end),
    };

    dj_verdicts_release(verdicts);
    verdicts->count = extents.len / sizeof(*verdicts->items);
    verdicts->items = dj_xcalloc(verdicts->count + 1, sizeof(*verdicts->items));
    if (extents.len > 0) {
        memcpy(verdicts->items, extents.ptr, extents.len);
        qsort(verdicts->items, verdicts->count, sizeof(*verdicts->items), by_place);
    }
    return dj_verdicts_write(exec->stage_dir, &head, verdicts, err);
}

enum dj_status dj_verdicts_keep(struct dj_exec *exec, struct dj_exchange *verdicts,
                                struct dj_error *err)
{
    struct dj_buf extents, all;
    enum dj_status status;

    dj_buf_init(&all);
    status = write_file(exec, verdicts, &extents, err);
    status = dj_comm_agree(exec->comm, status, err);
    if (status == DJ_OK) {
        status = dj_comm_gather(exec->comm, dj_buf_str(&extents), &all, NULL, err);
    }
    if (status == DJ_OK) {
        if (exec->root != NULL) {
            status = record(exec, dj_buf_str(&all), err);
        }
        status = dj_comm_agree(exec->comm, status, err);
    }
    dj_buf_release(&all);
    dj_buf_release(&extents);
    return status;
}

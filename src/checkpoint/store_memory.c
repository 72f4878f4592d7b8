/*
 * A store in memory, for tests of the commit protocol: one process, and each step can
 * be told to fail. Of the files themselves only empty ones are on disk.
 */
#include "checkpoint/store.h"
#include "dj/fs.h"
#include "dj/hash.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

struct set {
    int64_t number;
    int64_t nrows;
    uint64_t index_hash;
    struct dj_buf rows;
    struct dj_buf data;
    bool complete;
};

struct memory {
    struct dj_store base;
    struct set *sets;
    size_t nsets;
    struct set *open; /* the one that is being written */
    enum dj_store_step fail;
};

static enum dj_status step(struct dj_store *store, enum dj_store_step which,
                           struct dj_error *err)
{
    struct memory *memory = (struct memory *)store;

    if (memory->fail != which) {
        return DJ_OK;
    }
    memory->fail = DJ_STORE_STEPS;
    return dj_fail(err, DJ_IO, "step %d was told to fail", (int)which);
}

static struct set *find(struct memory *memory, int64_t number)
{
    for (size_t i = 0; i < memory->nsets; i++) {
        if (memory->sets[i].number == number) {
            return &memory->sets[i];
        }
    }
    return NULL;
}

static void free_memory(struct dj_store *store)
{
    struct memory *memory = (struct memory *)store;

    for (size_t i = 0; i < memory->nsets; i++) {
        dj_buf_release(&memory->sets[i].rows);
        dj_buf_release(&memory->sets[i].data);
    }
    dj_xfree(memory->sets);
    dj_xfree(memory);
}

static enum dj_status fill(struct dj_buf *buf, size_t len, struct dj_error *err)
{
    dj_buf_reset(buf);
    if (dj_buf_reserve(buf, len) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for a set in memory");
    }
    if (len > 0) {
        memset(buf->ptr, 0, len);
    }
    buf->len = len;
    return DJ_OK;
}

static enum dj_status create(struct dj_store *store, const char *path,
                             const struct dj_store_head *head, struct dj_error *err)
{
    struct memory *memory = (struct memory *)store;
    struct set *set = find(memory, head->set);
    int fd;

    DJ_TRY(step(store, DJ_STORE_CREATE, err));
    DJ_TRY(dj_fs_open(path, O_WRONLY | O_CREAT | O_TRUNC, &fd, err));
    close(fd);
    if (set == NULL) {
        memory->sets = dj_xrealloc(memory->sets,
                                   dj_size_mul(memory->nsets + 1, sizeof(*memory->sets)));
        set = &memory->sets[memory->nsets++];
        *set = (struct set){ .number = head->set };
    }
    memory->open = set;
    set->nrows = head->rows;
    set->index_hash = head->index_hash;
    set->complete = false;
    DJ_TRY(fill(&set->data, dj_size_from_i64(head->data_bytes), err));
    return fill(&set->rows,
                dj_size_mul(dj_size_from_i64(head->rows), sizeof(struct dj_ckpt_ref)),
                err);
}

static enum dj_status write_data(struct dj_store *store, int64_t offset,
                                 struct dj_str bytes, struct dj_error *err)
{
    struct memory *memory = (struct memory *)store;

    DJ_TRY(step(store, DJ_STORE_WRITE_DATA, err));
    if (bytes.len > 0) {
        memcpy(memory->open->data.ptr + offset, bytes.ptr, bytes.len);
    }
    return DJ_OK;
}

static enum dj_status write_index(struct dj_store *store, int64_t first,
                                  const struct dj_ckpt_ref *rows, size_t count,
                                  struct dj_error *err)
{
    struct memory *memory = (struct memory *)store;

    DJ_TRY(step(store, DJ_STORE_WRITE_INDEX, err));
    memcpy(memory->open->rows.ptr + (size_t)first * sizeof(*rows), rows,
           count * sizeof(*rows));
    return DJ_OK;
}

static enum dj_status close_set(struct dj_store *store, bool good, int64_t *data_offset,
                                struct dj_error *err)
{
    struct memory *memory = (struct memory *)store;

    *data_offset = 0;
    DJ_TRY(step(store, DJ_STORE_CLOSE, err));
    memory->open->complete = good;
    memory->open = NULL;
    return DJ_OK;
}

static enum dj_status sync_set(struct dj_store *store, const char *path,
                               struct dj_error *err)
{
    (void)path;
    return step(store, DJ_STORE_SYNC, err);
}

static enum dj_status digest(struct dj_store *store, const char *path,
                             const struct dj_ckpt_file *file, uint64_t *hash,
                             struct dj_error *err)
{
    const struct set *set = find((struct memory *)store, file->set);

    DJ_TRY(step(store, DJ_STORE_DIGEST, err));
    if (set == NULL) {
        return dj_fail(err, DJ_IO, "%s: not in memory", path);
    }
    *hash = dj_hash64(dj_buf_str(&set->rows));
    return DJ_OK;
}

static enum dj_status read_index(struct dj_store *store, const char *path,
                                 const struct dj_store_head *head, struct dj_buf *rows,
                                 struct dj_error *err)
{
    const struct set *set = find((struct memory *)store, head->set);

    DJ_TRY(step(store, DJ_STORE_READ_INDEX, err));
    if (set == NULL || !set->complete || set->nrows != head->rows ||
        set->index_hash != head->index_hash) {
        return dj_fail(err, DJ_DATA, "%s: not what its record says", path);
    }
    if (dj_buf_append(rows, dj_buf_str(&set->rows)) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for the table of layers");
    }
    return DJ_OK;
}

static enum dj_status read_data(struct dj_store *store, const char *path,
                                const struct dj_ckpt_file *file, int64_t offset,
                                void *into, size_t len, struct dj_error *err)
{
    const struct set *set = find((struct memory *)store, file->set);

    DJ_TRY(step(store, DJ_STORE_READ_DATA, err));
    if (set == NULL || (size_t)offset + len > set->data.len) {
        return dj_fail(err, DJ_IO, "%s: not in memory", path);
    }
    if (len > 0) {
        memcpy(into, set->data.ptr + offset, len);
    }
    return DJ_OK;
}

static void idle(struct dj_store *store)
{
    (void)store;
}

static const struct dj_store_ops ops = {
    .destroy = free_memory,
    .create = create,
    .write_data = write_data,
    .write_index = write_index,
    .close = close_set,
    .sync = sync_set,
    .digest = digest,
    .read_index = read_index,
    .read_data = read_data,
    .idle = idle,
};

struct dj_store *dj_store_memory(void)
{
    struct memory *memory = dj_xmalloc(sizeof(*memory));

    *memory = (struct memory){ .base = { &ops }, .fail = DJ_STORE_STEPS };
    return &memory->base;
}

void dj_store_memory_fail(struct dj_store *store, enum dj_store_step which)
{
    ((struct memory *)store)->fail = which;
}

struct dj_buf *dj_store_memory_data(struct dj_store *store, int64_t set)
{
    struct set *found = find((struct memory *)store, set);

    return found == NULL ? NULL : &found->data;
}

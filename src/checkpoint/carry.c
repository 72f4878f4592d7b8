/*
 * Old sets that are mostly dead: when less than a quarter of a set's bytes is referred
 * to and only these keep its file, they are written once more, in the new set. All
 * ranks share the work; the frames are copied as they are.
 */
#include "checkpoint/ckpt_private.h"
#include "dj/log.h"

#include <inttypes.h>

/*
 * A rank copies at most so much for one set (and at least one layer): what is left
 * follows with the next sets.
 */
static const int64_t most_bytes = 64 << 20;

/* The oldest of the sets that keep_last will keep in any case, the new one included. */
static int64_t oldest_kept(const struct dj_ckpt *ckpt, int64_t set)
{
    const struct dj_ckpt_root *root = ckpt->root;
    int64_t oldest = set;

    for (int64_t n = 1; n < ckpt->keep_last; n++) {
        int64_t next = 0;

        for (size_t i = 0; i < root->nseen; i++) {
            if (root->seen[i].good && root->seen[i].set < oldest &&
                root->seen[i].set > next) {
                next = root->seen[i].set;
            }
        }
        if (next == 0) {
            return 0; /* nothing is old yet */
        }
        oldest = next;
    }
    return oldest;
}

/* live[i] becomes the bytes that the table refers to in files[i]. */
static void count_live(const struct dj_ckpt *ckpt, int64_t *live)
{
    const struct dj_ckpt_table *table = &ckpt->root->table;

    for (size_t i = 0; i < table->nparts; i++) {
        for (uint32_t k = 0; k < table->parts[i].nrefs; k++) {
            const struct dj_ckpt_ref *ref = &table->parts[i].refs[k];
            const struct dj_ckpt_file *file =
                dj_ckpt_find_file(ckpt->files, ckpt->nfiles, ref->set);

            if (file != NULL) {
                live[file - ckpt->files] += ref->stored;
            }
        }
    }
}

/* Marks in live[] (as -1) the files whose layers are to be copied; their bytes. */
static int64_t choose_files(const struct dj_ckpt *ckpt, int64_t set, int64_t *live)
{
    const int64_t kept = oldest_kept(ckpt, set);
    int64_t bytes = 0;

    count_live(ckpt, live);
    for (size_t i = 0; i < ckpt->nfiles; i++) {
        if (ckpt->files[i].set < kept && live[i] > 0 &&
            live[i] < ckpt->files[i].data_bytes / 4) {
            bytes += live[i];
            live[i] = -1;
        }
    }
    return bytes;
}

/* Deals the layers out: refs back to back in rank order, sizes[rank] bytes of them. */
static enum dj_status deal(const struct dj_ckpt *ckpt, const int64_t *live, int64_t bytes,
                           struct dj_buf *orders, size_t *sizes)
{
    const struct dj_ckpt_table *table = &ckpt->root->table;
    const int64_t fair = bytes / ckpt->size + 1;
    const int64_t share = fair < most_bytes ? fair : most_bytes;
    int64_t given = 0;
    int rank = 0;

    for (size_t i = 0; i < table->nparts; i++) {
        for (uint32_t k = 0; k < table->parts[i].nrefs; k++) {
            const struct dj_ckpt_ref *ref = &table->parts[i].refs[k];
            const struct dj_ckpt_file *file =
                dj_ckpt_find_file(ckpt->files, ckpt->nfiles, ref->set);

            if (file == NULL || live[file - ckpt->files] >= 0) {
                continue;
            }
            if (given >= share) {
                given = 0;
                rank++;
            }
            if (rank == ckpt->size) {
                return DJ_OK;
            }
            given += ref->stored;
            sizes[rank] += sizeof(*ref);
            DJ_TRY(dj_buf_append(orders,
                                 (struct dj_str){ (const char *)ref, sizeof(*ref) }));
        }
    }
    return DJ_OK;
}

/* Copies what this rank was told to; what it copied goes to done. */
static void copy_all(struct dj_ckpt *ckpt, int64_t set, struct dj_str orders,
                     struct dj_buf *done)
{
    for (size_t at = 0; at < orders.len; at += sizeof(struct dj_ckpt_ref)) {
        const struct dj_ckpt_file *file;
        struct dj_ckpt_ref ref;
        struct dj_error err;

        memcpy(&ref, orders.ptr + at, sizeof(ref));
        file = dj_ckpt_find_file(ckpt->files, ckpt->nfiles, ref.set);
        if (file == NULL ||
            dj_ckpt_read_stored(ckpt->store, ckpt->folder, file, &ref, &ckpt->stored,
                                &err) != DJ_OK ||
            dj_buf_reserve(done, sizeof(ref)) != DJ_OK) {
            continue;
        }
        ref.set = set;
        ref.rank = ckpt->rank;
        ref.offset = (int64_t)ckpt->frames.len;
        if (dj_buf_append(&ckpt->frames, dj_buf_str(&ckpt->stored)) == DJ_OK) {
            memcpy(done->ptr + done->len, &ref, sizeof(ref)); /* there is room */
            done->len += sizeof(ref);
        }
    }
}

enum dj_status dj_ckpt_carry(struct dj_ckpt *ckpt, int64_t set, int64_t *count,
                             struct dj_error *err)
{
    size_t *sizes = dj_xcalloc((size_t)ckpt->size, sizeof(*sizes));
    struct dj_buf orders, mine, done, moved;
    enum dj_status status = DJ_OK;

    dj_buf_init(&orders);
    dj_buf_init(&mine);
    dj_buf_init(&done);
    dj_buf_init(&moved);
    if (ckpt->root != NULL) {
        int64_t *live = dj_xcalloc(ckpt->nfiles, sizeof(*live));
        const int64_t bytes = choose_files(ckpt, set, live);

        if (bytes > 0) {
            status = deal(ckpt, live, bytes, &orders, sizes);
        }
        dj_xfree(live);
        if (status != DJ_OK) {
            dj_fail(err, status, "out of memory for what is to be copied from old sets");
        }
    }
    *count = 0;
    status = dj_comm_agree(ckpt->comm, status, err);
    if (status != DJ_OK || !dj_comm_any(ckpt->comm, orders.len > 0)) {
        goto out;
    }
    status = dj_comm_scatter(ckpt->comm, dj_buf_str(&orders), sizes, &mine, err);
    if (status != DJ_OK) {
        goto out;
    }
    copy_all(ckpt, set, dj_buf_str(&mine), &done);
    status = dj_comm_gather(ckpt->comm, dj_buf_str(&done), &moved, NULL, err);
    for (size_t at = 0; at < moved.len; at += sizeof(struct dj_ckpt_ref)) {
        struct dj_ckpt_ref ref;

        memcpy(&ref, moved.ptr + at, sizeof(ref));
        dj_ckpt_table_move(&ckpt->root->table, &ref);
    }
    *count = (int64_t)(moved.len / sizeof(struct dj_ckpt_ref));
out:
    dj_buf_release(&moved);
    dj_buf_release(&done);
    dj_buf_release(&mine);
    dj_buf_release(&orders);
    dj_xfree(sizes);
    return status;
}

/*
 * Checks all sets of a folder, without a job. A layer that several sets name is read
 * once: rows go from set to set as they are, so what the set before has too is known.
 */
#include "checkpoint/ckpt_private.h"

#include <inttypes.h>
#include <stdlib.h>

struct verifying {
    struct dj_store *store;
    struct dj_zstd *zstd;
    const char *folder;
    dj_ckpt_finding *found;
    void *context;
    int64_t damaged;
    struct dj_ckpt_set before; /* the last whole set, and which of its layers are not */
    bool *bad_before;
    struct dj_buf stored, content;
};

static void say(struct verifying *v, bool damaged, const char *fmt, ...) DJ_PRINTF(3, 4);

static void say(struct verifying *v, bool damaged, const char *fmt, ...)
{
    struct dj_error text;
    va_list args;

    va_start(args, fmt);
    dj_vfail(&text, DJ_DATA, fmt, args);
    va_end(args);
    v->damaged += damaged;
    v->found(v->context, damaged, text.text);
}

static int by_place(const void *a, const void *b)
{
    const struct dj_ckpt_ref *x = a;
    const struct dj_ckpt_ref *y = b;

    if (x->partition != y->partition) {
        return x->partition < y->partition ? -1 : 1;
    }
    return (x->op_first > y->op_first) - (x->op_first < y->op_first);
}

/* The same layer in the set before; NULL: it was not there. */
static const struct dj_ckpt_ref *find_before(const struct verifying *v,
                                             const struct dj_ckpt_ref *row)
{
    const struct dj_ckpt_ref *found =
        v->before.nrows == 0
            ? NULL
            : bsearch(row, v->before.rows, v->before.nrows, sizeof(*row), by_place);

    return found != NULL && memcmp(found, row, sizeof(*row)) == 0 ? found : NULL;
}

static enum dj_status check_layer(struct verifying *v, struct dj_ckpt_set *set,
                                  const struct dj_ckpt_ref *row, struct dj_error *err)
{
    const struct dj_ckpt_file *file =
        dj_ckpt_find_file(set->record.files, set->record.nfiles, row->set);

    dj_buf_reset(&v->content);
    DJ_TRY(dj_ckpt_read_stored(v->store, v->folder, file, row, &v->stored, err));
    return dj_ckpt_unpack(v->zstd, row, dj_buf_str(&v->stored), &v->content, err);
}

/* bad[i]: row i cannot be used. Only lack of memory is a failure. */
static enum dj_status check_layers(struct verifying *v, struct dj_ckpt_set *set,
                                   bool *bad, int64_t *count, struct dj_error *err)
{
    for (size_t i = 0; i < set->nrows; i++) {
        const struct dj_ckpt_ref *row = &set->rows[i];
        const struct dj_ckpt_ref *before = find_before(v, row);

        if (before != NULL) {
            bad[i] = v->bad_before[before - v->before.rows];
        } else {
            const enum dj_status status = check_layer(v, set, row, err);

            if (status == DJ_NOMEM) {
                return status;
            }
            bad[i] = status != DJ_OK;
            if (bad[i]) {
                say(v, true,
                    "checkpoint_%06" PRId64 ": partition %" PRId64 ", operators %" PRId64
                    " to %" PRId64 ": %s",
                    set->record.set, row->partition, row->op_first + 1, row->op_end,
                    err->text);
            }
        }
        *count += bad[i];
    }
    return DJ_OK;
}

static int64_t count_partitions(const struct dj_ckpt_set *set)
{
    int64_t count = 0;

    for (size_t i = 0; i < set->nrows; i++) {
        count += i == 0 || set->rows[i].partition != set->rows[i - 1].partition;
    }
    return count;
}

/* A set whose record and table hold: its layers, wherever they are. Takes the set. */
static enum dj_status check_whole(struct verifying *v, struct dj_ckpt_set *set,
                                  struct dj_error *err)
{
    bool *bad = dj_xcalloc(set->nrows, sizeof(*bad));
    const struct dj_ckpt_record *record = &set->record;
    enum dj_status status;
    int64_t nbad = 0;

    for (size_t i = 0; i + 1 < record->nfiles; i++) {
        if (dj_ckpt_check_file(v->store, v->folder, &record->files[i], true, err) !=
            DJ_OK) {
            say(v, true, "checkpoint_%06" PRId64 ": %s", record->set, err->text);
        }
    }
    status = check_layers(v, set, bad, &nbad, err);
    if (status == DJ_OK) {
        say(v, false,
            "checkpoint_%06" PRId64 ": job %s, %s: %zu layers of %" PRId64 " of %" PRId64
            " partitions in %zu files, %" PRId64 " of them damaged",
            record->set, record->job_id, record->created, set->nrows,
            count_partitions(set), record->partitions, record->nfiles, nbad);
    }
    dj_ckpt_set_release(&v->before);
    dj_xfree(v->bad_before);
    v->before = *set;
    v->bad_before = bad;
    return status;
}

/* Only lack of memory is a failure. */
static enum dj_status check_one(struct verifying *v, const struct dj_ckpt_found *found,
                                struct dj_error *err)
{
    enum dj_status status;
    struct dj_ckpt_set set;

    if (found->record_tmp || found->file_tmp) {
        say(v, false,
            "checkpoint_%06" PRId64 ": left over from a commit that was stopped",
            found->set);
    }
    if (!found->record) {
        return DJ_OK; /* a newer set may need the file: then its layers are checked */
    }
    status = dj_ckpt_set_read(v->store, v->folder, found->set, &set, err);
    if (status == DJ_OK) {
        return check_whole(v, &set, err);
    }
    if (status != DJ_NOMEM) {
        say(v, true, "checkpoint_%06" PRId64 ": cannot be used: %s", found->set,
            err->text);
        status = DJ_OK;
    }
    dj_ckpt_set_release(&set);
    return status;
}

enum dj_status dj_ckpt_verify(const char *folder, dj_ckpt_finding *found, void *context,
                              int64_t *damaged, struct dj_error *err)
{
    struct verifying v = { .folder = folder, .found = found, .context = context };
    struct dj_ckpt_found *sets;
    enum dj_status status = DJ_OK;
    size_t count;

    *damaged = 0;
    DJ_TRY(dj_ckpt_scan(folder, &sets, &count, err));
    v.store = dj_store_hdf5(NULL);
    v.zstd = dj_zstd_new();
    dj_buf_init(&v.before.table);
    dj_buf_init(&v.stored);
    dj_buf_init(&v.content);
    for (size_t i = 0; i < count && status == DJ_OK; i++) {
        status = check_one(&v, &sets[i], err);
    }
    *damaged = v.damaged;
    dj_buf_release(&v.content);
    dj_buf_release(&v.stored);
    dj_ckpt_set_release(&v.before);
    dj_xfree(v.bad_before);
    dj_zstd_free(v.zstd);
    v.store->ops->destroy(v.store);
    dj_xfree(sets);
    return status;
}

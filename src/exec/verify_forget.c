/*
 * Takes damaged results out of the commit records, so that the next run does their
 * partitions again. A record that is damaged itself is replaced by one that names
 * nothing: it keeps its number, and those after it count.
 */
#include "dj/fs.h"
#include "exec/verify.h"

#include <inttypes.h>

/* The bad ones of one record. */
struct forgetting {
    struct dj_verifying *v;
    const struct dj_verify_bad *bad;
    size_t count;
    struct dj_hasher *hasher;
    struct dj_buf text; /* of the new record */
};

static enum dj_status out_of_memory(const char *path, struct dj_error *err)
{
    return dj_fail(err, DJ_NOMEM, "%s: out of memory", path);
}

static enum dj_status end_record(struct forgetting *f, const char *path,
                                 struct dj_error *err)
{
    dj_hasher_reset(f->hasher);
    dj_hasher_add(f->hasher, dj_buf_str(&f->text));
    if (dj_record_write_end(f->hasher, &f->text) != DJ_OK) {
        return out_of_memory(path, err);
    }
    return dj_fs_replace(path, dj_buf_str(&f->text), err);
}

static enum dj_status write_empty(struct forgetting *f, const char *path,
                                  struct dj_error *err)
{
    const struct dj_record_head head = { .job_id = f->v->request->job_id,
                                         .map_digest = f->v->map_digest };

    if (dj_record_write_head(&head, &f->text) != DJ_OK) {
        return out_of_memory(path, err);
    }
    return end_record(f, path, err);
}

static bool is_bad(const struct forgetting *f, int64_t partition)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->bad[i].partition == partition) {
            return true;
        }
    }
    return false;
}

static enum dj_status copy_good(struct forgetting *f, struct dj_record *record,
                                struct dj_error *err)
{
    bool more = true;

    while (more) {
        DJ_TRY(dj_record_next(record, &more, err));
        if (more && !is_bad(f, record->result.id) &&
            dj_buf_append(&f->text, record->line) != DJ_OK) {
            return out_of_memory(record->lines.path, err);
        }
    }
    return DJ_OK;
}

static enum dj_status write_rest(struct forgetting *f, const char *path,
                                 struct dj_error *err)
{
    struct dj_record record;
    struct dj_record_head head;
    enum dj_status status;

    DJ_TRY(dj_record_open(&record, path, err));
    head = (struct dj_record_head){ .job_id = f->v->request->job_id,
                                    .map_digest = record.map_digest,
                                    .nops = record.nops,
                                    .generation = record.generation,
                                    .growing = record.growing };
    status = dj_record_write_head(&head, &f->text) == DJ_OK ? copy_good(f, &record, err)
                                                            : out_of_memory(path, err);
    dj_record_close(&record);
    return status == DJ_OK ? end_record(f, path, err) : status;
}

static enum dj_status forget_in_record(struct forgetting *f, struct dj_error *err)
{
    const bool whole = f->bad[0].partition < 0;
    char *path = dj_record_path(f->v->paths->results_dir, f->bad[0].record);
    enum dj_status status = whole ? write_empty(f, path, err) : write_rest(f, path, err);

    for (size_t i = 0; i < f->count && status == DJ_OK; i++) {
        const int64_t id = f->bad[i].partition;
        char *what =
            whole ? dj_xstrdup("what it named") : dj_xprintf("partition %" PRId64, id);

        f->v->counts.damaged -= f->bad[i].findings;
        f->v->counts.forgettable -= f->bad[i].findings;
        dj_verify_say(f->v, DJ_FINDING_FORGOTTEN, id, id,
                      "%s: %s is taken out; the next run does it again",
                      dj_verify_short(f->v, path), what);
        dj_xfree(what);
    }
    dj_xfree(path);
    return status;
}

enum dj_status dj_verify_forget(struct dj_verifying *v, const struct dj_verify_bad *bad,
                                size_t count, struct dj_error *err)
{
    struct forgetting f = { .v = v };
    enum dj_status status = DJ_OK;

    if (!v->map_good) {
        dj_verify_say(v, DJ_FINDING_NOTE, -1, -1,
                      "results: nothing is taken out without a good partition map");
        return DJ_OK;
    }
    f.hasher = dj_hasher_new();
    dj_buf_init(&f.text);
    for (size_t at = 0; at < count && status == DJ_OK; at += f.count) {
        f.bad = &bad[at];
        f.count = 1;
        while (at + f.count < count && f.bad[f.count].record == f.bad->record) {
            f.count++;
        }
        dj_buf_reset(&f.text);
        status = forget_in_record(&f, err);
    }
    dj_buf_release(&f.text);
    dj_hasher_free(f.hasher);
    return status;
}
